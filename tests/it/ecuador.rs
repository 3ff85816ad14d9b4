//! The table of the Ecuadorian entities against the real CA certificates, where the workplace has them:
//! `CLAVERO_ECUADOR_PKI` names their folder (`.ci/run` sets it). They are no part of the project, so without the folder
//! only the table itself is checked.

use std::collections::BTreeMap;
use std::path::Path;

use clavero::material;
use clavero::verify::Certificate;

/// One `[[entity.authority]]` of the table.
struct Authority {
    entity: String,
    role: String,
    not_after: String,
    key_id: Option<String>,
}

fn table() -> BTreeMap<String, Authority> {
    let table: toml::Table = toml::from_str(include_str!("../../certs/ecuador.toml")).unwrap();
    let mut authorities = BTreeMap::new();
    for entity in table["entity"].as_array().unwrap() {
        let list = entity.get("authority").and_then(toml::Value::as_array);
        for row in list.into_iter().flatten() {
            let text = |key: &str| {
                row.get(key)
                    .and_then(toml::Value::as_str)
                    .map(str::to_owned)
            };
            let authority = Authority {
                entity: entity["id"].as_str().unwrap().to_owned(),
                role: text("role").unwrap(),
                not_after: text("not_after").unwrap(),
                key_id: text("key_id"),
            };
            let twice = authorities.insert(text("sha256").unwrap(), authority);
            assert!(twice.is_none(), "a fingerprint stands twice");
        }
    }
    authorities
}

#[test]
fn every_pinned_authority_is_well_formed() {
    for (fingerprint, authority) in table() {
        assert_eq!(fingerprint.len(), 64, "{}", authority.entity);
        assert!(
            fingerprint.bytes().all(|b| b.is_ascii_hexdigit()),
            "{fingerprint}"
        );
        assert!(
            ["root", "subordinate"].contains(&authority.role.as_str()),
            "{fingerprint}"
        );
        assert!(
            authority.not_after.parse::<jiff::Timestamp>().is_ok(),
            "{fingerprint}"
        );
    }
}

#[test]
fn the_table_says_what_the_real_certificates_say() {
    let Ok(folder) = std::env::var("CLAVERO_ECUADOR_PKI") else {
        return;
    };
    let mut table = table();
    for part in ["ca", "ca-external"] {
        let certificates: Vec<Certificate> =
            material::certificates(&Path::new(&folder).join(part)).unwrap();
        assert!(!certificates.is_empty(), "{part}");
        for certificate in certificates {
            let fingerprint = certificate.sha256().to_string();
            let row = table.remove(&fingerprint);
            let row = row.unwrap_or_else(|| panic!("{fingerprint} is not in the table"));
            assert_eq!(
                row.not_after,
                certificate.not_after().to_string(),
                "{}: {fingerprint}",
                row.entity
            );
            assert_eq!(
                row.role == "root",
                certificate.is_self_issued(),
                "{}: {fingerprint}",
                row.entity
            );
            if let Some(key_id) = &row.key_id {
                let own = certificate
                    .extensions()
                    .subject_key_id
                    .as_deref()
                    .map(hex::encode);
                assert_eq!(own.as_ref(), Some(key_id), "{}: {fingerprint}", row.entity);
            }
        }
    }
    let left: Vec<&String> = table.keys().collect();
    assert!(left.is_empty(), "rows without a certificate: {left:?}");
}
