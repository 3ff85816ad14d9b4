//! A company whom the registry does not know any more since its petition was approved, because an import was taken back: nothing it
//! holds opens anything, until the registry knows it again.

use clavero::domain::{DossierItem, ReviewReason, State, Token};
use clavero::fixture::people::person;
use clavero::intake::{IntakeError, LinkError, LinkStand};
use clavero::store::{ImportKind, MessageKind, MessageState, Wanted};

use crate::bench::{Bench, GOOD};
use crate::review::{ana, counter, decide, luis};

/// Nobody leaves her: the RUC is built on her own cédula.
fn natural_person() -> String {
    format!("{}001", person("rosa").unwrap().document)
}

#[tokio::test]
async fn its_links_set_no_password_and_none_is_sent() {
    for bench in Bench::on_each_store("unregistered_links").await {
        let ruc = natural_person();
        let petition = bench.signed_petition(&ruc, "rosa", None).await;
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        let link = bench.token("clave");
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        let known = bench.record(&ruc).await.employer;
        bench.undoes_last_import().await;

        let opened = bench.intake.open_link(&link).await;
        assert!(
            matches!(opened, Err(LinkError::NotRegistered)),
            "{opened:?}"
        );
        let set = bench.intake.set_password(&link, GOOD.into()).await;
        assert!(set.is_err(), "{set:?}");
        let sent = bench.intake.send_link(number, secret).await;
        assert!(matches!(sent, Err(IntakeError::NotRegistered)), "{sent:?}");
        let stands = bench.status(&petition).await.link;
        assert_eq!(
            (stands.stand, stands.can_send),
            (LinkStand::NotRegistered, false)
        );
        bench.work().await;
        let kind = MessageKind::ResetLink;
        let sent = bench.intake.store().messages(number, kind).await.unwrap();
        let withdrawn =
            |message: &clavero::store::Message| message.state == MessageState::Withdrawn;
        assert!(sent.iter().any(withdrawn), "{sent:?}");
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);

        // It was not used up: the moment the registry knows her again it opens.
        let wanted = Wanted::Employer {
            employer: known,
            complete: true,
        };
        let kind = ImportKind::Representatives;
        bench.imports(kind, "again", vec![wanted]).await;
        bench.intake.set_password(&link, GOOD.into()).await.unwrap();
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}

/// Nobody signed there who could leave.
#[tokio::test]
async fn what_was_approved_at_the_counter_opens_nothing_either() {
    for bench in Bench::on_each_store("unregistered_counter").await {
        let issued = counter::visit(&bench).await;
        let number = &issued.number;
        counter::scan_all(&bench, number).await;
        for who in [ana(), luis()] {
            bench.intake.claim(number, &who).await.unwrap();
            for &item in DossierItem::ALL {
                bench.intake.tick(number, item, &who).await.unwrap();
            }
            let settled = decide(&bench, number, &who, ReviewReason::DossierComplete).await;
            settled.unwrap();
        }
        let link = bench.intake.counter_link(number, &luis()).await.unwrap();
        let link = Token::presented(link.url.rsplit('/').next().unwrap()).unwrap();
        bench.undoes_last_import().await;
        let another = bench.intake.counter_link(number, &luis()).await;
        assert!(another.is_err(), "{another:?}");
        let set = bench.intake.set_password(&link, GOOD.into()).await;
        assert!(set.is_err(), "{set:?}");
    }
}

#[tokio::test]
async fn its_new_address_can_not_be_confirmed() {
    for bench in Bench::on_each_store("unregistered_address").await {
        let address = Some("nueva@correo-ejemplo.ec");
        let ruc = natural_person();
        let petition = bench.signed_petition(&ruc, "rosa", address).await;
        let (confirm, stop) = (bench.token("correo"), bench.token("no-fui-yo"));
        bench.undoes_last_import().await;
        let opened = bench.intake.open_confirmation(&confirm).await;
        assert!(opened.is_err(), "{opened:?}");
        let confirmed = bench.intake.confirm_address(&confirm).await;
        assert!(confirmed.is_err(), "{confirmed:?}");
        assert_eq!(bench.outcome(&petition).await.0, State::Approved);
        // What stops an account stops it whatever the registry knows.
        bench.intake.freeze(&stop).await.unwrap();
    }
}
