//! Progress as lines: one when a layer begins, one when it ends. For pipes and logs.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use regcli::digest::Digest;
use regcli::transfer::{Event, Observer, Skip};

use super::{Direction, docker_words, layers, safe};

/// Writes Docker's lines about layers to standard error.
pub(crate) struct Lines {
    direction: Direction,
    layers: Mutex<HashSet<Digest>>,
}

impl Lines {
    pub(crate) fn new(direction: Direction) -> Self {
        Self { direction, layers: Mutex::default() }
    }

    fn is_layer(&self, digest: &Digest) -> bool {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    fn planned(&self, digests: Vec<Digest>) {
        if self.direction == Direction::Push {
            // The top layer first, as docker has it.
            digests.iter().rev().for_each(|digest| say(digest, docker_words::PREPARING));
        }
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).extend(digests);
    }
}

impl Observer for Lines {
    fn event(&self, event: Event) {
        match event {
            Event::Planned { blobs, .. } => self.planned(layers(&blobs)),
            Event::Skipped { digest, reason } if self.is_layer(&digest) => {
                say(&digest, &skipped(self.direction, &reason));
            }
            Event::Started { digest, offset, .. }
                if self.direction == Direction::Pull && self.is_layer(&digest) =>
            {
                say(&digest, &started(offset));
            }
            Event::Interrupted { digest, wait, cause, .. } => {
                let cause = safe::safe(&cause).into_owned();
                say(&digest, &format!("{} ({cause})", docker_words::retrying_in(wait)));
            }
            Event::Finished { digest } if self.is_layer(&digest) => say(&digest, finished(self.direction)),
            _ => {}
        }
    }
}

/// What is said of a layer of which no bytes are needed.
pub(crate) fn skipped(direction: Direction, reason: &Skip) -> String {
    match (direction, reason) {
        (_, Skip::Mounted(from)) => docker_words::mounted_from(&from.repository),
        (_, Skip::Foreign) => "Not distributable, left out".to_owned(),
        (Direction::Push, Skip::Present) => docker_words::LAYER_ALREADY_EXISTS.to_owned(),
        (_, Skip::Present) => docker_words::ALREADY_EXISTS.to_owned(),
    }
}

/// What is said of a layer that is there now.
pub(crate) fn finished(direction: Direction) -> &'static str {
    match direction {
        Direction::Pull => docker_words::DOWNLOAD_COMPLETE,
        Direction::Push => docker_words::PUSHED,
        Direction::Load => "Load complete",
        Direction::Save => "Save complete",
    }
}

fn started(offset: u64) -> String {
    match offset {
        0 => docker_words::PULLING_FS_LAYER.to_owned(),
        _ => format!("{} (from {} on)", docker_words::PULLING_FS_LAYER, super::units::precise_size(offset)),
    }
}

fn say(digest: &Digest, word: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", docker_words::layer(digest, word));
}
