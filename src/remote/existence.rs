//! What it means that a registry refuses to say whether it has something: existence is not permission.
//!
//! `HEAD` is only a question, and many registries and proxies refuse it where they allow what the question is for:
//! virtual repositories, storages behind redirects, namespaces whose repositories are made by the first push. So the
//! refusal of a `HEAD`, after authentication was tried, decides nothing. At a source, `GET` decides; at a target,
//! `POST` does.

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
    /// Asks by `HEAD`. `None` if that is refused: only `GET` tells then.
    ///
    /// A server that wants to be left alone is, and is asked by `GET` afterwards. A server that has refused a `HEAD`
    /// for good is sent no other one.
    ///
    /// # Errors
    /// That what was asked for is not there, or the server cannot be asked.
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
    /// Asks whether a blob is here.
    ///
    /// # Errors
    /// That the registry cannot be asked now: another time may be better.
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
            // The image says another size than its content has: reading it will tell.
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
        tracing::debug!("whether blob {} is there is not known: {error}", blob.digest);
        Ok(Existence::Unknown)
    }
}
