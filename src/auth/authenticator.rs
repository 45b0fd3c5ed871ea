//! Authenticates at one registry, and keeps the tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use tokio::sync::OnceCell;

use super::challenge_cache::{Asks, ChallengeCache, Entry};
use super::token::{self, Purpose, Token, TokenRequest};
use super::token_services::{Pin, Recipient, TokenService};
use super::wanted::{Bearer, Required, Wanted, Wish};
use super::{Credential, Error, Keychain, Secret, TokenServices, Unpinned};
use crate::http::{Asker, Client, server_of};
use crate::protocol::{Challenge, Scopes, Software};
use crate::reference::{Registry, RepositoryName, Server};
use crate::retry::{self, Policy};

/// How long a token service may take that is known only from an earlier command. It may be unreachable.
const TRIAL_LIMIT: Duration = Duration::from_secs(10);

/// The origin of the credential of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The user has entered it now, for the registry in its present state.
    Now,
    /// It was stored: it is sent only to the token service that it was entered for.
    Before,
}

/// Answers a registry's challenges with one credential, and keeps the tokens that it gets.
pub(super) struct Authenticator {
    registry: Registry,
    repository: Option<RepositoryName>,
    keychain: Arc<Keychain>,
    cache: Option<Arc<ChallengeCache>>,
    /// The token services that credentials may go to, as far as logins have recorded them.
    services: Option<Arc<TokenServices>>,
    /// Set once the challenge of an earlier command was looked up.
    recalled: OnceCell<()>,
    credential: OnceCell<Option<Credential>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the registry wants, once that is known.
    wanted: Option<Wanted>,
    /// The cached challenge of an earlier command, until the server has confirmed `wanted`.
    unproven: Option<Entry>,
    /// One slot for each request for a token. The first task fetches the token, the others wait for it.
    tokens: HashMap<Wish, Arc<OnceCell<Token>>>,
    /// A token service that refused the credential before the registry named it. It is not asked again,
    /// because some services lock an account after a few wrong passwords.
    refused: Option<(Wish, Error)>,
}

/// A request that was answered with a 401.
pub(super) struct Challenged<'a> {
    pub(super) challenges: &'a [Challenge],
    pub(super) scopes: &'a Scopes,
    /// The authentication that was refused, if any was sent.
    pub(super) refused: Option<&'a HeaderValue>,
}

impl Authenticator {
    pub(super) fn new(
        registry: Registry,
        repository: Option<RepositoryName>,
        keychain: Arc<Keychain>,
    ) -> Self {
        Self {
            registry,
            repository,
            keychain,
            cache: None,
            services: None,
            recalled: OnceCell::new(),
            credential: OnceCell::new(),
            state: Mutex::default(),
        }
    }

    /// Uses this credential instead of the stored one.
    pub(super) fn with_credential(self, credential: Credential) -> Self {
        Self { credential: OnceCell::from(Some(credential)), ..self }
    }

    /// Sends no credential, even if one is stored.
    pub(super) fn anonymous(self) -> Self {
        Self { credential: OnceCell::from(None), ..self }
    }

    /// Sends user name and password without a challenge.
    pub(super) fn expecting_basic(self) -> Self {
        Self { state: Mutex::new(State { wanted: Some(Wanted::Basic), ..State::default() }), ..self }
    }

    /// Uses the challenges of earlier commands.
    pub(super) fn remembering(self, cache: Arc<ChallengeCache>) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Uses the token services of earlier logins.
    pub(super) fn expecting(self, services: Arc<TokenServices>) -> Self {
        Self { services: Some(services), ..self }
    }

    /// Returns the header to send for `scopes` without a new challenge.
    pub(super) async fn known(&self, client: &Client, scopes: &Scopes) -> Result<Option<HeaderValue>, Error> {
        // A request without a scope is not part of the registry's API, and may need no authentication even if
        // the API does.
        if *scopes != Scopes::none() {
            self.recalled.get_or_init(|| self.recall(client, scopes)).await;
        }
        let (wanted, unproven) = {
            let state = self.state();
            (state.wanted.clone(), state.unproven.is_some())
        };
        match wanted {
            None => Ok(None),
            Some(wanted) if unproven => Ok(self.try_recalled(client, &wanted, scopes).await),
            Some(wanted) => self.answer(client, &wanted.with(scopes, client.retry())).await,
        }
    }

    /// Takes the challenge of an earlier command from the cache, and gets the token for `scopes`.
    async fn recall(&self, client: &Client, scopes: &Scopes) {
        let Some(cache) = self.cache.as_ref().filter(|_| self.state().wanted.is_none()) else { return };
        let Some(entry) = cache.recall(client).await else { return };
        if self.withholds_credentials_from(&entry).await {
            return;
        }
        let wanted = match &entry.asks {
            None => return,
            Some(Asks::Basic) => Ok(Wanted::Basic),
            Some(Asks::Bearer { realm, service }) => {
                let named = Bearer { realm, service: service.clone(), scope: String::new() };
                Wanted::bearer(&self.registry, client, named)
            }
        };
        let Ok(wanted) = wanted else { return cache.forget(entry) };
        {
            let mut state = self.state();
            (state.wanted, state.unproven) = (Some(wanted.clone()), Some(entry));
        }
        self.try_recalled(client, &wanted, scopes).await;
    }

    /// Reports whether the registry has to name its token service again before credentials are sent to it:
    /// the service was named to an anonymous client, and no login has confirmed it. Another server may have
    /// answered for the registry at that moment.
    async fn withholds_credentials_from(&self, entry: &Entry) -> bool {
        let is_seen = || self.expected_service().is_some();
        matches!(entry.asks, Some(Asks::Bearer { .. }))
            && !entry.had_credentials
            && self.credential().await.is_some()
            && !is_seen()
    }

    /// Responds to the challenge of an earlier command. If that fails in any way, the server has to be asked: a
    /// cached challenge must not break a request that succeeds without it.
    async fn try_recalled(&self, client: &Client, wanted: &Wanted, scopes: &Scopes) -> Option<HeaderValue> {
        // A credential helper may ask the user, so it is not part of the time limit.
        self.credential().await;
        let required = wanted.with(scopes, Policy::ONCE);
        let answer = self.answer(client, &required);
        let error = match tokio::time::timeout(TRIAL_LIMIT, answer).await {
            Ok(Ok(header)) => return header,
            Ok(Err(error)) => Some(error),
            Err(_) => None,
        };
        let cause = error.as_ref().map_or_else(|| "timed out".to_owned(), ToString::to_string);
        tracing::debug!(cause, registry = %self.registry, "cannot respond to the challenge of an earlier command");
        if let (Some(error), Some(wish)) = (error, wanted.wish(scopes))
            && matches!(&error, Error::Http(http) if http.is_status(StatusCode::UNAUTHORIZED))
        {
            self.state().refused = Some((wish, error));
        }
        self.doubt();
        None
    }

    /// Reports whether the challenge comes from an earlier command and is not confirmed yet.
    pub(super) fn is_unproven(&self) -> bool {
        self.state().unproven.is_some()
    }

    /// Records that the server has accepted the challenge of an earlier command.
    pub(super) fn prove(&self) {
        self.state().unproven = None;
    }

    /// Forgets the challenge of an earlier command, unless the server has confirmed it.
    pub(super) fn doubt(&self) {
        let mut state = self.state();
        let Some(entry) = state.unproven.take() else { return };
        state.wanted = None;
        if let Some(cache) = &self.cache {
            cache.forget(entry);
        }
    }

    /// Returns the header to send after a 401; `None` if there is none.
    ///
    /// The result may be the header that was sent. If several requests were refused with the same token, only
    /// one new token is fetched.
    pub(super) async fn challenged(
        &self,
        client: &Client,
        challenged: &Challenged<'_>,
    ) -> Result<Option<HeaderValue>, Error> {
        let &Challenged { challenges, scopes, refused } = challenged;
        let Some(wanted) = Wanted::choose(&self.registry, client, challenges)? else { return Ok(None) };
        if let Wanted::Bearer { .. } = wanted {
            self.forget(refused);
        }
        {
            let mut state = self.state();
            (state.wanted, state.unproven) = (Some(wanted.clone()), None);
        }
        if *scopes != Scopes::none() {
            self.learn(client, &wanted).await;
        }
        self.answer(client, &wanted.with(scopes, client.retry())).await
    }

    /// Caches the server's challenge for the next command.
    async fn learn(&self, client: &Client, wanted: &Wanted) {
        let asks = match wanted {
            Wanted::Basic => Asks::Basic,
            Wanted::Bearer { realm, service, .. } => {
                Asks::Bearer { realm: realm.to_string(), service: service.clone() }
            }
        };
        if let Some(cache) = &self.cache {
            let asker =
                if self.credential().await.is_some() { Asker::Authenticated } else { Asker::Anonymous };
            cache.learn(client, asks, asker).await;
        }
    }

    /// Caches which software the server is.
    pub(super) async fn learn_software(&self, client: &Client, software: Software) {
        if let Some(cache) = &self.cache {
            cache.learn_software(client, software).await;
        }
    }

    /// Records that the server has answered an anonymous request.
    pub(super) async fn learn_nothing_is_wanted(&self, client: &Client) {
        if let Some(cache) = &self.cache {
            cache.forget_server(client).await;
        }
    }

    /// Gets a token for a login. A credential that the user enters now may go to any token service that is named
    /// now.
    pub(super) async fn log_in(
        &self,
        client: &Client,
        challenges: &[Challenge],
        given: Given,
    ) -> Result<Option<Admission>, Error> {
        let Some(wanted) = Wanted::choose(&self.registry, client, challenges)? else { return Ok(None) };
        self.learn(client, &wanted).await;
        let credential = self.credential().await;
        match &wanted {
            Wanted::Basic => {
                let header = credential.and_then(token::basic);
                Ok(header.map(|header| Admission { header, identity: None, token_service: None }))
            }
            Wanted::Bearer { realm, service, .. } => {
                let token_service = named(client, realm, service.as_deref());
                if given == Given::Before {
                    self.check_service(token_service.as_ref())?;
                }
                let request = TokenRequest {
                    realm,
                    service: service.as_deref(),
                    scopes: &Scopes::none(),
                    credential,
                    purpose: Purpose::LogIn,
                };
                let token = fetch(client, &request, client.retry()).await.map_err(Error::of_service)?;
                Ok(Some(Admission { header: token.header, identity: token.identity, token_service }))
            }
        }
    }

    /// Returns the recipient of a credential that is entered now.
    pub(super) fn recipient(&self, client: &Client, challenges: &[Challenge]) -> Result<Recipient, Error> {
        let named = match Wanted::choose(&self.registry, client, challenges)? {
            Some(Wanted::Bearer { realm, service, .. }) => named(client, &realm, service.as_deref()),
            _ => None,
        };
        Ok(named.map(|named| Recipient::new(&named, self.expected_service())).unwrap_or_default())
    }

    /// Records which token service has checked the credential: from now on the credential goes only there.
    pub(super) fn admitted(
        &self,
        client: &Client,
        token_service: Option<&TokenService>,
    ) -> Result<(), Unpinned> {
        let own = || Some(TokenService { server: own_server(client)?, service: None });
        let (Some(services), Some(service)) = (&self.services, token_service.cloned().or_else(own)) else {
            return Ok(());
        };
        services.expect(&self.registry, &service)
    }

    /// Checks that `named` is the token service of the login, if one is recorded: the server, and the service
    /// that the token is for. Otherwise a registry could get a token for another registry that uses the same
    /// server.
    fn check_service(&self, named: Option<&TokenService>) -> Result<(), Error> {
        let (Some(expected), Some(named)) = (self.expected_service(), named) else { return Ok(()) };
        if expected.is(named) {
            return Ok(());
        }
        let [expected, named] = expected.told_from(named);
        Err(Error::OtherTokenService { registry: self.registry.clone(), named, expected })
    }

    /// Adds the service to a recorded token service that lacks it.
    fn complete_service(&self, named: &TokenService) {
        if self.expected_service().is_some_and(|expected| expected.lacks(named))
            && let Some(Err(error)) = self.services.as_ref().map(|known| known.expect(&self.registry, named))
        {
            tracing::debug!(%error, registry = %self.registry, "the service of the token service cannot be recorded");
        }
    }

    fn expected_service(&self) -> Option<Pin> {
        self.services.as_ref()?.expected(&self.registry)
    }

    /// Returns the header to send after the challenges of a 401, and how long it is valid, if that is known.
    /// Earlier challenges are not used.
    pub(super) async fn authorize(
        &self,
        client: &Client,
        challenges: &[Challenge],
        scopes: &Scopes,
    ) -> Result<Option<(HeaderValue, Option<Duration>)>, Error> {
        let Some(wanted) = Wanted::choose(&self.registry, client, challenges)? else { return Ok(None) };
        self.learn(client, &wanted).await;
        // The scope of the challenge is that of the probe.
        let wanted = match wanted {
            Wanted::Bearer { realm, service, .. } => Wanted::Bearer { realm, service, scope: String::new() },
            Wanted::Basic => Wanted::Basic,
        };
        self.answer_for_a_time(client, &wanted.with(scopes, client.retry())).await
    }

    async fn answer(&self, client: &Client, required: &Required<'_>) -> Result<Option<HeaderValue>, Error> {
        let answer = self.answer_for_a_time(client, required).await?;
        Ok(answer.map(|(header, _)| header))
    }

    async fn answer_for_a_time(
        &self,
        client: &Client,
        required: &Required<'_>,
    ) -> Result<Option<(HeaderValue, Option<Duration>)>, Error> {
        let &Required { wanted, scopes, policy } = required;
        let unlimited = |header| (header, None);
        let credential = self.credential().await;
        if let Some(Credential::RegistryToken(token)) = credential {
            return Ok(token::sensitive(&format!("Bearer {}", token.expose())).map(unlimited));
        }
        let Some(wish) = wanted.wish(scopes) else {
            return Ok(credential.and_then(token::basic).map(unlimited));
        };
        if let Some(error) = self.refusal_of(&wish) {
            return Err(error);
        }
        let named = credential.and_then(|_| named(client, &wish.realm, wish.service.as_deref()));
        self.check_service(named.as_ref())?;
        let request = TokenRequest {
            realm: &wish.realm,
            service: wish.service.as_deref(),
            scopes: &wish.scopes,
            credential,
            purpose: Purpose::Use,
        };
        let slot = self.slot(&wish);
        let fetch = || async { fetch(client, &request, policy).await.map_err(Error::of_service) };
        let token = slot.get_or_try_init(fetch).await?;
        if let Some(named) = named {
            self.complete_service(&named);
        }
        Ok(Some((token.header.clone(), Some(token.lifetime))))
    }

    /// Returns the slot for this token; a new one if the token has expired.
    fn slot(&self, wish: &Wish) -> Arc<OnceCell<Token>> {
        let mut state = self.state();
        let slot = state.tokens.entry(wish.clone()).or_default();
        if slot.get().is_some_and(|token| !token.is_fresh()) {
            *slot = Arc::default();
        }
        Arc::clone(slot)
    }

    /// Forgets the token that was refused.
    fn forget(&self, refused: Option<&HeaderValue>) {
        let is_refused =
            |slot: &OnceCell<Token>| slot.get().is_some_and(|token| Some(&token.header) == refused);
        self.state().tokens.retain(|_, slot| !is_refused(slot));
    }

    /// Returns, once, why this was refused before the registry asked for it.
    fn refusal_of(&self, wish: &Wish) -> Option<Error> {
        let refused = self.state().refused.take_if(|(refused, _)| refused == wish)?;
        Some(refused.1)
    }

    /// Reports whether a credential was looked up and not found.
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self.credential.get(), Some(None))
    }

    async fn credential(&self) -> Option<&Credential> {
        let find = || async {
            let lookup = self.keychain.find(&self.registry, self.repository.as_ref()).await;
            for warning in lookup.warnings {
                tracing::warn!("{warning}");
            }
            lookup.found.map(|found| found.credential)
        };
        self.credential.get_or_init(find).await.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one assignment, so it is consistent even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a login.
pub(super) struct Admission {
    /// The header to send.
    pub(super) header: HeaderValue,
    /// The identity token, if there is one.
    pub(super) identity: Option<Secret>,
    /// The token service that granted the token.
    pub(super) token_service: Option<TokenService>,
}

/// Fetches a token, and retries while the token service is unreachable. A reachable registry says nothing
/// about a token service that has never responded.
async fn fetch(client: &Client, request: &TokenRequest<'_>, policy: Policy) -> Result<Token, Error> {
    let once = || async {
        token::fetch(client, request).await.map_err(|error| match error {
            Error::Http(error) if !client.has_heard_from(request.realm) => {
                Error::Http(error.at_first_contact())
            }
            error => error,
        })
    };
    retry::run(policy, Some(&client.outage(request.realm)), once).await
}

/// Returns the token service that a challenge of `client`'s server names.
fn named(client: &Client, realm: &Url, service: Option<&str>) -> Option<TokenService> {
    let server = server_of(realm)?;
    let is_own = own_server(client).as_ref() == Some(&server);
    Some(TokenService { server, service: (!is_own).then(|| service.unwrap_or_default().to_owned()) })
}

fn own_server(client: &Client) -> Option<Server> {
    client.base().ok().as_ref().and_then(server_of)
}
