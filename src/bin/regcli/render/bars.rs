//! Progress as bars: a row for each layer that moves, and one for the whole. For terminals.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use regcli::transfer::{Event, Observer};

use super::rows::{Rows, Size};
use super::{View, Work};

/// The size of a terminal that does not say how large it is.
const SIZE: Size = Size { columns: 80, lines: 24 };

/// Draws bars on standard error. What has ended stays as a line, and the bars are gone.
pub(crate) struct Bars {
    screen: MultiProgress,
    /// `None` after the end.
    rows: Mutex<Option<Rows>>,
    /// What is on the screen; drawn by one thread only.
    drawn: Mutex<Drawn>,
}

#[derive(Default)]
struct Drawn {
    /// One for all rows, so that all are drawn at once.
    block: Option<ProgressBar>,
    lines: usize,
    columns: usize,
}

impl Bars {
    pub(crate) fn new(screen: MultiProgress, work: &Work) -> Self {
        let rows = Mutex::new(Some(Rows::new(work.direction)));
        Self { screen, rows, drawn: Mutex::default() }
    }

    fn rows(&self) -> MutexGuard<'_, Option<Rows>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, lines: &[String], size: Size) {
        let mut drawn = self.drawn();
        drawn.follow(size);
        let block = drawn.block.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg}").expect("the template is right");
            self.screen.add(ProgressBar::new(0).with_style(style))
        });
        block.set_message(lines.join("\n"));
        (drawn.lines, drawn.columns) = (lines.len(), size.columns);
    }
}

impl Drawn {
    /// Takes away what is left of the rows after the terminal has become narrower or wider.
    ///
    /// Each row was filled to its end, so that terminals take all of them for one long line, and break it
    /// anew. Afterwards the cursor is where it would be if each row still had a line of its own.
    fn follow(&self, size: Size) {
        if self.lines == 0 || self.columns == size.columns {
            return;
        }
        let taken = (self.lines * self.columns).div_ceil(size.columns);
        let up = match taken.saturating_sub(1) {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A"),
        };
        let down = "\n".repeat(self.lines.min(size.lines) - 1);
        let text = format!("{up}\r\u{1b}[J{down}");
        // Nobody can be told that standard error is closed.
        let _ = io::stderr().write_all(text.as_bytes());
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
    fn tick(&self, now: Instant) {
        let size = terminal_size();
        // Nobody waits for the rows while the terminal takes its time.
        let lines = self.rows().as_mut().map(|rows| rows.on(size, now));
        if let Some(lines) = lines.filter(|lines| !lines.is_empty()) {
            self.draw(&lines, size);
        }
    }

    fn end(&self, _: Option<&str>) {
        let Some(rows) = self.rows().take() else { return };
        let mut drawn = self.drawn();
        drawn.follow(terminal_size());
        if let Some(block) = drawn.block.take() {
            block.finish_and_clear();
            self.screen.remove(&block);
        }
        self.screen.suspend(|| {
            let _ = io::stderr().write_all(rows.ended().as_bytes());
        });
    }
}

fn terminal_size() -> Size {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            Size { columns: size.ws_col.into(), lines: size.ws_row.into() }
        }
        _ => SIZE,
    }
}
