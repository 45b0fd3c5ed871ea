//! Requests a token from a token service.
//!
//! There are two ways: a `GET` with user name and password, as in the [token
//! specification](https://distribution.github.io/distribution/spec/auth/token/), or a `POST` with an identity
//! token, as in the [OAuth 2 one](https://distribution.github.io/distribution/spec/auth/oauth/).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use super::{Credential, Error, Secret};
use crate::http::{Asker, Body, Client, Request, Target};
use crate::protocol::Scopes;

/// The name of this program for token services, which list it among a user's sessions.
const CLIENT_ID: &str = "regcli";

/// The maximum size of a token service's response.
const ANSWER_MAX: u64 = 1 << 20;

/// The lifetime of a token that does not state it, by the token specification.
const LIFE: Duration = Duration::from_secs(60);

/// The longest lifetime of a token that is believed.
const LIFE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A request for a token.
pub(super) struct TokenRequest<'a> {
    /// The token service, already checked.
    pub(super) realm: &'a Url,
    /// The service's name for the registry.
    pub(super) service: Option<&'a str>,
    /// The actions that the token has to allow.
    pub(super) scopes: &'a Scopes,
    /// The credential to send.
    pub(super) credential: Option<&'a Credential>,
    /// Whether the token is for one command or for a login.
    pub(super) purpose: Purpose,
}

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The requests of this process.
    Use,
    /// A login: the response may contain an identity token, to be stored instead of the password.
    LogIn,
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(super) struct Token {
    /// The value of `Authorization`.
    pub(super) header: HeaderValue,
    /// How long it is valid, counted from its arrival.
    pub(super) lifetime: Duration,
    /// When to fetch another one. This is by the monotonic clock, because neither wall clock is trusted.
    renew_at: Instant,
    /// The identity token, if the service issued one.
    pub(super) identity: Option<Secret>,
}

impl Token {
    /// Reports whether the token is still valid.
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.renew_at
    }
}

/// The response of a token service. Its values are not shown in errors, because they may be secrets.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
}

/// Fetches a token.
pub(super) async fn fetch(client: &Client, request: &TokenRequest<'_>) -> Result<Token, Error> {
    let response = match request.credential {
        Some(Credential::IdentityToken { token, .. }) => {
            let response = client.send(request.form(token), None).await?;
            match response.status() {
                // Some services support only the older way.
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                    client.send(request.query(), None).await?
                }
                _ => response,
            }
        }
        _ => client.send(request.query(), None).await?,
    };
    let response = match request.credential {
        Some(_) => response.asked_by(Asker::Authenticated),
        None => response,
    };
    let response = response.success().await?;
    let call = response.call().clone();
    let answer = response.bytes(ANSWER_MAX).await?;
    // The parser's own message would quote the response.
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|_| Error::NoToken { call: call.clone() })?;
    let life = lifetime(answer.expires_in.as_ref());
    let token = [answer.token, answer.access_token].into_iter().flatten().find(|token| !token.is_empty());
    let header = token.and_then(|token| sensitive(&format!("Bearer {token}")));
    Ok(Token {
        header: header.ok_or(Error::NoToken { call })?,
        lifetime: life,
        renew_at: Instant::now() + life - reserve(life),
        identity: answer.refresh_token.filter(|token| !token.is_empty()).map(Secret::from),
    })
}

impl TokenRequest<'_> {
    fn query(&self) -> Request {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
            for scope in self.scopes.iter() {
                query.append_pair("scope", &scope);
            }
            if let Some(Credential::Basic { username, .. }) = self.credential {
                query.append_pair("account", username);
            }
            if self.purpose == Purpose::LogIn {
                query.append_pair("client_id", CLIENT_ID).append_pair("offline_token", "true");
            }
        }
        let request = Request::new(Method::GET, Target::Url(url)).keeping_redirects().asking(self.asks());
        match self.credential.and_then(basic) {
            Some(header) => request.with(AUTHORIZATION, header),
            None => request,
        }
    }

    /// Returns the part of the query that is shown: the request's own parameters, without those of the realm.
    fn asks(&self) -> String {
        let service = self.service.map(|service| format!("service={service}"));
        let scopes = self.scopes.iter().map(|scope| format!("scope={scope}"));
        service.into_iter().chain(scopes).collect::<Vec<_>>().join("&")
    }

    fn form(&self, identity: &Secret) -> Request {
        // The query of a URL has the same encoding as a form.
        let mut form = self.realm.clone();
        form.set_query(None);
        {
            let mut pairs = form.query_pairs_mut();
            pairs.append_pair("client_id", CLIENT_ID).append_pair("grant_type", "refresh_token");
            pairs.append_pair("refresh_token", identity.expose());
            pairs.append_pair("service", self.service.unwrap_or_default());
            let scopes = self.scopes.to_string();
            if !scopes.is_empty() {
                pairs.append_pair("scope", &scopes);
            }
        }
        let body = form.query().unwrap_or_default().to_owned();
        Request::new(Method::POST, Target::Url(self.realm.clone()))
            .keeping_redirects()
            .with(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .with_body(Body::Bytes(Bytes::from(body)))
    }
}

/// Returns `Authorization: Basic …`, if the credential is a user name and a password.
pub(super) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Basic { username, password } = credential else { return None };
    let encoded = STANDARD.encode(format!("{username}:{}", password.expose()));
    sensitive(&format!("Basic {encoded}"))
}

/// Creates a header value that is not shown in debug output.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Parses `expires_in` in seconds, which is a number, a number in quotes, missing, or invalid.
fn lifetime(expires_in: Option<&serde_json::Value>) -> Duration {
    let seconds = match expires_in {
        Some(serde_json::Value::Number(number)) => number.as_f64(),
        Some(serde_json::Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds {
        Some(seconds) if seconds > 0.0 => Duration::from_secs_f64(seconds.min(LIFE_MAX.as_secs_f64())),
        _ => LIFE,
    }
}

/// Returns how long before its end a token is renewed. A token that lives for seconds is used for half of its
/// life, because otherwise every request would fetch another one.
fn reserve(life: Duration) -> Duration {
    (life / 5).max(Duration::from_secs(10)).min(life / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_service_calls_a_lifetime_is_one() {
        let life = |json: &str| lifetime(serde_json::from_str(json).ok().as_ref()).as_secs();
        assert_eq!(life("300"), 300);
        assert_eq!(life("\"300\""), 300);
        assert_eq!(life("0"), 60);
        assert_eq!(life("-5"), 60);
        assert_eq!(life("null"), 60);
        assert_eq!(life("{}"), 60);
        assert_eq!(life("1e300"), LIFE_MAX.as_secs());
    }
}
