//! The options by which `verify` and `decide` are told whom to trust, what is known about revocation, and when the
//! document was received.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::online::Online;
use crate::config::Config;
use crate::domain::Language;
use crate::explain;
use crate::material::{self, TrustFolder};
use crate::verify::{Evidence, Policy, RevocationMode, TrustStore};

/// Largest document that the command line reads: the most that DESIGN §6 lets an operator configure.
pub const MAX_DOCUMENT_BYTES: u64 = 50 * 1024 * 1024;

/// Options about trust, evidence and time, shared by `verify` and `decide`.
#[derive(Debug, Clone, Args)]
pub struct VerificationArgs {
    /// Folder with trusted roots, PEM or DER; only these count
    #[arg(long, value_name = "DIR")]
    pub roots: Option<PathBuf>,
    /// Folder with intermediate certificates that help to complete chains
    #[arg(long, value_name = "DIR")]
    pub intermediates: Option<PathBuf>,
    /// Trust store: folder with "roots" and "intermediates", used when --roots is not given; without either, that of the configuration
    /// (CLAVERO_CONFIG)
    #[arg(
        long,
        value_name = "DIR",
        env = "CLAVERO_TRUST_DIR",
        hide_env_values = true
    )]
    pub trust_dir: Option<PathBuf>,
    /// Folder with revocation lists (CRL)
    #[arg(long, value_name = "DIR")]
    pub crls: Option<PathBuf>,
    /// Folder with OCSP answers
    #[arg(long, value_name = "DIR")]
    pub ocsp: Option<PathBuf>,
    /// Whether the revocation status must be known: required (the default) or none
    #[arg(
        long,
        value_name = "MODE",
        default_value = "required",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub revocation: RevocationArg,
    /// Asks the addresses in the certificates about revocation (OCSP, CRL) when the answers at hand do not settle it
    #[arg(long)]
    pub online: bool,
    /// Folder where answers that were asked for are remembered
    #[arg(long, value_name = "DIR", requires = "online")]
    pub cache: Option<PathBuf>,
    /// Time of reception in RFC 3339, for example 2026-11-21T12:00:00Z; now when absent
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// `--revocation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RevocationArg {
    /// It must; unknown is indeterminate.
    Required,
    /// It is not asked, and the report says so.
    None,
}

/// What the options amount to.
#[derive(Debug)]
pub struct Conditions {
    /// Roots and intermediates.
    pub trust: TrustStore,
    /// Revocation answers.
    pub evidence: Evidence,
    /// Rules.
    pub policy: Policy,
    /// Time of reception.
    pub at: Timestamp,
    /// Who asks others, with `--online`.
    pub online: Option<Online>,
}

/// An input that can't be used: ends the command with status 3. Its words stand in [`explain::input`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Stable code.
    pub code: String,
    /// Which file, folder or number is meant.
    pub detail: String,
    /// The same in Spanish, where it holds words.
    spanish: Option<String>,
}

impl InputError {
    /// An error with its code.
    #[must_use]
    pub fn new(code: &str, detail: impl fmt::Display) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.to_string(),
            spanish: None,
        }
    }

    /// What is wrong, with what, and what to do next.
    #[must_use]
    pub fn say(&self, lang: Language) -> String {
        let (meaning, next_step) = explain::input(&self.code, lang).unwrap_or(("", ""));
        let detail = match (&self.spanish, lang) {
            (Some(spanish), Language::Es) => spanish,
            _ => &self.detail,
        };
        let head = if detail.is_empty() {
            meaning.to_owned()
        } else {
            format!("{detail}: {meaning}")
        };
        format!("{head} {next_step}").trim().to_owned()
    }
}

impl From<material::MaterialError> for InputError {
    fn from(error: material::MaterialError) -> Self {
        let spanish = Some(error.spanish());
        Self {
            spanish,
            ..Self::new("input.material", error)
        }
    }
}

/// Reads everything that the options name.
///
/// # Errors
/// When nothing is trusted, or a folder or file can't be used.
pub fn load(args: &VerificationArgs) -> Result<Conditions, InputError> {
    let configured = match (&args.roots, &args.trust_dir) {
        (None, None) => Some(configured()?),
        _ => None,
    };
    let (mut trust, roots) = match (&args.roots, &args.trust_dir, &configured) {
        (Some(roots), _, _) => {
            let certificates = material::certificates(roots)?;
            (TrustStore::new(certificates, Vec::new()), roots.clone())
        }
        (None, Some(store), _) => {
            // A service may start before its folder is filled; who names one here means one that is there.
            fs::metadata(store).map_err(|source| material::MaterialError::Unreadable {
                path: store.clone(),
                source,
            })?;
            let folder = TrustFolder::within(store);
            (folder.store(false)?, folder.roots)
        }
        (None, None, Some(config)) => {
            let folder = config.trust_folder();
            (folder.store(config.trusts_strictly())?, folder.roots)
        }
        (None, None, None) => return Err(not_configured()),
    };
    if trust.roots().is_empty() {
        return Err(InputError::new("trust.empty", roots.display()));
    }
    if let Some(folder) = &args.intermediates {
        trust.add_intermediates(material::certificates(folder)?);
    }
    let evidence = Evidence {
        crls: match (&args.crls, &configured) {
            (Some(folder), _) => material::crls(folder)?,
            (None, Some(config)) => in_folder(config, &config.trust.crls, material::crls)?,
            (None, None) => Vec::new(),
        },
        ocsps: match (&args.ocsp, &configured) {
            (Some(folder), _) => material::ocsps(folder)?,
            (None, Some(config)) => in_folder(config, &config.trust.ocsp, material::ocsps)?,
            (None, None) => Vec::new(),
        },
    };
    Ok(Conditions {
        trust,
        evidence,
        policy: Policy {
            revocation: match args.revocation {
                RevocationArg::Required => RevocationMode::Required,
                RevocationArg::None => RevocationMode::None,
            },
            ..configured.as_ref().map(Config::policy).unwrap_or_default()
        },
        at: args.at.unwrap_or_else(Timestamp::now),
        online: args
            .online
            .then(|| Online::open(args.cache.as_deref(), configured.as_ref()))
            .transpose()?,
    })
}

/// The service's own configuration: `CLAVERO_CONFIG`, or the defaults.
///
/// # Errors
/// When it can't be read.
pub fn configuration() -> Result<Config, InputError> {
    let file = std::env::var_os("CLAVERO_CONFIG").map(PathBuf::from);
    Config::load(file.as_deref()).map_err(|error| InputError::new("config.invalid", error))
}

/// The service's own configuration, when its folder of roots is there.
fn configured() -> Result<Config, InputError> {
    let config = configuration()?;
    if config.path(&config.trust.roots).is_dir() {
        Ok(config)
    } else {
        Err(not_configured())
    }
}

fn not_configured() -> InputError {
    InputError::new("trust.not_configured", "")
}

/// A folder of the configuration; a missing one holds nothing.
fn in_folder<T>(
    config: &Config,
    folder: &Path,
    read: impl FnOnce(&Path) -> Result<Vec<T>, material::MaterialError>,
) -> Result<Vec<T>, InputError> {
    let folder = config.path(folder);
    if folder.is_dir() {
        Ok(read(&folder)?)
    } else {
        Ok(Vec::new())
    }
}

/// Reads a document, its size checked first.
///
/// # Errors
/// When it can't be read or is too large.
pub fn read_document(path: &Path) -> Result<Vec<u8>, InputError> {
    let unreadable = |error: io::Error| {
        let code = match error.kind() {
            io::ErrorKind::NotFound => "input.not_found",
            _ => "input.unreadable",
        };
        InputError::new(code, path.display())
    };
    if path == Path::new("-") {
        return Err(InputError::new("input.standard_input", ""));
    }
    let facts = fs::metadata(path).map_err(unreadable)?;
    if facts.is_dir() {
        return Err(InputError::new("input.folder", path.display()));
    }
    if facts.len() > MAX_DOCUMENT_BYTES {
        return Err(InputError::new(
            "input.too_large",
            format!(
                "{} ({} > {MAX_DOCUMENT_BYTES} bytes)",
                path.display(),
                facts.len()
            ),
        ));
    }
    fs::read(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: VerificationArgs,
    }

    /// Whoever reads that a folder is to be mended reads which one.
    #[test]
    fn a_folder_without_roots_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let said = |trust: &Path| {
            let line = Line::parse_from([Path::new("clavero"), Path::new("--trust-dir"), trust]);
            load(&line.args).unwrap_err().say(Language::Es)
        };
        let away = folder.path().join("nope");
        let told = said(&away);
        assert!(
            told.contains(&away.display().to_string()) && told.contains("no existe"),
            "{told}"
        );
        std::fs::create_dir(folder.path().join("roots")).unwrap();
        let told = said(folder.path());
        let roots = folder.path().join("roots").display().to_string();
        assert!(told.starts_with(&format!("{roots}: ")), "{told}");
    }

    #[test]
    fn standard_input_is_told_not_to_be_read() {
        let told = read_document(Path::new("-")).unwrap_err();
        assert_eq!(
            told.say(Language::Es),
            "La entrada estándar no se lee. Guarde el documento en un archivo y dé su nombre."
        );
    }
}
