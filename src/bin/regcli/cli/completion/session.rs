//! What there is to propose from: the store, registries, credentials.

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

/// The most names that are taken from a registry: nobody looks through more.
const MOST: usize = 10_000;

/// The flags of every command.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    global: GlobalArgs,
}

/// What commands work with, for one that only looks and does not wait.
pub(super) struct Session {
    config: Arc<Config>,
    keychain: Arc<Keychain>,
    remote: Remote,
    deadline: Instant,
}

impl Session {
    /// Reads the configuration, with the flags of every command that have been typed. `None` if it is broken.
    pub(super) fn begin(global: &[String], deadline: Instant) -> Option<Self> {
        let parse = |global: &[String]| {
            Flags::try_parse_from(["regcli"].into_iter().chain(global.iter().map(String::as_str)))
        };
        // A flag may be half typed.
        let flags = parse(global).or_else(|_| parse(&[])).ok()?;
        let config = Arc::new(Config::load(flags.global.options(), &Environment::of_process()).ok()?);
        let keychain = Arc::new(Keychain::new(&config));
        let remote = Remote::new(Arc::clone(&config), Arc::clone(&keychain), Policy::ONCE);
        Some(Self { config, keychain, remote, deadline })
    }

    /// The home folder.
    pub(super) fn home(&self) -> Option<&Path> {
        self.config.environment().home.as_deref()
    }

    /// The names of the images in the store.
    pub(super) fn images(&self) -> Vec<Reference> {
        let Ok(root) = self.config.store() else { return Vec::new() };
        let images = Store::open(root).images().unwrap_or_default();
        images.into_iter().filter_map(|image| image.reference).collect()
    }

    /// Their IDs, as they are shown.
    pub(super) fn ids(&self) -> Vec<String> {
        let Ok(root) = self.config.store() else { return Vec::new() };
        let images = ops::list_images(&Store::open(root), &[]).unwrap_or_default();
        images.iter().map(|image| image.details.id.hex()[..12].to_owned()).collect()
    }

    /// The registries that there are credentials for.
    pub(super) fn registries(&self) -> Vec<Registry> {
        let mut found = Vec::new();
        self.wait(async {
            let accounts = self.keychain.accounts().await.accounts;
            found.extend(accounts.into_iter().map(|account| account.registry));
        });
        found
    }

    /// The tags of a repository, as the registry tells them.
    pub(super) fn tags(&self, name: &Name) -> Vec<String> {
        self.remote.repository(name).map(|repository| self.names(repository.tags())).unwrap_or_default()
    }

    /// The repositories of a registry, as it tells them.
    pub(super) fn repositories(&self, registry: &Registry) -> Vec<String> {
        self.remote.catalog(registry).map(|pages| self.names(pages)).unwrap_or_default()
    }

    /// As many as come in time.
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

    /// Runs until it is done, or time is up: a credential helper that still runs is killed then.
    fn wait(&self, work: impl Future<Output = ()>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        // What was found until then is kept by whoever waits.
        let _ = runtime.block_on(async { tokio::time::timeout_at(self.deadline.into(), work).await });
        runtime.shutdown_background();
    }
}
