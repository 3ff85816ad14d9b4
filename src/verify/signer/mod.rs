//! Who signed: the identity that a certificate states, and the entity that vouches for it (DESIGN J).
//!
//! The entity is decided by the key that issued the certificate, then the layout by the place that is used, then the class
//! of the holder by exact policy OIDs; never by the text of a name or of a position. Where the issuing key is in no row of
//! the table, the layout alone is read, and the report says so. What is left out: whether the path may be trusted.

mod layout;
mod numbers;
mod places;
mod text;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::layout::Identity;
use self::places::Places;
use super::certificate::Certificate;
use super::entities::{ClassRow, Entities, Entity, Layout, Medium, Style};
use super::report::{Code, Finding};
use super::trust::TrustStore;
use crate::domain::{IdentityDocument, Ruc};

/// What kind of holder the certificate policy declares. Only the policy OID decides; the position text never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignerClass {
    /// *Persona natural*.
    NaturalPerson,
    /// *Miembro de empresa*.
    CompanyMember,
    /// *Representante legal*.
    LegalRepresentative,
    /// *Persona jurídica*: a person acting for a company, manager or clerk alike.
    LegalEntity,
    /// *Funcionario público*.
    PublicOfficer,
    /// *Sello electrónico*: no person signed.
    ElectronicSeal,
    /// *Sellado de tiempo*.
    Timestamp,
}

impl SignerClass {
    /// Whether a certificate of this class is a person's, so that its signature can ask for something.
    #[must_use]
    pub fn is_person(self) -> bool {
        !matches!(self, Self::ElectronicSeal | Self::Timestamp)
    }

    /// As reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NaturalPerson => "natural_person",
            Self::CompanyMember => "company_member",
            Self::LegalRepresentative => "legal_representative",
            Self::LegalEntity => "legal_entity",
            Self::PublicOfficer => "public_officer",
            Self::ElectronicSeal => "electronic_seal",
            Self::Timestamp => "timestamp",
        }
    }
}

/// What kind of document identifies the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// *Cédula*: ten digits.
    Cedula,
    /// Passport, or a foreigner's number.
    Passport,
}

impl DocumentKind {
    /// Of a number without a prefix.
    fn by_form(document: &IdentityDocument) -> Self {
        if document.is_cedula() {
            Self::Cedula
        } else {
            Self::Passport
        }
    }
}

/// The identity read from the signer's certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signer {
    /// Cédula or passport, without its prefix.
    pub document: Option<IdentityDocument>,
    /// Which of the two.
    #[serde(default)]
    pub document_kind: Option<DocumentKind>,
    /// Full name: names and surnames, or the common name.
    pub name: String,
    /// Given names, where they stand apart.
    #[serde(default)]
    pub names: Option<String>,
    /// Surnames, where they stand apart.
    #[serde(default)]
    pub surnames: Option<String>,
    /// Position (*cargo*).
    pub position: Option<String>,
    /// Organisation (*razón social*).
    pub organisation: Option<String>,
    /// RUC of the organisation (or of the person), if there is one in its place and no other beside it.
    pub ruc: Option<Ruc>,
    /// Every other RUC that the certificate states, in whatever place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_rucs: Vec<Ruc>,
    /// What stands where a RUC belongs and can't be read as one, as it is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable_rucs: Vec<String>,
    /// Class, when the policy is known.
    pub class: Option<SignerClass>,
    /// Where the private key lives, when the policy says so.
    #[serde(default)]
    pub medium: Option<Medium>,
    /// Name of the issuing entity: from the table, otherwise the issuer's organisation.
    pub entity: String,
    /// Id of the entity in the table, when the key that issued the certificate is pinned there.
    #[serde(default)]
    pub entity_id: Option<String>,
    /// `ext`, `san` or `subj`; nothing when no layout fits.
    pub layout: Option<String>,
}

impl Signer {
    /// The document by which somebody may be looked up. The registry writes numbers without their kind, so a passport of
    /// ten digits identifies nobody there: it would be read as somebody else's cédula.
    #[must_use]
    pub fn matchable_document(&self) -> Option<&IdentityDocument> {
        let passport = self.document_kind == Some(DocumentKind::Passport);
        self.document
            .as_ref()
            .filter(|document| !(passport && document.is_cedula()))
    }

    /// The cédula, and nothing else that looks like one.
    #[must_use]
    pub fn cedula(&self) -> Option<&IdentityDocument> {
        self.matchable_document()
            .filter(|document| document.is_cedula())
    }

    /// Every RUC that the certificate states.
    pub fn rucs(&self) -> impl Iterator<Item = &Ruc> {
        self.ruc.iter().chain(&self.other_rucs)
    }

    /// Whether a RUC is the signer's own, and so says nothing about a company.
    #[must_use]
    pub fn owns(&self, ruc: &Ruc) -> bool {
        self.cedula()
            .is_some_and(|cedula| ruc.belongs_to_person(cedula))
    }
}

/// Reads who holds the first certificate of `path`, and what speaks against believing that. `path` is what was found
/// upwards of it, signatures verified, whether or not it reaches a root.
#[must_use]
pub fn identify(path: &[Certificate], trust: &TrustStore) -> Option<(Signer, Vec<Finding>)> {
    let certificate = path.first()?;
    let entities = trust.entities();
    let subject = certificate.subject().text();
    let finding = |code| Finding::new(code, subject).fact("issuer", certificate.issuer().text());
    let owners = path
        .get(1)
        .map(|issuer| entities.issuing_with(issuer))
        .unwrap_or_default();
    if !owners.is_empty() {
        let places = Places::of(certificate);
        let reading = Reading::of(&places, &owners);
        let mut findings = Vec::new();
        if !meant_for_ecuador(&places, &reading, &owners, path, entities) {
            findings.push(finding(Code::SignerNotEcuadorian));
        } else if reading.row.is_some_and(|row| !row.enabled) {
            findings.push(finding(Code::SignerClassDisabled));
        }
        let signer = reading.into_signer(&places, owners.first().copied());
        return Some((signer, findings));
    }
    let reaches_root = path.last().is_some_and(|last| trust.is_root(last));
    // The key that issued the certificate is not pinned. Does a pinned one stand above it?
    let above = path
        .iter()
        .skip(2)
        .find_map(|authority| entities.authority_of(authority));
    let code = match above {
        Some(authority) if authority.shared || is_abroad(authority.sha256, entities) => {
            Code::SignerNotEcuadorian
        }
        Some(_) => Code::SignerAuthorityUnlisted,
        None if trust.is_strict() => Code::SignerNotEcuadorian,
        None => Code::SignerEntityNotPinned,
    };
    // Without a root the path itself is refused, and nothing more needs to be said.
    let findings = reaches_root.then(|| finding(code)).into_iter().collect();
    Some((read(certificate), findings))
}

fn is_abroad(sha256: crate::domain::Sha256, entities: &Entities) -> bool {
    entities
        .authority(sha256)
        .is_some_and(|(entity, _)| !entity.is_ecuadorian())
}

/// A key that signs for several countries speaks for Ecuador only under the policies of an Ecuadorian entity.
fn meant_for_ecuador(
    places: &Places<'_>,
    reading: &Reading<'_>,
    owners: &[&Entity],
    path: &[Certificate],
    entities: &Entities,
) -> bool {
    if !owners.iter().any(|owner| owner.is_ecuadorian()) {
        return false;
    }
    let shared = path
        .get(1)
        .and_then(|issuer| entities.authority_of(issuer))
        .is_some_and(|authority| authority.shared);
    !shared
        || reading.row.is_some()
        || places
            .policies()
            .iter()
            .any(|policy| owners.iter().any(|owner| owner.owns(policy)))
}

/// Reads who holds `certificate` by the layouts of every entity, without asking who issued it. A certificate that fits no
/// layout still gives a [`Signer`] with its common name, but without document and class, so that nobody is matched by it.
#[must_use]
pub fn read(certificate: &Certificate) -> Signer {
    let places = Places::of(certificate);
    let entities = Entities::embedded();
    // Only a listed policy makes a reading fit.
    let lists_policy = |entity: &&Entity| {
        let mut rows = entity.layouts.iter().flat_map(|layout| &layout.classes);
        rows.any(|row| places.policies().contains(&row.policy))
    };
    let mut candidates = entities.list().iter().filter(lists_policy);
    let fitting = candidates.find_map(|entity| {
        let reading = Reading::in_layout(&places, &[entity]);
        let row = reading.row?;
        (reading.identity.document.is_some() || !row.class.is_person())
            .then(|| reading.compared(&places, &[entity]))
    });
    match fitting {
        Some(reading) => Signer {
            entity_id: None,
            ..reading.into_signer(&places, None)
        },
        None => Reading::of(&places, &[]).into_signer(&places, None),
    }
}

/// What a certificate says in the layouts of some entities.
struct Reading<'a> {
    entity: Option<&'a Entity>,
    style: Option<Style>,
    row: Option<&'a ClassRow>,
    class: Option<SignerClass>,
    identity: Identity,
}

impl<'a> Reading<'a> {
    /// What the places of a layout say, and what others say beside it.
    fn of(places: &Places<'_>, entities: &[&'a Entity]) -> Self {
        Self::in_layout(places, entities).compared(places, entities)
    }

    fn compared(mut self, places: &Places<'_>, entities: &[&'a Entity]) -> Self {
        let layouts = || entities.iter().flat_map(|entity| &entity.layouts);
        let identity = &mut self.identity;
        let document = identity.document.take();
        identity.document =
            document.and_then(|document| numbers::agreed(document, places, layouts()));
        identity.rucs.add_elsewhere(places, layouts());
        self
    }

    /// The layout is decided before the class: the same policy means different things in *ext* and *subj* (61305.2.2.1).
    fn in_layout(places: &Places<'_>, entities: &[&'a Entity]) -> Self {
        let mut unclassed = None;
        for entity in entities {
            let layout = used_layout(places, entity);
            if let Some((layout, row)) =
                layout.and_then(|layout| Some((layout, class_row(layout, places.policies())?)))
                && row.class.is_person()
            {
                return Self {
                    entity: Some(entity),
                    style: Some(layout.style),
                    row: Some(row),
                    class: Some(row.class),
                    identity: Identity::read(places, layout),
                };
            }
            // A seal or a timestamp names no person, and is what it is all the same.
            if let Some(reading) = Self::of_nobody(places, entity) {
                return reading;
            }
            if let Some(layout) = layout.filter(|_| unclassed.is_none()) {
                unclassed = Self::unclassed(places, entity, layout);
            }
        }
        unclassed.unwrap_or_else(|| Self::unlisted(places))
    }

    /// A person, named in the places of a layout, with a policy that is in none of its rows.
    fn unclassed(places: &Places<'_>, entity: &'a Entity, layout: &Layout) -> Option<Self> {
        // Most entities have the subject for a layout, which says the same to all of them.
        if layout.style == Style::Subj && places.in_subject().document.is_none() {
            return None;
        }
        let identity = Identity::read(places, layout);
        identity.document.is_some().then_some(Self {
            entity: Some(entity),
            style: Some(layout.style),
            row: None,
            class: None,
            identity,
        })
    }

    /// A listed policy without the person's data that its layout asks for: a seal, a timestamp, or what an entity calls
    /// *persona jurídica* and issues without a person (Security Data 2.8).
    fn of_nobody(places: &Places<'_>, entity: &'a Entity) -> Option<Self> {
        let candidates: Vec<(&Layout, &ClassRow)> = entity
            .layouts
            .iter()
            .filter_map(|layout| Some((layout, class_row(layout, places.policies())?)))
            .filter(|(layout, row)| {
                !row.class.is_person()
                    || (row.class == SignerClass::LegalEntity
                        && layout.style != Style::Subj
                        && !layout::is_present(places, layout))
            })
            .collect();
        let with_fields = candidates
            .iter()
            .find(|(layout, _)| layout::has_fields(places, layout));
        let in_subject = || candidates.iter().find(|(it, _)| it.style == Style::Subj);
        let (layout, row) = with_fields
            .or_else(in_subject)
            .or_else(|| candidates.first())?;
        let identity = Identity::read(places, layout);
        Some(Self {
            entity: Some(entity),
            style: Some(layout.style),
            row: Some(row),
            class: Some(match row.class {
                SignerClass::LegalEntity => SignerClass::ElectronicSeal,
                class => class,
            }),
            identity: Identity {
                organisation: identity.organisation,
                rucs: identity.rucs,
                ..Identity::default()
            },
        })
    }

    /// A certificate whose policies are in no row: the subject is read where it is unmistakable, the class stays open.
    fn unlisted(places: &Places<'_>) -> Self {
        let identity = places.in_subject();
        let named = identity.document.is_some();
        Self {
            entity: None,
            style: named.then_some(Style::Subj),
            row: None,
            class: None,
            identity: if named {
                identity.clone()
            } else {
                Identity::default()
            },
        }
    }

    /// `issuer` is the entity whose pinned key issued the certificate, if the reading itself found none.
    fn into_signer(self, places: &Places<'_>, issuer: Option<&Entity>) -> Signer {
        let entity = self.entity.or(issuer);
        let full_name: Vec<String> = [self.identity.names.clone(), self.identity.surnames.clone()]
            .into_iter()
            .flatten()
            .collect();
        // A seal names a company's number where a person's document would stand.
        let person = self.class.is_none_or(SignerClass::is_person);
        let (document, kind) = self.identity.document.filter(|_| person).unzip();
        Signer {
            document,
            document_kind: kind,
            name: if full_name.is_empty() {
                places
                    .attribute(layout::oid::COMMON_NAME)
                    .unwrap_or_default()
            } else {
                full_name.join(" ")
            },
            names: self.identity.names,
            surnames: self.identity.surnames,
            position: self.identity.position,
            organisation: self.identity.organisation,
            ruc: self.identity.rucs.main,
            other_rucs: self.identity.rucs.others,
            unreadable_rucs: self.identity.rucs.unreadable,
            class: self.class,
            medium: self.row.and_then(|row| row.medium),
            entity: entity.map_or_else(
                || places.issuer_organisation().unwrap_or_default(),
                |entity| entity.name.clone(),
            ),
            entity_id: entity.map(|entity| entity.id.clone()),
            layout: self.style.map(|style| style.as_str().to_owned()),
        }
    }
}

/// The layout of `entity` whose places the certificate uses: private fields if there are any, otherwise the subject.
/// Several arcs of one entity (ANFAC) may be there at once; the one that has a listed policy is meant.
fn used_layout<'a>(places: &Places<'_>, entity: &'a Entity) -> Option<&'a Layout> {
    let present = || {
        let layouts = entity.layouts.iter();
        layouts.filter(|layout| layout::is_present(places, layout))
    };
    let listed = |layout: &&Layout| class_row(layout, places.policies()).is_some();
    let layouts = || entity.layouts.iter();
    present()
        .find(listed)
        .or_else(|| layouts().filter(|it| it.policy_alone).find(listed))
        .or_else(|| present().next())
        .or_else(|| layouts().find(|layout| layout.style == Style::Subj))
}

/// The row of the first policy that is listed; but what also calls itself a seal or a timestamp is no person's.
fn class_row<'a>(layout: &'a Layout, policies: &[String]) -> Option<&'a ClassRow> {
    let mut listed = layout
        .classes
        .iter()
        .filter(|row| policies.contains(&row.policy));
    let first = listed.clone().next();
    listed.find(|row| !row.class.is_person()).or(first)
}
