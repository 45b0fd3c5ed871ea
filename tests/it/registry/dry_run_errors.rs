//! `--dry-run` where the real thing fails: the same words, the same code, and nothing changed.

use crate::support::{Fault, Fixture, Home, Kind};

use super::dry_run::looks;
use super::{Counted, keep};

at_every_registry! {
    what_fails_fails_the_same_way,
    a_wrong_platform_is_found_out,
    a_registry_that_denies_to_say_what_it_has_is_not_believed_to_deny_more,
    an_unavailable_registry_is_asked_again,
    a_format_that_cannot_be_meant_is_refused_before_any_request,
}

/// Asserts that a command ends with this code and these words, with `--dry-run` and without.
#[track_caller]
fn fails_alike(home: &Home, there: &Counted, code: i32, arguments: &[&str]) {
    let looking: Vec<&str> = arguments.iter().copied().chain(["--dry-run"]).collect();
    let looked = looks(home, &[there], &looking).ends_with(code);
    let tried = home.run(arguments).ends_with(code);
    assert_eq!(looked.stderr, tried.stderr);
    assert_eq!(looked.stdout, "");
}

fn what_fails_fails_the_same_way(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let image = there.at("app:1");
    fails_alike(&home, &there, 3, &["pull", &there.at("app:nosuch")]);
    fails_alike(&home, &there, 3, &["pull", "-a", &there.at("no/such")]);
    fails_alike(&home, &there, 125, &["pull", "-a", &image]);
    fails_alike(&home, &there, 3, &["push", "-q", &image]);
    keep(&home, &fixture, &image);
    fails_alike(&home, &there, 3, &["push", "-q", &there.at("app:nosuch")]);
    fails_alike(&home, &there, 125, &["push", &there.at(&format!("app@{}", fixture.root.digest))]);
    fails_alike(&home, &there, 3, &["copy", &there.at("app:nosuch"), "oci:layout:1"]);
    fails_alike(&home, &there, 3, &["copy", "store:nosuch", "oci:layout:1"]);
    let other = there.at(&format!("app@sha256:{}", "0".repeat(64)));
    fails_alike(&home, &there, 125, &["copy", &image, &other]);
    assert!(!home.path().join("layout").exists());
}

fn a_wrong_platform_is_found_out(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::multi_platform(), "1");
    let home = Home::fresh();
    let image = there.at("app:1");
    fails_alike(&home, &there, 3, &["pull", "-q", "--platform", "linux/s390x", &image]);
    fails_alike(&home, &there, 3, &["copy", "--platform", "linux/s390x", &image, "oci:layout:1"]);

    // Of an image that is no index only the config tells: it is read, and not kept.
    let single = there.at("single:1");
    there.api("single").seed(&Fixture::small(), "1");
    there.proxy.forget();
    let arguments = ["pull", "--dry-run", "--platform", "linux/s390x", &single];
    let looked = home.run(arguments).ends_with(3);
    looked.complains("image is for linux/amd64, not for linux/s390x");
    assert_eq!(there.proxy.requests("GET", "/blobs/").len(), 1);
    assert!(!home.store().exists());
}

fn a_registry_that_denies_to_say_what_it_has_is_not_believed_to_deny_more(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let home = Home::fresh();
    let image = there.at("app:1");
    keep(&home, &fixture, &image);
    let denied = |part: &str| {
        there.proxy.fault("HEAD", part, Fault::Answer { status: 403, headers: Vec::new(), body: "" });
    };
    denied("/manifests/");
    denied("/blobs/");
    let looked = looks(&home, &[&there], &["push", "--dry-run", &image]).succeeds();
    assert_eq!(looked.stdout.matches(" cannot tell\n").count(), 1, "{looked}");
    denied("/manifests/");
    denied("/blobs/");
    home.run(["push", &image]).succeeds();
}

fn an_unavailable_registry_is_asked_again(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let home = Home::fresh();
    let image = there.at("app:1");
    keep(&home, &fixture, &image);
    let unavailable = |part: &str| {
        there.proxy.fault("HEAD", part, Fault::Answer { status: 503, headers: Vec::new(), body: "" });
    };
    unavailable("/manifests/");
    unavailable("/blobs/");
    looks(&home, &[&there], &["push", "--dry-run", &image]).succeeds();
    unavailable("/blobs/");
    looks(&home, &[&there], &["--retry", "0", "push", "--dry-run", &image]).succeeds();
}

fn a_format_that_cannot_be_meant_is_refused_before_any_request(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let image = there.at("app:1");
    keep(&home, &fixture, &image);
    for command in [&["pull", &image][..], &["push", &image], &["copy", &image, "oci:layout"]] {
        let refused = |flags: &[&str], words: &str| {
            let arguments: Vec<&str> = command.iter().chain(flags).copied().collect();
            let outcome = looks(&home, &[&there], &arguments).ends_with(125);
            let outcome = outcome.complains(words).prints("");
            assert_eq!(there.calls(), [""; 0], "{outcome}");
        };
        refused(&["--format", "json"], "error: --format requires --dry-run\n");
        refused(&["--dry-run", "--format", "{{.Nope}}"], "can't evaluate field Nope in type");
        refused(&["--dry-run", "--format", "{{.ID"], "template parsing error: template: :1: ");
        refused(&["--dry-run", "--format"], "flag needs an argument: --format\n");
        refused(&["--dry-run", "-q", "--format", "json"], "cannot specify both ");
    }
}
