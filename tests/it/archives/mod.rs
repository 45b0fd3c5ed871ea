//! `save`, `load`, and archives as places to copy from and to.

mod bad;
mod copies;
mod docker;
mod load;
mod save;
mod skopeo;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tar::{EntryType, Header};

use crate::support::{Fixture, Home, Outcome, run, sha256};

/// A tar that is written entry by entry, with names that no program would write.
#[derive(Clone, Default)]
pub(crate) struct Tarball(Vec<u8>);

impl Tarball {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.entry(EntryType::Regular, (name, ""), (content.len() as u64, content))
    }

    pub(crate) fn link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, (name, target), (0, b""))
    }

    /// Of any kind, with a size that need not be true.
    pub(crate) fn entry(
        mut self,
        kind: EntryType,
        (name, link): (&str, &str),
        content: (u64, &[u8]),
    ) -> Self {
        let (size, content) = content;
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..name.len()].copy_from_slice(name.as_bytes());
        gnu.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

/// A layer with one file.
fn layer(text: &str) -> Vec<u8> {
    Tarball::new().file("etc/motd", text).end()
}

/// The config of an image of these layers.
fn config(layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<String> = layers.iter().map(|layer| sha256(layer)).collect();
    let config = json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z", "config": {"Cmd": ["/x"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    config.to_string().into_bytes()
}

/// `HEX.json`, as Docker names configs.
fn config_name(config: &[u8]) -> String {
    format!("{}.json", &sha256(config)["sha256:".len()..])
}

/// Docker's manifest.json for one image.
fn manifest(config: &str, tags: &[&str], layers: &[&str]) -> String {
    json!([{"Config": config, "RepoTags": tags, "Layers": layers}]).to_string()
}

/// An archive as Docker wrote it from 1.10 to 24, with one image of two layers called `lab/old:1`.
fn old_archive() -> Vec<u8> {
    let layers = [layer("one"), layer("two")];
    let config = config(&layers);
    let name = config_name(&config);
    Tarball::new()
        .entry(EntryType::Directory, ("aa/", ""), (0, b""))
        .file("aa/VERSION", "1.0")
        .file("aa/json", "{}")
        .file("aa/layer.tar", &layers[0])
        .file(&name, &config)
        .file("bb/VERSION", "1.0")
        .file("bb/json", "{}")
        .file("bb/layer.tar", &layers[1])
        .file("manifest.json", manifest(&name, &["lab/old:1"], &["aa/layer.tar", "bb/layer.tar"]))
        .file("repositories", r#"{"lab/old":{"1":"bb"}}"#)
        .end()
}

/// Puts a fixture into the store under a name.
#[track_caller]
fn keep(home: &Home, fixture: &Fixture, image: &str) {
    home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
}

/// Runs `regcli load` with this on standard input.
#[track_caller]
fn load(home: &Home, archive: impl AsRef<[u8]>) -> Outcome {
    home.regcli(["load"]).stdin(archive).run()
}

/// Saves images into a file of this home.
#[track_caller]
fn save(home: &Home, file: &str, images: &[&str]) -> PathBuf {
    home.run(["save", "-o", file].iter().chain(images)).succeeds().prints("");
    home.path().join(file)
}

/// A document in an archive.
#[track_caller]
fn document(archive: &std::path::Path, name: &str) -> Value {
    let content = run("tar", ["-xOf", archive.to_str().unwrap(), name]).succeeds();
    serde_json::from_slice(&content.raw).unwrap()
}

/// Docker's ID of an image in the store: the digest of its config.
#[track_caller]
fn id(home: &Home, image: &str) -> String {
    sha256(&home.run(["config", &format!("store:{image}")]).succeeds().raw)
}

/// Whether nothing unfinished is left in the store.
fn is_tidy(home: &Home) -> bool {
    let left = |folder: &str| fs::read_dir(home.store().join(folder)).into_iter().flatten().count();
    left("parts") == 0
}
