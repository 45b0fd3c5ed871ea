//! The accounts for which credentials are stored.

use super::key::{is_whole_registry, split};
use super::{Keychain, KeychainError, podman};
use crate::config::{DockerConfig, Warning};
use crate::reference::{Registry, RepositoryName};

/// A registry, or a namespace in it, for which credentials may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The registry.
    pub registry: Registry,
    /// The repository or namespace, if podman stores credentials for it alone.
    pub namespace: Option<RepositoryName>,
}

/// The accounts of a keychain.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The accounts, sorted by name and without duplicates.
    pub accounts: Vec<Account>,
    /// Problems with the places that were read.
    pub warnings: Vec<Warning>,
}

impl Keychain {
    /// Returns all accounts that any place lists by name; a place may turn out to have no credentials for
    /// them.
    ///
    /// A credential helper for all registries is asked for its list.
    ///
    /// # Cancel safety
    /// Dropping the future kills a helper that is running.
    pub async fn accounts(&self) -> Accounts {
        let places = &*self.0;
        let mut found = Accounts::default();
        found.add_all(keys(&places.variable).chain(keys(&places.docker)));
        found.add_all(places.docker.cred_helpers.iter().map(|(key, _)| key.as_str()));
        let listed = match places.native_for_all() {
            Ok(Some(native)) => native.list(&mut found.warnings).await,
            Ok(None) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        match listed {
            Ok(servers) => found.add_all(servers.iter().map(|(server, _)| server.as_str())),
            // The helper is not configured but Docker's default, so its failure is not shown.
            Err(error) if places.docker.creds_store.is_none() => {
                tracing::debug!(%error, "default helper failed");
            }
            Err(KeychainError::NoKeyring) => found.warnings.extend(places.no_keyring()),
            Err(error) => found.warnings.push(error.into()),
        }
        for file in podman::files(&places.environment) {
            let config = DockerConfig::read(&file, &mut found.warnings);
            found.accounts.extend(keys(&config).filter_map(Account::of_podman));
        }
        found.accounts.sort_by_cached_key(Account::to_string);
        found.accounts.dedup();
        found
    }
}

fn keys(config: &DockerConfig) -> impl Iterator<Item = &str> {
    config.auths.iter().map(|(key, _)| key.as_str())
}

impl Accounts {
    fn add_all<'a>(&mut self, keys: impl Iterator<Item = &'a str>) {
        self.accounts.extend(keys.filter_map(Account::of_docker));
    }
}

impl Account {
    /// Returns the account that `key` means to Docker, which is a whole registry. The tokens that a login in
    /// a browser stores under the name of Docker Hub do not count.
    fn of_docker(key: &str) -> Option<Self> {
        let (_, host, _) = split(key);
        let registry = Registry::from_server(&host.to_ascii_lowercase()).ok()?;
        let is_token = registry.is_hub() && !is_whole_registry(key);
        (!is_token).then_some(Self { registry, namespace: None })
    }

    /// Returns the account that `key` means to podman, which may be a namespace.
    fn of_podman(key: &str) -> Option<Self> {
        if is_whole_registry(key) {
            return Self::of_docker(key);
        }
        let (_, host, path) = split(key);
        let registry = Registry::from_server(host).ok()?;
        Some(Self { registry, namespace: Some(path.trim_matches('/').parse().ok()?) })
    }
}

impl From<Registry> for Account {
    fn from(registry: Registry) -> Self {
        Self { registry, namespace: None }
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}", self.registry),
            None => write!(f, "{}", self.registry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::credential_helper::tests::Helpers;
    use crate::config::{Config, Environment, Options};

    /// Returns the accounts and warnings for a home directory with this config.json and auth.json.
    async fn accounts(docker: &str, podman: &str) -> (Vec<String>, Vec<String>) {
        let home = tempfile::tempdir().unwrap();
        for (path, content) in [(".docker/config.json", docker), (".config/containers/auth.json", podman)] {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let helpers =
            Helpers::new().script("lab", r#"echo '{"https://index.docker.io/v1/":"u","h.lab":"v"}'"#);
        let environment = Environment {
            home: Some(home.path().to_owned()),
            path: Some(helpers.path().to_owned()),
            ..Environment::default()
        };
        let config = Config::load(Options::default(), &environment).unwrap();
        let found = Keychain::new(&config).accounts().await;
        let texts = |warnings: &[Warning]| warnings.iter().map(ToString::to_string).collect();
        (found.accounts.iter().map(ToString::to_string).collect(), texts(&found.warnings))
    }

    #[tokio::test]
    async fn every_place_is_listed_and_every_registry_once() {
        let docker = r#"{"auths":{"https://Index.docker.io/v1/":{},"https://index.docker.io/v1/access-token":{},
            "http://a.lab:5000/v2/":{}},"credHelpers":{"b.lab":"x"},"credsStore":"lab"}"#;
        let podman = r#"{"auths":{"docker.io":{},"quay.io/team":{},"quay.io":{}}}"#;

        let (names, warnings) = accounts(docker, podman).await;

        assert_eq!(names, ["a.lab:5000", "b.lab", "docker.io", "h.lab", "quay.io", "quay.io/team"]);
        assert_eq!(warnings, [] as [&str; 0]);
    }

    #[tokio::test]
    async fn a_helper_that_fails_is_told_and_hides_nothing_else() {
        let (names, warnings) = accounts(r#"{"auths":{"a.lab":{}},"credsStore":"nosuch"}"#, "{}").await;

        assert_eq!(names, ["a.lab"]);
        assert!(warnings[0].starts_with("error listing credentials - err: "), "{warnings:?}");
    }
}
