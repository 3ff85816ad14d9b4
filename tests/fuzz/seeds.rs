//! The first inputs of each target, taken out of the fixtures.

use std::fs;
use std::path::Path;

use clavero::domain::Sha256;
use clavero::fixture::{catastro, directorio};
use clavero::form;
use clavero::material;
use clavero::verify::cms::Message;
use clavero::verify::{self, Certificate, Crl};

use crate::conditions::{CONDITIONS, fixtures};

/// The header of the table and one row of each kind.
const TABLE: &str = "\
ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source
1790993949001,,\"AGRO, S.A.\",company,active,n@agro.ec,,1759121716,ANA PEÑA,Gerente,2024-01-01,,sole,1,deed
1790993949001,0001,\"AGRO, S.A.\",company,active,,,0958386815,LUIS VERA,Presidente,2024-01-01,2029-01-01,joint,2,deed
";

const LETTERS: &[&str] = &[
    "Asunto: Solicitud de restablecimiento de clave de empleador\n\nDe mi consideración:\nYo, ANA PÉREZ, en mi calidad \
     de Gerente General, solicito a ustedes se sirvan\natender el trámite indicado.\nRUC: 1790993949001\nSucursal: 0002\n",
    "Asunto: Actualización de correo electrónico\nRUC: 1790993949001\nCorreo anterior: uno@empresa.ec\n\
     Nuevo correo electrónico: dos@empresa.ec\nDejo sin efecto la solicitud anterior.\n",
];

/// Larger files teach nothing that smaller ones don't.
const MAX_BYTES: usize = 64 * 1024;

/// Writes them into `folder`, each under its digest.
pub fn write(target: &str, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder for the seeds");
    let seeds = of(target);
    assert!(!seeds.is_empty(), "nothing to begin with: {target}");
    for seed in seeds.iter().filter(|seed| seed.len() <= MAX_BYTES) {
        fs::write(folder.join(Sha256::of(seed).to_string()), seed).expect("a seed");
    }
}

fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "open" | "conclude" => documents(),
        "cms" => messages(),
        "certificate" => certificates(),
        "crl" => lists(),
        "ocsp" => answers(),
        "registry" => vec![TABLE.into(), catalogue(), directory()],
        "form" => forms(),
        "letter" => LETTERS
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect(),
        other => panic!("no seeds for {other}"),
    }
}

/// A catalogue of the SRI in which every kind of fault stands close to the next one.
fn catalogue() -> Vec<u8> {
    let mut whole = Vec::new();
    catastro::write(9000, &mut whole).expect("memory takes it");
    let mut rows: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let heading = rows.remove(0);
    let faulty = rows.iter().skip(500).step_by(1000).copied();
    [heading, rows[0]]
        .into_iter()
        .chain(faulty)
        .collect::<Vec<_>>()
        .concat()
}

/// A directory of the Supercias.
fn directory() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    directorio::write(4, &mut out).expect("memory takes it");
    out.into_inner()
}

/// Every document in the fixtures.
fn documents() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    collect(&fixtures(), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, found);
        } else if matches!(extension, Some("pdf" | "p7m" | "p7s")) {
            found.push(fs::read(&path).expect("a document"));
        }
    }
}

/// Every CMS message: files, and the `/Contents` of PDF signatures without their padding.
fn messages() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for document in documents() {
        let Ok(signed) = verify::open(&document, None) else {
            continue;
        };
        match signed.pdf() {
            Some(pdf) => found.extend(pdf.signatures.iter().map(|one| one.contents.clone())),
            None => found.push(document),
        }
    }
    for message in &mut found {
        let end = message
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        message.truncate(end);
    }
    found
}

fn certificates() -> Vec<Vec<u8>> {
    let trust = &CONDITIONS.trust;
    let configured = trust.roots().iter().chain(trust.intermediates());
    let mut found: Vec<Vec<u8>> = configured.map(|one| one.der().to_vec()).collect();
    for folder in ["pki/roots", "pki/intermediates"] {
        let own = material::certificates(&fixtures().join(folder)).expect("certificates");
        found.extend(own.iter().map(|one| one.der().to_vec()));
    }
    for bytes in messages() {
        if let Ok(message) = Message::parse(&bytes) {
            found.extend(message.material.certificates.iter().map(|der| der.to_vec()));
        }
    }
    found.retain(|der| Certificate::parse(der.clone()).is_ok());
    found
}

fn lists() -> Vec<Vec<u8>> {
    let own = material::crls(&fixtures().join("pki/crls")).expect("lists");
    own.iter()
        .chain(&CONDITIONS.evidence.crls)
        .map(Crl::der)
        .map(<[u8]>::to_vec)
        .collect()
}

/// The OCSP answers that documents carry along, and the smallest ones there are: a refusal, and a shell.
fn answers() -> Vec<Vec<u8>> {
    let mut found = vec![b"\x30\x03\x0a\x01\x06".to_vec()];
    for document in documents() {
        if let Some(pdf) = verify::open(&document, None)
            .ok()
            .as_ref()
            .and_then(|one| one.pdf())
        {
            found.extend(pdf.dss.ocsps.iter().cloned());
        }
    }
    for bytes in messages() {
        if let Ok(message) = Message::parse(&bytes) {
            found.extend(message.material.ocsps.iter().map(|der| der.to_vec()));
        }
    }
    found
}

/// Forms, and the values that they print.
fn forms() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for document in documents() {
        if let Some((values, length)) = form::recognise(&document) {
            found.push(serde_json::to_vec(&values).expect("values are JSON"));
            found.extend(document.get(..length).map(<[u8]>::to_vec));
        }
    }
    found
}
