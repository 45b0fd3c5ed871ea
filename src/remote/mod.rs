//! Registries elsewhere, by the [OCI distribution API](https://github.com/opencontainers/distribution-spec).

mod blobs;
mod breaks;
mod dead_mirrors;
mod error;
mod existence;
mod known;
mod login;
mod manifests;
mod mirrors;
mod mount;
mod pages;
mod places;
mod probe;
mod reader;
mod refusal;
mod repository;
mod search;
mod server;
mod session;
mod small;
mod source;
mod target;
mod upload;
mod uploads;
mod warnings;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

pub use error::{Error, LogInAt, MirrorsSaid};
pub use login::LoggedIn;
pub use pages::Pages;
pub use probe::{Probe, Step};
pub use repository::Repository;
pub use search::Search;

use crate::auth::{ChallengeCache, Keychain, Session, TokenServices};
use crate::config::{Config, Endpoint};
use crate::http::Client;
use crate::protocol::{Route, Scopes};
use crate::reference::{Name, Registry, RepositoryName};
use crate::retry::{Outages, Policy, Waits};
use dead_mirrors::DeadMirrors;
use known::Known;
use mirrors::Row;
use server::Server;
use warnings::Warnings;

/// How long the disk may take for a file that can be done without.
const SAVE_LIMIT: Duration = Duration::from_secs(1);

/// All registries, as this user sees them.
///
/// Connections are made when they are needed, and shared by everything that talks to the same registry.
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
    clients: Mutex<HashMap<Registry, Vec<Arc<Client>>>>,
    known: Mutex<HashMap<Registry, Arc<Known>>>,
    /// The repositories that were handed out. Each has one authenticator for each of its servers: a command that asks
    /// for the same repository again has its tokens already, and asks no credential helper twice.
    repositories: Mutex<HashMap<Name, Repository>>,
}

impl Remote {
    /// The registries of `config`, with the credentials of `keychain`.
    ///
    /// A registry that asked for a token lately, by a file in the [cache](Config::cache), is not asked again what
    /// it wants; a mirror that did not answer lately, by another, is asked last. [`Remote::save_caches`] keeps
    /// these files.
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
            clients: Mutex::default(),
            known: Mutex::default(),
            repositories: Mutex::default(),
        }
    }

    /// The configuration that says how registries are spoken to.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The servers that are waited for, for those who show it.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// One repository: the same for the same name, as long as this lives.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration of its registry cannot be used.
    pub fn repository(&self, name: &Name) -> Result<Repository, Error> {
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = repositories.get(name) {
            return Ok(known.clone());
        }
        let repository = Repository::new(name.clone(), self.row(name)?, self.known(&name.registry));
        repositories.insert(name.clone(), repository.clone());
        Ok(repository)
    }

    /// The servers that a repository is read from.
    fn row(&self, name: &Name) -> Result<Row, Error> {
        let mut mirrors = self.clients(&name.registry)?;
        let origin = mirrors.pop().expect("a host config always has its origin");
        let (dead, living): (Vec<_>, Vec<_>) =
            mirrors.into_iter().partition(|mirror| self.dead_mirrors.since(mirror).is_some());
        let server = |client, retry| {
            let session = self.session(client, Some(name.repository.clone()));
            Server::new(session, retry, Arc::clone(&self.warnings))
        };
        // A mirror has no second chance: the next server is as good as another attempt.
        let mirror = |client| server(client, Policy::ONCE);
        Ok(Row {
            living: living.into_iter().map(mirror).collect(),
            origin: server(origin, self.retry),
            dead: dead.into_iter().map(mirror).collect(),
            deaths: Arc::clone(&self.dead_mirrors),
        })
    }

    /// Whether uploads were begun here that are not finished, or are just being begun.
    pub fn has_open_uploads(&self) -> bool {
        self.repositories().iter().any(Repository::has_open_uploads)
    }

    /// Asks registries to forget the uploads that were begun here and not finished, all at once. Call it at the end of
    /// a command, however it ended.
    ///
    /// What a registry answers does not matter: it sweeps what is left by itself, only later.
    pub async fn abandon_uploads(&self) {
        join_all(self.repositories().iter().map(Repository::abandon_uploads)).await;
    }

    /// The repositories that were handed out.
    fn repositories(&self) -> Vec<Repository> {
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Keeps what registries have asked for and which mirrors are dead, for the next command. Call it at the end of
    /// one, however it ended.
    ///
    /// It takes a millisecond if there is news, and a second at most. That the file cannot be written is only
    /// logged: the next command has to ask then.
    ///
    /// # Cancel safety
    /// A write that has begun is finished, or leaves the file as it was.
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
            tracing::debug!("caches are not kept: the disk takes too long");
        }
    }

    /// Forgets what `registry` has asked for, and who has checked the credentials.
    pub fn forget(&self, registry: &Registry) {
        self.challenges.forget_registry(registry);
        self.token_services.forget(registry);
    }

    /// The names of a registry's repositories, page by page.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration of the registry cannot be used.
    pub fn catalog(&self, registry: &Registry) -> Result<Pages, Error> {
        let server = self.origin(registry, self.retry)?;
        Ok(Pages::new(server, &Route::Catalog.to_string(), "repositories", Scopes::catalog()))
    }

    /// The registry itself, past all mirrors.
    fn origin(&self, registry: &Registry, retry: Policy) -> Result<Server, Error> {
        let client = self.clients(registry)?.pop().expect("a host config always has its origin");
        Ok(self.server(client, retry))
    }

    /// Another server of the same registry, which gets the same credentials without asking for them.
    fn beside(&self, registry: &Registry, host: &str) -> Result<Server, Error> {
        let origin = self.config.host(registry)?.origin().clone();
        let client = self.client(Endpoint { host: host.to_owned(), ..origin });
        let session = Session::new(client, None, Arc::clone(&self.keychain)).volunteering();
        Ok(Server::new(session, self.retry, Arc::clone(&self.warnings)))
    }

    /// The API of a registry that is not where the registry is. What it asks for says nothing about the registry.
    fn api(&self, endpoint: Endpoint) -> Server {
        let session = Session::new(Arc::new(Client::new(endpoint)), None, Arc::clone(&self.keychain));
        Server::new(session, Policy::ONCE, Arc::clone(&self.warnings))
    }

    fn server(&self, client: Arc<Client>, retry: Policy) -> Server {
        Server::new(self.session(client, None), retry, Arc::clone(&self.warnings))
    }

    fn session(&self, client: Arc<Client>, repository: Option<RepositoryName>) -> Session {
        let session = Session::new(client, repository, Arc::clone(&self.keychain));
        session.remembering(Arc::clone(&self.challenges)).expecting(Arc::clone(&self.token_services))
    }

    /// What is known to be in a registry's repositories.
    fn known(&self, registry: &Registry) -> Arc<Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(registry.clone()).or_default())
    }

    /// One client for each server of a registry, the registry itself last.
    fn clients(&self, registry: &Registry) -> Result<Vec<Arc<Client>>, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(registry) {
            return Ok(known.clone());
        }
        let host = self.config.host(registry)?;
        let made: Vec<_> = host.endpoints.into_iter().map(|endpoint| self.client(endpoint)).collect();
        clients.insert(registry.clone(), made.clone());
        Ok(made)
    }

    /// A client that waits for its server when that is away; not for a mirror: there is the next server.
    fn client(&self, endpoint: Endpoint) -> Arc<Client> {
        let is_mirror = endpoint.mirror;
        let client = Client::new(endpoint);
        Arc::new(if is_mirror { client } else { client.waiting(&self.outages) })
    }
}
