//! The images of the store with their platforms.

use std::collections::HashMap;

use crate::digest::Digest;
use crate::reference::Reference;
use crate::store::{Branch, Store};

use super::{Error, ImageFilter, ListedImage, list_images};

/// An image under all of its names that fit, with what there is of each platform.
#[derive(Debug)]
pub struct ImageTree {
    /// Its names in the order of their familiar forms; none if it has lost them.
    pub names: Vec<Reference>,
    /// The ID of a single image, the digest of an index.
    pub id: Digest,
    /// The bytes in the store.
    pub disk: u64,
    /// The bytes of all its images as far as their manifests are here; those that are not are not counted.
    pub content: u64,
    /// Its images, in the order of the index.
    pub branches: Vec<Branch>,
    /// Why this is not all that there is to say.
    pub problem: Option<crate::store::Error>,
}

/// The images that fit all filters, by their names; those without one last.
///
/// # Errors
/// As [`list_images`].
pub fn image_trees(store: &Store, filters: &[ImageFilter]) -> Result<Vec<ImageTree>, Error> {
    let mut trees: Vec<ImageTree> = Vec::new();
    let mut places: HashMap<Digest, usize> = HashMap::new();
    for listed in list_images(store, filters)? {
        match places.get(&listed.root.digest) {
            Some(place) => trees[*place].names.extend(listed.reference),
            None => {
                places.insert(listed.root.digest.clone(), trees.len());
                trees.push(tree(store, listed)?);
            }
        }
    }
    for tree in &mut trees {
        tree.names.sort_by_cached_key(Reference::familiar);
    }
    trees.sort_by_cached_key(|tree| {
        let first = tree.names.first().map(Reference::familiar);
        (first.is_none(), first, tree.id.clone())
    });
    Ok(trees)
}

fn tree(store: &Store, listed: ListedImage) -> Result<ImageTree, Error> {
    let branches = store.branches(&listed.root)?;
    Ok(ImageTree {
        names: listed.reference.into_iter().collect(),
        id: if listed.root.media_type.is_index() { listed.root.digest } else { listed.details.id },
        disk: listed.details.size,
        content: branches.content,
        branches: branches.images,
        problem: listed.details.problem,
    })
}
