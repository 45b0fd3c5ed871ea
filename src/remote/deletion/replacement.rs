//! A tag at `registry:2`, which can only delete digests with all their tags: the tag is moved to a manifest that
//! nothing else has, and that manifest is deleted.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use crate::http::{Body, Request, Target};
use crate::image::{Descriptor, MediaType, RawManifest};
use crate::protocol::{Route, Scopes};
use crate::reference::{Selector, Tag};
use crate::remote::{Error, Repository};

/// Removes a tag. The registry has to allow deletion, otherwise the tag could only be moved back.
///
/// Once the tag is moved, the rest happens even if the future is dropped. If that fails, the tag is moved back.
pub(super) async fn untag(repository: &Repository, tag: &Tag) -> Result<(), Error> {
    let selector = Selector::Tag(tag.clone());
    let before = repository.get_manifest(&selector).await?;
    let config = config();
    let descriptor = Descriptor::of(MediaType::DOCKER_CONFIG, &config);
    upload(repository, &descriptor, &config).await?;
    let manifest = manifest(&descriptor);
    let unfinished = repository.uploads.sessions.unfinished().await;
    let replacing = tokio::spawn({
        let repository = repository.clone();
        async move {
            let _unfinished = unfinished;
            replace(&repository, &selector, &Replacement { before, manifest, config: descriptor }).await
        }
    });
    match replacing.await {
        Ok(replaced) => replaced,
        Err(_) => Err(repository.uploads.sessions.lost("the tag was not removed")),
    }
}

/// What a tag points to, and what it points to before it is removed.
struct Replacement {
    before: RawManifest,
    manifest: RawManifest,
    config: Descriptor,
}

async fn replace(repository: &Repository, tag: &Selector, parts: &Replacement) -> Result<(), Error> {
    let uploads = &repository.uploads;
    let Replacement { before, manifest, config } = parts;
    uploads.put_manifest(manifest, tag).await?;
    let deleted = uploads.delete_manifest(&manifest.descriptor().digest.clone().into()).await;
    if let Err(error) = deleted {
        tracing::debug!("the tag is moved back: {error}");
        uploads.put_manifest(before, tag).await?;
        return Err(error);
    }
    // A registry's garbage collection would remove the config, too.
    let route = Route::Blob { name: repository.name().repository.clone(), digest: config.digest.clone() };
    let request = Request::new(Method::DELETE, Target::Path(route.to_string()));
    let _ = uploads.origin.send(request, &Scopes::delete(&repository.name().repository)).await;
    Ok(())
}

/// Returns a config that no other manifest has.
fn config() -> Bytes {
    let nonce = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": { "regcli.untag": nonce } },
        "rootfs": { "type": "layers", "diff_ids": [] },
    });
    config.to_string().into()
}

/// Returns a manifest without layers. Every registry that has to be treated this way accepts Docker's format.
fn manifest(config: &Descriptor) -> RawManifest {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::DOCKER_MANIFEST,
        "config": config,
        "layers": [],
    });
    RawManifest::new(MediaType::DOCKER_MANIFEST, manifest.to_string().into())
}

async fn upload(repository: &Repository, blob: &Descriptor, content: &Bytes) -> Result<(), Error> {
    let uploads = &repository.uploads;
    let upload = || async {
        let mut url = uploads.sessions.start(blob).await?.session;
        url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let request = Request::new(Method::PUT, Target::Url(url))
            .with(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .with_body(Body::Bytes(content.clone()));
        uploads.origin.send(request, &uploads.scopes()).await?.success().await?;
        uploads.sessions.ended(&blob.digest);
        Ok(())
    };
    uploads.origin.retrying(upload).await
}
