//! The packages of two images.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use super::files::{DiffFilesOptions, FileChange, SharedLayers};
use super::filter::PathFilter;
use super::pair::Pair;
use super::{DiffError, Side, Strictness};
use crate::filesystem::{Entry, EntryKind};
use crate::ops::files::{FilesOptions, ImageFiles, Selection};
use crate::packages::{DATABASE_BYTES_MAX, Database, Error, PATHS, Package};

/// Maximum number of databases of an image that are read: distroless images have one for each package, fewer than 100.
const DATABASES_MAX: usize = 1000;

/// The packages that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackagesDiff {
    /// The packages, by their names.
    pub changes: Vec<PackageChange>,
}

/// A package that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    /// The name, with the architecture if an image has the package for several.
    pub name: String,
    /// The old version, or several; `None` if it is not installed.
    pub old: Option<String>,
    /// The new version, or several; `None` if it is not installed.
    pub new: Option<String>,
}

/// The versions of a package, by its architecture.
type Versions = BTreeMap<String, BTreeSet<String>>;

impl Pair<'_> {
    /// Compares the packages in the databases of dpkg, apk and rpm. A database that both images have is not read.
    ///
    /// # Errors
    /// [`DiffError::Files`] if a layer cannot be read, [`DiffError::Packages`] if a database cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future stops all reads. Finished lists stay in the cache.
    pub async fn packages(&self, options: &FilesOptions) -> Result<PackagesDiff, DiffError> {
        let only = PATHS.iter().filter_map(|path| Selection::parse(path.as_bytes())).collect();
        let files = DiffFilesOptions {
            files: options.clone(),
            shared: SharedLayers::Read,
            strictness: Strictness::Semantic,
            filter: PathFilter { only, ..PathFilter::default() },
        };
        let mut databases: [Vec<Entry>; 2] = Default::default();
        // A layer that is downloaded for its list is read again for its database.
        let diff = self.compare_files(&files, ImageFiles::keeping_layers).await?;
        for change in diff.changes()? {
            let found = match change? {
                FileChange::Added(new) => [None, Some(new)],
                FileChange::Removed(old) => [Some(old), None],
                FileChange::Changed { old, new, .. } => [Some(*old), Some(*new)],
                FileChange::Undecided(_) => [None, None],
            };
            databases.iter_mut().zip(found).for_each(|(databases, found)| {
                databases.extend(found.filter(|_| databases.len() <= DATABASES_MAX));
            });
        }
        let [old, new] = databases;
        let [of_old, of_new] = &diff.images;
        let old = self.old.packages(of_old, old).await?;
        let new = self.new.packages(of_new, new).await?;
        Ok(PackagesDiff { changes: compare(old, new) })
    }
}

impl Side {
    async fn packages(&self, image: &ImageFiles, databases: Vec<Entry>) -> Result<Vec<Package>, DiffError> {
        let mut packages = Vec::new();
        for (number, Entry { path, kind, .. }) in databases.into_iter().enumerate() {
            let (Some(database), EntryKind::File(content)) = (Database::at(path.as_bytes()), kind) else {
                continue;
            };
            let failed = |source| DiffError::Packages {
                image: self.place.to_string(),
                path: path.to_string(),
                source,
            };
            if number == DATABASES_MAX {
                return Err(failed(Error::Limit("1,000 parts")));
            }
            if content.size > DATABASE_BYTES_MAX {
                return Err(failed(Error::Limit("256 MiB")));
            }
            let mut bytes = Vec::new();
            let read =
                image.read(&path.clone().into()).await?.take(DATABASE_BYTES_MAX).read_to_end(&mut bytes);
            read.map_err(|_| failed(Error::Damaged("a temporary file cannot be read")))?;
            packages.extend(database.parse(&bytes).map_err(failed)?);
        }
        Ok(packages)
    }
}

fn compare(old: Vec<Package>, new: Vec<Package>) -> Vec<PackageChange> {
    let mut names: BTreeMap<String, [Versions; 2]> = BTreeMap::new();
    for (side, packages) in [old, new].into_iter().enumerate() {
        for Package { name, architecture, version } in packages {
            names.entry(name).or_default()[side].entry(architecture).or_default().insert(version);
        }
    }
    names.into_iter().flat_map(|(name, sides)| changes(&name, sides)).collect()
}

/// Compares one package: by its architectures if an image has several. Otherwise they do not count, because images for
/// different platforms may be compared.
fn changes(name: &str, [old, new]: [Versions; 2]) -> Vec<PackageChange> {
    let text = |versions: Option<&BTreeSet<String>>| {
        versions.map(|versions| versions.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    let mut all = Vec::new();
    if old.len() <= 1 && new.len() <= 1 {
        let (old, new) = (text(old.values().next()), text(new.values().next()));
        all.push(PackageChange { name: name.to_owned(), old, new });
    } else {
        let architectures: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        all.extend(architectures.into_iter().map(|architecture| PackageChange {
            name: format!("{name}:{architecture}"),
            old: text(old.get(architecture)),
            new: text(new.get(architecture)),
        }));
    }
    all.retain(|change| change.old != change.new);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(text: &str) -> Vec<Package> {
        let package = |word: &str| {
            let parts: Vec<&str> = word.split('/').collect();
            let [name, architecture, version] = [0, 1, 2].map(|part| parts[part].to_owned());
            Package { name, architecture, version }
        };
        text.split_whitespace().map(package).collect()
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        let text = |version: Option<String>| version.unwrap_or_else(|| "-".to_owned());
        let changes = compare(packages(old), packages(new)).into_iter();
        changes.map(|change| format!("{} {} {}", change.name, text(change.old), text(change.new))).collect()
    }

    #[test]
    fn packages_are_compared_by_their_names() {
        assert_eq!(told("a/x/1 b/x/1 c/x/1", "b/x/2 c/x/1 d/x/1"), ["a 1 -", "b 1 2", "d - 1"]);
        assert_eq!(told("a/amd64/1", "a/arm64/1"), [""; 0], "images for different platforms");
    }

    #[test]
    fn several_architectures_and_versions_are_compared_each() {
        assert_eq!(told("a/x/1 a/y/1", "a/x/1 a/y/2"), ["a:y 1 2"]);
        assert_eq!(told("kernel/x/1 kernel/x/2", "kernel/x/2 kernel/x/3"), ["kernel 1, 2 2, 3"]);
    }
}
