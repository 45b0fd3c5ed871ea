//! Entries of a store that a disk or a power cut has spoiled.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{is_valid, names_in};
use crate::support::{Api, Fixture, Home, Kind, Part, blob_path};

/// What may become of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Damage {
    Flipped,
    Truncated,
    Emptied,
    Zeroed,
}

impl Damage {
    const ALL: [Self; 4] = [Self::Flipped, Self::Truncated, Self::Emptied, Self::Zeroed];

    fn inflict(self, path: &Path) {
        let mut content = fs::read(path).unwrap();
        let middle = content.len() / 2;
        match self {
            Self::Flipped => content[middle] ^= 1,
            Self::Truncated => content.truncate(middle),
            Self::Emptied => content.clear(),
            Self::Zeroed => content.fill(0),
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Whether it shows without the file being read.
    fn changes_the_size(self) -> bool {
        matches!(self, Self::Truncated | Self::Emptied)
    }
}

fn parts(fixture: &Fixture) -> impl Iterator<Item = &Part> {
    fixture.blobs.iter().chain([&fixture.root])
}

#[test]
fn f07_a_damaged_entry_is_neither_pushed_nor_saved_nor_copied() {
    let fixture = Fixture::small();
    for kind in Kind::present() {
        let registry = kind.open();
        for (number, damage) in Damage::ALL.into_iter().enumerate() {
            for (place, part) in parts(&fixture).enumerate() {
                let repository = format!("damaged{number}/{place}");
                let image = format!("{}/{repository}:1", registry.host());
                let home = Home::fresh();
                home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
                damage.inflict(&blob_path(&home.store(), &part.digest));
                let (archive, layout) = (home.path().join("out.tar"), home.path().join("layout"));
                let (to_archive, to_layout) =
                    (format!("oci-archive:{}", archive.display()), format!("oci:{}", layout.display()));
                for command in [
                    &["push", &image][..],
                    &["copy", &format!("store:{image}"), &image],
                    &["save", "-o", archive.to_str().unwrap(), &image],
                    &["copy", &format!("store:{image}"), &to_archive],
                    &["copy", &format!("store:{image}"), &to_layout],
                ] {
                    let outcome = home.run([&["--progress", "none"], command].concat());
                    assert!(matches!(outcome.code, 3 | 6), "{damage:?} {}\n{outcome}", part.media_type);
                    assert!(outcome.stderr.starts_with("error: "), "{outcome}");
                }
                assert!(Api::of(registry.host(), &repository).manifest("1").is_none(), "{damage:?} {place}");
                assert!(!archive.exists() && !layout.join("index.json").exists(), "{damage:?} {place}");
            }
        }
    }
}

#[test]
fn r2_a_platform_with_a_lost_blob_is_damaged_and_not_just_never_pulled() {
    let fixture = Fixture::multi_platform();
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    let to = format!("{}/team/to:1", registry.host());
    let arm: serde_json::Value =
        serde_json::from_slice(&fixture.content(&fixture.manifests["linux/arm64/v8"].digest)).unwrap();
    let lost = arm["layers"][1]["digest"].as_str().unwrap();
    let all = ["linux/arm64", "linux/amd64", "linux/arm/v7"];
    for pulled in [&all[..1], &all[..2], &all] {
        let home = Home::fresh();
        let platforms = pulled.iter().flat_map(|platform| ["--platform", platform]);
        home.run(["pull", "-q"].into_iter().chain(platforms).chain([image.as_str()])).succeeds();
        home.run(["tag", &image, &to]).succeeds();
        fs::remove_file(blob_path(&home.store(), lost)).unwrap();

        let archive = home.path().join("out.tar");
        let save = ["save", "-o", archive.to_str().unwrap(), &image];
        for (command, name) in [
            (&save[..], &image),
            (&[&save[..], &["--platform", "linux/arm64"]].concat(), &image),
            (&["push", &to], &to),
            (&["push", "--dry-run", &to], &to),
        ] {
            let fault =
                format!("error: {name} is damaged: blob {lost} is missing or incomplete in the store\n");
            let refused = home.run(command).ends_with(6).complains(&fault);
            refused.complains("hint: find and repair damaged blobs: regcli verify\n");
        }
        assert!(!archive.exists(), "{pulled:?}");
        assert!(Api::of(registry.host(), "team/to").manifest("1").is_none(), "{pulled:?}");
        // The other platforms can be saved, and all of them after a repair.
        if pulled.len() > 1 {
            home.run([&save[..], &["--platform", "linux/amd64"]].concat()).succeeds();
        }
        home.run(["verify", &image]).succeeds();
        home.run(save).succeeds();
    }
}

#[test]
fn f07_a_pull_heals_what_has_lost_its_size_and_verify_everything() {
    let fixture = Fixture::small();
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    for damage in Damage::ALL {
        for part in parts(&fixture) {
            let home = Home::fresh();
            home.run(["pull", "-q", &image]).succeeds();
            damage.inflict(&blob_path(&home.store(), &part.digest));
            let is_manifest = part.digest == fixture.root.digest;
            if damage.changes_the_size() || is_manifest {
                home.run(["pull", "-q", &image]).succeeds();
                is_valid(&home.store());
                damage.inflict(&blob_path(&home.store(), &part.digest));
            }
            home.run(["verify", "--no-fetch"]).ends_with(6);
            home.run(["verify"]).succeeds();
            is_valid(&home.store());
            home.run(["push", "-q", &image]).succeeds();
        }
    }
}

#[test]
fn f07_a_partial_blob_of_wrong_bytes_is_begun_anew() {
    let fixture = Fixture::small();
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    for blob in &fixture.blobs {
        let size = usize::try_from(blob.size).unwrap();
        // As after a power cut: zeros where bytes were, all of them, or more than there ever were.
        for length in [1, size / 2, size, size + 1] {
            let home = Home::fresh();
            let parts = home.store().join("parts");
            fs::create_dir_all(&parts).unwrap();
            fs::write(parts.join(blob.digest.replace(':', "-")), vec![0; length]).unwrap();
            home.run(["pull", "-q", &image]).succeeds();
            is_valid(&home.store());
            assert_eq!(names_in(&parts), [""; 0]);
        }
    }
}
