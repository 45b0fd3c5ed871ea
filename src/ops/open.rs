//! Opens a [`Place`] as the source or the target of a copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::{Archive, Input, Label, Output, Writer};
use crate::config;
use crate::content::{Source, Target};
use crate::engine::Load;
use crate::image::{Descriptor, Manifest, Platform, RawManifest};
use crate::reference::{Selector, Tag};
use crate::remote::{Remote, Repository};
use crate::store::{LocalRepository, Store, disk};
use crate::transfer::{self, Plan, Platforms};

use super::engine::connect;
use super::platform::check_platform;
use super::present::Present;
use super::space::look_for_space;
use super::{Error, Place};

/// The access to registries and the store.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// All registries.
    pub remote: &'a Remote,
    /// The store, if there is a directory for it.
    pub store: Option<&'a Store>,
}

impl<'a> Access<'a> {
    /// Returns the store for an operation that cannot work without it.
    ///
    /// # Errors
    /// [`config::Error::NoHome`]: the store has no directory only if there is no home directory.
    pub(super) fn store(self) -> Result<&'a Store, Error> {
        self.store.ok_or(Error::Config(config::Error::NoHome { what: config::STORE }))
    }

    /// Returns the directory for large temporary files; the system's directory if there is no store, or it cannot be
    /// written.
    pub(super) fn scratch(self) -> PathBuf {
        let Some(folder) = self.store.map(scratch) else { return std::env::temp_dir() };
        if disk::may_create(&folder) {
            return folder;
        }
        tracing::debug!(
            "the store cannot be written, so temporary files are elsewhere: {}",
            folder.display()
        );
        std::env::temp_dir()
    }
}

/// Returns the directory for large temporary files: an archive that is unpacked, a layer that is packed. The
/// system's directory is not used, because it may be small or in memory.
pub fn scratch(store: &Store) -> PathBuf {
    store.root().join("parts")
}

/// A location that is read from, and the image there.
pub(super) struct Opened {
    pub(super) source: Arc<dyn Source>,
    /// The manifest or index that the name points to.
    pub(super) root: Descriptor,
    /// Whether the manifest or index was read.
    pub(super) is_read: bool,
    /// What to copy of it by default: everything, or the available part of an incomplete index.
    pub(super) available: Platforms,
}

impl Opened {
    fn new(source: impl Source + 'static, root: Descriptor) -> Self {
        Self { source: Arc::new(source), root, is_read: true, available: Platforms::All }
    }

    /// Reads the manifest or index that the name points to, or the manifest for `platform` in an index.
    ///
    /// # Errors
    /// An error if it cannot be read, or if there is none for the platform.
    pub(super) async fn manifest(&self, platform: Option<&Platform>) -> Result<RawManifest, Error> {
        let root = self.source.manifest(&self.root).await?;
        let Some(platform) = platform else { return Ok(root) };
        if let Manifest::Index(index) = root.parse()? {
            let chosen = transfer::choose(&*self.source, &index, platform).await?;
            return Ok(self.source.manifest(&chosen).await?);
        }
        check_platform(&*self.source, &root, std::slice::from_ref(platform)).await?;
        Ok(root)
    }
}

/// Whether a location may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It may be changed.
    Write,
    /// It is only read; not even a lock is taken.
    Look,
}

/// A location that is written to.
pub(super) struct Created {
    pub(super) target: Arc<dyn Target>,
    /// The tag or digest of the image at the target.
    pub(super) selector: Selector,
    kind: Kind,
}

/// The kinds of targets that need special treatment.
enum Kind {
    Registry(Repository),
    /// Files on a disk, which may be full.
    Disk(LocalRepository),
    Archive,
    Engine(Load),
}

impl Created {
    /// Returns the repository, if the target is at a registry.
    pub(super) fn repository(&self) -> Option<&Repository> {
        match &self.kind {
            Kind::Registry(repository) => Some(repository),
            Kind::Disk(_) | Kind::Archive | Kind::Engine(_) => None,
        }
    }

    /// Returns the platform to copy if none is requested; `None` for all.
    ///
    /// # Errors
    /// An error if a Docker Engine, which runs images for one platform, cannot be asked.
    pub(super) async fn platform(&self) -> Result<Option<Platform>, Error> {
        match &self.kind {
            Kind::Engine(load) => Ok(Some(load.engine().platform().await?)),
            Kind::Registry(_) | Kind::Disk(_) | Kind::Archive => Ok(None),
        }
    }

    /// Reports whether the target may have an index without all of its content, as the store does after a pull
    /// of one platform. A registry refuses such an index, and an archive with it cannot be copied to one.
    pub(super) fn is_partial_allowed(&self) -> bool {
        matches!(self.kind, Kind::Disk(_))
    }

    /// Checks that the missing blobs of `plan` fit on the disk.
    ///
    /// # Errors
    /// [`Error::NoSpace`].
    pub(super) async fn check_space(&self, plan: &Plan) -> Result<(), Error> {
        match &self.kind {
            Kind::Disk(local) => look_for_space(local, plan).await,
            Kind::Registry(_) | Kind::Archive | Kind::Engine(_) => Ok(()),
        }
    }

    /// Runs `copy`, which owns the target and writes to it. A Docker Engine reads the written bytes
    /// concurrently, until all writers have been dropped.
    ///
    /// # Errors
    /// The errors of `copy`, and those of the Engine.
    pub(super) async fn run<T>(self, copy: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Self { target, kind, .. } = self;
        drop(target);
        match kind {
            Kind::Engine(load) => load.with(copy).await,
            Kind::Registry(_) | Kind::Disk(_) | Kind::Archive => copy.await,
        }
    }
}

impl Place {
    /// Opens the location, and finds the image there.
    ///
    /// # Errors
    /// An error if there is no such image, or if the location cannot be reached or read.
    pub(super) async fn open(&self, access: Access<'_>) -> Result<Opened, Error> {
        match self {
            Self::Registry(reference) => {
                let source = access.remote.repository(&reference.name)?;
                let root = match reference.selector() {
                    // What a digest means does not change, so it is not read twice.
                    Selector::Digest(digest) => source.manifest_of(&digest).await,
                    tag @ Selector::Tag(_) => source.get_manifest(&tag).await,
                };
                match root {
                    Ok(root) => Ok(Opened::new(source, root.descriptor().clone())),
                    Err(error) => Err(Error::of_pull_advised(access.remote, reference, error).await),
                }
            }
            Self::Store(reference) => {
                let source = access.store()?.repository(&reference.name);
                let root = source.resolve(&reference.selector()).await?;
                Ok(Opened::new(source, root))
            }
            Self::Layout { folder, tag } => {
                let source = Store::open_layout(folder)?.layout(tag.as_deref());
                let root = source.resolve(&Tag::latest().into()).await?;
                Ok(Opened::new(source, root))
            }
            Self::OciArchive { file, tag } => open_archive(access, file, tag.clone()).await,
            Self::DockerArchive { file, reference } => {
                open_archive(access, file, reference.as_ref().map(ToString::to_string)).await
            }
            Self::DockerDaemon(reference) => {
                let engine = connect(access.remote.config()).await?;
                let archive = engine.save(reference, access.scratch()).await?;
                let named = archive.find(Some(&reference.to_string()));
                // The archive has no name for an image that was requested by its ID or digest.
                let root = named.or_else(|_| archive.find(None))?.descriptor.clone();
                all_of(archive, root).await
            }
        }
    }

    /// Opens the location like [`open`](Place::open), but does not read the manifest at a registry, if that can be
    /// resolved without. Docker Hub counts only manifests that are read.
    ///
    /// # Errors
    /// As [`open`](Place::open).
    pub(super) async fn find(&self, access: Access<'_>) -> Result<Opened, Error> {
        if let Self::Registry(reference) = self {
            let source = access.remote.repository(&reference.name)?;
            let found = source.head_manifest(&reference.selector()).await.ok().flatten();
            if let Some(root) = found.filter(|found| found.media_type.is_manifest()) {
                return Ok(Opened { is_read: false, ..Opened::new(source, root) });
            }
        }
        self.open(access).await
    }

    /// Opens the location for writing an image to it. Nothing is created there before something is copied.
    ///
    /// # Errors
    /// An error if it is known immediately that the location cannot be written to.
    pub(super) async fn create(&self, access: Access<'_>, mode: Mode) -> Result<Created, Error> {
        let disk = |local: LocalRepository, selector| {
            let local = if mode == Mode::Look { local.read_only() } else { local };
            Created { target: Arc::new(local.clone()), selector, kind: Kind::Disk(local) }
        };
        let archive = |file: &Path, label: Option<Label>| {
            let target = Writer::only_image(Output::file(file)?, label.unwrap_or(Label::Unnamed));
            Ok(Created { target: Arc::new(target), selector: Tag::latest().into(), kind: Kind::Archive })
        };
        match self {
            Self::Registry(reference) => {
                let repository = access.remote.repository(&reference.name)?.past_mirrors();
                let (target, selector) = (Arc::new(repository.clone()), reference.selector());
                Ok(Created { target, selector, kind: Kind::Registry(repository) })
            }
            Self::Store(reference) => {
                Ok(disk(access.store()?.repository(&reference.name), reference.selector()))
            }
            Self::Layout { folder, tag } => {
                Ok(disk(Store::open_layout(folder)?.layout(tag.as_deref()), Tag::latest().into()))
            }
            Self::OciArchive { file, tag } => archive(file, tag.clone().map(Label::Text)),
            Self::DockerArchive { file, reference } => archive(file, reference.clone().map(Label::Reference)),
            Self::DockerDaemon(reference) => {
                let (target, load) = connect(access.remote.config()).await?.load(reference.clone());
                let selector = Tag::latest().into();
                Ok(Created { target: Arc::new(target), selector, kind: Kind::Engine(load) })
            }
        }
    }
}

/// Opens an archive. If it has to be unpacked, this is done on the store's disk.
async fn open_archive(access: Access<'_>, file: &Path, name: Option<String>) -> Result<Opened, Error> {
    let archive = Archive::open(Input::Path(file.to_owned()), access.scratch()).await?;
    let root = archive.find(name.as_deref())?.descriptor.clone();
    all_of(archive, root).await
}

/// Returns the image `root` of an archive, as far as it is available. If only one image of an index is
/// available, returns that image under its own digest, because there is nothing else to copy.
async fn all_of(archive: Archive, root: Descriptor) -> Result<Opened, Error> {
    let present = Present::of(&archive, &root, |blob| Ok(archive.holds(blob))).await?;
    match &present.images[..] {
        [only] if !present.whole => Ok(Opened::new(archive, only.clone())),
        _ => Ok(Opened { available: present.platforms(), ..Opened::new(archive, root) }),
    }
}
