//! What `clavero audit` says, in both languages.

use std::path::Path;

use crate::cli::Language;
use crate::store::{AuditBreak, AuditChecked, BreakKind};

/// Sentences in one language.
#[derive(Clone, Copy)]
pub(super) struct Sentences(pub(super) Language);

impl Sentences {
    pub(super) fn rows(self) -> &'static str {
        self.0.pick("filas", "rows")
    }

    pub(super) fn forged(self, file: &Path) -> String {
        let file = file.display();
        self.0.pick(
            format!("✗ {file}: su sello no corresponde, o es de otro"),
            format!("✗ {file}: its seal does not fit, or is another's"),
        )
    }

    pub(super) fn checked(self, checked: &Result<AuditChecked, AuditBreak>) -> String {
        match checked {
            Ok(AuditChecked { rows, hash, heads }) => self.0.pick(
                format!(
                    "✓ La bitácora está completa: {rows} filas, {heads} cabezas. Última: {hash}"
                ),
                format!("✓ The log is whole: {rows} rows, {heads} heads. Last: {hash}"),
            ),
            Err(broken) => format!("✗ {}", self.broken(broken)),
        }
    }

    fn broken(self, broken: &AuditBreak) -> String {
        let (first, last) = (broken.rows.start(), broken.rows.end());
        let rows = if first == last {
            self.0.pick(format!("Fila {first}"), format!("Row {first}"))
        } else {
            self.0.pick(
                format!("Filas {first} a {last}"),
                format!("Rows {first} to {last}"),
            )
        };
        let what = match broken.kind {
            BreakKind::Changed => self.0.pick(
                "no dice lo que se escribió, o está en el lugar de otra",
                "does not say what was written, or stands in another's place",
            ),
            BreakKind::Missing => self
                .0
                .pick("falta: fue borrada", "is missing: it was deleted"),
            BreakKind::CutOff => self.0.pick(
                "falta al final: la bitácora fue recortada",
                "is missing at the end: the log was cut short",
            ),
            BreakKind::Rewritten => self.0.pick(
                "no es la que se anotó ese día: la bitácora fue rehecha",
                "is not what was written down that day: the log was made anew",
            ),
            BreakKind::Added => self.0.pick(
                "no la escribió el servicio",
                "was not written by the service",
            ),
        };
        format!("{rows}: {what}")
    }
}
