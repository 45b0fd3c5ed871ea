//! Registries that are far away: large blobs come by several connections, and none of them is waited for alone.

mod kills;
mod memory;

use std::time::{Duration, Instant};

use axum::http::header::RANGE;

use crate::support::{Authority, Fault, Fixture, Home, Kind, Tunnel};

use super::{Counted, assert_kept, keep, parts};

at_every_registry! {
    a_large_blob_comes_by_several_connections,
    a_copy_between_registries_takes_several_connections_too,
    one_job_is_one_connection,
    a_limited_rate_holds_for_all_connections_together,
    segments_that_are_cut_go_on,
    a_connection_that_hangs_is_not_waited_for,
    a_registry_that_forgets_a_range_is_asked_again,
    wrong_bytes_in_a_segment_cost_one_more_download,
    too_many_requests_hold_up_all_connections,
    segments_come_from_where_the_registry_led_to,
}

/// Enough to be split, and little enough for a slow line.
const BYTES: usize = 24 << 20;

/// What one body gets of the slow line, in bytes a second.
const SLOW: u64 = 8 << 20;

/// A registry with one large blob behind a slow line.
struct Far {
    there: Counted,
    fixture: Fixture,
    home: Home,
}

impl Far {
    fn open(kind: Kind) -> Self {
        let there = Counted::open(kind);
        let fixture = Fixture::huge(BYTES);
        there.api("app").seed(&fixture, "1");
        there.proxy.slow_down(SLOW);
        Self { there, fixture, home: Home::fresh() }
    }

    fn layer(&self) -> &str {
        &self.fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap().digest
    }

    fn pull(&self) {
        self.home.run(["pull", &self.there.at("app:1")]).succeeds();
        assert_kept(&self.home, &self.fixture, parts(&self.fixture));
    }

    /// The requests for parts of the layer, without the one that asked for all of it.
    fn segments(&self) -> usize {
        let requests = self.there.proxy.requests("GET", self.layer());
        requests.iter().filter(|request| request.range.is_some()).count()
    }

    /// Asserts that little of what came was thrown away: `surplus` bytes at most, and what was on its way when
    /// the first stream was ended.
    #[track_caller]
    fn took_at_most(&self, surplus: u64) {
        let taken = self.there.proxy.blob_bytes_taken();
        assert_close(taken, self.fixture.blob_bytes(), surplus);
    }
}

#[track_caller]
fn assert_close(taken: u64, needed: u64, surplus: u64) {
    const ON_ITS_WAY: u64 = 2 << 20;
    assert!(taken >= needed && taken <= needed + surplus + ON_ITS_WAY, "{taken} bytes for {needed}");
}

fn a_large_blob_comes_by_several_connections(kind: Kind) {
    let far = Far::open(kind);
    far.pull();
    assert!(far.segments() >= 1, "{:#?}", far.there.proxy.exchanges());
    far.took_at_most(0);
}

fn a_copy_between_registries_takes_several_connections_too(kind: Kind) {
    let (far, to) = (Far::open(kind), Counted::open(kind));
    far.home.run(["copy", &far.there.at("app:1"), &to.at("app:1")]).succeeds();
    to.api("app").holds(&far.fixture, "1");
    assert!(far.segments() >= 8, "{:#?}", far.there.proxy.exchanges());
    assert_eq!(to.proxy.requests("PUT", "/blobs/uploads/").len(), 2, "one body a blob");
}

fn one_job_is_one_connection(kind: Kind) {
    let far = Far::open(kind);
    far.home.run(["--jobs", "1", "pull", &far.there.at("app:1")]).succeeds();
    assert_eq!(far.segments(), 0, "{:#?}", far.there.proxy.exchanges());
}

/// What is asserted is the least time that so many bytes take at that rate, which no machine can go below.
fn a_limited_rate_holds_for_all_connections_together(kind: Kind) {
    const RATE: u64 = 12_000_000;
    let far = Far::open(kind);
    let least = Duration::from_secs_f64(far.fixture.blob_bytes() as f64 / RATE as f64 * 0.95);
    let begun = Instant::now();
    far.home.run(["--limit-rate", "12M", "pull", &far.there.at("app:1")]).succeeds();
    assert!(begun.elapsed() >= least, "{:?}, not {least:?}", begun.elapsed());
    assert!(far.segments() >= 1, "by several connections");

    let to = Counted::open(kind);
    let local = format!("store:{}", far.there.at("app:1"));
    let begun = Instant::now();
    far.home.run(["--limit-rate", "12M", "copy", &local, &to.at("app:1")]).succeeds();
    assert!(begun.elapsed() >= least, "{:?}, not {least:?}", begun.elapsed());
}

fn segments_that_are_cut_go_on(kind: Kind) {
    let far = Far::open(kind);
    // The first answer is the stream that is split, so these are for it and two segments.
    for _ in 0..3 {
        far.there.proxy.fault("GET", far.layer(), Fault::CutAnswer { after: 700_000 });
    }
    far.pull();
    far.took_at_most(0);
}

fn a_connection_that_hangs_is_not_waited_for(kind: Kind) {
    let far = Far::open(kind);
    far.there.proxy.fault("GET", far.layer(), Fault::StallAnswer { after: 700_000 });
    let begun = Instant::now();
    far.pull();
    assert!(begun.elapsed() < Duration::from_secs(25), "the limit of a stalled body is 30 s");
    far.took_at_most(0);
}

fn a_registry_that_forgets_a_range_is_asked_again(kind: Kind) {
    let far = Far::open(kind);
    far.there.proxy.slow_down(2 * SLOW);
    // The first request has no range; the next ones have, and are not heard.
    far.there.proxy.fault("GET", far.layer(), Fault::Unheard(RANGE));
    far.there.proxy.fault("GET", far.layer(), Fault::Unheard(RANGE));
    far.pull();
    let requests = far.there.proxy.requests("GET", far.layer());
    assert_eq!(requests.iter().filter(|request| request.range.is_none()).count(), 1, "{requests:#?}");
    let (taken, needed) = (far.there.proxy.blob_bytes_taken(), far.fixture.blob_bytes());
    assert!(taken <= needed + 2 * (4 << 20), "{taken} bytes for {needed}: what came before was kept");
}

fn wrong_bytes_in_a_segment_cost_one_more_download(kind: Kind) {
    let far = Far::open(kind);
    far.there.proxy.slow_down(2 * SLOW);
    far.there.proxy.fault("GET", far.layer(), Fault::Delay(Duration::ZERO));
    far.there.proxy.fault("GET", far.layer(), Fault::GarbleAnswer);
    far.pull();
    let (taken, needed) = (far.there.proxy.blob_bytes_taken(), far.fixture.blob_bytes());
    assert!(taken <= 2 * needed + (4 << 20), "{taken} bytes for {needed}: one restart at most");
    let requests = far.there.proxy.requests("GET", far.layer());
    assert_eq!(requests.last().unwrap().range, None, "in one stream: {requests:#?}");
}

fn too_many_requests_hold_up_all_connections(kind: Kind) {
    let far = Far::open(kind);
    far.there.proxy.fault("GET", far.layer(), Fault::Delay(Duration::ZERO));
    let headers = vec![("Retry-After", "2".to_owned())];
    far.there.proxy.fault("GET", far.layer(), Fault::Answer { status: 429, headers, body: "" });
    let begun = Instant::now();
    far.pull();
    assert!(begun.elapsed() >= Duration::from_secs(2));
    far.took_at_most(0);
}

fn segments_come_from_where_the_registry_led_to(kind: Kind) {
    for expired in [403, 401] {
        come_from_where_the_registry_led_to(kind, expired);
    }
}

fn come_from_where_the_registry_led_to(kind: Kind, expired: u16) {
    let far = Far::open(kind);
    let storage = Counted::open(kind);
    storage.api("app").seed(&far.fixture, "1");
    storage.proxy.slow_down(SLOW);
    let place = format!("http://{}/v2/app/blobs/{}?signature=secret", storage.proxy.host(), far.layer());
    let lead = || Fault::Answer { status: 307, headers: vec![("Location", place.clone())], body: "" };
    far.there.proxy.fault("GET", far.layer(), lead());
    // What was signed runs out in the middle.
    far.there.proxy.fault("GET", far.layer(), lead());
    storage.proxy.fault("GET", far.layer(), Fault::Delay(Duration::ZERO));
    let refusal = Fault::Answer { status: expired, headers: Vec::new(), body: "<Error>expired</Error>" };
    storage.proxy.fault("GET", far.layer(), refusal);
    far.pull();
    let asked = far.there.proxy.requests("GET", far.layer()).len();
    let segments = storage.proxy.requests("GET", far.layer());
    assert!(segments.len() >= 3, "{segments:#?}");
    assert_eq!(asked, 2, "one asks for the new place, the others wait for it: {segments:#?}");
    assert!(segments.iter().all(|segment| segment.authorization.is_none()));
}

/// Only docker-registry speaks TLS itself, and HTTP/2 with it.
#[test]
fn large_blobs_have_connections_of_their_own_beside_http_2() {
    let kind = Kind::Docker;
    if kind.missing() {
        return;
    }
    let authority = Authority::new();
    let registry = kind.with_tls(&authority);
    let tunnel = Tunnel::to(registry.host());
    let name = registry.host().replace("127.0.0.1", "registry.test");
    let ca = authority.certificate().display().to_string();
    let run = |home: &Home, arguments: &[&str]| {
        let (variable, proxy) = tunnel.env();
        home.regcli([&["--ca-file", &ca], arguments].concat()).env(variable, proxy).run().succeeds();
        tunnel.connections()
    };
    let home = Home::fresh();
    let (small, large) = (format!("{name}/small:1"), format!("{name}/large:1"));
    keep(&home, &Fixture::many_layers(5), &small);
    keep(&home, &Fixture::heavy(1 << 20), &large);
    assert_eq!(run(&home, &["push", &small]), 1, "small blobs share one connection");
    assert_eq!(run(&home, &["push", &large]), 2, "the large one has its own");
    assert_eq!(run(&Home::fresh(), &["pull", &small]), 1);
    assert_eq!(run(&Home::fresh(), &["pull", &large]), 2);
}
