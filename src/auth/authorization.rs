//! What convinces a registry, for programs that speak to it themselves.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;

use super::Secret;

/// The value of an `Authorization` header. Debug shows no secret.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// User name and password, encoded.
    Basic(Secret),
    /// A token.
    Bearer {
        /// The token itself.
        token: Secret,
        /// How long it is good from now on, if its service said so.
        lifetime: Option<Duration>,
    },
}

impl Authorization {
    /// Takes a header apart that was made here; `None` if it has neither scheme.
    pub(super) fn new(header: &HeaderValue, lifetime: Option<Duration>) -> Option<Self> {
        let text = header.to_str().ok()?;
        if let Some(encoded) = text.strip_prefix("Basic ") {
            return Some(Self::Basic(encoded.into()));
        }
        Some(Self::Bearer { token: text.strip_prefix("Bearer ")?.into(), lifetime })
    }

    /// `Basic` or `Bearer`.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Basic(_) => "Basic",
            Self::Bearer { .. } => "Bearer",
        }
    }

    /// The header's whole value, `Bearer …`.
    pub fn value(&self) -> Secret {
        let (Self::Basic(secret) | Self::Bearer { token: secret, .. }) = self;
        format!("{} {}", self.scheme(), secret.expose()).into()
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
}
