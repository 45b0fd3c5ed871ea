//! Which software a registry is. It is remembered with the registry's challenge.

use reqwest::header::{HeaderName, WWW_AUTHENTICATE};

use super::{Error, Remote};
use crate::http::Request;
use crate::protocol::{Challenge, Scopes, Signs, Software, search};
use crate::reference::Registry;

/// The maximum size of a list of extensions in bytes. zot's has less than a thousand.
const EXTENSIONS_MAX: u64 = 1 << 20;

impl Remote {
    /// Finds out which software `registry` is, by one request without credentials.
    ///
    /// # Errors
    /// An error if the registry is unreachable.
    pub async fn software(&self, registry: &Registry) -> Result<Software, Error> {
        let server = self.origin(registry, self.retry)?;
        let client = server.session().client();
        let signs = || async { Ok(client.send(Request::get("/v2/"), None).await?) };
        let response = server.retrying(signs).await?;
        let header = |name: &'static str| response.header(&HeaderName::from_static(name)).map(str::to_owned);
        let challenges: Vec<_> = response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all).collect();
        let software = Signs { host: registry.host(), header: &header, challenges: &challenges }.read().0;
        if software.is_certain() {
            self.remember_software(registry, software).await?;
        }
        Ok(software)
    }

    /// Finds out which software `registry` is, like [`Remote::software`], if its name does not say it. A registry that
    /// claims only to speak Docker's protocol is asked for its extensions, which zot has.
    pub(super) async fn searchable_software(&self, registry: &Registry) -> Result<Software, Error> {
        if let Some(software) = Software::of_host(registry.host()) {
            return Ok(software);
        }
        let software = self.software(registry).await?;
        if software != Software::Distribution {
            return Ok(software);
        }
        let server = self.origin(registry, self.retry)?;
        let discover = || Request::get("/v2/_oci/ext/discover");
        match server.fetch(&Scopes::catalog(), discover, EXTENSIONS_MAX).await {
            Ok(fetched) if search::is_zot(&fetched.body) => {
                self.remember_software(registry, Software::Zot).await?;
                Ok(Software::Zot)
            }
            // A registry without extensions refuses.
            Ok(_) => Ok(software),
            Err(error) if error.status().is_some() => Ok(software),
            Err(error) => Err(error),
        }
    }

    /// Returns the software of `registry` as an earlier request has shown it.
    pub(super) async fn remembered_software(&self, registry: &Registry) -> Result<Option<Software>, Error> {
        let client = &self.host(registry)?.origin;
        Ok(self.challenges.software(client).await)
    }

    /// Remembers the software of `registry` for the next command.
    pub(super) async fn remember_software(
        &self,
        registry: &Registry,
        software: Software,
    ) -> Result<(), Error> {
        let client = &self.host(registry)?.origin;
        self.challenges.learn_software(client, software).await;
        Ok(())
    }
}
