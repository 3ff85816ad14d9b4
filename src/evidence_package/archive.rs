//! The package as a file: a ZIP archive (APPNOTE.TXT 6.3.10) in one exact form. Every entry is stored as it is, no entry has
//! a time, an attribute or an extra field, and nothing stands between, before or behind them. So the same entries always
//! give the same bytes, whatever library or year; every program opens it; and reading is strict: what is not byte for
//! byte what would be written from it is refused. There is nothing to inflate, hence no bomb, and no name leads elsewhere.

use flate2::Crc;

/// Entries of one archive: a petition has some dozens.
const MOST_ENTRIES: usize = 1000;

/// Length of a name.
const LONGEST_NAME: usize = 120;

/// Bytes of a whole archive: documents of 50 MB, lists of ten, and the log between two heads.
pub const LARGEST: usize = 512 << 20;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Length of a local header without its name (§4.3.7).
const LOCAL_LENGTH: usize = 30;
/// 2.0: what stored entries need (§4.4.3).
const VERSION: u16 = 20;
/// Names are UTF-8 (§4.4.4, bit 11).
const FLAGS: u16 = 1 << 11;
/// 1 January 1980, the first day there is (§4.4.6).
const DATE: u16 = 0x21;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name with its folders, `/` between them.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// Why bytes are no archive of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Larger than any package, or with more entries.
    #[error("it is larger than a package can be")]
    TooLarge,
    /// No archive in our form; near this entry, if one was read.
    #[error("it is not an archive in the form of a package (near {0:?})")]
    Form(String),
    /// The contents of an entry do not have their check sum.
    #[error("{0} was changed")]
    Changed(String),
}

/// Writes entries, in their order.
///
/// # Errors
/// When they are too many, too large, or have names that no package has.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, ArchiveError> {
    let total: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
    if total > LARGEST || entries.len() > MOST_ENTRIES {
        return Err(ArchiveError::TooLarge);
    }
    let mut out = Vec::with_capacity(total + entries.len() * 200);
    let mut directory = Vec::new();
    for entry in entries {
        if !is_plain(&entry.name) {
            return Err(ArchiveError::Form(entry.name.clone()));
        }
        let common = Common::of(entry)?;
        let offset = length(out.len())?;
        push(&mut out, &[&LOCAL.to_le_bytes()]);
        common.push(&mut out);
        push(&mut out, &[entry.name.as_bytes(), &entry.bytes]);
        push(
            &mut directory,
            &[&CENTRAL.to_le_bytes(), &VERSION.to_le_bytes()],
        );
        common.push(&mut directory);
        // No comment, first disk, no attributes.
        push(
            &mut directory,
            &[&[0; 10], &offset.to_le_bytes(), entry.name.as_bytes()],
        );
    }
    let count = u16::try_from(entries.len()).map_err(|_| ArchiveError::TooLarge)?;
    let (at, size) = (length(out.len())?, length(directory.len())?);
    push(&mut out, &[&directory, &END.to_le_bytes(), &[0; 4]]);
    push(&mut out, &[&count.to_le_bytes(), &count.to_le_bytes()]);
    push(&mut out, &[&size.to_le_bytes(), &at.to_le_bytes(), &[0; 2]]);
    Ok(out)
}

/// Reads entries.
///
/// # Errors
/// When the bytes are not exactly what [`write()`] writes; the error names the entry that was changed, or the one near it.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, ArchiveError> {
    if bytes.len() > LARGEST + (1 << 20) {
        return Err(ArchiveError::TooLarge);
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&LOCAL.to_le_bytes()) {
        if entries.len() == MOST_ENTRIES {
            return Err(ArchiveError::TooLarge);
        }
        let near = || ArchiveError::Form(last_name(&entries));
        let (entry, crc, behind) = read_entry(rest).ok_or_else(near)?;
        if entries.iter().any(|other| other.name == entry.name) {
            return Err(near());
        }
        if crc_of(&entry.bytes) != crc {
            return Err(ArchiveError::Changed(entry.name));
        }
        entries.push(entry);
        rest = behind;
    }
    // Everything else, the directory included, follows from the entries.
    let again = write(&entries)?;
    if entries.is_empty() || again != bytes {
        let at = again
            .iter()
            .zip(bytes)
            .position(|(one, other)| one != other);
        return Err(ArchiveError::Form(name_at(&entries, at)));
    }
    Ok(entries)
}

/// An entry, the check sum it claims, and what stands behind it.
fn read_entry(bytes: &[u8]) -> Option<(Entry, u32, &[u8])> {
    let (head, rest) = bytes.split_at_checked(LOCAL_LENGTH)?;
    let number = |at: usize| Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let (crc, size) = (number(14)?, usize::try_from(number(22)?).ok()?);
    let (name, rest) = rest.split_at_checked(usize::from(short(26)?))?;
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| is_plain(name))?;
    let (contents, rest) = rest.split_at_checked(size)?;
    let entry = Entry {
        name: name.to_owned(),
        bytes: contents.to_vec(),
    };
    Some((entry, crc, rest))
}

/// Lower-case letters, digits, `-`, `.` and `/` between them: nothing that leads out of a folder or means something to a
/// shell.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && !part.contains("..")
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
    };
    name.len() <= LONGEST_NAME && name.split('/').all(part)
}

/// What a local header and the directory say alike (§4.3.7, §4.3.12).
struct Common {
    crc: u32,
    size: u32,
    name: u16,
}

impl Common {
    fn of(entry: &Entry) -> Result<Self, ArchiveError> {
        Ok(Self {
            crc: crc_of(&entry.bytes),
            size: length(entry.bytes.len())?,
            name: u16::try_from(entry.name.len()).map_err(|_| ArchiveError::TooLarge)?,
        })
    }

    fn push(&self, out: &mut Vec<u8>) {
        let size = self.size.to_le_bytes();
        push(out, &[&VERSION.to_le_bytes(), &FLAGS.to_le_bytes()]);
        // Stored, at midnight.
        push(
            out,
            &[&[0; 4], &DATE.to_le_bytes(), &self.crc.to_le_bytes()],
        );
        // No extra field.
        push(out, &[&size, &size, &self.name.to_le_bytes(), &[0; 2]]);
    }
}

fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

fn length(bytes: usize) -> Result<u32, ArchiveError> {
    u32::try_from(bytes).map_err(|_| ArchiveError::TooLarge)
}

fn crc_of(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn last_name(entries: &[Entry]) -> String {
    entries
        .last()
        .map_or_else(String::new, |entry| entry.name.clone())
}

/// The entry whose header or contents lie at this offset; nothing behind all of them.
fn name_at(entries: &[Entry], at: Option<usize>) -> String {
    let Some(at) = at else {
        return last_name(entries);
    };
    let mut end = 0;
    let found = entries.iter().find(|entry| {
        end += LOCAL_LENGTH + entry.name.len() + entry.bytes.len();
        at < end
    });
    found.map_or_else(String::new, |entry| entry.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let entry = |name: &str, bytes: &[u8]| Entry {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
        };
        vec![
            entry("documento.pdf", b"%PDF-1.7"),
            entry("confianza/raices.der", b""),
            entry("informe.json", b"{}"),
        ]
    }

    #[test]
    fn what_is_written_is_read_by_us_and_by_another_reader() {
        let bytes = write(&entries()).unwrap();
        assert_eq!(read(&bytes).unwrap(), entries());
        let mut other = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        for (index, entry) in entries().iter().enumerate() {
            let mut file = other.by_index(index).unwrap();
            assert_eq!(file.name().unwrap(), entry.name);
            let mut contents = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut contents).unwrap();
            assert_eq!(contents, entry.bytes);
        }
    }

    #[test]
    fn every_changed_byte_and_every_other_length_is_refused() {
        let bytes = write(&entries()).unwrap();
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= bit;
                assert!(read(&changed).is_err(), "byte {at}");
            }
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert!(read(&longer).is_err());
        let place = bytes.windows(4).position(|four| four == b"%PDF").unwrap();
        let mut changed = bytes.clone();
        changed[place] = b'P';
        assert_eq!(
            read(&changed),
            Err(ArchiveError::Changed("documento.pdf".to_owned()))
        );
    }

    #[test]
    fn names_lead_nowhere_else() {
        for name in [
            "../x",
            "/x",
            "a/../b",
            "a//b",
            "",
            "a\\b",
            "C:x",
            "á",
            "a/",
            ".x",
            "A",
            "a b",
            "a/..",
            &"x".repeat(121),
        ] {
            let entry = Entry {
                name: name.to_owned(),
                bytes: Vec::new(),
            };
            assert!(write(&[entry]).is_err(), "{name}");
        }
        let twice = [entries()[0].clone(), entries()[0].clone()];
        assert!(read(&write(&twice).unwrap()).is_err());
    }
}
