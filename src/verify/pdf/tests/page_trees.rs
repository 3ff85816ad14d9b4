//! Page trees that a signer made anew, as iText 7 and later does, and what looks like it: the same pages have to stand in the
//! same order and to inherit the same.

use std::collections::BTreeMap;

use super::*;

/// The first signed revision of a file with three pages, the second in a node of its own, of which only that one is tagged.
fn mixed() -> Vec<u8> {
    let file = sample("../../foreign/cases/pdfbox-itext9-mixed-tree.pdf");
    let signed = open(&file).unwrap().signatures[0].byte_range;
    file[..usize::try_from(signed[2] + signed[3]).unwrap()].to_vec()
}

/// What iText makes of it: the first page gets a node, the last goes into the one that is there.
fn rebuilt() -> BTreeMap<u32, String> {
    [
        (
            2,
            "/Type /Pages /Kids [140 0 R 6 0 R] /Count 3 /Resources 4 0 R /MediaBox [0 0 595 842]",
        ),
        (140, "/Type /Pages /Kids [5 0 R] /Count 1 /Parent 2 0 R"),
        (5, FIRST_PAGE),
        (6, "/Type /Pages /Kids [9 0 R 7 0 R] /Count 2 /Parent 2 0 R"),
        (7, "/Type /Page /Parent 6 0 R /Contents 11 0 R"),
    ]
    .map(|(number, entries)| (number, entries.to_owned()))
    .into()
}

const FIRST_PAGE: &str = "/Type /Page /Parent 140 0 R /Contents 8 0 R /Annots [104 0 R]";

/// An update that writes these dictionaries behind a file.
fn updated(base: &[u8], objects: &BTreeMap<u32, String>) -> Vec<u8> {
    let mut update = Update::of(base);
    update.info = "";
    for (number, entries) in objects {
        update = update.object(*number, &format!("<< {entries} >>"));
    }
    update.bytes()
}

/// What is told of the last revision.
fn told_of_last(bytes: &[u8]) -> Vec<String> {
    let pdf = open(bytes).unwrap();
    let findings = pdf.signatures[0].findings.iter();
    findings
        .filter(|finding| finding.severity > Severity::Note)
        .filter(|finding| finding.facts["revision"] == pdf.revisions.len())
        .map(|finding| finding.facts["what"].as_str().unwrap().to_owned())
        .collect()
}

/// An update of two, of which only what the second does is told.
fn told_behind(prepared: &[(u32, &str)], objects: &[(u32, &str)]) -> Vec<String> {
    let owned = |objects: &[(u32, &str)]| {
        let objects = objects.iter().copied();
        objects
            .map(|(number, entries)| (number, entries.to_owned()))
            .collect()
    };
    told_of_last(&updated(
        &updated(&mixed(), &owned(prepared)),
        &owned(objects),
    ))
}

/// What is told of the rebuilt tree with these texts replaced; an empty one is added at the end.
fn told_with(changes: &[(u32, &str, &str)]) -> Vec<String> {
    let mut objects = rebuilt();
    for (number, from, to) in changes {
        let entries = objects.entry(*number).or_default();
        if from.is_empty() {
            entries.push_str(to);
        } else {
            assert!(entries.contains(from), "{number}: {from}");
            *entries = entries.replace(from, to);
        }
    }
    told(&updated(&mixed(), &objects))
}

#[test]
fn nodes_made_anew_around_the_same_pages_are_permitted() {
    let area = "/MediaBox [0 0 595 842]";
    let moved = format!(" {area}");
    for changes in [
        &[][..],
        // The area goes to the nodes below, the resources into the pages.
        &[(2, area, ""), (140, "", &moved), (6, "", &moved)],
        &[
            (2, "/Resources 4 0 R", ""),
            (5, "", " /Resources 4 0 R"),
            (6, "", " /Resources 4 0 R"),
        ],
        // What stands there already, once more.
        &[(5, "", &moved), (7, "", " /Resources 4 0 R")],
    ] {
        assert_eq!(told_with(changes), [""; 0], "{changes:?}");
    }
}

#[test]
fn a_rebuilt_tree_that_shows_something_else_is_refused() {
    let order = ("/Kids [140 0 R 6 0 R]", "/Kids [6 0 R 140 0 R]");
    let node = "/Type /Pages /Kids [5 0 R]";
    for (what, changes) in [
        ("page_area", &[(140, "", " /MediaBox [0 0 595 400]")][..]),
        ("page_area", &[(140, "", " /CropBox [0 0 595 400]")]),
        ("page_area", &[(6, "", " /Rotate 180")]),
        ("page_area", &[(2, "/MediaBox [0 0 595 842]", "")]),
        ("page_area", &[(7, "", " /MediaBox [0 0 595 842 0]")]),
        ("page_area", &[(7, "", " /MediaBox [0 0 595 80 0 R]")]),
        ("page_resources", &[(140, "", " /Resources << >>")]),
        ("page_resources", &[(7, "", " /Resources 3 0 R")]),
        // Nothing there: some readers go on above, some don't.
        ("page_resources", &[(5, "", " /Resources 80 0 R")]),
        ("page_resources", &[(2, "/Resources 4 0 R", "")]),
        ("pages_reordered", &[(2, order.0, order.1)]),
        ("pages_reordered", &[(6, "9 0 R 7 0 R", "7 0 R 9 0 R")]),
        ("page_removed", &[(6, "9 0 R 7 0 R", "9 0 R")]),
        ("page_twice", &[(6, "9 0 R 7 0 R", "9 0 R 7 0 R 5 0 R")]),
        // Readers that count, or that climb, would find other pages or attributes.
        ("page_tree", &[(140, "/Count 1", "/Count 2")]),
        ("page_tree", &[(2, "/Count 3", "/Count 2")]),
        ("page_tree", &[(140, "/Count 1", "")]),
        ("page_tree", &[(7, "/Parent 6 0 R", "/Parent 140 0 R")]),
        ("page_tree", &[(5, "/Parent 140 0 R", "/Parent 2 0 R")]),
        ("page_tree", &[(140, "/Parent 2 0 R", "/Parent 6 0 R")]),
        ("page_tree", &[(2, "", " /Parent 6 0 R")]),
        // What no node has.
        ("page_tree", &[(140, "", " /Contents 10 0 R")]),
        ("page_tree", &[(140, "", " /BleedBox [0 0 9 9]")]),
        ("page_tree", &[(140, "", " /AA << /O 1 >>")]),
        ("page_tree", &[(6, "", " /Group << /S /Transparency >>")]),
        ("page_tree", &[(140, "", " /ITXT 10 0 R")]),
        ("object_type", &[(140, node, "/Kids [5 0 R]")]),
        (
            "object_type",
            &[(140, node, "/Type /Template /Kids [5 0 R]")],
        ),
    ] {
        let told = told_with(changes);
        assert!(
            told.iter().any(|told| told == what),
            "{changes:?}: {told:?}"
        );
    }
}

/// One dictionary alone that no longer fits the others.
#[test]
fn a_tree_half_rebuilt_is_refused() {
    for (what, number, entries) in [
        (
            "page_entry",
            7,
            "/Type /Page /Parent 6 0 R /Contents 11 0 R",
        ),
        (
            "page_tree",
            6,
            "/Type /Pages /Parent 2 0 R /Kids [9 0 R] /Count 2",
        ),
        (
            "page_tree",
            2,
            "/Type /Pages /Kids [5 0 R 6 0 R 7 0 R] /Count 2 /Resources 4 0 R /MediaBox [0 0 595 842]",
        ),
    ] {
        let told = told_behind(&[], &[(number, entries)]);
        assert_eq!(told, [what], "{number}: {entries}");
    }
}

#[test]
fn a_page_without_resources_may_get_empty_ones() {
    let root = (
        2,
        "/Type /Pages /Kids [5 0 R 6 0 R 7 0 R] /Count 3 /MediaBox [0 0 595 842]",
    );
    let page = |more: &str| format!("/Type /Page /Parent 2 0 R /Contents 11 0 R {more}");
    let with = |resources: &str| told_behind(&[root], &[(7, &page(resources))]);
    assert_eq!(with("/Resources << >>"), [""; 0]);
    for other in [
        "/Resources << /Font << >> >>",
        "/Resources [ ]",
        "/CropBox << >>",
        "/Rotate 0",
    ] {
        assert_eq!(with(other).len(), 1, "{other}");
    }
}

/// What no reader can use they look for above, each in its own way: it stays where it is.
#[test]
fn an_attribute_that_means_nothing_may_not_move() {
    for odd in [" /Rotate 80 0 R", " /Rotate /X", " /CropBox [0 0 9]"] {
        let page = format!("/Type /Page /Parent 2 0 R /Contents 8 0 R /Annots [104 0 R] {odd}");
        let mut objects = rebuilt();
        let node = objects.get_mut(&140).unwrap();
        node.push_str(odd);
        let objects: Vec<_> = objects
            .iter()
            .map(|(number, entries)| (*number, entries.as_str()))
            .collect();
        let told = told_behind(&[(5, &page)], &objects);
        assert_ne!(told, [""; 0], "{odd}");
    }
    let page = "/Type /Page /Parent 2 0 R /Contents 8 0 R /Annots [104 0 R] /Rotate 90";
    let mut objects = rebuilt();
    objects.get_mut(&140).unwrap().push_str(" /Rotate 90");
    let objects: Vec<_> = objects
        .iter()
        .map(|(number, entries)| (*number, entries.as_str()))
        .collect();
    assert_eq!(told_behind(&[(5, page)], &objects), [""; 0]);
}

/// iText enters the widget into an element that had no content.
#[test]
fn an_empty_element_may_get_a_kid() {
    let element = "/Type /StructElem /S /Document /P 100 0 R";
    let widget =
        "/Type /StructElem /S /Form /P 102 0 R /Pg 9 0 R /K << /Type /OBJR /Obj 104 0 R >>";
    let with = |kid: &str, new: &str| {
        let element = format!("{element} {kid}");
        told_behind(
            &[(102, "/Type /StructElem /S /Document /P 100 0 R")],
            &[(102, &element), (150, new)],
        )
    };
    assert_eq!(with("/K 150 0 R", widget), [""; 0]);
    assert_eq!(with("/Kids 150 0 R", widget), ["object_replaced"]);
    assert_eq!(with("/K 0", widget), ["object_replaced"]);
    // What was read aloud already is not read once more, here or below something new.
    assert_eq!(with("/K 103 0 R", widget), ["object_replaced"]);
    assert_eq!(with("/K [150 0 R 103 0 R]", widget), ["object_replaced"]);
    let around = "/Type /StructElem /S /Form /P 102 0 R /K [103 0 R]";
    assert_eq!(with("/K 150 0 R", around), ["structure"]);
    let speaking = format!("{widget} /ActualText (no)");
    assert_eq!(with("/K 150 0 R", &speaking), ["structure"]);
}

/// A new node, overwritten over what was none.
#[test]
fn an_object_that_was_something_else_becomes_no_node() {
    for number in [4, 8, 10, 103] {
        let mut objects = rebuilt();
        let node = objects.remove(&140).unwrap();
        let there = format!("{number} 0 R");
        for entries in objects.values_mut() {
            *entries = entries.replace("140 0 R", &there);
        }
        objects.insert(number, node);
        let told = told(&updated(&mixed(), &objects));
        assert!(
            told.contains(&"object_type".to_owned()),
            "{number}: {told:?}"
        );
    }
}

/// The kids of a node are the kids of a number tree too, if the catalog says so.
#[test]
fn a_node_with_a_second_use_may_not_be_overwritten() {
    let catalog = "/Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 100 0 R /Lang (es-EC) \
                   /AcroForm << /Fields [104 0 R] /SigFlags 3 >>";
    let shared = |more: &str| {
        let catalog = BTreeMap::from([(1, format!("{catalog} {more}"))]);
        let prepared = updated(&mixed(), &catalog);
        told(&updated(&prepared, &rebuilt())).contains(&"object_shared".to_owned())
    };
    assert!(!shared(""));
    assert!(shared("/PageLabels 6 0 R"));
    assert!(shared("/Names << /Dests 2 0 R >>"));
}

/// iText counts every page of a tagged file in; the number must lead nowhere.
#[test]
fn a_page_may_get_a_key_of_the_parent_tree_that_maps_nothing() {
    let root = "/Type /StructTreeRoot /K [102 0 R] /ParentTree 101 0 R";
    let with = |key: &str, nums: &str, root: &str| {
        let mut objects = rebuilt();
        objects.insert(5, format!("{FIRST_PAGE} {key}"));
        objects.insert(100, root.to_owned());
        objects.insert(101, format!("/Nums [0 [103 0 R] {nums}]"));
        told(&updated(&mixed(), &objects))
    };
    let plain = format!("{root} /ParentTreeNextKey 3");
    let mapped = format!("{plain} /RoleMap << >>");
    for root in [&plain, &mapped] {
        assert_eq!(with("/StructParents 2", "", root), [""; 0]);
    }
    for (key, nums, root, what) in [
        ("/StructParents 0", "", &plain, "page_entry"),
        ("/StructParents 2", "2 [103 0 R]", &plain, "page_entry"),
        ("/StructParents 2", "2 103 0 R", &plain, "page_entry"),
        ("/StructParents 2", "2 [] 2 []", &plain, "page_entry"),
        ("/StructParents (2)", "", &plain, "page_entry"),
        ("/StructParent 2", "", &plain, "page_entry"),
        (
            "/StructParents 2",
            "",
            &mapped.replace("<< >>", "<< /P /Artifact >>"),
            "object_replaced",
        ),
        (
            "/StructParents 2",
            "",
            &mapped.replace("<< >>", "10 0 R"),
            "object_replaced",
        ),
    ] {
        let told = with(key, nums, root);
        assert!(
            told.iter().any(|told| told == what),
            "{key} {nums} {root}: {told:?}"
        );
    }
}
