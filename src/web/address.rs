//! Where a request comes from. Behind a proxy everything seems to come from the proxy; what it says about its clients is
//! believed only when its own address is configured, because anybody can write such a header.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

/// Addresses with the same first bits: `10.0.0.0/8`, or one alone, `10.0.0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    first: IpAddr,
    /// How many bits are the same.
    length: u32,
}

/// A text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an address nor a network (10.0.0.0/8)")]
pub struct NotANetwork;

impl Network {
    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, bits: u32| {
            // All bits: nothing is shifted; none: everything is.
            (one ^ other).checked_shr(bits - self.length).unwrap_or(0) == 0
        };
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                same(first.to_bits().into(), address.to_bits().into(), 32)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                same(first.to_bits(), address.to_bits(), 128)
            }
            _ => false,
        }
    }
}

impl Network {
    /// Whether everybody is in it.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.length == 0
    }

    /// Whether it is far larger than any operator's own: more than a /8 of IPv4 or a /16 of IPv6, unique local addresses
    /// (RFC 4193) excepted.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        match self.first {
            IpAddr::V4(_) => self.length < 8,
            IpAddr::V6(first) => {
                let is_local = first.is_unique_local() && self.length >= 7;
                self.length < 16 && !is_local
            }
        }
    }
}

impl From<IpAddr> for Network {
    fn from(first: IpAddr) -> Self {
        let length = if first.is_ipv4() { 32 } else { 128 };
        Self { first, length }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let alone = Self::from(address.parse::<IpAddr>().map_err(|_| NotANetwork)?);
        let length = match length {
            Some(length) => length.parse().map_err(|_| NotANetwork)?,
            None => alone.length,
        };
        (length <= alone.length)
            .then_some(Self { length, ..alone })
            .ok_or(NotANetwork)
    }
}

impl TryFrom<String> for Network {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, length } = self;
        if *self == Self::from(*first) {
            write!(f, "{first}")
        } else {
            write!(f, "{first}/{length}")
        }
    }
}

/// The proxies in front of us.
#[derive(Debug, Clone)]
pub struct Proxies {
    trusted: Vec<Network>,
    header: HeaderName,
    /// Whether to warn, once, of a proxy that nobody configured.
    warn: Arc<AtomicBool>,
}

impl Default for Proxies {
    fn default() -> Self {
        Self::new(Vec::new(), "x-forwarded-for")
    }
}

impl Proxies {
    /// Proxies at these addresses, which write their clients into `header`.
    #[must_use]
    pub fn new(trusted: Vec<Network>, header: &str) -> Self {
        let header = HeaderName::try_from(header)
            .unwrap_or_else(|_| HeaderName::from_static("x-forwarded-for"));
        Self {
            trusted,
            header,
            warn: Arc::default(),
        }
    }

    /// The same, where somebody in front of us ends TLS: whoever speaks for others without being trusted is warned of, once.
    #[must_use]
    pub fn behind_tls(self, tls: bool) -> Self {
        Self {
            warn: Arc::new(AtomicBool::new(tls)),
            ..self
        }
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn trust(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// The client's address. A chain of proxies appends to the header, so the last address in it that is none of ours
    /// is the client; what stands before may be invented.
    #[must_use]
    pub fn client(&self, parts: &Parts) -> IpAddr {
        self.client_of(&parts.extensions, &parts.headers)
    }

    /// The same from the two things it is read from.
    #[must_use]
    pub fn client_of(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| {
                peer.0.ip().to_canonical()
            });
        if !self.trust(peer) {
            if headers.contains_key(&self.header) && self.warn.swap(false, Ordering::Relaxed) {
                tracing::warn!(
                    %peer,
                    header = %self.header,
                    "somebody who is not in proxy.trusted says for whom it speaks and is not believed: if it is the proxy in front \
                     of this service, all its clients share the budgets of one address"
                );
            }
            return peer;
        }
        let mut client = peer;
        let said: Vec<&str> = headers
            .get_all(&self.header)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for text in said.into_iter().rev() {
            let Ok(address) = text.trim().parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
            if !self.trust(client) {
                break;
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configured_proxies_are_believed() {
        const VECTORS: &[(&str, &[&str], &str, &str)] = &[
            ("192.0.2.1", &[], "192.0.2.1", "nothing between"),
            (
                "192.0.2.1",
                &["203.0.113.9"],
                "192.0.2.1",
                "a client that invents a header",
            ),
            ("10.0.0.5", &["203.0.113.9"], "203.0.113.9", "our proxy"),
            (
                "10.0.0.5",
                &["1.1.1.1, 203.0.113.9"],
                "203.0.113.9",
                "what the client had written",
            ),
            (
                "10.0.0.5",
                &["1.1.1.1", "203.0.113.9, 10.0.0.6"],
                "203.0.113.9",
                "two proxies, two lines",
            ),
            ("10.0.0.5", &["nobody"], "10.0.0.5", "no address"),
            (
                "::ffff:10.0.0.5",
                &["203.0.113.9"],
                "203.0.113.9",
                "IPv4 in IPv6",
            ),
            ("10.0.0.5", &[], "10.0.0.5", "the proxy itself"),
        ];
        let proxies = Proxies::new(
            vec!["10.0.0.5".parse().unwrap(), "10.0.0.6".parse().unwrap()],
            "x-forwarded-for",
        )
        .behind_tls(true);
        for (peer, lines, expected, why) in VECTORS {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let client = proxies.client_of(&extensions, &headers);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{why}");
            // The second vector is the first whose header is not believed; nobody is warned twice.
            let warned = !proxies.warn.load(Ordering::Relaxed);
            assert_eq!(warned, *why != "nothing between", "{why}");
        }
    }

    #[test]
    fn a_network_is_an_address_or_the_first_bits_of_many() {
        const VECTORS: &[(&str, &[&str], &[&str])] = &[
            ("10.0.0.5", &["10.0.0.5"], &["10.0.0.4", "::ffff:10.0.0.5"]),
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255"],
                &["11.0.0.0", "9.255.255.255"],
            ),
            ("172.16.0.0/12", &["172.31.255.255"], &["172.32.0.0"]),
            ("0.0.0.0/0", &["255.255.255.255", "0.0.0.0"], &["::1"]),
            ("fd00::/8", &["fdff::1"], &["fe00::1", "10.0.0.5"]),
            ("::1", &["::1"], &["::2"]),
            ("::/0", &["::", "ffff::"], &["10.0.0.5"]),
        ];
        for (text, inside, outside) in VECTORS {
            let network: Network = text.parse().unwrap();
            assert_eq!(network.to_string(), *text);
            let contains = |address: &&str| network.contains(address.parse().unwrap());
            assert!(inside.iter().all(contains), "{text}: {inside:?}");
            assert!(!outside.iter().any(contains), "{text}: {outside:?}");
        }
        for wrong in [
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "::1/129",
            "10.0.0/8",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork), "{wrong}");
        }
    }
}
