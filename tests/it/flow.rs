//! One petition after another through the flow, with a clock that the test moves: links, addresses, replays, failures.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argon2::password_hash::PasswordVerifier;
use argon2::{Argon2, PasswordHash};
use bytes::Bytes;
use clavero::decision::ReasonCode;
use clavero::domain::{Action, Language, Outcome, PasswordRule, PetitionSource, Sha256, State};
use clavero::fixture::people::{CAFE, person};
use clavero::fixture::pki::{self, Defect};
use clavero::fixture::samples;
use clavero::intake::{IntakeError, LinkError, LinkStand, NewPetition, SetPasswordError};
use clavero::store::{Effects, MessageKind, MessageState, Recorded, StoreError};
use clavero::verify::Conclusion;
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::bench::{Bench, GOOD, Petition};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn a_signed_form_becomes_a_new_password() {
    for bench in Bench::on_each_store("password").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Approved, "{:?}", status.reasons);
        assert_eq!(status.source, Some(PetitionSource::Form));
        let letters = bench.letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].to, "gerencia@cafe-ficticio.ec");

        let token = bench.token("clave");
        for _ in 0..2 {
            let view = bench.intake.open_link(&token).await.unwrap();
            assert_eq!(view.number, petition.number);
        }
        let weak = bench.intake.set_password(&token, "aaaa".into()).await;
        let Err(SetPasswordError::Policy(rules)) = weak else {
            panic!("{weak:?}");
        };
        assert!(rules.contains(&PasswordRule::Length) && rules.contains(&PasswordRule::Repeat));
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        let again = bench.intake.set_password(&token, GOOD.into()).await;
        assert!(
            matches!(again, Err(SetPasswordError::Link(LinkError::Dead))),
            "{again:?}"
        );
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);

        let hash = bench
            .intake
            .store()
            .password_hash(&CAFE.parse().unwrap(), &"0001".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let parsed = PasswordHash::new(&hash).unwrap();
        Argon2::default()
            .verify_password(GOOD.as_bytes(), &parsed)
            .unwrap();

        bench.work().await;
        assert_eq!(bench.letters().len(), 2, "the change is told");
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_link_is_alive_at_179_9_seconds_and_dead_at_180_1() {
    for (milliseconds, alive) in [(179_900, true), (180_100, false)] {
        for mut bench in Bench::on_each_store(&format!("link_{alive}")).await {
            bench.signed_petition(CAFE, "lucia", None).await;
            let token = bench.token("clave");
            bench.pass(SignedDuration::from_millis(milliseconds));
            // A restart in between changes nothing.
            bench.restart().await;
            assert_eq!(
                bench.intake.open_link(&token).await.is_ok(),
                alive,
                "{milliseconds} ms"
            );
            let set = bench.intake.set_password(&token, GOOD.into()).await;
            assert_eq!(set.is_ok(), alive, "{milliseconds} ms: {set:?}");
        }
    }
}

#[tokio::test]
async fn of_many_tabs_exactly_one_sets_the_password() {
    for bench in Bench::on_each_store("tabs").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let token = bench.token("clave");
        let passwords: Vec<String> = (0..8).map(|n| format!("Tr3s*Gato{n}")).collect();
        let tabs = passwords.iter().map(|password| {
            let (intake, token) = (bench.intake.clone(), token.clone());
            let password = password.clone();
            tokio::spawn(async move { intake.set_password(&token, password.into()).await.is_ok() })
        });
        let mut winners = Vec::new();
        for (password, won) in passwords.iter().zip(futures::future::join_all(tabs).await) {
            if won.unwrap() {
                winners.push(password.clone());
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        let hash = bench
            .intake
            .store()
            .password_hash(&CAFE.parse().unwrap(), &"0001".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let parsed = PasswordHash::new(&hash).unwrap();
        Argon2::default()
            .verify_password(winners[0].as_bytes(), &parsed)
            .unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}

#[tokio::test]
async fn links_are_sent_three_an_hour_and_six_in_all_and_the_older_one_is_dead() {
    for bench in Bench::on_each_store("links").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let mut sent = 1; // the first one went out with the approval
        let mut old = bench.token("clave");
        for hour in 0..2 {
            while let Ok(link) = bench
                .intake
                .send_link(&petition.number, &petition.secret)
                .await
            {
                sent += 1;
                assert_eq!(link.left_this_hour, 3 * (hour + 1) - sent);
                bench.work().await;
                assert!(
                    bench.intake.open_link(&old).await.is_err(),
                    "the older link is dead"
                );
                old = bench.token("clave");
                assert!(bench.intake.open_link(&old).await.is_ok());
                bench.pass(SignedDuration::from_secs(1));
            }
            assert_eq!(sent, 3 * (hour + 1));
            let link = bench.status(&petition).await.link;
            let again_at =
                (hour == 0).then(|| bench.intake.now() + HOUR - SignedDuration::from_secs(2));
            assert_eq!((link.stand, link.again_at), (LinkStand::Sent, again_at));
            bench.pass(HOUR);
        }
        let link = bench.status(&petition).await.link;
        assert_eq!((link.stand, link.can_send), (LinkStand::Spent, false));
        let refused = bench
            .intake
            .send_link(&petition.number, &petition.secret)
            .await;
        assert!(
            matches!(refused, Err(IntakeError::LinksSpent)),
            "six in all: {refused:?}"
        );
        bench.pass(HOUR * 24);
        assert_eq!(bench.status(&petition).await.link.stand, LinkStand::Over);
        let refused = bench
            .intake
            .send_link(&petition.number, &petition.secret)
            .await;
        assert!(
            matches!(refused, Err(IntakeError::Expired)),
            "an approval lives a day: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_new_address_confirms_the_old_one_is_told_and_a_reset_through_it_waits() {
    for bench in Bench::on_each_store("address").await {
        let change = bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        assert_eq!(bench.outcome(&change).await.0, State::Approved);
        let to: Vec<String> = bench
            .letters()
            .into_iter()
            .map(|letter| letter.to)
            .collect();
        assert_eq!(to, ["nueva@cafe-ficticio.ec", "gerencia@cafe-ficticio.ec"]);
        assert!(
            bench
                .intake
                .open_freeze(&bench.token("no-fui-yo"))
                .await
                .is_ok()
        );

        let token = bench.token("correo");
        bench.intake.open_confirmation(&token).await.unwrap();
        bench.intake.confirm_address(&token).await.unwrap();
        assert!(
            bench.intake.confirm_address(&token).await.is_err(),
            "single use"
        );
        assert_eq!(bench.outcome(&change).await.0, State::Completed);
        bench.work().await;

        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let status = bench.status(&reset).await;
        assert_eq!(status.state, State::Approved);
        assert!(status.link.held_until.is_some() && !status.link.can_send);
        assert_eq!(status.link.stand, LinkStand::Held);
        let wait = bench.intake.send_link(&reset.number, &reset.secret).await;
        let until = status.link.held_until.unwrap();
        assert!(
            matches!(wait, Err(IntakeError::Held(at)) if at == until),
            "{wait:?}"
        );
        let before = bench.letters().len();
        bench.pass(HOUR * 23);
        bench.work().await;
        assert_eq!(
            bench.letters().len(),
            before,
            "nothing before the hold is over"
        );
        bench.pass(HOUR * 2);
        bench.work().await;
        let letters = bench.letters();
        assert_eq!(letters.len(), before + 1);
        assert_eq!(letters[before].to, "nueva@cafe-ficticio.ec");
        // Nobody waits at that hour: a link of three minutes would be dead before it is read.
        let to_password = |link: &String| link.contains("/clave/");
        assert!(!letters[before].links.iter().any(to_password));
        let link = bench.status(&reset).await.link;
        assert_eq!((link.stand, link.can_send), (LinkStand::Unsent, true));

        // «Dentro de 24 horas», says the notice: nearly a day behind the hold a link can be asked for still.
        bench.pass(HOUR * 22);
        let (number, secret) = (&reset.number, &reset.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work().await;
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_hold_stretches_an_approval_that_lives_and_revives_none_that_had_ended() {
    for bench in Bench::on_each_store("stretched").await {
        let early = bench.signed_petition(CAFE, "lucia", None).await;
        bench.pass(HOUR * 25);
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        let stand = async |petition| bench.status(petition).await.link.stand;
        assert_eq!(stand(&reset).await, LinkStand::Held);
        assert_eq!(stand(&early).await, LinkStand::Over);
        bench.pass(HOUR * 24);
        assert_eq!(stand(&reset).await, LinkStand::Sent);
        assert!(bench.status(&reset).await.link.can_send);
        assert_eq!(stand(&early).await, LinkStand::Over);
        bench.pass(HOUR * 24);
        assert_eq!(stand(&reset).await, LinkStand::Over);
    }
}

/// What tells of the end of a hold does not go out in the next one.
#[tokio::test]
async fn a_link_that_is_ready_waits_for_a_hold_that_began_since() {
    for bench in Bench::on_each_store("held_again").await {
        let confirms = async || {
            let new = Some("nueva@cafe-ficticio.ec");
            bench.signed_petition(CAFE, "lucia", new).await;
            let confirm = bench.token("correo");
            bench.intake.confirm_address(&confirm).await.unwrap();
            bench.work().await;
        };
        confirms().await;
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        bench.pass(HOUR * 12);
        confirms().await;
        let ready = async || {
            let store = bench.intake.store();
            let messages = store.messages(&reset.number, MessageKind::LinkReady).await;
            messages.unwrap().remove(0)
        };
        bench.pass(HOUR * 13);
        bench.work().await;
        let waits = ready().await;
        assert_eq!(waits.state, MessageState::Pending);
        let until = bench.status(&reset).await.link.held_until;
        assert_eq!(Some(waits.due_at), until);
        bench.pass(HOUR * 12);
        bench.work().await;
        assert_eq!(ready().await.state, MessageState::Sent);
        assert!(bench.status(&reset).await.link.can_send);
    }
}

#[tokio::test]
async fn it_was_not_me_stops_everything_of_that_employer() {
    for bench in Bench::on_each_store("freeze").await {
        // A reset whose link is out, and a change of address that its owner did not ask for.
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let link = bench.token("clave");
        let change = bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        // One more link is decided but not sent yet.
        bench
            .intake
            .send_link(&reset.number, &reset.secret)
            .await
            .unwrap();
        bench.intake.freeze(&freeze).await.unwrap();

        for petition in [&reset, &change] {
            let told = bench.status(petition).await.link.stand;
            assert_eq!(told, LinkStand::Frozen, "both pages say so");
        }
        assert!(bench.intake.open_link(&link).await.is_err());
        assert!(bench.intake.set_password(&link, GOOD.into()).await.is_err());
        assert!(bench.intake.confirm_address(&confirm).await.is_err());
        let before = bench.letters().len();
        bench.work().await;
        let mailed = bench.letters().split_off(before);
        assert!(
            mailed.iter().all(|letter| letter.links.is_empty()),
            "nothing that opens anything is mailed for a frozen account: {mailed:?}"
        );
        let messages = bench
            .intake
            .store()
            .messages(&reset.number, MessageKind::ResetLink)
            .await
            .unwrap();
        assert!(
            messages
                .iter()
                .any(|message| message.state == MessageState::Withdrawn)
        );
        let refused = bench.intake.send_link(&reset.number, &reset.secret).await;
        assert!(refused.is_err(), "{refused:?}");
        let next = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&next).await.0, State::InReview);
    }
}

/// Two clocks are never quite one: what the other one approved, a moment ahead, is stopped all the same.
#[tokio::test]
async fn what_another_clock_approved_a_moment_later_is_stopped_too() {
    for bench in Bench::on_each_store("freeze_skew").await {
        let moment = SignedDuration::from_secs(2);
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let freeze = bench.token("no-fui-yo");
        bench.pass(moment);
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
        bench.pass(-moment);
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(moment);
        assert_eq!(bench.status(&reset).await.link.stand, LinkStand::Frozen);
        let link = bench.token("clave");
        assert!(bench.intake.set_password(&link, GOOD.into()).await.is_err());
    }
}

/// The account was free when it was looked up, and is not when the decision is recorded.
#[tokio::test]
async fn an_approval_beside_it_was_not_me_is_not_recorded() {
    for bench in Bench::on_each_store("freeze_beside").await {
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        let (store, now) = (bench.intake.store(), bench.intake.now());
        let job = store.claim_job(now, now + HOUR).await.unwrap().unwrap();
        let row = store.petition(&petition.number).await.unwrap().unwrap();
        let recorded = Recorded {
            job: &job,
            target: &row,
            content: row.content.as_ref(),
            outcome: Outcome::Approved,
            decision: &serde_json::json!({}),
            conditions: &serde_json::json!({}),
            report: None,
            trust_digest: Sha256::of(b""),
            registry_version: 1,
            evidence: &[],
            signed: true,
            signatures: &[],
            effects: &Effects::default(),
            at: now,
        };
        let refused = store.record(&recorded).await;
        assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_in_time_needs_another_petition() {
    for bench in Bench::on_each_store("unconfirmed").await {
        let change = bench
            .signed_petition(CAFE, "lucia", Some("nueva@cafe-ficticio.ec"))
            .await;
        assert_eq!(bench.status(&change).await.link.stand, LinkStand::None);
        bench.pass(HOUR * 24);
        let confirm = bench.token("correo");
        assert!(bench.intake.confirm_address(&confirm).await.is_err());
        assert_eq!(bench.status(&change).await.link.stand, LinkStand::Over);

        // Nor can one be confirmed behind another one that was: its link is dead, and its page does not ask to look for it.
        let [first, second] = ["una@cafe-ficticio.ec", "otra@cafe-ficticio.ec"];
        let first = bench.signed_petition(CAFE, "lucia", Some(first)).await;
        bench.signed_petition(CAFE, "lucia", Some(second)).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        assert_eq!(bench.status(&first).await.link.stand, LinkStand::Over);
    }
}

#[tokio::test]
async fn not_me_works_for_as_long_as_the_hold_lasts() {
    for bench in Bench::on_each_store("hold").await {
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let (confirm, freeze) = (bench.token("correo"), bench.token("no-fui-yo"));
        bench.pass(HOUR * 24 - SignedDuration::from_secs(1));
        bench.intake.confirm_address(&confirm).await.unwrap();
        // The thief confirmed at the last moment: the owner still has the whole hold.
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        bench.pass(HOUR * 23);
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(HOUR * 2);
        bench.work().await;
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.links.iter().any(|l| l.contains("/clave/")))
        );
        assert_eq!(bench.outcome(&reset).await.0, State::Approved);
    }
}

#[tokio::test]
async fn the_same_bytes_get_the_same_receipt_and_a_used_number_takes_no_others() {
    for bench in Bench::on_each_store("same_bytes").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let first = bench.upload(Some(&petition.number), &signed).await.unwrap();
        bench.pass(SignedDuration::from_secs(5));
        let second = bench.upload(Some(&petition.number), &signed).await.unwrap();
        assert!(!first.already && second.already);
        assert_eq!(
            (first.received_at, first.sha256),
            (second.received_at, second.sha256)
        );
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);

        let other = bench.sign(&petition.form, "lucia");
        assert_ne!(other, signed, "another signing time");
        let refused = bench.upload(Some(&petition.number), &other).await;
        assert!(
            matches!(refused, Err(IntakeError::AlreadyUsed)),
            "{refused:?}"
        );
        // Without its number it is recognised all the same, and refused.
        let receipt = bench.upload(None, &other).await.unwrap();
        bench.work().await;
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        assert_eq!(
            bench.outcome(&loose).await,
            (State::Refused, vec!["ALREADY_USED"])
        );
        assert_eq!(bench.letters().len(), 1, "one effect");
    }
}

#[tokio::test]
async fn a_form_without_its_number_is_followed_where_it_belongs() {
    for bench in Bench::on_each_store("merged").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let receipt = bench.upload(None, &signed).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        assert_eq!(bench.outcome(&loose).await.0, State::Approved);
        let row = bench
            .intake
            .store()
            .petition(&loose.number)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.state, row.merged_into),
            (State::Merged, Some(petition.number.clone()))
        );
        let (from, until) = (Timestamp::UNIX_EPOCH, bench.intake.now() + HOUR);
        let flow = bench.intake.store().flow(from, until).await.unwrap();
        let mut counted: Vec<_> = flow
            .iter()
            .map(|row| (row.outcome.as_deref(), row.documents))
            .collect();
        counted.sort_unstable();
        assert_eq!(counted, [(None, 1), (Some("approved"), 1)], "one document");
        bench
            .intake
            .set_password(&bench.token("clave"), GOOD.into())
            .await
            .unwrap();
        assert_eq!(bench.outcome(&loose).await.0, State::Completed);
    }
}

/// The same bytes wait without their number, for an answer about revocation say, and under it as well.
#[tokio::test]
async fn what_is_followed_elsewhere_is_decided_once() {
    for bench in Bench::on_each_store("merged_once").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        let (store, now) = (bench.intake.store(), bench.intake.now());
        for (under, hours) in [(None, 1), (Some(&petition.number), 2)] {
            bench.upload(under, &signed).await.unwrap();
            let job = store.claim_job(now, now + HOUR).await.unwrap().unwrap();
            let again_at = now + HOUR * hours;
            store.postpone_job(&job, again_at, now).await.unwrap();
        }
        let again = bench.upload(None, &signed).await.unwrap();
        assert!(again.already && again.secret.is_none(), "{again:?}");
        bench.pass(HOUR);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        bench.pass(HOUR);
        bench.work().await;
        let decided = store.decision(&petition.number, Sha256::of(&signed)).await;
        assert_eq!(decided.unwrap().unwrap().outcome, Outcome::Approved);
    }
}

/// Whoever has seen a form can append to it. Nobody has signed that, so it is not the document of the form's number.
#[tokio::test]
async fn an_unsigned_copy_of_a_form_is_nobody_elses_petition() {
    for bench in Bench::on_each_store("copied").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let store = bench.intake.store();
        let before = store.petition(&petition.number).await.unwrap().unwrap();
        let receipt = bench.upload(None, &crowded(&petition.form)).await.unwrap();
        bench.work().await;
        let loose = Petition {
            number: receipt.number,
            secret: receipt.secret.unwrap(),
            form: petition.form.clone(),
        };
        let (state, codes) = bench.outcome(&loose).await;
        assert_eq!((state, codes), (State::InReview, vec!["TOO_COMPLEX"]));
        let after = store.petition(&petition.number).await.unwrap().unwrap();
        assert_eq!(
            (after.state, after.document),
            (before.state, before.document)
        );
        let sent = bench.intake.send_link(&loose.number, &loose.secret).await;
        assert!(matches!(sent, Err(IntakeError::NotApproved)), "{sent:?}");
        // Nor is it the document of a number that awaits one.
        let awaiting = bench.petition(CAFE, None).await;
        bench.upload(None, &crowded(&awaiting.form)).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&awaiting).await.0, State::Issued);
    }
}

/// A form with more revisions than are looked at.
pub fn crowded(form: &[u8]) -> Vec<u8> {
    let mut bytes = form.to_vec();
    let last = form
        .windows(9)
        .rposition(|part| part == b"startxref")
        .unwrap();
    let place = |at: usize| -> u64 {
        let digits = form[at + 9..].trim_ascii_start().iter();
        let digits = digits.copied().take_while(u8::is_ascii_digit).collect();
        String::from_utf8(digits).unwrap().parse().unwrap()
    };
    let mut previous = place(last);
    for _ in 0..70 {
        let here = bytes.len() as u64;
        let section = format!(
            "xref\n0 0\ntrailer\n<</Size 1 /Root 1 0 R /Prev {previous}>>\nstartxref\n{here}\n%%EOF\n"
        );
        bytes.extend(section.as_bytes());
        previous = here;
    }
    bytes
}

#[tokio::test]
async fn a_letter_works_once_and_only_within_its_window() {
    for bench in Bench::on_each_store("letter").await {
        let recipe = samples::recipes()
            .into_iter()
            .find(|recipe| {
                matches!(recipe.paper, samples::Paper::LetterBy(_))
                    && recipe.outcome == clavero::domain::Outcome::Approved
            })
            .expect("an approved letter among the samples");
        let at = bench.intake.now();
        let letter = recipe.cook(&recipe.own_paper(at).unwrap(), at).unwrap();
        let mut outcomes = Vec::new();
        for _ in 0..2 {
            let receipt = bench.upload(None, &letter).await.unwrap();
            bench.work().await;
            let petition = Petition {
                number: receipt.number,
                secret: receipt.secret.unwrap(),
                form: bytes::Bytes::new(),
            };
            outcomes.push(bench.outcome(&petition).await);
            if outcomes.len() == 1 {
                let link = bench.token("clave");
                bench.intake.set_password(&link, GOOD.into()).await.unwrap();
                bench.work().await;
            }
        }
        assert_eq!(outcomes[0].0, State::Approved, "{outcomes:?}");
        assert_eq!(outcomes[1], (State::Refused, vec!["ALREADY_USED"]));
        assert_eq!(bench.letters().len(), 2, "one link, and that it was used");
    }
}

#[tokio::test]
async fn what_is_refused_does_not_displace_what_waits_for_a_person() {
    for bench in Bench::on_each_store("displace").await {
        // Two must sign; one did.
        let petition = bench.signed_petition("2990003035001", "jorge", None).await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(state, State::InReview, "{codes:?}");
        let status = bench.status(&petition).await;
        let term = status.review_term.unwrap();
        assert_eq!(
            (term.by, term.late),
            (bench.intake.now() + HOUR * 24, false)
        );
        assert!(status.not_taken.is_empty());
        bench.pass(SignedDuration::from_secs(1));
        bench
            .upload(Some(&petition.number), b"anybody can guess a number")
            .await
            .unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await, (State::InReview, codes));
        // Whoever sent it is told, and not left to wonder why the page says the same as before.
        let told = bench.status(&petition).await.not_taken;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].code, ReasonCode::NotAPdf);
        bench.pass(HOUR * 24);
        assert!(bench.status(&petition).await.review_term.unwrap().late);
        bench.pass(SignedDuration::from_secs(1));
        // The same paper with both signatures is what was missing.
        let both = bench.sign(&bench.sign(&petition.form, "jorge"), "pilar");
        bench.upload(Some(&petition.number), &both).await.unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    }
}

#[tokio::test]
async fn wrong_uploads_are_answered_and_hurt_nothing() {
    for bench in Bench::on_each_store("wrong_uploads").await {
        let petition = bench.petition(CAFE, None).await;
        let under = Some(&petition.number);
        assert!(matches!(
            bench.upload(under, b"").await,
            Err(IntakeError::Empty)
        ));
        let large = vec![b'x'; 1_000_001];
        assert!(matches!(
            bench.upload(under, &large).await,
            Err(IntakeError::TooLarge(1_000_000))
        ));
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::Issued,
            "nothing was received"
        );

        let signed = bench.sign(&petition.form, "lucia");
        let mut flipped = signed.clone();
        flipped[petition.form.len() / 2] ^= 1;
        let others: &[(&str, Vec<u8>)] = &[
            ("a zip named .pdf", b"PK\x03\x04not a pdf".to_vec()),
            ("the form itself", petition.form.to_vec()),
            ("half a form", signed[..signed.len() / 2].to_vec()),
            ("a flipped byte", flipped),
            ("another person", bench.sign(&petition.form, "andres")),
        ];
        for (what, bytes) in others {
            bench.upload(under, bytes).await.unwrap();
            bench.work().await;
            let (state, codes) = bench.outcome(&petition).await;
            assert_eq!(state, State::Refused, "{what}: {codes:?}");
        }
        assert!(bench.letters().is_empty(), "nothing is mailed");
        bench.upload(under, &signed).await.unwrap();
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await.0,
            State::Approved,
            "the number stayed open"
        );

        let late = bench.petition(CAFE, None).await;
        let signed = bench.sign(&late.form, "lucia");
        bench.pass(HOUR * 24 * 7);
        let expired = bench.upload(Some(&late.number), &signed).await;
        assert!(matches!(expired, Err(IntakeError::Expired)), "{expired:?}");
    }
}

#[tokio::test]
async fn a_document_that_is_never_decided_goes_to_a_person() {
    for bench in Bench::on_each_store("poison").await {
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await.unwrap();
        // Ten processes took it and died.
        for _ in 0..10 {
            let now = bench.intake.now();
            let lease = SignedDuration::from_secs(60);
            let job = bench
                .intake
                .store()
                .claim_job(now, now + lease)
                .await
                .unwrap();
            assert!(job.is_some());
            bench.pass(lease);
        }
        bench.work().await;
        assert_eq!(
            bench.outcome(&petition).await,
            (State::InReview, vec!["TOO_COMPLEX"])
        );
        assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn s07_joint_signatures_wait_for_each_other_and_the_order_does_not_matter() {
    const BROTHERS: &str = "2990003035001";
    for (first, second, waits_for) in [
        ("jorge", "pilar", "PRESIDENTA"),
        ("pilar", "jorge", "GERENTE"),
    ] {
        for bench in Bench::on_each_store(&format!("joint_{first}")).await {
            let petition = bench.petition(BROTHERS, None).await;
            let once = bench.sign(&petition.form, first);
            bench.upload(Some(&petition.number), &once).await.unwrap();
            bench.work().await;
            let status = bench.status(&petition).await;
            assert_eq!(status.state, State::InReview);
            let said = clavero::words::sentence(&status.reasons[0], Language::Es);
            assert!(
                said.to_uppercase().contains(waits_for),
                "after {first}: {said}"
            );

            // The same person once more is still one person.
            let twice = bench.sign(&once, first);
            bench.upload(Some(&petition.number), &twice).await.unwrap();
            bench.work().await;
            let missing = (State::InReview, vec!["JOINT_SIGNATURE_MISSING"]);
            assert_eq!(bench.outcome(&petition).await, missing);

            let both = bench.sign(&once, second);
            bench.upload(Some(&petition.number), &both).await.unwrap();
            bench.work().await;
            let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
            assert_eq!(bench.outcome(&petition).await, approved);
        }
    }
}

#[tokio::test]
async fn s09_an_attached_appointment_brings_a_stranger_before_a_person() {
    for bench in Bench::on_each_store("appointment").await {
        let petition = bench.signed_petition(CAFE, "raul", None).await;
        let refused = (State::Refused, vec!["SIGNER_NOT_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&petition).await, refused);

        let wrong = bench.intake.token();
        let paper =
            || futures::stream::iter([Ok::<_, ()>(Bytes::from_static(b"%PDF-1.7 nombramiento"))]);
        let denied = bench
            .intake
            .attach_appointment(&petition.number, &wrong, paper())
            .await;
        assert!(matches!(denied, Err(IntakeError::NotFound)), "{denied:?}");
        assert_eq!(bench.outcome(&petition).await, refused);

        bench
            .intake
            .attach_appointment(&petition.number, &petition.secret, paper())
            .await
            .unwrap();
        bench.work().await;
        let waits = (State::InReview, vec!["APPOINTMENT_ATTACHED"]);
        assert_eq!(bench.outcome(&petition).await, waits);
        assert!(bench.letters().is_empty(), "nothing takes effect");

        // The same paper again is no second one, and others come to an end.
        for n in 0..4u8 {
            let other = Bytes::from(vec![b'%', n]);
            let attached = bench
                .intake
                .attach_appointment(
                    &petition.number,
                    &petition.secret,
                    futures::stream::iter([Ok::<_, ()>(other)]),
                )
                .await;
            assert_eq!(attached.is_ok(), n < 2, "{n}: {attached:?}");
        }
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// A number that was given for a branch which the registry does not have is of no use to anybody: the company makes another one
/// in a minute. Which branches there are hears only who represents the employer.
#[tokio::test]
async fn a_branch_that_does_not_exist_is_told_with_what_to_do() {
    let own = |who: &str, ending: &str| {
        let person = clavero::fixture::people::person(who).unwrap();
        format!("{}{ending}", person.document)
    };
    let (wrong, right) = (own("rosa", "000"), own("rosa", "001"));
    let vectors = [
        (
            CAFE,
            "0003",
            "lucia",
            State::Refused,
            "BRANCH_UNKNOWN",
            Some("consta 0001"),
        ),
        (CAFE, "0003", "raul", State::Refused, "BRANCH_UNKNOWN", None),
        (
            wrong.as_str(),
            "0001",
            "rosa",
            State::Refused,
            "BRANCH_UNKNOWN",
            Some(right.as_str()),
        ),
        (
            wrong.as_str(),
            "0001",
            "raul",
            State::InReview,
            "REGISTRY_MISSING",
            None,
        ),
        (
            "2990123456001",
            "0001",
            "lucia",
            State::InReview,
            "REGISTRY_MISSING",
            None,
        ),
    ];
    for bench in Bench::on_each_engine("branches").await {
        for (ruc, branch, who, state, code, told) in &vectors {
            let asked = NewPetition {
                ruc: ruc.parse().unwrap(),
                branch: branch.parse().unwrap(),
                action: Action::ResetPassword,
                new_email: None,
                legal_name: None,
            };
            let issued = bench.intake.issue(asked).await.unwrap();
            let petition = bench.held(issued).await;
            bench.sign_and_upload(&petition, who).await;
            let outcome = bench.outcome(&petition).await;
            assert_eq!(outcome, (*state, vec![*code]), "{ruc} {branch} {who}");
            let reasons = bench.status(&petition).await.reasons;
            let said = clavero::words::sentence(&reasons[0], Language::Es);
            let next = clavero::words::next_step(*state, None, &reasons, false).es;
            if *code == "BRANCH_UNKNOWN" {
                assert!(next.starts_with("Cree otra solicitud"), "{next}");
            }
            match told {
                Some(told) => assert!(said.contains(told), "{said}"),
                None => assert!(
                    !said.contains("representa") && !said.contains(&right),
                    "{said}"
                ),
            }
        }
    }
}

/// DESIGN B and C: reception decides about the signature, and whether it is still acted on is for a person when the key
/// turned out to be revoked before anybody had acted.
#[tokio::test]
async fn a_certificate_revoked_before_the_decision_is_for_a_person() {
    for bench in Bench::on_each_store("revoked").await {
        // The revoked certificates of the fixtures were revoked on 15 January, and the lists tell of it in March.
        bench.pass(-SignedDuration::from_hours(50 * 24));
        let petition = bench.petition(CAFE, None).await;
        let stolen = pki::issue(person("lucia").unwrap(), Defect::Revoked);
        let document = bench.sign_as(&petition.form, "lucia", &stolen);
        let uploaded = bench.upload(Some(&petition.number), &document).await;
        uploaded.unwrap();
        bench.pass(SignedDuration::from_hours(50 * 24));
        bench.work().await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(
            (state, codes),
            (State::InReview, vec!["CERT_REVOKED_SINCE"])
        );
        let report = bench.status(&petition).await.report.unwrap();
        assert_eq!(
            report.conclusion,
            Conclusion::Passed,
            "the report is as it was"
        );
    }
}

/// A program that takes a letter, says so, and does not come to an end before it is let go.
fn one_that_never_ends(folder: &Path) -> PathBuf {
    let program = folder.join("never-ends");
    let folder = folder.display();
    let script = format!(
        "#!/bin/sh\necho 1 >>'{folder}/taken'\nwhile [ ! -e '{folder}/let-go' ]; do sleep 0.1; done\nexit 1\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// Documents that cost long hold up decisions, and nobody who waits at a page: as many as are decided at a time stand still here.
#[tokio::test]
async fn documents_that_are_never_decided_keep_nobody_from_a_form_or_a_password() {
    const SOON: Duration = Duration::from_secs(30);
    let mut bench = Bench::new().await;
    bench.signed_petition(CAFE, "lucia", None).await;
    let token = bench.token("clave");
    let folder = bench.folder().to_owned();
    bench.reads_letters_with(one_that_never_ends(&folder)).await;
    let recipes = samples::recipes();
    let letter = recipes
        .iter()
        .find(|recipe| matches!(recipe.paper, samples::Paper::LetterBy(_)))
        .unwrap();
    let at_a_time = std::thread::available_parallelism().unwrap().get();
    let mut letters = Vec::new();
    for _ in 0..=at_a_time {
        bench.pass(SignedDuration::from_secs(1));
        let at = bench.intake.now();
        let signed = letter.cook(&letter.own_paper(at).unwrap(), at).unwrap();
        letters.push(bench.upload(None, &signed).await.unwrap());
    }
    let working = bench.starts_working();
    let taken = || fs::read_to_string(folder.join("taken")).map_or(0, |text| text.lines().count());
    let all_taken = async {
        while taken() < at_a_time {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let all_taken = timeout(SOON, all_taken).await;
    let form = timeout(SOON, bench.petition(CAFE, None)).await;
    let password = timeout(SOON, bench.intake.set_password(&token, GOOD.into())).await;
    let at_once = taken();
    fs::write(folder.join("let-go"), "").unwrap();
    working.ends().await;
    all_taken.expect("they are read");
    assert_eq!(at_once, at_a_time, "no more than there are processors");
    form.expect("a form, meanwhile");
    password.expect("a password, meanwhile").unwrap();
}
