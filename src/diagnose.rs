//! What any error can say about itself: its kind, what to do about it, whether to try again.
//!
//! Every module has its own error type. What they have in common stands here, so that the program can
//! turn any of them into an exit code and a hint, and the engine can decide about a retry, without
//! knowing where an error came from and without ever reading its text.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What kind of failure an error is; the program has one exit code for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The caller asked for something that cannot be meant: a bad reference, a bad flag. No I/O was done.
    Usage,
    /// What was asked for does not exist.
    NotFound,
    /// No credentials, wrong ones, or not enough rights.
    Denied,
    /// The other end could not be reached, or did not answer, after all retries.
    Unreachable,
    /// Content is not what its digest, its size or its format says.
    Corrupt,
    /// The registry asked to be left alone for a while.
    RateLimited,
    /// Anything else.
    Other,
}

/// What may be done about a failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same attempt would fail the same way.
    Never,
    /// Go on from the offset that was reached, not before `after` has passed if it is given.
    Retry {
        /// How long the other end asked to wait.
        after: Option<Duration>,
    },
    /// The server is away. Go on from the offset that was reached: the next request waits until the server is back.
    Outage {
        /// For so long nobody asks the server.
        after: Duration,
    },
    /// Begin this operation anew from its first byte, at most once.
    Restart,
}

impl Recovery {
    /// Try again whenever it suits.
    pub const RETRY: Self = Self::Retry { after: None };

    /// Whether the same attempt may go well another time.
    pub fn is_retry(self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Outage { .. })
    }

    /// How long the other end asked to wait, if it did.
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
    /// See whether it is right, and whether it is needed.
    Check,
    /// Name a user and a password in its URL.
    LogIn,
    /// Write `http://` before it.
    PlainHttp,
    /// Write `https://` before it.
    Https,
    /// Write a URL of a proxy.
    Write,
}

/// What a person can do about an error. Data only: the program knows the flags and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Log in to this registry (`host[:port]`, or `docker.io`).
    LogIn {
        /// The registry's name.
        registry: String,
    },
    /// Credentials were sent and refused: log in again, or ask for access to the repository.
    CheckAccess {
        /// The registry's name.
        registry: String,
        /// The repository that was asked for, as a user would type it.
        repository: Option<String>,
    },
    /// The registry refused a user name with its password.
    CheckPassword {
        /// The registry's name.
        registry: String,
    },
    /// The registry speaks plain HTTP, which was not allowed for it.
    AllowPlainHttp {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// The registry's certificate is signed by an authority that is not known here.
    TrustAuthority {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// The registry leads into a private network, which it is not in itself.
    AllowPrivateAddresses {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// The registry wants a certificate of the client's, and one that it trusts.
    ShowCertificate {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// Nobody listens there: check the host, the port, the network.
    CheckAddress {
        /// The registry's `host[:port]`.
        registry: String,
    },
    /// Something about a proxy.
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// What to do about it.
        advice: ProxyAdvice,
    },
    /// Leave `scheme` out of the reference.
    DropScheme {
        /// The scheme with its `://`.
        scheme: String,
    },
    /// Write the reference in lower case.
    Lowercase {
        /// The reference as it would be right.
        suggestion: String,
    },
    /// These platforms are there.
    ChoosePlatform {
        /// `os/arch[/variant]` each.
        available: Vec<String>,
    },
    /// Prefix pulls need the name written out, e.g. `library/nginx`.
    WriteLibrary {
        /// The reference with `library/` in it.
        suggestion: String,
    },
    /// The image is not in the local store: pull, import or tag it first.
    SeeImages,
    /// No folder is known where the image store could be: name one.
    NameStore,
    /// The registry has no such list: name the repository.
    NameRepository {
        /// The registry's name.
        registry: String,
    },
    /// The repository has no such tag: see those that it has.
    SeeTags {
        /// The repository, as a user would type it.
        repository: String,
        /// Its tags that are most like the one that was asked for, the likest first; may be empty.
        nearest: Vec<String>,
    },
    /// A repository was named where a registry is wanted: list its tags.
    ListTags {
        /// The repository, as a user would type it.
        repository: String,
    },
    /// A registry was named where a repository is wanted: see those that it has.
    SeeCatalog {
        /// The registry's name.
        registry: String,
    },
    /// Name a registry: Docker Hub is none that can do this.
    NameRegistry,
    /// A proxy before the registry does not tell it by which address clients come.
    ForwardHost {
        /// The registry's `host[:port]`.
        registry: String,
        /// The scheme, host and port that the registry takes for its own.
        url: String,
    },
    /// Wait that long, then try again.
    WaitFor {
        /// How long the registry asked to wait.
        duration: Duration,
    },
    /// Others are at work that will be done: try again then.
    TryLater,
    /// Make room at this place.
    FreeSpace {
        /// A folder on the full file system.
        path: PathBuf,
    },
    /// The process may open too few files: allow it more.
    AllowMoreFiles,
    /// The process may not write a file as large as that, or the file system takes none.
    AllowLargerFiles {
        /// The file.
        path: PathBuf,
    },
    /// Something in the store is not what it was: verify the store, which fetches it again.
    VerifyStore,
    /// Another process holds a lock: end it, or wait longer.
    WaitForLock {
        /// Its number, if that is known.
        process: Option<u32>,
    },
    /// The folder is a registry's: serve it, and use its images over the network.
    ServeFolder {
        /// The folder.
        path: PathBuf,
    },
    /// This machine's clock may be wrong: certificates are judged by it.
    CheckClock,
    /// This file or folder cannot be used as it is: check its owner and mode, or choose another.
    CheckPath {
        /// The file or folder.
        path: PathBuf,
    },
    /// This file has to be mended by hand; it is never overwritten.
    MendFile {
        /// The file.
        path: PathBuf,
    },
    /// Use `--force` if that is really meant.
    Force,
    /// Name the images to remove.
    RemoveImages,
    /// There is no terminal to ask for a user name and a password at.
    GivePassword,
    /// The address is taken, or not one of this machine's.
    ChooseAddress,
    /// The folder cannot be a registry's: choose another one.
    ChooseRoot,
    /// A newer version of the program has written this.
    UseNewerVersion,
    /// Start a Docker Engine, or say where one listens that can be reached.
    NameEngine,
    /// Make the socket of a Docker Engine elsewhere one of this machine's.
    ForwardSocket {
        /// `user@host`.
        server: String,
    },
    /// Only some may use the socket of the Docker Engine.
    JoinDockerGroup,
    /// Docker knows which contexts there are.
    SeeContexts,
    /// The image is in a Docker Engine: copy it from there.
    CopyFromEngine {
        /// What Docker calls it.
        image: String,
        /// The place to copy it to, as `copy` takes it.
        to: String,
    },
}

/// What every error of this library can say about itself.
///
/// The defaults suit an error that is final and has nothing to advise.
pub trait Diagnose: Error + Send + Sync + 'static {
    /// The kind of failure.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }

    /// What happened and to whom, in a few words: for the first line that people read. `None` where the message says it.
    fn brief(&self) -> Option<String> {
        None
    }

    /// What a person can do about it.
    fn hint(&self) -> Option<Hint> {
        None
    }

    /// Whether the operation may be tried again.
    fn recovery(&self) -> Recovery {
        Recovery::Never
    }

    /// Whether the other end said that it gets more requests than it can take.
    fn is_overload(&self) -> bool {
        false
    }
}

/// Any error of this library, as it crosses [the seam](crate::content) or leaves an operation.
///
/// It is transparent: its message and its source are those of the error inside.
pub struct Failure(Box<dyn Diagnose>);

impl Failure {
    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// What happened and to whom, in a few words.
    pub fn brief(&self) -> Option<String> {
        self.0.brief()
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<Hint> {
        self.0.hint()
    }

    /// Whether the operation may be tried again.
    pub fn recovery(&self) -> Recovery {
        self.0.recovery()
    }

    /// Whether the other end said that it gets more requests than it can take.
    pub fn is_overload(&self) -> bool {
        self.0.is_overload()
    }

    /// The error inside, if it is an `E`.
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

/// What to do about an I/O error on `path`.
pub fn io_hint(error: &std::io::Error, path: &std::path::Path) -> Option<Hint> {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => Some(Hint::FreeSpace { path: path.to_owned() }),
        Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::NotADirectory | Io::IsADirectory => {
            Some(Hint::CheckPath { path: path.to_owned() })
        }
        Io::FileTooLarge => Some(Hint::AllowLargerFiles { path: path.to_owned() }),
        _ if is_out_of_files(error) => Some(Hint::AllowMoreFiles),
        // A link where none is followed.
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Some(Hint::CheckPath { path: path.to_owned() })
        }
        _ => None,
    }
}

/// Whether a process, or all of them, may open no more files.
fn is_out_of_files(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].iter().any(|none| error.raw_os_error() == Some(none.raw_os_error()))
}
