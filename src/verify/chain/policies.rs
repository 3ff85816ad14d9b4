//! Certificate policies (RFC 5280 §6.1.3 (d)–(f), §6.1.4 (a), (b), (h)–(j), §6.1.5).
//!
//! What counts in the end is only whether something is left of the policy tree after its intersection with the policies
//! asked for, and a node without children is always pruned. So the lowest level of the tree is all that has to be kept,
//! with nodes of the same policy merged (RFC 9618 §3 does likewise, to keep the work linear), and of the way up from a
//! node only whether it leads to an acceptable policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::verify::certificate::Certificate;
use crate::verify::policy::InitialPolicies;

const ANY_POLICY: &str = "2.5.29.32.0";

/// The nodes of one depth, by their valid policy.
type Level = BTreeMap<String, Node>;

#[derive(Debug, Clone)]
struct Node {
    /// The policies that stand for this one in the next certificate.
    expected: BTreeSet<String>,
    /// Whether a policy that the root's own domain calls acceptable leads here (§6.1.5 (g)).
    acceptable: bool,
}

/// State variables of §6.1.2.
#[derive(Debug)]
pub(super) struct PolicyState<'a> {
    initial: &'a InitialPolicies,
    level: Level,
    explicit_policy: u32,
    inhibit_any_policy: u32,
    policy_mapping: u32,
}

impl<'a> PolicyState<'a> {
    /// §6.1.2 (a), (d)–(f) for a path of `count` certificates below the root.
    pub(super) fn new(initial: &'a InitialPolicies, count: usize) -> Self {
        let beyond = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        let unless = |set: bool| if set { 0 } else { beyond };
        Self {
            initial,
            level: Level::from([(ANY_POLICY.to_owned(), Node::of(ANY_POLICY, true))]),
            explicit_policy: unless(initial.explicit),
            inhibit_any_policy: unless(initial.inhibit_any),
            policy_mapping: unless(initial.inhibit_mapping),
        }
    }

    /// One certificate. False when a rule about policies is broken.
    pub(super) fn process(&mut self, certificate: &Certificate, last: bool) -> bool {
        self.descend(certificate, last);
        let holds = self.explicit_policy > 0 || !self.level.is_empty();
        let extensions = certificate.extensions();
        if last {
            // §6.1.5 (a), (b), (g).
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            if extensions.require_explicit_policy == Some(0) {
                self.explicit_policy = 0;
            }
            let left = self.level.values().any(|node| node.acceptable);
            return holds && (self.explicit_policy > 0 || left);
        }
        // §6.1.4 (a).
        let maps_any = extensions
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
        holds && !maps_any
    }

    /// §6.1.3 (d), (e).
    fn descend(&mut self, certificate: &Certificate, last: bool) {
        let above = std::mem::take(&mut self.level);
        let Some(stated) = certificate.extensions().policies.as_ref() else {
            return;
        };
        // Every policy that a node above expects, and whether an acceptable one leads there.
        let mut expected: BTreeMap<&str, bool> = BTreeMap::new();
        for node in above.values() {
            for policy in &node.expected {
                *expected.entry(policy).or_default() |= node.acceptable;
            }
        }
        let mut below = Level::new();
        for policy in stated.iter().filter(|policy| *policy != ANY_POLICY) {
            let acceptable = match expected.get(policy.as_str()) {
                Some(acceptable) => *acceptable,
                None if above.contains_key(ANY_POLICY) => self.is_acceptable(policy),
                None => continue,
            };
            below.insert(policy.clone(), Node::of(policy, acceptable));
        }
        let any_counts = self.inhibit_any_policy > 0 || (!last && certificate.is_self_issued());
        if any_counts && stated.iter().any(|policy| policy == ANY_POLICY) {
            for (policy, acceptable) in expected {
                below
                    .entry(policy.to_owned())
                    .or_insert_with(|| Node::of(policy, acceptable));
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
            } else if let Some(node) = self.level.get_mut(issuer) {
                node.expected = subjects;
            } else if any {
                let node = Node {
                    expected: subjects,
                    acceptable: self.is_acceptable(issuer),
                };
                self.level.insert(issuer.to_owned(), node);
            }
        }
    }

    /// Whether a policy in the root's own domain is asked for.
    fn is_acceptable(&self, policy: &str) -> bool {
        self.initial.acceptable.is_empty() || self.initial.acceptable.contains(policy)
    }
}

impl Node {
    fn of(policy: &str, acceptable: bool) -> Self {
        Self {
            expected: BTreeSet::from([policy.to_owned()]),
            acceptable,
        }
    }
}

fn lower(counter: &mut u32, stated: Option<u32>) {
    if let Some(stated) = stated {
        *counter = (*counter).min(stated);
    }
}
