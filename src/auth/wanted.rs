//! The authentication that a registry wants, according to its challenges.

use reqwest::Url;

use super::{Error, realm};
use crate::http::Client;
use crate::protocol::{Challenge, Scopes};
use crate::reference::Registry;
use crate::retry::Policy;

/// The authentication that a registry wants.
#[derive(Clone)]
pub(super) enum Wanted {
    Basic,
    Bearer { realm: Url, service: Option<String>, scope: String },
}

/// A Bearer challenge, as the registry sends it or as it was cached.
pub(super) struct Bearer<'a> {
    pub(super) realm: &'a str,
    pub(super) service: Option<String>,
    pub(super) scope: String,
}

/// The authentication that one request requires.
pub(super) struct Required<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) scopes: &'a Scopes,
    /// How often a failing token service is asked.
    pub(super) policy: Policy,
}

/// The scope of a token and the service that grants it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    pub(super) realm: Url,
    pub(super) service: Option<String>,
    pub(super) scopes: Scopes,
}

impl Wanted {
    /// Returns what one request requires.
    pub(super) fn with<'a>(&'a self, scopes: &'a Scopes, policy: Policy) -> Required<'a> {
        Required { wanted: self, scopes, policy }
    }

    /// Returns the token to request, if there is a token service.
    pub(super) fn wish(&self, scopes: &Scopes) -> Option<Wish> {
        let Self::Bearer { realm, service, scope } = self else { return None };
        let scopes = scopes.clone().and_challenged(scope);
        Some(Wish { realm: realm.clone(), service: service.clone(), scopes })
    }

    /// Chooses Bearer before Basic; other schemes are not supported.
    pub(super) fn choose(
        registry: &Registry,
        client: &Client,
        challenges: &[Challenge],
    ) -> Result<Option<Self>, Error> {
        let named =
            |scheme| challenges.iter().filter(move |challenge: &&Challenge| challenge.scheme() == scheme);
        let basic = named("basic").next().map(|_| Self::Basic);
        // A challenge without a token service cannot be answered, but another one may be.
        let complete = named("bearer").find(|bearer| bearer.parameter("realm").is_some());
        if let Some(bearer) = complete.or_else(|| named("bearer").next().filter(|_| basic.is_none())) {
            let parameter = |name| bearer.parameter(name).map(str::to_owned);
            let named = Bearer {
                realm: bearer.parameter("realm").unwrap_or_default(),
                service: parameter("service"),
                scope: parameter("scope").unwrap_or_default(),
            };
            return Self::bearer(registry, client, named).map(Some);
        }
        Ok(basic)
    }

    /// Returns the Bearer scheme with the service that is `named`, if credentials may be sent there.
    pub(super) fn bearer(registry: &Registry, client: &Client, named: Bearer<'_>) -> Result<Self, Error> {
        let Bearer { realm, service, scope } = named;
        let mut realm = realm::trusted(realm, &client.base()?, registry)?;
        let service = service.or(realm::take_service(&mut realm));
        Ok(Self::Bearer { realm, service, scope })
    }
}
