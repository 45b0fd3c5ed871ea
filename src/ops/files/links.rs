//! Follows the symbolic links that a choice of files leads through.

use crate::filesystem::{self, EntryKind, EntryPath, Listing, Merge};
use crate::store::disk;

use super::lookup::LINKS_MAX;
use super::{FilesError, ImageFiles, Selection};

/// What a path stands for whose last component is a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    /// The link, as in `ls -l /bin`.
    Itself,
    /// What it leads to, as in `ls -l /bin/`.
    Target,
}

/// A symbolic link on the way to a path.
pub(super) struct Detour {
    pub(super) link: EntryPath,
    /// Where the path leads by that link.
    pub(super) led: EntryPath,
}

impl Detour {
    /// Returns the link that is in place of a directory above `path`, or at `path` if that is to be followed.
    pub(super) fn of(
        listings: &[Listing],
        path: &EntryPath,
        last: LastLink,
    ) -> Result<Option<Self>, FilesError> {
        for node in Merge::new(listings).map_err(FilesError::of_merge)? {
            let node = node.map_err(|error| FilesError::of_merge(filesystem::Error::Invalid(error)))?;
            let (Some(found), Some(rest)) = (node.visible, path.below(&node.path)) else { continue };
            if rest.is_empty() && last == LastLink::Itself {
                return Ok(None);
            }
            if let EntryKind::Symlink { target } = &found.entry.kind {
                let led = node.path.follow(&[target, &b"/"[..], rest].concat());
                return Ok(Some(Self { link: node.path, led }));
            }
        }
        Ok(None)
    }
}

impl ImageFiles {
    /// Returns the selection that symbolic links lead to, within the image: that of a directory above the selected
    /// files, and at a selected path itself as `last` says. Without such links, it is the same.
    ///
    /// # Errors
    /// [`FilesError::Links`] if the links are too many; an error if the lists cannot be read.
    pub fn led(
        &self,
        listings: &[Listing],
        selection: &Selection,
        last: LastLink,
    ) -> Result<Selection, FilesError> {
        let mut led = selection.clone();
        for _ in 0..=LINKS_MAX {
            let last = if matches!(led, Selection::Below(_)) { last } else { LastLink::Target };
            match disk::in_place(|| Detour::of(listings, &led.start(), last))? {
                Some(detour) => led = led.moved_to(detour.led),
                None => return Ok(led),
            }
        }
        Err(FilesError::Links { path: selection.to_string(), limit: LINKS_MAX })
    }
}
