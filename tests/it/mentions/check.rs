//! `check`: which images are out of date.

use std::fs;

use super::{Team, assert_only_heads};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    a_moved_tag_is_out_of_date_in_the_store,
    the_images_of_files_are_checked_each_once,
    a_newer_version_is_found_in_the_list_of_tags,
    an_image_that_is_missing_hides_no_other,
}

fn a_moved_tag_is_out_of_date_in_the_store(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let image = team.there.at("team/app:1.0");
    home.run(["pull", "-q", &image]).succeeds();
    let begun = team.there.calls().len();
    home.run(["check", "--format", "{{.Image}} {{.Status}}"])
        .succeeds()
        .prints(&format!("{image} current\n"));
    team.moves();

    let checked = home.run(["check", &image]).ends_with(10);

    let ids = |digest: &str| digest[7..19].to_owned();
    let expected = [&image, "outdated", &ids(&team.old.root.digest), &ids(&team.new.root.digest), "store"];
    let row: Vec<_> = checked.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, expected);
    assert_only_heads(&team.there.calls()[begun..], 0);
    home.run(["check", "--format", "{{.Status}} {{.There}}"])
        .ends_with(10)
        .prints(&format!("outdated {}\n", ids(&team.new.root.digest)));
    home.run(["pull", "-q", &image]).succeeds();
    home.run(["check"]).succeeds();
}

fn the_images_of_files_are_checked_each_once(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let image = |tag: &str| team.there.at(&format!("team/app:{tag}"));
    let (old, new) = (&team.old.root.digest, &team.new.root.digest);
    let compose = format!(
        "services:\n  a:\n    image: {}@{old}\n  b: {{image: '{}'}}\n  c:\n    image: {}@{old}\n",
        image("1.0"),
        image("1.1"),
        image("1.1"),
    );
    let (file, dockerfile) = (home.path().join("compose.yaml"), home.path().join("Dockerfile"));
    fs::write(&file, compose).unwrap();
    fs::write(&dockerfile, format!("FROM {}@{new}\nFROM ${{X}}\n", image("1.1"))).unwrap();
    let (file, dockerfile) = (file.display().to_string(), dockerfile.display().to_string());

    let checked = home.run(["check", "--format", "{{.Where}} {{.Status}}", &file, &dockerfile]).ends_with(10);

    assert_eq!(
        checked.stdout,
        format!("{file}:3 current\n{file}:4 not pinned\n{file}:6 outdated\n{dockerfile}:1 current\n")
    );
    checked.complains(&format!("{dockerfile}:2: ${{X}} is left out: the value of $X is not in the file"));
    assert_only_heads(&team.there.calls(), 0);
    let heads = team.there.calls().iter().filter(|call| call.contains("/manifests/")).count();
    assert_eq!(heads, 2, "{:?}", team.there.calls());
}

fn a_newer_version_is_found_in_the_list_of_tags(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let (one, two) = (team.there.at("team/app:1.0"), team.there.at("team/app:1.1"));
    let ask = |part: &str| home.run(["check", part, "--format", "{{.Image}} {{.Newer}}", &one, &two]);

    ask("--newer").ends_with(10).prints(&format!("{one} 1.1\n{two} -\n"));
    assert_only_heads(&team.there.calls(), 1);
    ask("--newer=patch").succeeds().prints(&format!("{one} -\n{two} -\n"));
    ask("--newer=huge").ends_with(125).complains("must be patch, minor or major");
}

fn an_image_that_is_missing_hides_no_other(kind: Kind) {
    let team = Team::of(kind);
    let home = Home::fresh();
    let list = home.path().join("images.txt");
    let (here, gone) = (team.there.at("team/app:1.0"), team.there.at("team/app:9"));
    fs::write(&list, format!("{gone}\n{here}\n")).unwrap();
    let list = list.display().to_string();

    let checked = home.run(["check", "--format", "{{.Image}} {{.Status}}", &list]).ends_with(1);

    assert_eq!(checked.stdout, format!("{gone} unknown\n{here} not pinned\n"));
    checked.complains("team/app:9");
    home.run(["check", &gone]).ends_with(3);
    home.run(["check", "nosuch.yaml"]).ends_with(1).complains("nosuch.yaml: No such file");
    home.run(["check", &home.path().display().to_string()])
        .ends_with(125)
        .complains("is a directory: name its files");
    home.run(["check", "No/Such"])
        .ends_with(125)
        .complains("No/Such is neither a file nor an image: invalid ref");
    let digest = format!("{}@{}", team.there.at("team/app"), team.old.root.digest);
    home.run(["check", &digest]).ends_with(125).complains("names no tag, so it cannot be out of date");
}

#[test]
fn a_mirror_that_is_behind_does_not_decide() {
    let (registry, mirror, home) = (Scripted::start(), Scripted::start(), Home::fresh());
    let (old, new) = (Fixture::small(), Fixture::many_layers(2));
    mirror.seed("app", &old, "1");
    registry.seed("app", &new, "1");
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\nmirrors = [{:?}]\n", registry.host(), mirror.origin());
    fs::write(folder.join("config.toml"), config).unwrap();
    let file = home.path().join("images.txt");
    let image = registry.at("app:1");
    fs::write(&file, format!("{image}@{}\n", old.root.digest)).unwrap();
    let named = file.display().to_string();

    home.run(["check", &named]).ends_with(10);
    home.run(["pin", "--update", &named]).succeeds();

    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{image}@{}\n", new.root.digest));
}

#[test]
fn a_mirror_takes_the_place_of_no_registry_that_is_unreachable() {
    let (registry, mirror, home) = (Scripted::start(), Scripted::start(), Home::fresh());
    mirror.seed("app", &Fixture::small(), "1");
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\nmirrors = [{:?}]\n", registry.host(), mirror.origin());
    fs::write(folder.join("config.toml"), config).unwrap();
    registry.on(Route::ManifestHead).status(503).forever();
    registry.on(Route::Manifest).status(503).forever();
    let file = home.path().join("images.txt");
    let image = registry.at("app:1");
    fs::write(&file, &image).unwrap();
    let named = file.display().to_string();

    let checked = home.run(["check", "--retry", "0", "--format", "{{.Image}} {{.Status}}", &named]);

    checked.ends_with(5).prints(&format!("{image} unknown\n")).complains("503");
    home.run(["pin", "--retry", "0", &named]).ends_with(5).complains("503");
    assert_eq!(fs::read_to_string(&file).unwrap(), image);
    assert!(mirror.requests(Route::ManifestHead).is_empty());
}

#[test]
fn the_text_of_a_file_does_not_control_the_terminal() {
    let home = Home::fresh();
    let file = home.path().join("Dockerfile");
    fs::write(&file, "FROM \u{1b}]0;own\u{7}nginx\nFROM \u{9b}31mx\n").unwrap();
    let named = file.display().to_string();
    for command in ["check", "pin"] {
        let said = home.run([command, &named]).succeeds();
        assert!(!said.stderr.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{said}");
        assert!(said.stderr.contains("is left out"), "{said}");
    }
}

#[test]
fn a_default_of_a_variable_is_used_and_said_once() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    let file = home.path().join("compose.yaml");
    let image = |tag: &str| registry.at(&format!("app:{tag}"));
    let text = format!("a: {{image: '{}'}}\nb: {{image: '{}'}}\n", image("${TAG:-1}"), image("${TAG:-1}"));
    fs::write(&file, text).unwrap();
    let named = file.display().to_string();

    let checked = home.run(["check", &named]).succeeds();

    let words = format!("{named} uses the default of TAG; its value elsewhere is not read");
    assert_eq!(checked.stderr.matches(&words).count(), 1, "{checked}");
}
