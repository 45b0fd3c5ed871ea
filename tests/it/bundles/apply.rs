//! A bundle arrives as a whole, or nothing of it is sent.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::{Scene, bundle, path};
use crate::referrers::{New, Writer};
use crate::registry::Counted;
use crate::support::{Fault, Fixture, Home, Kind, eventually, missing, run};

at_every_registry! {
    images_arrive_under_their_names_with_their_referrers,
    what_is_left_out_has_to_be_there,
    what_cannot_be_mounted_is_read_from_the_other_repository,
    a_damaged_bundle_sends_nothing,
    an_archive_of_skopeo_is_applied_too,
}

/// Whether nothing was written to a registry.
fn is_untouched(there: &Counted) -> bool {
    there.calls().iter().all(|call| call.starts_with("GET ") || call.starts_with("HEAD "))
}

fn images_arrive_under_their_names_with_their_referrers(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let (multi, docker) = (Fixture::multi_platform(), Fixture::docker());
    let api = from.api("team/multi");
    api.seed(&multi, "1");
    from.api("other").seed(&docker, "2");
    let writer = Writer { api: &api, kind };
    let sbom = writer.refer(&New::of(&multi.root, "application/spdx+json"));
    let signature = writer.refer(&New::of(&sbom, "application/vnd.cncf.notary.signature"));
    let old = writer.attach(&multi.root, "sig", "application/vnd.dev.cosign.simplesigning.v1+json");
    let home = Home::fresh();
    let tar = path(&home, "b.tar");
    let created =
        bundle(&home, &["create", "--referrers", &tar, &from.at("team/multi:1"), &from.at("other:2")]);
    assert!(created.succeeds().stderr.contains("Referrers: 3 included\n"));

    let target = to.at("mirror/lab");
    let looked = bundle(&home, &["apply", "--dry-run", "--to", &target, &tar]).succeeds();
    assert!(is_untouched(&to));
    let applied = bundle(&home, &["apply", "--to", &target, &tar]).succeeds();
    assert_eq!(applied.stdout, looked.stdout);
    let lines: Vec<&str> = applied.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert_eq!(lines[0], format!("{target}/team/multi:1@{}", multi.root.digest));
    assert_eq!(lines[4], format!("{target}/other:2@{}", docker.root.digest));

    let arrived = to.api("mirror/lab/team/multi");
    arrived.holds(&multi, "1");
    to.api("mirror/lab/other").holds(&docker, "2");
    let shown = home.run(["referrers", "--format", "json", &format!("{target}/team/multi:1")]).succeeds();
    for part in [&sbom, &signature, &old] {
        assert!(arrived.manifest(&part.digest).is_some());
        assert!(shown.stdout.contains(&part.digest), "{part:?} in {}", shown.stdout);
    }
    to.proxy.forget();
    bundle(&home, &["apply", "-q", "--to", &target, &tar]).succeeds();
    assert_eq!(to.proxy.blob_bytes_sent(), 0, "again, and nothing is sent");
}

fn what_is_left_out_has_to_be_there(kind: Kind) {
    let (scene, to) = (Scene::open(kind), Counted::open(kind));
    let home = Home::fresh();
    let (old, new) = (path(&home, "old.tar"), path(&home, "new.tar"));
    let there = &scene.there;
    bundle(&home, &["create", &old, &there.at("team/a:1")]).succeeds();
    bundle(&home, &["create", "--since", &old, &new, &there.at("team/b:2")]).succeeds();
    let target = to.proxy.host();

    let refused = bundle(&home, &["apply", "--to", &target, &new]).ends_with(3).prints("");
    let lacks = format!("{target}/team/b lacks ");
    assert!(refused.stderr.contains(&lacks) && refused.stderr.contains("nothing was sent"), "{refused}");
    assert!(is_untouched(&to), "{:?}", to.calls());

    bundle(&home, &["apply", "--to", &target, &old]).succeeds();
    to.api("team/a").holds(&scene.few, "1");
    to.proxy.forget();
    bundle(&home, &["apply", "--to", &target, &new]).succeeds();
    to.api("team/b").holds(&scene.many, "2");
    let shared: u64 =
        scene.many.blobs.iter().filter(|blob| scene.few.blobs.contains(blob)).map(|blob| blob.size).sum();
    assert!(shared > 0);
    assert_eq!(to.proxy.blob_bytes_sent(), scene.many.blob_bytes() - shared, "the others are mounted");
}

fn what_cannot_be_mounted_is_read_from_the_other_repository(kind: Kind) {
    let (scene, to) = (Scene::open(kind), Counted::open(kind));
    let home = Home::fresh();
    let (old, new) = (path(&home, "old.tar"), path(&home, "new.tar"));
    let (there, target) = (&scene.there, to.proxy.host());
    bundle(&home, &["create", &old, &there.at("team/a:1")]).succeeds();
    bundle(&home, &["create", "--since", &old, &new, &there.at("team/b:2")]).succeeds();
    bundle(&home, &["apply", "--to", &target, &old]).succeeds();
    to.proxy.forget();
    // After one refusal, no other mount is tried.
    to.proxy.fault("POST", "mount=", Fault::Answer { status: 405, headers: Vec::new(), body: "" });
    bundle(&home, &["apply", "--jobs", "1", "--to", &target, &new]).succeeds();
    to.api("team/b").holds(&scene.many, "2");
    assert!(to.proxy.blob_bytes_taken() > 0, "nothing was mounted");
}

#[test]
fn a_bundle_that_is_interrupted_leaves_no_file() {
    let there = Counted::open(Kind::Embedded);
    let fixture = Fixture::heavy(3 << 20);
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let tar = path(&home, "dir/b.tar");
    fs::create_dir(home.path().join("dir")).unwrap();
    for signal in [Signal::INT, Signal::KILL] {
        there.proxy.forget();
        there.proxy.slow_down(1 << 20);
        let making = home.regcli(["bundle", "create", &tar, &there.at("app:1")]).start();
        eventually(Duration::from_secs(30), || (there.proxy.blob_bytes_taken() > 1 << 19).then_some(()))
            .expect("it has begun");
        making.signal(signal);
        making.finish().prints("");
        let left = fs::read_dir(home.path().join("dir")).unwrap().count();
        assert_eq!(left, 0, "after {signal:?}");
    }
}

fn a_damaged_bundle_sends_nothing(kind: Kind) {
    let (scene, to) = (Scene::open(kind), Counted::open(kind));
    let home = Home::fresh();
    let tar = path(&home, "b.tar");
    let there = &scene.there;
    bundle(&home, &["create", &tar, &there.at("team/a:1"), &there.at("team/b:2")]).succeeds();
    let whole = fs::read(&tar).unwrap();
    let layer = scene.many.content(&scene.many.blobs.iter().max_by_key(|blob| blob.size).unwrap().digest);
    let at = whole.windows(layer.len()).position(|window| window == layer).unwrap();
    let mut damaged = whole.clone();
    damaged[at + layer.len() / 2] ^= 1;
    fs::write(&tar, &damaged).unwrap();
    bundle(&home, &["apply", "--to", &to.proxy.host(), &tar]).ends_with(6).prints("").complains("is damaged");
    fs::write(&tar, &whole[..whole.len() / 2]).unwrap();
    bundle(&home, &["apply", "--to", &to.proxy.host(), &tar]).ends_with(6).prints("");
    fs::write(&tar, "not a tar").unwrap();
    bundle(&home, &["apply", "--to", &to.proxy.host(), &tar]).ends_with(1).prints("");
    assert!(to.calls().is_empty(), "{:?}", to.calls());
}

fn an_archive_of_skopeo_is_applied_too(kind: Kind) {
    if missing("skopeo") {
        return;
    }
    let to = Counted::open(kind);
    let (home, fixture) = (Home::fresh(), Fixture::multi_platform());
    let tar = path(&home, "s.tar");
    let (from, archive) =
        (format!("oci:{}:v1", fixture.path().display()), format!("oci-archive:{tar}:lab/app:1"));
    run("skopeo", ["copy", "-q", "--all", "--preserve-digests", &from, &archive]).succeeds();
    let target = to.proxy.host();
    bundle(&home, &["apply", "--to", &target, &tar]).succeeds();
    to.api("lab/app").holds(&fixture, "1");
}
