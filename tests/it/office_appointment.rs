//! An appointment that came with a petition goes into the registry as two persons read it (PRODUCT S09): with the way in which
//! its holder may sign, because from then on the machine approves by it.

use axum::http::StatusCode;
use bytes::Bytes;
use clavero::domain::{Action, LegalRepresentative, RepresentationMode, State};
use clavero::fixture::people::{CAFE, person};

use crate::bench::Petition;
use crate::office::{Answer, Office};
use crate::office_changes::Supervisor;

/// A petition of a stranger who attached her appointment, and the digest of that.
async fn attached(office: &Office) -> (Petition, String) {
    let bench = &office.bench;
    let petition = bench.signed_petition(CAFE, "rosa", None).await;
    let paper: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
    let paper = futures::stream::iter(paper);
    let (number, secret) = (&petition.number, &petition.secret);
    let attached = bench.intake.attach_appointment(number, secret, paper).await;
    bench.work().await;
    let waits = (State::InReview, vec!["APPOINTMENT_ATTACHED"]);
    assert_eq!(bench.outcome(&petition).await, waits);
    (petition, attached.unwrap().sha256.to_string())
}

/// Takes the case and approves it with the appointment read so.
async fn approves(
    office: &Office,
    who: &mut Supervisor,
    case: &(Petition, String),
    read: &[(&str, &str)],
) -> Answer {
    let (petition, sha256) = case;
    let place = format!("/oficina/caso/{}", petition.number);
    let claimed = who.sends(office, &format!("{place}/tomar"), &[]).await;
    assert_eq!(claimed.status, StatusCode::SEE_OTHER, "{}", claimed.html);
    let fields = [
        ("round", "1"),
        ("act", "approve"),
        ("reason", "appointment_registered"),
        ("register", sha256),
        ("from", "2026-01-01"),
        ("to", "2028-12-31"),
    ];
    let all = [&fields[..], read].concat();
    who.sends(office, &format!("{place}/decidir"), &all).await
}

async fn registered(office: &Office) -> LegalRepresentative {
    let store = office.bench.intake.store();
    let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
    let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
    let rosa = person("rosa").unwrap().document;
    let people = record.employer.representatives.into_iter();
    let mut hers = people.filter(|one| one.document.as_str() == rosa);
    hers.next().expect("registered")
}

/// Whether an act on a case came to this, and the queue is told of which case.
fn leads_to(answer: &Answer, (petition, _): &(Petition, String), came_to: &str) -> bool {
    let number = &petition.number;
    answer.location == format!("/oficina/cola?aviso={came_to}&caso={number}")
}

#[tokio::test]
async fn who_signs_jointly_is_registered_so_and_not_approved_alone_from_then_on() {
    let office = Office::with(false).await;
    let mut sara = Supervisor::comes(&office, "sara").await;
    let mut simon = Supervisor::comes(&office, "simon").await;
    let mut susana = Supervisor::comes(&office, "susana").await;
    let case = attached(&office).await;

    let post = ("post", "Gerente General");
    for unsaid in [
        vec![post],
        vec![post, ("mode", "")],
        vec![post, ("mode", "joint")],
        vec![post, ("mode", "joint"), ("signatures", "1")],
        vec![post, ("mode", "sole"), ("for_reset", "1")],
    ] {
        let answer = approves(&office, &mut sara, &case, &unsaid).await;
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!(answer.status, unusable, "{unsaid:?}");
        assert!(answer.html.contains("firma sola o conjunta"), "{unsaid:?}");
        assert!(answer.html.contains("name=\"signatures\""), "it is asked");
        let open_ended = "vacío si no tiene fecha de fin";
        assert!(answer.html.contains(open_ended), "what an empty end means");
    }
    let jointly = [post, ("mode", "joint"), ("signatures", "2")];
    let first = approves(&office, &mut sara, &case, &jointly).await;
    assert!(leads_to(&first, &case, "segunda"), "{}", first.location);
    // Whoever reads another way of signing does not agree.
    let alone = [post, ("mode", "sole")];
    let second = approves(&office, &mut simon, &case, &alone).await;
    assert!(
        leads_to(&second, &case, "supervision"),
        "{}",
        second.location
    );
    let third = approves(&office, &mut susana, &case, &jointly).await;
    assert!(leads_to(&third, &case, "aprobado"), "{}", third.location);
    let told = susana.sees(&office, &third.location).await.html;
    let number = &case.0.number;
    let link =
        format!(r#"Se envió el aviso. <a class="mono" href="/oficina/caso/{number}">{number}</a>"#);
    assert!(told.contains(&link), "{told}");

    let rosa = registered(&office).await;
    let joint = (RepresentationMode::Joint, 2, None);
    assert_eq!((rosa.mode, rosa.required_signatures, rosa.scope), joint);
    for new_email in [None, Some("rosa@cafe-ficticio.ec")] {
        let next = office.bench.signed_petition(CAFE, "rosa", new_email).await;
        let waits = (State::InReview, vec!["JOINT_SIGNATURE_MISSING"]);
        assert_eq!(office.bench.outcome(&next).await, waits);
    }
}

#[tokio::test]
async fn a_power_of_attorney_is_registered_with_what_it_covers() {
    let office = Office::with(false).await;
    let mut sara = Supervisor::comes(&office, "sara").await;
    let mut simon = Supervisor::comes(&office, "simon").await;
    let mut susana = Supervisor::comes(&office, "susana").await;
    let case = attached(&office).await;

    let power = [("post", "Apoderada especial"), ("mode", "sole")];
    let unsaid = approves(&office, &mut sara, &case, &power).await;
    let unusable = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(unsaid.status, unusable, "what it covers");
    assert!(unsaid.html.contains("para qué alcanza el poder"));
    let reset = [&power[..], &[("for_reset", "1")]].concat();
    let first = approves(&office, &mut sara, &case, &reset).await;
    assert!(leads_to(&first, &case, "segunda"), "{}", first.location);
    let more = [&reset[..], &[("for_email", "1")]].concat();
    let second = approves(&office, &mut simon, &case, &more).await;
    assert!(
        leads_to(&second, &case, "supervision"),
        "{}",
        second.location
    );
    let third = approves(&office, &mut susana, &case, &reset).await;
    assert!(leads_to(&third, &case, "aprobado"), "{}", third.location);

    let scope = Some(vec![Action::ResetPassword]);
    assert_eq!(registered(&office).await.scope, scope);
    let email = Some("rosa@cafe-ficticio.ec");
    let change = office.bench.signed_petition(CAFE, "rosa", email).await;
    let refused = (State::Refused, vec!["POWER_LACKS_SCOPE"]);
    assert_eq!(office.bench.outcome(&change).await, refused);
}
