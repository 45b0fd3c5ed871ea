//! An image that a file names, and how its name is replaced.

use std::ops::Range;

use super::node::Text;
use crate::digest::Digest;
use crate::reference::{self, Reference, Tag};

/// An image that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The line of the name, from 1.
    pub line: usize,
    /// The image. Without a tag and a digest it is `latest`.
    pub image: Reference,
    /// Where a digest is written; `None` if the name cannot be replaced, because it comes from variables.
    pub(super) spot: Option<Spot>,
    pub(super) is_block: bool,
    pub(super) defaults: Vec<String>,
}

/// The place of a digest in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The bytes that are replaced.
    pub(super) span: Range<usize>,
    pub(super) form: Form,
}

/// What stands at a [`Spot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The whole name, in the words of the file: without a digest.
    Name(String),
    /// The tag alone.
    Tag(String),
    /// The digest alone.
    Digest,
    /// Nothing: a key is written with the digest, between these texts.
    Field {
        /// The key, up to the digest.
        key: String,
        /// The text behind the digest.
        end: String,
    },
}

impl Spot {
    /// Returns the place of a digest that has a key of its own, also if the key has no value.
    pub(super) fn of_digest(text: &Text) -> Option<Self> {
        let empty = || {
            let (gap, form) = (text.gap?, Form::Field { key: " ".to_owned(), end: String::new() });
            Some(Self { span: gap..gap, form })
        };
        text.span.clone().map(|span| Self { span, form: Form::Digest }).or_else(empty)
    }
}

/// A place where an image is named in a way that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The line, from 1.
    pub line: usize,
    /// The text in the file.
    pub text: String,
    /// Why it cannot be used.
    pub why: Unusable,
}

/// Why the name of an image cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// It has a variable without a value in the file.
    #[error("the value of ${0} is not in the file")]
    Variable(String),
    /// It is a template, as in the charts of Helm.
    #[error("a template is not resolved")]
    Template,
    /// The image is built by the file, so no registry has it.
    #[error("this image is built")]
    Built,
    /// A line of a list has more words than an image.
    #[error("a line of a list names one image, and nothing else")]
    Words,
    /// The tag is left to the chart.
    #[error("the tag is chosen by the chart")]
    NoTag,
    /// The tag is that of a resource in another file, as in a kustomization with `newName` alone.
    #[error("the tag is in another file")]
    OtherFile,
    /// The image is that of an alias or a merge key in a kustomization, which is not followed.
    #[error("an alias or a merge key stands for it")]
    Alias,
    /// It is not a reference.
    #[error(transparent)]
    Reference(#[from] reference::Error),
}

impl Mention {
    /// Reads the name of an image as a file has it at `span`.
    pub(super) fn named(line: usize, text: &str, span: Option<Range<usize>>) -> Result<Self, Unusable> {
        let image: Reference = text.parse()?;
        let name = text.split('@').next().unwrap_or(text);
        let form = Form::Name(match image.tag {
            Some(_) => name.to_owned(),
            None => format!("{name}:{}", Tag::latest()),
        });
        let spot = span.map(|span| Spot { span, form });
        Ok(Self { line, image: image.or_latest(), spot, is_block: false, defaults: Vec::new() })
    }

    /// Reports whether a folded or literal block of YAML has the name or its tag, so that no digest can be written there.
    pub fn is_block(&self) -> bool {
        self.is_block
    }

    /// Returns the variables whose defaults in the file were used. They may have other values elsewhere.
    pub fn defaults(&self) -> &[String] {
        &self.defaults
    }

    /// Reports whether the file names a digest.
    pub fn is_pinned(&self) -> bool {
        self.image.digest.is_some()
    }

    /// Reports whether a digest can be written into the file. It cannot follow a tag if the file names only a digest,
    /// nor if the name comes from variables.
    pub fn is_replaceable(&self) -> bool {
        self.spot.is_some() && self.image.tag.is_some()
    }

    /// Returns the image of its tag, whatever digest the file names; `None` if it names only a digest.
    pub fn tagged(&self) -> Option<Reference> {
        Some(Reference::tagged(self.image.name.clone(), self.image.tag.clone()?))
    }

    /// Returns what is written for `digest`, and the bytes of the file that it replaces.
    pub(super) fn replacement(&self, digest: &Digest) -> Option<(Range<usize>, String)> {
        let spot = self.spot.as_ref().filter(|_| self.is_replaceable())?;
        let text = match &spot.form {
            Form::Name(before) | Form::Tag(before) => format!("{before}@{digest}"),
            Form::Digest => digest.to_string(),
            Form::Field { key, end } => format!("{key}{digest}{end}"),
        };
        Some((spot.span.clone(), text))
    }
}
