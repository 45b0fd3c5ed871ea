//! Merges the layers of an image into one file system.
//!
//! See the [OCI layer specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets).
//! Where it leaves something open, the result is what Docker's overlay2 shows: a directory that a layer has only
//! implicitly, because it has something below it, hides a file or a link of lower layers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

use super::Error;
use super::cursor::{Cursor, Step};
use super::entry::Entry;
use super::listing::Listing;
use super::path::EntryPath;

/// Maximum number of layers that are merged: each is an open file. Docker's limit is 127.
pub const LAYERS_MAX: usize = 500;

/// An entry with the layer that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerEntry {
    /// The number of the layer, 0 for the lowest.
    pub layer: usize,
    /// The entry.
    pub entry: Entry,
}

/// All entries of the layers at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The path.
    pub path: EntryPath,
    /// What containers see; `None` if it was removed.
    pub visible: Option<LayerEntry>,
    /// What higher layers replace or remove, the highest first.
    pub hidden: Vec<LayerEntry>,
}

/// The merged layers of an image: a [`Node`] for each path of any layer, in the order of the paths.
pub struct Merge {
    layers: Vec<Cursor>,
    /// The next path of each layer.
    heads: BinaryHeap<Reverse<(EntryPath, usize)>>,
    /// The directories that contain the current path, the outermost first.
    open: Vec<Directory>,
}

/// A path that others may be below.
struct Directory {
    path: EntryPath,
    /// Below it, layers under this one are hidden.
    floor: usize,
}

/// What all layers do at one path.
#[derive(Default)]
struct Group {
    /// The entries and the implied directories (`None`), the highest layer first.
    added: Vec<(usize, Option<Entry>)>,
    whiteout: usize,
    opaque: usize,
}

impl Merge {
    /// Merges the listings of an image's layers, the lowest first.
    ///
    /// # Errors
    /// [`Error::Layers`] if there are too many, [`Error::Invalid`] if one cannot be read.
    pub fn new(listings: &[Listing]) -> Result<Self, Error> {
        let count = listings.len();
        if count > LAYERS_MAX {
            return Err(Error::Layers { count, limit: LAYERS_MAX });
        }
        let layers = listings.iter().map(|listing| Cursor::new(listing.changes())).collect();
        let mut merge = Self { layers, heads: BinaryHeap::new(), open: Vec::new() };
        for layer in 0..count {
            merge.refill(layer).map_err(Error::Invalid)?;
        }
        Ok(merge)
    }

    fn refill(&mut self, layer: usize) -> io::Result<()> {
        if let Some(path) = self.layers[layer].peek()? {
            self.heads.push(Reverse((path.clone(), layer)));
        }
        Ok(())
    }

    /// Takes the steps of all layers at the next path.
    fn group(&mut self) -> io::Result<Option<(EntryPath, Group)>> {
        let Some(Reverse((path, _))) = self.heads.peek() else { return Ok(None) };
        let (path, mut group) = (path.clone(), Group::default());
        while let Some(Reverse((_, layer))) = self.heads.peek().filter(|Reverse((next, _))| *next == path) {
            let layer = *layer;
            self.heads.pop();
            while let Some(step) = self.layers[layer].next_at(&path)? {
                group.take(layer, step);
            }
            self.refill(layer)?;
        }
        group.added.reverse();
        Ok(Some((path, group)))
    }

    /// Decides what is visible, and what of the paths below will be.
    fn node(&mut self, path: EntryPath, group: Group) -> Node {
        while self.open.pop_if(|directory| path.below(&directory.path).is_none()).is_some() {}
        let outer = self.open.last().map_or(0, |directory| directory.floor);
        let floor = outer.max(group.whiteout);
        let inner = floor.max(group.opaque).max(group.above_files());
        self.open.push(Directory { path: path.clone(), floor: inner });
        let (visible, hidden) = group.split(&path, floor);
        Node { path, visible, hidden }
    }
}

impl Iterator for Merge {
    type Item = io::Result<Node>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.group() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some((path, group))) => {
                    let node = self.node(path, group);
                    // There is nothing at the path of a whiteout that removes nothing.
                    if node.visible.is_some() || !node.hidden.is_empty() {
                        return Some(Ok(node));
                    }
                }
            }
        }
    }
}

impl Group {
    /// Adds a step of a layer. Layers come in order, the lowest first.
    fn take(&mut self, layer: usize, step: Step) {
        match step {
            Step::Opaque => self.opaque = layer,
            Step::Whiteout => self.whiteout = layer,
            Step::Implied => self.added.push((layer, None)),
            Step::Add(entry) => {
                self.added.pop_if(|(last, implied)| *last == layer && implied.is_none());
                self.added.push((layer, Some(entry)));
            }
        }
    }

    /// Returns the lowest layer whose entries below the path are not hidden by a file at the path.
    fn above_files(&self) -> usize {
        let is_file = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| !entry.is_directory());
        self.added.iter().find(|(_, entry)| is_file(entry)).map_or(0, |(layer, _)| layer + 1)
    }

    /// Returns the visible entry, and the hidden ones. Layers under `floor` are hidden.
    fn split(self, path: &EntryPath, floor: usize) -> (Option<LayerEntry>, Vec<LayerEntry>) {
        let implied = self.added.first().filter(|(layer, entry)| *layer >= floor && entry.is_none());
        let mut visible =
            implied.map(|(layer, _)| LayerEntry { layer: *layer, entry: Entry::implied(path.clone()) });
        let (mut hidden, mut is_settled) = (Vec::new(), false);
        for (layer, entry) in self.added {
            let Some(entry) = entry else { continue };
            // An implied directory has the attributes of the one below it.
            let fits = !is_settled && layer >= floor && (visible.is_none() || entry.is_directory());
            is_settled = true;
            if fits {
                visible = Some(LayerEntry { layer, entry })
            } else {
                hidden.push(LayerEntry { layer, entry })
            }
        }
        (visible, hidden)
    }
}
