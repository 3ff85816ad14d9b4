//! A case (*expediente*): a petition that the machine could not decide, until a person has. The words of the back office:
//! where a case stands, what a person may decide and by which reasons, and what needs a second pair of eyes.

use super::closed_list;

/// A word outside a closed list of the back office.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word: {0}")]
pub struct UnknownCaseWord(String);

closed_list!(
    /// How a case came about.
    CaseKind, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// The machine sent a document to a person.
        Petition = "petition",
        /// The company appeals against a refusal: somebody else looks again.
        Appeal = "appeal",
        /// A person stands at the counter (*atención presencial*).
        Counter = "counter",
    }
);

closed_list!(
    /// Whom or what a case waits for.
    Phase, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// Any reviewer.
        First = "first",
        /// A second person, who does not see what the first one decided.
        Second = "second",
        /// A supervisor: it was escalated, or two persons disagreed.
        Supervisor = "supervisor",
        /// The company, which was asked for something.
        Completion = "completion",
        /// Nobody any more.
        Closed = "closed",
    }
);

closed_list!(
    /// What somebody did with a case.
    CaseAct, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// Would approve.
        Approve = "approve",
        /// Would refuse.
        Refuse = "refuse",
        /// Asked the company for something.
        Complete = "complete",
        /// Passed it to a supervisor.
        Escalate = "escalate",
        /// Left a note for whoever takes it next, and gave it back.
        HandOver = "hand_over",
        /// Appealed (the company).
        Appeal = "appeal",
    }
);

/// Declares the reasons, grouped by what they are given for.
macro_rules! reasons {
    ($($act:ident { $($(#[$doc:meta])* $variant:ident = $word:literal;)+ })+) => {
        closed_list!(
            /// Why a person decided so. The list is closed: nothing is decided by free text alone (PRODUCT threat 17). In the order
            /// of the screens.
            ReviewReason, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
                $($($(#[$doc])* $variant = $word,)+)+
            }
        );

        impl ReviewReason {
            /// What it is a reason for.
            #[must_use]
            pub fn act(self) -> CaseAct {
                match self { $($(Self::$variant)|+ => CaseAct::$act,)+ }
            }
        }
    };
}

reasons! {
    Approve {
        /// The power was read and covers what is asked.
        PowerRead = "power_read";
        /// The appointment is in the public register.
        AppointmentRegistered = "appointment_registered";
        /// The term ended, and nobody followed (*funciones prorrogadas*).
        StillInOffice = "still_in_office";
        /// The CA was asked: the certificate was in force.
        CertificateConfirmed = "certificate_confirmed";
        /// The document and the register name the same person.
        SamePerson = "same_person";
        /// The letter leaves no doubt to a reader.
        LetterClear = "letter_clear";
        /// What was added does not change what was signed.
        AdditionHarmless = "addition_harmless";
        /// The representative confirmed that it was they who asked.
        OwnerConfirmed = "owner_confirmed";
        /// The five documents were seen at the counter.
        DossierComplete = "dossier_complete";
    }
    Refuse {
        /// The signer does not represent the employer.
        NotRepresentative = "not_representative";
        /// The power does not cover what is asked, or has ended.
        PowerInsufficient = "power_insufficient";
        /// The appointment is not in the public register.
        AppointmentNotRegistered = "appointment_not_registered";
        /// The signature, the certificate or the document did not pass.
        SignatureNotValid = "signature_not_valid";
        /// Nobody could say that the certificate was in force.
        CertificateNotConfirmed = "certificate_not_confirmed";
        /// Nobody can tell what is asked.
        PetitionUnclear = "petition_unclear";
        /// The representative says that it was not they who asked.
        OwnerDenies = "owner_denies";
        /// The employer is suspended or closed.
        EmployerNotActive = "employer_not_active";
        /// The RUC is not that of the employer: mistyped, or somebody else's.
        WrongRuc = "wrong_ruc";
        /// A document of the dossier is missing or not right.
        DossierIncomplete = "dossier_incomplete";
    }
    Complete {
        /// The appointment with the entry of the register.
        AppointmentWanted = "appointment_wanted";
        /// The power of attorney.
        PowerWanted = "power_wanted";
        /// The signature of the other representative.
        SecondSignatureWanted = "second_signature_wanted";
        /// The form instead of a letter.
        FormWanted = "form_wanted";
        /// The same document signed again, with a certificate in force.
        FreshSignatureWanted = "fresh_signature_wanted";
    }
    Escalate {
        /// Doubts about who the person is.
        IdentityDoubt = "identity_doubt";
        /// It looks like fraud.
        FraudSuspected = "fraud_suspected";
        /// A question of law.
        LegalQuestion = "legal_question";
        /// The reviewer knows the people.
        PersonalTie = "personal_tie";
        /// Something does not work.
        TechnicalProblem = "technical_problem";
    }
}

closed_list!(
    /// Why a case needs two persons who decide alike (*cuatro ojos*).
    FourEyes, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// An address is changed.
        AddressChange = "address_change",
        /// Whoever signed is an attorney.
        Attorney = "attorney",
        /// An approval would stand against something the machine could not pass or would have refused.
        Override = "override",
        /// The registry does not know the signer yet.
        NewRepresentative = "new_representative",
        /// The second reset within thirty days, of those that people decide (PRODUCT §3.1 lists what they see, and it is not among
        /// the reasons for seeing it). The machine approves a clean one all the same: its link goes to the address on file and
        /// to nobody else (DESIGN E), every contact hears of it with a way to stop it (PRODUCT threat 2), and who has both the
        /// signer's key and the mailbox got everything with the first one. Whom a review would stop for a day is the owner who
        /// takes the account back from whoever made that first one. What may make a second one dangerous, an address changed in
        /// between or a «no fui yo», waits or brings people for its own sake.
        SecondReset = "second_reset",
        /// Somebody answered «no fui yo».
        Frozen = "frozen",
        /// A person at the counter.
        Counter = "counter",
        /// What is asked was read by a person, not by the machine.
        ReadByPerson = "read_by_person",
        /// The company appealed.
        Appeal = "appeal",
    }
);

closed_list!(
    /// What forbids an approval, by whomever (DESIGN C).
    Barrier, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// The document could not be examined at all.
        Unexamined = "unexamined",
        /// A signature failed: integrity, chain or revocation.
        SignatureFailed = "signature_failed",
        /// Integrity or origin of a signature could not be established.
        SignatureUnproven = "signature_unproven",
        /// A fact that no person can change: used before, expired, of another number.
        HardFact = "hard_fact",
        /// What a person read in the document is not what its number was issued for.
        OtherPetition = "other_petition",
        /// The registry does not know the employer.
        NoEmployer = "no_employer",
        /// There is no address on file to send the link to.
        NoAddress = "no_address",
    }
);

closed_list!(
    /// The five documents of a visit in person (PRODUCT S39), in the order in which they are asked for.
    DossierItem, UnknownCaseWord, |word| UnknownCaseWord(word.to_owned()), {
        /// Identity card of the person at the counter.
        Cedula = "cedula",
        /// The RUC, in the state "Activa".
        Ruc = "ruc",
        /// The appointment (*turno*) for this visit.
        Turn = "turn",
        /// The letter that asks for the password.
        Letter = "letter",
        /// The nombramiento of the representative.
        Nombramiento = "nombramiento",
    }
);

/// What a file beside the signed document was kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(into = "&'static str")]
pub enum AttachmentKind {
    /// An appointment (nombramiento) or a power of attorney, from whoever holds the secret of the petition.
    Appointment,
    /// One of the five documents of the counter.
    Dossier(DossierItem),
}

impl AttachmentKind {
    /// The word of the database and of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Dossier(item) => item.as_str(),
        }
    }
}

impl From<AttachmentKind> for &'static str {
    fn from(kind: AttachmentKind) -> Self {
        kind.as_str()
    }
}

impl std::str::FromStr for AttachmentKind {
    type Err = UnknownCaseWord;

    fn from_str(word: &str) -> Result<Self, UnknownCaseWord> {
        if word == Self::Appointment.as_str() {
            return Ok(Self::Appointment);
        }
        word.parse().map(Self::Dossier)
    }
}

impl Phase {
    /// Whether somebody of the back office must act.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::First | Self::Second | Self::Supervisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_attached_reads_back() {
        let dossier = DossierItem::ALL.iter().copied();
        let kinds = dossier.map(AttachmentKind::Dossier);
        for kind in kinds.chain([AttachmentKind::Appointment]) {
            assert_eq!(kind.as_str().parse().ok(), Some(kind));
        }
        assert!("selfie".parse::<AttachmentKind>().is_err());
    }

    #[test]
    fn every_act_that_needs_a_reason_has_some_to_choose_from_by_one_digit() {
        for act in [
            CaseAct::Approve,
            CaseAct::Refuse,
            CaseAct::Complete,
            CaseAct::Escalate,
        ] {
            // That of an incomplete dossier is offered at the counter alone, where most others are not.
            let reasons = ReviewReason::ALL
                .iter()
                .filter(|one| one.act() == act && **one != ReviewReason::DossierIncomplete);
            assert!((1..=9).contains(&reasons.count()), "{act}");
        }
    }
}
