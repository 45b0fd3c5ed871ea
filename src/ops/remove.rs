//! Removes images from the store.

use std::collections::HashSet;

use crate::diagnose::{Diagnose, Hint};
use crate::digest::Digest;
use crate::image::Platform;
use crate::reference::Reference;
use crate::store::{self, Image, Store};

use super::Error;

/// The result of a removal.
#[derive(Debug)]
pub struct Removed {
    /// The names that were removed.
    pub untagged: Vec<Reference>,
    /// The content that no image needs any more, the image's ID first. Empty if another process is writing to
    /// the store: the content is then deleted by a later removal.
    pub deleted: Vec<Digest>,
    /// Why nothing was deleted although names were removed: the needs of another image are unknown. The
    /// content is deleted by a later removal, once that image is complete or removed itself.
    pub kept: Option<store::Error>,
}

/// Whether to remove an image that has names in several repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Only if its names belong to one repository.
    Careful,
    /// Always, with all its names.
    Forced,
}

/// Removes a name, or an image with all its names if `needle` is a digest or an ID.
///
/// # Errors
/// An error if there is no such image; [`Error::InUse`].
///
/// # Cancel safety
/// Each name is either removed or not; unused content is deleted by a later removal.
pub async fn remove_image(store: &Store, needle: &str, removal: Removal) -> Result<Removed, Error> {
    match remove(store, needle, removal).await {
        // Removing a name takes some space, too. Partial blobs can be fetched again.
        Err(error) if is_full(&error) && store.forget_partials().await? > 0 => {
            remove(store, needle, removal).await
        }
        removed => removed,
    }
}

fn is_full(error: &Error) -> bool {
    matches!(error.hint(), Some(Hint::FreeSpace { .. }))
}

async fn remove(store: &Store, needle: &str, removal: Removal) -> Result<Removed, Error> {
    let image = store.find(needle)?;
    let id = store.details(&image, &Platform::host_with_level()).id;
    let untagged = match named_by(&image, needle) {
        Some(reference) => {
            store.untag(&reference).await?;
            vec![reference]
        }
        None => {
            if removal == Removal::Careful && repositories(store, &image)? > 1 {
                return Err(Error::InUse { id });
            }
            let removed = store.remove(&image.descriptor.digest).await?;
            let mut names: Vec<_> = removed.into_iter().filter_map(|image| image.reference).collect();
            names.sort_by_cached_key(Reference::familiar);
            names
        }
    };
    let (mut deleted, kept) = match store.sweep().await {
        Ok(swept) => (swept.map(|swept| swept.deleted).unwrap_or_default(), None),
        Err(error @ store::Error::Unknown { .. }) => (Vec::new(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    deleted.sort_by_key(|digest| *digest != id);
    Ok(Removed { untagged, deleted, kept })
}

/// Returns the image's name, if the user typed it.
fn named_by(image: &Image, needle: &str) -> Option<Reference> {
    let typed = needle.parse::<Reference>().ok()?.or_latest();
    image.reference.clone().filter(|reference| {
        let by_digest = typed.digest.is_some() && reference.digest == typed.digest;
        reference.name == typed.name && (by_digest || *reference == typed)
    })
}

/// Returns the number of repositories that name the image.
fn repositories(store: &Store, image: &Image) -> Result<usize, Error> {
    let catalog = store.catalog()?;
    let same = catalog.with_digest(&image.descriptor.digest);
    let names: HashSet<_> = same.filter_map(|image| Some(&image.reference.as_ref()?.name)).collect();
    Ok(names.len())
}
