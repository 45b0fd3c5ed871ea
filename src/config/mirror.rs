//! The address of a mirror.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::mirror_options::MirrorOptions;
use crate::reference::{Registry, Scheme};

/// A server that has copies of a registry's images: `http[s]://HOST[:PORT][/PREFIX]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The scheme.
    pub scheme: Scheme,
    /// The `host[:port]` to connect to.
    pub host: String,
    /// The mirror as a registry of its own, by which credentials are looked up.
    pub registry: Registry,
    /// A path in front of `/v2/`, without a trailing slash.
    pub prefix: String,
}

/// A mirror, its registry, and the source of the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMirror {
    /// The registry that is mirrored.
    pub registry: Registry,
    /// The address of the mirror.
    pub mirror: Mirror,
    /// How the mirror is used.
    pub options: MirrorOptions,
    /// The file that names the mirror, or `None` if the command line does.
    pub source: Option<PathBuf>,
}

impl fmt::Display for NamedMirror {
    /// Writes the address of the mirror, with the prefix and the `ns` of its requests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mirror, self.options.naming)?;
        if self.options.namespace { write!(f, "?ns={}", self.registry) } else { Ok(()) }
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.prefix)
    }
}

/// Why a text is not a mirror's address. Docker's words. A password in it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The address begins with neither `http://` nor `https://`.
    #[error("invalid mirror: no scheme specified for {0:?}: must use either 'https://' or 'http://'")]
    NoScheme(String),
    /// The scheme is not supported.
    #[error(
        "invalid mirror: unsupported scheme {scheme:?} in {url:?}: must use either 'https://' or 'http://'"
    )]
    Scheme {
        /// The scheme.
        scheme: String,
        /// The whole address.
        url: String,
    },
    /// The address has a user name in front of the host.
    #[error("invalid mirror: username/password not allowed in URI of {0:?}")]
    UserInfo(String),
    /// The address has a `?` or `#`.
    #[error("invalid mirror: query or fragment at end of the URI {0:?}")]
    QueryOrFragment(String),
    /// The address has no valid `host[:port]`, or has unusual characters.
    #[error("invalid mirror: {0:?} is not a valid URI")]
    Format(String),
}

impl FromStr for Mirror {
    type Err = MirrorError;

    fn from_str(url: &str) -> Result<Self, MirrorError> {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if !scheme.is_empty() => (scheme, rest),
            _ => return Err(MirrorError::NoScheme(without_user_info(url).to_owned())),
        };
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        if authority.contains('@') {
            return Err(MirrorError::UserInfo(without_user_info(authority).to_owned()));
        }
        let scheme = parse_scheme(scheme, url)?;
        if rest.contains(['?', '#']) {
            return Err(MirrorError::QueryOrFragment(url.to_owned()));
        }
        let path = &rest[authority.len()..];
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(MirrorError::Format(url.to_owned()));
        }
        let registry = Registry::from_server(authority).map_err(|_| MirrorError::Format(url.to_owned()))?;
        let prefix = path.trim_end_matches('/').to_owned();
        Ok(Self { scheme, host: authority.to_ascii_lowercase(), registry, prefix })
    }
}

fn parse_scheme(scheme: &str, url: &str) -> Result<Scheme, MirrorError> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => Err(MirrorError::Scheme { scheme: scheme.to_owned(), url: url.to_owned() }),
    }
}

/// Returns the text after a user name and password.
fn without_user_info(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_may_have_a_port_and_a_path() {
        let mirror: Mirror = "https://Mirror.example.com:8443/docker/hub/".parse().unwrap();

        assert_eq!(
            mirror,
            Mirror {
                scheme: Scheme::Https,
                host: "mirror.example.com:8443".into(),
                registry: Registry::from_server("Mirror.example.com:8443").unwrap(),
                prefix: "/docker/hub".into(),
            }
        );
        assert_eq!(mirror.to_string(), "https://mirror.example.com:8443/docker/hub");
    }

    #[test]
    fn a_bad_mirror_is_refused_in_dockers_words() {
        let message = |url: &str| url.parse::<Mirror>().unwrap_err().to_string();

        assert_eq!(
            message("registry.docker-cn.com"),
            "invalid mirror: no scheme specified for \"registry.docker-cn.com\": must use either 'https://' or 'http://'"
        );
        assert_eq!(
            message("ftp://a.b"),
            "invalid mirror: unsupported scheme \"ftp\" in \"ftp://a.b\": must use either 'https://' or 'http://'"
        );
        assert_eq!(
            message("https://a.b/?x"),
            "invalid mirror: query or fragment at end of the URI \"https://a.b/?x\""
        );
        assert_eq!(
            message("https://a.b/#x"),
            "invalid mirror: query or fragment at end of the URI \"https://a.b/#x\""
        );
        assert_eq!(message("https://"), "invalid mirror: \"https://\" is not a valid URI");
        assert_eq!(message("https://a b/"), "invalid mirror: \"https://a b/\" is not a valid URI");
    }

    #[test]
    fn the_password_in_a_mirror_is_not_repeated() {
        for url in ["https://u:hunter2@a.b", "u:hunter2@a.b", "ftp://u:hunter2@a.b/x"] {
            let message = url.parse::<Mirror>().unwrap_err().to_string();

            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
