//! The packages of images, compared with what the tools of distributions say about the same databases.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::Lab;
use crate::support::scripted::Route;
use crate::support::{Is, Layer, missing, run};

const STATUS: &str = "var/lib/dpkg/status";

fn image(files: &[(&str, &[u8])]) -> Vec<Layer> {
    let entries: Vec<(&str, Is)> = files.iter().map(|(path, content)| (*path, Is::File(content))).collect();
    vec![Layer::gzip(&entries)]
}

/// The table that `diff --packages` prints, with one space between the cells.
fn table(lab: &Lab) -> Vec<String> {
    let told = lab.diff(&["--packages"]).ends_with(10).stdout;
    let table = told.split_once("Packages\n").unwrap().1;
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The packages that only the new image has, with their versions.
fn added(lab: &Lab) -> BTreeMap<String, String> {
    let document = lab.json(&["--packages"]);
    let packages = document["packages"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert!(packages.iter().all(|package| package["old"] == Value::Null));
    packages.iter().map(|package| (text(&package["name"]), text(&package["new"]))).collect()
}

#[test]
fn packages_of_dpkg_are_added_removed_and_changed() {
    let status = |packages: &[(&str, &str)]| {
        let paragraph = |(name, version): &(&str, &str)| {
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
            )
        };
        packages.iter().map(paragraph).collect::<String>()
    };
    let (old, new) = (
        status(&[("a", "1"), ("b", "1:2-3"), ("c", "9")]),
        status(&[("b", "1:2-4"), ("c", "9"), ("d", "5")]),
    );
    let lab = Lab::of(&image(&[(STATUS, old.as_bytes())]), &image(&[(STATUS, new.as_bytes())]));
    assert_eq!(table(&lab), ["NAME OLD NEW", "a 1 -", "b 1:2-3 1:2-4", "d - 5"]);
}

#[test]
fn a_layer_is_downloaded_once_for_its_packages() {
    let status = b"Package: a\nStatus: install ok installed\nVersion: 1\n";
    let (old, new) = (image(&[("etc/x", b"x")]), image(&[("etc/x", b"x"), (STATUS, status)]));
    let lab = Lab::of(&old, &new);
    assert_eq!(added(&lab).len(), 1);
    // Two configs and two layers.
    assert_eq!(lab.registry.requests(Route::Blob).len(), 4);
}

#[test]
fn packages_of_distroless_and_of_alpine_are_read_too() {
    let part = b"Package: tzdata\nVersion: 2026a\n";
    let apk = b"P:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.36.1-r29\nA:x86_64\n\n";
    let old =
        image(&[("var/lib/dpkg/status.d/tzdata", part), ("var/lib/dpkg/status.d/tzdata.md5sums", b"x y")]);
    let lab = Lab::of(&old, &image(&[("lib/apk/db/installed", apk)]));
    assert_eq!(table(&lab), ["NAME OLD NEW", "busybox - 1.36.1-r29", "musl - 1.2.5-r0", "tzdata 2026a -"]);
}

#[test]
fn the_packages_of_this_machine_are_those_of_dpkg() {
    if missing("dpkg-query") {
        return;
    }
    let status = fs::read(format!("/{STATUS}")).unwrap();
    let listed =
        run("dpkg-query", ["-W", "-f", "${db:Status-Status}\t${Package}\t${Version}\n"]).succeeds().stdout;
    let installed = listed.lines().filter_map(|line| line.strip_prefix("installed\t")?.split_once('\t'));
    let expected: BTreeMap<String, String> =
        installed.map(|(name, version)| (name.to_owned(), version.to_owned())).collect();
    let lab = Lab::of(&image(&[("etc/x", b"x")]), &image(&[("etc/x", b"x"), (STATUS, &status)]));
    let mut added = added(&lab);
    added.retain(|name, _| !name.contains(':'));
    assert!(added.len() > 50);
    for (name, version) in added {
        assert_eq!(expected.get(&name), Some(&version), "{name}");
    }
}

#[test]
fn the_packages_of_rpm_are_those_of_rpm() {
    if missing("rpmbuild") || missing("rpm") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // A long summary puts a header on several pages of the database.
    let spec = |number: usize| {
        format!(
            "Name: package{number}\nVersion: {number}.0\nRelease: 2\n{}Summary: {}\nLicense: MIT\nBuildArch: noarch\n\
             %description\ntext\n%files\n",
            if usize::is_multiple_of(number, 2) { format!("Epoch: {number}\n") } else { String::new() },
            "x".repeat(1 + number * 700)
        )
    };
    let specs: Vec<String> = (0..30)
        .map(|number| {
            let file = path(&format!("{number}.spec"));
            fs::write(&file, spec(number)).unwrap();
            file
        })
        .collect();
    let top = format!("_topdir {}", folder.path().display());
    run(
        "rpmbuild",
        [&["-bb", "--define", &top][..], &specs.iter().map(String::as_str).collect::<Vec<_>>()].concat(),
    )
    .succeeds();
    let rpm = |arguments: &[&str]| {
        let database = path("db");
        let options = ["--dbpath", &database, "--define", "_db_backend sqlite"];
        let output = Command::new("rpm").args(options).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    fs::create_dir(path("db")).unwrap();
    let built = fs::read_dir(path("RPMS/noarch")).unwrap().map(|file| file.unwrap().path());
    let built: Vec<String> = built.map(|file| file.to_str().unwrap().to_owned()).collect();
    rpm(&[&["-i", "--justdb", "--nodeps"][..], &built.iter().map(String::as_str).collect::<Vec<_>>()]
        .concat());
    let format = "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n";
    let listed = rpm(&["-qa", "--queryformat", format]);
    let expected: BTreeMap<String, String> = listed
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, version)| (name.to_owned(), version.strip_prefix("0:").unwrap_or(version).to_owned()))
        .collect();
    assert_eq!(expected.len(), 30);
    let database = fs::read(path("db/rpmdb.sqlite")).unwrap();
    let files: [(&str, &[u8]); 2] =
        [("usr/lib/sysimage/rpm/rpmdb.sqlite", &database), ("usr/lib/sysimage/rpm/rpmdb.sqlite-wal", b"")];
    let lab = Lab::of(&image(&[("etc/x", b"x")]), &image(&files));
    assert_eq!(added(&lab), expected);
}

#[test]
fn a_database_that_cannot_be_read_is_an_error_unless_both_have_it() {
    for (path, content, code, text) in [
        ("var/lib/rpm/Packages", &b"\x00\x06\x15\x61"[..], 1, "regcli cannot read the Berkeley DB of rpm"),
        ("usr/lib/sysimage/rpm/Packages.db", b"RpmP", 1, "regcli cannot read the ndb of rpm"),
        ("var/lib/rpm/rpmdb.sqlite-wal", b"x", 1, "regcli cannot read the write-ahead log of rpm"),
        ("var/lib/rpm/rpmdb.sqlite", b"SQLite format 2\0", 6, "the database is damaged"),
    ] {
        let lab = Lab::of(&image(&[("etc/x", b"x")]), &image(&[(path, content)]));
        let outcome = lab.diff(&["--packages"]).ends_with(code).complains(text);
        assert!(outcome.stderr.contains(&format!("/{path} of ")), "{}", outcome.stderr);
        let lab = Lab::of(&image(&[(path, content)]), &image(&[(path, content), ("etc/x", b"x")]));
        assert_eq!(lab.json(&["--packages"])["packages"], json!([]), "{path}");
    }
}
