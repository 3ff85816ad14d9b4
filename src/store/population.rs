//! Employers and petitions that do not exist, as many as are wanted, for measuring what size costs (`clavero load fill`). The
//! database makes the rows itself, so that ten million take minutes. They have the shape of what the service leaves behind
//! after years: most completed, some refused, two of a hundred waiting for a person; reports are gone, as after their term.
//! The rows of the audit log are there for their number: their hashes are none, so this log is not whole.

use jiff::{SignedDuration, Timestamp};

use super::sql::query;
use super::{Store, StoreError, audit};
use crate::domain::Token;

/// Rows of one statement.
const AT_A_TIME: u64 = 100_000;

/// The employers $1 to $2 (exclusive).
const EMPLOYERS: &str = "insert into employers (ruc, branch, legal_name, kind, state, email) \
     with recursive n (i) as (select cast($1 as bigint) union all select i + 1 from n where i + 1 < $2) \
     select '299' || i || '001', '0001', 'EMPRESA DE CARGA ' || i || ' S.A.', 'company', 'active', \
     'empresa' || i || '@carga.invalid' from n where true on conflict (ruc, branch) do nothing";
/// Their representatives: of four persons, each the next.
const REPRESENTATIVES: &str = "insert into representatives (ruc, branch, document, name, post, from_day, mode, \
     required_signatures, source) \
     with recursive n (i) as (select cast($1 as bigint) union all select i + 1 from n where i + 1 < $2) \
     select '299' || i || '001', '0001', case i % 4 when 0 then $3 when 1 then $4 when 2 then $5 else $6 end, \
     case i % 4 when 0 then $7 when 1 then $8 when 2 then $9 else $10 end, 'Gerente General', '2020-01-01', 'sole', 1, \
     'carga' from n where true on conflict (ruc, branch, document, post, from_day) do nothing";

macro_rules! petitions {
    ($($part:literal),+) => {
        // i counts petitions; the number's check letter is its digits modulo 23 (`domain::PetitionNumber`).
        concat!(
            "with recursive n (i) as (select cast($1 as bigint) union all select i + 1 from n where i + 1 < $2), \
             p (i, number, sha256, age) as (select i, 'CLV-2019-' || (100000000 + i) || '-' || \
             substr('ABCDEFGHJKLMNPQRSTVWXYZ', cast((2019100000000 + i) % 23 + 1 as integer), 1), \
             '0000000000000000000000000000000000000000000000000000000' || (100000000 + i), \
             i * $4 from n) select ",
            $($part),+
        )
    };
}
// Of each statement: $1 and $2 the range, $3 the first moment, $4 milliseconds from one petition to the next.
const PETITIONS: &str = concat!(
    "insert into petitions (number, secret_hash, state, ruc, branch, action, form_sha256, issued_ms, expires_ms, \
     document_sha256, decided_ms, erased_ms, rang_day, rang_term) ",
    petitions!(
        "number, $5, case when i % 100 < 2 then 'in_review' when i % 100 < 12 then 'refused' else 'completed' end, \
         '299' || ($6 + i % $7) || '001', '0001', 'reset_password', sha256, $3 + age, $3 + age + 604800000, sha256, \
         $3 + age + 1000, case when i % 100 < 2 then null else $3 + age + 1000 end, 1, 1 from p"
    )
);
const DOCUMENTS: &str = concat!(
    "insert into documents (number, sha256, size_bytes, received_ms) ",
    petitions!("number, sha256, 50000, $3 + age from p")
);
const DECISIONS: &str = concat!(
    "insert into decisions (number, sha256, outcome, decision, trust_digest, decided_ms, registry_version) ",
    petitions!(
        "number, sha256, case when i % 100 < 2 then 'in_review' when i % 100 < 12 then 'refused' else 'approved' end, \
         '{}', sha256, $3 + age + 1000, 1 from p"
    )
);
const CASES: &str = concat!(
    "insert into cases (number, kind, phase, waits, round, reason, action, opened_ms, rank, second_look, lease_until_ms) ",
    petitions!(
        "number, 'petition', 'first', 1, 1, case i % 200 when 0 then 'LETTER_UNCLEAR' else 'REGISTRY_MISSING' end, \
         'reset_password', $3 + age + 1000, $3 + age + 1000, 0, 0 from p where i % 100 < 2"
    )
);
const OUTBOX: &str = concat!(
    "insert into outbox (id, kind, number, recipient, created_ms, due_ms, lease_until_ms, attempts, state, sent_ms) ",
    petitions!(
        "number || ':carga', 'reset_link', number, 'empresa@carga.invalid', $3 + age, $3 + age, 0, 1, 'sent', $3 + age \
         from p where i % 100 >= 12"
    )
);
const LINKS: &str = concat!(
    "insert into links (hash, kind, number, ruc, branch, created_ms, expires_ms, dead_ms) ",
    petitions!(
        "sha256, 'reset', number, '299' || ($5 + i % $6) || '001', '0001', $3 + age, $3 + age + 180000, $3 + age \
         from p where i % 100 >= 12"
    )
);
const SIGNATURES: &str = concat!(
    "insert into used_signatures (value_sha256, number, used_ms) ",
    petitions!("sha256, number, $3 + age from p where i % 100 >= 12")
);
const ALARMS: &str = concat!(
    "insert into alarms (id, kind, number, subject, raised_ms) ",
    petitions!("$5 || ':' || number, $5, number, number, $3 + age from p where i % 100 < 2")
);
/// Two rows each: received and decided. $5 is the number of the last row there is.
const AUDIT: &str = concat!(
    "insert into audit (seq, at_ms, actor, subject, event, facts, previous_hash, hash) ",
    petitions!(
        "$5 + 2 * i + e.k + 1, $3 + age + e.k * 1000, 'machine', number, \
         case e.k when 0 then 'document.received' else 'document.decided' end, '{\"outcome\":\"approved\"}', sha256, sha256 \
         from p cross join (select 0 as k union all select 1 as k) e"
    )
);
const AUDIT_LAST: &str = "select coalesce(max(seq), 0) as last from audit";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    EMPLOYERS,
    REPRESENTATIVES,
    PETITIONS,
    DOCUMENTS,
    DECISIONS,
    CASES,
    OUTBOX,
    LINKS,
    SIGNATURES,
    ALARMS,
    AUDIT,
    AUDIT_LAST,
];

/// What a database is filled with.
#[derive(Debug, Clone, Copy)]
pub struct Population<'a> {
    /// Serial of the first employer: seven digits.
    pub first_employer: u64,
    /// How many employers.
    pub employers: u64,
    /// How many petitions.
    pub petitions: u64,
    /// Document number and name of the representatives.
    pub representatives: &'a [(&'a str, String); 4],
    /// The newest petition is from an hour before.
    pub at: Timestamp,
}

/// Over how long the petitions lie: four years.
const SPAN: SignedDuration = SignedDuration::from_hours(4 * 365 * 24);
/// What waits for a person has rung already.
const RUNG: [&str; 2] = ["undecided_day", "undecided_term"];

impl Store {
    /// Fills the database; `tell` is called with how many rows have been made since it was called last. Rows that were made
    /// before stay: an interrupted call is begun again in an empty database.
    pub async fn populate(
        &self,
        population: &Population<'_>,
        mut tell: impl FnMut(u64),
    ) -> Result<(), StoreError> {
        let first = population.first_employer;
        for (from, until) in chunks(first, first + population.employers) {
            self.fill_employers(population, from, until).await?;
            tell(until.abs_diff(from));
        }
        let last = query(AUDIT_LAST).fetch_one(&self.scan).await?;
        let last: i64 = last.try_get("last")?;
        for (from, until) in chunks(0, population.petitions) {
            self.fill_petitions(population, last, from, until).await?;
            tell(until.abs_diff(from));
        }
        let rows = 2 * i64::try_from(population.petitions).unwrap_or(i64::MAX / 2);
        query(audit::COUNT).bind(rows).execute(&self.write).await?;
        // The planner must know what has come.
        Ok(self.write.outside("analyze").await?)
    }

    async fn fill_employers(
        &self,
        population: &Population<'_>,
        from: i64,
        until: i64,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        query(EMPLOYERS)
            .bind(from)
            .bind(until)
            .execute(writing.aside())
            .await?;
        let mut representatives = query(REPRESENTATIVES).bind(from).bind(until);
        for (document, _) in population.representatives {
            representatives = representatives.bind(*document);
        }
        for (_, name) in population.representatives {
            representatives = representatives.bind(name.as_str());
        }
        representatives.execute(writing.aside()).await?;
        writing.commit().await
    }

    async fn fill_petitions(
        &self,
        population: &Population<'_>,
        last_audit: i64,
        from: i64,
        until: i64,
    ) -> Result<(), StoreError> {
        let newest = population.at - SignedDuration::from_hours(1);
        let oldest = (newest - SPAN).as_millisecond();
        let petitions = i64::try_from(population.petitions).unwrap_or(i64::MAX);
        let step = i64::try_from(SPAN.as_millis()).unwrap_or(i64::MAX) / petitions.max(1);
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let employers = (
            signed(population.first_employer),
            signed(population.employers.max(1)),
        );
        let secret = Token::from_random([7; 24]).hash().to_string();
        let mut writing = self.begin().await?;
        let range = |statement| {
            query(statement)
                .bind(from)
                .bind(until)
                .bind(oldest)
                .bind(step)
        };
        range(PETITIONS)
            .bind(secret.as_str())
            .bind(employers.0)
            .bind(employers.1)
            .execute(writing.aside())
            .await?;
        for statement in [DOCUMENTS, DECISIONS, CASES, OUTBOX, SIGNATURES] {
            range(statement).execute(writing.aside()).await?;
        }
        range(LINKS)
            .bind(employers.0)
            .bind(employers.1)
            .execute(writing.aside())
            .await?;
        for kind in RUNG {
            range(ALARMS).bind(kind).execute(writing.aside()).await?;
        }
        range(AUDIT)
            .bind(last_audit)
            .execute(writing.aside())
            .await?;
        writing.commit().await
    }
}

/// The range in pieces of a size that one transaction takes well.
fn chunks(first: u64, end: u64) -> impl Iterator<Item = (i64, i64)> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let pieces = end.saturating_sub(first).div_ceil(AT_A_TIME);
    (0..pieces).map(move |piece| {
        let from = first + piece * AT_A_TIME;
        (signed(from), signed((from + AT_A_TIME).min(end)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, databases};
    use super::*;
    use crate::domain::{BranchCode, PetitionNumber, State};

    #[tokio::test]
    async fn what_it_makes_reads_like_what_the_service_leaves_behind() {
        let databases = databases("population").await;
        let representatives = [
            ("10001", "A"),
            ("10002", "B"),
            ("10003", "C"),
            ("10004", "D"),
        ]
        .map(|(document, name)| (document, name.to_owned()));
        let population = Population {
            first_employer: 1_000_000,
            employers: 10,
            petitions: 200,
            representatives: &representatives,
            at: at(0),
        };
        for (engine, store) in &databases.stores {
            let mut made = 0;
            store
                .populate(&population, |rows| made += rows)
                .await
                .unwrap();
            assert_eq!(made, 210, "{engine}");
            let states = [State::InReview, State::Refused, State::Completed];
            for (serial, state) in [100_000_000, 100_000_002, 100_000_012]
                .into_iter()
                .zip(states)
            {
                let number = PetitionNumber::new(2019, serial);
                let petition = store.petition(&number).await.unwrap().expect(engine);
                assert_eq!(petition.state, state);
                let ruc = petition.content.unwrap().ruc;
                let branch = BranchCode::default();
                let record = store.employer(&ruc, &branch).await.unwrap().expect(engine);
                assert_eq!(record.employer.representatives.len(), 1);
                let decided = store
                    .decision(&number, petition.document.unwrap())
                    .await
                    .unwrap();
                assert!(decided.unwrap().is_erased());
            }
            assert_eq!(store.waiting_since(at(0)).await.unwrap(), 4, "{engine}");
            assert_eq!(store.count_audit().await.unwrap(), 400, "{engine}");
        }
    }
}
