//! The people of the back office: who they are, what they may do, and for whom they may not decide.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{EmailAddress, IdentityDocument, LegalRepresentative, Ruc, Sha256, closed_list};

/// Why a text is not a value about a member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMemberError {
    /// Not a user name.
    #[error(
        "a user name has 2 to 32 small letters, digits, dots or hyphens and begins with a letter"
    )]
    UserName,
    /// A word outside the closed list.
    #[error("unknown role: {0}; there are reviewer, supervisor and auditor")]
    Role(String),
}

/// The name by which somebody signs in and stands in the audit log: 2 to 32 characters of `a-z`, `0-9`, `.` and `-`, the
/// first one a letter. Capitals are taken as small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserName {
    type Err = ParseMemberError;

    fn from_str(text: &str) -> Result<Self, ParseMemberError> {
        let name = text.trim().to_ascii_lowercase();
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
        let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if begins && (2..=32).contains(&name.len()) && name.bytes().all(known) {
            Ok(Self(name))
        } else {
            Err(ParseMemberError::UserName)
        }
    }
}

closed_list!(
    /// What a member may do.
    MemberRole, ParseMemberError, |word| ParseMemberError::Role(word.to_owned()), {
        /// Decides cases.
        Reviewer = "reviewer",
        /// Decides cases too, and looks after people, registry and trust.
        Supervisor = "supervisor",
        /// Reads everything and changes nothing.
        Auditor = "auditor",
    }
);

impl MemberRole {
    /// The role as pages say it.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Reviewer => "Revisión",
            Self::Supervisor => "Supervisión",
            Self::Auditor => "Auditoría",
        }
    }
}

/// Somebody of the back office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name they sign in with.
    pub user: UserName,
    /// Their full name, shown to colleagues only.
    pub name: String,
    /// What they may do.
    pub role: MemberRole,
    /// Where alarms reach them.
    pub email: Option<EmailAddress>,
    /// Their own cédula or passport: nobody decides about an employer they represent.
    pub document: Option<IdentityDocument>,
    /// Employers they are tied to otherwise: a relative's company, a former post.
    pub tied_rucs: Vec<Ruc>,
    /// Since when they are members.
    pub created_at: Timestamp,
    /// Since when they may not come in any more.
    pub disabled_at: Option<Timestamp>,
}

impl Member {
    /// Whether this person must keep out of the cases of `ruc` (PRODUCT S29): the employer is on their list, is they
    /// themselves, or has or had them as representative.
    #[must_use]
    pub fn is_tied_to(&self, ruc: &Ruc, representatives: &[LegalRepresentative]) -> bool {
        let by_document = self.document.as_ref().is_some_and(|own| {
            ruc.belongs_to_person(own)
                || representatives.iter().any(|person| person.document == *own)
        });
        by_document || self.tied_rucs.contains(ruc)
    }

    /// RUCs that are built on this person's own cédula: as a taxpayer, and as the employer of a household.
    #[must_use]
    pub fn own_rucs(&self) -> Vec<Ruc> {
        let own = self.document.iter();
        own.flat_map(|own| ["001", "000"].map(|ending| format!("{}{ending}", own.as_str())))
            .filter_map(|ruc| ruc.parse().ok())
            .collect()
    }
}

/// A member at work, from where.
#[derive(Debug, Clone)]
pub struct Officer {
    /// Who.
    pub member: Member,
    /// Network address.
    pub address: String,
    /// Digest of the session they are in; nothing where there is no door to come in by.
    pub session: Option<Sha256>,
}

impl Officer {
    /// As the log names them.
    #[must_use]
    pub fn acting(&self) -> Acting {
        Acting {
            user: self.member.user.clone(),
            role: self.member.role,
            address: self.address.clone(),
            session: self.session,
        }
    }
}

/// Who does something in the back office, and from where: what the audit log says of every act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The member.
    pub user: UserName,
    /// In which role.
    pub role: MemberRole,
    /// Network address the request came from.
    pub address: String,
    /// Digest of the session, which must still be open when the act counts.
    pub session: Option<Sha256>,
}

impl Acting {
    /// The actor column of the audit log: `supervisor/ana`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("{}/{}", self.role, self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_plain() {
        const VECTORS: &[(&str, Option<&str>)] = &[
            ("ana", Some("ana")),
            (" Ana.Lucia-2 ", Some("ana.lucia-2")),
            ("a", None),
            ("2ana", None),
            ("ana maria", None),
            ("ana/../x", None),
            ("аna", None),
            ("abcdefghijklmnopqrstuvwxyzabcdefg", None),
        ];
        for (text, expected) in VECTORS {
            let parsed = text.parse::<UserName>().ok();
            assert_eq!(parsed.as_ref().map(UserName::as_str), *expected, "{text:?}");
        }
    }

    #[test]
    fn nobody_decides_about_themselves() {
        let mut member = Member {
            user: "ana".parse().unwrap(),
            name: "Ana".to_owned(),
            role: MemberRole::Reviewer,
            email: None,
            document: Some("2901047296".parse().unwrap()),
            tied_rucs: vec!["1790012345001".parse().unwrap()],
            created_at: Timestamp::UNIX_EPOCH,
            disabled_at: None,
        };
        let tied = |member: &Member, ruc: &str| member.is_tied_to(&ruc.parse().unwrap(), &[]);
        assert!(tied(&member, "2901047296001"), "her own RUC");
        assert!(tied(&member, "1790012345001"), "on her list");
        assert!(!tied(&member, "1790099999001"));
        member.document = None;
        assert!(!tied(&member, "2901047296001"));
    }
}
