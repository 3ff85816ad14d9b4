//! Asks about one document: for each certificate whose status is wanted, its responders first, because their answers are
//! the newest, then its lists; until the judgement wants nothing more, nothing new comes, or the time is over.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::cache::{Answer, Kind};
use super::{FetchError, Fetcher};
use crate::domain::Sha256;
use crate::material;
use crate::threads;
use crate::verify::{Addresses, Evidence, Policy, TrustStore, Wanted, Worth};

/// Rounds for one document: the signer's answers, those of whoever signed them, and one to spare.
const MAX_ROUNDS: u8 = 4;

/// What answers are judged by while they come in.
#[derive(Debug, Clone, Copy)]
pub struct Judges<'a> {
    /// Roots.
    pub trust: &'a TrustStore,
    /// Freshness.
    pub policy: &'a Policy,
    /// The time of reception.
    pub at: Timestamp,
}

/// An address that gave nothing of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The address.
    pub address: String,
    /// Why.
    pub error: FetchError,
}

/// The questions about one document.
#[derive(Debug)]
pub struct Inquiry<'a> {
    fetcher: &'a Fetcher,
    now: Timestamp,
    deadline: Instant,
    asked: HashSet<Sha256>,
    in_vain: HashSet<Sha256>,
    rounds: u8,
    failures: Vec<Failure>,
}

/// One address to be asked about one certificate.
#[derive(Debug, Clone, Copy)]
struct Question<'a> {
    kind: Kind,
    wanted: &'a Wanted,
    address: &'a str,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(fetcher: &'a Fetcher, now: Timestamp, limit: Duration) -> Self {
        Self {
            fetcher,
            now,
            deadline: Instant::now() + limit,
            asked: HashSet::new(),
            in_vain: HashSet::new(),
            rounds: 0,
            failures: Vec::new(),
        }
    }

    /// Brings what is wanted and adds it to `evidence`; whether anything came, so that judging again is worth while.
    pub async fn learn(
        &mut self,
        evidence: &mut Evidence,
        wanted: &[Wanted],
        judges: Judges<'_>,
    ) -> bool {
        if self.rounds >= MAX_ROUNDS {
            return false;
        }
        self.rounds += 1;
        let this = &*self;
        let sought = join_all(wanted.iter().map(|wanted| this.seek(wanted, judges))).await;
        let mut came = false;
        for sought in sought {
            self.asked.extend(sought.asked);
            self.in_vain.extend(sought.in_vain);
            for failure in sought.failures {
                tracing::warn!(address = %failure.address, error = %failure.error, "no answer about revocation");
                if !self.failures.contains(&failure) {
                    self.failures.push(failure);
                }
            }
            for answer in sought.answers {
                came |= add(evidence, answer);
            }
        }
        came
    }

    /// Addresses that gave nothing of use so far.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether somebody may say more about this certificate in a while: there is an address that can be asked and has not
    /// answered in vain.
    #[must_use]
    pub fn may_answer(&self, wanted: &Wanted) -> bool {
        let addresses = wanted.addresses();
        let mut questions = questions(wanted, &addresses);
        questions.any(|question| !self.in_vain.contains(&question.key()))
    }

    /// Asks one address after another about one certificate, until one settles its status.
    async fn seek(&self, wanted: &Wanted, judges: Judges<'_>) -> Sought {
        let addresses = wanted.addresses();
        let mut sought = Sought::default();
        for question in questions(wanted, &addresses) {
            let key = question.key();
            if self.asked.contains(&key) {
                continue;
            }
            sought.asked.push(key);
            let answer = timeout_at(self.deadline, self.ask(key, question, judges)).await;
            match answer.unwrap_or(Err(FetchError::TimedOut)) {
                Ok((answer, worth)) => {
                    if worth == Worth::Nothing && question.is_answered_for_good() {
                        sought.in_vain.push(key);
                    }
                    sought.answers.push(answer);
                    if worth == Worth::Settles {
                        break;
                    }
                }
                Err(error) => {
                    if error.is_lasting() {
                        sought.in_vain.push(key);
                    }
                    sought.failures.push(Failure {
                        address: question.address.to_owned(),
                        error,
                    });
                }
            }
        }
        sought
    }

    /// The answer of one address: remembered, or brought now. An answer is remembered only when it is believed.
    async fn ask(
        &self,
        key: Sha256,
        question: Question<'_>,
        judges: Judges<'_>,
    ) -> Result<(Answer, Worth), FetchError> {
        let (cache, now) = (&self.fetcher.0.cache, self.now);
        let _turn = self.fetcher.0.turns.take(key).await;
        let known = cache.find(key, now).and_then(|known| {
            let worth = question.worth(&known.answer, judges);
            (worth != Worth::Nothing).then_some((known, worth))
        });
        match known {
            Some((known, worth)) if known.is_current(now) => Ok((known.answer, worth)),
            known => {
                let known = known.map(|(known, worth)| (known.answer, worth));
                self.renew(key, question, judges, known).await
            }
        }
    }

    /// Brings an answer in place of what is known, which stays when nobody answers, or with something older: a list from
    /// before a revocation, sent again by somebody on the way.
    async fn renew(
        &self,
        key: Sha256,
        question: Question<'_>,
        judges: Judges<'_>,
        known: Option<(Answer, Worth)>,
    ) -> Result<(Answer, Worth), FetchError> {
        let (cache, now) = (&self.fetcher.0.cache, self.now);
        let brought = match cache.failure(key, now) {
            Some(error) => Err(error),
            None => self.bring(question).await.inspect_err(|error| {
                cache.keep_failure(key, error, now);
            }),
        };
        let brought = match (brought, &known) {
            (Ok(brought), _) => brought,
            (Err(_), Some(known)) => return Ok(known.clone()),
            (Err(error), None) => return Err(error),
        };
        let worth = question.worth(&brought, judges);
        match known {
            Some(known) if worth == Worth::Nothing || known.0.given_at() > brought.given_at() => {
                Ok(known)
            }
            _ => {
                if worth != Worth::Nothing {
                    cache.keep(key, &brought, now);
                }
                Ok((brought, worth))
            }
        }
    }

    async fn bring(&self, question: Question<'_>) -> Result<Answer, FetchError> {
        let fetcher = &self.fetcher.0;
        let closed = |_| FetchError::TimedOut;
        let _place = fetcher.places.acquire().await.map_err(closed)?;
        match question.kind {
            Kind::Crl => {
                let limit = fetcher.settings.crl_bytes;
                let bytes = fetcher.client.get(question.address, limit).await?;
                // A large list takes a while to read.
                let read = move || Answer::parse(Kind::Crl, one_list(&bytes)?);
                let read = threads::occupy(read).await;
                read.ok().flatten().ok_or(FetchError::NoAnswer)
            }
            Kind::Ocsp => {
                let mut nonce = [0; NONCE_BYTES];
                openssl::rand::rand_bytes(&mut nonce).map_err(|_| FetchError::NoAnswer)?;
                let request = question.wanted.ocsp_request(&nonce);
                let request = request.ok_or(FetchError::NoAnswer)?;
                let limit = fetcher.settings.ocsp_bytes;
                let client = &fetcher.client;
                let bytes = client.ocsp(question.address, &request, limit).await?;
                let answer = Answer::parse(Kind::Ocsp, bytes).ok_or(FetchError::NoAnswer)?;
                match &answer {
                    // RFC 6960 §4.4.1: another number is the answer to another question, sent again by somebody.
                    Answer::Ocsp(response) if response.nonce().is_some_and(|n| n != nonce) => {
                        Err(FetchError::Replayed)
                    }
                    _ => Ok(answer),
                }
            }
        }
    }
}

/// RFC 9654 §2.1: a client sends 32 bytes.
const NONCE_BYTES: usize = 32;

/// What came of the questions about one certificate.
#[derive(Debug, Default)]
struct Sought {
    asked: Vec<Sha256>,
    /// Of those, the ones that need not be asked again.
    in_vain: Vec<Sha256>,
    answers: Vec<Answer>,
    failures: Vec<Failure>,
}

/// Whom to ask about a certificate, in this order.
fn questions<'a>(
    wanted: &'a Wanted,
    addresses: &'a Addresses,
) -> impl Iterator<Item = Question<'a>> {
    let responders = addresses.ocsp.iter().filter(|_| !wanted.lists_only);
    let responders = responders.map(|address| (Kind::Ocsp, address));
    let lists = addresses.crls.iter().map(|address| (Kind::Crl, address));
    responders
        .chain(lists)
        .map(move |(kind, address)| Question {
            kind,
            wanted,
            address,
        })
}

impl Question<'_> {
    /// Whether an answer of no worth will be the same tomorrow: a list of others, or by a key that is not believed, is not
    /// about to be about this one, and a responder that knows nothing of a CA won't learn of it. It may of a person whose
    /// certificate is minutes old.
    fn is_answered_for_good(self) -> bool {
        match self.kind {
            Kind::Crl => true,
            Kind::Ocsp => self.wanted.certificate.is_ca(),
        }
    }

    /// Lists are remembered for everybody below an issuer's key, OCSP answers for one certificate.
    fn key(self) -> Sha256 {
        let serial = match self.kind {
            Kind::Crl => &[][..],
            Kind::Ocsp => self.wanted.certificate.serial(),
        };
        let mut bytes = Vec::new();
        let kind: &[u8] = match self.kind {
            Kind::Crl => b"crl",
            Kind::Ocsp => b"ocsp",
        };
        for part in [
            kind,
            Sha256::of(self.wanted.issuer.spki()).as_bytes(),
            serial,
            self.address.as_bytes(),
        ] {
            bytes.extend_from_slice(Sha256::of(part).as_bytes());
        }
        Sha256::of(&bytes)
    }

    fn worth(self, answer: &Answer, judges: Judges<'_>) -> Worth {
        let mut alone = Evidence::default();
        add(&mut alone, answer.clone());
        self.wanted
            .worth(&alone, judges.trust, judges.policy, judges.at)
    }
}

/// Adds an answer unless it is there already; whether it was new.
fn add(evidence: &mut Evidence, answer: Answer) -> bool {
    match answer {
        Answer::Crl(list) => {
            let new = evidence.crls.iter().all(|one| one.der() != list.der());
            if new {
                evidence.crls.push(list);
            }
            new
        }
        Answer::Ocsp(answer) => {
            let new = evidence.ocsps.iter().all(|one| one.der() != answer.der());
            if new {
                evidence.ocsps.push(answer);
            }
            new
        }
    }
}

/// RFC 5280 §4.2.1.13 asks for DER; some servers hand out PEM all the same.
fn one_list(bytes: &[u8]) -> Option<Vec<u8>> {
    let found = material::blocks(bytes, &["X509 CRL", "CRL"]).ok()?;
    found.into_iter().next()
}
