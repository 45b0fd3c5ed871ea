//! What every command works with: built once, passed down.

use std::sync::Arc;

use regcli::auth::Keychain;
use regcli::config::{Config, Environment};
use regcli::diagnose::Failure;
use regcli::ops::{self, Wanted};
use regcli::reference::Registry;
use regcli::remote::Remote;
use regcli::retry::Policy;
use regcli::store::Store;
use regcli::transfer::{self, Jobs};

use crate::args::GlobalArgs;
use crate::output::Ui;
use crate::render::log;

/// Configuration, registries, the store, and the user.
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) keychain: Arc<Keychain>,
    pub(crate) remote: Remote,
    pub(crate) ui: Ui,
    retry: Policy,
}

impl Context {
    /// Reads all configuration.
    pub(crate) fn load(global: &GlobalArgs) -> Result<Self, Failure> {
        let ui = Ui::new(global.progress);
        log::begin(global.debug);
        let config = Arc::new(Config::load(global.options(), &Environment::of_process())?);
        let keychain = Arc::new(Keychain::new(&config));
        for warning in config.warnings().iter().chain(keychain.warnings()) {
            ui.warn(&warning.to_string());
        }
        let retry = global.retry();
        let remote = Remote::new(Arc::clone(&config), Arc::clone(&keychain), retry);
        Ok(Self { config, keychain, remote, ui, retry })
    }

    /// The image store.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(self.config.store()?))
    }

    /// A result about an image of the store. If it is not there but in a Docker Engine, the error says so.
    pub(crate) async fn explained<T>(
        &self,
        result: Result<T, ops::Error>,
        wanted: Wanted<'_>,
    ) -> Result<T, Failure> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => Err(ops::look_in_engine(&self.config, error, wanted).await.into()),
        }
    }

    /// How to copy from and to these registries.
    pub(crate) fn transfer(&self, registries: &[&Registry]) -> transfer::Options {
        transfer::Options {
            jobs: self.config.jobs(registries).map_or(Jobs::Adaptive, Jobs::Fixed),
            retry: self.retry,
            rate: self.config.limit_rate(registries),
            ..transfer::Options::default()
        }
    }
}
