//! What the layers of an image have and its containers never see.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::filesystem::{EntryPath, LayerEntry, Listing, Merge, Node};
use crate::store::disk;

use super::FilesError;

/// How many paths are kept, those with the most wasted bytes.
const PATHS_MAX: usize = 1000;

/// What the layers of an image waste.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waste {
    /// The bytes of all files in all layers, unpacked.
    pub total: u64,
    /// The bytes that would be enough: of each path, its smallest file in any layer, or none if the path is removed.
    pub minimal: u64,
    /// The bytes of the hidden files.
    pub hidden: u64,
    /// The number of paths with hidden files.
    pub paths: u64,
    /// The paths with the most hidden bytes, the largest first.
    pub largest: Vec<WastedPath>,
}

/// A path whose files in lower layers are hidden.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WastedPath {
    /// The bytes of the hidden files, unpacked.
    pub hidden: u64,
    /// The path.
    pub path: EntryPath,
    /// How many layers have a file at the path.
    pub copies: usize,
    /// Why the files are hidden.
    pub cause: WasteCause,
}

/// Why files are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WasteCause {
    /// A higher layer removes the path, or a directory that contains it.
    Removed,
    /// A higher layer has another file at the path.
    Replaced,
    /// A higher layer has the same content at the path, perhaps with another owner or mode.
    Repeated,
}

impl Waste {
    /// Compares the layers of an image, the lowest first.
    ///
    /// # Errors
    /// [`FilesError::Image`] if they cannot be merged.
    pub fn of(listings: &[Listing]) -> Result<Self, FilesError> {
        disk::in_place(|| {
            let (mut waste, mut largest) = (Self::default(), BinaryHeap::new());
            for node in Merge::new(listings).map_err(FilesError::of_merge)? {
                let node =
                    node.map_err(|error| FilesError::of_merge(crate::filesystem::Error::Invalid(error)))?;
                if let Some(path) = waste.add(node) {
                    largest.push(Reverse(path));
                    if largest.len() > PATHS_MAX {
                        largest.pop();
                    }
                }
            }
            waste.largest = largest.into_sorted_vec().into_iter().map(|Reverse(path)| path).collect();
            Ok(waste)
        })
    }

    /// Returns the efficiency as dive defines it: the share of [`minimal`](Self::minimal) in [`total`](Self::total), from
    /// 0 to 1.
    pub fn efficiency(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.minimal as f64 / self.total as f64 }
    }

    fn add(&mut self, node: Node) -> Option<WastedPath> {
        let is_file = |found: &&LayerEntry| !found.entry.is_directory();
        let visible = node.visible.as_ref().filter(is_file);
        let hidden: Vec<&LayerEntry> = node.hidden.iter().filter(is_file).collect();
        let sizes = || visible.iter().chain(&hidden).map(|found| found.entry.size());
        self.total = sizes().fold(self.total, u64::saturating_add);
        let least = if visible.is_some() { sizes().min().unwrap_or(0) } else { 0 };
        self.minimal = self.minimal.saturating_add(least);
        if hidden.is_empty() {
            return None;
        }
        let bytes = hidden.iter().fold(0, |sum: u64, found| sum.saturating_add(found.entry.size()));
        self.hidden = self.hidden.saturating_add(bytes);
        self.paths += 1;
        let digest = |found: &LayerEntry| found.entry.content().and_then(|content| content.digest.clone());
        let cause = match visible {
            None => WasteCause::Removed,
            Some(file)
                if digest(file).is_some() && hidden.iter().all(|other| digest(other) == digest(file)) =>
            {
                WasteCause::Repeated
            }
            Some(_) => WasteCause::Replaced,
        };
        let copies = hidden.len() + usize::from(visible.is_some());
        Some(WastedPath { hidden: bytes, path: node.path, copies, cause })
    }
}
