//! `--write`: an upload is begun and given up, and nothing else is changed.

use super::{Report, doctor};
use crate::support::{Api, Fault, Fixture, Home, Kind, Proxy};

#[test]
fn an_upload_is_begun_and_given_up() {
    for kind in Kind::present() {
        let registry = kind.open();
        let proxy = Proxy::before(registry.host());
        let home = Home::fresh();

        let empty = Report::of(doctor(&home, &["--write", "team/new", &proxy.host()]), 0);
        empty.has("upload", "ok", "accepts uploads to team/new; mounts not tried");
        assert_eq!(proxy.requests("POST", "/v2/team/new/blobs/uploads/").len(), 1);
        assert_eq!(proxy.requests("DELETE", "/v2/team/new/blobs/uploads/").len(), 1);
        proxy.forget();

        Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
        let full = Report::of(doctor(&home, &["--write", "team/app", &proxy.host()]), 0);
        full.has("upload", "ok", "; mounts blobs; no rule for chunks");
        let writes = ["PUT", "PATCH"].map(|method| proxy.requests(method, "").len());
        assert_eq!(writes, [0, 0], "not a byte is written");
        let begun = proxy.requests("POST", "").into_iter().filter(|call| call.status == 202).count();
        assert_eq!(proxy.requests("DELETE", "").len(), begun, "whatever was begun is given up");
        Api::of(registry.host(), "team/app").holds(&Fixture::small(), "1");
    }
}

#[test]
fn rules_for_chunks_and_sessions_that_stay_are_told() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let headers = vec![
        ("location", "/v2/team/app/blobs/uploads/session".to_owned()),
        ("oci-chunk-min-length", "5000000".to_owned()),
    ];
    proxy.fault("POST", "/v2/team/app", Fault::Answer { status: 202, headers, body: "" });
    proxy.fault("DELETE", "/v2/team/app", Fault::Answer { status: 405, headers: Vec::new(), body: "" });

    let report = Report::of(doctor(&Home::fresh(), &["--write", "team/app", &proxy.host()]), 0);

    report.has("upload", "warn", "chunks of at least 5MB").has(
        "upload",
        "warn",
        "could not be cancelled and will expire",
    );
}

#[test]
fn a_registry_that_may_not_be_written_to_says_no() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    proxy.fault("POST", "/v2/", Fault::Answer { status: 403, headers: Vec::new(), body: "" });

    let report = Report::of(doctor(&Home::fresh(), &["--write", "team/app", &proxy.host()]), 4);

    report.has("upload", "fail", "denied");
}
