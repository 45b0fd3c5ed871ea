//! Registries elsewhere, by the [OCI distribution API](https://github.com/opencontainers/distribution-spec).

mod error;
mod login;
mod manifests;
mod pages;
mod reader;
mod repository;
mod search;
mod server;
mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use error::Error;
pub use login::LoggedIn;
pub use pages::Pages;
pub use reader::RemoteReader;
pub use repository::Repository;
pub use upload::Upload;

use crate::auth::{Keychain, Session};
use crate::config::{Config, Endpoint};
use crate::http::Client;
use crate::protocol::{Route, Scopes};
use crate::reference::{Name, Registry};
use crate::retry::Policy;
use server::Server;

/// All registries, as this user sees them.
///
/// Connections are made when they are needed, and shared by everything that talks to the same registry.
pub struct Remote {
    config: Arc<Config>,
    keychain: Arc<Keychain>,
    retry: Policy,
    clients: Mutex<HashMap<Registry, Vec<Arc<Client>>>>,
    /// The repositories that were handed out.
    repositories: Mutex<Vec<Repository>>,
}

impl Remote {
    /// The registries of `config`, with the credentials of `keychain`.
    pub fn new(config: Arc<Config>, keychain: Arc<Keychain>, retry: Policy) -> Self {
        Self { config, keychain, retry, clients: Mutex::default(), repositories: Mutex::default() }
    }

    /// One repository.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration of its registry cannot be used.
    pub fn repository(&self, name: &Name) -> Result<Repository, Error> {
        let clients = self.clients(&name.registry)?;
        let last = clients.len() - 1;
        let servers = clients.into_iter().enumerate().map(|(index, client)| {
            let keychain = Arc::clone(&self.keychain);
            let session = Session::new(client, Some(name.repository.clone()), keychain);
            // A mirror has no second chance: the next server is as good as another attempt.
            Server::new(session, if index == last { self.retry } else { Policy::ONCE })
        });
        let repository = Repository::new(name.clone(), servers.collect());
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner).push(repository.clone());
        Ok(repository)
    }

    /// Asks registries to forget the uploads that were begun here and not finished, after an interrupt.
    ///
    /// What a registry answers does not matter: it sweeps what is left by itself, only later.
    pub async fn abandon_uploads(&self) {
        let repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for repository in repositories {
            repository.abandon_uploads().await;
        }
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
        let client = Arc::new(Client::new(Endpoint { host: host.to_owned(), ..origin }));
        let session = Session::new(client, None, Arc::clone(&self.keychain)).volunteering();
        Ok(Server::new(session, self.retry))
    }

    fn server(&self, client: Arc<Client>, retry: Policy) -> Server {
        Server::new(Session::new(client, None, Arc::clone(&self.keychain)), retry)
    }

    /// One client for each server of a registry, the registry itself last.
    fn clients(&self, registry: &Registry) -> Result<Vec<Arc<Client>>, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(registry) {
            return Ok(known.clone());
        }
        let host = self.config.host(registry)?;
        let made: Vec<_> = host.endpoints.into_iter().map(|e| Arc::new(Client::new(e))).collect();
        clients.insert(registry.clone(), made.clone());
        Ok(made)
    }
}
