//! What `clavero audit` says, in both languages.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::Language;
use crate::domain::calendar;
use crate::store::{AuditBreak, AuditChecked, BreakKind, Restored};

/// Sentences in one language.
#[derive(Clone, Copy)]
pub(super) struct Sentences(pub(super) Language);

impl Sentences {
    pub(super) fn rows(self) -> &'static str {
        self.0.pick("filas", "rows")
    }

    /// Says that a head's file is forged, and with which status that ends.
    pub(super) fn tell_forged(self, file: &Path) -> ExitCode {
        let file = file.display();
        eprintln!(
            "{}",
            self.0.pick(
                format!("✗ {file}: su sello no corresponde, o es de otro"),
                format!("✗ {file}: its seal does not fit, or is another's"),
            )
        );
        ExitCode::from(1)
    }

    pub(super) fn checked(self, checked: &Result<AuditChecked, AuditBreak>) -> String {
        match checked {
            Ok(AuditChecked {
                rows,
                hash,
                heads,
                restored,
            }) => {
                let mut said = self.0.pick(
                    format!(
                        "✓ La bitácora está completa: {rows} filas, {heads} cabezas. Última: {hash}"
                    ),
                    format!("✓ The log is whole: {rows} rows, {heads} heads. Last: {hash}"),
                );
                for restored in restored {
                    said.push('\n');
                    said.push_str(&self.restored(restored));
                }
                said
            }
            Err(broken) => format!("✗ {}", self.broken(broken)),
        }
    }

    /// That a backup was put back.
    pub(super) fn restored(self, restored: &Restored) -> String {
        let Restored {
            row, actor, backup, ..
        } = restored;
        let at = restored
            .at
            .map(|at| calendar::minute_in(self.0, at))
            .unwrap_or_default();
        let lost = restored.lost_until.map_or_else(
            || {
                self.0.pick(
                    "ninguna cabeza habla de filas perdidas".to_owned(),
                    "no head speaks of lost rows".to_owned(),
                )
            },
            |last| {
                self.0.pick(
                    format!("se perdieron las que hubo desde la {row}, al menos hasta la {last}"),
                    format!("those that there were from {row} to at least {last} are lost"),
                )
            },
        );
        self.0.pick(
            format!("⚠ Fila {row} ({at}, {actor}): se volvió a una copia de respaldo («{backup}»); {lost}"),
            format!("⚠ Row {row} ({at}, {actor}): a backup was put back (\"{backup}\"); {lost}"),
        )
    }

    /// Why nothing was written down about a restore, and what to do.
    pub(super) fn not_restored(self) -> &'static str {
        self.0.pick(
            "No se anotó nada: lo que falta o difiere está antes del final de la copia, o el servicio ya escribió sobre ella. \
             Vuelva a poner la copia y llame a esta orden antes de arrancar el servicio.",
            "Nothing was written down: what is missing or different stands before the backup's end, or the service has already \
             written behind it. Put the backup back once more, and call this before the service starts.",
        )
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
