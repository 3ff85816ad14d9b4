//! Who may answer for a CA: by which key, with which right, under which algorithm.

use super::*;
use crate::verify::wanted::{Journal, Wanted};
use openssl::x509::extension::KeyUsage;

/// Why an answer was not believed, as the report tells it.
fn reasons(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| finding.code == Code::RevocationInvalid)
        .filter_map(|finding| finding.facts["reason"].as_str().map(str::to_owned))
        .collect()
}

fn lists(world: &World, lists: &[List]) -> Evidence {
    let read = |list: &List| Crl::parse(list.der(world)).unwrap();
    Evidence {
        crls: lists.iter().map(read).collect(),
        ocsps: Vec::new(),
    }
}

fn answered(world: &World, answer: &Response) -> Evidence {
    Evidence {
        crls: Vec::new(),
        ocsps: vec![OcspResponse::parse(answer.der(world)).unwrap()],
    }
}

/// What the judgement would ask about.
fn missed(world: &World, evidence: &Evidence) -> Vec<Wanted> {
    let journal = Journal::default();
    let context = Context {
        evidence,
        given: evidence,
        sources: Sources {
            trust: &world.trust,
            pool: &world.pool,
        },
        policy: &world.policy,
        at: now(),
        reception: now(),
        depth: ANSWER_DEPTH,
        journal: Some(Notes::of(&journal)),
    };
    let path = [world.person.clone(), world.root.clone()];
    let _ = check_path(&path, context, &mut Budget::default());
    journal.close(evidence).0
}

/// A responder's certificate from `issuer`, good for the purpose and without a status of its own.
fn responder(issuer: &Subject, no_check: bool) -> (Subject, Certificate) {
    let subject = Subject::new("Consultas");
    let extra = no_check.then(|| extension("1.3.6.1.5.5.7.48.1.5", false, "0500"));
    let spec = Spec {
        purposes: OCSP,
        extra: extra.into_iter().collect(),
        ..signer()
    };
    let certificate = issue(&subject, issuer, spec);
    (subject, certificate)
}

/// Whoever can make a second message of one digest can have any list he likes.
#[test]
fn lists_and_answers_under_a_weak_digest_say_nothing() {
    let world = World::new();
    let list = List {
        hash: Hash::Sha1,
        ..List::default()
    };
    let (status, findings) = world.judge(&lists(&world, &[list]));
    assert_eq!(status, "unknown");
    let weak = "the list is signed with a weak algorithm";
    assert_eq!(reasons(&findings), [weak]);
    let answer = Response {
        hash: Hash::Sha1,
        ..Response::default()
    };
    let (status, findings) = world.judge(&answered(&world, &answer));
    assert_eq!(status, "unknown");
    let weak = "the answer is signed with a weak algorithm";
    assert_eq!(reasons(&findings), [weak]);
}

/// RFC 5280 §6.3.3 (f): a key usage without `cRLSign` signs no lists, whether the CA's own or a namesake's.
#[test]
fn who_signs_lists_must_be_allowed_to() {
    let certificates_only = || {
        let mut usage = KeyUsage::new();
        usage.key_cert_sign();
        Spec {
            usage: Some(usage),
            ..ca()
        }
    };
    let mut world = World::new();
    world.root = issue(&world.authority, &world.authority, certificates_only());
    world.trust = TrustStore::new(vec![world.root.clone()], Vec::new());
    let (status, findings) = world.judge(&lists(&world, &[List::default()]));
    assert_eq!(status, "unknown");
    let denied = "the issuer's key usage does not allow signing lists";
    assert_eq!(reasons(&findings), [denied]);

    // A namesake below a root, whose own status is known.
    let (root, other, sub, second) = (
        Subject::new("Ancla"),
        Subject::new("Otra ancla"),
        Subject::new("Raíz"),
        Subject::new("Raíz"),
    );
    let case = |spec: Spec, above: &Subject| {
        let namesake = issue(&second, above, spec);
        let anchors = [&root, &other].map(|anchor| issue(anchor, anchor, ca()));
        let world = World {
            root: issue(&sub, &root, ca()),
            trust: TrustStore::new(anchors.to_vec(), Vec::new()),
            pool: vec![namesake],
            person: issue(&Subject::new("Ana"), &sub, signer()),
            authority: sub.clone(),
            policy: Policy::default(),
        };
        let own = List {
            signer: Some(second.clone()),
            ..List::default()
        };
        let mut evidence = lists(&world, &[own]);
        for (anchor, authority) in anchors.into_iter().zip([&root, &other]) {
            let of_anchor = World {
                root: anchor,
                authority: authority.clone(),
                ..World::new()
            };
            let list = lists(&of_anchor, &[List::default()]);
            evidence.crls.extend(list.crls);
        }
        world.judge(&evidence)
    };
    assert_eq!(case(ca(), &root).0, "good");
    // Whoever is trusted for its own certificates could otherwise take back what another revokes.
    let (status, findings) = case(ca(), &other);
    assert_eq!(status, "unknown");
    let stranger = "the list is signed by a certificate that is not trusted";
    assert_eq!(reasons(&findings), [stranger]);
    let (status, findings) = case(certificates_only(), &root);
    assert_eq!(status, "unknown");
    let unsigned = "the list is not signed by the issuer's key";
    assert_eq!(reasons(&findings), [unsigned]);
}

/// Lists that are signed by namesakes, whose own status comes from the list of a namesake, and so on: as far as
/// [`ANSWER_DEPTH`] and no further, though every one of them is in order.
#[test]
fn answers_vouch_for_one_another_only_so_far() {
    let anchor = Subject::new("Ancla");
    let anchored = issue(&anchor, &anchor, ca());
    let case = |steps: u8| {
        // Each authority's list is signed by a namesake that the next one issued; only the last signs its own.
        let mut authorities = Vec::new();
        let mut certificates = Vec::new();
        for step in 0..=steps {
            let authority = Subject::new(&format!("Entidad {step}"));
            certificates.push(issue(&authority, &anchor, ca()));
            authorities.push(authority);
        }
        let view = |authority: &Subject, root: &Certificate| World {
            authority: authority.clone(),
            root: root.clone(),
            ..World::new()
        };
        let mut evidence = lists(&view(&anchor, &anchored), &[List::default()]);
        let mut namesakes = Vec::new();
        for (index, authority) in authorities.iter().enumerate() {
            let namesake = Subject::new(&authority.name);
            let signer = authorities.get(index + 1).map(|next| {
                namesakes.push(issue(&namesake, next, ca()));
                namesake
            });
            let list = List {
                signer,
                ..List::default()
            };
            let of = view(authority, &certificates[index]);
            evidence.crls.extend(lists(&of, &[list]).crls);
        }
        let world = World {
            trust: TrustStore::new(vec![anchored.clone()], certificates.clone()),
            pool: [certificates.clone(), namesakes].concat(),
            person: issue(&Subject::new("Ana"), &authorities[0], signer()),
            ..view(&authorities[0], &certificates[0])
        };
        world.judge(&evidence)
    };
    assert_eq!(case(0).0, "good", "signed by the issuer itself");
    assert_eq!(case(ANSWER_DEPTH).0, "good");
    let (status, findings) = case(ANSWER_DEPTH + 1);
    assert_eq!(status, "unknown");
    let too_far = "the list is signed by a certificate that is not trusted";
    assert_eq!(reasons(&findings), [too_far]);
}

/// RFC 6960 §4.2.2.2: only the CA that issued the certificate can give somebody the right to answer for it; that another
/// trusted CA did is not enough.
#[test]
fn a_responder_of_another_trusted_ca_is_nobodys() {
    let mut world = World::new();
    let unauthorised = "the responder was not authorised by the issuer";
    // Another name, another key.
    let other = Subject::new("Otra");
    // The same name under another key, and the same key under another name.
    let namesake = Subject::new("Raíz");
    let renamed = Subject {
        name: "Raíz de antes".to_owned(),
        ..world.authority.clone()
    };
    for issuer in [other, namesake, renamed] {
        let anchor = issue(&issuer, &issuer, ca());
        world.trust = TrustStore::new(vec![world.root.clone(), anchor], Vec::new());
        let answer = Response {
            responder: Some(responder(&issuer, true)),
            ..Response::default()
        };
        let (status, findings) = world.judge(&answered(&world, &answer));
        assert_eq!(status, "unknown", "{}", issuer.name);
        assert_eq!(reasons(&findings), [unauthorised], "{}", issuer.name);
    }
}

/// An answer has to be signed by the one whom it names.
#[test]
fn an_answer_names_who_signed_it() {
    let world = World::new();
    let (subject, certificate) = responder(&world.authority, true);
    // The CA's name is on it, and its responder's key under it.
    let answer = Response {
        responder: Some((subject, world.root.clone())),
        ..Response::default()
    };
    let mut evidence = answered(&world, &answer);
    let (status, findings) = world.judge(&evidence);
    assert_eq!(status, "unknown");
    let unsigned = "the answer is not signed by its responder";
    assert_eq!(reasons(&findings), [unsigned]);
    // The other way round: the responder's name, and the CA's key.
    let reversed = Response {
        responder: Some((world.authority.clone(), certificate.clone())),
        ..Response::default()
    };
    let (_, findings) = world.judge(&answered(&world, &reversed));
    assert_eq!(reasons(&findings), [unsigned]);
    // Nor does it help that the responder is known.
    let world = World {
        pool: vec![certificate],
        ..world
    };
    evidence = answered(&world, &answer);
    assert_eq!(world.judge(&evidence).0, "unknown");
}

/// What was looked for and not found is asked for: the certificate itself, and a responder without `nocheck`, about whom
/// only lists are believed.
#[test]
fn what_was_missed_is_wanted_and_what_was_settled_is_not() {
    let world = World::new();
    let nothing = missed(&world, &Evidence::default());
    let [person] = nothing.as_slice() else {
        panic!("one certificate: {nothing:?}");
    };
    assert_eq!(person.certificate, world.person);
    assert_eq!(person.issuer, world.root);
    assert!(!person.lists_only);
    let settled = lists(&world, &[List::default()]);
    assert_eq!(missed(&world, &settled).len(), 0);
    let revoked = List {
        revoked: Some(-1),
        ..List::default()
    };
    assert_eq!(missed(&world, &lists(&world, &[revoked])).len(), 0);
    let stale = List {
        times: Some((-9, Some(-2))),
        ..List::default()
    };
    assert_eq!(missed(&world, &lists(&world, &[stale])).len(), 1);

    let (subject, certificate) = responder(&world.authority, false);
    let answer = Response {
        responder: Some((subject, certificate.clone())),
        ..Response::default()
    };
    let wanted = missed(&world, &answered(&world, &answer));
    let asked: Vec<(&Certificate, bool)> = wanted
        .iter()
        .map(|one| (&one.certificate, one.lists_only))
        .collect();
    assert_eq!(asked, [(&certificate, true), (&world.person, false)]);
}

/// §4.2.2.2.1: a responder whose certificate is on its CA's list answers nothing any more, whatever another list says.
#[test]
fn a_revoked_responder_is_not_believed() {
    let world = World::new();
    let (subject, certificate) = responder(&world.authority, false);
    let answer = Response {
        responder: Some((subject, certificate.clone())),
        ..Response::default()
    };
    let about_responder = |revoked: Option<i64>| {
        let view = World {
            person: certificate.clone(),
            authority: world.authority.clone(),
            root: world.root.clone(),
            ..World::new()
        };
        let list = List {
            revoked,
            ..List::default()
        };
        Crl::parse(list.der(&view)).unwrap()
    };
    let count = |crls: Vec<Crl>| {
        let evidence = Evidence {
            crls,
            ..answered(&world, &answer)
        };
        let context = Context {
            evidence: &evidence,
            given: &evidence,
            sources: Sources {
                trust: &world.trust,
                pool: &world.pool,
            },
            policy: &world.policy,
            at: now(),
            reception: now(),
            depth: ANSWER_DEPTH,
            journal: None,
        };
        evidence.ocsps[0]
            .answers(&world.person, &world.root, context, &mut Budget::default())
            .map(|answers| answers.len())
    };
    let unknown = Err("the responder's own status is unknown");
    let (good, revoked) = (|| about_responder(None), || about_responder(Some(-1)));
    assert_eq!(count(Vec::new()), unknown);
    assert_eq!(count(vec![good()]), Ok(1));
    assert_eq!(count(vec![revoked()]), unknown);
    assert_eq!(count(vec![good(), revoked()]), unknown);
}

/// RFC 6960 §4.1.1: an answer about another serial number, or another issuer of the same key, says nothing, not even that
/// something is wrong.
#[test]
fn an_answer_is_about_one_certificate() {
    let world = World::new();
    let view = |root: &Certificate, person: &Certificate| World {
        root: root.clone(),
        person: person.clone(),
        authority: world.authority.clone(),
        ..World::new()
    };
    let other = issue(&Subject::new("Ana"), &world.authority, signer());
    let renamed = Subject {
        name: "Raíz de antes".to_owned(),
        ..world.authority.clone()
    };
    let renamed = issue(&renamed, &renamed, ca());
    for view in [view(&world.root, &other), view(&renamed, &world.person)] {
        let (status, findings) = world.judge(&answered(&view, &Response::default()));
        assert_eq!(status, "unknown");
        let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::RevocationUnknown]);
    }
}

#[test]
fn what_an_answer_says_of_itself_is_checked() {
    let world = World::new();
    let told = |answer: Response| {
        let (status, findings) = world.judge(&answered(&world, &answer));
        (status, reasons(&findings))
    };
    let refused = |reason: &str| ("unknown".to_owned(), vec![reason.to_owned()]);
    let backwards = Response {
        times: (2, Some(1)),
        ..Response::default()
    };
    let contradiction = "the times of the answer contradict each other";
    assert_eq!(told(backwards), refused(contradiction));
    let critical = Response {
        single_extension: Some(extension_der("1.2.3", true, &[5, 0])),
        ..Response::default()
    };
    let unknown = "the answer has an unknown critical extension";
    assert_eq!(told(critical), refused(unknown));
    let other = Response {
        single_extension: Some(extension_der("1.2.3", false, &[5, 0])),
        ..Response::default()
    };
    assert_eq!(told(other).0, "good");
}

/// RFC 5280 §5.1.1.2: what is signed names the algorithm that signed it.
#[test]
fn the_two_algorithm_fields_of_a_list_are_the_same() {
    use crate::verify::asn1::Element;
    let list = List::default().der(&World::new());
    let mut parts = Vec::new();
    let mut inside = Element::only(&list).unwrap().inside();
    while let Some(part) = inside.next_if_any().unwrap() {
        parts.push(part.raw.to_vec());
    }
    assert_eq!(Crl::parse(sequence(&parts)).unwrap().der(), list);
    parts[1] = Hash::Sha1.algorithm();
    assert_eq!(Crl::parse(sequence(&parts)).err(), Some(EvidenceError::Crl));
}
