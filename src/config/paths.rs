//! The locations of regcli's files.

use std::path::{Path, PathBuf};

use super::Environment;
use super::error::{Error, STORE};

/// The files and folders that regcli itself uses. Paths below the home folder may be unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    store: Option<PathBuf>,
    cache: Option<PathBuf>,
    data: Option<PathBuf>,
    docker_config: Option<PathBuf>,
}

impl Paths {
    /// Determines all paths. `store` and `docker_folder` are those of the command line, `own_store` is that
    /// of config.toml.
    pub(super) fn new(
        store: Option<PathBuf>,
        docker_folder: Option<PathBuf>,
        own_store: Option<PathBuf>,
        environment: &Environment,
    ) -> Self {
        let below = |folder: Option<PathBuf>, path: &str| folder.map(|folder| folder.join(path));
        Self {
            store: store
                .or_else(|| environment.regcli_store.clone())
                .or(own_store)
                .or_else(|| below(environment.data_folder(), "regcli/store")),
            cache: below(environment.cache_folder(), "regcli"),
            data: below(environment.data_folder(), "regcli"),
            docker_config: docker_folder
                .or_else(|| environment.docker_config.clone())
                .or_else(|| environment.in_home(".docker"))
                .map(|folder| folder.join("config.json")),
        }
    }

    pub(super) fn store(&self) -> Result<&Path, Error> {
        self.store.as_deref().ok_or(Error::NoHome { what: STORE })
    }

    pub(super) fn cache(&self) -> Result<&Path, Error> {
        self.cache.as_deref().ok_or(Error::NoHome { what: "the cache" })
    }

    pub(super) fn data(&self) -> Result<&Path, Error> {
        self.data.as_deref().ok_or(Error::NoHome { what: "the data folder" })
    }

    pub(super) fn docker_config(&self) -> Result<&Path, Error> {
        self.docker_config.as_deref().ok_or(Error::NoHome { what: "config.json" })
    }

    /// Returns the path of regcli's own config.toml: `$REGCLI_CONFIG`, else `~/.config/regcli/config.toml`.
    pub(super) fn own_config(environment: &Environment) -> Option<PathBuf> {
        let default = || Some(environment.config_folder()?.join("regcli/config.toml"));
        environment.regcli_config.clone().or_else(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_goes_before_the_environment_and_that_before_config_toml() {
        let home = Environment { home: Some("/home/demo".into()), ..Environment::default() };
        let set = Environment {
            regcli_store: Some("/env".into()),
            docker_config: Some("/dc".into()),
            ..home.clone()
        };
        let store = |flag: Option<&str>, own: Option<&str>, environment| {
            let paths = Paths::new(flag.map(PathBuf::from), None, own.map(PathBuf::from), environment);
            paths.store().unwrap().to_owned()
        };

        assert_eq!(store(Some("/flag"), Some("/own"), &set), Path::new("/flag"));
        assert_eq!(store(None, Some("/own"), &set), Path::new("/env"));
        assert_eq!(store(None, Some("/own"), &home), Path::new("/own"));
        assert_eq!(store(None, None, &home), Path::new("/home/demo/.local/share/regcli/store"));
        let docker = |flag: Option<&str>, environment| {
            Paths::new(None, flag.map(PathBuf::from), None, environment).docker_config().unwrap().to_owned()
        };
        assert_eq!(docker(Some("/flag"), &set), Path::new("/flag/config.json"));
        assert_eq!(docker(None, &set), Path::new("/dc/config.json"));
        assert_eq!(docker(None, &home), Path::new("/home/demo/.docker/config.json"));
    }

    #[test]
    fn without_a_home_a_folder_is_missed_only_when_it_is_needed() {
        let paths = Paths::new(Some("/flag".into()), None, None, &Environment::default());

        assert_eq!(paths.store().unwrap(), Path::new("/flag"));
        assert_eq!(paths.cache().unwrap_err().to_string(), "cannot tell where the cache is: HOME is not set");
    }
}
