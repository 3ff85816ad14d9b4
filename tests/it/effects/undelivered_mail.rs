//! Messages that do not arrive: one that the process dies over, and one that comes back.

use clavero::fixture::people::CAFE;
use clavero::mail::{Mailer, Patience, SmtpSettings, SmtpTls};
use clavero::store::{AlarmKind, MessageKind, MessageState};
use jiff::SignedDuration;

use super::states;
use crate::bench::{Bench, GOOD, HOUR, Petition};

#[tokio::test]
async fn a_message_that_the_process_dies_over_is_parked_with_an_alarm_and_the_others_go_out() {
    for mut bench in Bench::on_each_store("effects_poison").await {
        bench.alarms_go_to("guardia@operador.ec").await;
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
        bench.sets_password(GOOD).await;
    }
}

/// Nothing could be sent before the hold was over: what is late is counted from there. The hold is longer than anything is tried for.
#[tokio::test]
async fn a_message_that_waited_for_a_hold_is_late_an_hour_after_it() {
    let refused = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: 1,
        tls: SmtpTls::None,
        authority: None,
        credentials: None,
        patience: Patience::default(),
    };
    let away = Mailer::smtp("Clavero <no-responder@clavero.test>", &refused).unwrap();
    let week = HOUR * 24 * 7;
    for mut bench in Bench::on_each_store("effects_late").await {
        bench
            .restart_with(|settings| settings.email_hold = week)
            .await;
        let new = Some("nueva@cafe-ficticio.ec");
        bench.signed_petition(CAFE, "lucia", new).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let stands = async || {
            let late = AlarmKind::MessageLate;
            let rung = bench.intake.store().count_alarms(late).await.unwrap();
            let mut ready = states(&bench, &reset).await;
            ready.retain(|(kind, _)| *kind == MessageKind::LinkReady);
            (ready, rung)
        };
        let waits = vec![(MessageKind::LinkReady, MessageState::Pending)];
        assert_eq!(stands().await, (waits.clone(), 0));
        bench.pass(week);
        bench.work_with(&away).await;
        assert_eq!(stands().await, (waits.clone(), 0), "the first hiccup");
        bench.pass(HOUR - SignedDuration::from_secs(1));
        bench.work_with(&away).await;
        assert_eq!(stands().await, (waits.clone(), 0), "within the hour");
        bench.pass(HOUR);
        bench.work_with(&away).await;
        assert_eq!(stands().await, (waits.clone(), 1), "late");
        bench.pass(HOUR);
        bench.work_with(&away).await;
        assert_eq!(stands().await, (waits, 1), "told once");
    }
}

/// A notification that `name` came back.
fn notification(name: &str) -> String {
    format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n\
         Final-Recipient: rfc822; gerencia@cafe-ficticio.ec\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{name}@clavero.test>\r\n\r\n--b--\r\n"
    )
}

/// A folder that is called like a mail, and one that is gone when it is read: neither keeps the others from being noted.
#[tokio::test]
async fn what_cant_be_read_in_the_folder_goes_aside_and_what_came_back_is_noted() {
    for mut bench in Bench::on_each_store("effects_bounce_odd").await {
        let folder = tempfile::tempdir().unwrap();
        bench.change_carriers(|carriers| carriers.bounces = Some(folder.path().to_owned()));
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("1.eml")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("2.eml")).unwrap();
        let came = notification(&format!("{}.reset_link.1", petition.number));
        std::fs::write(at("3.eml"), came).unwrap();
        bench.work().await;
        assert_eq!(
            states(&bench, &petition).await[0],
            (MessageKind::ResetLink, MessageState::Bounced)
        );
        assert!(at("otros/1.eml").is_dir() && !at("1.eml").exists());
        assert!(!at("3.eml").exists() && !at("otros/3.eml").exists());
    }
}

#[tokio::test]
async fn what_comes_back_is_noted_beside_its_message_and_rings_once() {
    for mut bench in Bench::on_each_store("effects_bounce").await {
        bench.alarms_go_to("guardia@operador.ec").await;
        let folder = tempfile::tempdir().unwrap();
        bench.change_carriers(|carriers| carriers.bounces = Some(folder.path().to_owned()));
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
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
