//! The words of the business. Imports nothing of ours, knows neither SQL nor HTTP nor the clock.
//! Reading order: `identity`, `employer`, `petition`, then the small values they are made of.

pub mod calendar;
mod case;
mod closed_list;
mod contact;
mod digest;
mod employer;
mod event;
mod failure;
mod holidays;
mod identity;
mod language;
mod link_stand;
mod member;
mod password;
mod petition;
mod plain;
mod post;
mod token;

pub use case::{
    AttachmentKind, Barrier, CaseAct, CaseKind, DossierItem, FourEyes, Phase, ReviewReason,
    UnknownCaseWord,
};
pub(crate) use closed_list::closed_list;
pub use contact::{Channel, ContactError, MobileNumber, Recipient};
pub use digest::Sha256;
pub use employer::{
    EmailAddress, Employer, EmployerKind, EmployerState, LegalRepresentative, NamedRepresentative,
    ParseEmployerError, RepresentationMode, Role,
};
pub use event::{Event, UnknownEvent};
pub use failure::{CallCause, Failure};
pub use holidays::Holidays;
pub use identity::{BranchCode, IdentityDocument, IdentityError, Ruc, cedula_check_digit_matches};
pub use language::{Language, ParseLanguageError, Spoken, Text, system_error};
pub use link_stand::LinkStand;
pub use member::{Acting, Member, MemberRole, Officer, ParseMemberError, UserName};
pub use password::{PasswordRule, PersonalHints, UnknownPasswordRule, failed_rules};
pub use petition::{
    Action, Outcome, ParsePetitionError, PetitionContent, PetitionNumber, PetitionSource, State,
    without_gaps,
};
pub use plain::{plain, unaccented};
pub use post::post_key;
pub use token::Token;
