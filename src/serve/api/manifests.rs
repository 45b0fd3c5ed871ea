//! Manifests: sending, storing and removing them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::blobs;
use super::body::Incoming;
use super::call::{Answer, Call};
use super::pieces::{self, Piece};
use super::refusal::Refusal;
use super::response::{empty, set};
use crate::digest::{Digest, Hasher};
use crate::image::{Descriptor, MANIFEST_BYTES_MAX, Manifest, MediaType};
use crate::protocol::{CONTENT_DIGEST_HEADER, ErrorCode, ErrorItem, Route, SUBJECT_HEADER};
use crate::reference::{RepositoryName, Selector};
use crate::serve::layout::Layout;
use crate::serve::memory::FREE;
use crate::store::{self, disk};

/// The fields of a manifest that lists of referrers contain.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    subject: Option<Descriptor>,
}

/// Handles GET and HEAD.
pub(super) fn get(call: &Call, name: &RepositoryName, selector: &Selector) -> Answer {
    let Some(manifest) = find(&call.layout, name, selector)? else { return Err(unknown(name, selector)) };
    let identified = |status| {
        let mut response = blobs::with_identity(empty(status), &manifest.digest);
        // Unlike the URL of a blob, that of a manifest may mean other content tomorrow.
        response.headers_mut().remove(CACHE_CONTROL);
        response
    };
    if call.is_cached(&manifest.digest) {
        return Ok(identified(StatusCode::NOT_MODIFIED));
    }
    let mut response = identified(StatusCode::OK);
    set(&mut response, CONTENT_TYPE, manifest.media_type.as_str());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(manifest.size));
    if call.method == Method::GET {
        let content = call.layout.blobs.read(&manifest.digest, MANIFEST_BYTES_MAX)?;
        *response.body_mut() = if content.len() <= FREE {
            content.into()
        } else {
            // The manifest was verified. It is read again from the file, so that a slow client does not keep
            // it in memory.
            let path = call.layout.blobs.path(&manifest.digest);
            pieces::body(&call.layout.memory, [Piece::File { path, range: 0..manifest.size }])
        };
    }
    Ok(response)
}

/// Handles PUT. The content that the manifest refers to has to be in the repository already, except its
/// subject.
pub(super) async fn put(
    call: &Call,
    name: &RepositoryName,
    selector: &Selector,
    body: &mut Incoming,
) -> Answer {
    let media_type = MediaType::from_header(call.header(CONTENT_TYPE).unwrap_or_default());
    let content = read(&media_type, body).await?;
    let digest = digest_of(selector, &content)?;
    let manifest = Manifest::parse(&media_type, &content).map_err(|error| invalid(&error))?;
    disk::in_place(|| check_references(&call.layout, name, &manifest))?;
    let (descriptor, subject) = describe(media_type, digest.clone(), &content)?;

    call.layout.blobs.put_as(&digest, content).await?;
    call.layout.blobs.sync_folders().await?;
    let (layout, owned, selector) = (Arc::clone(&call.layout), name.clone(), selector.clone());
    let about = subject.clone();
    let record = move || {
        layout.change(&owned, |repository| {
            repository.put_manifest(&descriptor)?;
            if let Some(subject) = &about {
                repository.put_referrer(subject, &descriptor)?;
            }
            if let Selector::Tag(tag) = &selector {
                repository.tag(tag, &descriptor.digest)?;
            }
            Ok(())
        })
    };
    disk::aside(record).await?;

    let mut response = empty(StatusCode::CREATED);
    let route = Route::Manifest { name: name.clone(), selector: digest.clone().into() };
    set(&mut response, LOCATION, route.path());
    set(&mut response, HeaderName::from_static(CONTENT_DIGEST_HEADER), digest.as_str());
    if let Some(subject) = subject {
        set(&mut response, HeaderName::from_static(SUBJECT_HEADER), subject.as_str());
    }
    Ok(response)
}

/// Handles DELETE. A digest removes the manifest and all its tags; a tag removes only the tag.
pub(super) async fn delete(call: &Call, name: &RepositoryName, selector: &Selector) -> Answer {
    let Some(manifest) = find(&call.layout, name, selector)? else { return Err(unknown(name, selector)) };
    let (layout, name, wanted) = (Arc::clone(&call.layout), name.clone(), selector.clone());
    let remove = move || {
        let subject = match layout.blobs.read(&manifest.digest, MANIFEST_BYTES_MAX) {
            Ok(content) => profile(&content).and_then(|profile| profile.subject),
            // The manifest is damaged, which is one more reason to remove it.
            Err(_) => None,
        };
        layout.change(&name, |repository| match &wanted {
            Selector::Tag(tag) => repository.untag(tag),
            Selector::Digest(digest) => {
                repository.remove_manifest(digest, subject.as_ref().map(|subject| &subject.digest))
            }
        })
    };
    if disk::aside(remove).await? { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown_now()) }
}

/// Returns the manifest that `selector` means in this repository.
fn find(
    layout: &Layout,
    name: &RepositoryName,
    selector: &Selector,
) -> Result<Option<Descriptor>, store::Error> {
    let repository = layout.repository(name);
    let digest = match selector {
        Selector::Digest(digest) => Some(digest.clone()),
        Selector::Tag(tag) => repository.resolve(tag)?,
    };
    match digest {
        Some(digest) => repository.manifest(&digest),
        None => Ok(None),
    }
}

fn unknown(name: &RepositoryName, selector: &Selector) -> Refusal {
    let detail = match selector {
        Selector::Tag(tag) => json!({ "Tag": tag.as_str() }),
        Selector::Digest(digest) => json!({ "Name": name.as_str(), "Revision": digest.as_str() }),
    };
    ErrorItem::new(ErrorCode::ManifestUnknown).with_detail(detail).into()
}

/// Returns the refusal if another request has removed the manifest first.
fn unknown_now() -> Refusal {
    ErrorCode::ManifestUnknown.into()
}

async fn read(media_type: &MediaType, body: &mut Incoming) -> Result<Bytes, Refusal> {
    if !media_type.is_manifest() {
        let message = format!("manifest invalid: unsupported Content-Type {:?}", media_type.as_str());
        return Err(ErrorItem::new(ErrorCode::ManifestInvalid).with_message(message).into());
    }
    let limit = usize::try_from(media_type.bytes_max()).unwrap_or(usize::MAX);
    body.read(limit).await?.ok_or_else(|| {
        let message = format!("manifest invalid: larger than {limit} bytes");
        Refusal::from(ErrorItem::new(ErrorCode::ManifestInvalid).with_message(message))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    })
}

fn digest_of(selector: &Selector, content: &[u8]) -> Result<Digest, Refusal> {
    let Selector::Digest(wanted) = selector else { return Ok(Digest::sha256(content)) };
    let mut hasher = Hasher::new(wanted.algorithm());
    hasher.update(content);
    let actual = hasher.finish();
    if actual == *wanted { Ok(actual) } else { Err(ErrorCode::DigestInvalid.into()) }
}

fn invalid(error: &crate::image::Error) -> Refusal {
    let cause = std::error::Error::source(error);
    let detail = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    ErrorItem::new(ErrorCode::ManifestInvalid).with_detail(detail).into()
}

/// Checks that all content of a manifest is in the repository, and lists what is missing.
fn check_references(layout: &Layout, name: &RepositoryName, manifest: &Manifest) -> Result<(), Refusal> {
    let repository = layout.repository(name);
    let mut errors = Vec::new();
    for child in manifest.children() {
        let mut held = blobs::find(layout, name, &child.digest)?;
        if held.is_none() && matches!(manifest, Manifest::Index(_)) {
            held = repository.manifest(&child.digest)?;
        }
        match held {
            Some(held) if held.size == child.size => {}
            Some(_) => errors.push(ErrorItem::new(ErrorCode::SizeInvalid).with_detail(child.digest.as_str())),
            // The content has URLs elsewhere, so it need not be here.
            None if !child.urls.is_empty() || child.media_type.is_foreign() => {}
            None => {
                errors
                    .push(ErrorItem::new(ErrorCode::ManifestBlobUnknown).with_detail(child.digest.as_str()));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::of(errors)) }
}

/// Returns the descriptor under which the manifest is stored, and its subject.
fn describe(
    media_type: MediaType,
    digest: Digest,
    content: &[u8],
) -> Result<(Descriptor, Option<Digest>), Refusal> {
    let profile = profile(content).ok_or(ErrorCode::ManifestInvalid)?;
    let mut descriptor = Descriptor::new(media_type, digest, content.len() as u64);
    let config_type = profile.config.map(|config| config.media_type.to_string());
    descriptor.artifact_type = profile.artifact_type.filter(|text| !text.is_empty()).or(config_type);
    descriptor.annotations = profile.annotations.unwrap_or_default();
    Ok((descriptor, profile.subject.map(|subject| subject.digest)))
}

fn profile(content: &[u8]) -> Option<Profile> {
    serde_json::from_slice(content).ok()
}
