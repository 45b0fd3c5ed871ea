//! Loads images from an archive into the store.

use std::sync::Arc;

use crate::archive::{Archive, ArchivedImage, Input};
use crate::content::{Source, Target, read_blob};
use crate::digest::Digest;
use crate::image::{CONFIG_BYTES_MAX, Descriptor, Manifest, Platform};
use crate::reference::{Reference, Tag};
use crate::store::{LocalRepository, Store};
use crate::transfer::{self, Ends, Observer, Plan};

use super::Error;
use super::copy::plan_for;
use super::open::scratch;
use super::present::plan_present;
use super::space::check_space;

/// The options of loading.
#[derive(Clone)]
pub struct LoadOptions {
    /// Loads only the images for these platforms; all images in the archive if empty.
    pub platforms: Vec<Platform>,
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// An image that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The name.
    pub reference: Option<Reference>,
    /// The image ID as in Docker, which is the digest of the config. With several platforms it is that of the
    /// image that runs here, or of the first.
    pub id: Digest,
    /// The ID of the image that had the name before, if it was another one.
    pub renamed: Option<Digest>,
}

/// An open archive to load from.
pub struct Load<'a> {
    store: &'a Store,
    archive: Archive,
}

impl<'a> Load<'a> {
    /// Reads the contents of an archive. If it has to be unpacked first, this is done in the directory of the
    /// store.
    ///
    /// # Errors
    /// [`Error::Archive`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn open(store: &'a Store, input: Input) -> Result<Self, Error> {
        Ok(Self { store, archive: Archive::open(input, scratch(store)).await? })
    }

    /// Returns the images, one for each name, in the order of the archive.
    pub fn images(&self) -> &[ArchivedImage] {
        self.archive.images()
    }

    /// Copies one of the images into the store, with its name. Of an index all available images are loaded,
    /// or those for the requested platforms; the index itself is stored unchanged.
    ///
    /// # Errors
    /// [`Error::NoSpace`]; an error if a platform is missing; every [`transfer::Error`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves the name unchanged.
    pub async fn run(&self, image: &ArchivedImage, options: LoadOptions) -> Result<Loaded, Error> {
        let plan = self.plan(&image.descriptor, &options.platforms).await?;
        let root = plan.root().descriptor().clone();
        let name = match &image.reference {
            Some(reference) => Some(reference.clone()),
            // An image that has a name in the store keeps it.
            None => {
                let catalog = self.store.catalog()?;
                catalog.with_digest(&root.digest).next().and_then(|held| held.reference.clone())
            }
        };
        let (target, selector) = match &name {
            Some(reference) => (self.store.repository(&reference.name), reference.selector()),
            None => (self.store.layout(None), Tag::latest().into()),
        };
        self.check_blobs(&target, &plan).await?;
        let renamed = self.renamed(image.reference.as_ref(), &root)?;
        let ends = Ends {
            source: Arc::new(self.archive.clone()),
            target: Arc::new(target),
            observer: options.observer,
        };
        let id = self.id(&plan).await?;
        transfer::copy(ends, plan, &selector, &options.transfer).await?;
        Ok(Loaded { reference: image.reference.clone(), id, renamed })
    }

    async fn plan(&self, root: &Descriptor, platforms: &[Platform]) -> Result<Plan, Error> {
        if platforms.is_empty() {
            return plan_present(&self.archive, root, |blob| Ok(self.archive.holds(blob))).await;
        }
        plan_for(&self.archive, root.clone(), platforms).await
    }

    /// Returns the image that loses its name to this one.
    fn renamed(&self, reference: Option<&Reference>, root: &Descriptor) -> Result<Option<Digest>, Error> {
        let Some(reference) = reference else { return Ok(None) };
        let catalog = self.store.catalog()?;
        let other = catalog.named(reference).filter(|holder| holder.descriptor.digest != root.digest);
        Ok(other.map(|image| self.store.details(image, &Platform::host_with_level()).id))
    }

    /// Returns the digest of the config of the image that runs here, or of the first.
    async fn id(&self, plan: &Plan) -> Result<Digest, Error> {
        let chosen = Platform::host_with_level().select(&plan.images).or(plan.images.first());
        let Some(chosen) = chosen else { return Ok(plan.root().descriptor().digest.clone()) };
        match self.archive.manifest(chosen).await?.parse()? {
            Manifest::Image(image) if image.config.media_type.is_image_config() => {
                // An invalid config is detected before anything is stored.
                let config = read_blob(&self.archive, &image.config, CONFIG_BYTES_MAX).await?;
                crate::image::ImageConfig::parse(&config)?;
                Ok(image.config.digest)
            }
            _ => Ok(chosen.digest.clone()),
        }
    }

    /// Detects missing blobs and a full disk before the first byte moves.
    async fn check_blobs(&self, target: &LocalRepository, plan: &Plan) -> Result<(), Error> {
        for blob in plan.blobs.iter().filter(|blob| !blob.media_type.is_foreign()) {
            if !target.holds_blob(blob).await? {
                self.archive.check(blob)?;
            }
        }
        check_space(self.store, target, plan).await
    }
}
