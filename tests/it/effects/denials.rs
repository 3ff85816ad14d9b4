//! «No fui yo» (PRODUCT threat 2): what it stops, who hears of it, and what frees the account.

use clavero::domain::{PetitionNumber, ReviewReason, State, Token};
use clavero::fixture::people::CAFE;
use clavero::intake::{LinkStand, Stop, Terms};
use clavero::store::{Alarm, AlarmKind};
use jiff::SignedDuration;

use super::{BRANCH, stop_in, with_mobile};
use crate::bench::{Bench, GOOD, HOUR};
use crate::review::{FOUNDATION, ana, decide, luis};

/// Whoever changes the address and then asks for a key is stopped by the notice of the second: an address that is still held is not
/// one that the account comes back to.
#[tokio::test]
async fn an_address_that_is_still_held_goes_with_the_reset_that_is_denied() {
    for bench in Bench::on_each_store("effects_held").await {
        bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        let confirmed = bench.intake.confirm_address(&bench.token("correo")).await;
        confirmed.unwrap();
        bench.work().await;
        bench.pass(HOUR);
        bench.signed_petition(CAFE, "lucia", None).await;
        bench.intake.freeze(&stop_by_sms(&bench)).await.unwrap();
        let record = bench.record(CAFE).await;
        assert!(record.frozen_since.is_some());
        assert_eq!(record.employer.email, None);
    }
}

/// The operator's table is the same every night, and still has the address that the signed one replaced: whoever reads that
/// mailbox may be the one who pressed «no fui yo». Only a signature puts an address there again.
#[tokio::test]
async fn an_import_brings_back_no_address_that_was_there_before_what_was_denied() {
    for bench in Bench::on_each_store("effects_denied_import").await {
        let before = on_file(&bench).await.0;
        let address = "nueva@cafe-ficticio.ec";
        bench.signed_petition(CAFE, "lucia", Some(address)).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.work().await;
        let freeze = bench.token("no-fui-yo");
        bench.intake.freeze(&freeze).await.unwrap();
        assert_eq!(on_file(&bench).await, (None, true));
        bench
            .changes_employer(CAFE, "nightly", |employer| {
                employer.email = before.map(|email| email.parse().unwrap());
            })
            .await;
        assert_eq!(on_file(&bench).await, (None, true));
    }
}

/// The link that stops the account, in the last short message.
fn stop_by_sms(bench: &Bench) -> Token {
    let last = bench.short_messages().pop().unwrap();
    stop_in(&last.text).unwrap()
}

async fn on_file(bench: &Bench) -> (Option<String>, bool) {
    let record = bench.record(CAFE).await;
    let email = record.employer.email.map(|email| email.as_str().to_owned());
    (email, record.frozen_since.is_some())
}

/// Nobody knows which of the two mailboxes the honest one reads: whoever was told of the change hears that it was denied, the
/// address that was taken off file too, and gets nothing to press.
#[tokio::test]
async fn s21_who_was_told_of_a_change_is_told_that_it_was_denied() {
    for bench in Bench::on_each_store("effects_denied").await {
        with_mobile(&bench, CAFE).await;
        let address = "nueva@cafe-ficticio.ec";
        let change = bench.signed_petition(CAFE, "lucia", Some(address)).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.work().await;
        let (mails, shorts) = (bench.letters().len(), bench.short_messages().len());
        let freeze = bench.token("no-fui-yo");
        bench.intake.freeze(&freeze).await.unwrap();
        bench.work().await;
        assert_eq!(on_file(&bench).await, (None, true));
        let told = bench.letters().split_off(mails);
        let mut to: Vec<&str> = told.iter().map(|letter| letter.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["gerencia@cafe-ficticio.ec", address]);
        for letter in &told {
            assert!(letter.links.is_empty(), "{:?}", letter.links);
            let text = &letter.text;
            assert!(text.contains(change.number.as_str()), "{text}");
            assert!(text.contains("detenida") && text.contains("firm"), "{text}");
            assert_eq!(
                text.contains("Esta dirección ya no es el correo registrado"),
                letter.to == address,
                "{text}"
            );
        }
        let short = bench.short_messages().split_off(shorts);
        assert_eq!(short.len(), 1, "{short:?}");
        assert!(short[0].text.contains("detenida"), "{}", short[0].text);
        assert!(!short[0].text.contains("://"), "{}", short[0].text);
    }
}

/// An address that nobody confirmed may be a stranger's: it hears the number and no name.
#[tokio::test]
async fn an_address_that_was_only_asked_for_hears_of_the_denial_without_a_name() {
    for bench in Bench::on_each_store("effects_denied_asked").await {
        let address = "nueva@cafe-ficticio.ec";
        let change = bench.signed_petition(CAFE, "lucia", Some(address)).await;
        let before = bench.letters().len();
        let freeze = bench.token("no-fui-yo");
        bench.intake.freeze(&freeze).await.unwrap();
        bench.work().await;
        let told = bench.letters().split_off(before);
        let named = |to: &str| {
            let letter = told.iter().find(|letter| letter.to == to);
            let text = &letter.unwrap_or_else(|| panic!("{to}: {told:?}")).text;
            assert!(text.contains(change.number.as_str()), "{text}");
            text.contains("CAFÉ")
        };
        assert!(!named(address));
        assert!(named("gerencia@cafe-ficticio.ec"));
    }
}

/// A second link about what was denied before stops the account again, and leaves the address that people approved since.
#[tokio::test]
async fn a_link_about_what_was_denied_takes_no_later_address_off_file() {
    for bench in Bench::on_each_store("effects_denied_twice").await {
        with_mobile(&bench, CAFE).await;
        let thief = Some("ladron@ejemplo.ec");
        bench.signed_petition(CAFE, "lucia", thief).await;
        let unused = stop_by_sms(&bench);
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.work().await;
        bench.pass(HOUR);
        let freeze = bench.token("no-fui-yo");
        bench.intake.freeze(&freeze).await.unwrap();
        assert_eq!(on_file(&bench).await, (None, true));
        bench.pass(HOUR);
        let owner = Some("duena@ejemplo.ec");
        let back = bench.signed_petition(CAFE, "lucia", owner).await;
        for who in [ana(), luis()] {
            let reason = ReviewReason::OwnerConfirmed;
            decide(&bench, &back.number, &who, reason).await.unwrap();
        }
        bench.work().await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(HOUR);
        let duena = || Some("duena@ejemplo.ec".to_owned());
        assert_eq!(on_file(&bench).await, (duena(), false));
        bench.intake.freeze(&unused).await.unwrap();
        assert_eq!(on_file(&bench).await, (duena(), true));
        let (ruc, branch) = (CAFE.parse().unwrap(), BRANCH.parse().unwrap());
        let store = bench.intake.store();
        let denied = store.denied_emails(&ruc, &branch).await.unwrap();
        assert_eq!(denied, ["ladron@ejemplo.ec".parse().unwrap()]);
    }
}

/// The links go after a month. What was answered with one is known to whoever decides for as long as the petitions are.
#[tokio::test]
async fn what_was_denied_is_known_when_its_link_is_long_gone() {
    for bench in Bench::on_each_store("effects_denied_long_ago").await {
        denied_and_replaced(&bench).await;
        links_go(&bench).await;
        let (ruc, branch) = (CAFE.parse().unwrap(), BRANCH.parse().unwrap());
        let store = bench.intake.store();
        let denied = store.denied_emails(&ruc, &branch).await.unwrap();
        assert_eq!(denied, ["ladron@ejemplo.ec".parse().unwrap()]);
    }
}

/// The company calls about the old petition once more, and a supervisor stops the account: the address that people approved since,
/// knowing of it, stays.
#[tokio::test]
async fn denying_again_what_was_denied_long_ago_takes_no_later_address_off_file() {
    for bench in Bench::on_each_store("effects_denied_again").await {
        let denied = denied_and_replaced(&bench).await;
        links_go(&bench).await;
        let stop = Stop {
            ruc: CAFE.parse().unwrap(),
            branch: BRANCH.parse().unwrap(),
            denied: Some(denied),
            by: "sara".to_owned(),
            reason: "La gerente llama otra vez por lo mismo".to_owned(),
        };
        bench.intake.stop_account(&stop).await.unwrap();
        let duena = Some("duena@ejemplo.ec".to_owned());
        assert_eq!(on_file(&bench).await, (duena, true));
        let (ruc, branch) = (&stop.ruc, &stop.branch);
        let store = bench.intake.store();
        let denied = store.denied_emails(ruc, branch).await.unwrap();
        assert_eq!(denied, ["ladron@ejemplo.ec".parse().unwrap()]);
    }
}

/// Seven weeks later, by the terms that are proposed.
async fn links_go(bench: &Bench) {
    let terms = Terms {
        links: Some(HOUR * 24 * 30),
        ..Terms::default()
    };
    bench.pass(HOUR * 24 * 49);
    assert!(bench.intake.retire(&terms).await.unwrap().links > 0);
}

/// The thief's address is confirmed and denied; two people approve the owner's, which is on file. The thief's petition.
async fn denied_and_replaced(bench: &Bench) -> PetitionNumber {
    let thief = Some("ladron@ejemplo.ec");
    let change = bench.signed_petition(CAFE, "lucia", thief).await;
    let confirm = bench.token("correo");
    bench.intake.confirm_address(&confirm).await.unwrap();
    bench.work().await;
    bench.pass(HOUR);
    let freeze = bench.token("no-fui-yo");
    bench.intake.freeze(&freeze).await.unwrap();
    bench.pass(HOUR);
    let owner = Some("duena@ejemplo.ec");
    let back = bench.signed_petition(CAFE, "lucia", owner).await;
    for who in [ana(), luis()] {
        let reason = ReviewReason::OwnerConfirmed;
        decide(bench, &back.number, &who, reason).await.unwrap();
    }
    bench.work().await;
    let confirm = bench.token("correo");
    bench.intake.confirm_address(&confirm).await.unwrap();
    let duena = Some("duena@ejemplo.ec".to_owned());
    assert_eq!(on_file(bench).await, (duena, false));
    change.number
}

/// PRODUCT threat 2: «no fui yo» is heard by somebody, and what frees the account is said to whoever asks.
#[tokio::test]
async fn a_stopped_account_rings_each_time_and_a_petition_that_people_approve_frees_it() {
    for mut bench in Bench::on_each_store("effects_stopped").await {
        bench.alarms_go_to("guardia@operador.ec").await;
        with_mobile(&bench, CAFE).await;
        let address = Some("ladron@ejemplo.ec");
        let change = bench.signed_petition(CAFE, "lucia", address).await;
        let by_mail = bench.token("no-fui-yo");
        let by_sms = stop_by_sms(&bench);
        let rung = async |bench: &Bench| {
            let store = bench.intake.store();
            store.count_alarms(AlarmKind::AccountFrozen).await.unwrap()
        };

        bench.intake.freeze(&by_mail).await.unwrap();
        bench.work().await;
        assert_eq!(rung(&bench).await, 1);
        let told = bench.letters().pop().unwrap();
        assert_eq!(told.to, "guardia@operador.ec");
        assert!(told.text.contains(change.number.as_str()), "{}", told.text);
        let stopped = bench.intake.stopped_accounts().await.unwrap();
        assert_eq!(stopped.len(), 1);
        assert_eq!(
            (stopped[0].ruc.as_str(), stopped[0].number.as_ref()),
            (CAFE, Some(&change.number))
        );
        assert_eq!(bench.status(&change).await.link.stand, LinkStand::Frozen);

        // However many others were stopped since, and freed.
        let other = bench.petition(FOUNDATION, None).await;
        for minute in 1..=50 {
            let at = bench.intake.now() + SignedDuration::from_mins(minute);
            let alarm = Alarm::about(AlarmKind::AccountFrozen, &other.number, at);
            let store = bench.intake.store();
            store.raise_alarm(&alarm, None, at).await.unwrap();
        }
        assert_eq!(bench.intake.stopped_accounts().await.unwrap(), stopped);

        let next = bench.signed_petition(CAFE, "lucia", None).await;
        for who in [ana(), luis()] {
            let reason = ReviewReason::OwnerConfirmed;
            decide(&bench, &next.number, &who, reason).await.unwrap();
        }
        assert_eq!(bench.outcome(&next).await.0, State::Approved);
        assert!(bench.intake.stopped_accounts().await.unwrap().is_empty());
        // Its link was buried: nobody is told to look for it.
        assert_eq!(bench.status(&change).await.link.stand, LinkStand::Stopped);

        bench.pass(SignedDuration::from_mins(1));
        bench.intake.freeze(&by_sms).await.unwrap();
        assert_eq!(rung(&bench).await, 52, "stopped again, it rings again");
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// PRODUCT threat 2: whoever did not ask for a key stops it at once, from whatever message reaches them first. The link for the
/// key itself never goes by SMS.
#[tokio::test]
async fn every_message_of_a_reset_lets_its_owner_stop_it() {
    // By mail and by SMS, at the approval and at the change.
    for which in 0..4 {
        for bench in Bench::on_each_store(&format!("effects_stop{which}")).await {
            with_mobile(&bench, CAFE).await;
            let petition = bench.signed_petition(CAFE, "lucia", None).await;
            assert_eq!(bench.outcome(&petition).await.0, State::Approved);
            let mut told: Vec<String> = vec![bench.letters()[0].text.clone()];
            told.extend(bench.short_messages().into_iter().map(|short| short.text));
            assert_eq!(told.len(), 2, "{told:?}");
            assert!(!told[1].contains("/clave/"), "{told:?}");
            bench.sets_password(GOOD).await;
            bench.work().await;
            told.push(bench.letters()[1].text.clone());
            told.push(bench.short_messages()[1].text.clone());
            assert!(told[3].contains("clave nueva"), "{told:?}");
            let token = stop_in(&told[which]);
            let token = token.unwrap_or_else(|| panic!("no way to stop it: {}", told[which]));
            bench.intake.freeze(&token).await.unwrap();
            let next = bench.signed_petition(CAFE, "lucia", None).await;
            let outcome = bench.outcome(&next).await;
            assert_eq!(outcome, (State::InReview, vec!["FROZEN"]));
        }
    }
}
