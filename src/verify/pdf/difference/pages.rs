//! Pages and their annotations (ISO 32000-2 §7.7.3, §12.5): the same ones, in the same order, with the same content.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Comparison, Step, verb};
use crate::verify::pdf::change::{Kind, Power};
use crate::verify::pdf::object::{Dictionary, Object, ObjectId, text};
use crate::verify::pdf::pages::{self, Above, Page, Pages};
use crate::verify::pdf::{Doubts, Trouble, reach};

/// What a page may leave to the nodes above it (§7.7.3.4).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

/// What stands above each page before and after; nothing of a tree that isn't plain.
pub(super) struct Inheritance {
    old: Option<Above>,
    new: Option<Above>,
}

impl Inheritance {
    fn is_plain(&self) -> bool {
        self.old.is_some() && self.new.is_some()
    }
}

/// An attribute of a page, its own or inherited.
enum Attribute {
    Absent,
    Is(Object),
    Unusable,
}

fn kind_of_entry(key: &[u8]) -> &'static str {
    match key {
        b"Contents" => "page_content",
        b"Resources" => "page_resources",
        b"MediaBox" | b"CropBox" | b"BleedBox" | b"TrimBox" | b"ArtBox" | b"Rotate"
        | b"UserUnit" => "page_area",
        b"AA" => "action",
        _ => "page_entry",
    }
}

impl Comparison<'_, '_> {
    /// §7.7.3: the same pages in the same order. The nodes between them and the catalog may be made anew (iText 7 and
    /// later does so where a node holds both pages and nodes), if every page inherits what it inherited.
    pub(super) fn page_tree(&mut self) -> Step {
        let (old, new) = (self.old, self.new);
        let ids = |pages: &Pages| pages.list.iter().map(|page| page.id).collect::<Vec<_>>();
        let (before, after) = (ids(&old.pages), ids(&new.pages));
        if before != after {
            let (was, is): (BTreeSet<_>, BTreeSet<_>) =
                (before.iter().collect(), after.iter().collect());
            for added in is.difference(&was) {
                self.forbidden("page_added", "a page was added").page = new.pages.number(**added);
            }
            for removed in was.difference(&is) {
                self.forbidden("page_removed", "a page was removed").page =
                    old.pages.number(**removed);
            }
            if is == was {
                self.forbidden("pages_reordered", "the pages stand in another order");
            }
        }
        let mut rebuilt = old.pages.nodes != new.pages.nodes;
        for id in &new.pages.nodes {
            if self.changed.contains(&id.number) {
                rebuilt |= self.node(*id)?;
            }
        }
        if rebuilt {
            self.rebuilt_tree()?;
        }
        Ok(())
    }

    /// A node of the tree that this revision wrote: whether pages may stand or inherit otherwise now.
    fn node(&mut self, id: ObjectId) -> Result<bool, Trouble> {
        self.explain(Some(id));
        let existed = self.existed(id.number);
        let old_node = self.reader.object(self.old.index, id)?;
        let new_node = self.reader.object(self.new.index, id)?;
        let nothing = Dictionary::default();
        let (old_node, new_node) = match (&old_node, &new_node) {
            (Object::Dictionary(old), Object::Dictionary(new))
                if self.old.pages.nodes.contains(&id) =>
            {
                (old, new)
            }
            (_, Object::Dictionary(new)) if !existed && new.is(b"Type", b"Pages") => {
                (&nothing, new)
            }
            _ => {
                let detail = "a node of the page tree was something else";
                self.forbidden("object_type", detail).object = Some(id.number);
                return Ok(false);
            }
        };
        let mut rebuilt = false;
        for (key, before, after) in old_node.pairs(new_node) {
            match key {
                // iText up to 5.1, on which FirmaEC was built, leaves its version in the root of the page tree.
                b"ITXT" if matches!(after, Some(Object::String(_))) => {}
                b"Type" if !existed => {}
                _ if before == after => {}
                b"Kids" | b"Count" | b"Parent" => rebuilt = true,
                _ if INHERITED.contains(&key) => rebuilt = true,
                _ => {
                    let verb = verb(before, after);
                    self.forbidden(
                        "page_tree",
                        format!("/{} of the page tree was {verb}", text(key)),
                    )
                    .object = Some(id.number);
                }
            }
        }
        Ok(rebuilt)
    }

    /// A tree whose nodes were made anew: both have to be plain, each page has to inherit the same, and what was
    /// overwritten must have been nothing but a node.
    fn rebuilt_tree(&mut self) -> Step {
        let above = self.inheritance()?;
        let (Some(old), Some(new)) = (&above.old, &above.new) else {
            let detail = "the page tree was changed, and its nodes contradict one another";
            self.forbidden("page_tree", detail);
            return Ok(());
        };
        for (index, page) in self.new.pages.list.iter().enumerate() {
            let (Some(old), Some(new)) = (old.get(&page.id), new.get(&page.id)) else {
                continue;
            };
            let number = index.saturating_add(1);
            for (key, before, after) in old.pairs(new) {
                // Compared with what the page says itself, which may stand in its place now.
                if before == after || (INHERITED.contains(&key) && self.inherits(page, key)?) {
                    continue;
                }
                let detail = format!("/{} above page {number} changed", text(key));
                self.forbidden(kind_of_entry(key), detail).page = Some(number);
            }
        }
        let overwritten: Vec<u32> = (self.new.pages.nodes.iter())
            .map(|id| id.number)
            .filter(|number| self.changed.contains(number) && self.existed(*number))
            .collect();
        let used = self.used_before(reach::outside_page_tree, &mut Doubts::default())?;
        for number in overwritten.into_iter().filter(|number| used.has(*number)) {
            let detail = format!("object {number} is a node of the page tree and something else");
            self.forbidden("object_shared", detail).object = Some(number);
        }
        Ok(())
    }

    /// What stands above each page in both views, read once.
    fn inheritance(&mut self) -> Result<Rc<Inheritance>, Trouble> {
        if let Some(known) = &self.inheritance {
            return Ok(Rc::clone(known));
        }
        let (old, new) = (self.old, self.new);
        let read = Rc::new(Inheritance {
            old: pages::above(self.reader, old.index, &old.catalog, &old.pages)?,
            new: pages::above(self.reader, new.index, &new.catalog, &new.pages)?,
        });
        self.inheritance = Some(Rc::clone(&read));
        Ok(read)
    }

    /// §7.7.3.4: whether a page is given the same attribute as before, by itself or by a node above it.
    fn inherits(&mut self, page: &Page, key: &[u8]) -> Result<bool, Trouble> {
        let above = self.inheritance()?;
        let (Some(old), Some(new)) = (&above.old, &above.new) else {
            return Ok(false);
        };
        let before = self.attribute(self.old.index, (page, old), key)?;
        let after = self.attribute(self.new.index, (page, new), key)?;
        let empty = |object: &Object| {
            let mut entries = object
                .dictionary()
                .into_iter()
                .flat_map(Dictionary::entries);
            entries.next().is_none()
        };
        Ok(match (before, after) {
            (Attribute::Is(before), Attribute::Is(after)) => {
                before == after || self.written_anew(Some(&before), Some(&after))?
            }
            // What draws with nothing needs none: iText 7 and later writes the empty ones.
            (Attribute::Absent, Attribute::Is(after @ Object::Dictionary(_))) => empty(&after),
            (before, after) => {
                matches!((before, after), (Attribute::Absent, Attribute::Absent))
            }
        })
    }

    /// What a page has of an inheritable attribute in a view.
    fn attribute(
        &mut self,
        view: usize,
        (page, above): (&Page, &Above),
        key: &[u8],
    ) -> Result<Attribute, Trouble> {
        let own = self.reader.object(view, page.id)?;
        let own = own.dictionary().and_then(|own| own.get(key));
        let Some(value) = own.or_else(|| above.get(&page.id)?.get(key)) else {
            return Ok(Attribute::Absent);
        };
        // Readers go on above when they can't use what stands here.
        let usable = match self.reader.resolve(view, value)? {
            Object::Dictionary(_) => key == b"Resources",
            Object::Integer(_) => key == b"Rotate",
            Object::Array(corners) => {
                let number = |corner: &Object| corner.number().is_some();
                key.ends_with(b"Box") && corners.len() == 4 && corners.iter().all(number)
            }
            _ => false,
        };
        Ok(if usable {
            Attribute::Is(value.clone())
        } else {
            Attribute::Unusable
        })
    }

    pub(super) fn pages(&mut self) -> Step {
        let (old, new) = (self.old, self.new);
        if !new.pages.touched(&self.changed)
            && !new.pages.list.iter().any(|page| {
                page.annotations
                    .is_some_and(|id| self.changed.contains(&id.number))
            })
        {
            return Ok(());
        }
        for (index, page) in new.pages.list.iter().enumerate() {
            let touched = self.changed.contains(&page.id.number)
                || page
                    .annotations
                    .is_some_and(|id| self.changed.contains(&id.number));
            if touched && old.pages.number(page.id).is_some() {
                self.page(page, index.saturating_add(1))?;
            }
        }
        self.repeated_widgets();
        Ok(())
    }

    fn page(&mut self, page: &Page, number: usize) -> Step {
        self.explain(Some(page.id));
        let old = self.reader.object(self.old.index, page.id)?;
        let new = self.reader.object(self.new.index, page.id)?;
        let (Object::Dictionary(old), Object::Dictionary(new)) = (&old, &new) else {
            self.forbidden("object_type", "a page is no dictionary")
                .page = Some(number);
            return Ok(());
        };
        for (key, before, after) in old.pairs(new) {
            match key {
                b"Annots" => continue,
                // Tab order and date of the page: nothing that is drawn.
                b"Tabs" | b"LastModified" if before != after && before.is_none() => continue,
                // §14.7.5.4: iText 7 and later counts every page in, also one without marked content.
                b"StructParents" if before.is_none() => {
                    let key = after.and_then(Object::integer);
                    if let Some(key) = key
                        && self.maps_nothing(key)?
                    {
                        continue;
                    }
                }
                // A page that stands in a plain tree hangs where its node says.
                b"Parent" if before != after && self.inheritance()?.is_plain() => continue,
                _ => {}
            }
            let moved = before != after
                && !self.written_anew(before, after)?
                && !(INHERITED.contains(&key) && self.inherits(page, key)?);
            if moved {
                let part = match key {
                    b"Contents" => "the content".to_owned(),
                    b"Resources" => "what is drawn with".to_owned(),
                    _ => format!("/{}", text(key)),
                };
                let verb = match (before, after) {
                    (Some(_), Some(_)) => "replaced",
                    _ => verb(before, after),
                };
                self.forbidden(
                    kind_of_entry(key),
                    format!("{part} of page {number} was {verb}"),
                )
                .page = Some(number);
            }
        }
        self.annotations(page, number, (old, new))
    }

    /// Whether an entry says the same in another object (SecCommerce writes the resources of a page anew).
    fn written_anew(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<bool, Trouble> {
        let (Some(before), Some(after @ Object::Reference(id))) = (before, after) else {
            return Ok(false);
        };
        let old = self.reader.resolve(self.old.index, before)?;
        let new = self.reader.resolve(self.new.index, after)?;
        let same = !old.is_null()
            && !self.existed(id.number)
            && self
                .reader
                .same((self.old.index, &old), (self.new.index, &new))?;
        if same {
            self.explain(Some(*id));
        }
        Ok(same)
    }

    /// §12.5: the annotations of a page keep their order; only widgets of new signature fields may join them.
    fn annotations(
        &mut self,
        page: &Page,
        number: usize,
        (old, new): (&Dictionary, &Dictionary),
    ) -> Step {
        let before = self.reader.get_array(self.old.index, old, b"Annots")?;
        let after = self.reader.get_array(self.new.index, new, b"Annots")?;
        if new.has(b"Annots")
            && !matches!(
                self.reader.get(self.new.index, new, b"Annots")?,
                Object::Array(_)
            )
        {
            self.forbidden(
                "object_type",
                format!("/Annots of page {number} is no array"),
            )
            .page = Some(number);
        }
        self.explain(page.annotations);
        let mut rest = before.iter().peekable();
        for item in &after {
            if rest.peek() == Some(&item) {
                rest.next();
                continue;
            }
            let widget = item.reference().and_then(|id| self.widgets.get_mut(&id));
            if let Some(shown) = widget {
                *shown = shown.saturating_add(1);
                continue;
            }
            self.claim_new(item)?;
            let power = self.power(self.new.index, item)?;
            self.change(
                Kind::Annotation(power),
                "annotation_added",
                format!("an annotation was added to page {number}"),
            )
            .page = Some(number);
        }
        let mut removed = None;
        for item in rest {
            removed = removed.max(Some(self.power(self.old.index, item)?));
        }
        if let Some(power) = removed {
            self.change(
                Kind::Annotation(power),
                "annotation_removed",
                format!("annotations of page {number} were removed or reordered"),
            )
            .page = Some(number);
        }
        Ok(())
    }

    /// What an annotation of a view is able to do; one that can't be read, anything.
    fn power(&mut self, view: usize, annotation: &Object) -> Result<Power, Trouble> {
        let annotation = self.reader.resolve(view, annotation)?;
        Ok(annotation.dictionary().map_or(Power::Writes, Power::of))
    }

    /// A signature is shown in one place.
    fn repeated_widgets(&mut self) {
        if self.widgets.values().any(|shown| *shown > 1) {
            self.forbidden(
                "widget_repeated",
                "the widget of a new signature stands in several places",
            );
        }
    }
}
