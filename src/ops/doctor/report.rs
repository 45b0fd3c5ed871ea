//! What an examination has found: data only, the words are the program's.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::software::Software;
use crate::auth::Place;
use crate::config::{Permission, Settings};
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::http::{Problem, ProxyUse, Shown};
use crate::reference::Registry;

/// What was found out about a registry and this machine.
#[derive(Debug)]
pub struct Report {
    /// The registry.
    pub registry: Registry,
    /// Everything that was looked at, in the order of [`Subject`].
    pub checks: Vec<Check>,
}

impl Report {
    /// The kind of the first failure; `None` if nothing has failed.
    pub fn failure(&self) -> Option<ErrorKind> {
        self.checks.iter().find_map(|check| match check.status {
            Status::Fail(kind) => Some(kind),
            _ => None,
        })
    }

    /// Whether something is not as it should be, but nothing has failed.
    pub fn has_warnings(&self) -> bool {
        self.checks.iter().any(|check| check.status == Status::Warn)
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Check {
    /// What it is about.
    pub subject: Subject,
    /// How it is.
    pub status: Status,
    /// What was found.
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

    /// A failure, with its own kind and advice.
    pub(super) fn error<E: Diagnose>(subject: Subject, error: &E) -> Self {
        let advice = error.hint().map(Advice::Known);
        Self { advice, ..Self::new(subject, Status::Fail(error.kind()), Finding::Error(told(error))) }
    }

    /// The same, but it should be otherwise.
    pub(super) fn but(self, advice: Advice) -> Self {
        Self { status: Status::Warn, advice: Some(advice), ..self }
    }

    pub(super) fn advise(self, advice: Advice) -> Self {
        Self { advice: Some(advice), ..self }
    }
}

/// An error and what caused it, as far as that says more.
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

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Not as it should be; commands work all the same.
    Warn,
    /// Commands cannot work; the kind says how they end.
    Fail(ErrorKind),
    /// It was not looked at.
    Skip,
}

/// What can be looked at, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What is configured for the registry.
    Settings,
    /// Whether it is asked through a proxy.
    Proxy,
    /// The addresses of its name.
    Addresses,
    /// Whether it takes connections.
    Connection,
    /// Its certificate, or that it speaks plain HTTP.
    Tls,
    /// What it is.
    Registry,
    /// Its clock beside this machine's.
    Clock,
    /// Whom it lets in.
    Challenge,
    /// Who one is there.
    Credentials,
    /// What its token service says to that.
    Token,
    /// Its list of repositories.
    Catalog,
    /// Whether parts of blobs can be asked for.
    Ranges,
    /// How it takes blobs.
    Upload,
    /// How often it lets itself be asked.
    RateLimit,
    /// One of its mirrors.
    Mirror,
    /// Docker's config.json.
    DockerConfig,
    /// The image store.
    Store,
    /// The credential helpers.
    Helpers,
    /// The system's keyring.
    Keyring,
}

impl Subject {
    /// Those that need the registry, in their order.
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

    /// Its name for programs. It stays what it is.
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

/// What was found. Texts of registries, proxies and programs are foreign.
#[derive(Debug)]
pub enum Finding {
    /// It was not looked at, and why.
    Skipped(Reason),
    /// An error, in its own words and those of its causes.
    Error(String),
    /// What is configured.
    Settings(Box<Settings>),
    /// This machine is never asked through a proxy; whether a variable names one does not matter.
    NoProxyForLoopback,
    /// Whether it is asked through a proxy.
    Proxy(ProxyUse),
    /// The addresses of a name.
    Addresses {
        /// The name: that of the registry, or of the proxy.
        host: String,
        /// Its addresses.
        addresses: Vec<IpAddr>,
        /// How long it took to ask.
        took: Duration,
    },
    /// It was typed as an address.
    Literal(IpAddr),
    /// Its name has no address.
    NoAddress {
        /// The name: that of the registry, or of the proxy.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// Nothing listens, or nothing answers.
    Unconnected {
        /// Addresses that cannot be connected to, and why.
        failed: Vec<(SocketAddr, String)>,
        /// Addresses that do not answer at all.
        silent: Vec<SocketAddr>,
        /// How long they were waited for.
        waited: Duration,
    },
    /// Something listens.
    Connected {
        /// At the first of these addresses.
        address: SocketAddr,
        /// How long a connection took.
        took: Duration,
        /// Addresses that cannot be connected to.
        failed: Vec<SocketAddr>,
        /// Addresses that do not answer at all: whoever tries one of them first, waits.
        silent: Vec<SocketAddr>,
    },
    /// It shows this certificate.
    Certificate {
        /// What it showed; `None` if it could not be looked at closely.
        shown: Option<Shown>,
        /// Why it was not verified.
        unverified: Option<Permission>,
        /// How many days it is good for; negative if it is not any more.
        days_left: Option<i64>,
    },
    /// TLS does not come about.
    BadTls {
        /// Why.
        problem: Problem,
        /// What it showed.
        shown: Option<Shown>,
    },
    /// It is spoken to in plain HTTP, and who allows that.
    PlainHttp(Option<Permission>),
    /// It speaks TLS, and plain HTTP is asked of it.
    SpeaksTls(Option<Permission>),
    /// It takes a connection and says nothing.
    Silent(Duration),
    /// It is a registry.
    Software {
        /// Which.
        software: Software,
        /// Its version, if it tells.
        version: Option<String>,
    },
    /// It asks for credentials, but does not say that it is a registry.
    Perhaps,
    /// Something else answers.
    NoRegistry {
        /// The status of its answer.
        status: u16,
        /// The type of its answer.
        content_type: Option<String>,
        /// Where the answer came from, if that is elsewhere.
        elsewhere: Option<String>,
    },
    /// How many seconds its clock is ahead of this machine's.
    Clock(i64),
    /// It does not tell what time it is.
    NoClock,
    /// It asks nobody for anything.
    Open,
    /// It asks for a user name and a password, or for a token of a service.
    Challenge {
        /// `Basic` or `Bearer`.
        scheme: &'static str,
        /// Where the token service is, without its query.
        realm: Option<String>,
        /// What the service calls the registry.
        service: Option<String>,
    },
    /// It names a token service that nothing is sent to, or none.
    UntrustedRealm {
        /// Where the token service is, without its query.
        realm: String,
        /// Why nothing is sent there.
        reason: String,
    },
    /// It asks for something that regcli does not have.
    OtherSchemes(Vec<String>),
    /// There are credentials.
    Credentials {
        /// Who, if that is known.
        user: Option<String>,
        /// `password`, `identity token`, `registry token`.
        kind: &'static str,
        /// Where they are from.
        place: Place,
        /// What else went wrong.
        warning: Option<String>,
    },
    /// There are none.
    NoCredentials,
    /// The password is right.
    Accepted,
    /// There is a token.
    Token {
        /// Whether it is one that everybody gets.
        anonymous: bool,
        /// For how long it is good.
        lifetime: Option<Duration>,
    },
    /// There is a token, but not for what it is wanted.
    Withheld {
        /// The repository.
        repository: String,
    },
    /// Nobody needs one.
    NotNeeded,
    /// It lists its repositories.
    Catalog {
        /// The first of them.
        first: Option<String>,
    },
    /// It does not.
    NoCatalog {
        /// What it answers.
        status: u16,
    },
    /// A byte of a blob was asked for, and that is what came.
    Ranges {
        /// The repository.
        repository: String,
        /// The host that has the blob, if that is another one.
        elsewhere: Option<String>,
    },
    /// A byte of a blob was asked for, and all of it came.
    NoRanges {
        /// The repository.
        repository: String,
    },
    /// The repository has no tag, or no blob.
    Empty {
        /// The repository.
        repository: String,
    },
    /// An upload was begun.
    Upload(Upload),
    /// How many requests are left.
    RateLimit {
        /// Of how many.
        limit: Option<u64>,
        /// How many.
        remaining: u64,
        /// In how long.
        window: Option<Duration>,
    },
    /// It does not say.
    NoRateLimit,
    /// A mirror works.
    Mirror {
        /// Its address.
        address: String,
        /// How long it took.
        took: Duration,
    },
    /// A mirror does not.
    DeadMirror {
        /// Its address.
        address: String,
        /// Why.
        reason: String,
    },
    /// A file is there and can be read.
    File(PathBuf),
    /// A file is not there, which is no problem.
    NoFile(PathBuf),
    /// Everybody on this machine can read a file with passwords.
    Unprotected {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The store.
    Store {
        /// Its folder.
        path: PathBuf,
        /// Bytes that are left on its file system.
        free: u64,
        /// How many names of images it has; `None` if the folder is not there yet.
        images: Option<usize>,
    },
    /// The credential helpers in `PATH`, by name.
    Helpers(Vec<String>),
    /// Helpers that config.json names and that are not there.
    MissingHelpers(Vec<String>),
    /// The system's keyring answers.
    Keyring,
    /// The system has none.
    NoKeyring,
}

/// How a registry takes blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The repository.
    pub repository: String,
    /// `OCI-Chunk-Min-Length`, in bytes.
    pub chunk_min: Option<u64>,
    /// Whether it mounts blobs; `None` if the repository has none to try that with.
    pub mounts: Option<bool>,
    /// Whether it has forgotten the sessions that were begun.
    pub forgotten: bool,
}

/// Why something was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// What it needs has failed.
    After(Subject),
    /// The time for all of it was up.
    NoTime,
    /// Nothing says which repository to look at.
    NoRepository,
    /// It would change something at the registry, and nobody said that it may.
    NotAllowed,
    /// Docker Hub is known not to have it.
    Hub,
    /// There is none.
    None,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// What errors advise.
    Known(Hint),
    /// Ask for a new certificate.
    RenewCertificate,
    /// Set the clock of this machine.
    SetClock,
    /// Use one of the names of the certificate.
    UseName(Vec<String>),
    /// Do not ask for plain HTTP.
    SpeakTls(Option<Permission>),
    /// Verify certificates.
    Verify(Permission),
    /// Passwords go in clear.
    Encrypt,
    /// It is not the address of a registry.
    FindRegistry,
    /// Its administrator has to do something about it.
    AskAdministrator,
    /// Take this mirror out, or repair it.
    ReplaceMirror,
    /// Let only the owner read the file.
    Protect(PathBuf),
    /// Install this program, or take it out of config.json.
    InstallHelper(String),
    /// Pulls go through a mirror; pushes need the registry itself.
    PushElsewhere,
    /// Wait until there are requests again, or log in.
    SpareRequests,
}
