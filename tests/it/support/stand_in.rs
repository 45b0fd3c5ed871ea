//! Stand-ins for registries whose software cannot be started here: they say what they are, and answer what a test tells
//! them to. Each has one image, `team/web/app:1.0`, and a user with a stored password.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::scripted::{PASSWORD, Route, Scripted, USER};
use super::{Authority, Fixture, Home, Outcome, Tunnel};

/// The challenge of Harbor's registry.
pub(crate) const HARBOR: &str = r#"Bearer realm="http://HOST/service/token",service="harbor-registry""#;

/// A registry that is known by its answer to `GET /v2/`.
pub(crate) struct StandIn {
    pub(crate) registry: Scripted,
    pub(crate) home: Home,
    pub(crate) image: Fixture,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let (registry, home, image) = (Scripted::start(), Home::fresh(), Fixture::small());
        registry.seed("team/web/app", &image, "1.0");
        log_in(&home, &registry.host());
        Self { registry, home, image }
    }

    /// Starts one that answers `GET /v2/` with this header.
    pub(crate) fn with_header(name: &'static str, value: &str) -> Self {
        let started = Self::start();
        started.registry.on(Route::Ping).with_header(name, value).forever();
        started
    }

    /// Starts one that asks for a token with this challenge; `HOST` stands for its own host.
    pub(crate) fn with_challenge(challenge: &str) -> Self {
        let started = Self::start();
        started.challenges(challenge);
        started
    }

    pub(crate) fn harbor() -> Self {
        Self::with_challenge(HARBOR)
    }

    pub(crate) fn challenges(&self, challenge: &str) {
        let challenge = challenge.replace("HOST", &self.registry.host());
        let refuse = self.registry.on(Route::Ping).error(401, "UNAUTHORIZED");
        refuse.header("WWW-Authenticate", challenge).forever();
    }

    /// Gives the image a second tag, `latest`.
    pub(crate) fn tagged_twice(self) -> Self {
        self.registry.tag("team/web/app", "latest", &self.image.root.digest);
        self
    }

    /// Answers requests with this in their path.
    pub(crate) fn answers(&self, part: &str, body: &Value) {
        self.registry.on(Route::Other).of(part).body("application/json", body.to_string()).forever();
    }
}

/// One server behind the names of hosted registries, with the image `team/app:1.0`. Its user is logged in nowhere.
pub(crate) struct NamedStandIn {
    pub(crate) registry: Scripted,
    pub(crate) home: Home,
    pub(crate) image: Fixture,
    tunnel: Tunnel,
    authority: Authority,
}

impl NamedStandIn {
    pub(crate) fn of(names: &[&str]) -> Self {
        let authority = Authority::new();
        let registry = Scripted::tls(&authority.issue(names));
        let image = Fixture::small();
        registry.seed("team/app", &image, "1.0");
        Self { tunnel: Tunnel::to(&registry.host()), registry, authority, home: Home::fresh(), image }
    }

    /// Gives the image a second tag, `latest`.
    pub(crate) fn tagged_twice(self) -> Self {
        self.registry.tag("team/app", "latest", &self.image.root.digest);
        self
    }

    /// Logs in at Docker Hub.
    pub(crate) fn log_in(&self) {
        log_in(&self.home, "https://index.docker.io/v1/");
    }

    /// Answers requests with this in their path.
    pub(crate) fn answers(&self, part: &str, body: &Value) {
        self.answers_route(Route::Other, part, body);
    }

    /// The same for another kind of request.
    pub(crate) fn answers_route(&self, route: Route, part: &str, body: &Value) {
        self.registry.on(route).of(part).body("application/json", body.to_string()).forever();
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let (name, proxy) = self.tunnel.env();
        let regcli = self.home.regcli(arguments).env(name, proxy);
        regcli.env("SSL_CERT_FILE", self.authority.certificate()).run()
    }
}

/// The `Authorization` of the user with the password.
pub(crate) fn basic() -> Option<String> {
    Some(format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}"))))
}

fn log_in(home: &Home, server: &str) {
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let config = json!({"auths": {server: {"auth": auth}}});
    std::fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    std::fs::write(home.docker_config(), config.to_string()).unwrap();
    std::fs::set_permissions(home.docker_config(), std::fs::Permissions::from_mode(0o600)).unwrap();
}
