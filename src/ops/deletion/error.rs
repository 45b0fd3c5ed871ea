//! Why nothing was deleted, or not all.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use crate::digest::Digest;
use crate::reference::{Name, Reference, Tag};
use crate::{ops, remote};

/// A deletion that failed, or was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeletionError {
    /// An error of the registry.
    #[error(transparent)]
    Remote(#[from] remote::Error),
    /// Another error of an operation.
    #[error(transparent)]
    Other(Box<ops::Error>),
    /// The repository has more tags than are kept in memory.
    #[error("{} has more than {limit} tags: nothing was deleted", name.familiar())]
    TooManyTags {
        /// The repository.
        name: Name,
        /// The limit.
        limit: usize,
    },
    /// The repository has more manifests than are kept in memory.
    #[error("{} has more than {limit} manifests: nothing was deleted", name.familiar())]
    TooManyManifests {
        /// The repository.
        name: Name,
        /// The limit.
        limit: usize,
    },
    /// No tag matches a pattern.
    #[error("no tag of {} matches {pattern}", name.familiar())]
    NoMatch {
        /// The repository.
        name: Name,
        /// The pattern.
        pattern: String,
    },
    /// The registry does not have the image.
    #[error("{} not found", .0.familiar())]
    NotFound(Box<Reference>),
    /// Other content would be lost.
    #[error("{} was not deleted, because {} would be lost, too", reference.familiar(), loss)]
    Lost {
        /// The image.
        reference: Box<Reference>,
        /// What would be lost.
        loss: Loss,
    },
    /// It is not known what the other tags need.
    #[error("{} was not deleted, because a tag of the repository cannot be read, and may need it", .0.familiar())]
    Blind(Box<Reference>),
    /// A tag has changed since the plan was made.
    #[error("{} has changed since the plan was made", .0.familiar())]
    Changed(Box<Reference>),
    /// A manifest is needed that was not needed when the plan was made.
    #[error("{} is needed now", .0.familiar())]
    Needed(Box<Reference>),
    /// More tags would go than allowed.
    #[error("{going} of {all} tags of {} would be deleted, and at most {limit} may be", name.familiar())]
    TooMuch {
        /// The repository.
        name: Name,
        /// How many tags would go.
        going: usize,
        /// How many tags there are.
        all: usize,
        /// The limit.
        limit: usize,
    },
    /// A plan that is not one.
    #[error("{path}: not a plan of prune: {reason}")]
    BadPlan {
        /// The file.
        path: String,
        /// The problem.
        reason: String,
    },
}

impl DeletionError {
    /// Reports whether all other deletions of the repository will fail for the same reason.
    pub fn is_for_all(&self) -> bool {
        matches!(self, Self::Remote(remote::Error::Deletion(remote::NoDeletion::SwitchedOff { .. })))
    }
}

/// What would be lost with an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Other tags of its digest.
    pub tags: Vec<Tag>,
    /// Indexes that list it, each with its tags.
    pub indexes: Vec<(Digest, Vec<Tag>)>,
    /// What refers to it: signatures, attestations, SBOMs.
    pub referrers: Vec<Digest>,
}

impl Loss {
    /// Reports whether nothing would be lost.
    pub fn is_nothing(&self) -> bool {
        self.tags.is_empty() && self.indexes.is_empty() && self.referrers.is_empty()
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let parts = [
            counted(self.tags.len(), "other tag", "other tags"),
            counted(self.indexes.len(), "index that needs it", "indexes that need it"),
            counted(self.referrers.len(), "referrer", "referrers"),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl From<ops::Error> for DeletionError {
    fn from(error: ops::Error) -> Self {
        Self::Other(Box::new(error))
    }
}

impl From<Failure> for DeletionError {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure.into()))
    }
}

impl Diagnose for DeletionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Remote(error) => error.kind(),
            Self::Other(error) => error.kind(),
            Self::NoMatch { .. } | Self::NotFound(_) => ErrorKind::NotFound,
            Self::BadPlan { .. } => ErrorKind::Usage,
            Self::TooManyTags { .. }
            | Self::TooManyManifests { .. }
            | Self::Lost { .. }
            | Self::Blind(_)
            | Self::Changed(_)
            | Self::Needed(_)
            | Self::TooMuch { .. } => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Remote(error) => error.hint(),
            Self::Other(error) => error.hint(),
            Self::Lost { reference, loss } if loss.indexes.is_empty() && reference.tag.is_some() => {
                Some(Hint::UntagOnly { image: reference.familiar() })
            }
            Self::Lost { .. } | Self::Blind(_) => Some(Hint::Force),
            Self::NoMatch { name, .. } => Some(Hint::ListTags { repository: name.familiar() }),
            Self::NotFound(reference) => Some(Hint::ListTags { repository: reference.name.familiar() }),
            Self::TooManyTags { .. }
            | Self::TooManyManifests { .. }
            | Self::Changed(_)
            | Self::Needed(_)
            | Self::TooMuch { .. }
            | Self::BadPlan { .. } => None,
        }
    }
}
