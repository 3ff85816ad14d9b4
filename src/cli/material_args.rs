//! The options by which `verify` and `decide` are told whom to trust, what is known about revocation, and when the
//! document was received.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::material;
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
    /// Trust store: folder with "roots" and "intermediates", used when --roots is not given
    #[arg(long, value_name = "DIR", env = "CLAVERO_TRUST_DIR")]
    pub trust_dir: Option<PathBuf>,
    /// Folder with revocation lists (CRL)
    #[arg(long, value_name = "DIR")]
    pub crls: Option<PathBuf>,
    /// Folder with OCSP answers
    #[arg(long, value_name = "DIR")]
    pub ocsp: Option<PathBuf>,
    /// Whether the revocation status must be known: required or none
    #[arg(
        long,
        value_name = "MODE",
        default_value = "required",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub revocation: RevocationArg,
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
}

/// An input that can't be used: ends the command with status 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Stable code.
    pub code: String,
    /// For people.
    pub message: String,
}

impl InputError {
    /// An error with its code.
    #[must_use]
    pub fn new(code: &str, message: impl fmt::Display) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_string(),
        }
    }
}

impl From<material::MaterialError> for InputError {
    fn from(error: material::MaterialError) -> Self {
        Self::new("input.material", error)
    }
}

/// Reads everything that the options name.
///
/// # Errors
/// When nothing is trusted, or a folder or file can't be used.
pub fn load(args: &VerificationArgs) -> Result<Conditions, InputError> {
    let (roots, mut intermediates) = match (&args.roots, &args.trust_dir) {
        (Some(roots), _) => (material::certificates(roots)?, Vec::new()),
        (None, Some(store)) => from_store(store)?,
        (None, None) => {
            return Err(InputError::new(
                "trust.not_configured",
                "no se indicó en quién confiar: dé --roots CARPETA con los certificados raíz, o configure \
                 un almacén con --trust-dir CARPETA o la variable CLAVERO_TRUST_DIR (carpeta con «roots» e \
                 «intermediates»)",
            ));
        }
    };
    if roots.is_empty() {
        return Err(InputError::new(
            "trust.empty",
            "la carpeta de raíces de confianza no contiene ningún certificado",
        ));
    }
    if let Some(folder) = &args.intermediates {
        intermediates.extend(material::certificates(folder)?);
    }
    let mut evidence = Evidence::default();
    if let Some(folder) = &args.crls {
        evidence.crls = material::crls(folder)?;
    }
    if let Some(folder) = &args.ocsp {
        evidence.ocsps = material::ocsps(folder)?;
    }
    Ok(Conditions {
        trust: TrustStore::new(roots, intermediates),
        evidence,
        policy: Policy {
            revocation: match args.revocation {
                RevocationArg::Required => RevocationMode::Required,
                RevocationArg::None => RevocationMode::None,
            },
            ..Policy::default()
        },
        at: args.at.unwrap_or_else(Timestamp::now),
    })
}

type Certificates = Vec<crate::verify::Certificate>;

fn from_store(store: &Path) -> Result<(Certificates, Certificates), InputError> {
    let intermediates = store.join("intermediates");
    Ok((
        material::certificates(&store.join("roots"))?,
        if intermediates.is_dir() {
            material::certificates(&intermediates)?
        } else {
            Vec::new()
        },
    ))
}

/// Reads a document, its size checked first.
///
/// # Errors
/// When it can't be read or is too large.
pub fn read_document(path: &Path) -> Result<Vec<u8>, InputError> {
    let unreadable =
        |error| InputError::new("input.unreadable", format!("{}: {error}", path.display()));
    let facts = fs::metadata(path).map_err(unreadable)?;
    if facts.is_dir() {
        return Err(InputError::new(
            "input.unreadable",
            format!("{}: es una carpeta", path.display()),
        ));
    }
    if facts.len() > MAX_DOCUMENT_BYTES {
        return Err(InputError::new(
            "input.too_large",
            format!(
                "{}: tiene {} bytes y el máximo es {MAX_DOCUMENT_BYTES}",
                path.display(),
                facts.len()
            ),
        ));
    }
    fs::read(path).map_err(unreadable)
}
