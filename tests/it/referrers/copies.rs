//! `copy --referrers`: what belongs to an image is copied after it.

use serde_json::{Value, json};

use super::{New, Writer};
use crate::registry::Counted;
use crate::support::{Fixture, Home, Kind, Part};

at_every_registry! {
    everything_arrives_with_its_subject_before_it,
    a_repeated_copy_moves_nothing_and_asks_little,
    what_the_target_lists_already_stays,
    one_platform_brings_only_its_own,
    a_dry_run_counts_and_copies_nothing,
}

#[test]
fn referrers_go_from_a_registry_with_the_api_to_one_without_and_back() {
    if Kind::Docker.missing() {
        return;
    }
    for (from, to) in [(Kind::Embedded, Kind::Docker), (Kind::Docker, Kind::Embedded)] {
        let (from, to) = (Counted::open(from), Counted::open(to));
        let seeded = Seeded::at(&from);
        let home = Home::fresh();
        home.run(["copy", "--referrers", &from.at("app:1"), &to.at("app:1")]).succeeds();
        seeded.is_at(&to, &home);
    }
}

/// An image with everything that may belong to it.
struct Seeded {
    fixture: Fixture,
    /// All artifacts, and the tags of those that have one.
    artifacts: Vec<(Part, Option<String>)>,
}

impl Seeded {
    fn at(there: &Counted) -> Self {
        let (api, fixture) = (there.api("app"), Fixture::multi_platform());
        api.seed(&fixture, "1");
        let writer = Writer { api: &api, kind: there.kind };
        let arm = &fixture.manifests["linux/arm64/v8"];
        let sbom = writer.refer(&New {
            annotations: json!({"made-by": "a test"}),
            ..New::of(&fixture.root, "application/spdx+json")
        });
        let signature = writer.refer(&New::of(&sbom, "application/vnd.cncf.notary.signature"));
        let of_arm = writer.refer(&New::of(arm, "application/vnd.cyclonedx+json"));
        let old = writer.attach(&fixture.root, "sig", "application/vnd.dev.cosign.simplesigning.v1+json");
        let att = writer.attach(arm, "att", "application/vnd.dsse.envelope.v1+json");
        let tag = |part: &Part, ending: &str| Some(format!("{}.{ending}", part.digest.replace(':', "-")));
        let (old_tag, att_tag) = (tag(&fixture.root, "sig"), tag(arm, "att"));
        let artifacts = vec![(sbom, None), (signature, None), (of_arm, None), (old, old_tag), (att, att_tag)];
        Self { fixture, artifacts }
    }

    /// Asserts that another registry has the image and all artifacts, and finds them.
    #[track_caller]
    fn is_at(&self, there: &Counted, home: &Home) {
        let api = there.api("app");
        api.holds(&self.fixture, "1");
        for (part, tag) in &self.artifacts {
            let manifest = api.manifest(&part.digest).unwrap_or_else(|| panic!("{part:?} is not there"));
            let manifest: Value = serde_json::from_slice(&manifest).unwrap();
            let layer = manifest["layers"][0]["digest"].as_str().unwrap();
            assert!(api.blob(layer).is_some(), "the content of {part:?}");
            if let Some(tag) = tag {
                assert!(api.manifest(tag).is_some(), "{tag}");
            }
        }
        let shown = home.run(["referrers", "--format", "json", &there.at("app:1")]).succeeds();
        for (part, _) in &self.artifacts {
            assert!(shown.stdout.contains(&part.digest), "{part:?} in {}", shown.stdout);
        }
    }
}

fn everything_arrives_with_its_subject_before_it(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let seeded = Seeded::at(&from);
    let home = Home::fresh();
    let copied = home.run(["copy", "--referrers", &from.at("app:1"), &to.at("app:1")]).succeeds();
    copied.prints(&format!("{}@{}\n", to.at("app:1"), seeded.fixture.root.digest));
    seeded.is_at(&to, &home);

    let puts: Vec<String> = to.proxy.requests("PUT", "/manifests/").into_iter().map(|put| put.path).collect();
    let place = |digest: &str| puts.iter().position(|path| path.ends_with(digest)).unwrap();
    let tagged = puts.iter().position(|path| path.ends_with("/manifests/1")).unwrap();
    let (sbom, signature) = (&seeded.artifacts[0].0.digest, &seeded.artifacts[1].0.digest);
    assert!(tagged < place(sbom) && place(sbom) < place(signature), "{puts:?}");
    if kind == Kind::Docker {
        // The list under the tag says what the manifest says.
        let list = to.api("app").manifest(&seeded.fixture.root.digest.replace(':', "-")).unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        assert_eq!(list["manifests"][0]["artifactType"], "application/spdx+json");
        assert_eq!(list["manifests"][0]["annotations"]["made-by"], "a test");
    }
}

fn a_repeated_copy_moves_nothing_and_asks_little(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let seeded = Seeded::at(&from);
    let home = Home::fresh();
    let copy = || home.run(["copy", "--referrers", &from.at("app:1"), &to.at("app:1")]).succeeds();
    assert!(copy().stderr.contains("Referrers: 5 copied, 0 already there\n"));
    from.proxy.forget();
    to.proxy.forget();
    assert!(copy().stderr.contains("Referrers: 0 copied, 5 already there\n"));
    assert_eq!((from.proxy.blob_bytes_taken(), to.proxy.blob_bytes_sent()), (0, 0));
    let writes =
        to.calls().into_iter().filter(|call| !call.starts_with("GET ") && !call.starts_with("HEAD "));
    assert_eq!(writes.count(), 0, "{:?}", to.calls());
    // The image, its three platforms, and five artifacts: at most two questions for each.
    assert!(to.calls().len() <= 14, "{:?}", to.calls());
    assert!(from.calls().len() <= 24, "{:?}", from.calls());
    drop(seeded);
}

fn what_the_target_lists_already_stays(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let seeded = Seeded::at(&from);
    let api = to.api("app");
    api.seed(&seeded.fixture, "1");
    let writer = Writer { api: &api, kind };
    let own = writer.refer(&New::of(&seeded.fixture.root, "application/sarif+json"));
    let home = Home::fresh();
    home.run(["copy", "--referrers", &from.at("app:1"), &to.at("app:1")]).succeeds();
    seeded.is_at(&to, &home);
    let shown = home.run(["referrers", "--format", "json", &to.at("app:1")]).succeeds();
    assert!(shown.stdout.contains(&own.digest), "{}", shown.stdout);
}

fn one_platform_brings_only_its_own(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let seeded = Seeded::at(&from);
    let home = Home::fresh();
    let flags = ["copy", "--referrers", "--platform", "linux/arm64"];
    let places = [from.at("app:1"), to.at("app:arm")];
    let copied = home.run(flags.iter().copied().map(str::to_owned).chain(places)).succeeds();
    assert!(copied.stderr.contains("Referrers: 2 copied, 0 already there\n"), "{}", copied.stderr);
    let api = to.api("app");
    assert!(api.manifest(&seeded.artifacts[2].0.digest).is_some());
    assert!(api.manifest(&seeded.artifacts[0].0.digest).is_none(), "of the index");

    // A new index lists two of the platforms. What belongs to the old one has no place there.
    let two = ["copy", "--referrers", "--platform", "linux/arm64", "--platform", "linux/amd64"];
    let places = [from.at("app:1"), to.at("app:two")];
    let copied = home.run(two.iter().copied().map(str::to_owned).chain(places)).succeeds();
    assert!(copied.stderr.contains("Referrers: 0 copied, 2 already there\n"), "{}", copied.stderr);
}

fn a_dry_run_counts_and_copies_nothing(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let _seeded = Seeded::at(&from);
    let home = Home::fresh();
    let run = |flags: &[&str]| {
        let all = flags.iter().copied().map(str::to_owned).chain([from.at("app:1"), to.at("app:1")]);
        home.run(all)
    };
    let shown = run(&["copy", "--referrers", "--dry-run"]).succeeds();
    assert!(shown.stderr.contains("Referrers: 5 to copy, 0 already there\n"), "{}", shown.stderr);
    assert!(to.calls().iter().all(|call| call.starts_with("GET ") || call.starts_with("HEAD ")));
    let place = format!("oci:{}", home.path().join("layout").display());
    home.run(["copy", "--referrers", &from.at("app:1"), &place])
        .ends_with(125)
        .complains("between registries");
}
