//! The structure tree (ISO 32000-2 §14.7): what reads a page aloud. Signers of tagged documents enter the widget of a new
//! signature there (Acrobat, iText): a new element, and the lists and number trees that lead to it. Elements that were
//! signed keep what they say, and new ones may only point to objects, not to content that was signed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Comparison, MAX_NAMED, Step};
use crate::verify::pdf::Trouble;
use crate::verify::pdf::change::Kind;
use crate::verify::pdf::object::{Object, ObjectId};

/// Entries that lead from node to node of the tree.
const DOWN: [&[u8]; 4] = [b"K", b"Kids", b"Nums", b"ParentTree"];

impl Comparison<'_, '_> {
    /// Explains what was entered into the structure tree; what else was done to it stays unexplained.
    pub(super) fn structure(&mut self) -> Step {
        let root = self.old.catalog.get(b"StructTreeRoot");
        let there = root.is_some() && root == self.new.catalog.get(b"StructTreeRoot");
        let rest: Vec<u32> = self.changed.difference(&self.explained).copied().collect();
        if !there || rest.is_empty() {
            return Ok(());
        }
        let before = self.structure_below(self.old.index, root)?;
        let after = self.structure_below(self.new.index, root)?;
        let parents = self.parent_tree(self.old.index, root)?;
        let parents_now = self.parent_tree(self.new.index, root)?;
        // Compared by what it maps, since some writers make the whole tree anew (iText 7 and later).
        let parents = parents.zip(parents_now).filter(|(old, new)| new.keeps(old));
        let is_parents = |number| {
            let both = parents.as_ref();
            both.is_some_and(|(old, new)| {
                old.nodes.contains(&number) && new.nodes.contains(&number)
            })
        };
        let wrapping = self.wrapping(root)?;
        let mut entered = false;
        for number in rest.into_iter().filter(|number| after.contains(number)) {
            let id = ObjectId {
                number,
                generation: 0,
            };
            let new = self.reader.object(self.new.index, id)?;
            let sound = if self.existed(number) {
                let old = self.reader.object(self.old.index, id)?;
                let new = wrapping.as_ref().map_or_else(
                    || new.clone(),
                    |wrapping| wrapping.undone(number, &old, &new),
                );
                let fresh = |id: ObjectId| !self.existed(id.number);
                let grown = || has_grown(&old, &new, parents.is_some(), &fresh);
                is_parents(number) || (before.contains(&number) && grown())
            } else {
                let around = wrapping.as_ref().filter(|around| around.element == id);
                let list = parents.as_ref().map(|(_, now)| &now.lists);
                let fresh = |kid: ObjectId| {
                    !self.existed(kid.number)
                        || around.is_some_and(|around| around.kids.contains(&kid.number))
                        || list.is_some_and(|lists| lists.contains(&number))
                };
                is_new_node(&new, &fresh)
            };
            if sound {
                entered = true;
                self.explained.insert(number);
                self.data.insert(number);
            } else if !self.existed(number) {
                // Nothing draws it, so it would pass for an unused object; but it is read aloud.
                self.explained.insert(number);
                self.forbidden(
                    "structure",
                    format!("object {number} was added to the structure tree and says something of its own"),
                )
                .object = Some(number);
            }
        }
        if entered {
            self.change(
                Kind::Housekeeping,
                "structure",
                "new fields were entered into the structure tree",
            );
        }
        Ok(())
    }

    /// The element that this revision put between the root of the tree and what hung there, if it did.
    fn wrapping(&mut self, root: Option<&Object>) -> Result<Option<Wrapping>, Trouble> {
        let id = root.and_then(Object::reference);
        let old = self.resolved_dictionary(self.old.index, root)?;
        let new = self.resolved_dictionary(self.new.index, root)?;
        let (Some(root), Some(after)) = (id, new.get(b"K")) else {
            return Ok(None);
        };
        let element = match self.reader.resolve(self.new.index, after)? {
            Object::Array(items) => match items.as_slice() {
                [Object::Reference(only)] => *only,
                _ => return Ok(None),
            },
            _ => match after {
                Object::Reference(only) => *only,
                _ => return Ok(None),
            },
        };
        let kids = match old.get(b"K") {
            Some(Object::Array(kids)) => kids.clone(),
            Some(one @ Object::Reference(_)) => vec![one.clone()],
            _ => return Ok(None),
        };
        let Object::Dictionary(document) = self.reader.object(self.new.index, element)? else {
            return Ok(None);
        };
        let around = self.reader.get_array(self.new.index, &document, b"K")?;
        let sound = !self.existed(element.number)
            && document.is(b"S", b"Document")
            && document.get(b"P").and_then(Object::reference) == Some(root)
            && lists_more(&kids, &around, false, &|id| !self.existed(id.number));
        let kids = kids.iter().filter_map(Object::reference);
        Ok(sound.then(|| Wrapping {
            root,
            element,
            kids: kids.map(|id| id.number).collect(),
        }))
    }

    /// What the parent tree (§14.7.5.4) maps in a view; nothing when it can't be read in one way only.
    fn parent_tree(
        &mut self,
        view: usize,
        root: Option<&Object>,
    ) -> Result<Option<ParentTree>, Trouble> {
        let mut tree = ParentTree::default();
        let root = self.resolved_dictionary(view, root)?;
        let mut pending: Vec<Object> = root.get(b"ParentTree").cloned().into_iter().collect();
        while let Some(node) = pending.pop() {
            let twice = node
                .reference()
                .is_some_and(|id| !tree.nodes.insert(id.number));
            if twice || tree.maps.len().saturating_add(pending.len()) > MAX_NAMED {
                return Ok(None);
            }
            let node = self.resolved_dictionary(view, Some(&node))?;
            for pair in self.reader.get_array(view, &node, b"Nums")?.chunks(2) {
                let [Object::Integer(key), parent] = pair else {
                    return Ok(None);
                };
                // A list of parents may lie in another object; an element is its object.
                let parent = match self.reader.resolve(view, parent)? {
                    list @ Object::Array(_) => {
                        tree.lists.extend(parent.reference().map(|id| id.number));
                        list
                    }
                    _ => parent.clone(),
                };
                if tree.maps.insert(*key, parent).is_some() {
                    return Ok(None);
                }
            }
            pending.extend(self.reader.get_array(view, &node, b"Kids")?);
        }
        Ok(Some(tree))
    }

    /// Whether nothing is found under a key of the parent tree, before and now: content of a page that gets this key belongs
    /// to no element, as it did without one.
    pub(super) fn maps_nothing(&mut self, key: i64) -> Result<bool, Trouble> {
        for (view, catalog) in [
            (self.old.index, &self.old.catalog),
            (self.new.index, &self.new.catalog),
        ] {
            let tree = self.parent_tree(view, catalog.get(b"StructTreeRoot"))?;
            if tree.is_none_or(|tree| tree.maps.contains_key(&key)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Numbers of the objects that make the tree in a view; none when there are too many to look at.
    fn structure_below(
        &mut self,
        view: usize,
        root: Option<&Object>,
    ) -> Result<BTreeSet<u32>, Trouble> {
        let mut found = BTreeSet::new();
        let mut pending: Vec<ObjectId> = root.and_then(Object::reference).into_iter().collect();
        while let Some(id) = pending.pop() {
            if found.len() > MAX_NAMED {
                return Ok(BTreeSet::new());
            }
            if found.insert(id.number) {
                let object = self.reader.object(view, id)?;
                inside(&object, &mut pending);
            }
        }
        Ok(found)
    }
}

/// Which element what is on the pages belongs to: a number tree (§7.9.7).
#[derive(Default)]
struct ParentTree {
    /// Objects that are nodes of it.
    nodes: BTreeSet<u32>,
    /// Objects that are lists of parents.
    lists: BTreeSet<u32>,
    maps: BTreeMap<i64, Object>,
}

impl ParentTree {
    fn keeps(&self, old: &Self) -> bool {
        old.maps
            .iter()
            .all(|(key, parent)| self.maps.get(key) == Some(parent))
    }
}

/// iText 7 and later want one element `Document` below the root (§14.8.4.3) and put it around what else is there, such as
/// the `Part` of Word. What is read aloud, and its order, stay.
struct Wrapping {
    root: ObjectId,
    element: ObjectId,
    /// What hung at the root and hangs at the element now.
    kids: BTreeSet<u32>,
}

impl Wrapping {
    /// The newer value of an object as it would be without the element.
    fn undone(&self, number: u32, old: &Object, new: &Object) -> Object {
        let (Object::Dictionary(before), Object::Dictionary(after)) = (old, new) else {
            return new.clone();
        };
        let mut after = after.clone();
        for (key, value) in after.entries_mut() {
            let at_root = number == self.root.number && key == b"K";
            let up = self.kids.contains(&number)
                && key == b"P"
                && value.reference() == Some(self.element)
                && before.get(b"P").and_then(Object::reference) == Some(self.root);
            if (at_root || up)
                && let Some(was) = before.get(key)
            {
                *value = was.clone();
            }
        }
        Object::Dictionary(after)
    }
}

/// References to nodes in a node, or in a list of nodes.
fn inside(value: &Object, found: &mut Vec<ObjectId>) {
    match value {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items.iter().for_each(|item| inside(item, found)),
        Object::Dictionary(node) => {
            for value in DOWN.iter().filter_map(|key| node.get(key)) {
                inside(value, found);
            }
        }
        _ => {}
    }
}

/// Which objects were not there before: an element that was would be read aloud once more.
type Fresh<'f> = &'f dyn Fn(ObjectId) -> bool;

/// Whether a node, or a list of nodes, is the same but for what was added to its lists. A parent tree that `keeps` what it
/// mapped may lie elsewhere.
fn has_grown(old: &Object, new: &Object, keeps: bool, fresh: Fresh<'_>) -> bool {
    match (old, new) {
        (Object::Array(old), Object::Array(new)) => lists_more(old, new, false, fresh),
        (Object::Dictionary(old), Object::Dictionary(new)) => {
            old.pairs(new).into_iter().all(|(key, before, after)| {
                before == after || entry_has_grown(key, before, after, keeps, fresh)
            })
        }
        _ => false,
    }
}

fn entry_has_grown(
    key: &[u8],
    before: Option<&Object>,
    after: Option<&Object>,
    keeps: bool,
    fresh: Fresh<'_>,
) -> bool {
    let keys = key == b"Nums";
    match (before, after) {
        (_, Some(_)) if key == b"ParentTree" => keeps,
        (_, Some(Object::Integer(_))) => key == b"ParentTreeNextKey",
        // A map that maps nothing: iText 7 and later writes it into every tree that has none.
        (None, Some(Object::Dictionary(map))) if key == b"RoleMap" => {
            map.entries().next().is_none()
        }
        (Some(Object::Array(_)), Some(Object::Array(_))) if key == b"Limits" => true,
        _ if !DOWN.contains(&key) => false,
        (Some(Object::Array(old)), Some(Object::Array(new))) => lists_more(old, new, keys, fresh),
        (Some(old @ Object::Dictionary(_)), Some(new @ Object::Dictionary(_))) => {
            has_grown(old, new, keeps, fresh)
        }
        (Some(one), Some(Object::Array(many))) => {
            lists_more(std::slice::from_ref(one), many, keys, fresh)
        }
        (None, Some(Object::Array(many))) => lists_more(&[], many, keys, fresh),
        (None, Some(Object::Reference(id))) => key == b"K" && fresh(*id),
        _ => false,
    }
}

/// Whether a list holds what it held, in the same order, and new nodes. A number among children is marked content
/// (§14.7.5.2), which a new entry would let say something else; in a number tree it is a key.
fn lists_more(old: &[Object], new: &[Object], keys: bool, fresh: Fresh<'_>) -> bool {
    let mut rest = old.iter().peekable();
    for item in new {
        if rest.peek() == Some(&item) {
            rest.next();
            continue;
        }
        let sound = match item {
            Object::Reference(id) => keys || fresh(*id),
            Object::Integer(_) => keys,
            Object::Dictionary(node) => node.is(b"Type", b"OBJR"),
            _ => false,
        };
        if !sound {
            return false;
        }
    }
    rest.next().is_none()
}

/// An element that points to objects only and says nothing itself, a list of such, or a node of a number tree.
fn is_new_node(value: &Object, fresh: Fresh<'_>) -> bool {
    match value {
        Object::Reference(id) => fresh(*id),
        Object::Array(items) => items.iter().all(|item| is_new_node(item, fresh)),
        Object::Dictionary(node) if node.is(b"Type", b"OBJR") => true,
        Object::Dictionary(node) if node.has(b"Nums") || node.has(b"Kids") => true,
        Object::Dictionary(node) => {
            let says = [&b"ActualText"[..], b"Alt", b"E", b"Phoneme"];
            node.has(b"S")
                && !says.iter().any(|key| node.has(key))
                && node.get(b"K").is_none_or(|kids| is_new_node(kids, fresh))
        }
        _ => false,
    }
}
