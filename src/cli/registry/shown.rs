//! What `clavero registry` shows: sentences in both languages, progress, JSON.

use std::cell::Cell;
use std::io::{Read, Seek};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::Language;
use crate::domain::{BranchCode, PetitionNumber, Ruc, calendar, system_error};
use crate::import::{Losses, TakeError};
use crate::registry::Flaw;
use crate::store::{
    EmployerRecord, ImportError, ImportRow, ImportState, LoggedChange, RowCounts, StoreError,
    Tally, Why,
};

/// Sentences in one language.
#[derive(Clone, Copy)]
pub(super) struct Sentences(pub(super) Language);

impl Sentences {
    pub(super) fn full_is_for_representatives(self) -> &'static str {
        self.0.pick(
            "--full solo vale con --kind representatives",
            "--full is only for --kind representatives",
        )
    }

    /// What a table of the whole registry would do that is too much to be meant.
    pub(super) fn looks_cut_short(self, losses: Losses) -> String {
        let Losses {
            employers,
            deserted,
            rows,
            nameless,
        } = losses;
        if rows == 0 {
            return self.0.pick(
                format!("la tabla no trae ninguna fila que se pueda tomar: con --full, los {employers} empleadores quedarían sin nadie en el cargo"),
                format!("the table has no row that can be taken: with --full, all {employers} employers would have nobody in office"),
            );
        }
        if nameless > 0 {
            let [row, employer] = self.0.pick(
                [["fila", "filas"], ["empleador", "empleadores"]],
                [["row", "rows"], ["employer", "employers"]],
            );
            let (rows, employers) = (
                calendar::counted(nameless, row),
                calendar::counted(deserted, employer),
            );
            return self.0.pick(
                format!("de {rows} no se puede leer de quién hablan, y con --full se quedaría sin nadie en el cargo a {employers}, quizá por eso"),
                format!("nobody can read of whom {rows} speak, and with --full {employers} would have nobody in office, perhaps for that"),
            );
        }
        self.0.pick(
            format!("con --full, {deserted} de los {employers} empleadores quedarían sin nadie en el cargo: la tabla parece cortada"),
            format!("with --full, {deserted} of the {employers} employers would have nobody in office: the table looks cut short"),
        )
    }

    /// That nothing is done because of it, and what can be done.
    pub(super) fn not_without_yes(self, doubt: &str) -> String {
        self.0.pick(
            format!("{doubt}. No se cambió nada. Compruebe que el archivo esté entero; «--dry-run» muestra qué se retiraría. Si es lo que quiere, repita con «--yes»; si la tabla no es el registro completo, sin «--full»."),
            format!("{doubt}. Nothing was changed. Look whether the file is whole; `--dry-run` shows what would be removed. If you mean it, repeat with `--yes`; if the table is not the whole registry, without `--full`."),
        )
    }

    pub(super) fn cannot_open(self, path: &Path) -> String {
        let path = path.display();
        self.0.pick(
            format!("no se puede abrir {path}"),
            format!("{path} can't be opened"),
        )
    }

    pub(super) fn rows(self, rows: RowCounts) -> String {
        let RowCounts {
            read,
            rejected,
            remarked,
        } = rows;
        let taken = read - rejected;
        self.0.pick(
            format!("{taken} filas tomadas, {rejected} rechazadas, {remarked} con observaciones"),
            format!("{taken} rows taken, {rejected} rejected, {remarked} with remarks"),
        )
    }

    /// How many rows have a post that is not known to represent anybody, and which; nothing when there are none.
    pub(super) fn posts(self, posts: &[(String, u64)]) -> Option<String> {
        const NAMED: usize = 10;
        let rows: u64 = posts.iter().map(|(_, rows)| rows).sum();
        let named: Vec<String> = posts
            .iter()
            .take(NAMED)
            .map(|(post, rows)| format!("«{post}» {rows}"))
            .collect();
        let more = if posts.len() > NAMED { " …" } else { "" };
        let named = named.join(", ");
        (rows > 0).then(|| {
            self.0.pick(
                format!("{rows} filas con un cargo que no se sabe que represente; lo que firmen irá a una persona: {named}{more}"),
                format!("{rows} rows with a post that is not known to represent; what they sign goes to a person: {named}{more}"),
            )
        })
    }

    fn tally(self, tally: &Tally) -> String {
        let Tally {
            added,
            changed,
            removed,
            unchanged,
        } = tally;
        self.0.pick(
            format!(
                "{added} nuevos, {changed} cambiados, {removed} retirados, {unchanged} como estaban"
            ),
            format!("{added} new, {changed} changed, {removed} removed, {unchanged} as they were"),
        )
    }

    pub(super) fn rehearsed(self, tally: &Tally) -> String {
        let tally = self.tally(tally);
        self.0.pick(
            format!("Ensayo, nada se cambió: {tally}"),
            format!("Rehearsal, nothing was changed: {tally}"),
        )
    }

    pub(super) fn taken(self, import: &ImportRow) -> String {
        let (id, version) = (import.id, import.last_change);
        let tally = self.tally(&import.tally);
        self.0.pick(
            format!("Importación {id}: {tally}. Versión del registro: {version}"),
            format!("Import {id}: {tally}. Version of the registry: {version}"),
        )
    }

    pub(super) fn undone(self, id: i64, undo: &ImportRow) -> String {
        let (own, version) = (undo.id, undo.last_change);
        let tally = self.tally(&undo.tally);
        self.0.pick(
            format!("Importación {id} deshecha por la importación {own}: {tally}. Versión del registro: {version}"),
            format!("Import {id} undone by import {own}: {tally}. Version of the registry: {version}"),
        )
    }

    pub(super) fn report_is_at(self, path: &Path) -> String {
        let path = path.display();
        self.0.pick(
            format!("Las filas rechazadas u observadas, con línea y motivo: {path}"),
            format!("Rejected and odd rows, with line and reason: {path}"),
        )
    }

    pub(super) fn report_header(self) -> [&'static str; 4] {
        self.0.pick(
            ["linea", "resultado", "motivo", "fila"],
            ["line", "result", "reason", "row"],
        )
    }

    pub(super) fn done_with(self, taken: bool) -> &'static str {
        if taken {
            self.0.pick("tomada", "taken")
        } else {
            self.0.pick("rechazada", "rejected")
        }
    }

    pub(super) fn flaw(self, flaw: &Flaw) -> String {
        self.0.pick(flaw.spanish(), flaw.to_string())
    }

    pub(super) fn not_on_file(self, ruc: &Ruc, branch: &BranchCode) -> String {
        self.0.pick(
            format!("El RUC {ruc}, sucursal {branch}, no consta"),
            format!("RUC {ruc}, branch {branch}, is not on file"),
        )
    }

    pub(super) fn reason_wanted(self) -> &'static str {
        self.0.pick(
            "--reason: escriba por qué, de 5 a 500 caracteres",
            "--reason: write why, 5 to 500 characters",
        )
    }

    pub(super) fn not_theirs(
        self,
        number: &PetitionNumber,
        ruc: &Ruc,
        branch: &BranchCode,
    ) -> String {
        let branch = branch.as_str();
        self.0.pick(
            format!("{number} no es una solicitud de {ruc}, sucursal {branch}; no se detuvo nada"),
            format!("{number} is no petition of {ruc}, branch {branch}; nothing was stopped"),
        )
    }

    pub(super) fn stopped(self, ruc: &Ruc, branch: &BranchCode) -> String {
        let branch = branch.as_str();
        self.0.pick(
            format!("cuenta de {ruc}, sucursal {branch}, detenida: se libera cuando dos personas aprueban una solicitud nueva, firmada"),
            format!("account of {ruc}, branch {branch}, stopped: it is free again once two people have approved a new, signed petition"),
        )
    }

    pub(super) fn no_such_version(self, version: i64, newest: i64) -> String {
        self.0.pick(
            format!("no hay una versión {version}: el registro llega a la {newest}"),
            format!("there is no version {version}: the registry has come to {newest}"),
        )
    }

    /// One line of `registry imports`.
    pub(super) fn import(self, import: &ImportRow) -> String {
        let state = match import.state {
            ImportState::Running => self.0.pick("sin terminar", "unfinished"),
            ImportState::Done => self.0.pick("hecha", "done"),
            ImportState::Undone => self.0.pick("deshecha", "undone"),
        };
        let what = match import.undoes {
            Some(id) => format!("undo {id}"),
            None => import.kind.to_string(),
        };
        let versions = if import.last_change < import.first_change {
            self.0.pick("sin cambios", "no changes").to_owned()
        } else {
            format!("{}–{}", import.first_change, import.last_change)
        };
        format!(
            "{id:>4}  {at}  {state}  {what}  {file}  {digest}  {actor}  {rows} / {rejected}  {versions}  {tally}",
            id = import.id,
            at = calendar::stamp(import.began_at),
            file = import.file,
            digest = &import.sha256.to_string()[..12],
            actor = import.actor,
            rows = import.rows.read,
            rejected = import.rows.rejected,
            tally = self.tally(&import.tally),
        )
    }

    pub(super) fn take_error(self, error: &TakeError) -> String {
        match error {
            TakeError::Table(error) => self.0.pick(error.spanish(), error.to_string()),
            TakeError::Import(error) => self.import_error(error),
            TakeError::Io(error) => self.0.pick(system_error(error), error.to_string()),
        }
    }

    pub(super) fn import_error(self, error: &ImportError) -> String {
        let spanish = match error {
            ImportError::Unfinished { id, file } => format!(
                "la importación {id} de {file} está sin terminar: repítala, o deshágala con «clavero registry undo {id}»"
            ),
            ImportError::Unknown(id) => format!("no hay una importación {id}"),
            ImportError::AlreadyUndone(id) => format!("la importación {id} ya está deshecha"),
            ImportError::ChangedSince { count, ruc, by } => format!(
                "{count} de sus filas cambiaron otra vez después; la primera (RUC {ruc}), en la importación {by}: deshaga primero aquella"
            ),
            ImportError::Store(StoreError::Stale) => {
                "otro proceso está haciendo la misma importación".to_owned()
            }
            ImportError::Store(error) => error.to_string(),
        };
        self.0.pick(spanish, error.to_string())
    }
}

/// Where nobody watches a bar, a line now and then.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Progress of an import: a bar on a terminal, lines elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    say: Sentences,
    last_line: Cell<Instant>,
    began: Instant,
}

impl Progress {
    fn new(bar: ProgressBar, say: Sentences) -> Self {
        Self {
            bar,
            say,
            last_line: Cell::new(Instant::now()),
            began: Instant::now(),
        }
    }

    /// While a file of so many bytes is read.
    pub(super) fn reading(bytes: u64, say: Sentences) -> anyhow::Result<Self> {
        let bar = ProgressBar::new(bytes);
        let style = "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {eta}  {msg}";
        bar.set_style(ProgressStyle::with_template(style)?);
        Ok(Self::new(bar, say))
    }

    /// While rows are compared with what is known.
    pub(super) fn comparing(rows: u64, say: Sentences) -> Self {
        let bar = ProgressBar::new(rows);
        let style = "{bar:30} {percent:>3} %  {pos}/{len}  {eta}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self::new(bar, say)
    }

    /// The file, watched while it is read.
    pub(super) fn watch<R: Read + Seek>(&self, file: R) -> indicatif::ProgressBarIter<R> {
        self.bar.wrap_read(file)
    }

    pub(super) fn read(&self, rows: u64) {
        self.message(
            self.say
                .0
                .pick(format!("{rows} filas leídas"), format!("{rows} rows read")),
        );
    }

    pub(super) fn compared(&self, tally: &Tally) {
        let done = tally.added + tally.changed + tally.removed + tally.unchanged;
        // Several establishments make one taxpayer: the end comes before the last row.
        self.bar.set_position(done);
        self.message(self.say.tally(tally));
    }

    fn message(&self, text: String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(text);
        } else if self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            eprintln!("{:>5} s  {text}", self.began.elapsed().as_secs());
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A change as one JSON object.
pub(super) fn change(logged: &LoggedChange) -> Value {
    let subject = &logged.change.subject;
    json!({
        "version": logged.seq,
        "part": subject.part,
        "ruc": subject.ruc,
        "branch": Some(&subject.branch).filter(|branch| !branch.is_empty()),
        "before": logged.change.before,
        "after": logged.change.after,
    })
}

/// An employer as JSON.
pub(super) fn employer(
    version: i64,
    record: &EmployerRecord,
    why: Option<&Why>,
) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&json!({
        "registry_version": version,
        "employer": record.employer,
        "email_hold_until": record.email_hold_until,
        "frozen_since": record.frozen_since,
        "stopped": why.map(|why| json!({ "by": why.by, "reason": why.reason, "at": why.at })),
    }))?)
}
