//! The findings of a diagnosis as data; the program adds the words.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::auth::Place;
use crate::config::{Permission, Settings};
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::http::{Problem, ProxyUse, Shown};
use crate::reference::Registry;
use crate::remote::Software;

/// The findings about a registry and this machine.
#[derive(Debug)]
pub struct Report {
    /// The registry.
    pub registry: Registry,
    /// All checks, in the order of [`Subject`].
    pub checks: Vec<Check>,
}

impl Report {
    /// Returns the kind of the first failure; `None` if nothing has failed.
    pub fn failure(&self) -> Option<ErrorKind> {
        self.checks.iter().find_map(|check| match check.status {
            Status::Fail(kind) => Some(kind),
            _ => None,
        })
    }

    /// Reports whether there are warnings but no failures.
    pub fn has_warnings(&self) -> bool {
        self.checks.iter().any(|check| check.status == Status::Warn)
    }
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// The subject of the check.
    pub subject: Subject,
    /// The result.
    pub status: Status,
    /// The finding.
    pub finding: Finding,
    /// What to do about it.
    pub advice: Option<Advice>,
}

impl Check {
    pub(super) fn new(subject: Subject, status: Status, finding: Finding) -> Self {
        Self { subject, status, finding, advice: None }
    }

    pub(super) fn ok(subject: Subject, finding: Finding) -> Self {
        Self::new(subject, Status::Ok, finding)
    }

    pub(super) fn warn(subject: Subject, finding: Finding) -> Self {
        Self::new(subject, Status::Warn, finding)
    }

    pub(super) fn skip(subject: Subject, reason: Reason) -> Self {
        Self::new(subject, Status::Skip, Finding::Skipped(reason))
    }

    /// Creates a failure with the kind and the hint of the error.
    pub(super) fn error<E: Diagnose>(subject: Subject, error: &E) -> Self {
        let advice = error.hint().map(Advice::Known);
        Self { advice, ..Self::new(subject, Status::Fail(error.kind()), Finding::Error(told(error))) }
    }

    /// Turns the check into a warning with this advice.
    pub(super) fn but(self, advice: Advice) -> Self {
        Self { status: Status::Warn, advice: Some(advice), ..self }
    }

    pub(super) fn advise(self, advice: Advice) -> Self {
        Self { advice: Some(advice), ..self }
    }
}

/// Returns an error with its causes, as far as they add information.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Ok,
    /// There is a problem, but commands work all the same.
    Warn,
    /// Commands fail, with an error of this kind.
    Fail(ErrorKind),
    /// The check was skipped.
    Skip,
}

/// The subjects of checks, in the order in which they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The settings for the registry.
    Settings,
    /// Whether a proxy is used.
    Proxy,
    /// The addresses of the registry's name.
    Addresses,
    /// Whether the registry accepts connections.
    Connection,
    /// The registry's certificate, or the use of plain HTTP.
    Tls,
    /// The software of the registry.
    Registry,
    /// The registry's clock compared with the clock of this machine.
    Clock,
    /// The authentication that the registry asks for.
    Challenge,
    /// The stored credentials.
    Credentials,
    /// The response of the token service to them.
    Token,
    /// The registry's list of repositories.
    Catalog,
    /// Whether parts of blobs can be requested.
    Ranges,
    /// The registry's support for uploads.
    Upload,
    /// The registry's rate limit.
    RateLimit,
    /// One of the mirrors.
    Mirror,
    /// Docker's config.json.
    DockerConfig,
    /// The image store.
    Store,
    /// The credential helpers.
    Helpers,
    /// The keyring of the system.
    Keyring,
}

impl Subject {
    /// The subjects that need the registry, in order.
    pub(super) const OF_REGISTRY: [Self; 14] = [
        Self::Settings,
        Self::Proxy,
        Self::Addresses,
        Self::Connection,
        Self::Tls,
        Self::Registry,
        Self::Clock,
        Self::Challenge,
        Self::Credentials,
        Self::Token,
        Self::Catalog,
        Self::Ranges,
        Self::Upload,
        Self::RateLimit,
    ];

    /// Returns the identifier for programs, which never changes.
    pub fn id(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Proxy => "proxy",
            Self::Addresses => "dns",
            Self::Connection => "tcp",
            Self::Tls => "tls",
            Self::Registry => "registry",
            Self::Clock => "clock",
            Self::Challenge => "challenge",
            Self::Credentials => "credentials",
            Self::Token => "token",
            Self::Catalog => "catalog",
            Self::Ranges => "ranges",
            Self::Upload => "upload",
            Self::RateLimit => "rate-limit",
            Self::Mirror => "mirror",
            Self::DockerConfig => "docker-config",
            Self::Store => "store",
            Self::Helpers => "helpers",
            Self::Keyring => "keyring",
        }
    }
}

/// A finding. Texts of registries, proxies and programs are untrusted.
#[derive(Debug)]
pub enum Finding {
    /// The check was skipped, for this reason.
    Skipped(Reason),
    /// An error with its causes.
    Error(String),
    /// The settings.
    Settings(Box<Settings>),
    /// Loopback addresses are never reached through a proxy; the proxy variables do not matter.
    NoProxyForLoopback,
    /// Whether a proxy is used.
    Proxy(ProxyUse),
    /// The addresses of a name.
    Addresses {
        /// The name of the registry or of the proxy.
        host: String,
        /// Its addresses.
        addresses: Vec<IpAddr>,
        /// The duration of the lookup.
        took: Duration,
    },
    /// The address that was typed instead of a name.
    Literal(IpAddr),
    /// The name has no address.
    NoAddress {
        /// The name of the registry or of the proxy.
        host: String,
        /// The error of the system.
        reason: String,
    },
    /// No address accepts a connection.
    Unconnected {
        /// The addresses that refuse connections, and why.
        failed: Vec<(SocketAddr, String)>,
        /// The addresses that do not respond at all.
        silent: Vec<SocketAddr>,
        /// How long they were waited for.
        waited: Duration,
    },
    /// An address accepts connections.
    Connected {
        /// The first such address.
        address: SocketAddr,
        /// The duration of the connection setup.
        took: Duration,
        /// The addresses that refuse connections.
        failed: Vec<SocketAddr>,
        /// The addresses that do not respond at all: clients that try one of them first have to wait.
        silent: Vec<SocketAddr>,
    },
    /// The server's certificate.
    Certificate {
        /// The certificate; `None` if it could not be inspected.
        shown: Option<Shown>,
        /// Why it was not verified.
        unverified: Option<Permission>,
        /// For how many days it is valid; negative if it has expired.
        days_left: Option<i64>,
    },
    /// TLS cannot be established.
    BadTls {
        /// The problem.
        problem: Problem,
        /// The certificate of the server.
        shown: Option<Shown>,
    },
    /// Plain HTTP is used, with this permission.
    PlainHttp(Option<Permission>),
    /// The server speaks TLS, but plain HTTP is configured by this permission.
    SpeaksTls(Option<Permission>),
    /// The server accepts a connection and sends no response for this long.
    Silent(Duration),
    /// The server is a registry.
    Software {
        /// Its software.
        software: Software,
        /// Its version, if known.
        version: Option<String>,
    },
    /// The server asks for credentials, but does not identify itself as a registry.
    Perhaps,
    /// The server is not a registry.
    NoRegistry {
        /// The status of its response.
        status: u16,
        /// The content type of its response.
        content_type: Option<String>,
        /// The host that responded, if there was a redirect.
        elsewhere: Option<String>,
    },
    /// How many seconds the registry's clock is ahead of the clock of this machine.
    Clock(i64),
    /// The registry's response has no date.
    NoClock,
    /// The registry does not ask for authentication.
    Open,
    /// The registry asks for a user name and a password, or for a token of a service.
    Challenge {
        /// `Basic` or `Bearer`.
        scheme: &'static str,
        /// The location of the token service, without its query.
        realm: Option<String>,
        /// The service's name for the registry.
        service: Option<String>,
    },
    /// The registry names no token service, or one that regcli does not trust.
    UntrustedRealm {
        /// The location of the token service, without its query.
        realm: String,
        /// Why regcli does not trust it.
        reason: String,
    },
    /// The registry asks for authentication schemes that regcli does not support.
    OtherSchemes(Vec<String>),
    /// Credentials are stored.
    Credentials {
        /// The user, if known.
        user: Option<String>,
        /// `password`, `identity token`, `registry token`.
        kind: &'static str,
        /// Where they are stored.
        place: Place,
        /// Another problem of the lookup.
        warning: Option<String>,
    },
    /// No credentials are stored.
    NoCredentials,
    /// The registry accepts the password.
    Accepted,
    /// The registry has granted a token.
    Token {
        /// Whether the token is anonymous.
        anonymous: bool,
        /// How long it is valid.
        lifetime: Option<Duration>,
    },
    /// The token does not grant the requested access.
    Withheld {
        /// The repository.
        repository: String,
    },
    /// No authentication is needed.
    NotNeeded,
    /// The registry lists its repositories.
    Catalog {
        /// The first of them.
        first: Option<String>,
    },
    /// The registry does not list its repositories.
    NoCatalog {
        /// The status of its response.
        status: u16,
    },
    /// One byte of a blob was requested, and one byte came.
    Ranges {
        /// The repository.
        repository: String,
        /// The host that has the blob, if there was a redirect.
        elsewhere: Option<String>,
    },
    /// One byte of a blob was requested, and the whole blob came.
    NoRanges {
        /// The repository.
        repository: String,
    },
    /// The repository has no tag, or no blob.
    Empty {
        /// The repository.
        repository: String,
    },
    /// An upload was started.
    Upload(Upload),
    /// The registry reports a rate limit.
    RateLimit {
        /// The number of requests in the window.
        limit: Option<u64>,
        /// The number of requests that are left.
        remaining: u64,
        /// The length of the window.
        window: Option<Duration>,
    },
    /// The registry reports no rate limit.
    NoRateLimit,
    /// The mirror works.
    Mirror {
        /// Its address.
        address: String,
        /// The response time.
        took: Duration,
    },
    /// The mirror does not work.
    DeadMirror {
        /// Its address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The file exists and is readable.
    File(PathBuf),
    /// The file does not exist, which is not a problem.
    NoFile(PathBuf),
    /// A file with passwords is readable for all users of this machine.
    Unprotected {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The store.
    Store {
        /// Its directory.
        path: PathBuf,
        /// The free space on its file system, in bytes.
        free: u64,
        /// How many image names it has; `None` if the directory does not exist yet.
        images: Option<usize>,
    },
    /// The credential helpers in `PATH`, by name.
    Helpers(Vec<String>),
    /// Helpers that config.json names and that are not installed.
    MissingHelpers(Vec<String>),
    /// The keyring of the system responds.
    Keyring,
    /// The system has no keyring.
    NoKeyring,
}

/// The registry's support for uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The repository.
    pub repository: String,
    /// `OCI-Chunk-Min-Length`, in bytes.
    pub chunk_min: Option<u64>,
    /// Whether it mounts blobs; `None` if the repository has no blob to try that with.
    pub mounts: Option<bool>,
    /// Whether the started uploads were cancelled.
    pub forgotten: bool,
}

/// Why a check was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A check that it depends on has failed.
    After(Subject),
    /// The time limit was reached.
    NoTime,
    /// No repository was named.
    NoRepository,
    /// The check would change the registry and was not allowed.
    NotAllowed,
    /// Docker Hub does not support it.
    Hub,
    /// There is nothing to check.
    None,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The hint of an error.
    Known(Hint),
    /// Renew the certificate.
    RenewCertificate,
    /// Set the clock of this machine.
    SetClock,
    /// Use one of the names in the certificate.
    UseName(Vec<String>),
    /// Do not use plain HTTP.
    SpeakTls(Option<Permission>),
    /// Verify certificates.
    Verify(Permission),
    /// Use TLS, because passwords are sent unencrypted.
    Encrypt,
    /// Find the address of the registry, because this is not one.
    FindRegistry,
    /// Ask the administrator of the registry.
    AskAdministrator,
    /// Remove this mirror, or repair it.
    ReplaceMirror,
    /// Make the file readable for its owner only.
    Protect(PathBuf),
    /// Install this program, or remove it from config.json.
    InstallHelper(String),
    /// Push to the registry itself; only pulls go through a mirror.
    PushElsewhere,
    /// Wait for the rate limit to reset, or log in.
    SpareRequests,
}
