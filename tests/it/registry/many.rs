//! Many images in one command: each blob moves once, round trips are shared, memory stays as it is, and a failure
//! of one image leaves the others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind, Outcome};

use super::{Counted, assert_kept, keep, parts};

at_every_registry! {
    sixty_four_images_are_pulled_as_one,
    sixty_four_images_are_pushed_as_one,
    images_of_several_repositories_are_pushed_as_one,
    output_keeps_the_order_of_the_names,
    tags_beside_one_that_fails_arrive,
    all_tags_are_copied_to_another_registry_as_one,
    all_tags_are_copied_within_a_registry_without_a_byte,
    all_tags_are_copied_to_the_store_and_to_a_layout_and_back,
}

/// How many images a family has.
const MANY: usize = 64;

/// Images of four layers each; two of them are in every image.
fn family(images: usize, bytes: usize) -> Vec<Fixture> {
    let layer = |name: &str| {
        let mut random = fastrand::Rng::with_seed(name.bytes().map(u64::from).sum());
        let content: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(bytes).collect();
        [name.as_bytes(), &content].concat()
    };
    let common = [layer("common-a"), layer("common-b")];
    let member = |number: usize| {
        let own = ["x", "y"].map(|name| layer(&format!("own-{name}-{number}")));
        let config = json!({"architecture": "amd64", "os": "linux", "author": number.to_string()});
        Fixture::with_config(config, &[common.clone(), own].concat())
    };
    (1..=images).map(member).collect()
}

/// How many blobs they have together, and of how many bytes.
fn distinct(family: &[Fixture]) -> (usize, u64) {
    let blobs = family.iter().flat_map(|member| &member.blobs);
    let blobs: BTreeMap<_, _> = blobs.map(|blob| (&blob.digest, blob.size)).collect();
    (blobs.len(), blobs.values().sum())
}

/// The most requests that images may take.
fn requests(family: &[Fixture]) -> usize {
    distinct(family).0 * 3 + family.len() * 2
}

fn tag(number: usize) -> String {
    format!("v{number:04}")
}

fn sixty_four_images_are_pulled_as_one(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family(MANY, 2000);
    for (number, member) in family.iter().enumerate() {
        there.api("app").seed(member, &tag(number));
    }
    home.run(["pull", "-a", &there.at("app")]).succeeds();
    family.iter().for_each(|member| assert_kept(&home, member, parts(member)));
    let (blobs, bytes) = distinct(&family);
    assert_eq!(there.proxy.blob_bytes_taken(), bytes, "no byte twice");
    let calls = there.calls();
    assert_eq!(calls.len(), 1 + MANY + blobs, "tags, manifests, blobs: {calls:#?}");
    assert!(calls.len() <= requests(&family));
}

fn sixty_four_images_are_pushed_as_one(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family(MANY, 2000);
    for (number, member) in family.iter().enumerate() {
        keep(&home, member, &there.at(&format!("app:{}", tag(number))));
    }
    home.run(["push", "-a", &there.at("app")]).succeeds();
    for (number, member) in family.iter().enumerate() {
        there.api("app").holds(member, &tag(number));
    }
    assert_eq!(there.proxy.blob_bytes_sent(), distinct(&family).1, "no byte twice");
    assert_eq!(there.calls().len(), requests(&family), "{:#?}", there.calls());
}

fn images_of_several_repositories_are_pushed_as_one(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family(16, 2000);
    let names: Vec<_> = (0..family.len()).map(|number| there.at(&format!("team/app{number}:1"))).collect();
    for (member, name) in family.iter().zip(&names) {
        keep(&home, member, name);
    }
    let arguments: Vec<_> = ["push"].into_iter().chain(names.iter().map(String::as_str)).collect();
    home.run(&arguments).succeeds();
    for (number, member) in family.iter().enumerate() {
        there.api(&format!("team/app{number}")).holds(member, "1");
    }
    assert_eq!(there.proxy.blob_bytes_sent(), distinct(&family).1, "shared layers are mounted");
    let mounts = 2 * (family.len() - 1);
    assert!(there.calls().len() <= requests(&family) + mounts, "{:#?}", there.calls());
}

fn output_keeps_the_order_of_the_names(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let mut expected = String::new();
    let mut names = Vec::new();
    for (number, member) in family(8, 200_000).iter().enumerate().rev() {
        let name = format!("team/app{number}");
        there.api(&name).seed(member, "1");
        let image = there.at(&format!("{name}:1"));
        expected += &format!("1: Pulling from {name}\nDigest: {}\n", member.root.digest);
        expected += &format!("Status: Downloaded newer image for {image}\n{image}\n");
        names.push(image);
    }
    let arguments: Vec<_> = ["pull"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let pulled = home.run(&arguments).succeeds().prints(&expected);
    // The lines of an image are together: what is complete comes after all that has been downloaded.
    let complete = |line: &&str| line.ends_with(": Pull complete") || line.ends_with(": Already exists");
    assert!(pulled.stderr.lines().filter(complete).count() >= 4 * names.len(), "{pulled}");
}

fn tags_beside_one_that_fails_arrive(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family(6, 2000);
    for (number, member) in family.iter().enumerate() {
        there.api("app").seed(member, &tag(number));
    }
    let names: Vec<_> = (0..=family.len()).map(|number| there.at(&format!("app:{}", tag(number)))).collect();
    let arguments: Vec<_> = ["pull"].into_iter().chain(names.iter().rev().map(String::as_str)).collect();
    let pulled = home.run(&arguments).ends_with(1);
    let pulled = pulled.complains(&format!("error: manifest for {} not found", names[family.len()]));
    assert_eq!(pulled.last_line(), names[0]);
    family.iter().for_each(|member| assert_kept(&home, member, parts(member)));
}

fn all_tags_are_copied_to_another_registry_as_one(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let home = Home::fresh();
    let family = family(MANY, 2000);
    for (number, member) in family.iter().enumerate() {
        from.api("app").seed(member, &tag(number));
    }
    let (source, target) = (from.at("app"), to.at("team/app"));
    let copy =
        |options: &[&str]| home.run([&["copy", "-a"], options, &[&source, &target]].concat()).succeeds();
    // A registry may list its tags in any order.
    let lines = |outcome: Outcome| outcome.stdout.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let line =
        |(number, member): (usize, &Fixture)| format!("{target}:{}@{}", tag(number), member.root.digest);
    let expected: BTreeSet<_> = family.iter().enumerate().map(line).collect();
    let preview = copy(&["--dry-run", "--format", "json"]);
    assert_eq!(preview.stdout.lines().count(), MANY);
    assert_eq!(to.proxy.blob_bytes_sent() + from.proxy.blob_bytes_taken(), 0);
    to.proxy.forget();

    assert_eq!(lines(copy(&[])), expected);

    for (number, member) in family.iter().enumerate() {
        to.api("team/app").holds(member, &tag(number));
    }
    let bytes = distinct(&family).1;
    assert_eq!((from.proxy.blob_bytes_taken(), to.proxy.blob_bytes_sent()), (bytes, bytes), "no byte twice");
    assert!(to.calls().len() <= requests(&family), "{} requests: {:#?}", to.calls().len(), to.calls());
    to.proxy.forget();
    assert_eq!(lines(copy(&["-q"])), expected);
    assert_eq!(to.calls().len(), MANY, "one question for each tag: {:#?}", to.calls());
}

fn all_tags_are_copied_within_a_registry_without_a_byte(kind: Kind) {
    let there = Counted::open(kind);
    let family = family(MANY, 2000);
    for (number, member) in family.iter().enumerate() {
        there.api("from").seed(member, &tag(number));
    }
    Home::fresh().run(["copy", "--all-tags", &there.at("from"), &there.at("to")]).succeeds();
    for (number, member) in family.iter().enumerate() {
        there.api("to").holds(member, &tag(number));
    }
    assert_eq!((there.proxy.blob_bytes_taken(), there.proxy.blob_bytes_sent()), (0, 0));
    let at_source = MANY + 1;
    assert!(there.calls().len() <= requests(&family) + at_source, "{:#?}", there.calls());
}

fn all_tags_are_copied_to_the_store_and_to_a_layout_and_back(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let family = family(4, 2000);
    for (number, member) in family.iter().enumerate() {
        there.api("app").seed(member, &tag(number));
    }
    let layout = format!("oci:{}", home.path().join("layout").display());
    let ends = [&there.at("app"), "store:lab.test/app", &layout, &there.at("back")];
    for pair in ends.windows(2) {
        home.run(["copy", "-a", pair[0], pair[1]]).succeeds();
    }
    family.iter().for_each(|member| assert_kept(&home, member, parts(member)));
    for (number, member) in family.iter().enumerate() {
        there.api("back").holds(member, &tag(number));
    }
}

#[test]
fn a_tag_that_cannot_be_copied_leaves_the_others() {
    let family = family(6, 2000);
    let [from, to] = [0, 1].map(|_| Scripted::start());
    from.on(Route::Blob).of(&family[2].config_digest()).error(403, "DENIED").forever();
    fill(&from, &family, Duration::ZERO);
    let copied = Home::fresh().run(["copy", "-a", &from.at("app"), &to.at("app")]).ends_with(1);
    assert_eq!(copied.stderr.matches("error: ").count(), 1, "{copied}");
    assert_eq!(copied.stdout.lines().count(), family.len() - 1);
    for (number, member) in family.iter().enumerate().filter(|(number, _)| *number != 2) {
        to.holds("app", member, &tag(number));
    }
}

#[test]
fn what_is_not_a_repository_with_tags_cannot_be_copied_with_all_tags() {
    let registry = Scripted::start();
    let home = Home::fresh();
    let copy = |source: &str| home.run(["copy", "-a", source, &registry.at("app")]);
    copy("store:lab.test/app")
        .ends_with(3)
        .complains("error: store:lab.test/app has no tags: nothing was copied\n");
    let empty = r#"{"name":"none","tags":null}"#;
    registry.on(Route::Tags).body("application/json", empty).once();
    let none = registry.at("none");
    copy(&none).ends_with(3).complains(&format!("error: {none} has no tags: nothing was copied\n"));
    for tagged in ["store:lab.test/app:1", &registry.at("app:1"), "oci:folder:1"] {
        copy(tagged).ends_with(125).complains("tag can't be used with --all-tags/-a");
    }
    copy("docker-archive:x.tar").ends_with(125).complains("--all-tags copies between registries");
}

/// A registry that answers after this time, and so many images of a repository.
fn far(family: &[Fixture], late: Duration) -> Scripted {
    let registry = Scripted::start();
    fill(&registry, family, late);
    registry
}

fn fill(registry: &Scripted, family: &[Fixture], late: Duration) {
    for (number, member) in family.iter().enumerate() {
        registry.seed("app", member, &tag(number));
    }
    for route in [Route::Manifest, Route::Blob] {
        registry.on(route).late(late).forever();
    }
}

#[test]
fn many_images_share_their_round_trips() {
    const RTT: Duration = Duration::from_millis(50);
    let family = family(MANY, 2000);
    let registry = far(&family, RTT);
    let begun = Instant::now();
    Home::fresh().run(["pull", "-a", &registry.at("app")]).succeeds();
    let took = begun.elapsed();
    eprintln!("{took:?}");
    // One after the other they would take two round trips each.
    assert!(took < RTT * (MANY as u32), "{took:?}");
}

#[test]
fn an_image_that_breaks_leaves_the_shared_layers_to_the_others() {
    let family = family(8, 2000);
    let registry = Scripted::start();
    registry.on(Route::Blob).of(&family[0].config_digest()).error(403, "DENIED").forever();
    fill(&registry, &family, Duration::from_millis(20));
    let home = Home::fresh();
    let pulled = home.run(["pull", "-a", &registry.at("app")]).ends_with(1);
    assert_eq!(pulled.stderr.matches("error: ").count(), 1, "{pulled}");
    family[1..].iter().for_each(|member| assert_kept(&home, member, parts(member)));
}

#[test]
fn the_same_layers_from_two_registries_come_once() {
    let family = family(2, 200_000);
    let [one, two] = [0, 1].map(|_| far(&family, Duration::from_millis(20)));
    let home = Home::fresh();
    let pulled = home.run(["pull", &one.at(&format!("app:{}", tag(0))), &two.at(&format!("app:{}", tag(1)))]);
    let pulled = pulled.succeeds();
    assert!(!pulled.stderr.contains("Waiting for"), "{pulled}");
    assert_eq!(one.blob_bytes_sent() + two.blob_bytes_sent(), distinct(&family).1);
}

#[test]
fn memory_does_not_grow_with_the_number_of_images() {
    let pull = |images: usize| -> Outcome {
        let registry = far(&family(images, 500), Duration::ZERO);
        Home::fresh().run(["pull", "-q", "-a", &registry.at("app")]).succeeds()
    };
    let peaks = [1, MANY, 1000].map(|images| pull(images).peak >> 20);
    eprintln!("MB for 1, 64 and 1,000 images: {peaks:?}");
    // Measured: 26, 30 and 43 MB of the program as tests run it. The store's index takes 2 MB of that; the rest is what
    // the allocator keeps for each thread that has written the index.
    assert!(peaks.iter().all(|peak| (1..=64).contains(peak)) && peaks[2] <= peaks[1] + 24, "{peaks:?}");
}
