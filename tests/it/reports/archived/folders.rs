//! Folders that are not what they seem, and a machine without a home.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::archives::Tarball;
use crate::support::scripted::Scripted;
use crate::support::{Fixture, Home, Regcli, no_namespaces};

/// A user whom no machine knows.
const NOBODY: u32 = 12_345;

/// A copy of the program that everybody may run, and how to run it without a home as a user who has none.
struct Homeless {
    folder: Home,
    program: std::path::PathBuf,
}

impl Homeless {
    /// Reports whether the test must end here because this user cannot become another one.
    #[track_caller]
    fn is_impossible() -> bool {
        !rustix::process::geteuid().is_root() && no_namespaces(&["--user", "--map-user", &NOBODY.to_string()])
    }

    fn new() -> Self {
        let folder = Home::fresh();
        let program = folder.path().join("regcli");
        fs::copy(env!("CARGO_BIN_EXE_regcli"), &program).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(&work, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { folder, program }
    }

    fn regcli(&self, arguments: &[&str]) -> Regcli {
        self.with(arguments, &[])
    }

    /// The same with these variables, `NAME=VALUE` each.
    fn with(&self, arguments: &[&str], variables: &[String]) -> Regcli {
        let id = NOBODY.to_string();
        let command = self.folder.regcli(arguments).from(&self.program);
        let command = match rustix::process::geteuid().is_root() {
            true => command.under("setpriv", ["--reuid", &id, "--regid", &id, "--clear-groups"]),
            false => command.under("unshare", ["--user", "--map-user", &id]),
        };
        let work = self.folder.path().join("work").display().to_string();
        let options = ["-u", "HOME", "-u", "REGCLI_STORE", "-C", &work].map(str::to_owned);
        command.under("env", options.iter().chain(variables))
    }
}

#[test]
fn s6_a_link_in_a_folder_is_packed_as_a_link() {
    let home = Home::fresh();
    let [root, secrets] = ["root", "secrets"].map(|name| home.path().join(name));
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("id"), "SECRET").unwrap();
    fs::write(root.join("a/b/file"), "harmless").unwrap();
    symlink(&secrets, root.join("a/c")).unwrap();
    // The folder itself may be named by a link.
    symlink(&root, home.path().join("named")).unwrap();
    home.run(["import", "named", "lab/x:1"]).succeeds();
    let layer =
        fs::read_dir(home.store().join("blobs/sha256")).unwrap().map(|blob| fs::read(blob.unwrap().path()));
    let layer = layer.map(Result::unwrap).find(|content| content.starts_with(&[0x1f, 0x8b])).unwrap();
    let listed = unpacked(&layer);
    assert!(listed.windows(8).any(|part| part == b"harmless"));
    assert!(!listed.windows(6).any(|part| part == b"SECRET"));
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip), &mut content).unwrap();
    content
}

/// How many files are in a folder.
fn files(folder: &Path) -> usize {
    fs::read_dir(folder).into_iter().flatten().count()
}

#[test]
fn d10_a_layer_is_packed_beside_the_store() {
    let home = Home::fresh();
    fs::create_dir(home.path().join("root")).unwrap();
    fs::write(home.path().join("root/file"), vec![b'x'; 100_000]).unwrap();
    fs::write(home.path().join("tar"), Tarball::new().file("etc/motd", "x").end()).unwrap();
    for source in ["root", "root/file", "tar"] {
        // A folder for temporary files that is not there is not missed.
        let import = home.regcli(["import", source, "lab/x:1"]).env("TMPDIR", "/nonexistent");
        import.run().succeeds();
        assert_eq!(files(&home.store().join("parts")), 0);
    }
    // Where it cannot be packed, the error says which folder that is.
    fs::write(home.path().join("no-store"), "").unwrap();
    let refused = home.regcli(["--store", "no-store", "import", "root", "lab/x:1"]).run().ends_with(1);
    refused.complains("cannot write a temporary file in no-store/parts");
}

#[test]
fn d10_an_import_that_is_killed_leaves_nothing_behind() {
    let (home, temporary) = (Home::fresh(), tempfile::tempdir().unwrap());
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let importing = home.regcli(["import", "pipe", "lab/x:1"]).env("TMPDIR", temporary.path()).start();
    let mut end = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let tar = Tarball::new().file("etc/motd", vec![7; 3 << 20]).end();
    // More than a pipe takes: when all of it is written, most of it was read.
    end.write_all(&tar[..2 << 20]).unwrap();
    importing.signal(Signal::KILL);
    importing.finish().ends_with(137);
    assert_eq!(files(temporary.path()), 0);
    assert_eq!(files(&home.store().join("parts")), 0);
    assert_eq!(files(&home.store().join("blobs/sha256")), 0);
}

#[test]
fn s13_a_layout_whose_folders_lead_out_of_it_is_refused() {
    let (home, fixture, registry) = (Home::fresh(), Fixture::small(), Scripted::start());
    registry.seed("app", &fixture, "1");
    home.run(["copy", "-q", &fixture.place(), "oci:out:1"]).succeeds();
    for planted in ["blobs/sha256", "blobs"] {
        let out = home.path().join("out");
        let elsewhere = home.path().join(planted.replace('/', "-"));
        fs::rename(out.join(planted), &elsewhere).unwrap();
        symlink(&elsewhere, out.join(planted)).unwrap();
        let before = files(&elsewhere);
        for command in [
            &["copy", "-q", "oci:out:1", "store:lab/x:1"][..],
            &["manifest", "oci:out:1"],
            &["config", "oci:out:1"],
            &["inspect", "oci:out:1"],
            &["digest", "oci:out:1"],
            &["copy", "-q", &registry.at("app:1"), "oci:out:2"],
            &["copy", "-q", "--dry-run", &registry.at("app:1"), "oci:out:2"],
        ] {
            let refused = home.run(command).ends_with(1);
            refused.complains("it is a symbolic link, which may point outside the layout");
        }
        assert_eq!(files(&elsewhere), before);
        fs::remove_file(out.join(planted)).unwrap();
        fs::rename(&elsewhere, out.join(planted)).unwrap();
    }
    home.run(["copy", "-q", "oci:out:1", "store:lab/x:1"]).succeeds();
}

#[test]
fn r11_without_a_home_what_needs_no_store_works() {
    if Homeless::is_impossible() {
        return;
    }
    let (registry, fixture, homeless) = (Scripted::start(), Fixture::multi_platform(), Homeless::new());
    registry.seed("app", &fixture, "1");
    let (image, other) = (registry.at("app:1"), registry.at("other:1"));
    for command in [
        &["digest", &image][..],
        &["digest", "--platform", "linux/arm64", &image],
        &["manifest", &image],
        &["config", &image],
        &["inspect", "--remote", &image],
        &["inspect", &image],
        &["history", "--remote", &image],
        &["tags", &registry.at("app")],
        &["copy", "-q", &image, &other],
        &["copy", "-q", "--dry-run", &image, &registry.at("another:1")],
        &["copy", "-q", &image, "oci:out:1"],
        &["manifest", "oci:out:1"],
        &["copy", "-q", "oci:out:1", "oci-archive:x.tar:1"],
        &["copy", "-q", "oci-archive:x.tar:1", &registry.at("third:1")],
        &["digest", "oci-archive:x.tar:1"],
    ] {
        homeless.regcli(command).run().succeeds();
    }
    registry.holds("other", &fixture, "1");
    registry.holds("third", &fixture, "1");
}

#[test]
fn r11_without_a_home_what_needs_a_store_says_how_to_name_one() {
    if Homeless::is_impossible() {
        return;
    }
    let (registry, fixture, homeless) = (Scripted::start(), Fixture::small(), Homeless::new());
    registry.seed("app", &fixture, "1");
    let image = registry.at("app:1");
    for command in [
        &["pull", &image][..],
        &["images"],
        &["copy", &image, "store:lab/x:1"],
        &["copy", "store:lab/x:1", &image],
        &["inspect", "0123456789ab"],
        &["manifest", "store:lab/x:1"],
    ] {
        let refused = homeless.regcli(command).run().ends_with(1);
        refused.complains("cannot tell where the image store is: HOME is not set").complains("REGCLI_STORE");
    }
    homeless.regcli(&["--store", "store", "pull", "-q", &image]).run().succeeds();
    homeless.with(&["images", "-q"], &["REGCLI_STORE=store".to_owned()]).run().succeeds();
}

#[test]
fn r13_an_own_configuration_out_of_reach_is_a_warning_and_one_that_was_named_an_error() {
    if Homeless::is_impossible() {
        return;
    }
    let (registry, fixture, homeless) = (Scripted::start(), Fixture::small(), Homeless::new());
    registry.seed("app", &fixture, "1");
    let image = registry.at("app:1");
    // Somebody else's home.
    let closed = homeless.folder.path().join("closed");
    fs::create_dir_all(closed.join(".config/regcli")).unwrap();
    fs::write(closed.join(".config/regcli/config.toml"), "jobs = 1\n").unwrap();
    // Without rights for the owner too: as root, the command runs as another user, else as the owner.
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let home = format!("HOME={}", closed.display());
    let digest = homeless.with(&["digest", &image], std::slice::from_ref(&home)).run().succeeds();
    assert_eq!(digest.stdout.trim(), fixture.root.digest);
    assert!(digest.stderr.contains("config.toml"), "{digest}");

    let named = format!("REGCLI_CONFIG={}", closed.join(".config/regcli/config.toml").display());
    let refused = homeless.with(&["digest", &image], &[named]).run().ends_with(1);
    refused.complains("config.toml");
    // One that is there and may not be read is not passed over.
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    let file = closed.join(".config/regcli/config.toml");
    fs::set_permissions(file, fs::Permissions::from_mode(0o000)).unwrap();
    homeless.with(&["digest", &image], std::slice::from_ref(&home)).run().ends_with(1);
}

#[test]
fn r13_a_copy_to_a_digest_prints_it_once() {
    let (registry, fixture, home) = (Scripted::start(), Fixture::small(), Home::fresh());
    let digest = &fixture.root.digest;
    for to in [registry.at(&format!("app:1@{digest}")), registry.at(&format!("app@{digest}"))] {
        home.run(["copy", &fixture.place(), &to]).succeeds().prints_line(&to);
    }
    let to = registry.at("app:1");
    home.run(["copy", &fixture.place(), &to]).succeeds().prints_line(&format!("{to}@{digest}"));
}
