//! HTTP clients with the connections that they keep.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::Error;

/// An HTTP client, made when it is needed.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Option<Made>>);

#[derive(Debug)]
struct Made {
    client: reqwest::Client,
    at: Instant,
}

impl Pool {
    /// Returns the client. If its server has said nothing at `silent`, after it was made, it is made anew: connections
    /// that it keeps may lead nowhere, and each would be waited for.
    pub(super) fn client(
        &self,
        silent: Option<Instant>,
        make: impl FnOnce() -> Result<reqwest::Client, Error>,
    ) -> Result<reqwest::Client, Error> {
        // Each change is one assignment: it is whole even after a panic elsewhere.
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| silent.is_none_or(|silent| silent < made.at)) {
            return Ok(made.client.clone());
        }
        let client = make()?;
        *made = Some(Made { client: client.clone(), at: Instant::now() });
        Ok(client)
    }
}
