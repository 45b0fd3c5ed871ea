//! A scripted registry is one, if nothing else was said; and it does what was said.

use crate::support::{Authority, Fixture, Home};

use super::{Demand, PASSWORD, Route, Scripted, USER};

#[test]
fn it_takes_an_image_and_gives_it_back() {
    let registry = Scripted::start();
    let fixture = Fixture::multi_platform();
    Home::fresh().run(["copy", &fixture.place(), &registry.at("team/app:1")]).succeeds();
    registry.holds("team/app", &fixture, "1");
    assert_eq!(registry.open_uploads(), 0);
    let home = Home::fresh();
    home.run(["pull", "--all-platforms", &registry.at("team/app:1")]).succeeds();
    home.run(["copy", &registry.at("team/app:1"), &registry.at("other:2")]).succeeds();
    home.run(["tags", &registry.at("other")]).succeeds().prints("2\n");
    home.run(["catalog", &registry.host()]).succeeds().prints("other\nteam/app\n");
    assert_eq!(registry.requests(Route::Mount).len(), fixture.blobs.len());
}

#[test]
fn it_asks_who_it_is_talking_to() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let registry = Scripted::demanding(demand);
        let (fixture, home) = (Fixture::small(), Home::fresh());
        let push = ["copy", &fixture.place(), &registry.at("app:1")];
        home.run(push).ends_with(4);
        let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
        home.regcli(login).stdin("wrong").run().ends_with(4);
        home.regcli(login).stdin(PASSWORD).run().succeeds();
        home.run(push).succeeds();
        registry.holds("app", &fixture, "1");
        assert!(!registry.credentials().is_empty());
    }
}

#[test]
fn it_speaks_tls_and_http_2() {
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"]);
    let ca = authority.certificate().display().to_string();
    for registry in [Scripted::tls(&identity), Scripted::http2(&identity)] {
        let (fixture, home) = (Fixture::heavy(1 << 20), Home::fresh());
        home.run(["--ca-file", &ca, "copy", &fixture.place(), &registry.at("app:1")]).succeeds();
        registry.holds("app", &fixture, "1");
        home.run(["--ca-file", &ca, "pull", &registry.at("app:1")]).succeeds();
    }
}

#[test]
#[should_panic(expected = "rules that did not come about")]
fn a_rule_that_did_not_come_about_fails_its_test() {
    let registry = Scripted::start();
    registry.on(Route::Blob).hang_up().once();
}
