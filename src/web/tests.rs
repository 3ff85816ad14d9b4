//! The pages with sample contexts: what a person reads, how heavy it is, and what must never be in it.

pub(super) mod languages;

use super::samples;
use crate::domain::Language;

/// Largest page with everything it loads (DESIGN §8).
const BUDGET: usize = 50 * 1024;
/// What every page of a company loads.
const SHARED: [&str; 4] = ["app.css", "app.js", "mark.svg", "once.js"];

/// Each page in Spanish, by its name, and in English, as `NAME.en`.
fn every_page() -> Vec<(String, String)> {
    let spanish = samples::pages(Language::Es).into_iter();
    let spanish = spanish.map(|(name, html)| (name.to_owned(), html));
    let english = samples::pages(Language::En).into_iter();
    let english = english.map(|(name, html)| (format!("{name}.en"), html));
    spanish.chain(english).collect()
}

#[test]
fn every_page_fits_a_bad_line() {
    let shared: usize = SHARED.iter().map(|name| source(name).len()).sum();
    for (name, html) in every_page() {
        assert!(
            html.len() + shared < BUDGET,
            "{name}: {} bytes and {shared} shared",
            html.len()
        );
    }
}

/// One word that a browser can't parse, and it runs nothing of a script: people with old telephones would be left without.
#[test]
fn old_browsers_parse_every_script_of_a_company() {
    for name in ["app.js", "once.js"] {
        let code: Vec<&str> = source(name)
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .collect();
        let code = code.join("\n");
        for newer in [
            "?.",
            "??",
            "catch {",
            "globalThis",
            "||=",
            "&&=",
            ".replaceAll(",
            ".at(",
        ] {
            assert!(!code.contains(newer), "{name}: {newer}");
        }
    }
}

fn source(name: &str) -> &'static str {
    match name {
        "app.css" => include_str!("static/app.css"),
        "app.js" => include_str!("static/app.js"),
        "once.js" => include_str!("static/once.js"),
        _ => include_str!("static/mark.svg"),
    }
}

#[test]
fn no_page_has_inline_script_or_style_or_an_outside_address() {
    for (name, html) in every_page() {
        assert!(
            !html.contains("<style") && !html.contains(" style="),
            "{name}"
        );
        assert!(
            !html.contains(" onclick=") && !html.contains("javascript:"),
            "{name}"
        );
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script src=\"/assets/").count(),
            "{name}"
        );
        let outside = html.match_indices("http").filter(|(at, _)| {
            html[*at..].contains("://")
                && !html[*at..].starts_with("http://127.0.0.1")
                && !html[*at..].starts_with("http-equiv")
        });
        assert_eq!(outside.count(), 0, "{name} names an outside address");
        assert!(html.contains("<h1"), "{name}");
    }
}

#[test]
fn every_field_has_its_label_and_every_form_its_button() {
    for (name, html) in every_page() {
        for (at, _) in html.match_indices("<input ") {
            let tag = &html[at..at + html[at..].find('>').unwrap()];
            if tag.contains("type=\"hidden\"") {
                continue;
            }
            let labelled = match tag
                .split(" id=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
            {
                Some(id) => html.contains(&format!("<label for=\"{id}\"")),
                None => html[..at]
                    .rfind("<label")
                    .is_some_and(|label| !html[label..at].contains("</label>")),
            };
            assert!(labelled, "{name}: {tag}");
        }
        assert_eq!(
            html.matches("<form").count(),
            html.matches("type=\"submit\"").count(),
            "{name}"
        );
    }
}

/// Whoever hands in data is told what becomes of them at that place, and everybody at the foot of every page (LOPDP Art. 12).
#[test]
fn what_is_kept_is_told_wherever_data_are_handed_in() {
    let link = "href=\"/datos-personales\"";
    let mut forms = 0;
    for (name, html) in every_page() {
        let footer = html.split_once("<footer").map(|(_, footer)| footer);
        assert!(footer.is_some_and(|it| it.contains(link)), "{name}");
        let collecting = ["action=\"/solicitud\"", " data-upload"];
        for form in html.split("<form").skip(1) {
            let (form, _) = form.split_once("</form>").unwrap();
            if collecting.iter().any(|mark| form.contains(mark)) {
                assert!(form.contains(link), "{name}");
                forms += 1;
            }
        }
    }
    assert!(forms > 3, "{forms}");
}

/// What people read on each page, as text: a change of words shows up in review.
#[test]
fn what_people_read() {
    for (name, html) in every_page() {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, readable(&html));
        });
    }
}

/// `CLAVERO_PAGES=DIR cargo test --lib web::tests::write` puts every page there as a file to look at.
#[test]
fn write_pages_to_look_at() {
    let Some(folder) = std::env::var_os("CLAVERO_PAGES") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for name in SHARED {
        std::fs::write(
            folder.join(super::assets::address(name).trim_start_matches('/')),
            source(name),
        )
        .unwrap();
    }
    for (name, html) in every_page() {
        std::fs::write(
            folder.join(format!("{name}.html")),
            html.replace("\"/assets/", "\"assets/"),
        )
        .unwrap();
    }
}

/// The text of a page, one block a line, without its frame.
fn readable(html: &str) -> String {
    let body = html
        .split_once("<main")
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or(html, |(_, rest)| rest);
    let body = body.split_once("</main>").map_or(body, |(main, _)| main);
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let block = [
            "/p", "/li", "/h1", "/h2", "/h3", "/dt", "/dd", "/label", "/legend", "/button", "/b",
            "/div", "/a", "/td", "/th", "br", "/span", "/pre",
        ];
        if block.contains(&tag) {
            text.push('\n');
        }
        rest = after;
    }
    text.push_str(rest);
    let text = text
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}
