//! What a revision changed, object by object (ISO 32000-2 §12.8.2; stricter than pyHanko's policy and EU DSS).
//!
//! The objects whose cross-reference entry a revision changed are compared as values in both views. Known edits explain
//! some of them: signing a field, its widget on one page, validation data, dates. Whatever is left unexplained is a
//! modification and gets its name from the page or field it belongs to. A new object is fine only when a permitted edit
//! leads to it and nothing of the older revision was waiting for its number.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::change::{Change, Kind};
use super::fields::{Node, Tree};
use super::object::{Dictionary, Object, ObjectId, text};
use super::pages::{Page, Pages};
use super::reach::{self, Follows, Reach};
use super::reader::Reader;
use super::signature;
use super::xref::Entry;
use super::{Doubts, Trouble, fields, pages};

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
            pages: pages::walk(reader, index, &catalog, doubts)?,
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
        self.waiting(waiting);
        self.shared(doubts)?;
        self.unexplained(doubts)
    }

    /// Notes a change. Modifications beyond the limit add nothing; permitted changes beyond theirs become one, since
    /// no honest update makes so many.
    fn change(&mut self, kind: Kind, what: &'static str, detail: impl Into<String>) -> &mut Change {
        let modification = matches!(kind, Kind::Forbidden | Kind::Annotation);
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
                if self.reader.same(old_value, (self.new.index, &new_value))? {
                    continue;
                }
            }
            self.changed.insert(number);
        }
        Ok(())
    }

    fn trailer(&mut self) -> Step {
        let old = self.reader.trailer(self.old.index);
        let new = self.reader.trailer(self.new.index);
        if self.old.root != self.new.root || self.new.root.is_none() {
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

    fn explain(&mut self, id: Option<ObjectId>) {
        self.explained.extend(id.map(|id| id.number));
    }

    /// Whether the value itself or the object it refers to changed.
    fn differs(&self, old: Option<&Object>, new: Option<&Object>) -> bool {
        let target = new.and_then(Object::reference);
        old != new || target.is_some_and(|id| self.changed.contains(&id.number))
    }

    fn catalog(&mut self) -> Step {
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
        let mut found = BTreeSet::new();
        let mut pending: Vec<ObjectId> = Vec::new();
        if let Some(value) = value {
            downward(value, &mut pending);
        }
        while let Some(id) = pending.pop() {
            if found.len() > MAX_NAMED {
                return Err(Trouble::TooComplex("objects below an edit"));
            }
            if found.insert(id.number) {
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

    /// §12.7.3: the form dictionary.
    fn form(&mut self) -> Step {
        let before = self.old.catalog.get(b"AcroForm");
        let after = self.new.catalog.get(b"AcroForm");
        let old = self.resolved_dictionary(self.old.index, before)?;
        let new = self.resolved_dictionary(self.new.index, after)?;
        if before.is_some() && after.is_none() {
            self.forbidden("form_removed", "the form was removed from the catalog");
            return Ok(());
        }
        self.explain(after.and_then(Object::reference));
        for (key, before, after) in old.pairs(&new) {
            match key {
                b"Fields" => self.explain(after.and_then(Object::reference)),
                b"SigFlags" => {
                    let bits =
                        |value: Option<&Object>| value.and_then(Object::integer).unwrap_or(0);
                    if bits(before) & !bits(after) != 0 {
                        self.forbidden("form_entry", "/SigFlags of the form was lowered");
                    }
                }
                b"DR" => self.resources(before, after)?,
                b"DA" if before.is_none() => {}
                b"NeedAppearances"
                    if after.is_none_or(|value| *value == Object::Boolean(false)) => {}
                _ if self.differs(before, after) => {
                    let verb = verb(before, after);
                    self.forbidden(
                        "form_entry",
                        format!("/{} of the form was {verb}", text(key)),
                    );
                }
                _ => {}
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

    /// Default resources of the form: names may be added for a signature's appearance, never changed.
    fn resources(&mut self, before: Option<&Object>, after: Option<&Object>) -> Step {
        let old = self.resolved_dictionary(self.old.index, before)?;
        let new = self.resolved_dictionary(self.new.index, after)?;
        self.explain(after.and_then(Object::reference));
        for (key, before, after) in old.pairs(&new) {
            let Some(after) = after else {
                self.forbidden(
                    "form_resources",
                    format!("/{} of the form's resources was removed", text(key)),
                );
                continue;
            };
            let Some(before) = before else {
                self.claim_new(after)?;
                continue;
            };
            self.explain(after.reference());
            let old = self.reader.resolve(self.old.index, before)?;
            let new = self.reader.resolve(self.new.index, after)?;
            let (Object::Dictionary(old), Object::Dictionary(new)) = (&old, &new) else {
                if old != new {
                    self.forbidden(
                        "form_resources",
                        format!("/{} of the form's resources was changed", text(key)),
                    );
                }
                continue;
            };
            for (name, before, after) in old.pairs(new) {
                match (before, after) {
                    (None, Some(value)) => self.claim_new(value)?,
                    _ if before == after => {}
                    _ => {
                        let name = text(name);
                        self.forbidden(
                            "form_resources",
                            format!("resource {name} of the form was changed"),
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// §12.7.4: every field of the older view is still there and says the same, but for what may be filled in.
    fn fields(&mut self) -> Step {
        let (old, new) = (self.old, self.new);
        self.field_order()?;
        for node in &old.tree.nodes {
            let Some(id) = node.id else { continue };
            match new.tree.node(id) {
                None => {
                    self.forbidden("field_removed", format!("field {} was removed", node.name))
                        .field = Some(node.name.clone());
                }
                Some(now) if self.changed.contains(&id.number) => self.field(node, now)?,
                Some(_) => {}
            }
        }
        let names: HashSet<&str> = old
            .tree
            .nodes
            .iter()
            .filter(|node| !node.widget_only)
            .map(|node| node.name.as_str())
            .collect();
        for node in &new.tree.nodes {
            let known = match node.id {
                Some(id) => old.tree.node(id).is_some(),
                None => old
                    .tree
                    .nodes
                    .iter()
                    .any(|was| was.id.is_none() && was.dictionary == node.dictionary),
            };
            if !known {
                self.new_field(node, &names)?;
            }
        }
        Ok(())
    }

    /// The list of fields keeps its order; fields written directly into it can't be told apart and may not change.
    fn field_order(&mut self) -> Step {
        let old_form =
            self.resolved_dictionary(self.old.index, self.old.catalog.get(b"AcroForm"))?;
        let new_form =
            self.resolved_dictionary(self.new.index, self.new.catalog.get(b"AcroForm"))?;
        let old = self
            .reader
            .get_array(self.old.index, &old_form, b"Fields")?;
        let new = self
            .reader
            .get_array(self.new.index, &new_form, b"Fields")?;
        if !is_subsequence(&old, &new) {
            self.forbidden(
                "fields_reordered",
                "the list of form fields lost an entry or its order",
            );
        }
        Ok(())
    }

    fn field(&mut self, old: &Node, new: &Node) -> Step {
        self.explain(new.id);
        let signed = old.is_signature() && old.value.is_some();
        let mut filled = false;
        let parent_only = old
            .dictionary
            .pairs(&new.dictionary)
            .into_iter()
            .all(|(key, before, after)| key == b"Kids" || alike(before, after));
        for (key, before, after) in old.dictionary.pairs(&new.dictionary) {
            if alike(before, after) {
                continue;
            }
            let kids_grow = key == b"Kids" && self.kids_grow(before, after)?;
            let fillable = match key {
                b"V" | b"AP" | b"AS" | b"M" => true,
                b"F" | b"DA" | b"Q" | b"MK" | b"P" => old.is_signature(),
                b"I" | b"RV" => !old.is_signature(),
                _ => false,
            };
            if !(kids_grow || (fillable && !signed)) {
                let what = if old.is_signature() {
                    "signature_field_changed"
                } else {
                    "field_changed"
                };
                let verb = verb(before, after);
                self.forbidden(
                    what,
                    format!("/{} of field {} was {verb}", text(key), old.name),
                )
                .field = Some(old.name.clone());
                return Ok(());
            }
            filled |= key != b"Kids";
        }
        if parent_only {
            return Ok(());
        }
        self.claim_new(&Object::Dictionary(new.dictionary.clone()))?;
        if !old.is_signature() {
            self.change(
                Kind::FormFilling,
                "field_filled",
                format!("field {} was filled in", old.name),
            )
            .field = Some(old.name.clone());
        } else if filled && new.value.is_some() && old.value.is_none() {
            self.signing(new, false)?;
        } else if !new.widget_only {
            self.forbidden(
                "signature_field_changed",
                format!("field {} was changed", old.name),
            )
            .field = Some(old.name.clone());
        }
        Ok(())
    }

    fn kids_grow(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<bool, Trouble> {
        let mut items = |view: usize, value: Option<&Object>| -> Result<Vec<Object>, Trouble> {
            let value = value
                .map(|value| self.reader.resolve(view, value))
                .transpose()?;
            Ok(value
                .as_ref()
                .and_then(Object::array)
                .unwrap_or_default()
                .to_vec())
        };
        let old = items(self.old.index, before)?;
        let new = items(self.new.index, after)?;
        Ok(!new.is_empty() && is_subsequence(&old, &new))
    }

    fn new_field(&mut self, node: &Node, names: &HashSet<&str>) -> Step {
        let below_old = node
            .parent
            .and_then(|parent| self.old.tree.node(parent))
            .is_some_and(|parent| {
                parent.value.is_some() || !(parent.is_signature() || parent.kind.is_none())
            });
        let new_object = node.id.is_some_and(|id| !self.existed(id.number));
        let group = node.has_kids && node.kind.is_none() && node.value.is_none();
        if !new_object || below_old || !(node.is_signature() || group) {
            self.forbidden(
                "field_added",
                format!(
                    "field {} was added, and is no new signature field",
                    node.name
                ),
            )
            .field = Some(node.name.clone());
            return Ok(());
        }
        self.explain(node.id);
        if node.dictionary.has(b"A") || node.dictionary.has(b"AA") {
            self.forbidden(
                "action",
                format!("signature field {} starts an action", node.name),
            )
            .field = Some(node.name.clone());
        }
        if node.is_widget()
            && let Some(id) = node.id
        {
            self.widgets.insert(id, 0);
        }
        self.claim_new(&Object::Dictionary(node.dictionary.clone()))?;
        if node.widget_only || group {
            return Ok(());
        }
        if names.contains(node.name.as_str()) {
            self.forbidden(
                "field_name_repeated",
                format!("a second field is called {}", node.name),
            )
            .field = Some(node.name.clone());
        }
        if node.value.is_some() {
            return self.signing(node, true);
        }
        let visible = self.is_visible(node);
        self.change(
            Kind::EmptyField { visible },
            "signature_field_added",
            format!("an empty signature field {} was added", node.name),
        )
        .field = Some(node.name.clone());
        Ok(())
    }

    fn is_visible(&mut self, field: &Node) -> bool {
        let widgets: Vec<Dictionary> = self
            .new
            .tree
            .widgets(field)
            .map(|widget| widget.dictionary.clone())
            .collect();
        widgets
            .iter()
            .any(|widget| signature::is_visible(self.reader, self.new.index, widget))
    }

    /// The value of a field that was signed just now: a signature dictionary that this revision wrote.
    fn signing(&mut self, field: &Node, new: bool) -> Step {
        let Some(value) = &field.value else {
            return Ok(());
        };
        let dictionary = match self.reader.resolve(self.new.index, value)? {
            Object::Dictionary(dictionary)
                if dictionary.has(b"ByteRange") && dictionary.has(b"Contents") =>
            {
                dictionary
            }
            _ => {
                self.forbidden(
                    "object_type",
                    format!("the value of field {} is no signature", field.name),
                )
                .field = Some(field.name.clone());
                return Ok(());
            }
        };
        if value.reference().is_some_and(|id| self.existed(id.number)) {
            self.forbidden(
                "signature_value_reused",
                format!(
                    "field {} got a signature of an earlier revision",
                    field.name
                ),
            )
            .field = Some(field.name.clone());
        }
        self.claim_new(value)?;
        let visible = self.is_visible(field);
        let (kind, what) = if dictionary.is(b"Type", b"DocTimeStamp") {
            (Kind::Timestamp { visible }, "timestamp")
        } else {
            (Kind::Signature { new, visible }, "signature")
        };
        self.change(kind, what, format!("field {} was signed", field.name))
            .field = Some(field.name.clone());
        Ok(())
    }

    /// §7.7.3: the same pages in the same order, with the same inherited attributes.
    fn page_tree(&mut self) -> Step {
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

    fn pages(&mut self) -> Step {
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
            if before != after {
                let verb = verb(before, after);
                self.forbidden(what, format!("/{} of page {number} was {verb}", text(key)))
                    .page = Some(number);
            }
        }
        self.annotations(page, number, (old, new))
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
            self.change(
                Kind::Annotation,
                "annotation_added",
                format!("an annotation was added to page {number}"),
            )
            .page = Some(number);
        }
        if rest.next().is_some() {
            self.change(
                Kind::Annotation,
                "annotation_removed",
                format!("annotations of page {number} were removed or reordered"),
            )
            .page = Some(number);
        }
        Ok(())
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

    /// New objects for which something old was waiting: they change what was signed without touching it.
    fn waiting(&mut self, waiting: &HashSet<u32>) {
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
    fn shared(&mut self, doubts: &mut Doubts) -> Step {
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
    fn used_before(&mut self, follows: Follows, doubts: &mut Doubts) -> Result<Reach, Trouble> {
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
    fn unexplained(&mut self, doubts: &mut Doubts) -> Step {
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
            let found = names.as_ref().and_then(|names| names.get(&number)).cloned();
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
        let (kind, what, page, field, detail) = match found {
            Some(Place::Page(page, what)) => (
                Kind::Forbidden,
                what,
                Some(page),
                None,
                format!("object {number}, which page {page} shows, was replaced"),
            ),
            Some(Place::Annotation(page)) => (
                Kind::Annotation,
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
            }) => (
                Kind::FormFilling,
                "field_filled",
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

    /// Which page or field each object of the older view belongs to: what is drawn wins over what is noted.
    fn names(&mut self) -> Result<BTreeMap<u32, Place>, Trouble> {
        let mut names = BTreeMap::new();
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
                for below in self.below(self.old.index, Some(value))? {
                    names.entry(below).or_insert(Place::Page(number, what));
                }
            }
            if names.len() > MAX_NAMED {
                break;
            }
        }
        for node in self.old.tree.signed() {
            for below in self.below(self.old.index, node.value.as_ref())? {
                names
                    .entry(below)
                    .or_insert(Place::Signature(node.name.clone()));
            }
        }
        for node in &self.old.tree.nodes {
            for below in self.below(self.old.index, node.dictionary.get(b"AP"))? {
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
                let below = self.below(self.old.index, appearance)?;
                for object in below
                    .into_iter()
                    .chain(item.reference().map(|id| id.number))
                {
                    names.entry(object).or_insert(Place::Annotation(number));
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
    Annotation(usize),
    /// The signature dictionary of a field.
    Signature(String),
    Appearance {
        field: String,
        signature: bool,
    },
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

/// References inside a value, but for those that lead up.
fn downward(value: &Object, found: &mut Vec<ObjectId>) {
    match value {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items.iter().for_each(|item| downward(item, found)),
        _ => {
            for (key, value) in value.dictionary().into_iter().flat_map(Dictionary::entries) {
                if !matches!(key, b"P" | b"Parent") {
                    downward(value, found);
                }
            }
        }
    }
}
