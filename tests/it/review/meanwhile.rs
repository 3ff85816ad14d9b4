//! What the registry learns while a case waits counts beside what the machine said at reception: whoever has left since, or may sign
//! only with others by now, is approved by two who were shown it, and for a reason that answers it.

use clavero::decision::ReasonCode;
use clavero::domain::{LegalRepresentative, Outcome, RepresentationMode, ReviewReason, State};
use clavero::intake::review::{Objected, ReviewError};
use clavero::store::Settled;

use crate::bench::Bench;
use crate::review::{FOUNDATION, ana, decide_shown, in_review, is_final, luis};

/// The registry after the import of a table: what it makes of the only row that there was.
type Change = fn(&mut Vec<LegalRepresentative>);

/// Somebody else beside the representative, without an end of their term.
fn another(rows: &mut Vec<LegalRepresentative>, post: &str) {
    let mut other = rows[0].clone();
    other.document = "2914662065".parse().unwrap();
    other.name = "VERÓNICA PAULINA SACOTO ORDÓÑEZ".to_owned();
    other.post = post.to_owned();
    (other.from, other.to) = ("2026-02-01".parse().unwrap(), None);
    rows.push(other);
}

#[tokio::test]
async fn what_the_registry_learns_while_a_case_waits_takes_two_who_saw_it_and_a_reason_that_answers_it()
 {
    use ReasonCode as C;
    use ReviewReason as R;
    let cases: [(&str, Change, C, R); 5] = [
        (
            "a successor",
            |rows| {
                let post = rows[0].post.clone();
                another(rows, &post);
            },
            C::RepresentationEnded,
            R::AppointmentRegistered,
        ),
        (
            "a liquidator",
            |rows| another(rows, "Liquidadora"),
            C::RepresentationEnded,
            R::AppointmentRegistered,
        ),
        (
            "a longer term, and a liquidator",
            |rows| {
                rows[0].to = None;
                another(rows, "Liquidadora");
            },
            C::LiquidatorInOffice,
            R::OwnerConfirmed,
        ),
        (
            "a longer term, and only together",
            |rows| {
                rows[0].to = None;
                rows[0].mode = RepresentationMode::Joint;
                rows[0].required_signatures = 2;
            },
            C::JointSignatureMissing,
            R::SamePerson,
        ),
        (
            "a power of attorney",
            |rows| {
                rows[0].to = None;
                rows[0].post = "Apoderado especial".to_owned();
            },
            C::Attorney,
            R::PowerRead,
        ),
    ];
    for (what, change, code, answer) in cases {
        for bench in Bench::on_each_store("review_meanwhile").await {
            let before = in_review(&bench, FOUNDATION, "hernan").await;
            bench
                .changes_employer(FOUNDATION, what, |it| change(&mut it.representatives))
                .await;
            for (officer, settled) in [
                (ana(), Settled::Second),
                (luis(), Settled::Final(Outcome::Approved)),
            ] {
                let tried = async |reason, confirmed| {
                    decide_shown(&bench, &before.number, &officer, reason, confirmed).await
                };
                let unanswered = tried(R::LetterClear, None).await;
                let Err(ReviewError::Objected(compared, why)) = unanswered else {
                    panic!("{what}: {unanswered:?}");
                };
                let codes = compared.objections.iter().map(|reason| reason.code);
                assert_eq!(codes.collect::<Vec<_>>(), [code], "{what}");
                assert_eq!(why, Objected::Unanswered, "{what}");
                let unseen = tried(answer, None).await;
                let unconfirmed =
                    matches!(unseen, Err(ReviewError::Objected(_, Objected::Unconfirmed)));
                assert!(unconfirmed, "{what}: {unseen:?}");
                let counted = tried(answer, Some(compared.digest())).await;
                assert_eq!(counted.unwrap(), Some(settled), "{what}");
            }
            assert_eq!(bench.outcome(&before).await.0, State::Approved, "{what}");
        }
    }
}

/// Who still holds the office waited for nothing but a person: nothing new is in the way, and one decides.
#[tokio::test]
async fn what_the_registry_learns_for_the_signer_is_in_nobodys_way() {
    let learned: [(&str, Change); 3] = [
        ("the same", |_| {}),
        ("a longer term", |rows| rows[0].to = None),
        ("somebody in another post", |rows| {
            another(rows, "Presidenta")
        }),
    ];
    for (what, change) in learned {
        for bench in Bench::on_each_store("review_meanwhile_for").await {
            let petition = in_review(&bench, FOUNDATION, "hernan").await;
            bench
                .changes_employer(FOUNDATION, what, |it| change(&mut it.representatives))
                .await;
            let reason = ReviewReason::StillInOffice;
            let settled = decide_shown(&bench, &petition.number, &ana(), reason, None).await;
            is_final(settled, Outcome::Approved);
        }
    }
}
