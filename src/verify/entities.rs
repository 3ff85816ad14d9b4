//! Who may issue signature certificates in Ecuador: the table `certs/ecuador.toml`, and what an operator adds to it.
//!
//! A CA certificate is known by the fingerprint of its bytes, an issuer by the fingerprint of its key; a name decides
//! nothing (DESIGN J). What an operator changes (a certificate pinned by hand, a status, an entity of its own) has the same
//! form and lies beside the certificates, in `entities.toml` of the trust folder. What is left out: the files themselves.
//!
//! The table is embedded as JSON (`certs/build.rs` writes it when the program is built), because every process reads it.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::quirk::Quirk;
use super::signer::SignerClass;
use crate::domain::Sha256;

static EMBEDDED: LazyLock<Arc<Entities>> = LazyLock::new(|| {
    let table = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/ecuador.json")));
    Arc::new(table.expect("certs/ecuador.toml is embedded at build time and read by the tests"))
});

/// Id of the entity to which an operator pins what is nobody's in Ecuador: a foreign timestamping authority, say.
pub const ABROAD: &str = "abroad";

/// Every known entity, with what is known and not wanted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entities {
    #[serde(default, rename = "entity")]
    list: Vec<Entity>,
    #[serde(default)]
    refused: Vec<Refused>,
    /// What an operator added.
    #[serde(skip)]
    additions: Additions,
}

/// A certification entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Short name, ours.
    pub id: String,
    /// Its legal name.
    pub name: String,
    /// Arcs of its policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arcs: Vec<String>,
    /// Authorities of another entity that sign for this one as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues_under: Vec<Sha256>,
    /// Id of an entity whose layouts it uses; only in an operator's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// Its CA certificates.
    #[serde(default, rename = "authority", skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<Authority>,
    /// Where it writes identities.
    #[serde(default, rename = "layout", skip_serializing_if = "Vec::is_empty")]
    pub layouts: Vec<Layout>,
}

/// A CA certificate, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Whether it ends paths.
    pub role: Role,
    /// Common name.
    pub name: String,
    /// Fingerprint of the certificate.
    pub sha256: Sha256,
    /// Fingerprint of its `SubjectPublicKeyInfo`.
    pub key_sha256: Sha256,
    /// Its key identifier (RFC 5280 §4.2.1.2), hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The one it names as its issuer's (§4.2.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_key_id: Option<String>,
    /// End of validity.
    pub not_after: Timestamp,
    /// Whether it signs for other countries as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// What it issues, where that is less than its certificate allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<Issues>,
    /// Rules that it may break.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerances: Vec<Quirk>,
    /// Addresses of the lists it signs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crl: Vec<String>,
    /// Addresses of the changes to those lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delta_crl: Vec<String>,
    /// Addresses of those who answer for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ocsp: Vec<String>,
    /// Where its certificate can be downloaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aia: Vec<String>,
    /// Whether it counts.
    pub status: Status,
    /// From when it does not, when it is for the past only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why it is not simply accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Authority {
    /// The row that pins `certificate`, with nothing forgiven to it.
    #[must_use]
    pub fn pin(certificate: &Certificate, role: Role, status: Status) -> Self {
        let extensions = certificate.extensions();
        Self {
            role,
            name: certificate.subject().text().to_owned(),
            sha256: certificate.sha256(),
            key_sha256: certificate.key_sha256(),
            key_id: extensions.subject_key_id.as_deref().map(hex::encode),
            issuer_key_id: extensions.authority_key_id.as_deref().map(hex::encode),
            not_after: certificate.not_after(),
            shared: false,
            issues: None,
            tolerances: Vec::new(),
            crl: Vec::new(),
            delta_crl: Vec::new(),
            ocsp: Vec::new(),
            aia: Vec::new(),
            status,
            since: None,
            why: None,
        }
    }
}

/// Place of a CA certificate in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ends paths.
    Root,
    /// Stands between a root and the signers.
    Subordinate,
}

/// What an authority issues and nothing beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issues {
    /// Certificates of timestamping authorities (RFC 3161): no person's.
    Timestamps,
}

impl Issues {
    /// As written in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timestamps => "timestamps",
        }
    }
}

/// Whether a CA certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It does.
    Accepted,
    /// Only for signatures that are proven to be older.
    PastOnly,
    /// It does not, until somebody confirms it.
    HeldBack,
}

impl Status {
    /// As written in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::PastOnly => "past_only",
            Self::HeldBack => "held_back",
        }
    }
}

/// A certificate that is known, and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Whose it says to be.
    pub entity: String,
    /// What it would be.
    pub role: Role,
    /// Common name.
    pub name: String,
    /// Fingerprint of the certificate.
    pub sha256: Sha256,
    /// End of validity.
    pub not_after: Timestamp,
    /// Why not.
    pub why: Unwanted,
}

/// Why a known certificate is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unwanted {
    /// Its entity has replaced it.
    Superseded,
    /// Found somewhere, confirmed by nobody.
    Uncorroborated,
}

/// Where an entity puts identity data, and which policy means which class there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The kind of place.
    pub style: Style,
    /// Whether its policies decide even beside the private fields of another layout.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy_alone: bool,
    /// OIDs of the fields; the places of *subj* are fixed by the resolution.
    #[serde(default)]
    pub fields: FieldOids,
    /// Classes in the order in which they are tried.
    pub classes: Vec<ClassRow>,
}

/// The kinds of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Private extensions.
    Ext,
    /// `otherName` entries of the subject alternative name.
    San,
    /// The subject (Resolution ARCOTEL-2024-0176).
    Subj,
}

impl Style {
    /// As written in the table and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ext => "ext",
            Self::San => "san",
            Self::Subj => "subj",
        }
    }
}

/// OIDs of the fields of an *ext* or *san* layout; those under 2.5.4 are attributes of the subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each is the field of its name")]
pub struct FieldOids {
    pub document: Option<String>,
    pub names: Option<String>,
    pub surname_1: Option<String>,
    pub surname_2: Option<String>,
    pub position: Option<String>,
    pub institution: Option<String>,
    pub organisation: Option<String>,
    pub ruc: Option<String>,
}

/// What one policy means in one layout of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRow {
    /// The policy, compared whole.
    pub policy: String,
    /// What its holder is.
    pub class: SignerClass,
    /// Where the key lives, where the entity says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// Whether FirmaEC 5.1.0 reads it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_true(value: &bool) -> bool {
    *value
}

/// Where the private key lives, as the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A file.
    File,
    /// A token.
    Token,
    /// A secure signature-creation device of a kind that the policy does not tell.
    SecureDevice,
    /// A hardware security module.
    Hsm,
    /// A module of the entity, used from afar.
    RemoteHsm,
}

/// What an operator adds to the table: `entities.toml` of the trust folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Additions {
    /// Statuses that differ from the table's.
    #[serde(default, rename = "status", skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<StatusChange>,
    /// Entities of its own, and further authorities and layouts of those in the table.
    #[serde(default, rename = "entity", skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
}

impl Additions {
    /// A certificate has this status from now on, whatever it was given before.
    pub fn set_status(&mut self, change: StatusChange) {
        self.statuses.retain(|known| known.sha256 != change.sha256);
        self.statuses.push(change);
    }

    /// Whether this certificate is pinned here, by hand.
    #[must_use]
    pub fn pins(&self, sha256: Sha256) -> bool {
        let mut rows = self.entities.iter().flat_map(|entity| &entity.authorities);
        rows.any(|row| row.sha256 == sha256)
    }

    /// Takes a pin out, to put it elsewhere; an entity of which nothing else is said goes with it.
    pub fn unpin(&mut self, sha256: Sha256) -> Option<Authority> {
        let place = |rows: &[Authority]| rows.iter().position(|row| row.sha256 == sha256);
        let (entity, row) = self
            .entities
            .iter()
            .enumerate()
            .find_map(|(entity, it)| Some((entity, place(&it.authorities)?)))?;
        let found = self.entities.get_mut(entity)?;
        let authority = found.authorities.remove(row);
        let bare = Entity {
            id: found.id.clone(),
            name: found.name.clone(),
            ..Entity::default()
        };
        if *found == bare {
            self.entities.remove(entity);
        }
        Some(authority)
    }

    /// Pins a certificate to an entity.
    pub fn pin(&mut self, authority: Authority, id: &str, name: &str) {
        match self.entities.iter_mut().find(|entity| entity.id == id) {
            Some(entity) => entity.authorities.push(authority),
            None => self.entities.push(Entity {
                id: id.to_owned(),
                name: name.to_owned(),
                authorities: vec![authority],
                ..Entity::default()
            }),
        }
    }
}

/// A status that an operator gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// Which certificate.
    pub sha256: Sha256,
    /// What it is from now on.
    pub status: Status,
    /// From when it does not count, when it is for the past only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a certificate stands to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement<'a> {
    /// It is pinned.
    Pinned(&'a Entity, &'a Authority),
    /// It is known, and not kept.
    Refused(&'a Refused),
    /// It is no CA's.
    NotACa,
    /// Another certificate of a key that is pinned, and whose that key is.
    SameKey(&'a Entity, &'a Authority),
    /// It bears the name of one that is pinned, and has another key: renewed, or an imitation.
    Namesake(&'a Authority),
    /// Nothing is known of it.
    Unknown,
}

/// An operator's additions make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdditionsError {
    /// A status for a certificate that nothing pins.
    #[error("a status is given to {0}, which nothing pins")]
    UnknownCertificate(Sha256),
    /// Layouts of an entity that does not exist.
    #[error("the entity {0} is like one that is not in the table")]
    UnknownEntity(String),
    /// A certificate pinned twice.
    #[error("{0} is pinned twice")]
    Twice(Sha256),
    /// `past_only` without the moment from which it is past.
    #[error("{0} is for the past only, and `since` is missing")]
    WithoutMoment(Sha256),
}

impl Entities {
    /// The table as it was built in.
    #[must_use]
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&EMBEDDED)
    }

    /// The table as built in, with what an operator adds.
    ///
    /// # Errors
    /// When an addition contradicts the table or names something that is not there.
    pub fn with(additions: &Additions) -> Result<Self, AdditionsError> {
        let mut entities = (*Self::embedded()).clone();
        entities.additions = additions.clone();
        for added in &additions.entities {
            entities.add(added)?;
        }
        for change in &additions.statuses {
            let authority = entities
                .list
                .iter_mut()
                .flat_map(|entity| &mut entity.authorities)
                .find(|authority| authority.sha256 == change.sha256)
                .ok_or(AdditionsError::UnknownCertificate(change.sha256))?;
            authority.status = change.status;
            authority.since = change.since;
            authority.why.clone_from(&change.why);
        }
        for authority in entities.list.iter().flat_map(|entity| &entity.authorities) {
            if authority.status == Status::PastOnly && authority.since.is_none() {
                return Err(AdditionsError::WithoutMoment(authority.sha256));
            }
        }
        Ok(entities)
    }

    fn add(&mut self, added: &Entity) -> Result<(), AdditionsError> {
        for authority in &added.authorities {
            if self.authority(authority.sha256).is_some() {
                return Err(AdditionsError::Twice(authority.sha256));
            }
        }
        let mut layouts = added.layouts.clone();
        if let Some(like) = &added.like {
            let model = self
                .get(like)
                .ok_or_else(|| AdditionsError::UnknownEntity(added.id.clone()))?;
            layouts.extend(model.layouts.iter().cloned());
        }
        match self.list.iter_mut().find(|entity| entity.id == added.id) {
            Some(known) => {
                known.authorities.extend(added.authorities.iter().cloned());
                known.layouts.extend(layouts);
                known.arcs.extend(added.arcs.iter().cloned());
                known.issues_under.extend(&added.issues_under);
            }
            None => self.list.push(Entity {
                layouts,
                ..added.clone()
            }),
        }
        Ok(())
    }

    /// What an operator added to the table.
    #[must_use]
    pub fn additions(&self) -> &Additions {
        &self.additions
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Entity] {
        &self.list
    }

    /// The entity with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Entity> {
        self.list.iter().find(|entity| entity.id == id)
    }

    /// The pinned certificate with this fingerprint, and whose it is.
    #[must_use]
    pub fn authority(&self, sha256: Sha256) -> Option<(&Entity, &Authority)> {
        self.pinned()
            .find(|(_, authority)| authority.sha256 == sha256)
    }

    /// Every pinned certificate.
    pub fn pinned(&self) -> impl Iterator<Item = (&Entity, &Authority)> {
        self.list.iter().flat_map(|entity| {
            entity
                .authorities
                .iter()
                .map(move |authority| (entity, authority))
        })
    }

    /// Certificates that are known and not kept.
    #[must_use]
    pub fn refused(&self, sha256: Sha256) -> Option<&Refused> {
        self.refused.iter().find(|row| row.sha256 == sha256)
    }

    /// How `certificate` stands to the table.
    #[must_use]
    pub fn place(&self, certificate: &Certificate) -> Placement<'_> {
        let sha256 = certificate.sha256();
        if let Some((entity, authority)) = self.authority(sha256) {
            return Placement::Pinned(entity, authority);
        }
        if let Some(row) = self.refused(sha256) {
            return Placement::Refused(row);
        }
        if !certificate.is_ca() && certificate.version() >= 3 {
            return Placement::NotACa;
        }
        let key = certificate.key_sha256();
        if let Some((entity, authority)) = self.pinned().find(|(_, row)| row.key_sha256 == key) {
            return Placement::SameKey(entity, authority);
        }
        let text = certificate.subject().text();
        let namesake = self.pinned().find(|(_, authority)| {
            let name = format!("CN={}", authority.name);
            authority.name == text || text.split(',').any(|part| part == name)
        });
        match namesake {
            Some((_, authority)) => Placement::Namesake(authority),
            None => Placement::Unknown,
        }
    }

    /// The pinned certificate that has the key of `issuer`: it itself, or an earlier or later one of the same key.
    #[must_use]
    pub fn authority_of(&self, issuer: &Certificate) -> Option<&Authority> {
        let key = issuer.key_sha256();
        self.pinned()
            .find(|(_, authority)| authority.key_sha256 == key)
            .map(|(_, authority)| authority)
    }

    /// What the key of `issuer` issues and nothing beside it, if any certificate of that key is pinned with such a limit.
    #[must_use]
    pub fn limit_of(&self, issuer: &Certificate) -> Option<Issues> {
        let key = issuer.key_sha256();
        let mut rows = self.pinned().filter(|(_, row)| row.key_sha256 == key);
        rows.find_map(|(_, row)| row.issues)
    }

    /// The row that says how `authority` counts: its own or, for a certificate that nothing pins, the heaviest of its key's.
    /// Whoever holds a key can have many certificates for it, and what is known against one of them is known of the key.
    #[must_use]
    pub fn standing(&self, authority: &Certificate) -> Option<&Authority> {
        if let Some((_, own)) = self.authority(authority.sha256()) {
            return Some(own);
        }
        let key = authority.key_sha256();
        let same_key = self.pinned().filter(|(_, row)| row.key_sha256 == key);
        same_key
            .map(|(_, row)| row)
            .min_by_key(|row| match row.status {
                Status::HeldBack => (0, None),
                Status::PastOnly => (1, row.since),
                Status::Accepted => (2, None),
            })
    }

    /// The entities that issue with the key of `issuer`; several share one of the keys.
    #[must_use]
    pub fn issuing_with(&self, issuer: &Certificate) -> Vec<&Entity> {
        let Some(authority) = self.authority_of(issuer) else {
            return Vec::new();
        };
        self.list
            .iter()
            .filter(|entity| {
                entity
                    .authorities
                    .iter()
                    .any(|own| own.key_sha256 == authority.key_sha256)
                    || entity.issues_under.contains(&authority.sha256)
            })
            .collect()
    }
}

impl Entity {
    /// Whether it issues for Ecuador at all.
    #[must_use]
    pub fn is_ecuadorian(&self) -> bool {
        self.id != ABROAD
    }

    /// Whether a policy lies in one of its arcs.
    #[must_use]
    pub fn owns(&self, policy: &str) -> bool {
        self.arcs.iter().any(|arc| {
            policy
                .strip_prefix(arc.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn additions(text: &str) -> Result<Entities, AdditionsError> {
        Entities::with(&toml::from_str(text).unwrap())
    }

    /// Its own certificate would allow more, and nobody has ever seen a person's certificate by it.
    #[test]
    fn one_authority_of_the_table_issues_for_timestamps_alone() {
        let table = Entities::embedded();
        let limited = table.pinned().filter(|(_, row)| row.issues.is_some());
        let limited: Vec<_> = limited
            .map(|(entity, row)| (entity.id.as_str(), row.name.as_str(), row.issues))
            .collect();
        let expected = ("anfac", "ANF AC Ecuador TSA", Some(Issues::Timestamps));
        assert_eq!(limited, [expected]);
    }

    #[test]
    fn the_table_is_complete_and_no_policy_means_two_things_within_one_layout() {
        let table = Entities::embedded();
        assert_eq!(table.list().len(), 17, "the 17 entities");
        let rows = |enabled: bool| {
            let layouts = table.list().iter().flat_map(|entity| &entity.layouts);
            let rows = layouts.flat_map(|layout| &layout.classes);
            rows.filter(|row| row.enabled == enabled).count()
        };
        assert_eq!((rows(true), rows(false)), (123, 16));
        assert_eq!(table.pinned().count(), 65);
        assert_eq!(table.refused.len(), 6);
        for entity in table.list() {
            for layout in &entity.layouts {
                assert_eq!(
                    layout.fields.document.is_some(),
                    layout.style != Style::Subj,
                    "{}: {:?}",
                    entity.name,
                    layout.style
                );
                for row in &layout.classes {
                    let same = layout.classes.iter().filter(|it| it.policy == row.policy);
                    assert_eq!(same.count(), 1, "{}: {}", entity.name, row.policy);
                    assert!(entity.owns(&row.policy), "{}: {}", entity.name, row.policy);
                }
            }
        }
    }

    #[test]
    fn no_certificate_and_no_key_belongs_to_two_entities() {
        let table = Entities::embedded();
        for (entity, authority) in table.pinned() {
            let same = |other: &Authority| {
                other.sha256 == authority.sha256 || other.key_sha256 == authority.key_sha256
            };
            assert_eq!(
                table.pinned().filter(|(_, other)| same(other)).count(),
                1,
                "{}: {}",
                entity.id,
                authority.name
            );
            assert!(table.refused(authority.sha256).is_none());
            let moment = authority.since.is_some();
            assert_eq!(moment, authority.status == Status::PastOnly);
            assert_eq!(
                authority.why.is_some(),
                authority.status != Status::Accepted,
                "{}",
                authority.name
            );
        }
        for (id, held) in [("argosdata", 2), ("bce", 0)] {
            let rows = &table.get(id).unwrap().authorities;
            let count = rows.iter().filter(|row| row.status == Status::HeldBack);
            assert_eq!(count.count(), held, "{id}");
        }
    }

    #[test]
    fn an_operator_changes_a_status_and_adds_an_entity_that_reads_like_another() {
        let sha256 = Entities::embedded().get("argosdata").unwrap().authorities[1].sha256;
        let changed = additions(&format!(
            "[[status]]\nsha256 = \"{sha256}\"\nstatus = \"accepted\"\n\
             [[entity]]\nid = \"nueva\"\nname = \"NUEVA S.A.\"\nlike = \"bce\"\n"
        ))
        .unwrap();
        let (_, authority) = changed.authority(sha256).unwrap();
        assert_eq!(authority.status, Status::Accepted);
        assert_eq!(
            changed.get("nueva").unwrap().layouts,
            changed.get("bce").unwrap().layouts
        );
    }

    #[test]
    fn additions_that_make_no_sense_are_refused() {
        let known = Entities::embedded().get("bce").unwrap().authorities[0].clone();
        let unknown = Sha256::of(b"nobody");
        assert_eq!(
            additions(&format!(
                "[[status]]\nsha256 = \"{unknown}\"\nstatus = \"accepted\""
            ))
            .err(),
            Some(AdditionsError::UnknownCertificate(unknown))
        );
        assert_eq!(
            additions(&format!(
                "[[status]]\nsha256 = \"{}\"\nstatus = \"past_only\"",
                known.sha256
            ))
            .err(),
            Some(AdditionsError::WithoutMoment(known.sha256))
        );
        assert_eq!(
            additions("[[entity]]\nid = \"x\"\nname = \"X\"\nlike = \"y\"").err(),
            Some(AdditionsError::UnknownEntity("x".into()))
        );
        let twice = Additions {
            entities: vec![Entity {
                authorities: vec![known.clone()],
                ..Entities::embedded().get("bce").unwrap().clone()
            }],
            ..Additions::default()
        };
        assert_eq!(
            Entities::with(&twice).err(),
            Some(AdditionsError::Twice(known.sha256))
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let additions = Additions {
            statuses: vec![StatusChange {
                sha256: Sha256::of(b"x"),
                status: Status::PastOnly,
                since: Some(Timestamp::UNIX_EPOCH),
                why: Some("ARCOTEL".into()),
            }],
            entities: vec![Entities::embedded().get("uanataca").unwrap().clone()],
        };
        let text = toml::to_string(&additions).unwrap();
        assert_eq!(toml::from_str::<Additions>(&text).unwrap(), additions);
    }
}
