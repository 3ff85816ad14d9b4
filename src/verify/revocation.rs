//! placeholder
use super::asn1::Asn1Error;

/// A CRL.
#[derive(Debug, Clone)]
pub struct Crl {
    der: Vec<u8>,
}
impl Crl {
    /// x
    pub fn parse(der: Vec<u8>) -> Result<Self, Asn1Error> {
        Ok(Self { der })
    }
    /// x
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}
/// OCSP
#[derive(Debug, Clone)]
pub struct OcspResponse {
    der: Vec<u8>,
}
impl OcspResponse {
    /// x
    pub fn parse(der: Vec<u8>) -> Result<Self, Asn1Error> {
        Ok(Self { der })
    }
    /// x
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}
/// Answers about revocation, given as bytes.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Revocation lists.
    pub crls: Vec<Crl>,
    /// OCSP answers.
    pub ocsps: Vec<OcspResponse>,
}
