//! Reads the operator's table of representatives (DESIGN §5): CSV, UTF-8, one row per representative, streamed row by
//! row. Spreadsheets of Ecuador write it with `;`: the heading tells. It is the table that decides, so it is read strictly: a row that is not exactly right is not taken.

use std::io::{BufReader, Read};

use jiff::civil::Date;

use super::records::{ROW_LIMIT, Record, Records};
use super::{Entry, FIELD_LIMIT, Flaw, RegistryError};
use crate::domain::{
    Action, BranchCode, EmailAddress, Employer, LegalRepresentative, RepresentationMode, Role, Ruc,
    cedula_check_digit_matches,
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

/// Separators by which spreadsheets write a table, the one of DESIGN §5 first; the heading tells which it is.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A sixteenth column that a table may have: what the power of an attorney covers, actions with blanks between them.
const SCOPE: &str = "scope";

/// One row: an employer with at most one representative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryRow {
    /// The employer, with the representative of this row, if the row names one.
    pub employer: Employer,
}

impl RegistryRow {
    /// Adds the row to what earlier rows said about the same employer. A blank says nothing, a name may be written in other ways
    /// (the last one counts), and representatives are collected.
    ///
    /// # Errors
    /// [`Flaw::Contradicts`] when it says otherwise where only one can be right: tables of one row per person often have that
    /// person's own address, and the last one would decide where links go. `known` is then of no use any more.
    pub fn merge_into(self, known: &mut Employer) -> Result<(), Flaw> {
        let Self { employer: row } = self;
        let differs = |column, differs| {
            if differs {
                Err(Flaw::Contradicts(column))
            } else {
                Ok(())
            }
        };
        differs("kind", row.kind != known.kind)?;
        differs("state", row.state != known.state)?;
        known.email = one_of(known.email.take(), row.email, "email")?;
        known.phone = one_of(known.phone.take(), row.phone, "phone")?;
        for person in row.representatives {
            let same = |known: &&mut LegalRepresentative| {
                (&known.document, &known.post, known.from)
                    == (&person.document, &person.post, person.from)
            };
            match known.representatives.iter_mut().find(same) {
                None => known.representatives.push(person),
                Some(known) => {
                    differs("to", known.to != person.to)?;
                    differs("mode", known.mode != person.mode)?;
                    let required = known.required_signatures != person.required_signatures;
                    differs("required_signatures", required)?;
                    differs(SCOPE, known.scope != person.scope)?;
                    *known = person;
                }
            }
        }
        known.legal_name = row.legal_name;
        Ok(())
    }
}

/// What two rows say, where not both may speak.
fn one_of<T: PartialEq>(
    known: Option<T>,
    row: Option<T>,
    column: &'static str,
) -> Result<Option<T>, Flaw> {
    match (known, row) {
        (Some(known), Some(row)) if known != row => Err(Flaw::Contradicts(column)),
        (known, row) => Ok(row.or(known)),
    }
}

/// A row of the table, and whose it is: known for many rows that can't be taken, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// The row.
    pub entry: Entry<RegistryRow>,
    /// The employer it speaks of, when that much could be read.
    pub about: Option<(Ruc, BranchCode)>,
}

/// Streams the rows of a table. A byte-order mark and blanks around values are forgiven.
pub fn rows(
    input: impl Read,
) -> Result<impl Iterator<Item = std::io::Result<TableEntry>>, RegistryError> {
    let mut records = Records::new(BufReader::with_capacity(1 << 16, input), SEPARATORS[0]);
    let heading = records.next()?.unwrap_or_default();
    let separator = separator_of(&heading);
    records.set_separator(separator);
    let names: Vec<String> = fields(&heading, separator)
        .map(|(fields, _)| fields)
        .unwrap_or_default()
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let with_scope = names.last().is_some_and(|name| name == SCOPE);
    let columns = HEADER.len() + usize::from(with_scope);
    if names.iter().take(HEADER.len()).ne(HEADER.iter()) || names.len() != columns {
        let lacks = |name: &&str| !names.iter().any(|known| known == name);
        let missing: Vec<&str> = HEADER.into_iter().filter(lacks).collect();
        return Err(RegistryError::Header {
            expected: HEADER.join(","),
            missing: missing.join(","),
        });
    }
    Ok(std::iter::from_fn(move || {
        records
            .next()
            .transpose()
            .map(|record| Ok(read(&record?, separator, columns)))
    }))
}

/// The separator that makes most of a heading.
fn separator_of(heading: &Record) -> u8 {
    let mut found = SEPARATORS;
    found.sort_by_key(|separator| std::cmp::Reverse(heading.fields(*separator).0.len()));
    found[0]
}

/// The fields of a row as text, without blanks around them.
fn fields(record: &Record, separator: u8) -> Result<(Vec<String>, Option<Flaw>), Flaw> {
    if record.too_long {
        return Err(Flaw::LongRow(ROW_LIMIT));
    }
    let (raw, stray) = record.fields(separator);
    let fields = raw
        .iter()
        .map(|field| match std::str::from_utf8(field) {
            Err(_) => Err(Flaw::NotUtf8),
            Ok(text) if text.contains(char::is_control) => Err(Flaw::ControlCharacter),
            Ok(text) => Ok(text.trim().to_owned()),
        })
        .collect::<Result<_, _>>()?;
    Ok((fields, stray))
}

fn read(record: &Record, separator: u8, columns: usize) -> TableEntry {
    let mut remarks = Vec::new();
    let taken = fields(record, separator).and_then(|(fields, stray)| {
        if let Some(stray) = stray {
            return Err(stray);
        }
        if fields.len() != columns {
            return Err(Flaw::Fields {
                found: fields.len(),
                expected: columns,
            });
        }
        parse(&Row(fields), &mut remarks)
    });
    let about = match &taken {
        Ok(row) => Some((row.employer.ruc.clone(), row.employer.branch.clone())),
        Err(_) => whose(record, separator),
    };
    TableEntry {
        entry: Entry::new(record.line, taken, remarks, &record.bytes),
        about,
    }
}

/// The employer that a row speaks of which can't be taken.
fn whose(record: &Record, separator: u8) -> Option<(Ruc, BranchCode)> {
    let (fields, _) = record.fields(separator);
    let text = |at: usize| std::str::from_utf8(fields.get(at)?).ok().map(str::trim);
    Some((text(0)?.parse().ok()?, branch(text(1)?).ok()?))
}

fn branch(text: &str) -> Result<BranchCode, Flaw> {
    if text.is_empty() {
        return Ok(BranchCode::default());
    }
    text.parse().map_err(|error| Flaw::Number {
        column: "branch",
        error,
    })
}

/// The fields of a row in the order of the header.
struct Row(Vec<String>);

impl Row {
    fn text(&self, column: &str) -> &str {
        let mut columns = HEADER.iter().chain([&SCOPE]);
        let place = columns.position(|name| *name == column);
        place
            .and_then(|place| self.0.get(place))
            .map_or("", String::as_str)
    }

    fn optional(&self, column: &str) -> Option<&str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    fn date(&self, column: &'static str) -> Result<Date, Flaw> {
        self.text(column).parse().map_err(|_| Flaw::Date {
            column,
            form: "YYYY-MM-DD",
        })
    }
}

fn parse(row: &Row, remarks: &mut Vec<Flaw>) -> Result<RegistryRow, Flaw> {
    for column in ["legal_name", "name", "post", "source", "phone"] {
        if row.text(column).chars().count() > FIELD_LIMIT {
            let limit = FIELD_LIMIT;
            return Err(Flaw::LongField { column, limit });
        }
    }
    if row.text("legal_name").is_empty() {
        return Err(Flaw::Empty("legal_name"));
    }
    let representatives = representative(row, remarks)?.into_iter().collect();
    let employer = Employer {
        ruc: row.text("ruc").parse().map_err(|error| Flaw::Number {
            column: "ruc",
            error,
        })?,
        branch: branch(row.text("branch"))?,
        legal_name: row.text("legal_name").to_owned(),
        kind: row.text("kind").parse()?,
        state: row.text("state").parse()?,
        email: row
            .optional("email")
            .map(str::parse::<EmailAddress>)
            .transpose()?,
        phone: row.optional("phone").map(str::to_owned),
        representatives,
        named_representative: None,
    };
    Ok(RegistryRow { employer })
}

/// What a power covers; an empty field says nothing about it.
fn scope(row: &Row) -> Result<Option<Vec<Action>>, Flaw> {
    let actions = |words: &str| words.split_whitespace().map(action).collect();
    row.optional(SCOPE).map(actions).transpose()
}

fn action(word: &str) -> Result<Action, Flaw> {
    word.parse().map_err(|_| Flaw::Word {
        column: SCOPE,
        word: word.chars().take(40).collect(),
    })
}

/// The representative of a row; a row without a document lists the employer alone.
fn representative(row: &Row, remarks: &mut Vec<Flaw>) -> Result<Option<LegalRepresentative>, Flaw> {
    let Some(document) = row.optional("document") else {
        return Ok(None);
    };
    if row.text("name").is_empty() {
        return Err(Flaw::Empty("name"));
    }
    let mode: RepresentationMode = row.text("mode").parse()?;
    let required: u8 = row
        .optional("required_signatures")
        .unwrap_or("1")
        .parse()
        .map_err(|_| Flaw::RequiredSignatures)?;
    if !mode.allows(required) {
        return Err(Flaw::RequiredSignatures);
    }
    let from = row.date("from")?;
    let to = row.optional("to").map(|_| row.date("to")).transpose()?;
    if to.is_some_and(|to| to < from) {
        return Err(Flaw::EndsBeforeItBegins);
    }
    let document: crate::domain::IdentityDocument =
        document.parse().map_err(|error| Flaw::Number {
            column: "document",
            error,
        })?;
    if document.is_cedula() && !cedula_check_digit_matches(document.as_str()) {
        remarks.push(Flaw::CheckDigit("document"));
    }
    if document.as_str().len() == 9 && cedula_check_digit_matches(&format!("0{document}")) {
        remarks.push(Flaw::LostZero("document"));
    }
    let representative = LegalRepresentative {
        document,
        name: row.text("name").to_owned(),
        post: row.text("post").to_owned(),
        from,
        to,
        mode,
        required_signatures: required,
        scope: scope(row)?,
        source: row.text("source").to_owned(),
        ended: None,
    };
    if representative.role() == Role::Unrecognised {
        remarks.push(Flaw::UnrecognisedPost(representative.post.clone()));
    }
    Ok(Some(representative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    const HEAD: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n";

    fn read(body: &[u8]) -> Vec<TableEntry> {
        rows([HEAD.as_bytes(), body].concat().as_slice())
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn good_rows_become_employers() {
        let all = read(
            "1790993949001,,\"AGRO, S.A.\",company,active,n@agro.ec,,1759121716,ANA PEÑA,Gerente,2024-01-01,,sole,1,deed\n\
             1790993949001,0001,\"AGRO, S.A.\",company,active,n@agro.ec,,0958386815,LUIS VERA,Presidente,2024-01-01,2029-01-01,joint,2,deed\n".as_bytes(),
        );
        let mut registry = Registry::default();
        for row in all {
            registry.add(row.entry.taken.unwrap()).unwrap();
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
            (
                &good.replace("ANA", "\"ANA"),
                "a quote that is never closed, or stands inside a field",
            ),
            (&good.replace("ANA", "A,NA"), "16 fields instead of 15"),
        ];
        for (row, reason) in bad {
            let all = read(format!("{row}{good}").as_bytes());
            let first = &all[0].entry;
            assert_eq!(first.line, 2, "{row}");
            assert_eq!(
                first.taken.as_ref().unwrap_err().to_string(),
                *reason,
                "{row}"
            );
            assert_eq!(first.raw, row.trim_end(), "{row}");
            assert!(all[1].entry.taken.is_ok(), "the row after: {row}");
        }
    }

    #[test]
    fn a_table_may_say_what_a_power_covers() {
        let row =
            "1790993949001,,AGRO,company,active,,,1759121716,ANA,Apoderada,2024-01-01,,sole,1,deed";
        let table = format!(
            "{},scope\n{row},\n{row},change_email reset_password\n{row},everything\n{row}\n",
            HEAD.trim()
        );
        let all: Vec<_> = rows(table.as_bytes())
            .unwrap()
            .map(|row| row.unwrap().entry.taken)
            .collect();
        let scope = |at: usize| {
            all[at]
                .as_ref()
                .map(|row| row.employer.representatives[0].scope.clone())
        };
        assert_eq!(scope(0), Ok(None));
        assert_eq!(
            scope(1),
            Ok(Some(vec![Action::ChangeEmail, Action::ResetPassword]))
        );
        assert_eq!(
            scope(2).unwrap_err().to_string(),
            "unknown scope: everything"
        );
        assert_eq!(scope(3).unwrap_err().to_string(), "15 fields instead of 16");
    }

    #[test]
    fn another_file_is_refused_as_a_whole() {
        assert!(matches!(
            rows("a;b;c\n".as_bytes()).err(),
            Some(RegistryError::Header { .. })
        ));
        let reversed: Vec<&str> = HEADER.into_iter().rev().collect();
        let error = rows(reversed.join(",").as_bytes()).err().unwrap();
        assert!(error.to_string().ends_with(", in this order"), "{error}");
        assert!(
            rows(format!("\u{feff}{HEAD}").as_bytes()).is_ok(),
            "a byte-order mark is forgiven"
        );
    }

    /// Where a comma divides whole from part, as in Ecuador, spreadsheets write `;`, and some write tabs.
    #[test]
    fn the_heading_tells_the_separator() {
        let row = "1790993949001;;\"AGRO; S.A.\";company;active;;;1759121716;VERA, ANA;Gerente;2024-01-01;;sole;1;deed";
        let read = |head: &str, body: &str| {
            let table = format!("{head}{body}\n1790993949001{}\n", &body[13..]);
            let all = rows(table.as_bytes()).unwrap().map(Result::unwrap);
            all.map(|row| {
                row.entry
                    .taken
                    .map(|row| row.employer.representatives[0].name.clone())
            })
            .collect::<Vec<_>>()
        };
        let ana = Ok("VERA, ANA".to_owned());
        assert_eq!(
            read(&HEAD.replace(',', ";"), row),
            [ana.clone(), ana.clone()]
        );
        let tabs = row.replace("AGRO; S.A.", "AGRO").replace(';', "\t");
        assert_eq!(read(&HEAD.replace(',', "\t"), &tabs), [ana.clone(), ana]);
        let mixed = read(HEAD, row);
        assert!(mixed.iter().all(Result::is_err), "{mixed:?}");
    }

    #[test]
    fn a_row_that_cannot_be_taken_says_whose_it_is_when_it_can() {
        let owner = |row: &[u8]| {
            read(row)[0]
                .about
                .as_ref()
                .map(|(ruc, branch)| format!("{ruc}/{branch}"))
        };
        assert_eq!(
            owner(b"1790993949001,3,AGRO,firm").as_deref(),
            Some("1790993949001/0003")
        );
        assert_eq!(
            owner(b"1790993949001,,PE\xd1A,company").as_deref(),
            Some("1790993949001/0001")
        );
        assert_eq!(owner(b"179,,AGRO,company"), None);
    }

    /// Spreadsheets take a cédula for a number: those of nine provinces begin with a zero.
    #[test]
    fn a_cedula_that_has_lost_its_zero_is_told() {
        let remarks = |document: &str| {
            let row = format!(
                "1790993949001,,AGRO,company,active,,,{document},ANA,Gerente,2024-01-01,,sole,1,deed\n"
            );
            let entry = read(row.as_bytes()).remove(0).entry;
            assert!(entry.taken.is_ok());
            entry.remarks
        };
        assert_eq!(remarks("0958386815"), []);
        assert_eq!(remarks("958386815"), [Flaw::LostZero("document")]);
        assert_eq!(remarks("958386816"), [], "a passport of nine digits");
    }

    /// A power under whatever name is known by its scope; what is neither an office nor a power is told.
    #[test]
    fn a_post_that_is_not_known_is_taken_with_a_remark() {
        let remarks = |post: &str, scope: &str| {
            let table = format!(
                "{},scope\n1790993949001,,AGRO,company,active,,,0958386815,LUIS,{post},2024-01-01,,sole,1,deed,{scope}\n",
                HEAD.trim()
            );
            let entry = rows(table.as_bytes()).unwrap().next().unwrap().unwrap();
            assert!(entry.entry.taken.is_ok());
            entry.entry.remarks
        };
        assert_eq!(remarks("Gerente", ""), []);
        assert_eq!(remarks("", ""), [], "nothing is said");
        assert_eq!(remarks("Socia", "change_email"), []);
        assert_eq!(
            remarks("Socia", ""),
            [Flaw::UnrecognisedPost("Socia".to_owned())]
        );
    }

    #[test]
    fn a_cedula_with_another_check_digit_is_taken_with_a_remark() {
        let all = read(b"1790993949001,0001,AGRO,company,active,,,1759121717,ANA,Gerente,2024-01-01,,sole,1,deed\n");
        assert!(all[0].entry.taken.is_ok());
        assert_eq!(all[0].entry.remarks, [Flaw::CheckDigit("document")]);
    }
}
