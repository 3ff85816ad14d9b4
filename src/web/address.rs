//! Where a request comes from. Behind a proxy everything seems to come from the proxy; what it says about its clients is
//! believed only when its own address is configured, because anybody can write such a header.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};

/// The proxies in front of us.
#[derive(Debug, Clone)]
pub struct Proxies {
    trusted: Vec<IpAddr>,
    header: HeaderName,
}

impl Default for Proxies {
    fn default() -> Self {
        Self::new(Vec::new(), "x-forwarded-for")
    }
}

impl Proxies {
    /// Proxies at these addresses, which write their clients into `header`.
    #[must_use]
    pub fn new(trusted: Vec<IpAddr>, header: &str) -> Self {
        let header = HeaderName::try_from(header)
            .unwrap_or_else(|_| HeaderName::from_static("x-forwarded-for"));
        Self { trusted, header }
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn trust(&self, peer: IpAddr) -> bool {
        self.trusted.contains(&peer)
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
        );
        for (peer, lines, expected, why) in VECTORS {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let client = proxies.client_of(&extensions, &headers);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{why}");
        }
    }
}
