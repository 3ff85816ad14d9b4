//! What can be reached from the catalog: active content, references that lead nowhere yet, and signature dictionaries
//! outside the form. Structure trees are left out: they are large and draw and run nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::object::{Dictionary, Object, ObjectId};
use super::reader::Reader;
use super::{Doubts, Trouble};

/// Objects to look at: a petition has some dozens, a book of 1,000 pages some ten thousands.
const MAX_OBJECTS: usize = 200_000;
/// Levels of a tree of attachments in which nothing is found; one that somebody emptied has one or two.
const MAX_TREE_DEPTH: usize = 4;

/// What was reached in the views looked at so far.
#[derive(Debug, Default)]
pub(super) struct Reach {
    visited: HashSet<u32>,
    /// Numbers that are referred to and were not defined in the view.
    pub undefined: HashSet<u32>,
    /// Active content by object number; 0 for the trailer.
    pub active: BTreeMap<u32, &'static str>,
    /// Objects that tell when layers switch by themselves (§8.11.4.4).
    pub layers: BTreeSet<u32>,
    /// Dictionaries that look like signatures.
    pub signatures: BTreeSet<u32>,
    /// The first object that could not be read.
    pub unreadable: Option<(u32, &'static str)>,
}

/// Whether the walk follows this entry of this dictionary.
pub(super) type Follows = fn(&Dictionary, &[u8]) -> bool;

/// Everything but structure trees.
pub(super) fn all(_: &Dictionary, key: &[u8]) -> bool {
    key != b"StructTreeRoot"
}

/// Everything that is drawn, or that a signature may not touch: not the places where `difference` permits edits.
pub(super) fn outside_permitted(dictionary: &Dictionary, key: &[u8]) -> bool {
    let permitted_place = match key {
        b"AcroForm" | b"DSS" | b"Extensions" | b"Perms" => dictionary.is(b"Type", b"Catalog"),
        b"Annots" => dictionary.is(b"Type", b"Page"),
        b"Metadata" | b"Info" | b"StructTreeRoot" => true,
        _ => false,
    };
    !permitted_place
}

/// Everything but the way from the catalog to the pages and back: what nodes of the page tree are used for besides.
pub(super) fn outside_page_tree(dictionary: &Dictionary, key: &[u8]) -> bool {
    let tree = match key {
        b"Pages" => dictionary.is(b"Type", b"Catalog"),
        b"Kids" => dictionary.is(b"Type", b"Pages"),
        b"Parent" => dictionary.is(b"Type", b"Pages") || dictionary.is(b"Type", b"Page"),
        _ => false,
    };
    !tree
}

/// Everything but the places of pure data: validation material, metadata, information.
pub(super) fn outside_data(dictionary: &Dictionary, key: &[u8]) -> bool {
    let data = match key {
        b"DSS" | b"Extensions" => dictionary.is(b"Type", b"Catalog"),
        b"Metadata" | b"Info" | b"StructTreeRoot" => true,
        _ => false,
    };
    !data
}

impl Reach {
    /// A walk that does not enter these objects.
    pub fn without(numbers: impl Iterator<Item = u32>) -> Self {
        Self {
            visited: numbers.collect(),
            ..Self::default()
        }
    }

    /// Walks on from these values in a view. Numbers of `renewed` are looked at again.
    pub fn extend(
        &mut self,
        reader: &mut Reader<'_>,
        view: usize,
        roots: &[Object],
        renewed: &BTreeSet<u32>,
        follows: Follows,
        doubts: &mut Doubts,
    ) -> Result<(), Trouble> {
        for number in renewed {
            self.visited.remove(number);
            self.active.remove(number);
            self.layers.remove(number);
        }
        let mut pending: Vec<ObjectId> = Vec::new();
        for root in roots {
            references(root, follows, &mut pending);
        }
        while let Some(id) = pending.pop() {
            if !self.visited.insert(id.number) {
                continue;
            }
            if self.visited.len() > MAX_OBJECTS {
                return Err(Trouble::TooComplex("objects that can be reached"));
            }
            if !reader.defines(view, id) {
                self.undefined.insert(id.number);
                continue;
            }
            match reader.object(view, id) {
                Ok(object) => {
                    self.inspect(reader, id.number, &object, view, doubts);
                    references(&object, follows, &mut pending);
                }
                Err(Trouble::TooComplex(what)) => return Err(Trouble::TooComplex(what)),
                Err(trouble) => {
                    self.unreadable.get_or_insert((id.number, trouble.what()));
                }
            }
        }
        Ok(())
    }

    /// Walks on from a value that is no part of what a PDF reader shows: nothing there waits for an object.
    pub fn extend_beside(
        &mut self,
        reader: &mut Reader<'_>,
        view: usize,
        root: &Object,
        doubts: &mut Doubts,
    ) -> Result<(), Trouble> {
        let waiting = self.undefined.clone();
        let roots = std::slice::from_ref(root);
        let walked = self.extend(reader, view, roots, &BTreeSet::new(), all, doubts);
        // Whatever else refers to them finds them unvisited.
        let beside = std::mem::replace(&mut self.undefined, waiting);
        for number in beside.difference(&self.undefined) {
            self.visited.remove(number);
        }
        walked
    }

    pub fn has(&self, number: u32) -> bool {
        self.visited.contains(&number)
    }

    fn inspect(
        &mut self,
        reader: &mut Reader<'_>,
        number: u32,
        object: &Object,
        view: usize,
        doubts: &mut Doubts,
    ) {
        let mut brings_files = |tree: &Object| !is_empty_tree(reader, view, tree, MAX_TREE_DEPTH);
        if let Some(what) = active(object, &mut brings_files) {
            self.active.insert(number, what);
        }
        if switches_layers(object) {
            self.layers.insert(number);
        }
        if let Some(dictionary) = object.dictionary() {
            doubts.conflict(dictionary, Some(view), &format!("object {number}"));
            if dictionary.has(b"ByteRange") && dictionary.has(b"Contents") {
                self.signatures.insert(number);
            }
        }
    }
}

/// All references in a value, through the entries that are followed.
fn references(value: &Object, follows: Follows, found: &mut Vec<ObjectId>) {
    match value {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items
            .iter()
            .for_each(|item| references(item, follows, found)),
        Object::Dictionary(_) | Object::Stream(_) => {
            let Some(dictionary) = value.dictionary() else {
                return;
            };
            for (key, value) in dictionary.entries() {
                if follows(dictionary, key) {
                    references(value, follows, found);
                }
            }
        }
        _ => {}
    }
}

/// Whether a name tree (§7.9.6) holds nothing: editors leave the tree of attachments behind when the last one is taken away.
fn is_empty_tree(reader: &mut Reader<'_>, view: usize, tree: &Object, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let node = match reader.resolve(view, tree) {
        Ok(Object::Null) => return true,
        Ok(Object::Dictionary(node)) => node,
        Ok(_) | Err(_) => return false,
    };
    let mut held = |key: &[u8]| match reader.get(view, &node, key) {
        Ok(Object::Null) => Some(Vec::new()),
        Ok(Object::Array(items)) => Some(items),
        Ok(_) | Err(_) => None,
    };
    let (names, kids) = (held(b"Names"), held(b"Kids"));
    names.is_some_and(|names| names.is_empty())
        && kids.is_some_and(|kids| {
            kids.iter()
                .all(|kid| is_empty_tree(reader, view, kid, depth))
        })
}

/// Whether layers are shown or hidden by how the page is looked at: on a screen, on paper, in another format (§8.11.4.4).
fn switches_layers(value: &Object) -> bool {
    if let Object::Array(items) = value {
        return items.iter().any(switches_layers);
    }
    let Some(dictionary) = value.dictionary() else {
        return false;
    };
    let event = dictionary.get(b"Event").and_then(Object::name);
    matches!(event, Some(b"View" | b"Print" | b"Export"))
        || dictionary
            .entries()
            .any(|(_, value)| switches_layers(value))
}

/// What runs, plays, leaves the file or brings another file along (ISO 32000-2 §12.6.4, §12.7.8, §7.11.4). `brings_files` is asked of
/// the tree of attachments.
fn active(value: &Object, brings_files: &mut impl FnMut(&Object) -> bool) -> Option<&'static str> {
    if let Object::Array(items) = value {
        return items.iter().find_map(|item| active(item, brings_files));
    }
    let dictionary = value.dictionary()?;
    let action = match dictionary.get(b"S").and_then(Object::name) {
        Some(b"JavaScript") => Some("javascript"),
        Some(b"Launch") => Some("launch"),
        Some(b"SubmitForm") => Some("submit_form"),
        Some(b"ImportData") => Some("import_data"),
        Some(b"GoToE") => Some("embedded_file"),
        Some(b"GoToR") => Some("other_file"),
        Some(b"Rendition" | b"Movie" | b"Sound" | b"RichMediaExecute" | b"GoTo3DView") => {
            Some("media")
        }
        Some(b"Hide" | b"SetOCGState") => Some("hides_content"),
        _ => None,
    };
    let annotation = match dictionary.get(b"Subtype").and_then(Object::name) {
        Some(b"FileAttachment") => Some("embedded_file"),
        Some(b"RichMedia" | b"Screen" | b"Movie" | b"Sound" | b"3D") => Some("media"),
        _ => None,
    };
    let attachments = dictionary.get(b"EmbeddedFiles");
    let attachments = attachments.filter(|tree| brings_files(tree));
    let entry = [(&b"XFA"[..], "xfa"), (b"RichMediaContent", "media")]
        .into_iter()
        .find(|(key, _)| dictionary.has(key))
        .map(|(_, what)| what)
        .or(attachments.map(|_| "embedded_file"));
    // §7.3.8.2, §8.10.4: what is shown comes from another file.
    let elsewhere = if matches!(value, Object::Stream(_)) && dictionary.has(b"F") {
        Some("external_stream")
    } else if dictionary.is(b"Subtype", b"Form") && dictionary.has(b"Ref") {
        Some("reference_xobject")
    } else {
        None
    };
    let file = dictionary.has(b"EF") && (dictionary.has(b"F") || dictionary.has(b"UF"));
    let embedded = (file || dictionary.is(b"Type", b"EmbeddedFile")).then_some("embedded_file");
    action
        .or(annotation)
        .or(entry)
        .or(elsewhere)
        .or(embedded)
        .or_else(|| {
            dictionary
                .entries()
                .find_map(|(_, value)| active(value, brings_files))
        })
}
