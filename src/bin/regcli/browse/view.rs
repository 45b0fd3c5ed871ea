//! A view: rows, and how far they are loaded.

use std::ops::Range;

use super::columns::Column;
use super::kind::Kind;
use super::list::List;
use super::message::{Trouble, ViewId};
use crate::ui::format::safe::safe_start;
use crate::ui::format::table;

/// The maximum length of a title, in characters.
const TITLE_MAX: usize = 200;

/// How far a view is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// More may come. The text says how far it is.
    Loading(String),
    /// All is there, except what the text says.
    Done(Option<String>),
    /// An error ended it.
    Failed(Trouble),
}

/// One of the views on the stack.
#[derive(Debug)]
pub(super) struct View {
    pub(super) id: ViewId,
    pub(super) kind: Kind,
    pub(super) title: String,
    /// Lines above the rows, safe for a terminal.
    pub(super) header: Vec<String>,
    pub(super) columns: &'static [Column],
    pub(super) list: List,
    /// The position of the first visible row.
    pub(super) top: usize,
    pub(super) phase: Phase,
    /// For how many seconds it has been loading.
    pub(super) seconds: u64,
    /// Whether manifests are being read for visible tags.
    pub(super) is_describing: bool,
    /// What was searched for last.
    pub(super) term: String,
}

impl View {
    pub(super) fn of(id: ViewId, kind: Kind) -> Self {
        let phase = if kind.is_loaded() { Phase::Loading(String::new()) } else { Phase::Done(None) };
        Self {
            id,
            title: safe_start(&kind.title(), TITLE_MAX).into_owned(),
            columns: Column::of(&kind),
            kind,
            header: Vec::new(),
            list: List::default(),
            top: 0,
            phase,
            seconds: 0,
            is_describing: false,
            term: String::new(),
        }
    }

    /// Creates the first view.
    pub(super) fn first(kind: Kind) -> Self {
        let title = safe_start(&kind.whole_title(), TITLE_MAX).into_owned();
        Self { title, ..Self::of(0, kind) }
    }

    pub(super) fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading(_))
    }

    /// Returns the positions of the rows that are visible in so many lines.
    pub(super) fn visible(&self, lines: usize) -> Range<usize> {
        match self.is_document() {
            true => self.top..(self.top + lines).min(self.list.len()),
            false => self.list.visible(self.top, lines),
        }
    }

    /// Returns the first visible line of a document whose last line is at the bottom of a screen.
    pub(super) fn last_top(&self, columns: usize, lines: usize) -> usize {
        let (mut top, mut used) = (self.list.len(), 0);
        while let Some(entry) = top.checked_sub(1).and_then(|above| self.list.get(above)) {
            used += pieces(&entry.name, columns).len();
            if used > lines {
                break;
            }
            top -= 1;
        }
        top.min(self.list.len().saturating_sub(1))
    }

    /// Reports whether rows are lines of a document, so that there is no selection to show.
    pub(super) fn is_document(&self) -> bool {
        matches!(self.kind, Kind::Text(..) | Kind::Difference(_) | Kind::Deletion(..) | Kind::Help)
    }
}

/// Breaks a line of a document into pieces of at most so many columns. There is always one.
pub(super) fn pieces(line: &str, columns: usize) -> Vec<&str> {
    let (mut pieces, mut begin, mut used) = (Vec::new(), 0, 0);
    let mut buffer = [0; 4];
    for (at, c) in line.char_indices() {
        let width = table::columns(c.encode_utf8(&mut buffer));
        if used + width > columns.max(1) && used > 0 {
            pieces.push(&line[begin..at]);
            (begin, used) = (at, 0);
        }
        used += width;
    }
    pieces.push(&line[begin..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_broken_and_loses_nothing() {
        assert_eq!(pieces("镜像镜像", 5), ["镜像", "镜像"]);
        assert_eq!(pieces("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(pieces("", 4), [""]);
        assert_eq!(pieces("镜像", 1), ["镜", "像"]);
    }
}
