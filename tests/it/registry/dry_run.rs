//! `--dry-run`: what is foreseen comes true, and looking changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::{Fault, Fixture, Home, Kind, Outcome, Part};

use super::{Counted, keep};

at_every_registry! {
    a_pull_of_something_new_takes_one_request_and_makes_no_store,
    a_pull_of_what_is_here_says_so,
    a_pull_of_which_half_is_here_moves_what_was_foreseen,
    a_pull_that_was_cut_goes_on_at_the_byte_that_was_foreseen,
    a_pull_of_one_platform_counts_that_one,
    a_pull_of_several_images_shows_one_after_the_other,
    a_push_of_something_new_opens_no_upload,
    a_push_of_what_is_there_says_so,
    a_push_sends_what_was_foreseen,
    a_push_names_the_repository_to_mount_from,
    a_push_of_one_platform_of_an_index_says_so,
    a_copy_from_registry_to_registry_is_foreseen,
    a_copy_within_one_registry_mounts,
    a_copy_to_a_layout_makes_no_folder_and_no_lock,
    a_copy_from_the_store_is_foreseen,
    templates_and_tables_show_the_fields_that_are_asked_for,
}

/// Everything below a folder: what it is, and when it was changed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let changed = fs::symlink_metadata(&folder).unwrap().modified().unwrap();
        found.insert(folder, (changed, None));
        for entry in entries {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                found.insert(path, (metadata.modified().unwrap(), Some(content)));
            }
        }
    }
    found
}

/// Runs `regcli ARGUMENTS`, and asserts that neither the home nor a registry was changed and no byte of a blob
/// was moved.
#[track_caller]
pub(super) fn looks(home: &Home, registries: &[&Counted], arguments: &[&str]) -> Outcome {
    let before = snapshot(home.path());
    registries.iter().for_each(|registry| registry.proxy.forget());
    let outcome = home.run(arguments);
    assert!(snapshot(home.path()) == before, "the home has changed\n{outcome}");
    for exchange in registries.iter().flat_map(|registry| registry.proxy.exchanges()) {
        let asks = exchange.method == "HEAD";
        let reads = exchange.method == "GET" && !exchange.path.contains("/blobs/");
        assert!(asks || reads, "{exchange:?}\n{outcome}");
    }
    outcome
}

/// The same with `--format json`: one object an image.
#[track_caller]
fn foreseen(home: &Home, registries: &[&Counted], arguments: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--dry-run", "--format", "json"]).collect();
    let outcome = looks(home, registries, &arguments).succeeds();
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// That of one image.
#[track_caller]
fn foreseen_one(home: &Home, registries: &[&Counted], arguments: &[&str]) -> Value {
    let mut objects = foreseen(home, registries, arguments);
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

/// The digests that have this fate.
fn with_fate<'a>(preview: &'a Value, fate: &str) -> Vec<&'a str> {
    let blobs = preview["blobs"].as_array().unwrap().iter();
    blobs.filter(|blob| blob["fate"] == fate).map(|blob| blob["digest"].as_str().unwrap()).collect()
}

/// The sums of a preview in which only these are not 0.
fn sums(total: u64, others: &[(&str, u64)]) -> Value {
    let mut sums = json!({
        "total": total, "toMove": 0, "present": 0, "partial": 0, "mountable": 0, "foreign": 0, "unknown": 0,
    });
    for (name, bytes) in others {
        sums[*name] = json!(bytes);
    }
    sums
}

/// How tables call a blob.
fn short(part: &Part) -> &str {
    &part.digest.split_once(':').unwrap().1[..12]
}

fn bytes<'a>(parts: impl IntoIterator<Item = &'a Part>) -> u64 {
    parts.into_iter().map(|part| part.size).sum()
}

fn a_pull_of_something_new_takes_one_request_and_makes_no_store(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    there.api("app").seed(&fixture, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));

    let table = looks(&home, &[&there], &["pull", "--dry-run", &image]).succeeds();
    assert_eq!(there.calls(), ["GET /v2/app/manifests/1"]);
    assert!(!home.store().exists());
    assert_eq!(table.stderr, "");
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(lines[0], "BLOB ID        KIND      SIZE      ACTION");
    let kinds: Vec<&str> = lines[1..5].iter().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(kinds, ["config", "layer", "layer", "layer"], "in the order of the image\n{table}");
    for blob in &fixture.blobs {
        let row = lines.iter().find(|line| line.starts_with(short(blob)));
        assert!(row.is_some_and(|row| row.ends_with("   download")), "{}\n{table}", blob.digest);
    }
    let last = table.last_line();
    assert!(last.starts_with(&format!("{image}: would download ")), "{table}");

    let preview = foreseen_one(&home, &[&there], &["pull", &image]);
    let expected = json!({
        "source": image, "destination": format!("store:{image}"), "digest": fixture.root.digest,
        "mediaType": fixture.root.media_type, "upToDate": false,
        "images": [{ "digest": fixture.root.digest, "platform": null }],
        "bytes": sums(fixture.blob_bytes(), &[("toMove", fixture.blob_bytes())]),
        "blobs": preview["blobs"],
    });
    assert_eq!(preview, expected);
    let mut digests = with_fate(&preview, "move");
    digests.sort_unstable();
    assert!(digests.iter().eq(fixture.blobs.iter().map(|blob| &blob.digest)), "{preview:#}");

    let pinned = looks(&home, &[&there], &["pull", "-q", "--dry-run", &image]).succeeds();
    pinned.prints(&format!("{image}@{}\n", fixture.root.digest));
}

fn a_pull_of_what_is_here_says_so(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    there.api("app").seed(&fixture, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));
    home.run(["pull", &image]).succeeds();

    let table = looks(&home, &[&there], &["pull", "--dry-run", &image]).succeeds();
    assert_eq!(there.calls(), ["HEAD /v2/app/manifests/1"]);
    assert_eq!(table.stdout.matches("   already here\n").count(), 4, "{table}");
    assert_eq!(table.last_line(), format!("{image} is up to date: nothing to download"));
    let preview = foreseen_one(&home, &[&there], &["pull", &image]);
    assert_eq!(preview["upToDate"], true);
    let all = fixture.blob_bytes();
    assert_eq!(preview["bytes"], sums(all, &[("present", all)]));

    // The same blobs under another name are here, and yet that name is not.
    there.api("app").tag(&fixture, &["2".to_owned()]);
    let other = foreseen_one(&home, &[&there], &["pull", &there.at("app:2")]);
    assert_eq!(other["upToDate"], false);
    assert_eq!(other["bytes"], preview["bytes"]);
}

fn a_pull_of_which_half_is_here_moves_what_was_foreseen(kind: Kind) {
    let there = Counted::open(kind);
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(4));
    there.api("app").seed(&new, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));
    keep(&home, &old, "example.com/old:1");

    let preview = foreseen_one(&home, &[&there], &["pull", &image]);
    let (present, missing) = new.blobs.iter().partition::<Vec<_>, _>(|blob| old.blobs.contains(blob));
    assert_eq!((present.len(), missing.len()), (2, 3), "two layers are shared");
    let expected = [("present", bytes(present)), ("toMove", bytes(missing))];
    assert_eq!(preview["bytes"], sums(new.blob_bytes(), &expected));

    there.proxy.forget();
    home.run(["pull", &image]).succeeds();
    assert_eq!(preview["bytes"]["toMove"], there.proxy.blob_bytes_taken());
}

fn a_pull_that_was_cut_goes_on_at_the_byte_that_was_foreseen(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::heavy(4 << 20);
    there.api("app").seed(&fixture, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    there.proxy.fault("GET", &layer.digest, Fault::CutAnswer { after: layer.size / 2 });
    home.run(["--retry", "0", "pull", &image]).ends_with(5);

    let preview = foreseen_one(&home, &[&there], &["pull", &image]);
    let blobs = preview["blobs"].as_array().unwrap();
    let begun = blobs.iter().find(|blob| blob["digest"] == layer.digest.as_str()).unwrap();
    let offset = begun["offset"].as_u64().unwrap();
    assert!(offset > 0 && offset <= layer.size / 2, "{begun}");
    assert_eq!(
        (begun["fate"].as_str(), begun["toMove"].as_u64()),
        (Some("resume"), Some(layer.size - offset))
    );
    // The small layer may have been on its way, too.
    let partial: u64 = blobs.iter().filter_map(|blob| blob["offset"].as_u64()).sum();
    assert_eq!(preview["bytes"]["partial"], partial);
    let table = looks(&home, &[&there], &["pull", "--dry-run", &image]).succeeds();
    assert!(
        table.stdout.contains("   download the rest, ") && table.stdout.contains("MB are kept\n"),
        "{table}"
    );
    assert!(table.last_line().contains(" left by an earlier run"), "{table}");

    there.proxy.forget();
    home.run(["pull", &image]).succeeds();
    let range = there.proxy.requests("GET", &layer.digest)[0].range.clone();
    assert!(range.is_some_and(|range| range.starts_with(&format!("bytes={offset}-"))));
}

fn a_pull_of_one_platform_counts_that_one(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("app").seed(&fixture, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));

    let arm = &fixture.manifests["linux/arm64/v8"];
    let preview = foreseen_one(&home, &[&there], &["pull", "--platform", "linux/arm64", &image]);
    assert_eq!(preview["digest"], fixture.root.digest.as_str());
    assert_eq!(preview["images"], json!([{ "digest": arm.digest, "platform": "linux/arm64/v8" }]));
    assert_eq!(preview["blobs"].as_array().unwrap().len(), 3);

    let all = foreseen_one(&home, &[&there], &["pull", "--all-platforms", &image]);
    assert_eq!(all["images"].as_array().unwrap().len(), 3);
    assert_eq!(all["bytes"]["toMove"], fixture.blob_bytes());
}

fn a_pull_of_several_images_shows_one_after_the_other(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    there.api("app").tag(&fixture, &["2".to_owned()]);
    let (home, app) = (Home::fresh(), there.at("app"));
    let tags = [there.at("app:1"), there.at("app:2")];

    let all = foreseen(&home, &[&there], &["pull", "-a", &app]);
    // The order is the registry's.
    let mut sources: Vec<_> = all.iter().map(|preview| preview["source"].as_str().unwrap()).collect();
    sources.sort_unstable();
    assert_eq!(sources, tags);
    let missing = there.at("app:nosuch");
    let arguments = ["pull", "--dry-run", &tags[0], &missing, &tags[1]];
    let some = looks(&home, &[&there], &arguments).ends_with(1);
    let some = some.complains(&format!("manifest for {missing} not found"));
    let totals: Vec<_> = some.stdout.lines().filter_map(|line| line.split_once(": would ")).collect();
    let (last, each) = totals.split_last().unwrap();
    assert!(each.iter().map(|(image, _)| image).eq(&tags), "{some}");
    assert_eq!(last.0, "2 images together");
    assert_eq!(some.stdout.matches("\n\nBLOB ID").count(), 1, "{some}");

    let both = looks(&home, &[&there], &["pull", "-aq", "--dry-run", &app]).succeeds();
    let mut pinned: Vec<_> = both.stdout.lines().collect();
    pinned.sort_unstable();
    assert_eq!(pinned, tags.map(|tag| format!("{tag}@{}", fixture.root.digest)));
}

fn a_push_of_something_new_opens_no_upload(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(20);
    let (home, image) = (Home::fresh(), there.at("app:1"));
    keep(&home, &fixture, &image);

    let table = looks(&home, &[&there], &["push", "--dry-run", &image]).succeeds();
    let calls = there.calls();
    assert_eq!(calls[0], "HEAD /v2/app/manifests/1");
    assert_eq!(calls.len(), 1 + fixture.blobs.len(), "{calls:#?}");
    assert_eq!(table.stdout.matches("   upload\n").count(), fixture.blobs.len(), "{table}");
    assert!(table.last_line().starts_with(&format!("{image}: would upload ")), "{table}");
    assert_eq!(there.api("app").manifest("1"), None);
    assert!(fixture.blobs.iter().all(|blob| there.api("app").blob(&blob.digest).is_none()));

    let preview = foreseen_one(&home, &[&there], &["push", &image]);
    let all = fixture.blob_bytes();
    assert_eq!(preview["bytes"], sums(all, &[("toMove", all)]));
    assert_eq!(preview["source"], format!("store:{image}"));
    assert_eq!(preview["destination"], image);
}

fn a_push_of_what_is_there_says_so(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    let (home, image) = (Home::fresh(), there.at("app:1"));
    keep(&home, &fixture, &image);
    home.run(["push", &image]).succeeds();

    let table = looks(&home, &[&there], &["push", "--dry-run", &image]).succeeds();
    assert_eq!(there.calls(), ["HEAD /v2/app/manifests/1"]);
    assert_eq!(table.stdout.matches("   already there\n").count(), 4, "{table}");
    assert_eq!(table.last_line(), format!("{image} is up to date: nothing to upload"));
    let preview = foreseen_one(&home, &[&there], &["push", &image]);
    assert_eq!(preview["upToDate"], true);
    let pinned = looks(&home, &[&there], &["push", "-q", "--dry-run", &image]).succeeds();
    pinned.prints(&format!("{image}@{}\n", fixture.root.digest));
}

fn a_push_sends_what_was_foreseen(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(4);
    let (home, image) = (Home::fresh(), there.at("app:1"));
    keep(&home, &fixture, &image);
    for blob in &fixture.blobs[..2] {
        there.api("app").seed_blob(&fixture, blob);
    }

    let preview = foreseen_one(&home, &[&there], &["push", &image]);
    let expected = [("present", bytes(&fixture.blobs[..2])), ("toMove", bytes(&fixture.blobs[2..]))];
    assert_eq!(preview["bytes"], sums(fixture.blob_bytes(), &expected));

    there.proxy.forget();
    home.run(["push", &image]).succeeds();
    assert_eq!(preview["bytes"]["toMove"], there.proxy.blob_bytes_sent());
}

fn a_push_names_the_repository_to_mount_from(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let (from, to) = (there.at("team/app:1"), there.at("other/app:1"));
    let home = Home::fresh();
    keep(&home, &fixture, &from);
    // Nothing can be mounted from another registry.
    keep(&home, &fixture, "example.com/elsewhere:1");
    home.run(["push", &from]).succeeds();
    home.run(["tag", &from, &to]).succeeds();

    let table = looks(&home, &[&there], &["push", "--dry-run", &to]).succeeds();
    assert_eq!(table.stdout.matches("   can be mounted from team/app\n").count(), 3, "{table}");
    let last = table.last_line();
    assert!(last.contains(": would upload 0B of ") && last.ends_with(" can be mounted)"), "{table}");
    let preview = foreseen_one(&home, &[&there], &["push", &to]);
    let all = fixture.blob_bytes();
    assert_eq!(preview["bytes"], sums(all, &[("mountable", all)]));
    assert_eq!(preview["blobs"][0]["from"], there.at("team/app"));
    assert_eq!(there.api("other/app").manifest("1"), None);
}

fn a_push_of_one_platform_of_an_index_says_so(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    let (home, image) = (Home::fresh(), there.at("app:1"));
    there.api("from").seed(&fixture, "1");
    home.run(["pull", "-q", "--platform", "linux/arm64", &there.at("from:1")]).succeeds();
    home.run(["tag", &there.at("from:1"), &image]).succeeds();

    let arm = &fixture.manifests["linux/arm64/v8"];
    let pinned = looks(&home, &[&there], &["push", "-q", "--dry-run", &image]).succeeds();
    let pinned = pinned.prints(&format!("{image}@{}\n", arm.digest));
    pinned.complains("only the available single-platform image would be pushed");
}

fn a_copy_from_registry_to_registry_is_foreseen(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::multi_platform();
    from.api("app").seed(&fixture, "1");
    let (source, target) = (from.at("app:1"), to.at("app:1"));
    let home = Home::fresh();

    let preview = foreseen_one(&home, &[&from, &to], &["copy", &source, &target]);
    assert_eq!((&preview["source"], &preview["destination"]), (&json!(source), &json!(target)));
    let all = fixture.blob_bytes();
    assert_eq!(preview["bytes"], sums(all, &[("toMove", all)]));
    assert_eq!(from.proxy.exchanges().len(), 1 + fixture.manifests.len());
    assert_eq!(to.proxy.exchanges().len(), 2 + fixture.blobs.len(), "tag and image, then each blob");
    assert!(!home.store().exists());
    let pinned = looks(&home, &[&from, &to], &["copy", "-q", "--dry-run", &source, &target]).succeeds();
    pinned.prints(&format!("{target}@{}\n", fixture.root.digest));

    home.run(["copy", &source, &target]).succeeds();
    let table = looks(&home, &[&from, &to], &["copy", "--dry-run", &source, &target]).succeeds();
    assert_eq!(table.stdout.matches("   already there\n").count(), fixture.blobs.len(), "{table}");
    assert_eq!(table.last_line(), format!("{target} is up to date: nothing to copy"));
}

fn a_copy_within_one_registry_mounts(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("team/app").seed(&fixture, "1");
    let places = [there.at("team/app:1"), there.at("other:1")];

    let preview = foreseen_one(&Home::fresh(), &[&there], &["copy", &places[0], &places[1]]);
    let all = fixture.blob_bytes();
    assert_eq!(preview["bytes"], sums(all, &[("mountable", all)]));
    assert_eq!(there.api("other").manifest("1"), None);
}

fn a_copy_to_a_layout_makes_no_folder_and_no_lock(kind: Kind) {
    let there = Counted::open(kind);
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(4));
    there.api("app").seed(&new, "1");
    let home = Home::fresh();
    let absent = home.path().join("absent");

    let image = there.at("app:1");
    let preview = foreseen_one(&home, &[&there], &["copy", &image, &format!("oci:{}:v1", absent.display())]);
    assert_eq!(preview["bytes"]["toMove"], new.blob_bytes());
    assert!(!absent.exists());

    // As others write it, without a lock that could be taken.
    let before = snapshot(old.path());
    let place = format!("oci:{}:v2", old.path().display());
    let preview = foreseen_one(&home, &[&there], &["copy", &image, &place]);
    assert_eq!(preview["bytes"]["present"], bytes(new.blobs.iter().filter(|blob| old.blobs.contains(blob))));
    let store = ["--store", old.path().to_str().unwrap()];
    let pull = foreseen_one(&home, &[&there], &[store[0], store[1], "pull", &image]);
    assert_eq!(pull["bytes"], preview["bytes"]);
    assert!(snapshot(old.path()) == before, "the layout has changed");
}

fn a_copy_from_the_store_is_foreseen(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    let home = Home::fresh();
    keep(&home, &fixture, "example.com/app:1");
    let target = there.at("app:1");
    let arguments = ["copy", "--dry-run", "store:example.com/app:1", &target];
    let table = looks(&home, &[&there], &arguments).succeeds();
    assert_eq!(table.stdout.matches("   copy\n").count(), fixture.blobs.len(), "{table}");
    assert!(table.last_line().starts_with(&format!("{target}: would copy ")), "{table}");
    assert_eq!(there.api("app").manifest("1"), None);

    let inwards = ["copy", "--dry-run", &fixture.place(), "store:example.com/other:1"];
    let table = looks(&home, &[&there], &inwards).succeeds();
    assert!(table.last_line().starts_with("store:example.com/other:1: would copy 0B of "), "{table}");
    assert_eq!(there.calls(), [""; 0]);
}

fn templates_and_tables_show_the_fields_that_are_asked_for(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let (home, image) = (Home::fresh(), there.at("app:1"));
    let show =
        |format: &str| looks(&home, &[&there], &["pull", "--dry-run", "--format", format, &image]).succeeds();
    let rows = show("{{.Digest}} {{.Bytes}} {{.ToMove}} {{.Fate}} {{.Kind}}").stdout;
    let mut rows: Vec<&str> = rows.lines().map(|row| row.rsplit_once(' ').unwrap().0).collect();
    rows.sort_unstable();
    let expected =
        fixture.blobs.iter().map(|blob| format!("{} {size} {size} move", blob.digest, size = blob.size));
    assert!(rows.into_iter().eq(expected), "every blob, and nothing besides");
    let table = show("table {{.MediaType}}\\t{{.ToMove}}");
    assert_eq!(table.stdout.lines().next().unwrap().split_whitespace().last(), Some("MOVE"), "{table}");
    assert!(table.last_line().contains(": would download "), "{table}");
    let json = show("{{json .}}").stdout;
    let row: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(row["Kind"], "config", "{row}");
}
