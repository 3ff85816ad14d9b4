//! Reads the operator's table of representatives (DESIGN §5): CSV, UTF-8, one row per representative, streamed row by
//! row. A row that can't be read is reported with its line and reason and never stops the others.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use crate::domain::{
    BranchCode, EmailAddress, Employer, LegalRepresentative, RepresentationMode, Ruc,
};

/// The header that the table must have, in this order.
pub const HEADER: [&str; 15] = [
    "ruc",
    "branch",
    "legal_name",
    "kind",
    "state",
    "email",
    "phone",
    "document",
    "name",
    "post",
    "from",
    "to",
    "mode",
    "required_signatures",
    "source",
];

/// Longest field that is accepted, in characters: names of companies reach some 200.
const FIELD_LIMIT: usize = 500;

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Rejected {
    /// Line in the file, from 1.
    pub line: u64,
    /// What is wrong, in words.
    pub reason: String,
}

/// The file itself is not such a table.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The first line is not the expected header.
    #[error("the header must be: {}", HEADER.join(","))]
    Header,
    /// It can't be read.
    #[error("the table can't be read: {0}")]
    Read(#[from] csv::Error),
}

/// One row: an employer with at most one representative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The employer, with the representative of this row, if the row names one.
    pub employer: Employer,
}

/// The row as it stands in the file.
#[derive(Debug, Deserialize)]
struct RawRow {
    ruc: String,
    branch: String,
    legal_name: String,
    kind: String,
    state: String,
    email: String,
    phone: String,
    document: String,
    name: String,
    post: String,
    from: String,
    to: String,
    mode: String,
    required_signatures: String,
    source: String,
}

/// Streams the rows of a table. A byte-order mark and blanks around values are forgiven.
pub fn rows(
    reader: impl Read,
) -> Result<impl Iterator<Item = Result<RegistryRow, Rejected>>, RegistryError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(false)
        .from_reader(reader);
    let header: Vec<String> = reader
        .headers()?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_ascii_lowercase())
        .collect();
    if header != HEADER {
        return Err(RegistryError::Header);
    }
    reader.set_headers(csv::StringRecord::from(HEADER.to_vec()));
    Ok(reader
        .into_deserialize::<RawRow>()
        .zip(2u64..)
        .map(|(row, count)| match row {
            Ok(raw) => parse(raw, count).map_err(|reason| Rejected {
                line: count,
                reason,
            }),
            Err(error) => {
                let line = error.position().map_or(count, csv::Position::line);
                Err(Rejected {
                    line,
                    reason: reason_of(&error),
                })
            }
        }))
}

fn reason_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} fields instead of {expected_len}"),
        _ => "not a CSV row".to_owned(),
    }
}

fn parse(raw: RawRow, line: u64) -> Result<RegistryRow, String> {
    let longest = [
        &raw.legal_name,
        &raw.name,
        &raw.post,
        &raw.source,
        &raw.phone,
    ];
    if longest
        .iter()
        .any(|field| field.chars().count() > FIELD_LIMIT)
    {
        return Err(format!("a field is longer than {FIELD_LIMIT} characters"));
    }
    if raw.legal_name.is_empty() {
        return Err("legal_name is empty".to_owned());
    }
    let representatives = representative(&raw)?.into_iter().collect();
    let employer = Employer {
        ruc: raw.ruc.parse().map_err(|error| format!("ruc: {error}"))?,
        branch: if raw.branch.is_empty() {
            BranchCode::default()
        } else {
            raw.branch
                .parse()
                .map_err(|error| format!("branch: {error}"))?
        },
        legal_name: raw.legal_name,
        kind: raw
            .kind
            .parse()
            .map_err(|error: crate::domain::ParseEmployerError| error.to_string())?,
        state: raw
            .state
            .parse()
            .map_err(|error: crate::domain::ParseEmployerError| error.to_string())?,
        email: optional(&raw.email)
            .map(str::parse::<EmailAddress>)
            .transpose()
            .map_err(|e| format!("email: {e}"))?,
        phone: optional(&raw.phone).map(str::to_owned),
        representatives,
    };
    Ok(RegistryRow { line, employer })
}

fn optional(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The representative of a row; a row without a document lists the employer alone.
fn representative(raw: &RawRow) -> Result<Option<LegalRepresentative>, String> {
    if raw.document.is_empty() {
        return Ok(None);
    }
    if raw.name.is_empty() {
        return Err("name is empty".to_owned());
    }
    let mode = raw
        .mode
        .parse()
        .map_err(|error: crate::domain::ParseEmployerError| error.to_string())?;
    let required: u8 = match optional(&raw.required_signatures) {
        Some(number) => number
            .parse()
            .map_err(|_| "required_signatures is not a small number".to_owned())?,
        None => 1,
    };
    match (mode, required) {
        (RepresentationMode::Sole, 1) | (RepresentationMode::Joint, 2..=9) => {}
        _ => return Err("required_signatures must be 1 for sole and 2 to 9 for joint".to_owned()),
    }
    let date = |name: &str, text: &str| {
        text.parse()
            .map_err(|_| format!("{name} is not a date YYYY-MM-DD"))
    };
    let from = date("from", &raw.from)?;
    let to = optional(&raw.to).map(|text| date("to", text)).transpose()?;
    if to.is_some_and(|to| to < from) {
        return Err("to lies before from".to_owned());
    }
    Ok(Some(LegalRepresentative {
        document: raw
            .document
            .parse()
            .map_err(|error| format!("document: {error}"))?,
        name: raw.name.clone(),
        post: raw.post.clone(),
        from,
        to,
        mode,
        required_signatures: required,
        scope: None,
        source: raw.source.clone(),
    }))
}

/// A small registry in memory, for dry runs (`clavero decide`).
#[derive(Debug, Default)]
pub struct Registry(BTreeMap<(Ruc, BranchCode), Employer>);

impl Registry {
    /// Adds a row: the last row decides about the employer, representatives are collected.
    pub fn add(&mut self, row: RegistryRow) {
        let key = (row.employer.ruc.clone(), row.employer.branch.clone());
        let known = self
            .0
            .remove(&key)
            .map(|employer| employer.representatives)
            .unwrap_or_default();
        let mut employer = row.employer;
        let added = std::mem::take(&mut employer.representatives);
        employer.representatives = known.into_iter().chain(added).collect();
        self.0.insert(key, employer);
    }

    /// The employer with this RUC and branch.
    #[must_use]
    pub fn employer(&self, ruc: &Ruc, branch: &BranchCode) -> Option<&Employer> {
        self.0.get(&(ruc.clone(), branch.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n";

    fn read(body: &str) -> Vec<Result<RegistryRow, Rejected>> {
        rows(format!("{HEAD}{body}").as_bytes()).unwrap().collect()
    }

    #[test]
    fn good_rows_become_employers() {
        let all = read(
            "1790993949001,,\"AGRO, S.A.\",company,active,n@agro.ec,,1759121716,ANA PEÑA,Gerente,2024-01-01,,sole,1,deed\n\
             1790993949001,0001,\"AGRO, S.A.\",company,active,n@agro.ec,,0958386815,LUIS VERA,Presidente,2024-01-01,2029-01-01,joint,2,deed\n",
        );
        let mut registry = Registry::default();
        for row in all {
            registry.add(row.unwrap());
        }
        let employer = registry
            .employer(&"1790993949001".parse().unwrap(), &BranchCode::default())
            .unwrap();
        assert_eq!(employer.legal_name, "AGRO, S.A.");
        assert_eq!(employer.representatives.len(), 2);
    }

    #[test]
    fn a_bad_row_says_its_line_and_reason_and_the_next_one_is_read() {
        let good = "1790993949001,0001,AGRO,company,active,,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed\n";
        let bad: &[(&str, &str)] = &[
            (
                &good.replace("1790993949001", "179"),
                "ruc: a RUC has 13 digits",
            ),
            (&good.replace("company", "firm"), "unknown kind: firm"),
            (
                &good.replace("2024-01-01", "01/01/2024"),
                "from is not a date YYYY-MM-DD",
            ),
            (
                &good.replace("sole,1", "sole,2"),
                "required_signatures must be 1 for sole and 2 to 9 for joint",
            ),
            (&good.replace(",deed", ""), "14 fields instead of 15"),
            (
                &good.replace("active,", "active,nobody"),
                "email: not an e-mail address",
            ),
        ];
        for (row, reason) in bad {
            let all = read(&format!("{row}{good}"));
            assert_eq!(
                all[0],
                Err(Rejected {
                    line: 2,
                    reason: (*reason).to_owned()
                }),
                "{row}"
            );
            assert!(all[1].is_ok(), "the row after: {row}");
        }
    }

    #[test]
    fn another_file_is_refused_as_a_whole() {
        assert!(matches!(
            rows("a;b;c\n".as_bytes()).err(),
            Some(RegistryError::Header)
        ));
        assert!(
            rows(format!("\u{feff}{HEAD}").as_bytes()).is_ok(),
            "a byte-order mark is forgiven"
        );
    }
}
