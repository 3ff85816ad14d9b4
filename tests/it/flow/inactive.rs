//! A company that the registry calls suspended or closed since its petition was approved: nothing it holds opens anything, until the
//! registry says otherwise.

use clavero::domain::{EmployerState, State};
use clavero::fixture::people::CAFE;
use clavero::store::{MessageKind, MessageState};

use crate::bench::{Bench, GOOD};

async fn becomes(bench: &Bench, state: EmployerState) {
    let file = format!("{}.csv", state.as_str());
    let change = |employer: &mut clavero::domain::Employer| employer.state = state;
    bench.changes_employer(CAFE, &file, change).await;
}

#[tokio::test]
async fn its_links_set_no_password_and_none_is_sent() {
    for bench in Bench::on_each_store("inactive_links").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let link = bench.token("clave");
        for state in [EmployerState::Suspended, EmployerState::Closed] {
            becomes(&bench, state).await;
            let opened = bench.intake.open_link(&link).await;
            assert!(opened.is_err(), "{state:?}: {opened:?}");
            let set = bench.intake.set_password(&link, GOOD.into()).await;
            assert!(set.is_err(), "{state:?}: {set:?}");
            let (number, secret) = (&petition.number, &petition.secret);
            let sent = bench.intake.send_link(number, secret).await;
            assert!(sent.is_err(), "{state:?}: {sent:?}");
            assert!(!bench.status(&petition).await.link.can_send, "{state:?}");
        }
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        // It was not used up: the moment the registry says so it opens again.
        becomes(&bench, EmployerState::Active).await;
        bench.intake.set_password(&link, GOOD.into()).await.unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}

#[tokio::test]
async fn its_new_address_can_not_be_confirmed() {
    for bench in Bench::on_each_store("inactive_address").await {
        let address = Some("nueva@cafe-ficticio.ec");
        let petition = bench.signed_petition(CAFE, "lucia", address).await;
        let (confirm, stop) = (bench.token("correo"), bench.token("no-fui-yo"));
        becomes(&bench, EmployerState::Suspended).await;
        let opened = bench.intake.open_confirmation(&confirm).await;
        assert!(opened.is_err(), "{opened:?}");
        let confirmed = bench.intake.confirm_address(&confirm).await;
        assert!(confirmed.is_err(), "{confirmed:?}");
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        // What stops an account stops it whatever its state.
        bench.intake.freeze(&stop).await.unwrap();
    }
}

/// Approved and suspended before the mail left.
#[tokio::test]
async fn a_link_that_has_not_left_is_not_sent() {
    for bench in Bench::on_each_store("inactive_mail").await {
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        becomes(&bench, EmployerState::Suspended).await;
        bench.work().await;
        let kind = MessageKind::ResetLink;
        let sent = bench.intake.store().messages(number, kind).await.unwrap();
        let withdrawn =
            |message: &clavero::store::Message| message.state == MessageState::Withdrawn;
        assert!(sent.iter().any(withdrawn), "{sent:?}");
    }
}
