//! A view: rows, and how far they are loaded.

use super::columns::Column;
use super::kind::Kind;
use super::list::List;
use super::message::{Trouble, ViewId};
use crate::ui::format::safe::safe_start;

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
        }
    }

    pub(super) fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading(_))
    }

    /// Reports whether rows are lines of a document, so that there is no selection to show.
    pub(super) fn is_document(&self) -> bool {
        matches!(self.kind, Kind::Text(..) | Kind::Difference(_) | Kind::Deletion(..) | Kind::Help)
    }
}
