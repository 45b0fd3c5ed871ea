//! An installed package.

use super::Error;

/// Maximum number of packages in one database. A full desktop of Debian has 3,000.
pub const PACKAGES_MAX: usize = 100_000;

/// Maximum length of a name, a version or an architecture in bytes. Real ones have fewer than 100.
pub(super) const TEXT_BYTES_MAX: usize = 1024;

/// An installed package.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// The name.
    pub name: String,
    /// The architecture, in the words of the distribution; empty if it is not recorded.
    pub architecture: String,
    /// The version with its epoch and release, as the distribution's own tool shows it.
    pub version: String,
}

/// Packages that are collected up to a limit.
#[derive(Default)]
pub(super) struct Packages(Vec<Package>);

impl Packages {
    /// Adds a package. One without a name or a version is left out, as the distributions' own tools do.
    pub(super) fn add(&mut self, package: Package) -> Result<(), Error> {
        if package.name.is_empty() || package.version.is_empty() {
            return Ok(());
        }
        let texts = [&package.name, &package.architecture, &package.version];
        if self.0.len() == PACKAGES_MAX {
            return Err(Error::Limit("100,000 packages"));
        }
        if texts.iter().any(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(Error::Limit("1,024 bytes in a name or a version"));
        }
        self.0.push(package);
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<Package> {
        self.0
    }
}
