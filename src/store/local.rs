//! The images of a store that share a name, as both ends of a copy.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::contents::{Contents, detect_manifest, read_manifest};
use super::image::{EntryName, false_name_of};
use super::lock::Lock;
use super::mount_sources::MountSources;
use super::{Error, Image, Store, check_entry_name, disk};
use crate::content::{BlobReader, BlobWriter, Existence, Locations, Partials, Source, Target};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::{Descriptor, REF_NAME, RawManifest};
use crate::reference::{Name, Reference, Selector};

/// The images of one name in a store, or one image of a plain OCI layout. Cheap to clone.
///
/// As a target, it and its clones prevent a sweep from the first query until they are dropped, so that
/// content reported as present stays until the image is tagged.
#[derive(Clone, Debug)]
pub struct LocalRepository {
    store: Store,
    naming: Naming,
    guard: Arc<OnceCell<Lock>>,
    /// Whether no file may be changed, not even a lock.
    is_read_only: bool,
}

/// How selectors map to names in index.json.
#[derive(Clone, Debug)]
enum Naming {
    /// `name:tag` or `name@digest`.
    Repository(Name),
    /// Exactly this text, or no name, independent of the tag.
    Layout(Option<String>),
}

impl LocalRepository {
    pub(super) fn named(store: Store, name: Name) -> Self {
        Self::new(store, Naming::Repository(name))
    }

    pub(super) fn layout(store: Store, tag: Option<&str>) -> Self {
        Self::new(store, Naming::Layout(tag.map(str::to_owned)))
    }

    fn new(store: Store, naming: Naming) -> Self {
        Self { store, naming, guard: Arc::default(), is_read_only: false }
    }

    /// Returns a read-only view: it takes no lock, so what it reports may be stale immediately.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// Returns its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the images of `root` whose content is completely in the store. For an index these are the
    /// platforms that were pulled, and for a single image it is the image itself.
    ///
    /// An index usually has more images than are in the store. A push can send the complete ones alone, each
    /// under its own digest, or the whole index only if [`is_complete`](Self::is_complete).
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn present_platforms(&self, root: &Descriptor) -> Result<Vec<Descriptor>, Error> {
        let contents = Contents::of(self.store.blobs(), root)?;
        Ok(contents.complete_images().map(|held| held.descriptor.clone()).collect())
    }

    /// Reports whether `root` and all content it refers to, at any depth, is in the store. Foreign layers do
    /// not count, because they are never stored.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_complete(&self, root: &Descriptor) -> Result<bool, Error> {
        Ok(Contents::of(self.store.blobs(), root)?.is_complete())
    }

    /// Returns the first blob that an image of `root` has lost: the manifest of the image is in the store, but
    /// the blob is missing or incomplete. Images that were never pulled have no manifest in the store.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn lost_blob(&self, root: &Descriptor) -> Result<Option<Digest>, Error> {
        Ok(Contents::of(self.store.blobs(), root)?.lost)
    }

    fn find(&self, selector: &Selector) -> Result<Descriptor, Error> {
        match (&self.naming, selector) {
            (_, Selector::Digest(digest)) => self.find_digest(digest),
            (Naming::Repository(name), Selector::Tag(tag)) => {
                let reference = Reference::tagged(name.clone(), tag.clone());
                let catalog = self.store.catalog()?;
                let found = catalog.named(&reference).map(|image| image.descriptor.clone());
                found.ok_or_else(|| Error::NoSuchImage(reference.familiar()))
            }
            (Naming::Layout(_), Selector::Tag(_)) if is_missing(self.store.root()) => {
                Err(Error::NoLayout(self.store.root().to_owned()))
            }
            (Naming::Layout(Some(tag)), Selector::Tag(_)) => {
                let entry_name = EntryName::Verbatim(tag.clone());
                let catalog = self.store.catalog()?;
                let found = catalog.find(&entry_name).map(|image| image.descriptor.clone());
                let path = self.store.root().to_owned();
                let found = found.ok_or_else(|| Error::NotInLayout { path, name: tag.clone() })?;
                check_entry_name(&entry_name, &found)?;
                Ok(found)
            }
            (Naming::Layout(None), Selector::Tag(_)) => self.only_entry(),
        }
    }

    /// Finds an entry by its digest. An entry has more details about its manifest than the manifest itself, and
    /// any entry of the manifest is sufficient.
    fn find_digest(&self, digest: &Digest) -> Result<Descriptor, Error> {
        if let Some(image) = self.store.catalog()?.with_digest(digest).next() {
            return Ok(image.descriptor.clone());
        }
        match detect_manifest(self.store.blobs(), digest) {
            Err(Error::Missing(_)) => Err(Error::NoSuchImage(match &self.naming {
                Naming::Repository(name) => Reference::digested(name.clone(), digest.clone()).familiar(),
                Naming::Layout(_) => digest.to_string(),
            })),
            found => found,
        }
    }

    fn only_entry(&self) -> Result<Descriptor, Error> {
        let path = || self.store.root().to_owned();
        let catalog = self.store.catalog()?;
        match &catalog.images().map(Arc::as_ref).collect::<Vec<_>>()[..] {
            [] => Err(Error::EmptyLayout { path: path() }),
            [only] => match false_name_of(&only.descriptor) {
                Some(name) => Err(Error::FalseName { name, actual: only.descriptor.digest.clone() }),
                None => Ok(only.descriptor.clone()),
            },
            images => {
                let name = |Image { descriptor, .. }: &&Image| match descriptor.annotations.get(REF_NAME) {
                    Some(name) => name.clone(),
                    None => descriptor.digest.to_string(),
                };
                Err(Error::SeveralImages { path: path(), names: images.iter().map(name).collect() })
            }
        }
    }

    fn entry_name(&self, selector: &Selector) -> EntryName {
        match &self.naming {
            Naming::Repository(name) => EntryName::Reference(match selector {
                Selector::Tag(tag) => Reference::tagged(name.clone(), tag.clone()),
                Selector::Digest(digest) => Reference::digested(name.clone(), digest.clone()),
            }),
            Naming::Layout(Some(tag)) => EntryName::Verbatim(tag.clone()),
            Naming::Layout(None) => EntryName::Unnamed,
        }
    }

    /// Prevents sweeps from now on. Abandoned old partial blobs are removed first.
    async fn hold(&self) -> Result<(), Error> {
        let hold = || async {
            self.store.forget_old_partials().await;
            self.store.share().await
        };
        self.guard.get_or_try_init(hold).await.map(drop)
    }

    /// Like [`hold`](Self::hold), for reading. Where no lock can be created, nothing can be removed either.
    /// Reports whether the store exists.
    async fn hold_if_there(&self) -> bool {
        let there = self.store.root().exists();
        if there
            && !self.is_read_only
            && let Err(error) = self.hold().await
        {
            tracing::debug!(%error, "reading a store without a lock");
        }
        there
    }
}

/// Reports whether a folder certainly does not exist.
fn is_missing(folder: &Path) -> bool {
    folder.metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

impl LocalRepository {
    async fn find_locations(&self, blob: &Descriptor, near: &Name) -> Result<Vec<Name>, Error> {
        let catalog = self.store.catalog()?;
        let sources = catalog.mount_sources(near);
        let look = || {
            let (blobs, catalog, near) = (self.store.blobs().clone(), Arc::clone(&catalog), near.clone());
            disk::aside(move || {
                Ok(MountSources::find(&blobs, &catalog.images().map(Arc::as_ref).collect::<Vec<_>>(), &near))
            })
        };
        Ok(sources.get_or_try_init(look).await?.of(&blob.digest))
    }
}

#[async_trait]
impl Source for LocalRepository {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.find(selector)?)
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(read_manifest(self.store.blobs(), descriptor)?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        Ok(self.store.blobs().open(blob, range)?.into())
    }

    /// Reports true for the store's own blobs, and false for a layout, which another user may have written.
    fn is_verified(&self) -> bool {
        matches!(self.naming, Naming::Repository(_))
    }

    fn locations(&self) -> Option<&dyn Locations> {
        Some(self)
    }
}

#[async_trait]
impl Locations for LocalRepository {
    /// Returns the names of the store's images that have this blob and may be useful. They are looked up once
    /// for each repository, on a thread of their own.
    async fn of(&self, blob: &Descriptor, near: &Name) -> Vec<Name> {
        match self.find_locations(blob, near).await {
            Ok(names) => names,
            Err(error) => {
                tracing::debug!(%error, "no image of the store can be mounted from");
                Vec::new()
            }
        }
    }
}

/// It mounts nothing, because all names of a store share their blobs.
#[async_trait]
impl Target for LocalRepository {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        Ok((self.hold_if_there().await && self.store.blobs().contains(blob)?).into())
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        self.hold().await?;
        Ok(Box::new(self.store.blobs().create(blob).await?))
    }

    fn partials(&self) -> Option<&dyn Partials> {
        Some(self)
    }

    fn as_source(&self) -> Option<&dyn Source> {
        Some(self)
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        self.hold().await?;
        let digest = &manifest.descriptor().digest;
        Ok(self.store.blobs().put_as(digest, manifest.bytes().clone()).await?)
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        let entry_name = self.entry_name(selector);
        let image = manifest.descriptor();
        let blobs = self.store.blobs();
        check_entry_name(&entry_name, image)?;
        // An unchanged pull writes nothing, so that it works on a read-only store.
        if self.store.catalog()?.means(&entry_name, &image.digest) && read_manifest(blobs, image).is_ok() {
            return Ok(());
        }
        self.put_manifest(manifest).await?;
        Ok(self.store.name(entry_name, image.clone()).await?)
    }
}

#[async_trait]
impl Partials for LocalRepository {
    async fn partial(&self, blob: &Descriptor) -> Result<u64, Failure> {
        Ok(self.store.blobs().partial(blob)?)
    }

    /// Removes the partial blob without reading it.
    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure> {
        self.hold().await?;
        Ok(self.store.blobs().discard(&blob.digest).await?)
    }
}
