//! The formats by their names.

/// A format of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// regcli's own.
    Toml,
    /// regsync.yml of regclient.
    Regsync,
    /// images.yaml and auth.yaml of image-syncer, or its old config.json.
    ImageSyncer,
    /// The YAML of `skopeo sync`.
    Skopeo,
    /// The configuration of dregsy.
    Dregsy,
    /// A list of references, one a line.
    List,
}

impl Format {
    /// All formats.
    pub const ALL: &[Self] =
        &[Self::Toml, Self::Regsync, Self::ImageSyncer, Self::Skopeo, Self::Dregsy, Self::List];

    /// Returns the name, as a flag takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Toml => "toml",
            Self::Regsync => "regsync",
            Self::ImageSyncer => "image-syncer",
            Self::Skopeo => "skopeo",
            Self::Dregsy => "dregsy",
            Self::List => "list",
        }
    }

    /// Returns the names of all formats, separated by commas.
    pub fn names() -> String {
        Self::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")
    }
}
