//! Images with real content: files in layers, configs that say the truth about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::SEED;
use super::layout::{Algorithm, Entry, Layout, Part, blob_path, gzip, sha256, tar};
use super::process::run;

/// The name of the image in each fixture's layout.
const NAME: &str = "v1";

/// The media types of one family of documents.
#[derive(Clone, Copy)]
struct Family {
    index: &'static str,
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
}

const OCI: Family = Family {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

const DOCKER: Family = Family {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

/// The media type of a layer that is not compressed.
const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// The platforms of an index: os, architecture, variant.
const PLATFORMS: [(&str, &str, Option<&str>); 3] =
    [("linux", "amd64", None), ("linux", "arm64", Some("v8")), ("linux", "arm", Some("v7"))];

/// An image in an OCI layout of its own.
pub(crate) struct Fixture {
    folder: TempDir,
    exported: OnceLock<TempDir>,
    /// The manifest or index that the name means.
    pub(crate) root: Part,
    /// The manifests of an index by platform, `linux/arm/v7`; empty for a single image.
    pub(crate) manifests: BTreeMap<String, Part>,
    /// All configs and layers, each once.
    pub(crate) blobs: Vec<Part>,
}

impl Fixture {
    /// Two layers for linux/amd64: a small system, and an application that takes one of its files away.
    pub(crate) fn small() -> Self {
        Self::single(&OCI, Algorithm::Sha256, &[system("amd64"), application("amd64")])
    }

    /// The same as Docker's schema 2.
    pub(crate) fn docker() -> Self {
        Self::single(&DOCKER, Algorithm::Sha256, &[system("amd64"), application("amd64")])
    }

    /// The same with config and layers named by sha512.
    pub(crate) fn sha512() -> Self {
        Self::single(&OCI, Algorithm::Sha512, &[system("amd64"), application("amd64")])
    }

    /// An image with this config and these layers, which are stored as they are. Of layers that the config
    /// says nothing about, it says the truth.
    pub(crate) fn with_config(mut config: Value, layers: &[Vec<u8>]) -> Self {
        if config.get("rootfs").is_none() {
            let ids: Vec<_> = layers.iter().map(|layer| sha256(layer)).collect();
            config["rootfs"] = json!({"type": "layers", "diff_ids": ids});
        }
        Self::with_raw_config(config.to_string().as_bytes(), layers)
    }

    /// The same with something that need not be a config at all.
    pub(crate) fn with_raw_config(config: &[u8], layers: &[Vec<u8>]) -> Self {
        let mut writer = Writer::new(Algorithm::Sha256);
        let config = writer.layout.add(OCI.config, config);
        let layer = |layer: &Vec<u8>| writer.layout.add(OCI_TAR, layer);
        let layers: Vec<Part> = layers.iter().map(layer).collect();
        let root = writer.manifest(&OCI, config, layers);
        writer.finish(root, BTreeMap::new())
    }

    /// Something in an image's form that is none: its config is another document.
    pub(crate) fn artifact() -> Self {
        let mut writer = Writer::new(Algorithm::Sha256);
        let config = writer.layout.add("application/vnd.cncf.helm.config.v1+json", b"[\"no image\"]");
        let layer = writer.layout.add("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"chart");
        let root = writer.manifest(&OCI, config, vec![layer]);
        writer.finish(root, BTreeMap::new())
    }

    /// A layer with one file of so many bytes.
    pub(crate) fn layer(name: &str, bytes: usize) -> Vec<u8> {
        tar(&[(name, Entry::File(&vec![b'x'; bytes]))])
    }

    /// So many layers of a few kilobytes.
    pub(crate) fn many_layers(count: usize) -> Self {
        let layers: Vec<Vec<u8>> = (0..count).map(numbered).collect();
        Self::single(&OCI, Algorithm::Sha256, &layers)
    }

    /// One layer of about so many bytes that do not compress, and a small one.
    pub(crate) fn heavy(bytes: usize) -> Self {
        Self::single(&OCI, Algorithm::Sha256, &[noise(bytes), application("amd64")])
    }

    /// So many layers of about so many bytes each that do not compress.
    pub(crate) fn several(count: usize, bytes: usize) -> Self {
        let all = noise(count * bytes);
        let layers: Vec<Vec<u8>> = all.chunks(bytes).map(<[u8]>::to_vec).collect();
        Self::single(&OCI, Algorithm::Sha256, &layers)
    }

    /// One layer of so many bytes, which is no archive at all: who only moves it does not care.
    pub(crate) fn huge(bytes: usize) -> Self {
        let mut content = noise(1 << 20);
        while content.len() < bytes {
            let more = content.len().min(bytes - content.len());
            content.extend_from_within(..more);
        }
        let mut writer = Writer::new(Algorithm::Sha256);
        let layer = writer.layout.add(OCI.layer, &content);
        let mut config = config(PLATFORMS[0], &[]);
        config["rootfs"]["diff_ids"] = json!([layer.digest]);
        let config = writer.layout.add_json(OCI.config, &config);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI.manifest,
            "config": config.descriptor(), "layers": [layer.descriptor()],
        });
        writer.blobs.extend([config, layer]);
        let root = writer.layout.add_json(OCI.manifest, &manifest);
        writer.finish(root, BTreeMap::new())
    }

    /// An OCI index for linux/amd64, linux/arm64/v8 and linux/arm/v7, with different content in each.
    pub(crate) fn multi_platform() -> Self {
        Self::multi(&OCI)
    }

    /// The same as Docker's manifest list.
    pub(crate) fn docker_list() -> Self {
        Self::multi(&DOCKER)
    }

    /// As regcli names it: `oci:FOLDER:v1`.
    pub(crate) fn place(&self) -> String {
        format!("oci:{}:{NAME}", self.path().display())
    }

    /// As skopeo names it: `dir:FOLDER`. It does not find Docker's documents in an OCI layout.
    pub(crate) fn skopeo_place(&self) -> String {
        let folder = self.exported.get_or_init(|| {
            let folder = tempfile::Builder::new().prefix("regcli-dir-").tempdir().unwrap();
            let place = |name: &str| folder.path().join(name);
            fs::write(place("version"), "Directory Transport Version: 1.1\n").unwrap();
            fs::write(place("manifest.json"), self.content(&self.root.digest)).unwrap();
            for part in self.manifests.values().chain(&self.blobs) {
                let hex = part.digest.split_once(':').unwrap().1;
                let ending = if self.blobs.contains(part) { "" } else { ".manifest.json" };
                fs::write(place(&format!("{hex}{ending}")), self.content(&part.digest)).unwrap();
            }
            folder
        });
        format!("dir:{}", folder.path().display())
    }

    /// Pushes it with skopeo, so that a test about pulling does not begin with our own push. `options` are
    /// skopeo's, for credentials and authorities.
    #[track_caller]
    pub(crate) fn push_with_skopeo(&self, image: &str, options: &[&str]) {
        let target = format!("docker://{image}");
        let fixed = ["copy", "--all", "--preserve-digests", "--dest-tls-verify=false"];
        let places = [self.skopeo_place(), target];
        run("skopeo", fixed.iter().chain(options).copied().chain(places.iter().map(String::as_str)))
            .succeeds();
    }

    /// The layout's folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The bytes behind a digest.
    pub(crate) fn content(&self, digest: &str) -> Vec<u8> {
        fs::read(blob_path(self.path(), digest)).unwrap()
    }

    /// The digest of a single image's config, which is its ID.
    pub(crate) fn config_digest(&self) -> String {
        let root: Value = serde_json::from_slice(&self.content(&self.root.digest)).unwrap();
        root["config"]["digest"].as_str().unwrap().to_owned()
    }

    /// The sum of all blobs.
    pub(crate) fn blob_bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }

    fn single(family: &Family, algorithm: Algorithm, layers: &[Vec<u8>]) -> Self {
        let mut writer = Writer::new(algorithm);
        let root = writer.image(family, PLATFORMS[0], layers);
        writer.finish(root, BTreeMap::new())
    }

    fn multi(family: &Family) -> Self {
        let mut writer = Writer::new(Algorithm::Sha256);
        let mut manifests = BTreeMap::new();
        let mut entries = Vec::new();
        for platform @ (os, architecture, variant) in PLATFORMS {
            let manifest = writer.image(family, platform, &[system(architecture), application(architecture)]);
            let mut entry = manifest.descriptor();
            entry["platform"] = json!({"architecture": architecture, "os": os});
            let mut name = format!("{os}/{architecture}");
            if let Some(variant) = variant {
                entry["platform"]["variant"] = json!(variant);
                write!(name, "/{variant}").unwrap();
            }
            entries.push(entry);
            manifests.insert(name, manifest);
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": family.index, "manifests": entries,
            "annotations": {"test.regcli.note": "多平台"},
        });
        let root = writer.layout.add_json(family.index, &index);
        writer.finish(root, manifests)
    }
}

/// A fixture that is being written.
struct Writer {
    layout: Layout,
    algorithm: Algorithm,
    blobs: Vec<Part>,
}

impl Writer {
    fn new(algorithm: Algorithm) -> Self {
        Self { layout: Layout::new(), algorithm, blobs: Vec::new() }
    }

    /// Adds an image of these layers (tar files), and gives its manifest.
    fn image(&mut self, family: &Family, platform: (&str, &str, Option<&str>), layers: &[Vec<u8>]) -> Part {
        self.layout.name_by(self.algorithm);
        let config = self.layout.add_json(family.config, &config(platform, layers));
        let layers: Vec<Part> =
            layers.iter().map(|layer| self.layout.add(family.layer, &gzip(layer))).collect();
        self.layout.name_by(Algorithm::Sha256);
        self.manifest(family, config, layers)
    }

    /// Adds the manifest of an image.
    fn manifest(&mut self, family: &Family, config: Part, layers: Vec<Part>) -> Part {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": family.manifest, "config": config.descriptor(),
            "layers": layers.iter().map(Part::descriptor).collect::<Vec<_>>(),
        });
        self.blobs.push(config);
        self.blobs.extend(layers);
        self.layout.add_json(family.manifest, &manifest)
    }

    fn finish(mut self, root: Part, manifests: BTreeMap<String, Part>) -> Fixture {
        self.blobs.sort_by(|a, b| a.digest.cmp(&b.digest));
        self.blobs.dedup();
        let folder = self.layout.finish(&root, NAME);
        Fixture { folder, exported: OnceLock::new(), root, manifests, blobs: self.blobs }
    }
}

fn config((os, architecture, variant): (&str, &str, Option<&str>), layers: &[Vec<u8>]) -> Value {
    let mut config = json!({
        "architecture": architecture, "os": os, "created": "2026-09-21T08:30:00.123456789Z",
        "config": {
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/hello"], "WorkingDir": "/app",
            "Labels": {"test.regcli.purpose": "fixture"},
            // Fields that few readers know have to survive too.
            "Healthcheck": {"Test": ["CMD", "/bin/hello"]}, "OnBuild": ["RUN true"],
        },
        "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|layer| sha256(layer)).collect::<Vec<_>>()},
        "history": layers.iter().enumerate().map(|(number, _)| json!({
            "created": "2026-09-21T08:30:00Z", "created_by": format!("COPY layer{number} / # buildkit"),
        })).collect::<Vec<_>>(),
    });
    if let Some(variant) = variant {
        config["variant"] = json!(variant);
    }
    config
}

/// A small system for an architecture.
fn system(architecture: &str) -> Vec<u8> {
    let release = format!("ID=regcli\nNAME=\"regcli test system\"\nARCHITECTURE={architecture}\n");
    tar(&[
        ("bin/", Entry::Folder),
        ("bin/hello", Entry::Program(b"#!/bin/sh\necho hello\n")),
        ("etc/", Entry::Folder),
        ("etc/os-release", Entry::File(release.as_bytes())),
        ("etc/passwd", Entry::File(b"root:x:0:0:root:/root:/bin/sh\n")),
        ("etc/motd", Entry::File(b"taken away by the next layer\n")),
        ("usr/bin/hello", Entry::Link("../../bin/hello")),
        ("usr/share/words", Entry::File(words(SEED, 64 << 10).as_bytes())),
        ("tmp/", Entry::Folder),
    ])
}

/// An application on top of it.
fn application(architecture: &str) -> Vec<u8> {
    let settings = format!("[server]\nlisten = \"127.0.0.1:8080\"\narchitecture = \"{architecture}\"\n");
    tar(&[
        ("app/", Entry::Folder),
        ("app/settings.toml", Entry::File(settings.as_bytes())),
        ("app/说明.txt", Entry::File("镜像仓库客户端的测试数据\n".as_bytes())),
        ("app/words", Entry::File(words(SEED + 1, 32 << 10).as_bytes())),
        ("etc/.wh.motd", Entry::File(b"")),
    ])
}

/// The layer with this number.
fn numbered(number: usize) -> Vec<u8> {
    let path = format!("data/{number:03}");
    tar(&[(path.as_str(), Entry::File(words(SEED + number as u64, 8 << 10).as_bytes()))])
}

/// A layer that gzip cannot make smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut content = vec![0; bytes];
    random.fill(&mut content);
    tar(&[("data/noise", Entry::File(&content))])
}

/// Text of about so many bytes that compresses as text does.
fn words(seed: u64, bytes: usize) -> String {
    const WORDS: [&str; 16] = [
        "registry",
        "repository",
        "tag",
        "digest",
        "manifest",
        "index",
        "descriptor",
        "blob",
        "layer",
        "config",
        "platform",
        "mount",
        "scope",
        "challenge",
        "镜像",
        "仓库",
    ];
    let mut random = fastrand::Rng::with_seed(seed);
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        text.push_str(WORDS[random.usize(..WORDS.len())]);
        text.push(if random.u8(..) < 24 { '\n' } else { ' ' });
    }
    text
}

/// A folder to make an image of: files, a program, a link, an empty folder, a name in Chinese.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("regcli-folder-").tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir_all(place("etc/empty")).unwrap();
    fs::create_dir_all(place("bin")).unwrap();
    fs::write(place("etc/os-release"), "ID=regcli\n").unwrap();
    fs::write(place("etc/说明"), words(SEED, 16 << 10)).unwrap();
    fs::write(place("bin/hello"), "#!/bin/sh\necho hello\n").unwrap();
    fs::set_permissions(place("bin/hello"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("hello", place("bin/hi")).unwrap();
    folder
}
