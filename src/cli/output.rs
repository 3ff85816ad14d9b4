//! What `verify --json` and `decide` write, as types: their JSON Schema (draft 2020-12) is made from them and printed by
//! `--schema`, so that it can't differ from what is written.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::material_args::InputError;
use crate::decision::{Decision, ReasonCode};
use crate::domain::{
    Action, BranchCode, EmailAddress, Language, LegalRepresentative, Outcome, PetitionSource, Ruc,
};
use crate::verify::Report;
use crate::verify::signer::Signer;
use crate::words;

/// The object that `clavero verify --json` writes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Verdict<'a> {
    /// The file was judged.
    Report(&'a Report),
    /// It could not be, and the exit status is 3.
    Error {
        /// Why.
        error: ErrorObject,
    },
}

/// An input that can't be used.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorObject {
    /// Stable code, explained by `clavero explain`.
    pub code: String,
    /// For people, in their language.
    pub message: String,
}

impl ErrorObject {
    /// The error in words.
    #[must_use]
    pub fn new(error: &InputError, lang: Language) -> Self {
        Self {
            code: error.code.clone(),
            message: error.say(lang),
        }
    }
}

/// One line that `clavero decide` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line<'a> {
    /// Path of the file as it was given.
    pub file: String,
    /// What was decided; nothing about a file that can't be read at all.
    pub outcome: Option<Outcome>,
    /// Codes of the reasons, the decisive ones first.
    pub codes: Vec<ReasonCode>,
    /// The same with the sentence people read.
    pub reasons: Vec<ReasonLine>,
    /// What the document asks for.
    pub petition: PetitionLine,
    /// Who signed.
    pub signer: Option<Signer>,
    /// The representative who was matched.
    pub representative: Option<LegalRepresentative>,
    /// The report, as `verify --json` writes it.
    pub report: Option<&'a Report>,
    /// Why there is no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// A reason in words.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReasonLine {
    /// Stable code.
    pub code: ReasonCode,
    /// Its sentence, in the language of the command.
    pub text: String,
}

/// A petition as it was read from signed bytes; nothing where nothing was read.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct PetitionLine {
    /// Form or letter.
    pub source: Option<PetitionSource>,
    /// RUC of the employer.
    pub ruc: Option<Ruc>,
    /// Its branch.
    pub branch: Option<BranchCode>,
    /// What is asked.
    pub action: Option<Action>,
    /// The new address of a change of e-mail.
    pub new_email: Option<EmailAddress>,
}

impl<'a> Line<'a> {
    /// The line of a decision.
    #[must_use]
    pub fn new(
        file: String,
        decision: Decision,
        report: Option<&'a Report>,
        lang: Language,
    ) -> Self {
        let reasons = decision.reasons.iter();
        Self {
            file,
            outcome: Some(decision.outcome),
            codes: reasons.clone().map(|reason| reason.code).collect(),
            reasons: reasons
                .map(|reason| ReasonLine {
                    code: reason.code,
                    text: words::sentence(reason, lang),
                })
                .collect(),
            petition: decision.content.map_or_else(
                || PetitionLine {
                    source: decision.source,
                    ..PetitionLine::default()
                },
                |content| PetitionLine {
                    source: decision.source,
                    ruc: Some(content.ruc),
                    branch: Some(content.branch),
                    action: Some(content.action),
                    new_email: content.new_email,
                },
            ),
            signer: decision.signer,
            representative: decision.representative,
            report,
            error: None,
        }
    }

    /// The line of a file that never arrived: nothing is decided about it.
    #[must_use]
    pub fn of_nothing(file: String, error: ErrorObject) -> Self {
        Self {
            file,
            outcome: None,
            codes: Vec::new(),
            reasons: Vec::new(),
            petition: PetitionLine::default(),
            signer: None,
            representative: None,
            report: None,
            error: Some(error),
        }
    }
}

/// The schema of `verify --json`.
#[must_use]
pub fn of_verify() -> Schema {
    schema_for!(Verdict<'static>)
}

/// The schema of one line of `decide`.
#[must_use]
pub fn of_decide() -> Schema {
    schema_for!(Line<'static>)
}
