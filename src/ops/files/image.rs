//! An image whose files are read.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Shelf;
use crate::content::{Source, Target, read_blob};
use crate::diagnose::Failure;
use crate::filesystem::{Listing, Merge};
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, ImageManifest, Manifest, Platform};
use crate::ops::open::Access;
use crate::ops::{Error, Place};
use crate::retry::Policy;
use crate::store::{LocalRepository, disk};
use crate::transfer::{Observer, RateLimit, Silent};

use super::blob::BlobPart;
use super::nearest::nearest;
use super::spool::Spool;
use super::{FilesError, Selection};

/// Maximum size of all kept lists together, in bytes. That of an image with 50,000 files takes 4 MB.
pub(super) const KEPT_MAX: u64 = 256 << 20;

/// Returns the shelf with the lists of layers, in the folder of all caches. It keeps nothing without one.
pub fn listing_shelf(cache: Option<&Path>) -> Shelf {
    Shelf::new(cache.map(|folder| folder.join("files")), KEPT_MAX)
}

/// Options of reading the files of an image.
#[derive(Clone)]
pub struct FilesOptions {
    /// The image to choose from an index: this machine's if there is none.
    pub platform: Option<Platform>,
    /// When to retry a read that failed.
    pub retry: Policy,
    /// The folder of all caches. Without it, nothing is kept.
    pub cache: Option<PathBuf>,
    /// Watches the layers that are read.
    pub observer: Arc<dyn Observer>,
    /// The bytes per second that a registry may send.
    pub limit: Option<Arc<RateLimit>>,
    /// Whether tables of contents are believed.
    pub tables: Tables,
}

/// Whether the tables of contents that some layers have are believed.
///
/// The manifest vouches for a table, and nothing for the table having all files of its layer: the author of an image
/// can leave files out that a pull installs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tables {
    /// A table is read in place of its layer.
    #[default]
    Believed,
    /// Layers are read as a whole.
    Ignored,
}

impl Default for FilesOptions {
    fn default() -> Self {
        let (platform, retry, cache, limit, tables) = Default::default();
        Self { platform, retry, cache, observer: Arc::new(Silent), limit, tables }
    }
}

/// An image whose manifest was read.
pub(in crate::ops) struct ChosenImage<'a> {
    pub(in crate::ops) place: &'a Place,
    pub(in crate::ops) source: Arc<dyn Source>,
    pub(in crate::ops) manifest: ImageManifest,
}

/// An image whose files can be listed and read.
pub struct ImageFiles {
    pub(super) name: String,
    pub(super) source: Arc<dyn Source>,
    /// The store, which may have layers of an image that is somewhere else.
    pub(super) store: Option<LocalRepository>,
    /// Where layers are kept that would have to be downloaded again.
    pub(super) spool: Option<Arc<Spool>>,
    manifest: ImageManifest,
    is_remote: bool,
    pub(super) scratch: PathBuf,
    pub(super) kept: Shelf,
    pub(super) options: FilesOptions,
}

impl ImageFiles {
    /// Opens the image at `place`. Its layers are not read yet.
    ///
    /// # Errors
    /// [`FilesError::Image`] if there is no such image, or none for the platform.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn open(access: Access<'_>, place: &Place, options: FilesOptions) -> Result<Self, FilesError> {
        let opened = place.open(access).await?;
        let host = Platform::host_with_level();
        let wanted = options.platform.as_ref().or_else(|| opened.root.media_type.is_index().then_some(&host));
        let manifest = opened.manifest(wanted).await?.parse().map_err(Error::from)?;
        let Manifest::Image(manifest) = manifest else {
            return Err(Error::Invalid(format!("{place} holds an index within its index")).into());
        };
        // Signatures of cosign look like images, but for the types of their layers.
        let is_archive = |layer: &&Descriptor| layer.media_type.as_str().contains("tar");
        if let Some(first) =
            manifest.layers.first().filter(|_| !manifest.layers.iter().any(|layer| is_archive(&layer)))
        {
            let kind = manifest.artifact_type.as_deref().unwrap_or(first.media_type.as_str());
            return Err(Error::Invalid(format!(
                "{place} is not an image with files, but an artifact: {kind}"
            ))
            .into());
        }
        let chosen = ChosenImage { place, source: opened.source, manifest: *manifest };
        Ok(Self::of(access, chosen, options)?)
    }

    /// Gives access to the files of an image whose manifest was read.
    ///
    /// # Errors
    /// [`Error::File`] if there is no directory for temporary files.
    pub(in crate::ops) fn of(
        access: Access<'_>,
        chosen: ChosenImage<'_>,
        options: FilesOptions,
    ) -> Result<Self, Error> {
        let ChosenImage { place, source, manifest } = chosen;
        let scratch = access.scratch();
        let failed = |source| Error::File { path: scratch.clone(), source };
        disk::create_scratch(&scratch).map_err(failed)?;
        let store = match place {
            Place::Registry(reference) => access.store.map(|store| store.repository(&reference.name)),
            _ => None,
        };
        let kept = listing_shelf(options.cache.as_deref());
        let is_remote = matches!(place, Place::Registry(_));
        let name = place.to_string();
        Ok(Self { name, source, store, spool: None, is_remote, manifest, scratch, kept, options })
    }

    /// Keeps the layers that are downloaded for their [lists](Self::listings) in temporary files, for their contents.
    #[must_use]
    pub fn keeping_layers(mut self) -> Self {
        if self.is_remote {
            let spool = Arc::new(Spool::new(Arc::clone(&self.source), self.scratch.clone()));
            (self.source, self.spool) = (Arc::<Spool>::clone(&spool), Some(spool));
        }
        self
    }

    /// Begins to read a part of a blob, within the limit if it comes from where the image is.
    pub(super) fn part<'a>(
        &self,
        source: &'a dyn Source,
        blob: &'a Descriptor,
        range: Range<u64>,
    ) -> BlobPart<'a> {
        let is_here = !std::ptr::addr_eq(source, Arc::as_ptr(&self.source));
        let limit = self.options.limit.clone().filter(|_| self.is_remote && !is_here);
        BlobPart::new(source, blob, range, self.options.retry).limited(limit)
    }

    /// Returns the layers, the lowest first.
    pub fn layers(&self) -> &[Descriptor] {
        &self.manifest.layers
    }

    /// Returns the directory for large temporary files.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Returns the error for a selection that has no file of the image, even where links have [led](Self::led) to.
    ///
    /// # Errors
    /// [`FilesError::Image`] if the layers cannot be merged.
    pub fn nothing_at(
        &self,
        selection: &Selection,
        led: &Selection,
        listings: &[Listing],
    ) -> Result<FilesError, FilesError> {
        let nearest = match led {
            Selection::Below(path) => nearest(path, Merge::new(listings).map_err(FilesError::of_merge)?),
            Selection::Typed(_) | Selection::Matching(_) => Vec::new(),
        };
        Ok(FilesError::nothing(&self.name, [selection, led].map(ToString::to_string), nearest))
    }

    /// Returns the commands that made the layers, as far as the image's config has them.
    ///
    /// # Errors
    /// [`FilesError::Image`] if the config cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn commands(&self) -> Result<Vec<Option<String>>, FilesError> {
        let mut commands = vec![None; self.layers().len()];
        if !self.manifest.config.media_type.is_image_config() {
            return Ok(commands);
        }
        let config = read_blob(&*self.source, &self.manifest.config, CONFIG_BYTES_MAX).await;
        let config = ImageConfig::parse(&config.map_err(Error::from)?).map_err(Error::from)?;
        let steps = config.history.into_iter().filter(|step| !step.empty_layer);
        for (command, step) in commands.iter_mut().zip(steps) {
            *command = Some(step.created_by);
        }
        Ok(commands)
    }

    /// Returns the place that a layer is best read from.
    pub(super) async fn source_of(&self, layer: &Descriptor) -> &dyn Source {
        match &self.store {
            Some(store) if store.holds_blob(layer).await.unwrap_or(false) => store,
            _ => &*self.source,
        }
    }
}

impl From<Failure> for FilesError {
    fn from(failure: Failure) -> Self {
        Self::Image(failure.into())
    }
}
