//! One change between two revisions, and what a signature before it says to that: permitted by ISO 32000-2 §12.8.2
//! and the PAdES profiles, for a person to look at, or a modification.

use serde_json::Value;

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
    /// An annotation other than a signature's widget.
    Annotation,
    /// Anything else.
    Forbidden,
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
    /// Whether a certification signature grants form filling at all: without one, what is signed stays.
    pub certified: bool,
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
    /// Allowed by the certifier, and able to paint over what was signed (the Evil Annotation attack).
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
        let permitted = match &change.kind {
            Kind::ValidationData | Kind::Housekeeping => true,
            // Nobody stands behind what such a field draws over the page: a timestamp names no person, an empty field nobody.
            Kind::Timestamp { visible } => !visible,
            // A new visible field after a certification is the Sneaky Signature attack.
            Kind::Signature { new, visible } => {
                at_least(2) && !locked && !(*new && *visible && self.level.is_some())
            }
            Kind::EmptyField { visible } => at_least(2) && !visible,
            Kind::FormFilling => self.certified && at_least(2) && !locked,
            Kind::Annotation if self.certified && self.level == Some(3) => {
                return Verdict::ForAPerson;
            }
            Kind::Annotation | Kind::Certification | Kind::Forbidden => false,
        };
        if permitted {
            Verdict::Permitted
        } else {
            Verdict::Modification
        }
    }

    /// Nothing but signatures, timestamps and validation data: what may follow a petition form (DESIGN D).
    pub fn judge_addition(change: &Change) -> Verdict {
        match change.kind {
            Kind::Signature { .. }
            | Kind::Certification
            | Kind::Timestamp { .. }
            | Kind::EmptyField { .. }
            | Kind::ValidationData
            | Kind::Housekeeping => Verdict::Permitted,
            Kind::FormFilling | Kind::Annotation | Kind::Forbidden => Verdict::Modification,
        }
    }
}

impl Change {
    /// The change as a finding about a signature or the file.
    pub fn finding(&self, verdict: Verdict, subject: &str) -> Finding {
        let mut finding = Finding::new(Code::PdfModifiedAfterSigning, subject)
            .fact("what", self.what)
            .fact("revision", Value::from(self.revision.saturating_add(1)))
            .fact("detail", self.detail.clone());
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
