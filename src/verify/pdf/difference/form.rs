//! The form and its fields (ISO 32000-2 §12.7): signing, filling in, and what is neither.

use std::collections::{BTreeSet, HashSet};

use super::{Comparison, Step, alike, is_subsequence, verb};
use crate::verify::pdf::change::Kind;
use crate::verify::pdf::fields::{Node, Tree};
use crate::verify::pdf::object::{Dictionary, Object, ObjectId, text};
use crate::verify::pdf::reach::{self, Reach};
use crate::verify::pdf::signature;
use crate::verify::pdf::{Doubts, Trouble};

/// Fields written directly into `/Fields` or `/Kids`, which the standard does not even allow for widgets.
const MAX_DIRECT_FIELDS: usize = 100;

impl Comparison<'_, '_> {
    /// §12.7.3: the form dictionary.
    pub(super) fn form(&mut self) -> Step {
        let before = self.old.catalog.get(b"AcroForm");
        let after = self.new.catalog.get(b"AcroForm");
        let old = self.resolved_dictionary(self.old.index, before)?;
        let new = self.resolved_dictionary(self.new.index, after)?;
        if before.is_some() && after.is_none() {
            self.forbidden("form_removed", "the form was removed from the catalog");
            return Ok(());
        }
        self.explain(after.and_then(Object::reference));
        let asked = old.get(b"NeedAppearances");
        let drawn_anew = asked.is_some_and(|value| *value != Object::Boolean(false))
            || self.other_fields().any(|node| {
                node.is_widget() && node.value.is_some() && !node.dictionary.has(b"AP")
            });
        for (key, before, after) in old.pairs(&new) {
            match key {
                // What readers draw the values of other fields with; signers add what their own appearance needs.
                b"DA" if before.is_none() && !drawn_anew && !self.needs_default_appearance() => {}
                b"Fields" => self.explain(after.and_then(Object::reference)),
                b"SigFlags" => {
                    let bits =
                        |value: Option<&Object>| value.and_then(Object::integer).unwrap_or(0);
                    if bits(before) & !bits(after) != 0 {
                        self.forbidden("form_entry", "/SigFlags of the form was lowered");
                    }
                }
                b"DR" => self.resources(before, after)?,
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

    /// Default resources of the form: names may be added for a signature's appearance, never changed.
    fn resources(&mut self, before: Option<&Object>, after: Option<&Object>) -> Step {
        let old = self.resolved_dictionary(self.old.index, before)?;
        let new = self.resolved_dictionary(self.new.index, after)?;
        self.explain(after.and_then(Object::reference));
        let drawn_with = self.drawn_with()?;
        for (key, before, after) in old.pairs(&new) {
            let Some(after) = after else {
                self.forbidden(
                    "form_resources",
                    format!("/{} of the form's resources was removed", text(key)),
                );
                continue;
            };
            self.explain(after.reference());
            let old = match before {
                Some(before) => self.reader.resolve(self.old.index, before)?,
                None => Object::Dictionary(Dictionary::default()),
            };
            let new = self.reader.resolve(self.new.index, after)?;
            let (Object::Dictionary(old), Object::Dictionary(new)) = (&old, &new) else {
                let procedures = before.is_none() && key == b"ProcSet";
                if old != new && !procedures {
                    self.forbidden(
                        "form_resources",
                        format!("/{} of the form's resources was changed", text(key)),
                    );
                }
                continue;
            };
            for (name, before, after) in old.pairs(new) {
                match (before, after) {
                    (None, Some(value)) if !drawn_with.has(name) => {
                        self.claim_new(value)?;
                    }
                    _ if before == after => {}
                    // PDFBox names the template of each visible signature `FRM` here, and nothing is drawn by that name:
                    // a default appearance (§12.7.4.3) is made of text and its fonts.
                    (Some(_), Some(value)) if key == b"XObject" && !drawn_with.has(name) => {
                        self.claim_new(value)?;
                    }
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

    /// §12.7.4.3: whether a field of the older view draws its value by the form's `/DA`, having none of its own.
    fn needs_default_appearance(&self) -> bool {
        let tree = &self.old.tree;
        let own = |node: &Node| {
            let above = std::iter::successors(Some(node), |node| tree.node(node.parent?));
            // A chain as deep as the tree may be: the walk has checked it.
            above.take(64).any(|node| node.dictionary.has(b"DA"))
        };
        self.other_fields()
            .any(|node| node.kind.is_some() && !own(node))
    }

    /// The resources by which fields of the older view draw their values: added or changed now, one would redraw them.
    fn drawn_with(&mut self) -> Result<DrawnWith, Trouble> {
        let form = self.resolved_dictionary(self.old.index, self.old.catalog.get(b"AcroForm"))?;
        let mut others = self.other_fields().peekable();
        if others.peek().is_none() {
            return Ok(DrawnWith::These(HashSet::new()));
        }
        let own = others.filter_map(|node| node.dictionary.get(b"DA"));
        let mut names = HashSet::new();
        for value in form.get(b"DA").into_iter().chain(own) {
            // An escaped name could be any name; one that isn't written directly, too.
            let Some(appearance) = value.string().filter(|text| !text.contains(&b'#')) else {
                return Ok(DrawnWith::Any);
            };
            let tokens =
                appearance.split(|byte| !byte.is_ascii_graphic() || b"/[]()<>{}%".contains(byte));
            names.extend(tokens.map(<[u8]>::to_vec));
        }
        Ok(DrawnWith::These(names))
    }

    /// Fields of the older view that are no signatures, and the groups they stand in.
    fn other_fields(&self) -> impl Iterator<Item = &Node> {
        let nodes = self.old.tree.nodes.iter();
        nodes.filter(|node| !node.is_signature())
    }

    /// §12.7.4: every field of the older view is still there and says the same, but for what may be filled in.
    pub(super) fn fields(&mut self) -> Step {
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
        // Fields without an object of their own are compared with each other: a handful, or nobody's form.
        let direct = |tree: &Tree| tree.nodes.iter().filter(|node| node.id.is_none()).count();
        if direct(&old.tree).max(direct(&new.tree)) > MAX_DIRECT_FIELDS {
            return Err(Trouble::TooComplex("fields without objects"));
        }
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
                // PDFBox, and DSS on it, makes the existing field that it signs without a picture invisible.
                b"Rect" => {
                    old.is_signature()
                        && signature::rectangle(self.reader, self.new.index, &new.dictionary)
                            .is_point()
                }
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
        if old.is_signature() && old.widget_only && !self.is_signed_now(old) {
            self.forbidden(
                "signature_field_changed",
                format!(
                    "a widget of field {} was changed without signing it",
                    old.name
                ),
            )
            .field = Some(old.name.clone());
            return Ok(());
        }
        self.claim_new(&Object::Dictionary(new.dictionary.clone()))?;
        if !old.is_signature() {
            let state = old.dictionary.get(b"AS") == new.dictionary.get(b"AS");
            let same = state && !self.differs(old.value.as_ref(), new.value.as_ref());
            // What a field without a value shows is its state; a new appearance alone may contradict the value.
            let (kind, what, did) = if same {
                (
                    Kind::FieldAppearance,
                    "field_appearance",
                    "shows something else",
                )
            } else {
                (Kind::FormFilling, "field_filled", "was filled in")
            };
            self.change(kind, what, format!("field {} {did}", old.name))
                .field = Some(old.name.clone());
        } else if filled && new.value.is_some() && old.value.is_none() {
            self.signing(new, false)?;
            self.own_look(old)?;
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
        self.new_widget(node, group);
        if node.is_widget()
            && let Some(id) = node.id
        {
            self.widgets.insert(id, 0);
        }
        self.claim_new(&Object::Dictionary(node.dictionary.clone()))?;
        if group || (node.widget_only && self.is_signed_now(node)) {
            return Ok(());
        }
        if node.widget_only {
            let visible = signature::is_visible(self.reader, self.new.index, &node.dictionary);
            self.change(
                Kind::EmptyField { visible },
                "signature_widget_added",
                format!("a widget of the empty field {} was added", node.name),
            )
            .field = Some(node.name.clone());
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

    /// What a new widget must not be, whoever signs it: more than a leaf of its field, or a rectangle that readers would
    /// disagree about.
    fn new_widget(&mut self, node: &Node, group: bool) {
        let drawn = node.is_widget() || node.dictionary.has(b"AP") || node.dictionary.has(b"Rect");
        let nested = node.widget_only
            && (node.has_kids
                || node
                    .parent
                    .and_then(|parent| self.new.tree.node(parent))
                    .is_some_and(|parent| parent.widget_only));
        let malformed = matches!(
            signature::rectangle(self.reader, self.new.index, &node.dictionary),
            signature::Rectangle::Malformed
        );
        if (group && drawn) || nested || malformed {
            self.forbidden(
                "widget_malformed",
                format!(
                    "the widget of field {} is no plain rectangle of a field",
                    node.name
                ),
            )
            .field = Some(node.name.clone());
        }
    }

    /// Whether the field of this widget was empty before and is signed now.
    fn is_signed_now(&self, widget: &Node) -> bool {
        let Some(field) = widget.parent else {
            return false;
        };
        let value = |tree: &Tree| tree.node(field).and_then(|field| field.value.clone());
        value(&self.old.tree).is_none() && value(&self.new.tree).is_some()
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

    /// The look of a field that is signed just now, drawn over the one that it had while it was empty. Its widgets may get
    /// another look anyway, so this one may change too; but only if no other field, annotation or page is drawn with it.
    fn own_look(&mut self, field: &Node) -> Step {
        let widgets: Vec<Node> = self.old.tree.widgets(field).cloned().collect();
        let mut looks = Vec::new();
        let mut roots = vec![Object::Dictionary(self.reader.trailer(self.old.index))];
        for widget in &widgets {
            let dictionary = &widget.dictionary;
            let before = self.look(self.old.index, dictionary)?;
            let now = widget.id.and_then(|id| self.new.tree.node(id)).cloned();
            let after = match &now {
                Some(now) => self.look(self.new.index, &now.dictionary)?,
                None => [None; 2],
            };
            let kept = before
                .into_iter()
                .zip(after)
                .filter(|(old, new)| old == new);
            let kept = kept.filter_map(|(id, _)| id);
            looks.extend(kept.filter(|id| self.changed.contains(&id.number)));
            roots.push(Object::Dictionary(dictionary.without(b"AP")));
        }
        if looks.is_empty() {
            return Ok(());
        }
        let own = widgets.iter().filter_map(|widget| widget.id);
        let mut others = Reach::without(own.map(|id| id.number));
        let nothing = BTreeSet::new();
        let view = self.old.index;
        others.extend(
            self.reader,
            view,
            &roots,
            &nothing,
            reach::all,
            &mut Doubts::default(),
        )?;
        for id in looks {
            let drawn = self.reader.object(self.new.index, id)?;
            if !others.has(id.number) && drawn.dictionary().is_some() {
                self.explain(Some(id));
                self.claim_new(&drawn)?;
            }
        }
        Ok(())
    }

    /// What draws a widget (§12.5.5): the dictionary of its looks and the normal one, where they are objects.
    fn look(&mut self, view: usize, widget: &Dictionary) -> Result<[Option<ObjectId>; 2], Trouble> {
        let looks = self.reader.get_dictionary(view, widget, b"AP")?;
        let normal = looks.get(b"N").and_then(Object::reference);
        let all = widget.get(b"AP").and_then(Object::reference);
        Ok([all, normal])
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
        let stamp =
            dictionary.is(b"Type", b"DocTimeStamp") || dictionary.is(b"SubFilter", b"ETSI.RFC3161");
        let (kind, what) = if stamp {
            (Kind::Timestamp { visible }, "timestamp")
        } else {
            (Kind::Signature { new, visible }, "signature")
        };
        self.change(kind, what, format!("field {} was signed", field.name))
            .field = Some(field.name.clone());
        Ok(())
    }
}

/// Names that stand in default appearances.
enum DrawnWith {
    These(HashSet<Vec<u8>>),
    /// One of them can't be told.
    Any,
}

impl DrawnWith {
    fn has(&self, name: &[u8]) -> bool {
        match self {
            Self::These(names) => names.contains(name),
            Self::Any => true,
        }
    }
}
