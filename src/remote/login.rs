//! Checks credentials at a registry.

use std::sync::Arc;

use reqwest::StatusCode;

use super::error::LogInAt;
use super::{Error, Remote};
use crate::auth::{self, Authorization, Credential, Given, LogIn, Recipient, Secret};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{self, Request};
use crate::protocol::{Action, Route, Scopes};
use crate::reference::{Reference, Registry};

/// The result of a successful login.
#[derive(Debug)]
pub struct LoggedIn {
    /// The identity token to store instead of the password, if the registry issued one.
    pub identity: Option<Secret>,
    /// Whether the registry checked the credential.
    pub checked: bool,
    /// The `host:port` of the token service that has checked the credential, if its host is not the registry's own.
    pub token_service: Option<String>,
    /// The error that kept the token service from being recorded, if there was one. Without the record, any token
    /// service that the registry names later gets the credential.
    pub unpinned: Option<auth::Unpinned>,
}

impl LoggedIn {
    /// Creates the result of a check that has nothing to store or record.
    fn unchanged(checked: bool) -> Self {
        Self { identity: None, checked, token_service: None, unpinned: None }
    }
}

impl Remote {
    /// Tries `credential` at `registry`, which is always asked for a new challenge. The credential is not
    /// stored.
    ///
    /// # Errors
    /// [`Error::LogIn`] in Docker's words if the registry refuses the credential, another error if it cannot
    /// be asked.
    pub async fn log_in(
        &self,
        registry: &Registry,
        credential: Credential,
        given: Given,
    ) -> Result<LoggedIn, Error> {
        let client = Arc::clone(&self.host(registry)?.origin);
        let session = self.session(Arc::clone(&client), None);
        match session.with_credential(credential).log_in(given).await {
            Ok(LogIn::Accepted { identity, token_service, unpinned }) => {
                let base = client.base().map_err(auth::Error::from)?;
                let own = http::server_of(&base);
                let is_own = |server: &String| own.as_ref().is_some_and(|own| own.host() == host_of(server));
                let token_service = token_service.filter(|server| !is_own(server));
                Ok(LoggedIn { identity, checked: true, token_service, unpinned })
            }
            Ok(LogIn::NotAsked) => Ok(LoggedIn::unchanged(false)),
            Err(source) => Err(in_dockers_words(source, &client)),
        }
    }

    /// Returns the recipient of a credential that is entered now; `None` if `registry` does not ask for
    /// credentials.
    ///
    /// # Errors
    /// The same as those of [`Remote::log_in`].
    pub async fn recipient(&self, registry: &Registry) -> Result<Option<Recipient>, Error> {
        let client = Arc::clone(&self.host(registry)?.origin);
        let session = self.session(Arc::clone(&client), None);
        session.recipient().await.map_err(|source| in_dockers_words(source, &client))
    }

    /// Asks `registry` once whether it accepts `credential`. Neither is changed.
    ///
    /// # Errors
    /// The same as those of [`Remote::log_in`].
    pub async fn check(&self, registry: &Registry, credential: Credential) -> Result<LoggedIn, Error> {
        let client = Arc::clone(&self.host(registry)?.origin);
        let session = self.session(Arc::clone(&client), None).with_credential(credential);
        match session.check().await {
            Ok(answer) => Ok(LoggedIn::unchanged(matches!(answer, LogIn::Accepted { .. }))),
            Err(source) => Err(in_dockers_words(source, &client)),
        }
    }

    /// Returns the authorization for `actions` on the repository of `reference`; `None` if the registry does
    /// not ask for authentication.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry or its token service refuses or does not respond.
    pub async fn authorization(
        &self,
        reference: &Reference,
        actions: &[Action],
    ) -> Result<Option<Authorization>, Error> {
        let repository = &reference.name.repository;
        let origin = Arc::clone(&self.repository(&reference.name)?.uploads.origin);
        let session = origin.session();
        let scopes = Scopes::of(repository, actions);
        let found = session.authorize(Request::get("/v2/"), &scopes).await?;
        if found.is_some() {
            return Ok(found);
        }
        // Some registries send a challenge only for requests to a repository.
        let manifest = Route::Manifest { name: repository.clone(), selector: reference.selector() };
        Ok(session.authorize(Request::head(manifest.to_string()), &scopes).await?)
    }
}

/// Returns the host of `host:port`, without brackets.
fn host_of(server: &str) -> &str {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// Returns `login attempt to URL failed with status: 401 Unauthorized`, or the message of the token service.
fn in_dockers_words(source: auth::Error, client: &http::Client) -> Error {
    let (auth::Error::Http(error) | auth::Error::Service(error)) = &source else { return source.into() };
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
        http::Error::Status(_) => (format!("Get \"{ping}\": {source}"), LogInAt::TokenService),
        http::Error::Transport { call, .. } | http::Error::Unexpected { call, .. } if !own(call) => {
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
