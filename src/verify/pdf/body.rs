//! What lies between the objects of an update: nothing. An object that no cross-reference section names is invisible to
//! one reader and, after a repair, the only one another reader sees (ISO 32000-2 §7.5.6; the Shadow and Incremental
//! Saving attacks).

use super::lexer::{Lexer, is_white};
use super::object::{Object, ObjectId};
use super::reader::Reader;
use super::xref::Entry;
use super::{Doubts, Trouble};
use crate::verify::report::{Code, Finding, Severity};

/// Words that a comment between objects must not hold: what a repairing reader searches for.
const LANDMARKS: [&[u8]; 4] = [b"obj", b"xref", b"trailer", b"%EOF"];

/// Checks every update; the original revision may be written in any way its signer's tool liked.
pub(super) fn check(reader: &mut Reader<'_>, doubts: &mut Doubts) {
    for revision in 1..reader.tables.len() {
        if let Err(trouble) = check_update(reader, revision, doubts) {
            doubts.add(
                "unreadable_object",
                Some(revision),
                format!("an object of the update can't be read: {}", trouble.what()),
            );
        }
    }
}

fn check_update(
    reader: &mut Reader<'_>,
    revision: usize,
    doubts: &mut Doubts,
) -> Result<(), Trouble> {
    let Some(table) = reader.tables.get(revision) else {
        return Ok(());
    };
    let (start, section) = (table.start, table.section);
    let mut objects: Vec<(usize, ObjectId)> = Vec::new();
    let mut containers: Vec<u32> = Vec::new();
    for (number, entry) in &table.entries {
        match *entry {
            Entry::InUse { offset, generation } if (start..section).contains(&offset) => {
                let number = *number;
                objects.push((offset, ObjectId { number, generation }));
            }
            Entry::Compressed { container, .. } => containers.push(container),
            _ => {}
        }
    }
    // Word puts the stream of its second section into the body of the first, whose bytes are compared there.
    let streams = table
        .streams
        .iter()
        .filter(|(_, offset)| (start..section).contains(offset));
    objects.extend(streams.map(|(number, offset)| {
        (
            *offset,
            ObjectId {
                number: *number,
                generation: 0,
            },
        )
    }));
    objects.sort_unstable();
    objects.dedup();
    let mut behind = start;
    let mut first = true;
    for (offset, id) in objects {
        if first && is_foreign(reader.bytes, behind, offset) {
            let finding = Finding::new(Code::PdfAmbiguous, "").weighing(Severity::Unknown);
            let detail = format!("bytes {behind} to {offset} lie between two revisions");
            doubts.tell(finding, "bytes_between_revisions", Some(revision), detail);
        } else {
            check_gap(reader.bytes, behind, offset, revision, doubts);
        }
        first = false;
        behind = reader.located(revision, offset, id)?.end;
        // An object stream that no entry names is read by whoever looks for objects instead of entries.
        let object = reader.object(revision, id)?;
        if let Object::Stream(stream) = &object
            && stream.dictionary.is(b"Type", b"ObjStm")
        {
            containers.push(id.number);
        }
    }
    check_gap(reader.bytes, behind, section, revision, doubts);
    containers.sort_unstable();
    containers.dedup();
    for container in containers {
        check_members(reader, revision, container, doubts)?;
    }
    Ok(())
}

/// Whether the bytes in front of an update are what servers append to a download: no reader, however it repairs, finds
/// an object in them. A person decides whether that is all.
fn is_foreign(bytes: &[u8], from: usize, to: usize) -> bool {
    let gap = bytes.get(from..to).unwrap_or_default();
    let sound = gap.iter().all(|byte| is_white(*byte));
    let landmark = LANDMARKS
        .iter()
        .any(|word| gap.windows(word.len()).any(|window| window == *word));
    !sound && !landmark && !gap.contains(&b'%')
}

fn check_gap(bytes: &[u8], from: usize, to: usize, revision: usize, doubts: &mut Doubts) {
    if from > to {
        doubts.add(
            "overlapping_objects",
            Some(revision),
            "two objects of the update share bytes",
        );
        return;
    }
    let gap = bytes.get(from..to).unwrap_or_default();
    let lines = gap.split(|byte| matches!(byte, b'\r' | b'\n'));
    let sound = lines.into_iter().all(|line| {
        let text: Vec<u8> = line
            .iter()
            .copied()
            .skip_while(|byte| is_white(*byte))
            .collect();
        let comment = text.first() == Some(&b'%');
        let landmark = LANDMARKS
            .iter()
            .any(|word| text.windows(word.len()).any(|window| window == *word));
        text.is_empty() || (comment && !landmark)
    });
    if !sound {
        doubts.add(
            "hidden_bytes",
            Some(revision),
            format!(
                "bytes {from} to {to} lie between the objects of the update and belong to none"
            ),
        );
    }
}

/// Every object of an object stream written by the update is named by its cross-reference section.
fn check_members(
    reader: &mut Reader<'_>,
    revision: usize,
    container: u32,
    doubts: &mut Doubts,
) -> Result<(), Trouble> {
    // One that is named again where it was holds what it held.
    let here = reader.entry(revision, container);
    let here = here.filter(|(_, entry)| reader.before(revision, container) != Some(*entry));
    if here.is_none_or(|(defined, _)| defined != revision) {
        return Ok(());
    }
    let members = reader.container(revision, container)?;
    for (index, (number, _)) in members.members.iter().enumerate() {
        let named = reader
            .tables
            .get(revision)
            .and_then(|table| table.entry(*number));
        if named != Some(Entry::Compressed { container, index }) {
            doubts.add(
                "hidden_object",
                Some(revision),
                format!("object {number} lies in an object stream, but no cross-reference entry names it there"),
            );
        }
    }
    Ok(())
}

/// Whether an update begins behind these bytes, broken off before its cross-reference section.
pub(super) fn begins_object(bytes: &[u8], at: usize) -> bool {
    let mut lexer = Lexer::new(bytes, at);
    lexer.skip();
    lexer.header().is_ok()
}
