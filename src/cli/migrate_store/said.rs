//! What `clavero migrate-store` says, in both languages.

use std::path::Path;

use crate::cli::Language;
use crate::moving::{MoveError, Moved};
use crate::store::StoreError;

/// Sentences in one language.
#[derive(Clone, Copy)]
pub(super) struct Sentences(pub(super) Language);

impl Sentences {
    pub(super) fn rows(self) -> &'static str {
        self.0.pick("filas o partes", "rows or parts")
    }

    pub(super) fn documents(self, count: u64) -> String {
        self.0.pick(
            format!("documentos: {count} en esta parte"),
            format!("documents: {count} in this part"),
        )
    }

    pub(super) fn comparing(self) -> &'static str {
        self.0.pick("comparando", "comparing")
    }

    pub(super) fn reading_documents(self) -> &'static str {
        self.0.pick(
            "leyendo los documentos en el destino",
            "reading the documents in the target",
        )
    }

    pub(super) fn same_database(self) -> &'static str {
        self.0.pick(
            "las dos configuraciones nombran la misma base: ponga la nueva en «database» de --to (y quite CLAVERO_DATABASE)",
            "both configurations name the same database: put the new one into `database` of --to (and unset CLAVERO_DATABASE)",
        )
    }

    pub(super) fn keys_missing(self, keys: &[String]) -> String {
        let keys = keys.join(", ");
        self.0.pick(
            format!(
                "lo cifrado se traslada como está, y al destino le faltan estas llaves: {keys}. Póngalas en «protection.keys» \
                 de --to, en el mismo orden; después se cambian con «clavero protect rotate»"
            ),
            format!(
                "what is protected is moved as it is, and the target lacks these keys: {keys}. Put them into `protection.keys` \
                 of --to, in the same order; afterwards `clavero protect rotate` replaces them"
            ),
        )
    }

    pub(super) fn no_such(self, path: &Path) -> String {
        let path = path.display();
        self.0.pick(
            format!("{path}: no existe; revise la configuración de --from"),
            format!("{path}: is not there; look at the configuration of --from"),
        )
    }

    /// Why nothing, or not all of it, was moved, and what to do.
    pub(super) fn refused(self, error: &MoveError) -> String {
        match error {
            MoveError::HoldsRows(tables) => {
                let tables = tables.join(", ");
                self.0.pick(
                    format!("el destino ya tiene filas ({tables}): el traslado necesita una base vacía"),
                    format!("the target has rows already ({tables}): a move needs an empty database"),
                )
            }
            MoveError::HoldsDocuments => self.0.pick(
                "el destino ya tiene documentos: el traslado necesita una carpeta o un «prefix» vacíos",
                "the target has documents already: a move needs an empty folder or `prefix`",
            )
            .to_owned(),
            MoveError::OtherSource => self.0.pick(
                "en el destino hay un traslado a medias de otra instalación, o de esta antes de que se usara otra vez: \
                 comience con una base y un almacén vacíos",
                "the target holds half a move of another installation, or of this one before it was used again: \
                 begin with an empty database and an empty store",
            )
            .to_owned(),
            MoveError::OtherTables | MoveError::Store(StoreError::Outdated) => self.0.pick(
                "el origen es de otra versión de clavero: arranque una vez el servicio de esta versión en el origen, \
                 deténgalo y repita",
                "the source is of another release of clavero: start this release once on the source, stop it and repeat",
            )
            .to_owned(),
            MoveError::Used => self.0.pick(
                "el origen se usó durante el traslado: detenga el servicio y comience con una base y un almacén vacíos",
                "the source was used during the move: stop the service and begin with an empty database and an empty store",
            )
            .to_owned(),
            MoveError::Differs(tables) => {
                let tables = tables.join(", ");
                self.0.pick(
                    format!("al comparar, estas tablas no son iguales: {tables}. El origen no cambió; no use el destino"),
                    format!("compared, these tables are not the same: {tables}. The source is as it was; do not use the target"),
                )
            }
            MoveError::Audit(broken) => self.0.pick(
                format!("la bitácora no está completa ({broken}): «clavero audit verify» en el origen dice qué pasó"),
                format!("the audit log is not whole ({broken}): `clavero audit verify` on the source says what happened"),
            ),
            other => self.0.pick(
                format!("{other}. Repita la misma orden: sigue donde quedó"),
                format!("{other}. Run the same command again: it goes on where it was"),
            ),
        }
    }

    /// Every table with its rows on both sides, documents, the log.
    pub(super) fn report(self, moved: &Moved) -> String {
        let width = moved.tables.iter().map(|(name, ..)| name.len()).max();
        let width = width.unwrap_or_default();
        let mut lines: Vec<String> = moved
            .tables
            .iter()
            .map(|(name, source, target)| format!("✓ {name:width$}  {source:>10} = {target:>10}"))
            .collect();
        let (documents, rows) = (moved.documents, moved.audit_rows);
        lines.push(self.0.pick(
            format!("✓ documentos leídos de nuevo en el destino, con su huella: {documents}"),
            format!("✓ documents read again in the target, with their digests: {documents}"),
        ));
        lines.push(self.0.pick(
            format!("✓ bitácora completa: {rows} filas"),
            format!("✓ audit log whole: {rows} rows"),
        ));
        lines.extend(moved.damaged.iter().map(|sha256| {
            self.0.pick(
                format!("✗ en el origen está dañado o falta: {sha256}"),
                format!("✗ damaged or missing in the source: {sha256}"),
            )
        }));
        lines.join("\n")
    }

    pub(super) fn ended(self, data_dir: &Path) -> String {
        let data_dir = data_dir.display();
        self.0.pick(
            format!(
                "El traslado terminó. Copie «trust» y «heads» del «data_dir» de origen a {data_dir}, y arranque el servicio con --to"
            ),
            format!(
                "The move has ended. Copy `trust` and `heads` from the source's `data_dir` to {data_dir}, and start the service with --to"
            ),
        )
    }

    pub(super) fn not_ended(self) -> &'static str {
        self.0.pick(
            "El traslado no terminó: reponga esos documentos en el origen desde un respaldo y repita, o repita con --leave-damaged",
            "The move has not ended: put these documents back into the source from a backup and repeat, or repeat with --leave-damaged",
        )
    }
}
