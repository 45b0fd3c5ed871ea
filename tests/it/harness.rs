//! The support keeps its promises: real tools agree with what the tests are going to rely on.

use std::time::Duration;

use crate::support::{
    Authority, DockerRegistry, Dockerd, Fault, Fixture, Gate, Hub, Kind, Proxy, TokenService, blob_path,
    eventually, missing, run, sha256,
};

/// `docker://HOST/NAME`, as skopeo names an image at a registry.
fn at(host: &str, name: &str) -> String {
    format!("docker://{host}/{name}")
}

#[test]
fn skopeo_reads_every_fixture_and_gets_its_digest() {
    if missing("skopeo") {
        return;
    }
    let read = |place: &str| run("skopeo", ["inspect", "--raw", place]).succeeds().raw;
    for fixture in [Fixture::small(), Fixture::many_layers(20), Fixture::sha512(), Fixture::multi_platform()]
    {
        assert_eq!(sha256(&read(&fixture.place())), fixture.root.digest);
    }
    for fixture in [Fixture::docker(), Fixture::docker_list()] {
        assert_eq!(sha256(&read(&fixture.skopeo_place())), fixture.root.digest);
    }
}

#[test]
fn docker_registry_gives_back_what_skopeo_pushed() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let registry = DockerRegistry::open();
    for (name, fixture) in [
        ("a/small", Fixture::small()),
        ("a/docker", Fixture::docker()),
        ("a/index", Fixture::multi_platform()),
        ("a/list", Fixture::docker_list()),
    ] {
        let image = format!("{}/{name}", registry.host());
        fixture.push_with_skopeo(&image, &[]);
        let manifest =
            run("skopeo", ["inspect", "--raw", "--tls-verify=false", &format!("docker://{image}")]);
        assert_eq!(manifest.succeeds().raw, fixture.content(&fixture.root.digest), "{name}");
    }
    assert_eq!(registry.wait_for("PUT", "/v2/a/index/manifests/latest").status, 201);
}

#[test]
fn docker_registry_wants_the_password_of_its_htpasswd_file() {
    if missing("docker-registry") || missing("skopeo") || missing("htpasswd") {
        return;
    }
    let registry = Kind::Docker.with_password("user1", "s3cret");
    let fixture = Fixture::small();
    let push = |credentials: &str| {
        let target = at(registry.host(), "small");
        run(
            "skopeo",
            ["copy", "--dest-tls-verify=false", "--dest-creds", credentials, &fixture.place(), &target],
        )
    };
    push("user1:wrong").ends_with(1).complains("authentication required");
    push("user1:s3cret").succeeds();
}

#[test]
fn docker_registry_speaks_tls_that_only_our_authority_vouches_for() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let authority = Authority::new();
    let registry = Kind::Docker.with_tls(&authority);
    let target = at(registry.host(), "small");
    run("skopeo", ["copy", &Fixture::small().place(), &target]).ends_with(1).complains("x509");
    let trusting = authority.certs_d().to_str().unwrap();
    run("skopeo", ["copy", "--dest-cert-dir", trusting, &Fixture::small().place(), &target]).succeeds();
}

#[test]
fn docker_registry_takes_the_tokens_of_our_token_service() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let service = TokenService::start();
    let registry = Kind::Docker.with_tokens(&service);
    let target = at(registry.host(), "team/small");
    let push = |credentials: &str| {
        run(
            "skopeo",
            [
                "copy",
                "--dest-tls-verify=false",
                "--dest-creds",
                credentials,
                &Fixture::small().place(),
                &target,
            ],
        )
    };
    push("demo:wrong").ends_with(1);
    service.forget();
    push("demo:hunter2").succeeds();
    let request = service.requests().pop().unwrap();
    assert_eq!((request.user.as_str(), request.service.as_str()), ("demo", "regcli.test"));
    assert!(request.scopes.iter().any(|scope| scope.starts_with("repository:team/small:")), "{request:?}");
}

#[test]
fn a_guarding_proxy_asks_for_the_same_tokens() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let registry = DockerRegistry::open();
    let service = TokenService::start();
    let proxy = Proxy::guarding(registry.host(), service.gate());
    let target = at(&proxy.host(), "team/small");
    let copy = ["copy", "--dest-tls-verify=false", "--dest-creds", "demo:hunter2"];
    run("skopeo", copy.into_iter().chain([Fixture::small().place().as_str(), &target])).succeeds();
    let put = proxy.requests("PUT", "/manifests/").pop().unwrap();
    assert_eq!((put.status, put.authorization.as_deref()), (201, Some("Bearer")));
    let anonymous = run("skopeo", ["inspect", "--tls-verify=false", &target]).ends_with(1);
    anonymous.complains("unauthorized");
}

#[test]
fn a_proxy_counts_what_goes_through_it() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let registry = DockerRegistry::open();
    let proxy = Proxy::before(registry.host());
    let fixture = Fixture::heavy(3 << 20);
    let target = at(&proxy.host(), "heavy");
    run("skopeo", ["copy", "--dest-tls-verify=false", &fixture.place(), &target]).succeeds();
    assert_eq!(proxy.blob_bytes_sent(), fixture.blob_bytes());

    proxy.forget();
    let copy = tempfile::tempdir().unwrap();
    let place = format!("oci:{}", copy.path().display());
    run("skopeo", ["copy", "--src-tls-verify=false", &target, &place]).succeeds();
    assert_eq!(proxy.blob_bytes_taken(), fixture.blob_bytes());

    proxy.forget();
    run("skopeo", ["copy", "--dest-tls-verify=false", &fixture.place(), &target]).succeeds();
    assert_eq!(proxy.blob_bytes_sent(), 0, "{:#?}", proxy.exchanges());
}

#[test]
fn a_proxy_speaks_tls_for_a_registry_that_does_not() {
    if missing("docker-registry") || missing("skopeo") || missing("curl") {
        return;
    }
    let registry = DockerRegistry::open();
    let authority = Authority::new();
    let proxy =
        Proxy::tls(registry.host(), Gate::password("user1", "s3cret"), &authority.issue(&["127.0.0.1"]));
    let target = at(&proxy.host(), "small");
    let trusting = authority.certs_d().to_str().unwrap();
    let copy = ["copy", "--dest-cert-dir", trusting, "--dest-creds", "user1:s3cret"];
    run("skopeo", copy.into_iter().chain([Fixture::small().place().as_str(), &target])).succeeds();
}

#[test]
fn faults_come_about_once_where_they_are_wanted() {
    if missing("docker-registry") || missing("skopeo") || missing("curl") {
        return;
    }
    let registry = DockerRegistry::open();
    let proxy = Proxy::before(registry.host());
    let fixture = Fixture::heavy(1 << 20);
    let target = at(registry.host(), "heavy");
    run("skopeo", ["copy", "--dest-tls-verify=false", &fixture.place(), &target]).succeeds();
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let url = format!("http://{}/v2/heavy/blobs/{}", proxy.host(), layer.digest);
    let get = || run("curl", ["-sS", "--noproxy", "*", &url]);

    proxy.fault("GET", "/blobs/", Fault::CutAnswer { after: 1000 });
    let partial = get().ends_with(18).complains("transfer closed");
    assert_eq!(partial.raw, fixture.content(&layer.digest)[..1000]);

    proxy.fault("GET", "/blobs/", Fault::LoseAnswer);
    get().ends_with(52).complains("Empty reply");

    let headers = vec![("Retry-After", "7".to_owned())];
    proxy.fault("GET", "/blobs/", Fault::Answer { status: 429, headers, body: "slow down" });
    get().succeeds().prints("slow down");

    proxy.fault("GET", "/blobs/", Fault::Delay(Duration::from_millis(50)));
    assert_eq!(get().succeeds().raw, fixture.content(&layer.digest));
}

#[test]
fn a_request_that_is_cut_reaches_the_registry_in_part() {
    if missing("docker-registry") || missing("curl") {
        return;
    }
    let registry = DockerRegistry::open();
    let proxy = Proxy::before(registry.host());
    let uploads = format!("http://{}/v2/x/blobs/uploads/", proxy.host());
    let start =
        ["-sS", "--noproxy", "*", "-X", "POST", "-o", "/dev/null", "-w", "%header{location}", &uploads];
    let session = run("curl", start).succeeds().stdout;
    assert!(session.starts_with(&format!("http://{}/", proxy.host())), "{session}");
    proxy.fault("PATCH", "/uploads/", Fault::CutRequest { after: 1000 });
    let file = Fixture::heavy(1 << 20);
    let layer = file.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let content = blob_path(file.path(), &layer.digest);
    let data = format!("@{}", content.display());
    let send =
        ["-X", "PATCH", "-H", "Content-Type: application/octet-stream", "--data-binary", &data, &session];
    let patch = run("curl", ["-sS", "--noproxy", "*"].iter().chain(&send));
    assert_ne!(patch.code, 0, "{patch}");
    let arrived = eventually(Duration::from_secs(5), || registry.log().contains("copied=1000").then_some(()));
    assert!(arrived.is_some(), "{}", registry.log());
}

#[test]
fn docker_engine_pulls_and_pushes_by_tokens() {
    if Dockerd::is_missing() || missing("docker-registry") || missing("skopeo") {
        return;
    }
    let engine = Dockerd::start();
    let service = TokenService::start();
    service.give_identity_tokens();
    let registry = Kind::Docker.with_tokens(&service);
    let image = format!("{}/team/small", registry.host());
    let copy = ["copy", "--all", "--dest-tls-verify=false", "--dest-creds", "demo:hunter2"];
    let fixture = Fixture::multi_platform();
    let target = at(registry.host(), "team/small");
    run("skopeo", copy.into_iter().chain([fixture.place().as_str(), &target])).succeeds();

    engine.docker(&["pull", &image]).ends_with(1);
    engine.docker(&["login", "-u", "demo", "-p", "hunter2", registry.host()]).succeeds();
    engine.docker(&["pull", &image]).succeeds().prints_line(&format!("Digest: {}", fixture.root.digest));
    engine.docker(&["tag", &image, &format!("{image}:again")]).succeeds();
    engine.docker(&["push", &format!("{image}:again")]).succeeds();
    let refreshed =
        service.requests().into_iter().any(|asked| asked.grant.as_deref() == Some("refresh_token"));
    assert!(refreshed, "docker uses its identity token: {:#?}", service.requests());
}

#[test]
fn docker_hub_is_found_under_its_own_names() {
    if missing("curl") {
        return;
    }
    let hub = Hub::without_images();
    let [(_, proxy), (_, authority)] = hub.env();
    let (proxy, authority) = (proxy.to_str().unwrap(), authority.to_str().unwrap());
    let get = |url: &str| run("curl", ["-sS", "--proxy", proxy, "--cacert", authority, url]);

    let found = get("https://index.docker.io/v1/search?q=centos&n=2").succeeds().stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["results"][1]["name"], "ansible/centos7-ansible");
    assert_eq!(hub.searches()[0].path, "/v1/search?q=centos&n=2");

    get("https://registry-1.docker.io/v2/").succeeds();
    assert_eq!(hub.exchanges()[0].status, 401);
    let token = get("https://auth.docker.io/token?scope=repository:library/ubuntu:pull").succeeds().stdout;
    assert!(token.contains("access_token"), "{token}");
    get("https://example.com/").ends_with(56);
}

#[test]
fn a_test_without_its_tool_fails_in_scripts_test_and_is_left_out_elsewhere() {
    const INSIDE: &str = "REGCLI_TEST_OF_A_MISSING_TOOL";
    const TEST: &str = "harness::a_test_without_its_tool_fails_in_scripts_test_and_is_left_out_elsewhere";
    if std::env::var_os(INSIDE).is_some() {
        assert!(missing("no-such-tool"));
        return;
    }
    let program = std::env::current_exe().unwrap();
    let run = |variables: &[(&str, &str)]| {
        let mut command = std::process::Command::new(&program);
        command.args(["--exact", TEST]).env(INSIDE, "1");
        for name in ["REGCLI_TEST_STRICT", "REGCLI_TEST_WITHOUT", "NEXTEST"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };

    for strict in ["REGCLI_TEST_STRICT", "NEXTEST"] {
        let (passes, stdout, _) = run(&[(strict, "1")]);
        assert!(
            !passes && stdout.contains("needs `no-such-tool`, which is missing: run scripts/test"),
            "{stdout}"
        );
    }
    let named = [("REGCLI_TEST_STRICT", "1"), ("REGCLI_TEST_WITHOUT", "no-such-tool")];
    for lenient in [&named[..], &[]] {
        let (passes, stdout, stderr) = run(lenient);
        assert!(passes, "{stdout}");
        assert_eq!(stderr, format!("left out: {TEST} needs no-such-tool\n"), "libtest does not hide it");
    }
    // Noted for the run of cargo, which for those two was this process.
    let notes = program.with_file_name(format!("left-out-{}", std::process::id()));
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), format!("no-such-tool\t{TEST}\n").repeat(2));
    std::fs::remove_file(notes).unwrap();
    assert!(include_str!("../../scripts/test").contains("\nexport REGCLI_TEST_STRICT=1\n"));
}
