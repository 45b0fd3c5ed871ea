//! Measures how fast a server sends blobs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{HeaderValue, RANGE};

use super::manifests::{accept, manifest_route};
use super::server::Server;
use super::{Error, Remote};
use crate::config::NamedMirror;
use crate::digest::Digest;
use crate::http::{Client, Request, Target};
use crate::image::{
    self, Descriptor, ImageConfig, MANIFEST_BYTES_MAX, Manifest, MediaType, Platform, RawManifest,
};
use crate::protocol::{Route, Scopes};
use crate::reference::{Reference, Selector};
use crate::retry::Policy;

/// How many bytes of a layer are read at most: enough for TCP to reach its speed, little enough for a metered line.
pub const SAMPLE_MAX: u64 = 4 << 20;

/// Layers with fewer bytes have no speed: their time is that of the request.
const SAMPLE_MIN: u64 = 64 << 10;

/// The time limit of a sample. What has arrived by then counts.
const LIMIT: Duration = Duration::from_secs(8);

/// The maximum size of an image's config that is read for its date.
const CONFIG_MAX: u64 = 1 << 20;

/// How fast a server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The bytes that were read.
    pub bytes: u64,
    /// The time from the request to the last of them.
    pub took: Duration,
}

impl Sample {
    /// Returns the bytes per second.
    pub fn per_second(&self) -> u64 {
        (self.bytes as f64 / self.took.as_secs_f64().max(1e-6)) as u64
    }
}

/// The version of an image that a mirror has.
#[derive(Clone, Debug)]
pub struct Version {
    /// The largest layer, for another sample.
    pub layer: Option<Descriptor>,
    /// When the image was built, as its config says, in RFC 3339.
    pub created: Option<String>,
}

impl Remote {
    /// Reads the manifest `digest` of `image`, and the date in its config, from a mirror or, with `None`, from the
    /// registry itself.
    ///
    /// # Errors
    /// An error if the server does not send them, of the kind `Corrupt` if they do not match their digests.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub async fn version(
        &self,
        named: Option<&NamedMirror>,
        image: &Reference,
        digest: &Digest,
    ) -> Result<Version, Error> {
        let server = self.probed(named, image)?;
        let mut manifest = read_manifest(&server, image, digest).await?;
        if let Manifest::Index(index) = &manifest {
            let host = index.select(&Platform::host()).ok().or(index.manifests.first());
            let Some(child) = host else { return Ok(Version { layer: None, created: None }) };
            manifest = read_manifest(&server, image, &child.digest).await?;
        }
        let Manifest::Image(manifest) = manifest else { return Ok(Version { layer: None, created: None }) };
        let layer = manifest.layers.iter().max_by_key(|layer| layer.size).cloned();
        let created = match manifest.config {
            config if config.media_type.is_image_config() && config.size <= CONFIG_MAX => {
                let route = blob_route(&server, image, &config);
                let scopes = scopes(&server, image);
                let read = server.fetch(&scopes, || Request::get(route.clone()), CONFIG_MAX).await?;
                config.verify(&read.body).map_err(not_genuine("image config"))?;
                ImageConfig::parse(&read.body)
                    .ok()
                    .map(|config| config.created)
                    .filter(|created| !created.is_empty())
            }
            _ => None,
        };
        Ok(Version { layer, created })
    }

    /// Reads up to [`SAMPLE_MAX`] bytes of `layer`, from a mirror or, with `None`, from the registry itself. If that is
    /// all of it, it is verified. Returns `None` if the layer is too small for a speed.
    ///
    /// # Errors
    /// An error if the server sends nothing, of the kind `Corrupt` if the layer does not match its digest.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub async fn sample(
        &self,
        named: Option<&NamedMirror>,
        image: &Reference,
        layer: &Descriptor,
    ) -> Result<Option<Sample>, Error> {
        let server = self.probed(named, image)?;
        let (begin, mut bytes) = (Instant::now(), 0);
        let reading = read_part(&server, image, layer, &mut bytes);
        let outcome = tokio::time::timeout(LIMIT, reading).await;
        let took = begin.elapsed();
        match outcome {
            Ok(Err(error)) => Err(error),
            // What has arrived until the end of the time counts.
            Ok(Ok(())) | Err(_) => {
                Ok((bytes > 0 && layer.size >= SAMPLE_MIN).then_some(Sample { bytes, took }))
            }
        }
    }

    /// Returns a server for requests that are not repeated.
    fn probed(&self, named: Option<&NamedMirror>, image: &Reference) -> Result<Server, Error> {
        let endpoint = match named {
            Some(named) => self.config.mirror(named)?,
            None => self.config.host(&image.name.registry)?.origin,
        };
        let repository = endpoint.naming.of(&image.name.repository);
        let session = self.session(Arc::new(Client::new(endpoint)), repository);
        Ok(self.server(session, Policy::ONCE))
    }
}

fn not_genuine(what: &'static str) -> impl Fn(crate::digest::Error) -> Error {
    move |source| image::Error::Verify { what, source }.into()
}

fn scopes(server: &Server, image: &Reference) -> Scopes {
    Scopes::pull(&server.name_of(&image.name.repository))
}

fn blob_route(server: &Server, image: &Reference, blob: &Descriptor) -> String {
    Route::Blob { name: server.name_of(&image.name.repository), digest: blob.digest.clone() }.to_string()
}

async fn read_manifest(server: &Server, image: &Reference, digest: &Digest) -> Result<Manifest, Error> {
    let path = manifest_route(&server.name_of(&image.name.repository), &Selector::Digest(digest.clone()));
    let get = || Request::get(path.clone()).with(reqwest::header::ACCEPT, accept());
    let fetched = server.fetch(&scopes(server, image), get, MANIFEST_BYTES_MAX).await?;
    let media_type: MediaType = Manifest::detect(&fetched.body)?;
    let descriptor = Descriptor::new(media_type, digest.clone(), fetched.body.len() as u64);
    Ok(RawManifest::verified(descriptor, fetched.body)?.parse()?)
}

/// Reads the first part of a layer and counts its bytes. They are verified if that is all of it, and not used.
async fn read_part(
    server: &Server,
    image: &Reference,
    layer: &Descriptor,
    bytes: &mut u64,
) -> Result<(), Error> {
    let wanted = layer.size.min(SAMPLE_MAX);
    let range = HeaderValue::try_from(format!("bytes=0-{}", wanted - 1)).expect("digits are a header value");
    let get = Request::new(Method::GET, Target::Path(blob_route(server, image, layer))).with(RANGE, range);
    let mut response = server.send(get, &scopes(server, image)).await?.success().await?;
    let mut verifier = layer.verifier();
    // A server without ranges sends all of it.
    while *bytes < wanted
        && let Some(chunk) = response.chunk().await?
    {
        *bytes += chunk.len() as u64;
        if wanted == layer.size {
            verifier.update(&chunk).map_err(not_genuine("layer"))?;
        }
    }
    if wanted == layer.size { Ok(verifier.finish().map_err(not_genuine("layer"))?) } else { Ok(()) }
}
