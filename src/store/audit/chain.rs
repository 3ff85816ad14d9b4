//! Whether the rows of the audit log are the ones that were written, in their order and all of them. Pure: rows in, the
//! first wrong one out; the log itself, a page of it, or a copy in an evidence package.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::{Event, Sha256};

/// What stands before the first row.
const GENESIS: &str = "clavero";

/// One row of the log, exactly as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number; the first row has 1, and no number is left out.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// About what: a petition's number, `registry/3`, `trust`.
    pub subject: String,
    /// What happened.
    pub event: String,
    /// Its facts as JSON.
    pub facts: String,
    /// The hash of the row before it.
    pub previous_hash: String,
    /// Its own hash, which covers all of the above.
    pub hash: String,
}

impl AuditRow {
    /// The hash that the row must have, by what it holds.
    #[must_use]
    pub fn expected_hash(&self) -> String {
        let texts = [&self.actor, &self.subject, &self.event, &self.facts];
        // Lengths in front of the texts: no two rows have the same bytes.
        let body: String = texts
            .iter()
            .map(|text| format!("{}:{text};", text.len()))
            .collect();
        let (previous, seq, at_ms) = (&self.previous_hash, self.seq, self.at_ms);
        Sha256::of(format!("{previous};{seq};{at_ms};{body}").as_bytes()).to_string()
    }

    /// When; `None` when the number is no moment.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.at_ms).ok()
    }
}

/// The last row of the log on some day: who has it can tell whether anything up to it was changed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The day in Ecuador.
    pub day: Date,
    /// The number of the row.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// When this was written down.
    pub at: Timestamp,
}

/// The facts of a row that says that a backup was put back.
#[derive(Debug, Clone, Deserialize)]
struct RestoredFacts {
    /// Which backup, in the operator's words.
    backup: String,
    /// Heads of rows that the backup did not have yet.
    lost: Vec<AuditHead>,
}

/// A backup was put back, and what was written behind it is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The row that says so.
    pub row: i64,
    /// When it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// By whom.
    pub actor: String,
    /// Which backup, in the operator's words.
    pub backup: String,
    /// The last row that is known to be lost; none where no head speaks of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_until: Option<i64>,
}

/// What is wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// The row does not hold what was written, or stands in another's place.
    Changed,
    /// Rows are missing in between.
    Missing,
    /// Rows are missing at the end.
    CutOff,
    /// The chain was made anew: it is whole, but not the one of which the head was written down.
    Rewritten,
    /// The row was not appended by the service.
    Added,
}

/// Where the log is not what was written, first of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBreak {
    /// What is wrong.
    pub kind: BreakKind,
    /// The rows concerned; one, unless it can't be told more exactly.
    pub rows: RangeInclusive<i64>,
}

impl AuditBreak {
    fn one(kind: BreakKind, seq: i64) -> Self {
        Self {
            kind,
            rows: seq..=seq,
        }
    }
}

impl fmt::Display for AuditBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.rows.start(), self.rows.end());
        let what = match self.kind {
            BreakKind::Changed => "changed or out of place",
            BreakKind::Missing => "missing",
            BreakKind::CutOff => "missing at the end",
            BreakKind::Rewritten => "written anew",
            BreakKind::Added => "not written by the service",
        };
        if first == last {
            write!(f, "row {first}: {what}")
        } else {
            write!(f, "rows {first} to {last}: {what}")
        }
    }
}

/// A walk along the log: give it every row in order, and tell it where the log ends.
#[derive(Debug, Clone)]
pub struct Chain {
    last: i64,
    hash: String,
    heads: BTreeMap<i64, Vec<AuditHead>>,
    /// The last row that a head confirmed.
    confirmed: i64,
    restored: Vec<Restored>,
}

impl Chain {
    /// Before the first row of the log, with what is known of some of its rows.
    #[must_use]
    pub fn new(heads: impl IntoIterator<Item = AuditHead>) -> Self {
        let mut by_row: BTreeMap<i64, Vec<AuditHead>> = BTreeMap::new();
        for head in heads {
            by_row.entry(head.seq).or_default().push(head);
        }
        Self {
            last: 0,
            hash: GENESIS.to_owned(),
            heads: by_row,
            confirmed: 0,
            restored: Vec::new(),
        }
    }

    /// Backups that were put back, as rows that were followed say.
    #[must_use]
    pub fn restored(&self) -> &[Restored] {
        &self.restored
    }

    /// How many heads it is compared with: those that a restore has lost do not count.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.heads.values().map(Vec::len).sum()
    }

    /// The number of the last row that was followed; 0 before the first.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The hash of the last row that was followed.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// When it is not the next one, or not as it was written.
    pub fn follow(&mut self, row: &AuditRow) -> Result<(), AuditBreak> {
        let next = self.last + 1;
        if row.seq > next {
            return Err(AuditBreak {
                kind: BreakKind::Missing,
                rows: next..=row.seq - 1,
            });
        }
        if row.seq < next || row.previous_hash != self.hash || row.hash != row.expected_hash() {
            return Err(AuditBreak::one(BreakKind::Changed, row.seq));
        }
        if row.event == Event::AuditRestored.as_str() {
            self.restore(row);
        }
        if let Some(heads) = self.heads.get(&row.seq) {
            if heads.iter().any(|head| head.hash != row.hash) {
                return Err(AuditBreak {
                    kind: BreakKind::Rewritten,
                    rows: self.confirmed + 1..=row.seq,
                });
            }
            self.confirmed = row.seq;
        }
        self.last = row.seq;
        self.hash.clone_from(&row.hash);
        Ok(())
    }

    /// Puts the heads aside that the row names as lost, and no others: one of a row before it was there, or was made anew.
    fn restore(&mut self, row: &AuditRow) {
        let Ok(facts) = serde_json::from_str::<RestoredFacts>(&row.facts) else {
            return;
        };
        let lost = facts.lost.iter().filter(|head| head.seq >= row.seq);
        for head in lost.clone() {
            if let Some(heads) = self.heads.get_mut(&head.seq) {
                heads.retain(|kept| kept.hash != head.hash);
            }
        }
        self.heads.retain(|_, heads| !heads.is_empty());
        self.restored.push(Restored {
            row: row.seq,
            at: row.at(),
            actor: row.actor.clone(),
            lost_until: lost.map(|head| head.seq).max(),
            backup: facts.backup,
        });
    }

    /// The next row can't even be read.
    #[must_use]
    pub fn unreadable(&self) -> AuditBreak {
        AuditBreak::one(BreakKind::Changed, self.last + 1)
    }

    /// The log ends here. `written` is how many rows the service says it has appended.
    ///
    /// # Errors
    /// When there must be more rows, or fewer.
    pub fn end(&self, written: i64) -> Result<(), AuditBreak> {
        let known = self.heads.keys().next_back().copied().unwrap_or_default();
        let must = known.max(written);
        if must > self.last {
            return Err(AuditBreak {
                kind: BreakKind::CutOff,
                rows: self.last + 1..=must,
            });
        }
        if written < self.last {
            return Err(AuditBreak {
                kind: BreakKind::Added,
                rows: written + 1..=self.last,
            });
        }
        Ok(())
    }
}

/// The row that follows `last`, or the first one.
pub(super) fn next(
    last: Option<(i64, String)>,
    at: Timestamp,
    [actor, subject, event, facts]: [&str; 4],
) -> AuditRow {
    let (seq, previous_hash) = last.unwrap_or((0, GENESIS.to_owned()));
    let mut row = AuditRow {
        seq: seq + 1,
        at_ms: at.as_millisecond(),
        actor: actor.to_owned(),
        subject: subject.to_owned(),
        event: event.to_owned(),
        facts: facts.to_owned(),
        previous_hash,
        hash: String::new(),
    };
    row.hash = row.expected_hash();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: usize) -> Vec<AuditRow> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for number in 0..count {
            let last = rows.last().map(|row| (row.seq, row.hash.clone()));
            let facts = format!("{{\"n\":{number}}}");
            let texts = ["service", "CLV-2026-000001-A", "petition.issued", &facts];
            rows.push(next(last, Timestamp::UNIX_EPOCH, texts));
        }
        rows
    }

    fn head(row: &AuditRow) -> AuditHead {
        AuditHead {
            day: Date::constant(2026, 11, 21),
            seq: row.seq,
            hash: row.hash.clone(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn walk(rows: &[AuditRow], heads: &[AuditHead], written: i64) -> Result<(), AuditBreak> {
        let mut chain = Chain::new(heads.to_vec());
        for row in rows {
            chain.follow(row)?;
        }
        chain.end(written)
    }

    fn broken(kind: BreakKind, rows: RangeInclusive<i64>) -> Result<(), AuditBreak> {
        Err(AuditBreak { kind, rows })
    }

    #[test]
    fn every_byte_of_every_column_counts() {
        let rows = log(5);
        assert_eq!(walk(&rows, &[], 5), Ok(()));
        let changes: [fn(&mut AuditRow); 7] = [
            |row| row.at_ms += 1,
            |row| row.actor.push('x'),
            |row| row.subject = row.subject.replace('1', "2"),
            |row| row.event.insert(0, 'x'),
            |row| row.facts = row.facts.replace(':', " :"),
            |row| row.previous_hash = row.previous_hash.replace('a', "b"),
            |row| row.hash = row.hash.to_uppercase(),
        ];
        for (place, change) in changes.iter().enumerate() {
            let mut edited = rows.clone();
            change(&mut edited[2]);
            assert_ne!(edited, rows, "change {place} changes something");
            assert_eq!(walk(&edited, &[], 5), broken(BreakKind::Changed, 3..=3));
        }
        // What one text loses, the next one wins: lengths tell them apart.
        let mut edited = rows;
        edited[2].actor = "servic".to_owned();
        edited[2].subject.insert(0, 'e');
        assert_eq!(walk(&edited, &[], 5), broken(BreakKind::Changed, 3..=3));
    }

    #[test]
    fn rows_that_are_gone_swapped_or_added_are_named() {
        let rows = log(6);
        let mut gone = rows.clone();
        gone.drain(2..4);
        assert_eq!(walk(&gone, &[], 6), broken(BreakKind::Missing, 3..=4));
        assert_eq!(walk(&rows[..5], &[], 6), broken(BreakKind::CutOff, 6..=6));
        assert_eq!(walk(&[], &[], 6), broken(BreakKind::CutOff, 1..=6));
        let mut swapped = rows.clone();
        swapped.swap(2, 3);
        (swapped[2].seq, swapped[3].seq) = (3, 4);
        assert_eq!(walk(&swapped, &[], 6), broken(BreakKind::Changed, 3..=3));
        assert_eq!(walk(&rows, &[], 5), broken(BreakKind::Added, 6..=6));
        let mut foreign = rows;
        foreign[0].seq = -7;
        assert_eq!(walk(&foreign, &[], 6), broken(BreakKind::Changed, -7..=-7));
    }

    #[test]
    fn a_head_finds_what_a_whole_chain_hides() {
        let rows = log(6);
        let heads = [head(&rows[1]), head(&rows[4])];
        assert_eq!(walk(&rows, &heads, 6), Ok(()));
        // Everything from row 4 on is made anew.
        let mut forged = rows[..3].to_vec();
        for _ in 3..6 {
            let last = forged.last().map(|row| (row.seq, row.hash.clone()));
            forged.push(next(last, Timestamp::UNIX_EPOCH, ["x", "y", "z", "{}"]));
        }
        assert_eq!(walk(&forged, &[], 6), Ok(()), "no head, no proof");
        assert_eq!(
            walk(&forged, &heads, 6),
            broken(BreakKind::Rewritten, 3..=5)
        );
        // The end is cut off, and the counter set back with it.
        assert_eq!(
            walk(&rows[..3], &heads, 3),
            broken(BreakKind::CutOff, 4..=5)
        );
    }

    /// The rows of a log whose rows from `from` on were lost with a restore that says so, and then goes on.
    fn restored(rows: &[AuditRow], from: usize, lost: &[AuditHead]) -> Vec<AuditRow> {
        let facts = serde_json::json!({ "backup": "of Sunday", "lost": lost }).to_string();
        let mut rows = rows[..from].to_vec();
        for texts in [
            ["operator", "audit", "audit.restored", &facts],
            ["x", "y", "z", "{}"],
            ["x", "y", "z", "{}"],
        ] {
            let last = rows.last().map(|row| (row.seq, row.hash.clone()));
            rows.push(next(last, Timestamp::UNIX_EPOCH, texts));
        }
        rows
    }

    #[test]
    fn what_a_restore_has_lost_is_no_break_and_nothing_else_is_excused() {
        let rows = log(6);
        let heads = [head(&rows[1]), head(&rows[3]), head(&rows[5])];
        let lost = heads[1..].to_vec();
        // Row 4 says it, and heads of rows 4 and 6 were known.
        let after = restored(&rows, 3, &lost);
        assert_eq!(walk(&after, &heads, 6), Ok(()));
        let mut chain = Chain::new(heads.clone());
        for row in &after {
            chain.follow(row).unwrap();
        }
        let told = chain.restored();
        assert_eq!(
            (told[0].row, told[0].lost_until, chain.heads()),
            (4, Some(6), 1)
        );
        // Still cut off where the log ends before a head that nobody named, or another log is told to be it.
        let unnamed = restored(&rows, 3, &lost[1..]);
        let rewritten = broken(BreakKind::Rewritten, 3..=4);
        assert_eq!(walk(&unnamed, &heads, 6), rewritten);
        let another = AuditHead {
            hash: rows[0].hash.clone(),
            ..lost[0].clone()
        };
        let wrong = restored(&rows, 3, &[another, lost[1].clone()]);
        assert_eq!(walk(&wrong, &heads, 6), rewritten);
        // A row that stands before it can't be excused by it.
        let mut forged = rows[..1].to_vec();
        let last = forged.last().map(|row| (row.seq, row.hash.clone()));
        forged.push(next(last, Timestamp::UNIX_EPOCH, ["x", "y", "z", "{}"]));
        let forged = restored(&forged, 2, &heads);
        assert_eq!(
            walk(&forged, &heads, 5),
            broken(BreakKind::Rewritten, 1..=2)
        );
    }
}
