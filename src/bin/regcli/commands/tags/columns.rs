//! The columns of the table of tags.

use clap::ValueEnum;
use regcli::protocol::listing::{Fact, TagDetail};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Column {
    /// The tag.
    #[value(help = None)]
    Tag,
    /// The digest.
    #[value(help = None)]
    Digest,
    /// The size.
    #[value(help = None)]
    Size,
    /// The platforms, or the artifact type.
    #[value(help = None)]
    Platforms,
    /// The date of the build.
    #[value(help = None)]
    Created,
    /// The date of the push.
    #[value(help = None)]
    Pushed,
    /// The date of the last pull.
    #[value(help = None)]
    Pulled,
}

/// The columns of `--long`.
pub(super) const LONG: &[Column] =
    &[Column::Tag, Column::Digest, Column::Size, Column::Platforms, Column::Created, Column::Pushed];

impl Column {
    /// Returns the fact that is shown; names are always known.
    pub(super) fn fact(self) -> Option<Fact> {
        match self {
            Self::Tag => None,
            Self::Digest => Some(Fact::Digest),
            Self::Size => Some(Fact::Size),
            Self::Platforms => Some(Fact::Platforms),
            Self::Created => Some(Fact::Created),
            Self::Pushed => Some(Fact::Pushed),
            Self::Pulled => Some(Fact::Pulled),
        }
    }

    /// Returns the name of the field.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Tag => "Tag",
            Self::Digest => "Digest",
            Self::Size => "Size",
            Self::Platforms => "Platforms",
            Self::Created => "Created",
            Self::Pushed => "Pushed",
            Self::Pulled => "Pulled",
        }
    }

    /// Returns the header.
    pub(super) fn header(self) -> String {
        self.field().to_uppercase()
    }

    /// Reports whether a tag has something to show in this column.
    pub(super) fn has(self, detail: &TagDetail) -> bool {
        match self.fact() {
            None => true,
            Some(Fact::Created) => detail.built().is_some(),
            Some(fact) => detail.knows(fact),
        }
    }
}

/// Returns the facts that a template names. One that it names in a text is read in vain.
pub(super) fn facts_in(template: &str) -> impl Iterator<Item = Fact> {
    let named = |column: &&Column| template.contains(&format!(".{}", column.field()));
    let artifact = template.contains(".ArtifactType").then_some(Fact::Platforms);
    Column::value_variants().iter().filter(named).filter_map(|column| column.fact()).chain(artifact)
}

/// Reports whether a template shows the row as a whole.
pub(super) fn is_whole_row(template: &str) -> bool {
    template.contains("json .}") || template.contains("json . ")
}
