//! What `clavero subject` says, in both languages. What goes to the person, the .zip, is in Spanish.

use std::path::Path;

use crate::cli::Language;
use crate::domain::{PetitionNumber, calendar};
use crate::store::ImportRow;
use crate::subject::{Dossier, Erased, Fate, Kind};

/// The sentences, in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentences(pub(super) Language);

impl Sentences {
    pub(super) fn proves_nothing(self, petition: &PetitionNumber) -> String {
        self.0.pick(
            format!("la solicitud {petition} no es de esa persona: no prueba su identidad"),
            format!("petition {petition} is not that person's: it does not prove who they are"),
        )
    }

    pub(super) fn exported(self, out: &Path, dossier: &Dossier) -> String {
        let (petitions, posts, own, changes) = (
            dossier.petitions.len(),
            dossier.representations.len(),
            dossier.employers.len(),
            dossier.history.len(),
        );
        let out = out.display();
        self.0.pick(
            format!(
                "{out}: solicitudes: {petitions}; cargos: {posts}; como empleadora: {own}; cambios del registro: {changes}"
            ),
            format!(
                "{out}: petitions: {petitions}; posts: {posts}; as an employer: {own}; changes of the registry: {changes}"
            ),
        )
    }

    pub(super) fn nothing_named(self) -> &'static str {
        self.0.pick(
            "diga qué se corrige: --name, --email o --phone",
            "say what is corrected: --name, --email or --phone",
        )
    }

    pub(super) fn corrected(self, import: Option<&ImportRow>) -> String {
        let Some(import) = import else {
            return self
                .0
                .pick(
                    "nada que corregir: así consta",
                    "nothing to correct: it already says so",
                )
                .to_owned();
        };
        let (changed, version, id) = (import.tally.changed, import.last_change, import.id);
        self.0.pick(format!(
                "{changed} entradas corregidas; versión del registro: {version}; se deshace con «clavero registry undo {id}»"
            ), format!(
                "{changed} entries corrected; version of the registry: {version}; `clavero registry undo {id}` takes it back"
            ))
    }

    pub(super) fn erased(self, one: &Erased) -> String {
        let what = match (one.what, self.0) {
            (Kind::Documents, Language::En) => "documents of petition",
            (Kind::Documents, Language::Es) => "documentos de la solicitud",
            (Kind::RegistryEntry, Language::En) => "post in the registry of",
            (Kind::RegistryEntry, Language::Es) => "cargo en el registro de",
            (Kind::OwnEntry, Language::En) => "entry in the registry as the employer",
            (Kind::OwnEntry, Language::Es) => "lo que consta en el registro como empleador",
        };
        let mark = match one.fate {
            Fate::Deleted | Fate::WasGone => '✓',
            Fate::StaysUntil(_) | Fate::StaysInProgress | Fate::StaysRegistered => '·',
        };
        format!("{mark} {what} {}: {}", one.which, self.fate(&one.fate))
    }

    pub(super) fn nothing_kept(self) -> &'static str {
        self.0.pick(
            "no se guarda nada sobre esa persona",
            "nothing is kept about that person",
        )
    }

    fn fate(self, fate: &Fate) -> String {
        let (spanish, english) = match fate {
            Fate::Deleted => ("borrados", "deleted"),
            Fate::WasGone => ("ya no estaban", "were gone already"),
            Fate::StaysUntil(until) => {
                let day = calendar::day_in(self.0, *until);
                return self.0.pick(
                    format!("quedan hasta el {day}: quien dispute la decisión puede pedirlos"),
                    format!("stay until {day}: whoever disputes the decision may ask for them"),
                );
            }
            Fate::StaysInProgress => (
                "quedan: el trámite no ha terminado",
                "stay: the petition is not finished",
            ),
            Fate::StaysRegistered => (
                "queda: el registro lo exige mientras hay decisiones que descansan en él",
                "stays: the registry needs it while decisions rest on it",
            ),
        };
        self.0.pick(spanish, english).to_owned()
    }
}
