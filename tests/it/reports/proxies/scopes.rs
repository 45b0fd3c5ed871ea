//! What tokens are asked for, and how often.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Api, Fault, Fixture, Home, Kind, Proxy, TokenService};

/// What a hostile registry would like to have a token for, and what it may have.
const FOREIGN: &str = "repository:victim/private:pull,push,delete repository:team/app:pull,push,delete,* \
                       registry:catalog:* repository:team/app:pull";

fn log_in(home: &Home, host: &str) {
    home.regcli(["login", "-u", "demo", "--password-stdin", host]).stdin("hunter2").run().succeeds();
}

#[test]
fn s9_a_registry_is_given_no_token_for_what_the_command_is_not_about() {
    let (service, fixture) = (TokenService::start(), Fixture::small());
    let scopes = |method: &str, part: &str, arguments: &[&str]| {
        let registry = Kind::Embedded.open();
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        let (proxy, home) = (Proxy::before(registry.host()), Home::fresh());
        let (host, realm) = (proxy.host(), service.realm());
        let challenge = format!("Bearer realm=\"{realm}\",service=\"regcli.test\",scope=\"{FOREIGN}\"");
        let answer = || Fault::Answer {
            status: 401,
            headers: vec![("WWW-Authenticate", challenge.clone())],
            body: "",
        };
        proxy.fault("GET", "/v2/", answer());
        log_in(&home, &host);
        fs::remove_dir_all(home.path().join(".cache")).unwrap();
        if arguments[0] == "push" {
            home.run(["copy", "-q", &fixture.place(), &format!("store:{host}/team/new:1")]).succeeds();
        }
        let logged_in = service.requests();
        assert_eq!(logged_in.last().unwrap().scopes, [""; 0], "a login needs no scope");
        service.forget();
        proxy.fault(method, part, answer());
        let arguments = arguments.iter().map(|argument| argument.replace("HOST", &host));
        home.run(arguments).succeeds();
        let asked: Vec<_> = service.requests().into_iter().flat_map(|request| request.scopes).collect();
        service.forget();
        asked
    };

    let pull = ["repository:team/app:pull"];
    assert_eq!(scopes("GET", "/manifests/", &["pull", "-q", "HOST/team/app:1"]), pull);
    assert_eq!(scopes("GET", "/blobs/", &["pull", "-q", "--jobs", "1", "HOST/team/app:1"]), pull);
    assert_eq!(scopes("HEAD", "/manifests/", &["digest", "HOST/team/app:1"]), pull);
    assert_eq!(scopes("GET", "/tags/", &["tags", "HOST/team/app"]), pull);
    assert_eq!(scopes("GET", "/_catalog", &["catalog", "HOST"]), ["registry:catalog:*"]);
    let push = scopes("POST", "/blobs/uploads/", &["push", "-q", "HOST/team/new:1"]);
    assert!(
        !push.is_empty() && push.iter().all(|scope| scope == "repository:team/new:pull,push"),
        "{push:?}"
    );
}

/// A credential helper that knows the password of every registry, and leaves a line in a file each time it is asked.
struct Helper {
    home: Home,
}

impl Helper {
    fn new() -> Self {
        let home = Home::fresh();
        let (folder, docker) = (home.path().join("bin"), home.path().join(".docker"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&docker).unwrap();
        let program = folder.join("docker-credential-lab");
        let answer = r#"{"ServerURL":"x","Username":"demo","Secret":"hunter2"}"#;
        let log = home.path().join("asked");
        fs::write(&program, format!("#!/bin/sh\necho \"$1\" >>'{}'\necho '{answer}'\n", log.display()))
            .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(home.docker_config(), r#"{"credsStore":"lab"}"#).unwrap();
        Self { home }
    }

    fn run(&self, arguments: &[&str]) {
        let path = std::env::var_os("PATH").unwrap();
        let folders = [self.home.path().join("bin")].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).unwrap();
        self.home.regcli(arguments).env("PATH", path).run().succeeds();
    }

    /// How often it was asked since this was called last.
    fn asked(&self) -> usize {
        let log = self.home.path().join("asked");
        let lines = fs::read_to_string(&log).unwrap_or_default().lines().count();
        let _ = fs::remove_file(log);
        lines
    }
}

#[test]
fn d5_all_tags_of_a_repository_take_one_token_and_one_run_of_the_helper() {
    let (service, registry) = (TokenService::start(), Kind::Embedded.open());
    let proxy = Proxy::guarding(registry.host(), service.gate());
    let host = proxy.host();
    let fixture = Fixture::small();
    for (repository, tags) in [("team/few", 5), ("team/many", 50)] {
        let api = Api::of(registry.host(), repository);
        api.seed(&fixture, "0");
        api.tag(&fixture, &(1..tags).map(|tag| tag.to_string()).collect::<Vec<_>>());
        let (helper, image) = (Helper::new(), format!("{host}/{repository}"));

        helper.run(&["pull", "-q", "-a", &image]);

        assert_eq!((service.requests().len(), helper.asked()), (1, 1), "pull -a of {tags} tags");
        service.forget();
        // Reading what is there already, and bringing it again: each with one kind of token.
        helper.run(&["pull", "-q", "-a", &image]);
        assert_eq!((service.requests().len(), helper.asked()), (1, 1), "an unchanged pull -a of {tags} tags");
        service.forget();
        helper.run(&["push", "-q", "-a", &image]);
        let asked = service.requests().len();
        assert!(asked <= 2, "push -a of {tags} tags: {asked}");
        assert_eq!(helper.asked(), 1);
        service.forget();
        let both = [format!("{image}:1"), format!("{image}:2")];
        helper.run(&["pull", "-q", &both[0], &both[1]]);
        assert_eq!((service.requests().len(), helper.asked()), (1, 1), "two images of one repository");
        service.forget();
    }
}
