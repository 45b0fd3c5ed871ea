//! R12: a token service that fails is named, and says nothing about what its registry has.

use serde_json::Value;

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Fixture, Home, Outcome};

/// A registry whose token service returns `status` to every request.
fn failing(status: u16) -> Scripted {
    let registry = Scripted::demanding(Demand::Token(String::new()));
    registry.seed("app", &Fixture::small(), "1");
    registry.on(Route::Token).status(status).forever();
    registry
}

/// Asserts that the error names the token service and its response, and not the content.
#[track_caller]
fn names_the_service(outcome: &Outcome, registry: &Scripted, status: &str) {
    let said = format!("token service {} answered {status}", registry.host());
    assert!(outcome.stderr.contains(&said), "{outcome}");
    assert!(!outcome.stderr.contains("not found:") && !outcome.stderr.contains("docker login"), "{outcome}");
}

#[test]
fn r12_a_failing_token_service_says_nothing_about_the_image() {
    for (status, words) in [(404, "404 Not Found"), (410, "410 Gone"), (400, "400 Bad Request")] {
        let registry = failing(status);
        let (home, image) = (Home::fresh(), registry.at("app:1"));
        for command in ["pull", "digest", "manifest", "inspect"] {
            names_the_service(&home.run([command, &image]).ends_with(1), &registry, words);
        }
        names_the_service(&home.run(["pull", "--dry-run", &image]).ends_with(1), &registry, words);
        names_the_service(&home.run(["tags", &registry.at("app")]).ends_with(1), &registry, words);
        names_the_service(&home.run(["catalog", &registry.host()]).ends_with(1), &registry, words);
        home.run(["copy", "-q", &Fixture::small().place(), &format!("store:{image}")]).succeeds();
        names_the_service(&home.run(["push", "--dry-run", &image]).ends_with(1), &registry, words);
        names_the_service(&home.run(["push", &image]).ends_with(1), &registry, words);
    }
    let registry = failing(503);
    let outcome = Home::fresh().run(["--retry", "1", "pull", &registry.at("app:1")]).ends_with(5);
    names_the_service(&outcome, &registry, "503 Service Unavailable");
}

#[test]
fn r12_a_failing_token_service_fails_logins_and_checks_by_its_name() {
    let (registry, home) = (failing(404), Home::fresh());
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    let outcome = home.regcli(login).stdin(PASSWORD).run().ends_with(1);
    names_the_service(&outcome, &registry, "404 Not Found");
    assert!(!home.docker_config().exists(), "nothing was checked, so nothing is stored");

    let registry = Scripted::demanding(Demand::Token(String::new()));
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    home.regcli(login).stdin(PASSWORD).run().succeeds();
    registry.on(Route::Token).status(404).forever();
    let outcome = home.run(["auth", "status", "--check", &registry.host()]).ends_with(5);
    names_the_service(&outcome, &registry, "404 Not Found");
}

#[test]
fn r12_doctor_stops_at_a_failing_token_service() {
    let registry = failing(404);
    let report = Home::fresh().run(["doctor", "--format", "json", &registry.host()]).ends_with(1);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let check = |name: &str| checks.iter().find(|check| check["id"] == name).unwrap();
    assert_eq!(check("token")["status"], "fail", "{report}");
    let said = format!("token service {} answered 404", registry.host());
    assert!(check("token").to_string().contains(&said), "{report}");
    assert!(checks.iter().all(|check| check["id"] != "catalog" || check["status"] != "ok"), "{report}");
}
