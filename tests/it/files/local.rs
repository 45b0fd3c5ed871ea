//! Images on this machine, compared with what tar shows of the same layers.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::{DockerRegistry, EmbeddedRegistry, Fixture, Home, blob_path, missing};

/// The paths of an image as tar sees them: `tar -tv` of each layer, the lowest first, with whiteouts applied.
fn by_tar(fixture: &Fixture) -> BTreeMap<String, String> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let manifest: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    for layer in manifest["layers"].as_array().unwrap() {
        let path = blob_path(fixture.path(), layer["digest"].as_str().unwrap());
        let options = ["--utc", "--numeric-owner", "--quoting-style=literal", "-tvf"];
        let listed = Command::new("tar").args(options).arg(path).output().unwrap();
        for line in String::from_utf8(listed.stdout).unwrap().lines() {
            let mut words = line.split_whitespace();
            let (mode, owner) = (words.next().unwrap(), words.next().unwrap().replace('/', ":"));
            let (_, date, time) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            let name = words.next().unwrap().trim_matches('/');
            if let Some((folder, hidden)) = name.rsplit_once(".wh.") {
                seen.retain(|path, _| !format!("{path}/").starts_with(&format!("/{folder}{hidden}/")));
            } else {
                seen.insert(format!("/{name}"), format!("{mode} {owner} {date} {time}"));
            }
        }
    }
    seen
}

#[test]
fn the_list_is_that_of_tar() {
    let (fixture, home) = (Fixture::small(), Home::fresh());
    let listed = home.run(["files", &fixture.place()]).succeeds().stdout;
    let shown: BTreeMap<String, String> = listed
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[5].to_owned(), format!("{} {} {} {}", words[0], words[1], words[3], words[4]))
        })
        .collect();
    let by_tar = by_tar(&fixture);
    assert!(by_tar.len() > 2);
    for (path, line) in &by_tar {
        assert_eq!(shown.get(path), Some(line), "{path} in\n{listed}");
    }
    // tar does not show the directories that are only part of a path.
    let implied = |path: &String| by_tar.keys().any(|other| other.starts_with(&format!("{path}/")));
    assert!(shown.keys().all(|path| by_tar.contains_key(path) || implied(path)), "{listed}");
}

#[test]
fn an_image_is_the_same_wherever_it_is() {
    if missing("docker-registry") || missing("skopeo") {
        return;
    }
    let (fixture, home) = (Fixture::small(), Home::fresh());
    let (docker, own) = (DockerRegistry::open(), EmbeddedRegistry::start());
    let names = [format!("{}/app:1", docker.host()), format!("{}/app:1", own.host())];
    names.iter().for_each(|name| fixture.push_with_skopeo(name, &[]));
    for to in
        ["store:lab.test/app:1", "oci:copy:1", "oci-archive:a.tar:1", "docker-archive:d.tar:lab.test/app:1"]
    {
        home.run(["copy", "-q", &fixture.place(), to]).succeeds();
    }
    let all = |flags: &[&str], place: &str| {
        // Without a cache, each place is read.
        let cache = tempfile::tempdir().unwrap();
        let regcli = home.regcli([flags, &[place]].concat());
        regcli.env("XDG_CACHE_HOME", cache.path()).run().succeeds().stdout
    };
    let expected = all(&["files"], &fixture.place());
    let places =
        ["store:lab.test/app:1", "oci:copy:1", "oci-archive:a.tar:1", "docker-archive:d.tar:lab.test/app:1"];
    for place in places.into_iter().chain(names.iter().map(String::as_str)) {
        assert_eq!(all(&["files"], place), expected, "{place}");
    }
}
