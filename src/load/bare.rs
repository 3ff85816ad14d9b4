//! How many of the same files a second this machine verifies when it does nothing else with them, on all its processors at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::papers::Paper;
use crate::evidence_package::judge;
use crate::fixture::pki::{self, Material};
use crate::verify::{Certificate, Crl, Evidence, Policy, TrustStore};

/// Revocation lists are older than what they are asked about.
const LIST_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Verifications a second of these papers on all processors, measured for `long`.
///
/// # Panics
/// When the fixtures' own certificates can't be read, which is a bug.
pub fn rate<'a>(papers: impl Iterator<Item = &'a Paper>, long: Duration, at: Timestamp) -> f64 {
    let papers: Vec<&[u8]> = papers.map(Paper::bytes).collect();
    let judge = Judge::of_fixtures(at);
    let processors = processors();
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    let work = || {
        let mut done = 0u32;
        while began.elapsed() < long && !papers.is_empty() {
            let place = next.fetch_add(1, Ordering::Relaxed) % papers.len();
            std::hint::black_box(judge.judge(papers[place]));
            done += 1;
        }
        done
    };
    let done: u32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let done = threads.into_iter().map(ScopedJoinHandle::join);
        done.map(|done| done.expect("verifying does not panic"))
            .sum()
    });
    f64::from(done) / began.elapsed().as_secs_f64()
}

/// Judges what the fixtures' people signed.
pub(super) struct Judge {
    trust: TrustStore,
    evidence: Evidence,
    policy: Policy,
    at: Timestamp,
}

impl Judge {
    pub(super) fn of_fixtures(at: Timestamp) -> Self {
        let trust = TrustStore::new(
            certificates(pki::roots()),
            certificates(pki::intermediates()),
        );
        let lists = pki::crls(at - LIST_AGE).into_iter();
        let evidence = Evidence {
            crls: lists
                .map(|list| Crl::parse(list.der).expect("a list of ours"))
                .collect(),
            ..Evidence::default()
        };
        Self {
            trust,
            evidence,
            policy: Policy::default(),
            at,
        }
    }

    /// Whether there is a verdict.
    pub(super) fn judge(&self, paper: &[u8]) -> bool {
        judge(paper, &self.trust, &self.evidence, &self.policy, self.at).is_ok()
    }
}

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn certificates(files: Vec<Material>) -> Vec<Certificate> {
    files
        .into_iter()
        .map(|file| Certificate::parse(file.der).expect("a certificate of ours"))
        .collect()
}
