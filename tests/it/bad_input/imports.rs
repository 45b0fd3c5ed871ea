//! `import` of what is no root file system, and `serve` where it cannot.

use std::fs;
use std::path::PathBuf;

use crate::support::{EmbeddedRegistry, Home, run};

use super::{fails, names};

/// A gzipped tar of a small folder.
fn archive(home: &Home) -> PathBuf {
    let source = crate::support::folder();
    let archive = home.path().join("source.tar.gz");
    let arguments = ["-C", source.path().to_str().unwrap(), "-czf", archive.to_str().unwrap(), "."];
    run("tar", arguments).succeeds();
    archive
}

#[test]
fn an_archive_that_ends_too_early_makes_no_image() {
    let home = Home::fresh();
    let whole = fs::read(archive(&home)).unwrap();
    let cut = home.path().join("cut.tar.gz");
    for length in [whole.len() / 2, whole.len() - 9, 40] {
        fs::write(&cut, &whole[..length]).unwrap();
        let problem = format!("{} is not a complete tar archive\n", cut.display());
        fails(home.run(["import", cut.to_str().unwrap(), "x"]), 6, &problem, "");
        let outcome = home.regcli(["import", "-", "x"]).stdin(&whole[..length]).run();
        assert!([1, 6].contains(&outcome.code), "{outcome}");
    }
    let mut changed = whole;
    let middle = changed.len() / 2;
    changed[middle] ^= 0xff;
    fs::write(&cut, changed).unwrap();
    home.run(["import", cut.to_str().unwrap(), "x"]).ends_with(6);
    assert_eq!(names(&home), "");
}

#[test]
fn what_is_not_there_or_no_archive_is_told_apart() {
    let home = Home::fresh();
    fails(home.run(["import", "nosuch.tar", "x"]), 1, "cannot read nosuch.tar\n", "")
        .complains("caused by: No such file or directory (os error 2)\n");
    fails(home.run(["import", "-", "x"]), 1, "stdin is empty\n", "");
    let noise: Vec<u8> = (0..5000_u32).map(|n| (n * n % 251) as u8).collect();
    let outcome = home.regcli(["import", "-", "x"]).stdin(&noise).run();
    fails(outcome, 1, "stdin is not a tar archive, neither plain nor gzipped\n", "");
    fails(
        home.run(["import", "--change", "NOPE x", ".", "x"]),
        125,
        "invalid change \"NOPE x\": NOPE is not a valid change command\n",
        "",
    );
    fails(
        home.run(["import", ".", &format!("x@sha256:{}", "a".repeat(64))]),
        125,
        "refusing to create a tag with a digest reference\n",
        "",
    );
    assert_eq!(names(&home), "");
}

#[test]
fn odd_entries_of_a_tar_stay_in_the_layer_and_never_reach_the_disk() {
    let home = Home::fresh();
    let source = home.path().join("source");
    fs::create_dir_all(source.join("inner")).unwrap();
    fs::write(source.join("inner/file"), "content").unwrap();
    run("mkfifo", [source.join("fifo")]).succeeds();
    std::os::unix::fs::symlink("../../../..", source.join("up")).unwrap();
    let archive = home.path().join("odd.tar");
    let tar = archive.to_str().unwrap();
    let folder = source.to_str().unwrap();
    let transform = "--transform=s,^inner/file,../../outside,";
    run("tar", ["-P", transform, "-C", folder, "-cf", tar, "inner/file", "fifo", "up"]).succeeds();
    let listed = run("tar", ["-P", "-tf", tar]).succeeds().stdout;
    assert_eq!(listed, "../../outside\nfifo\nup\n");
    home.run(["import", tar, "odd"]).succeeds();
    assert_eq!(names(&home), "odd:latest\n");
    assert!(!home.path().join("outside").exists() && !home.path().parent().unwrap().join("outside").exists());
}

#[test]
fn a_registry_cannot_be_served_where_one_is_served_already() {
    let first = EmbeddedRegistry::start();
    let home = Home::fresh();
    let root = home.path().join("root");
    let outcome = home.run(["serve", "--addr", first.host(), "--root", root.to_str().unwrap()]);
    fails(
        outcome,
        1,
        &format!("listen tcp {}\n", first.host()),
        "use another address: --addr HOST:PORT (port 0 picks a free one)",
    )
    .complains("caused by: Address already in use (os error 98)\n");
    home.run(["catalog", first.host()]).succeeds().prints("");
    for addr in ["127.0.0.1:99999", "localhost:", "nosuch.invalid:5000", ""] {
        let outcome = home.run(["serve", "--addr", addr]);
        fails(outcome, 125, &format!("invalid argument \"{addr}\" for \"--addr\" flag: "), "");
    }
    fs::write(home.path().join("file"), "keep me").unwrap();
    let outcome = home.run(["serve", "--addr", "127.0.0.1:0", "--root", "file"]);
    fails(outcome, 1, "", "check file and its permissions");
    assert_eq!(fs::read_to_string(home.path().join("file")).unwrap(), "keep me");
}
