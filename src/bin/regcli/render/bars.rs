//! Progress as bars: one for each layer that moves. For terminals.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use regcli::digest::Digest;
use regcli::transfer::{Event, Observer};

use super::lines::{finished, skipped};
use super::{Direction, docker_words, layers, safe};

/// How often bars are drawn: ten times a second is enough for eyes.
const TICK: Duration = Duration::from_millis(100);

/// Draws bars on standard error.
pub(crate) struct Bars {
    screen: MultiProgress,
    direction: Direction,
    bars: Mutex<HashMap<Digest, ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(screen: MultiProgress, direction: Direction) -> Self {
        Self { screen, direction, bars: Mutex::default() }
    }

    fn bars(&self) -> MutexGuard<'_, HashMap<Digest, ProgressBar>> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line for each layer, in the order of the image; docker shows the top one first when it pushes.
    fn plan(&self, mut digests: Vec<Digest>) {
        if self.direction == Direction::Push {
            digests.reverse();
        }
        let mut bars = self.bars();
        for digest in digests {
            let bar = self.screen.add(ProgressBar::new(0));
            bar.set_style(still());
            bar.set_prefix(digest.short().to_owned());
            bar.set_message(docker_words::WAITING);
            bars.insert(digest, bar);
        }
    }

    fn start(&self, digest: &Digest, offset: u64, size: u64) {
        let Some(bar) = self.bars().get(digest).cloned() else { return };
        let word = match self.direction {
            Direction::Pull => docker_words::DOWNLOADING,
            Direction::Push => docker_words::PUSHING,
        };
        bar.set_length(size);
        bar.set_position(offset);
        bar.reset_eta();
        bar.set_style(moving());
        bar.set_message(word);
        bar.enable_steady_tick(TICK);
    }

    fn end(&self, digest: &Digest, word: impl Into<std::borrow::Cow<'static, str>>) {
        let Some(bar) = self.bars().get(digest).cloned() else { return };
        bar.set_style(still());
        bar.finish_with_message(word);
    }
}

impl Observer for Bars {
    fn event(&self, event: Event) {
        match event {
            Event::Planned { blobs, .. } => self.plan(layers(&blobs)),
            Event::Skipped { digest, reason } => self.end(&digest, skipped(self.direction, &reason)),
            Event::Started { digest, offset, size } => self.start(&digest, offset, size),
            Event::Advanced { digest, bytes } => {
                if let Some(bar) = self.bars().get(&digest) {
                    bar.inc(bytes);
                }
            }
            Event::Interrupted { digest, wait, cause, .. } => {
                if let Some(bar) = self.bars().get(&digest) {
                    let cause = safe::safe_start(&cause, 60).into_owned();
                    bar.set_style(still());
                    bar.set_message(format!("{} ({cause})", docker_words::retrying_in(wait)));
                }
            }
            Event::Finished { digest } => self.end(&digest, finished(self.direction)),
        }
    }
}

fn still() -> ProgressStyle {
    style("{prefix}: {wide_msg}")
}

fn moving() -> ProgressStyle {
    let bar = "{prefix}: {msg:11} [{bar:40}] {decimal_bytes:>9}/{decimal_total_bytes:9} {decimal_bytes_per_sec:>11} {eta:>4}";
    style(bar).progress_chars("=> ")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is one of the two above")
}
