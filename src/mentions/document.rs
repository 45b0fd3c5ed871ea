//! A file with the images that it names.

use std::path::Path;

use crate::digest::Digest;

use super::limits::{FILE_LIMIT, MENTIONS_LIMIT};
use super::mention::{Mention, Skipped};
use super::{Error, dockerfile, instructions, list, yaml};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A Dockerfile, or a Containerfile.
    Dockerfile,
    /// YAML or JSON with the key `image`: compose files, manifests of Kubernetes, values of Helm, pipelines.
    Yaml,
    /// One image in each line.
    List,
}

/// A file with the images that it names, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    text: String,
    /// The format.
    pub format: Format,
    /// The images.
    pub mentions: Vec<Mention>,
    /// The places that cannot be used.
    pub skipped: Vec<Skipped>,
}

impl Document {
    /// Reads the content of a file. The name of the file decides about the format, or else its beginning.
    ///
    /// # Errors
    /// [`Error`] with the line.
    pub fn parse(name: &Path, content: Vec<u8>) -> Result<Self, Error> {
        if content.len() > FILE_LIMIT {
            return Err(Error::TooLarge);
        }
        let text =
            String::from_utf8(content).map_err(|error| Error::NotText(error.utf8_error().valid_up_to()))?;
        let format = Format::of(name, &text).ok_or(Error::Format)?;
        let (mentions, skipped) = match format {
            Format::Dockerfile => dockerfile::read(&text)?,
            Format::Yaml => yaml::read(&text)?,
            Format::List => list::read(&text),
        };
        if mentions.len() + skipped.len() > MENTIONS_LIMIT {
            return Err(Error::TooMany);
        }
        Ok(Self { text, format, mentions, skipped })
    }

    /// Returns the text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text with other digests: `digest` returns that of a mention, or `None` to leave it as it is.
    /// Nothing else changes.
    pub fn pinned<'a>(&self, digest: impl Fn(&Mention) -> Option<&'a Digest>) -> String {
        let replaced = self.mentions.iter().filter_map(|mention| mention.replacement(digest(mention)?));
        let mut replaced: Vec<_> = replaced.collect();
        replaced.sort_by_key(|(span, _)| span.start);
        let (mut text, mut at) = (String::with_capacity(self.text.len()), 0);
        for (span, new) in replaced {
            // Two mentions of one place: an argument that several stages of a Dockerfile begin with.
            if span.start >= at
                && let Some(before) = self.text.get(at..span.start)
            {
                text.push_str(before);
                text.push_str(&new);
                at = span.end;
            }
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        text
    }
}

impl Format {
    /// Returns the format by the name of a file, or else by its content.
    fn of(name: &Path, text: &str) -> Option<Self> {
        let file = name.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let (stem, extension) = file.rsplit_once('.').unwrap_or((&file, ""));
        let is_dockerfile = |part: &str| matches!(part, "dockerfile" | "containerfile");
        match extension {
            "yaml" | "yml" | "json" => Some(Self::Yaml),
            "txt" | "list" | "lst" => Some(Self::List),
            _ if stem == "kustomization" => Some(Self::Yaml),
            _ if is_dockerfile(stem) || is_dockerfile(extension) => Some(Self::Dockerfile),
            _ if instructions::are_likely(text) => Some(Self::Dockerfile),
            _ if list::is_likely(text) => Some(Self::List),
            _ if yaml::is_likely(text) => Some(Self::Yaml),
            _ => None,
        }
    }
}
