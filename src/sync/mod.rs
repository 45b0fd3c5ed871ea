//! What a synchronization copies: rules about repositories, tags and targets, and the files that hold them.
//!
//! [`read`] takes the texts of files, in regcli's own format or in that of another program, and returns a [`Recipe`].
//! There is no I/O here: [`crate::ops`] asks the registries what there is, and the [`Rule`]s say what is copied
//! ([`Rule::choose`]) and where to ([`Rule::destinations`]).

mod ad_hoc;
mod choose;
mod error;
mod format;
mod limits;
mod origin;
mod pattern;
mod range;
mod recipe;
mod tags;
mod template;
mod write;

pub use ad_hoc::ad_hoc;
pub use choose::{Chosen, Dropped};
pub use error::{Error, Problem};
pub use format::Format;
pub use limits::{FILE_LIMIT, RULES_LIMIT};
pub use origin::Origin;
pub use pattern::{Filter, Pattern, Syntax};
pub use range::{Prereleases, Range, version_of};
pub use recipe::{Credential, Login, Loss, Reason, Recipe, Referrers, Rule, Transport};
pub use tags::{Newest, Order, Pinned, Stage, TagSet};
pub use template::{Rewrite, Root, Template};

/// The text of a file.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// The file, for messages.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// Where the images of a format go that has no destination of its own: `skopeo sync` and lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// `HOST` or `HOST/PATH`, or a template with placeholders.
    pub to: String,
    /// How images are named below it.
    pub naming: Naming,
}

/// How images are named below a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Naming {
    /// By the last part of their path.
    #[default]
    Last,
    /// By their registry and their whole path.
    Scoped,
}

/// How files are read.
pub struct ReadOptions<'a> {
    /// Where the images of a format go that has no destination of its own.
    pub to: Option<Destination>,
    /// Returns the value of an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The format, if it is not to be recognized by its shape.
    pub format: Option<Format>,
}

/// Reads files of rules: one, or image-syncer's two.
///
/// # Errors
/// [`Error`] with the place.
pub fn read(files: &[SourceText<'_>], options: &ReadOptions<'_>) -> Result<Recipe, Error> {
    let _ = (files, options);
    Err(Error::NoRules)
}
