//! Pages and their annotations (ISO 32000-2 §7.7.3, §12.5): the same ones, in the same order, with the same content.

use std::collections::BTreeSet;

use super::{Comparison, Step, verb};
use crate::verify::pdf::Trouble;
use crate::verify::pdf::change::{Kind, Power};
use crate::verify::pdf::object::{Dictionary, Object, text};
use crate::verify::pdf::pages::{Page, Pages};

impl Comparison<'_, '_> {
    /// §7.7.3: the same pages in the same order, with the same inherited attributes.
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
        for id in &new.pages.nodes {
            if !self.changed.contains(&id.number) {
                continue;
            }
            self.explain(Some(*id));
            let old_node = self.reader.object(self.old.index, *id)?;
            let new_node = self.reader.object(self.new.index, *id)?;
            let (Some(old_node), Some(new_node)) = (old_node.dictionary(), new_node.dictionary())
            else {
                self.forbidden("object_type", "a node of the page tree is no dictionary");
                continue;
            };
            for (key, before, after) in old_node.pairs(new_node) {
                // iText up to 5.1, on which FirmaEC was built, leaves its version in the root of the page tree.
                if key == b"ITXT" && matches!(after, Some(Object::String(_))) {
                    continue;
                }
                if before != after {
                    let verb = verb(before, after);
                    self.forbidden(
                        "page_tree",
                        format!("/{} of the page tree was {verb}", text(key)),
                    )
                    .object = Some(id.number);
                }
            }
        }
        Ok(())
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
            let what = match key {
                b"Annots" => continue,
                // Tab order and date of the page: nothing that is drawn.
                b"Tabs" | b"LastModified" if before != after && before.is_none() => continue,
                b"Contents" => "page_content",
                b"Resources" => "page_resources",
                b"MediaBox" | b"CropBox" | b"BleedBox" | b"TrimBox" | b"ArtBox" | b"Rotate"
                | b"UserUnit" => "page_area",
                b"AA" => "action",
                _ => "page_entry",
            };
            if before != after && !self.written_anew(before, after)? {
                let part = match key {
                    b"Contents" => "the content".to_owned(),
                    b"Resources" => "what is drawn with".to_owned(),
                    _ => format!("/{}", text(key)),
                };
                let verb = match (before, after) {
                    (Some(_), Some(_)) => "replaced",
                    _ => verb(before, after),
                };
                self.forbidden(what, format!("{part} of page {number} was {verb}"))
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
