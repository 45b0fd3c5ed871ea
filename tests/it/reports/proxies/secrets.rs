//! What is not shown: passwords that were typed, what strangers write into queries, and more than people read.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Api, Fault, Fixture, Gate, Home, Kind, Proxy, regcli};

#[test]
fn s11_a_password_in_a_url_that_was_typed_is_not_repeated() {
    // That no secret is in what a command says is asserted of every command.
    let hidden = "[redacted]@host.lab";
    for typed in ["https://u:s3cret@host.lab/app:1", "https://s3cret@host.lab/app", "u:s3cret@host.lab/app:1"]
    {
        for command in ["pull", "push", "digest", "manifest", "config", "tags", "rmi", "history", "reference"]
        {
            let outcome = regcli([command, typed]);
            assert!(outcome.code != 0, "{outcome}");
        }
        regcli(["pull", typed]).ends_with(125).complains(hidden).complains("invalid reference format");
        regcli(["copy", typed, "oci:there"]).ends_with(125).complains(hidden);
        regcli(["tag", "x", typed]).ends_with(125);
        regcli(["save", "-o", "x.tar", typed]);
        regcli(["inspect", typed]);
        regcli(["images", typed]);
        regcli(["search", typed]);
        regcli(["logout", typed]);
        regcli(["catalog", typed]).ends_with(125).complains(hidden);
        regcli(["login", "-u", "x", "--password-stdin", typed]).ends_with(125).complains(hidden);
        regcli(["doctor", typed]).ends_with(125);
        regcli(["pull", "--progress", "json", typed]).ends_with(125);
        regcli(["--debug", "pull", typed]).ends_with(125);
    }
    // The mark stands below what is wrong.
    let outcome = regcli(["pull", "https://u:s3cret@host.lab/app:1"]);
    assert!(outcome.stderr.contains("\n  https://[redacted]@host.lab/app:1\n        ^"), "{outcome}");
}

#[test]
fn s11_debug_shows_nothing_of_what_strangers_write_into_queries() {
    let registry = Kind::Embedded.open();
    let fixture = Fixture::small();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let (front, back) = (Proxy::before(registry.host()), Proxy::before(registry.host()));
    let foreign =
        "n=s3cret1&last=s3cret2&digest=s3cret3&scope=s3cret4&from=s3cret&service=s3cret&q=s3cret&ns=s3cret";
    for blob in &fixture.blobs {
        let path = format!("/v2/team/app/blobs/{}", blob.digest);
        let headers = vec![("Location", format!("http://{}{path}?{foreign}", back.host()))];
        front.fault("GET", &path, Fault::Answer { status: 307, headers, body: "" });
    }
    let home = Home::fresh();
    let image = format!("{}/team/app:1", front.host());

    let outcome = home.run(["--debug", "pull", &image]).succeeds();

    outcome.complains(&format!("Get \"http://{}/v2/team/app/blobs/", back.host()));
    // A realm may hold a query of its own, and so may one that is refused.
    for realm in [
        format!("http://127.0.0.1:1/token?{foreign}"),
        format!("http://me:s3cret@127.0.0.1:1/token?{foreign}"),
        format!("ftp://s3cret@127.0.0.1:1/token?{foreign}"),
    ] {
        let headers = vec![("WWW-Authenticate", format!("Bearer realm=\"{realm}\",service=\"lab\""))];
        front.fault("GET", "/manifests/", Fault::Answer { status: 401, headers, body: "" });
        let outcome = Home::fresh().run(["--debug", "pull", "--retry", "0", &image]);
        assert!(outcome.code == 4 || outcome.code == 5, "{outcome}");
        outcome.complains("127.0.0.1:1/token");
    }
    // What was asked for itself is told.
    let headers = vec![(
        "WWW-Authenticate",
        "Bearer realm=\"http://127.0.0.1:1/t?x=s3cret\",service=\"lab\"".to_owned(),
    )];
    front.fault("GET", "/manifests/", Fault::Answer { status: 401, headers, body: "" });
    let outcome = Home::fresh().run(["pull", "--retry", "0", &image]).ends_with(5);
    outcome.complains("Get \"http://127.0.0.1:1/t?service=lab&scope=repository:team/app:pull\": dial tcp");
    let pages = Home::fresh().run(["--debug", "catalog", registry.host()]).succeeds();
    pages.complains("/v2/_catalog?n=");
}

#[test]
fn s13_a_config_json_that_others_can_read_is_used_and_warned_of_once() {
    let registry = Kind::Embedded.open();
    let fixture = Fixture::small();
    let tags = ["1".to_owned(), "2".to_owned()];
    let proxy = Proxy::guarding(registry.host(), Gate::password("demo", "hunter2"));
    let (api, host, home) = (Api::of(registry.host(), "team/app"), proxy.host(), Home::fresh());
    api.seed(&fixture, "1");
    api.tag(&fixture, &tags);
    let path = home.docker_config();
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, format!(r#"{{"auths":{{"{host}":{{"auth":"ZGVtbzpodW50ZXIy"}}}}}}"#)).unwrap();
    let images = [format!("{host}/team/app:1"), format!("{host}/team/app:2"), format!("{host}/other/app")];
    let pull = |mode: u32| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let outcome = home.run(["pull", "-q", &images[0], &images[1]]).succeeds();
        home.run(["rmi", "-f", &images[0], &images[1]]).succeeds();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode, "the file stays as it was");
        outcome.stderr
    };

    for mode in [0o644, 0o640, 0o604] {
        let stderr = pull(mode);
        let shown = path.display();
        let warning = format!(
            "WARNING: {shown} holds credentials and can be read by other users (mode {mode:04o}); close it with: \
             chmod 600 {shown}\n"
        );
        assert_eq!(stderr, warning);
    }
    assert_eq!(pull(0o600), "");
    // Whose password is in another place is not warned of this one.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = home.run(["pull", "-q", &format!("{}/team/app:1", registry.host())]).succeeds();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn s13_no_server_makes_an_error_longer_than_people_read() {
    let long = "x".repeat(60_000);
    let fixture = Fixture::small();
    let pull = |tell: &dyn Fn(&Scripted)| {
        let registry = Scripted::start();
        registry.seed("team/app", &fixture, "1");
        tell(&registry);
        let outcome = Home::fresh().run(["pull", "--retry", "0", &registry.at("team/app:1")]);
        assert!(
            outcome.code != 0 && outcome.stderr.len() < 5000,
            "{} bytes\n{outcome:.3000}",
            outcome.stderr.len()
        );
        assert!(outcome.stderr.contains("xxxx"), "{outcome}");
    };
    let json = "application/json";
    pull(&|registry| {
        let body = format!(r#"{{"errors":[{{"code":"DENIED","message":"{long}"}}]}}"#);
        registry.on(Route::Manifest).status(403).body(json, body).forever();
    });
    pull(&|registry| {
        let body = format!(r#"{{"errors":[{{"code":"{long}","detail":"{long}"}}]}}"#);
        registry.on(Route::Manifest).status(400).body(json, body).forever();
    });
    pull(&|registry| registry.on(Route::Manifest).status(200).body(&long, "<html>").forever());
    pull(&|registry| {
        let challenge = format!("Bearer realm=\"ftp://{long}\"");
        registry.on(Route::Manifest).status(401).header("WWW-Authenticate", challenge).forever();
    });
    pull(&|registry| {
        let location = format!("http://127.0.0.1:1/{long}");
        registry.on(Route::Manifest).redirect(307, location).forever();
    });
}
