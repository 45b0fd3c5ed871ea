//! `pin`: digests are written into files, and nothing else changes.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use super::{Team, assert_only_heads};
use crate::support::scripted::Scripted;
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    a_digest_is_written_behind_each_tag,
    a_check_changes_no_file,
    what_cannot_be_looked_up_leaves_the_rest_pinned,
}

fn a_digest_is_written_behind_each_tag(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let image = |tag: &str| team.there.at(&format!("team/app:{tag}"));
    let (old, new) = (&team.old.root.digest, &team.new.root.digest);
    let text = |first: &str, second: &str| {
        format!(
            "# 服务\r\nservices:\r\n  a: {{ image: \"{}{first}\" }} # kept\r\n  b:\r\n    image: {}{second}",
            image("1.0"),
            image("1.1")
        )
    };
    let (file, link) = (home.path().join("compose.yaml"), home.path().join("link.yml"));
    fs::write(&file, text("", "")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("compose.yaml", &link).unwrap();
    let named = link.display().to_string();

    let pinned = home.run(["pin", &named]).succeeds();

    let expected = text(&format!("@{old}"), &format!("@{new}"));
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        pinned.stdout.contains(&format!("{named}:3: {} is {}", image("1.0"), &old[7..19])),
        "{}",
        pinned.stdout
    );
    assert_only_heads(&team.there.calls(), 0);
    team.moves();
    let before = team.there.calls().len();
    home.run(["pin", &named]).succeeds().prints("");
    assert_eq!((fs::read_to_string(&file).unwrap(), team.there.calls().len()), (expected, before));
    home.run(["pin", "--update", &named]).succeeds();
    assert_eq!(fs::read_to_string(&file).unwrap(), text(&format!("@{new}"), &format!("@{new}")));
}

fn a_check_changes_no_file(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let image = team.there.at("team/app:1.0");
    let file = home.path().join("Dockerfile");
    let text = format!("FROM {image} AS build\nFROM scratch\nCOPY --from=build / /\n");
    fs::write(&file, &text).unwrap();
    let named = file.display().to_string();

    home.run(["pin", "--check", &named]).ends_with(10).prints(&format!("{named}:1: {image} has no digest\n"));

    assert!(team.there.calls().is_empty(), "{:?}", team.there.calls());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    home.run(["pin", &named]).succeeds();
    home.run(["pin", "--check", &named]).succeeds().prints("");
    home.run(["pin", "--check", "--update", &named]).succeeds().prints("");
    team.moves();
    home.run(["pin", "--check", "--update", &named]).ends_with(10).prints(&format!(
        "{named}:1: {image}@{} is out of date: {}\n",
        team.old.root.digest,
        &team.new.root.digest[7..19]
    ));
}

fn what_cannot_be_looked_up_leaves_the_rest_pinned(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let file = home.path().join("images.txt");
    let (here, gone) = (team.there.at("team/app:1.0"), team.there.at("team/app:9"));
    fs::write(&file, format!("{gone}\n{here}\n")).unwrap();
    let named = file.display().to_string();

    home.run(["pin", &named]).ends_with(1).complains("team/app:9");

    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{gone}\n{here}@{}\n", team.old.root.digest));
    home.run(["pin", "nothing.yaml"]).ends_with(1).complains("nothing.yaml: No such file");
    let broken = home.path().join("x.yaml");
    fs::write(&broken, "a: [\n").unwrap();
    home.run(["pin", &broken.display().to_string()]).ends_with(125).complains("x.yaml: line 1: unclosed");
}

#[test]
fn an_image_that_cannot_be_pinned_is_said_to_have_no_digest() {
    let home = Home::fresh();
    let file = home.path().join("Dockerfile");
    fs::write(&file, "ARG TAG=1.27\nFROM lab.test/nginx:${TAG}\n").unwrap();
    let named = file.display().to_string();
    for arguments in [&["pin", "--check", &named][..], &["pin", &named]] {
        let checked = home.run(arguments).ends_with(10).prints("");
        checked.complains(&format!(
            "{named}:2: lab.test/nginx:1.27 cannot be pinned here: its name comes from variables"
        ));
    }
    let script = home.path().join("up.sh");
    fs::write(&script, "#!/bin/sh\ndocker pull nginx:1\n").unwrap();
    home.run(["pin", &script.display().to_string()])
        .ends_with(125)
        .complains("not a compose file, a manifest");
    assert_eq!(fs::read_to_string(&script).unwrap(), "#!/bin/sh\ndocker pull nginx:1\n");
}

#[test]
fn a_file_that_is_named_twice_is_changed_once() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    let file = home.path().join("images.txt");
    fs::write(&file, registry.at("app:1")).unwrap();
    symlink("images.txt", home.path().join("link.txt")).unwrap();
    fs::hard_link(&file, home.path().join("other.txt")).unwrap();
    let named = |name: &str| home.path().join(name).display().to_string();
    let names = ["images.txt", "link.txt", "other.txt", "images.txt"].map(named);
    let pinned = home.run(["pin", &names[0], &names[1], &names[2], &names[3]]).succeeds();
    assert_eq!(pinned.stdout.lines().count(), 1, "{pinned}");
    assert!(fs::read_to_string(&file).unwrap().contains("@sha256:"));
}

#[test]
fn a_file_with_several_names_keeps_them_its_permissions_and_its_owner() {
    let team = Team::of(Kind::Embedded);
    let home = Home::fresh();
    let folder = home.path().join("project");
    fs::create_dir(&folder).unwrap();
    let (file, other) = (folder.join("compose.yaml"), folder.join("other.yaml"));
    let image = team.there.at("team/app:1.0");
    fs::write(&file, format!("services: {{ a: {{ image: \"{image}\" }} }}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&file, &other).unwrap();
    let before = fs::metadata(&file).unwrap();

    home.run(["pin", file.to_str().unwrap()]).succeeds();

    let after = fs::metadata(&other).unwrap();
    assert!(fs::read_to_string(&other).unwrap().contains(&format!("{image}@{}", team.old.root.digest)));
    assert_eq!((after.ino(), after.nlink(), after.mode()), (before.ino(), 2, before.mode()));
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no copy is left");
}

#[test]
fn a_kustomization_gets_a_digest_beside_its_tag_and_is_checked_by_it() {
    let team = Team::of(Kind::Embedded);
    let home = Home::fresh();
    let file = home.path().join("kustomization.yaml");
    let name = team.there.at("team/app");
    let text = |digest: &str| {
        format!(
            "images:\n  - name: app # in the base\n    newName: {name}\n{digest}    newTag: \"1.0\" # by CI\n"
        )
    };
    fs::write(&file, text("")).unwrap();

    let checked = home.run(["check", file.to_str().unwrap()]).succeeds();
    assert!(checked.stdout.contains("not pinned"), "{checked}");
    home.run(["pin", file.to_str().unwrap()]).succeeds();

    let expected = text(&format!("    digest: {}\n", team.old.root.digest));
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    team.moves();
    let checked = home.run(["check", file.to_str().unwrap()]).ends_with(10);
    assert!(checked.stdout.contains("outdated"), "{checked}");
    home.run(["pin", "--update", file.to_str().unwrap()]).succeeds();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        expected.replace(&team.old.root.digest, &team.new.root.digest)
    );
}

#[test]
fn a_kustomization_with_aliases_is_not_called_pinned() {
    let home = Home::fresh();
    let file = home.path().join("kustomization.yaml");
    let named = file.display().to_string();
    for (text, place) in [
        ("x: &img [{name: a, newTag: 1}]\nimages: *img\n", "2: *img"),
        ("x: &t {newTag: 1}\nimages:\n- <<: *t\n  name: b\n", "3: b"),
        ("x: &t {name: b, newTag: 1}\nimages:\n- *t\n", "3: *t"),
    ] {
        fs::write(&file, text).unwrap();
        for arguments in [&["pin", "--check", &named][..], &["pin", &named]] {
            home.run(arguments).ends_with(10).complains(&format!(
                "{named}:{place} cannot be checked or pinned here: an alias or a merge key stands for it"
            ));
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn the_lines_in_messages_are_those_of_the_file_that_was_written() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    let file = home.path().join("kustomization.yaml");
    let (name, named) = (registry.at("app"), file.display().to_string());
    let item = |tag: &str| format!("- name: {name}\n  newTag: {tag}\n");
    fs::write(&file, format!("images:\n{}{}{}", item("'1'"), item("'1'"), item(">-\n    1"))).unwrap();

    let pinned = home.run(["pin", &named]).ends_with(10);

    // Each digest is a line more.
    let lines: Vec<_> = pinned.stdout.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(lines, [format!("{named}:4"), format!("{named}:7")]);
    pinned.complains(&format!("{named}:10: {name}:1 cannot be pinned here: it is a folded or literal block"));
}
