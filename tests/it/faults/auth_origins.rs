//! A: challenges in every spelling, and who may be told a secret: the registry, its token service, and nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::scripted::{Answer, Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Authority, Fixture, Home};

use super::auth_tokens::{guarded, log_in};
use super::{Pulling, Pushing};

/// Every challenge of this registry is spelled so, with its own URL in place of `HERE`.
fn challenge(registry: &Scripted, headers: &[&str]) {
    let here = registry.origin();
    let headers: Vec<_> = headers.iter().map(|header| header.replace("HERE", &here)).collect();
    let spell = move |answer: &mut Answer| {
        if answer.status == 401 {
            answer.remove("WWW-Authenticate");
            let new = headers.iter().map(|header| ("WWW-Authenticate".to_owned(), header.clone()));
            answer.headers.extend(new);
        }
    };
    registry.on(Route::Any).edit(move |_, answer| spell(answer)).forever();
}

/// A pull by somebody whose password is known.
fn known(demand: Demand) -> Pulling {
    let there = Pulling::of(Scripted::demanding(demand), Fixture::small());
    let config = there.home.docker_config();
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    std::fs::write(config, json!({"auths": {there.registry.host(): {"auth": auth}}}).to_string()).unwrap();
    there
}

#[test]
fn a15_a16_a_token_service_is_found_in_every_spelling() {
    let spellings: [&[&str]; 12] = [
        &["Basic realm=\"x\"", "Bearer realm=\"HERE/token\",service=\"scripted\""],
        &["Bearer realm=\"HERE/token\",service=\"scripted\"", "Basic realm=\"x\""],
        &["Basic realm=\"x\", Bearer realm=\"HERE/token\", service=\"scripted\""],
        &["Bearer realm=\"HERE/token\",service=\"scripted\", Basic realm=\"x\""],
        &["Negotiate", "NTLM", "bearer REALM = \"HERE/token\" , Service = \"scripted\""],
        &["Negotiate YIIabc==, BEARER service=scripted,realm=HERE/token"],
        &["Bearer realm=HERE/token,service=scripted"],
        &[",, Bearer\trealm=\"HERE/token\",,service=\"scripted\" ,"],
        &["Bearer realm=\"HERE/token\" service=\"scripted\""],
        &[
            "Bearer realm=\"HERE/token\",service=\"scripted\",error=\"invalid_token\",error_description=\"a, Basic \\\"b\\\"\"",
        ],
        &[
            "Digest realm=\"a, Bearer realm=b\", nonce=\"c\", Bearer realm=\"HERE/token\",service=\"scripted\"",
        ],
        &["Bearer error=\"x\"", "Bearer realm=\"HERE/token\",service=\"scripted\""],
    ];
    for spelling in spellings {
        let there = known(Demand::Token(String::new()));
        challenge(&there.registry, spelling);
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
        let tokens = there.registry.requests(Route::Token);
        assert_eq!(tokens.len(), 1, "{spelling:?}");
        assert!(tokens[0].head.path.contains("service=scripted&"), "{spelling:?}: {}", tokens[0].head.path);
        let basic = there.registry.credentials().iter().filter(|value| value.starts_with("Basic ")).count();
        assert_eq!(basic, 1, "{spelling:?}: the password goes to the token service only");
    }
}

#[test]
fn a15_a16_a_password_is_sent_to_who_asks_for_it_in_whatever_spelling() {
    let spellings: [&[&str]; 6] = [
        &["Basic"],
        &["basic Realm=x, charset=\"UTF-8\""],
        &["Digest realm=\"x\", nonce=\"y\", qop=\"auth, auth-int\"", "Basic realm=\"x\""],
        &["Negotiate YIIabc==, BASIC realm=\"a, b\""],
        &["Basic realm=\"cut"],
        &["Bearer error=\"invalid_token\"", "Basic realm=\"x\""],
    ];
    for spelling in spellings {
        let there = known(Demand::Password);
        challenge(&there.registry, spelling);
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
    }
}

#[test]
fn a15_a16_what_cannot_be_answered_gets_no_credentials() {
    let spellings: [&[&str]; 7] = [
        &[],
        &[""],
        &["Digest realm=\"x\", nonce=\"y\""],
        &["Negotiate"],
        &["Bearer"],
        &["Bearer realm=\"/token\",service=\"scripted\""],
        &["realm=\"HERE/token\""],
    ];
    for spelling in spellings {
        let there = known(Demand::Password);
        challenge(&there.registry, spelling);
        there.home.run(["pull", &there.image()]).ends_with(4);
        assert_eq!(there.registry.credentials(), [""; 0], "{spelling:?}");
        assert!(there.registry.heard().len() <= 2, "{spelling:?}: {:#?}", there.registry.heard());
        there.is_not_kept();
    }
}

/// What somebody asks for who wants to have secrets.
fn lures(thief: &Scripted) -> [String; 2] {
    let realm = format!("Bearer realm=\"{}/token\",service=\"scripted\"", thief.origin());
    [realm, "Basic realm=\"scripted\"".to_owned()]
}

#[test]
fn a19_a_place_for_an_upload_that_asks_for_credentials_gets_none() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        for number in 0..2 {
            let there = Pushing::of(Scripted::demanding(demand.clone()), Fixture::small());
            log_in(&there.home, &there.registry);
            let thief = there.registry.beside();
            there.registry.on(Route::UploadBegin).located_at(thief.origin()).forever();
            let lure = lures(&thief)[number].clone();
            thief.on(Route::UploadPut).status(401).header("WWW-Authenticate", lure).forever();
            there.home.run(["push", &there.image()]).ends_with(4);
            assert_eq!(thief.credentials(), [""; 0], "{demand:?}");
            assert_eq!(thief.requests(Route::Token).len(), 0, "{demand:?}");
            assert!(thief.heard().len() <= 2 * there.fixture.blobs.len(), "{:#?}", thief.heard());
            assert!(!there.registry.has_manifest("app", "1"));
        }
    }
}

#[test]
fn a20_a_foreign_layer_is_not_fetched_whoever_asks_for_what() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let there = known(demand);
        let thief = there.registry.beside();
        thief.demand(Demand::Password);
        let fixture = &there.fixture;
        let mut manifest: serde_json::Value =
            serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
        let layer = &mut manifest["layers"][0];
        let digest = layer["digest"].as_str().unwrap().to_owned();
        layer["mediaType"] = json!("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        layer["urls"] = json!([format!("{}/v2/app/blobs/{digest}", thief.origin())]);
        let media_type = manifest["mediaType"].as_str().unwrap().to_owned();
        let root = there.registry.seed_manifest("app", &media_type, manifest.to_string().into_bytes());
        there.registry.tag("app", "foreign", &root);
        let name = there.registry.at("app:foreign");
        there.home.run(["pull", &name]).succeeds();
        assert!(thief.heard().is_empty(), "{:#?}", thief.heard());
        let fetched = there.registry.requests(Route::Blob);
        assert!(fetched.iter().all(|heard| !heard.head.path.contains(&digest)), "{fetched:#?}");
        let shown = there.home.run(["images", "-q"]).succeeds().stdout;
        assert_eq!(shown.lines().count(), 1, "{shown}");
    }
}

#[test]
fn a21_a_manifest_that_is_elsewhere_is_fetched_without_credentials() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let there = known(demand.clone());
        let other = there.registry.beside();
        there.registry.on(Route::Manifest).redirect(307, other.origin() + "/v2/app/manifests/1").forever();
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
        assert!(!other.heard().is_empty());
        assert_eq!(other.credentials(), [""; 0], "{demand:?}");
    }
}

#[test]
fn a21_an_attacker_who_asks_for_credentials_gets_none() {
    for number in 0..2 {
        for demand in [Demand::Password, Demand::Token(String::new())] {
            let there = Pulling::of(Scripted::demanding(demand.clone()), Fixture::small());
            log_in(&there.home, &there.registry);
            let thief = there.registry.beside();
            there
                .registry
                .on(Route::Manifest)
                .redirect(302, thief.origin() + "/v2/app/manifests/1")
                .forever();
            let lure = lures(&thief)[number].clone();
            thief.on(Route::Manifest).status(401).header("WWW-Authenticate", lure).forever();
            there.home.run(["pull", &there.image()]).ends_with(4);
            assert_eq!(thief.credentials(), [""; 0], "{demand:?}");
            assert_eq!(thief.requests(Route::Token).len(), 0, "{demand:?}");
            assert!(thief.heard().len() <= 3, "{:#?}", thief.heard());
            there.is_not_kept();
        }
    }
}

/// A registry with TLS that demands a token, an address without, and the option that trusts the first.
fn encrypted() -> (Pulling, Scripted, [String; 2]) {
    let authority = Authority::new();
    let there = Pulling::of(Scripted::tls(&authority.issue(&["127.0.0.1"])), Fixture::small());
    there.registry.demand(Demand::Token(String::new()));
    let trusted = there.home.path().join("ca.pem");
    std::fs::copy(authority.certificate(), &trusted).unwrap();
    let plain = there.registry.beside();
    let option = ["--ca-file".to_owned(), trusted.display().to_string()];
    (there, plain, option)
}

#[test]
fn a29_a_redirect_from_https_to_http_is_not_followed() {
    for route in [Route::Manifest, Route::Blob] {
        let (there, plain, trusted) = encrypted();
        let origin = plain.origin();
        let lead = move |path: &str, answer: &mut Answer| {
            if answer.status == 200 {
                answer.status = 307;
                answer.set("Location", format!("{origin}{path}"));
            }
        };
        there.registry.on(route).edit(move |head, answer| lead(&head.path, answer)).forever();
        let outcome = there.home.regcli(trusted.iter().map(String::as_str).chain(["pull", &there.image()]));
        let outcome = outcome.run();
        assert!(matches!(outcome.code, 1 | 4), "{outcome}");
        outcome.complains("it leads from HTTPS to plain HTTP");
        assert!(plain.heard().is_empty(), "{:#?}", plain.heard());
        assert!(there.registry.requests(route).len() <= 2 * there.fixture.blobs.len());
        there.is_not_kept();
    }
}

#[test]
fn a29_a_token_service_does_not_lead_elsewhere_with_a_password() {
    for status in [301, 302, 307, 308] {
        let (there, plain, trusted) = encrypted();
        for origin in [plain.origin(), there.registry.beside().origin()] {
            there.registry.on(Route::Token).redirect(status, format!("{origin}/token")).once();
            let login = ["login", "-u", USER, "--password-stdin", &there.registry.host()];
            let login = there.home.regcli(trusted.iter().map(String::as_str).chain(login));
            let outcome = login.stdin(PASSWORD).run();
            assert!(outcome.code != 0, "{outcome}");
        }
        assert!(plain.heard().is_empty(), "{:#?}", plain.heard());
        assert!(!there.home.docker_config().exists());
    }
}

#[test]
fn a29_bytes_do_not_leave_encryption_to_be_uploaded() {
    let authority = Authority::new();
    let registry = Scripted::tls(&authority.issue(&["127.0.0.1"]));
    let ca = authority.certificate().display().to_string();
    let there = Pushing::of(registry, Fixture::small());
    let plain = there.registry.beside();
    there.registry.on(Route::UploadBegin).located_at(plain.origin()).forever();
    let outcome = there.home.run(["--ca-file", &ca, "push", &there.image()]);
    assert!(outcome.code != 0, "{outcome}");
    assert!(plain.heard().is_empty(), "{:#?}", plain.heard());
}

#[test]
fn a14_a_token_service_elsewhere_gets_the_password_and_the_registry_gets_the_token() {
    let service = guarded();
    let registry = Scripted::demanding(Demand::Token(format!("{}/token", service.origin())));
    let home = Home::fresh();
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    // The two do not know each other: the token is no good here. What matters is who heard what.
    home.regcli(login).stdin(PASSWORD).run().ends_with(4);
    assert_eq!(service.requests(Route::Token).len(), 1);
    assert!(service.credentials().iter().all(|value| value.starts_with("Basic ")));
    let heard = registry.credentials();
    assert!(!heard.is_empty() && heard.iter().all(|value| value.starts_with("Bearer ")), "{heard:?}");
}
