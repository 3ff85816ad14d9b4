//! Reads the directory of companies of the Superintendencia de Compañías (`directorio_companias.xlsx`): some 227 000
//! rows under a heading that stands at about row 5 (PRODUCT §1.6). It names a representative and a post but no document:
//! a hint for a reviewer, never a match for the machine.

use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};

use super::workbook::Workbook;
use super::{Entry, FIELD_LIMIT, Flaw, RegistryError};
use crate::domain::{EmployerKind, Ruc};

/// Rows within which the heading is looked for.
const HEADING_WITHIN: u64 = 40;

const RUC: &str = "RUC";
const NAME: &str = "NOMBRE";
const SITUATION: &str = "SITUACION LEGAL";
const KIND: &str = "TIPO";
const REPRESENTATIVE: &str = "REPRESENTANTE";
const POST: &str = "CARGO";
/// Columns without which a row is no heading.
const NEEDED: [&str; 4] = [RUC, NAME, REPRESENTATIVE, POST];

/// What the directory says about a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyFacts {
    /// Name of the company.
    pub legal_name: String,
    /// S.A.S. or another company.
    pub kind: EmployerKind,
    /// Legal situation in the directory's words, for example `ACTIVA` or `DISOLUCION Y LIQUIDACION`.
    pub situation: String,
    /// Name of the representative; empty when there is none.
    pub representative: String,
    /// Post of the representative.
    pub post: String,
}

/// A company of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// The number.
    pub ruc: Ruc,
    /// The rest.
    pub facts: CompanyFacts,
}

/// Where the columns stand.
struct Columns {
    ruc: usize,
    name: usize,
    situation: Option<usize>,
    kind: Option<usize>,
    representative: usize,
    post: usize,
}

/// Visits the companies of a directory, in the order of the file.
pub fn read(
    input: impl Read + Seek,
    mut visit: impl FnMut(Entry<Company>) -> std::io::Result<()>,
) -> Result<(), RegistryError> {
    let mut workbook = Workbook::open(input)?;
    for sheet in workbook.sheets() {
        let mut columns: Option<Columns> = None;
        workbook.rows::<RegistryError>(&sheet, |line, cells| {
            let Some(columns) = &columns else {
                columns = Columns::find(cells);
                return Ok(columns.is_some() || line < HEADING_WITHIN);
            };
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                visit(columns.entry(line, cells))?;
            }
            Ok(true)
        })?;
        if columns.is_some() {
            return Ok(());
        }
    }
    Err(RegistryError::Header {
        expected: NEEDED.join(", "),
        missing: NEEDED.join(", "),
    })
}

impl Columns {
    fn find(cells: &[String]) -> Option<Self> {
        let names: Vec<String> = cells.iter().map(|cell| heading(cell)).collect();
        let place = |name: &str| names.iter().position(|known| known == name);
        Some(Self {
            ruc: place(RUC)?,
            name: place(NAME)?,
            situation: place(SITUATION),
            kind: place(KIND),
            representative: place(REPRESENTATIVE)?,
            post: place(POST)?,
        })
    }

    fn entry(&self, line: u64, cells: &[String]) -> Entry<Company> {
        Entry::new(
            line,
            self.company(cells),
            Vec::new(),
            cells.join(" | ").as_bytes(),
        )
    }

    fn company(&self, cells: &[String]) -> Result<Company, Flaw> {
        let text = |column: &'static str, place: Option<usize>| {
            let cell = place.and_then(|place| cells.get(place));
            let words: Vec<&str> = cell
                .map(|cell| cell.split(|c: char| c.is_whitespace() || c.is_control()))
                .into_iter()
                .flatten()
                .filter(|word| !word.is_empty())
                .collect();
            let text = words.join(" ");
            if text.chars().count() > FIELD_LIMIT {
                let limit = FIELD_LIMIT;
                return Err(Flaw::LongField { column, limit });
            }
            Ok(text)
        };
        // A cell that holds a number has lost the zero that the numbers of nine provinces begin with.
        let digits = text(RUC, Some(self.ruc))?;
        let lost_zero = digits.len() == 12;
        let ruc = format!("{}{digits}", if lost_zero { "0" } else { "" })
            .parse()
            .map_err(|error| Flaw::Number { column: RUC, error })?;
        let legal_name = text(NAME, Some(self.name))?;
        if legal_name.is_empty() {
            return Err(Flaw::Empty(NAME));
        }
        let simplified = heading(&text(KIND, self.kind)?).contains("SIMPLIFICADA");
        Ok(Company {
            ruc,
            facts: CompanyFacts {
                legal_name,
                kind: if simplified {
                    EmployerKind::Sas
                } else {
                    EmployerKind::Company
                },
                situation: text(SITUATION, self.situation)?,
                representative: text(REPRESENTATIVE, Some(self.representative))?,
                post: text(POST, Some(self.post))?,
            },
        })
    }
}

/// A heading as compared: capitals without accents, single blanks.
fn heading(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            'á' | 'Á' => 'A',
            'é' | 'É' => 'E',
            'í' | 'Í' => 'I',
            'ó' | 'Ó' => 'O',
            'ú' | 'Ú' | 'ü' | 'Ü' => 'U',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::registry::WorkbookError;

    const STRINGS: &str = "<sst><si><t>RUC</t></si><si><t>NOMBRE</t></si><si><t>SITUACIÓN LEGAL</t></si><si><t>TIPO</t></si>\
        <si><t>REPRESENTANTE</t></si><si><t>CARGO</t></si><si><r><t>CAFÉ &amp; </t></r><r><t>CACAO</t></r></si>\
        <si><t>ACCIONES SIMPLIFICADA</t></si></sst>";
    const HEADING: &str = "<row r=\"5\"><c r=\"C5\" t=\"s\"><v>0</v></c><c r=\"D5\" t=\"s\"><v>1</v></c><c r=\"E5\" t=\"s\"><v>2</v></c>\
        <c r=\"F5\" t=\"s\"><v>3</v></c><c r=\"G5\" t=\"s\"><v>4</v></c><c r=\"H5\" t=\"s\"><v>5</v></c></row>";

    fn workbook(rows: &str) -> Cursor<Vec<u8>> {
        let sheet = format!(
            "<?xml version=\"1.0\"?><worksheet><dimension ref=\"A1:B2\"/><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is>\
             <t>DIRECTORIO</t></is></c></row>{rows}</sheetData></worksheet>"
        );
        zipped(&[
            ("xl/sharedStrings.xml", STRINGS),
            ("xl/worksheets/sheet1.xml", &sheet),
        ])
    }

    fn zipped(parts: &[(&str, &str)]) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        Cursor::new(zip.finish().unwrap().into_inner())
    }

    fn read_all(input: Cursor<Vec<u8>>) -> Result<Vec<Entry<Company>>, RegistryError> {
        let mut all = Vec::new();
        read(input, |entry| {
            all.push(entry);
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn the_heading_is_found_and_cells_stand_where_they_say() {
        let rows = format!(
            "{HEADING}<row r=\"6\"><c r=\"C6\"><v>9.90000000001E11</v></c><c r=\"D6\" t=\"s\"><v>6</v></c><c r=\"F6\" t=\"s\"><v>7</v></c>\
             <c r=\"G6\" t=\"str\"><v>VERA  ANA</v></c><c r=\"H6\" t=\"inlineStr\"><is><t>GERENTE</t></is></c></row>\
             <row r=\"7\"/><row r=\"8\"><c r=\"C8\" t=\"str\"><v>1790000000001</v></c><c r=\"D8\" t=\"str\"><v/></c></row>"
        );
        let all = read_all(workbook(&rows)).unwrap();
        assert_eq!(all.len(), 2, "{all:?}");
        let company = all[0].taken.as_ref().unwrap();
        assert_eq!(company.ruc.as_str(), "0990000000001", "the zero is back");
        assert_eq!(company.facts.legal_name, "CAFÉ & CACAO");
        assert_eq!(company.facts.kind, EmployerKind::Sas);
        assert_eq!(
            (
                company.facts.representative.as_str(),
                company.facts.post.as_str()
            ),
            ("VERA ANA", "GERENTE")
        );
        assert_eq!(all[1].line, 8);
        assert_eq!(all[1].taken, Err(Flaw::Empty(NAME)));
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        assert!(matches!(
            read_all(workbook("<row><c><v>1</v></c></row>")),
            Err(RegistryError::Header { .. })
        ));
        assert!(matches!(
            read_all(Cursor::new(b"PK not".to_vec())),
            Err(RegistryError::Workbook(_))
        ));
        assert!(read_all(zipped(&[])).is_err());
    }

    #[test]
    fn bombs_are_bounded() {
        let long = "x".repeat(3 << 20);
        let deep = "<a>".repeat(100);
        let bombs = [
            format!("{HEADING}<row><c t=\"str\"><v>{long}</v></c></row>"),
            format!("{HEADING}<row {long}=\"1\"></row>"),
            format!("{HEADING}{deep}"),
            format!("{HEADING}<row><c r=\"ZZZ1\"><v>1</v></c></row>"),
        ];
        for bomb in bombs {
            let result = read_all(workbook(&bomb));
            assert!(
                matches!(result, Err(RegistryError::Workbook(_))),
                "{result:?}"
            );
        }
        let strings = format!("<sst>{}</sst>", "<si/>".repeat(5 << 20));
        let result = read_all(zipped(&[("xl/sharedStrings.xml", &strings)]));
        assert!(
            matches!(
                result,
                Err(RegistryError::Workbook(WorkbookError::TooLarge(_)))
            ),
            "{result:?}"
        );
    }
}
