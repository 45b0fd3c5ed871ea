//! One server in several spellings, and what is allowed with one server and not with another.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{
    Api, Authority, Catcher, Fault, Fixture, Home, Kind, Outcome, Proxy, TokenService, Tunnel,
    is_in_namespace, relay,
};
use crate::terminal::Terminal;

/// Keeps the password for these registries in config.json, as another program would.
pub(super) fn know(home: &Home, hosts: &[&str]) {
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let auths: serde_json::Map<_, _> =
        hosts.iter().map(|host| ((*host).to_owned(), json!({ "auth": auth }))).collect();
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), json!({ "auths": auths }).to_string()).unwrap();
}

/// Writes `etc/docker/daemon.json` and answers what stands for `/etc`.
fn insecure_registries(home: &Home, hosts: &[&str]) -> std::path::PathBuf {
    let etc = home.path().join("etc");
    fs::create_dir_all(etc.join("docker")).unwrap();
    fs::write(etc.join("docker/daemon.json"), json!({ "insecure-registries": hosts }).to_string()).unwrap();
    etc
}

#[track_caller]
fn pull(home: &Home, etc: &Path, flags: &[&str], image: &str) -> Outcome {
    home.regcli(["pull", "--retry", "0"].iter().chain(flags).chain(&[image])).env("REGCLI_ETC", etc).run()
}

#[test]
fn s1_what_need_not_be_verified_says_nothing_about_where_it_leads() {
    let hosts = [("public.lab", "203.0.113.7"), ("reg.lab", "203.0.113.8")];
    let name = "reports::trust::servers::s1_what_need_not_be_verified_says_nothing_about_where_it_leads";
    if !is_in_namespace(name, &hosts) {
        return;
    }
    let authority = Authority::new();
    let stranger = Catcher::tls(("203.0.113.7", 0), &authority.issue(&["public.lab"]));
    let place = format!("https://public.lab:{}", stranger.port());
    let home = Home::fresh();
    let fixture = Fixture::small();
    let speaks_tls = Scripted::tls(&authority.issue(&["reg.lab"]));
    let registries = [Scripted::start(), speaks_tls];
    let ports = registries.each_ref().map(|registry| relay("203.0.113.8", &registry.host()));
    let [plain, tls] = ports.map(|port| format!("reg.lab:{port}"));
    let loopback = registries[0].host();
    know(&home, &[&loopback, &plain, &tls]);
    let open = insecure_registries(&home, &[&plain, &tls]);
    let closed = home.path().join("nothing");
    let ways: [(&Path, &[&str], &str); 4] = [
        (&closed, &[], &loopback),
        (&open, &[], &plain),
        (&open, &[], &tls),
        (&closed, &["--insecure"], &tls),
    ];

    for registry in &registries {
        registry.seed("app", &fixture, "1");
        registry.demand(Demand::Token(format!("{place}/token")));
    }
    for (etc, flags, host) in ways {
        let refused = pull(&home, etc, flags, &format!("{host}/app:1")).ends_with(5);
        refused.complains("x509: certificate signed by unknown authority").complains("public.lab");
    }
    for registry in &registries {
        registry.demand(Demand::Nothing);
        registry.on(Route::Manifest).redirect(307, format!("{place}/v2/app/manifests/1")).forever();
    }
    for (etc, flags, host) in ways {
        pull(&home, etc, flags, &format!("{host}/app:1")).ends_with(5).complains("x509: ");
    }
    assert_eq!(stranger.heard(), [""; 0], "nobody came further than to the certificate");

    // Who allows it for that server, allows it.
    let open = insecure_registries(&home, &[&plain, &format!("public.lab:{}", stranger.port())]);
    pull(&home, &open, &[], &format!("{plain}/app:1"));
    assert!(!stranger.heard().is_empty());
}

#[test]
fn s1_a_token_service_of_the_same_host_need_not_be_verified_either() {
    let authority = Authority::new();
    let registry = Scripted::tls(&authority.issue(&["registry.test"]));
    registry.seed("app", &Fixture::small(), "1");
    let (tunnel, home) = (Tunnel::to(&registry.host()), Home::fresh());
    let (variable, proxy) = tunnel.env();
    know(&home, &["registry.test"]);
    let pull = || home.regcli(["pull", "--insecure", "registry.test/app:1"]).env(variable, &proxy).run();

    registry.demand(Demand::Token("https://registry.test:8443/token".to_owned()));
    pull().succeeds();
    assert!(!registry.requests(Route::Token).is_empty());

    registry.forget();
    fs::remove_dir_all(home.path().join(".cache")).unwrap();
    registry.demand(Demand::Token("https://auth.test/token".to_owned()));
    pull().ends_with(5).complains("https://auth.test/token").complains("x509: ");
    assert_eq!(registry.requests(Route::Token).len(), 0);
}

/// A registry behind a token service, and a home that has logged in there.
struct Scene {
    service: TokenService,
    proxy: Proxy,
    home: Home,
    _registry: crate::support::Registry,
}

impl Scene {
    fn new() -> Self {
        let (service, registry) = (TokenService::start(), Kind::Embedded.open());
        let proxy = Proxy::guarding(registry.host(), service.gate());
        Self { service, proxy, home: Home::fresh(), _registry: registry }
    }

    fn log_in(&self, host: &str) -> Outcome {
        let login = self.home.regcli(["login", "-u", "demo", "--password-stdin", host]);
        let outcome = login.stdin("hunter2").run();
        self.service.forget();
        outcome
    }

    /// Forgets what was asked for at the login.
    fn forget_challenges(&self) {
        fs::remove_dir_all(self.home.path().join(".cache")).unwrap();
    }
}

#[test]
fn s2_another_spelling_of_the_registry_does_not_free_the_password() {
    let scene = Scene::new();
    let host = scene.proxy.host().replace("127.0.0.1", "localhost");
    scene.log_in(&host).succeeds();
    scene.service.move_to("localhost");
    scene.forget_challenges();

    let upper = host.replace("localhost", "LOCALHOST");
    for spelling in [&host, &upper, &host.replace("localhost", "LocalHost")] {
        let refused = scene.home.run(["pull", &format!("{spelling}/team/app:1")]).ends_with(4);
        refused.complains("names another token service than at the login: localhost, not 127.0.0.1");
    }
    assert_eq!(scene.service.requests(), [], "nobody came");

    scene.home.run(["logout", &upper]).succeeds();
    let kept = scene.home.path().join(".local/share/regcli/token-services.json");
    assert!(!fs::read_to_string(kept).unwrap().contains("localhost"), "a logout has every spelling, too");
}

#[test]
fn s2_the_usual_port_is_no_other_registry() {
    let authority = Authority::new();
    let registry = Scripted::tls(&authority.issue(&["registry.test", "auth.test", "other.test"]));
    let (tunnel, home) = (Tunnel::to(&registry.host()), Home::fresh());
    let (variable, proxy) = tunnel.env();
    let ca = authority.certificate().display().to_string();
    let run = |arguments: &[&str]| {
        let arguments = [&["--ca-file", &ca], arguments].concat();
        home.regcli(arguments).env(variable, &proxy).stdin(PASSWORD).run()
    };
    registry.demand(Demand::Token("https://auth.test/token".to_owned()));
    run(&["login", "-u", USER, "--password-stdin", "registry.test"]).succeeds();
    registry.demand(Demand::Token("https://other.test/token".to_owned()));
    registry.forget();
    fs::remove_dir_all(home.path().join(".cache")).unwrap();

    for spelling in ["registry.test", "registry.test:443", "REGISTRY.test", "Registry.Test:0443"] {
        let refused = run(&["pull", &format!("{spelling}/app:1")]).ends_with(4);
        refused.complains("names another token service than at the login: other.test, not auth.test");
    }
    assert_eq!(registry.requests(Route::Token).len(), 0);
}

#[test]
fn s2_another_port_of_the_same_host_is_another_token_service() {
    let (service, thief, registry) = (TokenService::start(), TokenService::start(), Kind::Embedded.open());
    let (proxy, home) = (Proxy::before(registry.host()), Home::fresh());
    let host = proxy.host();
    let ask = |path, service: &TokenService| {
        let challenge = format!("Bearer realm=\"{}\",service=\"regcli.test\"", service.realm());
        let headers = vec![("WWW-Authenticate", challenge)];
        proxy.fault("GET", path, Fault::Answer { status: 401, headers, body: "" });
    };
    ask("/v2/", &service);
    home.regcli(["login", "-u", "demo", "--password-stdin", &host]).stdin("hunter2").run().succeeds();
    fs::remove_dir_all(home.path().join(".cache")).unwrap();
    ask("/manifests/", &thief);

    let refused = home.run(["pull", &format!("{host}/team/app:1")]).ends_with(4);

    let [here, there] = [&service, &thief].map(|service| service.realm().replace("/token", ""));
    refused.complains(&format!("names another token service than at the login: {there}, not {here}"));
    assert_eq!(thief.requests(), []);
}

/// A registry that sends challenges of a token service elsewhere, under whatever name the registry chooses.
struct Shared {
    service: TokenService,
    registry: crate::support::Registry,
    proxy: Proxy,
    home: Home,
}

/// Where the last login's token service is kept.
const PINS: &str = ".local/share/regcli/token-services.json";

impl Shared {
    fn new() -> Self {
        let (service, registry) = (TokenService::start(), Kind::Embedded.open());
        let proxy = Proxy::before(registry.host());
        Self { service, registry, proxy, home: Home::fresh() }
    }

    /// The next request of which the path has this part is challenged so.
    fn challenge(&self, part: &str, realm: &str, service: &str) {
        let challenge = format!("Bearer realm=\"{realm}\"{service}");
        let headers = vec![("WWW-Authenticate", challenge)];
        self.proxy.fault("GET", part, Fault::Answer { status: 401, headers, body: "" });
    }

    fn log_in(&self, service: &str) -> Outcome {
        self.challenge("/v2/", &self.service.realm(), service);
        let host = self.proxy.host();
        let outcome =
            self.home.regcli(["login", "-u", "demo", "--password-stdin", &host]).stdin("hunter2").run();
        self.forget();
        outcome
    }

    /// Forgets everything but the login.
    fn forget(&self) {
        self.service.forget();
        let _ = fs::remove_dir_all(self.home.path().join(".cache"));
    }

    fn pull(&self, realm: &str, service: &str) -> Outcome {
        let image = format!("{}/team/app:1", self.proxy.host());
        self.home.run(["rmi", "-f", &image]);
        self.challenge("/manifests/", realm, service);
        let outcome = self.home.run(["pull", "-q", &image]);
        let _ = fs::remove_dir_all(self.home.path().join(".cache"));
        outcome
    }
}

#[test]
fn s9_a_registry_gets_no_token_for_another_one_that_has_the_same_token_service() {
    let scene = Shared::new();
    Api::of(scene.registry.host(), "team/app").seed(&Fixture::small(), "1");
    let realm = scene.service.realm();
    scene.log_in(",service=\"own\"").succeeds();
    let attacks = [
        (realm.clone(), ",service=\"victim\"", "with the service \"victim\""),
        (realm.clone(), "", "without a service"),
        (format!("{realm}?service=victim"), "", "with the service \"victim\""),
    ];
    for (realm, service, told) in attacks {
        scene.pull(&realm, service).ends_with(4).complains(&format!(
            "names another token service than at the login: 127.0.0.1 {told}, not 127.0.0.1 with the service \"own\""
        ));
    }
    assert_eq!(scene.service.requests(), [], "no password was sent");

    scene
        .pull(&format!("{realm}?service=victim&scope=repository:victim:pull"), ",service=\"own\"")
        .succeeds();
    let asked = scene.service.requests();
    let asked: Vec<_> = asked.iter().map(|asked| (asked.service.as_str(), asked.scopes.join(" "))).collect();
    assert_eq!(asked, [("own", "repository:team/app:pull".to_owned())]);

    // Another login allows it.
    scene.log_in(",service=\"renamed\"").succeeds();
    scene.pull(&realm, ",service=\"renamed\"").succeeds();
    scene.pull(&realm, ",service=\"own\"").ends_with(4).complains("log");
}

#[test]
fn s9_a_login_of_an_older_version_learns_the_service_at_its_next_use() {
    let scene = Shared::new();
    Api::of(scene.registry.host(), "team/app").seed(&Fixture::small(), "1");
    let realm = scene.service.realm();
    scene.log_in(",service=\"own\"").succeeds();
    let pins = scene.home.path().join(PINS);
    let old = fs::read_to_string(&pins).unwrap();
    let without = old.replace(r#""service":"own","#, "");
    assert_ne!(old, without);
    fs::write(&pins, without).unwrap();

    scene.pull(&realm, ",service=\"own\"").succeeds();
    assert!(fs::read_to_string(&pins).unwrap().contains(r#""service":"own""#));
    scene.service.forget();
    scene.pull(&realm, ",service=\"victim\"").ends_with(4).complains("names another token service");
    assert_eq!(scene.service.requests(), []);
}

#[test]
fn s9_a_registry_that_is_its_own_token_service_may_rename_itself() {
    let registry = Scripted::demanding(Demand::Token(String::new()));
    registry.seed("app", &Fixture::small(), "1");
    let home = Home::fresh();
    home.regcli(["login", "-u", USER, "--password-stdin", &registry.host()]).stdin(PASSWORD).run().succeeds();
    let renamed = format!("Bearer realm=\"{}/token\",service=\"renamed\"", registry.origin());
    registry.on(Route::Manifest).with_header("WWW-Authenticate", renamed).once();
    fs::remove_dir_all(home.path().join(".cache")).unwrap();

    home.run(["pull", "-q", &registry.at("app:1")]).succeeds();

    assert_eq!(registry.requests(Route::Token).len(), 2, "one for the login and one for the pull");
}

#[test]
fn s9_a_real_registry_behind_a_token_service_works_day_by_day() {
    for kind in Kind::present() {
        let service = TokenService::start();
        let registry = kind.with_tokens(&service);
        let (home, host) = (Home::fresh(), registry.host());
        home.regcli(["login", "-u", "demo", "--password-stdin", host]).stdin("hunter2").run().succeeds();
        let image = format!("{host}/team/app:1");
        home.run(["copy", "-q", &Fixture::small().place(), &format!("store:{image}")]).succeeds();
        for command in [["push", "-q", &image], ["pull", "-q", &image], ["digest", "--debug", &image]] {
            home.run(command).succeeds();
            // The next day.
            let _ = fs::remove_dir_all(home.path().join(".cache"));
        }
        home.run(["auth", "status"]).succeeds();
        assert!(fs::read_to_string(home.path().join(PINS)).unwrap().contains(r#""service":"regcli.test""#));
    }
}

#[test]
fn s2_a_pin_is_kept_in_a_folder_of_a_group_and_told_if_it_cannot_be() {
    let scene = Scene::new();
    let host = scene.proxy.host();
    let data = scene.home.path().join(".local/share/regcli");
    let with_group = |arguments: &[&str]| {
        let program = ["-c", "umask 002; exec \"$0\" \"$@\""];
        let run = scene.home.regcli(arguments).env("REGCLI_STORE", data.join("store"));
        run.under("sh", program).stdin("hunter2").run()
    };
    // The store makes the folder as the umask has it.
    with_group(&["pull", &format!("{host}/library/none")]).ends_with(3);
    fs::create_dir_all(&data).unwrap();
    with_group(&["login", "-u", "demo", "--password-stdin", &host]).succeeds().prints("Login Succeeded\n");
    let kept = fs::read_to_string(data.join("token-services.json")).unwrap();
    assert!(kept.contains(&host), "{kept}");

    let other = Home::fresh();
    fs::create_dir_all(other.path().join(".local/share/regcli/token-services.json")).unwrap();
    let login = other.regcli(["login", "-u", "demo", "--password-stdin", &host]).stdin("hunter2").run();
    let told = login.succeeds().prints("Login Succeeded\n");
    told.complains("cannot record which token service checked the password").complains(&host);
}

/// Names of Docker Hub that a reference may begin with, or a login may name.
const HUB: [&str; 9] = [
    "docker.io",
    "DOCKER.IO",
    "index.docker.io",
    "index.docker.io:443",
    "Index.Docker.io:0443",
    "registry-1.docker.io:443",
    "docker.io:80",
    "registry-1.docker.io:80",
    "registry.hub.docker.com",
];

/// The hosts of these names, at one public address.
const HUB_HOSTS: [(&str, &str); 4] = [
    ("docker.io", "203.0.113.7"),
    ("index.docker.io", "203.0.113.7"),
    ("registry-1.docker.io", "203.0.113.7"),
    ("registry.hub.docker.com", "203.0.113.7"),
];

/// A home in which everything is configured that might open Docker Hub, and what stands for `/etc`.
fn open_hub() -> (Home, std::path::PathBuf) {
    let home = Home::fresh();
    let mut names = HUB.to_vec();
    names.push("203.0.113.0/24");
    let etc = insecure_registries(&home, &names);
    know(&home, &["https://index.docker.io/v1/", "docker.io:80", "registry.hub.docker.com"]);
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let open = "plain-http = true\ninsecure = true\n";
    let tables = ["index.docker.io:443", "docker.io:80", "registry.hub.docker.com"];
    let tables = tables.map(|name| format!("[registry.\"{name}\"]\n{open}"));
    fs::write(folder.join("config.toml"), tables.concat()).unwrap();
    (home, etc)
}

/// What might say something to Docker Hub.
fn commands(name: &str) -> [Vec<String>; 2] {
    let pull = format!("{name}/library/app:1");
    let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [
        of(&["--plain-http", "--insecure", "pull", "--retry", "0", &pull]),
        of(&["--plain-http", "--insecure", "login", "-u", USER, "--password-stdin", name]),
    ]
}

#[test]
fn s5_nothing_is_said_to_docker_hub_in_clear() {
    if !is_in_namespace("reports::trust::servers::s5_nothing_is_said_to_docker_hub_in_clear", &HUB_HOSTS) {
        return;
    }
    let servers = [80, 443].map(|port| Catcher::raw(("203.0.113.7", port)));
    let (home, etc) = open_hub();
    for name in HUB {
        for command in commands(name) {
            let before: usize = servers.iter().map(|server| server.heard().len()).sum();
            let outcome = home.regcli(&command).env("REGCLI_ETC", &etc).stdin(PASSWORD).run();
            assert_ne!(outcome.code, 0, "{name}: {outcome}");
            let after: usize = servers.iter().map(|server| server.heard().len()).sum();
            assert!(after > before, "{name}: nobody was asked: {outcome}");
        }
    }
    for heard in servers.iter().flat_map(Catcher::heard) {
        assert!(heard.starts_with('\u{16}'), "no handshake of TLS: {heard}");
    }
}

#[test]
fn s5_docker_hub_is_verified_whatever_flags_and_files_say() {
    if !is_in_namespace(
        "reports::trust::servers::s5_docker_hub_is_verified_whatever_flags_and_files_say",
        &HUB_HOSTS,
    ) {
        return;
    }
    let names = HUB_HOSTS.map(|(name, _)| name);
    let identity = Authority::new().issue(&names);
    let servers = [80, 443].map(|port| Catcher::tls(("203.0.113.7", port), &identity));
    let (home, etc) = open_hub();
    for name in HUB {
        for command in commands(name) {
            let outcome = home.regcli(&command).env("REGCLI_ETC", &etc).stdin(PASSWORD).run();
            outcome.ends_with(5).complains("x509: certificate signed by unknown authority");
        }
    }
    assert_eq!(servers.iter().flat_map(Catcher::heard).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn s9_a_login_at_a_terminal_says_where_the_password_goes_before_it_is_typed() {
    let scene = Scene::new();
    let host = scene.proxy.host();
    let at = |service: &TokenService| service.realm().replace("http://", "").replace("/token", "");
    let here = at(&scene.service);
    let goes = |there: &str| format!("The password goes to {there}, which checks it for {host}.");
    let login = format!("regcli login -u demo {host}");
    let mut terminal = Terminal::run(&scene.home, &login);
    terminal.sees(&goes(&here)).sees("Password: ").types("hunter2");
    let seen = terminal.ends(0);
    assert!(!seen.contains("check credentials") && !seen.contains("at the last login"), "{seen}");

    // Now the registry names another service: the hint does not ask for a login without saying so.
    scene.service.move_to("localhost");
    scene.service.forget();
    scene.forget_challenges();
    let there = at(&scene.service);
    let refused = scene.home.run(["pull", &format!("{host}/team/app:1")]).ends_with(4);
    refused.complains(&format!(
        "hint: the token service has changed and would get the password: only if that is expected, accept it: \
         regcli login {host}"
    ));
    let mut terminal = Terminal::run(&scene.home, &login);
    terminal
        .sees(&format!("{host} names another token service than at the last login: localhost, not"))
        .sees(&goes(&there))
        .sees("Password: ");
    assert_eq!(scene.service.requests(), [], "nothing was sent before the password was typed");
    terminal.types("hunter2");
    terminal.ends(0);
    scene.home.run(["digest", &format!("{host}/team/app:1")]).ends_with(3);
}

#[test]
fn s9_a_login_at_the_registry_itself_needs_no_words_about_another_server() {
    let registry = Scripted::demanding(Demand::Token(String::new()));
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli login -u {USER} {}", registry.host()));
    terminal.sees("Password: ").types(PASSWORD);
    let seen = terminal.ends(0);
    assert!(!seen.contains("The password goes to") && !seen.contains("check credentials"), "{seen}");
}
