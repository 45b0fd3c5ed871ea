//! The files of the layers that differ.

use super::pair::Pair;
use super::{DiffError, Strictness};
use crate::ops::files::FilesOptions;

/// Whether the layers that both images begin with are read, if the files of the other layers need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedLayers {
    /// They are read.
    Read,
    /// They are not read unless their lists are kept or have tables of contents.
    Skip,
}

/// The files that differ.
pub struct FilesDiff {}

/// How many files differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesSummary {
    /// Only in the new image.
    pub added: u64,
    /// Only in the old image.
    pub removed: u64,
    /// In both.
    pub changed: u64,
}

impl Pair<'_> {
    /// Compares the files.
    ///
    /// # Errors
    /// [`DiffError::Files`] if a layer cannot be read.
    pub async fn files(
        &self,
        options: &FilesOptions,
        shared: SharedLayers,
        strictness: Strictness,
    ) -> Result<FilesDiff, DiffError> {
        let _ = (shared, strictness, self.old.files(self.access, options)?);
        Ok(FilesDiff {})
    }
}
