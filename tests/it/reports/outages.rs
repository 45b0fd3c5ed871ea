//! Servers that are away for a while.

mod content;
mod line;
mod pieces;
mod waits;
mod words;
mod signed;
mod uploads;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Fixture, Home, Kind, Restarting, Started, blob_path, eventually};

use line::{Line, Mode};

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "U1",
        &[
            "reports::outages::u1_a_registry_that_restarts_is_waited_for_by_pull_push_and_copy",
            "reports::outages::u1_one_request_at_a_time_asks_whether_the_server_is_back",
            "reports::outages::u1_a_server_that_falls_silent_is_asked_again_and_by_one_only",
            "reports::outages::u1_a_registry_that_was_never_there_is_not_waited_for",
            "reports::outages::u1_a_number_of_retries_bounds_an_outage_if_it_is_given",
            "reports::outages::u1_lists_tokens_and_logins_wait_as_well",
            "reports::outages::u1_a_registry_that_goes_away_after_the_greeting_is_waited_for",
            "reports::outages::u1_a_token_service_that_has_answered_is_waited_for_by_every_repository",
            "retry::outage::u1_a_server_that_was_only_greeted_is_waited_for_if_it_refuses_connections",
            "reports::outages::signed::u1_a_signed_url_that_runs_out_while_its_storage_is_away_is_named_anew",
            "reports::outages::signed::u1_a_signed_url_that_runs_out_in_the_middle_is_named_anew_and_the_rest_comes",
            "reports::outages::signed::u1_a_storage_that_refuses_a_new_url_as_well_has_refused",
            "retry::outage::u1_while_a_server_is_away_one_request_at_a_time_asks_and_all_go_on_when_it_is_back",
            "retry::outage::u1_a_server_that_stays_away_is_given_up_for_everybody_after_the_budget",
            "retry::outage::u1_bytes_of_other_streams_begin_the_budget_anew",
            "retry::outage::u1_a_probe_that_is_dropped_is_taken_over",
            "retry::outage::u1_those_that_wait_for_a_server_that_is_given_up_get_the_failure_of_the_probe",
            "retry::tests::u1_failures_are_counted_while_the_server_answers_other_requests",
            "reports::outages::uploads::u1_an_upload_that_always_fails_is_given_up_if_the_server_answers",
        ],
    ),
    (
        "U4",
        &[
            "ui::progress::waits::tests::u4_a_wait_that_only_time_limits_says_when_it_ends",
            "ui::progress::waits::tests::u4_a_log_tells_a_wait_less_and_less_often",
            "reports::outages::waits::u4_a_list_tells_a_log_what_it_waits_for_now_and_then",
            "reports::outages::waits::u4_nothing_is_told_to_those_who_want_no_progress",
            "reports::outages::waits::u4_a_terminal_shows_what_a_list_waits_for_in_a_line_that_is_gone_afterwards",
            "reports::outages::waits::u4_programs_hear_of_waits_before_anything_is_planned",
            "ui::progress::waits::tests::u4_a_time_is_told_once_and_a_request_that_is_due_is_sent_now",
            "ui::progress::waits::tests::u4_a_cause_is_cut_on_a_terminal_only",
            "reports::outages::uploads::u4_a_refused_upload_is_told_in_the_words_of_the_registry",
            "reports::outages::uploads::u4_a_body_that_is_too_large_is_told_without_its_url",
            "http::proxy::problem::tests::u4_a_proxy_that_is_waited_for_is_named_in_short",
            "reports::outages::words::u4_a_pull_that_gives_up_says_what_happened_first_and_what_is_kept_last",
            "reports::outages::pieces::u4_an_outage_of_a_blob_is_told_once_and_not_for_each_connection",
            "reports::outages::words::u4_a_registry_that_goes_away_is_named_by_pull_push_and_copy",
        ],
    ),
    (
        "D4",
        &[
            "reports::outages::content::d4_other_bytes_after_a_cut_never_become_a_blob_of_the_target",
            "reports::outages::content::d4_other_bytes_before_a_cut_are_sent_again",
            "reports::outages::content::d4_an_upload_that_goes_on_is_verified_and_little_of_it_is_read_again",
            "transfer::verified::d4_other_bytes_after_a_cut_or_before_it_are_found",
            "transfer::verified::d4_nothing_is_sent_before_it_is_known_what_was_sent",
        ],
    ),
    ("D11", &["transfer::waiting::tests::d11_pieces_take_no_more_than_the_window_and_are_due_in_order"]),
];

/// How long something may take that is bound to come.
const SOON: Duration = Duration::from_secs(60);

/// Six layers, which take some seconds at [`RATE`].
fn fixture() -> Fixture {
    Fixture::several(6, 1 << 20)
}

const RATE: &str = "--limit-rate=1M";

/// From so many bytes on, a transfer is in its middle.
const MIDDLE: u64 = 1 << 20;

/// How many bytes the files in a folder have.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.filter_map(Result::ok).map(|entry| {
        let path = entry.path();
        if path.is_dir() { bytes_in(&path) } else { path.metadata().map_or(0, |file| file.len()) }
    });
    sizes.sum()
}

/// Waits until the files in a folder have so many bytes.
#[track_caller]
pub(super) fn wait_for(folder: &Path, bytes: u64) {
    let there = eventually(SOON, || (bytes_in(folder) >= bytes).then_some(()));
    assert!(there.is_some(), "{} bytes only in {}", bytes_in(folder), folder.display());
}

#[track_caller]
pub(super) fn assert_kept(home: &Home, fixture: &Fixture) {
    for part in fixture.blobs.iter().chain([&fixture.root]) {
        let found = std::fs::read(blob_path(&home.store(), &part.digest)).ok();
        assert!(found == Some(fixture.content(&part.digest)), "{} is not as it should be", part.digest);
    }
}

/// Brings an image to a registry, or under its name into the store of a home.
#[track_caller]
fn seed(home: &Home, fixture: &Fixture, place: &str) {
    home.run(["copy", "-q", &fixture.place(), place]).succeeds();
}

#[test]
fn u1_a_registry_that_restarts_is_waited_for_by_pull_push_and_copy() {
    for kind in Kind::present() {
        let (mut here, other, fixture) = (Restarting::start(kind), Restarting::start(kind), fixture());
        let at = |name: &str| format!("{}/{name}:1", here.host());
        let beside = format!("{}/app:1", other.host());
        let homes: [Home; 4] = std::array::from_fn(|_| Home::fresh());
        seed(&homes[0], &fixture, &at("app"));
        seed(&homes[1], &fixture, &format!("store:{}", at("pushed")));
        let (had, pulled) = (bytes_in(here.folder()), homes[0].store());
        let running: Vec<Started> = [
            (&homes[0], vec![RATE, "pull", &at("app")]),
            (&homes[1], vec![RATE, "push", &at("pushed")]),
            (&homes[2], vec![RATE, "copy", &at("app"), &beside]),
            (&homes[3], vec![RATE, "copy", &fixture.place(), &at("copied")]),
        ]
        .map(|(home, arguments)| home.regcli(arguments).start())
        .into();
        wait_for(&pulled, MIDDLE);
        wait_for(other.folder(), MIDDLE);
        wait_for(here.folder(), had + MIDDLE);
        let pushed = at("pushed");
        let copied = at("copied");
        here.kill();
        thread::sleep(Duration::from_secs(8));
        here.start_again();
        for command in running {
            command.finish().succeeds();
        }
        assert_kept(&homes[0], &fixture);
        for image in [pushed, copied, beside] {
            let home = Home::fresh();
            home.run(["pull", "-q", &image]).succeeds();
            assert_kept(&home, &fixture);
        }
    }
}

/// A registry behind a line, and somebody who is in the middle of pulling six layers at once.
struct Pulling {
    _registry: Restarting,
    line: Line,
    fixture: Fixture,
    home: Home,
    pull: Option<Started>,
}

impl Pulling {
    fn begin(options: &[&str]) -> Self {
        let (registry, home) = (Restarting::start(Kind::Embedded), Home::fresh());
        let (line, fixture) = (Line::to(registry.host()), Fixture::several(6, 4 << 20));
        seed(&home, &fixture, &format!("{}/app:1", registry.host()));
        let image = line.at("app:1");
        let arguments = [options, &["--jobs=8", "pull", &image]].concat();
        let pull = Some(home.regcli(arguments).start());
        wait_for(&home.store(), MIDDLE);
        Self { _registry: registry, line, fixture, home, pull }
    }

    /// The line is like this for a while.
    fn away(&self, mode: Mode, time: Duration) {
        self.line.set(mode);
        thread::sleep(time);
        self.line.set(Mode::Open);
    }

    #[track_caller]
    fn succeeds(&mut self) {
        self.pull.take().unwrap().finish().succeeds();
        assert_kept(&self.home, &self.fixture);
    }
}

#[test]
fn u1_one_request_at_a_time_asks_whether_the_server_is_back() {
    let mut there = Pulling::begin(&[]);
    there.away(Mode::Unavailable, Duration::from_secs(5));
    there.succeeds();
    let (asked, at_once) = there.line.asked();
    assert_eq!(at_once, 1, "of {asked} requests");
    // After 0.25, 0.5, 1, 2 and 4 s at the most, and half of that at the least.
    assert!((2..=8).contains(&asked), "{asked}");
}

#[test]
fn u1_a_server_that_falls_silent_is_asked_again_and_by_one_only() {
    let mut there = Pulling::begin(&["--timeout", "2s"]);
    there.away(Mode::Silent, Duration::from_secs(8));
    there.succeeds();
    let (asked, at_once) = there.line.asked();
    assert_eq!(at_once, 1, "of {asked} requests");
}

#[test]
fn u1_a_registry_that_was_never_there_is_not_waited_for() {
    let mut registry = Restarting::start(Kind::Embedded);
    let image = format!("{}/app:1", registry.host());
    registry.kill();
    let home = Home::fresh();
    let name = image.trim_end_matches(":1");
    for arguments in [["pull", &image], ["tags", name], ["digest", &image]] {
        let outcome = home.run([&["--debug"], &arguments[..]].concat());
        let outcome = outcome.ends_with(5).complains("connection refused");
        let requests = outcome.stderr.lines().filter(|line| line.contains(" request ")).count();
        assert!(requests <= 1, "{}", outcome.stderr);
    }
}

#[test]
fn u1_a_number_of_retries_bounds_an_outage_if_it_is_given() {
    let mut there = Pulling::begin(&["--retry", "2"]);
    there.line.set(Mode::Unavailable);
    there.pull.take().unwrap().finish().ends_with(5).complains("503");
    assert!(there.line.asked().0 <= 3, "{:?}", there.line.asked());
}

#[test]
fn u1_lists_tokens_and_logins_wait_as_well() {
    let registry = Scripted::demanding(Demand::Token(String::new()));
    registry.seed("app", &Fixture::small(), "1");
    let home = Home::fresh();
    // The first answer shows that the registry is there; then it is away.
    registry.on(Route::Ping).skipping(1).status(503).times(2);
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    home.regcli(login).stdin(PASSWORD).run().succeeds();
    registry.on(Route::Token).status(502).times(2);
    registry.on(Route::Tags).status(504).times(2);
    home.run(["tags", &registry.at("app")]).succeeds().prints("1\n");
    registry.on(Route::Catalog).status(503).times(2);
    home.run(["catalog", &registry.host()]).succeeds().prints("app\n");
}

#[test]
fn u1_a_registry_that_goes_away_after_the_greeting_is_waited_for() {
    let (mut registry, fixture, home) = (Restarting::start(Kind::Embedded), Fixture::small(), Home::fresh());
    let image = format!("{}/app:1", registry.host());
    seed(&home, &fixture, &image);
    registry.kill();
    // What speaks TLS or not is asked by a greeting; nothing more is answered.
    let greeted = TcpListener::bind(registry.host()).unwrap();
    let pull = home.regcli(["pull", &image]).start();
    greeted.accept().unwrap().0.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").unwrap();
    drop(greeted);
    // Longer than six attempts take.
    thread::sleep(Duration::from_secs(10));
    registry.start_again();
    pull.finish().succeeds();
    assert_kept(&home, &fixture);
}

#[test]
fn u1_a_token_service_that_has_answered_is_waited_for_by_every_repository() {
    let registry = Scripted::demanding(Demand::Token(String::new()));
    for name in ["app", "web"] {
        registry.seed(name, &Fixture::small(), "1");
    }
    registry.on(Route::Token).skipping(1).silent().times(3);
    let (app, web) = (registry.at("app:1"), registry.at("web:1"));
    Home::fresh().run(["--timeout", "1s", "pull", "-q", &app, &web]).succeeds();
}
