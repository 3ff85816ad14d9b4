//! What every code means and what to do about it, written once: for the command line, the pages, the reports and
//! `clavero explain`. The English meaning of a finding is the comment above it in its table; the rest stands here.
//!
//! Three kinds: findings of a report (`findings`), reasons of a decision (`words` has their sentences), and inputs that
//! can't be judged at all (`inputs`).

mod findings;
mod inputs;

use jiff::Timestamp;
use serde_json::Value;

use crate::decision::{Reason, ReasonCode, table};
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
            outcomes: Vec::new(),
        }
    });
    let rows = table::rows();
    let reasons = ReasonCode::ALL.iter().map(|one| {
        let leads_to = |outcome: &Outcome| {
            rows.iter()
                .any(|row| (row.code, row.outcome) == (*one, *outcome))
        };
        let outcomes: Vec<Outcome> = Outcome::ALL.iter().copied().filter(leads_to).collect();
        Entry {
            code: one.as_str(),
            severity: None,
            sub_indication: None,
            standard: None,
            es: reason(*one, &outcomes, Language::Es),
            en: reason(*one, &outcomes, Language::En),
            // Most sentences end with what to do.
            next_step: words::remedy(*one),
            outcomes,
        }
    });
    let inputs = inputs::ALL.iter().map(|(name, explanation)| Entry {
        code: name,
        severity: None,
        sub_indication: None,
        standard: None,
        es: explanation.meaning.es.to_owned(),
        en: explanation.meaning.en.to_owned(),
        next_step: Some(explanation.next_step),
        outcomes: Vec::new(),
    });
    findings.chain(reasons).chain(inputs).collect()
}

/// What a reason says, whatever comes of it: the sentences of its outcomes, where they differ.
fn reason(code: ReasonCode, outcomes: &[Outcome], language: Language) -> String {
    const OR: Text = Text::new("O bien:", "Or:");
    let mut sentences: Vec<String> = outcomes
        .iter()
        .map(|outcome| words::sentence(&Reason::new(code, *outcome), language))
        .collect();
    sentences.dedup();
    sentences.join(&format!(" {} ", OR.say(language)))
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
    /// What a reason can lead to by itself; nothing for findings and inputs.
    pub outcomes: Vec<Outcome>,
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
    fn a_reason_that_can_refuse_does_not_promise_a_person_alone() {
        let entry = entry("CA_NOT_ACCREDITED").unwrap();
        assert_eq!(entry.outcomes, [Outcome::InReview, Outcome::Refused]);
        for outcome in &entry.outcomes {
            let reason = Reason::new(ReasonCode::CaNotAccredited, *outcome);
            assert!(entry.es.contains(&words::sentence(&reason, Language::Es)));
            assert!(entry.en.contains(&words::sentence(&reason, Language::En)));
        }
        for one in all() {
            let is_reason = ReasonCode::ALL.iter().any(|code| code.as_str() == one.code);
            assert_eq!(one.outcomes.is_empty(), !is_reason, "{}", one.code);
        }
    }

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
