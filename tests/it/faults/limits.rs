//! R: registries that want to fill memory, disks and terminals, or to be waited for.

use std::time::{Duration, Instant};

use crate::support::scripted::{Demand, KIB, Route, Scripted};
use crate::support::{Fixture, Outcome};

use super::{MEMORY, Pulling, TIMEOUT};

/// What may be sent before a client has hung up: what it reads, and what systems take ahead of it.
const ENOUGH: u64 = 32 << 20;

#[track_caller]
fn is_small(outcome: &Outcome) {
    eprintln!("{} MB at most", outcome.peak >> 20);
    assert!(outcome.peak > 0 && outcome.peak <= MEMORY, "{} bytes\n{outcome}", outcome.peak);
}

#[track_caller]
fn sent_enough(registry: &Scripted) {
    let most = registry.heard().iter().map(|heard| heard.sent).max().unwrap_or_default();
    eprintln!("{} MB were sent", most >> 20);
    assert!(most <= ENOUGH, "{most} bytes");
}

#[test]
fn r01_a_manifest_without_end_is_read_to_its_limit() {
    let there = Pulling::small();
    let endless = there.registry.on(Route::Manifest).body("application/vnd.oci.image.manifest.v1+json", "{");
    endless.chunked().endless("\"a\":1,".repeat(8192)).forever();
    let outcome = there.home.run(["pull", &there.image()]).ends_with(1);
    is_small(&outcome);
    sent_enough(&there.registry);
    assert_eq!(there.registry.requests(Route::Manifest).len(), 1);
    there.is_not_kept();
}

#[test]
fn r01_no_memory_is_taken_for_a_length_that_is_only_claimed() {
    let there = Pulling::small();
    let huge = there.registry.on(Route::Manifest).body("application/vnd.oci.image.manifest.v1+json", "{");
    huge.lie_about_length(1 << 40).stall_after(1).forever();
    let command = ["--timeout", TIMEOUT, "--retry", "1", "pull", &there.image()];
    let outcome = there.home.run(command);
    assert!(outcome.code == 5 || outcome.code == 1, "{outcome}");
    is_small(&outcome);
}

#[test]
fn r02_an_error_without_end_is_read_to_its_limit() {
    for route in [Route::Manifest, Route::Blob] {
        let there = Pulling::small();
        let endless =
            there.registry.on(route).status(403).body("application/json", "{\"errors\":[{\"message\":\"");
        endless.chunked().edit(|_, answer| answer.status = 403).endless("denied ".repeat(8192)).forever();
        let outcome = there.home.run(["pull", &there.image()]).ends_with(4);
        is_small(&outcome);
        sent_enough(&there.registry);
        assert!(outcome.stderr.len() < 8 << 10, "{} bytes are shown", outcome.stderr.len());
    }
}

#[test]
fn r02_an_error_that_stalls_is_told_all_the_same() {
    let there = Pulling::small();
    let stalling = there.registry.on(Route::Manifest).error(403, "DENIED");
    stalling.lie_about_length(10_000).stall_after(10).forever();
    let begun = Instant::now();
    there.home.run(["--timeout", TIMEOUT, "pull", &there.image()]).ends_with(4);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn r03_a_blob_without_end_is_read_to_its_size() {
    let there = Pulling::heavy();
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).without_length().endless(vec![0; 64 << 10]).forever();
    let outcome = there.home.run(["pull", &there.image()]).ends_with(6);
    is_small(&outcome);
    sent_enough(&there.registry);
    there.is_not_kept();
}

#[test]
fn r04_r06_what_would_move_the_cursor_is_shown_as_what_it_is() {
    let there = Pulling::small();
    let texts = ["\\u001b[2J\\u001b]0;title\\u0007", "\\u009b31m", "\\u202e", "a\\rb\\u0008"];
    for text in texts {
        let body = format!(
            "{{\"errors\":[{{\"code\":\"DENIED\",\"message\":\"x{text}y\",\"detail\":\"{text}\"}}]}}"
        );
        there.registry.on(Route::Manifest).body("application/json", body).edit(|_, a| a.status = 403).once();
        is_plain(&there.home.run(["pull", &there.image()]).ends_with(4));
    }
    there
        .registry
        .on(Route::Manifest)
        .status(403)
        .body("text/plain", "\x1b[2Jno\x07")
        .edit(|_, a| a.status = 403)
        .once();
    is_plain(&there.home.run(["pull", &there.image()]).ends_with(4));
    there.registry.on(Route::Manifest).with_header("Warning", "299 - \"\x1b[2Jold\x07\"").once();
    is_plain(&there.home.run(["pull", &there.image()]).succeeds());
}

#[test]
fn r06_what_a_registry_warns_of_is_shown_once_and_escaped() {
    let there = Pulling::of(Scripted::start(), Fixture::multi_platform());
    there.home.run(["pull", &there.image()]).succeeds();
    there.home.run(["rmi", &there.image()]).succeeds();
    for (sent, shown) in
        [("retires soon", "retires soon"), ("\u{9b}31m退休\u{202e}", "\\u{9b}31m退休\\u{202e}")]
    {
        let warning = format!("299 - \"{sent}\"");
        there.registry.on(Route::Manifest).with_header("Warning", warning.clone()).times(2);
        there.registry.on(Route::Blob).with_header("Warning", warning).times(2);
        let outcome = there.home.run(["pull", "--platform", "linux/arm64", &there.image()]).succeeds();
        let told = format!("WARNING: {}: {shown}\n", there.registry.host());
        assert_eq!(outcome.stderr.matches(&told).count(), 1, "{outcome}");
        is_plain(&outcome);
        there.home.run(["rmi", "-f", &there.image()]).succeeds();
        there.registry.done();
    }
}

#[test]
fn r06_warnings_have_an_end() {
    let there = Pulling::small();
    let flood = there.registry.on(Route::Manifest).edit(|_, answer| {
        let warnings = (0..200).map(|n| ("Warning".to_owned(), format!("299 - \"{n} {}\"", "x".repeat(200))));
        answer.headers.extend(warnings);
    });
    flood.once();
    let outcome = there.home.run(["pull", &there.image()]).succeeds();
    assert_eq!(outcome.stderr.matches("WARNING: ").count(), 32, "{outcome}");
}

#[track_caller]
fn is_plain(outcome: &Outcome) {
    let bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!outcome.stderr.contains(bad) && !outcome.stdout.contains(bad), "{outcome:}");
}

#[test]
fn r07_redirects_out_of_http_are_refused() {
    for location in ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/x", "data:,x"] {
        for route in [Route::Manifest, Route::Blob] {
            let there = Pulling::small();
            there.registry.on(route).redirect(307, location).forever();
            there.home.run(["pull", &there.image()]).ends_with(1).complains("it leads out of HTTP");
            there.is_not_kept();
        }
    }
}

#[test]
fn r08_heads_that_are_too_large_are_not_taken() {
    for (count, bytes) in [(1, 20 << 20), (100_000, 10), (1000, 20_000)] {
        let there = Pulling::small();
        there.registry.on(Route::Manifest).header_flood(count, bytes).forever();
        let command = ["--retry", "1", "pull", &there.image()];
        let outcome = there.home.run(command);
        assert_ne!(outcome.code, 0, "{outcome}");
        is_small(&outcome);
        assert!(there.registry.requests(Route::Manifest).len() <= 2);
    }
}

#[test]
fn r09_a_head_as_long_as_cdns_have_them_is_taken() {
    let there = Pulling::small();
    there.registry.on(Route::Manifest).header_flood(200, 100).once();
    there.registry.on(Route::Blob).header_flood(200, 100).forever();
    there.home.run(["pull", &there.image()]).succeeds();
    there.is_kept();
}

#[test]
fn r11_a_registry_that_trickles_every_answer_is_given_up() {
    let there = Pulling::small();
    there.registry.on(Route::Any).trickle_headers(Duration::from_millis(300)).forever();
    let begun = Instant::now();
    there.home.run(["--timeout", TIMEOUT, "--retry", "2", "pull", &there.image()]).ends_with(5);
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    there.registry.done();
    there.registry.on(Route::Blob).trickle(20, Duration::from_millis(300)).forever();
    there.home.run(["--timeout", TIMEOUT, "--retry", "1", "pull", &there.image()]).ends_with(5);
}

#[test]
fn a_slow_line_is_no_fault() {
    // 64 KiB a second are slow, and enough.
    let there = Pulling::of(Scripted::start(), Fixture::heavy(300 << 10));
    let layer = there.layer();
    there.registry.on(Route::Blob).of(&layer.digest).trickle(16 << 10, Duration::from_millis(250)).once();
    there.home.run(["--timeout", TIMEOUT, "pull", &there.image()]).succeeds();
    there.is_kept();
    assert_eq!(there.registry.blob_bytes_sent(), there.fixture.blob_bytes());
    assert!(layer.size > 300 * KIB);
}

#[test]
fn a_token_service_in_trouble_is_not_asked_by_two_loops() {
    let there = Pulling::small();
    there.registry.demand(Demand::Token(String::new()));
    there.registry.on(Route::Token).status(503).forever();
    there.home.run(["--retry", "5", "pull", &there.image()]).ends_with(5);
    let asked = there.registry.requests(Route::Token).len();
    assert!(asked <= 20, "{asked} requests");
}

#[test]
fn a_time_that_is_none_is_a_mistake() {
    let there = Pulling::small();
    for time in ["0", "soon", "-1", "19h", "1.5"] {
        let flag = format!("--timeout={time}");
        there
            .home
            .run([&flag, "pull", &there.image()])
            .ends_with(125)
            .complains("must be a time from 1s to 18h");
    }
    assert!(there.registry.heard().is_empty());
}
