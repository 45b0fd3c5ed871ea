//! Registries: Debian's docker-registry and `regcli serve`, each in a process and a folder of its own.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::authority::Authority;
use super::gate::Gate;
use super::process::{Daemon, eventually, run};
use super::proxy::Proxy;
use super::tokens::TokenService;

/// How long a registry may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long docker-registry may take to write its access log.
const LOG_LIMIT: Duration = Duration::from_secs(2);

/// What certificates are for. The last one is found through a [`Tunnel`](super::Tunnel) only.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "registry.test"];

/// The registries that every behaviour is tested against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `regcli serve`.
    Embedded,
    /// Debian's docker-registry.
    Docker,
}

/// A running registry of some kind.
pub(crate) struct Registry {
    host: String,
    /// In front of the embedded registry, which asks nobody for anything and speaks plain HTTP.
    _guard: Option<Proxy>,
    _server: Server,
}

#[expect(dead_code, reason = "kept so that it is stopped when the registry is dropped")]
enum Server {
    Embedded(EmbeddedRegistry),
    Docker(DockerRegistry),
}

impl Kind {
    /// Whether the test has to end here, as [`missing`](super::missing) says.
    #[track_caller]
    pub(crate) fn missing(self) -> bool {
        self == Self::Docker && super::missing("docker-registry")
    }

    /// All kinds that this machine has; see [`Self::missing`].
    #[track_caller]
    pub(crate) fn present() -> impl Iterator<Item = Self> {
        [Self::Embedded, Self::Docker].into_iter().filter(|kind| !kind.missing())
    }

    /// Starts one that lets everybody in.
    pub(crate) fn open(self) -> Registry {
        match self {
            Self::Embedded => Registry::embedded(None),
            Self::Docker => DockerRegistry::open().into(),
        }
    }

    /// Starts one that wants this password.
    pub(crate) fn with_password(self, user: &str, password: &str) -> Registry {
        match self {
            Self::Embedded => {
                Registry::embedded(Some(&|host| Proxy::guarding(host, Gate::password(user, password))))
            }
            Self::Docker => DockerRegistry::with_password(user, password).into(),
        }
    }

    /// Starts one that wants a token of this service.
    pub(crate) fn with_tokens(self, service: &TokenService) -> Registry {
        match self {
            Self::Embedded => Registry::embedded(Some(&|host| Proxy::guarding(host, service.gate()))),
            Self::Docker => DockerRegistry::with_tokens(service).into(),
        }
    }

    /// Starts one that speaks TLS with a certificate of this authority for [`NAMES`].
    pub(crate) fn with_tls(self, authority: &Authority) -> Registry {
        match self {
            Self::Embedded => {
                let identity = authority.issue(&NAMES);
                Registry::embedded(Some(&|host| Proxy::tls(host, Gate::Open, &identity)))
            }
            Self::Docker => DockerRegistry::with_tls(authority).into(),
        }
    }
}

impl Registry {
    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    fn embedded(guard: Option<&dyn Fn(&str) -> Proxy>) -> Self {
        let server = EmbeddedRegistry::start();
        let guard = guard.map(|guard| guard(server.host()));
        let host = guard.as_ref().map_or(server.host().to_owned(), Proxy::host);
        Self { host, _guard: guard, _server: Server::Embedded(server) }
    }
}

impl From<DockerRegistry> for Registry {
    fn from(server: DockerRegistry) -> Self {
        Self { host: server.host().to_owned(), _guard: None, _server: Server::Docker(server) }
    }
}

/// Debian's docker-registry.
pub(crate) struct DockerRegistry {
    daemon: Daemon,
    host: String,
    _folder: TempDir,
}

/// One line of docker-registry's access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) status: u16,
    /// Of the answer's body.
    pub(crate) bytes: u64,
}

impl DockerRegistry {
    /// Starts one that lets everybody in.
    pub(crate) fn open() -> Self {
        Self::start(tempfile::tempdir().unwrap(), "", "")
    }

    /// Starts one that wants this password.
    pub(crate) fn with_password(user: &str, password: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("htpasswd");
        fs::write(&file, run("htpasswd", ["-Bbn", user, password]).succeeds().stdout).unwrap();
        Self::start(
            folder,
            "",
            &format!("auth:\n  htpasswd:\n    realm: regcli tests\n    path: {}\n", file.display()),
        )
    }

    /// Starts one that wants a token of this service.
    pub(crate) fn with_tokens(service: &TokenService) -> Self {
        let auth = format!(
            "auth:\n  token:\n    realm: {}\n    service: {name}\n    issuer: {name}\n    rootcertbundle: {}\n",
            service.realm(),
            service.certificate().display(),
            name = service.service(),
        );
        Self::start(tempfile::tempdir().unwrap(), "", &auth)
    }

    /// Starts one that speaks TLS with a certificate of this authority for [`NAMES`].
    pub(crate) fn with_tls(authority: &Authority) -> Self {
        let identity = authority.issue(&NAMES);
        let tls = format!(
            "  tls:\n    certificate: {}\n    key: {}\n",
            identity.certificate.display(),
            identity.key.display()
        );
        Self::start(tempfile::tempdir().unwrap(), &tls, "")
    }

    /// Starts one that speaks TLS with this certificate and its key, PEM files.
    pub(crate) fn with_certificate(certificate: &Path, key: &Path) -> Self {
        let (certificate, key) = (certificate.display(), key.display());
        let tls = format!("  tls:\n    certificate: {certificate}\n    key: {key}\n");
        Self::start(tempfile::tempdir().unwrap(), &tls, "")
    }

    /// The same, for clients only that show a certificate of the authority, too.
    pub(crate) fn with_client_certificates(authority: &Authority) -> Self {
        let identity = authority.issue(&NAMES);
        let tls = format!(
            "  tls:\n    certificate: {}\n    key: {}\n    clientcas:\n      - {}\n",
            identity.certificate.display(),
            identity.key.display(),
            authority.certificate().display()
        );
        Self::start(tempfile::tempdir().unwrap(), &tls, "")
    }

    /// Starts one that lists so many repositories at a time, and refuses who asks for more.
    pub(crate) fn with_short_catalog(entries: usize) -> Self {
        Self::start(tempfile::tempdir().unwrap(), "", &format!("catalog:\n  maxentries: {entries}\n"))
    }

    /// Starts one that deletes nothing, as it is by default.
    pub(crate) fn without_deletion() -> Self {
        Self::configured(tempfile::tempdir().unwrap(), &[("REGISTRY_STORAGE_DELETE_ENABLED", "false")], "")
    }

    fn start(folder: TempDir, tls: &str, auth: &str) -> Self {
        Self::configured(folder, &[], &format!("{tls}{auth}"))
    }

    fn configured(folder: TempDir, variables: &[(&str, &str)], http: &str) -> Self {
        let config = format!(
            "version: 0.1\n\
             log:\n  level: info\n\
             storage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\n\
             http:\n  addr: 127.0.0.1:0\n{http}",
            folder.path().join("data").display()
        );
        let file = folder.path().join("config.yml");
        fs::write(&file, config).unwrap();
        let mut command = super::command("docker-registry");
        command.arg("serve").arg(file).envs(variables.iter().copied());
        let mut daemon = Daemon::start(command);
        let host = daemon.wait_until(START_LIMIT, |log| {
            log.lines().find(|line| line.contains("listening on ")).and_then(address)
        });
        Self { daemon, host, _folder: folder }
    }

    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Its access log until now. The last request may be missing for a moment: see [`Self::wait_for`].
    pub(crate) fn accesses(&self) -> Vec<Access> {
        self.daemon.log().lines().filter_map(access).collect()
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> String {
        self.daemon.log()
    }

    /// Waits until its access log has a request of this method to this path.
    #[track_caller]
    pub(crate) fn wait_for(&self, method: &str, path: &str) -> Access {
        let look =
            || self.accesses().into_iter().find(|access| access.method == method && access.path == path);
        eventually(LOG_LIMIT, look).unwrap_or_else(|| panic!("no {method} {path} in:\n{}", self.daemon.log()))
    }
}

/// `127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 200 2 "referer" "agent"`
fn access(line: &str) -> Option<Access> {
    let mut quoted = line.split('"');
    let _client = quoted.next().filter(|client| client.contains(" - "))?;
    let mut request = quoted.next()?.split(' ');
    let mut numbers = quoted.next()?.split_whitespace();
    Some(Access {
        method: request.next()?.to_owned(),
        path: request.next()?.to_owned(),
        status: numbers.next()?.parse().ok()?,
        bytes: numbers.next()?.parse().ok()?,
    })
}

/// The last `127.0.0.1:PORT` in a line.
pub(super) fn address(line: &str) -> Option<String> {
    let start = line.rfind("127.0.0.1:")?;
    let port: String = line[start + "127.0.0.1:".len()..].chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("127.0.0.1:{port}"))
}

/// `regcli serve`.
pub(crate) struct EmbeddedRegistry {
    daemon: Daemon,
    host: String,
    /// Goes with it.
    _root: TempDir,
}

impl EmbeddedRegistry {
    /// Starts one with an empty folder.
    pub(crate) fn start() -> Self {
        Self::on(tempfile::Builder::new().prefix("regcli-serve-").tempdir().unwrap())
    }

    /// Starts one on a folder that an earlier one may have used.
    pub(crate) fn on(root: TempDir) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
        command
            .args([
                "serve",
                "--addr",
                "127.0.0.1:0",
                "--allow-host",
                "registry.test",
                "--allow-host",
                "registry-1.docker.io",
                "--root",
            ])
            .arg(root.path())
            .env_clear()
            .env("HOME", root.path().join("home"));
        let mut daemon = Daemon::start(command);
        let host = daemon.wait_until(START_LIMIT, |log| log.lines().find_map(address));
        Self { daemon, host, _root: root }
    }

    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl Drop for EmbeddedRegistry {
    /// It has to end when it is asked to, and to say that all went well.
    fn drop(&mut self) {
        let ended = self.daemon.stop();
        if !std::thread::panicking() {
            let well = matches!(ended, Some(0 | 143));
            assert!(well, "regcli serve ended with {ended:?} on SIGTERM; its log:\n{}", self.daemon.log());
        }
    }
}

#[test]
fn a_line_of_the_access_log_is_read() {
    let line = r#"127.0.0.1 - - [21/Nov/2026:22:53:34 +0000] "GET /v2/a/tags/list?n=1 HTTP/1.1" 200 42 "" "curl/7.88.1""#;
    let expected =
        Access { method: "GET".to_owned(), path: "/v2/a/tags/list?n=1".to_owned(), status: 200, bytes: 42 };
    assert_eq!(access(line), Some(expected));
    assert_eq!(access(r#"time="2026" level=info msg="listening on 127.0.0.1:1""#), None);
}

#[test]
fn the_address_in_a_line_is_the_last_one() {
    assert_eq!(address("127.0.0.1:0 became http://127.0.0.1:43211/ now").as_deref(), Some("127.0.0.1:43211"));
    assert_eq!(address("nothing yet"), None);
}
