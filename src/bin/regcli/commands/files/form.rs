//! The form of a list of files.

use clap::ValueEnum;

/// The form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shape {
    /// For users.
    #[value(help = None)]
    List,
    /// One JSON object per file.
    #[value(help = None)]
    Json,
}

/// The order of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Order {
    /// By path.
    #[value(help = None)]
    Name,
    /// By size.
    #[value(help = None)]
    Size,
}

/// How files are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for each.
    Lines,
    /// Only their paths.
    Paths,
    /// A JSON object for each.
    Json,
    /// A tree.
    Tree,
}

/// Whether the numbers of layers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Before each file.
    Shown,
    /// Not at all.
    Hidden,
}
