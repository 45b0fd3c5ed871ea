//! Metrics, and what is written when a signal ends a sync.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Corpus, Pair};
use crate::support::{Kind, eventually};

/// The value of a metric.
fn value(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn metrics_say_what_was_done_and_when_it_last_succeeded() {
    let pair = Pair::seeded(Kind::Embedded, Corpus::new(1, 3));
    let file = pair.file("sync.prom");
    let sync = |flags: &[&str]| {
        let metrics = file.display().to_string();
        pair.sync(&[&["-q", "--metrics", &metrics], flags].concat())
    };
    sync(&[]).succeeds();
    let first = std::fs::read_to_string(&file).unwrap();
    assert_eq!(value(&first, "regcli_sync_images{action=\"created\"}"), Some(3.0), "{first}");
    assert_eq!(value(&first, "regcli_sync_bytes"), Some(pair.corpus.bytes() as f64));
    assert_eq!(value(&first, "regcli_sync_errors{kind=\"denied\"}"), Some(0.0));
    let success = value(&first, "regcli_sync_last_success_timestamp_seconds").unwrap();
    // Every metric has a type, and no other line is between.
    for line in first.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split([' ', '{']).next().unwrap();
        assert!(first.contains(&format!("# TYPE {name} gauge\n")), "{line}");
    }
    let rules = pair.rules("[[sync]]\nsource = \"FROM/team/none\"\ntarget = \"TO/x\"\n");
    let metrics = file.display().to_string();
    pair.home.run(["sync", "-f", &rules, "--metrics", &metrics]).ends_with(3);
    let second = std::fs::read_to_string(&file).unwrap();
    assert_eq!(value(&second, "regcli_sync_last_success_timestamp_seconds"), Some(success));
    let left: Vec<_> =
        std::fs::read_dir(pair.home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".regcli-")), "{left:?}");
}

#[test]
fn a_signal_ends_a_sync_within_seconds_and_what_is_left_is_written() {
    let pair = Pair::seeded(Kind::Embedded, Corpus::new(3, 4));
    pair.to.proxy.slow_down(3_000);
    let failed = pair.file("failed.json");
    let file = failed.display().to_string();
    let (source, destination) = (pair.from.at("team/"), pair.to.at("mirror/"));
    let started = pair.home.regcli(["sync", "-q", "--failed", &file, &source, &destination]).start();
    let begun = || (!pair.to.proxy.requests("POST", "/uploads/").is_empty()).then_some(());
    eventually(Duration::from_secs(20), begun).expect("an upload begins");
    let stopped = Instant::now();
    started.signal(Signal::TERM);
    started.finish().ends_with(143);
    assert!(stopped.elapsed() < Duration::from_secs(25));
    pair.to.proxy.slow_down(100_000_000);
    let again = pair.home.run(["sync", "--apply", &file]).succeeds();
    assert!(again.stderr.contains("created"), "{again}");
    pair.sync(&["--plan"]).succeeds();
    pair.corpus.is_at(&pair.to, "mirror/");
}
