//! What is measured.

use clap::ValueEnum;

/// A measured operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// Registry to an empty directory.
    Pull,
    /// The same again: nothing has changed.
    PullAgain,
    /// A pull after one that was killed at half.
    Killed,
    /// A pull with each layer cut once, after half of the requested bytes.
    Cut,
    /// A pull with each layer cut four times, after 512 KiB.
    CutFourTimes,
    /// Directory to an empty registry.
    Push,
    /// The same again: the registry has everything.
    PushAgain,
    /// Registry to another, empty registry.
    Copy,
    /// Many images that share layers, to an empty directory.
    PullMany,
    /// The same images to an empty registry.
    PushMany,
    /// More and more images and tags; a table of its own.
    Growth,
    /// Many repositories to another registry: first, again, and after kill -9; a table of its own.
    Sync,
    /// Questions about images that are not pulled; a table of its own.
    Look,
}

impl Case {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::PullAgain => "pull again",
            Self::Killed => "pull after kill -9 at half",
            Self::Cut => "pull, layers cut once",
            Self::CutFourTimes => "pull, layers cut 4 times",
            Self::Push => "push",
            Self::PushAgain => "push again",
            Self::Copy => "copy",
            Self::PullMany => "pull many",
            Self::PushMany => "push many",
            Self::Growth => "growth",
            Self::Sync => "sync",
            Self::Look => "look",
        }
    }

    /// Reports whether the case has images and a table of its own.
    pub(crate) fn stands_alone(self) -> bool {
        matches!(self, Self::Growth | Self::Sync | Self::Look)
    }

    /// Reports whether the floor exists for this case: curl reads no manifests, does not resume after a
    /// cut, and does not mount layers that several images share.
    pub(crate) fn has_floor(self) -> bool {
        matches!(self, Self::Pull | Self::PullMany | Self::Push)
    }

    /// Reports whether the case needs a link, which counts or cuts.
    pub(crate) fn needs_link(self) -> bool {
        matches!(self, Self::Killed | Self::Cut | Self::CutFourTimes)
    }

    /// Reports whether the link cuts responses, which it must be able to read.
    pub(crate) fn cuts(self) -> bool {
        matches!(self, Self::Cut | Self::CutFourTimes)
    }

    /// Reports whether the case has images of its own instead of shapes.
    pub(crate) fn is_of_many(self) -> bool {
        matches!(self, Self::PullMany | Self::PushMany)
    }

    /// Reports whether all bytes move once, without failures.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Pull | Self::PullMany | Self::Push | Self::PushMany | Self::Copy)
    }
}
