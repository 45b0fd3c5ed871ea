//! What fails in a sync.

use super::super::Error;
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::reference::Reference;
use crate::sync;

/// A part of a sync that failed. The others are not affected.
#[derive(Debug)]
pub struct SyncProblem {
    /// The image, the repository or the registry.
    pub name: String,
    /// Why.
    pub error: SyncError,
}

/// Why a part of a sync failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// A registry cannot be asked, or refuses.
    #[error(transparent)]
    Ops(#[from] Error),
    /// A rule that does not fit what the registry has.
    #[error(transparent)]
    Rule(#[from] sync::Problem),
    /// A rule names a tag that the source does not have.
    #[error("the source does not have it")]
    Missing,
    /// The rule chooses nothing.
    #[error("no repository and no tag matches the rule")]
    NothingChosen,
    /// Two rules bring different images to one tag.
    #[error("several rules write {destination}: from {first} and from {second}")]
    Contested {
        /// The tag.
        destination: Box<Reference>,
        /// The image of one rule.
        first: Box<Reference>,
        /// The image of the other one.
        second: Box<Reference>,
    },
}

impl Diagnose for SyncError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Ops(error) => error.kind(),
            Self::Rule(_) | Self::Contested { .. } => ErrorKind::Usage,
            Self::Missing | Self::NothingChosen => ErrorKind::NotFound,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Ops(error) => error.hint(),
            Self::Rule(_) | Self::Missing | Self::NothingChosen | Self::Contested { .. } => None,
        }
    }
}

impl From<crate::remote::Error> for SyncError {
    fn from(error: crate::remote::Error) -> Self {
        Self::Ops(error.into())
    }
}
