//! Files out of images: `extract` and `export`.

mod cost;
mod crashes;
mod exported;
mod hostile;
mod tools;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};
use tempfile::TempDir;

use crate::files::Lab;
use crate::support::{Layer, Outcome};

/// A directory to extract to, and the image.
struct Scene {
    lab: Lab,
    folder: TempDir,
}

impl Scene {
    fn of(layers: &[Layer]) -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-extract-").tempdir().unwrap();
        Self { lab: Lab::of(layers), folder }
    }

    /// The directory, which does not exist at first.
    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.out().join(path)).unwrap()
    }

    /// Runs `extract -C OUT FLAGS IMAGE PATHS`.
    fn extract(&self, arguments: &[&str]) -> Outcome {
        let (image, out) = (self.lab.image(), self.out());
        let (flags, paths): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|text| text.starts_with('-'));
        let fixed = ["extract", "-C", out.to_str().unwrap()];
        self.lab.home.run([&fixed[..], &flags, &[&image], &paths].concat())
    }

    /// All below the directory.
    fn tree(&self) -> BTreeMap<String, String> {
        tree(&self.out())
    }
}

/// All below a directory: type, mode, owner, number of names, time of change and content. Times of directories count.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let (mut found, mut waiting) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(path).into_iter().flatten().map(Result::unwrap) {
            let (path, is) = (entry.path(), entry.metadata().unwrap());
            let content = match is.file_type() {
                kind if kind.is_dir() => {
                    waiting.push(path.clone());
                    String::new()
                }
                kind if kind.is_symlink() => fs::read_link(&path).unwrap().display().to_string(),
                kind if kind.is_file() => crate::support::sha256(&fs::read(&path).unwrap()),
                _ => format!("device {}", is.rdev()),
            };
            let links = if is.is_dir() { 1 } else { is.nlink() };
            let (mode, owner) = (is.permissions().mode(), format!("{}:{}", is.uid(), is.gid()));
            let line = format!("{mode:o} {owner} {links} {} {content}", is.mtime());
            let name = path.strip_prefix(folder).unwrap().as_os_str().as_bytes().to_vec();
            found.insert(String::from_utf8_lossy(&name).into_owned(), line);
        }
    }
    found
}

/// An entry of a tar, whatever its name is.
struct Raw<'a> {
    path: &'a [u8],
    kind: EntryType,
    mode: u32,
    link: &'a str,
    content: &'a [u8],
}

impl<'a> Raw<'a> {
    fn file(path: &'a str, mode: u32, content: &'a [u8]) -> Self {
        Self { path: path.as_bytes(), kind: EntryType::Regular, mode, link: "", content }
    }

    fn other(path: &'a str, kind: EntryType) -> Self {
        Self { path: path.as_bytes(), kind, mode: 0o755, link: "", content: b"" }
    }

    fn link(path: &'a str, kind: EntryType, link: &'a str) -> Self {
        Self { path: path.as_bytes(), kind, mode: 0o777, link, content: b"" }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (text, kind) in
            [(self.path, EntryType::GNULongName), (self.link.as_bytes(), EntryType::GNULongLink)]
        {
            if text.len() > 100 {
                let mut header = Header::new_gnu();
                header.set_entry_type(kind);
                header.set_size(text.len() as u64);
                header.set_cksum();
                bytes.extend(header.as_bytes());
                bytes.extend(text);
                bytes.resize(bytes.len().next_multiple_of(512), 0);
            }
        }
        let mut header = Header::new_gnu();
        let length = self.path.len().min(100);
        header.as_old_mut().name[..length].copy_from_slice(&self.path[..length]);
        let length = self.link.len().min(100);
        header.as_old_mut().linkname[..length].copy_from_slice(&self.link.as_bytes()[..length]);
        header.set_entry_type(self.kind);
        header.set_mode(self.mode);
        header.set_uid(10);
        header.set_gid(20);
        header.set_mtime(1_700_000_000);
        header.set_size(self.content.len() as u64);
        header.set_device_major(1).unwrap();
        header.set_device_minor(3).unwrap();
        header.set_cksum();
        bytes.extend(header.as_bytes());
        bytes.extend(self.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

/// A plain layer with these entries.
fn layer(entries: &[Raw]) -> Layer {
    let mut bytes: Vec<u8> = entries.iter().flat_map(Raw::bytes).collect();
    bytes.extend([0; 1024]);
    Layer::new("", bytes)
}

/// Bytes that do not compress.
fn noise(size: u32) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    (0..size).map(next).collect()
}
