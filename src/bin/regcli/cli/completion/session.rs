//! The sources of candidates: the store, registries, credentials.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use regcli::auth::Keychain;
use regcli::config::{Config, Environment};
use regcli::ops;
use regcli::reference::{Name, Reference, Registry};
use regcli::remote::{Pages, Remote};
use regcli::retry::Policy;
use regcli::store::Store;

use crate::cli::flags::GlobalArgs;

/// The maximum number of names read from a registry. A longer list would be useless.
const MOST: usize = 10_000;

/// The global flags.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    global: GlobalArgs,
}

/// The context of a completion, which only reads and does not wait.
pub(super) struct Session {
    config: Arc<Config>,
    keychain: Arc<Keychain>,
    remote: Remote,
    deadline: Instant,
}

impl Session {
    /// Reads the configuration, with the global flags that were typed. Returns `None` if it is invalid.
    pub(super) fn begin(global: &[String], deadline: Instant) -> Option<Self> {
        let parse = |global: &[String]| {
            Flags::try_parse_from(["regcli"].into_iter().chain(global.iter().map(String::as_str)))
        };
        // A flag may be typed only in part.
        let flags = parse(global).or_else(|_| parse(&[])).ok()?;
        let config = Arc::new(Config::load(flags.global.options(), &Environment::of_process()).ok()?);
        let keychain = Arc::new(Keychain::new(&config));
        let remote = Remote::new(Arc::clone(&config), Arc::clone(&keychain), Policy::ONCE);
        Some(Self { config, keychain, remote, deadline })
    }

    /// Returns the home folder.
    pub(super) fn home(&self) -> Option<&Path> {
        self.config.environment().home.as_deref()
    }

    /// Returns the names of the images in the store.
    pub(super) fn images(&self) -> Vec<Reference> {
        let Ok(root) = self.config.store() else { return Vec::new() };
        let images = Store::open(root).images().unwrap_or_default();
        images.into_iter().filter_map(|image| image.reference).collect()
    }

    /// Returns the short IDs of the images in the store.
    pub(super) fn ids(&self) -> Vec<String> {
        let Ok(root) = self.config.store() else { return Vec::new() };
        let images = ops::list_images(&Store::open(root), &[]).unwrap_or_default();
        images.iter().map(|image| image.id.hex()[..12].to_owned()).collect()
    }

    /// Returns the registries with stored credentials.
    pub(super) fn registries(&self) -> Vec<Registry> {
        let mut found = Vec::new();
        self.wait(async {
            let accounts = self.keychain.accounts().await.accounts;
            found.extend(accounts.into_iter().map(|account| account.registry));
        });
        found
    }

    /// Returns the tags of a repository, from its registry.
    pub(super) fn tags(&self, name: &Name) -> Vec<String> {
        self.remote.repository(name).map(|repository| self.names(repository.tags())).unwrap_or_default()
    }

    /// Returns the repositories of a registry.
    pub(super) fn repositories(&self, registry: &Registry) -> Vec<String> {
        self.remote.catalog(registry).map(|pages| self.names(pages)).unwrap_or_default()
    }

    /// Returns the names that arrive in time.
    fn names(&self, mut pages: Pages) -> Vec<String> {
        let mut names = Vec::new();
        self.wait(async {
            while names.len() < MOST
                && let Ok(Some(page)) = pages.next_page().await
            {
                names.extend(page);
            }
        });
        names
    }

    /// Runs `work` until it is done or the time is up. A credential helper that still runs is then killed.
    fn wait(&self, work: impl Future<Output = ()>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        // The caller keeps what was found until then.
        let _ = runtime.block_on(async { tokio::time::timeout_at(self.deadline.into(), work).await });
        runtime.shutdown_background();
    }
}
