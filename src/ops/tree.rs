//! The images in the store with their platforms.

use std::collections::HashMap;

use crate::digest::Digest;
use crate::reference::Reference;
use crate::store::{Branch, Image, Store};

use super::{Error, ImageFilter, ListedImage, list_images};

/// An image under all of its matching names, with its available platforms.
#[derive(Debug)]
pub struct ImageTree {
    /// The names in the order of their familiar forms; empty if it has lost them.
    pub names: Vec<Reference>,
    /// The ID of a single image, the digest of an index.
    pub id: Digest,
    /// The size in the store, in bytes.
    pub disk: u64,
    /// The size of all images whose manifests are available, in bytes.
    pub content: u64,
    /// The images, in the order of the index.
    pub branches: Vec<Branch>,
    /// The error that makes this information incomplete.
    pub problem: Option<crate::store::Error>,
}

/// Returns the images that pass all filters, by name; images without a name come last.
///
/// # Errors
/// The same as those of [`list_images`].
pub fn image_trees(store: &Store, filters: &[ImageFilter]) -> Result<Vec<ImageTree>, Error> {
    let mut trees: Vec<ImageTree> = Vec::new();
    let mut places: HashMap<Digest, usize> = HashMap::new();
    for listed in list_images(store, filters)? {
        match places.get(&listed.image.descriptor.digest) {
            Some(place) => trees[*place].names.extend(listed.image.reference.clone()),
            None => {
                places.insert(listed.image.descriptor.digest.clone(), trees.len());
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
    let Image { reference, descriptor: root } = &*listed.image;
    let branches = store.branches(root)?;
    Ok(ImageTree {
        names: reference.iter().cloned().collect(),
        id: if root.media_type.is_index() { root.digest.clone() } else { listed.id },
        disk: listed.size,
        content: branches.content,
        branches: branches.images,
        problem: listed.problem,
    })
}
