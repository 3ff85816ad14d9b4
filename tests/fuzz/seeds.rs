//! The first inputs of each target, taken out of the fixtures.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clavero::domain::Sha256;
use clavero::evidence_package::archive::{self, Entry};
use clavero::fixture::{catastro, directorio};
use clavero::form;
use clavero::material;
use clavero::pages::frame;
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

/// Content streams: plain text, text through a form, invisible and tiny text, paths that cover it.
const PAGES: &[&str] = &[
    "BT /F1 12 Tf 72 700 Td 14 TL (Asunto: Solicitud de restablecimiento de clave) Tj T* (RUC: 1790993949001) Tj \
     [(Su) -250 (cursal: ) 120 (0002)] TJ (x) ' 1 2 (y) \" ET",
    "q 1 0 0 1 10 20 cm /X1 Do Q q 100 0 0 50 72 300 cm /X2 Do Q /G1 gs BT /F2 9 Tf 1 0 0 1 72 500 Tm <00520055> Tj ET",
    "BT 3 Tr 0.5 Tz 2 Ts /F1 1 Tf 2 Tw 3 Tc 10 Tz (oculto) Tj ET 1 1 1 rg 0 0 595 842 re f 0 0 m 10 10 l h W n \
     1 0 0 RG 0.2 g /Pattern cs BI /W 1 /H 1 /BPC 8 /CS /G ID x EI 10 20 30 40 50 60 c S /Span << /ActualText (otro) >> BDC EMC",
];

/// A heading and one company, with cells of every kind.
const SHEET: &str = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>\
    <c r=\"C1\" t=\"s\"><v>2</v></c><c r=\"D1\" t=\"s\"><v>3</v></c></row><row r=\"2\"><c r=\"A2\"><v>9.90000000001E11</v></c>\
    <c r=\"B2\" t=\"str\"><v>AGRO</v></c><c r=\"D2\" t=\"inlineStr\"><is><t>GERENTE</t></is></c></row></sheetData></worksheet>";

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
        "registry" => vec![TABLE.into()],
        "form" => forms(),
        "letter" => LETTERS
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect(),
        "timestamp" => tokens(),
        "material" => files(),
        "page" => PAGES.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "frame" => frames(),
        "package" => vec![package()],
        "sri" => vec![catalogue()],
        "supercias" => vec![SHEET.into(), directory()],
        other => panic!("no seeds for {other}"),
    }
}

/// A small page, and none.
fn frames() -> Vec<Vec<u8>> {
    let drawn = frame::Drawn {
        pages: 2,
        width: 3,
        height: 2,
        incomplete: true,
        pixels: &[7; 18],
    };
    vec![
        frame::write(frame::Answer::Drawn(drawn)),
        frame::write(frame::Answer::NoSuchPage { pages: 0 }),
    ]
}

fn package() -> Vec<u8> {
    let entry = |name: &str, bytes: &[u8]| Entry {
        name: name.to_owned(),
        bytes: bytes.to_vec(),
    };
    let entries = [entry("caso.json", b"{}"), entry("adjuntos/01", b"")];
    archive::write(&entries).expect("a package")
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
            found.extend(pdf.dss.ocsps.iter().map(|stored| stored.der.clone()));
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

/// The tokens over signatures, archives and documents.
fn tokens() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for bytes in messages() {
        let Ok(message) = Message::parse(&bytes) else {
            continue;
        };
        for signer in &message.signers {
            let tokens = signer.timestamps().chain(signer.archive_timestamps());
            found.extend(tokens.map(|token| token.bytes.to_vec()));
        }
        if message.content_type == "1.2.840.113549.1.9.16.1.4" {
            found.push(bytes.clone());
        }
    }
    found
}

/// Trust material as it is handed over: DER, PEM with and without text around it, several blocks.
fn files() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut all = b"a file of two\n".to_vec();
    for der in certificates().into_iter().take(4) {
        let body = STANDARD.encode(&der);
        let block = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        all.extend_from_slice(block.as_bytes());
        found.push(block.into_bytes());
        found.push(der);
    }
    found.push(all);
    found.extend(messages().into_iter().take(4));
    found
}
