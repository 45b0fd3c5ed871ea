//! Progress as lines for pipes and logs: one when a layer begins, one when it ends, and now and then the
//! totals.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::retry::Wait;
use regcli::transfer::{Event, Observer, Skip};

use super::images::Image;
use super::kept::kept;
use super::tally::Tally;
use super::total::{Heartbeat, Total};
use super::waits::Pace;
use super::{Direction, End, View, Work, layers};
use crate::ui::format::{docker_words, safe, units};

/// How often the totals are reported. A log without output for minutes looks dead, and many build systems
/// then end the process.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Writes Docker's lines about layers to standard error.
pub(crate) struct Lines(Mutex<State>);

/// The state of a copy between two lines.
struct State {
    direction: Direction,
    /// The image, if it is one of several.
    image: Option<Image>,
    tally: Tally,
    layers: Vec<Digest>,
    /// The layers that were pulled in this run.
    came: Vec<Digest>,
    heartbeat: Heartbeat,
    /// When the log reports waits.
    pace: Pace,
    /// The lines that have not been written yet.
    waiting: String,
    has_ended: bool,
}

impl Lines {
    pub(crate) fn new(work: &Work, image: Option<Image>) -> Self {
        Self(Mutex::new(State {
            direction: work.direction,
            image,
            tally: Tally::default(),
            layers: Vec::new(),
            came: Vec::new(),
            pace: Pace::default(),
            heartbeat: Heartbeat::every(SIGN_OF_LIFE),
            waiting: String::new(),
            has_ended: false,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Lines {
    fn event(&self, event: Event) {
        let now = Instant::now();
        let mut state = self.state();
        let lines = state.take(&event, now);
        state.waiting += &lines;
    }
}

impl View for Lines {
    fn tick(&self, now: Instant, waits: &[Wait]) {
        let mut state = self.state();
        let mut lines = state.waiting(now);
        if !state.has_ended {
            lines.extend(state.pace.line(waits, now).map(|line| line + "\n"));
        }
        drop(state);
        say(&lines);
    }

    fn end(&self, end: &End, _at: Instant) -> Option<String> {
        let mut state = self.state();
        state.has_ended = true;
        let lines = std::mem::take(&mut state.waiting) + &state.last_words(end);
        let kept = state.kept(end);
        drop(state);
        say(&lines);
        kept
    }
}

impl State {
    /// Records an event of the time `now`, and returns its lines: mostly one or none.
    fn take(&mut self, event: &Event, now: Instant) -> String {
        if self.has_ended {
            return String::new();
        }
        self.tally.take(event, now);
        if let Some(image) = &self.image {
            image.take(event, now);
        }
        match event {
            Event::Planned { blobs, .. } => {
                self.layers = layers(blobs);
                self.prepared()
            }
            Event::Skipped { digest, reason } if self.is_layer(digest) => {
                line(digest, &skipped(self.direction, reason))
            }
            Event::Started { digest, offset, size } if self.is_layer(digest) => {
                started(self.direction, *offset, *size).map_or_else(String::new, |words| line(digest, &words))
            }
            Event::Interrupted { digest, attempt, wait, cause }
                if self.tally.interrupt(digest, *attempt, now + *wait) =>
            {
                line(digest, &format!("{} ({})", docker_words::retrying_in(*wait), safe::safe(cause)))
            }
            Event::Finished { digest } if self.is_layer(digest) => {
                self.came.push(digest.clone());
                line(digest, finished(self.direction))
            }
            // Only layers have lines, and only news; bytes are in the sum.
            Event::Skipped { .. }
            | Event::Started { .. }
            | Event::Advanced { .. }
            | Event::Interrupted { .. }
            | Event::Finished { .. } => String::new(),
        }
    }

    /// Returns the lines for all layers to push, the top one first. Docker lists them beforehand.
    fn prepared(&self) -> String {
        if self.direction != Direction::Push {
            return String::new();
        }
        self.layers.iter().rev().map(|digest| line(digest, docker_words::PREPARING)).collect()
    }

    /// Returns the lines to write now.
    fn waiting(&mut self, now: Instant) -> String {
        let mut lines = std::mem::take(&mut self.waiting);
        if let Some(totals) = self.sign_of_life(now) {
            lines += &(totals + "\n");
        }
        lines
    }

    /// Returns the lines for the end of the copy.
    fn last_words(&self, end: &End) -> String {
        match end {
            End::Done => {}
            End::Failed { .. } => return String::new(),
            End::Interrupted => return self.interrupted(),
        }
        let came = self.layers.iter().filter(|digest| self.came.contains(digest));
        came.filter_map(|digest| Some(line(digest, complete(self.direction)?))).collect()
    }

    /// Returns what the interrupt of this copy, or of all copies of the command, leaves.
    fn interrupted(&self) -> String {
        let all = self.image.as_ref().and_then(|image| image.interrupted(self.direction));
        let words = all.or_else(|| Some(format!("Interrupted: {}", self.kept(&End::Interrupted)?)));
        words.map(|words| words + "\n").unwrap_or_default()
    }

    /// Describes what an unfinished copy has kept.
    fn kept(&self, end: &End) -> Option<String> {
        let sums = self.tally.sums();
        kept(self.direction, &sums, Some(sums.bytes), end)
    }

    /// Returns the totals if they are due and bytes are moving.
    fn sign_of_life(&mut self, now: Instant) -> Option<String> {
        if self.has_ended || !self.heartbeat.is_due(now) {
            return None;
        }
        let total = match &self.image {
            Some(image) => image.total(now),
            None => Total::of(&self.tally, self.layers.iter(), now),
        };
        total.map(|total| total.line())
    }

    fn is_layer(&self, digest: &Digest) -> bool {
        self.layers.contains(digest)
    }
}

/// Returns the words for a layer that needs no bytes.
pub(crate) fn skipped(direction: Direction, reason: &Skip) -> String {
    match (direction, reason) {
        (_, Skip::Mounted(from)) => docker_words::mounted_from(&from.repository),
        (_, Skip::Foreign) => "Not distributable, skipped".to_owned(),
        (Direction::Push, Skip::Present) => docker_words::LAYER_ALREADY_EXISTS.to_owned(),
        (_, Skip::Present) => docker_words::ALREADY_EXISTS.to_owned(),
    }
}

/// Returns the words for a moving layer.
pub(crate) fn moving(direction: Direction) -> &'static str {
    match direction {
        Direction::Pull => docker_words::DOWNLOADING,
        Direction::Push => docker_words::PUSHING,
        Direction::Copy => "Copying",
        Direction::Load => docker_words::LOADING_LAYER,
        // Docker has no word for this.
        Direction::Save => "Saving layer",
        Direction::Read => "Reading",
        Direction::Verify => "Verifying",
    }
}

/// Returns the words for a layer that has arrived.
pub(crate) fn finished(direction: Direction) -> &'static str {
    match direction {
        Direction::Pull => docker_words::DOWNLOAD_COMPLETE,
        Direction::Push => docker_words::PUSHED,
        Direction::Load => "Load complete",
        Direction::Save => "Save complete",
        Direction::Copy => "Copied",
        Direction::Read => "Read",
        Direction::Verify => "Verified",
    }
}

/// Returns the words for a pulled layer once the whole image is visible, if they differ from [`finished`].
pub(super) fn complete(direction: Direction) -> Option<&'static str> {
    (direction == Direction::Pull).then_some(docker_words::PULL_COMPLETE)
}

/// Returns the words for a layer that begins. Docker prints none for a pushed layer, but a resumed one is
/// worth a line.
fn started(direction: Direction, offset: u64, size: u64) -> Option<String> {
    let words = match direction {
        Direction::Pull => docker_words::PULLING_FS_LAYER,
        Direction::Push if offset == 0 => return None,
        Direction::Push
        | Direction::Load
        | Direction::Save
        | Direction::Copy
        | Direction::Read
        | Direction::Verify => moving(direction),
    };
    Some(match offset {
        0 => words.to_owned(),
        // They may be anywhere in the layer, so that a position would say nothing.
        _ => format!("{words} ({} are kept)", units::part(offset, size)),
    })
}

fn line(digest: &Digest, words: &str) -> String {
    docker_words::layer(digest, words) + "\n"
}

fn say(lines: &str) {
    if lines.is_empty() {
        return;
    }
    // A closed standard error cannot be reported.
    let _ = io::stderr().write_all(lines.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use regcli::image::{Descriptor, MediaType};

    use super::*;

    #[test]
    fn a_log_shows_life_every_half_minute_while_bytes_flow() {
        let blob =
            |media_type, name: &str, size| Descriptor::new(media_type, Digest::sha256(name.as_bytes()), size);
        let config = blob(MediaType::OCI_CONFIG, "config", 500);
        let layer = blob(MediaType::OCI_LAYER_GZIP, "layer", 40_000_000);
        let lines = Lines::new(&Work { image: "a:1".to_owned(), direction: Direction::Pull }, None);
        let mut state = lines.state();
        let begun = Instant::now();
        state.take(
            &Event::Planned {
                blobs: vec![config.clone(), layer.clone()],
                platforms: HashMap::new(),
                bytes: 40_000_500,
            },
            begun,
        );
        state.take(&Event::Finished { digest: config.digest }, begun);
        let mut told = Vec::new();
        for tenth in 0..2000 {
            let now = begun + Duration::from_millis(tenth * 100);
            let digest = layer.digest.clone();
            let event = match tenth {
                // Before, others are waited for.
                400 => Some(Event::Started { digest, offset: 10_000_000, size: layer.size }),
                401..1000 => Some(Event::Advanced { digest, bytes: 30_000 }),
                1700 => Some(Event::Finished { digest }),
                _ => None,
            };
            event.iter().for_each(|event| drop(state.take(event, now)));
            told.extend(state.sign_of_life(now).map(|line| format!("{} s: {line}", tenth / 10)));
        }
        let expected = [
            "60 s: 0/1 layers  16MB/40MB  303.2kB/s  80s left",
            "90 s: 0/1 layers  25MB/40MB  303.2kB/s  50s left",
            "120 s: 0/1 layers  27.97MB/40MB  0B/s",
            "150 s: 0/1 layers  27.97MB/40MB  0B/s",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_resumed_layer_says_how_much_is_kept() {
        let words = |direction, offset| started(direction, offset, 80_000_000).unwrap_or_default();
        assert_eq!(words(Direction::Pull, 0), "Pulling fs layer");
        assert_eq!(words(Direction::Pull, 36_450), "Pulling fs layer (36.45kB of 80MB are kept)");
        assert_eq!(words(Direction::Push, 0), "");
        assert_eq!(words(Direction::Push, 1000), "Pushing (1kB of 80MB are kept)");
        assert_eq!(words(Direction::Copy, 0), "Copying");
    }
}
