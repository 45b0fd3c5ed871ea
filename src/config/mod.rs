//! Reads every file and environment variable once, and combines them into one [`HostConfig`] for each
//! registry.
//!
//! The sources are the command line ([`Options`]), the [`Environment`], Docker's config.json and daemon.json,
//! the certs.d folders, and regcli's own config.toml. Docker's files are only read, and an error in them
//! becomes a [`Warning`] that stops no command. regcli's own file must be correct.

mod certs;
mod containerd;
mod daemon;
mod docker_config;
mod endpoints;
mod engine;
mod environment;
mod error;
mod file;
mod foreign_mirror;
mod given;
mod headers;
mod host;
mod identity;
mod mirror;
mod mirror_list;
mod mirror_options;
mod mirror_order;
mod misfit;
mod naming;
mod own;
mod own_mirror;
mod paths;
mod podman;
mod proxies;
mod resolve;
mod secret;
mod settings;
mod toml_file;
mod unverified;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use docker_config::{AuthEntry, BadField, DockerConfig};
pub use engine::{EngineAddress, EngineHost};
pub use environment::Environment;
pub(crate) use error::STORE;
pub use error::{Error, JsonError, Warning};
pub use file::{FILE_LIMIT, read_file};
pub use given::{Given, GivenTransport};
pub use headers::Headers;
pub use host::{Endpoint, HostConfig, PATIENCE, Permission, RequestRate, Tls, Transport};
pub use identity::Identity;
pub use mirror::{Mirror, MirrorError, NamedMirror};
pub use mirror_list::GeneralMirror;
pub use mirror_options::{MirrorOptions, MirrorTls};
pub use mirror_order::MirrorList;
pub use naming::Naming;
pub use proxies::{Proxies, ProxyVariable};
pub use resolve::Resolve;
pub use secret::Secret;
pub use settings::Settings;
pub use unverified::Unverified;

use certs::CertificateFolders;
use containerd::Containerd;
use daemon::Daemon;
use own::{Own, OwnRegistry, Program};
use paths::Paths;
use podman::Podman;

use crate::reference::Registry;

/// The options of the command line. They take precedence over all other sources.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--store`: the folder of the image store.
    pub store: Option<PathBuf>,
    /// `--config`: the folder of Docker's config.json.
    pub docker_folder: Option<PathBuf>,
    /// `--jobs`: maximum concurrent transfers.
    pub jobs: Option<NonZeroUsize>,
    /// `--limit-rate`, in bytes a second.
    pub limit_rate: Option<NonZeroU64>,
    /// How many processes share the limits of requests and bytes: each gets its part.
    pub sharers: Option<NonZeroUsize>,
    /// What the files of the command say about the access to registries.
    pub given: Given,
    /// `--timeout`: how long a server may be silent.
    pub timeout: Option<Duration>,
    /// How to connect to the registries of this command.
    pub transport: TransportOverrides,
}

/// The options of the command line about the registries of this command. Docker Hub always uses verified
/// HTTPS; the authorities and the client certificate apply to it, too.
#[derive(Clone, Debug, Default)]
pub struct TransportOverrides {
    /// `--plain-http`: HTTP only.
    pub plain_http: bool,
    /// `--insecure`: do not verify certificates. Also applies to mirrors.
    pub insecure: bool,
    /// `--ca-file`: authorities to trust in addition to the system's, PEM. Also applies to mirrors.
    pub ca_file: Option<PathBuf>,
    /// `--cert` and `--key`: the client certificate. It is never shown to a mirror.
    pub identity: Option<Identity>,
}

/// All configuration of a run, read once.
#[derive(Debug)]
pub struct Config {
    environment: Environment,
    transport: TransportOverrides,
    /// The value of the command line.
    jobs: Option<NonZeroUsize>,
    limit_rate: Option<NonZeroU64>,
    sharers: NonZeroUsize,
    paths: Paths,
    docker: DockerConfig,
    given: DockerConfig,
    daemon: Daemon,
    containerd: Containerd,
    podman: Podman,
    certificates: CertificateFolders,
    own: Own,
    warnings: Vec<Warning>,
}

impl Config {
    /// Reads all files, and keeps the options of the command line and the environment.
    ///
    /// A missing file counts as empty.
    ///
    /// # Errors
    /// If regcli's own config.toml cannot be read or is invalid. If its folder may not be entered and the
    /// user did not name the file, that is a warning. Errors in other files are in [`Config::warnings`].
    pub fn load(options: Options, environment: &Environment) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let mut own = match Paths::own_config(environment) {
            Some(path) => Own::read_if_reachable(&path, environment, &mut warnings)?,
            None => Own::default(),
        };
        own.timeout = options.timeout.or(own.timeout);
        options.given.transports.iter().for_each(|(registry, transport)| own.reach(registry, *transport));
        let paths = Paths::new(options.store, options.docker_folder, own.store.clone(), environment);
        let docker = match paths.docker_config() {
            Ok(path) => DockerConfig::read(path, &mut warnings),
            Err(_) => DockerConfig::default(),
        };
        let mut daemon = Daemon::default();
        for folder in environment.docker_folders() {
            daemon.read(&folder.join("daemon.json"), &mut warnings);
        }
        let (mut containerd, mut podman) = (Containerd::default(), Podman::default());
        if own.heeds(Program::Containerd) {
            containerd.read(environment, &mut warnings);
        }
        if own.heeds(Program::Podman) {
            podman.read(environment, &mut warnings);
        }
        Ok(Self {
            containerd,
            podman,
            environment: environment.clone(),
            transport: options.transport,
            jobs: options.jobs,
            limit_rate: options.limit_rate,
            sharers: options.sharers.unwrap_or(NonZeroUsize::MIN),
            paths,
            docker,
            given: DockerConfig { auths: options.given.auths, ..DockerConfig::default() },
            daemon,
            certificates: CertificateFolders::new(environment),
            own,
            warnings,
        })
    }

    /// Returns the errors in files that are only read. None of them stops anything.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns the environment that was read.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the credentials in the files of the command, with keys as in podman's auth.json.
    pub fn given(&self) -> &DockerConfig {
        &self.given
    }

    /// Returns the content of Docker's config.json when it was read.
    pub fn docker(&self) -> &DockerConfig {
        &self.docker
    }

    /// Returns the path of Docker's config.json: `--config`, else `$DOCKER_CONFIG`, else `~/.docker`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn docker_config_file(&self) -> Result<&Path, Error> {
        self.paths.docker_config()
    }

    /// Returns the folder of the image store: `--store`, else `$REGCLI_STORE`, else `store` of config.toml,
    /// else `~/.local/share/regcli/store`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn store(&self) -> Result<&Path, Error> {
        self.paths.store()
    }

    /// Returns the folder for data that can be recreated: `~/.cache/regcli`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn cache(&self) -> Result<&Path, Error> {
        self.paths.cache()
    }

    /// Returns the folder for regcli's own data: `~/.local/share/regcli`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn data(&self) -> Result<&Path, Error> {
        self.paths.data()
    }

    /// Returns how long regcli waits for a server or another process without any progress.
    pub fn patience(&self) -> Duration {
        self.own.timeout.unwrap_or(PATIENCE)
    }

    /// Returns the maximum number of concurrent connections in a copy with these registries, if it is
    /// configured: by the command line, else by the strictest of the registries' tables in config.toml, else
    /// by the file for all.
    pub fn jobs(&self, registries: &[&Registry]) -> Option<NonZeroUsize> {
        let of_registries = self.tables(registries).filter_map(|table| table.jobs).min();
        self.jobs.or(of_registries).or(self.own.jobs)
    }

    /// Returns the maximum number of bytes per second in a copy with these registries, if it is configured;
    /// see [`jobs`](Self::jobs). It is the part of this process if several share the limits.
    pub fn limit_rate(&self, registries: &[&Registry]) -> Option<NonZeroU64> {
        let of_registries = self.tables(registries).filter_map(|table| table.limit_rate).min();
        let limit = self.limit_rate.or(of_registries).or(self.own.limit_rate)?;
        // A part of a small limit is still a byte a second.
        Some(NonZeroU64::new(limit.get() / self.sharers.get() as u64).unwrap_or(NonZeroU64::MIN))
    }

    fn tables(&self, registries: &[&Registry]) -> impl Iterator<Item = &OwnRegistry> {
        registries.iter().filter_map(|registry| self.own.registry(registry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_of_docker_are_warnings_and_an_own_one_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment { home: Some(home.path().to_owned()), ..Environment::default() };
        for file in [".docker/config.json", ".config/docker/daemon.json"] {
            let path = home.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{").unwrap();
        }

        let config = Config::load(Options::default(), &environment).unwrap();

        assert_eq!(config.warnings().len(), 2);
        assert_eq!(config.docker(), &DockerConfig::default());
        let own = Environment { regcli_config: Some(home.path().join("own.toml")), ..environment };
        std::fs::write(home.path().join("own.toml"), "job = 1").unwrap();
        assert!(matches!(Config::load(Options::default(), &own), Err(Error::Own { line: 1, column: 1, .. })));
    }

    #[test]
    fn the_command_line_decides_about_jobs_then_the_strictest_registry_then_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let tables = "[registry.\"a.lab\"]\njobs = 5\nlimit-rate = 10\n[registry.\"b.lab\"]\njobs = 3\n";
        std::fs::write(&path, format!("jobs = 2\nlimit-rate = 1000\n{tables}")).unwrap();
        let environment = Environment { regcli_config: Some(path), ..Environment::default() };

        let load = |jobs| Config::load(Options { jobs, ..Options::default() }, &environment).unwrap();
        let [a, b, c] = ["a.lab", "b.lab", "c.lab"].map(|host| Registry::from_server(host).unwrap());

        let config = load(NonZeroUsize::new(7));
        assert_eq!(config.jobs(&[&a, &b]), NonZeroUsize::new(7));
        assert_eq!(config.limit_rate(&[]), NonZeroU64::new(1000));
        let config = load(None);
        let jobs = |registries: &[&Registry]| config.jobs(registries).unwrap().get();
        assert_eq!([jobs(&[&a]), jobs(&[&a, &b]), jobs(&[&c]), jobs(&[])], [5, 3, 2, 2]);
        assert_eq!(config.limit_rate(&[&b, &a]), NonZeroU64::new(10));
    }
}
