//! Images of real builders, compared with their unpacked trees.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Dockerd, Home, Outcome, missing, refused, run, sha256};

/// buildah, with a storage of its own.
struct Buildah {
    folder: TempDir,
}

impl Buildah {
    /// Starts with an empty storage; `None` if this machine does not let buildah work.
    fn new() -> Option<Self> {
        if missing("buildah") || missing("root") {
            return None;
        }
        let buildah = Self { folder: tempfile::tempdir().unwrap() };
        let tried = buildah.attempt(&["from", "scratch"]);
        if tried.code != 0 {
            refused("buildah");
            return None;
        }
        Some(buildah)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn attempt(&self, arguments: &[&str]) -> Outcome {
        let [root, running] = ["root", "run"].map(|name| self.path(name).to_str().unwrap().to_owned());
        let options = ["--storage-driver", "vfs", "--root", &root, "--runroot", &running];
        run("buildah", [&options[..], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.attempt(arguments).succeeds().stdout.trim().to_owned()
    }

    /// Commits what `change` makes of the image `from`, as `image`, and returns what the container sees.
    fn build(&self, from: &str, image: &str, change: impl FnOnce(&Path)) -> BTreeMap<String, String> {
        let container = self.run(&["from", "--pull-never", from]);
        let mounted = PathBuf::from(self.run(&["mount", &container]));
        change(&mounted);
        let seen = tree(&mounted);
        self.run(&["umount", &container]);
        self.run(&["commit", "-q", &container, image]);
        self.run(&["commit", "-q", "--rm", &container, &self.place(image)]);
        seen
    }

    fn place(&self, image: &str) -> String {
        format!("oci:{}:{image}", self.path("layout").display())
    }
}

/// All files below a directory, each with its attributes.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let metadata = path.symlink_metadata().unwrap();
            let what = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_dir() {
                open.push(path.clone());
                format!("directory {:o}", metadata.permissions().mode())
            } else {
                format!("{} {:o}", sha256(&fs::read(&path).unwrap()), metadata.permissions().mode())
            };
            let name = format!("/{}", path.strip_prefix(root).unwrap().display());
            found.insert(name, format!("{what} {}:{}", metadata.uid(), metadata.gid()));
        }
    }
    found
}

/// The paths that differ between two trees, with how.
fn differing(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let how = |path: &String| match (old.get(path), new.get(path)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(_), Some(_)) => Some("changed"),
        (Some(_), None) => Some("removed"),
        (None, _) => Some("added"),
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), how(path)?.to_owned()))).collect()
}

/// What `diff` says about two images.
fn told(home: &Home, arguments: &[&str]) -> BTreeMap<String, String> {
    let outcome = home.run([&["diff", "--files", "--semantic", "--format", "json"], arguments].concat());
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let files = document["files"].as_array().unwrap();
    files.iter().map(|file| (text(&file["path"]), text(&file["change"]))).collect()
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn images_of_buildah_differ_as_their_unpacked_trees_do() {
    let Some(buildah) = Buildah::new() else { return };
    let base = buildah.build("scratch", "base", |root| {
        write(
            root,
            &[
                ("etc/passwd", "root"),
                ("etc/hosts", "x"),
                ("usr/lib/a/1", "1"),
                ("usr/lib/a/2", "2"),
                ("opt/x/y", "z"),
            ],
        );
    });
    let old = buildah.build("localhost/base", "old", |root| {
        write(root, &[("app/run", "one"), ("app/data", "same"), ("opt/x/more", "1"), ("tmp/gone", "1")]);
        fs::set_permissions(root.join("app/data"), fs::Permissions::from_mode(0o600)).unwrap();
    });
    let new = buildah.build("localhost/base", "new", |root| {
        write(root, &[("app/run", "two"), ("app/data", "same"), ("app/new/deep/file", "1")]);
        fs::remove_file(root.join("etc/hosts")).unwrap();
        fs::remove_dir_all(root.join("opt")).unwrap();
        fs::remove_dir_all(root.join("usr/lib/a")).unwrap();
        write(root, &[("usr/lib/a", "a file now")]);
        fs::set_permissions(root.join("etc/passwd"), fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(root.join("app/run"), Some(7), Some(8)).unwrap();
        std::os::unix::fs::symlink("run", root.join("app/link")).unwrap();
    });
    let home = Home::fresh();
    let [of_base, of_old, of_new] = ["base", "old", "new"].map(|image| buildah.place(image));
    for (old, new, places) in [
        (&old, &new, [&of_old, &of_new]),
        (&new, &old, [&of_new, &of_old]),
        (&base, &new, [&of_base, &of_new]),
    ] {
        let expected = differing(old, new);
        assert!(expected.len() > 5);
        assert_eq!(told(&home, &[places[0], places[1]]), expected, "{places:?}");
    }
    // The same files again, in layers of another time.
    let again = buildah.build("localhost/base", "again", |root| {
        write(root, &[("app/run", "one"), ("app/data", "same"), ("opt/x/more", "1"), ("tmp/gone", "1")]);
        fs::set_permissions(root.join("app/data"), fs::Permissions::from_mode(0o600)).unwrap();
    });
    assert_eq!(again, old);
    let of_again = buildah.place("again");
    home.run(["diff", "--files", "--semantic", &of_old, &of_again]).succeeds();
    home.run(["diff", "--files", &of_old, &of_again]).ends_with(10);
}

#[test]
fn images_of_docker_are_compared_in_its_engine() {
    if Dockerd::is_missing() || missing("docker") {
        return;
    }
    let (dockerd, home) = (Dockerd::start(), Home::fresh());
    for (tag, content) in [("1", "one"), ("2", "two")] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("app/run", content), ("app/same", "x")]);
        let dockerfile = format!("FROM scratch\nCOPY app /app\nLABEL version={tag}\n");
        fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        let (name, path) = (format!("app:{tag}"), folder.path().to_str().unwrap());
        dockerd.docker(&["build", "-q", "-t", &name, path]).succeeds();
    }
    let run = |arguments: &[&str]| {
        let arguments = [&["diff"][..], arguments, &["docker-daemon:app:1", "docker-daemon:app:2"]].concat();
        home.regcli(arguments).env("DOCKER_HOST", dockerd.socket()).run()
    };
    let outcome = run(&["--files", "--semantic"]).ends_with(10);
    assert!(outcome.stdout.contains("  ~ Labels version  1 "), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("~ /app/run  content of 3B\n0 added, 0 removed, 1 changed"),
        "{}",
        outcome.stdout
    );
}
