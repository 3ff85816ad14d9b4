//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)).

use crate::verify::certificate::{Certificate, GeneralName, NameConstraints};
use crate::verify::policy::MAX_NAME_COMPARISONS;

/// The constraints that have been gathered on the way down a path.
#[derive(Debug)]
pub(super) struct NameLimits {
    /// One list per certificate: a name must satisfy each of them (their intersection).
    permitted: Vec<Vec<GeneralName>>,
    excluded: Vec<GeneralName>,
    /// Comparisons that may still be made.
    left: u32,
}

impl Default for NameLimits {
    fn default() -> Self {
        Self {
            permitted: Vec::new(),
            excluded: Vec::new(),
            left: MAX_NAME_COMPARISONS,
        }
    }
}

/// Why a certificate does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offence {
    /// A name that is not allowed.
    Name(String),
    /// So many names and constraints that comparing them is not worth it.
    TooManyComparisons,
}

impl NameLimits {
    /// §6.1.4 (g).
    pub(super) fn add(&mut self, constraints: Option<&NameConstraints>) {
        if let Some(constraints) = constraints {
            self.permitted.push(constraints.permitted.clone());
            self.excluded.extend(constraints.excluded.iter().cloned());
        }
    }

    /// The first name of the certificate that is not allowed.
    pub(super) fn offence(&mut self, certificate: &Certificate) -> Option<Offence> {
        let constraints = self
            .permitted
            .iter()
            .map(Vec::len)
            .fold(self.excluded.len(), usize::saturating_add);
        if constraints == 0 {
            return None;
        }
        let names = names_of(certificate);
        let comparisons = u32::try_from(constraints.saturating_mul(names.len())).ok();
        let Some(left) = comparisons.and_then(|count| self.left.checked_sub(count)) else {
            return Some(Offence::TooManyComparisons);
        };
        self.left = left;
        names
            .into_iter()
            .find(|name| !self.allows(name))
            .map(|name| Offence::Name(text(&name)))
    }

    fn allows(&self, name: &GeneralName) -> bool {
        let excluded = self
            .excluded
            .iter()
            .filter(|base| form(base) == form(name))
            // What can't be compared counts against the name.
            .any(|base| within(name, base).unwrap_or(true));
        let permitted = self.permitted.iter().all(|list| {
            let mut same_form = list
                .iter()
                .filter(|base| form(base) == form(name))
                .peekable();
            same_form.peek().is_none() || same_form.any(|base| within(name, base).unwrap_or(false))
        });
        permitted && !excluded
    }
}

/// The subject, its e-mail addresses if no alternative name has one, and the alternative names.
fn names_of(certificate: &Certificate) -> Vec<GeneralName> {
    let mut names = certificate.extensions().alternative_names.clone();
    let subject = certificate.subject();
    if !names
        .iter()
        .any(|name| matches!(name, GeneralName::Email(_)))
    {
        names.extend(
            subject
                .emails()
                .map(|email| GeneralName::Email(email.to_owned())),
        );
    }
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    names
}

/// Tag number of the form (§4.2.1.6).
fn form(name: &GeneralName) -> u8 {
    match name {
        GeneralName::Email(_) => 1,
        GeneralName::Dns(_) => 2,
        GeneralName::Directory(_) => 4,
        GeneralName::Uri(_) => 6,
        GeneralName::Ip(_) => 7,
        GeneralName::Other(tag) => *tag,
    }
}

/// Whether the name lies in the subtree; nothing when that can't be told.
fn within(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Some(name.is_within(base)),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns_within(name, base),
        (GeneralName::Email(name), GeneralName::Email(base)) => email_within(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => host_within(&host(name)?, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip_within(name, base),
        _ => None,
    }
}

fn dns_within(name: &str, base: &str) -> Option<bool> {
    let name = domain(name)?;
    let base = domain(base)?;
    if base.is_empty() || name == base {
        return Some(true);
    }
    let suffix = if base.starts_with('.') {
        base
    } else {
        format!(".{base}")
    };
    Some(name.ends_with(&suffix))
}

/// §7.5: the local part as it stands, the domain without regard to case.
fn email_within(name: &str, base: &str) -> Option<bool> {
    let (local, host) = name.rsplit_once('@')?;
    match base.rsplit_once('@') {
        Some((only, base)) => Some(local == only && domain(host)? == domain(base)?),
        None => host_within(host, base),
    }
}

/// For e-mail domains and URI hosts: a base with a leading dot means subdomains only, otherwise the host itself.
fn host_within(host: &str, base: &str) -> Option<bool> {
    let host = domain(host)?;
    let base = domain(base)?;
    Some(if base.starts_with('.') {
        host.ends_with(&base) && host.len() > base.len()
    } else {
        host == base
    })
}

/// A domain as it compares: lower-case, without the dot of the root. Internationalised names are compared in the form they
/// have in certificates (§7.2: A-labels); anything but ASCII can't be compared.
fn domain(text: &str) -> Option<String> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'*'));
    let text = text.strip_suffix('.').unwrap_or(text);
    plain.then(|| text.to_ascii_lowercase())
}

/// The host of a URI; nothing if it has none, or an address instead of a name: such URIs can't be judged (§4.2.1.10).
fn host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host_port = authority.rsplit('@').next()?;
    let host = match host_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host_port,
    };
    let host = domain(host)?;
    // A last label of digits makes it an IPv4 address, in whatever notation (WHATWG URL §3.5).
    let last = host.rsplit('.').next()?;
    let is_name = last.contains(|c: char| c.is_ascii_alphabetic()) && !last.starts_with("0x");
    is_name.then_some(host)
}

/// Base is the address followed by the mask.
fn ip_within(name: &[u8], base: &[u8]) -> Option<bool> {
    if !matches!((name.len(), base.len()), (4 | 16, 8 | 32)) {
        return None;
    }
    let (address, mask) = base.split_at_checked(base.len() / 2)?;
    if address.len() != name.len() {
        // An IPv4 address is never in an IPv6 subtree.
        return Some(false);
    }
    Some(
        name.iter()
            .zip(address)
            .zip(mask)
            .all(|((name, address), mask)| name & mask == address & mask),
    )
}

fn text(name: &GeneralName) -> String {
    match name {
        GeneralName::Email(text) | GeneralName::Dns(text) | GeneralName::Uri(text) => text.clone(),
        GeneralName::Directory(name) => name.text().to_owned(),
        GeneralName::Ip(bytes) => hex::encode(bytes),
        GeneralName::Other(tag) => format!("[{tag}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_mailboxes_and_addresses_lie_within_their_subtrees_only() {
        let email = |text: &str| GeneralName::Email(text.to_owned());
        let dns = |text: &str| GeneralName::Dns(text.to_owned());
        let uri = |text: &str| GeneralName::Uri(text.to_owned());
        let cases = [
            (email("a@b.ec"), email("b.ec"), Some(true)),
            (email("a@c.b.ec"), email("b.ec"), Some(false)),
            (email("a@c.b.ec"), email(".b.ec"), Some(true)),
            (email("a@b.ec"), email(".b.ec"), Some(false)),
            (email("a@b.ec"), email("a@B.ec"), Some(true)),
            (email("a@b.ec"), email("A@b.ec"), Some(false)),
            (email("a@b.ec."), email("b.ec"), Some(true)),
            (email("a@bücher.ec"), email("b.ec"), None),
            (
                email("a@xn--bcher-kva.ec"),
                email("XN--bcher-KVA.ec"),
                Some(true),
            ),
            (email("nobody"), email("b.ec"), None),
            (dns("c.b.ec"), dns("b.ec"), Some(true)),
            (dns("cb.ec"), dns("b.ec"), Some(false)),
            (dns("cb.ec"), dns(""), Some(true)),
            (dns("c.b.ec."), dns("b.ec"), Some(true)),
            (dns("b.ec"), dns(".b.ec"), Some(false)),
            (dns("b\0.ec"), dns("b.ec"), None),
            (uri("http://x.b.ec/a"), uri(".b.ec"), Some(true)),
            (uri("http://b.ec:80/a"), uri("b.ec"), Some(true)),
            (uri("http://evil.ec/@b.ec"), uri("b.ec"), Some(false)),
            (uri("http://10.0.0.1/"), uri("b.ec"), None),
            (uri("http://0x7f.1/"), uri("b.ec"), None),
            (uri("http://[fe80::1]/"), uri("b.ec"), None),
            (uri("http://b%2eec/"), uri("b.ec"), None),
            (uri("http://evil.ec\\@b.ec/"), uri("b.ec"), Some(false)),
            (uri("urn:x"), uri("b.ec"), None),
            (
                GeneralName::Ip(vec![10, 1, 2, 3]),
                GeneralName::Ip(vec![10, 0, 0, 0, 255, 0, 0, 0]),
                Some(true),
            ),
            (
                GeneralName::Ip(vec![11, 1, 2, 3]),
                GeneralName::Ip(vec![10, 0, 0, 0, 255, 0, 0, 0]),
                Some(false),
            ),
            (
                GeneralName::Ip(vec![10, 1, 2, 3]),
                GeneralName::Ip(vec![0; 32]),
                Some(false),
            ),
            (
                GeneralName::Ip(vec![10, 1, 2, 3]),
                GeneralName::Ip(vec![10, 0, 0, 255]),
                None,
            ),
        ];
        for (name, base, expected) in cases {
            assert_eq!(within(&name, &base), expected, "{name:?} in {base:?}");
        }
    }
}
