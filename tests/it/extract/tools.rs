//! Images of real tools, and what these tools themselves make of them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::tree;
use crate::support::{Dockerd, Home, Outcome, missing, run};

/// How many there were.
static LABS: AtomicUsize = AtomicUsize::new(0);

/// An image of three layers by buildah, and a home to read it.
struct Lab {
    folder: TempDir,
    home: Home,
}

impl Lab {
    fn new() -> Self {
        // buildah makes a name of the path, which must be in lower case.
        let prefix =
            format!("regcli-buildah-{}-{}", std::process::id(), LABS.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::Builder::new().prefix(&prefix).rand_bytes(0).tempdir().unwrap();
        let lab = Self { folder, home: Home::fresh() };
        let first = lab.buildah(&["from", "scratch"]).stdout.trim().to_owned();
        fill(&lab.mounted(&first));
        lab.commit(&first, "1");
        for (number, change) in [remove as fn(&Path), replace].into_iter().enumerate() {
            let name = lab.buildah(&["from", &lab.image(&(number + 1).to_string())]).stdout.trim().to_owned();
            change(&lab.mounted(&name));
            lab.commit(&name, &(number + 2).to_string());
        }
        lab
    }

    #[track_caller]
    fn buildah(&self, arguments: &[&str]) -> Outcome {
        let (root, state) = (self.folder.path().join("root"), self.folder.path().join("state"));
        let fixed = [
            "--storage-driver",
            "vfs",
            "--root",
            root.to_str().unwrap(),
            "--runroot",
            state.to_str().unwrap(),
        ];
        run("buildah", [&fixed[..], arguments].concat()).succeeds()
    }

    fn mounted(&self, container: &str) -> PathBuf {
        self.buildah(&["mount", container]).stdout.trim().into()
    }

    fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.folder.path().join("layout").display())
    }

    fn commit(&self, container: &str, tag: &str) {
        self.buildah(&["commit", "-q", container, &self.image(tag)]);
        self.buildah(&["umount", container]);
    }
}

fn fill(root: &Path) {
    for folder in ["etc/app", "usr/bin", "var/old", "kept"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in ["etc/app/conf", "etc/app/secret", "usr/bin/tool", "var/old/a", "kept/k"] {
        fs::write(root.join(file), file).unwrap();
    }
    fs::hard_link(root.join("usr/bin/tool"), root.join("usr/bin/alias")).unwrap();
    symlink("usr/bin", root.join("bin")).unwrap();
    fs::set_permissions(root.join("usr/bin/tool"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(root.join("etc/app/secret"), fs::Permissions::from_mode(0o600)).unwrap();
    chown(root.join("etc/app/secret"), Some(1000), Some(2000)).unwrap();
    fs::set_permissions(root.join("kept"), fs::Permissions::from_mode(0o1777)).unwrap();
}

fn remove(root: &Path) {
    fs::remove_file(root.join("etc/app/conf")).unwrap();
    fs::remove_dir_all(root.join("var/old")).unwrap();
    fs::create_dir(root.join("var/old")).unwrap();
    fs::write(root.join("var/old/new"), "new").unwrap();
    fs::hard_link(root.join("usr/bin/tool"), root.join("usr/bin/third")).unwrap();
}

fn replace(root: &Path) {
    fs::remove_dir_all(root.join("kept")).unwrap();
    symlink("/etc/app", root.join("kept")).unwrap();
    fs::remove_file(root.join("bin")).unwrap();
    fs::create_dir(root.join("bin")).unwrap();
    fs::write(root.join("bin/own"), "own").unwrap();
}

#[test]
fn an_extraction_and_an_export_are_what_buildah_mounts() {
    if missing("root") || missing("buildah") {
        return;
    }
    let lab = Lab::new();
    for tag in ["1", "2", "3"] {
        let image = lab.image(tag);
        let container = lab.buildah(&["from", &image]).stdout.trim().to_owned();
        let expected = tree(&lab.mounted(&container));
        assert!(expected.len() > 8, "{expected:#?}");
        let place = |name: &str| lab.folder.path().join(format!("{name}{tag}"));
        let out = place("out");
        lab.home.run(["extract", "--preserve", "-C", out.to_str().unwrap(), &image, "/"]).succeeds();
        assert_eq!(tree(&out), expected, "image {tag}");

        let (file, unpacked) = (place("tar"), place("unpacked"));
        lab.home.run(["export", "-o", file.to_str().unwrap(), &image]).succeeds();
        fs::create_dir(&unpacked).unwrap();
        let folder = unpacked.to_str().unwrap();
        run("tar", ["--numeric-owner", "-xpf", file.to_str().unwrap(), "-C", folder]).succeeds();
        assert_eq!(tree(&unpacked), expected, "image {tag}");
    }
}

#[test]
fn an_export_is_what_docker_exports() {
    if Dockerd::is_missing() || missing("buildah") {
        return;
    }
    let (lab, docker) = (Lab::new(), Dockerd::start());
    let place = |name: &str| lab.folder.path().join(name);
    let archive = place("image.tar");
    let target = format!("docker-archive:{}:app:3", archive.display());
    run("skopeo", ["copy", "-q", "--insecure-policy", &lab.image("3"), &target]).succeeds();
    docker.docker(&["load", "-i", archive.to_str().unwrap()]).succeeds();
    docker.docker(&["create", "--name", "own", "app:3", "/bin/own"]).succeeds();
    let trees: Vec<BTreeMap<String, String>> = [place("by-docker"), place("by-regcli")]
        .iter()
        .enumerate()
        .map(|(number, folder)| {
            let file = folder.with_extension("tar");
            let file = file.to_str().unwrap();
            match number {
                0 => docker.docker(&["export", "-o", file, "own"]).succeeds(),
                _ => lab.home.run(["export", "-o", file, &lab.image("3")]).succeeds(),
            };
            fs::create_dir(folder).unwrap();
            run("tar", ["--numeric-owner", "-xpf", file, "-C", folder.to_str().unwrap()]).succeeds();
            let mut tree = tree(folder);
            // What Docker adds to every container.
            let added = |path: &str| {
                let first = path.split('/').next().unwrap_or_default();
                ["dev", "proc", "sys", ".dockerenv"].contains(&first)
                    || ["etc", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"].contains(&path)
            };
            tree.retain(|path, _| !added(path));
            tree
        })
        .collect();
    assert_eq!(trees[0], trees[1]);
}
