//! What is measured.

use clap::ValueEnum;

/// One thing that programs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// Registry to an empty folder.
    Pull,
    /// The same once more: nothing has changed.
    PullAgain,
    /// A pull after one that was killed when half had come.
    Killed,
    /// A pull, each layer cut once after half of what was asked for.
    Cut,
    /// A pull, each layer cut four times after 512 KiB.
    CutFourTimes,
    /// Folder to an empty registry.
    Push,
    /// The same once more: the registry has everything.
    PushAgain,
    /// Registry to another, empty registry.
    Copy,
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
        }
    }

    /// Whether there is a least that can be done: curl knows no manifests and does not go on after a cut.
    pub(crate) fn has_floor(self) -> bool {
        matches!(self, Self::Pull | Self::Push)
    }

    /// Whether it needs a link, which counts or cuts.
    pub(crate) fn needs_link(self) -> bool {
        matches!(self, Self::Killed | Self::Cut | Self::CutFourTimes)
    }

    /// Whether all bytes move once, and nothing goes wrong.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Pull | Self::Push | Self::Copy)
    }
}
