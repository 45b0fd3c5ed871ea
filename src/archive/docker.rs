//! Docker's archives without an OCI layout, as written by Docker since 1.10 and by other programs.
//!
//! `manifest.json` names a config and layers by arbitrary names: `CONFIG.json`, `HASH/layer.tar` (which may
//! be a link to that of another layer), `HASH.tar`, `sha256:….tar.gz`. The archive has no manifests, so they
//! are built here.

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::Error;
use super::compression::{self, BEGINNING, Kind};
use super::contents::{Contents, Span};
use super::documents::DockerImage;
use super::listing::{ArchivedImage, Listing, parse_name};
use crate::digest::{self, Algorithm, Digest, Hasher};
use crate::image::{self, CONFIG_BYTES_MAX, Descriptor, ImageConfig, MediaType};

/// Maximum number of images and layers that are read from one archive, as for the entries of manifests.
const ENTRIES_MAX: usize = 10_000;

/// Maximum number of bytes of configs that are read from one archive.
const CONFIGS_MAX: u64 = 256 * 1024 * 1024;

/// How many bytes are hashed at a time.
const CHUNK: usize = 256 * 1024;

/// Finds the images that `manifest.json` lists.
///
/// Compressed layers are read here to compute their digests. The digest of an uncompressed layer is in the
/// config.
pub(super) fn find(
    contents: &Contents,
    images: Vec<DockerImage>,
    stopped: &AtomicBool,
) -> Result<Listing, Error> {
    let mut finder = Finder::new(contents, stopped);
    for image in images {
        finder.add(&image)?;
    }
    Ok(finder.finish())
}

/// Builds manifests according to `manifest.json`.
pub(super) struct Finder<'a> {
    contents: &'a Contents,
    stopped: &'a AtomicBool,
    found: Listing,
    /// The hashes so far, because several images share layers.
    hashed: HashMap<Span, Hashed>,
    layers: usize,
    /// The total size of all configs so far, in bytes.
    configs: u64,
}

/// Both digests of a compressed layer.
#[derive(Clone)]
struct Hashed {
    stored: Digest,
    unpacked: Digest,
}

impl<'a> Finder<'a> {
    pub(super) fn new(contents: &'a Contents, stopped: &'a AtomicBool) -> Self {
        Self { contents, stopped, found: Listing::default(), hashed: HashMap::new(), layers: 0, configs: 0 }
    }

    /// Returns the images and manifests.
    pub(super) fn finish(self) -> Listing {
        self.found
    }

    fn add(&mut self, image: &DockerImage) -> Result<(), Error> {
        let descriptor = self.make(image)?;
        self.name(image, descriptor)
    }

    /// Builds the manifest of an image and returns its descriptor.
    ///
    /// # Errors
    /// If its files are missing or invalid.
    pub(super) fn make(&mut self, image: &DockerImage) -> Result<Descriptor, Error> {
        let config_bytes = self.config(&image.config)?;
        let config = Descriptor::of(MediaType::OCI_CONFIG, &config_bytes);
        let diff_ids = ImageConfig::parse(&config_bytes)?.rootfs.diff_ids;
        let names = image.layers.as_deref().unwrap_or_default();
        self.layers += names.len();
        if self.layers > ENTRIES_MAX || self.found.images.len() > ENTRIES_MAX {
            return Err(self.contents.invalid("it has more than 10000 images or layers"));
        }
        if diff_ids.len() != names.len() {
            // Docker's words.
            let (expected, got) = (diff_ids.len(), names.len());
            let problem = format!("invalid manifest, layers length mismatch: expected {expected}, got {got}");
            return Err(self.contents.invalid(problem));
        }
        let layers = names.iter().zip(&diff_ids).map(|(name, diff_id)| self.layer(name, diff_id));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        self.found.blobs.insert(config.digest.clone(), self.span(&image.config)?);
        let manifest = image::image_manifest(&config, &layers);
        let descriptor = manifest.descriptor().clone();
        self.found.manifests.insert(descriptor.digest.clone(), manifest);
        Ok(descriptor)
    }

    fn name(&mut self, image: &DockerImage, descriptor: Descriptor) -> Result<(), Error> {
        let names = image.repo_tags.as_deref().unwrap_or_default();
        for name in names {
            let reference = Some(parse_name(self.contents, name)?);
            self.found.images.push(ArchivedImage { reference, label: None, descriptor: descriptor.clone() });
        }
        if names.is_empty() {
            self.found.images.push(ArchivedImage { reference: None, label: None, descriptor });
        }
        Ok(())
    }

    fn span(&self, name: &str) -> Result<Span, Error> {
        let problem = |absent| self.contents.invalid(format!("manifest.json names {name:?}, {absent}"));
        self.contents.table.find(name).map_err(problem)
    }

    fn config(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let span = self.span(name)?;
        self.configs = self.configs.saturating_add(span.size.min(CONFIG_BYTES_MAX));
        if self.configs > CONFIGS_MAX {
            return Err(self.contents.invalid("its configs are larger than 256 MiB together"));
        }
        let Some(bytes) = self.contents.read(span, CONFIG_BYTES_MAX)? else {
            return Err(self
                .contents
                .invalid(format!("the config {name:?} is larger than {CONFIG_BYTES_MAX} bytes")));
        };
        if let Some(expected) = digest_in(name)
            && !expected.matches(&bytes)
        {
            return Err(self.mismatch(format!("config {name:?}"), expected, Digest::sha256(&bytes)));
        }
        Ok(bytes)
    }

    fn layer(&mut self, name: &str, diff_id: &Digest) -> Result<Descriptor, Error> {
        let span = self.span(name)?;
        let mut beginning = Vec::with_capacity(BEGINNING);
        let read = self.contents.open(span).take(BEGINNING as u64).read_to_end(&mut beginning);
        read.map_err(|source| Error::Read { origin: self.contents.origin.clone(), source })?;
        let kind = Kind::of(&beginning);
        let media_type = match kind {
            Kind::Gzip => MediaType::OCI_LAYER_GZIP,
            Kind::Zstd => MediaType::OCI_LAYER_ZSTD,
            Kind::Compressed(format) => {
                let origin = format!("layer {name:?} of {}", self.contents.origin);
                return Err(Error::Compression { origin, format });
            }
            // In any case it must have the digest in the config.
            Kind::Tar | Kind::Empty | Kind::Other => {
                self.found.blobs.insert(diff_id.clone(), span);
                return Ok(Descriptor::new(MediaType::OCI_LAYER, diff_id.clone(), span.size));
            }
        };
        let Hashed { stored, unpacked } = self.hash(name, span, kind)?;
        if unpacked != *diff_id {
            return Err(self.mismatch(format!("layer {name:?}"), diff_id.clone(), unpacked));
        }
        self.found.blobs.insert(stored.clone(), span);
        Ok(Descriptor::new(media_type, stored, span.size))
    }

    /// Hashes a compressed layer twice: compressed and unpacked.
    fn hash(&mut self, name: &str, span: Span, kind: Kind) -> Result<Hashed, Error> {
        if let Some(hashed) = self.hashed.get(&span) {
            return Ok(hashed.clone());
        }
        let broken = |source| Error::Broken { origin: self.contents.origin.clone(), source };
        let read = |source| Error::Read { origin: self.contents.origin.clone(), source };
        tracing::debug!(name, "hashing a compressed layer");
        let stored = self.digest(self.contents.open(span), read)?;
        let stream = BufReader::with_capacity(CHUNK, self.contents.open(span));
        let stream = compression::unpacked(kind, stream).map_err(broken)?;
        let unpacked = self.digest(stream, broken)?;
        let hashed = Hashed { stored, unpacked };
        self.hashed.insert(span, hashed.clone());
        Ok(hashed)
    }

    fn digest(
        &self,
        mut bytes: impl Read,
        failed: impl Fn(std::io::Error) -> Error,
    ) -> Result<Digest, Error> {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut chunk = vec![0; CHUNK];
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            match bytes.read(&mut chunk) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(&chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    fn mismatch(&self, name: String, expected: Digest, actual: Digest) -> Error {
        let source = digest::Error::Mismatch { expected, actual };
        Error::Content { origin: self.contents.origin.clone(), name, source }
    }
}

/// Returns the digest in the name of a config, as Docker and most others name it: `HEX.json`, `sha256:HEX`,
/// `blobs/sha256/HEX`.
fn digest_in(name: &str) -> Option<Digest> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hex = file.trim_end_matches(".json").trim_start_matches("sha256:");
    format!("sha256:{hex}").parse().ok()
}
