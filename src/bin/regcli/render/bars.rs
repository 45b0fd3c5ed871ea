//! Progress as bars: one for each layer that moves. For terminals.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use regcli::digest::Digest;
use regcli::transfer::{Event, Observer};

use super::lines::{finished, skipped};
use super::{Direction, docker_words, layers, safe, units};

/// How often bars are drawn: ten times a second is enough for eyes.
const TICK: Duration = Duration::from_millis(100);

/// How much of a cause is shown behind a bar's name, in characters.
const CAUSE_MAX: usize = 40;

/// What docker has no word for: it shows nothing while it saves.
const SAVING_LAYER: &str = "Saving layer";

/// The columns of a terminal that does not say how many it has.
const COLUMNS: u16 = 80;

/// From so many columns on there is room for a bar of ten, and for one of forty.
const WITH_A_BAR: u16 = 75;
const WITH_A_LONG_BAR: u16 = 105;

/// Draws bars on standard error. What has ended stays as a line when it is dropped, and the bars are gone.
pub(crate) struct Bars {
    screen: MultiProgress,
    direction: Direction,
    rows: Mutex<Vec<Row>>,
}

/// One layer.
struct Row {
    digest: Digest,
    bar: ProgressBar,
    /// How it ended.
    end: Option<Cow<'static, str>>,
}

impl Bars {
    pub(crate) fn new(screen: MultiProgress, direction: Direction) -> Self {
        Self { screen, direction, rows: Mutex::default() }
    }

    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a layer's row; configs and manifests have none.
    fn with_row(&self, digest: &Digest, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows().iter_mut().find(|row| row.digest == *digest) {
            change(row);
        }
    }

    /// A line for each layer, in the order of the image; docker shows the top one first when it pushes.
    fn plan(&self, mut digests: Vec<Digest>) {
        if self.direction == Direction::Push {
            digests.reverse();
        }
        let row = |digest: Digest| {
            let bar = ProgressBar::new(0).with_style(still()).with_prefix(digest.short().to_owned());
            let bar = self.screen.add(bar.with_message(docker_words::WAITING));
            Row { digest, bar, end: None }
        };
        let planned: Vec<_> = digests.into_iter().map(row).collect();
        self.rows().extend(planned);
    }

    fn start(&self, digest: &Digest, offset: u64, size: u64) {
        let word = match self.direction {
            Direction::Pull => docker_words::DOWNLOADING,
            Direction::Push => docker_words::PUSHING,
            Direction::Load => docker_words::LOADING_LAYER,
            Direction::Save => SAVING_LAYER,
        };
        self.with_row(digest, |Row { bar, .. }| {
            bar.set_length(size);
            bar.set_position(offset);
            bar.reset_eta();
            bar.set_style(moving());
            bar.set_message(word);
            bar.enable_steady_tick(TICK);
        });
    }

    fn end(&self, digest: &Digest, word: impl Into<Cow<'static, str>>) {
        let word = word.into();
        self.with_row(digest, |row| {
            row.bar.set_style(still());
            row.bar.finish_with_message(word.clone());
            row.end = Some(word);
        });
    }
}

impl Observer for Bars {
    fn event(&self, event: Event) {
        match event {
            Event::Planned { blobs, .. } => self.plan(layers(&blobs)),
            Event::Skipped { digest, reason } => self.end(&digest, skipped(self.direction, &reason)),
            Event::Started { digest, offset, size } => self.start(&digest, offset, size),
            Event::Advanced { digest, bytes } => self.with_row(&digest, |row| row.bar.inc(bytes)),
            Event::Interrupted { digest, wait, cause, .. } => {
                self.with_row(&digest, |Row { bar, .. }| {
                    let cause = safe::safe_start(&cause, CAUSE_MAX).into_owned();
                    bar.set_style(still());
                    bar.set_message(format!("{} ({cause})", docker_words::retrying_in(wait)));
                });
            }
            Event::Finished { digest } => self.end(&digest, finished(self.direction)),
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // After an interrupt nothing is drawn any more: what is on the screen stays.
        if self.screen.is_hidden() {
            return;
        }
        let rows = std::mem::take(&mut *self.rows());
        let mut lines = String::new();
        for Row { digest, bar, end } in &rows {
            self.screen.remove(bar);
            if let Some(word) = end {
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{}", docker_words::layer(digest, word));
            }
        }
        self.screen.suspend(|| {
            // Nobody can be told that standard error is closed.
            let _ = io::stderr().write_all(lines.as_bytes());
        });
    }
}

fn still() -> ProgressStyle {
    style("{prefix}: {msg}")
}

/// Sizes are Docker's: powers of 1000, four digits, no space.
fn moving() -> ProgressStyle {
    let size = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{}/", units::precise_size(state.pos()));
        let _ = write!(text, "{}", units::precise_size(state.len().unwrap_or_default()));
    };
    let speed = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{}/s", units::precise_size(state.per_sec() as u64));
    };
    let columns = rustix::termios::tcgetwinsize(io::stderr()).map_or(COLUMNS, |size| size.ws_col);
    let bar = match columns {
        ..WITH_A_BAR => "{prefix}: {msg:11} {size}",
        WITH_A_BAR..WITH_A_LONG_BAR => "{prefix}: {msg:11} [{wide_bar}] {size:>17} {speed:>11} {eta:>4}",
        _ => "{prefix}: {msg:11} [{bar:40}] {size:>17} {speed:>11} {eta:>4}",
    };
    style(bar).progress_chars("=> ").with_key("size", size).with_key("speed", speed)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is one of those above")
}
