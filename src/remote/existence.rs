//! Refused questions: a registry may refuse to say whether it has content, and still allow access to it.
//!
//! A `HEAD` is only a question, and many registries and proxies refuse it although they allow the actual
//! request: virtual repositories, storage hosts behind redirects, namespaces whose repositories are created
//! by the first push. So a refused `HEAD` decides nothing, after authentication was tried. For a source,
//! `GET` decides; for a target, `POST`.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;

use super::refusal::Refusal;
use super::server::Server;
use super::{Error, Repository, session};
use crate::content::Existence;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::{Request, Response};
use crate::image::Descriptor;
use crate::protocol::Scopes;

impl Server {
    /// Sends a `HEAD` request. Returns `None` if it is refused, so that only `GET` can decide.
    ///
    /// If the server asks to wait, the client waits and then uses `GET`. A server that has finally refused a
    /// `HEAD` gets no further one.
    ///
    /// # Errors
    /// An error if the content does not exist, or the server cannot be asked.
    pub(super) async fn look(
        &self,
        scopes: &Scopes,
        request: impl Fn() -> Request,
    ) -> Result<Option<Response>, Error> {
        let was_busy = AtomicBool::new(false);
        let ask = || async {
            if self.refuses_head() || was_busy.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let response = self.send(self.in_time(request()), scopes).await?;
            let error = match response.success().await {
                Ok(response) => return Ok(Some(response)),
                Err(error) => Error::from(error),
            };
            let Some(refusal) = Refusal::of(&error) else { return Err(error) };
            tracing::debug!("HEAD was refused, GET decides: {error}");
            match refusal {
                Refusal::Busy => {
                    was_busy.store(true, Ordering::Relaxed);
                    Err(error)
                }
                Refusal::Trouble => Ok(None),
                Refusal::Final => {
                    self.head_was_refused();
                    Ok(None)
                }
            }
        };
        self.retrying(ask).await
    }
}

fn is_of_other_size(response: &Response, blob: &Descriptor) -> bool {
    response.claimed_length().is_some_and(|size| size > 0 && size != blob.size)
}

impl Repository {
    /// Asks whether a blob exists here.
    ///
    /// # Errors
    /// An error if the registry cannot be asked now; a retry may succeed.
    pub(super) async fn find_blob(&self, blob: &Descriptor) -> Result<Existence, Error> {
        let shared = self.shared();
        if shared.knows(&blob.digest) {
            return Ok(Existence::Present);
        }
        let questions = shared.questions();
        if questions.are_futile() {
            return Ok(Existence::Unknown);
        }
        let request = Request::head(self.blob_route(blob));
        let error = match shared.origin().send(request, &self.push_scopes()).await {
            // The image states a wrong size for the blob. Reading the blob will show that.
            Ok(response) if response.status() == StatusCode::OK && is_of_other_size(&response, blob) => {
                questions.answered();
                return Ok(Existence::Absent);
            }
            Ok(response) if response.status() == StatusCode::OK => {
                questions.answered();
                shared.learn(&blob.digest);
                session::end_unused(self, blob).await;
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
            || questions.refused(&blob.digest, shared.origin().retry(), error.recovery())
        {
            return Err(error);
        }
        tracing::debug!("the existence of blob {} is unknown: {error}", blob.digest);
        Ok(Existence::Unknown)
    }
}
