//! Hashes the content of the store, and fetches damaged blobs again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::digest::Digest;
use crate::image::{Descriptor, MediaType};
use crate::remote::Remote;
use crate::store::{Condition, Holding, Image, Keeping, Store};
use crate::transfer::{self, Ends, Event, Observer, Plan, Platforms};

use super::Error;
use super::space::check_space;

/// How many blobs are hashed concurrently: more would only cause seeks on a hard disk.
const CONCURRENT: usize = 4;

/// The verification of every byte of a store, or of some of its images.
pub struct Verify {
    store: Store,
    images: Vec<Image>,
    scope: Scope,
    /// The incomplete images, as they were found.
    lacking: Vec<Holding>,
    /// The condition of each blob.
    checked: BTreeMap<Digest, Condition>,
    /// The damaged blobs that have not been set aside yet.
    in_place: Vec<Digest>,
    bytes: u64,
    /// The options of fetching.
    options: transfer::Options,
    _keeping: Option<Keeping>,
}

/// The scope of a verification.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The whole store, including blobs that belong to no image.
    Store,
    Images,
}

/// The result of a [`Verify`].
#[derive(Debug, Default)]
pub struct Verified {
    /// The number of blobs that were hashed or are missing.
    pub blobs: usize,
    /// The number of bytes that were hashed.
    pub bytes: u64,
    /// The damaged and missing blobs, in the order of their digests.
    pub findings: Vec<Finding>,
}

/// A damaged or missing blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The blob.
    pub digest: Digest,
    /// Its condition: never [`Condition::Whole`].
    pub found: Condition,
    /// The images that need it, by their names or digests in the store.
    pub images: BTreeSet<String>,
    /// What was done about it.
    pub remedy: Remedy,
}

/// What was done about a damaged or missing blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It was fetched again and is intact.
    Fetched,
    /// No image needs it, and it was set aside.
    SetAside,
    /// Images need it, and it is still missing.
    Nothing,
}

impl Verified {
    /// Reports whether the store is intact now.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.remedy != Remedy::Nothing)
    }
}

impl Verify {
    /// Prepares the verification of the given images, or of the whole store if there are none. Until it is
    /// dropped, no process sweeps the store.
    ///
    /// # Errors
    /// An error if there is no such image, or if the store cannot be read.
    pub async fn of(store: &Store, needles: &[String], options: transfer::Options) -> Result<Self, Error> {
        // A read-only store can still be verified. The lock keeps content from being removed before it is
        // hashed.
        let keeping = if store.root().exists() { store.keep().await.ok() } else { None };
        let (images, scope) = if needles.is_empty() {
            (store.images()?, Scope::Store)
        } else {
            let found: Result<Vec<_>, _> = needles.iter().map(|needle| store.find(needle)).collect();
            (found?, Scope::Images)
        };
        Ok(Self {
            store: store.clone(),
            images,
            scope,
            lacking: Vec::new(),
            checked: BTreeMap::new(),
            in_place: Vec::new(),
            bytes: 0,
            options,
            _keeping: keeping,
        })
    }

    /// Hashes the blobs that were not hashed yet, and returns the images that lack some of them. After some
    /// of them were [repaired](Self::repair), there may be more to hash, because the content of a damaged
    /// manifest was unknown.
    ///
    /// # Errors
    /// [`Error::Store`] if a file cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn hash(&mut self, observer: Arc<dyn Observer>) -> Result<Vec<Holding>, Error> {
        let holdings: Result<Vec<_>, _> = self.images.iter().map(|image| self.store.holding(image)).collect();
        let holdings = holdings?;
        let mut unchecked: BTreeSet<Digest> =
            holdings.iter().flat_map(|holding| holding.needed.iter().cloned()).collect();
        if self.scope == Scope::Store {
            unchecked.extend(self.store.blobs().list()?);
        }
        unchecked.retain(|digest| !self.checked.contains_key(digest));
        let mut bad = HashSet::new();
        for (blob, condition) in hash_all(&self.store, unchecked, observer).await? {
            match condition {
                Condition::Whole => {}
                Condition::Missing => drop(bad.insert(blob.digest.clone())),
                Condition::Damaged => {
                    bad.insert(blob.digest.clone());
                    self.in_place.push(blob.digest.clone());
                }
            }
            self.bytes += blob.size;
            self.checked.insert(blob.digest, condition);
        }
        let lacking = holdings.into_iter().filter(|holding| !holding.needed.is_disjoint(&bad));
        let lacking: Vec<Holding> = lacking.collect();
        self.lacking.extend(lacking.iter().cloned());
        Ok(lacking)
    }

    /// Sets damaged blobs aside, so that they are not used any more.
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be changed.
    pub fn set_aside(&mut self) -> Result<(), Error> {
        for digest in std::mem::take(&mut self.in_place) {
            self.store.blobs().set_aside(&digest)?;
        }
        Ok(())
    }

    /// Fetches the missing blobs of an image from the registry in its name. It has to be called after
    /// [`set_aside`](Self::set_aside).
    ///
    /// # Errors
    /// [`Error::Unnamed`] if the image has no name; an error if the registry does not have the blobs;
    /// [`Error::NoSpace`].
    ///
    /// # Cancel safety
    /// Blobs that were fetched stay, and the next run resumes from there.
    pub async fn repair(
        &self,
        remote: &Remote,
        lacking: &Holding,
        observer: Arc<dyn Observer>,
    ) -> Result<(), Error> {
        if self.is_here(lacking)? {
            // They came with another image, or for another name of it.
            return Ok(());
        }
        let image = &lacking.image;
        let reference = image.reference.as_ref();
        let name = &reference.ok_or_else(|| Error::Unnamed(image.descriptor.digest.clone()))?.name;
        let source = Arc::new(remote.repository(name)?);
        let target = Arc::new(self.store.repository(name));
        let platforms = Platforms::Listed(lacking.manifests.clone());
        let plan = Plan::make(&*source, &image.descriptor, &platforms).await?;
        check_space(&self.store, &target, &plan).await?;
        transfer::fill(Ends { source, target, observer }, plan, &self.options).await?;
        Ok(())
    }

    /// Returns the result.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn end(self) -> Result<Verified, Error> {
        let bad = self.checked.iter().filter(|(_, condition)| **condition != Condition::Whole);
        let findings: Result<Vec<_>, Error> =
            bad.map(|(digest, found)| self.finding(digest, *found)).collect();
        Ok(Verified { blobs: self.checked.len(), bytes: self.bytes, findings: findings? })
    }

    fn finding(&self, digest: &Digest, found: Condition) -> Result<Finding, Error> {
        let needing = self.lacking.iter().filter(|holding| holding.needed.contains(digest));
        let images: BTreeSet<String> = needing.map(Holding::called).collect();
        let here = !self.in_place.contains(digest) && self.store.blobs().size(digest)?.is_some();
        let remedy = match (here, images.is_empty()) {
            (true, _) => Remedy::Fetched,
            (false, true) if !self.in_place.contains(digest) => Remedy::SetAside,
            (false, _) => Remedy::Nothing,
        };
        Ok(Finding { digest: digest.clone(), found, images, remedy })
    }

    fn is_here(&self, holding: &Holding) -> Result<bool, Error> {
        for digest in &holding.needed {
            if self.store.blobs().size(digest)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Hashes blobs concurrently. The returned descriptors have the sizes of the files.
async fn hash_all(
    store: &Store,
    digests: BTreeSet<Digest>,
    observer: Arc<dyn Observer>,
) -> Result<Vec<(Descriptor, Condition)>, Error> {
    let mut blobs = Vec::new();
    for digest in digests {
        let size = store.blobs().size(&digest)?.unwrap_or_default();
        blobs.push(Descriptor::new(MediaType::OCTET_STREAM, digest, size));
    }
    let bytes = blobs.iter().map(|blob| blob.size).sum();
    observer.event(Event::Planned { blobs: blobs.clone(), platforms: HashMap::new(), bytes });
    let mut waiting = blobs.into_iter();
    let mut hashing = JoinSet::new();
    let mut hashed = Vec::new();
    loop {
        while hashing.len() < CONCURRENT
            && let Some(blob) = waiting.next()
        {
            hashing.spawn(hash(store.clone(), blob, Arc::clone(&observer)));
        }
        match hashing.join_next().await {
            None => return Ok(hashed),
            Some(result) => hashed.push(result.map_err(transfer::Error::Task)??),
        }
    }
}

async fn hash(
    store: Store,
    blob: Descriptor,
    observer: Arc<dyn Observer>,
) -> Result<(Descriptor, Condition), Error> {
    let digest = || blob.digest.clone();
    observer.event(Event::Started { digest: digest(), offset: 0, size: blob.size });
    let read = |bytes| observer.event(Event::Advanced { digest: digest(), bytes });
    let condition = store.blobs().verify(&blob.digest, read).await?;
    if condition == Condition::Whole {
        observer.event(Event::Finished { digest: digest() });
    }
    Ok((blob, condition))
}
