//! Whoever sends a request, as far as budgets are concerned.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address, or the first 64 bits of an IPv6 address: that much is given to one customer, who can use any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Client {
    pub(in crate::web) address: IpAddr,
    local: bool,
}

impl Client {
    /// Whoever has this address.
    pub(in crate::web) fn at(address: IpAddr) -> Self {
        Self {
            address: network(address),
            local: address.is_loopback() || address.is_unspecified(),
        }
    }

    /// Whether it is this very machine: the operator, a test, or a proxy that nobody configured. A budget for it would be one
    /// for everybody.
    pub(in crate::web) fn is_local(self) -> bool {
        self.local
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_an_address_or_the_network_he_was_given() {
        let vectors = [
            ("203.0.113.9", "203.0.113.9", false),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("::1", "::", true),
        ];
        for (address, network, local) in vectors {
            let client = Client::at(address.parse().unwrap());
            assert_eq!(client.address.to_string(), network, "{address}");
            assert_eq!(client.is_local(), local, "{address}");
        }
    }
}
