//! Wall clocks that are wrong, or are set while a command runs: `faketime` stands in for them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{
    Api, Authority, Fixture, Home, Kind, Outcome, Proxy, Regcli, TokenService, eventually, missing, run,
};

/// A day long before regcli, and one long after.
const WRONG: [&str; 2] = ["1970-01-02 00:00:00", "2099-12-31 00:00:00"];

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command that believes it is this time. Only the wall clock is wrong: no clock of a machine that counts from its
/// start ever is.
fn at(home: &Home, time: &str, arguments: &[&str]) -> Regcli {
    home.regcli(arguments).under("faketime", ["-m", "--exclude-monotonic", "-f", &format!("@{time}")])
}

/// The environment of a clock that is set by writing to a file.
fn clock_in(file: &Path) -> [(&'static str, String); 4] {
    // `faketime` itself only takes a time that stays; the library that it loads does more.
    let library = run("faketime", ["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).succeeds();
    [
        ("LD_PRELOAD", library.last_line().to_owned()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

/// Which year such a clock says it is.
fn year(clock: &[(&'static str, String)]) -> i32 {
    let settings = clock.iter().map(|(name, value)| format!("{name}={value}"));
    run("env", settings.chain(["date".to_owned(), "+%Y".to_owned()])).succeeds().last_line().parse().unwrap()
}

#[test]
fn f08_whatever_year_it_is_tokens_and_what_is_remembered_work() {
    if missing("faketime") {
        return;
    }
    let service = TokenService::start();
    let registry = Kind::Embedded.with_tokens(&service);
    let home = Home::fresh();
    let image = format!("{}/team/app:1", registry.host());
    home.regcli(["login", "-u", "demo", "--password-stdin", registry.host()])
        .stdin("hunter2\n")
        .run()
        .succeeds();
    home.run(["copy", "-q", &Fixture::small().place(), &image]).succeeds();
    let now = "2026-11-22 00:00:00";
    for time in [WRONG[0], now, WRONG[1], now, WRONG[0], WRONG[1], WRONG[1]] {
        at(&home, time, &["pull", "-q", &image]).run().succeeds();
        at(&home, time, &["rmi", &image]).run().succeeds();
        at(&home, time, &["gc"]).run().succeeds();
    }
    // What was learned in 2099 is not believed for ever: it is no older than it can be.
    home.run(["pull", "-q", &image]).succeeds();
    home.run(["verify"]).succeeds();
}

#[test]
fn f08_a_clock_that_is_set_back_or_ahead_in_mid_pull_changes_nothing() {
    if missing("faketime") {
        return;
    }
    let service = TokenService::start();
    // One token lasts for the whole pull, by a clock that nobody sets.
    service.set_lifetime(Duration::from_secs(300));
    let fixture = Fixture::heavy(1 << 20);
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let line = Proxy::guarding(registry.host(), service.gate());
    for shift in ["-4000d", "+4000d"] {
        let home = Home::fresh();
        line.slow_down(1 << 20);
        line.forget();
        service.forget();
        let image = format!("{}/team/app:1", line.host());
        let arguments = ["login", "-u", "demo", "--password-stdin", &line.host()];
        home.regcli(arguments).stdin("hunter2\n").run().succeeds();
        let file = home.path().join("clock");
        fs::write(&file, "+0").unwrap();
        let clock = clock_in(&file);
        let this_year = year(&clock);
        let pull = home.regcli(["pull", "-q", &image]).envs(clock.clone()).start();
        eventually(PATIENCE, || (line.blob_bytes_taken() > 0).then_some(())).expect("the pull has begun");
        fs::write(&file, shift).unwrap();
        assert!((year(&clock) - this_year).abs() >= 10, "the clock was set by more than ten years");
        pull.finish().succeeds();
        assert_eq!(line.blob_bytes_taken(), fixture.blob_bytes(), "{shift}");
        assert!(service.requests().len() <= 2, "{shift}: {:#?}", service.requests());
        home.run(["verify"]).succeeds();
    }
}

#[test]
fn f08_a_certificate_that_a_wrong_clock_refuses_is_an_error_that_tells_what_the_clock_says() {
    if missing("faketime") {
        return;
    }
    let authority = Authority::new();
    let registry = Kind::Embedded.with_tls(&authority);
    let home = Home::fresh();
    let ca = authority.certificate();
    let flags = ["--ca-file", ca.to_str().unwrap()];
    let image = format!("{}/team/app:1", registry.host());
    let fixture = Fixture::small();
    home.run([&flags[..], &["copy", "-q", &fixture.place(), &image]].concat()).succeeds();
    let pull = [&flags[..], &["pull", "-q", &image]].concat();
    let outcome: Outcome = at(&home, WRONG[0], &pull).run().ends_with(5);
    let outcome = outcome.complains(
        "x509: certificate has expired or is not yet valid: current time 1970-01-02T00:00:00Z is before 1975-01-01T00:00:00Z\n",
    );
    let hint = "\n\nhint: check the clock of this machine (1970-01-02 00:00 UTC); if it is right, the server needs a new certificate\n";
    assert!(outcome.stderr.ends_with(hint), "{outcome}");
    home.run(pull).succeeds();
}
