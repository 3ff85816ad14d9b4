//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)).

use crate::verify::certificate::{Certificate, GeneralName, NameConstraints};

/// The constraints that have been gathered on the way down a path.
#[derive(Debug, Default)]
pub(super) struct NameLimits {
    /// One list per certificate: a name must satisfy each of them (their intersection).
    permitted: Vec<Vec<GeneralName>>,
    excluded: Vec<GeneralName>,
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
    pub(super) fn offence(&self, certificate: &Certificate) -> Option<String> {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return None;
        }
        names_of(certificate)
            .into_iter()
            .find(|name| !self.allows(name))
            .map(|name| text(&name))
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
        (GeneralName::Dns(name), GeneralName::Dns(base)) => Some(dns_within(name, base)),
        (GeneralName::Email(name), GeneralName::Email(base)) => email_within(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => Some(host_within(&host(name)?, base)),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip_within(name, base),
        _ => None,
    }
}

fn dns_within(name: &str, base: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let base = base.to_ascii_lowercase();
    if base.is_empty() || name == base {
        return true;
    }
    let suffix = if base.starts_with('.') {
        base
    } else {
        format!(".{base}")
    };
    name.ends_with(&suffix)
}

fn email_within(name: &str, base: &str) -> Option<bool> {
    let (_, domain) = name.rsplit_once('@')?;
    if base.contains('@') {
        return Some(name.eq_ignore_ascii_case(base));
    }
    Some(host_within(domain, base))
}

/// For e-mail domains and URI hosts: a base with a leading dot means subdomains only, otherwise the host itself.
fn host_within(host: &str, base: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let base = base.to_ascii_lowercase();
    if base.starts_with('.') {
        host.ends_with(&base) && host.len() > base.len()
    } else {
        host == base
    }
}

/// The host of a URI; nothing if it has none, or an address instead of a name: such URIs can't be judged (§4.2.1.10).
fn host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority.rsplit('@').next()?;
    let host = host_port.split(':').next()?;
    let is_name = !host.is_empty() && host.contains(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| host.to_owned())
}

/// Base is the address followed by the mask.
fn ip_within(name: &[u8], base: &[u8]) -> Option<bool> {
    let (address, mask) = base.split_at_checked(base.len() / 2)?;
    if address.len() != name.len() || address.len() != mask.len() {
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
            (email("a@b.ec"), email("A@B.ec"), Some(true)),
            (email("nobody"), email("b.ec"), None),
            (dns("c.b.ec"), dns("b.ec"), Some(true)),
            (dns("cb.ec"), dns("b.ec"), Some(false)),
            (dns("cb.ec"), dns(""), Some(true)),
            (uri("http://x.b.ec/a"), uri(".b.ec"), Some(true)),
            (uri("http://b.ec:80/a"), uri("b.ec"), Some(true)),
            (uri("http://evil.ec/@b.ec"), uri("b.ec"), Some(false)),
            (uri("http://10.0.0.1/"), uri("b.ec"), None),
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
        ];
        for (name, base, expected) in cases {
            assert_eq!(within(&name, &base), expected, "{name:?} in {base:?}");
        }
    }
}
