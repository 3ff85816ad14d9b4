//! From a decision to its effects: messages by mail and SMS and what becomes of them, alarms, accounts that are unblocked,
//! addresses that were missing. With a clock that the test moves.

use clavero::domain::{Action, ReviewReason, State, Token};
use clavero::fixture::people::CAFE;
use clavero::intake::{IntakeError, LinkStand, Login};
use clavero::store::{Alarm, AlarmKind, MessageKind, MessageState};
use jiff::SignedDuration;

use crate::bench::{Bench, GOOD, Petition};
use crate::review::{FOUNDATION, ana, decide, luis};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINE: &str = "2990006065001"; // no e-mail on file
const TRANSPORT: &str = "2990004045001"; // eduardo's term ended, sofia follows
const BRANCH: &str = "0001";

/// Gives an employer of the samples a mobile telephone.
async fn with_mobile(bench: &Bench, ruc: &str) {
    let mobile = "022000000 / 099 123 4567";
    bench
        .changes_employer(ruc, "mobile", |it| it.phone = Some(mobile.to_owned()))
        .await;
}

async fn states(bench: &Bench, petition: &Petition) -> Vec<(MessageKind, MessageState)> {
    let messages = bench
        .intake
        .store()
        .messages_of(&petition.number)
        .await
        .unwrap();
    messages
        .iter()
        .map(|message| (message.kind, message.state))
        .collect()
}

#[tokio::test]
async fn s21_a_change_of_address_is_told_to_the_old_address_and_the_telephone() {
    for bench in Bench::on_each_store("effects_s21").await {
        with_mobile(&bench, CAFE).await;
        let change = bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        let short = bench.short_messages();
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!(short[0].to, "+593991234567");
        assert!(short[0].text.contains("/no-fui-yo/"), "{}", short[0].text);
        bench
            .intake
            .confirm_address(&bench.token("correo"))
            .await
            .unwrap();
        bench.work().await;
        let to: Vec<String> = bench
            .letters()
            .into_iter()
            .map(|letter| letter.to)
            .collect();
        assert_eq!(
            to,
            [
                "nueva@cafe-ficticio.ec",
                "gerencia@cafe-ficticio.ec",
                "nueva@cafe-ficticio.ec",
                "gerencia@cafe-ficticio.ec",
            ],
            "confirm, notice, confirmed, replaced"
        );
        assert_eq!(bench.short_messages().len(), 2);
        assert_eq!(bench.outcome(&change).await.0, State::Completed);

        // Each of the links that stop the account works, whichever came last: the telephone's first one still does.
        let link = short[0]
            .text
            .split_whitespace()
            .find(|word| word.contains("/no-fui-yo/"));
        let token = link.unwrap().rsplit('/').next().unwrap();
        let token = clavero::domain::Token::presented(token).unwrap();
        bench.intake.freeze(&token).await.unwrap();
        // Nor does the address that was denied get anything more: the way back begins with one that the owner signs for.
        let next = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(
            bench.outcome(&next).await,
            (State::Refused, vec!["NO_EMAIL", "FROZEN"])
        );
    }
}

/// What a person asks for, and that it did not come, reaches whoever can be reached; an address that is only asked for hears
/// the number and no name, and nothing that grants anything.
#[tokio::test]
async fn what_a_person_asks_for_and_what_lapses_is_told() {
    for bench in Bench::on_each_store("effects_told").await {
        with_mobile(&bench, FOUNDATION).await;
        let new = "nueva@fundacion-ejemplo.ec";
        let change = bench.signed_petition(FOUNDATION, "hernan", Some(new)).await;
        assert!(bench.status(&change).await.review_term.unwrap().told);
        decide(
            &bench,
            &change.number,
            &ana(),
            ReviewReason::AppointmentWanted,
        )
        .await
        .unwrap();
        bench.work().await;
        let both = ["secretaria@fundacion-ejemplo.ec", new];
        let letters = bench.letters();
        let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(to, both);
        assert_eq!(bench.short_messages().len(), 1);

        bench.pass(HOUR * 24 * 20);
        bench.work().await;
        assert_eq!(bench.outcome(&change).await.0, State::Archived);
        let letters = bench.letters();
        let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(to, [both, both].concat());
        assert!(letters[3].subject.contains("se archivó"), "{letters:?}");
        assert_eq!(bench.short_messages().len(), 2);
        for letter in &letters {
            let named = letter.text.contains("FUNDACIÓN DE EJEMPLO");
            assert_eq!(named, letter.to != new, "{}", letter.text);
            let to_page = |link: &String| link.contains("/consulta?number=");
            assert!(letter.links.iter().all(to_page), "{:?}", letter.links);
        }
    }
}

/// Whoever reads an address that is on file no longer does not hear that a link can be asked for.
#[tokio::test]
async fn an_approval_is_not_told_to_an_address_that_was_replaced_since() {
    for bench in Bench::on_each_store("effects_replaced").await {
        let reset = bench.signed_petition(FOUNDATION, "hernan", None).await;
        let reason = ReviewReason::StillInOffice;
        decide(&bench, &reset.number, &ana(), reason).await.unwrap();
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
        let other = "otra@fundacion-ejemplo.ec".parse().unwrap();
        bench
            .changes_employer(FOUNDATION, "replaced", |it| it.email = Some(other))
            .await;
        bench.work().await;
        assert!(bench.letters().is_empty(), "{:?}", bench.letters());
        let withdrawn = (MessageKind::ReviewApproved, MessageState::Withdrawn);
        assert_eq!(states(&bench, &reset).await, [withdrawn]);
    }
}

/// While the mail server did not answer the approval ended: what would lead to a link is not sent any more.
#[tokio::test]
async fn what_leads_to_a_link_does_not_go_out_after_the_approval() {
    for bench in Bench::on_each_store("effects_over").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let (number, secret) = (&petition.number, &petition.secret);
        bench.upload(Some(number), &signed).await.unwrap();
        while bench.intake.process_next().await.unwrap() {}
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        let reviewed = bench.signed_petition(FOUNDATION, "hernan", None).await;
        // The messages that this sent along are worked through too: begin again with one that waits.
        bench.pass(SignedDuration::from_mins(4));
        bench.intake.send_link(number, secret).await.unwrap();
        let reason = ReviewReason::StillInOffice;
        decide(&bench, &reviewed.number, &ana(), reason)
            .await
            .unwrap();
        let before = bench.letters().len();
        bench.pass(HOUR * 24);
        bench.work().await;
        assert_eq!(bench.letters().len(), before, "{:?}", bench.letters());
        let link = MessageKind::ResetLink;
        assert_eq!(
            states(&bench, &petition).await,
            [
                (link, MessageState::Sent),
                (MessageKind::ResetNotice, MessageState::Sent),
                (link, MessageState::Withdrawn)
            ]
        );
        assert_eq!(
            states(&bench, &reviewed).await,
            [(MessageKind::ReviewApproved, MessageState::Withdrawn)]
        );
        assert_eq!(bench.status(&petition).await.link.stand, LinkStand::Over);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

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
        let last = bench.short_messages().pop().unwrap();
        let link = last
            .text
            .split_whitespace()
            .find(|word| word.contains("/no-fui-yo/"));
        let stop = link.unwrap().rsplit('/').next().unwrap();
        let stop = clavero::domain::Token::presented(stop).unwrap();
        bench.intake.freeze(&stop).await.unwrap();
        let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
        let store = bench.intake.store();
        let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert!(record.frozen_since.is_some());
        assert_eq!(record.employer.email, None);
    }
}

/// The link that stops the account, in the last short message.
fn stop_by_sms(bench: &Bench) -> Token {
    let last = bench.short_messages().pop().unwrap();
    let mut words = last.text.split_whitespace();
    let link = words.find(|word| word.contains("/no-fui-yo/")).unwrap();
    Token::presented(link.rsplit('/').next().unwrap()).unwrap()
}

async fn on_file(bench: &Bench) -> (Option<String>, bool) {
    let (ruc, branch) = (CAFE.parse().unwrap(), BRANCH.parse().unwrap());
    let record = bench.intake.store().employer(&ruc, &branch).await;
    let record = record.unwrap().unwrap();
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

/// Nobody is promised a message that is not for him, or can't reach him.
#[tokio::test]
async fn only_whom_a_message_reaches_is_promised_one() {
    for bench in Bench::on_each_store("effects_promised").await {
        let reset = bench.signed_petition(FOUNDATION, "hernan", None).await;
        assert!(bench.status(&reset).await.review_term.unwrap().told);
        // What is on file reaches the employer, not a stranger with an appointment.
        let stranger = bench.petition(CAFE, None).await;
        let scan: [Result<bytes::Bytes, ()>; 1] = [Ok("%PDF-1.4 nombramiento".into())];
        let scan = futures::stream::iter(scan);
        bench
            .intake
            .attach_appointment(&stranger.number, &stranger.secret, scan)
            .await
            .unwrap();
        bench.sign_and_upload(&stranger, "rosa").await;
        assert!(!bench.status(&stranger).await.review_term.unwrap().told);
    }
}

/// PRODUCT threat 2: «no fui yo» is heard by somebody, and what frees the account is said to whoever asks.
#[tokio::test]
async fn a_stopped_account_rings_each_time_and_a_petition_that_people_approve_frees_it() {
    for mut bench in Bench::on_each_store("effects_stopped").await {
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("guardia@operador.ec".parse().unwrap())
            })
            .await;
        with_mobile(&bench, CAFE).await;
        let address = Some("ladron@ejemplo.ec");
        let change = bench.signed_petition(CAFE, "lucia", address).await;
        let by_mail = bench.token("no-fui-yo");
        let short = bench.short_messages().pop().unwrap().text;
        let link = short.split_whitespace().find(|word| word.contains("://"));
        let by_sms = link.unwrap().rsplit('/').next().unwrap();
        let by_sms = clavero::domain::Token::presented(by_sms).unwrap();
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

#[tokio::test]
async fn a_missing_address_is_given_without_a_second_visit() {
    for bench in Bench::on_each_store("effects_no_email").await {
        let reset = bench.signed_petition(MINE, "monica", None).await;
        assert_eq!(
            bench.outcome(&reset).await,
            (State::Refused, vec!["NO_EMAIL"])
        );
        let offered = async |secret: clavero::domain::Token| {
            let address = "monica@mineria-sin-correo.ec".parse().unwrap();
            let intake = &bench.intake;
            intake
                .issue_address_for(&reset.number, &secret, address)
                .await
        };
        let stranger = offered(bench.intake.token()).await;
        assert!(
            matches!(stranger, Err(IntakeError::NotFound)),
            "{stranger:?}"
        );
        let change = bench
            .held(offered(reset.secret.clone()).await.unwrap())
            .await;
        bench.sign_and_upload(&change, "monica").await;
        assert_eq!(bench.outcome(&change).await.0, State::Approved);
        assert_eq!(
            bench.outcome(&reset).await.0,
            State::Refused,
            "not before the address is confirmed"
        );

        bench
            .intake
            .confirm_address(&bench.token("correo"))
            .await
            .unwrap();
        bench.work().await;
        // The first petition, signed for a password, is what the link is sent for; after the hold.
        assert_eq!(
            bench.outcome(&reset).await,
            (State::Approved, vec!["MATCHED_REPRESENTATIVE"])
        );
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.text.contains("/clave/"))
        );
        bench.pass(HOUR * 24);
        bench.work().await;
        let last = bench.letters().pop().unwrap();
        assert_eq!(last.to, "monica@mineria-sin-correo.ec");
        // Nobody waits at the end of a hold: the link goes out when it is asked for.
        assert!(!last.text.contains("/clave/"), "{}", last.text);
        let (number, secret) = (&reset.number, &reset.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work().await;
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
        assert_eq!(bench.outcome(&reset).await.0, State::Completed);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn only_a_petition_that_lacks_an_address_is_given_one() {
    for bench in Bench::on_each_store("effects_address_there").await {
        let address = || "nueva@cafe-ficticio.ec".parse().unwrap();
        for petition in [
            bench.petition(CAFE, None).await,
            bench.signed_petition(CAFE, "lucia", None).await,
            bench.signed_petition(CAFE, "andres", None).await,
        ] {
            let refused = bench
                .intake
                .issue_address_for(&petition.number, &petition.secret, address())
                .await;
            assert!(
                matches!(refused, Err(IntakeError::NoAddressMissing)),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_shared_address_is_a_warning_and_blocks_nothing() {
    for bench in Bench::on_each_store("effects_shared").await {
        let shared = "contabilidad@estudio-ejemplo.ec";
        let change = bench.signed_petition(CAFE, "lucia", Some(shared)).await;
        assert!(bench.status(&change).await.shared_email);
        let token = bench.token("correo");
        assert!(
            bench
                .intake
                .open_confirmation(&token)
                .await
                .unwrap()
                .shared_email
        );
        bench.intake.confirm_address(&token).await.unwrap();
        let own = bench
            .signed_petition(CAFE, "lucia", Some("nomina@cafe-ficticio.ec"))
            .await;
        assert!(!bench.status(&own).await.shared_email);
    }
}

#[tokio::test]
async fn s37_a_signed_petition_opens_a_locked_account_and_brings_a_link() {
    for bench in Bench::on_each_store("effects_s37").await {
        with_mobile(&bench, CAFE).await;
        let (ruc, branch) = (CAFE.parse().unwrap(), BRANCH.parse().unwrap());
        let log_in = |key: &'static str| bench.intake.log_in(&ruc, &branch, key.into());
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Wrong, "no account yet");
        bench.signed_petition(CAFE, "lucia", None).await;
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Open);
        for _ in 0..3 {
            assert_eq!(log_in("Otra*3Cosa").await.unwrap(), Login::Wrong);
        }
        assert_eq!(
            log_in(GOOD).await.unwrap(),
            Login::Open,
            "and forgets the failures"
        );
        for wrong in 1..=5 {
            let expected = if wrong < 5 {
                Login::Wrong
            } else {
                Login::Locked
            };
            assert_eq!(log_in("Otra*3Cosa").await.unwrap(), expected, "{wrong}");
        }
        assert_eq!(
            log_in(GOOD).await.unwrap(),
            Login::Locked,
            "the right key does not help"
        );

        // Another password does not open it either: that is not what was signed for.
        bench.signed_petition(CAFE, "lucia", None).await;
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Locked);

        let unblock = bench.petition_for(CAFE, Action::Unblock, None).await;
        let before = bench.letters().len();
        bench.sign_and_upload(&unblock, "andres").await;
        assert_eq!(
            bench.outcome(&unblock).await.0,
            State::Refused,
            "not by a stranger"
        );
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Locked);
        bench.sign_and_upload(&unblock, "lucia").await;
        assert_eq!(bench.outcome(&unblock).await.0, State::Approved);
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Open);

        // One visit is enough for whoever forgot the password too.
        let letters: Vec<String> = bench.letters()[before..]
            .iter()
            .map(|l| l.subject.clone())
            .collect();
        assert_eq!(letters.len(), 2, "{letters:?}");
        assert!(letters[1].contains("desbloqueada"), "{letters:?}");
        assert!(
            bench
                .short_messages()
                .iter()
                .any(|short| short.text.contains("desbloqueada"))
        );
        bench
            .intake
            .set_password(&bench.token("clave"), "Cuatr0*Ojo".into())
            .await
            .unwrap();
        assert_eq!(log_in("Cuatr0*Ojo").await.unwrap(), Login::Open);
        assert_eq!(bench.outcome(&unblock).await.0, State::Completed);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn an_account_is_opened_even_where_no_address_is_on_file() {
    for bench in Bench::on_each_store("effects_no_address").await {
        let unblock = bench.petition_for(MINE, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "monica").await;
        assert_eq!(bench.outcome(&unblock).await.0, State::Approved);
        let link = bench.status(&unblock).await.link;
        assert!(bench.letters().is_empty() && !link.can_send);
        assert_eq!(link.stand, LinkStand::NoAddress);
        let (number, secret) = (&unblock.number, &unblock.secret);
        let sent = bench.intake.send_link(number, secret).await;
        assert!(matches!(sent, Err(IntakeError::NoAddress)), "{sent:?}");

        // Whoever registers one, as the page says, gets the link from the same page.
        let address = Some("monica@mineria-sin-correo.ec");
        bench.signed_petition(MINE, "monica", address).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        assert_eq!(bench.status(&unblock).await.link.stand, LinkStand::Held);
        bench.pass(HOUR * 24);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work().await;
        assert!(bench.intake.open_link(&bench.token("clave")).await.is_ok());
    }
}

#[tokio::test]
async fn s08_a_successor_is_told_when_the_one_before_signs() {
    for bench in Bench::on_each_store("effects_s08").await {
        with_mobile(&bench, TRANSPORT).await;
        let petition = bench.signed_petition(TRANSPORT, "eduardo", None).await;
        let refused = (State::Refused, vec!["REPRESENTATION_ENDED"]);
        assert_eq!(bench.outcome(&petition).await, refused);
        let letters = bench.letters();
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!(letters[0].to, "despacho@transportes-mentira.ec");
        assert!(
            letters[0].text.contains("nombramiento ya terminó"),
            "{}",
            letters[0].text
        );
        assert!(letters[0].links.is_empty(), "there is nothing to press");
        assert_eq!(bench.short_messages().len(), 1);
        // The same petition again rings once; somebody without a successor rings nobody.
        bench.sign_and_upload(&petition, "eduardo").await;
        bench.signed_petition("2990005055001", "hernan", None).await;
        assert_eq!(bench.letters().len(), 1);
    }
}

#[tokio::test]
async fn s31_a_petition_that_waits_rings_after_a_day_and_before_the_legal_term_and_is_never_decided_by_time()
 {
    for mut bench in Bench::on_each_store("effects_s31").await {
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("guardia@operador.ec".parse().unwrap())
            })
            .await;
        // One of two who must sign: a person decides. 2026-03-01 is a Sunday.
        let petition = bench.signed_petition("2990003035001", "jorge", None).await;
        let rung =
            async |bench: &Bench, kind| bench.intake.store().count_alarms(kind).await.unwrap();
        bench.pass(HOUR * 24 - SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(rung(&bench, AlarmKind::UndecidedDay).await, 0);
        bench.pass(SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(rung(&bench, AlarmKind::UndecidedDay).await, 1);
        let letters = bench.letters();
        assert_eq!(letters.last().unwrap().to, "guardia@operador.ec");
        assert!(
            letters.last().unwrap().text.contains("24 horas"),
            "{letters:?}"
        );
        // Again and again, and after a restart: once.
        bench.restart().await;
        bench.work().await;
        bench.work().await;
        assert_eq!(rung(&bench, AlarmKind::UndecidedDay).await, 1);

        // Twenty working days behind a Sunday are the 27th of March, a Friday.
        bench.pass(HOUR * 24 * 25 - SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(rung(&bench, AlarmKind::UndecidedTerm).await, 0);
        bench.pass(SignedDuration::from_secs(1));
        bench.work().await;
        assert_eq!(rung(&bench, AlarmKind::UndecidedTerm).await, 1);

        bench.pass(HOUR * 24 * 60);
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::InReview,
            "silence grants nothing"
        );
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_message_that_the_process_dies_over_is_parked_with_an_alarm_and_the_others_go_out() {
    for mut bench in Bench::on_each_store("effects_poison").await {
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("guardia@operador.ec".parse().unwrap())
            })
            .await;
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        while bench.intake.process_next().await.unwrap() {}
        // Eleven processes took it and died over it.
        let lease = SignedDuration::from_secs(90);
        for _ in 0..10 {
            let now = bench.intake.now();
            let taken = bench
                .intake
                .store()
                .claim_message(now, now + lease)
                .await
                .unwrap();
            assert!(taken.is_some());
            bench.pass(lease);
        }
        bench.work().await;
        let parked = states(&bench, &petition).await;
        assert_eq!(parked[0], (MessageKind::ResetLink, MessageState::Parked));
        assert_eq!(
            bench
                .intake
                .store()
                .count_alarms(AlarmKind::MessageParked)
                .await
                .unwrap(),
            1
        );
        let letters = bench.letters();
        assert_eq!(letters.len(), 1, "the operator is told: {letters:?}");
        assert_eq!(letters[0].to, "guardia@operador.ec");
        let said = bench.intake.messages_of(&petition.number).await.unwrap();
        assert!(
            said[0].said == "no se pudo enviar: el envío se cortó una y otra vez",
            "{:?}",
            said[0]
        );
        assert!(bench.status(&petition).await.link.came_back());
        // A fresh link is one click away all the same.
        bench
            .intake
            .send_link(&petition.number, &petition.secret)
            .await
            .unwrap();
        bench.work().await;
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_comes_back_is_noted_beside_its_message_and_rings_once() {
    for mut bench in Bench::on_each_store("effects_bounce").await {
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("guardia@operador.ec".parse().unwrap())
            })
            .await;
        let folder = tempfile::tempdir().unwrap();
        bench.change_carriers(|carriers| carriers.bounces = Some(folder.path().to_owned()));
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let notification = |name: &str| {
            format!(
                "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
                 Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n\
                 Final-Recipient: rfc822; gerencia@cafe-ficticio.ec\r\nAction: failed\r\nStatus: 5.1.1\r\n\
                 Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
                 Message-ID: <{name}@clavero.test>\r\n\r\n--b--\r\n"
            )
        };
        let put =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        put(
            "1.eml",
            notification(&format!("{}.reset_link.1", petition.number)),
        );
        put(
            "2.eml",
            notification(&format!("{}.reset_link.1", petition.number)),
        );
        put("3.eml", notification("CLV-2026-000000001-A.reset_link.1"));
        put(
            "4.eml",
            "Subject: Hola\r\n\r\nEstoy de vacaciones.".to_owned(),
        );
        put(".5.eml", "being written".to_owned());
        put("notes.txt", "not a mail".to_owned());
        bench.work().await;

        assert_eq!(
            states(&bench, &petition).await[0],
            (MessageKind::ResetLink, MessageState::Bounced)
        );
        let said = &bench.intake.messages_of(&petition.number).await.unwrap()[0].said;
        assert!(
            said.ends_with("volvió 07:00: 5.1.1 550 5.1.1 unknown user"),
            "{said}"
        );
        assert_eq!(
            bench
                .intake
                .store()
                .count_alarms(AlarmKind::MessageBounced)
                .await
                .unwrap(),
            1
        );
        assert_eq!(bench.letters().last().unwrap().to, "guardia@operador.ec");
        let there = |name: &str| folder.path().join(name).exists();
        assert!(!there("1.eml") && !there("2.eml") && !there("3.eml") && !there("4.eml"));
        assert!(
            there("otros/3.eml") && there("otros/4.eml") && there(".5.eml") && there("notes.txt")
        );
        // A returned mail undoes nothing: the link may have been read all the same.
        assert!(bench.intake.open_link(&bench.token("clave")).await.is_ok());

        // The company is told as long as nothing else has been sent there.
        let mail = async |petition: &Petition| bench.status(petition).await.link.mail;
        assert_eq!(mail(&petition).await, Some(MessageState::Bounced));
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        assert_eq!(mail(&petition).await, Some(MessageState::Pending));
        bench.work().await;
        assert_eq!(mail(&petition).await, Some(MessageState::Sent));
        // An address that nobody can confirm.
        let wrong = bench
            .signed_petition(CAFE, "lucia", Some("nueav@cafe-ficticio.ec"))
            .await;
        assert_eq!(mail(&wrong).await, Some(MessageState::Sent));
        put(
            "6.eml",
            notification(&format!("{}.confirm_email.1", wrong.number)),
        );
        bench.work().await;
        assert_eq!(mail(&wrong).await, Some(MessageState::Bounced));
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// PRODUCT threat 2: whoever did not ask for a key stops it at once, from whatever message reaches them first. The link for the
/// key itself never goes by SMS.
#[tokio::test]
async fn every_message_of_a_reset_lets_its_owner_stop_it() {
    let stop = |text: &str| {
        let link = text
            .split_whitespace()
            .find(|word| word.contains("/no-fui-yo/"))?;
        clavero::domain::Token::presented(link.rsplit('/').next()?)
    };
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
            bench
                .intake
                .set_password(&bench.token("clave"), GOOD.into())
                .await
                .unwrap();
            bench.work().await;
            told.push(bench.letters()[1].text.clone());
            told.push(bench.short_messages()[1].text.clone());
            assert!(told[3].contains("clave nueva"), "{told:?}");
            let token = stop(&told[which]);
            let token = token.unwrap_or_else(|| panic!("no way to stop it: {}", told[which]));
            bench.intake.freeze(&token).await.unwrap();
            let next = bench.signed_petition(CAFE, "lucia", None).await;
            let outcome = bench.outcome(&next).await;
            assert_eq!(outcome, (State::InReview, vec!["FROZEN"]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_address_and_a_shared_one_over_http_and_a_locked_account_in_the_demonstration() {
    use crate::running::{Running, Typed as _, signed, text};
    use reqwest::StatusCode;
    use serde_json::{Value, json};
    let service = Running::start();
    // Without an address a password can't be sent; the page asks for one.
    let (number, secret) = service
        .petition(json!({ "ruc": MINE, "action": "reset_password" }))
        .await;
    let form = service.form(&number, &secret).await;
    let upload = async |number: &str, who: &str, form: &[u8]| {
        let document = service.at(&format!("/api/v1/petitions/{number}/document"));
        let answer = service
            .client
            .post(document)
            .body(signed(form, who))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    };
    upload(&number, "monica", &form).await;
    let status = service.decided(&number, &secret).await;
    assert_eq!(status["codes"], json!(["NO_EMAIL"]));
    let page = service.at(&format!("/solicitud/{number}"));
    let cookie = format!("recibo={secret}");
    let shown = service
        .client
        .get(&page)
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let html = shown.text().await.unwrap();
    assert!(
        html.contains(&format!("action=\"/solicitud/{number}/correo\"")),
        "{html}"
    );
    let named = |address: &'static str| {
        let typed = service
            .client
            .post(format!("{page}/correo"))
            .header("cookie", &cookie);
        typed.typed(&[("new_email", address)]).send()
    };
    assert_eq!(
        named("monica@").await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        named("contabilidad@estudio-ejemplo.ec")
            .await
            .unwrap()
            .status(),
        StatusCode::SEE_OTHER
    );
    // The same for a program.
    let asked = service
        .client
        .post(service.at(&format!("/api/v1/petitions/{number}/email")))
        .bearer_auth(&secret)
        .json(&json!({ "new_email": "contabilidad@estudio-ejemplo.ec" }))
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::CREATED);
    let issued: Value = asked.json().await.unwrap();
    let (change, change_secret) = (text(&issued["number"]), text(&issued["secret"]));
    upload(
        &change,
        "monica",
        &service.form(&change, &change_secret).await,
    )
    .await;
    let status = service.decided(&change, &change_secret).await;
    assert_eq!(status["outcome"], "approved", "{status}");
    assert_eq!(status["shared_email"], true);

    // An accountant's address is asked about once more, and never refused.
    let link = service.link("correo").await;
    let html = service
        .client
        .get(&link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(html.contains("name=\"shared\""), "{html}");
    let confirm = |fields: &'static [(&'static str, &'static str)]| {
        service.client.post(&link).typed(fields).send()
    };
    assert_eq!(
        confirm(&[]).await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        confirm(&[("shared", "1")]).await.unwrap().status(),
        StatusCode::OK
    );

    // The demonstration has no hold: the link comes by itself, from the petition that was signed first.
    let link = service.link("clave").await;
    let set = service
        .client
        .post(&link)
        .json(&json!({ "password": GOOD }))
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), StatusCode::OK);

    // What a key is for, and how an account is locked.
    let log_in = async |password: &'static str| {
        let typed = [("ruc", MINE), ("branch", "0001"), ("password", password)];
        let answer = service
            .client
            .post(service.at("/demo/portal"))
            .typed(&typed)
            .send();
        answer.await.unwrap().text().await.unwrap()
    };
    assert!(log_in(GOOD).await.contains("abre la cuenta"));
    for _ in 0..5 {
        log_in("Otra*3Cosa").await;
    }
    assert!(log_in(GOOD).await.contains("bloqueada"));
    let metrics = service
        .client
        .get(service.at("/metrics"))
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("clavero_messages{state=\"parked\"} 0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("clavero_alarms{kind=\"undecided_day\"} 0"),
        "{metrics}"
    );
}
