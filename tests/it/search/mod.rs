//! `search` at every kind of registry. Registries that no test can start are stand-ins; each names the source of its
//! responses.

mod faults;
mod kinds;
mod memory;
mod named;
mod real;

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::scripted::{PASSWORD, Route, Scripted, USER};
use crate::support::{Home, Outcome};

/// A stand-in for a registry, and a home whose user is logged in there.
pub(super) struct StandIn {
    pub(super) registry: Scripted,
    pub(super) home: Home,
}

impl StandIn {
    /// Starts one that answers `GET /v2/` with this header.
    pub(super) fn with_header(name: &'static str, value: &str) -> Self {
        let started = Self::start();
        started.registry.on(Route::Ping).with_header(name, value).forever();
        started
    }

    /// Starts one that answers `GET /v2/` with this challenge; `HOST` stands for its own host.
    pub(super) fn with_challenge(challenge: &str) -> Self {
        let started = Self::start();
        started.challenges(challenge);
        started
    }

    pub(super) fn start() -> Self {
        let (registry, home) = (Scripted::start(), Home::fresh());
        let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let config = json!({"auths": {registry.host(): {"auth": auth}}});
        std::fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
        std::fs::write(home.docker_config(), config.to_string()).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(home.docker_config(), private).unwrap();
        Self { registry, home }
    }

    pub(super) fn harbor() -> Self {
        Self::with_challenge(HARBOR)
    }

    pub(super) fn challenges(&self, challenge: &str) {
        let challenge = challenge.replace("HOST", &self.registry.host());
        let refuse = self.registry.on(Route::Ping).error(401, "UNAUTHORIZED");
        refuse.header("WWW-Authenticate", challenge).forever();
    }

    /// Answers requests with this in their path.
    pub(super) fn answers(&self, part: &str, body: &serde_json::Value) {
        self.registry.on(Route::Other).of(part).body("application/json", body.to_string()).forever();
    }

    /// Searches for `term` with these flags.
    #[track_caller]
    pub(super) fn search(&self, flags: &[&str], term: &str) -> Outcome {
        let term = self.registry.at(term);
        self.home.run(["search"].iter().chain(flags).chain([&term.as_str()]))
    }

    /// Asserts which names a search finds, without the host.
    #[track_caller]
    pub(super) fn finds(&self, term: &str, names: &[&str]) {
        let found = self.search(&["--format", "{{.Name}}"], term).succeeds();
        let expected: String = names.iter().map(|name| format!("{}\n", self.registry.at(name))).collect();
        assert_eq!(found.stdout, expected, "{found}");
    }

    /// The requests since the last time this was asked, with their `Authorization`.
    pub(super) fn asked(&self) -> Vec<(String, Option<String>)> {
        let heard = self.registry.heard();
        self.registry.forget();
        let asked = heard.into_iter().map(|heard| {
            let authorization = heard.head.header("authorization").map(ToOwned::to_owned);
            (format!("{} {}", heard.head.method, heard.head.path), authorization)
        });
        asked.collect()
    }

    /// The same without the `Authorization`.
    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|(path, _)| path).collect()
    }
}

/// The challenge of Harbor's registry.
pub(super) const HARBOR: &str = r#"Bearer realm="http://HOST/service/token",service="harbor-registry""#;

/// The `Authorization` of the user with the password.
pub(super) fn basic() -> Option<String> {
    Some(format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}"))))
}
