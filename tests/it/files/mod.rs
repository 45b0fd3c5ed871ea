//! The files of images: `files` and `cat`.

mod hostile;
mod local;
mod remote;
mod waste;

use serde_json::{Value, json};

use crate::support::scripted::Scripted;
use crate::support::{Home, Is, Layer};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// An image at a registry that counts, and a home that has nothing.
pub(crate) struct Lab {
    pub(crate) registry: Scripted,
    pub(crate) home: Home,
}

impl Lab {
    /// An image `app:1` with these layers.
    pub(crate) fn of(layers: &[Layer]) -> Self {
        let lab = Self { registry: Scripted::start(), home: Home::fresh() };
        lab.push("1", layers);
        lab
    }

    /// Adds an image `app:TAG`.
    pub(crate) fn push(&self, tag: &str, layers: &[Layer]) {
        let config = config(layers.len());
        let digest = crate::support::sha256(config.as_bytes());
        self.registry.seed_blob("app", &digest, config.clone().into_bytes());
        for layer in layers {
            let digest = layer.descriptor["digest"].as_str().unwrap();
            self.registry.seed_blob("app", digest, layer.bytes.clone());
        }
        let layers: Vec<&Value> = layers.iter().map(|layer| &layer.descriptor).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": digest, "size": config.len()}, "layers": layers,
        });
        let digest = self.registry.seed_manifest("app", MANIFEST, manifest.to_string().into_bytes());
        self.registry.tag("app", tag, &digest);
    }

    pub(crate) fn image(&self) -> String {
        self.registry.at("app:1")
    }

    /// What `files` prints with these arguments.
    #[track_caller]
    pub(crate) fn files(&self, arguments: &[&str]) -> String {
        let image = self.image();
        let (flags, paths): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|text| text.starts_with('-'));
        self.home.run([&["files"][..], &flags, &[&image], &paths].concat()).succeeds().stdout
    }
}

fn config(layers: usize) -> String {
    let steps: Vec<Value> =
        (1..=layers).map(|number| json!({"created_by": format!("step {number}")})).collect();
    let ids = vec![format!("sha256:{}", "0".repeat(64)); layers];
    json!({
        "architecture": "amd64", "os": "linux", "history": steps, "rootfs": {"type": "layers", "diff_ids": ids},
    })
    .to_string()
}

/// A small system.
pub(crate) const BASE: &[(&str, Is)] = &[
    ("bin", Is::Symlink("usr/bin")),
    ("etc/", Is::Folder),
    ("etc/os-release", Is::Symlink("../usr/lib/os-release")),
    ("etc/passwd", Is::File(b"root:x:0:0\n")),
    ("usr/", Is::Folder),
    ("usr/bin/", Is::Folder),
    ("usr/bin/dir", Is::File(b"\x7fELF of dir")),
    ("usr/bin/vdir", Is::Hardlink("usr/bin/dir")),
    ("usr/lib/", Is::Folder),
    ("usr/lib/empty", Is::File(b"")),
    ("usr/lib/os-release", Is::File(b"NAME=lab\n")),
    ("var/", Is::Folder),
    ("var/log", Is::File(&[b'x'; 5000])),
];

/// What an application changes.
pub(crate) const TOP: &[(&str, Is)] = &[
    ("etc/", Is::Folder),
    ("etc/.wh.passwd", Is::File(b"")),
    ("etc/app.conf", Is::File(b"port=80\n")),
    ("usr/lib/", Is::Folder),
    ("usr/lib/.wh..wh..opq", Is::File(b"")),
    ("usr/lib/os-release", Is::File(b"NAME=new\n")),
    ("var", Is::File(b"no folder")),
];

/// What a container of both sees.
pub(crate) const SEEN: &str = "/bin\n/etc\n/etc/app.conf\n/etc/os-release\n/usr\n/usr/bin\n/usr/bin/dir\n/usr/bin/vdir\n\
                               /usr/lib\n/usr/lib/os-release\n/var\n";
