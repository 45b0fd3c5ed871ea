//! What images need, as far as that is known: all else may be removed, and nothing that may be needed.

use std::collections::HashSet;

use super::contents::{Contents, detect_manifest, digests_within};
use super::{Error, Image, Store};
use crate::digest::Digest;
use crate::image::{Descriptor, MANIFEST_BYTES_MAX};
use crate::reference::Reference;

/// What everything that is named in index.json needs.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// For each image once, in the order in which they came.
    pub(super) images: Vec<Need>,
    /// For the entries that cannot be read: another program may understand them.
    pub(super) strays: HashSet<Digest>,
    /// [`Error::Unknown`] if it is not known what one of them needs; there may be more such images.
    pub(super) gap: Option<Error>,
}

/// What one image needs.
#[derive(Debug)]
pub(super) struct Need {
    /// The image under each of its names.
    pub(super) images: Vec<Image>,
    /// All it refers to, as far as that is known.
    pub(super) reached: HashSet<Digest>,
}

impl Needs {
    /// All of it together.
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
    /// What people call the image: its name, or its digest if it has none.
    pub fn called(&self) -> String {
        let Self { reference, descriptor } = self;
        reference.as_ref().map_or_else(|| descriptor.digest.to_string(), Reference::familiar)
    }
}

impl Store {
    /// Finds out what everything needs that is named in index.json.
    ///
    /// # Errors
    /// Those of [`Store::catalog`].
    pub(super) fn needs(&self) -> Result<Needs, Error> {
        let catalog = self.catalog()?;
        let mut needs = Needs::default();
        let mut seen = HashSet::new();
        for image in catalog.images().iter().filter(|image| seen.insert(&image.descriptor.digest)) {
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

    /// Adds all that `root` refers to.
    fn follow(&self, root: &Descriptor, reached: &mut HashSet<Digest>) -> Result<(), Error> {
        let mut contents = Contents::of(self.blobs(), root)?;
        reached.extend(std::mem::take(&mut contents.reached));
        contents.into_gap().map_or(Ok(()), Err)
    }

    /// Adds what an entry mentions of which the format is not known, and all that this refers to.
    fn follow_stray(&self, digest: &Digest, reached: &mut HashSet<Digest>) -> Result<(), Error> {
        reached.insert(digest.clone());
        match detect_manifest(self.blobs(), digest) {
            Ok(root) => self.follow(&root, reached),
            // An annotation may mention an image that never was here. What is so large is no document.
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
