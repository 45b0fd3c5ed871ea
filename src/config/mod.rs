//! Reads every file and environment variable once, and ends in one [`HostConfig`] for each registry.
//!
//! The sources: the command line ([`Options`]), the [`Environment`], Docker's config.json and daemon.json, the
//! folders certs.d, and regcli's own config.toml. What is only read of Docker's files cannot stop a command:
//! a broken one becomes a [`Warning`]. regcli's own file has to be right.

mod certs;
mod daemon;
mod docker_config;
mod endpoints;
mod engine;
mod environment;
mod error;
mod file;
mod host;
mod mirror;
mod own;
mod paths;
mod secret;
mod settings;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use docker_config::{AuthEntry, BadField, DockerConfig};
pub(crate) use endpoints::is_docker_hub;
pub use engine::{EngineAddress, EngineHost};
pub use environment::Environment;
pub use error::{Error, JsonError, Warning};
pub use file::{FILE_LIMIT, read_file};
pub use host::{Endpoint, HostConfig, Identity, PATIENCE, Tls, Transport};
pub use mirror::{Mirror, MirrorError, NamedMirror, Scheme};
pub use secret::Secret;
pub use settings::{Permission, Settings};

use certs::CertificateFolders;
use daemon::Daemon;
use own::Own;
use paths::Paths;

/// What the command line says about configuration. It goes before everything else.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--store`: the folder of the image store.
    pub store: Option<PathBuf>,
    /// `--config`: the folder of Docker's config.json.
    pub docker_folder: Option<PathBuf>,
    /// `--jobs`: transfers at once.
    pub jobs: Option<NonZeroUsize>,
    /// `--limit-rate`, in bytes a second.
    pub limit_rate: Option<NonZeroU64>,
    /// `--timeout`: how long a server may say nothing.
    pub timeout: Option<Duration>,
    /// How to speak to the registries of this command.
    pub transport: TransportOverrides,
}

/// What the command line says about the registries of this command. Docker Hub is always spoken to by HTTPS,
/// verified; the authorities and the client certificate are used there too.
#[derive(Clone, Debug, Default)]
pub struct TransportOverrides {
    /// `--plain-http`: HTTP and nothing else.
    pub plain_http: bool,
    /// `--insecure`: certificates are not verified. Holds for mirrors too.
    pub insecure: bool,
    /// `--ca-file`: authorities to trust besides the system's, PEM. Holds for mirrors too.
    pub ca_file: Option<PathBuf>,
    /// `--cert` and `--key`: the client certificate. It is never shown to a mirror.
    pub identity: Option<Identity>,
}

/// All configuration of a run, read once.
#[derive(Debug)]
pub struct Config {
    environment: Environment,
    transport: TransportOverrides,
    paths: Paths,
    docker: DockerConfig,
    daemon: Daemon,
    certificates: CertificateFolders,
    own: Own,
    warnings: Vec<Warning>,
}

impl Config {
    /// Reads all files, and remembers what the command line and the environment say.
    ///
    /// A file that is not there is an empty one.
    ///
    /// # Errors
    /// If regcli's own config.toml cannot be read, or is broken. What is wrong in other files is found in
    /// [`Config::warnings`].
    pub fn load(options: Options, environment: &Environment) -> Result<Self, Error> {
        let mut own = match Paths::own_config(environment) {
            Some(path) => Own::read(&path, environment)?,
            None => Own::default(),
        };
        own.jobs = options.jobs.or(own.jobs);
        own.limit_rate = options.limit_rate.or(own.limit_rate);
        own.timeout = options.timeout.or(own.timeout);
        let paths = Paths::new(options.store, options.docker_folder, own.store.clone(), environment);
        let mut warnings = Vec::new();
        let docker = match paths.docker_config() {
            Ok(path) => DockerConfig::read(path, &mut warnings),
            Err(_) => DockerConfig::default(),
        };
        let mut daemon = Daemon::default();
        for folder in environment.docker_folders() {
            daemon.read(&folder.join("daemon.json"), &mut warnings);
        }
        Ok(Self {
            environment: environment.clone(),
            transport: options.transport,
            paths,
            docker,
            daemon,
            certificates: CertificateFolders::new(environment),
            own,
            warnings,
        })
    }

    /// What is wrong in files that are only read. None of it stops anything.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The environment that was read.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What Docker's config.json said when it was read.
    pub fn docker(&self) -> &DockerConfig {
        &self.docker
    }

    /// Docker's config.json: `--config`, else `$DOCKER_CONFIG`, else `~/.docker`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn docker_config_file(&self) -> Result<&Path, Error> {
        self.paths.docker_config()
    }

    /// The folder of the image store: `--store`, else `$REGCLI_STORE`, else `store` of config.toml, else
    /// `~/.local/share/regcli/store`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn store(&self) -> Result<&Path, Error> {
        self.paths.store()
    }

    /// The folder for what can be made anew: `~/.cache/regcli`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn cache(&self) -> Result<&Path, Error> {
        self.paths.cache()
    }

    /// The folder for what regcli itself keeps: `~/.local/share/regcli`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn data(&self) -> Result<&Path, Error> {
        self.paths.data()
    }

    /// How many transfers may run at once, if anybody said so.
    pub fn jobs(&self) -> Option<NonZeroUsize> {
        self.own.jobs
    }

    /// How many bytes a second may be moved, if anybody said so.
    pub fn limit_rate(&self) -> Option<NonZeroU64> {
        self.own.limit_rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_of_docker_are_warned_of_and_an_own_one_is_an_error() {
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
    fn the_command_line_decides_about_jobs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "jobs = 2\nlimit-rate = 1000\n").unwrap();
        let environment = Environment { regcli_config: Some(path), ..Environment::default() };

        let config =
            Config::load(Options { jobs: NonZeroUsize::new(7), ..Options::default() }, &environment).unwrap();

        assert_eq!((config.jobs(), config.limit_rate()), (NonZeroUsize::new(7), NonZeroU64::new(1000)));
    }
}
