//! Requests to one server, with the authentication that it asks for.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};

use super::authenticator::{Admission, Authenticator, Challenged, Given};
use super::token_services::Recipient;
use super::{Authorization, ChallengeCache, Credential, Error, Keychain, Secret, TokenServices, Unpinned};
use crate::http::{Asker, Client, Request, Response};
use crate::protocol::{Challenge, Scopes, Signs};
use crate::reference::RepositoryName;
use crate::retry;

/// A request as it was sent first.
struct Attempt<'a> {
    scopes: &'a Scopes,
    /// The authentication that was sent with it.
    header: Option<HeaderValue>,
}

/// Sends requests to one server and answers its challenges.
pub struct Session {
    client: Arc<Client>,
    authenticator: Authenticator,
}

/// The result of a login that was not refused.
#[derive(Debug)]
pub enum LogIn {
    /// The credential is right. The service may have issued an identity token to store in its place.
    Accepted {
        /// The identity token.
        identity: Option<Secret>,
        /// The `host:port` of the token service that has checked the credential, unless it was the registry itself.
        token_service: Option<String>,
        /// The error that kept the token service from being recorded, if there was one.
        unpinned: Option<Unpinned>,
    },
    /// The server does not ask for authentication: nothing was checked.
    NotAsked,
}

impl Session {
    /// Creates a session for one repository of `client`'s server, or for the server as a whole.
    pub fn new(client: Arc<Client>, repository: Option<RepositoryName>, keychain: Arc<Keychain>) -> Self {
        let registry = client.endpoint().credentials.clone();
        Self { client, authenticator: Authenticator::new(registry, repository, keychain) }
    }

    /// Uses this credential instead of the stored one.
    #[must_use]
    pub fn with_credential(self, credential: Credential) -> Self {
        Self { authenticator: self.authenticator.with_credential(credential), ..self }
    }

    /// Sends no credential, even if one is stored.
    #[must_use]
    pub fn anonymous(self) -> Self {
        Self { authenticator: self.authenticator.anonymous(), ..self }
    }

    /// Uses the challenges in `cache`, so that requests need not wait for a known challenge, and records new
    /// ones there.
    #[must_use]
    pub fn remembering(self, cache: Arc<ChallengeCache>) -> Self {
        Self { authenticator: self.authenticator.remembering(cache), ..self }
    }

    /// Sends credentials only to the token services that were recorded at their logins, as far as there are
    /// records.
    #[must_use]
    pub fn expecting(self, services: Arc<TokenServices>) -> Self {
        Self { authenticator: self.authenticator.expecting(services), ..self }
    }

    /// Sends user name and password without a challenge, for servers that return more to known users but
    /// never send a challenge.
    #[must_use]
    pub fn volunteering(self) -> Self {
        Self { authenticator: self.authenticator.expecting_basic(), ..self }
    }

    /// Reports whether a credential was looked up and not found.
    pub fn is_anonymous(&self) -> bool {
        self.authenticator.is_anonymous()
    }

    /// Returns the HTTP client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request. If the server responds with 401, it is sent once more with the authentication that
    /// the server asked for.
    ///
    /// # Errors
    /// [`Error::Renewed`], which should be retried immediately, if the body could be sent only once. A second
    /// 401 is not an error yet: [`Response::success`] makes it one.
    pub async fn send(&self, request: Request, scopes: &Scopes) -> Result<Response, Error> {
        let response = self.exchange(request, scopes).await?;
        match response.asker() {
            // The token is an anonymous one.
            Asker::Authenticated if self.authenticator.is_anonymous() => {
                Ok(response.asked_by(Asker::AnonymousToken))
            }
            _ => Ok(response),
        }
    }

    async fn exchange(&self, request: Request, scopes: &Scopes) -> Result<Response, Error> {
        let header = self.authenticator.known(&self.client, scopes).await?;
        let attempt = Attempt { scopes, header };
        let unproven = attempt.header.is_some() && self.authenticator.is_unproven();
        let again = request.try_clone();
        let response = self.client.send(request, attempt.header.as_ref()).await?;
        match again {
            Some(again) if unproven && Self::is_refusal(&response) => {
                self.ask_afresh(again, response, &attempt).await
            }
            again => {
                if unproven && !Self::is_refusal(&response) && !is_unwilling(&response) {
                    self.authenticator.prove();
                }
                self.follow_challenge(response, again, &attempt).await
            }
        }
    }

    /// Responds to the server's challenge, if there is one.
    async fn follow_challenge(
        &self,
        response: Response,
        again: Option<Request>,
        attempt: &Attempt<'_>,
    ) -> Result<Response, Error> {
        if !Self::is_challenged(&response) {
            return Ok(response);
        }
        let sent = attempt.header.as_ref();
        let answer = self.respond(&response, attempt).await?;
        match (answer, again) {
            (None, _) => Ok(response),
            // The same header would be refused again.
            (Some(answer), _) if Some(&answer) == sent => Ok(response),
            (Some(answer), Some(again)) => Ok(self.client.send(again, Some(&answer)).await?),
            (Some(_), None) => {
                let registry = self.client.endpoint().credentials.clone();
                Err(Error::Renewed { registry, refusal: Box::new(response.into_error().await) })
            }
        }
    }

    /// Sends a request without the challenge of an earlier command, because the server has refused the answer
    /// to it.
    async fn ask_afresh(
        &self,
        request: Request,
        refused: Response,
        attempt: &Attempt<'_>,
    ) -> Result<Response, Error> {
        self.authenticator.doubt();
        let again = request.try_clone();
        let response = self.client.send(request, None).await?;
        if !Self::is_challenged(&response) {
            return Ok(response);
        }
        let answer = self.respond(&response, attempt).await?;
        match (answer, again) {
            (Some(answer), _) if Some(&answer) == attempt.header.as_ref() => Ok(refused),
            (Some(answer), Some(again)) => Ok(self.client.send(again, Some(&answer)).await?),
            _ => Ok(response),
        }
    }

    /// Returns the header that responds to the challenges of `response`; `None` if there is none.
    async fn respond(
        &self,
        response: &Response,
        attempt: &Attempt<'_>,
    ) -> Result<Option<HeaderValue>, Error> {
        let challenged = Challenged {
            challenges: &challenges(response),
            scopes: attempt.scopes,
            refused: attempt.header.as_ref(),
        };
        let answer = self.authenticator.challenged(&self.client, &challenged).await;
        self.recognise(response, challenged.challenges).await;
        answer
    }

    /// Records which software the server is, if its challenge shows it, so that later requests need not ask.
    async fn recognise(&self, response: &Response, challenges: &[Challenge]) {
        let header = |name: &'static str| response.header(&HeaderName::from_static(name)).map(str::to_owned);
        let host = self.client.endpoint().credentials.host();
        let (software, _) = Signs { host, header: &header, challenges }.read();
        if software.is_certain() {
            self.authenticator.learn_software(&self.client, software).await;
        }
    }

    /// Reports whether the server itself refuses the authentication.
    fn is_refusal(response: &Response) -> bool {
        let refusals = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        refusals.contains(&response.status()) && response.is_own()
    }

    /// Reports whether the server itself sends a challenge. A server that it redirects to may send one, too,
    /// and name a token service of its own: it is not answered, because it would get the password
    /// (CVE-2020-15157).
    fn is_challenged(response: &Response) -> bool {
        response.status() == StatusCode::UNAUTHORIZED && response.is_own()
    }

    /// Sends a request, and retries while the server has errors.
    ///
    /// # Errors
    /// The errors of the request and of the server. An error status is not an error yet.
    async fn ask(
        &self,
        request: impl Fn() -> Request,
        sent: Option<&HeaderValue>,
    ) -> Result<Response, Error> {
        let once = || async { self.client.send(request(), sent).await?.untroubled().await };
        Ok(retry::run(self.client.retry(), self.client.own_outage().ok().as_deref(), once).await?)
    }

    /// Asks once whether the server accepts the credential of this session. This changes nothing at the
    /// server: a login may create an identity token, this does not.
    ///
    /// # Errors
    /// An [`http::Error`](crate::http::Error) of kind `Denied` if the server refuses it.
    pub async fn check(&self) -> Result<LogIn, Error> {
        let ping = || Request::get("/v2/");
        let response = self.ask(ping, None).await?;
        if !Self::is_challenged(&response) {
            response.success().await?;
            return Ok(LogIn::NotAsked);
        }
        let challenges = challenges(&response);
        let answer = self.authenticator.authorize(&self.client, &challenges, &Scopes::none()).await?;
        let Some((header, _)) = answer else { return Err(response.into_error().await.into()) };
        self.ask(ping, Some(&header)).await?.success().await?;
        Ok(LogIn::Accepted { identity: None, token_service: None, unpinned: None })
    }

    /// Returns the recipient of a credential that is entered now, as the server names it at `/v2/`; `None` if
    /// the server does not ask for authentication.
    ///
    /// # Errors
    /// The errors of the request, a response that is neither a challenge nor a success, and a challenge that no
    /// credential is sent for.
    pub async fn recipient(&self) -> Result<Option<Recipient>, Error> {
        let response = self.ask(|| Request::get("/v2/"), None).await?;
        if Self::is_challenged(&response) {
            return self.authenticator.recipient(&self.client, &challenges(&response)).map(Some);
        }
        response.success().await?;
        Ok(None)
    }

    /// Returns the authorization that the server wants for `scopes`, according to its response to `probe`;
    /// `None` if it needs none.
    ///
    /// # Errors
    /// The errors of the request and of the token service. An [`http::Error`](crate::http::Error) of kind
    /// `Denied` if the server wants credentials and there are no suitable ones.
    pub async fn authorize(&self, probe: Request, scopes: &Scopes) -> Result<Option<Authorization>, Error> {
        let probe = || probe.try_clone().unwrap_or_else(|| Request::get("/v2/"));
        let response = self.ask(probe, None).await?;
        if !Self::is_challenged(&response) {
            return Ok(None);
        }
        let challenges = challenges(&response);
        match self.authenticator.authorize(&self.client, &challenges, scopes).await? {
            Some((header, lifetime)) => Ok(Authorization::new(&header, lifetime)),
            None => Err(response.into_error().await.into()),
        }
    }

    /// Tries the credential of this session at `/v2/`, as `docker login` does.
    ///
    /// # Errors
    /// An [`http::Error`](crate::http::Error) of kind `Denied` if the server refuses it.
    pub async fn log_in(&self, given: Given) -> Result<LogIn, Error> {
        let ping = || Request::get("/v2/");
        let response = self.ask(ping, None).await?;
        if !Self::is_challenged(&response) {
            response.success().await?;
            self.authenticator.learn_nothing_is_wanted(&self.client).await;
            return Ok(LogIn::NotAsked);
        }
        let challenges = challenges(&response);
        let admission = self.authenticator.log_in(&self.client, &challenges, given).await?;
        self.recognise(&response, &challenges).await;
        let Some(admission) = admission else {
            return Err(response.into_error().await.into());
        };
        let Admission { header, identity, token_service } = admission;
        self.ask(ping, Some(&header)).await?.success().await?;
        let unpinned = self.authenticator.admitted(&self.client, token_service.as_ref()).err();
        let token_service = token_service.and_then(|service| service.other_server());
        Ok(LogIn::Accepted { identity, token_service, unpinned })
    }
}

/// Reports whether the server may not have processed the request at all.
fn is_unwilling(response: &Response) -> bool {
    response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS
}

fn challenges(response: &Response) -> Vec<Challenge> {
    response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all).collect()
}
