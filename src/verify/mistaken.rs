//! What people send by mistake in place of the signed document, told by the first bytes so that they can be told which mistake
//! it was: the file with their own key (PKCS#12, RFC 7292 §4, or PEM, RFC 7468 §10 and §11), an archive, a document of an
//! office program, a mail. Nothing of it is decoded further; what is not recognised here is anything else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a file that are looked at.
pub const LOOKED_AT: usize = 64 * 1024;

/// A file that is no signed document, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistaken {
    /// The key that its owner signs with: it must not even be kept.
    PrivateKey,
    /// An archive: ZIP, RAR, 7z.
    Archive,
    /// A document of Word or of another office program.
    Office,
    /// A message of a mail program, signed perhaps.
    Mail,
}

/// What a file is taken for that is no signed document; nothing when it may be one, or is anything else.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<Mistaken> {
    const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    if is_private_key(head) {
        return Some(Mistaken::PrivateKey);
    }
    if head.starts_with(OLE) {
        return Some(Mistaken::Office);
    }
    // An empty archive begins with its end; the others are RAR and 7z.
    let packed: [&[u8]; 3] = [b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"];
    if packed.iter().any(|start| head.starts_with(start)) {
        return Some(Mistaken::Archive);
    }
    if is_mail(head) {
        return Some(Mistaken::Mail);
    }
    let name = first_name_in_zip(head)?;
    // ECMA-376 part 2 §7.3 names its list of types; OpenDocument 1.3 part 2 §3.3 puts the type first.
    let office = name == b"mimetype" && contains(head, b"application/vnd.oasis.opendocument")
        || contains(head, b"[Content_Types].xml");
    Some(if office {
        Mistaken::Office
    } else {
        Mistaken::Archive
    })
}

/// Whether these are the first bytes of somebody's key, as it is or as the first file of an archive.
#[must_use]
pub fn is_private_key(head: &[u8]) -> bool {
    let head = head.get(..LOOKED_AT).unwrap_or(head);
    is_pkcs12(head) || is_key_as_text(head) || first_name_in_zip(head).is_some_and(names_pkcs12)
}

/// `PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, … }` with data or signed data in it (RFC 7292 §4), of
/// definite or indefinite length.
fn is_pkcs12(bytes: &[u8]) -> bool {
    const VERSION: &[u8] = &[0x02, 0x01, 0x03];
    const PKCS7: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    let kind = || {
        let pfx = inside_sequence(bytes)?.strip_prefix(VERSION)?;
        inside_sequence(pfx)?.strip_prefix(PKCS7)?.first().copied()
    };
    matches!(kind(), Some(1 | 2))
}

/// What follows the identifier and length octets of a SEQUENCE (X.690 §8.1.3), however much of it is there.
fn inside_sequence(bytes: &[u8]) -> Option<&[u8]> {
    match *bytes {
        [0x30, 0x00..=0x80, ref rest @ ..] => Some(rest),
        [0x30, length @ 0x81..=0x84, ref rest @ ..] => rest.get(usize::from(length - 0x80)..),
        _ => None,
    }
}

/// A private key in PEM, or PKCS#12 in base64 with or without such a frame. OpenSSL writes attributes before what it exports.
fn is_key_as_text(head: &[u8]) -> bool {
    const BYTES: usize = 48;
    let Some(text) = as_text(head) else {
        return false;
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let framed = text.starts_with("-----BEGIN ") || text.starts_with("Bag Attributes");
    if framed && text.contains("PRIVATE KEY-----") {
        return true;
    }
    let body = match text.strip_prefix("-----BEGIN ") {
        Some(after) => after.split_once("-----").map_or("", |(_, body)| body),
        None => text,
    };
    let digits = body.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let start: Vec<u8> = digits.take(BYTES).collect();
    STANDARD.decode(start).is_ok_and(|bytes| is_pkcs12(&bytes))
}

/// A message of several parts, as mail programs save it (RFC 5322 §2.2, RFC 2045 §5): a signed one is such (RFC 8551 §3.5.3).
fn is_mail(head: &[u8]) -> bool {
    let Some(text) = as_text(head) else {
        return false;
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let header = text.lines().take_while(|line| !line.trim().is_empty());
    let mut fields = Vec::new();
    for line in header {
        // What begins with a blank goes on with the field above.
        if line.starts_with([' ', '\t']) {
            continue;
        }
        // mbox puts a line of its own in front.
        if fields.is_empty() && line.starts_with("From ") {
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) if name.bytes().all(|byte| byte.is_ascii_graphic()) => {
                fields.push((name.to_ascii_lowercase(), value));
            }
            _ => return false,
        }
    }
    fields.iter().any(|(name, value)| {
        let kind = value.trim().to_ascii_lowercase();
        name == "content-type" && kind.starts_with("multipart/")
    })
}

/// The text at the beginning, as far as it is some: what is looked at may end within a character.
fn as_text(head: &[u8]) -> Option<&str> {
    match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_some() => None,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok(),
    }
}

/// The name of the first file of an archive (APPNOTE.TXT 6.3.10 §4.3.7).
fn first_name_in_zip(head: &[u8]) -> Option<&[u8]> {
    const NAME: usize = 30;
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    let length = match head.get(26..28) {
        Some([low, high]) => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    };
    Some(head.get(NAME..NAME + length).unwrap_or_default())
}

fn names_pkcs12(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(b".p12") || name.ends_with(b".pfx")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use openssl::pkcs12::Pkcs12;
    use openssl::pkey::PKey;
    use openssl::x509::X509;

    use super::*;
    use Mistaken::{Archive, Mail, Office, PrivateKey};

    /// A key with a certificate, as an entity hands it out.
    fn pkcs12() -> (Vec<u8>, Vec<u8>) {
        let pem = include_bytes!("../../fixtures/keys/lucia.pem");
        let key = PKey::private_key_from_pem(pem).unwrap();
        let mut certificate = X509::builder().unwrap();
        certificate.set_pubkey(&key).unwrap();
        certificate
            .sign(&key, openssl::hash::MessageDigest::sha256())
            .unwrap();
        let built = Pkcs12::builder()
            .name("Lucía")
            .pkey(&key)
            .cert(&certificate.build())
            .build2("clavero");
        (built.unwrap().to_der().unwrap(), pem.to_vec())
    }

    /// The first file of an archive: its header and its bytes.
    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        bytes
    }

    #[test]
    fn a_key_is_recognised_in_every_dress() {
        let (der, pem) = pkcs12();
        let base64 = STANDARD.encode(&der);
        let lines: Vec<&str> = (0..base64.len())
            .step_by(64)
            .map(|at| &base64[at..base64.len().min(at + 64)])
            .collect();
        let framed = format!(
            "-----BEGIN PKCS12-----\r\n{}\r\n-----END PKCS12-----",
            lines.join("\r\n")
        );
        let mut indefinite = vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80];
        indefinite.extend([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]);
        for (what, bytes) in [
            ("DER", der.clone()),
            ("its first bytes", der[..40].to_vec()),
            ("BER, under a public key", indefinite),
            ("base64", base64.clone().into_bytes()),
            ("base64 in lines", lines.join("\n").into_bytes()),
            ("framed", framed.into_bytes()),
            ("a PEM key", pem.clone()),
            (
                "as OpenSSL exports it",
                [b"Bag Attributes\n    friendlyName: Ana\n", &pem[..]].concat(),
            ),
            ("packed", zip("firma/LUCIA.P12", b"\x78\x9c")),
            ("packed by its other name", zip("lucia.pfx", b"")),
        ] {
            assert_eq!(recognise(&bytes), Some(PrivateKey), "{what}");
            assert!(is_private_key(&bytes), "{what}");
        }
    }

    #[test]
    fn archives_and_documents_of_office_programs_are_told_apart() {
        let types = [
            zip("[Content_Types].xml", b"x"),
            zip("word/document.xml", b"y"),
        ]
        .concat();
        let relations = [zip("_rels/.rels", b"x"), zip("[Content_Types].xml", b"y")].concat();
        let open = zip("mimetype", b"application/vnd.oasis.opendocument.text");
        let old = [
            &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..],
            &[0; 500],
        ]
        .concat();
        for bytes in [types, relations, open, old] {
            assert_eq!(recognise(&bytes), Some(Office));
        }
        for bytes in [
            zip("solicitud-firmada.pdf", b"%PDF-1.7\n"),
            zip("mimetype", b"application/epub+zip"),
            b"PK\x03\x04".to_vec(),
            b"PK\x05\x06".to_vec(),
            b"Rar!\x1a\x07\x01\x00".to_vec(),
            b"7z\xbc\xaf\x27\x1c\x00\x04".to_vec(),
        ] {
            assert_eq!(recognise(&bytes), Some(Archive));
        }
    }

    #[test]
    fn messages_of_mail_programs_are_recognised() {
        for head in [
            "MIME-Version: 1.0\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\n micalg=sha-256; \
             boundary=b\n\nThis is an S/MIME signed message\n\n--b\n",
            "Return-Path: <a@b.ec>\r\nReceived: from x\r\n\tby y\r\nSubject: Clave: nueva\r\ncontent-type: Multipart/Mixed; \
             boundary=b\r\n\r\n--b\r\n",
            "From a@b.ec Sun Nov 22 10:00:00 2026\nContent-Type: multipart/alternative; boundary=b\n\n",
        ] {
            assert_eq!(recognise(head.as_bytes()), Some(Mail), "{head}");
        }
        for head in [
            "Señores:\nContent-Type: multipart/signed\n\nSolicito una clave.",
            "Asunto: clave\n\nContent-Type: multipart/signed\n",
            "Solicito una clave.\nContent-Type: multipart/signed\n",
            "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nMII",
        ] {
            assert_eq!(recognise(head.as_bytes()), None, "{head}");
        }
    }

    #[test]
    fn what_may_be_signed_is_not_mistaken() {
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/samples/cases");
        let mut seen = 0;
        for file in std::fs::read_dir(samples).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(recognise(&bytes), None, "{}", path.display());
            seen += 1;
        }
        assert!(seen > 20);
        // A letter about keys, a certificate without its key, and beginnings of nothing.
        for bytes in [
            &b"Adjunto -----BEGIN PRIVATE KEY----- no, eso no se envia."[..],
            b"-----BEGIN CERTIFICATE-----\nMIIB",
            b"MIIB",
            b"\x30\x82",
            b"\x30\x84\x00",
            b"",
        ] {
            assert_eq!(recognise(bytes), None);
        }
    }
}
