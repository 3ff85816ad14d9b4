//! `clavero subject`: what a person may ask for about their own data (LOPDP Art. 13 to 15): everything in one piece, a
//! correction, deletion. Each needs to say how the person's identity was proven, and each is written into the audit log.

mod said;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Args, Subcommand};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Language;
use super::operator::{NewFile, actor, now, open_documents, with_existing_store};
use super::serve::{ConfigArgs, Service, runtime};
use crate::config::Config;
use crate::documents::Documents;
use crate::domain::{EmailAddress, Event, IdentityDocument, PetitionNumber};
use crate::store::{Correction, Store};
use crate::subject::{self, Dossier, Erased, Fate};
use said::Sentences;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "subject",
        "Derechos de una persona sobre sus datos: acceso, rectificación y eliminación (LOPDP)",
    ),
    ("subject export", "Reúne en un archivo .zip todo lo que se guarda sobre una persona"),
    (
        "subject export!",
        "Ejemplos:
  clavero subject export --document 2901047296 --petition CLV-2026-000123-X --out datos.zip
  clavero subject export --document 2901047296 --reason \"cédula presentada en ventanilla, 21-11-2026\" --out datos.zip",
    ),
    ("subject export.document", "Cédula o pasaporte"),
    ("subject export.petition", "Solicitud firmada por la persona: prueba su identidad"),
    ("subject export.reason", "De qué otro modo se probó su identidad; queda guardado, y en la bitácora su resumen digital"),
    ("subject export.out", "Archivo .zip que se escribe; no debe existir"),
    ("subject export.config", "Archivo de configuración (TOML)"),
    ("subject correct", "Corrige lo que el registro dice de una persona, como una versión nueva del registro"),
    (
        "subject correct!",
        "Ejemplos:
  clavero subject correct --document 2901047296 --petition CLV-2026-000123-X --name \"LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS\"
  clavero subject correct --document 2901047296 --reason \"oficio 12\" --phone 0990000000

El correo y el teléfono son los de la persona como empleadora. Se deshace con «clavero registry undo».",
    ),
    ("subject correct.document", "Cédula o pasaporte"),
    ("subject correct.petition", "Solicitud firmada por la persona: prueba su identidad"),
    ("subject correct.reason", "De qué otro modo se probó su identidad; queda guardado, y en la bitácora su resumen digital"),
    ("subject correct.name", "El nombre correcto"),
    ("subject correct.email", "El correo correcto"),
    ("subject correct.phone", "El teléfono correcto"),
    ("subject correct.config", "Archivo de configuración (TOML)"),
    (
        "subject erase",
        "Borra lo que ningún plazo obliga a guardar sobre una persona, y dice qué queda y por qué",
    ),
    (
        "subject erase!",
        "Ejemplos:
  clavero subject erase --document 2901047296 --petition CLV-2026-000123-X

Estado de salida: 0 nada queda, 1 algo queda (se dice qué y por qué), 3 no se pudo",
    ),
    ("subject erase.document", "Cédula o pasaporte"),
    ("subject erase.petition", "Solicitud firmada por la persona: prueba su identidad"),
    ("subject erase.reason", "De qué otro modo se probó su identidad; queda guardado, y en la bitácora su resumen digital"),
    ("subject erase.config", "Archivo de configuración (TOML)"),
];

/// Options of `subject`.
#[derive(Debug, Clone, Args)]
pub struct SubjectArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SubjectCommand,
}

/// The commands of `subject`.
#[derive(Debug, Clone, Subcommand)]
pub enum SubjectCommand {
    /// Puts everything that is kept about a person into one .zip
    #[command(after_help = "EXAMPLES:
  clavero subject export --document 2901047296 --petition CLV-2026-000123-X --out data.zip
  clavero subject export --document 2901047296 --reason \"showed the cédula at the counter\" --out data.zip")]
    Export(ExportArgs),
    /// Corrects what the registry says of a person, as a new version of the registry
    #[command(after_help = "EXAMPLES:
  clavero subject correct --document 2901047296 --petition CLV-2026-000123-X --name \"LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS\"
  clavero subject correct --document 2901047296 --reason \"letter 12\" --phone 0990000000

Address and telephone are those of the person as an employer. `clavero registry undo` takes it back.")]
    Correct(CorrectArgs),
    /// Deletes what no term obliges to keep about a person, and says what stays and why
    #[command(after_help = "EXAMPLES:
  clavero subject erase --document 2901047296 --petition CLV-2026-000123-X

EXIT STATUS: 0 nothing stays, 1 something stays (it is said what and why), 3 it could not be done")]
    Erase(EraseArgs),
}

/// Who asks, and how that was proven.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("proof").required(true).multiple(true)))]
pub struct Who {
    /// Cédula or passport
    #[arg(long, value_name = "NUMBER")]
    pub document: IdentityDocument,
    /// A petition that the person signed: proves who they are
    #[arg(long, value_name = "NUMBER", group = "proof")]
    pub petition: Option<PetitionNumber>,
    /// How else it was proven who they are; kept, and its digest in the audit log
    #[arg(long, value_name = "TEXT", group = "proof")]
    pub reason: Option<String>,
}

/// Options of `subject export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Who asks.
    #[command(flatten)]
    pub who: Who,
    /// The .zip to write; it must not exist
    #[arg(long, value_name = "FILE.zip")]
    pub out: PathBuf,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `subject correct`.
#[derive(Debug, Clone, Args)]
pub struct CorrectArgs {
    /// Who asks.
    #[command(flatten)]
    pub who: Who,
    /// The right name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The right address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<EmailAddress>,
    /// The right telephone
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `subject erase`.
#[derive(Debug, Clone, Args)]
pub struct EraseArgs {
    /// Who asks.
    #[command(flatten)]
    pub who: Who,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Runs the command.
pub fn run(args: &SubjectArgs, language: Language) -> anyhow::Result<ExitCode> {
    let say = Sentences(language);
    match &args.command {
        SubjectCommand::Export(args) => export(args, say),
        SubjectCommand::Correct(args) => correct(args, say),
        SubjectCommand::Erase(args) => erase(args, say),
    }
}

/// The proof holds, and the log says who asked for what. It holds no document number, the proof leads to it; and of what whoever saw
/// the proof wrote the digest only.
async fn note(store: &Store, who: &Who, event: Event, say: Sentences) -> anyhow::Result<()> {
    if let Some(petition) = &who.petition {
        let own = subject::own_rucs(&who.document);
        let about = store.petitions_about(&who.document, &own).await?;
        anyhow::ensure!(about.contains(petition), say.proves_nothing(petition));
    }
    let (petition, reason) = (who.petition.as_ref(), who.reason.as_deref());
    store
        .note_request(now(), &actor(), event, petition, reason)
        .await?;
    Ok(())
}

fn export(args: &ExportArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    with_existing_store(&config, async |store| {
        let documents = open_documents(&config, &store)?;
        note(&store, &args.who, Event::SubjectExported, say).await?;
        let dossier = subject::gather(&store, &args.who.document, now()).await?;
        write_zip(&args.out, &dossier, &documents).await?;
        println!("{}", say.exported(&args.out, &dossier));
        Ok(ExitCode::SUCCESS)
    })
}

const README: &str = "Esto es todo lo que este servicio guarda sobre usted.\n\n\
    datos.json    cargos, solicitudes, decisiones con sus motivos, lo que anotó quien las revisó,\n\
    \x20             los mensajes que se enviaron, y lo que dice la bitácora\n\
    documentos/   los documentos y adjuntos que usted o su empresa entregaron, con su huella SHA-256 por nombre\n";

async fn write_zip(out: &Path, dossier: &Dossier, documents: &Documents) -> anyhow::Result<()> {
    let mut zip = ZipWriter::new(NewFile::create(out)?);
    let plain = SimpleFileOptions::default();
    zip.start_file("LEAME.txt", plain)?;
    zip.write_all(README.as_bytes())?;
    zip.start_file("datos.json", plain)?;
    serde_json::to_writer_pretty(&mut zip, dossier)?;
    let mut digests: Vec<_> = dossier
        .petitions
        .iter()
        .flat_map(|petition| {
            let attached = petition.attachments.iter().map(|one| &one.file);
            petition.documents.iter().chain(attached)
        })
        .map(|document| document.sha256)
        .collect();
    digests.sort_unstable();
    digests.dedup();
    for sha256 in digests {
        // A document whose term has ended is gone; its digest is in the data.
        if documents.holds(sha256).await? {
            let bytes = documents.read(sha256).await?;
            zip.start_file(format!("documentos/{sha256}.{}", ending(&bytes)), plain)?;
            zip.write_all(&bytes)?;
        }
    }
    zip.finish()?.finish()?;
    Ok(())
}

/// The ending of a file's name, so that it opens with a double click: what we take is one of these.
fn ending(bytes: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 3] = [
        (b"%PDF-", "pdf"),
        (b"\x89PNG", "png"),
        (b"\xff\xd8\xff", "jpg"),
    ];
    let known = KINDS.iter().find(|(start, _)| bytes.starts_with(start));
    known.map_or("p7m", |(_, end)| end)
}

fn correct(args: &CorrectArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let correction = Correction {
        name: args.name.clone(),
        email: args.email.clone(),
        phone: args.phone.clone(),
    };
    anyhow::ensure!(correction != Correction::default(), say.nothing_named());
    with_existing_store(&config, async |store| {
        note(&store, &args.who, Event::SubjectCorrected, say).await?;
        let document = &args.who.document;
        let own = subject::own_rucs(document);
        let corrected = store
            .correct_person(document, &own, &correction, &actor(), now())
            .await?;
        println!("{}", say.corrected(corrected.as_ref()));
        Ok(ExitCode::SUCCESS)
    })
}

fn erase(args: &EraseArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(args.config.config.as_deref())?;
    // Deleting asks nobody anything.
    config.fetch.enabled = false;
    with_existing_store(&config, async |store| {
        note(&store, &args.who, Event::SubjectErasureAsked, say).await?;
        Ok(ExitCode::SUCCESS)
    })?;
    runtime()?.block_on(async {
        let service = Service::open(&config).await?;
        let intake = service.intake();
        let terms = config.retention.terms();
        let all = subject::erase(intake, &terms, &args.who.document, &actor()).await?;
        intake.store().close().await;
        for one in &all {
            println!("{}", say.erased(one));
        }
        if all.is_empty() {
            println!("{}", say.nothing_kept());
        }
        let gone = |one: &Erased| matches!(one.fate, Fate::Deleted | Fate::WasGone);
        Ok(ExitCode::from(u8::from(!all.iter().all(gone))))
    })
}
