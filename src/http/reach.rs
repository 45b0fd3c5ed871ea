//! Restricts the addresses that a server may lead to: token services, redirects, upload locations, foreign
//! layers.
//!
//! A malicious registry must not make this machine connect to itself, to its own network, or to the address
//! at which clouds keep their secrets. A name proves nothing, and neither does its address in the DNS: the
//! location of a registry is known from the connection by which it has responded. Behind a proxy it is
//! unknown and counts as public. For hosts that the registry leads to, the check is part of the resolver, so
//! that no name is resolved twice.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::proxy::{self, Route};
use super::resolve::resolve;
use crate::config::{Endpoint, Proxies};

/// The networks from which an address is reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    /// All networks.
    Public,
    /// A private network.
    Private,
    /// This machine.
    Loopback,
    /// Link-local addresses, a cloud's metadata, invalid addresses: a registry has no reason to lead there.
    Internal,
}

/// Carrier-grade NAT is private, but Aliyun keeps a machine's secrets at this address of it.
const ALIYUN_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Azure keeps them at this address, which is formally public.
const AZURE_METADATA: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Clouds keep such services at these private IPv6 addresses: the network of Amazon, and the addresses of
/// Google, Oracle and Scaleway.
const METADATA: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128),
    (Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128),
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128),
];

impl Zone {
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6),
        }
    }

    fn of_v4(v4: Ipv4Addr) -> Self {
        match v4.octets() {
            _ if v4 == ALIYUN_METADATA || v4 == AZURE_METADATA => Self::Internal,
            [127, ..] => Self::Loopback,
            // 192.0.0.0/24 is for link-local protocols; Oracle keeps metadata there.
            [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [224..=255, ..] => Self::Internal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(v6: Ipv6Addr) -> Self {
        if let Some(v4) = embedded(v6) {
            return Self::of_v4(v4);
        }
        let [first, second, third, fourth, fifth, sixth, last_but_one, last] = v6.segments();
        match [first, second, third] {
            _ if v6.is_loopback() => Self::Loopback,
            _ if METADATA.iter().any(|(network, prefix)| is_in(v6, *network, *prefix)) => Self::Internal,
            _ if v6.is_unicast_link_local() || v6.is_unspecified() || v6.is_multicast() => Self::Internal,
            // A local NAT64 prefix (RFC 8215) is private, or internal if the embedded address is. That
            // address has one of two positions (RFC 6052, section 2.2).
            [0x64, 0xff9b, 1] => {
                let split = v4([fourth, fifth << 8 | sixth >> 8]);
                Self::within(split).max(Self::within(v4([last_but_one, last]))).max(Self::Private)
            }
            // Site-local addresses are the predecessors of unique local ones.
            [0xfec0..=0xfeff, ..] => Self::Private,
            _ if v6.is_unique_local() => Self::Private,
            _ => Self::Public,
        }
    }

    /// Returns the zone of an address in a position that may not contain one.
    fn within(address: Ipv4Addr) -> Self {
        if address.octets()[0] == 0 { Self::Public } else { Self::of_v4(address) }
    }

    /// Reports whether a server in this zone may lead to one in `other`.
    fn leads_to(self, other: Self) -> bool {
        match other {
            Self::Public => true,
            Self::Private => self != Self::Public,
            Self::Loopback => self == Self::Loopback,
            Self::Internal => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::Internal => "internal",
        }
    }
}

/// Returns the IPv4 address in an IPv6 address: mapped, translated, compatible, with the well-known prefix of
/// NAT64 ([RFC 6052](https://www.rfc-editor.org/rfc/rfc6052)), or 6to4.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = v6.segments();
    let [.., last_but_one, last] = segments;
    match segments[..6] {
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => {
            Some(v4([last_but_one, last]))
        }
        [0, 0, 0, 0, 0, 0] if !v6.is_loopback() && !v6.is_unspecified() => Some(v4([last_but_one, last])),
        [0x2002, high, low, ..] => Some(v4([high, low])),
        _ => None,
    }
}

fn v4([high, low]: [u16; 2]) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// Reports whether the first `prefix` bits of both addresses are equal.
fn is_in(address: Ipv6Addr, network: Ipv6Addr, prefix: u32) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (128 - prefix) == 0
}

/// An address that a server may not lead to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "refusing to connect to {host} ({address}): a registry at a {} address may not lead to a {} one",
    from.name(),
    to.name()
)]
pub(super) struct Forbidden {
    host: String,
    address: IpAddr,
    from: Zone,
    to: Zone,
}

impl Forbidden {
    /// Reports whether the user may allow it.
    pub(super) fn is_private(&self) -> bool {
        self.to == Zone::Private
    }
}

/// The location of a server, which determines where it may lead to.
#[derive(Debug)]
pub(super) struct Reach {
    /// The address, if the server's name is one.
    literal: Option<IpAddr>,
    /// Whether the server is reached through a proxy.
    is_proxied: bool,
    /// Whether the server may lead to private addresses from any location.
    private: bool,
    /// The user's proxies: the client connects to them by itself, no server leads to them.
    proxies: Proxies,
    /// The addresses from which the server has responded.
    peers: Mutex<Vec<IpAddr>>,
}

impl Reach {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let roots = ["https", "http"].map(|scheme| Url::parse(&format!("{scheme}://{}/", endpoint.host)));
        let roots: Vec<Url> = roots.into_iter().flatten().collect();
        let host = roots.first().and_then(Url::host_str).map(bare).unwrap_or(&endpoint.host);
        let is_proxied = |root| !matches!(proxy::route(root, &endpoint.proxies), Ok(None));
        Self {
            literal: match host {
                "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
                host => host.parse().ok(),
            },
            is_proxied: roots.iter().any(is_proxied),
            private: endpoint.private_addresses,
            proxies: endpoint.proxies.clone(),
            peers: Mutex::default(),
        }
    }

    /// Records that the server has responded from this address.
    pub(super) fn meet(&self, peer: IpAddr) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }

    /// Checks a URL to be requested by `route` if its host is an address; names are checked when they are
    /// resolved.
    pub(super) async fn check(&self, url: &Url, route: Option<&Route>) -> Result<(), Forbidden> {
        let host = bare(url.host_str().unwrap_or_default());
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            // The resolver accepts the names of proxies, but here a server leads to that name.
            Err(_) if route.is_none() && proxy::is_proxy(host, &self.proxies) => {
                resolve(host).await.unwrap_or_default()
            }
            Err(_) => return Ok(()),
        };
        self.allowed(host, found).map(drop)
    }

    /// Returns the `addresses` to which a connection is allowed.
    fn allowed(&self, host: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Forbidden> {
        let own = self.own_addresses();
        // A server with any public address counts as public. So does one without a known address, which is
        // behind a proxy or has not responded.
        let from = own.iter().map(|address| Zone::of(*address)).min().unwrap_or(Zone::Public);
        let is_allowed = |address: &IpAddr| {
            let to = Zone::of(*address);
            from.leads_to(to)
                || self.private && to == Zone::Private
                || self.literal == Some(*address)
                || from != Zone::Public && own.contains(address)
        };
        let (allowed, refused): (Vec<_>, Vec<_>) = addresses.into_iter().partition(is_allowed);
        match refused.first() {
            Some(address) if allowed.is_empty() => {
                let (host, to) = (host.to_owned(), Zone::of(*address));
                Err(Forbidden { host, address: *address, from, to })
            }
            _ => Ok(allowed),
        }
    }

    /// Returns the known addresses of the server.
    fn own_addresses(&self) -> Vec<IpAddr> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.iter().copied().chain(self.literal.filter(|_| !self.is_proxied)).collect()
    }
}

/// Returns a host of a URL without the brackets of IPv6.
fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// The resolver for the server itself, and for its proxy.
pub(super) struct OwnResolver;

/// The resolver for hosts that the server leads to.
pub(super) struct GuardedResolver(pub(super) Arc<Reach>);

impl Resolve for OwnResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move { Ok(socket_addresses(resolve(name.as_str()).await?)) })
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = resolve(name.as_str()).await?;
            if proxy::is_proxy(name.as_str(), &reach.proxies) {
                return Ok(socket_addresses(found));
            }
            Ok(socket_addresses(reach.allowed(name.as_str(), found)?))
        })
    }
}

/// Adds port 0, because the port comes from the URL.
fn socket_addresses(addresses: Vec<IpAddr>) -> Addrs {
    Box::new(addresses.into_iter().map(|address| (address, 0).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(address: &str) -> Zone {
        Zone::of(address.parse().unwrap())
    }

    #[test]
    fn every_address_is_in_one_zone() {
        for public in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "203.0.113.7", "2606:4700::1111"] {
            assert_eq!(zone(public), Zone::Public, "{public}");
        }
        for private in ["10.0.0.5", "172.31.255.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.5"]
        {
            assert_eq!(zone(private), Zone::Private, "{private}");
        }
        for loopback in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"] {
            assert_eq!(zone(loopback), Zone::Loopback, "{loopback}");
        }
        for internal in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "::a9fe:a9fe",
            "100.100.100.200",
            "fd00:ec2::254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "0.1.2.3",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(zone(internal), Zone::Internal, "{internal}");
        }
    }

    /// Creates the reach of a server behind this proxy.
    fn reach(host: &str, proxy: Option<&str>) -> Reach {
        let registry = crate::reference::Registry::from_server(host).unwrap();
        let config = crate::config::Config::load(Default::default(), &Default::default()).unwrap();
        let mut endpoint = config.host(&registry).unwrap().origin;
        endpoint.proxies.all =
            proxy.map(|proxy| crate::config::ProxyVariable { name: "ALL_PROXY", value: proxy.into() });
        Reach::of(&endpoint)
    }

    /// Returns where a server that has responded from these addresses may lead to.
    async fn leads(own: &[&str], private: bool, to: &[&str]) -> Result<Vec<String>, Forbidden> {
        let parse =
            |all: &[&str]| all.iter().map(|address| address.parse().unwrap()).collect::<Vec<IpAddr>>();
        let reach = Reach { private, ..reach("registry.example", None) };
        parse(own).into_iter().for_each(|peer| reach.meet(peer));
        let allowed = reach.allowed("there.example", parse(to))?;
        Ok(allowed.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn a_server_leads_outwards_and_never_inwards() {
        let (public, private, loopback) = (["203.0.113.7"], ["10.0.0.5"], ["127.0.0.1"]);
        for own in [&public, &private, &loopback] {
            assert!(leads(own, false, &["198.51.100.1"]).await.is_ok());
            assert!(leads(own, true, &["169.254.169.254"]).await.is_err(), "{own:?}");
        }
        assert!(leads(&public, false, &private).await.is_err());
        assert!(leads(&public, true, &private).await.is_ok());
        assert!(leads(&public, true, &loopback).await.is_err());
        assert!(leads(&private, false, &["192.168.3.4"]).await.is_ok());
        assert!(leads(&private, false, &loopback).await.is_err());
        assert!(leads(&loopback, false, &private).await.is_ok());
        assert!(leads(&loopback, false, &["127.0.0.2"]).await.is_ok());
        // A link-local registry may have its token service beside it.
        assert!(leads(&["169.254.1.1"], false, &["169.254.1.1"]).await.is_ok());
    }

    #[tokio::test]
    async fn who_is_public_in_one_way_is_public() {
        assert!(leads(&["203.0.113.7", "127.0.0.1"], false, &["127.0.0.1"]).await.is_err());
        assert!(leads(&[], false, &["10.0.0.5"]).await.is_err(), "behind a proxy");
        let allowed = leads(&["203.0.113.7"], false, &["10.0.0.5", "198.51.100.1"]).await;
        assert_eq!(allowed.unwrap(), ["198.51.100.1"], "the rest of the addresses is used");
    }

    #[test]
    fn s7_addresses_that_stand_for_others_and_those_of_clouds_are_in_their_zones() {
        for (zone_of, addresses) in [
            (
                Zone::Internal,
                &[
                    "168.63.129.16",
                    "192.0.0.192",
                    "::ffff:168.63.129.16",
                    "::ffff:0:169.254.169.254",
                    "::ffff:0:a9fe:a9fe",
                    "2002:a9fe:a9fe::1",
                    "64:ff9b::a83f:8110",
                    "64:ff9b:1::a9fe:a9fe",
                    "64:ff9b:1:a9fe:a9:fe00::",
                    "fd00:ec2::254",
                    "fd00:ec2::253",
                    "fd20:ce::254",
                    "fd00:c1::a9fe:a9fe",
                    "fd00:42::42",
                ][..],
            ),
            (Zone::Loopback, &["2002:7f00:1::", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1"]),
            (
                Zone::Private,
                &[
                    "fec0::1",
                    "feff::1",
                    "2002:a00:5::1",
                    "2002:c0a8:101::",
                    "::ffff:0:10.0.0.5",
                    "64:ff9b:1::808:808",
                    "64:ff9b:1:a00:0:500::",
                    "fd20:ce::253",
                ],
            ),
            (
                Zone::Public,
                &["192.0.1.1", "168.63.129.17", "2002:808:808::1", "::ffff:0:8.8.8.8", "64:ff9b::808:808"],
            ),
        ] {
            for address in addresses {
                assert_eq!(zone(address), zone_of, "{address}");
            }
        }
    }

    #[tokio::test]
    async fn s7_what_has_not_answered_or_is_behind_a_proxy_is_public() {
        let to = |reach: &Reach, address: &str| reach.allowed("x", vec![address.parse().unwrap()]).is_ok();
        let named = reach("registry.example", None);
        assert!(!to(&named, "10.0.0.5"), "the server has not responded yet");
        named.meet("10.0.0.1".parse().unwrap());
        assert!(to(&named, "10.0.0.5") && !to(&named, "127.0.0.1"));
        named.meet("203.0.113.7".parse().unwrap());
        assert!(!to(&named, "10.0.0.5"), "the server has responded from a public address, too");

        assert!(to(&reach("10.0.0.1:5000", None), "10.0.0.5"));
        assert!(to(&reach("localhost:5000", None), "127.0.0.1"));
        let proxied = reach("10.0.0.1:5000", Some("http://proxy.lab:3128"));
        assert!(!to(&proxied, "10.0.0.5") && to(&proxied, "10.0.0.1") && to(&proxied, "8.8.8.8"));
    }

    #[tokio::test]
    async fn s7_a_proxy_is_connected_to_and_not_led_to() {
        let reach = reach("registry.example", Some("http://localhost:3128"));
        let url = Url::parse("http://localhost:3128/admin").unwrap();
        assert!(reach.check(&url, None).await.is_err());
    }
}
