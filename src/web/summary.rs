//! The one-page report on a document as an HTML file of its own: no script, nothing from elsewhere, fit for printing.

use askama::Template;

use crate::domain::Language;
use crate::summary::Summary;

#[derive(Template)]
#[template(path = "summary.html", config = "src/web/pages/askama.toml")]
struct SummaryPage<'a> {
    summary: &'a Summary,
}

impl SummaryPage<'_> {
    fn language(&self) -> Language {
        self.summary.language
    }

    /// BCP 47.
    fn lang(&self) -> &'static str {
        match self.summary.language {
            Language::Es => "es-EC",
            Language::En => "en",
        }
    }
}

/// The file.
///
/// # Errors
/// When the page can't be written: a bug.
pub fn html(summary: &Summary) -> Result<String, askama::Error> {
    SummaryPage { summary }.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::summary;
    use crate::web::samples;

    #[test]
    fn the_page_stands_alone_and_nothing_in_it_is_markup() {
        let mut report = samples::report();
        for signature in &mut report.signatures {
            if let Some(signer) = &mut signature.signer {
                signer.name = "<script>alert(1)</script>".to_owned();
            }
        }
        for (language, tag) in [(Language::Es, "es-EC"), (Language::En, "en")] {
            let received = samples::at("2026-11-21T15:00:00Z");
            let page = html(&summary("a<b>.pdf", &report, received, language)).unwrap();
            assert!(page.contains(&format!("<html lang=\"{tag}\">")));
            assert!(
                !page.contains("<script") && !page.contains("a<b>"),
                "{page}"
            );
            assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("));
            assert_eq!(page.matches("<td class=\"word").count(), 10);
        }
    }
}
