//! `clavero trust`: whom the service trusts. Certificates are kept when the table of entities pins them; everything else is
//! explained, and kept only by hand. Every change is in the audit log of the configured database.

mod add;
mod check;
mod list;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::Language;
use super::operator::{open_store, tell_new_database};
use super::serve::{ConfigArgs, runtime};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Sha256;
use crate::material::TrustFolder;
use crate::verify::entities::{Role, Status, StatusChange};

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    ("trust", "En quién se confía: entidades, raíces y subordinadas"),
    (
        "trust!",
        "Ejemplos:
  clavero trust add descargas/
  clavero trust fetch
  clavero trust list
  clavero trust check --online",
    ),
    (
        "trust add",
        "Conserva los certificados que la tabla de entidades fija por su huella, y explica los demás",
    ),
    (
        "trust add!",
        "Ejemplos:
  clavero trust add raiz.crt subordinada.pem cadena.p7b
  clavero trust add descargas/
  clavero trust add raiz-nueva.crt --pin --entity securitydata

Con --pin se acepta a mano lo que la tabla no fija: hay que escribir el final de la huella que la propia entidad publica.
Con --entity se dice de quién es; repetido con otra entidad, pasa a ella lo que se fijó a mano. Con «--entity abroad» no es de ninguna
del Ecuador, y se rechaza a quien firme por debajo (sirve para autoridades de sellado de tiempo). Hace falta salvo si ya se sabe: una
raíz renovada con la misma clave sigue siendo de su entidad.

Estado de salida: 0 todo conservado, 1 algo no se conservó, 3 archivo ilegible o uso incorrecto",
    ),
    ("trust add.files", "Archivos o carpetas: PEM, DER o P7B"),
    ("trust add.pin", "Acepta a mano lo que la tabla no fija, con confirmación"),
    (
        "trust add.entity",
        "De qué entidad es lo que se acepta a mano: su id, como en «clavero trust list», o abroad",
    ),
    ("trust add.yes", "No pregunta: para programas"),
    ("trust add.config", "Archivo de configuración (TOML)"),
    (
        "trust fetch",
        "Descarga los certificados de las direcciones de la tabla y conserva los que coinciden",
    ),
    (
        "trust fetch!",
        "Ejemplos:
  clavero trust fetch --config clavero.toml
  clavero trust fetch --entity securitydata

Estado de salida: 0 todo conservado, 1 algo faltó o no coincide, 3 no se pudo",
    ),
    ("trust fetch.entity", "Solo los de esta entidad"),
    ("trust fetch.config", "Archivo de configuración (TOML)"),
    ("trust list", "Muestra de quién es cada certificado, su papel y hasta cuándo vale"),
    (
        "trust list!",
        "Ejemplos:
  clavero trust list
  clavero trust list --json

Estado de salida: 0 mostrado, 3 no se pudo leer",
    ),
    ("trust list.json", "Escribe exactamente un objeto JSON en la salida"),
    ("trust list.config", "Archivo de configuración (TOML)"),
    (
        "trust check",
        "Revisa cadenas, huellas, plazos y, con --online, las direcciones de revocación",
    ),
    (
        "trust check!",
        "Ejemplos:
  clavero trust check
  clavero trust check --online --json

Estado de salida: 0 todo bien, 1 hay algo que arreglar, 3 no se pudo revisar",
    ),
    ("trust check.online", "Pregunta también a las direcciones de revocación de la tabla"),
    ("trust check.json", "Escribe exactamente un objeto JSON en la salida"),
    ("trust check.config", "Archivo de configuración (TOML)"),
    (
        "trust status",
        "Cambia si un certificado cuenta: accepted (sí), past_only (solo lo pasado), held_back (no)",
    ),
    (
        "trust status!",
        "Ejemplos:
  clavero trust status 4f1c… accepted --why \"confirmado por ARCOTEL, oficio 123\"
  clavero trust status 4f1c… past_only --since 2026-11-01T05:00:00Z --why \"acreditación terminada\"

Estado de salida: 0 cambiado, 3 no se pudo (nada cambió)",
    ),
    ("trust status.sha256", "Huella SHA-256 del certificado, entera o su comienzo (8 letras o más)"),
    ("trust status.status", "accepted, past_only o held_back"),
    ("trust status.since", "Desde cuándo no cuenta, si es past_only; sin esto, desde ahora"),
    ("trust status.why", "Por qué: queda escrito"),
    ("trust status.config", "Archivo de configuración (TOML)"),
];

/// Options of `trust`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:
  clavero trust add downloads/
  clavero trust fetch
  clavero trust list
  clavero trust check --online")]
pub struct TrustArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TrustCommand,
}

/// The commands of `trust`.
#[derive(Debug, Clone, Subcommand)]
pub enum TrustCommand {
    /// Keeps the certificates that the table of entities pins, and explains the others
    #[command(after_help = "EXAMPLES:
  clavero trust add root.crt subordinate.pem chain.p7b
  clavero trust add downloads/
  clavero trust add new-root.crt --pin --entity securitydata

With --pin what the table does not pin is accepted by hand: the end of the fingerprint that the entity itself publishes is typed.
--entity says whose it is; repeated with another entity, what was pinned by hand is moved there. With --entity abroad it is no
Ecuadorian entity's, and whoever signs below it is refused (good for timestamping authorities). It is needed unless it is known: a root
renewed with the same key stays its entity's.

EXIT STATUS:
  0 everything kept, 1 something was not, 3 unreadable file or wrong usage")]
    Add(add::AddArgs),
    /// Downloads the certificates at the addresses of the table and keeps those that match
    #[command(after_help = "EXAMPLES:
  clavero trust fetch --config clavero.toml
  clavero trust fetch --entity securitydata

EXIT STATUS:
  0 everything kept, 1 something was missing or does not match, 3 it could not be done")]
    Fetch(add::FetchArgs),
    /// Shows whose each certificate is, its role and until when it is valid
    #[command(after_help = "EXAMPLES:
  clavero trust list
  clavero trust list --json

EXIT STATUS: 0 shown, 3 could not be read")]
    List(list::ListArgs),
    /// Checks chains, fingerprints, validity and, with --online, the revocation addresses
    #[command(after_help = "EXAMPLES:
  clavero trust check
  clavero trust check --online --json

EXIT STATUS:
  0 all is well, 1 something needs mending, 3 it could not be checked")]
    Check(check::CheckArgs),
    /// Changes whether a certificate counts: accepted, past_only or held_back
    #[command(after_help = "EXAMPLES:
  clavero trust status 4f1c… accepted --why \"confirmed by ARCOTEL\"
  clavero trust status 4f1c… past_only --since 2026-11-01T05:00:00Z --why \"accreditation ended\"

EXIT STATUS: 0 changed, 3 could not be done (nothing changed)")]
    Status(StatusArgs),
}

/// Options of `trust status`.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// SHA-256 fingerprint of the certificate, whole or its beginning (8 letters or more)
    #[arg(value_name = "SHA256")]
    pub sha256: String,
    /// accepted, past_only or held_back
    #[arg(value_enum, hide_possible_values = true)]
    pub status: StatusArg,
    /// From when it does not count, for past_only; now when absent
    #[arg(long, value_name = "TIME")]
    pub since: Option<Timestamp>,
    /// Why: it is written down
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// A status on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the same as `Status`")]
pub enum StatusArg {
    Accepted,
    PastOnly,
    HeldBack,
}

/// Runs the command.
pub fn run(args: &TrustArgs, lang: Language) -> anyhow::Result<ExitCode> {
    match &args.command {
        TrustCommand::Add(args) => add::run(args, lang),
        TrustCommand::Fetch(args) => add::fetch(args, lang),
        TrustCommand::List(args) => list::run(args, lang),
        TrustCommand::Check(args) => check::run(args, lang),
        TrustCommand::Status(args) => status(args, lang),
    }
}

/// Makes a change in the trust folder and records it: the database is opened first, so that nothing changes unrecorded.
fn changing(
    config: &Config,
    lang: Language,
    change: impl FnOnce(&TrustFolder) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let folder = config.trust_folder();
    tell_new_database(config, lang);
    config
        .make_data_dir()
        .with_context(|| format!("{}", config.data_dir.display()))?;
    let runtime = runtime()?;
    let store = runtime.block_on(open_store(config))?;
    let done = change(&folder);
    // What a change that stopped half-way left behind is recorded too.
    let trust = folder.store(config.trusts_strictly())?;
    runtime.block_on(async {
        store
            .record_trust(&trust, "operator", Clock::system().now())
            .await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    done
}

fn status(args: &StatusArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    changing(&config, lang, |folder| {
        let table = folder.table()?;
        let wanted = args.sha256.to_lowercase();
        let mut found = table
            .pinned()
            .filter(|(_, row)| row.sha256.to_string().starts_with(&wanted));
        let (Some((entity, row)), None, true) = (found.next(), found.next(), wanted.len() >= 8)
        else {
            anyhow::bail!(match lang {
                Language::Es => format!("{wanted}: no es la huella de un solo certificado fijado"),
                Language::En => format!("{wanted}: not the fingerprint of one pinned certificate"),
            });
        };
        let status = match args.status {
            StatusArg::Accepted => Status::Accepted,
            StatusArg::PastOnly => Status::PastOnly,
            StatusArg::HeldBack => Status::HeldBack,
        };
        let now = Clock::system().now();
        let change = StatusChange {
            sha256: row.sha256,
            status,
            since: (status == Status::PastOnly).then(|| args.since.unwrap_or(now)),
            why: args.why.clone(),
        };
        folder.change(|additions| additions.set_status(change))?;
        println!(
            "✓ {} · {} · {}",
            entity.id,
            row.name,
            status_words(status, lang)
        );
        Ok(ExitCode::SUCCESS)
    })
}

fn status_words(status: Status, lang: Language) -> &'static str {
    match (status, lang) {
        (Status::Accepted, Language::Es) => "aceptado",
        (Status::PastOnly, Language::Es) => "solo para lo pasado",
        (Status::HeldBack, Language::Es) => "retenido",
        (Status::Accepted, Language::En) => "accepted",
        (Status::PastOnly, Language::En) => "for the past only",
        (Status::HeldBack, Language::En) => "held back",
    }
}

fn role_words(role: Role, lang: Language) -> &'static str {
    match (role, lang) {
        (Role::Root, Language::Es) => "raíz",
        (Role::Subordinate, Language::Es) => "subordinada",
        (Role::Root, Language::En) => "root",
        (Role::Subordinate, Language::En) => "subordinate",
    }
}

/// A file that names its place for people.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// The first half of a fingerprint: enough to tell certificates apart on a line.
fn short(sha256: Sha256) -> String {
    sha256.to_string().chars().take(16).collect()
}

/// Files below these paths, folders searched to the bottom.
fn files_below(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(crate::material::files(path)?);
        if path.is_dir() {
            let mut folders = Vec::new();
            for entry in std::fs::read_dir(path)? {
                let entry = entry?;
                // Links are not followed: they may lead in circles.
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                }
            }
            folders.sort();
            files.extend(files_below(&folders)?);
        }
    }
    Ok(files)
}
