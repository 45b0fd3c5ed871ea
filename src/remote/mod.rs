//! Remote registries, by the [OCI distribution API](https://github.com/opencontainers/distribution-spec).

mod breaks;
mod dead_mirrors;
mod deletion;
mod detection;
mod error;
mod hub;
mod known;
mod login;
mod manifests;
mod mirrors;
mod no_deletion;
mod pages;
mod probe;
mod questions;
mod reader;
mod redirects;
mod referrers;
mod refusal;
mod repository;
mod resolution;
mod sample;
mod search;
mod senders;
mod server;
mod servers;
mod sessions;
mod source;
mod tag_lists;
mod target;
mod upload;
mod uploads;
mod warnings;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

pub use deletion::{Deletion, TagsOfDigest};
pub use error::{Error, LogInAt, MirrorsSaid};
pub use login::LoggedIn;
pub use no_deletion::NoDeletion;
pub use pages::Pages;
pub use probe::{Probe, Step};
pub use referrers::{ListedBy, Referrers};
pub use repository::Repository;
pub use sample::{SAMPLE_MAX, Sample, Version};
pub use search::{Detail, Search, SearchRequest};
pub use tag_lists::{ListOrder, TagList};

pub use crate::protocol::{Signs, Software};

use crate::auth::{ChallengeCache, Keychain, Session, TokenServices};
use crate::config::{Config, Endpoint, HostConfig};
use crate::http::Client;
use crate::reference::{Name, Registry, RepositoryName};
use crate::retry::{Outages, Policy, Waits};
use dead_mirrors::DeadMirrors;
use known::Known;
use server::Server;
use servers::Servers;
use warnings::Warnings;

/// How long saving the optional cache files may take.
const SAVE_LIMIT: Duration = Duration::from_secs(1);

/// All registries, with the configuration and credentials of this user.
///
/// Connections are made when they are needed, and shared by all users of the same registry.
pub struct Remote {
    config: Arc<Config>,
    keychain: Arc<Keychain>,
    challenges: Arc<ChallengeCache>,
    token_services: Arc<TokenServices>,
    dead_mirrors: Arc<DeadMirrors>,
    warnings: Arc<Warnings>,
    retry: Policy,
    waits: Waits,
    outages: Arc<Outages>,
    hosts: Mutex<HashMap<Registry, Arc<Host>>>,
}

/// One registry, with everything that its users share.
struct Host {
    mirrors: Vec<Arc<Client>>,
    /// The registry itself.
    origin: Arc<Client>,
    /// The session for requests to it that are about no repository.
    session: Arc<Session>,
    /// The known content of its repositories.
    known: Arc<Known>,
    /// The repositories that were created. Each has one authenticator for each of its servers, so that a
    /// command that uses a repository again has its tokens already, and calls no credential helper twice.
    repositories: Mutex<HashMap<RepositoryName, Repository>>,
}

impl Remote {
    /// Creates the registries of `config`, with the credentials of `keychain`.
    ///
    /// Two files in the [cache](Config::cache) make commands faster: the challenges of registries, which save
    /// a request, and the dead mirrors, which are asked last. [`Remote::save_caches`] writes these files.
    pub fn new(config: Arc<Config>, keychain: Arc<Keychain>, retry: Policy) -> Self {
        let cache = config.cache().ok().map(Path::to_owned);
        let waits = Waits::default();
        Self {
            keychain,
            challenges: Arc::new(ChallengeCache::new(cache.clone())),
            dead_mirrors: Arc::new(DeadMirrors::new(cache)),
            token_services: Arc::new(TokenServices::new(config.data().ok().map(Path::to_owned))),
            warnings: Arc::default(),
            config,
            retry,
            outages: Arc::new(Outages::new(retry, waits.clone())),
            waits,
            hosts: Mutex::default(),
        }
    }

    /// Returns the configuration of registries.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the servers that are waited for, so that they can be shown.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Returns a repository: the same one for the same name, as long as this lives.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration of its registry is invalid.
    pub fn repository(&self, name: &Name) -> Result<Repository, Error> {
        let host = self.host(&name.registry)?;
        let mut repositories = lock(&host.repositories);
        let create = || Repository::new(name.clone(), self.servers(&host, name), Arc::clone(&host.known));
        Ok(repositories.entry(name.repository.clone()).or_insert_with(create).clone())
    }

    /// Returns the servers that a repository is read from.
    fn servers(&self, host: &Host, name: &Name) -> Servers {
        let server = |client: &Arc<Client>, retry| {
            let repository = client.endpoint().naming.of(&name.repository)?;
            Some(self.server(self.session(Arc::clone(client), Some(repository)), retry))
        };
        // A mirror is not retried, because the next server is as good as another attempt.
        let mirrors = host.mirrors.iter().filter_map(|mirror| server(mirror, Policy::ONCE)).collect();
        let origin = self.session(Arc::clone(&host.origin), Some(name.repository.clone()));
        let origin = Arc::new(self.server(origin, self.retry));
        Servers::new(mirrors, origin, Arc::clone(&self.dead_mirrors))
    }

    /// Reports whether there are unfinished uploads, including those that are just being started.
    pub fn has_open_uploads(&self) -> bool {
        self.repositories().iter().any(|repository| repository.uploads.sessions.are_any())
    }

    /// Asks registries to cancel the unfinished uploads, concurrently. It should be called at the end of a
    /// command, even after an error.
    ///
    /// The responses are ignored: a registry removes the rest by itself, only later.
    pub async fn abandon_uploads(&self) {
        join_all(self.repositories().iter().map(|repository| repository.uploads.sessions.abandon())).await;
    }

    /// Returns the repositories that were created.
    fn repositories(&self) -> Vec<Repository> {
        let hosts = lock(&self.hosts);
        hosts
            .values()
            .flat_map(|host| lock(&host.repositories).values().cloned().collect::<Vec<_>>())
            .collect()
    }

    /// Saves the challenges of registries and the dead mirrors for the next command. It should be called at
    /// the end of a command, even after an error.
    ///
    /// It takes a millisecond if there are changes, and at most a second. A write error is only logged: the
    /// next command then has to ask the registry.
    ///
    /// # Cancel safety
    /// A write that has started is finished, or leaves the file unchanged.
    pub async fn save_caches(&self) {
        if !self.challenges.is_changed() && !self.dead_mirrors.is_changed() {
            return;
        }
        let (challenges, mirrors) = (Arc::clone(&self.challenges), Arc::clone(&self.dead_mirrors));
        let saving = tokio::task::spawn_blocking(move || {
            challenges.save();
            mirrors.save();
        });
        if tokio::time::timeout(SAVE_LIMIT, saving).await.is_err() {
            tracing::debug!("caches are not saved: the disk takes too long");
        }
    }

    /// Forgets the challenge of `registry`, and the token service that has checked its credentials.
    pub fn forget(&self, registry: &Registry) {
        self.challenges.forget_registry(registry);
        self.token_services.forget(registry);
    }

    /// Returns the names of a registry's repositories, page by page.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration of the registry is invalid.
    pub fn catalog(&self, registry: &Registry) -> Result<Pages, Error> {
        Ok(Pages::of_repositories(Arc::new(self.origin(registry, self.retry)?)))
    }

    /// Returns the registry itself, without mirrors.
    fn origin(&self, registry: &Registry, retry: Policy) -> Result<Server, Error> {
        Ok(self.server(Arc::clone(&self.host(registry)?.session), retry))
    }

    /// Returns another server of the same registry, which gets the same credentials without a challenge.
    fn beside(&self, registry: &Registry, host: &str) -> Result<Server, Error> {
        let origin = self.host(registry)?.origin.endpoint().clone();
        let client = self.client(Endpoint { host: host.to_owned(), ..origin });
        let session = Session::new(client, None, Arc::clone(&self.keychain)).volunteering();
        Ok(self.server(session, self.retry))
    }

    /// Returns the API of a registry beside that of registries, which gets credentials only if it asks for them.
    fn asking_api(&self, registry: &Registry, retry: Policy) -> Result<Server, Error> {
        let Some(endpoint) = self.config.api(registry)? else { return self.origin(registry, retry) };
        let session = Session::new(Arc::new(Client::new(endpoint)), None, Arc::clone(&self.keychain));
        Ok(self.server(session, retry))
    }

    /// Returns the API of a registry beside that of registries, which gets user name and password if there are any.
    fn own_api(&self, registry: &Registry) -> Result<Arc<Server>, Error> {
        let server = match self.config.api(registry)? {
            Some(endpoint) => {
                // Nexus shows an anonymous user less, and asks for nothing.
                let client = Arc::new(Client::new(endpoint));
                let session = Session::new(client, None, Arc::clone(&self.keychain)).volunteering();
                self.server(session, self.retry)
            }
            None => self.beside(registry, &self.host(registry)?.origin.endpoint().host)?,
        };
        Ok(Arc::new(server))
    }

    /// Returns the account at Docker Hub, for its own API.
    async fn hub_account(&self) -> Result<hub::Account, Error> {
        let hub = Registry::hub();
        let found = self.keychain.find(&hub, None).await.found;
        let origin = self.host(&hub)?.origin.endpoint().clone();
        let client = self.client(Endpoint { host: hub::HOST.to_owned(), ..origin });
        let session = Session::new(client, None, Arc::clone(&self.keychain)).anonymous();
        Ok(hub::Account::new(self.server(session, Policy::ONCE), found.map(|found| found.credential)))
    }

    fn server(&self, session: impl Into<Arc<Session>>, retry: Policy) -> Server {
        Server::new(session.into(), retry, Arc::clone(&self.warnings))
    }

    fn session(&self, client: Arc<Client>, repository: Option<RepositoryName>) -> Session {
        let session = Session::new(client, repository, Arc::clone(&self.keychain));
        session.remembering(Arc::clone(&self.challenges)).expecting(Arc::clone(&self.token_services))
    }

    /// Returns the registry: the same one for the same name, as long as this lives.
    fn host(&self, registry: &Registry) -> Result<Arc<Host>, Error> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(registry) {
            return Ok(Arc::clone(host));
        }
        let HostConfig { mirrors, origin, .. } = self.config.host(registry)?;
        let origin = self.client(origin);
        let host = Arc::new(Host {
            mirrors: mirrors.into_iter().map(|mirror| self.client(mirror)).collect(),
            session: Arc::new(self.session(Arc::clone(&origin), None)),
            origin,
            known: Arc::default(),
            repositories: Mutex::default(),
        });
        hosts.insert(registry.clone(), Arc::clone(&host));
        Ok(host)
    }

    /// Creates a client that waits during an outage of its server. It is not used for mirrors, because there
    /// is a next server.
    fn client(&self, endpoint: Endpoint) -> Arc<Client> {
        let is_mirror = endpoint.mirror;
        let client = Client::new(endpoint);
        Arc::new(if is_mirror { client } else { client.waiting(&self.outages) })
    }
}

fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one call, so the map is consistent even after a panic elsewhere.
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
