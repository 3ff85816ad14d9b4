//! The pages in reading order (ISO 32000-2 §7.7.3): who is page 1, and which objects make the tree.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::object::{Dictionary, Object, ObjectId};
use super::reader::Reader;
use super::{Doubts, Trouble};

/// Nodes of the page tree: far above any petition, low enough to walk in milliseconds.
const MAX_NODES: usize = 50_000;

/// Nodes that wait for their turn: many may name the same long list as their kids.
const MAX_PENDING: usize = 4 * MAX_NODES;

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
