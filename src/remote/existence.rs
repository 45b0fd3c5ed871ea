//! What it means that a registry refuses to say whether it has something: existence is not permission.
//!
//! `HEAD` is only a question, and many registries and proxies refuse it where they allow what the question is for:
//! virtual repositories, storages behind redirects, namespaces whose repositories are made by the first push. So the
//! refusal of a `HEAD`, after authentication was tried, decides nothing. At a source, `GET` decides; at a target,
//! `POST` does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::StatusCode;

use super::server::Server;
use super::{Error, Repository};
use crate::auth;
use crate::content::Existence;
use crate::diagnose::{Diagnose as _, ErrorKind, Recovery};
use crate::digest::Digest;
use crate::http::{self, Request, Response};
use crate::image::Descriptor;
use crate::protocol::Scopes;
use crate::retry::{Attempts, Next, Policy};

/// How often one blob is asked for while the registry says that it is in trouble.
const ASKED_MAX: u32 = 3;

/// How many blobs are asked for in vain, before any was answered, until a repository is asked no more.
const REFUSED_MAX: u32 = 3;

/// The refusal of a question that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The registry wants to be left alone for a while.
    Busy,
    /// It fails at the question, this time.
    Trouble,
    /// It does not answer such questions.
    Final,
}

impl Refusal {
    /// Finds out whether `error` is one. That something is not there is none, nor is silence, nor what a token
    /// service says: it would say the same of the next request.
    pub(super) fn of(error: &Error) -> Option<Self> {
        let Error::Request(auth::Error::Http(error)) = error else { return None };
        match error {
            http::Error::Redirect { .. } => Some(Self::Final),
            http::Error::Status(_) if error.kind() == ErrorKind::NotFound => None,
            http::Error::Status(status) if status.retry_after.is_some() => Some(Self::Busy),
            http::Error::Status(status) => Some(match status.status {
                StatusCode::TOO_MANY_REQUESTS => Self::Busy,
                StatusCode::NOT_IMPLEMENTED => Self::Final,
                code if code.is_server_error() => Self::Trouble,
                _ => Self::Final,
            }),
            _ => None,
        }
    }
}

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

/// What came of the questions after blobs of one repository at a target.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether one was ever answered.
    answered: bool,
    /// How many blobs were asked for in vain.
    refused: u32,
    /// The attempts for blobs that the registry was too busy to be asked for.
    attempts: HashMap<Digest, Attempts>,
}

impl Questions {
    /// Whether the repository answers none.
    fn are_futile(&self) -> bool {
        let state = self.state();
        !state.answered && state.refused >= REFUSED_MAX
    }

    fn answered(&self) {
        self.state().answered = true;
    }

    /// Records a refusal, and reports whether the blob is worth another question after a wait.
    fn refused(&self, blob: &Digest, policy: Policy, recovery: Recovery) -> bool {
        let mut state = self.state();
        let is_hopeless = !state.answered && state.refused > 0;
        let attempts = state.attempts.entry(blob.clone()).or_insert_with(|| policy.begin());
        let goes_on =
            matches!(attempts.failure(recovery), Next::Continue(_)) && attempts.failed() < ASKED_MAX;
        let is_worth_it = goes_on && !is_hopeless;
        if !is_worth_it {
            state.refused = state.refused.saturating_add(1);
        }
        is_worth_it
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
                self.end_unused_upload(blob).await;
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
