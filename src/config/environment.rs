//! The environment: the only file that names its variables.
//!
//! One group is read elsewhere: the library rustls reads `SSL_CERT_FILE` and `SSL_CERT_DIR`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::{Proxies, Secret};

/// The content of the environment, read once. An empty variable counts as one that is not set.
///
/// The default is a machine without any: no home, no system folders, no programs. Tests start from it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The home folder: `HOME`, or that of the user's entry in the system's user database.
    pub home: Option<PathBuf>,
    /// `PATH`, where credential helpers are searched.
    pub path: Option<OsString>,
    /// `DOCKER_CONFIG`: the folder of config.json.
    pub docker_config: Option<PathBuf>,
    /// `DOCKER_AUTH_CONFIG`: the text of a config.json with nothing but `auths`.
    pub docker_auth_config: Option<Secret>,
    /// `DOCKER_DEFAULT_PLATFORM`: the platform to pull if none is requested.
    pub docker_default_platform: Option<String>,
    /// `DOCKER_CLI_HINTS`: `false` suppresses some of Docker's advice.
    pub docker_cli_hints: Option<String>,
    /// `DOCKER_HOST`: the address of a Docker Engine.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: the name of a context with the address of a Docker Engine.
    pub docker_context: Option<String>,
    /// Whether `DOCKER_TLS` is set: use TLS with a Docker Engine.
    pub docker_tls: bool,
    /// Whether `DOCKER_TLS_VERIFY` is set, to any value: verify the Engine's certificate, too.
    pub docker_tls_verify: bool,
    /// `DOCKER_CERT_PATH`: the folder of the certificates for TLS with a Docker Engine.
    pub docker_cert_path: Option<PathBuf>,
    /// `REGCLI_STORE`: the folder of the image store.
    pub regcli_store: Option<PathBuf>,
    /// `REGCLI_CONFIG`: the file config.toml.
    pub regcli_config: Option<PathBuf>,
    /// `XDG_DATA_HOME`, if it is absolute, as the XDG specification requires.
    pub xdg_data_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, likewise.
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`, likewise.
    pub xdg_cache_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`, likewise.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`: podman's and skopeo's auth.json.
    pub registry_auth_file: Option<PathBuf>,
    /// `REGCLI_ETC`, or `/etc`: the folder of the system's daemon.json and certs.d. `None` reads neither.
    pub etc: Option<PathBuf>,
    /// `/run`, where podman keeps auth.json if `XDG_RUNTIME_DIR` is not set. `None` does not look there.
    pub run: Option<PathBuf>,
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    pub proxies: Proxies,
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
}

// The folders below the home folder are not those of `dirs`, because `dirs` ignores `XDG_*` on macOS and
// returns `~/Library/…`. regcli documents the same folders for all systems, and users have stores there.
impl Environment {
    /// Reads the environment of this process.
    pub fn of_process() -> Self {
        let mut environment = Self::read(|name| std::env::var_os(name));
        environment.home = dirs::home_dir();
        environment.etc = environment.etc.or_else(|| Some("/etc".into()));
        environment.run = Some("/run".into());
        environment
    }

    /// Reads variables through `lookup`. Variables that it does not return are not set.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| get(name).map(PathBuf::from);
        let xdg = |name: &str| path(name).filter(|path| path.is_absolute());
        let text = |name: &str| get(name).as_deref().and_then(OsStr::to_str).map(str::to_owned);
        Self {
            home: path("HOME"),
            path: get("PATH"),
            docker_config: path("DOCKER_CONFIG"),
            docker_auth_config: text("DOCKER_AUTH_CONFIG").map(Secret::from),
            docker_default_platform: text("DOCKER_DEFAULT_PLATFORM"),
            docker_cli_hints: text("DOCKER_CLI_HINTS"),
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            docker_tls: get("DOCKER_TLS").is_some(),
            docker_tls_verify: get("DOCKER_TLS_VERIFY").is_some(),
            docker_cert_path: path("DOCKER_CERT_PATH"),
            regcli_store: path("REGCLI_STORE"),
            regcli_config: path("REGCLI_CONFIG"),
            xdg_data_home: xdg("XDG_DATA_HOME"),
            xdg_config_home: xdg("XDG_CONFIG_HOME"),
            xdg_cache_home: xdg("XDG_CACHE_HOME"),
            xdg_runtime_dir: xdg("XDG_RUNTIME_DIR"),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            etc: path("REGCLI_ETC"),
            run: None,
            proxies: Proxies::read(text),
            no_color: get("NO_COLOR").is_some(),
        }
    }

    /// Returns the folder for data, `~/.local/share`.
    pub fn data_folder(&self) -> Option<PathBuf> {
        self.xdg_data_home.clone().or_else(|| self.in_home(".local/share"))
    }

    /// Returns the folder for configuration, `~/.config`.
    pub fn config_folder(&self) -> Option<PathBuf> {
        self.xdg_config_home.clone().or_else(|| self.in_home(".config"))
    }

    /// Returns the folder for data that can be recreated, `~/.cache`.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        self.xdg_cache_home.clone().or_else(|| self.in_home(".cache"))
    }

    /// Returns the folders that may hold a Docker daemon's configuration, the user's own first: a rootless
    /// daemon's, Docker Desktop's, the system's.
    pub fn docker_folders(&self) -> Vec<PathBuf> {
        let rootless = self.config_folder().map(|folder| folder.join("docker"));
        let system = self.etc.as_ref().map(|folder| folder.join("docker"));
        [rootless, self.in_home(".docker"), system].into_iter().flatten().collect()
    }

    /// Returns a path below the home folder.
    pub fn in_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn an_empty_variable_is_not_set_and_a_relative_xdg_folder_is_ignored() {
        let environment =
            environment(&[("HOME", "/home/demo"), ("DOCKER_CONFIG", ""), ("XDG_DATA_HOME", "data")]);

        assert_eq!(environment.docker_config, None);
        assert_eq!(environment.data_folder().as_deref(), Some(Path::new("/home/demo/.local/share")));
    }

    #[test]
    fn the_folders_are_those_of_dirs_except_on_macos() {
        let environment = Environment::of_process();
        let own = [environment.data_folder(), environment.config_folder(), environment.cache_folder()];
        let known = [dirs::data_dir(), dirs::config_dir(), dirs::cache_dir()];

        if cfg!(target_os = "macos") {
            // With `dirs`, all users would lose their stores, and XDG_DATA_HOME would have no effect.
            assert!(own.iter().zip(&known).all(|(own, known)| own != known), "{own:?} {known:?}");
        } else {
            assert_eq!(own, known);
            assert_eq!(environment.xdg_runtime_dir, dirs::runtime_dir());
        }
    }

    #[test]
    fn r4_of_two_spellings_the_upper_one_counts_and_an_empty_one_is_not_set() {
        let environment = environment(&[
            ("HTTPS_PROXY", "http://me:hunter2@upper.lab"),
            ("https_proxy", "lower.lab"),
            ("HTTP_PROXY", ""),
            ("http_proxy", "plain.lab"),
            ("no_proxy", "a.lab"),
        ]);

        let Proxies { https, http, all, none } = &environment.proxies;
        assert_eq!(https.as_ref().unwrap().name, "HTTPS_PROXY");
        assert_eq!(http.as_ref().unwrap().name, "http_proxy");
        assert_eq!((all, none.as_str()), (&None, "a.lab"));
        assert!(!format!("{environment:?}").contains("hunter2"));
    }

    #[test]
    fn the_credentials_of_the_environment_are_not_shown() {
        let environment = environment(&[("DOCKER_AUTH_CONFIG", "hunter2")]);

        assert!(!format!("{environment:?}").contains("hunter2"));
    }
}
