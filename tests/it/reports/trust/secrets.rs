//! Who gets a password, a day later and behind two redirects.

use std::fs;

use super::servers::know;
use crate::support::scripted::{Demand, Heard, PASSWORD, Route, Scripted, USER};
use crate::support::{Fixture, Home};

/// Two registries that know nothing of each other, the first of which has an image.
struct Scene {
    registry: Scripted,
    stranger: Scripted,
    home: Home,
    fixture: Fixture,
}

impl Scene {
    fn new(demand: Demand) -> Self {
        let (registry, fixture) = (Scripted::demanding(demand), Fixture::small());
        registry.seed("app", &fixture, "1");
        let stranger = registry.beside();
        Self { registry, stranger, home: Home::fresh(), fixture }
    }

    fn image(&self) -> String {
        self.registry.at("app:1")
    }

    /// The requests of which the path ends so.
    fn requests_to(&self, end: &str) -> Vec<Heard> {
        let mut heard = self.registry.heard();
        heard.retain(|heard| heard.head.path.ends_with(end));
        heard
    }
}

/// Whether a request came with credentials.
fn is_authorized(heard: &Heard) -> bool {
    heard.head.headers.iter().any(|(name, _)| name == "authorization")
}

#[test]
fn s10_a_token_service_that_was_named_to_nobody_gets_no_password_later() {
    let scene = Scene::new(Demand::Nothing);
    scene.registry.demand(Demand::Token(format!("{}/token", scene.stranger.origin())));
    scene.home.run(["pull", &scene.image()]).ends_with(4);
    assert!(!scene.stranger.requests(Route::Token).is_empty(), "nobody has to prove anything");
    assert_eq!(scene.stranger.credentials(), [""; 0]);
    let kept = fs::read_to_string(scene.home.path().join(".cache/regcli/challenges.json")).unwrap();
    assert!(kept.contains(&scene.stranger.host()), "{kept}");

    // Another program has logged in, and the registry is itself again.
    know(&scene.home, &[&scene.registry.host()]);
    scene.registry.demand(Demand::Token(String::new()));
    scene.stranger.forget();
    scene.home.run(["pull", &scene.image()]).succeeds();
    assert!(scene.stranger.heard().is_empty(), "{:#?}", scene.stranger.heard());

    // What was named to somebody is remembered.
    scene.registry.forget();
    scene.home.run(["pull", &scene.image()]).succeeds();
    assert!(scene.registry.heard().iter().all(|heard| heard.status != 401), "{:#?}", scene.registry.heard());
}

#[test]
fn s10_who_leads_back_to_the_registry_does_not_choose_what_gets_credentials() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let scene = Scene::new(demand.clone());
        let login = ["login", "-u", USER, "--password-stdin", &scene.registry.host()];
        scene.home.regcli(login).stdin(PASSWORD).run().succeeds();
        scene.registry.seed("app", &scene.fixture, "chosen");
        scene.registry.forget();
        let there = format!("{}/v2/app/manifests/1", scene.stranger.origin());
        let back = format!("{}/v2/app/manifests/chosen", scene.registry.origin());
        scene.registry.on(Route::Manifest).redirect(307, there).once();
        scene.stranger.on(Route::Manifest).redirect(307, back).forever();

        scene.home.run(["pull", &scene.image()]).ends_with(4);

        let chosen = scene.requests_to("/manifests/chosen");
        assert!(!chosen.is_empty() && !chosen.iter().any(is_authorized), "{demand:?}: {chosen:#?}");
        assert_eq!(scene.stranger.credentials(), [""; 0]);
    }
}

#[test]
fn s10_who_takes_an_upload_does_not_lead_it_back_with_credentials() {
    let scene = Scene::new(Demand::Password);
    let login = ["login", "-u", USER, "--password-stdin", &scene.registry.host()];
    scene.home.regcli(login).stdin(PASSWORD).run().succeeds();
    let image = scene.registry.at("other:1");
    scene.home.run(["copy", "-q", &scene.fixture.place(), &format!("store:{image}")]).succeeds();
    let back = format!("{}/v2/other/blobs/uploads/chosen", scene.registry.origin());
    scene.registry.on(Route::UploadBegin).located_at(scene.stranger.origin()).forever();
    scene.stranger.on(Route::UploadPut).redirect(307, back).forever();

    let outcome = scene.home.run(["push", "--retry", "0", &image]);

    assert_ne!(outcome.code, 0, "{outcome}");
    assert!(!scene.stranger.requests(Route::UploadPut).is_empty(), "{:#?}", scene.registry.heard());
    let chosen: Vec<_> = scene.registry.heard();
    let chosen = chosen.iter().filter(|heard| heard.head.path.contains("chosen")).count();
    assert_eq!((chosen, scene.stranger.credentials().len()), (0, 0), "{outcome}");
}

#[test]
fn s10_a_user_in_a_url_that_a_server_names_logs_nobody_in() {
    let scene = Scene::new(Demand::Nothing);
    let with_user = scene.stranger.origin().replace("http://", "http://somebody:else@");
    scene.registry.on(Route::Manifest).redirect(307, format!("{with_user}/v2/app/manifests/1")).forever();
    scene.home.run(["pull", "-q", &scene.image()]).succeeds();
    let back = scene.registry.origin().replace("http://", "http://somebody:else@");
    scene.registry.done();
    scene.registry.on(Route::UploadBegin).located_at(with_user).once();
    scene.registry.on(Route::UploadBegin).located_at(back).forever();
    let image = scene.registry.at("other:1");
    // What the registry has would be mounted.
    let place = Fixture::many_layers(3).place();
    scene.home.run(["copy", "-q", &place, &format!("store:{image}")]).succeeds();
    scene.home.run(["push", "--jobs", "1", &image]).succeeds();

    assert!(!scene.stranger.heard().is_empty());
    assert_eq!(scene.stranger.credentials(), [""; 0]);
    assert_eq!(scene.registry.credentials(), [""; 0]);
}
