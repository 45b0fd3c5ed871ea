//! What every command works with: built once, passed down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regcli::auth::Keychain;
use regcli::config::{Config, Environment};
use regcli::diagnose::Failure;
use regcli::ops::{self, Access, Wanted};
use regcli::reference::Registry;
use regcli::remote::Remote;
use regcli::retry::Policy;
use regcli::store::{Patience, Store, Waiting};
use regcli::transfer::{self, Experience, Jobs};
use tokio::time::timeout;

use crate::cli::flags::{DockerArgs, GlobalArgs};
use crate::signals::CLEAN_UP_LIMIT;
use crate::ui::Ui;
use crate::ui::format::safe::safe_lines;
use crate::ui::log;

/// Configuration, registries, the store, and the user.
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) keychain: Arc<Keychain>,
    pub(crate) remote: Remote,
    pub(crate) ui: Ui,
    retry: Policy,
    experience: Mutex<HashMap<String, Experience>>,
}

impl Context {
    /// Reads all configuration.
    pub(crate) fn load(global: &GlobalArgs, docker: &DockerArgs) -> Result<Self, Failure> {
        let ui = Ui::new(global.progress);
        log::begin(global.debug || docker.debug());
        let mut environment = Environment::of_process();
        docker.apply(&mut environment);
        let config = Arc::new(Config::load(global.options(), &environment)?);
        let keychain = Arc::new(Keychain::new(&config));
        for warning in config.warnings().iter().chain(keychain.warnings()) {
            ui.warn(&warning.to_string());
        }
        let retry = global.retry();
        let remote = Remote::new(Arc::clone(&config), Arc::clone(&keychain), retry);
        let ui = ui.showing(remote.waits().clone());
        Ok(Self { config, keychain, remote, ui, retry, experience: Mutex::default() })
    }

    /// The image store.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(self.config.store()?).private().waiting(self.patience()))
    }

    /// How long other processes are waited for, and how people learn of it.
    fn patience(&self) -> Patience {
        let ui = self.ui.clone();
        Patience::new(self.config.patience(), move |Waiting { path, holder }| {
            let holder = holder.as_ref().map_or("another process".to_owned(), ToString::to_string);
            ui.note(&format!("Waiting for {} ({})", safe_lines(&holder), path.display()));
        })
    }

    /// The image store, if there is a place for it: for commands that may not need it.
    pub(crate) fn known_store(&self) -> Option<Store> {
        self.store().ok()
    }

    /// What places are reached by.
    pub(crate) fn access<'a>(&'a self, store: Option<&'a Store>) -> Access<'a> {
        Access { remote: &self.remote, store }
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

    /// What the copies of this process between these registries find out.
    fn experience(&self, registries: &[&Registry]) -> Experience {
        let names: Vec<_> = registries.iter().map(ToString::to_string).collect();
        // Each change is one call: the map is whole even after a panic elsewhere.
        let mut experience = self.experience.lock().unwrap_or_else(PoisonError::into_inner);
        experience.entry(names.join(" ")).or_default().clone()
    }

    /// Saves what was found out, and ends uploads that were begun and not finished, however the command ended. A command
    /// that only looks saves nothing.
    pub(crate) async fn clean_up(&self, only_looks: bool) {
        if !only_looks {
            self.remote.save_caches().await;
        }
        if self.remote.has_open_uploads() {
            // What is not answered in time is swept by the registry.
            let _ = timeout(CLEAN_UP_LIMIT, self.remote.abandon_uploads()).await;
        }
    }

    /// How to copy from and to these registries.
    pub(crate) fn transfer(&self, registries: &[&Registry]) -> transfer::Options {
        transfer::Options {
            jobs: self.config.jobs(registries).map_or(Jobs::Adaptive, Jobs::Fixed),
            experience: self.experience(registries),
            retry: self.retry,
            rate: self.config.limit_rate(registries),
            ..transfer::Options::default()
        }
    }
}
