//! What the operator's registry is filled from: pure readers of three tables, row by row, in bounded memory.
//!
//! | table | key | what it knows | what it never knows |
//! |---|---|---|---|
//! | [`representatives`] (the operator's own, DESIGN §5) | RUC and branch | everything a decision needs | |
//! | [`sri`] (tax authority, *catastro del RUC*) | RUC; one row per establishment | name, state, person or society | representative, branch, e-mail |
//! | [`supercias`] (companies' supervisor, *directorio*) | RUC | name, S.A.S. or not, *name* and post of a representative | document, term, branch, e-mail |
//!
//! The three are kept apart and combined when an employer is looked up (`store/employers.rs`), because they don't speak
//! of the same thing: an establishment of the SRI is a shop, a branch of the social security is a payroll, and none of
//! the open tables says which shop pays which payroll. So all establishments of a RUC make *one* taxpayer, who stands
//! beside the employer of every branch, and alone only for the main one (`0001`). The open tables can take confidence
//! away (a closed taxpayer is never active), but they give none: a name without a document reaches a reviewer, never
//! the machine. Kind and state come from the tables' own words; digits are at most a hint (DESIGN M).
//!
//! No row stops the others. A row that can't be taken is an [`Entry`] with its line, its [`Flaw`] and the row itself; a
//! row that was taken in spite of something carries that as a remark.

mod flaw;
mod memory;
mod records;
pub mod representatives;
pub mod sri;
pub mod supercias;
mod workbook;

use crate::domain::system_error;

pub use flaw::Flaw;
pub use memory::Registry;
pub use workbook::WorkbookError;

/// Longest text that is kept of a row in a report, in characters.
const RAW_LIMIT: usize = 1000;
/// Longest field that is accepted, in characters: names of companies reach some 200.
const FIELD_LIMIT: usize = 500;

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// What was read, or why nothing was.
    pub taken: Result<T, Flaw>,
    /// What was odd and did not matter.
    pub remarks: Vec<Flaw>,
    /// The row as it stands in the file, cut to a length that can be shown; empty when there is nothing to say about it.
    pub raw: String,
}

impl<T> Entry<T> {
    fn new(line: u64, taken: Result<T, Flaw>, remarks: Vec<Flaw>, raw: &[u8]) -> Self {
        let raw = if taken.is_err() || !remarks.is_empty() {
            shown(raw)
        } else {
            String::new()
        };
        Self {
            line,
            taken,
            remarks,
            raw,
        }
    }
}

/// Bytes as a report may show them.
fn shown(raw: &[u8]) -> String {
    records::text(raw, &mut false)
        .chars()
        .take(RAW_LIMIT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The file as a whole is not such a table.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The first line is not the expected header.
    #[error(
        "the header must name the columns {expected}{}",
        what_lacks(missing, "; missing: ", ", in this order")
    )]
    Header {
        /// What a header needs.
        expected: String,
        /// What this one lacks; nothing when only the order is another one.
        missing: String,
    },
    /// It can't be read.
    #[error("the table can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is not a workbook, or one beyond the limits.
    #[error("the workbook can't be read: {0}")]
    Workbook(#[from] WorkbookError),
}

fn what_lacks(missing: &str, lacking: &str, order: &str) -> String {
    if missing.is_empty() {
        return order.to_owned();
    }
    format!("{lacking}{missing}")
}

impl RegistryError {
    /// The same in Spanish.
    #[must_use]
    pub fn spanish(&self) -> String {
        match self {
            Self::Header { expected, missing } => {
                let lacking = what_lacks(missing, "; faltan: ", ", en este orden");
                format!("el encabezado debe tener las columnas {expected}{lacking}")
            }
            Self::Read(error) => format!("no se puede leer la tabla: {}", system_error(error)),
            Self::Workbook(error) => {
                format!("no se puede leer el libro de Excel: {}", error.spanish())
            }
        }
    }
}
