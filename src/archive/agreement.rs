//! Archives that list their images twice: in OCI's `index.json` and in Docker's `manifest.json`.
//!
//! Docker reads `manifest.json`, and some versions have written wrong OCI manifests beside it: Docker 25.0
//! without layers, with wrong sizes, or with no manifests at all in `index.json` (moby 47065, 47072, 47210).
//! If both agree, the OCI manifest is used, because it is the one that was signed. If not, the image is what
//! `manifest.json` says.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;

use super::Error;
use super::contents::{Contents, Span};
use super::docker::Finder;
use super::documents::{DockerImage, blob_digest};
use super::listing::{ArchivedImage, Listing, parse_name};
use crate::image::{Descriptor, ImageManifest, Manifest};

/// Maximum number of manifests that are read to compare the two lists.
const MANIFESTS_MAX: usize = 10_000;

/// Corrects the listing of `index.json` according to `manifest.json`.
///
/// # Errors
/// Those of [`docker::find`](super::docker::find).
pub(super) fn settle(
    contents: &Contents,
    mut found: Listing,
    images: Vec<DockerImage>,
    stopped: &AtomicBool,
) -> Result<Listing, Error> {
    let known = Known::of(contents, &found)?;
    let mut finder = Finder::new(contents, stopped);
    for image in images {
        let config = contents.table.find(&image.config);
        if config.is_err() && !found.images.is_empty() {
            // An image of an index. Not all of them need be in the archive.
            continue;
        }
        let same_config = config.ok().and_then(|span| known.by_config.get(&span));
        let same_config = same_config.map_or(&[][..], Vec::as_slice);
        if let Some(right) = same_config.iter().find(|held| agrees(contents, &found, &image, &held.image)) {
            name(contents, &mut found, &Choice { manifest: &right.descriptor, same_config }, &image)?;
            continue;
        }
        let made = finder.make(&image)?;
        for root in &mut found.images {
            if same_config.iter().any(|held| held.descriptor.digest == root.descriptor.digest) {
                tracing::debug!("manifest {} differs from manifest.json", root.descriptor.digest);
                root.descriptor = made.clone();
            }
        }
        name(contents, &mut found, &Choice { manifest: &made, same_config }, &image)?;
        if found.images.iter().all(|root| root.descriptor.digest != made.digest) {
            found.images.push(ArchivedImage { reference: None, label: None, descriptor: made });
        }
    }
    let made = finder.finish();
    found.manifests.extend(made.manifests);
    found.blobs.extend(made.blobs);
    Ok(found)
}

/// An OCI image manifest in the archive.
struct Held {
    descriptor: Descriptor,
    image: ImageManifest,
}

/// The image manifests that `index.json` refers to, by the positions of their configs.
#[derive(Default)]
struct Known {
    by_config: HashMap<Span, Vec<Held>>,
}

impl Known {
    /// Reads the configs. A missing config is skipped; a damaged one is an error.
    fn of(contents: &Contents, found: &Listing) -> Result<Self, Error> {
        let mut known = Self::default();
        let mut seen = HashSet::new();
        let mut waiting: Vec<Descriptor> = found.images.iter().map(|root| root.descriptor.clone()).collect();
        while let Some(next) = waiting.pop() {
            if !next.media_type.is_manifest()
                || seen.len() > MANIFESTS_MAX
                || !seen.insert(next.digest.clone())
            {
                continue;
            }
            let raw = match found.read_manifest(contents, &next) {
                Ok(raw) => raw,
                Err(Error::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            match raw.parse() {
                Ok(Manifest::Index(index)) => waiting.extend(index.manifests),
                Ok(Manifest::Image(image)) => known.add(found, Held { descriptor: next, image: *image }),
                // An unreadable manifest is an error only for a reader that needs it.
                Err(_) => {}
            }
        }
        Ok(known)
    }

    fn add(&mut self, found: &Listing, held: Held) {
        if let Some(config) = found.blobs.get(&held.image.config.digest) {
            self.by_config.entry(*config).or_default().push(held);
        }
    }
}

/// Reports whether both documents name the same layers in the same order, with the sizes of the OCI manifest.
fn agrees(contents: &Contents, found: &Listing, docker: &DockerImage, oci: &ImageManifest) -> bool {
    let names = docker.layers.as_deref().unwrap_or_default();
    let is_same = |name: &String, layer: &Descriptor| match contents.table.find(name) {
        Ok(span) => is_at(found, layer, span),
        // Layers that are left out of an archive still have names.
        Err(_) => blob_digest(name).is_some_and(|digest| digest == layer.digest),
    };
    let is_config = contents.table.find(&docker.config).is_ok_and(|span| is_at(found, &oci.config, span));
    is_config
        && names.len() == oci.layers.len()
        && names.iter().zip(&oci.layers).all(|(name, layer)| is_same(name, layer))
}

fn is_at(found: &Listing, blob: &Descriptor, span: Span) -> bool {
    blob.size == span.size && found.blobs.get(&blob.digest) == Some(&span)
}

/// The manifest that represents an image of `manifest.json`.
struct Choice<'a> {
    manifest: &'a Descriptor,
    /// All manifests of `index.json` with the same config.
    same_config: &'a [Held],
}

/// Gives an image its names of `manifest.json`. An entry with the same name and the same config stays, as
/// another manifest of the same image. An index that holds the image stays, too.
fn name(
    contents: &Contents,
    found: &mut Listing,
    choice: &Choice<'_>,
    image: &DockerImage,
) -> Result<(), Error> {
    let Choice { manifest: descriptor, same_config } = choice;
    let is_same = |known: &Descriptor| {
        known.digest == descriptor.digest
            || known.media_type.is_index()
            || same_config.iter().any(|held| held.descriptor.digest == known.digest)
    };
    for tag in image.repo_tags.as_deref().unwrap_or_default() {
        let reference = Some(parse_name(contents, tag)?);
        let is_nameless =
            |known: &ArchivedImage| known.reference.is_none() && known.descriptor.digest == descriptor.digest;
        let images = &mut found.images;
        if let Some(named) = images.iter_mut().find(|known| known.reference == reference) {
            if !is_same(&named.descriptor) {
                named.descriptor = (*descriptor).clone();
            }
        } else if let Some(nameless) = images.iter_mut().find(|known| is_nameless(known)) {
            nameless.reference = reference;
        } else {
            images.push(ArchivedImage { reference, label: None, descriptor: (*descriptor).clone() });
        }
    }
    Ok(())
}
