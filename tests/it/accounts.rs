//! `regcli auth`: whom one is known as at each registry, and tokens for scripts.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Api, Fixture, Gate, Home, Hub, Kind, Outcome, Proxy, TokenService, missing};

/// `demo:hunter2`, `user1:s3cret`, and what must never be seen.
const DEMO: &str = "ZGVtbzpodW50ZXIy";
const USER1: &str = "dXNlcjE6czNjcmV0";
const SECRETS: [&str; 6] = [DEMO, USER1, "hunter2", "s3cret", "IDENTITY", "REGISTRY-TOKEN"];

/// Puts a config.json into the home.
fn know(home: &Home, config: &str) {
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), config).unwrap();
}

#[track_caller]
fn without_secrets(outcome: Outcome) -> Outcome {
    for secret in SECRETS {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{secret}: {outcome}");
    }
    outcome
}

/// Makes a helper called `lab` that knows `h.lab` and an identity token; answers a `PATH` with it.
fn helper(home: &Home) -> std::ffi::OsString {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = home.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let script = "#!/bin/sh\ncase $1 in\nlist) echo '{\"h.lab\":\"<token>\"}';;\n\
        get) echo '{\"ServerURL\":\"h.lab\",\"Username\":\"<token>\",\"Secret\":\"IDENTITY\"}';;\nesac\n";
    let program = folder.join("docker-credential-lab");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap()
}

const FIELDS: &str = "{{.Registry}}|{{.Username}}|{{.Kind}}|{{.Source}}";

#[test]
fn every_place_of_a_credential_has_a_row_and_no_secret_is_shown() {
    let home = Home::fresh();
    let path = helper(&home);
    know(
        &home,
        &format!(
            r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{DEMO}"}},"r.lab":{{"registrytoken":"REGISTRY-TOKEN"}},
            "i.lab:5000":{{"auth":"aWR0Og==","identitytoken":"IDENTITY"}},"empty.lab":{{}}}},"credHelpers":{{"h.lab":"lab"}}}}"#
        ),
    );
    let podman = home.path().join("auth.json");
    fs::write(&podman, format!(r#"{{"auths":{{"quay.io/team":{{"auth":"{USER1}"}}}}}}"#)).unwrap();
    let run = |arguments: &[&str]| {
        let regcli = home.regcli(arguments).env("PATH", &path).env("REGISTRY_AUTH_FILE", &podman);
        let variable = format!(r#"{{"auths":{{"v.lab":{{"auth":"{USER1}"}}}}}}"#);
        without_secrets(regcli.env("DOCKER_AUTH_CONFIG", variable).run().succeeds())
    };

    let config = home.docker_config().display().to_string();
    run(&["auth", "status", "--format", FIELDS]).prints(&format!(
        "docker.io|demo|password|{config}\n\
         h.lab|-|identity token|docker-credential-lab\n\
         i.lab:5000|idt|identity token|{config}\n\
         quay.io/team|user1|password|{}\n\
         r.lab|-|registry token|{config}\n\
         v.lab|user1|password|DOCKER_AUTH_CONFIG\n",
        podman.display()
    ));
    let table = run(&["auth", "status", "docker.io", "nobody.lab"]);
    assert!(
        table.stdout.starts_with("REGISTRY     USERNAME   KIND       SOURCE\ndocker.io    demo "),
        "{table}"
    );
    assert!(table.stdout.ends_with("nobody.lab   -          -          -\n"), "{table}");
    run(&["auth", "status", "--format", "json", "v.lab"]).prints(
        "{\"Check\":\"\",\"Kind\":\"password\",\"Registry\":\"v.lab\",\"Source\":\"DOCKER_AUTH_CONFIG\",\"Username\":\"user1\"}\n",
    );
}

#[test]
fn nobody_is_known_on_a_new_machine() {
    Home::fresh().run(["auth", "status"]).succeeds().prints("REGISTRY   USERNAME   KIND      SOURCE\n");
}

#[test]
fn a_check_asks_each_registry_once_and_a_refusal_is_told_and_ends_with_4() {
    let upstream = Kind::Embedded.open();
    let good = Proxy::guarding(upstream.host(), Gate::password("user1", "s3cret"));
    let bad = Proxy::guarding(upstream.host(), Gate::password("user1", "other"));
    let open = Proxy::before(upstream.host());
    let home = Home::fresh();
    let auths = [&good, &bad, &open].map(|proxy| format!("\"{}\":{{\"auth\":\"{USER1}\"}}", proxy.host()));
    know(&home, &format!("{{\"auths\":{{{}}}}}", auths.join(",")));

    let status = home.run(["auth", "status", "--check", "--format", "{{.Registry}} {{.Check}}"]);

    let status = without_secrets(status.ends_with(4));
    for (proxy, verdict, requests) in
        [(&good, "accepted", 2), (&bad, "refused", 2), (&open, "not asked for", 1)]
    {
        assert!(status.stdout.contains(&format!("{} {verdict}\n", proxy.host())), "{status}");
        let pings: Vec<_> = proxy.exchanges().into_iter().map(|seen| (seen.method, seen.path)).collect();
        assert_eq!(pings, vec![("GET".to_owned(), "/v2/".to_owned()); requests]);
    }
    let url = format!("http://{}/v2/", bad.host());
    status.complains(&format!("login attempt to {url} failed with status: 401 Unauthorized\n"));
    home.run(["auth", "status", "--check", &good.host()]).succeeds();
}

#[test]
fn a_check_at_a_token_service_leaves_no_identity_token_there() {
    let service = TokenService::start();
    let registry = Kind::Embedded.with_tokens(&service);
    let home = Home::fresh();
    for (auth, verdict, code) in [(DEMO, "accepted", 0), (USER1, "refused", 4)] {
        service.forget();
        know(&home, &format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{auth}\"}}}}}}", registry.host()));

        let status = home.run(["auth", "status", "--check", "--format", "{{.Check}}"]).ends_with(code);

        without_secrets(status).prints(&format!("{verdict}\n"));
        let asked = service.requests();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        assert!(!asked[0].offline && asked[0].scopes.is_empty(), "{asked:#?}");
    }
}

#[test]
fn a_registry_that_says_nothing_holds_up_neither_the_others_nor_the_end() {
    let home = Home::fresh();
    let silent: Vec<_> = (0..4).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let hosts = silent.iter().map(|listener| listener.local_addr().unwrap().to_string());
    let auths: Vec<_> = hosts.map(|host| format!("\"{host}\":{{\"auth\":\"{USER1}\"}}")).collect();
    know(&home, &format!("{{\"auths\":{{{}}}}}", auths.join(",")));
    let begin = Instant::now();

    let status = home.run(["auth", "status", "--check", "--format", "{{.Check}}"]).ends_with(5);

    assert!(begin.elapsed() < Duration::from_secs(25), "{:?}", begin.elapsed());
    status.prints("no answer\nno answer\nno answer\nno answer\n");
}

#[test]
fn a_token_lets_another_program_do_what_was_asked_for_and_nothing_else() {
    if missing("curl") {
        return;
    }
    let service = TokenService::start();
    let registry = Kind::Embedded.with_tokens(&service);
    let home = Home::fresh();
    know(&home, &format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{DEMO}\"}}}}}}", registry.host()));
    let repository = format!("{}/demo/app:1", registry.host());
    let asked = |arguments: &[&str]| {
        service.forget();
        let outcome = home.run(["auth", "token"].iter().chain(arguments)).succeeds();
        (outcome.stdout, service.requests().pop().unwrap())
    };

    let (token, request) = asked(&[&repository]);
    assert_eq!(request.scopes, ["repository:demo/app:pull"]);
    assert_eq!(token.trim().split('.').count(), 3, "a JWT on a line of its own: {token}");
    let (header, request) = asked(&["--scope", "pull,push", "--format", "header", &repository]);
    assert_eq!(
        (request.user.as_str(), request.scopes),
        ("demo", vec!["repository:demo/app:pull,push".to_owned()])
    );
    let put = std::process::Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-H", header.trim()])
        .arg(format!("http://{}/v2/demo/app/blobs/uploads/", registry.host()))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&put.stdout), "202");
    let (json, _) = asked(&["--scope", "delete", "--format", "json", &repository]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["scope"], &json["scheme"]), (&"delete".into(), &"Bearer".into()));
    assert_eq!(json["header"], format!("Authorization: Bearer {}", json["token"].as_str().unwrap()));
    assert!(json["expires_in"].as_u64().is_some_and(|seconds| seconds > 0), "{json}");
}

#[test]
fn a_token_that_allows_less_than_was_asked_for_comes_with_a_warning() {
    let service = TokenService::start();
    let registry = Kind::Embedded.with_tokens(&service);
    let image = format!("{}/library/app", registry.host());

    let token = Home::fresh().run(["auth", "token", "--scope", "pull,push", &image]).succeeds();

    assert_eq!(token.stdout.trim().split('.').count(), 3, "{token}");
    assert_eq!(token.stderr, format!("WARNING: {} did not grant push on library/app\n", registry.host()));
}

#[test]
fn where_passwords_are_sent_there_is_a_header_and_no_token() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let repository = format!("{}/team/app", registry.host());
    let none = home.run(["auth", "token", "--format", "header", &repository]).ends_with(4).prints("");
    none.complains("hint: log in: regcli login ");
    know(&home, &format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{USER1}\"}}}}}}", registry.host()));

    let header = home.run(["auth", "token", "--format", "header", &repository]).succeeds();
    header.prints(&format!("Authorization: Basic {USER1}\n"));
    let token = home.run(["auth", "token", &repository]).ends_with(1).prints("");
    without_secrets(token).complains(&format!(
        "error: {} uses user name and password, not a token: use --format header\n",
        registry.host()
    ));
}

#[test]
fn a_registry_that_asks_nobody_for_anything_has_no_token() {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");

    let token = Home::fresh().run(["auth", "token", &format!("{}/team/app:1", registry.host())]);

    let words = format!("error: {} asks for no credentials, so there is no token\n", registry.host());
    token.ends_with(1).prints("").complains(&words);
}

#[test]
fn docker_hub_gives_a_token_to_anybody_for_what_anybody_may_read() {
    let hub = Hub::without_images();
    let home = Home::fresh();

    let token = home.regcli(["auth", "token", "ubuntu"]).envs(hub.env()).run().succeeds();

    assert_eq!(token.stdout.trim().split('.').count(), 3, "{token}");
    let asked = hub.token_requests();
    assert_eq!(
        (asked.len(), asked[0].scopes.as_slice()),
        (1, ["repository:library/ubuntu:pull".to_owned()].as_slice())
    );
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_is_asked() {
    let home = Home::fresh();
    for (arguments, words) in [
        (&["auth", "token"][..], "error: 'regcli auth token' requires 1 argument\n"),
        (&["auth", "token", "a", "b"], "error: 'regcli auth token' requires 1 argument\n"),
        (
            &["auth", "token", "--scope", "all", "a"],
            "error: invalid argument \"all\" for \"--scope\" flag: must be pull, push, delete, or several of them, such as pull,push\n",
        ),
        (
            &["auth", "token", "--scope", "", "a"],
            "error: invalid argument \"\" for \"--scope\" flag: must be pull",
        ),
        (&["auth", "token", "--scope"], "error: flag needs an argument: --scope\n"),
        (
            &["auth", "token", "--format", "yaml", "a"],
            "error: invalid argument \"yaml\" for \"--format\" flag: must be one of token, header, json\n",
        ),
        (&["auth", "token", "UPPER/x:1:2"], "error: invalid reference format"),
        (&["auth", "status", "a b"], "error: invalid"),
        (
            &["auth", "status", "--format", "{{.Nope}}"],
            "can't evaluate field Nope in type *registry.accountContext",
        ),
        (&["auth", "status", "--chek"], "error: unknown flag: --chek\n"),
    ] {
        home.run(arguments).ends_with(125).prints("").complains(words);
    }
}
