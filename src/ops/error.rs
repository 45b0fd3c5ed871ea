//! Why a command failed, in Docker's words where Docker has words for it.

use std::time::Duration;

use super::Place;
use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use crate::digest::Digest;
use crate::image::Platform;
use crate::protocol::ErrorCode;
use crate::reference::{HUB, Name, Reference, Registry};
use crate::{archive, config, engine, image, remote, signature, store, transfer};

/// An operation that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The image is neither in the store nor at its registry.
    #[error("{missing}")]
    NoSuchImage {
        /// The error of the store, in Docker's words.
        missing: store::Error,
        /// The error of the registry.
        source: Box<Error>,
    },
    /// An error of a registry.
    #[error(transparent)]
    Remote(#[from] remote::Error),
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// An error of an archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// An error of a Docker Engine.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// Invalid configuration.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The image is not in the store, but a Docker Engine has it.
    #[error("{missing}")]
    OnlyInEngine {
        /// The error of the store, in Docker's words.
        #[source]
        missing: Box<Error>,
        /// Docker's name for the image.
        image: String,
        /// The location that it should be copied to.
        to: String,
    },
    /// A copy failed.
    #[error(transparent)]
    Transfer(#[from] transfer::Error),
    /// An invalid manifest or config of an image.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// An error of a source or a target.
    #[error(transparent)]
    Content(ContentError),
    /// The registry has no such manifest.
    #[error("manifest for {} not found: {source}", reference.familiar())]
    ManifestNotFound {
        /// The requested image.
        reference: Box<Reference>,
        /// The error of the registry.
        source: Box<remote::Error>,
        /// The alternatives that the registry has, if it was asked.
        advice: Option<Hint>,
    },
    /// The repository has more tags than one command pulls.
    #[error("{} has more than {limit} tags: nothing was pulled; name the tags to pull", name.familiar())]
    TooManyTags {
        /// The repository.
        name: Name,
        /// The limit.
        limit: usize,
    },
    /// A registry has more repositories than one command reads.
    #[error("{registry} has more than {limit} repositories: name those to copy")]
    TooManyRepositories {
        /// The registry.
        registry: Registry,
        /// The limit.
        limit: usize,
    },
    /// A tag means something else than when a plan was made.
    #[error(
        "{destination} has changed since the plan was made: it was {}, and is now {}",
        meaning(was.as_ref()), meaning(is.as_ref())
    )]
    ChangedSincePlan {
        /// The tag.
        destination: Box<Reference>,
        /// What the plan says.
        was: Option<Digest>,
        /// What it means now.
        is: Option<Digest>,
    },
    /// The registry does not know the bytes that it sent, so nothing is built on them.
    #[error("{}: what the registry sent is {digest}, which it does not have: it is damaged", reference.familiar())]
    NotAsStored {
        /// The image.
        reference: Box<Reference>,
        /// The digest of the bytes.
        digest: Digest,
    },
    /// There are no tags to copy.
    #[error("{0} has no tags: nothing was copied")]
    NoTags(Place),
    /// A registry allows fewer pulls than the images of a command need.
    #[error(
        "{} allows {remaining} more {} for now, and {needed} images need one each: none of them was pulled",
        if registry == HUB { "Docker Hub" } else { registry },
        if *remaining == 1 { "pull" } else { "pulls" }
    )]
    PullLimit {
        /// The registry.
        registry: String,
        /// How many pulls are left.
        remaining: u64,
        /// How many images have to be pulled, at least.
        needed: usize,
        /// The time after which all pulls are back.
        window: Option<Duration>,
    },
    /// The registry has no such repository.
    #[error("repository {name} not found: {source}")]
    RepositoryNotFound {
        /// The requested repository.
        name: Name,
        /// The error of the registry.
        source: Box<remote::Error>,
    },
    /// The registry denies access, or hides whether the repository exists.
    #[error(
        "pull access denied for {}, repository does not exist or may require 'docker login': {source}",
        name.familiar()
    )]
    PullDenied {
        /// The requested repository.
        name: Name,
        /// The error of the registry.
        source: Box<remote::Error>,
    },
    /// An image is incomplete and has no name, so that no registry can be asked for the rest.
    #[error("the image {} has no name, so no registry can be asked for it", .0.short())]
    Unnamed(Digest),
    /// Another process writes to the store, and may need any of its content.
    #[error("{} is being written to by another process: nothing was removed", .0.display())]
    Busy(std::path::PathBuf),
    /// A bundle leaves out blobs that an older one has brought, and a repository does not have them.
    #[error(
        "{name} lacks {count} {} that the bundle leaves out, such as {example}: nothing was sent",
        if *count == 1 { "blob" } else { "blobs" }
    )]
    BundleNeeds {
        /// The repository.
        name: Box<Name>,
        /// How many blobs are missing there.
        count: usize,
        /// One of them.
        example: crate::digest::Digest,
    },
    /// The image is in Docker's old format, which is not supported any more. Docker's words.
    #[error(
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. Suggest \
         the author of {0} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2. More \
         information at https://docs.docker.com/go/deprecated-image-specs/"
    )]
    Schema1(Box<Reference>),
    /// The reserved name of the empty image.
    #[error("'scratch' is a reserved name")]
    Scratch,
    /// A push needs a tag.
    #[error("cannot push a digest reference")]
    PushOfDigest,
    /// The store has no image of this repository.
    #[error("An image does not exist locally with the tag: {}", .0.familiar())]
    NothingToPush(Name),
    /// The store has images of this repository, but not with this tag.
    #[error("tag does not exist: {}", .0.familiar())]
    NoSuchTag(Box<Reference>),
    /// The store has no image with this name or ID. Docker's words, from `save`.
    #[error("reference does not exist")]
    NoSuchReference(#[source] store::Error),
    /// The store has several platforms of the image, but not all of them.
    #[error("only {} of the platforms of {} are in the store", platforms(present), reference.familiar())]
    Incomplete {
        /// The image.
        reference: Box<Reference>,
        /// The platforms in the store.
        present: Vec<Platform>,
    },
    /// A blob of an image in the store is missing or incomplete.
    #[error("{image} is damaged: blob {blob} is missing or incomplete in the store")]
    LostBlob {
        /// The name of the image, or its digest.
        image: String,
        /// The blob.
        blob: Digest,
    },
    /// The file system is full.
    #[error("no space in {}: {needed} more bytes are needed", path.display())]
    NoSpace {
        /// A directory on it.
        path: std::path::PathBuf,
        /// How many bytes are missing.
        needed: u64,
    },
    /// An invalid filter or other value. Docker's words.
    #[error("{0}")]
    Invalid(String),
    /// An image that still has other names.
    #[error(
        "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
        id.short()
    )]
    InUse {
        /// The image's ID.
        id: Digest,
    },
    /// A file that has no usable public keys.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: std::path::PathBuf,
        /// What it is instead.
        source: signature::KeyError,
    },
    /// A trusted root that is not usable.
    #[error("{}{source}", path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
    Root {
        /// The file; `None` for the root in the program.
        path: Option<std::path::PathBuf>,
        /// Why it is not usable.
        source: signature::RootError,
    },
    /// An image has no signatures.
    #[error("{} is not signed: no signature found for {digest}", image.familiar())]
    Unsigned {
        /// The image.
        image: Box<Reference>,
        /// The digest that a signature has to name.
        digest: Digest,
        /// What to do instead, if anything.
        advice: Option<Hint>,
    },
    /// No signature of an image is by a signer that counts.
    #[error(
        "{} is not signed {}: {count} {} for {digest} refused",
        image.familiar(),
        match required {
            signature::SignerKind::Key => "with a given key",
            signature::SignerKind::Certificate => "by the given identity",
        },
        if *count == 1 { "signature" } else { "signatures" }
    )]
    NotVerified {
        /// The image.
        image: Box<Reference>,
        /// The digest that a signature has to name.
        digest: Digest,
        /// How many signatures there are.
        count: usize,
        /// Whose signature is required.
        required: signature::SignerKind,
        /// What to do instead, if anything.
        advice: Option<Hint>,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

/// An error of a source or a target, with its causes.
#[derive(Debug)]
pub struct ContentError(Failure);

impl std::fmt::Display for ContentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ContentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().source()
    }
}

/// Returns what a tag means.
fn meaning(digest: Option<&Digest>) -> String {
    digest.map_or_else(|| "missing".to_owned(), ToString::to_string)
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
            Answer::NotFound => Self::ManifestNotFound { reference, source: boxed, advice: None },
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
            Self::Key { source, .. } => Some(source),
            Self::Root { source, .. } => Some(source),
            _ => self.remote().map(|error| error as &dyn Diagnose),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Content(ContentError(failure))
    }
}

/// How a registry responded to a request for reading.
enum Answer {
    /// The user is known and has no permission; other responses leave open who the user is.
    Denied,
    NotFound,
    Other,
}

impl Answer {
    fn of(error: &remote::Error) -> Self {
        // A refusal by a storage host says nothing about the user.
        let Some(status) = error.status().filter(|status| status.elsewhere.is_none()) else {
            return Self::Other;
        };
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
            Self::NothingToPush(_) | Self::NoSuchTag(_) | Self::NoTags(_) | Self::BundleNeeds { .. } => {
                ErrorKind::NotFound
            }
            Self::PullLimit { .. } => ErrorKind::RateLimited,
            Self::LostBlob { .. }
            | Self::NotAsStored { .. }
            | Self::Unsigned { .. }
            | Self::NotVerified { .. } => ErrorKind::Corrupt,
            Self::NoSuchImage { source, .. } => source.kind(),
            Self::Content(ContentError(failure)) => failure.kind(),
            _ => self.inner().map_or(ErrorKind::Other, Diagnose::kind),
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::NothingToPush(_) | Self::NoSuchTag(_) => Some(Hint::SeeImages),
            Self::PullLimit { window, .. } => window.map(|duration| Hint::WaitFor { duration }),
            Self::NoSuchImage { source, .. } => source.hint().or(Some(Hint::SeeImages)),
            Self::OnlyInEngine { image, to, .. } => {
                Some(Hint::CopyFromEngine { image: image.clone(), to: to.clone() })
            }
            Self::NoSpace { path, .. } => Some(Hint::FreeSpace { path: path.clone() }),
            Self::File { path, source } => crate::diagnose::io_hint(source, path),
            Self::InUse { .. } => Some(Hint::Force),
            Self::Unsigned { advice, .. } | Self::NotVerified { advice, .. } => advice.clone(),
            Self::Busy(_) => Some(Hint::TryLater),
            Self::LostBlob { .. } => Some(Hint::VerifyStore),
            Self::Incomplete { present, .. } => {
                Some(Hint::ChoosePlatform { available: present.iter().map(ToString::to_string).collect() })
            }
            Self::Content(ContentError(failure)) => failure.hint(),
            Self::ManifestNotFound { reference, advice, .. } => {
                advice.clone().or_else(|| written_out(&reference.name, reference))
            }
            Self::PullDenied { name, .. } => named(self.inner()?.hint()?, name),
            _ => self.inner().and_then(Diagnose::hint),
        }
    }
}

/// Adds the requested repository to a hint about access.
fn named(hint: Hint, name: &Name) -> Option<Hint> {
    Some(match hint {
        Hint::CheckAccess { registry, .. } => {
            Hint::CheckAccess { registry, repository: Some(name.familiar()) }
        }
        other => other,
    })
}

/// Hints that a mirror of Docker Hub under another name needs `library/` in the name.
fn written_out(name: &Name, reference: &Reference) -> Option<Hint> {
    if name.registry.is_hub() || name.registry.is_loopback() || name.repository.as_str().contains('/') {
        return None;
    }
    Some(with_library(reference))
}

/// Returns the hint to add `library/`.
pub(super) fn with_library(reference: &Reference) -> Hint {
    Hint::WriteLibrary { suggestion: reference.to_string().replacen('/', "/library/", 1) }
}
