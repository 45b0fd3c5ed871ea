//! Finds entries of index.json by reference, by repository and by digest.

use std::cmp::Ordering;
use std::sync::Arc;

use super::entry::Entry;
use super::image::Image;
use crate::digest::Digest;
use crate::reference::{Name, Reference};

/// The positions of the readable entries, sorted for binary searches. Equal entries stay in their order.
///
/// Sorted positions take a fraction of the memory of hash maps, and stay valid when an entry is appended.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Only those with a reference.
    by_reference: Vec<u32>,
    by_digest: Vec<u32>,
}

impl Order {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let readable = (0_u32..).zip(entries).filter(|(_, entry)| entry.image().is_some());
        let mut by_digest: Vec<u32> = readable.map(|(position, _)| position).collect();
        let mut by_reference = by_digest.clone();
        by_digest.sort_by_key(|position| digest(entries, *position));
        by_reference.retain(|position| reference(entries, *position).is_some());
        by_reference.sort_by_key(|position| reference(entries, *position));
        Self { by_reference, by_digest }
    }

    /// Adds the last entry.
    pub(super) fn append(&mut self, entries: &[Entry]) {
        let Some(position) = entries.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()) else {
            return;
        };
        let Some(image) = image(entries, position) else { return };
        let of_digest = |other: &u32| digest(entries, *other).cmp(&Some(&image.descriptor.digest));
        self.by_digest.insert(range(&self.by_digest, of_digest).1, position);
        if image.reference.is_some() {
            let of_reference = |other: &u32| reference(entries, *other).cmp(&image.reference.as_ref());
            self.by_reference.insert(range(&self.by_reference, of_reference).1, position);
        }
    }

    /// Returns the positions of the entries with this reference.
    pub(super) fn called(&self, entries: &[Entry], wanted: &Reference) -> &[u32] {
        equal(&self.by_reference, |position| reference(entries, *position).cmp(&Some(wanted)))
    }

    /// Returns the positions of the entries of a repository.
    pub(super) fn of_repository(&self, entries: &[Entry], name: &Name) -> &[u32] {
        let compare =
            |position: &u32| reference(entries, *position).map(|reference| &reference.name).cmp(&Some(name));
        equal(&self.by_reference, compare)
    }

    /// Returns the positions of the entries of an image.
    pub(super) fn with_digest(&self, entries: &[Entry], wanted: &Digest) -> &[u32] {
        equal(&self.by_digest, |position| digest(entries, *position).cmp(&Some(wanted)))
    }
}

fn image(entries: &[Entry], position: u32) -> Option<&Image> {
    entries[position as usize].image().map(Arc::as_ref)
}

fn digest(entries: &[Entry], position: u32) -> Option<&Digest> {
    image(entries, position).map(|image| &image.descriptor.digest)
}

fn reference(entries: &[Entry], position: u32) -> Option<&Reference> {
    image(entries, position)?.reference.as_ref()
}

/// Returns the positions that `compare` finds equal. They are sorted by it.
fn equal(positions: &[u32], compare: impl Fn(&u32) -> Ordering) -> &[u32] {
    let (start, end) = range(positions, compare);
    &positions[start..end]
}

fn range(positions: &[u32], compare: impl Fn(&u32) -> Ordering) -> (usize, usize) {
    let start = positions.partition_point(|position| compare(position).is_lt());
    (start, start + positions[start..].partition_point(|position| compare(position).is_eq()))
}
