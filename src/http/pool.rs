//! HTTP clients with their idle connections.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::Error;

/// An HTTP client that is created when it is needed.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Option<Made>>);

#[derive(Debug)]
struct Made {
    client: reqwest::Client,
    at: Instant,
}

impl Pool {
    /// Returns the client. If its server was silent at `silent`, after the client was created, a new client
    /// is created: the connections of the old one may be dead, and each would have to time out.
    pub(super) fn client(
        &self,
        silent: Option<Instant>,
        make: impl FnOnce() -> Result<reqwest::Client, Error>,
    ) -> Result<reqwest::Client, Error> {
        // Each change is one assignment, so the state is consistent even after a panic elsewhere.
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| silent.is_none_or(|silent| silent < made.at)) {
            return Ok(made.client.clone());
        }
        let client = make()?;
        *made = Some(Made { client: client.clone(), at: Instant::now() });
        Ok(client)
    }
}
