//! `clavero fixture`: makes the test PKI, signs, attacks, and writes the vectors. Nothing here is worth anything outside
//! of tests and demonstrations.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use openssl::pkcs12::Pkcs12;

use crate::fixture::attack::{self, Attack, CLASSES};
use crate::fixture::cms::{self, CmsOptions, Digest};
use crate::fixture::pdf::{SignOptions, SignatureKind, sign_pdf};
use crate::fixture::pki::{self, Defect, Identity, P12_PASSWORD, VECTOR_CRLS_AT};
use crate::fixture::{catastro, directorio};
use crate::fixture::{people, vectors};
use crate::form::SIGNATURE_AREA;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "fixture",
        "Certificados, firmas y ataques de prueba; nada de esto tiene valor legal",
    ),
    (
        "fixture!",
        "Ejemplos:
  clavero fixture pki --out pki
  clavero fixture sign formulario.pdf --person lucia --out firmado.pdf
  clavero fixture sign formulario.pdf --p12 pki/p12/rosa.p12 --visible --out firmado.pdf
  clavero fixture attack --list
  clavero fixture attack stamp --in firmado.pdf --out ataques
  clavero fixture attack --class shadow-hide --in firmado.pdf --out ataques
  clavero fixture vectors --out fixtures

Estado de salida: 0 escrito, 3 no se pudo leer, firmar o escribir",
    ),
    (
        "fixture pki",
        "Escribe raíces, subordinadas, listas de revocación y archivos .p12 (clave: clavero)",
    ),
    ("fixture pki.out", "Carpeta de destino"),
    (
        "fixture pki.now",
        "Emite las listas de revocación con la hora actual, no con la fecha fija de los vectores",
    ),
    (
        "fixture sign",
        "Firma un PDF, o cualquier archivo como .p7m o .p7s",
    ),
    (
        "fixture attack",
        "Altera un PDF firmado como lo haría un atacante; los que se preparan antes de firmar los firma lucia de nuevo",
    ),
    (
        "fixture attack.name",
        "Nombre del ataque, de los que muestra --list",
    ),
    ("fixture attack.class", "Todos los ataques de una clase"),
    ("fixture attack.all", "Todos los ataques"),
    (
        "fixture attack.list",
        "Muestra clases y ataques, qué hace cada uno y qué debe responderse",
    ),
    ("fixture attack.input", "PDF firmado que se altera"),
    (
        "fixture attack.out",
        "Carpeta de destino: un archivo CLASE/ATAQUE.pdf por ataque",
    ),
    (
        "fixture catastro",
        "Escribe un catastro como el del SRI, con sus defectos, del tamaño que se quiera",
    ),
    ("fixture catastro.rows", "Número de establecimientos"),
    ("fixture catastro.out", "Archivo de salida"),
    (
        "fixture directorio",
        "Escribe un directorio de compañías como el de la Supercias (.xlsx), del tamaño que se quiera",
    ),
    ("fixture directorio.rows", "Número de compañías"),
    ("fixture directorio.out", "Archivo de salida"),
    (
        "fixture vectors",
        "Escribe los vectores de prueba (carpetas pki y vectors)",
    ),
    (
        "fixture vectors.out",
        "Carpeta de destino; en el repositorio: fixtures",
    ),
    ("fixture sign.file", "Archivo que se firma"),
    ("fixture sign.out", "Archivo de salida"),
    (
        "fixture sign.person",
        "Persona del elenco, con su defecto si lo hay: lucia, rosa, lucia-caducado, lucia-revocado …",
    ),
    ("fixture sign.p12", "Archivo .p12"),
    ("fixture sign.password", "Clave del archivo .p12"),
    (
        "fixture sign.format",
        "Dentro del PDF (cades, adbe), o CMS con el contenido (p7m) o sin él (p7s)",
    ),
    (
        "fixture sign.digest",
        "Resumen criptográfico: sha256, sha384 o sha512",
    ),
    ("fixture sign.pss", "RSASSA-PSS en lugar de PKCS#1 v1.5"),
    (
        "fixture sign.visible",
        "Firma visible en el espacio libre de la página 1",
    ),
    (
        "fixture sign.certify",
        "Firma de certificación con este nivel de permisos (1 a 3)",
    ),
    (
        "fixture sign.field",
        "Nombre del campo de firma; si falta, el primero libre: Firma1, Firma2 …",
    ),
    (
        "fixture sign.at",
        "Hora que dice la firma, en RFC 3339; si falta, la actual",
    ),
    (
        "fixture sign.without_chain",
        "No incluye el certificado de la entidad subordinada",
    ),
];

/// What to make.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero fixture pki --out pki
  clavero fixture sign form.pdf --person lucia --out signed.pdf
  clavero fixture sign form.pdf --p12 pki/p12/rosa.p12 --visible --out signed.pdf
  clavero fixture attack --list
  clavero fixture attack stamp --in signed.pdf --out attacks
  clavero fixture attack --class shadow-hide --in signed.pdf --out attacks
  clavero fixture vectors --out fixtures

EXIT STATUS: 0 written, 3 could not be read, signed or written")]
pub struct FixtureArgs {
    #[command(subcommand)]
    command: FixtureCommand,
}

#[derive(Debug, Subcommand)]
enum FixtureCommand {
    /// Writes roots, subordinates, revocation lists and .p12 files (password: clavero)
    Pki {
        /// Folder to write to
        #[arg(long)]
        out: PathBuf,
        /// Issues the revocation lists now, not at the fixed date of the vectors
        #[arg(long)]
        now: bool,
    },
    /// Signs a PDF, or any file as .p7m or .p7s
    Sign(SignArgs),
    /// Alters a signed PDF as an attacker would; what is prepared before signing, lucia signs again
    Attack(AttackArgs),
    /// Writes a taxpayer catalogue like that of the SRI, with its faults, of any size
    Catastro {
        /// Number of establishments
        #[arg(long)]
        rows: u64,
        /// File to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Writes a directory of companies like that of the Supercias (.xlsx), of any size
    Directorio {
        /// Number of companies
        #[arg(long)]
        rows: u64,
        /// File to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Writes the test vectors (folders pki and vectors)
    Vectors {
        /// Folder to write to; in the repository: fixtures
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
struct AttackArgs {
    /// Name of the attack, one of those that --list shows
    #[arg(group = "which", value_parser = parse_attack)]
    name: Option<&'static str>,
    /// All attacks of a class
    #[arg(long, group = "which", value_parser = parse_class)]
    class: Option<&'static str>,
    /// All attacks
    #[arg(long, group = "which")]
    all: bool,
    /// Shows classes and attacks, what each does and what must be answered
    #[arg(long, group = "which")]
    list: bool,
    /// Signed PDF to alter
    #[arg(long = "in", required_unless_present = "list")]
    input: Option<PathBuf>,
    /// Folder to write to: a file CLASS/ATTACK.pdf for each attack
    #[arg(long, required_unless_present = "list")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SignArgs {
    /// File to sign
    file: PathBuf,
    /// File to write
    #[arg(long)]
    out: PathBuf,
    /// Person of the cast, with a defect if any: lucia, rosa, lucia-caducado, lucia-revocado, lucia-imitacion …
    #[arg(long, required_unless_present = "p12", conflicts_with = "p12")]
    person: Option<String>,
    /// A .p12 file
    #[arg(long)]
    p12: Option<PathBuf>,
    /// Password of the .p12 file
    #[arg(long, default_value = P12_PASSWORD)]
    password: String,
    /// Inside the PDF (cades, adbe), or CMS with its content (p7m) or without (p7s)
    #[arg(long, value_enum, default_value_t = Format::Cades)]
    format: Format,
    /// Digest
    #[arg(long, value_enum, default_value_t = DigestName::Sha256)]
    digest: DigestName,
    /// RSASSA-PSS instead of PKCS#1 v1.5
    #[arg(long)]
    pss: bool,
    /// Visible signature in the free space of page 1
    #[arg(long)]
    visible: bool,
    /// Certification signature with this permission level (1 to 3)
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    certify: Option<u8>,
    /// Name of the signature field; the first that is free when absent: Firma1, Firma2 …
    #[arg(long)]
    field: Option<String>,
    /// Time that the signature claims, RFC 3339; now when absent
    #[arg(long)]
    at: Option<Timestamp>,
    /// Leaves the subordinate certificate out
    #[arg(long)]
    without_chain: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Cades,
    Adbe,
    P7m,
    P7s,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DigestName {
    Sha256,
    Sha384,
    Sha512,
}

/// Runs the command.
///
/// # Errors
/// When a file can't be read, signed or written; the message says which.
pub fn run(args: FixtureArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        FixtureCommand::Pki { out, now } => {
            let at = if now {
                Timestamp::now()
            } else {
                VECTOR_CRLS_AT
            };
            write_trust(&out, at)?;
            let names = write_p12s(&out.join("p12"))?;
            println!(
                "{} archivos .p12 en {} (clave: {P12_PASSWORD})",
                names,
                out.join("p12").display()
            );
        }
        FixtureCommand::Sign(args) => sign(&args)?,
        FixtureCommand::Attack(args) => attack(&args)?,
        FixtureCommand::Catastro { rows, out } => {
            let file = fs::File::create(&out).with_context(|| out.display().to_string())?;
            let mut file = BufWriter::new(file);
            catastro::write(rows, &mut file)?;
            file.flush()?;
            println!("{rows} filas en {}", out.display());
        }
        FixtureCommand::Directorio { rows, out } => {
            let file = fs::File::create(&out).with_context(|| out.display().to_string())?;
            directorio::write(rows, BufWriter::new(file))?;
            println!("{rows} filas en {}", out.display());
        }
        FixtureCommand::Vectors { out } => {
            let files = vectors::files();
            for file in &files {
                write(&out.join(&file.path), &file.bytes)?;
            }
            println!("{} archivos en {}", files.len(), out.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes `roots`, `intermediates` and `crls` under `folder`, as `trust.*` of the configuration names them.
///
/// # Errors
/// When a file can't be written.
pub fn write_trust(folder: &Path, crls_at: Timestamp) -> anyhow::Result<()> {
    let material = [
        ("roots", pki::roots()),
        ("intermediates", pki::intermediates()),
        ("crls", pki::crls(crls_at)),
    ];
    for (name, list) in material {
        for item in list {
            write(&folder.join(name).join(item.name), &item.der)?;
        }
    }
    let additions = toml::to_string(&pki::additions()).context("entities.toml")?;
    write(&folder.join("entities.toml"), additions.as_bytes())
}

/// Everybody's archive, and the defective ones of the first person.
fn write_p12s(folder: &Path) -> anyhow::Result<usize> {
    let mut identities: Vec<Identity> = people::PEOPLE
        .iter()
        .map(|person| pki::issue(person, Defect::None))
        .collect();
    let first = &people::PEOPLE[0];
    identities.extend(
        Defect::ALL
            .into_iter()
            .filter(|defect| *defect != Defect::None)
            .map(|defect| pki::issue(first, defect)),
    );
    for identity in &identities {
        write(
            &folder.join(format!("{}.p12", identity.name)),
            &identity.p12(),
        )?;
    }
    Ok(identities.len())
}

fn sign(args: &SignArgs) -> anyhow::Result<()> {
    let identity = match (&args.person, &args.p12) {
        (Some(name), _) => pki::identity(name).with_context(|| unknown_person(name))?,
        (None, Some(path)) => open_p12(path, &args.password)?,
        (None, None) => bail!("indique --person o --p12"),
    };
    let content = read(&args.file)?;
    let at = args.at.unwrap_or_else(Timestamp::now);
    let cms = CmsOptions {
        digest: match args.digest {
            DigestName::Sha256 => Digest::Sha256,
            DigestName::Sha384 => Digest::Sha384,
            DigestName::Sha512 => Digest::Sha512,
        },
        pss: args.pss,
        signing_time: None,
        without_chain: args.without_chain,
        bag: None,
    };
    let in_pdf = |kind| SignOptions {
        kind,
        cms: cms.clone(),
        at,
        field: args.field.clone().unwrap_or_else(|| free_field(&content)),
        visible: args.visible.then_some(SIGNATURE_AREA),
        certify: args.certify,
        lock: None,
        gap: 0,
        padding: 0,
    };
    let alone = CmsOptions {
        signing_time: Some(at),
        ..cms.clone()
    };
    let signed = match args.format {
        Format::Cades => sign_pdf(&content, &identity, &in_pdf(SignatureKind::Cades))?,
        Format::Adbe => sign_pdf(&content, &identity, &in_pdf(SignatureKind::Adbe))?,
        Format::P7m => cms::sign(&content, true, &identity, &alone),
        Format::P7s => cms::sign(&content, false, &identity, &alone),
    };
    write(&args.out, &signed)?;
    println!("{} firmado por {}", args.out.display(), identity.name);
    Ok(())
}

/// The first name of a field that the file does not have: two fields of one name are a fault of the file, and no second signature.
fn free_field(file: &[u8]) -> String {
    let is_there = |name: &str| {
        let name = format!("({name})");
        file.windows(name.len()).any(|one| one == name.as_bytes())
    };
    let mut names = (1..=u32::MAX).map(|number| format!("Firma{number}"));
    names.find(|name| !is_there(name)).unwrap_or_default()
}

fn attack(args: &AttackArgs) -> anyhow::Result<()> {
    let (Some(input), Some(out)) = (&args.input, &args.out) else {
        list_attacks();
        return Ok(());
    };
    let signed = read(input)?;
    let wanted = |class: &str, attack: &str| {
        args.all || args.class == Some(class) || args.name == Some(attack)
    };
    for (class, attack) in attack::all().filter(|(class, attack)| wanted(class.name, attack.name)) {
        let altered = attack
            .apply(&signed)
            .with_context(|| format!("{}: no se puede con este archivo", attack.name))?;
        let path = out.join(class.name).join(format!("{}.pdf", attack.name));
        write(&path, &altered)?;
        println!("{}: {}", path.display(), attack.sentence);
    }
    Ok(())
}

fn list_attacks() {
    for class in CLASSES {
        println!("{} ({})\n  {}", class.name, class.published, class.caught);
        for Attack {
            name,
            sentence,
            expected,
            ..
        } in class.attacks
        {
            let what = expected.what.unwrap_or_default();
            println!(
                "  - {name}: {sentence} [{}: {} {what}]",
                expected.conclusion, expected.code
            );
        }
    }
}

fn unknown_person(name: &str) -> String {
    let known: Vec<&str> = people::PEOPLE.iter().map(|person| person.id).collect();
    let defects: Vec<&str> = Defect::ALL[1..]
        .iter()
        .map(|defect| defect.suffix())
        .collect();
    format!(
        "no hay nadie llamado {name}; personas: {}; defectos (con guion): {}",
        known.join(", "),
        defects.join(", ")
    )
}

fn open_p12(path: &Path, password: &str) -> anyhow::Result<Identity> {
    let parsed = Pkcs12::from_der(&read(path)?)
        .and_then(|archive| archive.parse2(password))
        .with_context(|| format!("{}: no es un .p12 o la clave no es esa", path.display()))?;
    let certificate = parsed
        .cert
        .context("el .p12 no tiene certificado")?
        .to_der()?;
    let chain = parsed
        .ca
        .into_iter()
        .flatten()
        .map(|issuer| issuer.to_der())
        .collect::<Result<_, _>>()?;
    Ok(Identity {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        certificate,
        chain,
        key: parsed.pkey.context("el .p12 no tiene clave privada")?,
    })
}

fn parse_attack(name: &str) -> Result<&'static str, String> {
    attack::find(name)
        .map(|attack| attack.name)
        .ok_or_else(|| "no hay tal ataque; `clavero fixture attack --list` los muestra".to_owned())
}

fn parse_class(name: &str) -> Result<&'static str, String> {
    let known: Vec<&str> = CLASSES.iter().map(|class| class.name).collect();
    let found = known.iter().find(|known| **known == name).copied();
    found.ok_or_else(|| format!("las clases son: {}", known.join(", ")))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("no se puede leer {}", path.display()))
}

/// Writes a file, making its folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("no se puede crear {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("no se puede escribir {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_signature_has_a_field_of_its_own() {
        let sample = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/samples/cases/valid-pades-bb.pdf"
        );
        let mut file = std::fs::read(sample).unwrap();
        for person in ["lucia", "rosa"] {
            let options = SignOptions {
                field: free_field(&file),
                ..SignOptions::at("2026-11-21T12:00:00Z".parse().unwrap())
            };
            file = sign_pdf(&file, &pki::identity(person).unwrap(), &options).unwrap();
        }
        let signed = crate::verify::open(&file, None).unwrap();
        let fields = signed.pdf().unwrap().signatures.iter();
        let fields: Vec<&str> = fields.map(|one| one.field.as_str()).collect();
        assert_eq!(fields[1..], ["Firma1", "Firma2"]);
    }
}
