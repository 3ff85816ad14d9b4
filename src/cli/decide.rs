//! `clavero decide`: a dry run of the whole decision on files, against a registry in a file: verdict, petition read, signer
//! matched, outcome. Several files are judged in order, as if received one after another, so a replay shows.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::UNREADABLE;
use super::material_args::{self, Conditions, InputError, VerificationArgs};
use super::output::{self, ErrorObject, Line};
use crate::config;
use crate::decision::{Case, Circumstances, Decision, Reading, decide, elsewhere, passed_values};
use crate::domain::{Language, Outcome, PetitionNumber, Sha256};
use crate::extract::Extractor;
use crate::form;
use crate::reading::{self, KnownForm};
use crate::registry::{Registry, representatives};
use crate::verify::{self, Report};

/// Options of `decide`.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero decide petition.pdf --registry employers.csv --roots roots/ --crls lists/
  clavero decide first.pdf second.pdf --registry employers.csv --roots roots/ --at 2026-11-21T12:00:00Z

EXIT STATUS:
  0 all approved, 1 any refused, 2 otherwise, 3 unreadable input or wrong usage")]
pub struct DecideArgs {
    /// Signed documents, in the order in which they were received
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub files: Vec<PathBuf>,
    /// Table of employers and representatives (CSV)
    #[arg(long, value_name = "FILE", required_unless_present = "schema")]
    pub registry: Option<PathBuf>,
    /// Original document of a detached signature (.p7s)
    #[arg(long, value_name = "FILE")]
    pub original: Option<PathBuf>,
    /// Trust, evidence and time.
    #[command(flatten)]
    pub verification: VerificationArgs,
    /// One JSON object per line, which is the only form there is
    #[arg(long)]
    pub json: bool,
    /// Prints the JSON Schema of a line and judges nothing
    #[arg(long)]
    pub schema: bool,
}

/// Runs the command.
pub fn run(args: &DecideArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let Some(registry) = args.registry.as_deref().filter(|_| !args.schema) else {
        println!("{:#}", output::of_decide().as_value());
        return Ok(ExitCode::SUCCESS);
    };
    let conditions = match material_args::load(&args.verification) {
        Ok(conditions) => conditions,
        Err(error) => anyhow::bail!("{}", error.say(lang)),
    };
    let mut desk = Desk {
        lang,
        conditions,
        registry: read_registry(registry, lang)?,
        extractor: Extractor::own_binary().context("our own binary can't be found")?,
        used_values: BTreeSet::new(),
        used_numbers: BTreeSet::new(),
    };
    let original = match &args.original {
        Some(path) => Some(
            material_args::read_document(path).map_err(|error| anyhow::anyhow!(error.say(lang)))?,
        ),
        None => None,
    };
    let mut outcomes = Vec::new();
    for path in &args.files {
        let (line, outcome) = desk.judge(path, original.as_deref());
        println!("{line}");
        outcomes.push(outcome);
    }
    Ok(ExitCode::from(status(&outcomes)))
}

/// 3 unreadable, 1 any refused, 0 all approved, 2 otherwise.
fn status(outcomes: &[Option<Outcome>]) -> u8 {
    if outcomes.contains(&None) {
        UNREADABLE
    } else if outcomes.contains(&Some(Outcome::Refused)) {
        1
    } else {
        u8::from(outcomes.contains(&Some(Outcome::InReview))) * 2
    }
}

fn read_registry(path: &Path, lang: Language) -> anyhow::Result<Registry> {
    let file = File::open(path).with_context(|| format!("{}", path.display()))?;
    let mut registry = Registry::default();
    for row in representatives::rows(file).with_context(|| format!("{}", path.display()))? {
        let entry = row?.entry;
        if let Err(flaw) = entry.taken.and_then(|row| registry.add(row)) {
            let line = lang.pick("línea", "line");
            let flaw = lang.pick(flaw.spanish(), flaw.to_string());
            eprintln!("clavero: {}: {line} {}: {flaw}", path.display(), entry.line);
        }
    }
    Ok(registry)
}

/// Everything that files are judged with, and what has been used up by those before.
struct Desk {
    lang: Language,
    conditions: Conditions,
    registry: Registry,
    extractor: Extractor,
    used_values: BTreeSet<Sha256>,
    used_numbers: BTreeSet<PetitionNumber>,
}

impl Desk {
    /// One line of JSON, and the outcome unless the file is unreadable.
    fn judge(&mut self, path: &Path, original: Option<&[u8]>) -> (Value, Option<Outcome>) {
        let file = path.display().to_string();
        let bytes = match material_args::read_document(path) {
            Ok(bytes) => bytes,
            // Nothing was received, so nothing is decided.
            Err(error) => {
                let line = Line::of_nothing(file, ErrorObject::new(&error, self.lang));
                return (json!(line), None);
            }
        };
        let original = original.filter(|_| !bytes.starts_with(b"%PDF-"));
        let signed = match verify::open(&bytes, original) {
            Ok(signed) => signed,
            Err(error) => {
                let decision = Decision::unreadable(error.code());
                let error = InputError::new(error.code(), "");
                let line = Line {
                    error: Some(ErrorObject::new(&error, self.lang)),
                    ..Line::new(file, decision, None, self.lang)
                };
                return (json!(line), None);
            }
        };
        let report = self.conditions.conclude(&signed);
        let carrier = reading::carrier(&signed);
        let values = carrier.and_then(form::recognise);
        let known = values
            .as_ref()
            .zip(carrier)
            .map(|((values, length), carrier)| KnownForm {
                content: values.content.clone(),
                bytes: carrier.get(..*length).unwrap_or_default().to_vec(),
            });
        let reading = match reading::read(&signed, &report, known.as_ref(), &self.extractor) {
            Ok(reading) => reading,
            Err(error) => {
                let error = InputError::new("input.unreadable", error);
                let line = Line::of_nothing(file, ErrorObject::new(&error, self.lang));
                return (json!(line), None);
            }
        };
        let number = values.as_ref().map(|(values, _)| values.number.clone());
        let decision = self.decide(
            &report,
            &reading,
            number.as_ref(),
            values.as_ref().map(|(v, _)| v.expires_at),
        );
        if decision.outcome == Outcome::Approved {
            self.used_values.extend(passed_values(&report));
            self.used_numbers.extend(number);
        }
        let outcome = decision.outcome;
        (
            json!(Line::new(file, decision, Some(&report), self.lang)),
            Some(outcome),
        )
    }

    fn decide(
        &self,
        report: &Report,
        reading: &Reading,
        number: Option<&PetitionNumber>,
        expires_at: Option<Timestamp>,
    ) -> Decision {
        let asked = reading.content.as_ref();
        let employer = asked.and_then(|asked| self.registry.employer(&asked.ruc, &asked.branch));
        let at = self.conditions.at;
        let elsewhere = asked
            .filter(|_| employer.is_none())
            .and_then(|asked| elsewhere(report, asked, &self.registry.beside(&asked.ruc), at));
        let used = number.is_some_and(|number| self.used_numbers.contains(number))
            || passed_values(report)
                .iter()
                .any(|value| self.used_values.contains(value));
        let defaults = config::Petition::default();
        let clean = Circumstances::clean(
            // Nothing but a form has a term.
            expires_at.unwrap_or(Timestamp::MAX),
            SignedDuration::from_secs(defaults.letter_window_seconds),
            SignedDuration::from_secs(defaults.clock_tolerance_seconds),
        );
        decide(&Case {
            report,
            reading,
            expected: None,
            other_number: false,
            employer,
            circumstances: &Circumstances {
                elsewhere,
                used,
                ..clean
            },
            at,
        })
    }
}
