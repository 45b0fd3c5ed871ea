//! The store's upkeep: `verify`, `gc` and `df`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Api, Fixture, Home, Kind, Proxy, Registry, blob_path, sha256};

/// An image at a registry and in a store.
struct Scene {
    registry: Registry,
    home: Home,
    fixture: Fixture,
    image: String,
}

impl Scene {
    fn pulled(kind: Kind, fixture: Fixture) -> Self {
        let (registry, home) = (kind.open(), Home::fresh());
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        let image = format!("{}/team/app:1", registry.host());
        home.run(["pull", "-q", "--all-platforms", &image]).succeeds();
        Self { registry, home, fixture, image }
    }

    /// The largest blob, which is a layer.
    fn layer(&self) -> String {
        self.fixture.blobs.iter().max_by_key(|part| part.size).unwrap().digest.clone()
    }

    /// Every digest of the image.
    fn digests(&self) -> Vec<String> {
        let Fixture { blobs, manifests, root, .. } = &self.fixture;
        let parts = blobs.iter().chain(manifests.values()).chain([root]);
        let mut digests: Vec<_> = parts.map(|part| part.digest.clone()).collect();
        digests.sort();
        digests.dedup();
        digests
    }

    #[track_caller]
    fn is_whole(&self) {
        for digest in self.digests() {
            assert_eq!(sha256(&fs::read(blob_path(&self.home.store(), &digest)).unwrap()), digest);
        }
    }
}

/// Changes one bit of a file that is read-only.
fn flip(path: &Path) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_store_that_is_as_it_was_is_verified_without_asking_anybody() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::multi_platform());
    let blobs = scene.digests().len();
    drop(scene.registry);
    let outcome = scene.home.run(["verify"]).succeeds();
    assert!(outcome.stdout.starts_with(&format!("Verified {blobs} blobs, ")), "{outcome}");
    assert!(outcome.stdout.ends_with(": all intact\n"), "{outcome}");
    assert_eq!(outcome.stderr, "");
    // A store that is not there has nothing that could be wrong, and is not made.
    let home = Home::fresh();
    home.run(["verify"]).succeeds().prints("Verified 0 blobs, 0B: all intact\n");
    assert!(!home.store().exists());
}

#[test]
fn whatever_is_damaged_or_lost_is_fetched_again_and_nothing_else() {
    for kind in Kind::present() {
        let scene = Scene::pulled(kind, Fixture::multi_platform());
        let proxy = Proxy::before(scene.registry.host());
        // The same images under a name that leads past the proxy.
        let image = format!("{}/team/app:1", proxy.host());
        scene.home.run(["pull", "-q", "--all-platforms", &image]).succeeds();
        scene.home.run(["rmi", &scene.image]).succeeds();
        for digest in scene.digests() {
            for damage in ["flipped", "emptied", "lost"] {
                let path = blob_path(&scene.home.store(), &digest);
                match damage {
                    "flipped" => flip(&path),
                    "emptied" => {
                        fs::remove_file(&path).unwrap();
                        fs::write(&path, "").unwrap();
                    }
                    _ => fs::remove_file(&path).unwrap(),
                }
                proxy.forget();
                let found = if damage == "lost" { "missing" } else { "damaged" };
                // Which of an index's manifests were ever here is not known any more when one is gone.
                let is_child = scene.fixture.manifests.values().any(|part| part.digest == digest);
                if damage == "lost" && is_child {
                    scene.home.run(["verify"]).succeeds();
                    scene.home.run(["pull", "-q", "--all-platforms", &image]).succeeds();
                    continue;
                }
                let outcome = scene.home.run(["verify"]).succeeds();
                let line = format!("{digest}: {found}, needed by {image}, fetched again");
                outcome.prints_line(&line);
                scene.is_whole();
                let taken = proxy.requests("GET", "/blobs/");
                assert!(taken.len() <= 1, "{damage} {digest}: {taken:#?}");
            }
        }
        scene.home.run(["verify", &image]).succeeds();
    }
}

#[test]
fn what_cannot_be_fetched_again_is_out_of_the_way_and_an_error() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::small());
    let layer = scene.layer();
    let path = blob_path(&scene.home.store(), &layer);
    flip(&path);
    let damaged = fs::read(&path).unwrap();

    let found = format!("{layer}: damaged, needed by {}\n", scene.image);
    let outcome = scene.home.run(["verify", "--no-fetch"]).ends_with(6);
    assert!(outcome.stdout.starts_with(&found), "{outcome}");
    assert_eq!(fs::read(&path).unwrap(), damaged, "--no-fetch changes nothing");

    let host = scene.registry.host().to_owned();
    drop(scene.registry);
    let outcome = scene.home.run(["verify", "--retry", "0"]).ends_with(6).complains(&host);
    assert!(outcome.stdout.starts_with(&found), "{outcome}");
    assert!(!path.exists(), "nobody can push or save it");
    let aside = scene.home.store().join(format!("parts/damaged-{}", layer.replace(':', "-")));
    assert_eq!(fs::read(&aside).unwrap(), damaged, "whoever can mend it finds it");

    // The original from elsewhere puts it right.
    scene.home.run(["copy", "-q", &scene.fixture.place(), &format!("store:{}", scene.image)]).succeeds();
    scene.home.run(["verify"]).succeeds();
    let outcome = scene.home.run(["gc", "--partial"]).succeeds();
    assert_eq!(outcome.stdout, "Deleted: 1 partial blob\nTotal reclaimed space: 19.2kB\n");
    assert!(!aside.exists());
}

#[test]
fn an_image_without_a_name_says_that_nobody_can_be_asked() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::small());
    let other = Fixture::heavy(1 << 10);
    Api::of(scene.registry.host(), "team/app").seed(&other, "1");
    scene.home.run(["pull", "-q", &scene.image]).succeeds();
    flip(&blob_path(&scene.home.store(), &scene.layer()));
    let outcome =
        scene.home.run(["verify"]).ends_with(6).complains("has no name, so no registry can be asked");
    let needed = format!("{}: damaged, needed by {}\n", scene.layer(), scene.fixture.root.digest);
    assert!(outcome.stdout.contains(&needed), "{outcome}");
    // What no image needs is only moved away.
    scene.home.run(["rmi", &scene.fixture.root.digest]).succeeds();
    let stray = sha256(b"stray");
    fs::write(blob_path(&scene.home.store(), &stray), "not this").unwrap();
    let outcome = scene.home.run(["verify"]).succeeds();
    assert!(
        outcome.stdout.contains(&format!("{stray}: damaged, needed by no image, set aside\n")),
        "{outcome}"
    );
}

#[test]
fn verify_of_one_image_looks_at_no_other() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::small());
    scene.home.run(["copy", "-q", &Fixture::heavy(1 << 10).place(), "store:other"]).succeeds();
    flip(&blob_path(&scene.home.store(), &scene.layer()));
    let outcome = scene.home.run(["verify", "other"]).succeeds();
    assert!(outcome.stdout.starts_with("Verified 4 blobs, "), "{outcome}");
    let outcome = scene.home.run(["verify", "nosuch"]).ends_with(3);
    assert!(outcome.stderr.starts_with("error: No such image: nosuch:latest\n"), "{outcome}");
    scene.home.run(["verify", "UPPER"]).ends_with(125);
}

#[test]
fn gc_removes_what_rmi_could_not_and_never_what_somebody_writes() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::small());
    let store = scene.home.store();
    let stray = sha256(b"stray");
    fs::write(blob_path(&store, &stray), "stray").unwrap();
    let part = store.join(format!("parts/{}", sha256(b"part").replace(':', "-")));
    fs::write(&part, "part of it").unwrap();

    let outcome = scene.home.run(["gc", "--dry-run"]).succeeds();
    assert_eq!(outcome.stdout, format!("Would be deleted: {stray}\nWould be reclaimed: 5B\n"));
    let outcome = scene.home.run(["gc", "--dry-run", "--partial"]).succeeds();
    outcome.prints_line("Would be deleted: 1 partial blob");
    assert!(part.exists() && blob_path(&store, &stray).exists());

    // A pull that is under way.
    let proxy = Proxy::before(scene.registry.host());
    let heavy = Fixture::heavy(1 << 20);
    Api::of(scene.registry.host(), "team/heavy").seed(&heavy, "1");
    proxy.slow_down(heavy.blob_bytes() / 12);
    let image = format!("{}/team/heavy:1", proxy.host());
    let pull = scene.home.regcli(["pull", "-q", &image]).start();
    let begun = || (proxy.blob_bytes_taken() > 0 || proxy.requests("GET", "/blobs/").len() > 1).then_some(());
    crate::support::eventually(std::time::Duration::from_secs(20), begun).unwrap();
    let outcome = scene.home.run(["gc"]);
    assert!(
        outcome.code == 1 && outcome.stderr.contains("is being written to by another process"),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("\n\nhint: try again when it is done\n"), "{outcome}");
    proxy.slow_down(0);
    pull.finish().succeeds();

    let outcome = scene.home.run(["gc"]).succeeds();
    assert_eq!(outcome.stdout, format!("Deleted: {stray}\nTotal reclaimed space: 5B\n"));
    assert!(part.exists(), "a pull of this week may go on with it");
    let outcome = scene.home.run(["gc", "--partial"]).succeeds();
    assert_eq!(outcome.stdout, "Deleted: 1 partial blob\nTotal reclaimed space: 10B\n");
    scene.home.run(["gc"]).succeeds().prints("Total reclaimed space: 0B\n");
    scene.home.run(["verify"]).succeeds();
}

#[test]
fn df_tells_what_is_kept_shared_reclaimable_and_partial() {
    let scene = Scene::pulled(Kind::Embedded, Fixture::small());
    let store = scene.home.store();
    let bytes = scene.fixture.blob_bytes() + scene.fixture.root.size;
    fs::write(blob_path(&store, &sha256(b"stray")), "stray").unwrap();
    fs::write(store.join(format!("parts/{}", sha256(b"part").replace(':', "-"))), "part of it").unwrap();
    scene.home.run(["tag", &scene.image, "again"]).succeeds();
    let outcome = scene.home.run(["df"]).succeeds();
    let rows: Vec<Vec<&str>> = outcome.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["TYPE", "COUNT", "SIZE"]);
    assert_eq!(rows[1][..2], ["Kept", "4"], "{outcome}");
    assert_eq!(rows[2], ["Shared", "0", "0B"], "two names are one image");
    assert_eq!(rows[3], ["Reclaimable", "1", "5B"]);
    assert_eq!(rows[4], ["Partial", "1", "10B"]);
    let outcome = scene.home.run(["df", "--format", "{{.Type}} {{.Bytes}}"]).succeeds();
    assert!(outcome.stdout.starts_with(&format!("Kept {bytes}\n")), "{outcome}");

    // An image with one layer of the first, and a layer of its own.
    let layers: Vec<_> =
        scene.fixture.blobs.iter().filter(|part| part.media_type.contains("layer")).collect();
    let shared = scene.fixture.content(&layers[0].digest);
    let config = serde_json::json!({"architecture": "amd64", "os": "linux"});
    let other = Fixture::with_config(config, &[shared.clone(), Fixture::layer("own", 100)]);
    scene.home.run(["copy", "-q", &other.place(), "store:other:1"]).succeeds();
    let size = shared.len();
    let rows = scene.home.run(["df", "--format", "json"]).succeeds();
    rows.prints_line(&format!(r#"{{"Bytes":"{size}","Count":"1","Size":"9.68kB","Type":"Shared"}}"#));
    let rows =
        scene.home.run(["df", "-v", "--format", "{{.Repository}}:{{.Tag}} {{.SharedSize}}"]).succeeds();
    let name = scene.image.as_str();
    assert_eq!(rows.stdout, format!("{name} 9.68kB\nagain:latest 9.68kB\nother:1 9.68kB\n"));
    assert_eq!(size, 9680);
}
