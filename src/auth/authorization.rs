//! The authorization for a registry, for programs that send their own requests.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::Secret;
use crate::protocol::Action;
use crate::reference::RepositoryName;

/// The value of an `Authorization` header. Its debug output shows no secret.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// User name and password, encoded.
    Basic(Secret),
    /// A token.
    Bearer {
        /// The token itself.
        token: Secret,
        /// How long it is valid from now on, if its service said so.
        lifetime: Option<Duration>,
    },
}

impl Authorization {
    /// Parses a header that was made here; returns `None` for any other scheme.
    pub(super) fn new(header: &HeaderValue, lifetime: Option<Duration>) -> Option<Self> {
        let text = header.to_str().ok()?;
        if let Some(encoded) = text.strip_prefix("Basic ") {
            return Some(Self::Basic(encoded.into()));
        }
        Some(Self::Bearer { token: text.strip_prefix("Bearer ")?.into(), lifetime })
    }

    /// Returns `Basic` or `Bearer`.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Basic(_) => "Basic",
            Self::Bearer { .. } => "Bearer",
        }
    }

    /// Returns the `actions` on `repository` that the service has not granted, as far as the token shows
    /// that: services grant less than was requested without an error.
    pub fn withheld(&self, repository: &RepositoryName, actions: &[Action]) -> Vec<Action> {
        let Self::Bearer { token, .. } = self else { return Vec::new() };
        let Some(granted) = Claims::of(token).and_then(|claims| claims.access) else { return Vec::new() };
        let is_granted = |action: &Action| {
            let of_repository = granted.iter().filter(|access| access.name == repository.as_str());
            of_repository.flat_map(|access| &access.actions).any(|name| name == action.name() || name == "*")
        };
        actions.iter().copied().filter(|action| !is_granted(action)).collect()
    }

    /// Returns the whole value of the header, `Bearer …`.
    pub fn value(&self) -> Secret {
        let (Self::Basic(secret) | Self::Bearer { token: secret, .. }) = self;
        format!("{} {}", self.scheme(), secret.expose()).into()
    }
}

/// The claims of a token of the [token
/// specification](https://distribution.github.io/distribution/spec/auth/jwt/). They are only shown and decide
/// nothing, so the signature does not matter.
#[derive(Deserialize)]
struct Claims {
    access: Option<Vec<Access>>,
}

/// The actions that are granted on one repository.
#[derive(Deserialize)]
struct Access {
    name: String,
    #[serde(default)]
    actions: Vec<String>,
}

impl Claims {
    /// Returns the claims of `token`; `None` if it is of another kind.
    fn of(token: &Secret) -> Option<Self> {
        let claims = token.expose().split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [redacted]", self.scheme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_taken_apart_and_put_together_and_never_shown() {
        for text in ["Basic dTpodW50ZXIy", "Bearer hunter2"] {
            let authorization = Authorization::new(&HeaderValue::from_static(text), None).unwrap();

            assert_eq!(authorization.value().expose(), text);
            assert!(!format!("{authorization:?} {authorization}").contains("hunter2"));
        }
        assert!(Authorization::new(&HeaderValue::from_static("Digest x"), None).is_none());
    }

    #[test]
    fn what_a_service_has_not_granted_is_known_if_the_token_says_so() {
        let withheld = |claims: &str| {
            let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)).into();
            let authorization = Authorization::Bearer { token, lifetime: None };
            authorization.withheld(&"team/app".parse().unwrap(), &[Action::Pull, Action::Push])
        };

        assert_eq!(withheld(r#"{"access":[{"name":"team/app","actions":["pull","push"]}]}"#), []);
        assert_eq!(withheld(r#"{"access":[{"name":"team/app","actions":["*"]}]}"#), []);
        assert_eq!(withheld(r#"{"access":[{"name":"team/app","actions":["pull"]}]}"#), [Action::Push]);
        assert_eq!(withheld(r#"{"access":[{"name":"other"}]}"#), [Action::Pull, Action::Push]);
        assert_eq!(withheld(r#"{"access":[]}"#), [Action::Pull, Action::Push]);
        for unknown in ["{}", r#"{"access":null}"#, r#"{"access":"all"}"#, "", "\0"] {
            assert_eq!(withheld(unknown), [], "{unknown}");
        }
    }
}
