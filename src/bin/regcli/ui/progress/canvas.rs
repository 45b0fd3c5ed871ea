//! The lines at the bottom of a terminal that are redrawn.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_width::UnicodeWidthStr as _;

/// The size of a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) lines: usize,
}

/// The size of a terminal that does not report one.
const SIZE: Size = Size { columns: 80, lines: 24 };

impl Size {
    /// Returns the size of the terminal at standard error.
    pub(crate) fn of_terminal() -> Self {
        match rustix::termios::tcgetwinsize(io::stderr()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                Self { columns: size.ws_col.into(), lines: size.ws_row.into() }
            }
            _ => SIZE,
        }
    }
}

/// Draws lines on standard error, and keeps other output above them.
///
/// The cursor rests at the beginning of the last line, so that the terminal's own output there, such as `^C`,
/// is overwritten and moves nothing.
///
/// A terminal that becomes narrower breaks rows before this program knows about it, and may push others out
/// of sight. Those stay, because no program can reach them.
pub(crate) struct Canvas(Mutex<Vec<String>>);

/// The canvas of this process.
pub(crate) static CANVAS: Canvas = Canvas(Mutex::new(Vec::new()));

impl Canvas {
    /// Draws these lines in place of the previous ones. No line may be wider than the terminal.
    pub(crate) fn draw(&self, lines: Vec<String>, size: Size) {
        let mut drawn = self.drawn();
        if *drawn != lines {
            write(&drawing(&drawn, &lines, size.columns));
            *drawn = lines;
        }
    }

    /// Replaces the lines with `text`, which stays.
    pub(crate) fn leave(&self, text: &str) {
        let mut drawn = self.drawn();
        write(&(erasing(&drawn, Size::of_terminal().columns) + text));
        drawn.clear();
    }

    /// Removes the lines while other output is written, and draws them again below it.
    pub(crate) fn suspend<T>(&self, other: impl FnOnce() -> T) -> T {
        let drawn = self.drawn();
        if drawn.is_empty() {
            return other();
        }
        let size = Size::of_terminal();
        write(&erasing(&drawn, size.columns));
        let result = other();
        write(&drawing(&[], &drawn, size.columns));
        result
    }

    fn drawn(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the output that draws `lines` over the `drawn` ones. Rows that stay are overwritten without being
/// cleared first, to avoid flicker.
fn drawing(drawn: &[String], lines: &[String], columns: usize) -> String {
    if drawn.len() == lines.len() && rows(drawn, columns) == lines.len() {
        let cleared: Vec<_> = lines.iter().map(|line| format!("\u{1b}[2K{line}")).collect();
        return up(lines.len().saturating_sub(1)) + &cleared.join("\n") + "\r";
    }
    erasing(drawn, columns) + &lines.join("\n") + if lines.is_empty() { "" } else { "\r" }
}

/// Returns the output that removes the `drawn` lines and leaves the cursor where the first one began.
///
/// Each row is cleared separately, because a terminal keeps a screen that is cleared as a whole in its
/// history.
fn erasing(drawn: &[String], columns: usize) -> String {
    let Some((last, above)) = drawn.split_last() else { return String::new() };
    let above = rows(above, columns);
    let all = above + rows(std::slice::from_ref(last), columns);
    up(above) + "\r" + &vec!["\u{1b}[2K"; all].join("\n") + &up(all - 1)
}

/// Returns the number of rows that lines take. A terminal that became narrower has broken the wider ones.
fn rows(lines: &[String], columns: usize) -> usize {
    lines.iter().map(|line| line.width().div_ceil(columns.max(1)).max(1)).sum()
}

fn up(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\u{1b}[{rows}A") }
}

fn write(text: &str) {
    // A closed standard error cannot be reported.
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn u10_rows_that_stay_are_written_over_and_others_are_taken_away() {
        let (two, three) = (lines(&["ab", "cd"]), lines(&["ab", "cd", "ef"]));
        assert_eq!(drawing(&[], &two, 10), "ab\ncd\r");
        assert_eq!(drawing(&two, &two, 10), "\u{1b}[1A\u{1b}[2Kab\n\u{1b}[2Kcd\r");
        let erased = "\u{1b}[1A\r\u{1b}[2K\n\u{1b}[2K\u{1b}[1A";
        assert_eq!(drawing(&two, &three, 10), format!("{erased}ab\ncd\nef\r"));
        assert_eq!(drawing(&two, &[], 10), erased);
    }

    #[test]
    fn u10_a_narrower_terminal_has_broken_the_lines_and_a_wider_one_has_not_joined_them() {
        let drawn = lines(&["0123456789", "01234", "0123456789"]);
        let erased = |above: usize, all: usize| {
            format!("\u{1b}[{above}A\r{}\u{1b}[{}A", vec!["\u{1b}[2K"; all].join("\n"), all - 1)
        };
        assert_eq!(erasing(&drawn, 10), erased(2, 3));
        assert_eq!(erasing(&drawn, 20), erased(2, 3));
        assert_eq!(erasing(&drawn, 4), erased(5, 8), "three rows, two and three");
    }
}
