//! The decision table: every fact about petition, signer and employer that a decision can rest on, with the reason and the
//! outcome it leads to. A decision is the worst of its facts' outcomes. The README shows this table, and a test fails
//! when the two differ; there is no way to a reason but through a row, so the table is complete by construction.

use std::fmt::Write;

use super::reasons::{Reason, ReasonCode};
use crate::domain::Outcome;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which question it answers: signature, petition, signer, certificate, employer.
    pub question: &'static str,
    /// When it applies, in words.
    pub when: String,
    /// The reason it gives.
    pub code: ReasonCode,
    /// What it alone leads to.
    pub outcome: Outcome,
}

macro_rules! facts {
    ($(#[$doc:meta])* $name:ident: $question:literal {
        $( $variant:ident = $when:literal => $code:ident, $outcome:ident; )+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( #[doc = $when] $variant, )+ }

        impl $name {
            /// Every fact of this kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The fact as a line of the table.
            #[must_use]
            pub fn row(self) -> Row {
                let (when, code, outcome) = match self {
                    $( Self::$variant => ($when, ReasonCode::$code, Outcome::$outcome), )+
                };
                Row { question: $question, when: when.to_owned(), code, outcome }
            }

            /// The reason it gives, still without values for its sentence.
            #[must_use]
            pub fn reason(self) -> Reason {
                let Row { code, outcome, .. } = self.row();
                Reason::new(code, outcome)
            }
        }
    };
}

facts! {
    /// Why a file can't be judged at all.
    FileFact: "file" {
        NotSigned = "neither a PDF nor a signed message" => NotAPdf, Refused;
        PrivateKey = "the key that somebody signs with; it is not even kept" => PrivateKey, Refused;
        Archive = "an archive" => Archive, Refused;
        Office = "a document of an office program" => OfficeFile, Refused;
        Mail = "a mail, signed or not" => MailMessage, Refused;
        Damaged = "it ends too early or can't be read" => Damaged, Refused;
        TooComplex = "beyond the limits of what is read" => TooComplex, InReview;
    }
}

facts! {
    /// What the document and its number say against acting on it (DESIGN D, E, F).
    PetitionFact: "petition" {
        Used = "the number or one of the signature values has had its effect" => AlreadyUsed, Refused;
        Late = "the life of the number had ended at reception" => PetitionExpired, Refused;
        OtherRuc = "the document names another RUC than the number was issued for" => RucMismatch, Refused;
        OtherForm = "it is the form of another number" => WrongForm, Refused;
        Encrypted = "it is encrypted, even if anybody can open it" => Encrypted, Refused;
        Frozen = "somebody answered «no fui yo»" => Frozen, InReview;
        RevokedSince = "its signer's certificate was revoked after reception, before this decision" => CertRevokedSince, InReview;
        Added = "something other than signatures stands behind the form" => ExtraRevision, InReview;
        Covered = "a visible signature lies over the printed values" => ValuesCovered, InReview;
        DrawnOver = "somebody unknown to the registry signed visibly too, or a timestamp shows something" => OtherSignature, InReview;
        NotAllMayAsk = "a letter that somebody signed too who may not ask for this: nobody can tell whose it is" => OtherSignature, InReview;
        OtherPurpose = "a signature says that it was made for something else: for receipt, as a witness, against what it signs; or beside a letter its place, contact, name or role say more than that" => SignedForOtherPurpose, InReview;
        Unreadable = "the text of a letter could not be extracted" => TooComplex, InReview;
        Hidden = "a letter with text that a reader would not see" => HiddenText, InReview;
        Unclear = "a letter that can't be read without doubt" => LetterUnclear, InReview;
        LetterForOther = "a letter that names another company than the registered one" => LetterForOther, InReview;
        LetterForAddress = "a letter that asks for another address" => LetterChangesEmail, InReview;
        LetterWithAddress = "a letter that names an address other than the one on file" => LetterNamesOtherEmail, InReview;
        LetterMailboxLost = "a letter that says that the address on file is out of reach or old" => LetterMailboxLost, InReview;
        LetterDrawn = "a letter in fonts that it brings along: what they show need not be what they say" => LetterOwnFonts, InReview;
        LetterOrnate = "a letter with more than plain text that every reader shows alike" => LetterNotPlain, InReview;
        LetterOld = "a letter signed longer ago than the window" => LetterTooOld, InReview;
        LetterUndated = "a letter without a signing time" => LetterUndated, InReview;
        LetterAhead = "a letter whose signing time is ahead of our clock" => ClockAhead, InReview;
    }
}

facts! {
    /// How whoever signed stands to the employer, the closest first: of several signers the closest one counts.
    Standing: "signer" {
        Sole = "a registered representative in office who signs alone" => MatchedRepresentative, Approved;
        JointComplete = "as many joint representatives in office as are required, each once, in any order" => MatchedRepresentative, Approved;
        OwnRuc = "the natural person or household employer whose cédula the RUC is built on" => MatchedOwnRuc, Approved;
        OtherPost = "a registered representative in office whose post is none that is known to represent" => PostUnrecognised, InReview;
        JointIncomplete = "a joint representative in office, or beside `REPRESENTATION_ENDED` one whose power goes on past its term, and too few others" => JointSignatureMissing, InReview;
        Attorney = "an attorney in office whose power covers the petition, or does not say what it covers" => Attorney, InReview;
        BesideLiquidator = "an administrator in office, while a liquidator is too" => LiquidatorInOffice, InReview;
        Holdover = "a representative whose term ended, and nobody is registered in the same post since (funciones prorrogadas)" => RepresentationEnded, InReview;
        Early = "a representative whose term has not begun" => RepresentationNotStarted, InReview;
        NewPower = "an attorney whose power has ended or covers other things, with a power attached" => AppointmentAttached, InReview;
        NewTerm = "a representative whose term ended, with a registered successor in office, with an appointment attached" => AppointmentAttached, InReview;
        OutOfScope = "an attorney whose power covers other things" => PowerLacksScope, Refused;
        PowerEnded = "an attorney whose power has ended" => PowerEnded, Refused;
        Succeeded = "a representative whose term ended, with a successor in the same post or a liquidator in office" => RepresentationEnded, Refused;
        NameOnly = "somebody with the name of a representative and another document number" => NameMatchOnly, InReview;
        NewlyAppointed = "nobody the registry knows, with an appointment (nombramiento) attached" => AppointmentAttached, InReview;
        NobodyRegistered = "nobody the registry knows, and it knows no person in office for this company" => RepresentativeUnknown, InReview;
        Stranger = "nobody the registry knows" => SignerNotRepresentative, Refused;
    }
}

facts! {
    /// What the certificate says about its holder (PRODUCT §1.5, S16, S19).
    CertificateFact: "certificate" {
        NotAPerson = "a seal, a timestamp or another class that no person signs with" => CertClass, Refused;
        OfficerForCompany = "a public officer's certificate for something other than a public body" => CertClass, Refused;
        StrangerOfOther = "it names another employer, and its holder is not registered here" => RucMismatch, Refused;
        RepresentativeOfOther = "it names another employer, and its holder is registered here too" => RucMismatch, InReview;
        UnreadableRuc = "what stands where it names an employer can't be read as a RUC" => RucMismatch, InReview;
        OtherName = "its number is a registered representative's, and its name is another one" => NumberMatchOnly, InReview;
        NoDocument = "no identity document can be read from it" => IdentityUnreadable, InReview;
        UnknownClass = "its class is in no table" => CertClassUnknown, InReview;
    }
}

facts! {
    /// What the registry says about the employer. Asked only once the signature has passed (PRODUCT S04).
    EmployerFact: "employer" {
        NoAddress = "a password is asked for, and no e-mail is on file" => NoEmail, Refused;
        OtherBranch = "in the registry with other branches, and not with this one" => BranchUnknown, Refused;
        OtherBranchRead = "the same, and the branch was read from a letter" => BranchUnknown, InReview;
        OtherEnding = "not in the registry, and the signer's own cédula is with the other ending (`000`, `001`)" => BranchUnknown, Refused;
        NotRegistered = "not in the registry" => RegistryMissing, InReview;
        NotActive = "in the registry, and suspended or closed" => EmployerNotActive, InReview;
    }
}

/// The whole table, in the order in which a person would ask.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = FileFact::ALL.iter().map(|fact| fact.row()).collect();
    rows.extend(super::verdict::rows());
    rows.extend(PetitionFact::ALL.iter().map(|fact| fact.row()));
    rows.extend(Standing::ALL.iter().map(|fact| fact.row()));
    rows.extend(CertificateFact::ALL.iter().map(|fact| fact.row()));
    rows.extend(EmployerFact::ALL.iter().map(|fact| fact.row()));
    rows
}

/// The table as the README shows it (GitHub's Markdown).
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| question | when | outcome | reason |\n|---|---|---|---|\n");
    let mut last = "";
    for row in rows() {
        let question = if row.question == last {
            ""
        } else {
            row.question
        };
        last = row.question;
        let outcome = match row.outcome {
            Outcome::Approved => "**approved**",
            Outcome::InReview => "in review",
            Outcome::Refused => "refused",
        };
        let (when, code) = (row.when, row.code.as_str());
        let _ = writeln!(text, "| {question} | {when} | {outcome} | `{code}` |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- decision table: begin -->\n";
    const END: &str = "<!-- decision table: end -->";

    /// `CLAVERO_WRITE_README=1 cargo test decision::table` writes it.
    #[test]
    fn the_readme_shows_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let (before, rest) = readme
            .split_once(BEGIN)
            .expect("the README has a place for it");
        let (shown, after) = rest.split_once(END).expect("and an end of it");
        if std::env::var_os("CLAVERO_WRITE_README").is_some() {
            std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", markdown())).unwrap();
            return;
        }
        assert_eq!(
            shown,
            markdown(),
            "CLAVERO_WRITE_README=1 cargo test decision::table"
        );
    }

    #[test]
    fn every_reason_has_a_row_and_only_three_rows_approve() {
        let rows = rows();
        for code in ReasonCode::ALL {
            assert!(
                rows.iter().any(|row| row.code == *code),
                "{code:?} is in no row"
            );
        }
        let approving: Vec<&str> = rows
            .iter()
            .filter(|row| row.outcome == Outcome::Approved)
            .map(|row| row.question)
            .collect();
        assert_eq!(approving, ["signer"; 3]);
    }
}
