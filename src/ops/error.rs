//! Why a command could not be carried out, in Docker's words where Docker has words for it.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use crate::image::Platform;
use crate::protocol::ErrorCode;
use crate::reference::{Name, Reference};
use crate::{archive, config, engine, image, remote, store, transfer};

/// An operation that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such image in the store, nor has its registry shown one.
    #[error("{missing}")]
    NoSuchImage {
        /// What the store says. Docker's words.
        missing: store::Error,
        /// What the registry says.
        source: Box<Error>,
    },
    /// Something at a registry.
    #[error(transparent)]
    Remote(#[from] remote::Error),
    /// Something in the store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Something in an archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Something at a Docker Engine.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// Configuration that cannot be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The image is not in the store, but a Docker Engine has it.
    #[error("{missing}")]
    OnlyInEngine {
        /// What is said of the store. Docker's words.
        #[source]
        missing: Box<Error>,
        /// What Docker calls the image.
        image: String,
        /// The place that it should be copied to.
        to: String,
    },
    /// A copy.
    #[error(transparent)]
    Transfer(#[from] transfer::Error),
    /// An image's documents.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// Something at either end of a copy.
    #[error(transparent)]
    End(End),
    /// The registry has no such manifest.
    #[error("manifest for {} not found: {source}", reference.familiar())]
    ManifestNotFound {
        /// What was asked for.
        reference: Box<Reference>,
        /// What the registry said.
        source: Box<remote::Error>,
    },
    /// The repository has more tags than one command pulls.
    #[error("{} has more than {limit} tags: nothing was pulled; name those that are wanted", name.familiar())]
    TooManyTags {
        /// The repository.
        name: Name,
        /// The limit.
        limit: usize,
    },
    /// The registry has no such repository.
    #[error("repository {name} not found: {source}")]
    RepositoryNotFound {
        /// What was asked for.
        name: Name,
        /// What the registry said.
        source: Box<remote::Error>,
    },
    /// The registry does not let this user read, or does not say that there is nothing to read.
    #[error(
        "pull access denied for {}, repository does not exist or may require 'docker login': {source}",
        name.familiar()
    )]
    PullDenied {
        /// What was asked for.
        name: Name,
        /// What the registry said.
        source: Box<remote::Error>,
    },
    /// An image that lacks something, and has no name by which a registry could be asked for it.
    #[error("the image {} has no name, so no registry can be asked for it", .0.short())]
    Unnamed(crate::digest::Digest),
    /// Somebody writes to the store, and what they wrote may be needed.
    #[error("{} is being written to by another process: nothing was removed", .0.display())]
    Busy(std::path::PathBuf),
    /// The image is in Docker's old format, which nobody takes any more. Docker's words.
    #[error(
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. Suggest \
         the author of {0} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2. More \
         information at https://docs.docker.com/go/deprecated-image-specs/"
    )]
    Schema1(Box<Reference>),
    /// Docker's name for nothing at all.
    #[error("'scratch' is a reserved name")]
    Scratch,
    /// A push is to a tag.
    #[error("cannot push a digest reference")]
    PushOfDigest,
    /// The store has nothing of that repository.
    #[error("An image does not exist locally with the tag: {}", .0.familiar())]
    NothingToPush(Name),
    /// The store has images of that repository, but not with that tag.
    #[error("tag does not exist: {}", .0.familiar())]
    NoSuchTag(Box<Reference>),
    /// The store has no image of that name or ID. Docker's words, from `save`.
    #[error("reference does not exist")]
    NoSuchReference(#[source] store::Error),
    /// Not all platforms of the image are here, and more than one is.
    #[error("only {} of the platforms of {} are in the store", platforms(present), reference.familiar())]
    Incomplete {
        /// The image.
        reference: Box<Reference>,
        /// What is here.
        present: Vec<Platform>,
    },
    /// The file system has too little room.
    #[error("no space in {}: {needed} more bytes are needed", path.display())]
    NoSpace {
        /// A folder on it.
        path: std::path::PathBuf,
        /// How many bytes are missing.
        needed: u64,
    },
    /// A filter or another value that cannot be meant. Docker's words.
    #[error("{0}")]
    Invalid(String),
    /// An image that still has other names.
    #[error(
        "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
        id.short()
    )]
    InUse {
        /// The image's ID.
        id: crate::digest::Digest,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What either end of a copy said, with its causes.
#[derive(Debug)]
pub struct End(Failure);

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for End {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().source()
    }
}

fn platforms(present: &[Platform]) -> String {
    present.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Error {
    /// Explains why `reference` could not be read from its registry.
    pub(super) fn of_pull(reference: &Reference, source: remote::Error) -> Self {
        let reference = Box::new(reference.clone());
        if let remote::Error::Image(image::Error::Schema1) = source {
            return Self::Schema1(reference);
        }
        let (answer, boxed) = (Answer::of(&source), Box::new(source));
        match answer {
            Answer::Denied => Self::PullDenied { name: reference.name, source: boxed },
            Answer::NotFound => Self::ManifestNotFound { reference, source: boxed },
            Answer::Other => Self::Remote(*boxed),
        }
    }

    /// Explains why the tags of `name` could not be listed.
    pub(super) fn of_tags(name: &Name, source: remote::Error) -> Self {
        let answer = Answer::of(&source);
        let (name, boxed) = (name.clone(), Box::new(source));
        match answer {
            Answer::Denied => Self::PullDenied { name, source: boxed },
            Answer::NotFound => Self::RepositoryNotFound { name, source: boxed },
            Answer::Other => Self::Remote(*boxed),
        }
    }

    /// Explains why there is no image to save.
    pub(super) fn of_local(source: store::Error) -> Self {
        match source {
            store::Error::NoSuchImage(_) => Self::NoSuchReference(source),
            other => Self::Store(other),
        }
    }

    fn remote(&self) -> Option<&remote::Error> {
        match self {
            Self::Remote(source) => Some(source),
            Self::ManifestNotFound { source, .. }
            | Self::RepositoryNotFound { source, .. }
            | Self::PullDenied { source, .. } => Some(source),
            _ => None,
        }
    }

    fn inner(&self) -> Option<&dyn Diagnose> {
        match self {
            Self::Store(error) | Self::NoSuchReference(error) => Some(error),
            Self::Archive(error) => Some(error),
            Self::Engine(error) => Some(error),
            Self::Config(error) => Some(error),
            Self::OnlyInEngine { missing, .. } => Some(&**missing),
            Self::Transfer(error) => Some(error),
            Self::Image(error) => Some(error),
            _ => self.remote().map(|error| error as &dyn Diagnose),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::End(End(failure))
    }
}

/// What a registry said to somebody who wants to read.
enum Answer {
    /// That this user may not, as against that it does not know who this is.
    Denied,
    NotFound,
    Other,
}

impl Answer {
    fn of(error: &remote::Error) -> Self {
        let Some(status) = error.status() else { return Self::Other };
        let unexplained = status.body.errors.is_empty();
        match status.status.as_u16() {
            403 if unexplained => Self::Denied,
            _ if status.has_code(&ErrorCode::Denied) => Self::Denied,
            404 => Self::NotFound,
            _ => Self::Other,
        }
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::PushOfDigest | Self::Scratch | Self::Invalid(_) => ErrorKind::Usage,
            Self::NothingToPush(_) | Self::NoSuchTag(_) => ErrorKind::NotFound,
            Self::NoSuchImage { source, .. } => source.kind(),
            Self::End(End(failure)) => failure.kind(),
            _ => self.inner().map_or(ErrorKind::Other, Diagnose::kind),
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::NothingToPush(_) | Self::NoSuchTag(_) => Some(Hint::SeeImages),
            Self::NoSuchImage { source, .. } => source.hint().or(Some(Hint::SeeImages)),
            Self::OnlyInEngine { image, to, .. } => {
                Some(Hint::CopyFromEngine { image: image.clone(), to: to.clone() })
            }
            Self::NoSpace { path, .. } => Some(Hint::FreeSpace { path: path.clone() }),
            Self::File { path, source } => crate::diagnose::io_hint(source, path),
            Self::InUse { .. } => Some(Hint::Force),
            Self::Busy(_) => Some(Hint::TryLater),
            Self::Incomplete { present, .. } => {
                Some(Hint::ChoosePlatform { available: present.iter().map(ToString::to_string).collect() })
            }
            Self::End(End(failure)) => failure.hint(),
            Self::ManifestNotFound { reference, .. } => written_out(&reference.name, reference),
            Self::PullDenied { name, .. } => named(self.inner()?.hint()?, name),
            _ => self.inner().and_then(Diagnose::hint),
        }
    }
}

/// A hint about access, with the repository that was asked for.
fn named(hint: Hint, name: &Name) -> Option<Hint> {
    Some(match hint {
        Hint::CheckAccess { registry, .. } => {
            Hint::CheckAccess { registry, repository: Some(name.familiar()) }
        }
        other => other,
    })
}

/// On a copy of Docker Hub under another name, `library/` has to be written.
fn written_out(name: &Name, reference: &Reference) -> Option<Hint> {
    if name.registry.is_hub() || name.registry.is_loopback() || name.repository.as_str().contains('/') {
        return None;
    }
    let suggestion = reference.to_string().replacen('/', "/library/", 1);
    Some(Hint::WriteLibrary { suggestion })
}
