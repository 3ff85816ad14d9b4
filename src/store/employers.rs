//! Employers, their representatives and their accounts, as the registry knows them.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError, Writing, audit, maybe, maybe_moment, parsed};
use crate::domain::{BranchCode, EmailAddress, Employer, LegalRepresentative, Ruc};
use crate::registry::representatives::RegistryRow;

const EMPLOYER: &str = "select ruc, branch, legal_name, kind, state, email, phone, email_hold_until_ms, frozen_ms \
                        from employers where ruc = $1 and branch = $2";
const REPRESENTATIVES: &str = "select document, name, post, from_day, to_day, mode, required_signatures, source \
                               from representatives where ruc = $1 and branch = $2 order by from_day, document";
// An address that was changed by a signed petition is newer than any file.
const KEEP_EMPLOYER: &str = "insert into employers (ruc, branch, legal_name, kind, state, email, phone) \
                             values ($1, $2, $3, $4, $5, $6, $7) on conflict (ruc, branch) do update set \
                             legal_name = excluded.legal_name, kind = excluded.kind, state = excluded.state, \
                             phone = excluded.phone, \
                             email = case when employers.email_hold_until_ms is null then excluded.email \
                             else employers.email end";
const KEEP_REPRESENTATIVE: &str = "insert into representatives (ruc, branch, document, name, post, from_day, to_day, mode, required_signatures, \
     source) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (ruc, branch, document, post, from_day) \
     do update set name = excluded.name, to_day = excluded.to_day, mode = excluded.mode, \
     required_signatures = excluded.required_signatures, source = excluded.source";
const CHANGE_EMAIL: &str =
    "update employers set email = $1, email_hold_until_ms = $2 where ruc = $3 and branch = $4";
const FREEZE: &str =
    "update employers set frozen_ms = $1 where ruc = $2 and branch = $3 and frozen_ms is null";
const FROZEN: &str =
    "select ruc from employers where ruc = $1 and branch = $2 and frozen_ms is not null";
const KEEP_PASSWORD: &str = "insert into accounts (ruc, branch, password_hash, changed_ms) values ($1, $2, $3, $4) \
                             on conflict (ruc, branch) do update set password_hash = excluded.password_hash, \
                             changed_ms = excluded.changed_ms";
const PASSWORD: &str = "select password_hash from accounts where ruc = $1 and branch = $2";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    EMPLOYER,
    REPRESENTATIVES,
    KEEP_EMPLOYER,
    KEEP_REPRESENTATIVE,
    CHANGE_EMAIL,
    FREEZE,
    FROZEN,
    KEEP_PASSWORD,
    PASSWORD,
];

/// Rows written in one transaction while importing: large enough to be quick, small enough to let others in between.
const IMPORT_BATCH: usize = 1000;

/// An employer with what only the service knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployerRecord {
    /// What the registry says.
    pub employer: Employer,
    /// Until when a reset through a changed address waits.
    pub email_hold_until: Option<Timestamp>,
    /// Since when the account is frozen.
    pub frozen_since: Option<Timestamp>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows taken.
    pub taken: u64,
    /// Rows rejected.
    pub rejected: u64,
}

fn representative(row: &AnyRow) -> Result<LegalRepresentative, StoreError> {
    const TABLE: &str = "representatives";
    let required: i64 = row.try_get("required_signatures")?;
    Ok(LegalRepresentative {
        document: parsed(row, TABLE, "document")?,
        name: row.try_get("name")?,
        post: row.try_get("post")?,
        from: parsed(row, TABLE, "from_day")?,
        to: maybe(row, TABLE, "to_day")?,
        mode: parsed(row, TABLE, "mode")?,
        required_signatures: u8::try_from(required).map_err(|_| StoreError::Inconsistent {
            table: TABLE,
            column: "required_signatures",
        })?,
        scope: None,
        source: row.try_get("source")?,
        ended: None,
    })
}

impl Store {
    /// The employer with this RUC and branch, with everybody who may or might have signed.
    pub async fn employer(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<Option<EmployerRecord>, StoreError> {
        const TABLE: &str = "employers";
        let row = sqlx::query(EMPLOYER)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let people = sqlx::query(REPRESENTATIVES)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_all(&self.read)
            .await?;
        let employer = Employer {
            ruc: parsed(&row, TABLE, "ruc")?,
            branch: parsed(&row, TABLE, "branch")?,
            legal_name: row.try_get("legal_name")?,
            kind: parsed(&row, TABLE, "kind")?,
            state: parsed(&row, TABLE, "state")?,
            email: maybe(&row, TABLE, "email")?,
            phone: row.try_get("phone")?,
            representatives: people
                .iter()
                .map(representative)
                .collect::<Result<_, _>>()?,
            named_representative: None,
        };
        Ok(Some(EmployerRecord {
            employer,
            email_hold_until: maybe_moment(&row, TABLE, "email_hold_until_ms")?,
            frozen_since: maybe_moment(&row, TABLE, "frozen_ms")?,
        }))
    }

    /// Takes rows of the representatives table, in batches; the same file twice changes nothing.
    pub async fn import(
        &self,
        rows: impl Iterator<Item = RegistryRow>,
        source: &str,
        at: Timestamp,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, StoreError> {
        let mut rows = rows.peekable();
        let mut taken = 0;
        while rows.peek().is_some() {
            let mut writing = self.begin().await?;
            for row in rows.by_ref().take(IMPORT_BATCH) {
                keep(&mut writing, &row.employer).await?;
                taken += 1;
            }
            writing.commit().await?;
            progress(taken);
        }
        let mut writing = self.begin().await?;
        audit::append(
            &mut writing,
            at,
            "operator",
            source,
            "registry.imported",
            &json!({ "rows": taken }),
        )
        .await?;
        writing.commit().await?;
        Ok(taken)
    }

    /// The stored hash of an employer's password, for the embedded portal.
    pub async fn password_hash(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(PASSWORD)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| row.try_get("password_hash")).transpose()?)
    }
}

async fn keep(writing: &mut Writing, employer: &Employer) -> Result<(), StoreError> {
    sqlx::query(KEEP_EMPLOYER)
        .bind(employer.ruc.as_str())
        .bind(employer.branch.as_str())
        .bind(employer.legal_name.as_str())
        .bind(employer.kind.as_str())
        .bind(employer.state.as_str())
        .bind(employer.email.as_ref().map(EmailAddress::as_str))
        .bind(employer.phone.as_deref())
        .execute(&mut **writing)
        .await?;
    for person in &employer.representatives {
        sqlx::query(KEEP_REPRESENTATIVE)
            .bind(employer.ruc.as_str())
            .bind(employer.branch.as_str())
            .bind(person.document.as_str())
            .bind(person.name.as_str())
            .bind(person.post.as_str())
            .bind(person.from.to_string())
            .bind(person.to.map(|to| to.to_string()))
            .bind(person.mode.as_str())
            .bind(i64::from(person.required_signatures))
            .bind(person.source.as_str())
            .execute(&mut **writing)
            .await?;
    }
    Ok(())
}

/// Puts a confirmed address on file and starts the hold.
pub(super) async fn change_email(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    email: &EmailAddress,
    hold_until: Timestamp,
) -> Result<(), StoreError> {
    let changed = sqlx::query(CHANGE_EMAIL)
        .bind(email.as_str())
        .bind(hold_until.as_millisecond())
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .execute(&mut **writing)
        .await?;
    super::moved(&changed)
}

/// Freezes an account; freezing a frozen one changes nothing.
pub(super) async fn freeze(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(FREEZE)
        .bind(at.as_millisecond())
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// `Stale` when the account is frozen: a link that slipped through must not work (DESIGN H).
pub(super) async fn check_not_frozen(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
) -> Result<(), StoreError> {
    let frozen = sqlx::query(FROZEN)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    match frozen {
        None => Ok(()),
        Some(_) => Err(StoreError::Stale),
    }
}

/// Sets the password of the embedded portal.
pub(super) async fn keep_password(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(KEEP_PASSWORD)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(password_hash)
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}
