//! `clavero evidence`: everything a decision rests on, as one file, and whether such a file says the truth.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use futures::TryStreamExt;
use serde_json::json;

use super::operator::{NewFile, actor, ensure_documents, now};
use super::serve::{ConfigArgs, Service, runtime};
use crate::config::Config;
use crate::domain::{Event, Language, PetitionNumber, calendar};
use crate::evidence_package::archive::ArchiveError;
use crate::evidence_package::{Checked, Fault, check};
use crate::extract::Extractor;
use crate::material;
use crate::words;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "evidence",
        "Paquetes de evidencia: todo aquello en que se apoya una decisión, en un solo archivo",
    ),
    (
        "evidence export",
        "Escribe el paquete de evidencia de un trámite decidido",
    ),
    (
        "evidence export!",
        "Ejemplo:
  clavero evidence export CLV-2026-000123-X --out evidencia.zip --config clavero.toml

Contiene datos personales. Que se exportó queda escrito en la bitácora.

Estado de salida: 0 escrito, 3 no hay tal trámite o no está decidido",
    ),
    ("evidence export.number", "Número de trámite"),
    (
        "evidence export.out",
        "Archivo que se escribe; no debe existir",
    ),
    ("evidence export.config", "Archivo de configuración (TOML)"),
    (
        "evidence verify",
        "Comprueba un paquete sin red: vuelve a validar y a decidir con lo que contiene, y compara",
    ),
    (
        "evidence verify!",
        "Ejemplos:
  clavero evidence verify evidencia.zip
  clavero evidence verify evidencia.zip --seal sello.pem --json

Estado de salida: 0 dice la verdad, 1 algo no concuerda, 3 archivo ilegible",
    ),
    ("evidence verify.files", "El paquete (.zip), o varios"),
    (
        "evidence verify.seal",
        "Certificado del operador (PEM o DER): el paquete debe llevar su sello",
    ),
    (
        "evidence verify.json",
        "Escribe en la salida exactamente un objeto JSON por paquete",
    ),
];

/// Options of `evidence`.
#[derive(Debug, Clone, Args)]
pub struct EvidenceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EvidenceCommand,
}

/// The commands of `evidence`.
#[derive(Debug, Clone, Subcommand)]
pub enum EvidenceCommand {
    /// Writes the evidence package of a decided petition
    #[command(after_help = "EXAMPLE:
  clavero evidence export CLV-2026-000123-X --out evidence.zip --config clavero.toml

It contains personal data. That somebody exported is written into the audit log.

EXIT STATUS: 0 written, 3 no such petition or nothing decided about it")]
    Export(ExportArgs),
    /// Checks a package without network: validates and decides again from what it holds, and compares
    #[command(after_help = "EXAMPLES:
  clavero evidence verify evidence.zip
  clavero evidence verify evidence.zip --seal seal.pem --json

EXIT STATUS: 0 it says the truth, 1 something does not fit, 3 unreadable file")]
    Verify(VerifyArgs),
}

/// Options of `evidence export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Number of the petition
    #[arg(value_name = "NUMBER")]
    pub number: PetitionNumber,
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `evidence verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// The package (.zip), or several
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The operator's certificate (PEM or DER): the package must bear its seal
    #[arg(long, value_name = "FILE")]
    pub seal: Option<PathBuf>,
    /// Writes exactly one JSON object to standard output for each package
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &EvidenceArgs, language: Language) -> anyhow::Result<ExitCode> {
    match &args.command {
        EvidenceCommand::Export(args) => export(args),
        EvidenceCommand::Verify(args) => verify(args, language),
    }
}

fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(args.config.config.as_deref())?;
    // Only what was kept counts.
    config.fetch.enabled = false;
    ensure_documents(&config)?;
    runtime()?.block_on(async {
        let service = Service::open(&config).await?;
        let intake = service.intake();
        let package = intake.evidence_package(&args.number).await?;
        let facts = json!({ "bytes": package.bytes() });
        let mut file = NewFile::create(&args.out)?;
        let mut pieces = package.into_pieces();
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece)?;
        }
        file.finish()?;
        let (store, number) = (intake.store(), args.number.as_str());
        store
            .note(now(), &actor(), number, Event::EvidenceExported, &facts)
            .await?;
        store.close().await;
        println!("✓ {} → {}", args.number, args.out.display());
        Ok(ExitCode::SUCCESS)
    })
}

fn verify(args: &VerifyArgs, language: Language) -> anyhow::Result<ExitCode> {
    let pinned = match &args.seal {
        Some(file) => {
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            let certificates = material::read_certificates(&bytes)?;
            Some(certificates.into_iter().next().context("no certificate")?)
        }
        None => None,
    };
    let extractor = Extractor::own_binary().context("our own binary can't be found")?;
    let mut all_hold = true;
    for file in &args.files {
        let named = || file.display().to_string();
        let opened = File::open(file).with_context(named)?;
        let result = check(opened, &extractor).and_then(|checked| {
            if pinned.is_some() && checked.sealed_by != pinned {
                return Err(Fault::Seal);
            }
            Ok(checked)
        });
        if let Err(Fault::Archive(ArchiveError::Unreadable(kind))) = &result {
            return Err(io::Error::from(*kind)).with_context(named);
        }
        if let Err(fault @ (Fault::Unread(_) | Fault::Archive(ArchiveError::NoArchive))) = &result {
            anyhow::bail!("{}: {}", named(), sentence(fault, language));
        }
        all_hold &= result.is_ok();
        match &result {
            Ok(checked) if args.json => println!("{}", object(checked)),
            Ok(checked) => tell(checked, language),
            Err(fault) if args.json => {
                println!("{}", json!({ "holds": false, "fault": fault.to_string() }));
            }
            Err(fault) => println!("✗ {}", sentence(fault, language)),
        }
    }
    Ok(ExitCode::from(u8::from(!all_hold)))
}

fn object(checked: &Checked) -> serde_json::Value {
    let facts = &checked.facts;
    json!({
        "holds": true,
        "number": facts.number,
        "document": facts.document,
        "received_at": facts.received_at,
        "conclusion": checked.report.as_ref().map(|report| report.conclusion),
        "outcome": checked.decision.outcome,
        "codes": checked.decision.codes(),
        "files": checked.files,
        "audit": { "rows": checked.rows, "head": checked.head },
        "seal_had_ended": checked.seal_had_ended(),
        "sealed_by": checked.sealed_by.as_ref().map(crate::verify::Certificate::facts),
    })
}

fn tell(checked: &Checked, language: Language) {
    let facts = &checked.facts;
    let received = calendar::second_in(language, facts.received_at);
    let outcome = checked.decision.outcome;
    let codes = checked.decision.codes().join(", ");
    let seal = checked
        .sealed_by
        .as_ref()
        .map(crate::verify::Certificate::facts);
    let (rows, seq) = (checked.rows, checked.head.seq);
    match language {
        Language::Es => {
            println!("✓ {}: el mismo informe y la misma decisión", facts.number);
            println!("  documento  {}", facts.document);
            println!("  recibido   {received}");
            println!("  decisión   {} ({codes})", words::outcome(outcome).es);
            println!(
                "  bitácora   {rows} filas hasta la {seq}, {}",
                checked.head.hash
            );
            match seal {
                Some(facts) => {
                    println!("  sello      {} · SHA-256 {}", facts.subject, facts.sha256)
                }
                None => println!("  sello      ninguno"),
            }
            if let Some(end) = checked.seal_had_ended() {
                let day = calendar::day_in(language, end);
                println!(
                    "  nota       el certificado del sello había caducado el {day}, antes de sellar: el sello no prueba de quién es el paquete"
                );
            }
        }
        Language::En => {
            println!("✓ {}: the same report and the same decision", facts.number);
            println!("  document   {}", facts.document);
            println!("  received   {received}");
            println!("  decision   {outcome} ({codes})");
            println!(
                "  audit log  {rows} rows up to {seq}, {}",
                checked.head.hash
            );
            match seal {
                Some(facts) => {
                    println!("  seal       {} · SHA-256 {}", facts.subject, facts.sha256)
                }
                None => println!("  seal       none"),
            }
            if let Some(end) = checked.seal_had_ended() {
                let day = calendar::day_in(language, end);
                println!(
                    "  note       the seal's certificate had ended on {day}, before it sealed: the seal does not prove whose package it is"
                );
            }
        }
    }
}

fn sentence(fault: &Fault, language: Language) -> String {
    if language == Language::En {
        return fault.to_string();
    }
    match fault {
        Fault::Archive(ArchiveError::TooLarge) => {
            "es más grande de lo que puede ser un paquete".to_owned()
        }
        Fault::Archive(ArchiveError::NoArchive) => "no es un paquete".to_owned(),
        Fault::Archive(ArchiveError::Form(near)) if near.is_empty() => {
            "no es un archivo con la forma de un paquete".to_owned()
        }
        Fault::Archive(ArchiveError::Form(near)) => {
            format!("el archivo fue alterado (cerca de {near})")
        }
        Fault::Archive(ArchiveError::Changed(name)) => format!("{name} fue alterado"),
        Fault::Archive(ArchiveError::Unreadable(kind)) => format!("no se puede leer: {kind}"),
        Fault::NotAsListed(name) => format!("{name} no es lo que dice el manifiesto"),
        Fault::Unreadable(name) => format!("{name} no se puede leer"),
        Fault::Unread(why) => format!("la carta no se pudo leer en esta máquina: {why}"),
        Fault::Seal => "el sello no corresponde a este manifiesto o a este operador".to_owned(),
        Fault::Trust => "confianza/ no contiene las raíces que se usaron".to_owned(),
        Fault::Document => "documento no es el que se decidió".to_owned(),
        Fault::Report(places) => format!("el informe sale distinto en {}", places.join(", ")),
        Fault::Decision(places) => format!("la decisión sale distinta en {}", places.join(", ")),
        Fault::Audit(row) => format!("la fila {row} de bitacora.jsonl no encaja"),
        Fault::Fixed => "la bitácora fijó otra evidencia para este trámite".to_owned(),
    }
}
