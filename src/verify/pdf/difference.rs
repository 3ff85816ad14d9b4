//! What a revision changed, object by object (ISO 32000-2 §12.8.2; stricter than pyHanko's policy and EU DSS).
//!
//! The objects whose cross-reference entry a revision changed are compared as values in both views. Known edits explain
//! some of them: signing a field, its widget on one page, validation data, dates. Whatever is left unexplained is a
//! modification and gets its name from the page or field it belongs to. A new object is fine only when a permitted edit
//! leads to it and nothing of the older revision was waiting for its number.

mod catalog;
mod form;
mod pages;
mod rest;
mod structure;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::change::{Change, Kind};
use super::fields::Tree;
use super::object::{Dictionary, Object, ObjectId};
use super::pages::Pages;
use super::reader::Reader;
use super::xref::Entry;
use super::{Doubts, Trouble, fields};

/// Modifications told of one revision; the first names are what a person needs.
const MAX_CHANGES: usize = 50;

/// Permitted changes of one revision: signing and its validation data make about five.
const MAX_PERMITTED: usize = 500;

/// Objects looked at to give an unexplained change its page.
const MAX_NAMED: usize = 50_000;

/// A document as one revision shows it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub index: usize,
    pub root: Option<ObjectId>,
    pub catalog: Dictionary,
    pub tree: Tree,
    pub pages: Pages,
}

impl View {
    pub fn read(
        reader: &mut Reader<'_>,
        index: usize,
        doubts: &mut Doubts,
    ) -> Result<Self, Trouble> {
        let trailer = reader.trailer(index);
        doubts.conflict(&trailer, Some(index), "the trailer");
        let Object::Dictionary(catalog) = reader.get(index, &trailer, b"Root")? else {
            return Err(Trouble::Malformed {
                what: "catalog",
                at: 0,
            });
        };
        doubts.conflict(&catalog, Some(index), "the catalog");
        Ok(Self {
            index,
            root: trailer.get(b"Root").and_then(Object::reference),
            tree: fields::walk(reader, index, &catalog, doubts)?,
            pages: super::pages::walk(reader, index, &catalog, doubts)?,
            catalog,
        })
    }
}

/// Names what `new` changed against `old`. `waiting` are the numbers that objects of the older views refer to without
/// an object being there.
pub(super) fn compare(
    reader: &mut Reader<'_>,
    old: &View,
    new: &View,
    waiting: &HashSet<u32>,
    doubts: &mut Doubts,
) -> Vec<Change> {
    let mut comparison = Comparison {
        reader,
        old,
        new,
        changed: BTreeSet::new(),
        explained: BTreeSet::new(),
        data: BTreeSet::new(),
        changes: Vec::new(),
        modifications: 0,
        permitted: 0,
        surplus: None,
        widgets: BTreeMap::new(),
        inheritance: None,
    };
    if let Err(trouble) = comparison.run(waiting, doubts) {
        comparison.forbidden(
            "unreadable_object",
            format!("a change can't be read: {}", trouble.what()),
        );
    }
    comparison.changes
}

struct Comparison<'c, 'a> {
    reader: &'c mut Reader<'a>,
    old: &'c View,
    new: &'c View,
    /// Numbers whose object differs between the views.
    changed: BTreeSet<u32>,
    /// Those that a known edit accounts for.
    explained: BTreeSet<u32>,
    /// Of those, what is only data: validation material, metadata, information.
    data: BTreeSet<u32>,
    changes: Vec<Change>,
    modifications: usize,
    permitted: usize,
    /// Where a change goes that is one too many to be told.
    surplus: Option<Change>,
    /// Widgets of signature fields that this revision added, and how often a page shows each.
    widgets: BTreeMap<ObjectId, usize>,
    /// What stands above each page, once somebody asked.
    inheritance: Option<Rc<pages::Inheritance>>,
}

type Step = Result<(), Trouble>;

impl Comparison<'_, '_> {
    fn run(&mut self, waiting: &HashSet<u32>, doubts: &mut Doubts) -> Step {
        self.find_changed()?;
        self.trailer()?;
        self.catalog()?;
        self.fields()?;
        self.page_tree()?;
        self.pages()?;
        self.structure()?;
        self.waiting(waiting);
        self.shared(doubts)?;
        self.unexplained(doubts)
    }

    /// Notes a change. Modifications beyond the limit add nothing; permitted changes beyond theirs become one, since
    /// no honest update makes so many.
    fn change(&mut self, kind: Kind, what: &'static str, detail: impl Into<String>) -> &mut Change {
        let modification = matches!(kind, Kind::Forbidden | Kind::Annotation(_));
        let kind = if !modification && self.permitted >= MAX_PERMITTED {
            Kind::Forbidden
        } else {
            kind
        };
        let count = if modification {
            &mut self.modifications
        } else {
            &mut self.permitted
        };
        *count = count.saturating_add(1);
        let change = Change {
            kind,
            what,
            revision: self.new.index,
            page: None,
            field: None,
            object: None,
            detail: detail.into(),
        };
        if self.modifications > MAX_CHANGES || self.permitted > MAX_PERMITTED.saturating_add(1) {
            return self.surplus.insert(change);
        }
        self.changes.push(change);
        match self.changes.last_mut() {
            Some(last) => last,
            None => unreachable!("a change was pushed just now"),
        }
    }

    fn forbidden(&mut self, what: &'static str, detail: impl Into<String>) -> &mut Change {
        self.change(Kind::Forbidden, what, detail)
    }

    fn existed(&self, number: u32) -> bool {
        matches!(
            self.reader.entry(self.old.index, number),
            Some((_, Entry::InUse { .. } | Entry::Compressed { .. }))
        )
    }

    /// §7.5.6: the entries of the new section, without those that say what was said before.
    fn find_changed(&mut self) -> Step {
        let Some(table) = self.reader.tables.get(self.new.index) else {
            return Ok(());
        };
        let (start, entries) = (table.start, table.entries.clone());
        for (number, entry) in entries {
            let before = self
                .reader
                .entry(self.old.index, number)
                .map(|(_, entry)| entry);
            if before == Some(entry) || (entry == Entry::Free && !self.existed(number)) {
                continue;
            }
            if !self.existed(number) {
                self.changed.insert(number);
                if matches!(entry, Entry::InUse { offset, .. } if offset < start) {
                    self.forbidden(
                        "hidden_object_revealed",
                        format!(
                            "object {number} lay unused in an earlier revision and is used now"
                        ),
                    )
                    .object = Some(number);
                }
                continue;
            }
            if let (Some(old), Some(new)) = (generation(before), generation(Some(entry)))
                && old == new
            {
                let id = ObjectId {
                    number,
                    generation: new,
                };
                let old_value = self.reader.object(self.old.index, id)?;
                let new_value = self.reader.object(self.new.index, id)?;
                let old_value = (self.old.index, &old_value);
                if self.reader.same(old_value, (self.new.index, &new_value))?
                    || is_typed_annotation(old_value.1, &new_value)
                {
                    continue;
                }
            }
            self.changed.insert(number);
        }
        Ok(())
    }

    fn explain(&mut self, id: Option<ObjectId>) {
        self.explained.extend(id.map(|id| id.number));
    }

    /// Whether the value itself or the object it refers to changed.
    fn differs(&self, old: Option<&Object>, new: Option<&Object>) -> bool {
        let target = new.and_then(Object::reference);
        old != new || target.is_some_and(|id| self.changed.contains(&id.number))
    }

    /// Explains what lies below a value: new objects, and changed dictionaries and arrays that lay below it before. A
    /// stream that was there before may not change.
    fn claim_tree(&mut self, before: Option<&Object>, after: Option<&Object>, of: &str) -> Step {
        let below_old = self.below(self.old.index, before)?;
        let below_new = self.below(self.new.index, after)?;
        for number in below_new {
            if !self.changed.contains(&number) {
                continue;
            }
            let id = ObjectId {
                number,
                generation: 0,
            };
            let stream = self.reader.object(self.old.index, id)?.stream().is_some()
                || self.reader.object(self.new.index, id)?.stream().is_some();
            if !self.existed(number) || (below_old.contains(&number) && !stream) {
                self.explained.insert(number);
                self.data.insert(number);
            } else {
                self.explained.insert(number);
                self.forbidden(
                    "object_replaced",
                    format!("object {number} became part of the {of}"),
                )
                .object = Some(number);
            }
        }
        Ok(())
    }

    /// Numbers of all objects below a value in a view, without leaving through `/P` and `/Parent`.
    fn below(&mut self, view: usize, value: Option<&Object>) -> Result<BTreeSet<u32>, Trouble> {
        self.below_unseen(view, value, &mut BTreeSet::new())
    }

    /// The same without what was seen before, which is remembered: many pages may share one large tree.
    fn below_unseen(
        &mut self,
        view: usize,
        value: Option<&Object>,
        seen: &mut BTreeSet<u32>,
    ) -> Result<BTreeSet<u32>, Trouble> {
        let mut found = BTreeSet::new();
        let mut pending: Vec<ObjectId> = Vec::new();
        if let Some(value) = value {
            downward(value, &mut pending);
        }
        while let Some(id) = pending.pop() {
            if found.len() > MAX_NAMED {
                return Err(Trouble::TooComplex("objects below an edit"));
            }
            if seen.insert(id.number) {
                found.insert(id.number);
                let object = self.reader.object(view, id)?;
                downward(&object, &mut pending);
            }
        }
        Ok(found)
    }

    /// Explains new objects below a value that a permitted edit wrote.
    fn claim_new(&mut self, value: &Object) -> Step {
        let mut pending: Vec<ObjectId> = Vec::new();
        downward(value, &mut pending);
        while let Some(id) = pending.pop() {
            if self.existed(id.number) || !self.changed.contains(&id.number) {
                continue;
            }
            if self.explained.insert(id.number) {
                let object = self.reader.object(self.new.index, id)?;
                downward(&object, &mut pending);
            }
        }
        Ok(())
    }

    fn resolved_dictionary(
        &mut self,
        view: usize,
        value: Option<&Object>,
    ) -> Result<Dictionary, Trouble> {
        let value = value
            .map(|value| self.reader.resolve(view, value))
            .transpose()?;
        Ok(match value {
            Some(Object::Dictionary(dictionary)) => dictionary,
            _ => Dictionary::default(),
        })
    }
}

/// Whether an annotation only got the `/Type` that every annotation has (table 166): PDFBox, and DSS on it, writes it into
/// all of a page, and Word and iText leave it out.
fn is_typed_annotation(old: &Object, new: &Object) -> bool {
    let (Object::Dictionary(old), Object::Dictionary(new)) = (old, new) else {
        return false;
    };
    old.has(b"Subtype")
        && old.has(b"Rect")
        && !old.has(b"Type")
        && new.is(b"Type", b"Annot")
        && old
            .pairs(new)
            .into_iter()
            .all(|(key, before, after)| key == b"Type" || before == after)
}

fn generation(entry: Option<Entry>) -> Option<u16> {
    match entry? {
        Entry::Free => None,
        Entry::InUse { generation, .. } => Some(generation),
        Entry::Compressed { .. } => Some(0),
    }
}

fn verb(before: Option<&Object>, after: Option<&Object>) -> &'static str {
    match (before, after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    }
}

/// Whether an entry whose strings are text says the same.
fn alike(before: Option<&Object>, after: Option<&Object>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.reads_like(after),
        (None, None) => true,
        _ => false,
    }
}

/// Whether `old` is `new` with entries left out.
fn is_subsequence(old: &[Object], new: &[Object]) -> bool {
    let mut rest = old.iter().peekable();
    for item in new {
        if rest.peek() == Some(&item) {
            rest.next();
        }
    }
    rest.next().is_none()
}

/// References inside a value, but for those that lead up, or from a signature to all that it is about (§12.8.1, `/Data`).
fn downward(value: &Object, found: &mut Vec<ObjectId>) {
    match value {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items.iter().for_each(|item| downward(item, found)),
        _ => {
            let dictionary = value.dictionary();
            let about = dictionary.is_some_and(|one| one.has(b"TransformMethod"));
            for (key, value) in dictionary.into_iter().flat_map(Dictionary::entries) {
                if !(matches!(key, b"P" | b"Parent") || about && key == b"Data") {
                    downward(value, found);
                }
            }
        }
    }
}
