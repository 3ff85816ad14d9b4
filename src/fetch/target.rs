//! Which addresses may be asked. Certificates name them, and whoever gets a certificate issued may try to have the
//! service ask its own network (server-side request forgery): only addresses of the public Internet are connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::FetchError;

/// Which machines may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Targets {
    /// Those of the public Internet.
    Public,
    /// Any: for a mirror of one's own, and for tests.
    Any,
}

impl Targets {
    /// Whether this very address may be connected to.
    #[must_use]
    pub fn allow(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }

    /// Reads an address and checks all that can be checked before its name is resolved. An address written as a number
    /// never meets the resolver, so it is judged here.
    pub(super) fn check(self, address: &str) -> Result<Url, FetchError> {
        let url = Url::parse(address).map_err(|_| FetchError::Unusable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        // A name before an @ is there to deceive a reader.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Unusable);
        }
        let host = url.host_str().ok_or(FetchError::Unusable)?;
        let number = host.trim_start_matches('[').trim_end_matches(']').parse();
        match number {
            Ok(number) if !self.allow(number) => Err(FetchError::PrivateTarget),
            _ => Ok(url),
        }
    }
}

/// Resolves names and hands out only what may be asked. The connection is made to what this returned and to nothing
/// else, so a name that resolves differently a moment later (DNS rebinding) gains nothing.
#[derive(Debug)]
pub(super) struct Resolver(pub(super) Targets);

/// A name of which every address is private.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub(super) struct OnlyPrivate;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let there = !found.is_empty();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| targets.allow(address.ip()))
                .collect();
            if there && allowed.is_empty() {
                return Err(OnlyPrivate.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// An address of the public Internet, by the special-purpose registries of IANA (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Network and length of its prefix; what is not reachable by everybody, or belongs to a neighbour on the same cable.
const SPECIAL_V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "this network, RFC 791"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private, RFC 1918"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier NAT, RFC 6598"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback, RFC 1122"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "Azure's own services"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local, RFC 3927"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private, RFC 1918"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "assignments, RFC 6890"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation, RFC 5737"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relays, RFC 7526"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private, RFC 1918"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarks, RFC 2544"),
    (
        Ipv4Addr::new(198, 51, 100, 0),
        24,
        "documentation, RFC 5737",
    ),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation, RFC 5737"),
    (
        Ipv4Addr::new(224, 0, 0, 0),
        3,
        "multicast, reserved, broadcast",
    ),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(network, length, _)| {
        let shift = 32 - length;
        address.to_bits() >> shift == network.to_bits() >> shift
    })
}

/// Parts of 2000::/3 that are not reachable by everybody, or carry an IPv4 address that nobody judged.
const SPECIAL_V6: &[(Ipv6Addr, u32, &str)] = &[
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "assignments, Teredo, RFC 2928",
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        "documentation, RFC 3849",
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        "6to4, RFC 3056",
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        "documentation, RFC 9637",
    ),
];
/// Global unicast: all that IANA has handed out (RFC 4291 §2.4).
const GLOBAL_V6: Ipv6Addr = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0);
/// Where a network without IPv4 reaches IPv4 addresses (RFC 6052 §2.1): the last 32 bits.
const NAT64: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |network: Ipv6Addr, length: u32| {
        let shift = 128 - length;
        address.to_bits() >> shift == network.to_bits() >> shift
    };
    if within(NAT64, 96) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(GLOBAL_V6, 3)
        && !SPECIAL_V6
            .iter()
            .any(|(network, length, _)| within(*network, *length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESSES: &[(&str, bool, &str)] = &[
        ("http://8.8.8.8/a.crl", true, "public"),
        ("https://200.107.10.1/a.crl", true, "public"),
        ("http://0.0.0.0/", false, "this host"),
        ("http://10.0.0.1/", false, "private"),
        ("http://11.0.0.1/", true, "after the private ones"),
        ("http://100.63.255.255/", true, "before carrier NAT"),
        ("http://100.64.0.1/", false, "carrier NAT"),
        ("http://100.127.255.254/", false, "carrier NAT"),
        ("http://100.128.0.1/", true, "after carrier NAT"),
        ("http://127.0.0.1/", false, "loopback"),
        ("http://127.255.255.254:8080/", false, "loopback"),
        ("http://2130706433/", false, "loopback as one number"),
        ("http://0x7f.1/", false, "loopback in hexadecimal"),
        ("http://017700000001/", false, "loopback in octal"),
        ("http://168.63.129.16/", false, "Azure's own services"),
        (
            "http://169.254.169.254/latest/meta-data/",
            false,
            "metadata of clouds",
        ),
        ("http://172.15.0.1/", true, "before the private ones"),
        ("http://172.16.0.1/", false, "private"),
        ("http://172.31.255.255/", false, "private"),
        ("http://172.32.0.1/", true, "after the private ones"),
        ("http://192.0.0.1/", false, "assignments"),
        ("http://192.0.2.1/", false, "documentation"),
        ("http://192.168.1.1/", false, "private"),
        ("http://198.18.0.1/", false, "benchmarks"),
        ("http://198.19.255.255/", false, "benchmarks"),
        ("http://203.0.113.5/", false, "documentation"),
        ("http://224.0.0.251/", false, "multicast"),
        ("http://240.0.0.1/", false, "reserved"),
        ("http://255.255.255.255/", false, "broadcast"),
        ("http://[2800:68:1::1]/", true, "public, Latin America"),
        ("http://[2606:4700::1111]/", true, "public"),
        ("http://[::]/", false, "unspecified"),
        ("http://[::1]/", false, "loopback"),
        ("http://[::ffff:8.8.8.8]/", false, "IPv4-mapped"),
        ("http://[::ffff:127.0.0.1]/", false, "IPv4-mapped loopback"),
        (
            "http://[::ffff:0:127.0.0.1]/",
            false,
            "IPv4-translated loopback",
        ),
        ("http://[::127.0.0.1]/", false, "IPv4-compatible loopback"),
        (
            "http://[64:ff9b::8.8.8.8]/",
            true,
            "NAT64 of a public address",
        ),
        (
            "http://[64:ff9b::10.0.0.1]/",
            false,
            "NAT64 of a private address",
        ),
        ("http://[64:ff9b:1::8.8.8.8]/", false, "local NAT64"),
        ("http://[100::1]/", false, "discard"),
        ("http://[2001::1]/", false, "Teredo"),
        ("http://[2001:db8::1]/", false, "documentation"),
        ("http://[2002:7f00:1::]/", false, "6to4 of loopback"),
        ("http://[3fff::1]/", false, "documentation"),
        ("http://[5f00::1]/", false, "segment routing"),
        ("http://[fc00::1]/", false, "unique local"),
        ("http://[fd00:ec2::254]/", false, "metadata of a cloud"),
        ("http://[fe80::1]/", false, "link-local"),
        ("http://[fec0::1]/", false, "site-local"),
        ("http://[ff02::1]/", false, "multicast"),
    ];

    #[test]
    fn only_addresses_of_the_public_internet_are_asked() {
        for (address, allowed, why) in ADDRESSES {
            let answer = Targets::Public.check(address);
            if *allowed {
                assert!(answer.is_ok(), "{why}: {address}: {answer:?}");
            } else {
                assert_eq!(answer, Err(FetchError::PrivateTarget), "{why}: {address}");
            }
            assert!(Targets::Any.check(address).is_ok(), "{why}: {address}");
        }
    }

    #[test]
    fn only_web_addresses_are_asked() {
        for (address, error) in [
            ("ldap://ldap.example/cn=CA", FetchError::Scheme),
            ("ftp://example.com/a.crl", FetchError::Scheme),
            ("file:///etc/passwd", FetchError::Scheme),
            ("gopher://127.0.0.1:25/", FetchError::Scheme),
            ("http://ca.example@127.0.0.1/", FetchError::Unusable),
            ("http://user:word@ca.example/", FetchError::Unusable),
            ("http://", FetchError::Unusable),
            ("a.crl", FetchError::Unusable),
            ("", FetchError::Unusable),
        ] {
            for targets in [Targets::Public, Targets::Any] {
                assert_eq!(targets.check(address), Err(error.clone()), "{address}");
            }
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        let resolve = |targets| Resolver(targets).resolve("localhost".parse().unwrap());
        assert!(resolve(Targets::Any).await.is_ok());
        let Err(error) = resolve(Targets::Public).await else {
            panic!("localhost is not public");
        };
        assert!(error.is::<OnlyPrivate>(), "{error}");
    }
}
