//! Who one is at a registry, and the tokens that came of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use reqwest::header::HeaderValue;
use tokio::sync::OnceCell;

use super::token::{self, Purpose, Token, TokenRequest};
use super::{Credential, Error, Keychain, realm};
use crate::http::Client;
use crate::protocol::{Challenge, Scopes};
use crate::reference::{Registry, RepositoryName};
use crate::retry::{self, Policy};

/// Answers a registry's challenges with one credential, and remembers the tokens it was given.
pub(super) struct Authenticator {
    registry: Registry,
    repository: Option<RepositoryName>,
    keychain: Arc<Keychain>,
    credential: OnceCell<Option<Credential>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the registry wants, once it has said so.
    wanted: Option<Wanted>,
    /// One slot for each set of scopes. Whoever comes first fetches the token, the others wait for it.
    tokens: HashMap<Scopes, Arc<OnceCell<Token>>>,
}

/// What a registry wants to see.
#[derive(Clone)]
enum Wanted {
    Basic,
    Bearer { realm: Url, service: Option<String>, scope: String },
}

impl Authenticator {
    pub(super) fn new(
        registry: Registry,
        repository: Option<RepositoryName>,
        keychain: Arc<Keychain>,
    ) -> Self {
        Self { registry, repository, keychain, credential: OnceCell::new(), state: Mutex::default() }
    }

    /// With this credential, whatever is stored.
    pub(super) fn with_credential(self, credential: Credential) -> Self {
        Self { credential: OnceCell::from(Some(credential)), ..self }
    }

    /// As if the server had asked for user and password already.
    pub(super) fn expecting_basic(self) -> Self {
        Self { state: Mutex::new(State { wanted: Some(Wanted::Basic), ..State::default() }), ..self }
    }

    /// What to send for `scopes` without having been asked again.
    pub(super) async fn known(&self, client: &Client, scopes: &Scopes) -> Result<Option<HeaderValue>, Error> {
        let wanted = self.state().wanted.clone();
        match wanted {
            None => Ok(None),
            Some(wanted) => self.answer(client, &wanted, scopes).await,
        }
    }

    /// What to send after the challenges of a 401; `None` if there is nothing that has not been tried.
    ///
    /// `refused` is what had been sent. Several requests that were refused with the same token cause one
    /// new token.
    pub(super) async fn challenged(
        &self,
        client: &Client,
        challenges: &[Challenge],
        (scopes, refused): (&Scopes, Option<&HeaderValue>),
    ) -> Result<Option<HeaderValue>, Error> {
        let Some(wanted) = self.choose(client, challenges)? else { return Ok(None) };
        if let Wanted::Bearer { .. } = wanted {
            self.forget(scopes, refused);
        }
        self.state().wanted = Some(wanted.clone());
        let answer = self.answer(client, &wanted, scopes).await?;
        // The same again would be refused again.
        Ok(answer.filter(|value| Some(value) != refused))
    }

    /// Gets a token for a login; answers the identity token that came with it, if one did.
    pub(super) async fn log_in(
        &self,
        client: &Client,
        challenges: &[Challenge],
    ) -> Result<Option<(HeaderValue, Option<super::Secret>)>, Error> {
        let Some(wanted) = self.choose(client, challenges)? else { return Ok(None) };
        let credential = self.credential().await;
        match &wanted {
            Wanted::Basic => Ok(credential.and_then(token::basic).map(|header| (header, None))),
            Wanted::Bearer { realm, service, .. } => {
                let request = TokenRequest {
                    realm,
                    service: service.as_deref(),
                    scopes: &Scopes::none(),
                    credential,
                    purpose: Purpose::LogIn,
                };
                let token = token::fetch(client, &request).await?;
                Ok(Some((token.header, token.identity)))
            }
        }
    }

    /// Bearer before Basic; anything else is not for us.
    fn choose(&self, client: &Client, challenges: &[Challenge]) -> Result<Option<Wanted>, Error> {
        let named =
            |scheme| challenges.iter().find(move |challenge: &&Challenge| challenge.scheme() == scheme);
        if let Some(bearer) = named("bearer") {
            let realm = bearer.parameter("realm").unwrap_or_default();
            return Ok(Some(Wanted::Bearer {
                realm: realm::trusted(realm, &client.base()?, &self.registry)?,
                service: bearer.parameter("service").map(str::to_owned),
                scope: bearer.parameter("scope").unwrap_or_default().to_owned(),
            }));
        }
        Ok(named("basic").map(|_| Wanted::Basic))
    }

    async fn answer(
        &self,
        client: &Client,
        wanted: &Wanted,
        scopes: &Scopes,
    ) -> Result<Option<HeaderValue>, Error> {
        let credential = self.credential().await;
        if let Some(Credential::RegistryToken(token)) = credential {
            return Ok(token::sensitive(&format!("Bearer {}", token.expose())));
        }
        match wanted {
            Wanted::Basic => Ok(credential.and_then(token::basic)),
            Wanted::Bearer { realm, service, scope } => {
                let asked = scopes.clone().and_challenged(scope);
                let request = TokenRequest {
                    realm,
                    service: service.as_deref(),
                    scopes: &asked,
                    credential,
                    purpose: Purpose::Use,
                };
                let slot = self.slot(scopes);
                let fetch = || retry::run(Policy::default(), || token::fetch(client, &request));
                let token = slot.get_or_try_init(fetch).await?;
                Ok(Some(token.header.clone()))
            }
        }
    }

    /// The slot for these scopes; a new one if its token has run out.
    fn slot(&self, scopes: &Scopes) -> Arc<OnceCell<Token>> {
        let mut state = self.state();
        let slot = state.tokens.entry(scopes.clone()).or_default();
        if slot.get().is_some_and(|token| !token.is_fresh()) {
            *slot = Arc::default();
        }
        Arc::clone(slot)
    }

    /// Forgets the token for these scopes if it is the one that was refused.
    fn forget(&self, scopes: &Scopes, refused: Option<&HeaderValue>) {
        let mut state = self.state();
        if let Some(slot) = state.tokens.get_mut(scopes)
            && slot.get().is_some_and(|token| Some(&token.header) == refused)
        {
            *slot = Arc::default();
        }
    }

    /// Whether it has looked for a credential and found none.
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
        // Each change of the state is one assignment: it is whole even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
