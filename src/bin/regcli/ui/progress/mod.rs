//! How progress is shown: bars, lines, or JSON.

pub(crate) mod bars;
pub(crate) mod canvas;
pub(crate) mod images;
pub(crate) mod json_lines;
mod kept;
pub(crate) mod lines;
pub(crate) mod rows;
pub(crate) mod shown;
mod tally;
mod total;
pub(crate) mod waits;

use std::time::Instant;

use clap::ValueEnum;
use regcli::digest::Digest;
use regcli::image::Descriptor;
use regcli::retry::Wait;
use regcli::transfer::Observer;

/// The form of progress on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars on a terminal, lines elsewhere.
    Auto,
    /// Bars.
    Tty,
    /// A line whenever a layer begins or ends.
    Plain,
    /// One JSON object for each event.
    Json,
    /// Nothing.
    None,
}

/// How much a command prints besides its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Everything.
    Normal,
    /// Progress on a terminal only, which leaves nothing when an image is done. For commands over hundreds of images.
    Passing,
    /// Errors only.
    Quiet,
}

/// A way to show a copy. It receives the events, is called regularly to show the state, and is told the end.
///
/// Thousands of events may come each second, from the tasks that move the bytes. They are only recorded;
/// [`View::tick`], which may wait for a slow terminal or a full pipe, shows them.
pub(crate) trait View: Observer {
    /// Shows the state of the copy and its waits. Called every [`TICK`](shown::TICK).
    fn tick(&self, now: Instant, waits: &[Wait]);

    /// Shows that the copy ended like this at `at`; nothing is shown afterwards. Returns a description of what
    /// a failed copy has kept.
    fn end(&self, end: &End, at: Instant) -> Option<String>;
}

/// How a copy ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The copy is complete.
    Done,
    /// The copy failed.
    Failed {
        /// The error, on one line.
        error: String,
        /// Whether the same command may get further, so that the kept data is useful.
        may_resume: bool,
    },
    /// A signal stopped it.
    Interrupted,
}

/// The copy of one image.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// The reference, or the destination.
    pub(crate) image: String,
    pub(crate) direction: Direction,
}

/// The direction in which layers move, from the user's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Into the store.
    Pull,
    /// Out of the store.
    Push,
    /// Out of an archive.
    Load,
    /// Into an archive.
    Save,
    /// Between two places of this machine.
    Copy,
    /// Nowhere: they are looked into.
    Read,
    /// None: the blobs are hashed in place.
    Verify,
}

impl Direction {
    /// Reports whether the progress belongs on a terminal only, not in a log.
    pub(crate) fn is_for_terminals(self) -> bool {
        matches!(self, Self::Load | Self::Save | Self::Read | Self::Verify)
    }
}

/// Returns the layers among an image's blobs, each once, the lowest first. Docker does not show configs.
fn layers(blobs: &[Descriptor]) -> Vec<Digest> {
    let mut seen = std::collections::HashSet::new();
    let layers = blobs.iter().filter(|blob| !blob.media_type.is_image_config());
    layers.map(|blob| blob.digest.clone()).filter(|digest| seen.insert(digest.clone())).collect()
}
