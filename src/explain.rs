//! What every code means and what to do about it, written once: for the command line, the pages, the reports and
//! `clavero explain`. The English meaning of a finding is the comment above it in its table; the rest stands here.
//!
//! Three kinds: findings of a report (`findings`), reasons of a decision (`words` has their sentences), and inputs that
//! can't be judged at all (`inputs`).

mod findings;
mod inputs;

use jiff::Timestamp;
use serde_json::Value;

use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, Outcome, Text, calendar};
use crate::questions::Question;
use crate::verify::report::{Severity, SubIndication};
use crate::verify::{Code, Finding};
use crate::words;
pub use inputs::input;

/// The words of a finding's code.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// Meaning: a sentence that stands alone. The English one is [`Code::meaning`].
    pub meaning: Text,
    /// Document and section whose rule it is.
    pub standard: &'static str,
    /// What to do next.
    pub next_step: Text,
    /// Which of the ten questions it answers.
    pub question: Question,
}

/// The words of a code.
#[must_use]
pub fn code(code: Code) -> Explanation {
    findings::explanation(code)
}

/// What was found, as one sentence, with its date if it has one.
#[must_use]
pub fn sentence(finding: &Finding, language: Language) -> String {
    let explanation = code(finding.code);
    let meaning = explanation.meaning.say(language);
    let date = finding
        .code
        .dated_by()
        .and_then(|fact| finding.facts.get(fact))
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<Timestamp>().ok());
    match date {
        Some(at) => format!(
            "{} ({}).",
            meaning.trim_end_matches('.'),
            calendar::day_in(language, at)
        ),
        None => meaning.to_owned(),
    }
}

/// Everything about one code, for `clavero explain`, in capitals or not; nothing when there is no such code.
#[must_use]
pub fn entry(name: &str) -> Option<Entry> {
    all()
        .into_iter()
        .find(|entry| entry.code.eq_ignore_ascii_case(name))
}

/// Everything about every code, in the order of the tables.
#[must_use]
pub fn all() -> Vec<Entry> {
    let findings = Code::ALL.iter().map(|one| {
        let explanation = code(*one);
        Entry {
            code: one.as_str(),
            severity: Some(one.severity()),
            sub_indication: one.sub_indication(),
            standard: Some(explanation.standard),
            es: explanation.meaning.es.to_owned(),
            en: explanation.meaning.en.to_owned(),
            next_step: Some(explanation.next_step),
        }
    });
    let reasons = ReasonCode::ALL.iter().map(|one| Entry {
        code: one.as_str(),
        severity: None,
        sub_indication: None,
        standard: None,
        es: words::sentence(&Reason::new(*one, Outcome::InReview), Language::Es),
        en: words::sentence(&Reason::new(*one, Outcome::InReview), Language::En),
        // Most sentences end with what to do.
        next_step: words::remedy(*one),
    });
    let inputs = inputs::ALL.iter().map(|(name, explanation)| Entry {
        code: name,
        severity: None,
        sub_indication: None,
        standard: None,
        es: explanation.meaning.es.to_owned(),
        en: explanation.meaning.en.to_owned(),
        next_step: Some(explanation.next_step),
    });
    findings.chain(reasons).chain(inputs).collect()
}

/// One code with all that is known about it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The code.
    pub code: &'static str,
    /// Weight of a finding; nothing for reasons and inputs.
    pub severity: Option<Severity>,
    /// EN 319 102-1.
    pub sub_indication: Option<SubIndication>,
    /// Document and section.
    pub standard: Option<&'static str>,
    /// Meaning in Spanish.
    pub es: String,
    /// Meaning in English.
    pub en: String,
    /// What to do next, unless the meaning says it.
    pub next_step: Option<Text>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_words_and_no_two_share_them() {
        let mut codes = BTreeSet::new();
        let mut meanings = BTreeSet::new();
        for entry in all() {
            assert!(codes.insert(entry.code), "{} stands twice", entry.code);
            for text in [&entry.es, &entry.en] {
                assert!(text.len() > 10, "{}: {text}", entry.code);
                assert!(!text.contains('{'), "{}: {text}", entry.code);
                assert!(text.ends_with('.'), "{}: {text}", entry.code);
                assert!(meanings.insert(text.clone()), "{}: {text}", entry.code);
            }
            if let Some(step) = entry.next_step {
                assert!(
                    step.es.ends_with('.') && step.en.ends_with('.'),
                    "{}",
                    entry.code
                );
            }
        }
        for one in Code::ALL {
            let standard = code(*one).standard;
            assert!(
                standard.chars().any(|c| c.is_ascii_digit()),
                "{one}: a standard has a number: {standard}"
            );
        }
        assert!(codes.contains("chain.expired") && codes.contains("CERT_EXPIRED"));
    }

    /// What people read is what is explained; capitals of a report that was read out aloud are nobody's concern.
    #[test]
    fn a_reason_is_explained_in_the_words_that_people_read() {
        let entry = entry("cert_revoked").unwrap();
        let reason = Reason::new(ReasonCode::CertRevoked, Outcome::InReview);
        assert_eq!(entry.code, "CERT_REVOKED");
        assert_eq!(entry.en, words::sentence(&reason, Language::En));
        assert_eq!(super::entry("Chain.Expired").unwrap().code, "chain.expired");
        assert!(super::entry("chain").is_none());
    }

    #[test]
    fn a_date_stands_inside_its_sentence() {
        let finding =
            Finding::new(Code::ChainExpired, "CN=Ana").fact("not_after", "2026-05-04T03:00:00Z");
        assert!(
            sentence(&finding, Language::Es).ends_with("(3 de mayo de 2026)."),
            "{}",
            sentence(&finding, Language::Es)
        );
        assert!(sentence(&finding, Language::En).ends_with("(3 May 2026)."));
        let undated = Finding::new(Code::ChainExpired, "CN=Ana");
        assert!(!sentence(&undated, Language::Es).contains('('));
    }
}
