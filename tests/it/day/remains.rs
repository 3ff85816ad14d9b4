//! What is left in the database when the day is over, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::mailbox::Mail;
use super::{Receipt, STILL};

/// The database as it is on the disk.
pub struct Remains(AnyConnection);

impl Remains {
    /// The database at `url`.
    pub async fn open(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        Self(AnyConnection::connect(url).await.unwrap())
    }

    /// Waits until every message is sent, or will never be.
    pub async fn all_is_told(&mut self) {
        let began = Instant::now();
        while self
            .count("select count(*) from outbox where state = 'pending'")
            .await
            > 0
        {
            assert!(began.elapsed() < STILL, "some mail is never sent");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn rows(&mut self, statement: &str) -> Vec<AnyRow> {
        sqlx::query(AssertSqlSafe(statement.to_owned()))
            .fetch_all(&mut self.0)
            .await
            .unwrap()
    }

    /// A number.
    pub async fn count(&mut self, statement: &str) -> i64 {
        self.rows(statement).await[0].try_get(0).unwrap()
    }

    /// Interferes with what the service finds.
    pub async fn change(&mut self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        sqlx::raw_sql(statement).execute(&mut self.0).await.unwrap();
    }

    /// The two columns of a statement.
    async fn pairs(&mut self, statement: &str) -> Vec<(String, String)> {
        let rows = self.rows(statement).await;
        rows.iter()
            .map(|row| (row.try_get(0).unwrap(), row.try_get(1).unwrap()))
            .collect()
    }
}

/// Of every receipt.
pub async fn every_receipt_has_one_decision_and_one_effect(
    remains: &mut Remains,
    receipts: &[Receipt],
) {
    let decided: Vec<(String, String)> = remains
        .pairs("select number || ' ' || sha256, outcome from decisions")
        .await;
    let decisions: BTreeMap<String, String> = decided.iter().cloned().collect();
    assert_eq!(decided.len(), decisions.len());
    let completed = remains
        .pairs("select subject, event from audit where event = 'petition.completed'")
        .await;
    let accounts: BTreeSet<String> = remains
        .pairs("select ruc, branch from accounts")
        .await
        .into_iter()
        .map(|(ruc, _)| ruc)
        .collect();
    let addresses: BTreeMap<String, String> = remains
        .pairs("select ruc, email from employers")
        .await
        .into_iter()
        .collect();
    for Receipt {
        company,
        number,
        sha256,
    } in receipts
    {
        let outcome = decisions.get(&format!("{number} {sha256}"));
        assert_eq!(outcome.map(String::as_str), Some("approved"), "{number}");
        let of_number = decided
            .iter()
            .filter(|(key, _)| key.starts_with(number.as_str()));
        assert_eq!(of_number.count(), 1, "{number}");
        let effects = completed.iter().filter(|(subject, _)| subject == number);
        assert_eq!(effects.count(), 1, "{number}");
        let expected = if company.changes_address() {
            company.new_address()
        } else {
            company.address()
        };
        assert_eq!(addresses[&company.ruc()], expected, "{number}");
        assert_eq!(
            accounts.contains(&company.ruc()),
            !company.changes_address(),
            "{number}"
        );
    }
    assert_eq!(
        completed.len(),
        receipts.len(),
        "nothing had an effect but these"
    );
    assert_eq!(remains.count("select count(*) from jobs").await, 0);
}

/// Of every mail that was decided.
pub async fn no_mail_is_lost_and_twice_is_the_same(
    remains: &mut Remains,
    mails: &[Mail],
    receipts: &[Receipt],
) {
    let outbox = remains.pairs("select id, state from outbox").await;
    let mut arrived: BTreeMap<&str, Vec<&Mail>> = BTreeMap::new();
    for mail in mails {
        arrived.entry(&mail.key).or_default().push(mail);
    }
    let keys: BTreeSet<String> = outbox.iter().map(|(id, _)| id.replace(':', ".")).collect();
    for (key, copies) in &arrived {
        assert!(keys.contains(*key), "{key}: nobody decided to send it");
        let to: BTreeSet<&String> = copies.iter().map(|mail| &mail.to).collect();
        assert_eq!(to.len(), 1, "{key}");
    }
    for (id, state) in &outbox {
        match state.as_str() {
            "sent" => assert!(
                arrived.contains_key(id.replace(':', ".").as_str()),
                "{id} is lost"
            ),
            // Overtaken: the link of a mail that had arrived in spite of all was followed before it was sent again.
            "withdrawn" => assert!(id.contains("reset_link") || id.contains("confirm"), "{id}"),
            other => panic!("{id}: {other}"),
        }
    }
    assert!(
        arrived.values().any(|copies| copies.len() > 1),
        "the day was not bad enough: no mail came twice"
    );
    for Receipt {
        company, number, ..
    } in receipts
    {
        let kinds: &[&str] = if company.changes_address() {
            &["confirm_email", "email_change_notice", "email_changed"]
        } else {
            &["reset_link", "password_changed"]
        };
        for kind in kinds {
            let named = format!("{number}:{kind}:");
            let about = outbox.iter().filter(|(id, _)| id.starts_with(&named));
            assert_eq!(about.count(), 1, "{number} {kind}");
        }
    }
}
