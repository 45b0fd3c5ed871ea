//! Which addresses a server may lead to: token services, redirects, upload locations, foreign layers.
//!
//! What a stranger's registry names must not make this machine talk to itself, to its own network, or to the
//! address at which clouds keep their secrets. A name proves nothing: it is the address behind it that counts,
//! the very one that is connected to. So the check is part of the resolver, and nothing is resolved twice.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;

use super::resolve::look_up;
use crate::config::Endpoint;

/// From where an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    /// From everywhere.
    Public,
    /// From a private network.
    Private,
    /// From this machine.
    Loopback,
    /// The link, a cloud's metadata, nothing at all: no registry has business there.
    Internal,
}

/// Carrier-grade NAT is private, but this address of it is where Aliyun keeps a machine's secrets.
const ALIYUN_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// The same at Amazon, by IPv6.
const AMAZON_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

impl Zone {
    pub(super) fn of(address: IpAddr) -> Self {
        match embedded(address) {
            IpAddr::V4(v4) if v4 == ALIYUN_METADATA => Self::Internal,
            IpAddr::V4(v4) if v4.is_loopback() => Self::Loopback,
            IpAddr::V4(v4) if v4.is_link_local() || v4.is_broadcast() || v4.is_multicast() => Self::Internal,
            IpAddr::V4(v4) => match v4.octets() {
                [0, ..] | [240..=255, ..] => Self::Internal,
                [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
                _ => Self::Public,
            },
            IpAddr::V6(v6) if v6 == AMAZON_METADATA => Self::Internal,
            IpAddr::V6(v6) if v6.is_loopback() => Self::Loopback,
            IpAddr::V6(v6) if v6.is_unicast_link_local() || v6.is_unspecified() || v6.is_multicast() => {
                Self::Internal
            }
            IpAddr::V6(v6) if v6.is_unique_local() => Self::Private,
            IpAddr::V6(_) => Self::Public,
        }
    }

    /// Whether a server in this zone may lead to one in `other`.
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

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, or by the well-known prefix of NAT64
/// ([RFC 6052](https://www.rfc-editor.org/rfc/rfc6052)).
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let segments = v6.segments();
    match segments[..6] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => {}
        [0, 0, 0, 0, 0, 0] if !v6.is_loopback() && !v6.is_unspecified() => {}
        _ => return address,
    }
    let [a, b] = [segments[6].to_be_bytes(), segments[7].to_be_bytes()];
    Ipv4Addr::new(a[0], a[1], b[0], b[1]).into()
}

/// A place that a server may not lead to.
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
    /// Whether the user may allow it.
    pub(super) fn is_private(&self) -> bool {
        self.to == Zone::Private
    }
}

/// Where a server is, and with that where it may lead to.
#[derive(Debug)]
pub(super) struct Reach {
    /// The server's own host, without port and brackets.
    host: String,
    /// Whether it may lead to private addresses wherever it is.
    private: bool,
    /// The hosts of the proxies that the user has set: those are connected to, not led to.
    proxies: Vec<String>,
    /// Its addresses, once somebody has asked for them.
    own: OnceCell<Vec<IpAddr>>,
}

impl Reach {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let authority = Url::parse(&format!("https://{}/", endpoint.host));
        let host = authority.ok().and_then(|url| Some(bare(url.host_str()?).to_owned()));
        Self {
            host: host.unwrap_or_else(|| endpoint.host.clone()),
            private: endpoint.private_addresses,
            proxies: endpoint.proxies.clone(),
            own: OnceCell::new(),
        }
    }

    /// Checks a URL whose host is an address; those of names are checked when they are resolved.
    pub(super) async fn check(&self, url: &Url) -> Result<(), Forbidden> {
        let host = bare(url.host_str().unwrap_or_default());
        match host.parse::<IpAddr>() {
            Ok(address) => self.allowed(host, vec![address]).await.map(drop),
            Err(_) => Ok(()),
        }
    }

    /// Those of `addresses` that may be connected to.
    async fn allowed(&self, host: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Forbidden> {
        if addresses.iter().all(|address| Zone::of(*address) == Zone::Public) {
            return Ok(addresses);
        }
        let own = self.own_addresses().await;
        // One public address is enough to be everybody's. One that is not known is behind a proxy.
        let from = own.iter().map(|address| Zone::of(*address)).min().unwrap_or(Zone::Public);
        let is_allowed = |address: &IpAddr| {
            let to = Zone::of(*address);
            from.leads_to(to)
                || self.private && to == Zone::Private
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

    async fn own_addresses(&self) -> &[IpAddr] {
        let find = || async {
            match self.host.parse() {
                Ok(address) => vec![address],
                Err(_) => look_up(&self.host).await.unwrap_or_default(),
            }
        };
        self.own.get_or_init(find).await
    }
}

/// A host as it stands in a URL, without the brackets of IPv6.
fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// The resolver for the server itself: it remembers where that is.
pub(super) struct OwnResolver(pub(super) Arc<Reach>);

/// The resolver for places that the server leads to.
pub(super) struct GuardedResolver(pub(super) Arc<Reach>);

impl Resolve for OwnResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = look_up(name.as_str()).await?;
            if name.as_str().eq_ignore_ascii_case(&reach.host) {
                // Somebody else may have been faster.
                let _ = reach.own.set(found.clone());
            }
            Ok(socket_addresses(found))
        })
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = look_up(name.as_str()).await?;
            if reach.proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(name.as_str())) {
                return Ok(socket_addresses(found));
            }
            Ok(socket_addresses(reach.allowed(name.as_str(), found).await?))
        })
    }
}

/// The port is the URL's.
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

    /// A server with these addresses, and where it may lead to.
    async fn leads(own: &[&str], private: bool, to: &[&str]) -> Result<Vec<String>, Forbidden> {
        let parse =
            |all: &[&str]| all.iter().map(|address| address.parse().unwrap()).collect::<Vec<IpAddr>>();
        let (host, proxies) = ("registry.example".to_owned(), Vec::new());
        let reach = Reach { host, private, proxies, own: OnceCell::from(parse(own)) };
        let allowed = reach.allowed("there.example", parse(to)).await?;
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
        // The link's own registry may have its token service beside it.
        assert!(leads(&["169.254.1.1"], false, &["169.254.1.1"]).await.is_ok());
    }

    #[tokio::test]
    async fn who_is_public_in_one_way_is_public() {
        assert!(leads(&["203.0.113.7", "127.0.0.1"], false, &["127.0.0.1"]).await.is_err());
        assert!(leads(&[], false, &["10.0.0.5"]).await.is_err(), "behind a proxy");
        let allowed = leads(&["203.0.113.7"], false, &["10.0.0.5", "198.51.100.1"]).await;
        assert_eq!(allowed.unwrap(), ["198.51.100.1"], "the rest of the addresses is used");
    }
}
