//! What an image shows at some paths, with the layer that has each content.

use std::collections::{BTreeMap, HashMap};

use crate::filesystem::{self, Entry, EntryKind, EntryPath, LayerEntry, Listing, Merge, PATH_BYTES_MAX};
use crate::store::disk;

use super::links::Route;
use super::lookup::LINKS_MAX;
use super::{FilesError, ImageFiles, Selection};

/// Maximum memory for the entries of a tree, in bytes: that of a million files.
const MEMORY_MAX: usize = 1 << 30;

/// The memory that an entry takes until it is written, without its path, in bytes. An extraction of 50,000 files was
/// measured with 60 MB more than one of a single file.
const ENTRY_MEMORY: usize = 1000;

/// The entries of an image at some paths, each kind in the order of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The directories without the root.
    pub directories: Vec<Entry>,
    /// Symbolic links, devices and pipes.
    pub others: Vec<Entry>,
    /// The regular files, in the order of their layers.
    pub files: Vec<TreeFile>,
    /// Hard links to what the image does not have.
    pub dangling: Vec<EntryPath>,
    /// Symbolic links that Linux cannot have: their targets are empty, too long, or have a NUL.
    pub impossible: Vec<EntryPath>,
}

/// A regular file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// The number of the layer that has the content, 0 for the lowest.
    pub layer: usize,
    /// The file in that layer. Its path may be outside the tree.
    pub entry: Entry,
    /// The paths of the file in the tree, at least one.
    pub names: Vec<EntryPath>,
}

/// A hard link whose file is not known yet.
struct Pending {
    link: Entry,
    target: EntryPath,
    /// The layers from this one on do not count.
    top: usize,
}

impl ImageFiles {
    /// Returns what the image shows at the paths of `selections`. A path that leads through symbolic links stands for the
    /// links and for what they lead to.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] if a selection has no path of the image, [`FilesError::Sparse`] if a file has no
    /// content that can be read, [`FilesError::TooMany`] if there is too much for the memory.
    pub fn tree(&self, listings: &[Listing], selections: &[Selection]) -> Result<Tree, FilesError> {
        let is_needed = |selection: &Selection| !selection.is_direct();
        let mut routes = self.routes(listings, selections, is_needed)?;
        let mut found = disk::in_place(|| Tree::of_routes(listings, &routes))?;
        if let Found::Missing(_) = found {
            routes = self.routes(listings, selections, |_| true)?;
            found = disk::in_place(|| Tree::of_routes(listings, &routes))?;
        }
        match found {
            Found::Tree(tree) => Ok(tree),
            Found::Missing(at) => Err(self.nothing_at(&selections[at], &routes[at].selection, listings)?),
        }
    }

    /// Returns where the selections lead: those that `is_needed` chooses are looked for.
    fn routes(
        &self,
        listings: &[Listing],
        selections: &[Selection],
        is_needed: impl Fn(&Selection) -> bool,
    ) -> Result<Vec<Route>, FilesError> {
        let route = |selection: &Selection| match is_needed(selection) {
            true => self.route(listings, selection),
            false => Ok(Route { selection: selection.clone(), links: Vec::new() }),
        };
        selections.iter().map(route).collect()
    }
}

/// What selections have.
enum Found {
    Tree(Tree),
    /// The first of them that has nothing.
    Missing(usize),
}

impl Tree {
    /// Returns the size of all files together, in bytes. A file with several names counts once.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.entry.size()))
    }

    fn of_routes(listings: &[Listing], routes: &[Route]) -> Result<Found, FilesError> {
        let links = routes.iter().flat_map(|route| &route.links).cloned().map(Selection::Below);
        let all: Vec<Selection> = routes.iter().map(|route| route.selection.clone()).chain(links).collect();
        // Even an image without files has its root.
        let root = Selection::Below(EntryPath::root());
        let mut is_found: Vec<bool> = all.iter().map(|selection| *selection == root).collect();
        let tree = Self::of(listings, &all, &mut is_found)?;
        Ok(is_found.iter().position(|found| !found).map_or(Found::Tree(tree), Found::Missing))
    }

    fn of(listings: &[Listing], selections: &[Selection], is_found: &mut [bool]) -> Result<Self, FilesError> {
        let mut gathering = Gathering::default();
        for node in Merge::new(listings).map_err(FilesError::of_merge)? {
            let node = node.map_err(|error| FilesError::of_merge(filesystem::Error::Invalid(error)))?;
            let Some(found) = node.visible else { continue };
            let mut is_selected = false;
            for (selection, is_found) in selections.iter().zip(is_found.iter_mut()) {
                if selection.covers(&node.path) {
                    (is_selected, *is_found) = (true, true);
                }
            }
            if is_selected {
                gathering.take(found)?;
            }
        }
        for _ in 0..LINKS_MAX {
            gathering.follow(listings)?;
        }
        Ok(gathering.finish())
    }
}

/// A tree that is being gathered.
#[derive(Default)]
struct Gathering {
    tree: Tree,
    /// Files by the layer and the path of their contents.
    files: BTreeMap<(usize, EntryPath), TreeFile>,
    pending: Vec<Pending>,
    memory: usize,
}

impl Gathering {
    /// Takes what is visible at a path.
    fn take(&mut self, found: LayerEntry) -> Result<(), FilesError> {
        self.memory += ENTRY_MEMORY + 2 * found.entry.path.as_bytes().len();
        if self.memory > MEMORY_MAX {
            return Err(FilesError::TooMany);
        }
        let LayerEntry { layer, entry } = found;
        match &entry.kind {
            EntryKind::Directory if entry.path.is_root() => {}
            EntryKind::Directory => self.tree.directories.push(entry),
            EntryKind::File(_) => {
                let name = entry.path.clone();
                self.add_file(LayerEntry { layer, entry }, name)?;
            }
            EntryKind::Hardlink { target } => {
                self.pending.push(Pending { target: target.clone(), link: entry, top: layer + 1 });
            }
            EntryKind::Symlink { target } if !is_target(target) => self.tree.impossible.push(entry.path),
            EntryKind::Symlink { .. }
            | EntryKind::CharacterDevice(_)
            | EntryKind::BlockDevice(_)
            | EntryKind::Fifo => self.tree.others.push(entry),
        }
        Ok(())
    }

    /// Finds the targets of hard links, in the layer of the link and those under it: even if higher layers remove the
    /// target, its content stays. Links to other hard links are pending then.
    fn follow(&mut self, listings: &[Listing]) -> Result<(), FilesError> {
        let mut by_top: BTreeMap<usize, HashMap<EntryPath, Vec<Entry>>> = BTreeMap::new();
        for Pending { link, target, top } in std::mem::take(&mut self.pending) {
            by_top.entry(top).or_default().entry(target).or_default().push(link);
        }
        for (top, mut wanted) in by_top {
            for node in Merge::new(&listings[..top]).map_err(FilesError::of_merge)? {
                if wanted.is_empty() {
                    break;
                }
                let node = node.map_err(|error| FilesError::of_merge(filesystem::Error::Invalid(error)))?;
                let Some(found) = node.visible else { continue };
                for link in wanted.remove(&node.path).unwrap_or_default() {
                    self.lead(link, found.clone())?;
                }
            }
            self.tree.dangling.extend(wanted.into_values().flatten().map(|link| link.path));
        }
        Ok(())
    }

    /// Takes a hard link whose target is `found`.
    fn lead(&mut self, link: Entry, found: LayerEntry) -> Result<(), FilesError> {
        match &found.entry.kind {
            EntryKind::File(_) => self.add_file(found, link.path)?,
            // A link to itself leads nowhere.
            EntryKind::Hardlink { target } if *target != found.entry.path => {
                self.pending.push(Pending { link, target: target.clone(), top: found.layer + 1 });
            }
            EntryKind::Hardlink { .. } | EntryKind::Directory => self.tree.dangling.push(link.path),
            EntryKind::Symlink { target } if !is_target(target) => self.tree.impossible.push(link.path),
            EntryKind::Symlink { .. }
            | EntryKind::CharacterDevice(_)
            | EntryKind::BlockDevice(_)
            | EntryKind::Fifo => self.tree.others.push(Entry { path: link.path, ..found.entry }),
        }
        Ok(())
    }

    /// Adds a name of the file `found`.
    fn add_file(&mut self, found: LayerEntry, name: EntryPath) -> Result<(), FilesError> {
        let LayerEntry { layer, entry } = found;
        if entry.content().is_some_and(|content| content.digest.is_none() && content.size > 0) {
            return Err(FilesError::Sparse(entry.path.to_string()));
        }
        let file = self.files.entry((layer, entry.path.clone()));
        file.or_insert_with(|| TreeFile { layer, entry, names: Vec::new() }).names.push(name);
        Ok(())
    }

    fn finish(self) -> Tree {
        let Self { mut tree, files, pending, .. } = self;
        tree.dangling.extend(pending.into_iter().map(|pending| pending.link.path));
        tree.others.sort_by(|one, other| one.path.cmp(&other.path));
        tree.dangling.sort();
        tree.files = files.into_values().collect();
        tree.files.iter_mut().for_each(|file| file.names.sort());
        tree
    }
}

/// Reports whether Linux can have a symbolic link with this target.
fn is_target(target: &[u8]) -> bool {
    !target.is_empty() && target.len() < PATH_BYTES_MAX && !target.contains(&0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::digest::Digest;
    use crate::filesystem::{Change, FileContent, ListingBuilder};

    const PATHS: [&str; 7] = ["a", "a/b", "a/b/c", "a/d", "e", "e/f", "g"];

    fn path(text: &str) -> EntryPath {
        EntryPath::clean(text.as_bytes()).unwrap()
    }

    fn add(text: &str, kind: EntryKind) -> Change {
        Change::Add(Entry { path: path(text), kind, mode: 0o644, uid: 0, gid: 0, modified: 0 })
    }

    fn file(text: &str, content: &str) -> Change {
        let digest = Some(Digest::sha256(content.as_bytes()));
        add(text, EntryKind::File(FileContent { size: content.len() as u64, digest, location: None }))
    }

    fn hardlink(text: &str, target: &str) -> Change {
        add(text, EntryKind::Hardlink { target: path(target) })
    }

    fn listings(layers: &[Vec<Change>]) -> Vec<Listing> {
        let folder = tempfile::tempdir().unwrap();
        let listing = |changes: &Vec<Change>| {
            let mut builder = ListingBuilder::new(folder.path());
            changes.iter().for_each(|change| builder.add(change).unwrap());
            builder.finish().unwrap()
        };
        layers.iter().map(listing).collect()
    }

    fn whole(listings: &[Listing]) -> Tree {
        Tree::of(listings, &[Selection::Below(EntryPath::root())], &mut [false]).unwrap()
    }

    /// The names of each file with the number of its layer.
    fn files(tree: &Tree) -> Vec<(usize, String)> {
        let names =
            |file: &TreeFile| file.names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        tree.files.iter().map(|file| (file.layer, names(file))).collect()
    }

    #[test]
    fn a_hard_link_has_the_content_that_its_layer_saw() {
        let layers = [
            vec![file("a", "old"), file("g", "gone")],
            vec![hardlink("b", "a"), hardlink("c", "b"), hardlink("h", "g"), hardlink("x", "nosuch")],
            vec![file("a", "new"), Change::Whiteout(path("g")), hardlink("y", "a"), hardlink("x2", "x2")],
        ];
        let tree = whole(&listings(&layers));
        let expected =
            [(0, "/b /c"), (0, "/h"), (2, "/a /y")].map(|(layer, names)| (layer, names.to_owned()));
        assert_eq!(files(&tree), expected);
        assert_eq!(tree.dangling, [path("x"), path("x2")]);
    }

    #[test]
    fn links_that_lead_to_each_other_are_left_out() {
        let tree = whole(&listings(&[vec![hardlink("a", "b"), hardlink("b", "a"), file("c", "c")]]));
        assert_eq!((files(&tree), tree.dangling), (vec![(0, "/c".to_owned())], vec![path("a"), path("b")]));
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let text = || prop::sample::select(PATHS.to_vec());
        let change = (text(), text(), 0..7_u8).prop_map(|(at, target, kind)| match kind {
            0 => add(at, EntryKind::Directory),
            1 => add(at, EntryKind::Symlink { target: target.as_bytes().to_vec() }),
            2 => hardlink(at, target),
            3 => Change::Whiteout(path(at)),
            4 => Change::Opaque(path(at)),
            5 => add(at, EntryKind::Fifo),
            _ => file(at, target),
        });
        prop::collection::vec(change, 0..8)
    }

    proptest! {
        #[test]
        fn a_tree_has_each_visible_path_once_and_nothing_below_what_is_no_directory(
            layers in prop::collection::vec(changes(), 1..4),
        ) {
            let listings = listings(&layers);
            let tree = whole(&listings);
            let names = tree.files.iter().flat_map(|file| &file.names);
            let others: Vec<&EntryPath> =
                tree.others.iter().map(|entry| &entry.path).chain(names).chain(&tree.dangling).collect();
            let all: Vec<&EntryPath> =
                tree.directories.iter().map(|entry| &entry.path).chain(others.iter().copied()).collect();
            let visible = Merge::new(&listings).unwrap().map(Result::unwrap).filter(|node| node.visible.is_some());
            let visible: Vec<EntryPath> = visible.map(|node| node.path).filter(|path| !path.is_root()).collect();
            prop_assert_eq!(all.len(), visible.len());
            prop_assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), visible.iter().collect::<BTreeSet<_>>());
            for other in others {
                let below = |path: &&&EntryPath| path.below(other).is_some_and(|rest| !rest.is_empty());
                prop_assert!(!all.iter().any(|path| below(&path)), "{other} in {all:?}");
            }
            for file in &tree.files {
                let found = listings[file.layer].find(&file.entry.path).unwrap().entry;
                prop_assert_eq!(found.as_ref(), Some(&file.entry));
            }
        }
    }
}
