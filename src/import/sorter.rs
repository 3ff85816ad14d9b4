//! Sorts more rows than memory holds: pieces that are sorted in memory and written to a folder of their own, then merged.
//! What fits in memory never touches the disk. Rows of one subject come out one behind the other, in the order of the
//! file, and subjects in the order of their keys, which is what comparing with the database in batches needs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Text that is held in memory before a piece is written.
const PIECE_BYTES: usize = 32 << 20;
/// Most pieces: each is an open file while merging. 500 pieces are 16 GB of rows, ten times the whole catalogue.
const PIECES_LIMIT: usize = 500;
/// Read from each piece at a time.
const PIECE_BUFFER: usize = 32 << 10;

/// A row with what it is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    key: String,
    line: u64,
    json: String,
}

/// Takes rows in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    held: Vec<Held>,
    held_bytes: usize,
    pieces: usize,
}

impl Sorter {
    /// Sorts in `folder`, which is made when it is needed, emptied of what a killed import left, and removed at the end.
    pub(super) fn new(folder: PathBuf) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Ok(Self {
            folder,
            held: Vec::new(),
            held_bytes: 0,
            pieces: 0,
        })
    }

    /// Takes a row; `key` holds neither tab nor line break.
    pub(super) fn push(&mut self, key: String, line: u64, row: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(row)?;
        self.held_bytes += key.len() + json.len() + size_of::<Held>();
        self.held.push(Held { key, line, json });
        if self.held_bytes >= PIECE_BYTES {
            self.write_piece()?;
        }
        Ok(())
    }

    fn write_piece(&mut self) -> io::Result<()> {
        if self.pieces == PIECES_LIMIT {
            return Err(io::Error::other("the table is too large"));
        }
        fs::create_dir_all(&self.folder)?;
        self.held.sort_unstable();
        let mut piece = BufWriter::new(File::create(self.folder.join(self.pieces.to_string()))?);
        for Held { key, line, json } in self.held.drain(..) {
            writeln!(piece, "{key}\t{line}\t{json}")?;
        }
        piece.flush()?;
        self.pieces += 1;
        self.held_bytes = 0;
        Ok(())
    }

    /// All rows, sorted.
    pub(super) fn finish(mut self) -> io::Result<Sorted> {
        if self.pieces > 0 && !self.held.is_empty() {
            self.write_piece()?;
        }
        self.held.sort_unstable();
        let mut sorted = Sorted {
            pieces: Vec::new(),
            next: BinaryHeap::new(),
            held: std::mem::take(&mut self.held),
            given: 0,
            folder: self.folder.clone(),
        };
        for number in 0..self.pieces {
            let file = File::open(self.folder.join(number.to_string()))?;
            sorted
                .pieces
                .push(BufReader::with_capacity(PIECE_BUFFER, file));
            sorted.advance(number)?;
        }
        Ok(sorted)
    }
}

/// The rows in their order.
#[derive(Debug)]
pub(super) struct Sorted {
    pieces: Vec<BufReader<File>>,
    /// The next row of each piece.
    next: BinaryHeap<Reverse<(Held, usize)>>,
    /// What fitted in memory, and how many of these were given.
    held: Vec<Held>,
    given: usize,
    folder: PathBuf,
}

impl Sorted {
    /// The next row with its key and its line in the file.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<(String, u64, T)>> {
        if let Some(Reverse((held, piece))) = self.next.pop() {
            self.advance(piece)?;
            let row = serde_json::from_str(&held.json)?;
            return Ok(Some((held.key, held.line, row)));
        }
        let Some(held) = self.held.get(self.given) else {
            return Ok(None);
        };
        self.given += 1;
        let row = serde_json::from_str(&held.json)?;
        Ok(Some((held.key.clone(), held.line, row)))
    }

    /// Begins again with the first row.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.given = 0;
        self.next.clear();
        for piece in 0..self.pieces.len() {
            self.pieces[piece].rewind()?;
            self.advance(piece)?;
        }
        Ok(())
    }

    fn advance(&mut self, piece: usize) -> io::Result<()> {
        let mut text = String::new();
        if self.pieces[piece].read_line(&mut text)? > 0 {
            let held = parse(text.trim_end_matches('\n'));
            let held = held.ok_or_else(|| io::Error::other("a sorted piece is damaged"))?;
            self.next.push(Reverse((held, piece)));
        }
        Ok(())
    }
}

fn parse(text: &str) -> Option<Held> {
    let (key, rest) = text.split_once('\t')?;
    let (line, json) = rest.split_once('\t')?;
    Some(Held {
        key: key.to_owned(),
        line: line.parse().ok()?,
        json: json.to_owned(),
    })
}

impl Drop for Sorted {
    fn drop(&mut self) {
        if !self.pieces.is_empty() {
            // What stays behind is removed by the next import.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_on_disk_and_rows_in_memory_come_out_in_the_same_order() {
        let folder = tempfile::tempdir().unwrap();
        let order = |written_after: Option<usize>| {
            let mut sorter = Sorter::new(folder.path().join("pieces")).unwrap();
            for line in 0..1000u64 {
                let key = format!("{:03}", line * 7919 % 500);
                sorter.push(key, line, &line).unwrap();
                if written_after.is_some_and(|every| sorter.held.len() == every) {
                    sorter.write_piece().unwrap();
                }
            }
            let mut sorted = sorter.finish().unwrap();
            let whole = |sorted: &mut Sorted| {
                let mut all: Vec<(String, u64)> = Vec::new();
                while let Some((key, line, row)) = sorted.next::<u64>().unwrap() {
                    assert_eq!(line, row);
                    all.push((key, row));
                }
                all
            };
            let all = whole(&mut sorted);
            sorted.rewind().unwrap();
            sorted.next::<u64>().unwrap();
            sorted.rewind().unwrap();
            assert_eq!(whole(&mut sorted), all, "from the beginning");
            all
        };
        let (memory, disk) = (order(None), order(Some(130)));
        assert_eq!(memory.len(), 1000);
        assert!(memory.is_sorted());
        assert_eq!(memory, disk);
        assert!(!folder.path().join("pieces").exists(), "removed at the end");
    }
}
