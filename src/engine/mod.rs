//! A running Docker Engine, by its [API](https://docs.docker.com/reference/api/engine/).
//!
//! The Engine has no API for single blobs. Images leave and enter it as whole archives: [`Engine::save`]
//! returns one that can be read, and [`Engine::load`] sends one while it is written.
//!
//! regcli never sends registry credentials to it.

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

/// The newest supported version of the API. Docker 20.10 supports 1.41, Docker 29 requires at least 1.44.
const VERSION_MAX: Version = Version(1, 51);

/// The oldest version with all the required functions, that of Docker 1.12.
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

/// A Docker Engine that has responded.
#[derive(Debug)]
pub struct Engine {
    connection: Connection,
    version: Version,
}

impl Engine {
    /// Connects to a Docker Engine, and determines which version of the API both support.
    ///
    /// # Errors
    /// [`Error::NoDaemon`], [`Error::NotAllowed`], [`Error::NotAnEngine`], [`Error::TooOld`], or an error
    /// about the files for TLS.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn connect(host: &EngineHost) -> Result<Self, Error> {
        let connection = Connection::new(host)?;
        let answer = connection.ask(connection.request(Method::GET, "/_ping")?).await?;
        let Some(stated) = answer.header("api-version") else {
            return Err(connection.daemon().not_an_engine());
        };
        let Some(theirs) = Version::parse(stated) else { return Err(connection.daemon().not_an_engine()) };
        answer.success().await?;
        if theirs < VERSION_MIN {
            let Version(major, minor) = theirs;
            return Err(Error::TooOld { host: host.name.clone(), version: format!("{major}.{minor}") });
        }
        let version = theirs.min(VERSION_MAX);
        tracing::debug!(engine = host.name, ?theirs, ?version, "connected to a Docker Engine");
        Ok(Self { connection, version })
    }

    /// Reports whether the Engine has an image of this name.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn has(&self, image: &Reference) -> Result<bool, Error> {
        let request = self.request(Method::GET, &format!("/images/{}/json", image.familiar()))?;
        let answer = self.connection.ask(request).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        answer.success().await?;
        Ok(true)
    }

    /// Returns the platform that the Engine runs images for, which may differ from that of this machine.
    ///
    /// # Errors
    /// If the request fails, or the response does not name the platform.
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
        // The response does not include the level of the processor.
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
