//! What an operator gives by hand and can't be used is told in the language of who reads: Spanish, and English with `--lang en`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::served::binary;

/// What the program says of what is wrong, without the names of files.
fn told(folder: &Path, lang: &str, arguments: &[&str]) -> String {
    let output = Command::new(binary())
        .args(["--lang", lang])
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLAVERO_TRUST_DIR")
        .output()
        .unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    [output.stdout, output.stderr]
        .map(|words| String::from_utf8(words).unwrap())
        .concat()
}

#[test]
fn what_is_broken_is_told_in_the_language_of_who_reads() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    fs::copy(
        fixtures.join("foreign/cases/openpdf-twice.pdf"),
        here.join("a.pdf"),
    )
    .unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(here.join(name), bytes).unwrap();
    fs::copy(
        fixtures.join("pki/roots/uno-raiz.crt"),
        here.join("raiz.crt"),
    )
    .unwrap();
    write("no.crt", b"hola");
    write(
        "base64.crt",
        b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
    );
    write("corto.crt", b"-----BEGIN CERTIFICATE-----\nMIIB");
    write("linea.crt", b"-----BEGIN CERTIFICATE");
    write(
        "clave.crt",
        b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    );
    write("no.crl", b"hola");
    write("vacia.csv", b"");
    let header = clavero::registry::representatives::HEADER.join(",");
    write("fila.csv", format!("{header}\nx,y\n").as_bytes());
    write("clavero.toml", b"data_dir = \"datos\"\n");
    let decide = |registry| {
        [
            "decide",
            "no.pdf",
            "--registry",
            registry,
            "--roots",
            "raiz.crt",
        ]
    };
    let add = |file| ["trust", "add", file, "--config", "clavero.toml", "--yes"];
    let roots = |file| ["verify", "a.pdf", "--roots", file];
    let lists = ["verify", "a.pdf", "--roots", "raiz.crt", "--crls", "no.crl"];
    let answers = ["verify", "a.pdf", "--roots", "raiz.crt", "--ocsp", "no.crl"];
    let vectors: &[(&[&str], &str, &str)] = &[
        (
            &roots("no.crt"),
            "no.crt: no es un certificado",
            "no.crt: not a readable X.509",
        ),
        (&roots("base64.crt"), "no está en base64", "is not base64"),
        (&roots("corto.crt"), "le falta -----END", "has no -----END"),
        (
            &roots("linea.crt"),
            "primera línea dañada",
            "broken first line",
        ),
        (
            &roots("clave.crt"),
            "ningún bloque PEM del tipo",
            "no PEM block of the kind",
        ),
        (&roots("falta.crt"), "falta.crt: no existe", "No such file"),
        (
            &lists,
            "no es una lista de revocación",
            "not a readable CRL",
        ),
        (&answers, "no es una respuesta OCSP", "not a readable OCSP"),
        (
            &add("no.crt"),
            "no.crt: no es un certificado",
            "not a readable X.509",
        ),
        (
            &add("falta.crt"),
            "✗ falta.crt: no existe",
            "✗ falta.crt: No such file",
        ),
        (&decide("falta.csv"), "falta.csv: no existe", "No such file"),
        (&decide("."), "es una carpeta", "Is a directory"),
        (
            &decide("vacia.csv"),
            "el encabezado debe tener",
            "the header must name",
        ),
        (
            &decide("fila.csv"),
            "línea 2: 2 campos en vez de 15",
            "line 2: 2 fields instead of 15",
        ),
        (&["verify"], "falta <ARCHIVO>", "required arguments"),
        (
            &["verify", "a.pdf", "--rots", "x"],
            "no existe la opción --rots",
            "unexpected argument",
        ),
    ];
    for (arguments, spanish, english) in vectors {
        let (es, en) = (told(here, "es", arguments), told(here, "en", arguments));
        assert!(es.contains(spanish), "{arguments:?}: {es}");
        assert!(en.contains(english), "{arguments:?}: {en}");
        assert!(!es.contains(english), "{arguments:?}: {es}");
        assert!(!en.contains(spanish), "{arguments:?}: {en}");
    }
}
