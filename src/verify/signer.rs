//! Who signed: the identity that a certificate states, read through the layouts of `certs/ecuador.toml`.

use serde::{Deserialize, Serialize};

use crate::domain::{IdentityDocument, Ruc};

/// What kind of holder the certificate policy declares. Only the policy OID decides; the position text never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// The identity read from the signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Cédula or passport, without its prefix.
    pub document: Option<IdentityDocument>,
    /// Full name: names and surnames, or the common name.
    pub name: String,
    /// Position (*cargo*).
    pub position: Option<String>,
    /// Organisation (*razón social*).
    pub organisation: Option<String>,
    /// RUC of the organisation (or of the person).
    pub ruc: Option<Ruc>,
    /// Class, when the policy is known.
    pub class: Option<SignerClass>,
    /// Short name of the issuing entity: from the table, otherwise the issuer's organisation.
    pub entity: String,
    /// `ext`, `san` or `subj`; nothing when no layout fits.
    pub layout: Option<String>,
}
