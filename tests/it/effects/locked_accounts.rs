//! An account that too many wrong keys have locked is opened by a signed petition, and by nothing else.

use clavero::domain::{Action, State};
use clavero::fixture::people::CAFE;
use clavero::intake::{IntakeError, LinkStand, Login};

use super::{BRANCH, MINE, with_mobile};
use crate::bench::{Bench, GOOD, HOUR};

#[tokio::test]
async fn s37_a_signed_petition_opens_a_locked_account_and_brings_a_link() {
    for bench in Bench::on_each_store("effects_s37").await {
        with_mobile(&bench, CAFE).await;
        let (ruc, branch) = (CAFE.parse().unwrap(), BRANCH.parse().unwrap());
        let log_in = |key: &'static str| bench.intake.log_in(&ruc, &branch, key.into());
        assert_eq!(log_in(GOOD).await.unwrap(), Login::Wrong, "no account yet");
        bench.signed_petition(CAFE, "lucia", None).await;
        bench.sets_password(GOOD).await;
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
        bench.sets_password(GOOD).await;
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
        bench.sets_password("Cuatr0*Ojo").await;
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
