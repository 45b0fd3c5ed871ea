//! H: answers that say no, not now, or not here.

use std::time::{Duration, Instant, SystemTime};

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Authority, Fixture, Home};

use super::{Pulling, Pushing};

/// As `Retry-After` has it.
pub(super) fn http_date(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap();
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn h01_too_many_requests_are_waited_for_as_long_as_asked_and_that_is_told() {
    // A log is told of a blob at once, and of anything else that is waited for after 3 seconds.
    for (route, seconds, told) in [(Route::Manifest, 4, ", asking again in "), (Route::Blob, 2, " in 2 s")] {
        let there = Pulling::small();
        there.registry.on(route).status(429).header("Retry-After", seconds.to_string()).once();
        let begun = Instant::now();
        let outcome = there.home.run(["pull", &there.image()]).succeeds();
        assert!(begun.elapsed() >= Duration::from_secs(seconds), "{:?}", begun.elapsed());
        assert!(outcome.stderr.contains(told), "{outcome}");
        there.is_kept();
    }
}

#[test]
fn h02_a_date_says_how_long_too() {
    let there = Pulling::small();
    let date = http_date(SystemTime::now() + Duration::from_secs(3));
    there.registry.on(Route::Manifest).status(429).header("Retry-After", date.clone()).once();
    there.registry.on(Route::Blob).status(503).header("Retry-After", date).once();
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).succeeds();
    let taken = begun.elapsed();
    assert!(taken >= Duration::from_millis(1500) && taken < Duration::from_secs(8), "{taken:?}");
    there.is_kept();
}

#[test]
fn h03_a_wait_of_an_hour_is_told_and_not_waited_for() {
    for (route, value) in [
        (Route::Manifest, "3600".to_owned()),
        (Route::Blob, "3600".to_owned()),
        (Route::Manifest, http_date(SystemTime::now() + Duration::from_secs(3600))),
    ] {
        let there = Pulling::small();
        there.registry.on(route).status(429).header("Retry-After", value).forever();
        let begun = Instant::now();
        there.home.run(["pull", &there.image()]).ends_with(7).complains("try again in ");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        there.is_not_kept();
    }
}

#[test]
fn h01_an_image_that_is_given_up_because_of_another_one_ends_like_that_one() {
    let hint = "hint: try again in about an hour";
    for (status, after, code, hints) in [(429, None, 7, 0), (429, Some("3600"), 7, 3), (503, None, 5, 0)] {
        let there = Pulling::small();
        let rule = there.registry.on(Route::Any).status(status);
        match after {
            Some(after) => rule.header("Retry-After", after).forever(),
            None => rule.forever(),
        }
        let images = ["app:1", "app:2", "app:3"].map(|image| there.registry.at(image));
        let outcome =
            there.home.run(["--retry", "3", "pull"].into_iter().chain(images.each_ref().map(|i| &**i)));
        assert_eq!(outcome.stderr.matches(hint).count(), hints, "{status}: {outcome}");
        assert_eq!(outcome.stderr.matches("error: ").count(), 3, "{status}: {outcome}");
        outcome.ends_with(code);
    }
}

#[test]
fn h04_to_h08_what_is_not_possible_now_is_asked_for_again() {
    let there = Pulling::small();
    for status in [429, 500, 502, 503, 504] {
        there.registry.on(Route::Manifest).status(status).once();
    }
    // Not more of them for one blob than it has attempts; few, because the waits for one server grow with each.
    let statuses = [[408, 429], [500, 502], [503, 504]];
    for (blob, statuses) in there.fixture.blobs.iter().zip(statuses) {
        for status in statuses {
            there.registry.on(Route::Blob).of(&blob.digest).status(status).once();
        }
    }
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn h04_statuses_that_have_no_name_of_their_own_are_asked_again_too_if_time_may_help() {
    let there = Pulling::small();
    for status in [425, 499, 520, 599] {
        there.registry.on(Route::Manifest).status(status).once();
    }
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn h09_what_a_server_cannot_do_at_all_is_asked_once() {
    for status in [501, 505] {
        let there = Pulling::small();
        there.registry.on(Route::Manifest).status(status).forever();
        let outcome = there.home.run(["pull", &there.image()]);
        assert_ne!(outcome.code, 0, "{outcome}");
        assert_eq!(there.registry.requests(Route::Manifest).len(), 1, "{status}");
    }
}

#[test]
fn h09_a_budget_ends_what_many_attempts_would_go_on_with() {
    let there = Pulling::small();
    there.registry.on(Route::Blob).status(500).forever();
    let patient = ["--retry", "100", "--retry-budget", "1s", "pull", &there.image()];
    there.home.run(patient).ends_with(5).complains("500 Internal Server Error");
    let asked = there.registry.requests(Route::Blob).len();
    let blobs = there.fixture.blobs.len();
    assert!(asked > blobs && asked < 100, "{asked} requests");
}

#[test]
fn n07_a_connection_that_was_at_its_end_is_no_failed_attempt() {
    let there = Pulling::small();
    there.registry.on(Route::Blob).of(&there.layer().digest).hang_up().once();
    there.registry.on(Route::Blob).of(&there.fixture.config_digest()).reset().once();
    there.home.run(["--retry", "0", "--jobs", "1", "pull", &there.image()]).succeeds();
    there.is_kept();
    // Nobody knows what has become of a request that changes something. A first connection was not kept for long.
    let pushed = there.registry.at("other:1");
    there.home.run(["tag", &there.image(), &pushed]).succeeds();
    there.registry.on(Route::ManifestPut).hang_up().once();
    there.home.run(["--retry", "0", "push", &pushed]).ends_with(5);
    there.registry.on(Route::Tags).hang_up().once();
    there.home.run(["--retry", "0", "tags", &there.registry.at("app")]).ends_with(5);
}

#[test]
fn h07_503_with_a_time_to_wait_is_waited_for() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).status(503).header("Retry-After", "1").times(2);
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).succeeds();
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn h09_a_registry_that_is_always_in_trouble_is_given_up() {
    for route in [Route::Manifest, Route::Blob] {
        let there = Pulling::small();
        there.registry.on(route).status(500).forever();
        there.home.run(["pull", &there.image()]).ends_with(5).complains("500 Internal Server Error");
        let asked = there.registry.requests(route).len();
        assert!(asked <= 20, "{asked} requests");
        there.is_not_kept();
    }
}

#[test]
fn h10_h11_a_no_is_asked_once() {
    for (status, code, exit) in [(404, "MANIFEST_UNKNOWN", 3), (403, "DENIED", 4), (400, "UNSUPPORTED", 1)] {
        let there = Pulling::small();
        there.registry.on(Route::Manifest).error(status, code).forever();
        there.home.run(["pull", &there.image()]).ends_with(exit);
        assert_eq!(there.registry.requests(Route::Manifest).len(), 1);
    }
    let there = Pulling::small();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).error(404, "BLOB_UNKNOWN").forever();
    there.home.run(["pull", &there.image()]).ends_with(3).complains(&layer.digest);
    assert!(there.registry.requests(Route::Blob).len() <= there.fixture.blobs.len());
    there.is_not_kept();
}

#[test]
fn h22_h23_a_storage_gets_no_credentials() {
    for status in [301, 302, 303, 307, 308] {
        let there = Pulling::small();
        there.registry.demand(Demand::Token(String::new()));
        let storage = there.registry.beside();
        // It refuses what it has not asked for, as S3 does.
        storage
            .on(Route::Blob)
            .edit(|head, answer| {
                if head.header("authorization").is_some() {
                    answer.status = 400;
                }
            })
            .forever();
        for blob in &there.fixture.blobs {
            let place = format!("{}/v2/app/blobs/{}?X-Amz-Signature=1", storage.origin(), blob.digest);
            there.registry.on(Route::Blob).of(&blob.digest).redirect(status, place).forever();
        }
        let login = ["login", "-u", USER, "--password-stdin", &there.registry.host()];
        there.home.regcli(login).stdin(PASSWORD).run().succeeds();
        there.home.run(["pull", &there.image()]).succeeds();
        there.is_kept();
        assert_eq!(storage.credentials(), [""; 0], "{status}");
        assert!(storage.heard().iter().all(|heard| heard.head.header("referer").is_none()));
    }
}

#[test]
fn h24_redirects_that_lead_in_a_circle_are_followed_a_few_times() {
    for route in [Route::Manifest, Route::Blob] {
        let there = Pulling::small();
        let other = there.registry.beside();
        for (from, to) in [(&there.registry, &other), (&other, &there.registry)] {
            let origin = to.origin();
            from.on(route)
                .status(302)
                .edit(move |head, answer| answer.set("Location", format!("{origin}{}", head.path)))
                .forever();
        }
        there.home.run(["pull", &there.image()]).ends_with(1).complains("too many of them");
        let asked = there.registry.requests(route).len() + other.requests(route).len();
        assert!(asked <= 20, "{asked} requests");
    }
}

#[test]
fn h49_h50_what_is_no_registrys_answer_is_told_with_its_kind() {
    for (kind, body) in [
        ("text/html", "<html>Sign in to the hotel's network</html>"),
        ("application/json", "{\"schemaVersion\": 2, \"layers\": ["),
        ("application/vnd.oci.image.manifest.v1+json", "{\"schemaVersion\": 2, "),
        ("text/plain", ""),
    ] {
        let there = Pulling::small();
        there.registry.on(Route::Manifest).body(kind, body).forever();
        let outcome = there.home.run(["pull", &there.image()]);
        assert!(matches!(outcome.code, 1 | 6), "{outcome}");
        if kind.starts_with("text") {
            outcome.complains(&format!("not a registry's answer: {kind}"));
        }
        there.is_not_kept();
        for (route, command) in [(Route::Tags, ["tags", "HOST/app"]), (Route::Catalog, ["catalog", "HOST"])] {
            there.registry.on(route).body(kind, body).once();
            let command = command.map(|word| word.replace("HOST", &there.registry.host()));
            there.home.run(command).ends_with(1).prints("");
        }
    }
}

/// Writes a config.toml with a table for the registry.
fn configure(there: &Pulling, settings: &str) {
    let config = there.home.path().join(".config/regcli/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let table = format!("[registry.\"{}\"]\n{settings}\n", there.registry.host());
    std::fs::write(config, table).unwrap();
}

#[test]
fn i12_a_configured_rate_of_requests_is_kept() {
    const RATE: usize = 10;
    let there = Pulling::of(Scripted::start(), Fixture::many_layers(30));
    configure(&there, &format!("requests-per-second = {RATE}"));
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).succeeds();
    let (taken, requests) = (begun.elapsed().as_secs_f64(), there.registry.heard().len());
    let least = (requests - RATE) as f64 / RATE as f64;
    assert!(requests > 30 && taken >= least * 0.9, "{requests} requests in {taken} s");
    there.is_kept();
}

#[test]
fn i12_a_registry_that_allows_nothing_more_for_a_while_is_asked_after_it_unless_nothing_is_retried() {
    for (options, seconds) in [(&["--jobs", "1"][..], 3), (&["--jobs", "1", "--retry", "0"], 0)] {
        let there = Pulling::small();
        there.registry.on(Route::Blob).with_header("ratelimit", "\"burst\";r=0;t=3").once();
        let begun = Instant::now();
        let image = there.image();
        there.home.run(options.iter().copied().chain(["pull", &image])).succeeds();
        let taken = begun.elapsed();
        assert!((seconds..seconds + 3).contains(&taken.as_secs()), "{taken:?} instead of {seconds} s");
        there.is_kept();
    }
}

#[test]
fn i12_pulls_that_are_used_up_are_reported_with_the_window_of_the_registry() {
    let there = Pulling::small();
    let spent = there.registry.on(Route::Manifest).error(429, "TOOMANYREQUESTS");
    spent
        .with_header("ratelimit-limit", "100;w=21600")
        .with_header("ratelimit-remaining", "0;w=21600")
        .forever();
    let begun = Instant::now();
    there.home.run(["pull", &there.image()]).ends_with(7).complains("try again in 6 h");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn h52_http_where_https_is_expected_is_named_with_the_option_and_nothing_is_sent_in_clear() {
    let there = Pulling::small();
    there.registry.demand(Demand::Password);
    configure(&there, "plain-http = false");
    let login = ["login", "-u", USER, "--password-stdin", &there.registry.host()];
    let outcome = there.home.regcli(login).stdin(PASSWORD).run().ends_with(5);
    outcome.complains("http: server gave HTTP response to HTTPS client").complains("--plain-http");
    assert!(there.registry.heard().is_empty(), "only greetings of TLS: {:?}", there.registry.heard());
    assert!(there.registry.strangers() > 0);
}

#[test]
fn h53_h54_a_certificate_that_is_not_good_is_told_and_no_credentials_are_sent() {
    let authority = Authority::new();
    let ca = authority.certificate().display().to_string();
    let good = authority.issue(&["127.0.0.1"]);
    let other_name = authority.issue(&["registry.test"]);
    let expired = authority.issue_expired(&["127.0.0.1"]);
    for (identity, authorities, problem) in [
        (
            &good,
            &["--ca-file", "/etc/ssl/certs/ca-certificates.crt"][..],
            "certificate signed by unknown authority",
        ),
        (&other_name, &["--ca-file", &ca], "certificate is valid for registry.test, not 127.0.0.1"),
        (&expired, &["--ca-file", &ca], "certificate has expired or is not yet valid"),
    ] {
        let registry = Scripted::tls(identity);
        registry.demand(Demand::Password);
        let host = registry.host();
        let login = [authorities, &["login", "-u", USER, "--password-stdin", &host]].concat();
        Home::fresh().regcli(login).stdin(PASSWORD).run().ends_with(5).complains(problem);
        assert!(registry.heard().is_empty(), "nothing was said");
    }
}

#[test]
fn streams_of_http_2_that_are_refused_or_reset_are_asked_for_again() {
    let authority = Authority::new();
    let ca = authority.certificate().display().to_string();
    let there = Pulling::of(Scripted::http2(&authority.issue(&["127.0.0.1"])), Fixture::many_layers(6));
    let rules = [
        (Route::Manifest, 0, h2::Reason::REFUSED_STREAM),
        (Route::Manifest, 100, h2::Reason::INTERNAL_ERROR),
        (Route::Blob, 0, h2::Reason::REFUSED_STREAM),
        (Route::Blob, 500, h2::Reason::INTERNAL_ERROR),
        (Route::Blob, 700, h2::Reason::CANCEL),
    ];
    for (route, bytes, reason) in rules {
        there.registry.on(route).reset_stream_after(bytes, reason).once();
    }
    there.registry.on(Route::Blob).go_away_after(600, h2::Reason::NO_ERROR).once();
    there.registry.on(Route::Blob).go_away_after(0, h2::Reason::ENHANCE_YOUR_CALM).once();
    there.registry.on(Route::Blob).go_away_after(800, h2::Reason::INTERNAL_ERROR).once();
    there.home.run(["--ca-file", &ca, "pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn streams_of_http_2_that_take_an_image_are_opened_again() {
    let authority = Authority::new();
    let ca = authority.certificate().display().to_string();
    let there = Pushing::of(Scripted::http2(&authority.issue(&["127.0.0.1"])), Fixture::many_layers(6));
    for route in [Route::UploadBegin, Route::UploadPut] {
        there.registry.on(route).reset_stream_after(0, h2::Reason::REFUSED_STREAM).once();
        there.registry.on(route).go_away_after(0, h2::Reason::NO_ERROR).once();
        there.registry.on(route).go_away_after(0, h2::Reason::ENHANCE_YOUR_CALM).once();
    }
    there.home.run(["--ca-file", &ca, "push", &there.image()]).succeeds();
    there.registry.holds("app", &there.fixture, "1");
}

#[test]
fn a_stream_of_http_2_that_stalls_is_asked_for_again() {
    let authority = Authority::new();
    let ca = authority.certificate().display().to_string();
    let there = Pulling::of(Scripted::http2(&authority.issue(&["127.0.0.1"])), Fixture::many_layers(3));
    there.registry.on(Route::Manifest).silent().once();
    there.registry.on(Route::Blob).stall_after(500).once();
    there.home.run(["--ca-file", &ca, "--timeout", super::TIMEOUT, "pull", &there.image()]).succeeds();
    there.is_kept();
}
