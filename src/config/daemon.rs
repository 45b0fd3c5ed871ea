//! The settings that regcli uses of the Docker daemon's daemon.json: mirrors of Docker Hub, and insecure
//! registries.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Error, Mirror, Warning, read_file};
use crate::reference::{Scheme, Server};

/// The content of a daemon.json. It cannot stop a command: each error in it becomes a [`Warning`].
#[derive(Clone, Debug, Default)]
pub(super) struct Daemon {
    /// `registry-mirrors`: to use before Docker Hub, in this order, each with the file that names it.
    pub mirrors: Vec<(Mirror, PathBuf)>,
    /// `insecure-registries`.
    pub insecure: Insecure,
}

impl Daemon {
    /// Adds the content of the file at `path`, if the file exists.
    pub(super) fn read(&mut self, path: &Path, warnings: &mut Vec<Warning>) {
        let document = match read_file(path) {
            Ok(None) => return,
            Ok(Some(content)) if content.trim_ascii().is_empty() => return,
            Ok(Some(content)) => serde_json::from_slice::<Map<String, Value>>(&content)
                .map_err(|error| Error::Json { path: path.to_owned(), source: error.into() }),
            Err(error) => Err(error),
        };
        match document {
            Ok(document) => self.add(path, &document, warnings),
            Err(error) => warnings.push(error.into()),
        }
    }

    fn add(&mut self, path: &Path, document: &Map<String, Value>, warnings: &mut Vec<Warning>) {
        for url in texts(path, document, "registry-mirrors", warnings) {
            match url.parse::<Mirror>() {
                Ok(mirror) if self.mirrors.iter().any(|(known, _)| *known == mirror) => {}
                Ok(mirror) => self.mirrors.push((mirror, path.to_owned())),
                Err(source) => warnings.push(Error::Mirror { path: path.to_owned(), source }.into()),
            }
        }
        for entry in texts(path, document, "insecure-registries", warnings) {
            self.insecure.add(entry);
        }
    }
}

/// Returns the strings of the list at `field`. Other values are left out with a warning.
fn texts<'a>(
    path: &Path,
    document: &'a Map<String, Value>,
    field: &str,
    warnings: &mut Vec<Warning>,
) -> Vec<&'a str> {
    let mut bad = |expected| {
        warnings.push(Error::Field { path: path.to_owned(), field: field.to_owned(), expected }.into());
    };
    let entries = match document.get(field) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            bad("a list of strings");
            return Vec::new();
        }
    };
    let texts: Vec<&str> = entries.iter().filter_map(Value::as_str).collect();
    if texts.len() < entries.len() {
        bad("a list of strings");
    }
    texts
}

/// Registries for which unverified TLS is allowed: `host[:port]`, or networks.
///
/// A network covers registries that are typed as an IP address. Docker also resolves host names and compares
/// their addresses. regcli does not, because then the name server would decide about TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Insecure {
    servers: Vec<Server>,
    networks: Vec<Network>,
}

impl Insecure {
    fn add(&mut self, entry: &str) {
        if let Some(network) = Network::parse(entry) {
            self.networks.push(network);
            return;
        }
        // Docker drops a scheme here, with a warning.
        let host = entry.strip_prefix("http://").or_else(|| entry.strip_prefix("https://")).unwrap_or(entry);
        self.servers.push(Server::new(Scheme::Https, host.trim_end_matches('/')));
    }

    /// Reports whether `server` is one of them.
    pub(super) fn contains(&self, server: &Server) -> bool {
        if self.servers.contains(server) {
            return true;
        }
        let address = server.host().parse::<IpAddr>();
        address.is_ok_and(|address| self.networks.iter().any(|network| network.contains(address)))
    }
}

/// A range of addresses in CIDR notation (RFC 4632), `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok()?;
        (prefix <= width(address)).then_some(Self { address, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        let address = if self.address.is_ipv4() { address.to_canonical() } else { address };
        let shift = width(self.address) - self.prefix;
        width(address) == width(self.address)
            && bits(address).checked_shr(shift) == bits(self.address).checked_shr(shift)
    }
}

/// Returns the number of bits of an address.
fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> (Daemon, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.json");
        std::fs::write(&path, content).unwrap();
        let (mut daemon, mut warnings) = (Daemon::default(), Vec::new());
        daemon.read(&path, &mut warnings);
        let place = format!("({})", path.display());
        (daemon, warnings.iter().map(|warning| warning.to_string().replace(&place, "(F)")).collect())
    }

    fn holds(entries: &str, registry: &str) -> bool {
        let (daemon, warnings) = read(&format!(r#"{{"insecure-registries": {entries}}}"#));
        assert_eq!(warnings, [] as [&str; 0]);
        daemon.insecure.contains(&Server::new(Scheme::Https, registry))
    }

    #[test]
    fn a_host_is_insecure_only_at_the_port_that_is_listed() {
        let entries = r#"["registry.lab:5000", "Plain.lab", "http://scheme.lab:80/"]"#;

        for registry in
            ["registry.lab:5000", "REGISTRY.lab:5000", "plain.lab", "plain.lab:443", "scheme.lab:80"]
        {
            assert!(holds(entries, registry), "{registry}");
        }
        for registry in ["registry.lab", "registry.lab:5001", "plain.lab:80", "other.lab:5000"] {
            assert!(!holds(entries, registry), "{registry}");
        }
    }

    #[test]
    fn a_network_holds_the_addresses_in_it() {
        let entries = r#"["10.20.0.0/16", "fd00::/8", "192.168.7.7/32"]"#;

        for registry in ["10.20.0.1", "10.20.255.1:5000", "[fd12::1]:5000", "192.168.7.7"] {
            assert!(holds(entries, registry), "{registry}");
        }
        for registry in ["10.21.0.1", "[fe80::1]:5000", "192.168.7.8", "ten.example.com"] {
            assert!(!holds(entries, registry), "{registry}");
        }
        assert!(holds(r#"["0.0.0.0/0"]"#, "8.8.8.8"));
        assert!(!holds(r#"["0.0.0.0/0"]"#, "[2001:db8::1]"));
    }

    #[test]
    fn mirrors_keep_their_order_and_a_bad_one_is_only_a_warning() {
        let (daemon, warnings) = read(
            r#"{"registry-mirrors": ["https://a.example", "registry.docker-cn.com", 5, "http://b.example:5000"], "debug": true}"#,
        );

        let hosts: Vec<&str> = daemon.mirrors.iter().map(|(mirror, _)| mirror.host.as_str()).collect();
        assert_eq!(hosts, ["a.example", "b.example:5000"]);
        assert_eq!(
            warnings,
            [
                "Error parsing config file (F): registry-mirrors is not a list of strings",
                "Error parsing config file (F): invalid mirror: no scheme specified for \"registry.docker-cn.com\": \
                 must use either 'https://' or 'http://'",
            ]
        );
    }

    #[test]
    fn a_broken_file_is_only_a_warning() {
        assert_eq!(read(r#"{"registry-mirrors": "#).1, ["Error parsing config file (F): unexpected EOF"]);
        assert_eq!(read("").1, [] as [&str; 0]);
    }
}
