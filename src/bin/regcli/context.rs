//! What every command works with. It is built once and passed down.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use regcli::auth::Keychain;
use regcli::config::{Config, Environment, Given, Options};
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::files::{FilesOptions, Tables};
use regcli::ops::{self, Access, Budget, Place, Wanted};
use regcli::reference::Registry;
use regcli::remote::Remote;
use regcli::retry::Policy;
use regcli::store::{Patience, Store, Waiting};
use regcli::transfer::{self, Jobs, Observer, RateLimit, Sharing};
use tokio::time::timeout;

use crate::cli::flags::{self, DockerArgs, GlobalArgs};
use crate::cli::usage::Usage;
use crate::lines::Lines;
use crate::signals::CLEAN_UP_LIMIT;
use crate::ui::Ui;
use crate::ui::format::safe::safe_lines;
use crate::ui::log;

/// Configuration, registries, the store, and the user interface.
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) keychain: Arc<Keychain>,
    pub(crate) remote: Remote,
    pub(crate) ui: Ui,
    retry: Policy,
    lines: Lines,
    /// What the copies of this process share, by registries.
    sharing: Mutex<HashMap<String, Sharing>>,
    /// The pulls that the images of this command need.
    pub(crate) budget: Budget,
}

/// What the arguments of a command say about all registries, besides the flags of all commands.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// How many processes share the limits of registries.
    pub(crate) sharers: Option<NonZeroUsize>,
    /// What the files of the command say about the access to registries.
    pub(crate) given: Given,
}

impl Context {
    /// Reads all configuration and creates the clients.
    pub(crate) fn load(
        global: &GlobalArgs,
        docker: &DockerArgs,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let Settings { sharers, given } = settings;
        let ui = Ui::new(global.progress);
        log::begin(global.debug || docker.debug());
        let mut environment = Environment::of_process();
        docker.apply(&mut environment);
        let config = Arc::new(Config::load(Options { sharers, given, ..global.options() }, &environment)?);
        let keychain = Arc::new(Keychain::new(&config));
        for warning in config.warnings().iter().chain(keychain.warnings()) {
            ui.warn(&warning.to_string());
        }
        let retry = global.retry();
        let remote = Remote::new(Arc::clone(&config), Arc::clone(&keychain), retry);
        let ui = ui.showing(remote.waits().clone());
        let lines = Lines::new(config.cache().ok().map(ToOwned::to_owned));
        let (sharing, budget) = Default::default();
        Ok(Self { config, keychain, remote, ui, retry, lines, sharing, budget })
    }

    /// Opens the image store.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(self.config.store()?).private().waiting(self.patience()))
    }

    /// Returns how long to wait for other processes, with a note for the user once a wait begins.
    fn patience(&self) -> Patience {
        let ui = self.ui.clone();
        Patience::new(self.config.patience(), move |Waiting { path, holder }| {
            let holder = holder.as_ref().map_or("another process".to_owned(), ToString::to_string);
            ui.note(&format!("Waiting for {} ({})", safe_lines(&holder), path.display()));
        })
    }

    /// Returns the image store, or `None` if it has no location. For commands that may not need it.
    pub(crate) fn known_store(&self) -> Option<Store> {
        self.store().ok()
    }

    /// Returns the value of `DOCKER_DEFAULT_PLATFORM`. clap's `env` does not fit: it would treat the variable as a
    /// flag, which conflicts with `--all-platforms`, but a flag must override it.
    pub(crate) fn default_platform(&self) -> Result<Option<Platform>, Failure> {
        let text = self.config.environment().docker_default_platform.as_deref();
        let platform = text.map(flags::platform).transpose();
        platform.map_err(|error| Usage::failure(format!("DOCKER_DEFAULT_PLATFORM: {error}")))
    }

    /// Returns access to the registries and the store.
    pub(crate) fn access<'a>(&'a self, store: Option<&'a Store>) -> Access<'a> {
        Access { remote: &self.remote, store }
    }

    /// Adds to a "not found" error of the store whether a Docker Engine has the image.
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

    /// Returns what all copies of this process between these registries share: the connections, and with the
    /// copies between other registries the content that is on its way.
    pub(crate) fn sharing(&self, registries: &[&Registry]) -> Sharing {
        let mut sharing = self.sharing.lock().unwrap_or_else(PoisonError::into_inner);
        let other = sharing.values().next().map(Sharing::on_another_line);
        let is_limited = self.config.limit_rate(&[]).is_some() || self.config.jobs(&[]).is_some();
        let is_common = self.config.limit_rate(&[]) == self.config.limit_rate(registries)
            && self.config.jobs(&[]) == self.config.jobs(registries);
        // A limit for all registries counts for all of them together.
        let line = if is_limited && is_common { String::new() } else { joined(registries) };
        sharing.entry(line).or_insert_with(|| other.unwrap_or_default()).clone()
    }

    /// Saves the caches and cancels unfinished uploads, however the command ended. A read-only command saves
    /// nothing.
    pub(crate) async fn clean_up(&self, only_looks: bool) {
        if !only_looks {
            self.remote.save_caches().await;
            self.lines.save().await;
        }
        if self.remote.has_open_uploads() {
            // The registry itself removes the uploads that could not be cancelled in time.
            let _ = timeout(CLEAN_UP_LIMIT, self.remote.abandon_uploads()).await;
        }
    }

    /// Returns how many images are moved concurrently between these registries.
    pub(crate) fn concurrent_images(&self, registries: &[&Registry]) -> usize {
        self.jobs(registries).images()
    }

    fn jobs(&self, registries: &[&Registry]) -> Jobs {
        self.config.jobs(registries).map_or(Jobs::Adaptive, Jobs::Fixed)
    }

    /// Returns the options of reading the files of images at these places.
    pub(crate) fn files(
        &self,
        places: &[&Place],
        platform: Option<Platform>,
        observer: Arc<dyn Observer>,
    ) -> Result<FilesOptions, Failure> {
        let cache = self.config.cache().ok().map(ToOwned::to_owned);
        let platform = platform.map_or_else(|| self.default_platform(), |platform| Ok(Some(platform)))?;
        let registries: Vec<&Registry> = places.iter().filter_map(|place| place.registry()).collect();
        let limit = self.config.limit_rate(&registries).map(|rate| Arc::new(RateLimit::new(rate)));
        Ok(FilesOptions { platform, retry: self.retry, cache, observer, limit, tables: Tables::Believed })
    }

    /// Returns the options of a copy between these registries.
    pub(crate) fn transfer(&self, registries: &[&Registry]) -> transfer::Options {
        transfer::Options {
            jobs: self.jobs(registries),
            experience: self.lines.experience(&joined(registries)),
            retry: self.retry,
            rate: self.config.limit_rate(registries),
            ..transfer::Options::default()
        }
    }
}

fn joined(registries: &[&Registry]) -> String {
    registries.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
