//! Terms of the office: they ring, and decide nothing (PRODUCT S31).

use clavero::domain::{Outcome, ReviewReason, State};
use clavero::store::AlarmKind;
use jiff::SignedDuration;

use crate::bench::{BEGINNING, Bench, HOUR};
use crate::review::counter::visit;
use crate::review::{FOUNDATION, JOINT, ana, decide, in_review, is_final};

/// S31: terms are shown and alarms are due, and time alone approves nothing.
#[tokio::test]
async fn s31_time_alone_decides_nothing() {
    for bench in Bench::on_each_store("review_s31").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let day = |days: i64| BEGINNING + HOUR * 24 * i32::try_from(days).unwrap();
        bench.pass(HOUR * 25);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 1);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 0, "told once");
        let view = bench.intake.look(&petition.number, &ana()).await.unwrap();
        assert_eq!(view.clock.alarm_at, day(1));
        assert_eq!(
            view.clock.alarm_day,
            day(26),
            "20 working days from a Sunday"
        );
        bench.pass(HOUR * 24 * 25 - HOUR * 2);
        assert_eq!(
            bench.intake.ring_deadlines().await.unwrap(),
            0,
            "an hour early"
        );
        bench.pass(HOUR);
        assert_eq!(
            bench.intake.ring_deadlines().await.unwrap(),
            1,
            "the 20th day"
        );
        bench.pass(HOUR * 24 * 120);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
    }
}

/// S31: the term begins when the case is opened, each time; the days that a company takes to complete are its own (COA Art. 162).
#[tokio::test]
async fn s31_each_round_of_a_case_rings_for_itself() {
    for bench in Bench::on_each_store("review_s31_rounds").await {
        let rings = async || bench.intake.ring_deadlines().await.unwrap();
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let (number, secret) = (&petition.number, &petition.secret);
        bench.pass(HOUR * 25);
        assert_eq!(rings().await, 1);
        decide(&bench, number, &ana(), ReviewReason::AppointmentWanted)
            .await
            .unwrap();
        bench.pass(HOUR * 24 * 5);
        assert_eq!(rings().await, 0, "the company's days");
        bench.sign_and_upload(&petition, "hernan").await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        assert_eq!(rings().await, 0, "it waits since a moment");
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0));
        // The second round began on Saturday, 2026-03-07: the twentieth working day is the Monday behind Good Friday.
        bench.pass(HOUR * 24 * 29 - HOUR * 2);
        assert_eq!(rings().await, 0, "counted from the second round");
        bench.pass(HOUR * 2);
        assert_eq!(rings().await, 1, "the 20th day");

        let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        bench
            .intake
            .appeal(number, secret, "Es mi firma")
            .await
            .unwrap();
        assert_eq!(rings().await, 0);
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0), "an appeal");

        visit(&bench).await;
        bench.pass(HOUR * 24);
        assert_eq!((rings().await, rings().await), (1, 0), "the counter");
    }
}

/// Anybody may upload under a number: what is refused neither delays an alarm nor rings again.
#[tokio::test]
async fn s31_what_displaces_nothing_changes_no_term() {
    for bench in Bench::on_each_store("review_s31_junk").await {
        let petition = in_review(&bench, JOINT, "jorge").await;
        let number = &petition.number;
        let opened = bench.intake.look(number, &ana()).await.unwrap().case;
        bench.pass(HOUR * 23);
        bench.upload(Some(number), b"nothing").await.unwrap();
        bench.work().await;
        let again = bench.intake.look(number, &ana()).await.unwrap().case;
        let place = |case: clavero::store::CaseRow| (case.place().to_string(), case.opened_at);
        assert_eq!(place(again), place(opened));
        bench.pass(HOUR);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 1);
        bench.upload(Some(number), b"nothing again").await.unwrap();
        bench.work().await;
        bench.pass(HOUR);
        assert_eq!(bench.intake.ring_deadlines().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn s31_a_petition_that_waits_rings_after_a_day_and_before_the_legal_term_and_is_never_decided_by_time()
 {
    for mut bench in Bench::on_each_store("effects_s31").await {
        bench.alarms_go_to("guardia@operador.ec").await;
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
