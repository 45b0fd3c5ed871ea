//! Finds and stores credentials: Docker's places in Docker's order.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::key::{best_key, is_whole_registry, keys_to_erase, server_key};
use super::native::Native;
use super::{Change, Credential, DecodeError, DockerFile, KeychainError, podman};
use crate::config::{AuthEntry, Config, DockerConfig, Environment, Error as ConfigError, Warning};
use crate::reference::{Registry, RepositoryName};

/// All places that contain credentials.
///
/// They are searched in this order: `DOCKER_AUTH_CONFIG`; the credential helper that config.json names for
/// the registry, or for all registries; config.json itself; podman's auth.json. With the feature `keyring`,
/// the helper `regcli` is the keyring of the system; where the system has none, config.json is used in its
/// place. The content of config.json is that at the time when the [`Config`] was loaded.
///
/// Clones are cheap.
#[derive(Clone, Debug)]
pub struct Keychain(pub(super) Arc<Places>);

#[derive(Debug)]
pub(super) struct Places {
    pub(super) environment: Environment,
    pub(super) variable: DockerConfig,
    pub(super) docker: DockerConfig,
    given: DockerConfig,
    file: Option<DockerFile>,
    warnings: Vec<Warning>,
    /// Whether the missing keyring was reported.
    no_keyring_told: AtomicBool,
    /// Whether it was reported that other users can read config.json.
    readable_told: AtomicBool,
}

/// A place for credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of the command, such as one with rules for `sync`.
    CommandFile,
    /// `DOCKER_AUTH_CONFIG`.
    Variable,
    /// The credential helper with this name.
    Helper(String),
    /// This config.json.
    DockerFile(PathBuf),
    /// This auth.json of podman.
    PodmanFile(PathBuf),
    /// The keyring of the system.
    Keyring,
}

impl Place {
    /// Returns the place of a credential store.
    fn of(native: &Native) -> Self {
        match native {
            Native::Helper(helper) => Self::Helper(helper.name().to_owned()),
            #[cfg(feature = "keyring")]
            Native::Keyring => Self::Keyring,
        }
    }
}

/// The result of a search. Problems are not errors, because without credentials a pull is anonymous.
#[derive(Debug, Default)]
pub struct Lookup {
    /// The first credential that was found.
    pub found: Option<Found>,
    /// The problems on the way.
    pub warnings: Vec<Warning>,
}

/// A credential, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Its place.
    pub place: Place,
}

/// The result of storing a credential.
#[derive(Debug)]
pub struct Stored {
    /// The place of the credential.
    pub place: Place,
    /// Whether a password was newly written to a file, unencrypted. Docker warns of that.
    pub unencrypted: bool,
    /// Other warnings.
    pub warnings: Vec<Warning>,
}

/// The result of erasing credentials.
#[derive(Debug, Default)]
pub struct Erased {
    /// Whether config.json had an entry.
    pub changed: bool,
    /// Warnings about a helper.
    pub warnings: Vec<Warning>,
}

impl Keychain {
    /// Creates a keychain with the places in `config`.
    pub fn new(config: &Config) -> Self {
        let mut warnings = Vec::new();
        let environment = config.environment().clone();
        let variable = environment.docker_auth_config.as_ref().map(|text| {
            // Docker rejects unknown fields; they do no harm here.
            DockerConfig::parse(text.expose().as_bytes()).unwrap_or_else(|error| {
                warnings.push(KeychainError::Variable(error).into());
                Default::default()
            })
        });
        Self(Arc::new(Places {
            variable: variable.unwrap_or_default().0,
            docker: config.docker().clone(),
            given: config.given().clone(),
            file: config.docker_config_file().ok().map(|path| DockerFile::new(path.to_owned())),
            environment,
            warnings,
            no_keyring_told: AtomicBool::new(false),
            readable_told: AtomicBool::new(false),
        }))
    }

    /// Returns the warnings of the setup: an invalid `DOCKER_AUTH_CONFIG`.
    pub fn warnings(&self) -> &[Warning] {
        &self.0.warnings
    }

    /// Reports whether `DOCKER_AUTH_CONFIG` is set. It takes precedence over all stored credentials.
    pub fn is_overridden(&self) -> bool {
        self.0.environment.docker_auth_config.is_some()
    }

    /// Finds the credential for `registry`, or for `repository` on it, because podman stores credentials for
    /// namespaces.
    ///
    /// The next place is searched only if one has no credential. A helper that fails ends the search, because
    /// the next place might have another account.
    ///
    /// # Cancel safety
    /// Dropping the future kills a helper that is running.
    pub async fn find(&self, registry: &Registry, repository: Option<&RepositoryName>) -> Lookup {
        let mut warnings = Vec::new();
        let found = self.search(registry, repository, &mut warnings).await.unwrap_or_else(|error| {
            warnings.push(error.into());
            None
        });
        Lookup { found, warnings }
    }

    async fn search(
        &self,
        registry: &Registry,
        repository: Option<&RepositoryName>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Found>, KeychainError> {
        let places = &*self.0;
        let read = |entry: &AuthEntry, place, fail: &dyn Fn(DecodeError) -> KeychainError| {
            let credential = Credential::from_entry(entry).map_err(fail)?;
            Ok(credential.map(|credential| Found { credential, place }))
        };
        if let Some(entry) = podman::entry(&places.given, registry, repository) {
            // User name and password are plain text there, so that nothing can be invalid.
            if let Ok(Some(credential)) = Credential::from_entry(entry) {
                return Ok(Some(Found { credential, place: Place::CommandFile }));
            }
        }
        if let Some(entry) = entry_of(&places.variable, registry) {
            match read(entry, Place::Variable, &KeychainError::VariableEntry) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) => warnings.push(Warning::from(error)),
            }
        }
        if let Some((native, chosen)) = places.native(&places.docker, registry)? {
            match native.get(server_key(registry), warnings).await {
                Ok(Some(credential)) => return Ok(Some(Found { credential, place: Place::of(&native) })),
                Ok(None) => {}
                // The helper is not configured, so its failure is not shown.
                Err(error) if chosen.is_some() => tracing::debug!(%error, "default helper failed"),
                Err(KeychainError::NoKeyring) => warnings.extend(places.no_keyring()),
                Err(error) => return Err(error),
            }
        }
        if let (Some(entry), Some(file)) = (entry_of(&places.docker, registry), &places.file) {
            let path = || file.path().to_owned();
            let fail = |source| KeychainError::Entry { path: path(), source };
            if let Some(found) = read(entry, Place::DockerFile(path()), &fail)? {
                warnings.extend(places.readable(file));
                return Ok(Some(found));
            }
        }
        let Some((path, entry)) = podman::find(&places.environment, registry, repository, warnings) else {
            return Ok(None);
        };
        let fail = |source| KeychainError::Entry { path: path.clone(), source };
        read(&entry, Place::PodmanFile(path.clone()), &fail)
    }

    /// Stores `credential` for `registry` in the helper that config.json names, or else in config.json.
    ///
    /// If a helper is used, config.json gets an empty entry. If config.json has no settings for credentials
    /// at all, Docker's default helper for this system is used if it is installed, and is named in
    /// config.json.
    ///
    /// # Errors
    /// [`KeychainError::Config`] if config.json does not parse: nothing is stored then, not even by a helper.
    /// The errors of a helper; [`KeychainError::Write`].
    ///
    /// # Cancel safety
    /// Dropping the future kills a running helper; an edit of the file that has started is finished.
    pub async fn store(&self, registry: &Registry, credential: &Credential) -> Result<Stored, KeychainError> {
        let file = self.file()?;
        let key = server_key(registry).to_owned();
        let now = in_background(&file, DockerFile::read).await?;
        let mut warnings = Vec::new();
        let (place, change) = match self.0.native(&now, registry)? {
            Some((native, chosen)) => match native.store(&key, credential, &mut warnings).await {
                Ok(()) => {
                    let mark = move |file: &DockerFile| file.mark(&key, chosen.as_deref());
                    (Place::of(&native), in_background(&file, mark).await?)
                }
                Err(KeychainError::NoKeyring) => {
                    warnings.extend(self.0.no_keyring());
                    store_in(&file, key, credential).await?
                }
                Err(error) => {
                    // The notes of a helper that failed may explain the failure.
                    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                    return Err(error);
                }
            },
            None => store_in(&file, key, credential).await?,
        };
        warnings.extend(warning_of(&file, change));
        let in_file = matches!(place, Place::DockerFile(_));
        let is_password = matches!(credential, Credential::Basic { .. });
        Ok(Stored { unencrypted: in_file && is_password && change.changed, place, warnings })
    }

    /// Erases `registry` under all its names, in its helper and in config.json. `given` is what the user
    /// typed.
    ///
    /// podman's auth.json is not changed, because it belongs to podman.
    ///
    /// # Errors
    /// [`KeychainError::Config`] if config.json does not parse, [`KeychainError::Write`]. As in Docker, a
    /// helper that fails for every name only gives a warning.
    ///
    /// # Cancel safety
    /// The same as [`Keychain::store`].
    pub async fn erase(&self, registry: &Registry, given: &str) -> Result<Erased, KeychainError> {
        let file = self.file()?;
        let now = in_background(&file, DockerFile::read).await?;
        let mut warnings = match self.0.native(&now, registry)? {
            Some((native, _)) => erase_all(&native, &keys_to_erase(registry, given)).await,
            None => Vec::new(),
        };
        let registry = registry.clone();
        let change = in_background(&file, move |file| file.erase(&registry)).await?;
        warnings.extend(warning_of(&file, change));
        Ok(Erased { changed: change.changed, warnings })
    }

    fn file(&self) -> Result<DockerFile, KeychainError> {
        self.0.file.clone().ok_or_else(|| ConfigError::NoHome { what: "config.json" }.into())
    }
}

impl Places {
    /// Returns the credential store of `registry` outside of the file, if `docker` names one. The second
    /// value is the name of Docker's default helper, if that was chosen because none is configured.
    fn native(
        &self,
        docker: &DockerConfig,
        registry: &Registry,
    ) -> Result<Option<(Native, Option<String>)>, KeychainError> {
        let path = self.environment.path.as_deref();
        let keys =
            docker.cred_helpers.iter().map(|(key, _)| key.as_str()).filter(|key| is_whole_registry(key));
        let of_registry = best_key(keys, registry)
            .and_then(|best| docker.cred_helpers.iter().find(|(key, _)| key == best))
            .map(|(_, helper)| helper);
        if let Some(name) = of_registry.or(docker.creds_store.as_ref()) {
            return Ok(Some((Native::new(name, path)?, None)));
        }
        if docker.mentions_credentials() {
            return Ok(None);
        }
        Ok(self.default_helper().map(|helper| {
            let name = helper.name().to_owned();
            (Native::Helper(helper), Some(name))
        }))
    }

    /// Returns a warning that the configured keyring is missing; once.
    pub(super) fn no_keyring(&self) -> Option<Warning> {
        let is_told = self.no_keyring_told.swap(true, Ordering::Relaxed);
        (!is_told).then(|| KeychainError::FileInstead.into())
    }

    /// Returns a warning that other users can read the credentials in this file; once. Docker does not warn,
    /// so the file keeps its permissions until it is written.
    fn readable(&self, file: &DockerFile) -> Option<Warning> {
        let mode = file.mode_for_others()?;
        let is_told = self.readable_told.swap(true, Ordering::Relaxed);
        (!is_told).then(|| KeychainError::Readable { path: file.path().to_owned(), mode }.into())
    }

    /// Returns the credential store for registries without their own helper, if config.json names one, or if
    /// Docker would choose one.
    pub(super) fn native_for_all(&self) -> Result<Option<Native>, KeychainError> {
        if let Some(name) = &self.docker.creds_store {
            return Native::new(name, self.environment.path.as_deref()).map(Some);
        }
        let default = if self.docker.mentions_credentials() { None } else { self.default_helper() };
        Ok(default.map(Native::Helper))
    }

    /// Returns Docker's default helper, if it is installed.
    fn default_helper(&self) -> Option<super::Helper> {
        let path = self.environment.path.as_deref();
        let name = match std::env::consts::OS {
            "macos" => "osxkeychain",
            "windows" => "wincred",
            "linux" if self.has_pass() => "pass",
            "linux" => "secretservice",
            _ => return None,
        };
        super::Helper::new(name, path).ok().filter(super::Helper::is_installed)
    }

    /// Reports whether the password manager `pass` is installed.
    fn has_pass(&self) -> bool {
        let path = self.environment.path.as_deref().unwrap_or_default();
        std::env::split_paths(path).any(|folder| folder.is_absolute() && folder.join("pass").is_file())
    }
}

/// Writes a credential to config.json itself.
async fn store_in(
    file: &DockerFile,
    key: String,
    credential: &Credential,
) -> Result<(Place, Change), KeychainError> {
    let credential = credential.clone();
    let change = in_background(file, move |file| file.store(&key, &credential)).await?;
    Ok((Place::DockerFile(file.path().to_owned()), change))
}

fn entry_of<'a>(config: &'a DockerConfig, registry: &Registry) -> Option<&'a AuthEntry> {
    let best = best_key(config.auths.iter().map(|(key, _)| key.as_str()), registry)?;
    config.auths.iter().find(|(key, _)| key == best).map(|(_, entry)| entry)
}

/// Returns warnings: the helper's notes, each once, and its errors if it failed for all keys.
async fn erase_all(native: &Native, keys: &[String]) -> Vec<Warning> {
    let (mut notes, mut errors) = (Vec::new(), Vec::new());
    for key in keys {
        match native.erase(key, &mut notes).await {
            // A missing keyring contains nothing.
            Ok(()) | Err(KeychainError::NoKeyring) => {}
            Err(error) => errors.push((key, error)),
        }
    }
    if errors.len() == keys.len()
        && let Some((key, error)) = errors.first()
    {
        notes.push(KeychainError::NotErased { key: (*key).clone(), reason: error.to_string() }.into());
    }
    let mut seen = Vec::new();
    notes.retain(|warning| {
        let text = warning.to_string();
        let new = !seen.contains(&text);
        seen.push(text);
        new
    });
    notes
}

fn warning_of(file: &DockerFile, change: Change) -> Option<Warning> {
    let mode = change.was_readable?;
    Some(KeychainError::WasReadable { path: file.path().to_owned(), mode }.into())
}

/// Runs a blocking function in a thread where that does no harm.
async fn in_background<T: Send + 'static>(
    file: &DockerFile,
    work: impl FnOnce(&DockerFile) -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    let file = file.clone();
    tokio::task::spawn_blocking(move || work(&file)).await.expect("editing a file does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::credential_helper::tests::Helpers;
    use crate::config::Options;
    use crate::reference::Reference;

    const USER1: &str = r#"{"auth":"dXNlcjE6czNjcmV0"}"#;

    /// A home directory, and the content of `PATH`.
    struct Fixture {
        home: tempfile::TempDir,
        helpers: Helpers,
        environment: Environment,
    }

    impl Fixture {
        fn new(docker: &str) -> Self {
            Self::with_helpers(docker, Helpers::new())
        }

        fn with_helpers(docker: &str, helpers: Helpers) -> Self {
            let home = tempfile::tempdir().unwrap();
            let environment = Environment {
                home: Some(home.path().to_owned()),
                path: Some(helpers.path().to_owned()),
                ..Environment::default()
            };
            let fixture = Self { home, helpers, environment };
            fixture.write(".docker/config.json", docker);
            fixture
        }

        fn write(&self, path: &str, content: &str) {
            let path = self.home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(path, mode).unwrap();
        }

        fn docker_file(&self) -> PathBuf {
            self.home.path().join(".docker/config.json")
        }

        fn docker(&self) -> serde_json::Value {
            std::fs::read_to_string(self.docker_file()).unwrap().parse().unwrap()
        }

        fn keychain(&self) -> Keychain {
            Keychain::new(&Config::load(Options::default(), &self.environment).unwrap())
        }

        async fn find(&self, reference: &str) -> (Option<Found>, Vec<String>) {
            let name = reference.parse::<Reference>().unwrap().name;
            let lookup = self.keychain().find(&name.registry, Some(&name.repository)).await;
            (lookup.found, lookup.warnings.iter().map(|warning| self.blank(warning)).collect())
        }

        fn blank(&self, text: &impl ToString) -> String {
            text.to_string().replace(&self.docker_file().display().to_string(), "PATH")
        }

        fn in_file(&self, username: &str, password: &str) -> Option<Found> {
            found(username, password, Place::DockerFile(self.docker_file()))
        }
    }

    fn basic(username: &str, password: &str) -> Credential {
        Credential::Basic { username: username.into(), password: password.into() }
    }

    fn found(username: &str, password: &str, place: Place) -> Option<Found> {
        Some(Found { credential: basic(username, password), place })
    }

    fn lab() -> Place {
        Place::Helper("lab".into())
    }

    fn registry(server: &str) -> Registry {
        Registry::from_server(server).unwrap()
    }

    #[tokio::test]
    async fn every_spelling_of_a_key_gives_the_password() {
        for key in [
            "H",
            "http://H",
            "https://H",
            "https://H/",
            "https://H/v1/",
            "https://H/v2/",
            "H/",
            "H/v2/",
            "H/x",
        ] {
            let key = key.replace('H', "127.0.0.1:5011");
            let fixture = Fixture::new(&format!(r#"{{"auths":{{"{key}":{USER1}}}}}"#));

            assert_eq!(
                fixture.find("127.0.0.1:5011/x:1").await,
                (fixture.in_file("user1", "s3cret"), vec![]),
                "{key}"
            );
        }
        let other_port = Fixture::new(&format!(r#"{{"auths":{{"127.0.0.1":{USER1}}}}}"#));
        assert_eq!(other_port.find("127.0.0.1:5011/x:1").await, (None, vec![]));
    }

    #[tokio::test]
    async fn docker_hub_has_a_password_under_any_of_its_names() {
        for key in
            ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://registry-1.docker.io"]
        {
            let fixture = Fixture::new(&format!(r#"{{"auths":{{"{key}":{USER1}}}}}"#));

            assert_eq!(fixture.find("demo/base:1").await.0, fixture.in_file("user1", "s3cret"), "{key}");
        }
    }

    #[tokio::test]
    async fn auth_goes_before_username_and_password() {
        let plain = Fixture::new(r#"{"auths":{"a.b":{"username":"user1","password":"s3cret"}}}"#);
        assert_eq!(plain.find("a.b/x").await.0, plain.in_file("user1", "s3cret"));

        let both = Fixture::new(
            r#"{"auths":{"a.b":{"auth":"dXNlcjE6czNjcmV0","username":"bad","password":"bad"}}}"#,
        );
        assert_eq!(both.find("a.b/x").await.0, both.in_file("user1", "s3cret"));
    }

    #[tokio::test]
    async fn a_broken_entry_is_warned_of_only_where_it_is_needed() {
        let broken =
            r#"{"auths":{"x.y":{"auth":"!!!"},"no.colon":{"auth":"bm9jb2xvbg=="},"a.b":{"auth":"dTpw"}}}"#;
        let fixture = Fixture::new(broken);

        assert_eq!(fixture.find("a.b/x").await, (fixture.in_file("u", "p"), vec![]));
        let warning = "Error parsing config file (PATH): illegal base64 data at input byte 0";
        assert_eq!(fixture.find("x.y/x").await, (None, vec![warning.into()]));
        let warning = "Error parsing config file (PATH): invalid auth configuration file";
        assert_eq!(fixture.find("no.colon/x").await, (None, vec![warning.into()]));
    }

    #[tokio::test]
    async fn a_broken_file_does_not_stop_a_search_but_stops_a_login_before_any_helper() {
        let helpers = Helpers::new().keeping("pass").keeping("secretservice");
        let fixture = Fixture::with_helpers("{\"auths\": \n", helpers);

        let error = fixture.keychain().store(&registry("a.b"), &basic("u", "p")).await.unwrap_err();
        assert!(matches!(error, KeychainError::Config(_)));
        let error = fixture.keychain().erase(&registry("a.b"), "a.b").await.unwrap_err();
        assert!(matches!(error, KeychainError::Config(_)));

        assert_eq!(fixture.helpers.log(), [] as [&str; 0]);
        assert_eq!(std::fs::read_to_string(fixture.docker_file()).unwrap(), "{\"auths\": \n");
        assert_eq!(fixture.find("a.b/x").await.0, None);
    }

    #[tokio::test]
    async fn a_login_without_a_helper_is_unencrypted_and_said_once() {
        let fixture = Fixture::new("{}");

        let first =
            fixture.keychain().store(&registry("docker.io"), &basic("demo", "hunter2")).await.unwrap();
        let second =
            fixture.keychain().store(&registry("docker.io"), &basic("demo", "hunter2")).await.unwrap();

        assert_eq!((first.unencrypted, second.unencrypted), (true, false));
        assert_eq!(first.place, Place::DockerFile(fixture.docker_file()));
        let entry = &fixture.docker()["auths"]["https://index.docker.io/v1/"];
        assert_eq!(*entry, serde_json::json!({"auth": "ZGVtbzpodW50ZXIy"}));
    }

    #[tokio::test]
    async fn an_identity_token_survives_the_file_and_is_not_said_to_be_unencrypted() {
        let fixture = Fixture::new("{}");
        let token = Credential::IdentityToken { username: Some("idt".into()), token: "rt-idt".into() };

        let stored = fixture.keychain().store(&Registry::hub(), &token).await.unwrap();

        assert!(!stored.unencrypted);
        assert_eq!(fixture.find("idt/none").await.0.unwrap().credential, token);
        fixture.keychain().erase(&Registry::hub(), "").await.unwrap();
        assert_eq!(fixture.docker(), serde_json::json!({"auths": {}}));
    }

    #[tokio::test]
    async fn a_credentials_store_keeps_everything_and_leaves_a_mark() {
        let fixture = Fixture::with_helpers(r#"{"credsStore":"lab"}"#, Helpers::new().keeping("lab"));
        let server = registry("127.0.0.1:5011");

        let stored = fixture.keychain().store(&server, &basic("user1", "s3cret")).await.unwrap();

        assert_eq!((stored.place, stored.unencrypted), (lab(), false));
        let text = std::fs::read_to_string(fixture.docker_file()).unwrap();
        assert_eq!(text, "{\n\t\"auths\": {\n\t\t\"127.0.0.1:5011\": {}\n\t},\n\t\"credsStore\": \"lab\"\n}");
        assert_eq!(fixture.find("127.0.0.1:5011/x:1").await.0, found("user1", "s3cret", lab()));
        let erased = fixture.keychain().erase(&server, "127.0.0.1:5011").await.unwrap();
        assert!(erased.changed && erased.warnings.is_empty());
        assert_eq!(fixture.docker(), serde_json::json!({"auths": {}, "credsStore": "lab"}));
        assert_eq!(fixture.find("127.0.0.1:5011/x:1").await, (None, vec![]));
        assert_eq!(
            fixture.helpers.log()[1..5],
            [
                "get 127.0.0.1:5011",
                "erase 127.0.0.1:5011",
                "erase http://127.0.0.1:5011",
                "erase https://127.0.0.1:5011"
            ]
        );
    }

    #[tokio::test]
    async fn an_identity_token_goes_to_a_helper_under_its_own_user() {
        let fixture = Fixture::with_helpers(r#"{"credsStore":"lab"}"#, Helpers::new().keeping("lab"));
        let token = Credential::IdentityToken { username: Some("idt".into()), token: "rt-idt".into() };

        fixture.keychain().store(&Registry::hub(), &token).await.unwrap();

        assert_eq!(
            fixture.helpers.log(),
            [
                r#"store {"ServerURL":"https://index.docker.io/v1/","Username":"\u003ctoken\u003e","Secret":"rt-idt"}"#
            ]
        );
        let expected = serde_json::json!({"auths": {"https://index.docker.io/v1/": {}}, "credsStore": "lab"});
        assert_eq!(fixture.docker(), expected);
    }

    #[tokio::test]
    async fn a_helper_of_one_registry_leaves_the_others_to_the_file() {
        let docker = r#"{"credHelpers":{"127.0.0.1:5011":"lab"},"auths":{"127.0.0.1:5011":{"auth":"dTpw"}}}"#;
        let fixture = Fixture::with_helpers(docker, Helpers::new().keeping("lab"));

        fixture.keychain().store(&registry("127.0.0.1:5011"), &basic("user1", "s3cret")).await.unwrap();
        let hub = fixture.keychain().store(&Registry::hub(), &basic("demo", "hunter2")).await.unwrap();

        assert!(hub.unencrypted);
        assert_eq!(
            fixture.docker(),
            serde_json::json!({
                "credHelpers": {"127.0.0.1:5011": "lab"},
                "auths": {"127.0.0.1:5011": {}, "https://index.docker.io/v1/": {"auth": "ZGVtbzpodW50ZXIy"}},
            })
        );
        assert_eq!(fixture.find("127.0.0.1:5011/x").await.0, found("user1", "s3cret", lab()));
    }

    #[tokio::test]
    async fn what_a_helper_does_not_have_is_looked_for_in_the_file() {
        let docker = r#"{"credsStore":"lab","auths":{"a.b":{"auth":"dTpw"}}}"#;
        let fixture = Fixture::with_helpers(docker, Helpers::new().keeping("lab"));

        assert_eq!(fixture.find("a.b/x").await, (fixture.in_file("u", "p"), vec![]));
    }

    #[tokio::test]
    async fn a_missing_or_failing_helper_leaves_a_pull_anonymous_with_a_warning() {
        let broken = "echo diag on stderr >&2; echo 'boom: backend locked'; exit 3";
        let docker = r#"{"credsStore":"broken","credHelpers":{"a.b":"nothere","c.d":"../x"},"auths":{"e.f":{"auth":"dTpw"}}}"#;
        let fixture = Fixture::with_helpers(docker, Helpers::new().script("broken", broken));

        let (found, warnings) = fixture.find("e.f/x").await;
        assert_eq!(found, None, "the next place might have another account");
        let failed = "error getting credentials - err: exit status 3, out: `boom: backend locked`";
        assert_eq!(warnings, ["docker-credential-broken: diag on stderr", failed]);
        let missing = r#"error getting credentials - err: exec: "docker-credential-nothere": executable file not found in $PATH, out: ``"#;
        assert_eq!(fixture.find("a.b/x").await, (None, vec![missing.into()]));
        let refused = r#"credential helper "../x" has a name that is not allowed"#;
        assert_eq!(fixture.find("c.d/x").await, (None, vec![refused.into()]));
        let stored = fixture.keychain().store(&registry("e.f"), &basic("u", "p")).await;
        assert_eq!(
            stored.unwrap_err().to_string(),
            "error storing credentials - err: exit status 3, out: `boom: backend locked`"
        );
        let erased = fixture.keychain().erase(&registry("e.f"), "e.f").await.unwrap();
        let warnings: Vec<String> = erased.warnings.iter().map(ToString::to_string).collect();
        let failed = "could not erase credentials:\ne.f: error erasing credentials - err: exit status 3, out: \
                      `boom: backend locked`";
        assert_eq!(warnings, ["docker-credential-broken: diag on stderr", failed], "each is reported once");
        assert!(erased.changed, "the file has no entry any more");
    }

    #[tokio::test]
    async fn dockers_own_choice_of_helper_is_taken_only_if_nothing_else_is_said() {
        let helpers = Helpers::new().keeping("secretservice");
        let fixture = Fixture::with_helpers("{}", helpers);

        let stored = fixture.keychain().store(&registry("a.b"), &basic("u", "p")).await.unwrap();

        assert_eq!(stored.place, Place::Helper("secretservice".into()));
        assert_eq!(
            fixture.docker(),
            serde_json::json!({"auths": {"a.b": {}}, "credsStore": "secretservice"})
        );
        let with_auths =
            Fixture::with_helpers(r#"{"auths":{"x":{}}}"#, Helpers::new().keeping("secretservice"));
        let stored = with_auths.keychain().store(&registry("a.b"), &basic("u", "p")).await.unwrap();
        assert!(stored.unencrypted);
    }

    #[tokio::test]
    async fn dockers_own_choice_of_helper_may_fail_unheard() {
        let fixture =
            Fixture::with_helpers("", Helpers::new().script("secretservice", "echo no bus; exit 1"));

        assert_eq!(fixture.find("a.b/x").await, (None, vec![]));
    }

    #[tokio::test]
    async fn the_variable_goes_before_everything_and_may_hold_what_docker_would_refuse() {
        let mut fixture = Fixture::new(r#"{"auths":{"a.b":{"auth":"dTpw"}}}"#);
        fixture.environment.docker_auth_config = Some(
            format!(r#"{{"unknown":1,"auths":{{"a.b":{USER1},"bad.b":{{"auth":"!"}}}}}}"#).as_str().into(),
        );

        assert_eq!(fixture.find("a.b/x").await.0, found("user1", "s3cret", Place::Variable));
        assert!(fixture.keychain().is_overridden());
        let warning =
            "Failed to create credential store from DOCKER_AUTH_CONFIG: illegal base64 data at input byte 0";
        assert_eq!(fixture.find("bad.b/x").await, (None, vec![warning.into()]));

        fixture.environment.docker_auth_config = Some("{".into());
        assert_eq!(fixture.find("a.b/x").await.0, fixture.in_file("u", "p"));
        let warning = fixture.keychain().warnings()[0].to_string();
        assert_eq!(warning, "Failed to create credential store from DOCKER_AUTH_CONFIG: unexpected EOF");
    }

    #[tokio::test]
    async fn podmans_file_is_read_last_and_never_written() {
        let fixture = Fixture::new(r#"{"auths":{"a.b":{"auth":"dTpw"}}}"#);
        let podman = format!(r#"{{"auths":{{"a.b":{USER1},"quay.io/team":{USER1},"docker.io":{USER1}}}}}"#);
        fixture.write(".config/containers/auth.json", &podman);
        let file = fixture.home.path().join(".config/containers/auth.json");
        let place = Place::PodmanFile(file.clone());

        assert_eq!(fixture.find("a.b/x").await.0, fixture.in_file("u", "p"));
        assert_eq!(fixture.find("quay.io/team/app").await.0, found("user1", "s3cret", place.clone()));
        assert_eq!(fixture.find("quay.io/other/app").await.0, None);
        assert_eq!(fixture.find("ubuntu").await.0, found("user1", "s3cret", place));
        assert!(!fixture.keychain().erase(&registry("docker.io"), "docker.io").await.unwrap().changed);
        assert_eq!(std::fs::read_to_string(file).unwrap(), podman);
    }

    #[tokio::test]
    async fn a_file_that_others_could_read_is_closed_and_said() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = Fixture::new("{}");
        std::fs::set_permissions(fixture.docker_file(), std::fs::Permissions::from_mode(0o644)).unwrap();

        let stored = fixture.keychain().store(&registry("a.b"), &basic("u", "p")).await.unwrap();

        let warning =
            "PATH holds credentials and could be read by other users (mode 0644); its mode is 0600 now";
        assert_eq!(fixture.blank(&stored.warnings[0]), warning);
    }

    #[tokio::test]
    async fn two_concurrent_logins_keep_both() {
        let fixture = Fixture::new("{}");
        let (one, two) = (fixture.keychain(), fixture.keychain());
        let (first, second) = (registry("one.lab"), registry("two.lab"));
        let credential = basic("u", "p");

        tokio::try_join!(one.store(&first, &credential), two.store(&second, &credential)).unwrap();

        assert_eq!(fixture.docker()["auths"].as_object().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn without_a_home_a_search_finds_nothing_and_a_login_says_why() {
        let config = Config::load(Options::default(), &Environment::default()).unwrap();
        let keychain = Keychain::new(&config);

        assert!(keychain.find(&Registry::hub(), None).await.found.is_none());
        let error = keychain.store(&Registry::hub(), &basic("u", "p")).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot tell where config.json is: HOME is not set");
    }
}
