//! Makes and changes indexes at a registry, without moving the layers that are there.

mod document;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

pub use document::IndexEntry;

use super::Error;
use super::open::Access;
use super::read::read_to_refer;
use crate::content::{Target as _, read_blob};
use crate::image::{self, CONFIG_BYTES_MAX, Descriptor, ImageConfig, Manifest, RawManifest};
use crate::reference::{Reference, Selector};
use crate::remote::Repository;
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, SharedOptions, Sharing};
use document::Document;

/// How many images are copied to the repository of the index concurrently.
const CONCURRENT: usize = 4;

/// What becomes of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexChange {
    /// It is made of these images. What the tag pointed to before does not matter.
    Create {
        /// The images. Of an index, all of its images are taken.
        images: Vec<Reference>,
        /// The annotations of the index.
        annotations: BTreeMap<String, String>,
    },
    /// These images are added. An image for the same platform is replaced.
    Add {
        /// The images, as for [`IndexChange::Create`].
        images: Vec<Reference>,
    },
    /// These entries are removed, with the attestations of their images.
    Remove {
        /// The entries.
        entries: Vec<IndexEntry>,
    },
}

/// The options of the copies.
pub struct IndexOptions {
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent copies share.
    pub sharing: Sharing,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// An index as it would become. Nothing was changed yet.
pub struct IndexDraft {
    repository: Repository,
    index: RawManifest,
    entries: Vec<Descriptor>,
    moves: Vec<Move>,
}

/// An image of another repository.
struct Move {
    source: Repository,
    image: Descriptor,
}

/// Reads the index `name` and the images, and returns the index as it would become.
///
/// The platform of a single image is that of its config.
///
/// # Errors
/// An error if an image does not exist; [`Error::Invalid`] if two images are for the same platform, nothing would be
/// left, or `name` is not an index; [`image::Error::NoPlatform`] if there is no such entry.
pub async fn draft_index(
    access: Access<'_>,
    name: &Reference,
    change: IndexChange,
) -> Result<IndexDraft, Error> {
    let repository = access.remote.repository(&name.name)?.past_mirrors();
    let mut moves = Vec::new();
    let document = match change {
        IndexChange::Create { images, annotations } => {
            let mut document = Document::new(&annotations);
            for image in &images {
                for entry in taken(access, &repository, image, &mut moves).await? {
                    if document.add(entry)?.is_some() {
                        return Err(Error::Invalid(format!(
                            "{} is for the same platform as another image",
                            image.familiar()
                        )));
                    }
                }
            }
            document
        }
        IndexChange::Add { images } => {
            let mut document = read(&repository, name).await?;
            for image in &images {
                for entry in taken(access, &repository, image, &mut moves).await? {
                    document.add(entry)?;
                }
            }
            document
        }
        IndexChange::Remove { entries } => {
            let mut document = read(&repository, name).await?;
            for entry in &entries {
                remove(&mut document, entry)?;
            }
            document
        }
    };
    let entries: Vec<Descriptor> = document.entries().cloned().collect();
    if entries.is_empty() {
        return Err(Error::Invalid(format!("{} would have no images left", name.familiar())));
    }
    // An image that was replaced by a later one is not needed.
    moves.retain(|moved: &Move| entries.iter().any(|entry| entry.digest == moved.image.digest));
    Ok(IndexDraft { repository, index: document.finish()?, entries, moves })
}

fn remove(document: &mut Document, entry: &IndexEntry) -> Result<(), Error> {
    if document.remove(entry) > 0 {
        return Ok(());
    }
    let platforms = document.entries().filter_map(|entry| entry.platform.as_ref());
    let available = platforms.filter(|platform| !platform.is_unknown()).map(ToString::to_string).collect();
    match entry {
        IndexEntry::Platform(wanted) => {
            Err(image::Error::NoPlatform { wanted: Box::new(wanted.clone()), available }.into())
        }
        IndexEntry::Digest(digest) => Err(Error::Invalid(format!("the index does not list {digest}"))),
    }
}

/// Reads the index that is changed.
async fn read(repository: &Repository, name: &Reference) -> Result<Document, Error> {
    let raw = read_to_refer(repository, name).await?;
    match raw.parse()? {
        Manifest::Index(index) => Ok(Document::of(&raw, index)?),
        Manifest::Image(_) => {
            Err(Error::Invalid(format!("{} is a single image and not an index", name.familiar())))
        }
    }
}

/// Returns the entries that an image becomes, and adds those of another repository to `moves`.
async fn taken(
    access: Access<'_>,
    repository: &Repository,
    image: &Reference,
    moves: &mut Vec<Move>,
) -> Result<Vec<Descriptor>, Error> {
    let is_elsewhere = image.name != *repository.name();
    // What this repository has is referred to, and that a mirror has it does not help.
    let source = if is_elsewhere { access.remote.repository(&image.name)? } else { repository.clone() };
    let raw = read_to_refer(&source, image).await?;
    let entries = match raw.parse()? {
        Manifest::Index(index) => index.manifests,
        Manifest::Image(manifest) => {
            let mut entry = raw.descriptor().clone();
            entry.artifact_type = manifest.artifact_type;
            if manifest.config.media_type.is_image_config() {
                let config = read_blob(&source, &manifest.config, CONFIG_BYTES_MAX).await?;
                entry.platform = ImageConfig::parse(&config)?.platform();
            }
            vec![entry]
        }
    };
    if is_elsewhere {
        moves.extend(entries.iter().map(|entry| Move { source: source.clone(), image: entry.clone() }));
    }
    Ok(entries)
}

impl IndexDraft {
    /// Returns the index.
    pub fn index(&self) -> &RawManifest {
        &self.index
    }

    /// Returns the entries of the index.
    pub fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    /// Brings the images that are not in the repository there, and then makes the tag `selector` point to the index.
    /// Within one registry layers are mounted. Returns how many bytes of blobs were moved.
    ///
    /// # Errors
    /// Every [`transfer::Error`]; the error of the registry if it refuses the index.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the tag unchanged.
    pub async fn put(self, selector: &Selector, options: IndexOptions) -> Result<u64, Error> {
        let transfer = transfer::Options { layers: Layers::AsTheyAre, ..options.transfer };
        let copy = async |Move { source, image }: Move| {
            let plan = Plan::make(&source, &image, &Platforms::All).await?;
            let target = Arc::new(self.repository.clone());
            let ends = Ends { source: Arc::new(source), target, observer: Arc::clone(&options.observer) };
            let shared = SharedOptions { options: &transfer, sharing: options.sharing.clone() };
            let outcome = transfer::copy_sharing(ends, plan, &Selector::Digest(image.digest), shared).await?;
            Ok::<u64, Error>(outcome.moved)
        };
        let moved: Vec<u64> =
            stream::iter(self.moves).map(copy).buffer_unordered(CONCURRENT).try_collect().await?;
        self.repository.tag(&self.index, selector).await?;
        Ok(moved.into_iter().sum())
    }
}
