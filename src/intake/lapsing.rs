//! What the service stands on and that ends by its own calendar: the certificate of the operator's seal and, where nobody is asked
//! about revocation, the lists that the operator brings. Nothing stops when it ends: receipts go on, petitions go to a person. So
//! alarms tell of it, before and after.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{Intake, IntakeError, Judgement};
use crate::domain::calendar;
use crate::seal::Seal;
use crate::store::{Alarm, AlarmKind};
use crate::verify::{Coverage, coverage};

/// How long before its end the seal's certificate is spoken of: a new one takes an order, a visit and a payment.
pub const SEAL_SOON: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Days before its end on which the seal's certificate rings.
const SEAL_RINGS: [i64; 3] = [7, 30, 90];

/// When something ends, or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The moment.
    pub at: Timestamp,
    /// Whether it has passed.
    pub is_over: bool,
}

impl Ended {
    fn of(at: Timestamp, now: Timestamp) -> Self {
        Self {
            at,
            is_over: at < now,
        }
    }

    /// As an alarm carries it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (at, is_over) = match text.strip_suffix(OVER) {
            Some(at) => (at, true),
            None => (text, false),
        };
        let at = at.parse().ok()?;
        Some(Self { at, is_over })
    }
}

const OVER: &str = " over";

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = if self.is_over { OVER } else { "" };
        write!(f, "{}{over}", self.at)
    }
}

/// When the seal's certificate ends, if that is soon or has passed.
#[must_use]
pub fn of_seal(seal: &Seal, now: Timestamp) -> Option<Ended> {
    let at = seal.certificate().not_after();
    (at.duration_since(now) < SEAL_SOON).then(|| Ended::of(at, now))
}

/// Subordinates below which nobody can be accepted, where nobody is asked.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    /// Now: lists are missing, or have ended.
    pub now: Vec<Coverage>,
    /// Soon: a list ends.
    pub soon: Vec<Coverage>,
}

impl Gaps {
    /// What the material at hand leaves open by itself.
    #[must_use]
    pub fn of(judgement: &Judgement, now: Timestamp) -> Self {
        let Judgement {
            trust,
            evidence,
            policy,
        } = judgement;
        let all = coverage::of(trust, evidence, policy, now);
        let (covered, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.holds);
        let soon = covered.into_iter().filter(|it| it.ends_soon(now));
        Self {
            now: open,
            soon: soon.collect(),
        }
    }

    /// The list that ends first, or ended first.
    #[must_use]
    pub fn nearest(&self, now: Timestamp) -> Option<Ended> {
        let all = self.now.iter().chain(&self.soon);
        let first = all.filter_map(|it| it.ends).min()?;
        Some(Ended::of(first, now))
    }
}

impl Intake {
    /// Raises an alarm about what has ended or is about to: every day about lists and about a seal that has ended, and now and then
    /// about one that will. How many were raised.
    pub(crate) async fn ring_endings(&self) -> Result<usize, IntakeError> {
        let now = self.now();
        let day = calendar::in_ecuador(now).date().to_string();
        let mut alarms = Vec::new();
        if let Some(ended) = self
            .settings()
            .seal
            .as_ref()
            .and_then(|it| of_seal(it, now))
        {
            let days = ended.at.duration_since(now).as_hours() / 24;
            let stage = SEAL_RINGS.iter().find(|stage| days < **stage);
            let subject = match stage.filter(|_| !ended.is_over) {
                Some(stage) => format!("{}:{stage}", ended.at),
                None => day.clone(),
            };
            alarms.push(Alarm::of_service(
                AlarmKind::SealEnding,
                subject,
                ended.to_string(),
            ));
        }
        if self.inner.fetcher.is_none() {
            let judgement = self.judgement();
            let gaps = self.blocking(move || Gaps::of(&judgement, now)).await?;
            if !gaps.now.is_empty() || !gaps.soon.is_empty() {
                // Where lists are missing now, one that will end is not the matter.
                let nearest = gaps.nearest(now);
                let nearest = nearest.filter(|it| it.is_over || gaps.now.is_empty());
                let reason = nearest.map_or_else(String::new, |ended| ended.to_string());
                alarms.push(Alarm::of_service(AlarmKind::ListsEnding, day, reason));
            }
        }
        let mut raised = 0;
        for alarm in alarms {
            let operator = self.settings().alarm_email.as_ref();
            if self.store().raise_alarm(&alarm, operator, now).await? {
                let (kind, ends) = (alarm.kind.as_str(), alarm.reason.as_deref());
                tracing::warn!(
                    alarm = kind,
                    ends,
                    "what the service stands on has ended or is about to; `clavero check-config` says more"
                );
                raised += 1;
            }
        }
        if raised > 0 {
            self.message_waits();
        }
        Ok(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::pki::{self, Entity};
    use crate::seal::tests::fixture_seal;
    use crate::verify::{Certificate, Crl, Evidence, Policy, TrustStore};

    fn certificates(materials: Vec<pki::Material>) -> Vec<Certificate> {
        let parsed = materials.into_iter().map(|it| Certificate::parse(it.der));
        parsed.map(Result::unwrap).collect()
    }

    fn judgement(lists: Vec<pki::Material>) -> Judgement {
        let crls = lists.into_iter().map(|it| Crl::parse(it.der).unwrap());
        Judgement {
            trust: TrustStore::new(
                certificates(pki::roots()),
                certificates(pki::intermediates()),
            ),
            evidence: Evidence {
                crls: crls.collect(),
                ocsps: Vec::new(),
            },
            policy: Policy::default(),
        }
    }

    #[test]
    fn a_subordinate_without_a_list_in_force_is_a_gap_and_one_whose_list_ends_soon_will_be() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let begun = now - SignedDuration::from_hours(48);
        let open = |gaps: &Gaps| (gaps.now.len(), gaps.soon.len());
        assert_eq!(open(&Gaps::of(&judgement(Vec::new()), now)), (3, 0));
        let all = pki::crls(begun);
        let roots_alone = all.iter().filter(|it| it.name.ends_with("raiz.crl"));
        let roots_alone = judgement(roots_alone.cloned().collect());
        assert_eq!(open(&Gaps::of(&roots_alone, now)), (3, 0));
        assert_eq!(open(&Gaps::of(&judgement(all.clone()), now)), (0, 0));

        // One of them ends: first soon, then now.
        let end = now + SignedDuration::from_hours(12);
        let mut lists: Vec<pki::Material> = all
            .into_iter()
            .filter(|it| it.name != "uno-sub.crl")
            .collect();
        lists.push(pki::list(Entity::Uno, true, begun, end));
        let judgement = judgement(lists);
        let before = Gaps::of(&judgement, now);
        assert_eq!(open(&before), (0, 1));
        // Of a list for sixty hours the last fifteen count.
        let earlier = end - SignedDuration::from_hours(16);
        assert_eq!(open(&Gaps::of(&judgement, earlier)), (0, 0));
        let is_over = false;
        assert_eq!(before.nearest(now), Some(Ended { at: end, is_over }));
        let later = end + SignedDuration::from_hours(1);
        let after = Gaps::of(&judgement, later);
        assert_eq!(open(&after), (1, 0));
        let is_over = true;
        assert_eq!(after.nearest(later), Some(Ended { at: end, is_over }));
    }

    #[test]
    fn a_seal_is_spoken_of_when_its_end_is_near_or_past() {
        let seal = fixture_seal("rosa");
        let at = seal.certificate().not_after();
        let day = SignedDuration::from_hours(24);
        for (now, told) in [
            (at - day * 91, None),
            (at - day * 89, Some(false)),
            (at + day, Some(true)),
        ] {
            let ended = of_seal(&seal, now);
            assert_eq!(ended.map(|it| it.is_over), told, "{now}");
            if let Some(ended) = ended {
                assert_eq!(Ended::read(&ended.to_string()), Some(ended));
            }
        }
        assert_eq!(Ended::read(""), None);
    }
}
