//! What a person may decide, and what needs two: pure rules over what the machine found (DESIGN C, PRODUCT §3.1, S29).

use crate::decision::{Decision, Reason, ReasonCode};
use crate::domain::{Action, Barrier, CaseKind, FourEyes, Outcome, PetitionContent, ReviewReason};
use crate::store::EmployerRecord;
use crate::verify::report::{Conclusion, Integrity, Modifications, Report, SignatureReport};

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looked<'a> {
    pub kind: CaseKind,
    pub report: Option<&'a Report>,
    pub decision: Option<&'a Decision>,
    /// What is asked, as far as the machine knows.
    pub content: Option<&'a PetitionContent>,
    pub record: Option<&'a EmployerRecord>,
    /// Other resets of this employer within thirty days.
    pub recent_resets: i64,
}

/// Refusals of the machine that a person may turn on an appeal: who may sign is a question of papers, not of mathematics.
pub(super) const ARGUABLE: [ReasonCode; 5] = [
    ReasonCode::SignerNotRepresentative,
    ReasonCode::RepresentationEnded,
    ReasonCode::PowerEnded,
    ReasonCode::PowerLacksScope,
    // The registry may have been behind; while it is, there is no employer to approve it for.
    ReasonCode::BranchUnknown,
];

/// Doubts about who signed, or for whom: approving in spite of them overrides the machine.
const OVERRIDDEN: [ReasonCode; 13] = [
    ReasonCode::NameMatchOnly,
    ReasonCode::NumberMatchOnly,
    ReasonCode::JointSignatureMissing,
    ReasonCode::RucMismatch,
    ReasonCode::IdentityUnreadable,
    ReasonCode::RegistryMissing,
    ReasonCode::EmployerNotActive,
    ReasonCode::BranchUnknown,
    ReasonCode::RepresentationNotStarted,
    ReasonCode::LiquidatorInOffice,
    // It may be a power under another name.
    ReasonCode::PostUnrecognised,
    ReasonCode::CertClassUnknown,
    // It stood at reception; whether it was still its owner's is what two must believe.
    ReasonCode::CertRevokedSince,
];

impl Looked<'_> {
    /// What forbids an approval. Nobody may override it: a tired human must not be the weakest check.
    pub(super) fn barriers(&self) -> Vec<Barrier> {
        let mut found = match self.kind {
            CaseKind::Counter => Vec::new(),
            CaseKind::Petition | CaseKind::Appeal => self.document_barriers(),
        };
        let lacking = |content| lacking(self.kind, content, self.record);
        found.extend(self.content.and_then(lacking));
        found
    }

    fn document_barriers(&self) -> Vec<Barrier> {
        let Some(report) = self.report else {
            return vec![Barrier::Unexamined];
        };
        let failed = |one: &SignatureReport| one.conclusion == Conclusion::Failed;
        if report.conclusion == Conclusion::Failed || report.signatures.iter().any(failed) {
            // What else stands in the way adds nothing.
            return vec![Barrier::SignatureFailed];
        }
        let proven = |one: &SignatureReport| {
            one.integrity == Integrity::Intact
                && one.modifications != Modifications::Suspicious
                && one.is_rooted()
        };
        let mut people = report.of_people().peekable();
        let unproven = people.peek().is_none() || !people.all(proven);
        let hard = self
            .codes(Some(Outcome::Refused))
            .any(|code| !ARGUABLE.contains(&code));
        [
            (unproven, Barrier::SignatureUnproven),
            (hard, Barrier::HardFact),
        ]
        .into_iter()
        .filter_map(|(holds, barrier)| holds.then_some(barrier))
        .collect()
    }

    /// Why two persons must decide alike.
    pub(super) fn four_eyes(&self) -> Vec<FourEyes> {
        let has = |codes: &[ReasonCode]| self.codes(None).any(|code| codes.contains(&code));
        let changes_address = self
            .content
            .map(|content| content.action == Action::ChangeEmail);
        let unproven = self
            .report
            .is_none_or(|report| report.conclusion != Conclusion::Passed);
        let refused = self.codes(Some(Outcome::Refused)).next().is_some();
        let frozen = self
            .record
            .is_some_and(|record| record.frozen_since.is_some());
        let document = self.kind != CaseKind::Counter;
        [
            (self.kind == CaseKind::Counter, FourEyes::Counter),
            (self.kind == CaseKind::Appeal, FourEyes::Appeal),
            (changes_address == Some(true), FourEyes::AddressChange),
            (has(&[ReasonCode::Attorney]), FourEyes::Attorney),
            (
                document && (unproven || refused || has(&OVERRIDDEN)),
                FourEyes::Override,
            ),
            (
                has(&[
                    ReasonCode::AppointmentAttached,
                    ReasonCode::RepresentativeUnknown,
                ]),
                FourEyes::NewRepresentative,
            ),
            (
                changes_address == Some(false) && self.recent_resets > 0,
                FourEyes::SecondReset,
            ),
            (frozen || has(&[ReasonCode::Frozen]), FourEyes::Frozen),
            (document && self.content.is_none(), FourEyes::ReadByPerson),
        ]
        .into_iter()
        .filter_map(|(holds, why)| holds.then_some(why))
        .collect()
    }

    /// The reasons of the machine that lead to an outcome, or all of them.
    fn codes(&self, outcome: Option<Outcome>) -> impl Iterator<Item = ReasonCode> {
        let reasons = self.decision.map_or(&[][..], |decision| &decision.reasons);
        reasons
            .iter()
            .filter(move |reason| outcome.is_none_or(|outcome| reason.outcome == outcome))
            .map(|reason| reason.code)
    }
}

/// Of the reasons for two persons those that a refusal needs two for. Nobody may approve what is barred, so that nothing is saved by
/// a second person: those of an approval fall away, and who appeals or stands at the counter is owed two all the same. Everything else
/// takes two whichever way it goes: one bribed person could refuse it otherwise, and whoever comes second would know what the first
/// one did (PRODUCT threat 17, S29).
#[must_use]
pub fn to_refuse(four_eyes: &[FourEyes], barriers: &[Barrier]) -> Vec<FourEyes> {
    let stays =
        |why: &FourEyes| barriers.is_empty() || matches!(why, FourEyes::Appeal | FourEyes::Counter);
    four_eyes.iter().copied().filter(stays).collect()
}

/// What the registry lacks for what is asked. A new password needs an address for its link, unless it is opened at the counter;
/// an account is unblocked without any.
pub(super) fn lacking(
    kind: CaseKind,
    content: &PetitionContent,
    record: Option<&EmployerRecord>,
) -> Option<Barrier> {
    let Some(record) = record else {
        return Some(Barrier::NoEmployer);
    };
    let mailed = content.action == Action::ResetPassword && kind != CaseKind::Counter;
    (mailed && record.employer.email.is_none()).then_some(Barrier::NoAddress)
}

/// Whether a reason for an approval says why it may be given in spite of one of the machine's: each of those is answered by what it
/// is about, and nothing about who signed is answered by what a letter says.
#[must_use]
pub fn answers(given: ReviewReason, objection: &Reason) -> bool {
    use ReasonCode as C;
    use ReviewReason as R;
    let doubt = objection.outcome == Outcome::InReview;
    let about = |codes: &[C]| codes.contains(&objection.code);
    match given {
        R::PowerRead => about(&[
            C::Attorney,
            C::PowerEnded,
            C::PowerLacksScope,
            C::AppointmentAttached,
            C::PostUnrecognised,
            C::RepresentativeUnknown,
            C::SignerNotRepresentative,
        ]),
        R::AppointmentRegistered => about(&[
            C::AppointmentAttached,
            C::PostUnrecognised,
            C::RepresentativeUnknown,
            C::SignerNotRepresentative,
            C::RepresentationEnded,
            C::RepresentationNotStarted,
            C::LiquidatorInOffice,
            C::NameMatchOnly,
            C::JointSignatureMissing,
        ]),
        // Where a successor is registered it is a refusal, and not so.
        R::StillInOffice => doubt && about(&[C::RepresentationEnded, C::LiquidatorInOffice]),
        R::CertificateConfirmed => about(&[
            C::RevocationUnknown,
            C::CertOnHold,
            C::CertExpiredTimestamped,
            C::CertRevokedSince,
            C::CaNotAccredited,
            C::SignatureUnsupported,
            C::CertClassUnknown,
        ]),
        R::SamePerson => {
            doubt
                && about(&[
                    C::NameMatchOnly,
                    C::NumberMatchOnly,
                    C::IdentityUnreadable,
                    C::CertClassUnknown,
                    C::JointSignatureMissing,
                    C::RucMismatch,
                ])
        }
        R::LetterClear if doubt && about(&[C::BranchUnknown]) => true,
        R::LetterClear => about(&[
            C::LetterForOther,
            C::LetterUnclear,
            C::HiddenText,
            C::LetterChangesEmail,
            C::LetterNamesOtherEmail,
            C::LetterOwnFonts,
            C::LetterNotPlain,
            C::AutomaticLayers,
            C::LetterTooOld,
            C::LetterUndated,
            C::ClockAhead,
            C::TooComplex,
        ]),
        R::AdditionHarmless => about(&[C::ExtraRevision, C::ValuesCovered, C::OtherSignature]),
        // The representative in office stands behind it, whoever signed and whatever is doubtful.
        R::OwnerConfirmed => doubt,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BranchCode, Employer, EmployerKind, EmployerState, Sha256};
    use crate::verify::report::{DocumentFacts, Indication};

    const RUC: &str = "2990001015001";

    fn report(conclusion: Conclusion) -> Report {
        Report {
            conclusion,
            indication: Indication::from(conclusion),
            sub_indication: None,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            findings: Vec::new(),
            document: DocumentFacts {
                sha256: Sha256::of(b""),
                bytes: 0,
                revisions: 1,
                encrypted: false,
            },
            signatures: Vec::new(),
        }
    }

    fn content(action: Action) -> PetitionContent {
        PetitionContent {
            ruc: RUC.parse().unwrap(),
            branch: BranchCode::default(),
            action,
            new_email: None,
        }
    }

    /// A case that one person decides, for single reasons to spoil: a term that has ended, without a successor.
    struct Case {
        kind: CaseKind,
        report: Option<Report>,
        reasons: Vec<Reason>,
        content: Option<PetitionContent>,
        record: EmployerRecord,
        recent_resets: i64,
    }

    impl Case {
        fn plain() -> Self {
            let employer = Employer {
                ruc: RUC.parse().unwrap(),
                branch: BranchCode::default(),
                legal_name: "CAFÉ FICTICIO CÍA. LTDA.".to_owned(),
                kind: EmployerKind::Company,
                state: EmployerState::Active,
                email: Some("a@cafe-ficticio.ec".parse().unwrap()),
                phone: None,
                representatives: Vec::new(),
                named_representative: None,
            };
            Self {
                kind: CaseKind::Petition,
                report: Some(report(Conclusion::Passed)),
                reasons: vec![Reason::new(
                    ReasonCode::RepresentationEnded,
                    Outcome::InReview,
                )],
                content: Some(content(Action::ResetPassword)),
                record: EmployerRecord {
                    employer,
                    email_hold_until: None,
                    frozen_since: None,
                    stopped_at: None,
                },
                recent_resets: 0,
            }
        }

        fn with(code: ReasonCode) -> Self {
            Self {
                reasons: vec![Reason::new(code, Outcome::InReview)],
                ..Self::plain()
            }
        }

        fn four_eyes(&self) -> Vec<FourEyes> {
            let decision = Decision {
                outcome: Outcome::InReview,
                reasons: self.reasons.clone(),
                signer: None,
                representative: None,
                content: None,
                source: None,
            };
            let looked = Looked {
                kind: self.kind,
                report: self.report.as_ref(),
                decision: Some(&decision),
                content: self.content.as_ref(),
                record: Some(&self.record),
                recent_resets: self.recent_resets,
            };
            looked.four_eyes()
        }
    }

    /// Each reason by itself, so that none can be missing unnoticed.
    #[test]
    fn every_reason_for_four_eyes_is_one_by_itself() {
        // Whoever adds a reason is asked for its case here, and adds it to the list below.
        let spoilt = |why: FourEyes| match why {
            FourEyes::Counter => vec![Case {
                kind: CaseKind::Counter,
                report: None,
                reasons: Vec::new(),
                ..Case::plain()
            }],
            FourEyes::Appeal => vec![Case {
                kind: CaseKind::Appeal,
                ..Case::plain()
            }],
            FourEyes::AddressChange => vec![Case {
                content: Some(content(Action::ChangeEmail)),
                ..Case::plain()
            }],
            FourEyes::Attorney => vec![Case::with(ReasonCode::Attorney)],
            FourEyes::Override => OVERRIDDEN
                .into_iter()
                .map(Case::with)
                .chain([
                    Case {
                        report: Some(report(Conclusion::Indeterminate)),
                        ..Case::plain()
                    },
                    Case {
                        report: None,
                        ..Case::plain()
                    },
                    Case {
                        reasons: vec![Reason::new(ReasonCode::PowerEnded, Outcome::Refused)],
                        ..Case::plain()
                    },
                ])
                .collect(),
            FourEyes::NewRepresentative => vec![
                Case::with(ReasonCode::AppointmentAttached),
                Case::with(ReasonCode::RepresentativeUnknown),
            ],
            FourEyes::SecondReset => [Action::ResetPassword, Action::Unblock]
                .map(|action| Case {
                    content: Some(content(action)),
                    recent_resets: 1,
                    ..Case::plain()
                })
                .into(),
            FourEyes::Frozen => {
                let mut frozen = Case::plain();
                frozen.record.frozen_since = Some(jiff::Timestamp::UNIX_EPOCH);
                vec![frozen, Case::with(ReasonCode::Frozen)]
            }
            FourEyes::ReadByPerson => vec![Case {
                content: None,
                ..Case::plain()
            }],
        };
        assert_eq!(Case::plain().four_eyes(), []);
        for why in [
            FourEyes::AddressChange,
            FourEyes::Attorney,
            FourEyes::Override,
            FourEyes::NewRepresentative,
            FourEyes::SecondReset,
            FourEyes::Frozen,
            FourEyes::Counter,
            FourEyes::ReadByPerson,
            FourEyes::Appeal,
        ] {
            for (place, case) in spoilt(why).iter().enumerate() {
                assert_eq!(case.four_eyes(), [why], "{why}, case {place}");
            }
        }
        // Another password does not lie behind a change of address.
        let change = Case {
            content: Some(content(Action::ChangeEmail)),
            recent_resets: 1,
            ..Case::plain()
        };
        assert_eq!(change.four_eyes(), [FourEyes::AddressChange]);
    }
}
