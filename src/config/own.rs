//! regcli's own config.toml.
//!
//! ```toml
//! store = "/srv/images"               # the image store
//! jobs = 4                            # maximum concurrent transfers
//! limit-rate = 10_000_000             # bytes a second
//! timeout = 30                        # seconds that a server may be silent
//!
//! mirrors = [{ url = "https://m.example.com", prefix = "{host}" }]    # of every public registry
//! mirrors-from = ["docker", "containerd", "podman"]   # whose files may name mirrors, too
//!
//! [registry."docker.io"]
//! mirrors = ["https://mirror.example.com", { url = "http://127.0.0.1:4001", namespace = true }]
//! resolve = "upstream"                # tags by the registry itself, content by mirrors
//!
//! [registry."registry.example.com:5000"]
//! ca = "certs/ca.pem"                 # relative to this file's folder, or to the home folder with ~/
//! cert = "certs/client.pem"
//! key = "certs/client.key"
//! plain-http = false                  # true: HTTP only, false: HTTPS only
//! insecure = false                    # true: certificates are not verified
//! private-addresses = false           # true: it may refer to private addresses, wherever it is itself
//! jobs = 2                            # for this registry; limit-rate likewise
//! requests-per-second = 10            # of all kinds together
//! api = "https://nexus.example.com"   # its REST API, if on another port, as for Nexus
//! headers = { X-Team = "blue" }       # sent to this registry only
//! ```

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer};

use super::headers::{Headers, headers};
use super::misfit::misfit;
use super::own_mirror::OwnMirror;
use super::toml_file::broken;
use super::{Environment, Error, GivenTransport, Identity, Mirror, RequestRate, Resolve, Warning, read_file};
use crate::reference::{Registry, Server};

/// The content of config.toml.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Own {
    pub store: Option<PathBuf>,
    pub jobs: Option<NonZeroUsize>,
    pub limit_rate: Option<NonZeroU64>,
    #[serde(deserialize_with = "seconds")]
    pub timeout: Option<Duration>,
    /// Mirrors of every public registry.
    pub mirrors: Vec<OwnMirror>,
    /// The programs whose files may name mirrors.
    pub mirrors_from: Option<Vec<Program>>,
    /// The path of the file, if it exists.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    registry: BTreeMap<Key, OwnRegistry>,
}

/// The content of config.toml for one registry.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct OwnRegistry {
    pub mirrors: Option<Vec<OwnMirror>>,
    pub resolve: Option<Resolve>,
    pub plain_http: Option<bool>,
    pub insecure: Option<bool>,
    pub private_addresses: bool,
    #[serde(deserialize_with = "address")]
    pub api: Option<Mirror>,
    pub jobs: Option<NonZeroUsize>,
    pub limit_rate: Option<NonZeroU64>,
    #[serde(deserialize_with = "request_rate")]
    pub requests_per_second: Option<RequestRate>,
    pub ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(deserialize_with = "headers")]
    pub headers: Headers,
}

/// A program whose files name mirrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Program {
    /// daemon.json.
    Docker,
    /// hosts.toml.
    Containerd,
    /// registries.conf.
    Podman,
}

/// The name of a registry as the key of a table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(Registry);

impl Own {
    /// Reads the file at `path`. A missing file counts as empty.
    ///
    /// # Errors
    /// [`Error::Own`] with line and column, [`Error::Read`], [`Error::TooLarge`].
    pub(super) fn read(path: &Path, environment: &Environment) -> Result<Self, Error> {
        let Some(content) = read_file(path)? else { return Ok(Self::default()) };
        let fail = |offset, message: &str| broken(path, &content, offset, message);
        let text = std::str::from_utf8(&content)
            .map_err(|error| fail(error.valid_up_to(), "the text is not valid UTF-8"))?;
        let mut own: Self = toml::from_str(text).map_err(|error| match misfit(text) {
            Some((place, message)) => fail(place, &message),
            None => fail(error.span().map_or(0, |span| span.start), error.message()),
        })?;
        if let Some((Key(registry), _)) = own.registry.iter().find(|(_, table)| table.has_half_identity()) {
            let message = format!("registry {registry} has cert without key, or key without cert");
            return Err(fail(0, &message));
        }
        if let Some([one, other]) = own.doubled() {
            return Err(fail(0, &format!("there are two tables for one registry: {one} and {other}")));
        }
        if own.mirrors.iter().any(|mirror| !mirror.names_registry()) {
            let message = "a mirror of every registry needs prefix = \"{host}\" or namespace = true";
            return Err(fail(text.find("mirrors").unwrap_or(0), message));
        }
        own.path = Some(path.to_owned());
        own.anchor(path.parent().unwrap_or(Path::new("")), environment);
        Ok(own)
    }

    /// Reads the file, but counts it as empty, with a warning, if its folder may not be entered and the user
    /// has not named it. A process that runs as another user often still has the first user's `HOME`.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub(super) fn read_if_reachable(
        path: &Path,
        environment: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let is_named = environment.regcli_config.is_some();
        match Self::read(path, environment) {
            Err(error) if !is_named && is_out_of_reach(path) => {
                warnings.push(error.into());
                Ok(Self::default())
            }
            read => read,
        }
    }

    /// Returns the table for `registry`.
    pub(super) fn registry(&self, registry: &Registry) -> Option<&OwnRegistry> {
        let server = registry.server();
        self.tables().find(|(key, _)| key.server() == server).map(|(_, table)| table)
    }

    /// Reports whether files of `program` may name mirrors.
    pub(super) fn heeds(&self, program: Program) -> bool {
        self.mirrors_from.as_ref().is_none_or(|programs| programs.contains(&program))
    }

    /// Returns the registries that have a table, and their tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&Registry, &OwnRegistry)> {
        self.registry.iter().map(|(Key(registry), table)| (registry, table))
    }

    /// Makes a registry be reached in another way, unless the file says how it is reached.
    pub(super) fn reach(&mut self, registry: &Registry, transport: GivenTransport) {
        let server = registry.server();
        let known = self.registry.keys().find(|Key(known)| known.server() == server);
        let key = Key(known.map_or(registry, |Key(known)| known).clone());
        let table = self.registry.entry(key).or_default();
        match transport {
            GivenTransport::Unverified => table.insecure.get_or_insert(true),
            GivenTransport::PlainHttp => table.plain_http.get_or_insert(true),
        };
    }

    /// Returns two names of one registry that have a table each. One of the tables would have no effect.
    fn doubled(&self) -> Option<[&Registry; 2]> {
        let mut seen: BTreeMap<Server, &Registry> = BTreeMap::new();
        self.registries().find_map(|registry| Some([seen.insert(registry.server(), registry)?, registry]))
    }

    /// Returns the registries that have a table.
    pub(super) fn registries(&self) -> impl Iterator<Item = &Registry> {
        self.registry.keys().map(|Key(registry)| registry)
    }

    /// Makes all paths absolute.
    fn anchor(&mut self, folder: &Path, environment: &Environment) {
        let tables = self.registry.values_mut();
        let of_tables = tables.flat_map(|table| [&mut table.ca, &mut table.cert, &mut table.key]);
        for path in of_tables.chain([&mut self.store]).flatten() {
            *path = match (path.strip_prefix("~"), &environment.home) {
                (Ok(rest), Some(home)) => home.join(rest),
                _ => folder.join(&path),
            };
        }
    }
}

impl OwnRegistry {
    pub(super) fn identity(&self) -> Option<Identity> {
        let (certificate, key) = self.cert.clone().zip(self.key.clone())?;
        Some(Identity { certificate, key })
    }

    fn has_half_identity(&self) -> bool {
        self.cert.is_some() != self.key.is_some()
    }
}

/// Reports whether not even the existence of a file can be determined.
fn is_out_of_reach(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let registry = Registry::from_server(&text);
        registry.map(Self).map_err(|_| de::Error::custom(format!("{text:?} is not a registry's host[:port]")))
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mirror>, D::Error> {
    let url = String::deserialize(deserializer)?;
    url.parse()
        .map(Some)
        .map_err(|_| de::Error::custom("api is not an address: http[s]://HOST[:PORT][/PATH]"))
}

/// Reads a time limit, 18 hours at most.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = u64::from(std::num::NonZeroU16::deserialize(deserializer)?.get());
    Ok(Some(Duration::from_secs(seconds)))
}

fn request_rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RequestRate>, D::Error> {
    let rate = RequestRate::new(f64::deserialize(deserializer)?);
    rate.map(Some)
        .ok_or_else(|| de::Error::custom("requests-per-second must be a number from 0.001 to 1000000"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Scheme;

    fn read(content: &str) -> (PathBuf, Result<Own, Error>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, content).unwrap();
        let environment = Environment { home: Some("/home/demo".into()), ..Environment::default() };
        (folder.path().to_owned(), Own::read(&path, &environment))
    }

    fn message(content: &str) -> String {
        let (folder, result) = read(content);
        result.unwrap_err().to_string().replace(&folder.display().to_string(), "DIR")
    }

    #[test]
    fn every_setting_is_read() {
        let (folder, own) = read(
            r#"
store = "images"
jobs = 4
limit-rate = 10_000_000
timeout = 45

[registry."docker.io"]
mirrors = ["https://a.example/hub", { url = "http://127.0.0.1:4001", namespace = true }]

[registry."Registry.example.com:5000"]
ca = "certs/ca.pem"
cert = "~/client.pem"
key = "/keys/client.key"
plain-http = false
insecure = true
headers = { X-Team = "blue" }
requests-per-second = 10

[registry."slow.lab"]
requests-per-second = 0.25
"#,
        );

        let own = own.unwrap();
        assert_eq!(own.store, Some(folder.join("images")));
        assert_eq!(
            (own.jobs.map(NonZeroUsize::get), own.limit_rate.map(NonZeroU64::get)),
            (Some(4), Some(10_000_000))
        );
        assert_eq!(own.timeout, Some(Duration::from_secs(45)));
        let hub = own.registry(&Registry::hub()).unwrap();
        let mirrors: Vec<_> =
            hub.mirrors.iter().flatten().filter_map(|own| own.of(&Registry::hub(), None)).collect();
        assert_eq!((mirrors[0].0.prefix.as_str(), mirrors[0].1.namespace), ("/hub", false));
        assert_eq!((mirrors[1].0.scheme, mirrors[1].1.namespace), (Scheme::Http, true));
        let other = own.registry(&Registry::from_server("registry.example.com:5000").unwrap()).unwrap();
        assert_eq!(other.ca, Some(folder.join("certs/ca.pem")));
        let identity =
            Identity { certificate: "/home/demo/client.pem".into(), key: "/keys/client.key".into() };
        assert_eq!(other.identity(), Some(identity));
        assert_eq!((other.plain_http, other.insecure), (Some(false), Some(true)));
        assert_eq!(other.headers.0, [("X-Team".into(), "blue".into())]);
        let rate = |name: &str| {
            let table = own.registry(&Registry::from_server(name).unwrap());
            table.and_then(|table| table.requests_per_second).map(RequestRate::per_second)
        };
        assert_eq!(rate("registry.example.com:5000"), Some(10.0));
        assert_eq!((rate("slow.lab"), rate("docker.io")), (Some(0.25), None));
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_column() {
        assert_eq!(
            message("jobs = 4\nstor = \"x\"\n"),
            "DIR/config.toml:2:1: unknown field `stor`, expected one of `store`, `jobs`, `limit-rate`, `timeout`, `mirrors`, `mirrors-from`, `registry`"
        );
        assert_eq!(
            message("jobs = 0"),
            "DIR/config.toml:1:8: jobs must be a whole number of at least 1, such as 4; found 0"
        );
        assert_eq!(
            message("[registry.\"docker.io\"]\nmirrors = [\"docker.example.com\"]\n"),
            "DIR/config.toml:2:12: invalid mirror: no scheme specified for \"docker.example.com\": \
             must use either 'https://' or 'http://'"
        );
        assert!(message("[registry.\"a b\"]").ends_with("\"a b\" is not a registry's host[:port]"));
        assert!(message("x = ").starts_with("DIR/config.toml:1:"));
        for rate in ["0", "-1", "nan", "1e9"] {
            let message = message(&format!("[registry.\"a.b\"]\nrequests-per-second = {rate}\n"));
            assert!(message.contains("must be a number from 0.001 to 1000000"), "{message}");
        }
    }

    #[test]
    fn s2_a_table_holds_for_every_name_of_its_registry_and_there_is_one() {
        let (_, own) = read("[registry.\"R.lab\"]\njobs = 2\n[registry.\"r.lab:5000\"]\njobs = 3\n");
        let own = own.unwrap();
        let jobs = |name: &str| {
            let table = own.registry(&Registry::from_server(name).unwrap());
            table.and_then(|table| table.jobs).map(NonZeroUsize::get)
        };
        for name in ["r.lab", "R.LAB", "r.lab:443"] {
            assert_eq!(jobs(name), Some(2), "{name}");
        }
        assert_eq!((jobs("R.lab:5000"), jobs("r.lab:80")), (Some(3), None));
        assert_eq!(
            message("[registry.\"a.b\"]\n[registry.\"A.b:443\"]\n"),
            "DIR/config.toml:1:1: there are two tables for one registry: A.b:443 and a.b"
        );
    }

    #[test]
    fn half_a_client_certificate_is_refused() {
        assert_eq!(
            message("[registry.\"a.b\"]\ncert = \"c\"\n"),
            "DIR/config.toml:1:1: registry a.b has cert without key, or key without cert"
        );
    }

    #[test]
    fn a_header_that_would_break_a_request_is_refused_and_no_value_is_shown() {
        let message = message("[registry.\"a.b\"]\nheaders = { X = \"hunter2\\r\\nY: z\" }\n");

        assert!(message.contains("\"X\" is not an HTTP header"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let (_, own) = read("[registry.\"a.b\"]\nheaders = { X = \"hunter2\" }\n");
        assert!(!format!("{:?}", own.unwrap()).contains("hunter2"));
    }
}
