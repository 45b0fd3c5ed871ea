//! The content that images need, as far as it is known. Everything else may be removed.

use std::collections::HashSet;

use super::contents::{Contents, detect_manifest, digests_within};
use super::{Error, Image, Store};
use crate::digest::Digest;
use crate::image::{Descriptor, MANIFEST_BYTES_MAX};
use crate::reference::Reference;

/// The content that the entries of index.json need.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// The needs of each image, once per image, in the order of index.json.
    pub(super) images: Vec<Need>,
    /// The needs of the unreadable entries, which another program may understand.
    pub(super) strays: HashSet<Digest>,
    /// [`Error::Unknown`] if the content of an image is not completely known. There may be more such images.
    pub(super) gap: Option<Error>,
}

/// The content that one image needs.
#[derive(Debug)]
pub(super) struct Need {
    /// The image under each of its names.
    pub(super) images: Vec<Image>,
    /// All content it refers to, as far as it is known.
    pub(super) reached: HashSet<Digest>,
}

impl Needs {
    /// Returns all needed content.
    ///
    /// # Errors
    /// The [`gap`](Self::gap).
    pub(super) fn known(self) -> Result<HashSet<Digest>, Error> {
        match self.gap {
            Some(gap) => Err(gap),
            None => Ok(self.images.into_iter().flat_map(|need| need.reached).chain(self.strays).collect()),
        }
    }
}

impl Image {
    /// Returns the name of the image, or its digest if it has none.
    pub fn called(&self) -> String {
        let Self { reference, descriptor } = self;
        reference.as_ref().map_or_else(|| descriptor.digest.to_string(), Reference::familiar)
    }
}

impl Store {
    /// Determines the content that the entries of index.json need.
    ///
    /// # Errors
    /// Those of [`Store::catalog`].
    pub(super) fn needs(&self) -> Result<Needs, Error> {
        let catalog = self.catalog()?;
        let mut needs = Needs::default();
        let mut seen = HashSet::new();
        for image in catalog.images().filter(|image| seen.insert(&image.descriptor.digest)) {
            let mut reached = HashSet::from([image.descriptor.digest.clone()]);
            if let Err(source) = self.follow(&image.descriptor, &mut reached) {
                needs.gap.get_or_insert_with(|| unknown(image.called(), source));
            }
            let images = catalog.with_digest(&image.descriptor.digest).cloned().collect();
            needs.images.push(Need { images, reached });
        }
        for digest in catalog.index().strays() {
            if let Err(source) = self.follow_stray(&digest, &mut needs.strays) {
                needs.gap.get_or_insert_with(|| unknown(digest.to_string(), source));
            }
        }
        Ok(needs)
    }

    /// Adds all content that `root` refers to.
    fn follow(&self, root: &Descriptor, reached: &mut HashSet<Digest>) -> Result<(), Error> {
        let mut contents = Contents::of(self.blobs(), root)?;
        reached.extend(std::mem::take(&mut contents.reached));
        contents.into_gap().map_or(Ok(()), Err)
    }

    /// Adds a digest in an entry of unknown format, and all content that it refers to.
    fn follow_stray(&self, digest: &Digest, reached: &mut HashSet<Digest>) -> Result<(), Error> {
        reached.insert(digest.clone());
        match detect_manifest(self.blobs(), digest) {
            Ok(root) => self.follow(&root, reached),
            // An annotation may mention an image that was never in the store. Content that large is not a
            // document.
            Err(Error::Missing(_) | Error::TooLarge { .. }) => Ok(()),
            Err(Error::Image(_)) => {
                reached.extend(digests_within(&self.blobs().read(digest, MANIFEST_BYTES_MAX)?));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn unknown(image: String, source: Error) -> Error {
    Error::Unknown { image, source: Box::new(source) }
}
