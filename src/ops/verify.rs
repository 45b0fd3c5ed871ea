//! Hashing what the store has, and fetching again what is not what it was.

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

/// How many blobs are hashed at once: more would only make a disk's head jump.
const AT_ONCE: usize = 4;

/// A look at every byte of a store, or of some of its images.
pub struct Verify {
    store: Store,
    images: Vec<Image>,
    scope: Scope,
    /// The images that lack something, as they were found.
    lacking: Vec<Holding>,
    /// What was found of each blob.
    checked: BTreeMap<Digest, Condition>,
    /// What is damaged and still where it was.
    in_place: Vec<Digest>,
    bytes: u64,
    /// How to fetch.
    options: transfer::Options,
    _keeping: Option<Keeping>,
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Blobs that belong to no image as well.
    Store,
    Images,
}

/// What a [`Verify`] came to.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many blobs were hashed, or should have been there to be hashed.
    pub blobs: usize,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// What was not as it should be, in the order of the digests.
    pub findings: Vec<Finding>,
}

/// A blob that was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The blob.
    pub digest: Digest,
    /// How it was found: not [`Condition::Whole`].
    pub found: Condition,
    /// The images that need it, by the names or digests that they are called by here.
    pub images: BTreeSet<String>,
    /// What has become of it.
    pub remedy: Remedy,
}

/// What has become of a blob that was not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It is here again, and whole.
    Fetched,
    /// No image needs it, and it is out of the way.
    SetAside,
    /// Images need it, and it is not here.
    Nothing,
}

impl Verified {
    /// Whether all is well now.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.remedy != Remedy::Nothing)
    }
}

impl Verify {
    /// Prepares to look at the images that are named, or else at the whole store. Until it is dropped,
    /// nobody sweeps the store.
    ///
    /// # Errors
    /// That there is no such image, or that the store cannot be read.
    pub async fn of(store: &Store, needles: &[String], options: transfer::Options) -> Result<Self, Error> {
        // A store that cannot be written can still be looked at. What is named must not go before it is hashed.
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

    /// Hashes what was not hashed yet, and answers which images lack something of it. When some of them were
    /// [mended](Self::mend), there may be more to hash: a manifest that was damaged could not tell what
    /// belongs to it.
    ///
    /// # Errors
    /// [`Error::Store`] if a file may not be read.
    ///
    /// # Cancel safety
    /// Nothing is changed.
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

    /// Takes what was found damaged out of the way, so that nothing uses it any more.
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be changed.
    pub fn set_aside(&mut self) -> Result<(), Error> {
        for digest in std::mem::take(&mut self.in_place) {
            self.store.blobs().set_aside(&digest)?;
        }
        Ok(())
    }

    /// Fetches what an image lacks from the registry that it is named after. To be called after
    /// [`set_aside`](Self::set_aside).
    ///
    /// # Errors
    /// [`Error::Unnamed`] if the image has no name; that the registry cannot give it; [`Error::NoSpace`].
    ///
    /// # Cancel safety
    /// What was fetched stays, and the next run goes on.
    pub async fn mend(
        &self,
        remote: &Remote,
        lacking: &Holding,
        observer: Arc<dyn Observer>,
    ) -> Result<(), Error> {
        if self.is_here(lacking)? {
            // It came with another image, or for another name.
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

    /// What it all came to.
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

/// Hashes blobs, several at once. The descriptors that come back have the sizes that the files have.
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
        while hashing.len() < AT_ONCE
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
