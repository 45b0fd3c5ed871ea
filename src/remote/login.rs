//! Trying a credential at a registry.

use std::sync::Arc;

use super::{Error, Remote};
use crate::auth::{self, Credential, LogIn, Secret};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http;
use crate::reference::Registry;

/// How a login went well.
#[derive(Debug)]
pub struct LoggedIn {
    /// What to store instead of the password, if the registry gave it.
    pub identity: Option<Secret>,
    /// Whether the registry looked at the credential at all.
    pub checked: bool,
}

impl Remote {
    /// Tries `credential` at `registry`, which is always asked what it wants. The credential is not stored.
    ///
    /// # Errors
    /// [`Error::LogIn`] in Docker's words if the registry refuses it, another one if it cannot be asked.
    pub async fn log_in(&self, registry: &Registry, credential: Credential) -> Result<LoggedIn, Error> {
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        let session = self.session(Arc::clone(&client), None);
        match session.with_credential(credential).log_in().await {
            Ok(LogIn::Accepted { identity }) => Ok(LoggedIn { identity, checked: true }),
            Ok(LogIn::NotAsked) => Ok(LoggedIn { identity: None, checked: false }),
            Err(source) => Err(in_dockers_words(source, &client)),
        }
    }
}

/// `login attempt to URL failed with status: 401 Unauthorized`, or what the token service says.
fn in_dockers_words(source: auth::Error, client: &http::Client) -> Error {
    let auth::Error::Http(error) = &source else { return source.into() };
    let Some(status) = error.status() else { return source.into() };
    let ping = match client.base() {
        Ok(base) => format!("{base}v2/"),
        Err(_) => status.call.url.to_string(),
    };
    let message = if *status.call.url == *ping {
        let reason = status.status.canonical_reason().unwrap_or_default();
        format!("login attempt to {ping} failed with status: {} {reason}", status.status.as_u16())
    } else if source.kind() == ErrorKind::Denied {
        let told = if status.body.errors.is_empty() {
            "unauthorized: incorrect username or password".to_owned()
        } else {
            status.to_string()
        };
        format!("Get \"{ping}\": {told}")
    } else {
        format!("Get \"{ping}\": {status}")
    };
    Error::LogIn { message, source: Box::new(source) }
}
