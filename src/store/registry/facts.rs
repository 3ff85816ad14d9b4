//! The four parts of the registry and their rows: what is known of a subject, as a value, as JSON in the log of changes,
//! and as a row of its table. Rows are read and written many at a time, because a catalogue has millions.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::sql::{AssertSqlSafe, Connection, Query, Row, query};
use crate::domain::{
    Action, BranchCode, EmailAddress, Employer, EmployerKind, EmployerState, IdentityDocument,
    LegalRepresentative, Ruc, closed_list,
};
use crate::protection::Keyring;
use crate::registry::sri::TaxpayerFacts;
use crate::registry::supercias::CompanyFacts;
use crate::store::marks::Marked;
use crate::store::protected::{
    AFTER, BEFORE, Column, EMPLOYER_EMAIL, EMPLOYER_NAME, EMPLOYER_PHONE, PERSONS,
    REPRESENTATIVE_NAME,
};
use crate::store::{StoreError, Writing, maybe, maybe_moment, parsed};

/// Rows that one statement reads or writes. PostgreSQL allows 65 535 parameters and SQLite 32 766; a row has up to
/// fourteen.
const MANY: usize = 200;

/// A word that no part is called.
#[derive(Debug, thiserror::Error)]
#[error("unknown part")]
pub struct UnknownPart;

closed_list!(
    /// Part of the registry.
    Part, UnknownPart, |_word| UnknownPart, {
        /// What the SRI says about a RUC.
        Taxpayer = "taxpayer",
        /// What the Supercias says about a RUC.
        Company = "company",
        /// An employer of the operator's table.
        Employer = "employer",
        /// A representative of the operator's table.
        Representative = "representative",
    }
);

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Part.
    pub part: Part,
    /// Taxpayer number.
    pub ruc: Ruc,
    /// Branch; empty for the parts that know none.
    pub branch: String,
    /// Document, first day and post of a representative; empty for the other parts.
    pub item: String,
}

/// An employer without its representatives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployerFacts {
    /// Legal name.
    pub legal_name: String,
    /// Kind.
    pub kind: EmployerKind,
    /// State.
    pub state: EmployerState,
    /// Contact address.
    pub email: Option<EmailAddress>,
    /// Telephone.
    pub phone: Option<String>,
}

/// What is known of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Facts {
    /// Of a taxpayer.
    Taxpayer(TaxpayerFacts),
    /// Of a company.
    Company(CompanyFacts),
    /// Of an employer.
    Employer(EmployerFacts),
    /// Of a representative.
    Representative(LegalRepresentative),
}

/// One change: what was known before, and what is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// About what.
    pub subject: Subject,
    /// Before; `None` when nothing was known.
    pub before: Option<Facts>,
    /// Now; `None` when nothing is.
    pub after: Option<Facts>,
}

impl Subject {
    pub(super) fn of_ruc(part: Part, ruc: &Ruc) -> Self {
        Self {
            part,
            ruc: ruc.clone(),
            branch: String::new(),
            item: String::new(),
        }
    }

    /// An employer of the operator's table.
    #[must_use]
    pub fn employer(ruc: &Ruc, branch: &BranchCode) -> Self {
        Self {
            part: Part::Employer,
            ruc: ruc.clone(),
            branch: branch.as_str().to_owned(),
            item: String::new(),
        }
    }

    /// A representative of the operator's table.
    #[must_use]
    pub fn representative(ruc: &Ruc, branch: &BranchCode, person: &LegalRepresentative) -> Self {
        Self {
            part: Part::Representative,
            item: item(person),
            ..Self::employer(ruc, branch)
        }
    }
}

/// What tells the representatives of an employer apart: the primary key of their table.
pub(in crate::store) fn item(person: &LegalRepresentative) -> String {
    format!("{}/{}/{}", person.document, person.from, person.post)
}

impl EmployerFacts {
    /// Those of an employer.
    #[must_use]
    pub fn of(employer: &Employer) -> Self {
        Self {
            legal_name: employer.legal_name.clone(),
            kind: employer.kind,
            state: employer.state,
            email: employer.email.clone(),
            phone: employer.phone.clone(),
        }
    }
}

impl Facts {
    /// Reads the image of a part.
    pub(super) fn from_image(part: Part, image: &str) -> Result<Self, StoreError> {
        let facts = match part {
            Part::Taxpayer => serde_json::from_str(image).map(Self::Taxpayer),
            Part::Company => serde_json::from_str(image).map(Self::Company),
            Part::Employer => serde_json::from_str(image).map(Self::Employer),
            Part::Representative => serde_json::from_str(image).map(Self::Representative),
        };
        facts.map_err(|_| StoreError::Inconsistent {
            table: "registry_changes",
            column: "image",
        })
    }

    pub(super) fn image(&self) -> String {
        // The facts hold texts, dates and words: nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

// -- reading ------------------------------------------------------------------------------------------------------------

/// What the tables know now about some RUCs.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) taxpayers: BTreeMap<Ruc, TaxpayerFacts>,
    pub(super) companies: BTreeMap<Ruc, CompanyFacts>,
    pub(super) employers: BTreeMap<(Ruc, BranchCode), KnownEmployer>,
    pub(super) representatives: BTreeMap<(Ruc, BranchCode), Vec<LegalRepresentative>>,
}

/// An employer, and what only the service knows about it.
#[derive(Debug)]
pub(super) struct KnownEmployer {
    pub(super) facts: EmployerFacts,
    /// A signed petition has changed the address: no file overwrites it.
    pub(super) address_is_signed: bool,
    /// An account, a freeze, what it stopped or a signed address hangs on the row: it is never taken away.
    pub(super) in_use: bool,
}

const TAXPAYERS: &str = "select ruc, legal_name, kind, state, updated_day from taxpayers where ruc";
const COMPANIES: &str =
    "select ruc, legal_name, kind, situation, representative, post from companies where ruc";
const EMPLOYERS: &str = "select e.ruc, e.branch, e.legal_name, e.kind, e.state, e.email, e.phone, \
     e.email_hold_until_ms, e.frozen_ms, e.stopped_ms, a.changed_ms as account_ms from employers e left join accounts a \
     on a.ruc = e.ruc and a.branch = e.branch where e.ruc";
const REPRESENTATIVES: &str = "select ruc, branch, document, name, post, from_day, to_day, mode, required_signatures, \
     scope, source, ended_day from representatives where ruc";

impl Known {
    /// Reads the given parts of what is known about `rucs`.
    pub(super) async fn read(
        keys: &Keyring,
        connection: &mut Connection,
        parts: &[Part],
        rucs: &[Ruc],
    ) -> Result<Self, StoreError> {
        let mut known = Self::default();
        for rucs in rucs.chunks(MANY) {
            for part in parts {
                known.read_part(keys, connection, *part, rucs).await?;
            }
        }
        Ok(known)
    }

    async fn read_part(
        &mut self,
        keys: &Keyring,
        connection: &mut Connection,
        part: Part,
        rucs: &[Ruc],
    ) -> Result<(), StoreError> {
        let statement = match part {
            Part::Taxpayer => TAXPAYERS,
            Part::Company => COMPANIES,
            Part::Employer => EMPLOYERS,
            Part::Representative => REPRESENTATIVES,
        };
        for row in of_rucs(connection, statement, rucs).await? {
            let ruc: Ruc = parsed(&row, part.as_str(), "ruc")?;
            match part {
                Part::Taxpayer => {
                    self.taxpayers.insert(ruc, taxpayer(&row, "")?);
                }
                Part::Company => {
                    self.companies.insert(ruc, company(&row, "")?);
                }
                Part::Employer => {
                    let branch = parsed(&row, part.as_str(), "branch")?;
                    let known = known_employer(keys, &ruc, &branch, &row)?;
                    self.employers.insert((ruc, branch), known);
                }
                Part::Representative => {
                    let branch = parsed(&row, part.as_str(), "branch")?;
                    let person = representative(keys, &ruc, &branch, &row)?;
                    let of_employer = self.representatives.entry((ruc, branch)).or_default();
                    of_employer.push(person);
                }
            }
        }
        Ok(())
    }

    /// What is known of a subject; `None` when nothing is.
    pub(super) fn facts(&self, subject: &Subject) -> Option<Facts> {
        let ruc = &subject.ruc;
        match subject.part {
            Part::Taxpayer => self.taxpayers.get(ruc).cloned().map(Facts::Taxpayer),
            Part::Company => self.companies.get(ruc).cloned().map(Facts::Company),
            Part::Employer => {
                let known = self.employer(subject)?;
                Some(Facts::Employer(known.facts.clone()))
            }
            Part::Representative => {
                let key = (ruc.clone(), subject.branch.parse().ok()?);
                let people = self.representatives.get(&key)?;
                let person = people.iter().find(|person| item(person) == subject.item)?;
                Some(Facts::Representative(person.clone()))
            }
        }
    }

    fn employer(&self, subject: &Subject) -> Option<&KnownEmployer> {
        let key = (subject.ruc.clone(), subject.branch.parse().ok()?);
        self.employers.get(&key)
    }

    /// The change that leads to `wanted`, unless that is known already. What only the service knows stands: an address
    /// that came with a signed petition stays, and an employer with an account is not taken away.
    pub(super) fn change(&self, subject: Subject, wanted: Option<Facts>) -> Option<Change> {
        let before = self.facts(&subject);
        let mut after = wanted;
        if subject.part == Part::Employer
            && let Some(known) = self.employer(&subject)
        {
            match &mut after {
                Some(Facts::Employer(facts)) if known.address_is_signed => {
                    facts.email = known.facts.email.clone();
                }
                None if known.in_use => return None,
                _ => {}
            }
        }
        (before != after).then_some(Change {
            subject,
            before,
            after,
        })
    }
}

/// Rows of `statement … in (…)`. The list always has the same length, so that one prepared statement serves all.
async fn of_rucs(
    connection: &mut Connection,
    statement: &str,
    rucs: &[Ruc],
) -> Result<Vec<Row>, StoreError> {
    let Some(last) = rucs.last() else {
        return Ok(Vec::new());
    };
    let filler = std::iter::repeat_n(last, MANY.saturating_sub(rucs.len()));
    let mut query = query(AssertSqlSafe(in_list(statement)));
    for ruc in rucs.iter().chain(filler) {
        query = query.bind(ruc.as_str());
    }
    Ok(query.fetch_all(connection).await?)
}

/// `statement in ($1, $2, …)`.
fn in_list(statement: &str) -> String {
    let markers: Vec<String> = (1..=MANY).map(|number| format!("${number}")).collect();
    format!("{statement} in ({})", markers.join(", "))
}

/// A taxpayer whose columns carry `prefix`.
pub(in crate::store) fn taxpayer(row: &Row, prefix: &str) -> Result<TaxpayerFacts, StoreError> {
    const TABLE: &str = "taxpayers";
    Ok(TaxpayerFacts {
        legal_name: row.try_get(&format!("{prefix}legal_name"))?,
        kind: maybe_prefixed(row, TABLE, prefix, "kind")?,
        state: maybe_prefixed(row, TABLE, prefix, "state")?.ok_or(StoreError::Inconsistent {
            table: TABLE,
            column: "state",
        })?,
        updated: maybe_prefixed(row, TABLE, prefix, "updated_day")?,
    })
}

/// A company whose columns carry `prefix`.
pub(in crate::store) fn company(row: &Row, prefix: &str) -> Result<CompanyFacts, StoreError> {
    const TABLE: &str = "companies";
    let text = |column: &str| row.try_get::<String>(&format!("{prefix}{column}"));
    Ok(CompanyFacts {
        legal_name: text("legal_name")?,
        kind: maybe_prefixed(row, TABLE, prefix, "kind")?.ok_or(StoreError::Inconsistent {
            table: TABLE,
            column: "kind",
        })?,
        situation: text("situation")?,
        representative: text("representative")?,
        post: text("post")?,
    })
}

fn maybe_prefixed<T: std::str::FromStr>(
    row: &Row,
    table: &'static str,
    prefix: &str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.try_get(&format!("{prefix}{column}"))?;
    text.map(|text| {
        text.parse()
            .map_err(|_| StoreError::Inconsistent { table, column })
    })
    .transpose()
}

/// An employer without its representatives.
pub(in crate::store) fn employer(
    keys: &Keyring,
    ruc: &Ruc,
    branch: &BranchCode,
    row: &Row,
) -> Result<EmployerFacts, StoreError> {
    const TABLE: &str = "employers";
    let key = [ruc.as_str(), branch.as_str()];
    Ok(EmployerFacts {
        legal_name: EMPLOYER_NAME.read(keys, &key, row)?,
        kind: parsed(row, TABLE, "kind")?,
        state: parsed(row, TABLE, "state")?,
        email: EMPLOYER_EMAIL.parse_maybe(keys, &key, row)?,
        phone: EMPLOYER_PHONE.read_maybe(keys, &key, row)?,
    })
}

fn known_employer(
    keys: &Keyring,
    ruc: &Ruc,
    branch: &BranchCode,
    row: &Row,
) -> Result<KnownEmployer, StoreError> {
    const TABLE: &str = "employers";
    let address_is_signed = maybe_moment(row, TABLE, "email_hold_until_ms")?.is_some();
    let frozen = maybe_moment(row, TABLE, "frozen_ms")?.is_some();
    let stopped = maybe_moment(row, TABLE, "stopped_ms")?.is_some();
    let account = maybe_moment(row, "accounts", "account_ms")?.is_some();
    Ok(KnownEmployer {
        facts: employer(keys, ruc, branch, row)?,
        address_is_signed,
        in_use: address_is_signed || frozen || stopped || account,
    })
}

/// A representative.
pub(in crate::store) fn representative(
    keys: &Keyring,
    ruc: &Ruc,
    branch: &BranchCode,
    row: &Row,
) -> Result<LegalRepresentative, StoreError> {
    const TABLE: &str = "representatives";
    let (document, post, from): (IdentityDocument, String, Date) = (
        parsed(row, TABLE, "document")?,
        row.try_get("post")?,
        parsed(row, TABLE, "from_day")?,
    );
    let name = REPRESENTATIVE_NAME.read(
        keys,
        &[
            ruc.as_str(),
            branch.as_str(),
            document.as_str(),
            &post,
            &from.to_string(),
        ],
        row,
    )?;
    let wrong = |column| StoreError::Inconsistent {
        table: TABLE,
        column,
    };
    let required: i64 = row.try_get("required_signatures")?;
    let scope: Option<String> = row.try_get("scope")?;
    let actions = |words: String| -> Result<Vec<Action>, StoreError> {
        let mut words = words.split_whitespace();
        words.try_fold(Vec::new(), |mut actions, word| {
            actions.push(word.parse().map_err(|_| wrong("scope"))?);
            Ok(actions)
        })
    };
    Ok(LegalRepresentative {
        document,
        name,
        post,
        from,
        to: maybe(row, TABLE, "to_day")?,
        mode: parsed(row, TABLE, "mode")?,
        required_signatures: u8::try_from(required).map_err(|_| wrong("required_signatures"))?,
        scope: scope.map(actions).transpose()?,
        source: row.try_get("source")?,
        ended: maybe(row, TABLE, "ended_day")?,
    })
}

// -- writing ------------------------------------------------------------------------------------------------------------

/// How rows of a table are written: `insert … values (…), (…) on conflict …`.
struct Insert {
    head: &'static str,
    columns: usize,
    tail: &'static str,
}

const KEEP_TAXPAYERS: Insert = Insert {
    head: "insert into taxpayers (ruc, legal_name, kind, state, updated_day)",
    columns: 5,
    tail: "on conflict (ruc) do update set legal_name = excluded.legal_name, kind = excluded.kind, \
           state = excluded.state, updated_day = excluded.updated_day",
};
const KEEP_COMPANIES: Insert = Insert {
    head: "insert into companies (ruc, legal_name, kind, situation, representative, post)",
    columns: 6,
    tail: "on conflict (ruc) do update set legal_name = excluded.legal_name, kind = excluded.kind, \
           situation = excluded.situation, representative = excluded.representative, post = excluded.post",
};
// Once more what `Known::change` says: an address that came with a signed petition is newer than any file.
const KEEP_EMPLOYERS: Insert = Insert {
    head: "insert into employers (ruc, branch, legal_name, kind, state, email, phone, email_mark)",
    columns: 8,
    tail: "on conflict (ruc, branch) do update set legal_name = excluded.legal_name, kind = excluded.kind, \
           state = excluded.state, phone = excluded.phone, email = case when employers.email_hold_until_ms is null \
           then excluded.email else employers.email end, email_mark = case when employers.email_hold_until_ms is null \
           then excluded.email_mark else employers.email_mark end",
};
const KEEP_REPRESENTATIVES: Insert = Insert {
    head: "insert into representatives (ruc, branch, document, post, from_day, name, to_day, mode, \
           required_signatures, scope, source, ended_day)",
    columns: 12,
    tail: "on conflict (ruc, branch, document, post, from_day) do update set name = excluded.name, \
           to_day = excluded.to_day, mode = excluded.mode, required_signatures = excluded.required_signatures, \
           scope = excluded.scope, source = excluded.source, ended_day = excluded.ended_day",
};
const LOG: Insert = Insert {
    head: "insert into registry_changes (seq, import_id, part, ruc, branch, item, before_image, after_image)",
    columns: 8,
    tail: "",
};
const DROP_TAXPAYER: &str = "delete from taxpayers where ruc = $1";
const DROP_COMPANY: &str = "delete from companies where ruc = $1";
const DROP_EMPLOYER: &str = "delete from employers where ruc = $1 and branch = $2";
const DROP_REPRESENTATIVE: &str = "delete from representatives where ruc = $1 and branch = $2 and document = $3 \
                                   and post = $4 and from_day = $5";

/// The statements of this file, as they are sent.
#[cfg(test)]
pub(in crate::store) fn statements() -> Vec<String> {
    let lists = [TAXPAYERS, COMPANIES, EMPLOYERS, REPRESENTATIVES].map(in_list);
    let inserts = [
        KEEP_TAXPAYERS,
        KEEP_COMPANIES,
        KEEP_EMPLOYERS,
        KEEP_REPRESENTATIVES,
        LOG,
    ];
    let drops = [
        DROP_TAXPAYER,
        DROP_COMPANY,
        DROP_EMPLOYER,
        DROP_REPRESENTATIVE,
    ];
    lists
        .into_iter()
        .chain(inserts.iter().map(|insert| insert.statement(2)))
        .chain(drops.map(str::to_owned))
        .collect()
}

/// A value of a column.
enum Value {
    Text(String),
    Maybe(Option<String>),
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Insert {
    fn statement(&self, rows: usize) -> String {
        let group = |row: usize| {
            let markers: Vec<String> = (1..=self.columns)
                .map(|column| format!("${}", row * self.columns + column))
                .collect();
            format!("({})", markers.join(", "))
        };
        let groups: Vec<String> = (0..rows).map(group).collect();
        format!("{} values {} {}", self.head, groups.join(", "), self.tail)
    }

    /// Writes rows, many at a time and the rest one by one: two prepared statements serve any number.
    async fn run(
        &self,
        connection: &mut Connection,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = if rows.len() >= MANY { MANY } else { 1 };
            let mut query = query(AssertSqlSafe(self.statement(count)));
            for value in rows.by_ref().take(count).flatten() {
                query = bind(query, value);
            }
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

fn bind(query: Query<'_>, value: Value) -> Query<'_> {
    match value {
        Value::Text(text) => query.bind(text),
        Value::Maybe(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    }
}

/// Appends changes to the log, numbered from `first`.
pub(super) async fn log(
    writing: &mut Writing,
    import: i64,
    first: i64,
    changes: &[Change],
) -> Result<(), StoreError> {
    let keys = writing.keys.clone();
    let image = |column: Column, seq: i64, facts: Option<&Facts>| {
        let image = facts.map(Facts::image);
        column
            .protect_maybe(&keys, &[&seq.to_string()], image.as_deref())
            .map(Value::Maybe)
    };
    let rows = (first..).zip(changes).map(|(seq, change)| {
        Ok(vec![
            Value::Number(seq),
            Value::Number(import),
            change.subject.part.as_str().into(),
            change.subject.ruc.as_str().into(),
            change.subject.branch.as_str().into(),
            change.subject.item.as_str().into(),
            image(BEFORE, seq, change.before.as_ref())?,
            image(AFTER, seq, change.after.as_ref())?,
        ])
    });
    let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
    LOG.run(writing, rows).await
}

/// Brings the tables to what the changes say: employers before their representatives, and the other way when they go.
pub(in crate::store) async fn write(
    writing: &mut Writing,
    changes: &[Change],
) -> Result<(), StoreError> {
    let keys = writing.keys.clone();
    for (part, insert) in [
        (Part::Taxpayer, KEEP_TAXPAYERS),
        (Part::Company, KEEP_COMPANIES),
        (Part::Employer, KEEP_EMPLOYERS),
        (Part::Representative, KEEP_REPRESENTATIVES),
    ] {
        let rows = changes
            .iter()
            .filter(|change| change.subject.part == part)
            .filter_map(|change| Some(values(&keys, &change.subject, change.after.as_ref()?)));
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        insert.run(writing, rows).await?;
    }
    for part in [
        Part::Representative,
        Part::Employer,
        Part::Company,
        Part::Taxpayer,
    ] {
        let gone = changes
            .iter()
            .filter(|change| change.subject.part == part && change.after.is_none());
        for change in gone {
            drop_row(writing, change).await?;
        }
    }
    Ok(())
}

fn values(keys: &Keyring, subject: &Subject, facts: &Facts) -> Result<Vec<Value>, StoreError> {
    let day = |day: Option<Date>| Value::Maybe(day.map(|day| day.to_string()));
    let ruc = subject.ruc.as_str();
    let key = [ruc, subject.branch.as_str()];
    Ok(match facts {
        Facts::Taxpayer(facts) => vec![
            ruc.into(),
            facts.legal_name.as_str().into(),
            Value::Maybe(facts.kind.map(|kind| kind.as_str().to_owned())),
            facts.state.as_str().into(),
            day(facts.updated),
        ],
        Facts::Company(facts) => vec![
            ruc.into(),
            facts.legal_name.as_str().into(),
            facts.kind.as_str().into(),
            facts.situation.as_str().into(),
            facts.representative.as_str().into(),
            facts.post.as_str().into(),
        ],
        Facts::Employer(facts) => vec![
            ruc.into(),
            subject.branch.as_str().into(),
            Value::Text(if PERSONS.contains(&facts.kind.as_str()) {
                EMPLOYER_NAME.protect(keys, &key, &facts.legal_name)?
            } else {
                facts.legal_name.clone()
            }),
            facts.kind.as_str().into(),
            facts.state.as_str().into(),
            Value::Maybe(EMPLOYER_EMAIL.protect_maybe(
                keys,
                &key,
                facts.email.as_ref().map(EmailAddress::as_str),
            )?),
            Value::Maybe(EMPLOYER_PHONE.protect_maybe(keys, &key, facts.phone.as_deref())?),
            Value::Maybe(
                facts
                    .email
                    .as_ref()
                    .map(|email| Marked::Email.of(keys, email.as_str()))
                    .transpose()?,
            ),
        ],
        Facts::Representative(person) => vec![
            ruc.into(),
            subject.branch.as_str().into(),
            person.document.as_str().into(),
            person.post.as_str().into(),
            Value::Text(person.from.to_string()),
            Value::Text(REPRESENTATIVE_NAME.protect(
                keys,
                &[
                    ruc,
                    subject.branch.as_str(),
                    person.document.as_str(),
                    &person.post,
                    &person.from.to_string(),
                ],
                &person.name,
            )?),
            day(person.to),
            person.mode.as_str().into(),
            Value::Number(i64::from(person.required_signatures)),
            Value::Maybe(person.scope.as_deref().map(words)),
            person.source.as_str().into(),
            day(person.ended),
        ],
    })
}

fn words(actions: &[Action]) -> String {
    let words: Vec<&str> = actions.iter().map(|action| action.as_str()).collect();
    words.join(" ")
}

async fn drop_row(connection: &mut Connection, change: &Change) -> Result<(), StoreError> {
    let subject = &change.subject;
    let (ruc, branch) = (subject.ruc.as_str(), subject.branch.as_str());
    let query = match (subject.part, &change.before) {
        (Part::Taxpayer, _) => query(DROP_TAXPAYER).bind(ruc),
        (Part::Company, _) => query(DROP_COMPANY).bind(ruc),
        (Part::Employer, _) => query(DROP_EMPLOYER).bind(ruc).bind(branch),
        (Part::Representative, Some(Facts::Representative(person))) => query(DROP_REPRESENTATIVE)
            .bind(ruc)
            .bind(branch)
            .bind(person.document.as_str())
            .bind(person.post.as_str())
            .bind(person.from.to_string()),
        (Part::Representative, _) => return Ok(()),
    };
    query.execute(connection).await?;
    Ok(())
}
