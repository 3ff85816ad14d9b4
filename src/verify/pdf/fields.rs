//! The form's fields as a view sees them (ISO 32000-2 §12.7.3, §12.7.4): names, inherited types and values, widgets.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::object::{Dictionary, Object, ObjectId, text};
use super::reader::Reader;
use super::{Doubts, Trouble};

/// Fields and widgets of one form: real ones have hundreds.
const MAX_NODES: usize = 5_000;

/// Entries that wait for their turn: many nodes may name the same long list as their kids.
const MAX_PENDING: usize = 4 * MAX_NODES;

/// Depth of the tree; the walk keeps a stack of its own, this only bounds what a name may be made of.
const MAX_DEPTH: usize = 32;

/// One node of the tree: a field, or a widget of the field above it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Nothing for a field written directly into `/Fields` or `/Kids`.
    pub id: Option<ObjectId>,
    pub parent: Option<ObjectId>,
    /// Fully qualified name (§12.7.4.2).
    pub name: String,
    pub dictionary: Dictionary,
    /// `/FT`, its own or inherited.
    pub kind: Option<Rc<[u8]>>,
    /// `/V`, its own or inherited; unresolved.
    pub value: Option<Object>,
    /// Whether it has fields or widgets below it.
    pub has_kids: bool,
    /// Whether it is a widget annotation below a field, without a name of its own.
    pub widget_only: bool,
}

impl Node {
    pub fn is_signature(&self) -> bool {
        self.kind.as_deref() == Some(b"Sig")
    }

    /// Whether it is drawn: it is a widget annotation, merged with its field or below it.
    pub fn is_widget(&self) -> bool {
        self.dictionary.is(b"Subtype", b"Widget")
    }
}

/// All nodes in the order of the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    places: BTreeMap<ObjectId, usize>,
    /// Widgets by the field they belong to.
    below: BTreeMap<ObjectId, Vec<usize>>,
}

impl Tree {
    pub fn node(&self, id: ObjectId) -> Option<&Node> {
        self.places.get(&id).and_then(|at| self.nodes.get(*at))
    }

    /// Fields of type signature that hold a value.
    pub fn signed(&self) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(|node| node.is_signature() && !node.widget_only && node.value.is_some())
            .filter(|node| node.dictionary.has(b"V") || !node.has_kids)
    }

    /// The widgets of a field: itself when merged, and those below it.
    pub fn widgets<'t>(&'t self, field: &'t Node) -> impl Iterator<Item = &'t Node> {
        let places = field.id.and_then(|id| self.below.get(&id));
        let below = places.into_iter().flatten();
        let below = below.filter_map(|at| self.nodes.get(*at));
        std::iter::once(field)
            .chain(below)
            .filter(|node| node.is_widget())
    }
}

/// What is still to be read.
struct Pending {
    value: Object,
    parent: Option<ObjectId>,
    name: String,
    kind: Option<Rc<[u8]>>,
    field_value: Option<Object>,
    depth: usize,
}

/// Walks Catalog → AcroForm → Fields → Kids.
pub(super) fn walk(
    reader: &mut Reader<'_>,
    view: usize,
    catalog: &Dictionary,
    doubts: &mut Doubts,
) -> Result<Tree, Trouble> {
    let form = reader.get_dictionary(view, catalog, b"AcroForm")?;
    doubts.conflict(&form, Some(view), "the form");
    let mut tree = Tree::default();
    let mut visited = HashSet::new();
    let fields = reader.get_array(view, &form, b"Fields")?;
    within(fields.len())?;
    let mut pending: Vec<Pending> = fields
        .into_iter()
        .rev()
        .map(|value| Pending {
            value,
            parent: None,
            name: String::new(),
            kind: None,
            field_value: None,
            depth: 0,
        })
        .collect();
    while let Some(next) = pending.pop() {
        if tree.nodes.len() >= MAX_NODES || next.depth > MAX_DEPTH {
            return Err(Trouble::TooComplex("form fields"));
        }
        let id = next.value.reference();
        if let Some(id) = id
            && !visited.insert(id)
        {
            doubts.add(
                "field_twice",
                Some(view),
                format!("field object {} stands twice in the form", id.number),
            );
            continue;
        }
        let Object::Dictionary(dictionary) = reader.resolve(view, &next.value)? else {
            continue;
        };
        doubts.conflict(&dictionary, Some(view), "a form field");
        let kids = reader.get_array(view, &dictionary, b"Kids")?;
        within(pending.len().saturating_add(kids.len()))?;
        let node = node(reader, view, id, &next, dictionary, !kids.is_empty())?;
        pending.extend(kids.into_iter().rev().map(|value| Pending {
            value,
            parent: id,
            name: node.name.clone(),
            kind: node.kind.clone(),
            field_value: node.value.clone(),
            depth: next.depth.saturating_add(1),
        }));
        let place = tree.nodes.len();
        if let Some(id) = id {
            tree.places.insert(id, place);
        }
        if let Some(field) = node.parent.filter(|_| node.widget_only) {
            tree.below.entry(field).or_default().push(place);
        }
        tree.nodes.push(node);
    }
    Ok(tree)
}

fn within(pending: usize) -> Result<(), Trouble> {
    if pending > MAX_PENDING {
        return Err(Trouble::TooComplex("form fields"));
    }
    Ok(())
}

fn node(
    reader: &mut Reader<'_>,
    view: usize,
    id: Option<ObjectId>,
    next: &Pending,
    dictionary: Dictionary,
    has_kids: bool,
) -> Result<Node, Trouble> {
    let own_name = match reader.get(view, &dictionary, b"T")? {
        Object::String(name) => Some(text(&name)),
        _ => None,
    };
    let own_kind = reader.get(view, &dictionary, b"FT")?;
    let name = match (&own_name, next.name.as_str()) {
        (None, above) => above.to_owned(),
        (Some(own), "") => own.clone(),
        (Some(own), above) => format!("{above}.{own}"),
    };
    Ok(Node {
        id,
        parent: next.parent,
        name,
        kind: own_kind
            .name()
            .map(Into::into)
            .or_else(|| next.kind.clone()),
        value: dictionary
            .get(b"V")
            .cloned()
            .or_else(|| next.field_value.clone()),
        has_kids,
        widget_only: own_name.is_none() && next.depth > 0,
        dictionary,
    })
}
