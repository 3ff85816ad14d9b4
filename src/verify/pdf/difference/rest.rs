//! What the known edits don't account for gets its name here; and what they do account for must have no second use.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Comparison, MAX_NAMED, Step};
use crate::verify::pdf::change::{Kind, Power};
use crate::verify::pdf::object::{Object, ObjectId};
use crate::verify::pdf::reach::{self, Follows, Reach};
use crate::verify::pdf::xref::Entry;
use crate::verify::pdf::{Doubts, Trouble};

impl Comparison<'_, '_> {
    /// New objects for which something old was waiting: they change what was signed without touching it.
    pub(super) fn waiting(&mut self, waiting: &HashSet<u32>) {
        let filled: Vec<u32> = self
            .changed
            .iter()
            .copied()
            .filter(|number| waiting.contains(number) && !self.existed(*number))
            .collect();
        for number in filled {
            self.forbidden(
                "missing_object_supplied",
                format!(
                    "an earlier revision refers to object {number}, which did not exist until now"
                ),
            )
            .object = Some(number);
            self.explained.insert(number);
        }
    }

    /// Objects that a permitted edit overwrote must have no second use: a stream can be metadata and page content.
    pub(super) fn shared(&mut self, doubts: &mut Doubts) -> Step {
        let page_ids = self.new.pages.list.iter().map(|page| page.id);
        let compared: HashSet<u32> = page_ids
            .chain(self.new.pages.nodes.iter().copied())
            .chain(self.new.root)
            .map(|id| id.number)
            .collect();
        let overwritten: Vec<u32> = self
            .explained
            .intersection(&self.changed)
            .copied()
            .filter(|number| self.existed(*number) && !compared.contains(number))
            .collect();
        let (data, form): (Vec<u32>, Vec<u32>) = overwritten
            .into_iter()
            .partition(|number| self.data.contains(number));
        let uses: [(Vec<u32>, Follows); 2] = [
            (data, reach::outside_data),
            (form, reach::outside_permitted),
        ];
        for (numbers, follows) in uses {
            if numbers.is_empty() {
                continue;
            }
            let used = self.used_before(follows, doubts)?;
            for number in numbers.into_iter().filter(|number| used.has(*number)) {
                self.forbidden(
                    "object_shared",
                    format!("object {number} was changed and is also part of what is shown"),
                )
                .object = Some(number);
            }
        }
        Ok(())
    }

    /// What the older view uses outside certain entries.
    pub(super) fn used_before(
        &mut self,
        follows: Follows,
        doubts: &mut Doubts,
    ) -> Result<Reach, Trouble> {
        let mut used = Reach::default();
        let view = self.old.index;
        let trailer = Object::Dictionary(self.reader.trailer(view));
        used.extend(
            self.reader,
            view,
            &[trailer],
            &BTreeSet::new(),
            follows,
            doubts,
        )?;
        Ok(used)
    }

    /// What no known edit accounts for.
    pub(super) fn unexplained(&mut self, doubts: &mut Doubts) -> Step {
        let rest: Vec<u32> = self.changed.difference(&self.explained).copied().collect();
        if rest.is_empty() {
            return Ok(());
        }
        let mut names = None;
        let mut reached = None;
        for number in rest {
            if self.is_structure(number)? {
                if self.existed(number)
                    && self
                        .used_before(reach::outside_permitted, doubts)?
                        .has(number)
                {
                    self.replaced(number, None);
                }
                continue;
            }
            let there = self
                .reader
                .entry(self.new.index, number)
                .map(|(_, entry)| entry);
            let gone = matches!(there, None | Some(Entry::Free));
            if gone || !self.existed(number) {
                if reached.is_none() {
                    reached = Some(self.reached(doubts)?);
                }
                let used = reached.as_ref().is_some_and(|reached| reached.has(number));
                self.loose(number, gone, used);
                continue;
            }
            if names.is_none() {
                names = Some(self.names()?);
            }
            let mut found = names.as_ref().and_then(|names| names.get(&number)).cloned();
            if let Some(Place::Annotation(_, power)) = &mut found {
                *power = (*power).max(self.power_now(number)?);
            }
            self.replaced(number, found);
        }
        Ok(())
    }

    /// Cross-reference and object streams are the form of an update, not its content.
    fn is_structure(&mut self, number: u32) -> Result<bool, Trouble> {
        let id = ObjectId {
            number,
            generation: 0,
        };
        let new = self.reader.object(self.new.index, id)?;
        let old = self.reader.object(self.old.index, id)?;
        let is = |object: &Object, kind: &[u8]| {
            object
                .stream()
                .is_some_and(|stream| stream.dictionary.is(b"Type", kind))
        };
        Ok((is(&new, b"XRef") && (old.is_null() || is(&old, b"XRef")))
            || (is(&new, b"ObjStm") && old.is_null()))
    }

    fn reached(&mut self, doubts: &mut Doubts) -> Result<Reach, Trouble> {
        let mut reached = Reach::default();
        let trailer = Object::Dictionary(self.reader.trailer(self.new.index));
        let view = self.new.index;
        reached.extend(
            self.reader,
            view,
            &[trailer],
            &BTreeSet::new(),
            reach::all,
            doubts,
        )?;
        Ok(reached)
    }

    /// A new object that no permitted edit leads to, or one that is no more.
    fn loose(&mut self, number: u32, gone: bool, used: bool) {
        match (gone, used) {
            (true, true) => {
                self.forbidden(
                    "object_removed",
                    format!("object {number} was removed and is still referred to"),
                )
                .object = Some(number);
            }
            (false, true) => {
                self.forbidden(
                    "object_added",
                    format!("object {number} was added, and no permitted edit leads to it"),
                )
                .object = Some(number);
            }
            (_, false) => {
                self.change(
                    Kind::Housekeeping,
                    "unused_object",
                    "objects that nothing refers to",
                );
            }
        }
    }

    /// An object of an earlier revision that was overwritten.
    fn replaced(&mut self, number: u32, found: Option<Place>) {
        let filled = |field: &String| {
            let mut changes = self.changes.iter();
            changes.any(|change| {
                change.kind == Kind::FormFilling && change.field.as_ref() == Some(field)
            })
        };
        let (kind, what, page, field, detail) = match found {
            Some(Place::Page(page, what)) => (
                Kind::Forbidden,
                what,
                Some(page),
                None,
                format!("object {number}, which page {page} shows, was replaced"),
            ),
            Some(Place::Annotation(page, power)) => (
                Kind::Annotation(power),
                "annotation_changed",
                Some(page),
                None,
                format!("an annotation of page {page} was changed"),
            ),
            Some(Place::Signature(field)) => (
                Kind::Forbidden,
                "signature_replaced",
                None,
                Some(field.clone()),
                format!("the signature of field {field} was replaced"),
            ),
            Some(Place::Appearance {
                field,
                signature: true,
            }) => (
                Kind::Forbidden,
                "signature_appearance_changed",
                None,
                Some(field.clone()),
                format!("the appearance of signature field {field} was replaced"),
            ),
            Some(Place::Appearance {
                field,
                signature: false,
            }) if filled(&field) => (
                Kind::FormFilling,
                "field_filled",
                None,
                Some(field.clone()),
                format!("the appearance of field {field} was filled in"),
            ),
            Some(Place::Appearance {
                field,
                signature: false,
            }) => (
                Kind::FieldAppearance,
                "field_appearance",
                None,
                Some(field.clone()),
                format!("the appearance of field {field} was replaced"),
            ),
            None => (
                Kind::Forbidden,
                "object_replaced",
                None,
                None,
                format!("object {number} of an earlier revision was replaced"),
            ),
        };
        let change = self.change(kind, what, detail);
        change.page = page;
        change.field = field;
        change.object = Some(number);
    }

    /// What an annotation of the newer view is able to do, if the object is one; appearances are weighed with theirs.
    fn power_now(&mut self, number: u32) -> Result<Power, Trouble> {
        let id = ObjectId {
            number,
            generation: 0,
        };
        let object = self.reader.object(self.new.index, id)?;
        Ok(match &object {
            Object::Dictionary(annotation) => Power::of(annotation),
            _ => Power::Nothing,
        })
    }

    /// Which page or field each object of the older view belongs to: what is drawn wins over what is noted.
    fn names(&mut self) -> Result<BTreeMap<u32, Place>, Trouble> {
        let mut names = BTreeMap::new();
        // The first place that reaches an object names it, so nothing has to be walked twice.
        let mut seen = BTreeSet::new();
        for (index, page) in self.old.pages.list.iter().enumerate() {
            let number = index.saturating_add(1);
            let Object::Dictionary(dictionary) = self.reader.object(self.old.index, page.id)?
            else {
                continue;
            };
            for (key, value) in dictionary.entries() {
                let what = match key {
                    b"Contents" => "page_content",
                    b"Resources" => "page_resources",
                    b"Parent" | b"Annots" => continue,
                    _ => "page_entry",
                };
                for below in self.below_unseen(self.old.index, Some(value), &mut seen)? {
                    names.entry(below).or_insert(Place::Page(number, what));
                }
            }
            if names.len() > MAX_NAMED {
                break;
            }
        }
        for node in self.old.tree.signed() {
            for below in self.below_unseen(self.old.index, node.value.as_ref(), &mut seen)? {
                names
                    .entry(below)
                    .or_insert(Place::Signature(node.name.clone()));
            }
        }
        for node in &self.old.tree.nodes {
            for below in self.below_unseen(self.old.index, node.dictionary.get(b"AP"), &mut seen)? {
                names.entry(below).or_insert(Place::Appearance {
                    field: node.name.clone(),
                    signature: node.is_signature(),
                });
            }
        }
        for (index, page) in self.old.pages.list.iter().enumerate() {
            let Object::Dictionary(dictionary) = self.reader.object(self.old.index, page.id)?
            else {
                continue;
            };
            let number = index.saturating_add(1);
            for item in self
                .reader
                .get_array(self.old.index, &dictionary, b"Annots")?
            {
                let annotation = self.reader.resolve(self.old.index, &item)?;
                let appearance = annotation
                    .dictionary()
                    .and_then(|dictionary| dictionary.get(b"AP"));
                let below = self.below_unseen(self.old.index, appearance, &mut seen)?;
                let power = annotation.dictionary().map_or(Power::Writes, Power::of);
                for object in below
                    .into_iter()
                    .chain(item.reference().map(|id| id.number))
                {
                    names
                        .entry(object)
                        .or_insert(Place::Annotation(number, power));
                }
            }
            if names.len() > MAX_NAMED {
                break;
            }
        }
        Ok(names)
    }
}

/// What an object of the older view is part of.
#[derive(Debug, Clone)]
enum Place {
    Page(usize, &'static str),
    /// With what it was able to do.
    Annotation(usize, Power),
    /// The signature dictionary of a field.
    Signature(String),
    Appearance {
        field: String,
        signature: bool,
    },
}
