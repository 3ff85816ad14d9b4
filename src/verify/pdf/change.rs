//! One change between two revisions, and what a signature before it says to that: permitted by ISO 32000-2 §12.8.2
//! and the PAdES profiles, for a person to look at, or a modification.

use serde_json::Value;

use super::object::{Dictionary, Object};
use crate::verify::report::{Code, Finding, Severity};

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A field was signed, new or empty before.
    Signature { new: bool, visible: bool },
    /// The same by a certification signature, which has to come first (§12.8.2.2.1).
    Certification,
    /// A document timestamp (§12.8.5).
    Timestamp { visible: bool },
    /// A signature field without a value.
    EmptyField { visible: bool },
    /// DSS, VRI and their streams (ETSI EN 319 142-1 §5.4).
    ValidationData,
    /// Dates and producer, XMP, extensions, unused objects: nothing that is shown.
    Housekeeping,
    /// The value of another field.
    FormFilling,
    /// What another field shows, while its value stays: the two may disagree (a Shadow attack).
    FieldAppearance,
    /// An annotation other than a signature's widget.
    Annotation(Power),
    /// Anything else.
    Forbidden,
}

/// What an annotation can do to the page that it lies on (§12.5.6; Rohlmann et al., Breaking the Specification: PDF
/// Certification, S&P 2021, table 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Power {
    /// Shown by the reader itself, beside the page.
    Nothing,
    /// Marks text, or draws shapes over it: able to hide.
    Marks,
    /// Writes words of its own, or of a kind that nobody knows.
    Writes,
}

impl Power {
    /// By `/Subtype`; with an appearance of its own even a pop-up window may draw.
    pub fn of(annotation: &Dictionary) -> Self {
        match annotation.get(b"Subtype").and_then(Object::name) {
            Some(b"Popup") if !annotation.has(b"AP") => Self::Nothing,
            Some(
                b"Popup" | b"Text" | b"Link" | b"Line" | b"Square" | b"Circle" | b"Polygon"
                | b"PolyLine" | b"Highlight" | b"Underline" | b"Squiggly" | b"StrikeOut" | b"Caret"
                | b"Ink" | b"FileAttachment" | b"Sound",
            ) => Self::Marks,
            _ => Self::Writes,
        }
    }
}

/// One change, named.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub kind: Kind,
    /// Stable word for what was changed: `page_content`, `annotation_added` …
    pub what: &'static str,
    /// Index of the revision that did it.
    pub revision: usize,
    /// Page from 1.
    pub page: Option<usize>,
    pub field: Option<String>,
    pub object: Option<u32>,
    /// One English sentence.
    pub detail: String,
}

/// What a signature allows to happen after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Permissions {
    /// The lowest `/P` in force: 1 nothing, 2 forms and signatures, 3 annotations too. Nothing when nobody set one.
    pub level: Option<u8>,
    /// Whether a certification signature grants what `level` says: without one, nobody granted anything.
    pub certified: bool,
    /// The last revision that a signature of a person closes, this one's or a later one's.
    pub signed_until: usize,
    /// Fields that signatures locked (§12.8.2.4, §12.7.5.5).
    pub locks: Vec<Lock>,
}

/// Fields that may not change after a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lock {
    All,
    Include(Vec<String>),
    Exclude(Vec<String>),
}

/// What becomes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Permitted,
    /// Allowed by the standard, and able to say something that nobody signed.
    ForAPerson,
    Modification,
}

impl Lock {
    /// A name covers the fields below it (§12.7.4.2).
    fn covers(&self, field: &str) -> bool {
        let named = |names: &[String]| {
            names.iter().any(|name| {
                field
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            Self::All => true,
            Self::Include(names) => named(names),
            Self::Exclude(names) => !named(names),
        }
    }
}

impl Permissions {
    pub fn judge(&self, change: &Change) -> Verdict {
        let locked = change
            .field
            .as_ref()
            .is_some_and(|field| self.locks.iter().any(|lock| lock.covers(field)));
        let at_least = |level: u8| self.level.is_none_or(|own| own >= level);
        // Somebody signed the result: that signature is judged like every other.
        let signed_later = change.revision <= self.signed_until;
        let permitted = match &change.kind {
            Kind::ValidationData | Kind::Housekeeping => true,
            // Nobody stands behind what such a field draws over the page: a timestamp names no person, an empty field nobody.
            Kind::Timestamp { visible } => !visible,
            // A new visible field after a certification is the Sneaky Signature attack.
            Kind::Signature { new, visible } => {
                at_least(2) && !locked && !(*new && *visible && self.level.is_some())
            }
            Kind::EmptyField { visible } => at_least(2) && !visible,
            // §12.8.2.2 grants it to whoever holds a certified form. After an approval nothing forbids it and nobody
            // stands behind it, unless somebody signs what was filled in.
            Kind::FormFilling if at_least(2) && !locked => {
                if self.certified || signed_later {
                    return Verdict::Permitted;
                }
                return Verdict::ForAPerson;
            }
            Kind::FieldAppearance if at_least(2) && !locked => {
                if signed_later {
                    return Verdict::Permitted;
                }
                return Verdict::ForAPerson;
            }
            Kind::Annotation(power) if self.certified && self.level == Some(3) => match power {
                Power::Nothing => true,
                Power::Marks => return Verdict::ForAPerson,
                // §12.8.2.2 permits it and the Evil Annotation attack lives on it: what it shows is not what was certified.
                Power::Writes => false,
            },
            Kind::FormFilling
            | Kind::FieldAppearance
            | Kind::Annotation(_)
            | Kind::Certification
            | Kind::Forbidden => false,
        };
        if permitted {
            Verdict::Permitted
        } else {
            Verdict::Modification
        }
    }

    /// Nothing but signatures, timestamps and validation data: what may follow a petition form (DESIGN D). Nobody stands behind
    /// what the fields of timestamps and empty ones draw.
    pub fn judge_addition(change: &Change) -> Verdict {
        match change.kind {
            Kind::Timestamp { visible: true } | Kind::EmptyField { visible: true } => {
                Verdict::ForAPerson
            }
            Kind::Signature { .. }
            | Kind::Certification
            | Kind::Timestamp { .. }
            | Kind::EmptyField { .. }
            | Kind::ValidationData
            | Kind::Housekeeping => Verdict::Permitted,
            Kind::FormFilling | Kind::FieldAppearance | Kind::Annotation(_) | Kind::Forbidden => {
                Verdict::Modification
            }
        }
    }
}

impl Change {
    /// The change as a finding about a signature or the file.
    pub fn finding(&self, verdict: Verdict, subject: &str) -> Finding {
        let mut finding = Finding::new(Code::PdfModifiedAfterSigning, subject)
            .fact("what", self.what)
            .fact("revision", Value::from(self.revision.saturating_add(1)))
            .fact(
                "detail",
                format!(
                    "{} in revision {}",
                    self.detail,
                    self.revision.saturating_add(1)
                ),
            );
        if verdict == Verdict::ForAPerson {
            finding = finding.weighing(Severity::Unknown);
        }
        if let Some(page) = self.page {
            finding = finding.fact("page", Value::from(page));
        }
        if let Some(field) = &self.field {
            finding = finding.fact("field", field.clone());
        }
        if let Some(object) = self.object {
            finding = finding.fact("object", Value::from(object));
        }
        finding
    }
}
