//! Certificate policies (RFC 5280 §6.1.3 (d)–(f), §6.1.4 (a), (b), (h)–(j), §6.1.5), with any policy acceptable at the
//! start.
//!
//! What counts in the end is only whether the policy tree is empty, and a node without children is always pruned; so the
//! lowest level of the tree is all that has to be kept, with nodes of the same policy merged (RFC 9618 §3 does likewise
//! to keep the work linear).

use std::collections::{BTreeMap, BTreeSet};

use crate::verify::certificate::Certificate;

const ANY_POLICY: &str = "2.5.29.32.0";

/// Valid policy of a node → its expected policy set.
type Level = BTreeMap<String, BTreeSet<String>>;

/// State variables of §6.1.2.
#[derive(Debug)]
pub(super) struct PolicyState {
    level: Level,
    explicit_policy: u32,
    inhibit_any_policy: u32,
    policy_mapping: u32,
}

impl PolicyState {
    /// §6.1.2 (a), (d)–(f) for a path of `count` certificates below the root.
    pub(super) fn new(count: usize) -> Self {
        let beyond = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            level: Level::from([(ANY_POLICY.to_owned(), single(ANY_POLICY))]),
            explicit_policy: beyond,
            inhibit_any_policy: beyond,
            policy_mapping: beyond,
        }
    }

    /// One certificate. False when a rule about policies is broken.
    pub(super) fn process(&mut self, certificate: &Certificate, last: bool) -> bool {
        self.descend(certificate, last);
        let mut holds = self.explicit_policy > 0 || !self.level.is_empty();
        let extensions = certificate.extensions();
        if last {
            // §6.1.5 (a), (b).
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            if extensions.require_explicit_policy == Some(0) {
                self.explicit_policy = 0;
            }
            return holds && (self.explicit_policy > 0 || !self.level.is_empty());
        }
        // §6.1.4 (a).
        holds &= !extensions
            .policy_mappings
            .iter()
            .any(|(issuer, subject)| issuer == ANY_POLICY || subject == ANY_POLICY);
        self.map(&extensions.policy_mappings);
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
        lower(
            &mut self.explicit_policy,
            extensions.require_explicit_policy,
        );
        lower(&mut self.policy_mapping, extensions.inhibit_policy_mapping);
        lower(&mut self.inhibit_any_policy, extensions.inhibit_any_policy);
        holds
    }

    /// §6.1.3 (d), (e).
    fn descend(&mut self, certificate: &Certificate, last: bool) {
        let above = std::mem::take(&mut self.level);
        let Some(stated) = certificate.extensions().policies.as_ref() else {
            return;
        };
        let mut below = Level::new();
        for policy in stated.iter().filter(|policy| *policy != ANY_POLICY) {
            let expected = above.values().any(|expected| expected.contains(policy));
            if expected || above.contains_key(ANY_POLICY) {
                below.insert(policy.clone(), single(policy));
            }
        }
        let any_counts = self.inhibit_any_policy > 0 || (!last && certificate.is_self_issued());
        if any_counts && stated.iter().any(|policy| policy == ANY_POLICY) {
            for policy in above.into_values().flatten() {
                below
                    .entry(policy.clone())
                    .or_insert_with(|| single(&policy));
            }
        }
        self.level = below;
    }

    /// §6.1.4 (b).
    fn map(&mut self, mappings: &[(String, String)]) {
        let mut by_issuer: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (issuer, subject) in mappings {
            by_issuer.entry(issuer).or_default().insert(subject.clone());
        }
        let any = self.level.contains_key(ANY_POLICY);
        for (issuer, subjects) in by_issuer {
            if self.policy_mapping == 0 {
                self.level.remove(issuer);
            } else if any || self.level.contains_key(issuer) {
                self.level.insert(issuer.to_owned(), subjects);
            }
        }
    }
}

fn single(policy: &str) -> BTreeSet<String> {
    BTreeSet::from([policy.to_owned()])
}

fn lower(counter: &mut u32, stated: Option<u32>) {
    if let Some(stated) = stated {
        *counter = (*counter).min(stated);
    }
}
