//! Answers about revocation brought over HTTP: from a server on loopback that hands out the fixtures' lists, and from
//! `openssl ocsp`. Loopback is allowed by configuration, as an operator allows a mirror of his own.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clavero::domain::{Action, PetitionContent, PetitionNumber, State};
use clavero::fetch::{Client, Failure, FetchError, Fetcher, Judges, Limits, Settings, Targets};
use clavero::fixture::pdf;
use clavero::fixture::people::{CAFE, person};
use clavero::fixture::pki::{self, Addresses, Defect, Entity, Identity};
use clavero::form::{self, FormValues};
use clavero::intake::LinkStand;
use clavero::verify::report::{Code, Conclusion, Report};
use clavero::verify::{self, Certificate, Crl, Evidence, Policy, TrustStore};
use jiff::{SignedDuration, Timestamp};

use crate::authority::{Authority, Does, Entry, Responder, extension, list, points, unsigned};
use crate::bench::{BEGINNING, Bench, Petition};
use crate::served::binary;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const LUCIA: Entity = Entity::Tres;

fn allowing() -> Settings {
    Settings {
        limits: Limits {
            targets: Targets::Any,
            connect: Duration::from_secs(10),
            request: Duration::from_secs(6),
            ..Limits::default()
        },
        document: Duration::from_secs(40),
        ..Settings::default()
    }
}

fn in_folder(folder: &Path) -> Fetcher {
    Fetcher::new(Settings {
        folder: Some(folder.to_owned()),
        ..allowing()
    })
    .unwrap()
}

fn lucia(defect: Defect, ocsp: &[String], crls: &[String]) -> Identity {
    let addresses = Addresses {
        crls: crls.to_vec(),
        ocsp: ocsp.to_vec(),
    };
    pki::issue_naming(person("lucia").unwrap(), defect, &addresses)
}

/// A form signed by `identity` at the beginning of time.
fn signed_by(identity: &Identity) -> Vec<u8> {
    let values = FormValues {
        number: PetitionNumber::new(2026, 7),
        content: PetitionContent {
            ruc: CAFE.parse().unwrap(),
            branch: "0001".parse().unwrap(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: None,
        issued_at: BEGINNING,
        expires_at: BEGINNING + HOUR,
        operator: "Prueba".to_owned(),
    };
    let paper = form::render(&values).unwrap();
    pdf::sign_pdf(&paper, identity, &pdf::SignOptions::at(BEGINNING)).unwrap()
}

fn trust() -> TrustStore {
    let read = |files: Vec<pki::Material>| {
        let files = files.into_iter();
        files
            .map(|file| Certificate::parse(file.der).unwrap())
            .collect()
    };
    TrustStore::new(read(pki::roots()), read(pki::intermediates()))
}

/// The lists of the roots: everything but the status of the signer is known.
fn lists_of_roots() -> Evidence {
    let lists = pki::crls(BEGINNING - HOUR).into_iter();
    Evidence {
        crls: lists
            .filter(|list| list.name.contains("raiz"))
            .map(|list| Crl::parse(list.der).unwrap())
            .collect(),
        ocsps: Vec::new(),
    }
}

/// The verdict on a document received at the beginning, asked about at `now`.
async fn judge(fetcher: &Fetcher, document: &[u8], now: Timestamp) -> (Report, Vec<Failure>) {
    let (trust, policy) = (trust(), Policy::default());
    let mut evidence = lists_of_roots();
    let mut inquiry = fetcher.inquiry(now);
    let judges = Judges {
        trust: &trust,
        policy: &policy,
        at: BEGINNING,
    };
    loop {
        let concluded = {
            let signed = verify::open(document, None).unwrap();
            verify::conclude_and_want(&signed, &trust, &evidence, &policy, BEGINNING)
        };
        let wanted = &concluded.wanted;
        if wanted.is_empty() || !inquiry.learn(&mut evidence, wanted, judges).await {
            return (concluded.report, inquiry.failures().to_vec());
        }
    }
}

fn has(report: &Report, code: Code) -> bool {
    let mut findings = report.signatures.iter().flat_map(|one| &one.findings);
    findings.any(|finding| finding.code == code)
}

/// The source of the signer's status, if it is known to be good.
fn good_by(report: &Report) -> Option<&str> {
    let facts = &report.signatures[0].revocation[0];
    (facts.status == "good").then(|| facts.source.as_deref().unwrap())
}

#[tokio::test]
async fn openssl_is_asked_about_the_signer() {
    let authority = Authority::start().await;
    let at = |path: &str| vec![authority.at(path)];
    for (entry, conclusion, code) in [
        (Entry::Valid, Conclusion::Passed, None),
        (
            Entry::Revoked,
            Conclusion::Failed,
            Some(Code::RevocationRevoked),
        ),
        (
            Entry::Missing,
            Conclusion::Indeterminate,
            Some(Code::RevocationUnknown),
        ),
    ] {
        let identity = lucia(Defect::None, &at("/ocsp"), &[]);
        let responder = Responder::new(LUCIA, &identity, entry);
        authority.set("/ocsp", Does::Respond(responder));
        let fetcher = Fetcher::new(allowing()).unwrap();
        let (report, failures) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
        assert_eq!(report.conclusion, conclusion, "{entry:?}: {report:#?}");
        assert!(failures.is_empty(), "{failures:?}");
        if let Some(code) = code {
            assert!(has(&report, code), "{entry:?}: {report:#?}");
        }
    }
    assert_eq!(authority.visits("/ocsp"), 3);
}

#[tokio::test]
async fn a_delegated_responder_is_believed_when_it_is_not_revoked_itself() {
    let authority = Authority::start().await;
    let identity = lucia(Defect::None, &[authority.at("/ocsp")], &[]);
    let document = signed_by(&identity);
    let own_list = authority.at("/respondedor.crl");
    authority.set(
        "/respondedor.crl",
        Does::Give(list(LUCIA, BEGINNING, Timestamp::now() + HOUR)),
    );
    for (list, expected, visits) in [
        (None, Conclusion::Passed, 0),
        (Some(own_list.as_str()), Conclusion::Passed, 1),
        (Some("http://127.0.0.1:1/"), Conclusion::Indeterminate, 1),
    ] {
        let responder = Responder::delegated(LUCIA, &identity, list);
        authority.set("/ocsp", Does::Respond(responder));
        let fetcher = Fetcher::new(allowing()).unwrap();
        let (report, failures) = judge(&fetcher, &document, BEGINNING).await;
        assert_eq!(
            report.conclusion, expected,
            "{list:?}: {failures:?} {report:#?}"
        );
        assert_eq!(authority.visits("/respondedor.crl"), visits, "{list:?}");
    }
}

#[tokio::test]
async fn an_answer_given_to_somebody_else_does_not_count_but_one_without_a_number_does() {
    let authority = Authority::start().await;
    let identity = lucia(Defect::None, &[authority.at("/ocsp")], &[]);
    let responder = Responder::new(LUCIA, &identity, Entry::Valid);
    let document = signed_by(&identity);
    authority.set("/ocsp", Does::Give(responder.earlier(true)));
    let (report, failures) = judge(&Fetcher::new(allowing()).unwrap(), &document, BEGINNING).await;
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(failures[0].error, FetchError::Replayed);
    authority.set("/ocsp", Does::Give(responder.earlier(false)));
    let (report, _) = judge(&Fetcher::new(allowing()).unwrap(), &document, BEGINNING).await;
    assert_eq!(good_by(&report), Some("ocsp"));
}

#[tokio::test]
async fn lists_are_brought_when_no_responder_helps() {
    let authority = Authority::start().await;
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR * 24);
    authority.set("/lista.crl", Does::Give(current.clone()));
    let pem = openssl::x509::X509Crl::from_der(&current)
        .unwrap()
        .to_pem()
        .unwrap();
    authority.set("/lista.pem", Does::Give(pem));
    authority.set("/movida", Does::Redirect("/lista.crl".to_owned()));
    authority.set("/ocsp", Does::Fail(500));
    for path in ["/lista.crl", "/lista.pem", "/movida"] {
        let identity = lucia(
            Defect::None,
            &[authority.at("/ocsp")],
            &[authority.at(path)],
        );
        let fetcher = Fetcher::new(allowing()).unwrap();
        let (report, failures) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
        assert_eq!(
            report.conclusion,
            Conclusion::Passed,
            "{path}: {failures:?}"
        );
        assert_eq!(good_by(&report), Some("crl"));
        assert_eq!(failures.len(), 1, "the responder failed: {failures:?}");
        assert_eq!(failures[0].error, FetchError::Status(500));
    }
    assert_eq!(authority.visits("/ocsp"), 9, "three attempts each");

    let revoked = lucia(Defect::Revoked, &[], &[authority.at("/lista.crl")]);
    let fetcher = Fetcher::new(allowing()).unwrap();
    let (report, _) = judge(&fetcher, &signed_by(&revoked), BEGINNING).await;
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert!(has(&report, Code::RevocationRevoked));
}

#[tokio::test]
async fn a_later_list_is_good_evidence_for_the_time_of_reception() {
    let authority = Authority::start().await;
    let later = list(LUCIA, BEGINNING + HOUR * 4, BEGINNING + HOUR * 28);
    authority.set("/lista.crl", Does::Give(later));
    let fetcher = Fetcher::new(allowing()).unwrap();
    for (defect, conclusion) in [
        (Defect::None, Conclusion::Passed),
        (Defect::Revoked, Conclusion::Failed),
    ] {
        let identity = lucia(defect, &[], &[authority.at("/lista.crl")]);
        let (report, _) = judge(&fetcher, &signed_by(&identity), BEGINNING + HOUR * 5).await;
        assert_eq!(report.conclusion, conclusion, "{report:#?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_leaves_the_status_unknown() {
    let authority = Authority::start().await;
    let here = authority.at("");
    let forged = pki::list(LUCIA, false, BEGINNING - HOUR, BEGINNING + HOUR).der;
    let other = list(Entity::Uno, BEGINNING - HOUR, BEGINNING + HOUR);
    let stale = list(LUCIA, BEGINNING - HOUR * 48, BEGINNING - HOUR * 24);
    let failure = |error| Some(error);
    let cases = [
        (
            "/nadie",
            Does::Fail(404),
            failure(FetchError::Status(404)),
            Code::RevocationUnknown,
        ),
        ("/vencida", Does::Give(stale), None, Code::RevocationStale),
        (
            "/imitada",
            Does::Give(forged),
            None,
            Code::RevocationInvalid,
        ),
        ("/ajena", Does::Give(other), None, Code::RevocationUnknown),
        (
            "/basura",
            Does::Give(b"<html>".to_vec()),
            failure(FetchError::NoAnswer),
            Code::RevocationUnknown,
        ),
        (
            "/vacia",
            Does::Give(Vec::new()),
            failure(FetchError::NoAnswer),
            Code::RevocationUnknown,
        ),
        (
            "/grande",
            Does::Give(vec![0; 300_000]),
            failure(FetchError::TooLarge),
            Code::RevocationUnknown,
        ),
        (
            "/anunciada",
            Does::Announce(1 << 40),
            failure(FetchError::TooLarge),
            Code::RevocationUnknown,
        ),
        (
            "/lenta",
            Does::Drip,
            failure(FetchError::TimedOut),
            Code::RevocationUnknown,
        ),
        (
            "/circulo",
            Does::Redirect("/circulo".to_owned()),
            failure(FetchError::Redirects),
            Code::RevocationUnknown,
        ),
        (
            "/ldap",
            Does::Redirect("ldap://127.0.0.1/cn=CA".to_owned()),
            failure(FetchError::Scheme),
            Code::RevocationUnknown,
        ),
        (
            "/nombre",
            Does::Redirect(here.replace("//", "//ca@")),
            failure(FetchError::Unusable),
            Code::RevocationUnknown,
        ),
    ];
    for (path, does, error, code) in cases {
        authority.set(path, does);
        let identity = lucia(Defect::None, &[], &[authority.at(path)]);
        let fetcher = Fetcher::new(Settings {
            crl_bytes: 200_000,
            ..allowing()
        })
        .unwrap();
        let (report, failures) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
        assert_eq!(report.conclusion, Conclusion::Indeterminate, "{path}");
        assert!(has(&report, code), "{path}: {report:#?}");
        let told: Vec<FetchError> = failures.into_iter().map(|one| one.error).collect();
        assert_eq!(told, error.into_iter().collect::<Vec<_>>(), "{path}");
    }
    assert_eq!(
        authority.visits("/circulo"),
        4,
        "three redirects are followed"
    );
}

#[tokio::test]
async fn nothing_on_a_private_network_is_asked() {
    let authority = Authority::start().await;
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR);
    authority.set("/lista.crl", Does::Give(current));
    let by_name = authority.at("/lista.crl").replace("127.0.0.1", "localhost");
    for address in [authority.at("/lista.crl"), by_name.clone()] {
        let identity = lucia(
            Defect::None,
            std::slice::from_ref(&address),
            std::slice::from_ref(&address),
        );
        let fetcher = Fetcher::new(Settings {
            limits: Limits::default(),
            ..allowing()
        })
        .unwrap();
        let (report, failures) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
        assert_eq!(report.conclusion, Conclusion::Indeterminate);
        assert_eq!(failures[0].error, FetchError::PrivateTarget, "{address}");
    }
    assert_eq!(authority.all_visits(), 0);
    let allowed = Client::new(allowing().limits).unwrap();
    assert!(
        allowed.get(&by_name, 10_000).await.is_ok(),
        "the name is known"
    );
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_not_followed() {
    let authority = Authority::start().await;
    authority.set(
        "/fuera",
        Does::Redirect("http://169.254.169.254/latest".to_owned()),
    );
    authority.set(
        "/dentro",
        Does::Redirect("http://[::ffff:127.0.0.1]/".to_owned()),
    );
    // A public address is played by the server, as the proxy on the way to it.
    let client = Client::new(Limits {
        proxy: Some(authority.at("")),
        ..Limits::default()
    })
    .unwrap();
    for path in ["/fuera", "/dentro"] {
        let answer = client.get(&format!("http://198.41.0.4{path}"), 1000).await;
        assert_eq!(answer, Err(FetchError::PrivateTarget), "{path}");
    }
    assert_eq!(authority.all_visits(), 2);
}

#[tokio::test]
async fn addresses_in_a_directory_are_reported_and_not_asked() {
    let authority = Authority::start().await;
    let ldap = "ldap://directorio.prueba.invalid/cn=CA?certificateRevocationList".to_owned();
    let identity = lucia(Defect::None, &[], std::slice::from_ref(&ldap));
    let fetcher = Fetcher::new(allowing()).unwrap();
    let (report, failures) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert!(failures.is_empty() && authority.all_visits() == 0);
    let findings = &report.signatures[0].findings;
    let unknown = findings
        .iter()
        .find(|finding| finding.code == Code::RevocationUnknown)
        .unwrap();
    assert_eq!(unknown.facts["not_asked"], serde_json::json!([ldap]));
}

#[tokio::test]
async fn nobody_is_asked_for_the_sake_of_a_stranger() {
    let authority = Authority::start().await;
    let here = [authority.at("/quien")];
    let imitation = lucia(Defect::LookAlike, &here, &here);
    let self_signed = below(&lucia(Defect::None, &[], &[]), None, &here[0]);
    // Somebody with an honest certificate signs another one with its key: the path reaches the root, but not by the rules.
    let holder = lucia(Defect::None, &[], &[]);
    let below_a_person = below(&holder, Some(&holder), &here[0]);
    for (what, identity) in [
        ("an imitation", imitation),
        ("self-signed", self_signed),
        ("below a person", below_a_person),
    ] {
        let fetcher = Fetcher::new(allowing()).unwrap();
        let (report, _) = judge(&fetcher, &signed_by(&identity), BEGINNING).await;
        assert_eq!(report.conclusion, Conclusion::Failed, "{what}");
        assert_eq!(authority.all_visits(), 0, "{what}");
    }
}

/// A certificate that names `address`, made with the key of `issuer`, or with its own.
fn below(like: &Identity, issuer: Option<&Identity>, address: &str) -> Identity {
    let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let own = openssl::x509::X509::from_der(&like.certificate).unwrap();
    let mut builder = unsigned(&key, "x");
    builder.set_subject_name(own.subject_name()).unwrap();
    builder.set_issuer_name(own.subject_name()).unwrap();
    builder
        .append_extension(extension("2.5.29.31", &points(address)))
        .unwrap();
    let signing = issuer.map_or(&key, |issuer| &issuer.key);
    builder
        .sign(signing, openssl::hash::MessageDigest::sha256())
        .unwrap();
    let chain =
        issuer.map(|issuer| [vec![issuer.certificate.clone()], issuer.chain.clone()].concat());
    Identity {
        name: like.name.clone(),
        certificate: builder.build().to_der().unwrap(),
        chain: chain.unwrap_or_default(),
        key,
    }
}

#[tokio::test]
async fn an_answer_is_remembered_over_a_restart_and_asked_for_again_when_its_time_is_over() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR * 24);
    authority.set("/lista.crl", Does::Give(current));
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let passes = async |fetcher: &Fetcher, now| {
        let (report, _) = judge(fetcher, &document, now).await;
        report.conclusion == Conclusion::Passed
    };
    let first = in_folder(folder.path());
    assert!(passes(&first, BEGINNING).await && passes(&first, BEGINNING).await);
    let second = in_folder(folder.path());
    assert!(passes(&second, BEGINNING + SignedDuration::from_mins(59)).await);
    assert_eq!(authority.visits("/lista.crl"), 1, "asked for once");
    assert!(passes(&second, BEGINNING + HOUR).await);
    assert_eq!(authority.visits("/lista.crl"), 2, "an hour later again");
    // Nobody is there any more: the list at hand is still in its own time.
    authority.set("/lista.crl", Does::Fail(503));
    let third = in_folder(folder.path());
    assert!(passes(&third, BEGINNING + HOUR * 5).await);
    // A list from before: somebody on the way sends the past again.
    let past = list(LUCIA, BEGINNING - HOUR * 2, BEGINNING + HOUR * 48);
    authority.set("/lista.crl", Does::Give(past));
    let (report, _) = judge(&in_folder(folder.path()), &document, BEGINNING + HOUR * 6).await;
    let facts = &report.signatures[0].revocation[0];
    assert_eq!(
        facts.this_update,
        Some(BEGINNING - HOUR),
        "the younger one stays"
    );
}

#[tokio::test]
async fn a_failure_is_not_asked_for_again_at_once() {
    let authority = Authority::start().await;
    authority.set("/lista.crl", Does::Fail(404));
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let fetcher = Fetcher::new(allowing()).unwrap();
    for (seconds, visits) in [(0, 1), (59, 1), (61, 2)] {
        judge(
            &fetcher,
            &document,
            BEGINNING + SignedDuration::from_secs(seconds),
        )
        .await;
        assert_eq!(authority.visits("/lista.crl"), visits, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_remembered_answer_is_judged_again() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    judge(&in_folder(folder.path()), &document, BEGINNING).await;
    // Whoever can write to the folder can put a list of his own there, checksum and all.
    let file = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let kept = std::fs::read(&file).unwrap();
    let forged = pki::list(LUCIA, false, BEGINNING - HOUR, BEGINNING + HOUR).der;
    let end = kept.iter().position(|byte| *byte == b'\n').unwrap();
    let mut header: serde_json::Value = serde_json::from_slice(&kept[..end]).unwrap();
    header["sha256"] = clavero::domain::Sha256::of(&forged).to_string().into();
    std::fs::write(
        &file,
        [header.to_string().as_bytes(), b"\n", &forged].concat(),
    )
    .unwrap();
    authority.set("/lista.crl", Does::Fail(404));
    let (report, _) = judge(&in_folder(folder.path()), &document, BEGINNING).await;
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(authority.visits("/lista.crl"), 2, "it was asked for again");
}

#[tokio::test]
async fn two_documents_at_once_ask_once() {
    let authority = Authority::start().await;
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let fetcher = Fetcher::new(allowing()).unwrap();
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let document = signed_by(&identity);
    let all = (0..5).map(|_| judge(&fetcher, &document, BEGINNING));
    for (report, _) in futures::future::join_all(all).await {
        assert_eq!(report.conclusion, Conclusion::Passed);
    }
    assert_eq!(authority.visits("/lista.crl"), 1);
}

// -- over the service: PRODUCT S14 -----------------------------------------------------------------------------------

/// A petition signed with a certificate that names the authority's list, uploaded and worked through.
async fn petition(bench: &Bench, identity: &Identity) -> crate::bench::Petition {
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign_as(&petition.form, "lucia", identity);
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work().await;
    petition
}

#[tokio::test]
async fn a_petition_waits_for_the_authority_and_is_decided_as_of_its_reception() {
    let authority = Authority::start().await;
    let minutes = SignedDuration::from_mins;
    for (defect, expected) in [
        (Defect::None, (State::Approved, "MATCHED_REPRESENTATIVE")),
        (Defect::Revoked, (State::Refused, "CERT_REVOKED")),
    ] {
        authority.set("/lista.crl", Does::Fail(503));
        let mut bench = Bench::online(allowing()).await;
        let identity = lucia(defect, &[], &[authority.at("/lista.crl")]);
        let petition = petition(&bench, &identity).await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Received, "{:?}", status.reasons);
        let waiting = status.waiting.unwrap();
        assert_eq!(
            (waiting.asked, waiting.next_at),
            (1, BEGINNING + minutes(15))
        );
        assert!(bench.letters().is_empty());

        // Not a moment too early, and over a restart.
        bench.pass(minutes(15) - SignedDuration::from_millis(1));
        bench.restart().await;
        bench.work().await;
        assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 1);
        bench.pass(SignedDuration::from_millis(1));
        bench.work().await;
        assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 2);

        // The authority is back; its list was issued after the reception.
        let later = list(LUCIA, BEGINNING + minutes(30), BEGINNING + HOUR * 24);
        authority.set("/lista.crl", Does::Give(later));
        bench.pass(HOUR);
        bench.work().await;
        let (state, codes) = bench.outcome(&petition).await;
        assert_eq!(state, expected.0, "{codes:?}");
        assert!(codes.contains(&expected.1), "{codes:?}");
        assert_eq!(bench.status(&petition).await.waiting, None);
        let letters = bench.letters();
        assert_eq!(letters.len(), usize::from(state == State::Approved));
        // Nobody waits any more: a link of three minutes would be dead before it is read. It is asked for on the page.
        for letter in &letters {
            assert!(!letter.text.contains("/clave/"), "{}", letter.text);
            let words = format!("Se aprobó la solicitud {} ", petition.number);
            assert!(letter.text.contains(&words), "{}", letter.text);
            let [page, stop] = letter.links.as_slice() else {
                panic!("{:?}", letter.links)
            };
            assert!(page.contains("/consulta?number="), "{page}");
            assert!(stop.contains("/no-fui-yo/"), "{stop}");
            let link = bench.status(&petition).await.link;
            assert_eq!((link.stand, link.can_send), (LinkStand::Unsent, true));
            let (number, secret) = (&petition.number, &petition.secret);
            bench.intake.send_link(number, secret).await.unwrap();
            bench.work().await;
            bench.intake.open_link(&bench.token("clave")).await.unwrap();
        }
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_petition_that_nobody_answers_for_goes_to_a_person() {
    let authority = Authority::start().await;
    let bench = Bench::online(allowing()).await;
    let identity = lucia(Defect::None, &[], &[authority.at("/nadie")]);
    let petition = petition(&bench, &identity).await;
    for (asked, hours) in [(1, 1), (2, 1), (3, 4)] {
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Received);
        assert_eq!(status.waiting.unwrap().asked, asked);
        bench.pass(HOUR * hours);
        bench.work().await;
    }
    let outcome = bench.outcome(&petition).await;
    assert_eq!(outcome, (State::InReview, vec!["REVOCATION_UNKNOWN"]));
    assert!(bench.letters().is_empty());
    assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 0);

    // Where nobody can be asked, nobody is waited for.
    let identity = lucia(
        Defect::None,
        &[],
        &["ldap://directorio.invalid/".to_owned()],
    );
    let silent = self::petition(&bench, &identity).await;
    assert_eq!(bench.outcome(&silent).await.0, State::InReview);
}

/// An address that hands out a list of others will do so tomorrow; one that brings nothing may do better.
#[tokio::test]
async fn an_address_that_answers_beside_the_point_is_not_waited_for() {
    let authority = Authority::start().await;
    let other = list(Entity::Uno, BEGINNING - HOUR, BEGINNING + HOUR);
    authority.set("/ajena.crl", Does::Give(other));
    authority.set("/ocupada.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let beside = authority.at("/ajena.crl");
    let identity = lucia(Defect::None, &[], std::slice::from_ref(&beside));
    let in_vain = petition(&bench, &identity).await;
    let outcome = bench.outcome(&in_vain).await;
    assert_eq!(outcome, (State::InReview, vec!["REVOCATION_UNKNOWN"]));
    let identity = lucia(Defect::None, &[], &[beside, authority.at("/ocupada.crl")]);
    let hopeful = petition(&bench, &identity).await;
    assert_eq!(bench.status(&hopeful).await.state, State::Received);
}

/// PRODUCT S14: a document that brings a list of weeks ago, still in its time, stops nobody from asking; what the authority
/// says is kept with the decision.
#[tokio::test]
async fn what_a_document_brings_along_does_not_answer_for_the_authority() {
    let authority = Authority::start().await;
    let before = pki::crls(BEGINNING - HOUR * 24 * 20);
    let lists: Vec<&[u8]> = before.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/lista.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign_as(&petition.form, "lucia", &identity);
    let carrying = pdf::add_lists(&signed, &lists).unwrap();
    let uploaded = bench.upload(Some(&petition.number), &carrying).await;
    uploaded.unwrap();
    bench.work().await;
    let status = bench.status(&petition).await;
    assert_eq!(status.state, State::Received, "{:?}", status.reasons);
    let current = list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR * 24);
    authority.set("/lista.crl", Does::Give(current));
    bench.pass(HOUR);
    bench.work().await;
    assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    comes_out_again(&bench, &petition).await;
}

/// Report and evidence of a petition say the same once more.
async fn comes_out_again(bench: &Bench, petition: &Petition) {
    let made = bench.intake.reprocess(&petition.number).await.unwrap();
    assert_eq!(made.differences(), Vec::<String>::new());
    let package = crate::evidence_log::package(bench, &petition.number).await;
    let extractor = clavero::extract::Extractor::new(binary());
    clavero::evidence_package::check(&package[..], &extractor).unwrap();
}

/// A young answer that a document brings along stands in for the authority once asking it has come to its end, and not a moment
/// sooner: whoever keeps it from answering for a minute gains nothing by it (PRODUCT threat 4).
#[tokio::test]
async fn a_young_answer_that_a_document_brings_along_counts_after_asking_in_vain() {
    let authority = Authority::start().await;
    let young = pki::crls(BEGINNING - HOUR);
    let young: Vec<&[u8]> = young.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/muda.crl", Does::Fail(503));
    authority.set("/lejos.crl", Does::Redirect("ldap://ca.invalid/".into()));
    // Silent to the end; turned away by somebody on the way; back after a while, with an answer of its own.
    for (path, asked_in_vain) in [("/muda.crl", 3), ("/lejos.crl", 3), ("/muda.crl", 2)] {
        let bench = Bench::online(allowing()).await;
        let identity = lucia(Defect::None, &[], &[authority.at(path)]);
        let petition = bench.petition(CAFE, None).await;
        let signed = bench.sign_as(&petition.form, "lucia", &identity);
        let carrying = pdf::add_lists(&signed, &young).unwrap();
        let uploaded = bench.upload(Some(&petition.number), &carrying).await;
        uploaded.unwrap();
        bench.work().await;
        for (asked, hours) in [(1, 1), (2, 1), (3, 4)].into_iter().take(asked_in_vain) {
            let status = bench.status(&petition).await;
            assert_eq!(status.state, State::Received, "{path} {:?}", status.reasons);
            assert_eq!(status.waiting.unwrap().asked, asked);
            assert!(bench.letters().is_empty());
            if asked == 2 && asked_in_vain == 2 {
                let current = list(LUCIA, BEGINNING + HOUR, BEGINNING + HOUR * 24);
                authority.set("/muda.crl", Does::Give(current));
            }
            bench.pass(HOUR * hours);
            bench.work().await;
        }
        let approved = (State::Approved, vec!["MATCHED_REPRESENTATIVE"]);
        assert_eq!(bench.outcome(&petition).await, approved, "{path}");
        comes_out_again(&bench, &petition).await;
    }
}

/// What only a person can decide waits as well: the answer would look to him like the authority's own.
#[tokio::test]
async fn what_goes_to_a_person_waits_for_the_authority_too_where_a_document_answers_for_it() {
    let authority = Authority::start().await;
    let young = pki::crls(BEGINNING - HOUR);
    let young: Vec<&[u8]> = young.iter().map(|list| list.der.as_slice()).collect();
    authority.set("/muda.crl", Does::Fail(503));
    let bench = Bench::online(allowing()).await;
    let addresses = Addresses {
        crls: vec![authority.at("/muda.crl")],
        ocsp: Vec::new(),
    };
    // A term that ended without a successor.
    let identity = pki::issue_naming(person("hernan").unwrap(), Defect::None, &addresses);
    let petition = bench.petition(crate::review::FOUNDATION, None).await;
    let signed = bench.sign_as(&petition.form, "hernan", &identity);
    let carrying = pdf::add_lists(&signed, &young).unwrap();
    let uploaded = bench.upload(Some(&petition.number), &carrying).await;
    uploaded.unwrap();
    bench.work().await;
    assert_eq!(bench.status(&petition).await.waiting.unwrap().asked, 1);
    for hours in [1, 1, 4] {
        bench.pass(HOUR * hours);
        bench.work().await;
    }
    assert_eq!(bench.outcome(&petition).await.0, State::InReview);
}

#[tokio::test]
async fn a_report_is_made_again_from_what_was_kept() {
    let authority = Authority::start().await;
    let mut bench = Bench::online(allowing()).await;
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, BEGINNING + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let petition = petition(&bench, &identity).await;
    assert_eq!(bench.outcome(&petition).await.0, State::Approved);
    // Years later the authority is gone, and so are its certificates from the folders.
    authority.set("/lista.crl", Does::Fail(404));
    bench.pass(HOUR * 24 * 1000);
    bench.restart().await;
    bench.intake.replace_judgement(clavero::intake::Judgement {
        trust: TrustStore::new(Vec::new(), Vec::new()),
        evidence: Evidence::default(),
        policy: Policy::default(),
    });
    let visits = authority.all_visits();
    let made = bench.intake.reprocess(&petition.number).await.unwrap();
    assert_eq!(made.differences(), Vec::<String>::new());
    assert_eq!(
        made.answers, 2,
        "the lists of the root and of the subordinate"
    );
    assert!(made.now.is_some());
    assert_eq!(authority.all_visits(), visits, "nobody is asked");
    let unknown = PetitionNumber::new(2026, 999);
    assert!(bench.intake.reprocess(&unknown).await.is_err());
}

// -- the command line ------------------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_asks_only_when_told() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    authority.set(
        "/lista.crl",
        Does::Give(list(LUCIA, BEGINNING - HOUR, Timestamp::now() + HOUR)),
    );
    let identity = lucia(Defect::None, &[], &[authority.at("/lista.crl")]);
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.pdf"), signed_by(&identity)).unwrap();
    for name in ["roots", "intermediates", "crls"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    let keep = |place: &str, files: Vec<pki::Material>| {
        for file in files {
            std::fs::write(path(place).join(file.name), file.der).unwrap();
        }
    };
    keep("roots", pki::roots());
    keep("intermediates", pki::intermediates());
    let mut lists = pki::crls(BEGINNING - HOUR);
    lists.retain(|list| list.name.contains("raiz"));
    keep("crls", lists);
    let run = |private: bool, more: &[&str]| {
        let done = Command::new(binary())
            .current_dir(folder.path())
            .args([
                "verify",
                "a.pdf",
                "--roots",
                "roots",
                "--intermediates",
                "intermediates",
            ])
            .args(["--crls", "crls", "--at", &BEGINNING.to_string(), "--json"])
            .args(more)
            .env("CLAVERO_FETCH__ALLOW_PRIVATE_TARGETS", private.to_string())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let _: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), told)
    };
    assert_eq!(run(true, &[]).0, Some(2));
    let (status, told) = run(false, &["--online"]);
    assert_eq!(status, Some(2));
    assert!(told.contains("red privada"), "{told}");
    assert_eq!(authority.all_visits(), 0);
    for visits in [1, 1, 2] {
        let cache: &[&str] = if visits == 1 {
            &["--online", "--cache", "cache"]
        } else {
            &["--online"]
        };
        let (status, told) = run(true, cache);
        assert_eq!((status, told.as_str()), (Some(0), ""));
        assert_eq!(authority.all_visits(), visits);
    }
}

/// `trust.evidence_age_seconds` holds for files that are judged by the service's own trust, as it does for the service.
#[test]
fn the_age_of_answers_that_the_configuration_allows_holds_for_files_too() {
    let data = tempfile::tempdir().unwrap();
    let keep = |place: &str, files: Vec<pki::Material>| {
        let folder = data.path().join("trust").join(place);
        std::fs::create_dir_all(&folder).unwrap();
        for file in files {
            std::fs::write(folder.join(file.name), file.der).unwrap();
        }
    };
    keep("roots", pki::roots());
    keep("intermediates", pki::intermediates());
    keep("crls", pki::crls(BEGINNING - HOUR * 2));
    let file = data.path().join("a.pdf");
    std::fs::write(&file, signed_by(&lucia(Defect::None, &[], &[]))).unwrap();
    let status = |age: SignedDuration| {
        let mut command = Command::new(binary());
        command.arg("verify").arg(&file);
        command.args(["--at", &BEGINNING.to_string()]);
        command.env("CLAVERO_DATA_DIR", data.path());
        command.env("CLAVERO_PROFILE", "demo");
        let age = age.as_secs().to_string();
        command.env("CLAVERO_TRUST__EVIDENCE_AGE_SECONDS", age);
        command.env_remove("CLAVERO_CONFIG");
        command.output().unwrap().status.code()
    };
    assert_eq!(status(SignedDuration::ZERO), Some(0));
    assert_eq!(status(HOUR * 3), Some(0));
    assert_eq!(status(HOUR), Some(2));
}
