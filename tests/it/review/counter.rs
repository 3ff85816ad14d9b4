//! Five documents at the counter in place of a signature (PRODUCT S39).

use bytes::Bytes;
use clavero::domain::{DossierItem, MemberRole, Outcome, PetitionNumber, ReviewReason};
use clavero::fixture::people::CAFE;
use clavero::intake::review::{NewVisit, ReviewError};
use clavero::intake::{IntakeError, Issued, LinkStand};
use clavero::store::{CaseError, Settled};

use crate::bench::{Bench, GOOD};
use crate::review::{ana, decide, eva, is_final, luis, officer};

/// Somebody of the café stands at the counter, and Ana opens their case.
pub async fn visit(bench: &Bench) -> Issued {
    let visit = NewVisit {
        ruc: CAFE.parse().unwrap(),
        branch: "0001".parse().unwrap(),
        turn: "T-123".to_owned(),
    };
    bench.intake.open_counter(&visit, &ana()).await.unwrap()
}

/// Ana scans the five documents.
pub async fn scan_all(bench: &Bench, number: &PetitionNumber) {
    for &item in DossierItem::ALL {
        let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(format!("%PDF-1.4 {item}")))];
        let scan = futures::stream::iter(scan);
        bench.intake.scan(number, item, &ana(), scan).await.unwrap();
    }
}

/// A scan is a document like any other.
#[tokio::test]
async fn a_full_disk_takes_no_scan_and_gives_numbers_still() {
    let mut bench = Bench::new().await;
    let issued = visit(&bench).await;
    bench
        .restart_with(|settings| settings.budgets.free_bytes = u64::MAX)
        .await;
    let paper: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 ruc"))];
    let paper = futures::stream::iter(paper);
    let scanned = bench
        .intake
        .scan(&issued.number, DossierItem::Ruc, &ana(), paper)
        .await;
    assert!(
        matches!(scanned, Err(ReviewError::Intake(IntakeError::Full))),
        "{scanned:?}"
    );
    // A form writes little, and until it is signed there may be room.
    bench.petition(CAFE, None).await;
}

/// S39: the counter.
#[tokio::test]
async fn s39_two_officers_see_five_documents_and_the_link_is_opened_at_the_counter() {
    for bench in Bench::on_each_store("review_s39").await {
        let issued = visit(&bench).await;
        let number = &issued.number;
        // Whoever knows the number can't close the case with a document that is refused.
        let junk = bench.upload(Some(number), b"%PDF-1.4 junk").await;
        assert!(matches!(junk, Err(IntakeError::AtTheCounter)), "{junk:?}");
        let early = decide(&bench, number, &ana(), ReviewReason::DossierComplete).await;
        assert!(
            matches!(early, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{early:?}"
        );
        let unseen = bench.intake.tick(number, DossierItem::Ruc, &ana()).await;
        assert!(
            matches!(unseen, Err(ReviewError::Case(CaseError::ScanMissing))),
            "{unseen:?}"
        );
        for &item in DossierItem::ALL {
            let scan: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(format!("%PDF-1.4 {item}")))];
            let scan = futures::stream::iter(scan);
            bench.intake.scan(number, item, &ana(), scan).await.unwrap();
            bench.intake.tick(number, item, &ana()).await.unwrap();
        }
        let first = decide(&bench, number, &ana(), ReviewReason::DossierComplete).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        let lazy = decide(&bench, number, &luis(), ReviewReason::DossierComplete).await;
        assert!(
            matches!(lazy, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{lazy:?}"
        );
        for &item in DossierItem::ALL {
            bench.intake.tick(number, item, &luis()).await.unwrap();
        }
        let none = bench.intake.counter_link(number, &luis()).await;
        assert!(
            matches!(none, Err(ReviewError::Intake(IntakeError::NotApproved))),
            "{none:?}"
        );
        let second = decide(&bench, number, &luis(), ReviewReason::DossierComplete).await;
        is_final(second, Outcome::Approved);
        let stranger = bench.intake.counter_link(number, &eva()).await;
        assert!(stranger.is_err(), "only who approved opens the link");
        let link = bench.intake.counter_link(number, &luis()).await.unwrap();
        // Whoever reads the address on file may be the accountant of before: nothing goes there but the notice.
        let (id, secret) = (number.clone(), issued.secret.clone());
        let status = bench.intake.status(&id, &secret).await.unwrap().unwrap();
        assert!(!status.link.can_send && status.at_the_counter);
        assert_eq!(status.link.stand, LinkStand::AtTheCounter);
        let mailed = bench.intake.send_link(&id, &secret).await;
        assert!(
            matches!(mailed, Err(IntakeError::AtTheCounter)),
            "{mailed:?}"
        );
        bench.work().await;
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.links.contains(&link.url)
                    && !letter.links.iter().any(|link| link.contains("/clave/"))),
            "the link is not mailed"
        );
        bench.token("no-fui-yo");
        let token = link.url.rsplit('/').next().unwrap();
        let token = clavero::domain::Token::presented(token).unwrap();
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        let attachments = bench.intake.store().attachments(number).await.unwrap();
        assert_eq!(attachments.len(), 5);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// S39, S30: a refusal at the counter is looked at again by the rules of the counter, by two others.
#[tokio::test]
async fn s39_an_appeal_at_the_counter_is_judged_by_the_dossier() {
    for bench in Bench::on_each_store("review_s39_appeal").await {
        let issued = visit(&bench).await;
        let number = &issued.number;
        scan_all(&bench, number).await;
        for officer in [ana(), luis()] {
            decide(&bench, number, &officer, ReviewReason::DossierIncomplete)
                .await
                .unwrap();
        }
        bench
            .intake
            .appeal(number, &issued.secret, "La carpeta está completa")
            .await
            .unwrap();
        let same = bench.intake.claim(number, &ana()).await;
        assert!(
            matches!(same, Err(ReviewError::Case(CaseError::SamePerson))),
            "{same:?}"
        );
        let marta = officer("marta", MemberRole::Reviewer);
        let wanted = decide(&bench, number, &marta, ReviewReason::FormWanted).await;
        assert!(matches!(wanted, Err(ReviewError::Reason)), "{wanted:?}");
        let unseen = decide(&bench, number, &marta, ReviewReason::DossierComplete).await;
        assert!(
            matches!(unseen, Err(ReviewError::Case(CaseError::TicksMissing))),
            "{unseen:?}"
        );
        for &item in DossierItem::ALL {
            bench.intake.tick(number, item, &marta).await.unwrap();
        }
        let first = decide(&bench, number, &marta, ReviewReason::DossierComplete).await;
        assert_eq!(first.unwrap(), Some(Settled::Second));
        bench.intake.claim(number, &eva()).await.unwrap();
        for &item in DossierItem::ALL {
            bench.intake.tick(number, item, &eva()).await.unwrap();
        }
        let second = decide(&bench, number, &eva(), ReviewReason::DossierComplete).await;
        is_final(second, Outcome::Approved);
        bench.intake.counter_link(number, &eva()).await.unwrap();
    }
}

/// Whoever did not stand at the counter stops it: their notice does not wait for the end of a hold, as a link would.
#[tokio::test]
async fn what_is_approved_at_the_counter_is_told_at_once() {
    for bench in Bench::on_each_store("review_counter_told").await {
        let address = Some("nueva@cafe-ficticio.ec");
        bench.signed_petition(CAFE, "lucia", address).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.work().await;
        let issued = visit(&bench).await;
        let number = &issued.number;
        scan_all(&bench, number).await;
        for who in [ana(), luis()] {
            bench.intake.claim(number, &who).await.unwrap();
            for &item in DossierItem::ALL {
                bench.intake.tick(number, item, &who).await.unwrap();
            }
            let settled = decide(&bench, number, &who, ReviewReason::DossierComplete).await;
            settled.unwrap();
        }
        bench.work().await;
        let told = bench.letters().pop().unwrap();
        assert!(told.subject.contains("ventanilla"), "{}", told.subject);
        bench.intake.counter_link(number, &luis()).await.unwrap();
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        let stopped = bench.intake.counter_link(number, &luis()).await;
        assert!(
            matches!(stopped, Err(ReviewError::Intake(IntakeError::Frozen(_)))),
            "{stopped:?}"
        );
    }
}
