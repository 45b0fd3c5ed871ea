//! How the formats are told apart.

use super::format::Format;
use super::tree::{Entry, Node, Value};
use super::{list, skopeo};

/// The shape of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Toml,
    List,
    Regsync,
    Dregsy,
    Skopeo,
    /// image-syncer's old file.
    Both,
    /// image-syncer's file of images.
    Images,
    /// image-syncer's file of credentials.
    Auth,
}

impl Shape {
    /// Returns the format that the shape belongs to.
    pub(super) fn format(self) -> Format {
        match self {
            Self::Toml => Format::Toml,
            Self::List => Format::List,
            Self::Regsync => Format::Regsync,
            Self::Dregsy => Format::Dregsy,
            Self::Skopeo => Format::Skopeo,
            Self::Both | Self::Images | Self::Auth => Format::ImageSyncer,
        }
    }

    /// Recognizes TOML and lists by the first line that says something. `None` means YAML.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
        let key = first.split('=').next().unwrap_or_default().trim_end();
        let is_key = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if first.starts_with('[') || first.contains('=') && is_key(key) && !key.starts_with('-') {
            Some(Self::Toml)
        } else if list::is_line(first) {
            Some(Self::List)
        } else {
            None
        }
    }

    /// Recognizes a file of YAML by its keys.
    pub(super) fn of_tree(top: &Node) -> Option<Self> {
        let has = |key: &str| top.entries().iter().any(|entry| entry.key == key);
        let each = |fits: fn(&Entry) -> bool| !top.entries().is_empty() && top.entries().iter().all(fits);
        if has("tasks") {
            Some(Self::Dregsy)
        } else if has("sync") || has("creds") && has("version") {
            Some(Self::Regsync)
        } else if has("images") && top.get("images").is_none_or(|images| images.entries().iter().all(is_rule))
        {
            Some(Self::Both)
        } else if each(is_registry) {
            Some(Self::Skopeo)
        } else if each(is_auth) {
            Some(Self::Auth)
        } else if each(is_rule) {
            Some(Self::Images)
        } else {
            None
        }
    }
}

/// Reports whether an entry is a source with its targets, of image-syncer.
fn is_rule(entry: &Entry) -> bool {
    let is_target = match &entry.value.value {
        Value::Text(_) | Value::Plain(_) => true,
        Value::List(targets) => targets.iter().all(|target| !matches!(target.value, Value::Map(_))),
        _ => false,
    };
    is_target && !entry.key.is_empty()
}

/// Reports whether an entry is a registry with its credentials, of image-syncer.
fn is_auth(entry: &Entry) -> bool {
    let known = ["username", "password", "insecure", "identityToken"];
    matches!(&entry.value.value, Value::Map(entries)
        if entries.iter().all(|entry| known.contains(&entry.key.as_str())))
}

/// Reports whether an entry is a registry with its images, of skopeo.
fn is_registry(entry: &Entry) -> bool {
    entry.value.entries().iter().any(|entry| skopeo::REGISTRY.contains(&entry.key.as_str()))
}
