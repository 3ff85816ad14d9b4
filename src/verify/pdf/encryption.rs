//! Reading a file that is encrypted with the empty user password (ISO 32000-2 §7.6): everybody can open it, so it can be
//! judged. The standard security handler in all its versions: RC4 (V 1 and 2), crypt filters (V 4), AES-256 (V 5).
//!
//! A file that needs a password, or another handler, stays locked: its structure and its byte ranges can be judged, its
//! strings and streams can't. Whatever would let two readers find two keys (`/Encrypt` or the first part of `/ID` that
//! differ between revisions) locks it too.

use std::collections::BTreeMap;

use super::cipher::{aes, encrypt_blocks, rc4, unwrap_key};
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::reader::Reader;
use super::{Doubts, Trouble};
use crate::verify::asn1;
use crate::verify::crypto::Digest;
use crate::verify::report::{Code, Finding, Severity};

/// §7.6.4.3.2, step (a): what an empty password is filled up with.
const PADDING: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];

/// What a decrypted string costs of the budget of values: a key schedule of its own.
pub(super) const VALUES_PER_STRING: usize = 8;

/// Whether strings and streams have to be decrypted.
#[derive(Debug, Default)]
pub(super) enum Encryption {
    /// The file is not encrypted.
    #[default]
    None,
    /// The empty user password opens it.
    Open(Box<Handler>),
    /// Strings and streams can't be read.
    Locked,
}

/// The standard security handler with its key.
#[derive(Debug)]
pub(super) struct Handler {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    /// Crypt filters by name, for streams that choose one.
    filters: BTreeMap<Box<[u8]>, Method>,
    metadata: bool,
    /// The object that holds `/Encrypt` itself: its strings are not encrypted.
    own: Option<ObjectId>,
}

/// What one crypt filter does (§7.6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Identity,
    Rc4,
    /// AES-128 with a key for each object.
    Aes128,
    /// AES-256 with the key of the file.
    Aes256,
}

/// Reads `/Encrypt` of all revisions.
pub(super) fn read(reader: &mut Reader<'_>, doubts: &mut Doubts) -> Encryption {
    let last = reader.last();
    if !(0..=last).any(|view| reader.trailer(view).has(b"Encrypt")) {
        return Encryption::None;
    }
    let finding = Finding::new(Code::PdfEncrypted, "");
    let opened =
        same_everywhere(reader, doubts).and_then(|dictionary| Handler::open(reader, &dictionary));
    let Some(handler) = opened else {
        let detail = "the empty user password does not open the file";
        doubts.tell(finding, "locked", None, detail);
        return Encryption::Locked;
    };
    let detail = "the empty user password opens the file";
    let finding = finding.weighing(Severity::Note);
    doubts.tell(finding, "empty_password", None, detail);
    Encryption::Open(Box::new(handler))
}

/// The encryption dictionary, when every revision has the same and derives the same key from it.
fn same_everywhere(reader: &mut Reader<'_>, doubts: &mut Doubts) -> Option<Dictionary> {
    let last = reader.last();
    let mut first: Option<(Dictionary, Object)> = None;
    for view in 0..=last {
        let trailer = reader.trailer(view);
        let dictionary = reader.get_dictionary(view, &trailer, b"Encrypt").ok()?;
        doubts.conflict(&dictionary, Some(view), "the encryption dictionary");
        let id = identifier(reader, view, &trailer);
        let same = match &first {
            None => {
                first = Some((dictionary, id));
                true
            }
            // Updates may leave /ID out, but not say another one.
            Some((was, was_id)) => {
                *was == dictionary && (id.is_null() || was_id.is_null() || *was_id == id)
            }
        };
        if !same {
            doubts.add(
                "encryption_changed",
                Some(view),
                "/Encrypt or /ID of the trailer is not that of the revision before",
            );
            return None;
        }
    }
    first.map(|(dictionary, _)| dictionary)
}

/// The first part of `/ID` (§14.4); null when there is none.
fn identifier(reader: &mut Reader<'_>, view: usize, trailer: &Dictionary) -> Object {
    let items = reader.get_array(view, trailer, b"ID").unwrap_or_default();
    let first = items.into_iter().next().unwrap_or(Object::Null);
    reader.resolve(view, &first).unwrap_or(Object::Null)
}

impl Handler {
    /// §7.6.4: the key from the empty user password, if it is the right one.
    fn open(reader: &mut Reader<'_>, dictionary: &Dictionary) -> Option<Self> {
        if !dictionary.is(b"Filter", b"Standard") {
            return None;
        }
        let version = integer(dictionary, b"V")?;
        let revision = integer(dictionary, b"R")?;
        let filters = match version {
            4 | 5 => crypt_filters(reader, dictionary)?,
            _ => BTreeMap::new(),
        };
        let chosen = |key: &[u8]| match dictionary.get(key).and_then(Object::name) {
            None | Some(b"Identity") => Some(Method::Identity),
            Some(name) => filters.get(name).copied(),
        };
        let (strings, streams) = match version {
            1 | 2 => (Method::Rc4, Method::Rc4),
            4 | 5 => (chosen(b"StrF")?, chosen(b"StmF")?),
            _ => return None,
        };
        let metadata = !matches!(
            dictionary.get(b"EncryptMetadata"),
            Some(Object::Boolean(false))
        );
        let key = match (version, revision) {
            (1 | 2 | 4, 2..=4) => legacy_key(reader, dictionary, version, revision, metadata)?,
            (5, 5 | 6) => modern_key(dictionary, revision)?,
            _ => return None,
        };
        let last = reader.last();
        let own = reader
            .trailer(last)
            .get(b"Encrypt")
            .and_then(Object::reference);
        Some(Self {
            key,
            strings,
            streams,
            filters,
            metadata,
            own,
        })
    }

    /// Decrypts the strings of an object that stands in the file itself.
    ///
    /// # Errors
    /// When a string is not what its cipher writes.
    pub fn decrypt_strings(&self, object: &mut Object, id: ObjectId) -> Result<usize, Trouble> {
        if self.strings == Method::Identity || self.own == Some(id) || is_cross_reference(object) {
            return Ok(0);
        }
        let key = self.object_key(self.strings, id);
        let mut count = 0;
        self.walk(object, &key, &mut count)?;
        Ok(count)
    }

    fn walk(&self, object: &mut Object, key: &[u8], count: &mut usize) -> Result<(), Trouble> {
        match object {
            Object::String(string) => {
                *count = count.saturating_add(1);
                *string = decrypt(self.strings, key, string)?.into();
            }
            Object::Array(items) => {
                for item in items {
                    self.walk(item, key, count)?;
                }
            }
            Object::Dictionary(dictionary) => self.walk_dictionary(dictionary, key, count)?,
            Object::Stream(stream) => self.walk_dictionary(&mut stream.dictionary, key, count)?,
            _ => {}
        }
        Ok(())
    }

    fn walk_dictionary(
        &self,
        dictionary: &mut Dictionary,
        key: &[u8],
        count: &mut usize,
    ) -> Result<(), Trouble> {
        // §7.6.2: the value of a signature is written in the clear, since it is made when all else is.
        let signature = dictionary.has(b"ByteRange");
        for (name, value) in dictionary.entries_mut() {
            if !(signature && name == b"Contents") {
                self.walk(value, key, count)?;
            }
        }
        Ok(())
    }

    /// PDFBox encrypts the zeros that keep room for a signature, and then writes the message over their beginning: makes
    /// zeros again of what stands behind the message, if all of it is zeros encrypted.
    pub fn clear_room(&self, contents: &mut [u8], id: ObjectId) {
        let Ok(message) = asn1::Reader::new(contents).next() else {
            return;
        };
        let end = message.raw.len();
        let key = self.object_key(self.strings, id);
        let clear = decrypt(self.strings, &key, contents).unwrap_or_default();
        // With AES the vector in front makes each block of text depend on the block at its own place, and on the next.
        let zeros = |rest: &[u8]| !rest.is_empty() && rest.iter().all(|byte| *byte == 0);
        if clear.get(end..).is_some_and(zeros)
            && let Some(room) = contents.get_mut(end..)
        {
            room.fill(0);
        }
    }

    /// Whether the raw data of a stream is what is meant.
    pub fn is_clear(&self, stream: &Stream) -> bool {
        self.method(stream)
            .is_ok_and(|method| method == Method::Identity)
    }

    /// The data of a stream, decrypted.
    ///
    /// # Errors
    /// When it is not what its cipher writes, or names a filter that does not exist.
    pub fn decrypt_stream(&self, stream: &Stream, raw: &[u8]) -> Result<Vec<u8>, Trouble> {
        let method = self.method(stream)?;
        decrypt(method, &self.object_key(method, stream.id), raw)
    }

    /// §7.6.6: the crypt filter that a stream names first, or the usual one.
    fn method(&self, stream: &Stream) -> Result<Method, Trouble> {
        let dictionary = &stream.dictionary;
        if dictionary.is(b"Type", b"XRef") {
            return Ok(Method::Identity);
        }
        if let Some(name) = super::filter::crypt_filter(dictionary) {
            return match name {
                b"Identity" => Ok(Method::Identity),
                name => self.filters.get(name).copied().ok_or(UNREADABLE),
            };
        }
        if !self.metadata && dictionary.is(b"Type", b"Metadata") {
            return Ok(Method::Identity);
        }
        Ok(self.streams)
    }

    /// §7.6.3.3, algorithm 1: the key of one object; with AES-256 that of the file (algorithm 1.A).
    fn object_key(&self, method: Method, id: ObjectId) -> Vec<u8> {
        let salt: &[u8] = match method {
            Method::Identity => return Vec::new(),
            Method::Aes256 => return self.key.clone(),
            Method::Aes128 => b"sAlT",
            Method::Rc4 => b"",
        };
        let [n0, n1, n2, _] = id.number.to_le_bytes();
        let place = [n0, n1, n2];
        let generation = id.generation.to_le_bytes();
        let mut key = md5(&[&self.key, &place, &generation, salt]);
        key.truncate(self.key.len().saturating_add(5));
        key
    }
}

const UNREADABLE: Trouble = Trouble::Malformed {
    what: "encrypted data",
    at: 0,
};

fn decrypt(method: Method, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Trouble> {
    match method {
        Method::Identity => Ok(data.to_vec()),
        Method::Rc4 => Ok(rc4(key, data)),
        // Some writers leave what is empty as it is.
        Method::Aes128 | Method::Aes256 if data.is_empty() => Ok(Vec::new()),
        Method::Aes128 | Method::Aes256 => aes(key, data).ok_or(UNREADABLE),
    }
}

fn is_cross_reference(object: &Object) -> bool {
    object
        .stream()
        .is_some_and(|stream| stream.dictionary.is(b"Type", b"XRef"))
}

fn integer(dictionary: &Dictionary, key: &[u8]) -> Option<i64> {
    dictionary.get(key).and_then(Object::integer)
}

/// A string of at least this length; writers fill some of them up with zeros.
fn string<'d>(dictionary: &'d Dictionary, key: &[u8], length: usize) -> Option<&'d [u8]> {
    dictionary.get(key)?.string()?.get(..length)
}

/// `/CF` (§7.6.6). One that is not known makes the file unreadable only if it is chosen.
fn crypt_filters(
    reader: &mut Reader<'_>,
    dictionary: &Dictionary,
) -> Option<BTreeMap<Box<[u8]>, Method>> {
    let last = reader.last();
    let filters = reader.get_dictionary(last, dictionary, b"CF").ok()?;
    let mut methods = BTreeMap::new();
    for (name, value) in filters.entries() {
        let Ok(Object::Dictionary(filter)) = reader.resolve(last, value) else {
            continue;
        };
        let method = match filter.get(b"CFM").and_then(Object::name) {
            None | Some(b"None") => Method::Identity,
            Some(b"V2") => Method::Rc4,
            Some(b"AESV2") => Method::Aes128,
            Some(b"AESV3") => Method::Aes256,
            _ => continue,
        };
        methods.insert(name.into(), method);
    }
    Some(methods)
}

/// Algorithms 2 and 6: a key of MD5, proven by `/U`.
fn legacy_key(
    reader: &mut Reader<'_>,
    dictionary: &Dictionary,
    version: i64,
    revision: i64,
    metadata: bool,
) -> Option<Vec<u8>> {
    let length = match (version, revision) {
        (1, _) | (_, 2) => 5,
        // Crypt filters of V 4 have keys of 128 bits, whatever /Length says.
        (4, _) => 16,
        _ => {
            let bits = integer(dictionary, b"Length").unwrap_or(40);
            usize::try_from(bits.checked_div(8)?).ok()?
        }
    };
    if !(5..=16).contains(&length) {
        return None;
    }
    let owner = string(dictionary, b"O", 32)?;
    let user = string(dictionary, b"U", 32)?;
    // A signed number of 32 bits that some writers put as an unsigned one.
    let permissions = integer(dictionary, b"P")?.to_le_bytes();
    let id = first_identifier(reader);
    let exposed: &[u8] = if revision >= 4 && !metadata {
        &[0xFF; 4]
    } else {
        &[]
    };
    let mut key = md5(&[&PADDING, owner, permissions.get(..4)?, &id, exposed]);
    key.truncate(length);
    if revision >= 3 {
        for _ in 0..50 {
            key = md5(&[&key]);
            key.truncate(length);
        }
    }
    let proof = if revision == 2 {
        rc4(&key, &PADDING)
    } else {
        (0..20_u8).fold(md5(&[&PADDING, &id]), |value, round| {
            let turned: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
            rc4(&turned, &value)
        })
    };
    user.starts_with(&proof).then_some(key)
}

/// The identifier of any revision; `same_everywhere` has seen that all agree.
fn first_identifier(reader: &mut Reader<'_>) -> Vec<u8> {
    let last = reader.last();
    (0..=last)
        .find_map(|view| {
            let trailer = reader.trailer(view);
            match identifier(reader, view, &trailer) {
                Object::String(id) => Some(id.to_vec()),
                _ => None,
            }
        })
        .unwrap_or_default()
}

/// Algorithms 2.A and 11: a key of SHA-2, proven by `/U` and wrapped in `/UE`.
fn modern_key(dictionary: &Dictionary, revision: i64) -> Option<Vec<u8>> {
    let user = string(dictionary, b"U", 48)?;
    let (proof, salts) = user.split_at_checked(32)?;
    let (validation, key_salt) = salts.split_at_checked(8)?;
    let hash = |salt: &[u8]| match revision {
        5 => sha(Digest::Sha256, salt),
        _ => hardened_hash(salt),
    };
    if hash(validation)? != proof {
        return None;
    }
    unwrap_key(&hash(key_salt)?, string(dictionary, b"UE", 32)?).ok()
}

/// Algorithm 2.B for the empty user password.
fn hardened_hash(salt: &[u8]) -> Option<Vec<u8>> {
    let mut key = sha(Digest::Sha256, salt)?;
    let mut round = 0_usize;
    loop {
        let (cipher_key, vector) = key.get(..32)?.split_at_checked(16)?;
        let block = encrypt_blocks(cipher_key, vector, &key.repeat(64)).ok()?;
        // The first 16 bytes as a number modulo 3; 256 is 1 modulo 3.
        let sum: u32 = block.iter().take(16).map(|byte| u32::from(*byte)).sum();
        let digest = match sum % 3 {
            0 => Digest::Sha256,
            1 => Digest::Sha384,
            _ => Digest::Sha512,
        };
        key = sha(digest, &block)?;
        round = round.saturating_add(1);
        let last = usize::from(*block.last()?);
        if round >= 64 && last <= round.saturating_sub(32) {
            key.truncate(32);
            return Some(key);
        }
    }
}

fn sha(digest: Digest, bytes: &[u8]) -> Option<Vec<u8>> {
    digest.of(&[bytes]).ok()
}

/// MD5 as the standard uses it: to mix a key, not to prove anything.
fn md5(parts: &[&[u8]]) -> Vec<u8> {
    Digest::Md5.of(parts).unwrap_or_default()
}
