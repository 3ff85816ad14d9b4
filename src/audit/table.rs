//! Rows of the audit log as a table for people (CSV) or for programs (one JSON object per line).

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::store::AuditRow;
use crate::words;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), with a header.
    Csv,
    /// One JSON object per line.
    Json,
}

/// The columns, in their order.
const COLUMNS: [&str; 8] = [
    "seq",
    "at",
    "actor",
    "subject",
    "event",
    "facts",
    "previous_hash",
    "hash",
];

/// Writes rows one after another, however many there are.
pub struct Table<W: Write>(Writer<W>);

enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Table<W> {
    /// A table that begins.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(format: Format, out: W) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(COLUMNS)?;
                Writer::Csv(Box::new(csv))
            }
            Format::Json => Writer::Json(out),
        }))
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn row(&mut self, row: &AuditRow) -> io::Result<()> {
        let at = row.at().map(|at| at.to_string());
        match &mut self.0 {
            Writer::Csv(csv) => {
                let (seq, at) = (row.seq.to_string(), at.unwrap_or_default());
                let texts = [
                    &seq,
                    &at,
                    &row.actor,
                    &row.subject,
                    &row.event,
                    &row.facts,
                    &row.previous_hash,
                    &row.hash,
                ];
                csv.write_record(texts.map(|text| words::harmless_cell(text).into_owned()))?;
            }
            Writer::Json(out) => {
                // Facts are JSON, unless somebody changed the row; then they are shown as they are.
                let facts: Value = serde_json::from_str(&row.facts)
                    .unwrap_or_else(|_| Value::String(row.facts.clone()));
                let line = json!({
                    "seq": row.seq, "at": at, "actor": row.actor, "subject": row.subject,
                    "event": row.event, "facts": facts, "previous_hash": row.previous_hash,
                    "hash": row.hash,
                });
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Writer::Csv(mut csv) => csv.flush(),
            Writer::Json(mut out) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, actor: &str) -> String {
        let row = AuditRow {
            seq: 1,
            at_ms: 0,
            actor: actor.to_owned(),
            subject: "CLV-2026-000001-A".to_owned(),
            event: "petition.issued".to_owned(),
            facts: "{\"form\":\"ab\"}".to_owned(),
            previous_hash: "clavero".to_owned(),
            hash: "00".to_owned(),
        };
        let mut out = Vec::new();
        let mut table = Table::begin(format, &mut out).unwrap();
        table.row(&row).unwrap();
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_opens_in_a_spreadsheet_and_computes_nothing() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let csv = written(Format::Csv, formula);
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(
                row.get(2),
                Some(format!("'{formula}").as_str()),
                "{formula:?}"
            );
        }
        insta::assert_snapshot!(written(Format::Csv, "service"), @r#"
        seq,at,actor,subject,event,facts,previous_hash,hash
        1,1970-01-01T00:00:00Z,service,CLV-2026-000001-A,petition.issued,"{""form"":""ab""}",clavero,00
        "#);
    }

    #[test]
    fn a_line_of_json_keeps_the_facts_as_facts() {
        let line: Value = serde_json::from_str(&written(Format::Json, "=1+1")).unwrap();
        assert_eq!(line["facts"]["form"], "ab");
        assert_eq!(line["actor"], "=1+1");
    }
}
