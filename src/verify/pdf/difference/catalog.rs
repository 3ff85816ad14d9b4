//! The trailer and the catalog: what hangs there and draws nothing may be written, everything else stays.

use super::{Comparison, Step, alike, verb};
use crate::verify::pdf::Trouble;
use crate::verify::pdf::change::Kind;
use crate::verify::pdf::fields::Node;
use crate::verify::pdf::object::{Dictionary, Object, text};

impl Comparison<'_, '_> {
    pub(super) fn trailer(&mut self) -> Step {
        let old = self.reader.trailer(self.old.index);
        let new = self.reader.trailer(self.new.index);
        // Some writers give every update a catalog of its own (e-Szigno). A new object is compared like one that was
        // overwritten; one that was something else before is not taken for it.
        let renewed = self.new.root.filter(|id| !self.existed(id.number));
        if self.old.root != self.new.root && renewed.is_none() || self.new.root.is_none() {
            self.forbidden("catalog_replaced", "the trailer names another catalog");
        }
        if old.get(b"Encrypt") != new.get(b"Encrypt") {
            self.forbidden(
                "encryption_changed",
                "the trailer's /Encrypt was added, changed or removed",
            );
        }
        self.information(&old, &new)
    }

    /// §14.3.3: the information dictionary. Dates and the producing tool may change; a title may not.
    fn information(&mut self, old: &Dictionary, new: &Dictionary) -> Step {
        let new_id = new.get(b"Info").and_then(Object::reference);
        // Some writers leave the entry out of an update's trailer: titles disappear, pages don't.
        if new_id.is_none() && !new.has(b"Info") {
            return Ok(());
        }
        let same_place = old.get(b"Info") == new.get(b"Info");
        if same_place && new_id.is_none_or(|id| !self.changed.contains(&id.number)) {
            return Ok(());
        }
        let old_info = self.reader.get_dictionary(self.old.index, old, b"Info")?;
        let new_info = match self.reader.get(self.new.index, new, b"Info")? {
            Object::Dictionary(info) => info,
            Object::Null => Dictionary::default(),
            _ => {
                self.forbidden("object_type", "the information dictionary is no dictionary");
                return Ok(());
            }
        };
        for (key, before, after) in old_info.pairs(&new_info) {
            let routine = matches!(key, b"ModDate" | b"Producer" | b"Creator" | b"CreationDate");
            let flat =
                after.is_none_or(|value| matches!(value, Object::String(_) | Object::Name(_)));
            if !alike(before, after) && (!flat || !(routine || old_info.entries().next().is_none()))
            {
                let key = text(key);
                self.forbidden(
                    "document_information",
                    format!("/{key} of the document information changed"),
                );
            }
        }
        self.explain(new_id);
        self.data.extend(new_id.map(|id| id.number));
        self.change(
            Kind::Housekeeping,
            "document_information",
            "dates or producer of the document",
        );
        Ok(())
    }

    pub(super) fn catalog(&mut self) -> Step {
        let (old, new) = (&self.old.catalog, &self.new.catalog);
        self.explain(self.new.root);
        for (key, before, after) in old.pairs(new) {
            match key {
                b"DSS" => self.security_store(before, after)?,
                b"Metadata" => self.metadata(before, after)?,
                b"Extensions" if self.differs(before, after) => {
                    self.claim_tree(before, after, "extensions")?;
                }
                b"AcroForm" | b"Extensions" => {}
                b"Version" => self.version(before, after),
                b"Perms" => self.permissions(before, after)?,
                // §14.7.1: whether the document is tagged; readers aloud want to know.
                b"MarkInfo" if self.is_flat(after)? => {
                    let id = after.and_then(Object::reference);
                    self.explain(id.filter(|id| !self.existed(id.number)));
                }
                b"Legal" if before.is_none() => self.attestation(after)?,
                _ if !alike(before, after) => {
                    let what = match key {
                        b"Pages" => "page_tree_replaced",
                        b"OpenAction" | b"AA" => "action",
                        b"OCProperties" => "layers",
                        _ => "catalog_entry",
                    };
                    let verb = verb(before, after);
                    self.forbidden(what, format!("/{} of the catalog was {verb}", text(key)));
                }
                _ => {}
            }
        }
        self.form()
    }

    /// §7.7.2: the version may only be raised.
    fn version(&mut self, before: Option<&Object>, after: Option<&Object>) {
        let old = before.and_then(Object::name);
        let new = after.and_then(Object::name);
        if old != new && new.is_none_or(|new| old.is_some_and(|old| new < old)) {
            self.forbidden(
                "catalog_entry",
                "/Version of the catalog was lowered or removed",
            );
        }
    }

    /// §14.3.2: the XMP packet.
    fn metadata(&mut self, before: Option<&Object>, after: Option<&Object>) -> Step {
        if !self.differs(before, after) {
            return Ok(());
        }
        let Some(id) = after.and_then(Object::reference) else {
            self.forbidden("catalog_entry", "/Metadata of the catalog was removed");
            return Ok(());
        };
        let object = self.reader.object(self.new.index, id)?;
        let packet = object.stream().is_some_and(|stream| {
            stream.dictionary.is(b"Subtype", b"XML") && stream.dictionary.is(b"Type", b"Metadata")
        });
        if packet {
            self.explain(Some(id));
            self.data.insert(id.number);
            self.change(
                Kind::Housekeeping,
                "metadata",
                "the XMP metadata of the document",
            );
        } else {
            self.forbidden("object_type", "/Metadata of the catalog is no XMP stream");
        }
        Ok(())
    }

    /// ETSI EN 319 142-1 §5.4.2: dictionaries, arrays and streams that only validators read.
    fn security_store(&mut self, before: Option<&Object>, after: Option<&Object>) -> Step {
        if after.is_none() {
            self.forbidden(
                "security_store_removed",
                "the document security store was removed",
            );
            return Ok(());
        }
        let explained = self.explained.len();
        self.claim_tree(before, after, "document security store")?;
        if before != after || self.explained.len() > explained {
            self.change(
                Kind::ValidationData,
                "security_store",
                "certificates, CRLs or OCSP responses",
            );
        }
        Ok(())
    }

    /// §12.8.7: what a certifying tool counted in the document, and the certifier's words about it, beside a
    /// certification of the same revision (Acrobat writes it). Flat, so that it can't carry anything else.
    fn attestation(&mut self, after: Option<&Object>) -> Step {
        let flat = self.is_flat(after)?;
        let certified_now = !self.old.catalog.has(b"Perms") && self.new.catalog.has(b"Perms");
        if !(flat && certified_now) {
            self.forbidden("catalog_entry", "/Legal of the catalog was added");
            return Ok(());
        }
        let id = after.and_then(Object::reference);
        self.explain(id.filter(|id| !self.existed(id.number)));
        Ok(())
    }

    /// Whether a value is a dictionary of plain values: nothing can hang on it.
    fn is_flat(&mut self, value: Option<&Object>) -> Result<bool, Trouble> {
        let value = value
            .map(|value| self.reader.resolve(self.new.index, value))
            .transpose()?;
        let plain = |value: &Object| {
            matches!(
                value,
                Object::Boolean(_) | Object::Integer(_) | Object::String(_) | Object::Name(_)
            )
        };
        Ok(matches!(
            &value,
            Some(Object::Dictionary(dictionary)) if dictionary.entries().all(|(_, value)| plain(value))
        ))
    }

    /// §12.8.6: only a certification signature that this revision adds may enter itself.
    fn permissions(&mut self, before: Option<&Object>, after: Option<&Object>) -> Step {
        if !self.differs(before, after) {
            return Ok(());
        }
        let perms = after
            .map(|value| self.reader.resolve(self.new.index, value))
            .transpose()?;
        let perms = perms
            .as_ref()
            .and_then(Object::dictionary)
            .cloned()
            .unwrap_or_default();
        let only_docmdp = perms.entries().all(|(key, _)| key == b"DocMDP") && perms.has(b"DocMDP");
        let signed_now = perms
            .get(b"DocMDP")
            .and_then(Object::reference)
            .is_some_and(|id| {
                let by_field =
                    |node: &Node| node.value.as_ref().and_then(Object::reference) == Some(id);
                !self.existed(id.number) && self.new.tree.signed().any(by_field)
            });
        if before.is_none() && only_docmdp && signed_now {
            let id = after
                .and_then(Object::reference)
                .filter(|id| !self.existed(id.number));
            self.explain(id);
            self.change(
                Kind::Certification,
                "certification",
                "a certification signature was added",
            );
        } else {
            self.forbidden(
                "permissions",
                "/Perms of the catalog was added, changed or removed",
            );
        }
        Ok(())
    }
}
