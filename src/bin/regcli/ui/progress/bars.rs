//! Progress as bars on a terminal: a row for each moving layer, and one for the total.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use regcli::retry::Wait;
use regcli::transfer::{Event, Observer};

use super::canvas::{CANVAS, Size};
use super::images::Image;
use super::rows::Rows;
use super::{End, Verbosity, View, Work, waits};

/// Draws bars on standard error. At the end, the bars are replaced by lines that stay.
pub(crate) struct Bars {
    /// `None` after the end.
    rows: Mutex<Option<Rows>>,
    /// Whether the rows of a copy that is done stay.
    verbosity: Verbosity,
}

impl Bars {
    pub(crate) fn new(work: &Work, verbosity: Verbosity, image: Option<Image>) -> Self {
        Self { rows: Mutex::new(Some(Rows::new(work.direction).among(image))), verbosity }
    }

    fn rows(&self) -> MutexGuard<'_, Option<Rows>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Bars {
    fn event(&self, event: Event) {
        let now = Instant::now();
        if let Some(rows) = &mut *self.rows() {
            rows.take(&event, now);
        }
    }
}

impl View for Bars {
    fn tick(&self, now: Instant, waits: &[Wait]) {
        let size = Size::of_terminal();
        let waiting = waits::worth_telling(waits, now).map(|wait| waits::row(wait, now, size.columns));
        let room = Size { lines: size.lines.saturating_sub(usize::from(waiting.is_some())), ..size };
        // The lock is released before the terminal is written to, because that may take long.
        let Some(mut lines) = self.rows().as_mut().map(|rows| rows.on(room, now)) else { return };
        lines.extend(waiting);
        CANVAS.draw(lines, size);
    }

    fn end(&self, end: &End, at: Instant) -> Option<String> {
        let rows = self.rows().take()?;
        let leaves = self.verbosity == Verbosity::Normal || *end == End::Interrupted;
        CANVAS.leave(&if leaves { rows.left(end, Size::of_terminal().columns, at) } else { String::new() });
        rows.kept(end)
    }
}
