//! `clavero verify`: validates one PDF, `.p7m` or `.p7s` offline, as a table for people or as one JSON object.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::material_args::{self, InputError, VerificationArgs};
use super::output::{self, ErrorObject, Verdict};
use crate::domain::{Language, calendar};
use crate::explain;
use crate::summary;
use crate::verify;
use crate::verify::report::{
    Conclusion, Coverage, Finding, Integrity, Modifications, Report, Severity, SignatureKind,
    SignatureReport,
};
use crate::web;

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero verify petition.pdf --roots roots/ --intermediates intermediates/ --crls lists/
  clavero verify petition.p7s --original petition.pdf --roots roots/ --crls lists/
  clavero verify petition.pdf --roots roots/ --at 2026-11-21T12:00:00Z --revocation none --json

EXIT STATUS:
  0 passed, 1 failed, 2 indeterminate, 3 unreadable input or wrong usage")]
pub struct VerifyArgs {
    /// Signed document: PDF, .p7m or .p7s
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub file: Option<PathBuf>,
    /// Original document of a detached signature (.p7s)
    #[arg(long, value_name = "FILE")]
    pub original: Option<PathBuf>,
    /// Trust, evidence and time.
    #[command(flatten)]
    pub verification: VerificationArgs,
    /// Writes exactly one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Also writes a one-page report for people: FILE.html or FILE.pdf
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Prints the JSON Schema of --json and judges nothing
    #[arg(long)]
    pub schema: bool,
}

/// Runs the command.
#[must_use]
pub fn run(args: &VerifyArgs, lang: Language) -> ExitCode {
    let Some(file) = args.file.as_deref().filter(|_| !args.schema) else {
        println!("{:#}", output::of_verify().as_value());
        return ExitCode::SUCCESS;
    };
    match judge(args, file) {
        Ok((report, at)) => {
            if let Some(error) = args
                .report
                .as_deref()
                .and_then(|page| write_page(page, file, &report, at, lang).err())
            {
                return fail(&error, args.json, lang);
            }
            if args.json {
                match serde_json::to_string(&Verdict::Report(&report)) {
                    Ok(json) => println!("{json}"),
                    Err(error) => return fail(&InputError::new("internal", error), true, lang),
                }
            } else {
                print!("{}", human(file, &report, at, lang));
            }
            ExitCode::from(match report.conclusion {
                Conclusion::Passed => 0,
                Conclusion::Failed => 1,
                Conclusion::Indeterminate => 2,
            })
        }
        Err(error) => fail(&error, args.json, lang),
    }
}

fn judge(args: &VerifyArgs, file: &Path) -> Result<(Report, Timestamp), InputError> {
    let bytes = material_args::read_document(file)?;
    let original = args
        .original
        .as_deref()
        .map(material_args::read_document)
        .transpose()?;
    let signed = verify::open(&bytes, original.as_deref())
        .map_err(|error| InputError::new(error.code(), file.display()))?;
    let conditions = material_args::load(&args.verification)?;
    let report = conditions.conclude(&signed);
    Ok((report, conditions.at))
}

/// The one-page report, as HTML or PDF by the name of the file.
fn write_page(
    page: &Path,
    file: &Path,
    report: &Report,
    at: Timestamp,
    lang: Language,
) -> Result<(), InputError> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let summary = summary::summary(&name, report, at, lang);
    let internal = |error: &dyn std::fmt::Display| InputError::new("internal", error);
    let extension = page.extension().map(OsStr::to_ascii_lowercase);
    let bytes = match extension.as_ref().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => web::summary::html(&summary)
            .map_err(|error| internal(&error))?
            .into_bytes(),
        Some("pdf") => summary::pdf::pdf(&summary).map_err(|error| internal(&error))?,
        _ => return Err(InputError::new("input.report_format", page.display())),
    };
    std::fs::write(page, bytes)
        .map_err(|_| InputError::new("input.report_unwritten", page.display()))
}

/// Tells an input error, as JSON on stdout if JSON was asked for.
#[must_use]
pub fn fail(error: &InputError, json: bool, lang: Language) -> ExitCode {
    let told = ErrorObject::new(error, lang);
    if json {
        println!("{}", serde_json::json!(Verdict::Error { error: told }));
    } else {
        eprintln!("✗ {} ({})", told.message, told.code);
    }
    ExitCode::from(super::UNREADABLE)
}

/// The report for people: a table of words, one signature after another, and one next step.
#[must_use]
pub fn human(file: &Path, report: &Report, at: Timestamp, lang: Language) -> String {
    let say = |es: &'static str, en: &'static str| match lang {
        Language::Es => es,
        Language::En => en,
    };
    let mut lines = vec![
        format!(
            "{} {}",
            mark(report.conclusion),
            summary::verdict(report).say(lang)
        ),
        row(
            ' ',
            say("Archivo", "File"),
            &format!(
                "{} · {} bytes · SHA-256 {}",
                file.display(),
                report.document.bytes,
                report.document.sha256
            ),
        ),
        row(' ', say("Recibido", "Received"), &calendar::stamp(at)),
    ];
    lines.extend(report.findings.iter().map(|finding| {
        row(
            weight(finding),
            say("Documento", "Document"),
            &told(finding, lang),
        )
    }));
    for signature in &report.signatures {
        lines.push(String::new());
        lines.extend(signature_lines(signature, lang));
    }
    lines.push(String::new());
    lines.push(format!("→ {}", summary::next_step(report).say(lang)));
    lines.push(String::new());
    lines.join("\n")
}

fn signature_lines(signature: &SignatureReport, lang: Language) -> Vec<String> {
    let say = |es: &'static str, en: &'static str| match lang {
        Language::Es => es,
        Language::En => en,
    };
    let title = match signature.kind {
        SignatureKind::Signature => say("Firma", "Signature"),
        SignatureKind::DocTimestamp => say("Sello de tiempo", "Timestamp"),
    };
    let level = signature
        .level
        .and_then(|level| serde_json::to_value(level).ok())
        .and_then(|level| level.as_str().map(|level| format!(" · {level}")))
        .unwrap_or_default();
    let mut lines = vec![format!(
        "{} {title} «{}» ({}{level})",
        mark(signature.conclusion),
        signature.field,
        signature.sub_filter
    )];
    let who = signature.signer.as_ref().map_or_else(
        || {
            signature.chain.first().map_or_else(
                || say("no se sabe", "unknown").to_owned(),
                |certificate| certificate.subject.clone(),
            )
        },
        |signer| {
            let document = signer
                .document
                .as_ref()
                .and_then(|document| serde_json::to_value(document).ok())
                .map(|document| format!(" · {}", plain(&document)))
                .unwrap_or_default();
            let entity = if signer.entity.is_empty() {
                String::new()
            } else {
                format!(" · {}", signer.entity)
            };
            format!("{}{document}{entity}", signer.name)
        },
    );
    lines.push(row(' ', say("Quién firmó", "Signed by"), &who));
    let (sign, integrity) = match signature.integrity {
        Integrity::Intact => (
            '✓',
            say("lo firmado no cambió", "what was signed is unchanged"),
        ),
        Integrity::Broken => (
            '✗',
            say(
                "lo firmado no coincide con la firma",
                "what was signed does not match",
            ),
        ),
        Integrity::Unsupported => ('?', say("no se pudo comprobar", "could not be checked")),
    };
    let algorithm = [&signature.digest, &signature.algorithm]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    lines.push(row(
        sign,
        say("Integridad", "Integrity"),
        &format!("{integrity} ({algorithm})"),
    ));
    let (sign, changes) = match (signature.coverage, signature.modifications) {
        (Coverage::Partial, _) => (
            '✗',
            say(
                "la firma no cubre todo el documento",
                "the signature does not cover the whole document",
            ),
        ),
        (_, Modifications::Suspicious) => (
            '✗',
            say(
                "el documento cambió después de la firma",
                "the document changed after signing",
            ),
        ),
        (_, Modifications::Permitted) => (
            '✓',
            say(
                "solo adiciones permitidas después de la firma",
                "only permitted additions after signing",
            ),
        ),
        (_, Modifications::None) => (
            '✓',
            say(
                "nada cambió después de la firma",
                "nothing changed after signing",
            ),
        ),
    };
    lines.push(row(sign, say("Cambios", "Changes"), changes));
    let absent = || say("no consta", "not stated").to_owned();
    lines.push(row(
        ' ',
        say("Hora declarada", "Claimed time"),
        &signature
            .signing_time_claimed
            .map_or_else(absent, calendar::stamp),
    ));
    let stated = signature.reason.iter().chain(&signature.commitment_types);
    let stated: Vec<&str> = stated.map(String::as_str).collect();
    if !stated.is_empty() {
        lines.push(row(
            ' ',
            say("Motivo declarado", "Stated purpose"),
            &stated.join(", "),
        ));
    }
    let besides = signature.statements.iter();
    let besides: Vec<&str> = besides.map(|said| said.text.as_str()).collect();
    if !besides.is_empty() {
        lines.push(row(
            ' ',
            say("Dice además", "Says besides"),
            &besides.join(", "),
        ));
    }
    if let Some(time) = signature.timestamp {
        lines.push(row(
            '✓',
            say("Sello de tiempo", "Timestamp"),
            &calendar::stamp(time),
        ));
    }
    for certificate in &signature.chain {
        lines.push(row(
            ' ',
            say("Cadena", "Chain"),
            &format!(
                "{} ({} – {})",
                common_name(&certificate.subject),
                day(certificate.not_before),
                day(certificate.not_after)
            ),
        ));
    }
    for status in &signature.revocation {
        let sign = match status.status.as_str() {
            "good" => '✓',
            "revoked" => '✗',
            _ => '?',
        };
        let words = match status.status.as_str() {
            "good" => say("no consta como revocado", "not revoked"),
            "revoked" => say("revocado", "revoked"),
            "on_hold" => say("suspendido", "on hold"),
            _ => say("no se pudo saber", "could not be learned"),
        };
        lines.push(row(
            sign,
            say("Revocación", "Revocation"),
            &format!("{words}: {}", common_name(&status.subject)),
        ));
    }
    lines.extend(signature.findings.iter().map(|finding| {
        row(
            weight(finding),
            say("Observación", "Finding"),
            &told(finding, lang),
        )
    }));
    lines
}

/// The common name of an RFC 4514 name, or all of it: chains are long enough to read.
fn common_name(name: &str) -> &str {
    let mut escaped = false;
    let mut end = |text: &str| {
        text.find(|character| {
            let separates = !escaped && matches!(character, ',' | '+');
            escaped = character == '\\' && !escaped;
            separates
        })
    };
    match name
        .find("CN=")
        .and_then(|start| name.get(start.saturating_add(3)..))
    {
        Some(text) => end(text).and_then(|end| text.get(..end)).unwrap_or(text),
        None => name,
    }
}

fn mark(conclusion: Conclusion) -> char {
    match conclusion {
        Conclusion::Passed => '✓',
        Conclusion::Failed => '✗',
        Conclusion::Indeterminate => '?',
    }
}

fn weight(finding: &Finding) -> char {
    match finding.severity {
        Severity::Failure => '✗',
        Severity::Unknown => '?',
        Severity::Note => '·',
    }
}

fn row(mark: char, label: &str, text: &str) -> String {
    format!("  {mark} {label:<16} {text}")
}

fn day(at: Timestamp) -> String {
    calendar::in_ecuador(at).strftime("%Y-%m-%d").to_string()
}

/// A value for people: text without quotes, and the parts of an object one after another.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(parts) => parts.values().map(plain).collect::<Vec<_>>().join(" "),
        serde_json::Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A finding in words, with its code and the facts it rests on.
fn told(finding: &Finding, lang: Language) -> String {
    let words = explain::sentence(finding, lang);
    let facts: Vec<String> = finding
        .facts
        .iter()
        .map(|(name, value)| format!("{name} {}", plain(value)))
        .collect();
    if facts.is_empty() {
        format!("{words} [{}]", finding.code)
    } else {
        format!("{words} [{}: {}]", finding.code, facts.join("; "))
    }
}
