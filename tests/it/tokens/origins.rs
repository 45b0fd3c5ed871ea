//! Credentials go to the registry they are for, to the token service it may name, and to nobody else.

use super::{keep, log_in};
use crate::support::{
    Api, Authority, Fault, Fixture, Gate, Home, Kind, Proxy, Registry, TokenService, missing, run,
};

#[test]
fn a_token_service_without_tls_gets_nothing_for_a_registry_with_tls() {
    let (service, authority) = (TokenService::start(), Authority::new());
    let registry = Kind::Embedded.open();
    let proxy = Proxy::tls(registry.host(), service.gate(), &authority.issue(&["127.0.0.1"]));
    let (host, trusted) = (proxy.host(), authority.certificate());
    let home = Home::fresh();
    let trusted = trusted.to_str().unwrap();
    let login = home.regcli(["login", "--ca-file", trusted, "-u", "demo", "--password-stdin", &host]);

    let refused = login.stdin("hunter2").run().ends_with(4);

    let realm = service.realm();
    refused.complains(&format!("{host} names a token service that is not trusted: {realm}: "));
    home.run(["pull", "--ca-file", trusted, &format!("{host}/team/app")]).ends_with(4).complains(&realm);
    assert_eq!(service.requests(), []);
    assert!(!home.docker_config().exists());
}

/// A registry with a second address that asks nobody for anything, as CDNs and object stores have it.
struct Elsewhere {
    registry: Registry,
    front: Proxy,
    back: Proxy,
    home: Home,
}

impl Elsewhere {
    fn new(kind: Kind, gate: Gate) -> Self {
        let registry = kind.open();
        let (front, back) = (Proxy::guarding(registry.host(), gate), Proxy::before(registry.host()));
        let home = Home::fresh();
        log_in(&home, &front.host());
        Self { registry, front, back, home }
    }

    /// Has an image whose blobs the first address redirects to the second.
    fn redirecting_blobs(&self) -> Fixture {
        let fixture = Fixture::small();
        Api::of(self.registry.host(), "team/app").seed(&fixture, "1");
        for blob in &fixture.blobs {
            let path = format!("/v2/team/app/blobs/{}", blob.digest);
            let headers = vec![("Location", format!("http://{}{path}", self.back.host()))];
            self.front.fault("GET", &path, Fault::Answer { status: 307, headers, body: "" });
        }
        fixture
    }

    /// That the second address was used, and saw no credentials.
    #[track_caller]
    fn saw_no_credentials(&self, method: &str) {
        let seen = self.back.requests(method, "/blobs/");
        assert!(!seen.is_empty(), "nobody came to the second address: {:#?}", self.front.exchanges());
        assert!(self.back.exchanges().iter().all(|seen| seen.authorization.is_none()), "{seen:#?}");
    }
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_address() {
    for kind in Kind::present() {
        let service = TokenService::start();
        for gate in [service.gate(), Gate::password("demo", "hunter2")] {
            let scene = Elsewhere::new(kind, gate);
            let fixture = scene.redirecting_blobs();

            scene.home.run(["pull", "-q", &format!("{}/team/app:1", scene.front.host())]).succeeds();

            scene.saw_no_credentials("GET");
            assert_eq!(scene.back.blob_bytes_taken(), fixture.blob_bytes());
        }
    }
}

#[test]
fn another_address_that_asks_for_a_password_gets_no_answer() {
    for kind in Kind::present() {
        let (service, thief) = (TokenService::start(), TokenService::start());
        for gate in [service.gate(), Gate::password("demo", "hunter2")] {
            let mut scene = Elsewhere::new(kind, gate);
            scene.back = Proxy::guarding(scene.registry.host(), thief.gate());
            let fixture = scene.redirecting_blobs();

            let image = format!("{}/team/app:1", scene.front.host());
            scene.home.run(["pull", "-q", "--jobs", "16", &image]).ends_with(4);

            scene.saw_no_credentials("GET");
            assert_eq!(thief.requests(), []);
            // Whoever was not asked any more is asked now, so that no rule is left over.
            for _ in &fixture.blobs {
                scene.home.run(["pull", "-q", "--jobs", "16", &image]);
            }
        }
    }
}

#[test]
fn credentials_do_not_follow_an_upload_to_another_address() {
    if missing("curl") {
        return;
    }
    for kind in Kind::present() {
        let service = TokenService::start();
        for gate in [service.gate(), Gate::password("demo", "hunter2")] {
            let scene = Elsewhere::new(kind, gate);
            let fixture = Fixture::small();
            let image = format!("{}/team/app:1", scene.front.host());
            keep(&scene.home, &fixture, &image);
            for _ in &fixture.blobs {
                let headers = vec![("Location", open_upload(&scene.back.host()))];
                scene.front.fault(
                    "POST",
                    "/blobs/uploads/",
                    Fault::Answer { status: 202, headers, body: "" },
                );
            }
            scene.back.forget();

            scene.home.run(["push", "-q", &image]).succeeds();

            scene.saw_no_credentials("PUT");
            assert_eq!(scene.back.blob_bytes_sent(), fixture.blob_bytes());
            Api::of(scene.registry.host(), "team/app").holds(&fixture, "1");
        }
    }
}

/// Opens an upload and gives its URL.
fn open_upload(host: &str) -> String {
    let url = format!("http://{host}/v2/team/app/blobs/uploads/");
    let options = ["-sS", "--noproxy", "*", "-X", "POST", "-o", "/dev/null", "-w", "%header{location}", &url];
    let location = run("curl", options).succeeds().stdout;
    if location.starts_with('/') { format!("http://{host}{location}") } else { location }
}
