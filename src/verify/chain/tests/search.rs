//! What the search for paths finds and how much it may spend; what the table of entities forgives.

use std::sync::Arc;

use super::*;
use crate::verify::entities::{Additions, Authority, Entities, Entity, Role, Status};
use crate::verify::quirk::Quirk;

fn found(
    first: &Certificate,
    trust: &TrustStore,
    pool: &[Certificate],
    budget: &mut Budget,
) -> Vec<Candidate> {
    candidates(first, Sources { trust, pool }, SIGNING, budget, now())
}

fn left(mut budget: Budget) -> usize {
    std::iter::from_fn(|| budget.spend().then_some(())).count()
}

/// Two CAs certify each other: each path passes each of them once, and going round costs nothing.
#[test]
fn no_path_goes_round_in_circles() {
    let (root, one, two) = (
        Subject::new("Raíz"),
        Subject::new("Uno"),
        Subject::new("Dos"),
    );
    let leaf = issue(&Subject::new("Ana"), &two, signer());
    let circle = [issue(&one, &two, ca()), issue(&two, &one, ca())];
    let trust = TrustStore::new(vec![issue(&root, &root, ca())], Vec::new());

    let mut budget = Budget::default();
    assert!(!found(&leaf, &trust, &circle, &mut budget)[0].is_trusted());
    // Leaf under Dos, Dos under Uno; Uno under Dos would be the second time.
    assert_eq!(left(Budget::default()) - left(budget), 2);

    let way_out = [circle.as_slice(), &[issue(&one, &root, ca())]].concat();
    let paths = found(&leaf, &trust, &way_out, &mut Budget::default());
    let lengths: Vec<usize> = paths.iter().map(|path| path.certificates.len()).collect();
    assert_eq!(lengths, [4], "leaf, Dos, Uno, root");
}

/// As deep as is allowed, and one deeper.
#[test]
fn a_path_has_a_greatest_depth() {
    use crate::verify::policy::MAX_PATH_DEPTH;
    let chain = |intermediates: usize| {
        let mut issuer = Subject::new("Raíz");
        let root = issue(&issuer, &issuer, ca());
        let mut pool = Vec::new();
        for number in 0..intermediates {
            let subject = Subject::new(&format!("Sub {number}"));
            pool.push(issue(&subject, &issuer, ca()));
            issuer = subject;
        }
        let leaf = issue(&Subject::new("Ana"), &issuer, signer());
        codes(&leaf, &[root], &pool)
    };
    assert_eq!(chain(MAX_PATH_DEPTH - 2), []);
    assert_eq!(chain(MAX_PATH_DEPTH - 1), [Code::ChainUntrusted]);
}

/// Many certificates of one CA below as many roots: the judged paths are limited.
#[test]
fn there_are_only_so_many_paths() {
    let sub = Subject::new("Sub");
    let roots: Vec<Subject> = (0..20)
        .map(|number| Subject::new(&format!("Raíz {number}")))
        .collect();
    let anchors = roots.iter().map(|root| issue(root, root, ca())).collect();
    let pool: Vec<Certificate> = roots.iter().map(|root| issue(&sub, root, ca())).collect();
    let trust = TrustStore::new(anchors, Vec::new());
    let leaf = issue(&Subject::new("Ana"), &sub, signer());
    assert_eq!(found(&leaf, &trust, &pool, &mut Budget::default()).len(), 8);
}

/// DESIGN J: the rules that real CA certificates break are forgiven where the table says so, and nowhere else.
#[test]
fn a_rule_that_a_ca_breaks_is_forgiven_by_the_table_only() {
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let anchor = issue(&root, &root, ca());
    let uncritical = Spec {
        ca: None,
        extra: vec![extension("2.5.29.19", false, "30030101ff")],
        ..ca()
    };
    let middle = issue(&sub, &root, uncritical);
    let leaf = issue(&person, &sub, signer());
    let entities = |tolerances: Vec<Quirk>| {
        let pin = |certificate: &Certificate, role, tolerances| Authority {
            tolerances,
            ..Authority::pin(certificate, role, Status::Accepted)
        };
        let additions = Additions {
            entities: vec![Entity {
                id: "prueba".to_owned(),
                name: "PRUEBA".to_owned(),
                authorities: vec![
                    pin(&anchor, Role::Root, Vec::new()),
                    pin(&middle, Role::Subordinate, tolerances),
                ],
                ..Entity::default()
            }],
            ..Additions::default()
        };
        Arc::new(Entities::with(&additions).unwrap())
    };
    let judged = |trust: &TrustStore| -> Vec<(Code, Option<String>)> {
        let pool = trust.intermediates().to_vec();
        let paths = found(&leaf, trust, &pool, &mut Budget::default());
        let told = paths[0].findings.iter();
        told.map(|finding| {
            let rule = finding.facts.get("rule").and_then(|rule| rule.as_str());
            (finding.code, rule.map(str::to_owned))
        })
        .collect()
    };
    let kept = |entities| TrustStore::pinned(vec![anchor.clone()], vec![middle.clone()], entities);
    let broken = Some("basic_constraints_not_critical".to_owned());
    let refused = [(Code::ChainNonconforming, broken)];
    assert_eq!(judged(&kept(entities(Vec::new()))), refused);
    assert_eq!(judged(&kept(entities(vec![Quirk::Version1]))), refused);
    let forgiven = entities(vec![Quirk::BasicConstraintsNotCritical]);
    assert_eq!(judged(&kept(forgiven)), []);
    // Whoever names a root by hand answers for it.
    let by_hand = TrustStore::new(vec![anchor.clone()], vec![middle.clone()]);
    assert_eq!(judged(&by_hand), []);
}
