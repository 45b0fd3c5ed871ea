//! Servers, compared independently of their spelling.

use std::fmt;
use std::net::IpAddr;

use super::{HUB, Registry};

/// The host of Docker Hub's registry.
pub const HUB_HOST: &str = "registry-1.docker.io";

/// The host names of Docker Hub's registry. All of them accept the same credentials.
const HUB_HOSTS: [&str; 3] = [HUB, "index.docker.io", HUB_HOST];

/// The domains of Docker Hub. Connections to them and to their subdomains are always encrypted and verified.
const HUB_DOMAINS: [&str; 2] = [HUB, "hub.docker.com"];

/// The scheme of a server's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `http://`
    Http,
    /// `https://`
    Https,
}

impl Scheme {
    /// Returns the port of a server that names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// A server: scheme, host and port. All spellings of the same server are equal.
///
/// Only this type decides whether two names mean one server. Credentials, token services, the rules for
/// Docker Hub, caches, certs.d and the tables of config.toml all use it. Names shown to people stay as typed:
/// see [`Registry`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Server {
    scheme: Scheme,
    /// In lower case, without the root dot and without the brackets of an address.
    host: Box<str>,
    /// 0 if the typed port is invalid.
    port: u16,
}

impl Server {
    /// Parses `host[:port]`. An invalid host name is kept unchanged, and equals no server that can be
    /// reached.
    pub fn new(scheme: Scheme, authority: &str) -> Self {
        let (host, port) = split_port(authority);
        let port = match port {
            None | Some("") => scheme.default_port(),
            Some(port) => port.parse().unwrap_or(0),
        };
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let host = match host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().to_string(),
            Err(_) => host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase(),
        };
        let server = Self { scheme, host: host.into(), port };
        if server.is_hub() { Self { host: HUB_HOST.into(), ..server } } else { server }
    }

    /// Parses `[scheme://]host[:port][/…]`. The scheme defaults to HTTPS.
    pub fn parse(text: &str) -> Self {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((_, rest)) => (Scheme::Https, rest),
            None => (Scheme::Https, text),
        };
        Self::new(scheme, rest.split('/').next().unwrap_or(rest))
    }

    /// Returns the host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Reports whether this is Docker Hub's registry, under any of its names.
    pub fn is_hub(&self) -> bool {
        self.scheme == Scheme::Https && self.port == 443 && HUB_HOSTS.contains(&self.host())
    }

    /// Reports whether the host is one of Docker Hub's, at any port.
    pub fn belongs_to_hub(&self) -> bool {
        HUB_DOMAINS.iter().any(|domain| match self.host.strip_suffix(domain) {
            Some(below) => below.is_empty() || below.ends_with('.'),
            None => false,
        })
    }

    /// Reports whether the host is this machine by its name or address.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => *self.host == *"localhost",
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        if host.contains(':') {
            return write!(f, "{scheme}://[{host}]:{port}");
        }
        write!(f, "{scheme}://{host}:{port}")
    }
}

impl Registry {
    /// Returns the server of this registry. A name does not include a scheme, so HTTPS is assumed.
    pub fn server(&self) -> Server {
        Server::new(Scheme::Https, self.as_str())
    }
}

/// Splits host and port. An IPv6 address without brackets has no port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_address = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_address..].split_once(':') {
        Some((name, port)) if !port.contains(':') => (&authority[..after_address + name.len()], Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn https(authority: &str) -> Server {
        Server::new(Scheme::Https, authority)
    }

    #[test]
    fn s2_a_server_is_itself_in_every_spelling() {
        for same in
            ["reg.lab", "REG.lab", "reg.lab:443", "Reg.Lab:0443", "reg.lab.", "reg.lab.:443", "reg.lab:"]
        {
            assert_eq!(https(same), https("reg.lab"), "{same}");
        }
        for same in ["[::1]:5000", "[0:0::1]:5000", "[0:0:0:0:0:0:0:1]:5000"] {
            assert_eq!(https(same), https("[::1]:5000"), "{same}");
        }
        assert_eq!(https("::1"), https("[::1]:443"));
        assert_eq!(https("[::ffff:10.0.0.5]:5000"), https("10.0.0.5:5000"));
        for other in ["reg.lab:80", "reg.lab:5000", "xreg.lab", "reg.lab:99999", "reg", "lab", ""] {
            assert_ne!(https(other), https("reg.lab"), "{other}");
        }
        assert_ne!(Server::new(Scheme::Http, "reg.lab:443"), https("reg.lab"));
        assert_eq!(Server::new(Scheme::Http, "reg.lab:80").to_string(), "http://reg.lab:80");
        assert_eq!(https("[::1]").to_string(), "https://[::1]:443");
        for text in ["https://reg.lab:443", "http://reg.lab:80", "https://[::1]:5000"] {
            assert_eq!(Server::parse(text).to_string(), text);
        }
        assert_eq!(Server::parse("HTTP://Reg.lab/v2/"), Server::new(Scheme::Http, "reg.lab"));
    }

    #[test]
    fn s5_docker_hub_is_known_in_every_spelling() {
        for hub in
            ["docker.io", "DOCKER.IO", "index.docker.io:443", "registry-1.docker.io.", "Docker.io.:443"]
        {
            assert!(https(hub).is_hub() && https(hub).belongs_to_hub(), "{hub}");
            assert_eq!(https(hub), Registry::hub().server(), "{hub}");
        }
        for beside in ["docker.io:80", "index.docker.io:5000", "auth.docker.io", "registry.hub.docker.com"] {
            assert!(!https(beside).is_hub() && https(beside).belongs_to_hub(), "{beside}");
        }
        for other in ["xdocker.io", "docker.io.example.com", "docker.com", "127.0.0.1", ""] {
            assert!(!https(other).belongs_to_hub(), "{other}");
        }
    }
}
