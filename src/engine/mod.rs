//! A running Docker Engine, by its [API](https://docs.docker.com/reference/api/engine/).
//!
//! The Engine has no blobs that could be asked for. Images leave it and enter it as archives, in one piece each:
//! [`Engine::save`] gives one that can be read, [`Engine::load`] takes one while it is written.
//!
//! No credentials of any registry are ever sent there.

mod answer;
mod connection;
mod daemon;
mod error;
mod load;
mod save;

use reqwest::{Method, StatusCode};
use serde::Deserialize;

pub use error::Error;
pub use load::Load;

use crate::config::EngineHost;
use crate::image::Platform;
use crate::reference::Reference;
use connection::Connection;

/// The newest version of the API that is known here. Docker 20.10 speaks 1.41, Docker 29 at least 1.44.
const VERSION_MAX: Version = Version(1, 51);

/// The oldest one that has all that is asked for here, Docker 1.12's.
const VERSION_MIN: Version = Version(1, 24);

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }
}

/// A Docker Engine that has answered.
#[derive(Debug)]
pub struct Engine {
    connection: Connection,
    version: Version,
}

impl Engine {
    /// Finds out whether a Docker Engine listens there, and which version of the API both know.
    ///
    /// # Errors
    /// [`Error::NoDaemon`], [`Error::NotAllowed`], [`Error::NotAnEngine`], [`Error::TooOld`]; that the files for
    /// TLS cannot be used.
    ///
    /// # Cancel safety
    /// There is nothing to be left behind.
    pub async fn connect(host: &EngineHost) -> Result<Self, Error> {
        let connection = Connection::new(host)?;
        let answer = connection.ask(connection.request(Method::GET, "/_ping")?).await?;
        let Some(told) = answer.header("api-version") else {
            return Err(connection.daemon().not_an_engine());
        };
        let Some(theirs) = Version::parse(told) else { return Err(connection.daemon().not_an_engine()) };
        answer.success().await?;
        if theirs < VERSION_MIN {
            let Version(major, minor) = theirs;
            return Err(Error::TooOld { host: host.name.clone(), version: format!("{major}.{minor}") });
        }
        let version = theirs.min(VERSION_MAX);
        tracing::debug!(engine = host.name, ?theirs, ?version, "a Docker Engine answers");
        Ok(Self { connection, version })
    }

    /// Whether it has an image of this name.
    ///
    /// # Errors
    /// That it cannot be asked.
    pub async fn has(&self, image: &Reference) -> Result<bool, Error> {
        let request = self.request(Method::GET, &format!("/images/{}/json", image.familiar()))?;
        let answer = self.connection.ask(request).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        answer.success().await?;
        Ok(true)
    }

    /// The platform that it runs images for, which need not be that of this machine.
    ///
    /// # Errors
    /// That it cannot be asked, or does not say.
    pub async fn platform(&self) -> Result<Platform, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct About {
            os: String,
            arch: String,
        }
        let answer = self.connection.ask(self.request(Method::GET, "/version")?).await?;
        let about: About = answer.success().await?.json().await?;
        let platform = Platform::new(&about.os, &about.arch, None);
        // It does not say which level its processor has.
        Ok(if platform == Platform::host() { Platform::host_with_level() } else { platform })
    }

    fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder, Error> {
        let Version(major, minor) = self.version;
        self.connection.request(method, &format!("/v{major}.{minor}{path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(Version::parse("1.9") < Version::parse("1.24"));
        assert_eq!(Version::parse("1.41"), Some(Version(1, 41)));
        for text in ["", "1", "1.x", "1.41.2", "-1.4", "1.99999999999"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
