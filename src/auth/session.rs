//! Requests to one server, authenticated as it asks for.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};

use super::authenticator::Authenticator;
use super::{Credential, Error, Keychain, Secret};
use crate::http::{Client, Request, Response};
use crate::protocol::{Challenge, Scopes};
use crate::reference::RepositoryName;

/// Sends requests to one server and answers its challenges.
pub struct Session {
    client: Arc<Client>,
    authenticator: Authenticator,
}

/// How a login ended that was not refused.
#[derive(Debug)]
pub enum LogIn {
    /// The credential is right. The service may have given an identity token to store in its place.
    Accepted {
        /// The identity token.
        identity: Option<Secret>,
    },
    /// The server answers everybody: nothing was checked.
    NotAsked,
}

impl Session {
    /// A session for one repository of `client`'s server, or for the server as a whole.
    pub fn new(client: Arc<Client>, repository: Option<RepositoryName>, keychain: Arc<Keychain>) -> Self {
        let registry = client.endpoint().credentials.clone();
        Self { client, authenticator: Authenticator::new(registry, repository, keychain) }
    }

    /// The same with this credential, whatever is stored.
    #[must_use]
    pub fn with_credential(self, credential: Credential) -> Self {
        Self { authenticator: self.authenticator.with_credential(credential), ..self }
    }

    /// The same for a server that takes a user name and a password, and serves those without, too: it never asks.
    #[must_use]
    pub fn introducing_itself(self) -> Self {
        Self { authenticator: self.authenticator.introducing_itself(), ..self }
    }

    /// The client beneath.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request. If the server answers 401, it is sent once more with what the server asked for.
    ///
    /// # Errors
    /// [`Error::Renewed`], to be tried again at once, if the body could be sent only once. A second 401 is
    /// no error yet: [`Response::success`] makes it one.
    pub async fn send(&self, request: Request, scopes: &Scopes) -> Result<Response, Error> {
        let sent = self.authenticator.known(&self.client, scopes).await?;
        let again = request.try_clone();
        let response = self.send_as(request, sent.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenges = challenges(&response);
        let answer =
            self.authenticator.challenged(&self.client, &challenges, (scopes, sent.as_ref())).await?;
        match (answer, again) {
            (None, _) => Ok(response),
            (Some(answer), Some(again)) => self.send_as(again, Some(&answer)).await,
            (Some(_), None) => Err(Error::Renewed { registry: self.client.endpoint().credentials.clone() }),
        }
    }

    /// Sends a request with this header, which is nobody's if there is no credential behind it.
    async fn send_as(&self, request: Request, header: Option<&HeaderValue>) -> Result<Response, Error> {
        let response = self.client.send(request, header).await?;
        Ok(if self.authenticator.is_anonymous() { response.for_anybody() } else { response })
    }

    /// Tries the credential of this session at `/v2/`, as `docker login` does.
    ///
    /// # Errors
    /// An [`http::Error`](crate::http::Error) of kind `Denied` if the server refuses it.
    pub async fn log_in(&self) -> Result<LogIn, Error> {
        let ping = || Request::get("/v2/");
        let response = self.client.send(ping(), None).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            response.success().await?;
            return Ok(LogIn::NotAsked);
        }
        let challenges = challenges(&response);
        let Some((header, identity)) = self.authenticator.log_in(&self.client, &challenges).await? else {
            return Err(response.into_error().await.into());
        };
        self.client.send(ping(), Some(&header)).await?.success().await?;
        Ok(LogIn::Accepted { identity })
    }
}

fn challenges(response: &Response) -> Vec<Challenge> {
    response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all).collect()
}
