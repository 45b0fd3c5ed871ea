//! Follows the symbolic links that a choice of files leads through.

use crate::filesystem::{self, EntryKind, EntryPath, Listing, Merge};
use crate::store::disk;

use super::lookup::LINKS_MAX;
use super::{FilesError, ImageFiles, Selection};

/// Where a selection leads in an image.
pub(in crate::ops) struct Route {
    pub(in crate::ops) selection: Selection,
    /// The links on the way.
    pub(in crate::ops) links: Vec<EntryPath>,
}

/// What is at a path.
enum Met {
    /// A link at the path, or in place of a directory above it.
    Link {
        link: EntryPath,
        target: Vec<u8>,
    },
    Directory,
    /// Something else, at the path or in place of a directory above it.
    File(EntryPath),
    Nothing,
}

impl Met {
    fn at(listings: &[Listing], path: &EntryPath) -> Result<Self, FilesError> {
        for node in Merge::new(listings).map_err(FilesError::of_merge)? {
            let node = node.map_err(|error| FilesError::of_merge(filesystem::Error::Invalid(error)))?;
            if node.path > *path {
                break;
            }
            let is_above = !node.path.is_root() && path.below(&node.path).is_some();
            let Some(found) = node.visible.filter(|_| is_above) else { continue };
            match found.entry.kind {
                EntryKind::Directory if node.path == *path => return Ok(Self::Directory),
                EntryKind::Directory => {}
                EntryKind::Symlink { target } if !target.is_empty() => {
                    return Ok(Self::Link { link: node.path, target });
                }
                EntryKind::Symlink { .. }
                | EntryKind::File(_)
                | EntryKind::Hardlink { .. }
                | EntryKind::CharacterDevice(_)
                | EntryKind::BlockDevice(_)
                | EntryKind::Fifo => return Ok(Self::File(node.path)),
            }
        }
        Ok(Self::Nothing)
    }
}

impl Selection {
    /// Reports whether the layers of `listings` decide where it leads, whatever is in the layers under them.
    pub(in crate::ops) fn is_settled(&self, listings: &[Listing]) -> Result<bool, FilesError> {
        let mut walk = self.walk();
        let path = walk.next();
        if !walk.is_last() {
            return Ok(false);
        }
        let directory = if self.is_pattern() { path } else { path.parent().unwrap_or_default() };
        let met = |directory| disk::in_place(|| Met::at(listings, directory));
        Ok(directory.is_root() || matches!(met(&directory)?, Met::Directory))
    }
}

impl ImageFiles {
    /// Returns the selection that symbolic links lead to, within the image: those in place of directories above the
    /// selected files. A link at a selected path itself is followed only if a slash follows it. Without such links, it
    /// is the same.
    ///
    /// # Errors
    /// [`FilesError::Links`] if the links are too many, [`FilesError::NotDirectory`] or [`FilesError::NotFound`] if what is
    /// before `..` or a slash at the end is not a directory; an error if the lists cannot be read.
    pub fn led(&self, listings: &[Listing], selection: &Selection) -> Result<Selection, FilesError> {
        Ok(self.route(listings, selection)?.selection)
    }

    /// Returns where the selection [leads](Self::led), and the links on the way.
    pub(in crate::ops) fn route(
        &self,
        listings: &[Listing],
        selection: &Selection,
    ) -> Result<Route, FilesError> {
        let (mut walk, mut links) = (selection.walk(), Vec::new());
        for _ in 0..=LINKS_MAX {
            let path = walk.next();
            let (is_there, is_last) = (walk.is_there(), walk.is_last());
            if is_there {
                return Ok(Route { selection: selection.moved_to(path), links });
            }
            match disk::in_place(|| Met::at(listings, &path))? {
                Met::Link { link, target } if !is_last || link != path || selection.is_pattern() => {
                    walk.follow(&link, &target);
                    links.push(link);
                }
                Met::Directory if !is_last => walk.enter(path),
                Met::File(file) if !is_last => return Err(FilesError::NotDirectory(file.to_string())),
                Met::Nothing if !is_last => {
                    return Err(self.nothing_at(selection, &Selection::Below(path), listings)?);
                }
                Met::Link { .. } | Met::Directory | Met::File(_) | Met::Nothing => {
                    return Ok(Route { selection: selection.moved_to(path), links });
                }
            }
        }
        Err(FilesError::Links { path: selection.to_string(), limit: LINKS_MAX })
    }
}
