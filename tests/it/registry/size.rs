//! `size` and the dry run of several images: what images take, with shared layers counted once.

use serde_json::Value;

use super::Counted;
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    shared_layers_are_counted_once_and_only_manifests_are_read,
    the_dry_run_of_several_images_ends_with_their_sum,
    an_image_that_is_missing_leaves_the_others,
}

/// Two images that share all layers but one.
fn family(there: &Counted) -> (Fixture, Fixture) {
    let layer = |name: &str, bytes| Fixture::layer(name, bytes);
    let base = layer("base", 300_000);
    let image = |own: &str| {
        let config = serde_json::json!({"architecture": "amd64", "os": "linux", "config": {"Env": [own]}});
        Fixture::with_config(config, &[base.clone(), layer(own, 200_000)])
    };
    let (one, two) = (image("one"), image("two"));
    let api = there.api("team/app");
    api.seed(&one, "1");
    api.seed(&two, "2");
    (one, two)
}

fn shared_layers_are_counted_once_and_only_manifests_are_read(kind: Kind) {
    let there = Counted::open(kind);
    let (one, two) = family(&there);
    let home = Home::fresh();
    let (first, second) = (there.at("team/app:1"), there.at("team/app:2"));
    home.run(["pull", "-q", &first]).succeeds();
    let begun = there.calls().len();

    let sized = home.run(["size", "--format", "json", &first, &second]).succeeds();

    let rows: Vec<Value> = sized.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    let (mine, other) = (&rows[0], &rows[1]);
    assert_eq!(number(mine, "Size"), one.blob_bytes());
    assert_eq!((number(mine, "ToPull"), number(mine, "Layers")), (0, 2));
    let shared = number(other, "Shared");
    assert!(shared >= 300_000 && shared == number(mine, "Shared"), "{rows:?}");
    assert_eq!(number(other, "ToPull"), two.blob_bytes() - shared);
    let calls = &there.calls()[begun..];
    assert!(calls.iter().all(|call| call.contains("/manifests/") || call.ends_with("/v2/")), "{calls:?}");
    let table = home.run(["size", &first, &second]).succeeds();
    assert!(table.last_line().starts_with("2 images: 7"), "{}", table.stdout);
    assert!(table.last_line().contains("kB with shared layers counted once, 20"), "{}", table.stdout);
}

fn the_dry_run_of_several_images_ends_with_their_sum(kind: Kind) {
    let there = Counted::open(kind);
    family(&there);
    let home = Home::fresh();
    let (first, second) = (there.at("team/app:1"), there.at("team/app:2"));

    let shown = home.run(["pull", "--dry-run", &first, &second]).succeeds();

    let last = shown.last_line();
    assert!(last.starts_with("2 images together: would download 7"), "{}", shown.stdout);
    assert!(last.ends_with("with shared layers counted once"), "{}", shown.stdout);
    let single = home.run(["pull", "--dry-run", &first]).succeeds();
    assert!(!single.stdout.contains("together"), "{}", single.stdout);
}

fn an_image_that_is_missing_leaves_the_others(kind: Kind) {
    let there = Counted::open(kind);
    family(&there);
    let home = Home::fresh();
    let (here, gone) = (there.at("team/app:1"), there.at("team/app:9"));

    let sized = home.run(["size", "--format", "{{.Image}}", &gone, &here]).ends_with(1);

    assert_eq!(sized.stdout, format!("{here}\n"));
    sized.complains("team/app:9");
    home.run(["size", &gone]).ends_with(3);
    home.run(["size", "--platform", "plan9/x", &here]).ends_with(3).complains("plan9/x");
    home.run(["size"]).ends_with(125);
}

#[test]
fn an_archive_is_not_looked_for_at_docker_hub() {
    let home = Home::fresh();
    std::fs::write(home.path().join("web.tar"), "x").unwrap();
    for command in [&["size", "web.tar"][..], &["files", "web.tar"], &["diff", "a", "web.tar"]] {
        let refused = home.run(command).ends_with(125);
        refused.complains("web.tar is a file: name it as docker-archive:web.tar or oci-archive:web.tar");
    }
}
