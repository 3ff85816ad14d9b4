//! What answers at hand say about revocation by themselves, below each subordinate of a store (RFC 5280 §6.3): where nobody is
//! asked, they alone decide whether anybody's signature can be accepted there. What documents bring along is left out.

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::chain::{self, Budget, Purpose, Sources};
use super::policy::Policy;
use super::revocation::Evidence;
use super::trust::TrustStore;
use super::wanted::unsettled;

/// A list is to be renewed this long before its end at the latest: those of roots live for months.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Those of subordinates live for hours or days: in the last quarter of its life a list should have a successor.
const LAST_PART: i32 = 4;

/// What answers say below one subordinate.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// Whose signers are in question.
    pub subordinate: Certificate,
    /// Whether its own status is settled, and a list in force tells of what it issued.
    pub holds: bool,
    /// When the first of the lists ends, or ended, that this takes; none when it has none.
    pub ends: Option<Timestamp>,
    /// From when on one of the lists should have a successor.
    pub renewed_at: Option<Timestamp>,
}

impl Coverage {
    /// Whether it holds and soon will not.
    #[must_use]
    pub fn ends_soon(&self, at: Timestamp) -> bool {
        self.holds && self.renewed_at.is_some_and(|renewed| renewed <= at)
    }
}

/// A list of an authority, as long as it is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    ends: Timestamp,
    begins: Timestamp,
}

impl Span {
    fn renewed_at(self) -> Timestamp {
        let last = self.ends.duration_since(self.begins) / LAST_PART;
        self.ends - last.min(RENEWED_BEFORE)
    }
}

/// Every subordinate that may issue at `at`, with what these answers say then.
#[must_use]
pub fn of(trust: &TrustStore, given: &Evidence, policy: &Policy, at: Timestamp) -> Vec<Coverage> {
    let sources = Sources {
        trust,
        pool: trust.intermediates(),
    };
    let covered = |subordinate: &Certificate| {
        let path = path_of(subordinate, sources, at)?;
        let last = |authority: &Certificate| {
            let spans = given.crls.iter().filter_map(|list| {
                let ends = list.speaks_until(authority, policy)?;
                let begins = list.this_update();
                Some(Span { ends, begins })
            });
            spans.max()
        };
        let settled = unsettled(&path, sources, given, policy, at).is_empty();
        let speaks = last(subordinate).is_some_and(|list| list.ends >= at);
        // The status of those above may be settled by an answer that is no list.
        let lists: Vec<Span> = path.iter().filter_map(last).collect();
        Some(Coverage {
            subordinate: subordinate.clone(),
            holds: settled && speaks,
            ends: lists.iter().map(|list| list.ends).min(),
            renewed_at: lists.iter().map(|list| list.renewed_at()).min(),
        })
    };
    trust.intermediates().iter().filter_map(covered).collect()
}

/// The path by which a subordinate issues at `at`, if there is one.
#[must_use]
pub fn path_of(
    subordinate: &Certificate,
    sources: Sources<'_>,
    at: Timestamp,
) -> Option<Vec<Certificate>> {
    let budget = &mut Budget::default();
    let found = chain::candidates(subordinate, sources, Purpose::Issuing, budget, at);
    let trusted = found.into_iter().find(chain::Candidate::is_trusted)?;
    Some(trusted.certificates)
}
