//! The package as a file: a ZIP archive (APPNOTE.TXT 6.3.10) in one exact form. Every entry is stored as it is, no entry has
//! a time, an attribute or an extra field, and nothing stands between, before or behind them. So the same entries always
//! give the same bytes, whatever library or year; every program opens it; and reading is strict: what is not byte for
//! byte what would be written from it is refused. There is nothing to inflate, hence no bomb, and no name leads elsewhere.
//!
//! Both ways go piece by piece ([`Layout`], [`walk`]), because an entry may be larger than memory: the log is as long as what
//! everybody did between two rows.

use std::io::{self, ErrorKind, Read};

use flate2::Crc;
use openssl::sha;

use crate::domain::Sha256;

/// Entries of one archive: a petition has some dozens.
const MOST_ENTRIES: usize = 1000;

/// Length of a name.
const LONGEST_NAME: usize = 120;

/// Bytes of a whole archive: what four bytes can tell, but for the value that stands for more (§4.4.1.4). Some ten million rows
/// of the log, a year of a whole country.
pub const LARGEST: u64 = 0xffff_fffe;

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
    /// No archive at all: it does not begin as one.
    #[error("it is no package")]
    NoArchive,
    /// No archive in our form; near this entry, if one was read.
    #[error("it is not an archive in the form of a package (near {0:?})")]
    Form(String),
    /// The contents of an entry do not have their check sum.
    #[error("{0} was changed")]
    Changed(String),
    /// The bytes can't be had.
    #[error("it can't be read: {0}")]
    Unreadable(ErrorKind),
}

/// What headers and manifest say of contents, which need not be in memory for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Their length.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Sha256,
    crc: u32,
}

impl Measured {
    /// Of contents at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut measure = Measure::default();
        measure.update(bytes);
        measure.finish()
    }
}

/// Measures contents that come piece by piece.
#[derive(Default)]
pub struct Measure {
    bytes: u64,
    sha256: sha::Sha256,
    crc: Crc,
}

impl Measure {
    /// These come next.
    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.sha256.update(bytes);
        self.crc.update(bytes);
    }

    /// That was all.
    #[must_use]
    pub fn finish(self) -> Measured {
        Measured {
            bytes: self.bytes,
            sha256: Sha256::from_array(self.sha256.finish()),
            crc: self.crc.sum(),
        }
    }
}

/// Everything of an archive but the contents of its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// What stands before the contents of each entry.
    pub headers: Vec<Vec<u8>>,
    directory: Vec<u8>,
    at: u64,
}

impl Layout {
    /// The next entry.
    ///
    /// # Errors
    /// When there are too many, they are too large, or it has a name that no package has.
    pub fn push(&mut self, name: &str, contents: &Measured) -> Result<(), ArchiveError> {
        if self.headers.len() == MOST_ENTRIES {
            return Err(ArchiveError::TooLarge);
        }
        let common = Common::of(name, contents)?;
        let header = common.header(name);
        let offset = length(self.at)?;
        let ends = self.at + header.len() as u64 + contents.bytes;
        push(
            &mut self.directory,
            &[&CENTRAL.to_le_bytes(), &VERSION.to_le_bytes()],
        );
        common.push(&mut self.directory);
        // No comment, first disk, no attributes.
        push(
            &mut self.directory,
            &[&[0; 10], &offset.to_le_bytes(), name.as_bytes()],
        );
        self.headers.push(header);
        self.at = ends;
        Ok(())
    }

    /// What stands behind the last entry.
    ///
    /// # Errors
    /// When the archive is too large.
    pub fn end(&self) -> Result<Vec<u8>, ArchiveError> {
        let count = u16::try_from(self.headers.len()).map_err(|_| ArchiveError::TooLarge)?;
        let (at, size) = (length(self.at)?, length(self.directory.len() as u64)?);
        let mut end = self.directory.clone();
        push(&mut end, &[&END.to_le_bytes(), &[0; 4]]);
        push(&mut end, &[&count.to_le_bytes(), &count.to_le_bytes()]);
        push(&mut end, &[&size.to_le_bytes(), &at.to_le_bytes(), &[0; 2]]);
        length(self.at + end.len() as u64)?;
        Ok(end)
    }
}

/// Writes entries, in their order.
///
/// # Errors
/// When they are too many, too large, or have names that no package has.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, ArchiveError> {
    let mut layout = Layout::default();
    for entry in entries {
        layout.push(&entry.name, &Measured::of(&entry.bytes))?;
    }
    let mut out = Vec::new();
    for (header, entry) in layout.headers.iter().zip(entries) {
        push(&mut out, &[header, &entry.bytes]);
    }
    push(&mut out, &[&layout.end()?]);
    Ok(out)
}

/// Reads entries.
///
/// # Errors
/// When the bytes are not exactly what [`write()`] writes; the error names the entry that was changed, or the one near it.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, ArchiveError> {
    let mut entries: Vec<Entry> = Vec::new();
    walk(bytes, |name, contents| {
        let mut bytes = Vec::new();
        contents.read_to_end(&mut bytes)?;
        entries.push(Entry {
            name: name.to_owned(),
            bytes,
        });
        Ok(())
    })?;
    Ok(entries)
}

/// Reads an archive from its beginning to its end: `visit` is given the name of each entry and may read its contents. Answers what
/// the entries are, once all of it is known to be exactly what [`write()`] writes.
///
/// # Errors
/// As [`read()`], and when something can't be read.
pub fn walk(
    mut source: impl Read,
    mut visit: impl FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<Vec<(String, Measured)>, ArchiveError> {
    let mut entries: Vec<(String, Measured)> = Vec::new();
    let mut layout = Layout::default();
    loop {
        let near = last_name(&entries);
        let mut start = [0; 4];
        fill(&mut source, &mut start, &near)?;
        if start != LOCAL.to_le_bytes() {
            if entries.is_empty() {
                return Err(ArchiveError::NoArchive);
            }
            check_end(source, start, &layout)?;
            return Ok(entries);
        }
        let (header, name, claimed) = read_header(&mut source, start, &near)?;
        if entries.iter().any(|(other, _)| *other == name) {
            return Err(ArchiveError::Form(near));
        }
        let mut contents = Contents {
            source: &mut source,
            left: u64::from(claimed.size),
            measure: Measure::default(),
        };
        visit(&name, &mut contents).map_err(|error| unreadable(&error, &name))?;
        let measured = contents
            .drain()
            .map_err(|error| unreadable(&error, &name))?;
        if measured.crc != claimed.crc {
            return Err(ArchiveError::Changed(name));
        }
        layout.push(&name, &measured)?;
        if layout.headers.last() != Some(&header) {
            return Err(ArchiveError::Form(name));
        }
        entries.push((name, measured));
    }
}

/// What a header claims of the contents behind it.
struct Claimed {
    crc: u32,
    size: u32,
}

/// The header that begins with these four bytes, the name in it, and what it claims. Whether all of it is as it must be is told by
/// writing it again.
fn read_header(
    source: &mut impl Read,
    start: [u8; 4],
    near: &str,
) -> Result<(Vec<u8>, String, Claimed), ArchiveError> {
    let form = || ArchiveError::Form(near.to_owned());
    let mut header = start.to_vec();
    header.resize(LOCAL_LENGTH, 0);
    fill(source, header.get_mut(4..).ok_or_else(form)?, near)?;
    let number = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_le_bytes(*header.get(at..)?.first_chunk()?));
    let claimed = number(14).zip(number(22));
    let (crc, size) = claimed.ok_or_else(form)?;
    let length = usize::from(short(26).ok_or_else(form)?);
    if length > LONGEST_NAME {
        return Err(form());
    }
    let mut name = vec![0; length];
    fill(source, &mut name, near)?;
    header.extend_from_slice(&name);
    let name = String::from_utf8(name).map_err(|_| form())?;
    if !is_plain(&name) {
        return Err(form());
    }
    Ok((header, name, Claimed { crc, size }))
}

/// Everything else, the directory included, follows from the entries.
fn check_end(mut source: impl Read, start: [u8; 4], layout: &Layout) -> Result<(), ArchiveError> {
    let form = || ArchiveError::Form(String::new());
    let expected = layout.end()?;
    let mut end = vec![0; expected.len()];
    let (first, rest) = end.split_at_mut_checked(4).ok_or_else(form)?;
    first.copy_from_slice(&start);
    fill(&mut source, rest, "")?;
    let mut more = [0; 1];
    let ended = read_some(&mut source, &mut more).map_err(|error| unreadable(&error, ""))? == 0;
    if end != expected || !ended {
        return Err(form());
    }
    Ok(())
}

/// The contents of an entry, measured as they are read.
struct Contents<'a, R> {
    source: &'a mut R,
    left: u64,
    measure: Measure,
}

impl<R: Read> Contents<'_, R> {
    /// Reads on to their end.
    fn drain(mut self) -> io::Result<Measured> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.measure.finish())
    }
}

impl<R: Read> Read for Contents<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = buffer.len().min(most);
        let (room, _) = buffer.split_at_mut(length);
        if room.is_empty() {
            return Ok(0);
        }
        let count = read_some(self.source, room)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (read, _) = room.split_at(count);
        self.measure.update(read);
        self.left -= count as u64;
        Ok(count)
    }
}

fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8], near: &str) -> Result<(), ArchiveError> {
    let filled = source.read_exact(buffer);
    filled.map_err(|error| unreadable(&error, near))
}

/// Bytes that end too early are no archive; everything else is a matter of disks.
fn unreadable(error: &io::Error, near: &str) -> ArchiveError {
    match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::Form(near.to_owned()),
        kind => ArchiveError::Unreadable(kind),
    }
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
    fn of(name: &str, contents: &Measured) -> Result<Self, ArchiveError> {
        if !is_plain(name) {
            return Err(ArchiveError::Form(name.to_owned()));
        }
        Ok(Self {
            crc: contents.crc,
            size: length(contents.bytes)?,
            name: u16::try_from(name.len()).map_err(|_| ArchiveError::TooLarge)?,
        })
    }

    /// What stands before the contents.
    fn header(&self, name: &str) -> Vec<u8> {
        let mut header = Vec::with_capacity(LOCAL_LENGTH + name.len());
        push(&mut header, &[&LOCAL.to_le_bytes()]);
        self.push(&mut header);
        push(&mut header, &[name.as_bytes()]);
        header
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

fn length(bytes: u64) -> Result<u32, ArchiveError> {
    let length = u32::try_from(bytes).ok();
    length
        .filter(|_| bytes <= LARGEST)
        .ok_or(ArchiveError::TooLarge)
}

fn last_name(entries: &[(String, Measured)]) -> String {
    entries
        .last()
        .map_or_else(String::new, |(name, _)| name.clone())
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
