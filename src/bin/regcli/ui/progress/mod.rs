//! How work is shown while it lasts: bars, lines, JSON.

pub(crate) mod bars;
pub(crate) mod canvas;
pub(crate) mod json_lines;
pub(crate) mod lines;
mod platforms;
pub(crate) mod rows;
pub(crate) mod shown;
mod total;
pub(crate) mod waits;

use std::time::Instant;

use clap::ValueEnum;
use regcli::digest::Digest;
use regcli::image::Descriptor;
use regcli::retry::Wait;
use regcli::transfer::Observer;

/// How work is shown, on standard error.
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

/// How much a command tells besides its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// All there is to see.
    Normal,
    /// Errors only.
    Quiet,
}

/// A way to show a copy: told of its events, asked all the time to show where it is, told of its end.
///
/// Events come by the thousand a second, and from the tasks that move the bytes: they are noted, and shown by
/// [`View::tick`], which may wait for a slow terminal or a full pipe.
pub(crate) trait View: Observer {
    /// Shows where the copy is, and what it waits for; called every [`TICK`](shown::TICK).
    fn tick(&self, now: Instant, waits: &[Wait]);

    /// Shows how the copy has ended; nothing is shown afterwards. Returns what a failed one has kept, in words.
    fn end(&self, end: &End) -> Option<String>;
}

/// How a copy ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All is where it should be.
    Done,
    /// With an error.
    Failed {
        /// It, on one line.
        error: String,
        /// Whether the same command may get further, so that what is here is worth keeping.
        may_resume: bool,
    },
    /// A signal stopped it.
    Interrupted,
}

/// What is shown: the copy of one image.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Its reference, or the place it is copied to.
    pub(crate) image: String,
    pub(crate) direction: Direction,
}

/// Which way layers move, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To here.
    Pull,
    /// From here.
    Push,
    /// Out of an archive.
    Load,
    /// Into an archive.
    Save,
    /// Neither: both ends are here.
    Copy,
    /// Nowhere: they are hashed where they are.
    Verify,
}

impl Direction {
    /// Whether its progress is only worth a look while it lasts, not a line in a log.
    pub(crate) fn is_for_terminals(self) -> bool {
        matches!(self, Self::Load | Self::Save | Self::Verify)
    }
}

/// The layers among an image's blobs, each once, the lowest first. Docker does not show configs.
fn layers(blobs: &[Descriptor]) -> Vec<Digest> {
    let mut seen = std::collections::HashSet::new();
    let layers = blobs.iter().filter(|blob| !blob.media_type.is_image_config());
    layers.map(|blob| blob.digest.clone()).filter(|digest| seen.insert(digest.clone())).collect()
}
