//! OCI layouts on disk, written by nobody but the tests: an oracle must not share code with what it judges.
//!
//! See <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;

/// How a digest is computed.
#[derive(Clone, Copy)]
pub(super) enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    /// `sha256:…`
    pub(super) fn digest(self, content: &[u8]) -> String {
        match self {
            Self::Sha256 => format!("sha256:{}", hex(&Sha256::digest(content))),
            Self::Sha512 => format!("sha512:{}", hex(&Sha512::digest(content))),
        }
    }
}

/// The digest of some content, computed without regcli's help.
pub(crate) fn sha256(content: &[u8]) -> String {
    Algorithm::Sha256.digest(content)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Something in a layout: a manifest, a config, a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

impl Part {
    /// As it stands in manifests.
    pub(crate) fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "size": self.size, "digest": self.digest})
    }
}

/// An OCI layout that is being written.
pub(super) struct Layout {
    folder: TempDir,
    algorithm: Algorithm,
}

impl Layout {
    /// An empty one.
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-layout-").tempdir().unwrap();
        fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        Self { folder, algorithm: Algorithm::Sha256 }
    }

    /// From now on blobs are named by this.
    pub(super) fn name_by(&mut self, algorithm: Algorithm) {
        self.algorithm = algorithm;
    }

    /// Adds content.
    pub(super) fn add(&self, media_type: &str, content: &[u8]) -> Part {
        let digest = self.algorithm.digest(content);
        let path = blob_path(self.folder.path(), &digest);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        Part { media_type: media_type.to_owned(), digest, size: content.len() as u64 }
    }

    /// Adds a document, with the white space that Docker uses: bytes have to be kept, not meaning.
    pub(super) fn add_json(&self, media_type: &str, document: &Value) -> Part {
        let mut content = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"   ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut content, formatter);
        serde::Serialize::serialize(document, &mut serializer).unwrap();
        self.add(media_type, &content)
    }

    /// Gives the image `root` a name and ends the writing.
    pub(super) fn finish(self, root: &Part, name: &str) -> TempDir {
        let mut descriptor = root.descriptor();
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        let index = json!({"schemaVersion": 2, "manifests": [descriptor]});
        fs::write(self.folder.path().join("index.json"), index.to_string()).unwrap();
        self.folder
    }
}

/// Where a layout keeps the content of a digest.
pub(crate) fn blob_path(layout: &Path, digest: &str) -> std::path::PathBuf {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    layout.join("blobs").join(algorithm).join(hex)
}

/// What stands in a layer.
pub(super) enum Entry<'a> {
    Folder,
    File(&'a [u8]),
    Program(&'a [u8]),
    Link(&'a str),
}

/// A layer as a tar file, the same bytes every time.
pub(super) fn tar(entries: &[(&str, Entry<'_>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, entry) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mtime(1_700_000_000);
        let (kind, mode, content): (_, _, &[u8]) = match entry {
            Entry::Folder => (tar::EntryType::Directory, 0o755, b""),
            Entry::File(content) => (tar::EntryType::Regular, 0o644, content),
            Entry::Program(content) => (tar::EntryType::Regular, 0o755, content),
            Entry::Link(_) => (tar::EntryType::Symlink, 0o777, b""),
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        match entry {
            Entry::Link(target) => archive.append_link(&mut header, path, target).unwrap(),
            _ => archive.append_data(&mut header, path, content).unwrap(),
        }
    }
    archive.into_inner().unwrap()
}

/// The same bytes every time: gzip's header has no time and no name.
pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
