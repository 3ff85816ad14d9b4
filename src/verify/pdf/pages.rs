//! The pages in reading order (ISO 32000-2 §7.7.3): who is page 1, and which objects make the tree.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::object::{Dictionary, Object, ObjectId};
use super::reader::Reader;
use super::{Doubts, Trouble};

/// Nodes of the page tree: far above any petition, low enough to walk in milliseconds.
const MAX_NODES: usize = 50_000;

/// Nodes that wait for their turn: many may name the same long list as their kids.
const MAX_PENDING: usize = 4 * MAX_NODES;

/// Entries above a page that are told apart: a page inherits four (§7.7.3.4).
const MAX_ABOVE: usize = 64;

/// Entries that make the tree, and a mark of iText; everything else of a node is there for its pages.
const STRUCTURE: [&[u8]; 5] = [b"Type", b"Kids", b"Count", b"Parent", b"ITXT"];

/// For each page what the nodes above it say, the nearest of them first.
pub(super) type Above = HashMap<ObjectId, Dictionary>;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub id: ObjectId,
    /// The object that holds `/Annots`, when it is one of its own.
    pub annotations: Option<ObjectId>,
}

/// The tree of one view.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    pub list: Vec<Page>,
    /// Intermediate nodes.
    pub nodes: BTreeSet<ObjectId>,
    numbers: HashMap<ObjectId, usize>,
}

impl Pages {
    /// Page number from 1.
    pub fn number(&self, id: ObjectId) -> Option<usize> {
        self.numbers.get(&id).copied()
    }

    /// Whether one of these objects takes part in the tree.
    pub fn touched(&self, changed: &BTreeSet<u32>) -> bool {
        self.nodes
            .iter()
            .chain(self.list.iter().map(|page| &page.id))
            .any(|id| changed.contains(&id.number))
    }
}

/// Walks Catalog → Pages → Kids.
pub(super) fn walk(
    reader: &mut Reader<'_>,
    view: usize,
    catalog: &Dictionary,
    doubts: &mut Doubts,
) -> Result<Pages, Trouble> {
    let mut pages = Pages::default();
    let mut visited = HashSet::new();
    let mut pending: Vec<Object> = catalog.get(b"Pages").cloned().into_iter().collect();
    while let Some(next) = pending.pop() {
        let Some(id) = next.reference() else {
            doubts.add(
                "page_tree",
                Some(view),
                "a node of the page tree is no reference",
            );
            continue;
        };
        if !visited.insert(id) {
            doubts.add(
                "page_twice",
                Some(view),
                format!("object {} stands twice in the page tree", id.number),
            );
            continue;
        }
        if visited.len() > MAX_NODES {
            return Err(Trouble::TooComplex("page tree"));
        }
        let Object::Dictionary(node) = reader.object(view, id)? else {
            doubts.add(
                "page_tree",
                Some(view),
                format!("object {} of the page tree is no dictionary", id.number),
            );
            continue;
        };
        doubts.conflict(&node, Some(view), "the page tree");
        if node.has(b"Kids") && !node.is(b"Type", b"Page") {
            let kids = reader.get_array(view, &node, b"Kids")?;
            if pending.len().saturating_add(kids.len()) > MAX_PENDING {
                return Err(Trouble::TooComplex("page tree"));
            }
            pending.extend(kids.into_iter().rev());
            pages.nodes.insert(id);
        } else {
            pages.list.push(Page {
                id,
                annotations: node.get(b"Annots").and_then(Object::reference),
            });
            pages.numbers.insert(id, pages.list.len());
        }
    }
    Ok(pages)
}

/// A node of a tree that is compared with what the walk finds below it.
struct Counted {
    /// Place of the node that lists it.
    parent: Option<usize>,
    pages: i64,
    claimed: Option<i64>,
}

/// A node or page that is still to be read, with the node that lists it.
struct Listed {
    id: ObjectId,
    by: Option<(ObjectId, usize)>,
    above: Dictionary,
}

/// What stands above each page of a tree; nothing unless the tree is plain: every `/Parent` leads to the node that lists it
/// as a kid and every `/Count` is right, so that no reader finds other pages or other attributes.
pub(super) fn above(
    reader: &mut Reader<'_>,
    view: usize,
    catalog: &Dictionary,
    pages: &Pages,
) -> Result<Option<Above>, Trouble> {
    let mut all = Above::new();
    // In an order in which each node stands behind its parent.
    let mut nodes: Vec<Counted> = Vec::new();
    let mut seen = HashSet::new();
    let root = catalog.get(b"Pages").and_then(Object::reference);
    let mut pending: Vec<Listed> = root
        .map(|id| Listed {
            id,
            by: None,
            above: Dictionary::default(),
        })
        .into_iter()
        .collect();
    while let Some(Listed { id, by, above }) = pending.pop() {
        let Object::Dictionary(dictionary) = reader.object(view, id)? else {
            return Ok(None);
        };
        let (lister, parent) = by.unzip();
        let says = dictionary.get(b"Parent").and_then(Object::reference);
        if !seen.insert(id) || says != lister {
            return Ok(None);
        }
        if !pages.nodes.contains(&id) {
            all.insert(id, above);
            count(&mut nodes, parent, 1);
            continue;
        }
        let Some(above) = below(&above, &dictionary) else {
            return Ok(None);
        };
        let by = Some((id, nodes.len()));
        nodes.push(Counted {
            parent,
            pages: 0,
            claimed: dictionary.get(b"Count").and_then(Object::integer),
        });
        for kid in reader.get_array(view, &dictionary, b"Kids")? {
            let Some(id) = kid.reference() else {
                return Ok(None);
            };
            let above = above.clone();
            pending.push(Listed { id, by, above });
        }
    }
    while let Some(node) = nodes.pop() {
        if node.claimed != Some(node.pages) {
            return Ok(None);
        }
        count(&mut nodes, node.parent, node.pages);
    }
    Ok(Some(all))
}

fn count(nodes: &mut [Counted], parent: Option<usize>, pages: i64) {
    if let Some(node) = parent.and_then(|parent| nodes.get_mut(parent)) {
        node.pages = node.pages.saturating_add(pages);
    }
}

/// What stands above the kids of a node; nothing when it is too much to compare.
fn below(above: &Dictionary, node: &Dictionary) -> Option<Dictionary> {
    let own: Vec<_> = node
        .entries()
        .filter(|(key, _)| !STRUCTURE.contains(key))
        .collect();
    if own.is_empty() {
        return Some(above.clone());
    }
    let farther = above.entries().filter(|(key, _)| !node.has(key));
    let entries = farther.chain(own.iter().copied());
    let entries: Vec<_> = entries
        .map(|(key, value)| (Rc::from(key), value.clone()))
        .collect();
    (entries.len() <= MAX_ABOVE).then(|| Dictionary::from_entries(entries))
}
