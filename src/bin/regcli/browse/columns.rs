//! The columns of lists.

use super::kind::Kind;

/// A column with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The name of the row.
    Name(&'static str),
    /// The size.
    Size,
    /// A bar for the size, compared with that of the largest row.
    Bar,
    /// How long ago the date was.
    Date(&'static str),
    /// The text of the row, which is a short number.
    Number(&'static str),
    /// The text of the row.
    Text(&'static str),
}

/// Lines of a document.
pub(super) const LINES: &[Column] = &[Column::Name("")];

/// The images of an index.
pub(super) const PLATFORMS: &[Column] =
    &[Column::Name("PLATFORM"), Column::Size, Column::Bar, Column::Text("DIGEST")];

/// The layers of an image.
pub(super) const LAYERS: &[Column] =
    &[Column::Name("LAYER"), Column::Size, Column::Bar, Column::Date("CREATED"), Column::Text("COMMAND")];

impl Column {
    /// Returns the columns of a view, until its content is known.
    pub(super) fn of(kind: &Kind) -> &'static [Self] {
        match kind {
            Kind::Registries => &[Self::Name("REGISTRY"), Self::Text("ACCOUNT")],
            Kind::Store => &[Self::Name("IMAGE"), Self::Size, Self::Bar, Self::Date("CREATED")],
            Kind::Repositories(_) => &[Self::Name("REPOSITORY")],
            Kind::Search(_) => &[Self::Name("REPOSITORY"), Self::Text("DESCRIPTION")],
            Kind::Tags(_) => &[
                Self::Name("TAG"),
                Self::Size,
                Self::Bar,
                Self::Date("PUSHED OR CREATED"),
                Self::Text("PLATFORMS"),
            ],
            Kind::Image(_) => PLATFORMS,
            Kind::Files(..) | Kind::Folder(..) => {
                &[Self::Size, Self::Bar, Self::Number("LAYER"), Self::Name("NAME")]
            }
            Kind::Text(..) | Kind::Difference(_) | Kind::Deletion(..) | Kind::Help => LINES,
        }
    }
}
