//! What a repository receives: blobs by mounts and uploads, and manifests.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};

use super::Error;
use super::known::Contents;
use super::manifests::manifest_route;
use super::questions::Questions;
use super::refusal::Refusal;
use super::server::{DIGEST_HEADER, Server};
use super::sessions::{self, Sessions};
use crate::content::Existence;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::{Body, Request, Response, Target};
use crate::image::{Descriptor, RawManifest};
use crate::protocol::{ErrorCode, Route, Scopes};
use crate::reference::{Name, Selector};

/// How many other repositories are tried for a mount before the bytes are sent.
const MOUNTS_MAX: usize = 2;

/// A repository as it is written to: always at the registry itself.
pub(super) struct Uploads {
    pub(super) name: Name,
    pub(super) origin: Arc<Server>,
    /// The known content of this and the other repositories of the registry.
    pub(super) contents: Contents,
    /// The open uploads.
    pub(super) sessions: Arc<Sessions>,
    /// The record of questions about blobs.
    questions: Questions,
    /// The repositories that have declined mounts.
    reluctant: Reluctant,
}

/// Repositories from which a blob could not be mounted. For the next blob other repositories are asked first,
/// because a local name need not exist at the registry.
#[derive(Default)]
pub(super) struct Reluctant(Mutex<HashSet<Name>>);

impl Reluctant {
    /// Returns the names, locked.
    pub(super) fn names(&self) -> MutexGuard<'_, HashSet<Name>> {
        // Each change is one call, so the set is consistent even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The response to a mount request.
enum Answer {
    Mounted,
    /// The registry has started an upload instead, which is kept for the bytes.
    Begun,
    Refused,
}

impl Uploads {
    pub(super) fn new(name: Name, origin: Arc<Server>, contents: Contents) -> Self {
        Self {
            sessions: Arc::new(Sessions::new(name.repository.clone(), Arc::clone(&origin))),
            name,
            origin,
            contents,
            questions: Questions::default(),
            reluctant: Reluctant::default(),
        }
    }

    pub(super) fn scopes(&self) -> Scopes {
        Scopes::push(&self.name.repository)
    }

    /// Returns how many of these bytes are sent in one request.
    pub(super) fn fitting(&self, bytes: u64) -> u64 {
        let limit = self.origin.session().client().largest_body().unwrap_or(u64::MAX);
        bytes.min(limit.max(self.sessions.piece_min()))
    }

    /// Asks whether a blob exists here.
    ///
    /// # Errors
    /// An error if the registry cannot be asked now; a retry may succeed.
    pub(super) async fn existence(&self, blob: &Descriptor) -> Result<Existence, Error> {
        if self.contents.holds(&blob.digest) {
            return Ok(Existence::Present);
        }
        let questions = &self.questions;
        if questions.are_futile() {
            return Ok(Existence::Unknown);
        }
        let route = Route::Blob { name: self.name.repository.clone(), digest: blob.digest.clone() };
        let request = Request::head(route.to_string());
        let error = match self.origin.send(request, &self.scopes()).await {
            // The image states a wrong size for the blob. Reading the blob will show that.
            Ok(response) if response.status() == StatusCode::OK && is_of_other_size(&response, blob) => {
                questions.answered();
                return Ok(Existence::Absent);
            }
            Ok(response) if response.status() == StatusCode::OK => {
                questions.answered();
                self.contents.learn(&blob.digest);
                self.sessions.end_unused(blob).await;
                return Ok(Existence::Present);
            }
            Ok(response) if response.status().is_success() => return Ok(Existence::Unknown),
            Ok(response) => response.into_error().await.into(),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::NotFound && error.status().is_some() {
            questions.answered();
            return Ok(Existence::Absent);
        }
        if Refusal::of(&error).is_none()
            || questions.refused(&blob.digest, self.origin.retry(), error.recovery())
        {
            return Err(error);
        }
        tracing::debug!("the existence of blob {} is unknown: {error}", blob.digest);
        Ok(Existence::Unknown)
    }

    /// Stores `manifest` under a tag or its digest, and checks that the registry has stored that digest.
    pub(super) async fn put_manifest(
        &self,
        manifest: &RawManifest,
        selector: &Selector,
    ) -> Result<(), Error> {
        let descriptor = manifest.descriptor();
        let media_type = HeaderValue::from_str(descriptor.media_type.as_str())
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let request = || {
            Request::new(Method::PUT, Target::Path(manifest_route(&self.name.repository, selector)))
                .with(CONTENT_TYPE, media_type.clone())
                .with_body(Body::Bytes(manifest.bytes().clone()))
        };
        let answer = self.origin.call(&self.scopes(), request).await;
        let response = answer.inspect_err(|error| {
            if error.status().is_some_and(is_about_content) {
                self.contents.forget();
            }
        })?;
        match response.header(&DIGEST_HEADER) {
            Some(actual) if actual != descriptor.digest.as_str() => Err(Error::OtherDigest {
                call: response.call().clone(),
                expected: descriptor.digest.clone(),
                actual: actual.to_owned(),
            }),
            _ => {
                self.contents.learn(&descriptor.digest);
                Ok(())
            }
        }
    }

    /// Deletes a manifest by its digest, or a tag where the registry supports that.
    pub(super) async fn delete_manifest(&self, selector: &Selector) -> Result<(), Error> {
        let scopes = Scopes::delete(&self.name.repository);
        let path = manifest_route(&self.name.repository, selector);
        let request = || Request::new(Method::DELETE, Target::Path(path.clone()));
        // The registry may also delete content that only this manifest needed.
        self.contents.forget();
        self.origin.call(&scopes, request).await?;
        Ok(())
    }

    /// Tries to mount the blob from a repository that is known to have it, before its existence is asked.
    pub(super) async fn mount_nearby(&self, blob: &Descriptor) -> Result<Option<Name>, Error> {
        let registry = self.contents.registry();
        if self.contents.holds(&blob.digest) || registry.declines_mounts() {
            return Ok(None);
        }
        let Some(from) = self.contents.neighbour(&blob.digest) else { return Ok(None) };
        if let Answer::Mounted = self.mount_from(blob, &from).await? {
            return Ok(Some(from));
        }
        registry.mount_was_declined();
        Ok(None)
    }

    /// Returns a repository that the blob can probably be mounted from.
    pub(super) fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        let known = self.contents.neighbour(&blob.digest);
        known.or_else(|| self.neighbours(locations).first().map(|name| (*name).clone()))
    }

    /// Tries to mount the blob from one of `locations`, the most likely one first.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the blob mounted, or an upload that the registry removes later.
    pub(super) async fn mount_from_any(
        &self,
        blob: &Descriptor,
        locations: &[Name],
    ) -> Result<Option<Name>, Error> {
        // An open upload means that a mount was tried before. Another request would replace the upload.
        if self.sessions.get(&blob.digest).is_some() {
            return Ok(None);
        }
        for from in self.neighbours(locations).into_iter().take(MOUNTS_MAX) {
            let answer = self.mount_from(blob, from).await?;
            record(&self.reluctant, from, &answer);
            match answer {
                Answer::Mounted => return Ok(Some(from.clone())),
                // Another request would start another upload, and this one would never be finished.
                Answer::Begun => return Ok(None),
                Answer::Refused => {}
            }
        }
        Ok(None)
    }

    /// Returns the `locations` that are other repositories of the same registry, the most likely one first.
    fn neighbours<'a>(&self, locations: &'a [Name]) -> Vec<&'a Name> {
        let is_neighbour = |name: &&Name| name.registry == self.name.registry && **name != self.name;
        let mut neighbours: Vec<_> = locations.iter().filter(is_neighbour).collect();
        let reluctant = self.reluctant.names();
        neighbours.sort_by_key(|name| reluctant.contains(*name));
        neighbours
    }

    /// Asks the registry to mount `blob` here from `from`.
    ///
    /// Any status but 201 means that the bytes have to be sent; the upload that a 202 starts is kept for
    /// that.
    async fn mount_from(&self, blob: &Descriptor, from: &Name) -> Result<Answer, Error> {
        let scopes = self.scopes().and(Scopes::pull(&from.repository));
        let uploads = Route::Uploads { name: self.name.repository.clone() };
        let path = format!("{uploads}?mount={}&from={}", blob.digest, from.repository);
        let response = match self.sessions.post(blob, path, scopes).await {
            Ok(response) => response,
            // A token service may refuse the scope of the other repository, which means that there is no
            // mount.
            Err(Error::Request(error)) if is_refusal(&error) => return Ok(Answer::Refused),
            Err(error) => return Err(error),
        };
        Ok(match response.status() {
            StatusCode::CREATED => {
                self.contents.learn(&blob.digest);
                Answer::Mounted
            }
            StatusCode::ACCEPTED if sessions::location(&response).is_some() => Answer::Begun,
            _ => Answer::Refused,
        })
    }
}

fn is_of_other_size(response: &Response, blob: &Descriptor) -> bool {
    response.claimed_length().is_some_and(|size| size > 0 && size != blob.size)
}

/// Reports whether a manifest was refused because it refers to missing content.
fn is_about_content(status: &crate::http::Status) -> bool {
    [ErrorCode::ManifestBlobUnknown, ErrorCode::ManifestUnknown].iter().any(|code| status.has_code(code))
}

/// Records whether `from` has provided a blob.
fn record(reluctant: &Reluctant, from: &Name, answer: &Answer) {
    match answer {
        Answer::Mounted => reluctant.names().remove(from),
        Answer::Begun | Answer::Refused => reluctant.names().insert(from.clone()),
    };
}

fn is_refusal(error: &crate::auth::Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound)
}
