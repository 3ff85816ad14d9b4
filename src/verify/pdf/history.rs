//! The document through all its revisions: what each changed, and what that means for every signature before it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::change::{Change, Kind, Permissions, Verdict};
use super::difference::{self, View};
use super::fields::Tree;
use super::object::{Object, ObjectId};
use super::reach::{self, Reach};
use super::reader::Reader;
use super::signature::{self, Found};
use super::xref::Entry;
use super::{
    Doubts, PdfError, PdfSignature, SecurityStore, Trouble, Widget, security_store, without_gap,
};
use crate::verify::report::{Code, Coverage, Finding, Modifications, Severity, SignatureKind};

/// Places where fields of signatures are drawn, in all revisions: a widget stands on one page.
const MAX_PLACES: usize = 1_000;

/// Modifications told of one signature.
const MAX_TOLD: usize = 20;

/// All that is known of the revisions.
#[derive(Debug, Default)]
pub(super) struct History {
    pub signatures: Vec<PdfSignature>,
    pub changes: Vec<Change>,
    pub store: SecurityStore,
    /// With the revision that wrote it, each place of a widget once.
    pub widgets: Vec<(usize, Widget)>,
}

/// Reads every revision in turn and compares it with the one before.
pub(super) fn read(reader: &mut Reader<'_>, doubts: &mut Doubts) -> Result<History, PdfError> {
    let last = reader.last();
    let mut reach = Reach::default();
    let mut changes = Vec::new();
    let mut shown = Shown::default();
    let mut before: Option<View> = None;
    for revision in 0..=last {
        let view = View::read(reader, revision, doubts);
        if revision > 0 {
            changes.extend(match (&before, &view) {
                (Some(old), Ok(new)) => {
                    difference::compare(reader, old, new, &reach.undefined, doubts)
                }
                _ => vec![unreadable(revision)],
            });
        }
        extend(&mut reach, reader, revision, doubts);
        if let Ok(view) = &view {
            shown.add(reader, view, doubts);
        }
        before = match view {
            Ok(view) => Some(view),
            Err(Trouble::Malformed {
                what: "catalog", ..
            }) if revision == last => return Err(PdfError::Truncated),
            Err(trouble) if revision == last => return Err(trouble.into()),
            Err(_) => None,
        };
    }
    let Some(view) = before else {
        return Err(PdfError::Truncated);
    };
    let mut found = signature::find(reader, last, &view.tree, doubts);
    for own in &mut found {
        without_gap::check(reader.bytes, &mut own.signature);
    }
    if !found.is_empty() && without_gap::holds_web_page(reader.bytes) {
        let finding = Finding::new(Code::PdfAmbiguous, "").weighing(Severity::Unknown);
        let detail = "the file holds what a browser shows";
        doubts.tell(finding, "signed_as_web_page", None, detail);
    }
    let rights = usage_rights(reader, &view);
    outside_form(&reach, &view.tree, &rights, doubts);
    active_content(reader, &view, &reach, doubts);
    let certified = certified(reader, &view);
    let permissions: Vec<Permissions> = found
        .iter()
        .map(|own| permissions(&found, own, certified))
        .collect();
    for (own, permissions) in found.iter_mut().zip(&permissions) {
        judge(&mut own.signature, permissions, &changes, last);
    }
    Ok(History {
        signatures: found.into_iter().map(|found| found.signature).collect(),
        changes,
        store: security_store::read(reader, last, &view.catalog),
        widgets: shown.widgets,
    })
}

fn unreadable(revision: usize) -> Change {
    Change {
        kind: Kind::Forbidden,
        what: "unreadable_revision",
        revision,
        page: None,
        field: None,
        object: None,
        detail: "the revision or the one before it can't be read".to_owned(),
    }
}

/// Adds what a revision brings to what can be reached. Every object it writes counts, whether something leads to it or
/// not.
fn extend(reach: &mut Reach, reader: &mut Reader<'_>, revision: usize, doubts: &mut Doubts) {
    let trailer = reader.trailer(revision);
    // The original that LibreOffice embeds is named by the trailer, and signers who copy the entry let it point to a number
    // that their next update takes (iText, DSS): nothing in the PDF is waiting for that.
    let original = trailer.get(b"AdditionalStreams").cloned();
    let trailer = trailer
        .entries()
        .filter(|(key, _)| *key != b"AdditionalStreams");
    let mut roots: Vec<Object> = trailer.map(|(_, value)| value.clone()).collect();
    let mut renewed = BTreeSet::new();
    if revision > 0
        && let Some(table) = reader.tables.get(revision)
    {
        for (number, entry) in &table.entries {
            let generation = match entry {
                Entry::Free => continue,
                // Said again: the same bytes were looked at already.
                Entry::InUse { .. } if reader.before(revision, *number) == Some(*entry) => continue,
                Entry::InUse { generation, .. } => *generation,
                Entry::Compressed { .. } => 0,
            };
            renewed.insert(*number);
            let number = *number;
            roots.push(Object::Reference(ObjectId { number, generation }));
        }
    }
    let mut walked = reach.extend(reader, revision, &roots, &renewed, reach::all, doubts);
    if let Some(original) = original {
        walked = walked.and(reach.extend_beside(reader, revision, &original, doubts));
    }
    if let Err(trouble) = walked {
        doubts.tell(
            Finding::new(Code::PdfTooComplex, ""),
            "reach",
            None,
            trouble.what(),
        );
    }
    if let Some((number, what)) = reach.unreadable.take() {
        let finding = Finding::new(Code::PdfAmbiguous, "").weighing(Severity::Unknown);
        let detail = format!("object {number} can't be read: {what}");
        doubts.tell(finding, "unreadable_object", Some(revision), detail);
    }
}

/// Signature dictionaries that no field of the last revision holds: removed signatures, or bait for readers that search
/// the bytes.
fn outside_form(reach: &Reach, tree: &Tree, rights: &[u32], doubts: &mut Doubts) {
    // Those too that are beyond the limit and were not looked at.
    let values = tree.signed().filter_map(|field| field.value.as_ref());
    let held: BTreeSet<u32> = values
        .filter_map(Object::reference)
        .map(|id| id.number)
        .chain(rights.iter().copied())
        .collect();
    if let Some(number) = reach
        .signatures
        .iter()
        .find(|number| !held.contains(number))
    {
        let finding = Finding::new(Code::PdfSignatureMalformed, "").weighing(Severity::Unknown);
        let detail =
            format!("signature dictionary {number} belongs to no field of the last revision");
        doubts.tell(finding, "outside_form", None, detail);
    }
}

/// §12.8.2.3, §12.8.6: what lets Acrobat's free reader fill a form in is signed by its vendor and speaks for nobody.
fn usage_rights(reader: &mut Reader<'_>, view: &View) -> Vec<u32> {
    let permissions = reader
        .get_dictionary(view.index, &view.catalog, b"Perms")
        .unwrap_or_default();
    let mut rights = Vec::new();
    for key in [&b"UR"[..], b"UR3"] {
        let Some(id) = permissions.get(key).and_then(Object::reference) else {
            continue;
        };
        let signature = reader
            .get_dictionary(view.index, &permissions, key)
            .unwrap_or_default();
        let references = reader
            .get_array(view.index, &signature, b"Reference")
            .unwrap_or_default();
        let grants = |item: &Object| {
            item.dictionary()
                .is_some_and(|reference| reference.is(b"TransformMethod", key))
        };
        if !references.is_empty() && references.iter().all(grants) {
            rights.push(id.number);
        }
    }
    rights
}

fn active_content(reader: &mut Reader<'_>, view: &View, reach: &Reach, doubts: &mut Doubts) {
    for (number, what) in &reach.active {
        let finding = Finding::new(Code::PdfActiveContent, "");
        doubts.tell(finding, what, None, format!("object {number}"));
    }
    for number in &reach.layers {
        let finding = Finding::new(Code::PdfAutomaticLayers, "");
        doubts.tell(
            finding,
            "automatic_layers",
            None,
            format!("object {number}"),
        );
    }
    // §12.3.2: a destination, or an action that only goes there.
    let opening = reader.get_dictionary(view.index, &view.catalog, b"OpenAction");
    let harmless = opening.is_ok_and(|action| {
        !action.has(b"S") || (action.is(b"S", b"GoTo") && !action.has(b"Next"))
    });
    if !harmless {
        let finding = Finding::new(Code::PdfActiveContent, "");
        doubts.tell(
            finding,
            "open_action",
            None,
            "the document starts an action when opened",
        );
    }
}

/// The signature dictionary that `/Perms /DocMDP` of the catalog names (§12.8.6).
fn certified(reader: &mut Reader<'_>, view: &View) -> Option<ObjectId> {
    let perms = reader
        .get_dictionary(view.index, &view.catalog, b"Perms")
        .ok()?;
    perms.get(b"DocMDP").and_then(Object::reference)
}

/// What a signature and those before it allow.
fn permissions(all: &[Found], own: &Found, certified: Option<ObjectId>) -> Permissions {
    let closing = all.iter().filter(|found| {
        found.signature.kind == SignatureKind::Signature
            && found.signature.coverage != Coverage::Partial
    });
    let mut permissions = Permissions {
        signed_until: closing
            .map(|found| found.signature.revision)
            .max()
            .unwrap_or(0),
        ..Permissions::default()
    };
    let until = own.signature.revision;
    for found in all.iter().filter(|found| found.signature.revision <= until) {
        let levels = [permissions.level, found.signature.doc_mdp, found.lock_level];
        permissions.level = levels.into_iter().flatten().min();
        permissions.certified |=
            found.signature.doc_mdp.is_some() && found.id.is_some() && found.id == certified;
        permissions.locks.extend(found.locks.iter().cloned());
    }
    permissions
}

/// Weighs everything that came after a signature.
fn judge(signature: &mut PdfSignature, permissions: &Permissions, changes: &[Change], last: usize) {
    if signature.coverage == Coverage::Partial {
        return;
    }
    if signature.revision == last {
        signature.modifications = Modifications::None;
        return;
    }
    signature.modifications = Modifications::Permitted;
    let mut permitted: BTreeSet<&str> = BTreeSet::new();
    // Modifications and what a person has to see are counted apart: many of one may not hide the other.
    let (mut modified, mut for_a_person) = (0_usize, 0_usize);
    for change in changes
        .iter()
        .filter(|change| change.revision > signature.revision)
    {
        let verdict = permissions.judge(change);
        let told = match verdict {
            Verdict::Permitted => {
                permitted.insert(change.what);
                continue;
            }
            Verdict::ForAPerson => &mut for_a_person,
            Verdict::Modification => {
                signature.modifications = Modifications::Suspicious;
                &mut modified
            }
        };
        *told = told.saturating_add(1);
        if *told <= MAX_TOLD {
            signature
                .findings
                .push(change.finding(verdict, &signature.field));
        }
    }
    if !permitted.is_empty() {
        let what: Vec<&str> = permitted.into_iter().collect();
        let finding =
            Finding::new(Code::PdfPermittedAdditions, signature.field.clone()).fact("what", what);
        signature.findings.push(finding);
    }
}

/// Where fields of signatures are drawn: by the pages that show them, not by what the widgets say of themselves. In every
/// revision: whoever signed one saw what lay over the page then, and the next may have made it small.
#[derive(Default)]
struct Shown {
    widgets: Vec<(usize, Widget)>,
    /// Widgets as a revision wrote them, and places, that are there already.
    known: HashSet<(ObjectId, usize, usize, [u64; 4])>,
}

impl Shown {
    fn add(&mut self, reader: &mut Reader<'_>, view: &View, doubts: &mut Doubts) {
        if let Err(trouble @ Trouble::TooComplex(_)) = self.look(reader, view) {
            let finding = Finding::new(Code::PdfTooComplex, "");
            doubts.tell(finding, "widgets", None, trouble.what());
        }
    }

    fn look(&mut self, reader: &mut Reader<'_>, view: &View) -> Result<(), Trouble> {
        let drawn = visible_nodes(reader, view, &view.tree);
        if drawn.is_empty() {
            return Ok(());
        }
        for (index, page) in view.pages.list.iter().enumerate() {
            let dictionary = match reader.object(view.index, page.id) {
                Ok(Object::Dictionary(dictionary)) => dictionary,
                Err(trouble @ Trouble::TooComplex(_)) => return Err(trouble),
                _ => continue,
            };
            let annotations = match reader.get_array(view.index, &dictionary, b"Annots") {
                Ok(annotations) => annotations,
                Err(trouble @ Trouble::TooComplex(_)) => return Err(trouble),
                Err(_) => continue,
            };
            for item in annotations {
                let shown = item.reference().and_then(|id| drawn.get_key_value(&id));
                let Some((id, rect)) = shown else {
                    continue;
                };
                let written = reader
                    .entry(view.index, id.number)
                    .map_or(0, |(revision, _)| revision);
                let page = index.saturating_add(1);
                let corners = rect.map(f64::to_bits);
                if self.known.len() >= MAX_PLACES {
                    return Err(Trouble::TooComplex("places of signatures"));
                }
                if self.known.insert((*id, written, page, corners)) {
                    self.widgets.push((written, Widget { page, rect: *rect }));
                }
            }
        }
        Ok(())
    }
}

fn visible_nodes(reader: &mut Reader<'_>, view: &View, tree: &Tree) -> HashMap<ObjectId, [f64; 4]> {
    let mut visible = HashMap::new();
    for node in tree
        .nodes
        .iter()
        .filter(|node| node.is_signature() && node.is_widget())
    {
        if signature::is_visible(reader, view.index, &node.dictionary)
            && let Some(id) = node.id
        {
            let rectangle = signature::rectangle(reader, view.index, &node.dictionary);
            visible.insert(id, rectangle.area());
        }
    }
    visible
}
