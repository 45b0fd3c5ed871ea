//! Certificates: which one it is, and what is wrong with it.

use super::{Report, doctor};
use crate::support::{Authority, Gate, Home, Kind, Proxy};

/// Looks at a registry on loopback with this certificate, which has to be verified by `authority`.
#[track_caller]
fn look(authority: &Authority, issued: (&[&str], std::ops::Range<i64>), code: i32) -> Report {
    let registry = Kind::Embedded.open();
    let (names, days) = issued;
    let proxy = Proxy::tls(registry.host(), Gate::Open, &authority.issue_for(names, days));
    let ca = authority.certificate();
    Report::of(doctor(&Home::fresh(), &["--ca-file", ca.to_str().unwrap(), &proxy.host()]), code)
}

#[test]
fn a_certificate_of_an_own_authority_is_shown() {
    for kind in Kind::present() {
        let authority = Authority::new();
        let registry = kind.with_tls(&authority);
        let ca = authority.certificate();

        let report =
            Report::of(doctor(&Home::fresh(), &["--ca-file", ca.to_str().unwrap(), registry.host()]), 0);

        report.has("settings", "ok", &format!("trusts {}", ca.display()));
        let tls = report.has("tls", "ok", "TLS 1.3, certificate by regcli tests for 127.0.0.1, localhost");
        tls.has("tls", "ok", "days left");
    }
}

#[test]
fn an_unknown_authority_is_named() {
    for kind in Kind::present() {
        let registry = kind.with_tls(&Authority::new());
        let other = Authority::new().certificate();
        let stranger = Authority::new();
        drop(other);
        let ca = stranger.certificate();

        let report =
            Report::of(doctor(&Home::fresh(), &["--ca-file", ca.to_str().unwrap(), registry.host()]), 5);

        report.has("tls", "fail", "signed by regcli tests, which this machine does not trust");
        report.advises("tls", "--ca-file").has("registry", "skip", "because TLS failed");
    }
}

#[test]
fn a_certificate_that_is_over_and_one_of_tomorrow_are_told_apart() {
    let authority = Authority::new();
    let here: &[&str] = &["127.0.0.1"];

    look(&authority, (here, -10..-1), 5)
        .has("tls", "fail", "was valid until")
        .advises("tls", "new certificate");
    look(&authority, (here, 1..10), 5).has("tls", "fail", "not valid before").advises("tls", "set the clock");
    look(&authority, (here, -1..5), 0).has("tls", "warn", "4 days left").advises("tls", "new certificate");
}

#[test]
fn the_names_of_a_certificate_are_told_if_none_fits() {
    let authority = Authority::new();

    let report = look(&authority, (&["registry.lab", "10.1.2.3"], -1..100), 5);

    report
        .has("tls", "fail", "is for registry.lab, 10.1.2.3, not for 127.0.0.1")
        .advises("tls", "registry.lab");
}

#[test]
fn what_is_not_verified_is_said_so() {
    let authority = Authority::new();
    let registry = Kind::Embedded.with_tls(&authority);
    let home = Home::fresh();

    let report = Report::of(doctor(&home, &[registry.host()]), 0);
    report.has("tls", "ok", "not verified: it is this machine");
    let report = Report::of(doctor(&home, &["--insecure", registry.host()]), 0);
    report.has("tls", "warn", "not verified: --insecure").advises("tls", "omit --insecure");
}

#[test]
fn a_file_of_authorities_that_is_none_is_named() {
    let registry = Kind::Embedded.with_tls(&Authority::new());
    let home = Home::fresh();
    let report = Report::of(doctor(&home, &["--ca-file", "/dev/null", registry.host()]), 1);
    report.has("tls", "fail", "cannot use /dev/null");
}
