//! New addresses: confirmed by who reads them, told to who read the old one, and held back for a while.

use clavero::domain::State;
use clavero::fixture::people::CAFE;
use clavero::intake::{IntakeError, LinkStand};
use clavero::store::{MessageKind, MessageState};

use crate::bench::{Bench, GOOD, HOUR};

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
        bench.sets_password(GOOD).await;
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
