//! What the end of a command says that a server has let down: what happened, to what, and what is kept.

use super::line::Mode;
use super::{MIDDLE, Pulling, RATE, bytes_in, fixture, seed, wait_for};
use crate::support::{Home, Kind, Outcome, Restarting};

/// The longest line that a person reads at a glance.
const GLANCE: usize = 100;

/// Asserts that an error begins with what happened at `host`, and ends with what is kept.
#[track_caller]
fn says(outcome: &Outcome, host: &str, happened: &[&str], kept: &str) {
    let lines: Vec<&str> = outcome.stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect();
    let [first, .., last] = &lines[..] else { panic!("{outcome}") };
    let is_short = first.starts_with(&format!("error: {host}")) && first.len() <= GLANCE;
    assert!(is_short && happened.iter().any(|happened| first.contains(happened)), "{outcome}");
    assert!(first.contains(" (blob "), "{outcome}");
    assert!(last.starts_with("hint: ") && last.ends_with(kept), "{outcome}");
    assert!(!outcome.stderr.contains("regcli serve"), "a registry was there\n{outcome}");
}

const PULLED: &str = " kept; the same command resumes from there";

#[test]
fn u4_a_pull_that_gives_up_says_what_happened_first_and_what_is_kept_last() {
    for (mode, options, happened) in [
        (Mode::Unavailable, &["--retry", "4"][..], &["503 Service Unavailable; gave up after "][..]),
        (
            Mode::Silent,
            &["--retry", "1", "--timeout", "1s"],
            &["no answer for 1 s; gave up after ", "no data for 1 s; gave up after "],
        ),
    ] {
        let mut there = Pulling::begin(options);
        there.line.set(mode);
        let outcome = there.pull.take().unwrap().finish().ends_with(5);
        let host = there.line.at("");
        says(&outcome, host.trim_end_matches('/'), happened, PULLED);
    }
}

#[test]
fn u4_a_registry_that_goes_away_is_named_by_pull_push_and_copy() {
    let (mut here, fixture) = (Restarting::start(Kind::Embedded), fixture());
    let at = |name: &str| format!("{}/{name}:1", here.host());
    let homes: [Home; 3] = std::array::from_fn(|_| Home::fresh());
    seed(&homes[0], &fixture, &at("app"));
    seed(&homes[1], &fixture, &format!("store:{}", at("pushed")));
    let had = bytes_in(here.folder());
    let running = [
        (&homes[0], ["pull".to_owned(), at("app"), String::new()], PULLED),
        (&homes[1], ["push".to_owned(), at("pushed"), String::new()], "; the same command pushes the rest"),
        (&homes[2], ["copy".to_owned(), at("app"), "store:app:1".to_owned()], PULLED),
    ]
    .map(|(home, command, kept)| {
        let words = command.iter().map(String::as_str).filter(|word| !word.is_empty());
        (home.regcli(["--retry", "1", "--jobs", "2", RATE].into_iter().chain(words)).start(), kept)
    });
    for home in [&homes[0], &homes[2]] {
        wait_for(&home.store(), MIDDLE);
    }
    wait_for(here.folder(), had + 2 * MIDDLE);
    let host = here.host().to_owned();
    here.kill();
    for (command, kept) in running {
        let outcome = command.finish().ends_with(5);
        let happened =
            ["refused the connection", "connection refused", "closed the connection", "reset the connection"];
        says(&outcome, &host, &happened, kept);
    }
}
