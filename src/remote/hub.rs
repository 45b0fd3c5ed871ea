//! Docker Hub's own API at `hub.docker.com`, with a token for the user's name and password.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::server::{Fetched, Server};
use super::{Error, NoDeletion};
use crate::auth::{Credential, Secret};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::{Body, Request, Target};
use crate::protocol::Scopes;
use crate::reference::{Registry, RepositoryName, Tag};

/// The host of the API. It belongs to Docker Hub, so it gets Docker Hub's credentials.
pub(super) const HOST: &str = "hub.docker.com";

/// The maximum size of a response in bytes.
const ANSWER_MAX: u64 = 1 << 20;

/// A user of Docker Hub.
pub(super) struct Account {
    server: Server,
    credential: Option<Credential>,
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

impl Account {
    pub(super) fn new(server: Server, credential: Option<Credential>) -> Self {
        Self { server, credential, token: OnceCell::new() }
    }

    /// Removes a tag.
    pub(super) async fn untag(&self, repository: &RepositoryName, tag: &Tag) -> Result<(), Error> {
        let token = self.token.get_or_try_init(|| self.log_in()).await?;
        let path = format!("/v2/repositories/{repository}/tags/{tag}/");
        let delete = || {
            // A redirect would lead the token elsewhere.
            Request::new(Method::DELETE, Target::Path(path.clone()))
                .with(AUTHORIZATION, token.clone())
                .keeping_redirects()
        };
        self.server.call(&Scopes::none(), delete).await?;
        Ok(())
    }

    /// Returns the name of the user, if there is one with a password.
    pub(super) fn username(&self) -> Option<&str> {
        match &self.credential {
            Some(Credential::Basic { username, .. }) => Some(username),
            _ => None,
        }
    }

    /// Reads at most `limit` bytes of what everyone may read.
    pub(super) async fn read_public(&self, path: &str, limit: u64) -> Result<Fetched, Error> {
        self.server.fetch(&Scopes::none(), || Request::get(path), limit).await
    }

    /// Reads at most `limit` bytes of what is the user's own.
    pub(super) async fn read_own(&self, path: &str, limit: u64) -> Result<Fetched, Error> {
        let token = self.token.get_or_try_init(|| self.log_in()).await?;
        let get = || Request::get(path).with(AUTHORIZATION, token.clone()).keeping_redirects();
        self.server.fetch(&Scopes::none(), get, limit).await
    }

    /// Reads at most `limit` bytes: first without a token, then with one where there is an account. A
    /// private repository does not exist for others.
    pub(super) async fn read(&self, target: &Target, limit: u64) -> Result<Fetched, Error> {
        let get = |token: Option<HeaderValue>| {
            let request = Request::new(Method::GET, target.clone()).keeping_redirects();
            match token {
                Some(token) => request.with(AUTHORIZATION, token),
                None => request,
            }
        };
        if let Some(token) = self.token.get() {
            return self.server.fetch(&Scopes::none(), || get(Some(token.clone())), limit).await;
        }
        let read = self.server.fetch(&Scopes::none(), || get(None), limit).await;
        let is_private = |error: &Error| error.is_not_found() || error.kind() == ErrorKind::Denied;
        match read {
            Err(error) if self.credential.is_some() && is_private(&error) => {
                let token = self.token.get_or_try_init(|| self.log_in()).await?;
                self.server.fetch(&Scopes::none(), || get(Some(token.clone())), limit).await
            }
            read => read,
        }
    }

    async fn log_in(&self) -> Result<HeaderValue, Error> {
        let Some(Credential::Basic { username, password }) = &self.credential else {
            return Err(NoDeletion::NoAccount { registry: Registry::hub() }.into());
        };
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
