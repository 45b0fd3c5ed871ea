//! Images of a store, and their names in the annotations of index.json.

use crate::digest::Digest;
use crate::image::{CONTAINERD_NAME, Descriptor, REF_NAME};
use crate::reference::{Reference, Selector};

/// An image of a store under one of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name, with a tag or a digest, or `None` if the image has lost its name.
    pub reference: Option<Reference>,
    /// The manifest or index.
    pub descriptor: Descriptor,
}

impl Image {
    pub(super) fn from_entry(descriptor: Descriptor) -> Self {
        Self { reference: reference_of(&descriptor), descriptor }
    }
}

/// The name of an image in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryName {
    /// A canonical reference, as in regcli's own store. It has either a tag or a digest.
    Reference(Reference),
    /// A text, as other programs name the images of a layout.
    Verbatim(String),
    /// No name.
    Unnamed,
}

impl EntryName {
    /// Returns the name of a reference. Its digest decides, as everywhere.
    pub(super) fn of(reference: &Reference) -> Self {
        let name = reference.name.clone();
        Self::Reference(match reference.selector() {
            Selector::Tag(tag) => Reference::tagged(name, tag),
            Selector::Digest(digest) => Reference::digested(name, digest),
        })
    }

    /// Reports whether `image` has this name.
    pub(super) fn names(&self, image: &Image) -> bool {
        match self {
            Self::Reference(reference) => image.reference.as_ref() == Some(reference),
            Self::Verbatim(text) => image.descriptor.annotations.get(REF_NAME) == Some(text),
            Self::Unnamed => is_unnamed(image),
        }
    }

    /// Returns the name if it claims another digest than `actual`.
    pub(super) fn contradicts(&self, actual: &Digest) -> Option<String> {
        let reference = match self {
            Self::Reference(reference) => reference.clone(),
            Self::Verbatim(text) if is_full(text) => text.parse().ok()?,
            Self::Verbatim(_) | Self::Unnamed => return None,
        };
        let digest = reference.digest.as_ref()?;
        (digest != actual).then(|| reference.familiar())
    }

    /// Returns the annotations for this name.
    pub(super) fn annotations(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Reference(reference) => {
                vec![(REF_NAME, reference.to_string()), (CONTAINERD_NAME, reference.to_string())]
            }
            Self::Verbatim(text) => vec![(REF_NAME, text.clone())],
            Self::Unnamed => Vec::new(),
        }
    }
}

/// Returns the reference of an entry, if its name is a valid and correct one. A `NAME@DIGEST` with another
/// digest than the entry's is not correct.
///
/// `docker save` and containerd write only the tag as `ref.name`, and the whole name beside it. An entry
/// without `ref.name` has no name: skopeo removes that annotation when it gives the name to another image,
/// and does not know about the second annotation.
pub(super) fn reference_of(entry: &Descriptor) -> Option<Reference> {
    let reference = claimed(entry)?;
    reference.digest.as_ref().is_none_or(|digest| *digest == entry.digest).then_some(reference)
}

/// Returns the name of an entry that claims another digest than the entry has.
pub(super) fn false_name_of(entry: &Descriptor) -> Option<String> {
    let reference = claimed(entry)?;
    reference.digest.as_ref().filter(|digest| **digest != entry.digest)?;
    Some(reference.familiar())
}

/// Returns the reference in the name of an entry, whether correct or not.
fn claimed(entry: &Descriptor) -> Option<Reference> {
    let short = entry.annotations.get(REF_NAME)?;
    let text = if is_full(short) { short } else { entry.annotations.get(CONTAINERD_NAME)? };
    match EntryName::of(&text.parse::<Reference>().ok()?) {
        EntryName::Reference(reference) => Some(reference),
        _ => None,
    }
}

/// Reports whether a name is more than a tag.
fn is_full(name: &str) -> bool {
    name.contains(['/', ':', '@'])
}

fn is_unnamed(image: &Image) -> bool {
    !image.descriptor.annotations.contains_key(REF_NAME)
}
