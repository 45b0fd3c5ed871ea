//! A row of a view, and what it leads to.

use jiff::Timestamp;
use regcli::protocol::listing::TagDetail;

use super::kind::Kind;
use crate::ui::format::safe::safe_start;

/// The maximum length of a text in a row, in characters. Names and commands come from other systems.
const TEXT_MAX: usize = 1000;

/// A row. Its texts are safe for a terminal.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// The name, by which rows are filtered.
    pub(super) name: String,
    /// What else there is to say.
    pub(super) text: String,
    /// The size in bytes.
    pub(super) size: Option<u64>,
    pub(super) date: Option<Timestamp>,
    /// The view that the row opens.
    pub(super) opens: Option<Box<Kind>>,
    pub(super) is_marked: bool,
    /// A tag about which manifests have not been read.
    pub(super) bare_tag: Option<Box<TagDetail>>,
}

impl Entry {
    /// Creates a row with a foreign name and nothing else.
    pub(super) fn named(name: &str) -> Self {
        Self { name: safe_start(name, TEXT_MAX).into_owned(), ..Self::default() }
    }

    /// Adds a foreign text.
    pub(super) fn saying(self, text: &str) -> Self {
        Self { text: safe_start(text, TEXT_MAX).into_owned(), ..self }
    }

    /// Sets the view that the row opens.
    pub(super) fn opening(self, kind: Kind) -> Self {
        Self { opens: Some(Box::new(kind)), ..self }
    }

    /// Sets the size in bytes.
    pub(super) fn sized(self, size: Option<u64>) -> Self {
        Self { size, ..self }
    }
}
