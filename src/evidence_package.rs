//! The evidence package of a petition (DESIGN §1.5, PRODUCT S32): everything its decision rests on, in one file that says
//! the same on any machine, without network, years later. [`archive`] is the file's form, [`Package`] what it holds, and
//! [`check`] makes report and decision again from it and compares. [`Basis`] is the part of which the log says a digest.
//!
//! What proves what: each file has its SHA-256 in `manifiesto.json`, which the operator's seal covers when there is one;
//! the rows of the audit log lead, hash by hash, to a head of the log, of which others have copies. Report and decision
//! need no belief at all: they are computed again. The rows are all there are between the first one about the petition and
//! the head, those about others too: a row that was left out would be noticed by the next one, so no package can keep silent
//! about one of its own. They may be millions, hence they are never at hand all together.

pub mod archive;
mod check;
mod difference;
mod rerun;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::archive::{ArchiveError, Entry, Layout, Measured};
use crate::decision::{Circumstances, Decision};
use crate::domain::{Employer, PetitionContent, PetitionNumber, Sha256};
use crate::seal::{Seal, SealError};
use crate::store::{AnswerKind, AuditRow};

pub use check::{Checked, Fault, check};
pub(crate) use difference::differences;
pub(crate) use rerun::{certificates_of, judge, trust_again};

/// Name and version of the form of a package; another one is another form.
const FORMAT: &str = "clavero-evidence-1";

const READ_ME: &str = "leeme.txt";
const MANIFEST: &str = "manifiesto.json";
const SEAL: &str = "manifiesto.p7s";
const CASE_FACTS: &str = "caso.json";
const DOCUMENT: &str = "documento";
const FORM: &str = "formulario.pdf";
const REPORT: &str = "informe.json";
const REPORT_PDF: &str = "informe.pdf";
const DECISION: &str = "decision.json";
const EMPLOYER: &str = "registro.json";
const ROOTS: &str = "confianza/raices.der";
const INTERMEDIATES: &str = "confianza/intermedios.der";
const TERMS: &str = "confianza/terminos.json";
const AUDIT: &str = "bitacora.jsonl";
const HEAD: &str = "cabeza.json";

/// Bytes of everything but the log, which is read and written piece by piece: documents of 50 MB and lists of ten.
const MOST_IN_MEMORY: u64 = 512 << 20;

/// What `caso.json` says: the petition, its times, and what was true besides documents, registry and trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// Number of the petition.
    pub number: PetitionNumber,
    /// Digest of the document.
    pub document: Sha256,
    /// When it was received: the time that decides.
    pub received_at: Timestamp,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Digest of the trust store.
    pub trust_digest: Sha256,
    /// Version of the registry.
    pub registry_version: Option<i64>,
    /// What the number was issued for.
    pub expected: Option<PetitionContent>,
    /// What the form that the document begins with was written for.
    pub form: Option<PetitionContent>,
    /// Whether it is the form of another number.
    pub other_number: bool,
    /// What else the decision rested on.
    #[serde(flatten)]
    pub circumstances: Circumstances,
    /// How old an answer about revocation might be, in seconds, where the operator says so.
    pub evidence_age_seconds: Option<i64>,
}

/// Certificates that were trusted, as they were kept: DER in a row, and the terms as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTrust {
    /// Roots.
    pub roots: Vec<u8>,
    /// Intermediates.
    pub intermediates: Vec<u8>,
    /// Terms; stores of old had none.
    pub terms: Option<Vec<u8>>,
}

/// The row of the audit log that the rows of a package lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// The day whose head it is; none when the day is not over yet.
    pub day: Option<Date>,
}

/// What decided and can't change any more: what the digest covers that is entered into the audit log when a petition is
/// completed.
#[derive(Debug, Clone)]
pub struct Basis {
    /// The machine's decision.
    pub decision: Decision,
    /// The report as it was recorded; none when the document could not be judged.
    pub report: Option<serde_json::Value>,
    /// The document as it was received.
    pub document: Vec<u8>,
    /// The form that it begins with.
    pub form: Option<Vec<u8>>,
    /// What was attached, in order.
    pub attachments: Vec<Vec<u8>>,
    /// The employer's rows as the registry knew them.
    pub employer: Option<Employer>,
    /// Whom the service trusted.
    pub trust: KeptTrust,
    /// Answers about revocation, in their order.
    pub answers: Vec<(AnswerKind, Vec<u8>)>,
    /// Certificates of the signers' chains.
    pub certificates: Vec<Vec<u8>>,
}

/// Everything of a package but the rows of the log.
#[derive(Debug, Clone)]
pub struct Package {
    /// Everything that is not a file.
    pub facts: CaseFacts,
    /// What the decision rests on.
    pub basis: Basis,
    /// The report for people.
    pub report_pdf: Option<Vec<u8>>,
    /// Where the rows of the log lead, which begin with the first one about the petition.
    pub head: Head,
}

/// A package as a file, around the rows of the log: these are too many to be at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// What stands before the rows.
    pub before: Vec<Bytes>,
    /// What stands behind them.
    pub after: Vec<Bytes>,
    /// How long the whole file is.
    pub bytes: u64,
}

/// What `manifiesto.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    number: PetitionNumber,
    /// One digest for everything that can't change any more once a petition is completed.
    evidence: Sha256,
    files: Vec<Listed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: Sha256,
}

/// Why a package can't be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It would be larger than any package.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A part is not what JSON can hold: a bug.
    #[error("a part can't be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The seal could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Basis {
    /// The digest that is entered into the audit log when a petition is completed: it covers everything that decided.
    ///
    /// # Errors
    /// When a part can't be written.
    pub fn evidence(self) -> Result<Sha256, WriteError> {
        let files = self.into_files()?;
        let files = files.iter().map(|file| {
            let contents = Measured::of(&file.bytes);
            listed(&file.name, &contents)
        });
        Ok(evidence(&files.collect::<Vec<_>>()))
    }

    /// Its files, in the fixed order.
    fn into_files(self) -> Result<Vec<Entry>, WriteError> {
        let mut files = vec![entry(DECISION, pretty(&self.decision)?)];
        if let Some(report) = &self.report {
            files.push(entry(REPORT, pretty(report)?));
        }
        files.push(entry(DOCUMENT, self.document));
        if let Some(form) = self.form {
            files.push(entry(FORM, form));
        }
        for (index, bytes) in self.attachments.into_iter().enumerate() {
            files.push(entry(&numbered("adjuntos", index, ""), bytes));
        }
        files.push(entry(EMPLOYER, pretty(&self.employer)?));
        files.push(entry(ROOTS, self.trust.roots));
        files.push(entry(INTERMEDIATES, self.trust.intermediates));
        if let Some(terms) = self.trust.terms {
            files.push(entry(TERMS, terms));
        }
        for (index, (kind, bytes)) in self.answers.into_iter().enumerate() {
            let ending = format!(".{}", kind.as_str());
            files.push(entry(&numbered("revocacion", index, &ending), bytes));
        }
        for (index, der) in self.certificates.into_iter().enumerate() {
            files.push(entry(&numbered("certificados", index, ".der"), der));
        }
        Ok(files)
    }
}

/// Rows as they stand in the log of a package, a line each.
///
/// # Errors
/// When a row is not what JSON can hold: a bug.
pub fn lines(rows: &[AuditRow]) -> Result<Vec<u8>, WriteError> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

impl Package {
    /// The package as a file, the same bytes for the same contents (and a seal by an RSA key). Of the rows of the log only their
    /// measure is known here.
    ///
    /// # Errors
    /// When it is too large or the seal can't be made.
    pub fn pack(self, log: &Measured, seal: Option<&Seal>) -> Result<Packed, WriteError> {
        let number = self.facts.number.clone();
        let head = entry(HEAD, pretty(&self.head)?);
        let files = self.files_before_the_log()?;
        let total: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
        if total > MOST_IN_MEMORY {
            return Err(ArchiveError::TooLarge.into());
        }
        let mut all: Vec<(String, Measured)> = files
            .iter()
            .map(|file| (file.name.clone(), Measured::of(&file.bytes)))
            .collect();
        all.push((AUDIT.to_owned(), *log));
        all.push((HEAD.to_owned(), Measured::of(&head.bytes)));
        let all_listed: Vec<Listed> = all
            .iter()
            .map(|(name, contents)| listed(name, contents))
            .collect();
        let manifest = pretty(&Manifest {
            format: FORMAT.to_owned(),
            number,
            evidence: evidence(&all_listed),
            files: all_listed,
        })?;
        let seal = seal.map(|seal| seal.sign_detached(&manifest)).transpose()?;
        let mut contents = vec![entry(MANIFEST, manifest)];
        contents.extend(seal.map(|seal| entry(SEAL, seal)));
        for (place, file) in contents.iter().enumerate() {
            all.insert(place, (file.name.clone(), Measured::of(&file.bytes)));
        }
        contents.extend(files);
        lay_out(&all, contents, head)
    }

    /// Every file in front of the log but the manifest and its seal, in the fixed order.
    fn files_before_the_log(self) -> Result<Vec<Entry>, WriteError> {
        let mut files = vec![
            entry(READ_ME, self.read_me().into_bytes()),
            entry(CASE_FACTS, pretty(&self.facts)?),
        ];
        for file in self.basis.into_files()? {
            if file.name == DOCUMENT
                && let Some(pdf) = &self.report_pdf
            {
                files.push(entry(REPORT_PDF, pdf.clone()));
            }
            files.push(file);
        }
        Ok(files)
    }

    fn read_me(&self) -> String {
        let number = &self.facts.number;
        format!(
            "PAQUETE DE EVIDENCIA DEL TRÁMITE {number}\n\
             \n\
             Contiene todo aquello en que se apoyó la decisión. Se comprueba en cualquier máquina, sin red:\n\
             \n\
             \x20   clavero evidence verify ARCHIVO.zip\n\
             \n\
             Ese comando vuelve a validar el documento y a decidir con lo que hay aquí, y compara. Un solo byte\n\
             cambiado se descubre, y se dice en qué archivo.\n\
             \n\
             documento             lo que se recibió, tal cual (PDF o mensaje firmado); ábralo solo con cuidado\n\
             formulario.pdf        el formulario que se entregó para firmar\n\
             adjuntos/             lo que se adjuntó para que lo lea una persona\n\
             informe.json, .pdf    el informe de validación\n\
             decision.json         la decisión de la máquina, con sus razones\n\
             registro.json         el empleador y sus representantes, según la versión del registro que se usó\n\
             confianza/            las raíces y los certificados intermedios en que se confiaba, y en qué términos\n\
             revocacion/           las listas (CRL) y respuestas (OCSP) de revocación que se usaron\n\
             certificados/         los certificados de las cadenas de los firmantes\n\
             bitacora.jsonl        la bitácora, desde la primera fila del trámite hasta la cabeza; cada fila lleva el\n\
             \x20                     resumen de la anterior\n\
             cabeza.json           la fila a la que llega; compárela con una copia de la cabeza guardada en otra parte\n\
             caso.json             lo demás: horas, plazos, versión del registro\n\
             manifiesto.json       el resumen SHA-256 de cada archivo\n\
             manifiesto.p7s        el sello del operador sobre el manifiesto, si tiene uno\n\
             \n\
             Contiene datos personales: guárdelo y bórrelo como tales (Ley Orgánica de Protección de Datos Personales).\n"
        )
    }
}

/// The archive of all these files: contents that stand before the log, and the one behind it.
fn lay_out(
    all: &[(String, Measured)],
    before_the_log: Vec<Entry>,
    behind_the_log: Entry,
) -> Result<Packed, WriteError> {
    let mut layout = Layout::default();
    for (name, contents) in all {
        layout.push(name, contents)?;
    }
    let end = layout.end()?;
    let headers = layout.headers.iter().map(|header| header.len() as u64);
    let contents = all.iter().map(|(_, contents)| contents.bytes);
    let bytes = headers.chain(contents).sum::<u64>() + end.len() as u64;
    let mut headers = layout.headers.into_iter().map(Bytes::from);
    let mut before = Vec::new();
    for file in before_the_log {
        before.extend(headers.next());
        before.push(file.bytes.into());
    }
    before.extend(headers.next());
    let mut after: Vec<Bytes> = headers.collect();
    after.extend([behind_the_log.bytes.into(), end.into()]);
    Ok(Packed {
        before,
        after,
        bytes,
    })
}

fn entry(name: &str, bytes: Vec<u8>) -> Entry {
    Entry {
        name: name.to_owned(),
        bytes,
    }
}

/// `adjuntos/01`.
fn numbered(folder: &str, index: usize, ending: &str) -> String {
    format!("{folder}/{:02}{ending}", index + 1)
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn listed(name: &str, contents: &Measured) -> Listed {
    Listed {
        name: name.to_owned(),
        bytes: contents.bytes,
        sha256: contents.sha256,
    }
}

/// One digest for the files that can't change once a petition is completed. Left out are those that are written for the
/// reader, go on (the log), or name the configuration of the day of the export.
fn evidence(files: &[Listed]) -> Sha256 {
    const LEFT_OUT: [&str; 5] = [READ_ME, CASE_FACTS, REPORT_PDF, AUDIT, HEAD];
    let lines: String = files
        .iter()
        .filter(|file| !LEFT_OUT.contains(&file.name.as_str()))
        .map(|file| format!("{} {}\n", file.sha256, file.name))
        .collect();
    Sha256::of(lines.as_bytes())
}
