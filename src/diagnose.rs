//! What every error reports about itself: its kind, a hint, and whether to retry.
//!
//! Every module has its own error type. This module holds what they have in common, so that the program can
//! turn any of them into an exit code and a hint, and the engine can decide about a retry, without
//! knowing where an error came from and without ever reading its text.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The kind of a failure. The program has one exit code for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is invalid: a bad reference, a bad flag. No I/O was done.
    Usage,
    /// The requested content does not exist.
    NotFound,
    /// Credentials are missing or wrong, or the rights are not sufficient.
    Denied,
    /// The server could not be reached, or did not respond, after all retries.
    Unreachable,
    /// Content does not match its digest, its size or its format.
    Corrupt,
    /// The registry refused further requests for a while.
    RateLimited,
    /// Anything else.
    Other,
}

/// How a failed operation can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same attempt would fail the same way.
    Never,
    /// Resume at the offset that was reached, once `after` has passed if it is given.
    Retry {
        /// How long the server asked to wait.
        after: Option<Duration>,
    },
    /// The server is unreachable. Resume at the offset that was reached; the next request waits until the
    /// server is back.
    Outage {
        /// How long no request is sent to the server.
        after: Duration,
        /// How long before the failure the server last answered another request, if it did in the last minutes.
        answered: Option<Duration>,
    },
    /// Restart this operation at its first byte, at most once.
    Restart,
}

impl Recovery {
    /// Retry at any time.
    pub const RETRY: Self = Self::Retry { after: None };

    /// Reports whether the same attempt may succeed later.
    pub fn is_retry(self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Outage { .. })
    }

    /// Returns how long the server asked to wait, if it did.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Retry { after } => after,
            Self::Never | Self::Outage { .. } | Self::Restart => None,
        }
    }
}

/// What to do about a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyAdvice {
    /// Check whether the proxy is right and whether it is needed.
    Check,
    /// Add a user and a password to its URL.
    LogIn,
    /// Write `http://` in front of it.
    PlainHttp,
    /// Write `https://` in front of it.
    Https,
    /// Write the URL of a proxy.
    Write,
}

/// A provider whose registry deletes only by the provider's own API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon Elastic Container Registry.
    Amazon,
    /// GitHub Container Registry.
    GitHub,
    /// Alibaba Cloud Container Registry.
    Aliyun,
}

/// What the user can do about an error. It is data only: the program knows the flags and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Log in to this registry (`host[:port]`, or `docker.io`).
    LogIn {
        /// The registry's name.
        registry: String,
    },
    /// The registry names another token service than at the login. A login accepts it, if it is expected.
    AcceptTokenService {
        /// The registry's name.
        registry: String,
    },
    /// Credentials were sent and refused: log in again, or ask for access to the repository.
    CheckAccess {
        /// The registry's name.
        registry: String,
        /// The requested repository, as a user would type it.
        repository: Option<String>,
    },
    /// The registry refused a user name with its password.
    CheckPassword {
        /// The registry's name.
        registry: String,
    },
    /// The registry speaks plain HTTP, which is not allowed for it.
    AllowPlainHttp {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// The registry's certificate is signed by an authority that this machine does not know.
    TrustAuthority {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// A registry outside a private network refers to an address inside one.
    AllowPrivateAddresses {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// The registry requires a client certificate that it trusts.
    ShowCertificate {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// No server listens there: check the host, the port, the network.
    CheckAddress {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// Docker Hub is unreachable for a list, which mirrors do not have: check the network.
    CheckNetwork,
    /// Change the configuration of a proxy.
    Proxy {
        /// The environment variable that names the proxy.
        variable: &'static str,
        /// The change to make.
        advice: ProxyAdvice,
    },
    /// Remove `scheme` from the reference.
    DropScheme {
        /// The scheme with its `://`.
        scheme: String,
    },
    /// Name the image that a web page shows.
    NameImage {
        /// The image.
        image: String,
    },
    /// Write the reference in lower case.
    Lowercase {
        /// The corrected reference.
        suggestion: String,
    },
    /// Choose one of the available platforms.
    ChoosePlatform {
        /// The platforms, each as `os/arch[/variant]`.
        available: Vec<String>,
    },
    /// Prefix pulls need the name written out, e.g. `library/nginx`.
    WriteLibrary {
        /// The reference with `library/` in it.
        suggestion: String,
    },
    /// An image of an index is signed, but the index is not: verify the image by its digest.
    VerifyPlatform {
        /// The platform of the image.
        platform: String,
    },
    /// No signature of the image is verified: read why each one is refused.
    SeeSignatures {
        /// The image, as a user would type it.
        image: String,
    },
    /// No signature of the image is by the identity: read why each one is refused.
    SeeCertificates {
        /// The image, as a user would type it.
        image: String,
    },
    /// The image is not in the local store: pull, import or tag it first.
    SeeImages,
    /// The folder of the image store is unknown: name one.
    NameStore,
    /// The registry does not list its repositories: name the repository.
    NameRepository {
        /// The registry's name.
        registry: String,
    },
    /// The tag does not exist: list the tags of the repository.
    SeeTags {
        /// The repository, as a user would type it.
        repository: String,
        /// The most similar tags, the best match first; may be empty.
        nearest: Vec<String>,
    },
    /// The image has no such file: list its files.
    SeeFiles {
        /// The image, as a user would type it.
        image: String,
        /// The most similar paths, the best match first; may be empty.
        nearest: Vec<String>,
    },
    /// A repository was named instead of a registry: list its tags.
    ListTags {
        /// The repository, as a user would type it.
        repository: String,
    },
    /// A registry was named instead of a repository: list its repositories.
    SeeCatalog {
        /// The registry's name.
        registry: String,
    },
    /// Name a registry: Docker Hub does not support this.
    NameRegistry,
    /// A proxy in front of the registry does not forward the address that clients use.
    ForwardHost {
        /// The registry's `host[:port]`.
        registry: String,
        /// The scheme, host and port that the registry believes to be its own.
        url: String,
    },
    /// Wait, then retry.
    WaitFor {
        /// How long the registry asked to wait.
        duration: Duration,
    },
    /// Other processes are busy: retry when they have finished.
    TryLater,
    /// Free some space in this folder.
    FreeSpace {
        /// A folder on the full file system.
        path: PathBuf,
    },
    /// The limit of open files is too low: raise it.
    AllowMoreFiles,
    /// The file exceeds the limit of the process or of the file system.
    AllowLargerFiles {
        /// The file.
        path: PathBuf,
    },
    /// Content of the store is corrupt: verify the store, which fetches it again.
    VerifyStore,
    /// Another process holds a lock: end that process, or wait longer.
    WaitForLock {
        /// The number of the process, if known.
        process: Option<u32>,
    },
    /// The folder belongs to a registry: serve it, and use its images over the network.
    ServeFolder {
        /// The folder.
        path: PathBuf,
    },
    /// This machine's clock may be wrong: certificates are checked against it.
    CheckClock,
    /// This file, which the user named, cannot be read.
    CheckFile {
        /// The file.
        path: PathBuf,
    },
    /// This file or folder cannot be used as it is: check its owner and mode, or choose another.
    CheckPath {
        /// The file or folder.
        path: PathBuf,
    },
    /// Fix this file by hand; regcli never overwrites it.
    FixFile {
        /// The file.
        path: PathBuf,
    },
    /// Use `--force` to do it anyway.
    Force,
    /// Remove only the tag, or use `--force` to delete all.
    UntagOnly {
        /// The image, as a user would type it.
        image: String,
    },
    /// GitHub's registry does not list its repositories: list them as packages, with GitHub's own API.
    ListPackages,
    /// Allow deletion in the registry's own configuration.
    AllowDeletion,
    /// Delete with a tool of the registry's provider.
    DeleteAtProvider {
        /// The provider.
        provider: Provider,
        /// The repository.
        repository: String,
    },
    /// Name the images to remove.
    RemoveImages,
    /// Pass a user name and a password: there is no terminal to ask for them.
    GivePassword,
    /// The address is in use, or does not belong to this machine: choose another.
    ChooseAddress,
    /// The folder cannot hold a registry: choose another.
    ChooseRoot,
    /// Use a newer version of the program, which wrote this file.
    UseNewerVersion,
    /// Start a Docker Engine, or give the address of one.
    NameEngine,
    /// Forward the socket of a remote Docker Engine to this machine.
    ForwardSocket {
        /// `user@host`.
        server: String,
    },
    /// Join the group that may use the socket of the Docker Engine.
    JoinDockerGroup,
    /// List the contexts of Docker.
    SeeContexts,
    /// The image is in a Docker Engine: copy it from there.
    CopyFromEngine {
        /// Docker's name for the image.
        image: String,
        /// The destination, as `copy` takes it.
        to: String,
    },
}

/// What every error of this library reports about itself.
///
/// The defaults suit an error that is final and has no hint.
pub trait Diagnose: Error + Send + Sync + 'static {
    /// Returns the kind of failure.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }

    /// Returns what happened and to what, in a few words, for the first line of the report. `None` if the
    /// message says it.
    fn brief(&self) -> Option<String> {
        None
    }

    /// Returns what the user can do about the error.
    fn hint(&self) -> Option<Hint> {
        None
    }

    /// Returns whether and how the operation may be retried.
    fn recovery(&self) -> Recovery {
        Recovery::Never
    }

    /// Reports whether the server said that it is overloaded.
    fn is_overload(&self) -> bool {
        false
    }
}

/// Any error of this library, as it crosses [the seam](crate::content) or leaves an operation.
///
/// It is transparent: its message and its source are those of the error inside.
pub struct Failure(Box<dyn Diagnose>);

impl Failure {
    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// Returns what happened and to what, in a few words.
    pub fn brief(&self) -> Option<String> {
        self.0.brief()
    }

    /// Returns what the user can do about the error.
    pub fn hint(&self) -> Option<Hint> {
        self.0.hint()
    }

    /// Returns whether and how the operation may be retried.
    pub fn recovery(&self) -> Recovery {
        self.0.recovery()
    }

    /// Reports whether the server said that it is overloaded.
    pub fn is_overload(&self) -> bool {
        self.0.is_overload()
    }

    /// Returns the error inside, if it is an `E`.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        (&*self.0 as &(dyn Error + 'static)).downcast_ref()
    }
}

impl<E: Diagnose> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

// `Failure` must not implement `Error` itself, or `From<E>` above would overlap with `From<T> for T`.
// Where an `Error` is needed, `AsRef` gives one.
impl AsRef<dyn Error + Send + Sync + 'static> for Failure {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// For callers that keep errors of any kind. The kind and the hint are lost, the causes stay.
impl From<Failure> for Box<dyn Error + Send + Sync + 'static> {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// Returns the hint for an I/O error on `path`.
pub fn io_hint(error: &std::io::Error, path: &std::path::Path) -> Option<Hint> {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => Some(Hint::FreeSpace { path: path.to_owned() }),
        Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::NotADirectory | Io::IsADirectory => {
            Some(Hint::CheckPath { path: path.to_owned() })
        }
        Io::FileTooLarge => Some(Hint::AllowLargerFiles { path: path.to_owned() }),
        _ if is_out_of_files(error) => Some(Hint::AllowMoreFiles),
        // A symbolic link where none is followed.
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Some(Hint::CheckPath { path: path.to_owned() })
        }
        _ => None,
    }
}

/// Reports whether the process or the system has reached its limit of open files.
fn is_out_of_files(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].iter().any(|none| error.raw_os_error() == Some(none.raw_os_error()))
}
