//! Inspects an image without its layers, from the store or from its registry.

use std::str::FromStr;

use crate::content::{Source, read_blob};
use crate::digest::Digest;
use crate::image::{
    self, CONFIG_BYTES_MAX, Descriptor, ImageConfig, ImageManifest, Manifest, Platform, RawManifest,
    RunConfig,
};
use crate::reference::Reference;
use crate::store::{self, LocalRepository, Store};

use super::open::{Access, Opened};
use super::{Error, Place, PlaceError};

/// The number of hexadecimal digits of a short ID. A name with this many digits is an ID and not a
/// repository.
const SHORT_ID: usize = 12;

/// An image to inspect, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    text: String,
    meaning: Meaning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    /// In the store, or else at its registry if it is a name.
    Anywhere(Option<Reference>),
    /// Only at this location.
    At(Place),
}

impl FromStr for Subject {
    type Err = PlaceError;

    /// Parses a reference, the beginning of an ID, or a location.
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let is_id = store::is_id_prefix(text);
        let meaning = match text.parse::<Place>() {
            Ok(Place::Registry(_) | Place::Store(_)) if is_id && is_certain_id(text) => {
                Meaning::Anywhere(None)
            }
            Ok(Place::Registry(reference)) if !text.starts_with("docker://") => {
                Meaning::Anywhere(Some(reference))
            }
            Ok(place) => Meaning::At(place),
            Err(PlaceError::Reference(_)) if is_id => Meaning::Anywhere(None),
            Err(error) => return Err(error),
        };
        Ok(Self { text: text.to_owned(), meaning })
    }
}

/// Reports whether a possible ID is certainly one.
fn is_certain_id(id: &str) -> bool {
    id.starts_with("sha256:") || id.len() == SHORT_ID
}

impl Subject {
    /// Returns the text as typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the same image at its registry, ignoring the store; `None` if it is not a name.
    pub fn at_registry(&self) -> Option<Self> {
        let reference = match &self.meaning {
            Meaning::Anywhere(reference) => reference.clone()?,
            Meaning::At(Place::Registry(reference)) => reference.clone(),
            Meaning::At(_) => return None,
        };
        Some(Self { text: self.text.clone(), meaning: Meaning::At(Place::Registry(reference)) })
    }
}

/// An image with its manifest and config. Its layers were not read.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Its names where it was found: tags and digests, in the order of their canonical forms.
    pub names: Vec<Reference>,
    /// The target of these names: its manifest, or the index that lists it.
    pub root: Descriptor,
    /// The manifest.
    pub image: ImageManifest,
    /// The config. It is empty for an artifact that is not an image.
    pub config: ImageConfig,
    /// The run configuration, if the config has one.
    pub run: Option<RunConfig>,
}

impl Inspection {
    /// Returns Docker's image ID: the digest of the config.
    pub fn id(&self) -> &Digest {
        &self.image.config.digest
    }

    /// Returns the size of the config and the layers in bytes, compressed as in registries and in the store.
    pub fn size(&self) -> u64 {
        self.image.blobs().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }
}

/// Finds an image and reads its documents.
///
/// If the store does not have it, its manifests and its config are read from its registry. In an index the
/// image for `platform` is chosen. Without a platform it is the image for this machine; in the store it is
/// the first available image if that one is missing.
///
/// # Errors
/// [`Error::NoSuchImage`] if the image is neither in the store nor at its registry; an error if there is none
/// for the platform, or if its documents cannot be read.
pub async fn inspect(
    access: Access<'_>,
    subject: &Subject,
    platform: Option<&Platform>,
) -> Result<Inspection, Error> {
    let reference = match &subject.meaning {
        Meaning::At(Place::Store(reference)) => {
            return in_store(access.store()?, &reference.to_string(), platform).await;
        }
        Meaning::At(place) => return at(access, place, platform).await,
        Meaning::Anywhere(reference) => reference,
    };
    let missing = match anywhere(access, subject, platform).await {
        Err(Error::Store(missing @ store::Error::NoSuchImage(_))) => missing,
        found => return found,
    };
    let Some(reference) = reference else { return Err(missing.into()) };
    let opened = Place::Registry(reference.clone()).open(access).await;
    let opened = opened.map_err(|source| Error::NoSuchImage { missing, source: Box::new(source) })?;
    described(&opened, vec![reference.clone()], platform).await
}

/// Inspects the image at a location.
async fn at(access: Access<'_>, place: &Place, platform: Option<&Platform>) -> Result<Inspection, Error> {
    let names = match place {
        Place::Registry(reference) => vec![reference.clone()],
        _ => Vec::new(),
    };
    described(&place.open(access).await?, names, platform).await
}

/// Looks in the store first. If there is no directory for a store, a name is not in it.
async fn anywhere(
    access: Access<'_>,
    subject: &Subject,
    platform: Option<&Platform>,
) -> Result<Inspection, Error> {
    if access.store.is_none() && subject.at_registry().is_some() {
        return Err(store::Error::NoSuchImage(subject.text.clone()).into());
    }
    in_store(access.store()?, &subject.text, platform).await
}

async fn in_store(store: &Store, needle: &str, platform: Option<&Platform>) -> Result<Inspection, Error> {
    let found = store.find(needle)?.descriptor;
    let catalog = store.catalog()?;
    let mut names: Vec<Reference> =
        catalog.with_digest(&found.digest).filter_map(|image| image.reference.clone()).collect();
    names.sort_by_cached_key(ToString::to_string);
    let source = store.layout(None);
    let root = source.manifest(&found).await?;
    let manifest = match root.parse()? {
        Manifest::Index(index) => source.manifest(&chosen(&source, &root, &index, platform)?).await?,
        Manifest::Image(_) => root.clone(),
    };
    describe(&source, names, Documents { root, manifest }, platform).await
}

/// Chooses an image of an index in the store, among the available ones.
fn chosen(
    source: &LocalRepository,
    root: &RawManifest,
    index: &image::Index,
    platform: Option<&Platform>,
) -> Result<Descriptor, Error> {
    let mut here = source.present_platforms(root.descriptor())?;
    here.retain(|image| !image.is_attestation());
    let wanted = platform.cloned().unwrap_or_else(Platform::host_with_level);
    if let Some(image) = wanted.select(&here) {
        return Ok(image.clone());
    }
    match platform {
        Some(_) => {
            let available = here.iter().filter_map(|image| image.platform.as_ref()).map(ToString::to_string);
            Err(image::Error::NoPlatform { wanted: Box::new(wanted), available: available.collect() }.into())
        }
        None if here.is_empty() => Ok(index.select(&wanted)?.clone()),
        None => Ok(here.remove(0)),
    }
}

/// Describes the image of an open location; in an index, the image for `platform` or for this machine.
async fn described(
    opened: &Opened,
    names: Vec<Reference>,
    platform: Option<&Platform>,
) -> Result<Inspection, Error> {
    let root = opened.manifest(None).await?;
    let manifest = match root.parse()? {
        Manifest::Index(_) => {
            let host = Platform::host_with_level();
            opened.manifest(Some(platform.unwrap_or(&host))).await?
        }
        Manifest::Image(_) => root.clone(),
    };
    describe(&*opened.source, names, Documents { root, manifest }, platform).await
}

/// The documents of an image that have been read.
struct Documents {
    /// The manifest or index that the name points to.
    root: RawManifest,
    /// The root, or the manifest of one of its images.
    manifest: RawManifest,
}

/// Reads the config, and checks that the image runs on `platform`.
async fn describe(
    source: &dyn Source,
    names: Vec<Reference>,
    Documents { root, manifest }: Documents,
    platform: Option<&Platform>,
) -> Result<Inspection, Error> {
    let Manifest::Image(image) = manifest.parse()? else {
        return Err(Error::Invalid("the image is an index within an index".to_owned()));
    };
    let (mut config, mut run) = (ImageConfig::default(), None);
    if image.config.media_type.is_image_config() {
        let content = read_blob(source, &image.config, CONFIG_BYTES_MAX).await?;
        (config, run) = (ImageConfig::parse(&content)?, RunConfig::of_image(&content)?);
    }
    // An index names the platforms of its images itself.
    if root.descriptor().digest == manifest.descriptor().digest
        && let (Some(wanted), Some(actual)) = (platform, config.platform())
        && !wanted.runs(&actual)
    {
        let (wanted, actual) = (Box::new(wanted.clone()), Box::new(actual));
        return Err(image::Error::OtherPlatform { wanted, actual }.into());
    }
    Ok(Inspection { names, root: root.descriptor().clone(), image: *image, config, run })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(text: &str) -> String {
        match text.parse::<Subject>().map(|subject| subject.meaning) {
            Ok(Meaning::Anywhere(Some(reference))) => reference.to_string(),
            Ok(Meaning::Anywhere(None)) => "an ID".to_owned(),
            Ok(Meaning::At(place)) => format!("at {place}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_an_id_is_never_asked_for_at_a_registry() {
        let full = "7688e3a7fe60e1ca2935429b7142ae32ad88c7bdd060a2dec8e4665a5d0dfcd9";
        for id in [full, &full[..12], &format!("sha256:{full}"), "sha256:7688"] {
            assert_eq!(meaning(id), "an ID", "{id}");
        }
        assert_eq!(meaning("beef"), "docker.io/library/beef:latest", "this may be the name of a repository");
        assert_eq!(meaning("sha256:latest"), "docker.io/library/sha256:latest");
    }

    #[test]
    fn names_are_looked_for_here_and_there_but_places_are_where_they_are() {
        assert_eq!(meaning("ubuntu:1"), "docker.io/library/ubuntu:1");
        assert_eq!(meaning("docker://ubuntu"), "at docker.io/library/ubuntu:latest");
        assert_eq!(meaning("store:ubuntu"), "at store:docker.io/library/ubuntu:latest");
        assert_eq!(meaning("oci:folder:1"), "at oci:folder:1");
        assert!(meaning("Upper").starts_with("invalid reference format"), "{}", meaning("Upper"));
    }

    #[test]
    fn only_names_are_found_at_a_registry() {
        let at_registry = |text: &str| text.parse::<Subject>().unwrap().at_registry();
        for name in ["ubuntu", "docker://ubuntu"] {
            let there = at_registry(name).unwrap();
            assert!(matches!(there.meaning, Meaning::At(Place::Registry(_))), "{there:?}");
            assert_eq!(there.as_str(), name);
        }
        assert!(at_registry("7688e3a7fe60").is_none() && at_registry("store:x").is_none());
    }
}
