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
                visible = Some(LayerEntry { layer, entry });
            } else {
                hidden.push(LayerEntry { layer, entry });
            }
        }
        (visible, hidden)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::filesystem::{Change, EntryKind, FileContent, ListingBuilder};

    fn path(text: &str) -> EntryPath {
        EntryPath::clean(text.as_bytes()).unwrap()
    }

    fn entry(text: &str, kind: EntryKind) -> Entry {
        Entry { path: path(text), kind, mode: 0o700, uid: 0, gid: 0, modified: 0 }
    }

    /// Parses `dir/`, `file`, `-whiteout` and `dir/*` for an opaque one.
    fn change(text: &str) -> Change {
        if let Some(removed) = text.strip_prefix('-') {
            return Change::Whiteout(path(removed));
        }
        match (text.strip_suffix("/*"), text.strip_suffix('/')) {
            (Some(folder), _) => Change::Opaque(path(folder)),
            (None, Some(folder)) => Change::Add(entry(folder, EntryKind::Directory)),
            (None, None) => Change::Add(entry(text, EntryKind::File(FileContent::default()))),
        }
    }

    fn listing(changes: &[&str]) -> Listing {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = ListingBuilder::new(folder.path());
        changes.iter().for_each(|text| builder.add(&change(text)).unwrap());
        builder.finish().unwrap()
    }

    /// Returns what is visible, each with its layer.
    fn seen(layers: &[&[&str]]) -> Vec<(String, usize, bool)> {
        let listings: Vec<Listing> = layers.iter().map(|changes| listing(changes)).collect();
        let nodes = Merge::new(&listings).unwrap().map(Result::unwrap);
        nodes
            .filter_map(|node| node.visible)
            .map(|found| (found.entry.path.to_string(), found.layer, found.entry.is_directory()))
            .collect()
    }

    fn expected(all: &[(&str, usize, bool)]) -> Vec<(String, usize, bool)> {
        all.iter().map(|(path, layer, is_folder)| ((*path).to_owned(), *layer, *is_folder)).collect()
    }

    #[test]
    fn whiteouts_hide_what_is_below_them_in_lower_layers_only() {
        let layers: [&[&str]; 2] = [&["a/", "a/b", "a/c", "d"], &["-a", "a/", "a/c", "-nothing"]];
        assert_eq!(seen(&layers), expected(&[("/a", 1, true), ("/a/c", 1, false), ("/d", 0, false)]));
        let layers: [&[&str]; 3] = [&["a/b/c", "a/d"], &["a/*", "a/e"], &["a/b/f"]];
        let all = [("/a", 2, true), ("/a/b", 2, true), ("/a/b/f", 2, false), ("/a/e", 1, false)];
        assert_eq!(seen(&layers), expected(&all));
    }

    #[test]
    fn a_file_replaces_a_directory_and_a_directory_a_file() {
        assert_eq!(seen(&[&["a/", "a/b"], &["a"]]), expected(&[("/a", 1, false)]));
        assert_eq!(seen(&[&["a"], &["a/b"]]), expected(&[("/a", 1, true), ("/a/b", 1, false)]));
        let layers: [&[&str]; 3] = [&["a/", "a/b"], &["a"], &["a/", "a/c"]];
        assert_eq!(seen(&layers), expected(&[("/a", 2, true), ("/a/c", 2, false)]));
    }

    #[test]
    fn an_implied_directory_has_the_attributes_of_the_one_below() {
        let listings = [listing(&["a/"]), listing(&["a/b"])];
        let first = Merge::new(&listings).unwrap().next().unwrap().unwrap();
        assert_eq!(first.visible, Some(LayerEntry { layer: 0, entry: entry("a", EntryKind::Directory) }));
        assert_eq!(first.hidden, []);
    }

    #[test]
    fn what_is_hidden_is_known_with_its_layer() {
        let listings = [listing(&["a", "b"]), listing(&["a"]), listing(&["a", "-b"])];
        let hidden: Vec<Vec<usize>> = Merge::new(&listings)
            .unwrap()
            .map(|node| node.unwrap().hidden.iter().map(|found| found.layer).collect())
            .collect();
        assert_eq!(hidden, [vec![1, 0], vec![0]]);
    }

    /// Applies one layer after the other to a map, as a container engine does to a directory.
    fn applied(layers: &[Vec<String>]) -> Vec<String> {
        let mut tree: BTreeMap<EntryPath, bool> = BTreeMap::new();
        for layer in layers {
            let changes: Vec<Change> = layer.iter().map(|text| change(text)).collect();
            for change in &changes {
                let is_hidden = |other: &EntryPath| match change {
                    Change::Opaque(path) => other.below(path).is_some_and(|rest| !rest.is_empty()),
                    Change::Whiteout(path) => other.below(path).is_some(),
                    Change::Add(_) => false,
                };
                tree.retain(|other, _| !is_hidden(other));
            }
            for change in &changes {
                let mut above = change.path().parent();
                while let Some(folder) = above.filter(|folder| !folder.is_root()) {
                    tree.insert(folder.clone(), true);
                    above = folder.parent();
                }
                match change {
                    Change::Opaque(path) => drop(tree.insert(path.clone(), true)),
                    Change::Whiteout(_) => {}
                    Change::Add(entry) => {
                        if !entry.is_directory() {
                            tree.retain(|other, _| other.below(&entry.path).is_none());
                        }
                        tree.insert(entry.path.clone(), entry.is_directory());
                    }
                }
            }
        }
        tree.into_iter()
            .map(|(path, is_folder)| format!("{path}{}", if is_folder { "/" } else { "" }))
            .collect()
    }

    /// A layer in which no path is a file and a directory, as no directory on a disk has one.
    fn layers() -> impl Strategy<Value = Vec<String>> {
        let folder = prop::sample::select(vec!["a/", "a/b/", "-a", "-a/b", "-c", "a/*", "a/b/*", "c/"]);
        let file = prop::sample::select(vec!["a/b/x", "a/b/y", "a/z", "c/x", "a/b", "a", "c"]);
        let all = (prop::collection::vec(folder, 0..4), prop::collection::vec(file, 0..4));
        all.prop_map(|(folders, files)| {
            let mut kept: Vec<String> = Vec::new();
            for text in folders.into_iter().chain(files) {
                let is_file = |text: &str| !text.starts_with('-') && !text.ends_with(['/', '*']);
                let path = |text: &str| text.trim_matches(['-', '/', '*']).to_owned();
                let is_within =
                    |inner: &str, outer: &str| format!("{inner}/").starts_with(&format!("{outer}/"));
                let clashes = kept.iter().any(|other| {
                    (is_file(text) && is_within(&path(other), &path(text)) && !other.starts_with('-'))
                        || (is_file(other)
                            && is_within(&path(text), &path(other))
                            && path(text) != path(other))
                        || (other.starts_with('-') && is_file(text) && is_within(&path(other), &path(text)))
                        || (text.starts_with('-') && is_file(other) && is_within(&path(text), &path(other)))
                        || other == text
                });
                if !clashes {
                    kept.push(text.to_owned());
                }
            }
            kept
        })
    }

    proptest! {
        #[test]
        fn a_merge_shows_what_applying_one_layer_after_the_other_shows(
            layers in prop::collection::vec(layers(), 1..4),
        ) {
            let listings: Vec<Listing> = layers
                .iter()
                .map(|changes| listing(&changes.iter().map(String::as_str).collect::<Vec<_>>()))
                .collect();
            let merged: Vec<String> = Merge::new(&listings)
                .unwrap()
                .filter_map(|node| node.unwrap().visible)
                .map(|found| format!("{}{}", found.entry.path, if found.entry.is_directory() { "/" } else { "" }))
                .collect();
            prop_assert_eq!(merged, applied(&layers));
        }
    }
}
