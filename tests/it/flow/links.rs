//! Links to a new password: how long they live, how many there are, and that one sets one password.

use argon2::password_hash::PasswordVerifier;
use argon2::{Argon2, PasswordHash};
use clavero::domain::{PasswordRule, PetitionSource, State};
use clavero::fixture::people::CAFE;
use clavero::intake::{IntakeError, LinkError, LinkStand, SetPasswordError};
use jiff::SignedDuration;

use crate::bench::{Bench, GOOD, HOUR};

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
            matches!(again, Err(SetPasswordError::Link(LinkError::Dead(_)))),
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
        let mut sent = 1; // the first one went out with the approval, and is not counted
        let mut old = bench.token("clave");
        for hour in 0..2 {
            let mut asked = 0;
            while let Ok(link) = bench
                .intake
                .send_link(&petition.number, &petition.secret)
                .await
            {
                sent += 1;
                asked += 1;
                assert_eq!(link.left_this_hour, (3 - asked).min(6 - sent));
                bench.work().await;
                assert!(
                    bench.intake.open_link(&old).await.is_err(),
                    "the older link is dead"
                );
                old = bench.token("clave");
                assert!(bench.intake.open_link(&old).await.is_ok());
                bench.pass(SignedDuration::from_secs(1));
            }
            assert_eq!((asked, sent), [(3, 4), (2, 6)][hour]);
            let link = bench.status(&petition).await.link;
            let again_at =
                (hour == 0).then(|| bench.intake.now() + HOUR - SignedDuration::from_secs(3));
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
