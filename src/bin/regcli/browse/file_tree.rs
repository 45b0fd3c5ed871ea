//! The files of an image as directories.

use std::io;

use regcli::filesystem::{Change, Entry as FileEntry, EntryKind, EntryPath, Listing, Merge};
use regcli::ops::files::ImageFiles;

/// The maximum number of files that are kept. They take some 30 MB; larger images have `regcli files`.
pub(super) const FILES_MAX: usize = 200_000;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    File,
    Directory,
    /// A link, with its text.
    Link(String),
    /// A device or a named pipe.
    Special,
    /// A layer removes what lower layers have there.
    Removed,
}

/// A file or a directory.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) path: EntryPath,
    pub(super) kind: FileKind,
    /// The size in bytes; of a directory, that of all files below it.
    pub(super) size: u64,
    /// The number of its layer, 0 for the lowest.
    pub(super) layer: usize,
    pub(super) children: Vec<usize>,
}

/// The files of an image or of one layer.
pub(super) struct FileTree {
    nodes: Vec<Node>,
    /// The image whose files can be read.
    pub(super) image: ImageFiles,
    pub(super) is_cut: bool,
    /// How many entries were left out because their paths lead out of the image.
    pub(super) hostile: u64,
    /// The title of the root.
    root: String,
}

impl std::fmt::Debug for FileTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileTree({} nodes)", self.nodes.len())
    }
}

/// The number of the root.
pub(super) const ROOT: usize = 0;

/// Nodes, as they are collected in the order of their paths.
#[derive(Debug)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// The directories that contain the last path, the root first.
    open: Vec<usize>,
    is_cut: bool,
}

impl Nodes {
    /// Merges the layers of an image, the lowest first.
    ///
    /// # Errors
    /// An error if a list cannot be read.
    pub(super) fn of_image(listings: &[Listing]) -> io::Result<Self> {
        let mut nodes = Self::empty();
        for node in Merge::new(listings).map_err(io::Error::other)? {
            if let Some(visible) = node?.visible {
                nodes.entry(&visible.entry, visible.layer);
            }
        }
        Ok(nodes)
    }

    /// Reads the changes of one layer.
    ///
    /// # Errors
    /// An error if the list cannot be read.
    pub(super) fn of_layer(listing: &Listing, layer: usize) -> io::Result<Self> {
        let mut nodes = Self::empty();
        for change in listing.changes() {
            match change? {
                Change::Add(entry) => nodes.entry(&entry, layer),
                Change::Whiteout(path) => nodes.add(leaf(path, FileKind::Removed, layer)),
                Change::Opaque(_) => {}
            }
        }
        Ok(nodes)
    }

    fn empty() -> Self {
        let root = leaf(EntryPath::root(), FileKind::Directory, 0);
        Self { nodes: vec![root], open: vec![ROOT], is_cut: false }
    }

    fn entry(&mut self, entry: &FileEntry, layer: usize) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let kind = match &entry.kind {
            EntryKind::File(_) => FileKind::File,
            EntryKind::Directory => FileKind::Directory,
            EntryKind::Symlink { target } => FileKind::Link(text(target)),
            EntryKind::Hardlink { target } => FileKind::Link(format!("/{}", text(target.as_bytes()))),
            EntryKind::CharacterDevice(_) | EntryKind::BlockDevice(_) | EntryKind::Fifo => FileKind::Special,
        };
        self.add(Node { size: entry.size(), ..leaf(entry.path.clone(), kind, layer) });
    }

    /// Adds a node behind those before it, with the directories that no layer mentions.
    fn add(&mut self, node: Node) {
        if node.path.is_root() {
            return;
        }
        while self.open.len() > 1 && node.path.below(&self.nodes[self.innermost()].path).is_none() {
            self.open.pop();
        }
        let mut parents: Vec<EntryPath> = std::iter::successors(node.path.parent(), EntryPath::parent)
            .take_while(|path| *path != self.nodes[self.innermost()].path && !path.is_root())
            .collect();
        while let Some(parent) = parents.pop() {
            self.push(leaf(parent, FileKind::Directory, node.layer));
        }
        let size = node.size;
        // An opaque whiteout and a directory may be at one path.
        if self.nodes[self.innermost()].path != node.path && self.push(node) {
            for number in &self.open {
                let sum = &mut self.nodes[*number].size;
                *sum = sum.saturating_add(size);
            }
        }
    }

    /// Adds one node, and opens it. Reports whether there was room; the size of the node is counted by then.
    fn push(&mut self, node: Node) -> bool {
        if self.nodes.len() >= FILES_MAX {
            self.is_cut = true;
            return false;
        }
        let (number, parent) = (self.nodes.len(), self.innermost());
        self.nodes[parent].children.push(number);
        self.open.push(number);
        self.nodes.push(Node { size: 0, ..node });
        true
    }

    fn innermost(&self) -> usize {
        *self.open.last().expect("the root is never closed")
    }

    /// Returns the tree. `root` is its title.
    pub(super) fn tree(self, image: ImageFiles, root: String, hostile: u64) -> FileTree {
        FileTree { nodes: self.nodes, image, is_cut: self.is_cut, hostile, root }
    }
}

fn leaf(path: EntryPath, kind: FileKind, layer: usize) -> Node {
    Node { path, kind, size: 0, layer, children: Vec::new() }
}

impl FileTree {
    /// Returns the title of a node. It is not escaped.
    pub(super) fn name(&self, node: usize) -> String {
        match node {
            ROOT => self.root.clone(),
            node => String::from_utf8_lossy(self.nodes[node].path.name()).into_owned(),
        }
    }

    /// Returns a node.
    pub(super) fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// Describes what is missing in the tree, if anything is.
    pub(super) fn missing(&self) -> Option<String> {
        match (self.is_cut, self.hostile) {
            (true, _) => Some(format!("only the first {FILES_MAX} files are shown: see regcli files")),
            (false, 0) => None,
            (false, 1) => Some("a path that leads out of the image is left out".to_owned()),
            (false, hostile) => Some(format!("{hostile} paths that lead out of the image are left out")),
        }
    }
}

#[cfg(test)]
mod tests {
    use regcli::filesystem::{FileContent, ListingBuilder};

    use super::*;

    fn listing(changes: &[Change]) -> Listing {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = ListingBuilder::new(folder.path());
        changes.iter().for_each(|change| builder.add(change).unwrap());
        builder.finish().unwrap()
    }

    fn file(path: &str, size: u64) -> Change {
        let kind = EntryKind::File(FileContent { size, ..FileContent::default() });
        let path = EntryPath::clean(path.as_bytes()).unwrap();
        Change::Add(FileEntry { path, kind, mode: 0o644, uid: 0, gid: 0, modified: 0 })
    }

    fn shown(nodes: &Nodes) -> Vec<String> {
        let row = |node: &Node| format!("{} {:?} {}", node.path, node.kind, node.size);
        nodes.nodes.iter().map(row).collect()
    }

    #[test]
    fn directories_have_the_sizes_of_their_files_even_if_no_layer_mentions_them() {
        let removed = Change::Whiteout(EntryPath::clean(b"usr/old").unwrap());
        let layer = listing(&[file("usr/lib/a", 5), file("usr/lib/b", 7), file("usr.txt", 1), removed]);
        let nodes = Nodes::of_layer(&layer, 3).unwrap();
        let expected = [
            "/ Directory 13",
            "/usr Directory 12",
            "/usr/lib Directory 12",
            "/usr/lib/a File 5",
            "/usr/lib/b File 7",
            "/usr/old Removed 0",
            "/usr.txt File 1",
        ];
        assert_eq!(shown(&nodes), expected);
        assert_eq!(nodes.nodes[ROOT].children.len(), 2);
    }

    #[test]
    fn an_image_has_what_its_layers_leave() {
        let removed = Change::Whiteout(EntryPath::clean(b"a").unwrap());
        let layers = [listing(&[file("a", 5), file("b", 7)]), listing(&[file("c", u64::MAX), removed])];
        let nodes = Nodes::of_image(&layers).unwrap();
        let total = u64::MAX;
        let expected = [format!("/ Directory {total}"), "/b File 7".to_owned(), format!("/c File {total}")];
        assert_eq!(shown(&nodes), expected);
    }
}
