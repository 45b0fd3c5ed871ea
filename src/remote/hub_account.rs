//! The account of a user of Docker Hub: its own API at `hub.docker.com`, with a token for the user's name and password.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::server::{Fetched, Server};
use super::{Error, Remote};
use crate::auth::{Credential, Secret, Session};
use crate::config::Endpoint;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::{Body, Request, Target};
use crate::protocol::Scopes;
use crate::reference::Registry;
use crate::retry::Policy;

/// The host of the API. It belongs to Docker Hub, so it gets Docker Hub's credentials.
const HOST: &str = "hub.docker.com";

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 1 << 20;

/// Docker Hub's API, for one user or for an anonymous one.
pub(super) struct HubAccount {
    server: Server,
    user: Option<(String, Secret)>,
    token: OnceCell<HeaderValue>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    identifier: &'a str,
    secret: &'a str,
}

#[derive(Deserialize)]
struct Issued {
    access_token: Secret,
}

impl Remote {
    /// Returns Docker Hub's API, for the user that is logged in at Docker Hub.
    pub(super) async fn hub_account(&self) -> Result<HubAccount, Error> {
        let hub = Registry::hub();
        let found = self.keychain.find(&hub, None).await.found;
        let origin = self.host(&hub)?.origin.endpoint().clone();
        let client = self.client(Endpoint { host: HOST.to_owned(), ..origin });
        let session = Session::new(client, None, Arc::clone(&self.keychain)).anonymous();
        let user = found.and_then(|found| match found.credential {
            Credential::Basic { username, password } => Some((username, password)),
            _ => None,
        });
        Ok(HubAccount { server: self.server(session, Policy::ONCE), user, token: OnceCell::new() })
    }
}

impl HubAccount {
    /// Returns the API itself, which gets no credentials unless a request has them.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Returns the name of the user.
    pub(super) fn username(&self) -> Option<&str> {
        self.user.as_ref().map(|(username, _)| username.as_str())
    }

    /// Returns the header with the user's token; `None` for an anonymous user. A request with it must not follow
    /// redirects, which would lead the token elsewhere.
    ///
    /// # Errors
    /// An error if Docker Hub refuses the user's name and password.
    pub(super) async fn token(&self) -> Result<Option<HeaderValue>, Error> {
        let Some((username, password)) = &self.user else { return Ok(None) };
        let log_in = || self.log_in(username, password);
        self.token.get_or_try_init(log_in).await.cloned().map(Some)
    }

    /// Reads at most `limit` bytes: first without a token, then with one where there is an account. A private
    /// repository does not exist for others.
    pub(super) async fn read(&self, target: &Target, limit: u64) -> Result<Fetched, Error> {
        let read = async |token: Option<&HeaderValue>| {
            let get = || {
                let request = Request::new(Method::GET, target.clone()).keeping_redirects();
                match token {
                    Some(token) => request.with(AUTHORIZATION, token.clone()),
                    None => request,
                }
            };
            self.server.fetch(&Scopes::none(), get, limit).await
        };
        let is_private = |error: &Error| error.is_not_found() || error.kind() == ErrorKind::Denied;
        match read(self.token.get()).await {
            Err(error) if self.token.get().is_none() && is_private(&error) => match self.token().await? {
                Some(token) => read(Some(&token)).await,
                None => Err(error),
            },
            answered => answered,
        }
    }

    async fn log_in(&self, username: &str, password: &Secret) -> Result<HeaderValue, Error> {
        let wanted = Wanted { identifier: username, secret: password.expose() };
        let body = Bytes::from(serde_json::to_vec(&wanted).unwrap_or_default());
        let request = || {
            Request::new(Method::POST, Target::Path("/v2/auth/token".to_owned()))
                .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .with_body(Body::Bytes(body.clone()))
                .keeping_redirects()
        };
        let fetched = self.server.fetch(&Scopes::none(), request, ANSWER_MAX).await?;
        let issued: Issued = serde_json::from_slice(&fetched.body)
            .map_err(|_| Error::unexpected(&fetched.head.call, "it has no access token"))?;
        let value = format!("Bearer {}", issued.access_token.expose());
        let mut header = HeaderValue::from_str(&value)
            .map_err(|_| Error::unexpected(&fetched.head.call, "its access token is not text"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}
