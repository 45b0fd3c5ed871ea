//! A: token services in trouble, and tokens that are not what they should be.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::support::scripted::{Answer, Demand, Heard, PASSWORD, Route, Scripted, USER};
use crate::support::{Api, Fault, Fixture, Home, Kind, Proxy, TokenService, eventually};

use super::http::http_date;
use super::{MEMORY, Pulling, Pushing};

/// How long the test has to take tokens back while requests wait for their answers.
const LATE: Duration = Duration::from_secs(1);

/// A registry that wants a token of its own service.
pub(super) fn guarded() -> Scripted {
    Scripted::demanding(Demand::Token(String::new()))
}

pub(super) fn log_in(home: &Home, registry: &Scripted) {
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    home.regcli(login).stdin(PASSWORD).run().succeeds();
}

impl Pulling {
    fn guarded(fixture: Fixture) -> Self {
        Self::of(guarded(), fixture)
    }
}

impl Pushing {
    /// By somebody who is logged in.
    fn guarded(fixture: Fixture) -> Self {
        let pushing = Self::of(guarded(), fixture);
        log_in(&pushing.home, &pushing.registry);
        pushing.registry.forget();
        pushing
    }
}

/// How many tokens were asked for.
fn asked(registry: &Scripted) -> usize {
    registry.requests(Route::Token).len()
}

/// How many requests were refused for their tokens.
fn refused(registry: &Scripted, route: Route) -> usize {
    registry.requests(route).iter().filter(|heard| heard.status == 401).count()
}

/// A rule's change of a token service's answer.
fn change(answer: &mut Answer, change: impl Fn(&mut Value)) {
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
    change(&mut body);
    answer.body = body.to_string().into();
}

#[test]
fn a01_uploads_that_are_refused_together_wait_for_one_token_and_are_sent_again() {
    let there = Pushing::guarded(Fixture::many_layers(3));
    let blobs = there.fixture.blobs.len();
    there.registry.on(Route::UploadPut).late(LATE).times(blobs);
    let push = there.home.regcli(["push", "--jobs", "16", &there.image()]).start();
    let come = || (there.registry.requests(Route::UploadPut).len() == blobs).then_some(());
    eventually(Duration::from_secs(10), come).unwrap();
    let before = asked(&there.registry);
    there.registry.revoke_tokens();
    push.finish().succeeds();
    there.registry.holds("app", &there.fixture, "1");
    assert_eq!(refused(&there.registry, Route::UploadPut), blobs);
    assert_eq!(asked(&there.registry) - before, 1, "{:#?}", there.registry.requests(Route::Token));
    assert_eq!(there.sent(), 2 * there.fixture.blob_bytes(), "each body once more");
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), blobs, "to the same place");
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn a02_whatever_is_refused_in_a_push_is_asked_again_with_a_new_token() {
    let there = Pushing::guarded(Fixture::small());
    there.home.run(["push", "--jobs", "1", &there.image()]).succeeds();
    let without = asked(&there.registry);
    // Whether a blob is there is only a question: that it is refused ends nothing.
    let there = Pushing::guarded(Fixture::small());
    there.registry.on(Route::BlobHead).unheard("authorization").forever();
    there.home.run(["push", "--jobs", "1", &there.image()]).succeeds();
    assert!(there.registry.requests(Route::BlobHead).len() <= 6 && asked(&there.registry) <= 6);
    for route in [Route::UploadBegin, Route::UploadPut, Route::ManifestPut] {
        let there = Pushing::guarded(Fixture::small());
        there.registry.on(route).unheard("authorization").once();
        there.home.run(["push", "--jobs", "1", &there.image()]).succeeds();
        there.registry.holds("app", &there.fixture, "1");
        assert_eq!(asked(&there.registry), without + 1, "{route:?}");
        assert_eq!(there.registry.open_uploads(), 0, "{route:?}");
    }
}

#[test]
fn a02_a_large_body_that_is_refused_early_is_sent_once() {
    let there = Pushing::guarded(Fixture::heavy(super::BYTES));
    there.registry.on(Route::UploadPut).above(1 << 20).unheard("authorization").early().once();
    there.succeeds();
    assert_eq!(there.sent(), there.fixture.blob_bytes());
}

#[test]
fn a02_only_the_piece_that_is_refused_is_sent_again() {
    const LIMIT: u64 = 1 << 20;
    let there = Pushing::guarded(Fixture::heavy(super::BYTES));
    there.registry.on(Route::UploadPut).above(LIMIT).status(413).early().forever();
    there.registry.on(Route::UploadPatch).above(LIMIT).status(413).early().forever();
    there.registry.on(Route::UploadPatch).skipping(1).unheard("authorization").once();
    there.succeeds();
    let twice = there.sent() - there.fixture.blob_bytes();
    assert!(twice > 0 && twice <= LIMIT, "{twice} bytes");
}

#[test]
fn a03_layers_that_are_refused_together_wait_for_one_token() {
    let there = Pulling::guarded(Fixture::many_layers(5));
    let config = there.fixture.config_digest();
    let layers: Vec<_> = there.fixture.blobs.iter().filter(|blob| blob.digest != config).collect();
    for layer in &layers {
        there.registry.on(Route::Blob).of(&layer.digest).late(LATE).once();
    }
    let pull = there.home.regcli(["pull", "--jobs", "16", &there.image()]).start();
    let come = |digest: &String| {
        there.registry.requests(Route::Blob).iter().any(|heard| heard.head.path.contains(digest))
    };
    let has_config = || {
        let config = |heard: &Heard| heard.status == 200 && heard.head.path.contains(&config);
        there.registry.requests(Route::Blob).iter().any(config)
    };
    let all = || (has_config() && layers.iter().all(|layer| come(&layer.digest))).then_some(());
    eventually(Duration::from_secs(10), all).unwrap();
    let before = asked(&there.registry);
    there.registry.revoke_tokens();
    pull.finish().succeeds();
    there.is_kept();
    assert_eq!(refused(&there.registry, Route::Blob), layers.len());
    assert_eq!((before, asked(&there.registry)), (1, 2));
}

#[test]
fn a03_a_layer_goes_on_with_a_new_token_where_it_was() {
    let there = Pulling::guarded(Fixture::heavy(super::BYTES));
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).cut_after(layer.size / 2).once();
    there.registry.on(Route::Blob).ranged().unheard("authorization").once();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
    // What is said to who is refused counts here as well.
    there.took_little_twice();
    assert_eq!(asked(&there.registry), 2);
}

#[test]
fn a04_a05_a_token_service_in_trouble_is_asked_again() {
    let there = Pulling::guarded(Fixture::small());
    there.registry.on(Route::Token).status(503).times(2);
    there.registry.on(Route::Token).status(429).header("Retry-After", "1").once();
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).succeeds();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    there.is_kept();
    assert_eq!(asked(&there.registry), 4);
}

#[test]
fn a04_a05_a_login_is_tried_again_too() {
    let registry = guarded();
    registry.on(Route::Token).status(503).once();
    registry.on(Route::Token).status(429).header("Retry-After", "1").once();
    log_in(&Home::fresh(), &registry);
    assert_eq!(asked(&registry), 3);
}

#[test]
fn a04_a05_a_token_service_that_stays_in_trouble_is_given_up() {
    for (status, exit) in [(503, 5), (429, 7)] {
        let there = Pulling::guarded(Fixture::small());
        let rule = there.registry.on(Route::Token).status(status);
        if status == 429 {
            rule.header("Retry-After", "3600").forever();
        } else {
            rule.forever();
        }
        there
            .home
            .run(["--retry", "5", "pull", &there.image()])
            .ends_with(exit)
            .complains(&status.to_string());
        assert!(asked(&there.registry) <= 20, "{} requests", asked(&there.registry));
        assert!(there.registry.requests(Route::Manifest).len() <= 2);
        there.is_not_kept();
    }
}

/// What somebody makes of an answer.
type Change = fn(&mut Value);

/// What a token service can say besides what it should; the token itself is moved by the change.
fn forms() -> Vec<(&'static str, Change)> {
    vec![
        ("access_token only", |answer| {
            answer["access_token"] = answer["token"].take();
        }),
        ("an empty token beside a good one", |answer| {
            answer["access_token"] = answer["token"].take();
            answer["token"] = json!("");
        }),
        ("no lifetime", |answer| {
            answer.as_object_mut().unwrap().remove("expires_in");
        }),
        ("null", |answer| answer["expires_in"] = Value::Null),
        ("0", |answer| answer["expires_in"] = json!(0)),
        ("negative", |answer| answer["expires_in"] = json!(-300)),
        ("a fraction", |answer| answer["expires_in"] = json!(299.5)),
        ("beyond all clocks", |answer| answer["expires_in"] = json!(u64::MAX)),
        ("a string", |answer| answer["expires_in"] = json!("300")),
        ("a word", |answer| answer["expires_in"] = json!("soon")),
        ("an object", |answer| answer["expires_in"] = json!({"seconds": 300})),
    ]
}

#[test]
fn a06_a08_to_a11_a_token_is_taken_in_every_form_and_asked_for_once() {
    for (form, edit) in forms() {
        let there = Pulling::guarded(Fixture::many_layers(4));
        there.registry.on(Route::Token).edit(move |_, answer| change(answer, edit)).forever();
        let outcome = there.home.run(["--debug", "pull", &there.image()]).succeeds();
        there.is_kept();
        assert_eq!(asked(&there.registry), 1, "{form}");
        assert!(!outcome.stderr.contains("plugh"), "{form}: the token is shown: {outcome}");
    }
}

#[test]
fn a07_a11_an_answer_without_a_token_is_told_and_not_shown() {
    let none: [fn(&Value) -> String; 6] = [
        |_| "{}".to_owned(),
        |_| json!({"token": "", "access_token": ""}).to_string(),
        |answer| json!({"token": [answer["token"]]}).to_string(),
        |answer| json!({"tokens": answer["token"]}).to_string(),
        |answer| json!({"token": format!("{}\r\nX-Injected: 1", answer["token"])}).to_string(),
        |answer| format!("{}, cut", answer["token"]),
    ];
    for form in none {
        let there = Pulling::guarded(Fixture::small());
        let replace = move |answer: &mut Answer| {
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            answer.body = form(&body).into();
        };
        there.registry.on(Route::Token).edit(move |_, answer| replace(answer)).forever();
        let outcome = there.home.run(["--debug", "pull", &there.image()]).ends_with(4);
        assert!(!outcome.stderr.contains("plugh"), "{outcome}");
        outcome.complains("the token service's response contains no token");
        assert_eq!((asked(&there.registry), there.registry.requests(Route::Manifest).len()), (1, 1));
        there.is_not_kept();
    }
}

#[test]
fn a12_the_clock_of_a_server_is_not_looked_at() {
    let hour = Duration::from_secs(3600);
    for time in [SystemTime::now() - hour, SystemTime::now() + hour] {
        let there = Pulling::guarded(Fixture::many_layers(8));
        let (date, issued) = (http_date(time), jiff::Timestamp::try_from(time).unwrap().to_string());
        let dated = date.clone();
        let token = move |answer: &mut Answer| {
            answer.set("Date", dated.clone());
            change(answer, |body| body["issued_at"] = json!(issued));
        };
        there.registry.on(Route::Token).edit(move |_, answer| token(answer)).forever();
        there.registry.on(Route::Any).with_header("Date", date).forever();
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
        assert_eq!(asked(&there.registry), 1);
    }
}

#[test]
fn a13_who_refuses_every_token_is_believed_after_one_more() {
    for route in [Route::Manifest, Route::Blob] {
        let there = Pulling::guarded(Fixture::small());
        there.registry.on(route).unheard("authorization").forever();
        there.home.run(["pull", "--jobs", "1", &there.image()]).ends_with(4);
        let count = there.registry.requests(route).len();
        assert!(count <= 3 && asked(&there.registry) <= 3, "{count}, {}", asked(&there.registry));
        there.is_not_kept();
    }
    // Whether a blob is there is only a question: that it is refused ends nothing.
    let there = Pushing::guarded(Fixture::small());
    there.registry.on(Route::BlobHead).unheard("authorization").forever();
    there.home.run(["push", "--jobs", "1", &there.image()]).succeeds();
    assert!(there.registry.requests(Route::BlobHead).len() <= 6 && asked(&there.registry) <= 6);
    for route in [Route::UploadBegin, Route::UploadPut, Route::ManifestPut] {
        let there = Pushing::guarded(Fixture::small());
        there.registry.on(route).unheard("authorization").forever();
        there.home.run(["push", "--jobs", "1", &there.image()]).ends_with(4);
        let count = there.registry.requests(route).len();
        assert!(count <= 3 && asked(&there.registry) <= 4, "{route:?}: {count}, {}", asked(&there.registry));
        assert!(!there.registry.has_manifest("app", "1"));
    }
}

#[test]
fn a24_a_token_without_end_is_read_to_its_limit() {
    let there = Pulling::guarded(Fixture::small());
    let endless = there.registry.on(Route::Token).body("application/json", "{\"token\":\"");
    endless.chunked().endless("plugh".repeat(8192)).forever();
    let outcome = there.home.run(["pull", &there.image()]);
    assert!(matches!(outcome.code, 1 | 4), "{outcome}");
    assert!(!outcome.stderr.contains("plugh"), "{outcome}");
    assert!(outcome.peak > 0 && outcome.peak <= MEMORY, "{} bytes", outcome.peak);
    let tokens = there.registry.requests(Route::Token);
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].sent <= 16 << 20, "{} bytes, what systems take ahead included", tokens[0].sent);
}

#[test]
fn a28_a_token_that_lives_three_seconds_is_renewed_in_time_and_not_for_each_request() {
    let service = TokenService::start();
    service.set_lifetime(Duration::from_secs(3));
    let registry = Kind::Embedded.open();
    let fixture = Fixture::many_layers(8);
    Api::of(registry.host(), "library/app").seed(&fixture, "1");
    let proxy = Proxy::guarding(registry.host(), service.gate());
    for _ in 0..8 {
        proxy.fault("GET", "/blobs/", Fault::Delay(Duration::from_millis(600)));
    }
    let image = format!("{}/library/app:1", proxy.host());
    Home::fresh().run(["pull", "-q", "--jobs", "1", &image]).succeeds();
    let refused = proxy.exchanges().iter().filter(|exchange| exchange.status == 401).count();
    assert!(refused <= 2, "the first of all, and one more at most: {:#?}", proxy.exchanges());
    let tokens = service.requests().len();
    assert!((2..=5).contains(&tokens), "{tokens} tokens for 5 seconds");
}
