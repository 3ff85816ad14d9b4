//! PDF objects as values (ISO 32000-2 §7.3): what two revisions are compared by. Two spellings of one value are equal:
//! `(a\055b)` and `(a-b)`, `1` and `1.0`, dictionaries in another order.

use std::rc::Rc;

/// Number and generation of an indirect object (§7.3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ObjectId {
    pub number: u32,
    pub generation: u16,
}

/// One value. Streams appear only at the top of an indirect object and keep their data as a place in the file.
#[derive(Debug, Clone)]
pub(super) enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    String(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Stream(Box<Stream>),
    Reference(ObjectId),
}

/// A dictionary with its entries sorted by key (§7.3.7). Entries whose value is null are absent, as the standard says.
///
/// Values are handed around far more often than they are changed, so clones share their contents.
#[derive(Debug, Clone, Default)]
pub(super) struct Dictionary {
    entries: Rc<Vec<(Rc<[u8]>, Object)>>,
    /// A key that stands there twice with different values: which one counts depends on the reader.
    conflict: Option<Rc<[u8]>>,
}

/// A stream: its dictionary, and where its raw bytes lie (§7.3.8).
#[derive(Debug, Clone)]
pub(super) struct Stream {
    /// Its object, which encryption makes a part of the key (§7.6.3.3).
    pub id: ObjectId,
    pub dictionary: Dictionary,
    /// Start of the data; the reader finds its end from `/Length`.
    pub data_at: usize,
}

impl Object {
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// A number of either kind.
    #[allow(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "coordinates; anything above 2^53 is outside every page"
    )]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    pub fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn string(&self) -> Option<&[u8]> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Object]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn reference(&self) -> Option<ObjectId> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }

    /// The dictionary, also that of a stream.
    pub fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    pub fn stream(&self) -> Option<&Stream> {
        match self {
            Self::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether both say the same to a person: text strings may stand in another encoding (§7.9.2.2). pyHanko writes
    /// back as PDFDocEncoding what it read as UTF-16. Only for places where strings are text.
    pub fn reads_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(a), Self::String(b)) => {
                a == b || matches!((characters(a), characters(b)), (Some(a), Some(b)) if a == b)
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.reads_like(b))
            }
            (Self::Dictionary(a), Self::Dictionary(b)) => a.reads_like(b),
            (a, b) => a == b,
        }
    }

    /// The first conflicting key in this value, at any depth.
    pub fn conflict(&self) -> Option<&[u8]> {
        match self {
            Self::Array(items) => items.iter().find_map(Self::conflict),
            Self::Dictionary(dictionary) => dictionary.conflict(),
            Self::Stream(stream) => stream.dictionary.conflict(),
            _ => None,
        }
    }
}

impl PartialEq for Object {
    /// Equality of values. Streams are never equal here: their data is compared by the reader, which has the bytes.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Real(_) | Self::Integer(_), Self::Real(_) | Self::Integer(_)) => {
                match (self.number(), other.number()) {
                    (Some(a), Some(b)) => {
                        a.total_cmp(&b).is_eq() || (a + 0.0).total_cmp(&(b + 0.0)).is_eq()
                    }
                    _ => false,
                }
            }
            (Self::String(a), Self::String(b)) | (Self::Name(a), Self::Name(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Dictionary(a), Self::Dictionary(b)) => a == b,
            (Self::Reference(a), Self::Reference(b)) => a == b,
            _ => false,
        }
    }
}

/// Entries up to which a dictionary is searched from its beginning.
const FEW_ENTRIES: usize = 16;

impl Dictionary {
    /// Sorts the entries as they were read, and notes a key that says two things.
    pub fn from_entries(mut entries: Vec<(Rc<[u8]>, Object)>) -> Self {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut conflict = None;
        // The sort is stable, so of equal keys the last one read survives: what most readers do.
        entries.dedup_by(|later, earlier| {
            if later.0 != earlier.0 {
                return false;
            }
            if later.1 != earlier.1 {
                conflict.get_or_insert_with(|| later.0.clone());
            }
            std::mem::swap(later, earlier);
            true
        });
        entries.retain(|(_, value)| !value.is_null());
        Self {
            entries: Rc::new(entries),
            conflict,
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<&Object> {
        let entries = &*self.entries;
        // Most have few keys, of which most are of another length: told apart without looking at them.
        let found = if entries.len() <= FEW_ENTRIES {
            entries.iter().find(|(name, _)| name.as_ref() == key)
        } else {
            let at = entries.binary_search_by(|(name, _)| name.as_ref().cmp(key));
            at.ok().and_then(|at| entries.get(at))
        };
        found.map(|(_, value)| value)
    }

    pub fn has(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// Whether `/Type` (or another name entry) has this value.
    pub fn is(&self, key: &[u8], value: &[u8]) -> bool {
        self.get(key).and_then(Object::name) == Some(value)
    }

    pub fn entries_mut(&mut self) -> impl Iterator<Item = (&[u8], &mut Object)> {
        Rc::make_mut(&mut self.entries)
            .iter_mut()
            .map(|(key, value)| (&**key, value))
    }

    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_ref(), value))
    }

    /// The same without this entry.
    pub fn without(&self, key: &[u8]) -> Self {
        let mut other = self.clone();
        Rc::make_mut(&mut other.entries).retain(|(name, _)| name.as_ref() != key);
        other
    }

    /// Every key of either dictionary with both values, in order.
    pub fn pairs<'d>(
        &'d self,
        other: &'d Self,
    ) -> Vec<(&'d [u8], Option<&'d Object>, Option<&'d Object>)> {
        let mut pairs: Vec<_> = self
            .entries()
            .map(|(key, value)| (key, Some(value), other.get(key)))
            .collect();
        pairs.extend(
            other
                .entries()
                .filter(|(key, _)| !self.has(key))
                .map(|(key, value)| (key, None, Some(value))),
        );
        pairs
    }

    fn reads_like(&self, other: &Self) -> bool {
        let same = |(key, a, b): (&[u8], Option<&Object>, Option<&Object>)| {
            // What is not text by its nature is compared as it is.
            let text = key != b"Contents";
            matches!((a, b), (Some(a), Some(b)) if a == b || (text && a.reads_like(b)))
        };
        self.conflict.is_none()
            && other.conflict.is_none()
            && self.pairs(other).into_iter().all(same)
    }

    /// The first conflicting key, at any depth.
    pub fn conflict(&self) -> Option<&[u8]> {
        self.conflict
            .as_deref()
            .or_else(|| self.entries.iter().find_map(|(_, value)| value.conflict()))
    }
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.conflict.is_none() && other.conflict.is_none() && self.entries == other.entries
    }
}

/// A text string (§7.9.2.2): UTF-16 or UTF-8 behind its byte-order mark, PDFDocEncoding otherwise. `None` for bytes that
/// mean nothing, so that they equal nothing.
fn characters(bytes: &[u8]) -> Option<String> {
    if let Some(units) = bytes.strip_prefix(b"\xfe\xff") {
        let units = units
            .chunks(2)
            .map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
        return String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok();
    }
    if let Some(text) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return String::from_utf8(text.to_vec()).ok();
    }
    bytes.iter().map(|byte| pdf_doc_character(*byte)).collect()
}

/// One byte of PDFDocEncoding (Annex D.3), which is Latin-1 but for these.
fn pdf_doc_character(byte: u8) -> Option<char> {
    const ACCENTS: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const SYMBOLS: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => ACCENTS.get(usize::from(byte.saturating_sub(0x18))).copied(),
        0x7f | 0x9f | 0xad => None,
        0x80..=0xa0 => SYMBOLS.get(usize::from(byte.saturating_sub(0x80))).copied(),
        _ => Some(char::from(byte)),
    }
}

/// A PDF text or byte string for people: UTF-16 with a mark, UTF-8, otherwise Latin-1 (close enough to
/// PDFDocEncoding for names of fields, §7.9.2.2), without control characters.
pub(super) fn text(bytes: &[u8]) -> String {
    let bytes = bytes.get(..1024).unwrap_or(bytes);
    let decoded = if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| (unit << 8) | u16::from(*byte))
            })
            .collect();
        String::from_utf16_lossy(&units)
    } else {
        let plain = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
        match std::str::from_utf8(plain) {
            Ok(utf8) => utf8.to_owned(),
            Err(_) => plain.iter().map(|byte| char::from(*byte)).collect(),
        }
    };
    decoded
        .chars()
        .filter(|c| !c.is_control())
        .take(256)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_among_few_and_among_many() {
        for count in [1, 2, FEW_ENTRIES, FEW_ENTRIES + 1, 3 * FEW_ENTRIES] {
            let key = |number: usize| Rc::from(format!("K{number}").into_bytes());
            let entry = |number| (key(number), Object::Name(key(number)));
            let dictionary = Dictionary::from_entries((0..count).rev().map(entry).collect());
            for number in 0..count {
                let key = key(number);
                assert_eq!(dictionary.get(&key).and_then(Object::name), Some(&*key));
            }
            for absent in [&b"K"[..], b"K00", b"L0", b""] {
                assert!(!dictionary.has(absent), "{count}");
            }
        }
    }

    #[test]
    fn the_same_text_in_another_encoding_is_the_same() {
        let utf16 = b"\xfe\xff\x00n\x00\xf3\x00n".as_slice();
        let vectors: &[(&[u8], &[u8], bool, &str)] = &[
            (utf16, b"n\xf3n", true, "UTF-16 and PDFDocEncoding"),
            (
                b"\xef\xbb\xbfn\xc3\xb3n",
                b"n\xf3n",
                true,
                "UTF-8 and PDFDocEncoding",
            ),
            (utf16, b"non", false, "another letter"),
            (
                b"\xfe\xff\xd8\x00",
                b"\xfe\xff\xd8\x01",
                false,
                "what means nothing equals nothing",
            ),
            (b"\xa0", b"\xfe\xff\x20\xac", true, "the euro sign"),
        ];
        for (old, new, same, why) in vectors {
            let (old, new) = (Object::String((*old).into()), Object::String((*new).into()));
            assert_eq!(old.reads_like(&new), *same, "{why}");
        }
    }
}
