//! `clavero reprocess`: makes the report about a decided document again, from the bytes and the evidence that were kept,
//! and says whether it is the very same. Nothing is asked of others and nothing is changed.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::operator::ensure_documents;
use super::serve::{ConfigArgs, Service, runtime};
use crate::config::Config;
use crate::domain::{Language, PetitionNumber};
use crate::intake::Reprocessed;

/// Options of `reprocess`.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero reprocess CLV-2026-000123-X --config clavero.toml
  clavero reprocess CLV-2026-000123-X --json

EXIT STATUS:
  0 the same report, 1 another one, 3 no such petition or nothing decided about it")]
pub struct ReprocessArgs {
    /// Number of a petition; several are taken one after another
    #[arg(value_name = "NUMBER", required = true)]
    pub numbers: Vec<PetitionNumber>,
    /// The service's configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Writes one JSON object per petition to standard output
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &ReprocessArgs, language: Language) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(args.config.config.as_deref())?;
    // Only what was kept counts.
    config.fetch.enabled = false;
    ensure_documents(&config)?;
    runtime()?.block_on(async {
        let service = Service::open(&config).await?;
        let mut same = true;
        for number in &args.numbers {
            let made = service.intake().reprocess(number).await?;
            same &= made.differences().is_empty();
            tell(number, &made, args.json, language);
        }
        service.intake().store().close().await;
        Ok(ExitCode::from(u8::from(!same)))
    })
}

fn tell(number: &PetitionNumber, made: &Reprocessed, json: bool, language: Language) {
    let differences = made.differences();
    if json {
        let object = serde_json::json!({
            "number": number,
            "sha256": made.document,
            "received_at": made.received_at,
            "answers": made.answers,
            "same": differences.is_empty(),
            "differences": differences,
            "report": made.now,
        });
        println!("{object}");
        return;
    }
    if differences.is_empty() {
        let answers = made.answers;
        let said = language.pick(
            format!("el mismo informe, con {answers} respuestas de revocación guardadas"),
            format!("the same report, with {answers} answers about revocation that were kept"),
        );
        println!("✓ {number}: {said}");
        return;
    }
    let places = differences.len();
    let said = language.pick(
        format!("el informe cambió en {places} partes"),
        format!("the report changed in {places} places"),
    );
    println!("✗ {number}: {said}");
    for place in &differences {
        println!("  {place}");
        for (mark, report) in [('-', &made.recorded), ('+', &made.now)] {
            let value = report.as_ref().and_then(|report| report.pointer(place));
            println!("    {mark} {}", value.unwrap_or(&Value::Null));
        }
    }
}
