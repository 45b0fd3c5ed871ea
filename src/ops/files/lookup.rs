//! Follows a path through the layers of an image, from the top layer down to the one that has it.

use std::sync::{Arc, Mutex, PoisonError};

use tempfile::SpooledTempFile;

use crate::filesystem::{Entry, EntryKind, EntryPath, Listing, Merge, Sighting};
use crate::store::disk;

use super::capture::Capture;
use super::nearest::nearest;
use super::typed::{TypedPath, Walk};
use super::{FilesError, ImageFiles};

/// Maximum number of links that a path leads through, as in Linux.
pub(super) const LINKS_MAX: usize = 40;

/// The lookup of a path.
pub(super) struct Lookup<'a> {
    image: &'a ImageFiles,
    /// The lists of the layers that were needed, the highest first.
    listings: Vec<Listing>,
    /// The content of a file that was found while its layer was streamed.
    captured: Option<(usize, EntryPath, SpooledTempFile)>,
}

/// A file that was found.
pub(super) struct Found {
    /// The number of its layer.
    pub(super) layer: usize,
    pub(super) entry: Entry,
    /// The content, if it was read already. It is verified.
    pub(super) content: Option<SpooledTempFile>,
}

/// Where a path leads.
enum Step {
    Entry(usize, Entry),
    Directory,
    Nothing,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(image: &'a ImageFiles) -> Self {
        Self { image, listings: Vec::new(), captured: None }
    }

    /// Returns the file that `wanted` leads to. Links are followed.
    pub(super) async fn file(mut self, wanted: &TypedPath) -> Result<Found, FilesError> {
        let (mut walk, mut top) = (Walk::along(wanted.clone()), self.image.layers().len());
        for _ in 0..=LINKS_MAX {
            let path = walk.next();
            let is_last = walk.is_last();
            let (layer, entry) = match self.step(&path, top).await? {
                Step::Entry(layer, entry) => (layer, entry),
                Step::Directory if is_last => return Err(FilesError::Directory(wanted.to_string())),
                Step::Directory => {
                    walk.enter(path);
                    continue;
                }
                Step::Nothing => return Err(self.nothing(wanted, &path)),
            };
            match &entry.kind {
                EntryKind::Symlink { target } if !target.is_empty() => {
                    walk.follow(&entry.path, target);
                    top = self.image.layers().len();
                }
                EntryKind::Directory if is_last => return Err(FilesError::Directory(wanted.to_string())),
                EntryKind::Directory => walk.enter(path),
                _ if !is_last => return Err(FilesError::NotDirectory(entry.path.to_string())),
                // Even if higher layers remove the target, its content stays.
                EntryKind::Hardlink { target } if entry.path == path => {
                    walk = Walk::along(target.clone().into());
                    top = layer + 1;
                }
                EntryKind::File(_) if entry.path == path => {
                    let content = self.take_captured(layer, &path);
                    return Ok(Found { layer, entry, content });
                }
                EntryKind::File(_) | EntryKind::Hardlink { .. } | EntryKind::Symlink { .. } => {
                    return Err(self.nothing(wanted, &path));
                }
                EntryKind::CharacterDevice(_) | EntryKind::BlockDevice(_) | EntryKind::Fifo => {
                    return Err(FilesError::Special(wanted.to_string()));
                }
            }
        }
        Err(FilesError::Links { path: wanted.to_string(), limit: LINKS_MAX })
    }

    /// Returns the content of the file if it was read already.
    fn take_captured(&mut self, layer: usize, path: &EntryPath) -> Option<SpooledTempFile> {
        let is_captured = |(at, file, _): &mut (usize, EntryPath, _)| (*at, &*file) == (layer, path);
        self.captured.take_if(is_captured).map(|(_, _, content)| content)
    }

    /// Returns what is at `path` in the layers under `top`, or what is in place of a directory that contains it.
    async fn step(&mut self, path: &EntryPath, top: usize) -> Result<Step, FilesError> {
        if path.is_root() {
            return Ok(Step::Directory);
        }
        // Higher layers have this many components of the path as directories, which hide everything else there.
        let mut directories = 0;
        for layer in (0..top).rev() {
            let Sighting { entry, directories: more, hides } = self.sighting(layer, path).await?;
            if let Some(entry) = entry {
                return Ok(match entry.path.depth() {
                    depth if depth > directories => Step::Entry(layer, entry),
                    depth if depth == path.depth() => Step::Directory,
                    _ => Step::Nothing,
                });
            }
            directories = directories.max(more);
            if hides {
                break;
            }
        }
        Ok(if directories == path.depth() { Step::Directory } else { Step::Nothing })
    }

    /// Looks into one layer. If it has to be streamed, the content at `path` is kept.
    async fn sighting(&mut self, layer: usize, path: &EntryPath) -> Result<Sighting, FilesError> {
        let layers = self.image.layers();
        while self.listings.len() < layers.len() - layer {
            let (number, next) =
                (layers.len() - 1 - self.listings.len(), &layers[layers.len() - 1 - self.listings.len()]);
            let listing = match self.image.quick_listing(next).await {
                Some(listing) => listing,
                None => self.stream(number, path).await?,
            };
            self.listings.push(listing);
        }
        let listing = &self.listings[layers.len() - 1 - layer];
        let found = disk::in_place(|| listing.find(path));
        found.map_err(|error| {
            FilesError::of_layer(&layers[layer].digest)(crate::filesystem::Error::Invalid(error))
        })
    }

    async fn stream(&mut self, number: usize, path: &EntryPath) -> Result<Listing, FilesError> {
        let layer = &self.image.layers()[number];
        self.image.plan(&[layer]);
        let capture = Arc::new(Mutex::new(Capture::new(path.clone(), &self.image.scratch)));
        let listing = self.image.stream_layer(layer, Some(Arc::clone(&capture))).await?;
        let content = capture.lock().unwrap_or_else(PoisonError::into_inner).finish();
        if let Some(content) = content.map_err(FilesError::of_layer(&layer.digest))? {
            self.captured = Some((number, path.clone(), content));
        }
        Ok(listing)
    }

    /// Returns the error for a path that leads nowhere, with similar paths of the layers that were read.
    fn nothing(&self, wanted: &TypedPath, reached: &EntryPath) -> FilesError {
        let listings: Vec<Listing> = self.listings.iter().rev().cloned().collect();
        let nearest = disk::in_place(|| Merge::new(&listings).map(|merge| nearest(reached, merge)));
        let paths = [wanted.to_string(), reached.to_string()];
        FilesError::nothing(&self.image.name, paths, nearest.unwrap_or_default())
    }
}
