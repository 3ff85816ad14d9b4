//! Which addresses are asked: none on a private network, none in a directory, none that a stranger names.

use clavero::fetch::{Client, FetchError, Fetcher, Limits, Settings};
use clavero::fixture::pki::{Defect, Identity};
use clavero::verify::report::{Code, Conclusion};

use super::{LUCIA, allowing, judge, lucia, signed_by};
use crate::authority::{Authority, Does, extension, list, points, unsigned};
use crate::bench::{BEGINNING, HOUR};

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
