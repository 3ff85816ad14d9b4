//! The people of the back office: members, and the one-time links with which they set up their password and second
//! factor. Where they are signed in stands in `sessions`, how often somebody failed to in `failures`.
//!
//! Everything that changes what somebody may do ends their sessions in the same transaction and stands in the audit log.

mod failures;
mod sessions;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::json;

pub use failures::Attempt;
pub(super) use sessions::is_in;
pub use sessions::{NewSession, OpenSession, Proof};

use super::protected::{
    MEMBER_DOCUMENT, MEMBER_EMAIL, MEMBER_NAME, NEW_SECOND_FACTOR, SECOND_FACTOR,
};
use super::sql::{self, Row, query};
use super::{Store, StoreError, Writing, audit, maybe_moment, moment, moved, parsed};
use crate::domain::{EmailAddress, Event, IdentityDocument, Member, Sha256, UserName};
use crate::protection::Keyring;

macro_rules! member_columns {
    () => {
        "user_name, full_name, role, email, document, created_ms, disabled_ms, password_hash, totp_secret, totp_step"
    };
}
const ADD: &str = "insert into members (user_name, full_name, role, email, document, created_ms, totp_step) \
                   values ($1, $2, $3, $4, $5, $6, 0) on conflict (user_name) do nothing";
const TIE: &str = "insert into member_ties (user_name, ruc) values ($1, $2) on conflict (user_name, ruc) do nothing";
const MEMBER: &str = concat!(
    "select ",
    member_columns!(),
    " from members where user_name = $1"
);
// Every member, on purpose: an office has dozens of them.
const MEMBERS: &str = concat!(
    "select ",
    member_columns!(),
    " from members where user_name >= '' order by user_name"
);
// Documents are protected with a salt of their own: all of them are read to find one.
const DOCUMENTS: &str = "select user_name, document from members where user_name >= '' and disabled_ms is null \
                         and document is not null order by user_name";
const SUPERVISORS: &str = "select user_name, email from members where user_name >= '' and role = 'supervisor' \
                           and disabled_ms is null and email is not null order by user_name";
const TIES: &str = "select ruc from member_ties where user_name = $1 order by ruc";
const ANY: &str = "select user_name from members where user_name >= '' order by user_name limit 1";
const DISABLE: &str =
    "update members set disabled_ms = $1 where user_name = $2 and disabled_ms is null";
const DISABLED: &str =
    "select user_name from members where user_name = $1 and disabled_ms is not null";
const ENABLE: &str =
    "update members set disabled_ms = null where user_name = $1 and disabled_ms is not null";
const FORGET_PROOFS: &str =
    "update members set password_hash = null, totp_secret = null where user_name = $1";
const FORGET_CODES: &str = "delete from recovery_codes where user_name = $1";
const KEEP_CODE: &str = "insert into recovery_codes (hash, user_name) values ($1, $2)";
const CODES_LEFT: &str =
    "select count(*) as codes from recovery_codes where user_name = $1 and used_ms is null";
const BURY_ENROLMENTS: &str = "update enrolments set dead_ms = $1, totp_secret = null where user_name = $2 and dead_ms is null";
const ENROL: &str = "insert into enrolments (hash, user_name, totp_secret, created_ms, expires_ms) values ($1, $2, $3, $4, $5)";
const ENROLMENT: &str =
    "select user_name, totp_secret, expires_ms, dead_ms from enrolments where hash = $1";
const USE_ENROLMENT: &str = "update enrolments set dead_ms = $1, totp_secret = null where hash = $2 and dead_ms is null and expires_ms > $1";
const SET_PROOFS: &str = "update members set password_hash = $1, totp_secret = $2, totp_step = $3 where user_name = $4 \
                          and disabled_ms is null";
const SET_PASSWORD: &str =
    "update members set password_hash = $1 where user_name = $2 and password_hash = $3";

#[cfg(test)]
pub(super) fn statements() -> Vec<&'static str> {
    const OWN: &[&str] = &[
        ADD,
        TIE,
        MEMBER,
        MEMBERS,
        DOCUMENTS,
        SUPERVISORS,
        TIES,
        ANY,
        DISABLE,
        DISABLED,
        ENABLE,
        FORGET_PROOFS,
        FORGET_CODES,
        KEEP_CODE,
        CODES_LEFT,
        BURY_ENROLMENTS,
        ENROL,
        ENROLMENT,
        USE_ENROLMENT,
        SET_PROOFS,
        SET_PASSWORD,
    ];
    [OWN, sessions::STATEMENTS, failures::STATEMENTS].concat()
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The same person is let in under another name: they would be two of those of whom two must decide.
    #[error("{0} is the same person")]
    SamePerson(UserName),
    /// Everything else; `Stale` when the name is taken, or there is nobody to let in again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for MemberError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A member with what they prove themselves by.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Who it is.
    pub member: Member,
    /// Argon2id string; nothing until the one-time link has been used.
    pub password_hash: Option<String>,
    /// Secret of the second factor, in base32.
    pub totp_secret: Option<String>,
    /// The last time step that was accepted.
    pub totp_step: i64,
}

/// A one-time link that is about to be handed out.
#[derive(Debug, Clone)]
pub struct NewEnrolment {
    /// Digest of its token.
    pub hash: Sha256,
    /// Secret of the second factor that it will set up, in base32.
    pub totp_secret: Option<String>,
    /// When it dies.
    pub expires_at: Timestamp,
}

/// A one-time link that was handed out.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// For whom.
    pub user: UserName,
    /// Secret of the second factor that it will set up, in base32; gone once the link is dead.
    pub totp_secret: Option<String>,
    /// When it dies.
    pub expires_at: Timestamp,
    /// When it was used or replaced.
    pub dead_at: Option<Timestamp>,
}

/// What somebody has chosen by a one-time link.
#[derive(Debug, Clone)]
pub struct Enrolled<'a> {
    /// The new password, as an Argon2id string.
    pub password_hash: &'a str,
    /// Secret of the second factor, in base32.
    pub totp_secret: Option<&'a str>,
    /// The time step that was shown as proof that it works.
    pub totp_step: i64,
    /// Digests of the recovery codes.
    pub codes: &'a [Sha256],
}

/// Whether somebody is let in no more.
pub(super) async fn is_disabled(writing: &mut Writing, user: &str) -> Result<bool, StoreError> {
    let row = query(DISABLED)
        .bind(user)
        .fetch_optional(&mut **writing)
        .await?;
    Ok(row.is_some())
}

/// Nobody else who is let in has this document.
async fn check_one_person(
    writing: &mut Writing,
    user: &UserName,
    document: Option<&IdentityDocument>,
) -> Result<(), MemberError> {
    let Some(document) = document else {
        return Ok(());
    };
    let rows = query(DOCUMENTS).fetch_all(&mut **writing).await?;
    for row in &rows {
        let other: UserName = parsed(row, "members", "user_name")?;
        let known = MEMBER_DOCUMENT.read(&writing.keys, &[other.as_str()], row)?;
        if known == document.as_str() && other != *user {
            return Err(MemberError::SamePerson(other));
        }
    }
    Ok(())
}

impl Store {
    /// Adds somebody, with the one-time link that lets them in.
    ///
    /// # Errors
    /// [`MemberError::SamePerson`] when they are in under another name; `Stale` when the name is taken.
    pub async fn add_member(
        &self,
        member: &Member,
        enrolment: &NewEnrolment,
        actor: &str,
    ) -> Result<(), MemberError> {
        let at = member.created_at;
        let mut writing = self.begin().await?;
        check_one_person(&mut writing, &member.user, member.document.as_ref()).await?;
        let key = [member.user.as_str()];
        let name = MEMBER_NAME.protect(&writing.keys, &key, &member.name)?;
        let email = member.email.as_ref().map(EmailAddress::as_str);
        let email = MEMBER_EMAIL.protect_maybe(&writing.keys, &key, email)?;
        let document = member.document.as_ref().map(IdentityDocument::as_str);
        let document = MEMBER_DOCUMENT.protect_maybe(&writing.keys, &key, document)?;
        let added = query(ADD)
            .bind(member.user.as_str())
            .bind(name)
            .bind(member.role.as_str())
            .bind(email)
            .bind(document)
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        moved(added)?;
        for ruc in &member.tied_rucs {
            let tie = query(TIE).bind(member.user.as_str()).bind(ruc.as_str());
            tie.execute(&mut *writing).await?;
        }
        enrol(&mut writing, &member.user, enrolment, at).await?;
        let facts = json!({ "role": member.role, "tied_rucs": member.tied_rucs.len() });
        audit_member(
            &mut writing,
            at,
            actor,
            &member.user,
            Event::MemberAdded,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// The member with this name.
    pub async fn member(&self, user: &UserName) -> Result<Option<MemberRow>, StoreError> {
        let row = query(MEMBER)
            .bind(user.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(mut found) = row
            .as_ref()
            .map(|row| member_row(&self.keys, row))
            .transpose()?
        else {
            return Ok(None);
        };
        found.member.tied_rucs = self.ties(user).await?;
        Ok(Some(found))
    }

    async fn ties(&self, user: &UserName) -> Result<Vec<crate::domain::Ruc>, StoreError> {
        let rows = query(TIES)
            .bind(user.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "member_ties", "ruc"))
            .collect()
    }

    /// Every member, by name.
    pub async fn members(&self) -> Result<Vec<MemberRow>, StoreError> {
        let rows = query(MEMBERS).fetch_all(&self.read).await?;
        let mut members = rows
            .iter()
            .map(|row| member_row(&self.keys, row))
            .collect::<Result<Vec<_>, _>>()?;
        for found in &mut members {
            found.member.tied_rucs = self.ties(&found.member.user).await?;
        }
        Ok(members)
    }

    /// Whether there is anybody at all.
    pub async fn has_members(&self) -> Result<bool, StoreError> {
        Ok(query(ANY).fetch_optional(&self.read).await?.is_some())
    }

    /// Lets somebody in no more: every session ends, every one-time link dies.
    ///
    /// # Errors
    /// `Stale` when there is no such member, or they are disabled already.
    pub async fn disable_member(
        &self,
        user: &UserName,
        actor: &str,
        from: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let disabled = query(DISABLE)
            .bind(at.as_millisecond())
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        moved(disabled)?;
        bury_enrolments(&mut writing, user, at).await?;
        let ended = sessions::end_all(&mut writing, user, at).await?;
        let facts = json!({ "from": from, "sessions_ended": ended });
        audit_member(&mut writing, at, actor, user, Event::MemberDisabled, &facts).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Lets somebody in again.
    ///
    /// # Errors
    /// [`MemberError::SamePerson`] when they are in under another name; `Stale` when there is no such member, or they are not
    /// disabled.
    pub async fn enable_member(
        &self,
        user: &UserName,
        actor: &str,
        from: &str,
        at: Timestamp,
    ) -> Result<(), MemberError> {
        let known = self.member(user).await?;
        let document = known.and_then(|row| row.member.document);
        let mut writing = self.begin().await?;
        check_one_person(&mut writing, user, document.as_ref()).await?;
        let enabled = query(ENABLE)
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        moved(enabled)?;
        audit_member(
            &mut writing,
            at,
            actor,
            user,
            Event::MemberEnabled,
            &json!({ "from": from }),
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Forgets password, second factor, recovery codes, known browsers and sessions, and hands out a one-time link.
    ///
    /// # Errors
    /// `Stale` when there is no such member.
    pub async fn reset_member(
        &self,
        user: &UserName,
        enrolment: &NewEnrolment,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let forgotten = query(FORGET_PROOFS)
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        moved(forgotten)?;
        query(FORGET_CODES)
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        sessions::forget_devices(&mut writing, user).await?;
        let ended = sessions::end_all(&mut writing, user, at).await?;
        enrol(&mut writing, user, enrolment, at).await?;
        let facts = json!({ "sessions_ended": ended });
        audit_member(&mut writing, at, actor, user, Event::MemberReset, &facts).await?;
        writing.commit().await?;
        Ok(())
    }

    /// The one-time link with this digest, dead or alive.
    pub async fn enrolment(&self, hash: Sha256) -> Result<Option<Enrolment>, StoreError> {
        const TABLE: &str = "enrolments";
        let row = query(ENROLMENT)
            .bind(hash.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| {
            Ok(Enrolment {
                user: parsed(&row, TABLE, "user_name")?,
                totp_secret: NEW_SECOND_FACTOR.read_maybe(
                    &self.keys,
                    &[&hash.to_string()],
                    &row,
                )?,
                expires_at: moment(&row, TABLE, "expires_ms")?,
                dead_at: maybe_moment(&row, TABLE, "dead_ms")?,
            })
        })
        .transpose()
    }

    /// Uses a one-time link up: what was chosen counts from now on.
    ///
    /// # Errors
    /// `Stale` when the link is dead or the member is disabled: of two tabs exactly one wins.
    pub async fn finish_enrolment(
        &self,
        hash: Sha256,
        user: &UserName,
        enrolled: &Enrolled<'_>,
        from: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let used = query(USE_ENROLMENT)
            .bind(at.as_millisecond())
            .bind(hash.to_string())
            .execute(&mut *writing)
            .await?;
        moved(used)?;
        let secret = enrolled.totp_secret;
        let secret = SECOND_FACTOR.protect_maybe(&writing.keys, &[user.as_str()], secret)?;
        let set = query(SET_PROOFS)
            .bind(enrolled.password_hash)
            .bind(secret)
            .bind(enrolled.totp_step)
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        moved(set)?;
        query(FORGET_CODES)
            .bind(user.as_str())
            .execute(&mut *writing)
            .await?;
        for code in enrolled.codes {
            let keep = query(KEEP_CODE).bind(code.to_string()).bind(user.as_str());
            keep.execute(&mut *writing).await?;
        }
        sessions::end_all(&mut writing, user, at).await?;
        let facts = json!({ "from": from, "second_factor": enrolled.totp_secret.is_some() });
        audit_member(
            &mut writing,
            at,
            user.as_str(),
            user,
            Event::MemberEnrolled,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Replaces a password; every session but `keep` ends.
    ///
    /// # Errors
    /// `Stale` when it was replaced by somebody else meanwhile.
    pub async fn change_member_password(
        &self,
        user: &UserName,
        old_hash: &str,
        new_hash: &str,
        keep: Sha256,
        from: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let set = query(SET_PASSWORD)
            .bind(new_hash)
            .bind(user.as_str())
            .bind(old_hash)
            .execute(&mut *writing)
            .await?;
        moved(set)?;
        let ended = sessions::end_all_but(&mut writing, user, keep, at).await?;
        let facts = json!({ "from": from, "sessions_ended": ended });
        audit_member(
            &mut writing,
            at,
            user.as_str(),
            user,
            Event::MemberPasswordChanged,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// How many recovery codes somebody has left.
    pub async fn recovery_codes_left(&self, user: &UserName) -> Result<i64, StoreError> {
        let row = query(CODES_LEFT)
            .bind(user.as_str())
            .fetch_one(&self.read)
            .await?;
        Ok(row.try_get("codes")?)
    }
}

/// Where alarms reach the supervisors.
pub(super) async fn supervisors(writing: &mut Writing) -> Result<Vec<EmailAddress>, StoreError> {
    let rows = query(SUPERVISORS).fetch_all(&mut **writing).await?;
    rows.iter()
        .map(|row| {
            let user: String = row.try_get("user_name")?;
            MEMBER_EMAIL.parse(&writing.keys, &[&user], row)
        })
        .collect()
}

async fn enrol(
    writing: &mut Writing,
    user: &UserName,
    enrolment: &NewEnrolment,
    at: Timestamp,
) -> Result<(), StoreError> {
    bury_enrolments(writing, user, at).await?;
    let (hash, secret) = (enrolment.hash.to_string(), enrolment.totp_secret.as_deref());
    let secret = NEW_SECOND_FACTOR.protect_maybe(&writing.keys, &[&hash], secret)?;
    query(ENROL)
        .bind(hash)
        .bind(user.as_str())
        .bind(secret)
        .bind(at.as_millisecond())
        .bind(enrolment.expires_at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

async fn bury_enrolments(
    writing: &mut Writing,
    user: &UserName,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(BURY_ENROLMENTS)
        .bind(at.as_millisecond())
        .bind(user.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

async fn audit_member(
    writing: &mut Writing,
    at: Timestamp,
    actor: &str,
    user: &UserName,
    event: Event,
    facts: &serde_json::Value,
) -> Result<(), StoreError> {
    audit::append(writing, at, actor, &format!("member/{user}"), event, facts).await
}

/// A member without their ties, which stand in another table.
fn member_row(keys: &Keyring, row: &Row) -> Result<MemberRow, StoreError> {
    const TABLE: &str = "members";
    let user: UserName = parsed(row, TABLE, "user_name")?;
    let key = [user.as_str()];
    let totp_secret = SECOND_FACTOR.read_maybe(keys, &key, row)?;
    Ok(MemberRow {
        member: Member {
            name: MEMBER_NAME.read(keys, &key, row)?,
            role: parsed(row, TABLE, "role")?,
            email: MEMBER_EMAIL.parse_maybe(keys, &key, row)?,
            document: MEMBER_DOCUMENT.parse_maybe(keys, &key, row)?,
            user,
            tied_rucs: Vec::new(),
            created_at: moment(row, TABLE, "created_ms")?,
            disabled_at: maybe_moment(row, TABLE, "disabled_ms")?,
        },
        password_hash: row.try_get("password_hash")?,
        totp_secret,
        totp_step: row.try_get("totp_step")?,
    })
}
