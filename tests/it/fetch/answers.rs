//! What counts as an answer of an authority: of a responder, of a delegate, and by lists.

use clavero::fetch::{FetchError, Fetcher, Settings};
use clavero::fixture::pki;
use clavero::fixture::pki::{Defect, Entity};
use clavero::verify::report::{Code, Conclusion, Report};
use jiff::Timestamp;

use super::{LUCIA, allowing, has, judge, lucia, signed_by};
use crate::authority::{Authority, Does, Entry, Responder, list};
use crate::bench::{BEGINNING, HOUR};

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
