//! Employers, their representatives and their accounts, as the registry knows them.
//!
//! An employer is looked up by one statement over indexes, which combines what the operator's table says of a RUC and
//! branch with what the open tables say of the RUC (`registry/mod.rs` tells why they are kept apart):
//! - the operator's table decides name, kind, address and representatives;
//! - the more cautious state wins: whom the SRI calls suspended or closed is not active;
//! - a RUC that only open tables know is an employer of the main branch, without address and representatives;
//! - the Supercias' representative, known by name alone, is passed on for the eyes of a reviewer.

use jiff::Timestamp;

use super::marks::Marked;
use super::protected::{EMPLOYER_EMAIL, NEW_EMAIL};
use super::registry::{self, Change, EmployerFacts, Facts, Part, Subject};
use super::sql::{Line, Row, query};
use super::{Store, StoreError, Writing, maybe_moment, moment, parsed};
use crate::domain::{
    BranchCode, EmailAddress, Employer, EmployerKind, EmployerState, LegalRepresentative,
    NamedRepresentative, PetitionNumber, Ruc,
};
use crate::protection::Keyring;
use crate::registry::sri::{TaxpayerFacts, TaxpayerKind};
use crate::registry::supercias::CompanyFacts;

pub(super) const EMPLOYER: &str = "select n.value as version, e.ruc as known_ruc, e.legal_name, e.kind, e.state, e.email, e.phone, \
     e.email_hold_until_ms, e.frozen_ms, e.stopped_ms, \
     t.ruc as taxpayer_ruc, t.legal_name as taxpayer_legal_name, t.kind as taxpayer_kind, \
     t.state as taxpayer_state, t.updated_day as taxpayer_updated_day, \
     c.ruc as company_ruc, c.legal_name as company_legal_name, c.kind as company_kind, \
     c.situation as company_situation, c.representative as company_representative, c.post as company_post, \
     r.document, r.name, r.post, r.from_day, r.to_day, r.mode, r.required_signatures, r.scope, r.source, r.ended_day \
     from (select cast($1 as text) as ruc, cast($2 as text) as branch) k \
     left join counters n on n.name = 'registry' \
     left join employers e on e.ruc = k.ruc and e.branch = k.branch \
     left join taxpayers t on t.ruc = k.ruc \
     left join companies c on c.ruc = k.ruc \
     left join representatives r on r.ruc = e.ruc and r.branch = e.branch \
     order by r.from_day, r.document, r.post";
const OTHERS: &str =
    "select ruc, branch from employers where ruc = $1 or ruc = $2 order by ruc, branch limit 50";
const CHANGE_EMAIL: &str = "update employers set email = $1, email_hold_until_ms = $2, email_mark = $5 where ruc = $3 and branch = $4";
const EMAIL_ELSEWHERE: &str =
    "select ruc from employers where email_mark = $1 and not (ruc = $2 and branch = $3) limit 1";
// What was approved a moment ago by another clock is stopped too.
const FREEZE: &str = "update employers set frozen_ms = $1, stopped_ms = coalesce((select max(p.decided_ms) from petitions p \
     where p.ruc = $2 and p.branch = $3 and p.state = 'approved' and p.decided_ms > $1), $1) where ruc = $2 and branch = $3";
const UNFREEZE: &str = "update employers set frozen_ms = null where ruc = $1 and branch = $2";
const FROZEN: &str =
    "select frozen_ms from employers where ruc = $1 and branch = $2 and frozen_ms is not null";
// An instance of before the column stopped_ms sets the other one only.
const STOPPED: &str = "select 1 as stopped from employers e, petitions p where e.ruc = $1 and e.branch = $2 and p.number = $3 \
     and (p.decided_ms <= e.stopped_ms or p.decided_ms <= e.frozen_ms or p.signer_left_ms is not null)";
// Put on file by a petition that was decided before «no fui yo», and not before the petition that it denied. Unless what is denied
// had been stopped by then: people approved the address knowing of it.
const DENIED_EMAILS: &str = "select p.number, p.new_email from petitions p where p.ruc = $1 and p.branch = $2 \
     and p.action = 'change_email' and p.state = 'completed' and exists (select 1 from petitions d join links f on f.number = d.number \
     where d.ruc = p.ruc and d.branch = p.branch and f.kind = 'freeze' and d.decided_ms <= p.decided_ms and f.dead_ms >= p.decided_ms \
     and not exists (select 1 from petitions e join links g on g.number = e.number where e.ruc = p.ruc and e.branch = p.branch \
     and g.kind = 'freeze' and g.dead_ms >= d.decided_ms and g.dead_ms < p.decided_ms))";
// What this petition led to was stopped, and an address was approved and confirmed since.
const DENIED_BEFORE: &str = "select 1 as denied from petitions d join petitions e on e.ruc = d.ruc and e.branch = d.branch \
     join links g on g.number = e.number join petitions p on p.ruc = d.ruc and p.branch = d.branch \
     where d.number = $1 and g.kind = 'freeze' and g.dead_ms >= d.decided_ms \
     and p.action = 'change_email' and p.state = 'completed' and p.decided_ms > g.dead_ms limit 1";
const EMAIL: &str =
    "select email, email_hold_until_ms from employers where ruc = $1 and branch = $2";
// With a hold that is over: an import leaves to signed petitions what a signed petition led to (`KEEP_EMPLOYERS`).
const CLEAR_EMAIL: &str = "update employers set email = null, email_hold_until_ms = $3, email_mark = null \
     where ruc = $1 and branch = $2";
const KEEP_PASSWORD: &str = "insert into accounts (ruc, branch, password_hash, changed_ms) values ($1, $2, $3, $4) \
                             on conflict (ruc, branch) do update set password_hash = excluded.password_hash, \
                             changed_ms = excluded.changed_ms";
const PASSWORD: &str = "select password_hash from accounts where ruc = $1 and branch = $2";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    EMPLOYER,
    OTHERS,
    CHANGE_EMAIL,
    EMAIL_ELSEWHERE,
    FREEZE,
    UNFREEZE,
    FROZEN,
    STOPPED,
    DENIED_EMAILS,
    DENIED_BEFORE,
    EMAIL,
    CLEAR_EMAIL,
    KEEP_PASSWORD,
    PASSWORD,
];

/// An employer with what only the service knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployerRecord {
    /// What the registry says.
    pub employer: Employer,
    /// Until when a reset through a changed address waits.
    pub email_hold_until: Option<Timestamp>,
    /// Since when the account is frozen.
    pub frozen_since: Option<Timestamp>,
    /// When its owner last stopped what was under way, whether or not it is frozen still.
    pub stopped_at: Option<Timestamp>,
}

impl EmployerRecord {
    /// Whether the registry has it as active: otherwise nothing is changed for it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.employer.state == EmployerState::Active
    }

    /// Whether «no fui yo» stopped what was decided then: it has no effect any more, even when the account is free again. What
    /// people approved since, they approved knowing of it (DESIGN H).
    #[must_use]
    pub fn stops(&self, decided_at: Option<Timestamp>) -> bool {
        decided_at.is_some_and(|decided| self.stopped_at.is_some_and(|at| decided <= at))
    }
}

/// The answer to a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The version of the registry that answered.
    pub version: i64,
    /// The employer, if it is known.
    pub record: Option<EmployerRecord>,
}

/// What each table says, not yet combined.
#[derive(Debug, Default)]
struct Sources {
    employer: Option<EmployerFacts>,
    taxpayer: Option<TaxpayerFacts>,
    company: Option<CompanyFacts>,
    representatives: Vec<LegalRepresentative>,
    email_hold_until: Option<Timestamp>,
    frozen_since: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
}

impl Sources {
    /// Reads the rows of the look-up: one per representative, each with all the rest.
    fn read(
        keys: &Keyring,
        ruc: &Ruc,
        branch: &BranchCode,
        rows: &[Row],
    ) -> Result<Self, StoreError> {
        let Some(first) = rows.first() else {
            return Ok(Self::default());
        };
        let known = |column: &str| -> Result<bool, StoreError> {
            Ok(first.try_get::<Option<String>>(column)?.is_some())
        };
        let mut sources = Self::default();
        if known("known_ruc")? {
            sources.employer = Some(registry::employer(keys, ruc, branch, first)?);
            sources.email_hold_until = maybe_moment(first, "employers", "email_hold_until_ms")?;
            sources.frozen_since = maybe_moment(first, "employers", "frozen_ms")?;
            let stopped_at = maybe_moment(first, "employers", "stopped_ms")?;
            sources.stopped_at = stopped_at.max(sources.frozen_since);
        }
        if known("taxpayer_ruc")? {
            sources.taxpayer = Some(registry::taxpayer(first, "taxpayer_")?);
        }
        if known("company_ruc")? {
            sources.company = Some(registry::company(first, "company_")?);
        }
        if known("document")? {
            let people = rows
                .iter()
                .map(|row| registry::representative(keys, ruc, branch, row));
            sources.representatives = people.collect::<Result<_, _>>()?;
        }
        Ok(sources)
    }

    /// Takes one change back, so that they are as before it.
    fn take_back(&mut self, change: Change) {
        let Subject { part, item, .. } = change.subject;
        match (part, change.before) {
            (Part::Taxpayer, Some(Facts::Taxpayer(facts))) => self.taxpayer = Some(facts),
            (Part::Taxpayer, _) => self.taxpayer = None,
            (Part::Company, Some(Facts::Company(facts))) => self.company = Some(facts),
            (Part::Company, _) => self.company = None,
            (Part::Employer, Some(Facts::Employer(facts))) => self.employer = Some(facts),
            (Part::Employer, _) => self.employer = None,
            (Part::Representative, before) => {
                self.representatives
                    .retain(|person| registry::item(person) != item);
                if let Some(Facts::Representative(person)) = before {
                    self.representatives.push(person);
                }
            }
        }
    }

    /// One employer from all that is said.
    fn combine(mut self, ruc: &Ruc, branch: &BranchCode) -> Option<EmployerRecord> {
        // In the order of the look-up, whatever was taken back: what an earlier version said reads the same at any time.
        self.representatives.sort_by(|one, other| {
            let one = (one.from, &one.document, &one.post);
            one.cmp(&(other.from, &other.document, &other.post))
        });
        let open_state = self.taxpayer.as_ref().map(|taxpayer| taxpayer.state);
        let facts = match self.employer {
            Some(facts) => facts,
            None if *branch == BranchCode::default() => {
                open_employer(self.taxpayer.as_ref(), self.company.as_ref())?
            }
            None => return None,
        };
        let state = open_state.map_or(facts.state, |open| more_cautious(facts.state, open));
        let named_representative = self
            .company
            .filter(|company| !company.representative.is_empty())
            .map(|company| NamedRepresentative {
                name: company.representative,
                post: company.post,
                source: "Supercias".to_owned(),
            });
        Some(EmployerRecord {
            employer: Employer {
                ruc: ruc.clone(),
                branch: branch.clone(),
                legal_name: facts.legal_name,
                kind: facts.kind,
                state,
                email: facts.email,
                phone: facts.phone,
                representatives: self.representatives,
                named_representative,
            },
            email_hold_until: self.email_hold_until,
            frozen_since: self.frozen_since,
            stopped_at: self.stopped_at,
        })
    }
}

/// What the open tables say of an employer that the operator's table does not have.
fn open_employer(
    taxpayer: Option<&TaxpayerFacts>,
    company: Option<&CompanyFacts>,
) -> Option<EmployerFacts> {
    let legal_name = match (taxpayer, company) {
        (Some(taxpayer), _) => &taxpayer.legal_name,
        (None, Some(company)) => &company.legal_name,
        (None, None) => return None,
    };
    let person = taxpayer.is_some_and(|taxpayer| taxpayer.kind == Some(TaxpayerKind::Person));
    let kind = match company {
        _ if person => EmployerKind::NaturalPerson,
        Some(company) => company.kind,
        None => EmployerKind::Company,
    };
    let state = taxpayer.map_or(EmployerState::Active, |taxpayer| taxpayer.state);
    Some(EmployerFacts {
        legal_name: legal_name.clone(),
        kind,
        state,
        email: None,
        phone: None,
    })
}

fn more_cautious(one: EmployerState, other: EmployerState) -> EmployerState {
    let caution = |state| match state {
        EmployerState::Active => 0,
        EmployerState::Suspended => 1,
        EmployerState::Closed => 2,
    };
    if caution(one) < caution(other) {
        other
    } else {
        one
    }
}

impl Store {
    /// The employer with this RUC and branch, with everybody who may or might have signed, and the version of the
    /// registry that says so.
    pub async fn lookup(&self, ruc: &Ruc, branch: &BranchCode) -> Result<Lookup, StoreError> {
        let rows = self.lookup_rows(ruc, branch).await?;
        Ok(Lookup {
            version: version(&rows)?,
            record: Sources::read(&self.keys, ruc, branch, &rows)?.combine(ruc, branch),
        })
    }

    /// The employer with this RUC and branch.
    pub async fn employer(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<Option<EmployerRecord>, StoreError> {
        Ok(self.lookup(ruc, branch).await?.record)
    }

    /// What the operator's table has of this RUC, whatever the branch, and of the same person's other number.
    pub async fn employers_beside(&self, ruc: &Ruc) -> Result<Vec<Employer>, StoreError> {
        let other = ruc.other_ending();
        let rows = query(OTHERS)
            .bind(ruc.as_str())
            .bind(other.as_ref().unwrap_or(ruc).as_str())
            .fetch_all(&self.read)
            .await?;
        let mut found = Vec::new();
        for row in &rows {
            let ruc: Ruc = parsed(row, "employers", "ruc")?;
            let branch: BranchCode = parsed(row, "employers", "branch")?;
            found.extend(self.employer(&ruc, &branch).await?);
        }
        Ok(found.into_iter().map(|record| record.employer).collect())
    }

    /// The employer as the registry knew it at an earlier version. What petitions did is not the registry's, and stays.
    pub async fn employer_as_of(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
        version: i64,
    ) -> Result<Option<EmployerRecord>, StoreError> {
        let rows = self.lookup_rows(ruc, branch).await?;
        let mut sources = Sources::read(&self.keys, ruc, branch, &rows)?;
        for change in self.changes_since(ruc, version).await? {
            let subject = &change.subject;
            if subject.branch.is_empty() || subject.branch == branch.as_str() {
                sources.take_back(change);
            }
        }
        Ok(sources.combine(ruc, branch))
    }

    async fn lookup_rows(&self, ruc: &Ruc, branch: &BranchCode) -> Result<Vec<Row>, StoreError> {
        Ok(query(EMPLOYER)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_all(&self.read)
            .await?)
    }

    /// Addresses that were put on file by somebody of whom the owner said «no fui yo».
    pub async fn denied_emails(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<Vec<EmailAddress>, StoreError> {
        denied_emails(&self.keys, &self.read, ruc, branch).await
    }

    /// Whether another employer has this address on file: an accountant's, perhaps. Never a reason to refuse.
    pub async fn email_is_elsewhere(
        &self,
        email: &EmailAddress,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<bool, StoreError> {
        for mark in Marked::Email.all_of(&self.keys, email.as_str())? {
            let row = query(EMAIL_ELSEWHERE)
                .bind(mark)
                .bind(ruc.as_str())
                .bind(branch.as_str())
                .fetch_optional(&self.read)
                .await?;
            if row.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The stored hash of an employer's password, for the embedded portal.
    pub async fn password_hash(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<Option<String>, StoreError> {
        let row = query(PASSWORD)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| row.try_get("password_hash")).transpose()?)
    }
}

fn version(rows: &[Row]) -> Result<i64, StoreError> {
    let version = rows
        .first()
        .map(|row| row.try_get::<Option<i64>>("version"));
    Ok(version.transpose()?.flatten().unwrap_or_default())
}

/// Puts a confirmed address on file and starts the hold.
pub(super) async fn change_email(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    email: &EmailAddress,
    hold_until: Timestamp,
) -> Result<(), StoreError> {
    let key = [ruc.as_str(), branch.as_str()];
    let mark = Marked::Email.of(&writing.keys, email.as_str())?;
    let email = EMPLOYER_EMAIL.protect(&writing.keys, &key, email.as_str())?;
    keep_from_open_tables(writing, ruc, branch).await?;
    let changed = query(CHANGE_EMAIL)
        .bind(email)
        .bind(hold_until.as_millisecond())
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(mark)
        .execute(&mut **writing)
        .await?;
    super::moved(changed)
}

/// What every table says of an employer, within the transaction that acts on it.
async fn sources(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<Sources, StoreError> {
    let rows = query(EMPLOYER)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .fetch_all(&mut **writing)
        .await?;
    Sources::read(&writing.keys, ruc, branch, &rows)
}

/// Gives an employer that only open tables know a row of its own, which says what they combine to: an address or somebody in
/// office can't be entered without one.
pub(super) async fn keep_from_open_tables(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<(), StoreError> {
    let sources = sources(writing, ruc, branch).await?;
    if sources.employer.is_some() {
        return Ok(());
    }
    let Some(facts) = open_employer(sources.taxpayer.as_ref(), sources.company.as_ref()) else {
        return Ok(());
    };
    let known = Change {
        subject: Subject::employer(ruc, branch),
        before: None,
        after: Some(Facts::Employer(facts)),
    };
    registry::write(writing, &[known]).await
}

/// Ends a freeze: a person has looked.
pub(super) async fn unfreeze(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<(), StoreError> {
    query(UNFREEZE)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Freezes an account, and stops what was approved until now. Frozen again, it is so from now on.
pub(super) async fn freeze(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(FREEZE)
        .bind(at.as_millisecond())
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

async fn denied_emails(
    keys: &Keyring,
    line: impl Line,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<Vec<EmailAddress>, StoreError> {
    let rows = query(DENIED_EMAILS)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .fetch_all(line)
        .await?;
    let mut denied = Vec::new();
    for row in &rows {
        let number: PetitionNumber = parsed(row, "petitions", "number")?;
        denied.extend(NEW_EMAIL.parse_maybe(keys, &[number.as_str()], row)?);
    }
    Ok(denied)
}

/// Takes the address off file when it is a denied one, or so new that it is held: what is denied may have been asked for by whoever
/// put it there. Whether it was. The one before it does not come back, by an import neither: whoever reads that
/// mailbox may be the very person who pressed «no fui yo». The owner signs for an address, and two people look.
///
/// A second link about what was stopped already, before the address that is on file now was approved, leaves it there: whoever
/// approved it knew, and whoever holds such a link may be whose address was denied. It stops the account, and people look again.
pub(super) async fn withdraw_denied_email(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    number: &PetitionNumber,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let before = query(DENIED_BEFORE)
        .bind(number.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    if before.is_some() {
        return Ok(false);
    }
    let row = query(EMAIL)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    let key = [ruc.as_str(), branch.as_str()];
    let Some(row) = row else { return Ok(false) };
    let on_file: Option<EmailAddress> = EMPLOYER_EMAIL.parse_maybe(&writing.keys, &key, &row)?;
    let held = maybe_moment(&row, "employers", "email_hold_until_ms")?.is_some_and(|end| end > now);
    let keys = writing.keys.clone();
    let denied = denied_emails(&keys, &mut **writing, ruc, branch).await?;
    let withdrawn = on_file.is_some_and(|email| held || denied.contains(&email));
    if withdrawn {
        query(CLEAR_EMAIL)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .bind(now.as_millisecond())
            .execute(&mut **writing)
            .await?;
    }
    Ok(withdrawn)
}

/// `Stale` when the owner stopped what this petition was approved for, or whoever signed it has left: a link that slipped through must
/// not work (DESIGN H).
pub(super) async fn check_not_stopped(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    number: &PetitionNumber,
) -> Result<(), StoreError> {
    let stopped = query(STOPPED)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(number.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    match stopped {
        None => Ok(()),
        Some(_) => Err(StoreError::Stale),
    }
}

/// `Stale` while the registry has the employer as suspended or closed, or does not know it: a link that was opened before must not
/// work.
pub(super) async fn check_active(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<(), StoreError> {
    let sources = sources(writing, ruc, branch).await?;
    match sources.combine(ruc, branch) {
        Some(record) if record.is_active() => Ok(()),
        _ => Err(StoreError::Stale),
    }
}

/// Since when an account is frozen.
pub(super) async fn frozen_since(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<Option<Timestamp>, StoreError> {
    let frozen = query(FROZEN)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    frozen
        .map(|row| moment(&row, "employers", "frozen_ms"))
        .transpose()
}

/// Sets the password of the embedded portal.
pub(super) async fn keep_password(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP_PASSWORD)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(password_hash)
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}
