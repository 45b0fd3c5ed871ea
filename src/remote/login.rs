//! Trying a credential at a registry.

use std::sync::Arc;

use reqwest::StatusCode;

use super::error::LogInAt;
use super::{Error, Remote};
use crate::auth::{self, Authorization, Credential, Given, LogIn, Secret};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{self, Request};
use crate::protocol::{Action, Route, Scopes};
use crate::reference::{Name, Reference, Registry};

/// How a login went well.
#[derive(Debug)]
pub struct LoggedIn {
    /// What to store instead of the password, if the registry gave it.
    pub identity: Option<Secret>,
    /// Whether the registry looked at the credential at all.
    pub checked: bool,
    /// The host of the token service that has checked it, if that is not the registry's own.
    pub token_service: Option<String>,
    /// The error that kept the token service from being recorded, if there was one. Without the record, any token
    /// service that the registry names later gets the credential.
    pub unpinned: Option<auth::Unpinned>,
}

impl LoggedIn {
    /// Nothing is to be stored or remembered.
    fn unchanged(checked: bool) -> Self {
        Self { identity: None, checked, token_service: None, unpinned: None }
    }
}

impl Remote {
    /// Tries `credential` at `registry`, which is always asked what it wants. The credential is not stored.
    ///
    /// # Errors
    /// [`Error::LogIn`] in Docker's words if the registry refuses it, another one if it cannot be asked.
    pub async fn log_in(
        &self,
        registry: &Registry,
        credential: Credential,
        given: Given,
    ) -> Result<LoggedIn, Error> {
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        let session = self.session(Arc::clone(&client), None);
        match session.with_credential(credential).log_in(given).await {
            Ok(LogIn::Accepted { identity, token_service, unpinned }) => {
                let base = client.base().map_err(auth::Error::from)?;
                let own = http::server_of(&base);
                let is_own = |host: &String| own.as_ref().is_some_and(|own| own.host() == host);
                let token_service = token_service.filter(|host| !is_own(host));
                Ok(LoggedIn { identity, checked: true, token_service, unpinned })
            }
            Ok(LogIn::NotAsked) => Ok(LoggedIn::unchanged(false)),
            Err(source) => Err(in_dockers_words(source, &client)),
        }
    }

    /// Returns whether `registry` asks for credentials at all.
    ///
    /// # Errors
    /// As [`Remote::log_in`].
    pub async fn asks_for_credentials(&self, registry: &Registry) -> Result<bool, Error> {
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        let session = self.session(Arc::clone(&client), None);
        session.is_asked().await.map_err(|source| in_dockers_words(source, &client))
    }

    /// Asks `registry` once whether it takes `credential`. Neither is changed by that.
    ///
    /// # Errors
    /// As [`Remote::log_in`].
    pub async fn check(&self, registry: &Registry, credential: Credential) -> Result<LoggedIn, Error> {
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        let session = self.session(Arc::clone(&client), None).with_credential(credential);
        match session.check().await {
            Ok(answer) => Ok(LoggedIn::unchanged(matches!(answer, LogIn::Accepted { .. }))),
            Err(source) => Err(in_dockers_words(source, &client)),
        }
    }

    /// What convinces the registry of `reference` to allow `actions` on its repository; `None` if it asks nobody for
    /// anything.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry or its token service says no, or gives no answer.
    pub async fn authorization(
        &self,
        reference: &Reference,
        actions: &[Action],
    ) -> Result<Option<Authorization>, Error> {
        let Name { registry, repository } = &reference.name;
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        let session = self.session(client, Some(repository.clone()));
        let scopes = Scopes::of(repository, actions);
        let found = session.authorize(Request::get("/v2/"), &scopes).await?;
        if found.is_some() {
            return Ok(found);
        }
        // Some registries ask only who wants something of a repository.
        let manifest = Route::Manifest { name: repository.clone(), selector: reference.selector() };
        Ok(session.authorize(Request::head(manifest.to_string()), &scopes).await?)
    }
}

/// `login attempt to URL failed with status: 401 Unauthorized`, or what the token service says.
fn in_dockers_words(source: auth::Error, client: &http::Client) -> Error {
    let auth::Error::Http(error) = &source else { return source.into() };
    let Ok(ping) = client.base().map(|base| format!("{base}v2/")) else { return source.into() };
    let own = |call: &http::Call| *call.url == *ping;
    let (message, at) = match error {
        http::Error::Status(status) if own(&status.call) => {
            (attempt(&ping, status.status), LogInAt::Registry)
        }
        http::Error::Status(status)
            if source.kind() == ErrorKind::Denied && status.body.errors.is_empty() =>
        {
            let told = "unauthorized: incorrect username or password";
            (format!("Get \"{ping}\": {told}"), LogInAt::TokenService)
        }
        http::Error::Status(status) => (format!("Get \"{ping}\": {status}"), LogInAt::TokenService),
        http::Error::Transport { call, .. } if !own(call) => {
            (format!("Get \"{ping}\": {error}"), LogInAt::TokenService)
        }
        _ => return source.into(),
    };
    Error::LogIn { message, at, source: Box::new(source) }
}

fn attempt(ping: &str, status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("login attempt to {ping} failed with status: {} {reason}", status.as_u16())
}
