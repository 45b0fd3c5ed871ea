//! Brings the images of a bundle to registries.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::located::Located;
use super::needs::Needs;
use super::options::BundleOptions;
use crate::archive::{Archive, Input};
use crate::content::Target as _;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::ops::Error;
use crate::ops::open::Access;
use crate::reference::{self, Name, Reference, Registry, RepositoryName};
use crate::remote::{ListedBy, Repository};
use crate::transfer::{self, Ends, Layers, Plan, Platforms, SharedOptions};

/// How many blobs are asked for concurrently.
const CONCURRENT: usize = 16;

/// In how many other repositories a blob is looked for. A base layer may be in hundreds.
const REPOSITORIES_MAX: usize = 16;

/// Where images go: a registry, and the beginning of all repositories there. Displayed as `HOST/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    registry: Registry,
    path: Option<RepositoryName>,
}

impl FromStr for Prefix {
    type Err = reference::Error;

    /// Parses `HOST[:PORT][/PREFIX]`.
    fn from_str(text: &str) -> Result<Self, reference::Error> {
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { None } else { Some(path.parse()?) };
        Ok(Self { registry: Registry::from_server(host)?, path })
    }
}

impl Prefix {
    /// Returns the name of a repository there, `HOST/PREFIX/library/nginx` for `docker.io/library/nginx`.
    fn of(&self, name: &Name) -> Result<Name, Error> {
        let repository = match &self.path {
            Some(path) => format!("{path}/{}", name.repository),
            None => name.repository.to_string(),
        };
        let repository =
            repository.parse().map_err(|error: reference::Error| Error::Invalid(error.to_string()))?;
        Ok(Name { registry: self.registry.clone(), repository })
    }
}

/// A bundle, or any other OCI archive, that is being applied. All of its content matches its digests.
pub struct OpenBundle {
    archive: Archive,
    needs: Needs,
}

/// An image of a bundle and its destination.
pub struct Arrival {
    /// Its name at the destination.
    pub name: Reference,
    /// The manifest or index.
    pub root: Descriptor,
    plan: Plan,
    repository: Repository,
    /// Blobs that the bundle leaves out, in other repositories of the registry.
    elsewhere: HashMap<Digest, Repository>,
}

/// An image that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name at the destination.
    pub name: Reference,
    /// The manifest or index.
    pub root: Descriptor,
    /// How many bytes of blobs were sent.
    pub moved: u64,
}

impl OpenBundle {
    /// Opens a bundle and verifies all of its content.
    ///
    /// # Errors
    /// An error if the file is not an archive, or anything in it is damaged.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn open(access: Access<'_>, file: &Path) -> Result<Self, Error> {
        let archive = Archive::open(Input::Path(file.to_owned()), access.scratch()).await?;
        archive.verify().await?;
        let needs = Needs::of(&archive)?;
        Ok(Self { archive, needs })
    }

    /// Finds out where each image goes, and checks that everything is there: in the bundle, or at the destination if
    /// the bundle leaves it out. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::BundleNeeds`] if a blob is at neither; [`Error::Archive`] if it should be in the bundle;
    /// [`Error::Invalid`] if an image has no name, or two have the same name at the destination.
    pub async fn arrivals(&self, access: Access<'_>, to: Option<&Prefix>) -> Result<Vec<Arrival>, Error> {
        let mut names: HashMap<Reference, Digest> = HashMap::new();
        let mut arrivals = Vec::new();
        for image in self.archive.images() {
            let root = image.descriptor.clone();
            let Some(old) = image.reference.clone() else {
                return Err(Error::Invalid(format!("the image {} in the bundle has no name", root.digest)));
            };
            let name = Reference { name: destination(&old.name, to)?, ..old };
            if names.insert(name.clone(), root.digest.clone()).is_some_and(|other| other != root.digest) {
                return Err(Error::Invalid(format!("two images of the bundle would be called {name}")));
            }
            let plan = Plan::make(&self.archive, &root, &Platforms::All).await?;
            let repository = access.remote.repository(&name.name)?.past_mirrors();
            arrivals.push(Arrival { name, root, plan, repository, elsewhere: HashMap::new() });
        }
        self.check(access, to, &mut arrivals).await?;
        Ok(arrivals)
    }

    async fn check(
        &self,
        access: Access<'_>,
        to: Option<&Prefix>,
        arrivals: &mut [Arrival],
    ) -> Result<(), Error> {
        let sought = self.sought(arrivals)?;
        let ask = async |sought: Sought| {
            let found = self.find(access, to, &sought).await?;
            Ok::<_, Error>((sought, found))
        };
        let answers: Vec<(Sought, Found)> =
            stream::iter(sought).map(ask).buffered(CONCURRENT).try_collect().await?;
        let mut missing: BTreeMap<Name, Vec<Digest>> = BTreeMap::new();
        let mut elsewhere: HashMap<(Name, Digest), Repository> = HashMap::new();
        for (Sought { repository, blob }, found) in answers {
            let name = repository.name().clone();
            match found {
                Found::Here => {}
                Found::In(other) => drop(elsewhere.insert((name, blob.digest), other)),
                Found::Nowhere => missing.entry(name).or_default().push(blob.digest),
            }
        }
        if let Some((name, digests)) = missing.into_iter().next() {
            let (name, count, example) = (Box::new(name), digests.len(), digests[0].clone());
            return Err(Error::BundleNeeds { name, count, example });
        }
        for ((name, digest), other) in elsewhere {
            for arrival in arrivals.iter_mut().filter(|arrival| *arrival.repository.name() == name) {
                arrival.elsewhere.insert(digest.clone(), other.clone());
            }
        }
        Ok(())
    }

    /// Returns the blobs that the bundle leaves out, each once for each repository.
    fn sought(&self, arrivals: &[Arrival]) -> Result<Vec<Sought>, Error> {
        let mut seen = HashSet::new();
        let mut sought = Vec::new();
        for arrival in arrivals {
            for blob in arrival.plan.blobs.iter().filter(|blob| !blob.media_type.is_foreign()) {
                if self.archive.holds(blob) || !seen.insert((arrival.repository.name(), &blob.digest)) {
                    continue;
                }
                if !self.needs.0.contains_key(&blob.digest) {
                    // The error says what is missing.
                    self.archive.check(blob)?;
                }
                sought.push(Sought { repository: arrival.repository.clone(), blob: blob.clone() });
            }
        }
        Ok(sought)
    }

    /// Finds a blob in its repository, or in another one that the older bundle has brought it to.
    async fn find(&self, access: Access<'_>, to: Option<&Prefix>, sought: &Sought) -> Result<Found, Error> {
        let Sought { repository, blob } = sought;
        if repository.holds_blob(blob).await? {
            return Ok(Found::Here);
        }
        let needs = self.needs.0.get(&blob.digest);
        let others = needs.into_iter().flat_map(|need| &need.repositories).take(REPOSITORIES_MAX);
        for other in others.filter_map(|name| name.parse::<Reference>().ok()) {
            let name = destination(&other.name, to)?;
            if name.registry != repository.name().registry || name == *repository.name() {
                continue;
            }
            let other = access.remote.repository(&name)?.past_mirrors();
            if other.holds_blob(blob).await? {
                return Ok(Found::In(other));
            }
        }
        Ok(Found::Nowhere)
    }

    /// Brings an image to its destination. A referrer is listed there.
    ///
    /// # Errors
    /// Every [`transfer::Error`]; the error of the registry if it refuses the image.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the tag unchanged.
    pub async fn apply(&self, arrival: Arrival, options: BundleOptions) -> Result<Applied, Error> {
        let Arrival { name, root, plan, repository, elsewhere } = arrival;
        let (manifest, target) = (plan.root().clone(), Arc::new(repository.clone()));
        let source = Located { archive: self.archive.clone(), elsewhere };
        let ends = Ends { source: Arc::new(source), target, observer: options.observer };
        // The bundle was checked as a whole, and configs may be left out.
        let transfer = transfer::Options { layers: Layers::AsTheyAre, ..options.transfer };
        let shared = SharedOptions { options: &transfer, sharing: options.sharing };
        let outcome = transfer::copy_sharing(ends, plan, &name.selector(), shared).await?;
        if let Some(subject) = manifest.subject()? {
            let listed = repository.list_referrers(&subject.digest).await?;
            if listed.listed_by == ListedBy::Tag {
                repository.add_referrers(&subject.digest, &[manifest.as_referrer()?]).await?;
            }
        }
        Ok(Applied { name, root, moved: outcome.moved })
    }
}

/// A blob that a repository should have.
struct Sought {
    repository: Repository,
    blob: Descriptor,
}

/// Where a blob was found.
enum Found {
    Here,
    In(Repository),
    Nowhere,
}

fn destination(name: &Name, to: Option<&Prefix>) -> Result<Name, Error> {
    to.map_or_else(|| Ok(name.clone()), |to| to.of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_put_before_the_whole_path() {
        let nginx = "nginx".parse::<Reference>().unwrap().name;
        for (to, name) in [
            ("registry.lab:5000", "registry.lab:5000/library/nginx"),
            ("registry.lab:5000/mirror/hub/", "registry.lab:5000/mirror/hub/library/nginx"),
        ] {
            assert_eq!(to.parse::<Prefix>().unwrap().of(&nginx).unwrap().to_string(), name);
        }
        for bad in ["", "registry.lab/Upper", "registry.lab//x", "http:///x"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }
}
