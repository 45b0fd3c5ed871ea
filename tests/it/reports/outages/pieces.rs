//! A blob that comes by several connections, all of which an outage ends.

use std::thread;
use std::time::Duration;

use super::line::{Line, Mode};
use super::{assert_kept, seed, wait_for};
use crate::support::{Fixture, Home, Kind, Outcome, Restarting};

/// How long the registry is away.
const AWAY: Duration = Duration::from_secs(3);

/// Pulls a large blob from a registry that is away for a while, and reports with these words for a
/// retry.
fn pull_through_an_outage(progress: &str, retry: &str) -> (Outcome, Vec<String>) {
    let (registry, home) = (Restarting::start(Kind::Embedded), Home::fresh());
    let (line, fixture) = (Line::to(registry.host()), Fixture::huge(24 << 20));
    seed(&home, &fixture, &format!("{}/app:1", registry.host()));
    let progress = format!("--progress={progress}");
    let pull = home.regcli([&progress, "--jobs=8", "pull", &line.at("app:1")]).start();
    wait_for(&home.store(), 8 << 20);
    line.set(Mode::Unavailable);
    thread::sleep(AWAY);
    line.set(Mode::Open);
    let outcome = pull.finish().succeeds();
    assert_kept(&home, &fixture);
    let retries = outcome.stderr.lines().filter(|line| line.contains(retry)).map(str::to_owned).collect();
    (outcome, retries)
}

#[test]
fn u4_an_outage_of_a_blob_is_told_once_and_not_for_each_connection() {
    for (progress, retry) in [("plain", ": Retrying in "), ("json", r#""event":"interrupted""#)] {
        let (outcome, retries) = pull_through_an_outage(progress, retry);
        // Usually once. While the server still answers one of the connections, it is not away, and is asked again.
        assert!((1..=4).contains(&retries.len()), "{retries:#?}\n{outcome}");
    }
}
