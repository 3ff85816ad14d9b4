//! `clavero explain`: what a code means, whose rule it is, and what to do next.

use std::process::ExitCode;

use clap::Args;

use super::material_args::InputError;
use crate::domain::{Language, Text};
use crate::explain::{self, Entry};
use crate::words;

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero explain chain.expired
  clavero explain CERT_REVOKED --lang en
  clavero explain --all")]
pub struct ExplainArgs {
    /// Code of a finding (chain.expired), of a decision's reason (CERT_EXPIRED) or of an unreadable input (pdf.truncated)
    #[arg(value_name = "CODE", required_unless_present = "all")]
    pub codes: Vec<String>,
    /// Every code there is
    #[arg(long)]
    pub all: bool,
}

/// Runs the command.
#[must_use]
pub fn run(args: &ExplainArgs, lang: Language) -> ExitCode {
    let mut entries = if args.all { explain::all() } else { Vec::new() };
    for code in &args.codes {
        match explain::entry(code) {
            Some(entry) => entries.push(entry),
            None => {
                return super::verify::fail(
                    &InputError::new("input.no_such_code", code),
                    false,
                    lang,
                );
            }
        }
    }
    let texts: Vec<String> = entries.iter().map(|entry| text(entry, lang)).collect();
    println!("{}", texts.join("\n\n"));
    ExitCode::SUCCESS
}

fn text(entry: &Entry, lang: Language) -> String {
    let meaning = match lang {
        Language::Es => &entry.es,
        Language::En => &entry.en,
    };
    let mut lines = vec![entry.code.to_owned(), format!("  {meaning}")];
    if let Some(step) = entry.next_step {
        lines.push(format!("  → {}", step.say(lang)));
    }
    if !entry.outcomes.is_empty() {
        let outcomes = entry.outcomes.iter().map(|one| words::outcome(*one));
        let outcomes: Vec<&str> = outcomes.map(|text| text.say(lang)).collect();
        let word = say("resultado", "outcome", lang);
        let or = say(" o ", " or ", lang);
        lines.push(format!("  {word}: {}", outcomes.join(or)));
    }
    let standard = entry.standard.map(str::to_owned);
    let weight = entry
        .severity
        .map(|severity| format!("{} {}", say("peso", "weight", lang), word(&severity)));
    let indication = entry
        .sub_indication
        .map(|sub| format!("ETSI EN 319 102-1 {}", word(&sub)));
    let rest: Vec<String> = [standard, weight, indication]
        .into_iter()
        .flatten()
        .collect();
    if !rest.is_empty() {
        lines.push(format!("  {}", rest.join(" · ")));
    }
    lines.join("\n")
}

fn say(es: &'static str, en: &'static str, lang: Language) -> &'static str {
    Text::new(es, en).say(lang)
}

/// A value as the JSON report writes it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
