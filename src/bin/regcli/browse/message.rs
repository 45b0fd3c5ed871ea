//! What work reports, and which work there is.

use std::sync::Arc;

use regcli::ops::deletion::Target;
use regcli::protocol::listing::TagDetail;
use regcli::reference::{Name, Registry};

use super::columns::Column;
use super::entry::Entry;
use super::file_tree::FileTree;
use super::kind::Kind;

/// A view, as long as it exists. A number is not used again, so that late messages reach no other view.
pub(super) type ViewId = u64;

/// A message about a view.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) view: ViewId,
    pub(super) news: News,
}

/// What has come.
#[derive(Debug)]
pub(super) enum News {
    /// More rows.
    More(Vec<Entry>),
    /// All rows.
    All(Vec<Entry>),
    /// Rows that replace those with their names.
    Better(Vec<Entry>),
    /// Lines above the rows.
    Header(Vec<String>),
    /// The columns that fit the content.
    Columns(&'static [Column]),
    /// How far the work is.
    Progress(String),
    /// What is missing in a view that is complete otherwise.
    Note(String),
    /// The registry has no catalog, and can be searched.
    NoCatalog(String),
    /// Files.
    Files(Arc<FileTree>),
    /// What a deletion would remove.
    Found(Box<Target>),
    /// Something was deleted.
    Deleted(String),
    /// Nothing more comes. The text, if there is one, says what is missing.
    Done(Option<String>),
    /// The work failed.
    Failed(Trouble),
}

/// An error, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) hint: Option<String>,
}

/// Work for a view.
#[derive(Debug)]
pub(super) enum Job {
    /// Load what the view shows.
    Load(Kind),
    /// Search a registry.
    Search(Registry, String),
    /// Read what manifests say about tags.
    Describe(Name, Vec<TagDetail>),
    /// Remove a tag, and nothing else.
    Untag(Box<Target>),
    /// Delete an image with all its tags.
    Delete(Box<Target>),
}

/// What the model wants from the world.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are few of them, and none is kept")]
pub(super) enum Effect {
    /// Do work for a view.
    Run(ViewId, Job),
    /// Stop all work for a view.
    Abort(ViewId),
    /// Copy a text to the clipboard.
    Copy(String),
    /// Stop the process, as `^Z` does.
    Suspend,
    /// Draw all of the screen.
    Redraw,
    /// End.
    Quit(Ending),
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With `q`.
    Quit,
    /// With `^C`.
    Interrupted,
}
