//! Entries in another order than that of their paths.

use std::io;
use std::path::Path;

use super::codec;
use super::entry::Change;
use super::error::Error;
use super::listing::scratch_error;
use super::merge::LayerEntry;
use super::records::{Record, damaged};
use super::sort::{Sorted, Sorter};

/// Entries, the largest first. Those of the same size are in the order of their paths.
pub struct LargestFirst(Sorted);

impl LargestFirst {
    /// Sorts `entries`, with temporary files in the directory `folder`. The memory that it uses does not grow with
    /// the number of entries.
    ///
    /// # Errors
    /// The errors of `entries`; [`Error::Scratch`] or [`Error::Limit`] for a temporary file.
    pub fn new(entries: impl Iterator<Item = io::Result<LayerEntry>>, folder: &Path) -> Result<Self, Error> {
        let mut sorter = Sorter::new(folder);
        for entry in entries {
            let LayerEntry { layer, entry } = entry.map_err(Error::Invalid)?;
            let (size, change) = (entry.size(), Change::Add(entry));
            let key = [&(!size).to_be_bytes()[..], &codec::key(&change)].concat();
            let value = [&(layer as u64).to_be_bytes()[..], &codec::value(&change)].concat();
            sorter.push(&key, &value).map_err(|source| scratch_error(folder, source))?;
        }
        sorter.finish().map(Self).map_err(|source| scratch_error(folder, source))
    }
}

impl Iterator for LargestFirst {
    type Item = io::Result<LayerEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.0.next().transpose()?;
        Some(record.and_then(|record| entry(&record).ok_or_else(damaged)))
    }
}

fn entry(record: &Record) -> Option<LayerEntry> {
    let (_, key) = record.key.split_first_chunk::<8>()?;
    let (layer, value) = record.value.split_first_chunk::<8>()?;
    match codec::change(key, value)? {
        Change::Add(entry) => {
            Some(LayerEntry { layer: usize::try_from(u64::from_be_bytes(*layer)).ok()?, entry })
        }
        Change::Opaque(_) | Change::Whiteout(_) => None,
    }
}
