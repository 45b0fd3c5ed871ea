//! The content of one repository.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::tag_file;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::{RepositoryName, Tag};
use crate::store::{self, disk};

/// A manifest that refers to another one.
pub(super) struct Referrer {
    pub(super) digest: Digest,
    /// The file with the descriptor of the manifest.
    pub(super) path: PathBuf,
}

/// The folder of one repository. No part of a path comes from a name that a client chose.
///
/// ```text
/// name                               the repository's name
/// blobs/<algorithm>-<hex>            empty: this blob is visible here
/// manifests/<algorithm>-<hex>        the manifest's descriptor
/// tags/<base32 of the tag>           the digest of its manifest
/// referrers/<subject>/<manifest>     the descriptor of a manifest with that subject
/// ```
///
/// Every file is complete before it gets its name. A reference is written after its target and removed before
/// it. Methods wait for the disk, and those that write may wait long.
pub(super) struct Repository {
    root: PathBuf,
    folder: PathBuf,
    name: RepositoryName,
}

impl Repository {
    pub(super) fn new(root: &Path, name: &RepositoryName) -> Self {
        let folder = root.join("repositories").join(Self::folder_name(name));
        Self { root: root.to_owned(), folder, name: name.clone() }
    }

    /// Returns the name of a repository's folder: the hash of its name.
    pub(super) fn folder_name(name: &RepositoryName) -> String {
        Digest::sha256(name.as_str().as_bytes()).hex().to_owned()
    }

    /// Creates the folder.
    pub(super) fn create(&self) -> Result<(), store::Error> {
        self.write(&self.folder.join("name"), self.name.as_str().as_bytes())?;
        disk::sync_folder(&self.folder)?;
        disk::sync_folder(&self.root.join("repositories"))?;
        disk::sync_folder(&self.root)
    }

    /// Reports whether a blob is visible here.
    pub(super) fn holds_blob(&self, digest: &Digest) -> Result<bool, store::Error> {
        exists(&self.blob_path(digest))
    }

    /// Makes a blob visible here. A crash may undo that until the next [`Repository::put_manifest`].
    pub(super) fn link_blob(&self, digest: &Digest) -> Result<(), store::Error> {
        disk::open_or_create(&self.blob_path(digest)).map(drop)
    }

    /// Makes a blob invisible here, and reports whether it was visible.
    pub(super) fn unlink_blob(&self, digest: &Digest) -> Result<bool, store::Error> {
        let removed = disk::remove(&self.blob_path(digest))?;
        disk::sync_folder(&self.folder.join("blobs"))?;
        Ok(removed)
    }

    /// Returns the descriptor of a manifest, if it is here.
    pub(super) fn manifest(&self, digest: &Digest) -> Result<Option<Descriptor>, store::Error> {
        read_descriptor(&self.manifest_path(digest))
    }

    /// Makes a manifest visible here, with all blobs that were linked before. It survives a crash.
    pub(super) fn put_manifest(&self, manifest: &Descriptor) -> Result<(), store::Error> {
        disk::sync_folder(&self.folder.join("blobs"))?;
        self.write_descriptor(&self.manifest_path(&manifest.digest), manifest)?;
        disk::sync_folder(&self.folder.join("manifests"))?;
        disk::sync_folder(&self.folder)
    }

    /// Makes a manifest invisible here, with all references to it. Reports whether it was visible.
    pub(super) fn remove_manifest(
        &self,
        digest: &Digest,
        subject: Option<&Digest>,
    ) -> Result<bool, store::Error> {
        for tag in self.tags()? {
            if self.resolve(&tag)?.as_ref() == Some(digest) {
                self.untag(&tag)?;
            }
        }
        if let Some(subject) = subject {
            disk::remove(&self.referrers_folder(subject).join(file_name(digest)))?;
        }
        let removed = disk::remove(&self.manifest_path(digest))?;
        disk::sync_folder(&self.folder.join("manifests"))?;
        Ok(removed)
    }

    /// Reports whether there is any manifest here.
    pub(super) fn holds_manifests(&self) -> Result<bool, store::Error> {
        let folder = self.folder.join("manifests");
        match fs::read_dir(&folder) {
            Ok(mut entries) => Ok(entries.next().is_some()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(store::Error::io("list", &folder)(error)),
        }
    }

    /// Reports whether there ever was a manifest here.
    pub(super) fn is_known(&self) -> Result<bool, store::Error> {
        exists(&self.folder.join("manifests"))
    }

    /// Makes `tag` point to a manifest that is here. It survives a crash.
    pub(super) fn tag(&self, tag: &Tag, digest: &Digest) -> Result<(), store::Error> {
        self.write(&self.tag_path(tag), digest.as_str().as_bytes())?;
        disk::sync_folder(&self.folder.join("tags"))?;
        disk::sync_folder(&self.folder)
    }

    /// Removes `tag`, and reports whether it existed.
    pub(super) fn untag(&self, tag: &Tag) -> Result<bool, store::Error> {
        let removed = disk::remove(&self.tag_path(tag))?;
        disk::sync_folder(&self.folder.join("tags"))?;
        Ok(removed)
    }

    /// Returns the digest that `tag` points to.
    pub(super) fn resolve(&self, tag: &Tag) -> Result<Option<Digest>, store::Error> {
        let text = read(&self.tag_path(tag))?;
        Ok(text.and_then(|text| String::from_utf8(text).ok()?.parse().ok()))
    }

    /// Returns all tags, in the order of their bytes.
    pub(super) fn tags(&self) -> Result<Vec<Tag>, store::Error> {
        let names = disk::names_in(&self.folder.join("tags"))?;
        let mut tags: Vec<_> = names.iter().filter_map(|name| tag_file::decode(name)).collect();
        tags.sort_unstable();
        Ok(tags)
    }

    /// Lists a manifest under its subject, which need not be here.
    pub(super) fn put_referrer(&self, subject: &Digest, manifest: &Descriptor) -> Result<(), store::Error> {
        let folder = self.referrers_folder(subject);
        self.write_descriptor(&folder.join(file_name(&manifest.digest)), manifest)?;
        disk::sync_folder(&folder)?;
        disk::sync_folder(&self.folder.join("referrers"))
    }

    /// Returns the manifests with this subject, in the order of their digests, starting with the first one
    /// after `last`.
    pub(super) fn referrers(
        &self,
        subject: &Digest,
        last: Option<&str>,
    ) -> Result<Vec<Referrer>, store::Error> {
        let folder = self.referrers_folder(subject);
        let mut names = disk::names_in(&folder)?;
        if let Some(last) = last.map(|last| last.replacen(':', "-", 1)) {
            names.retain(|name| *name > last);
        }
        names.sort_unstable();
        let referrer = |name: String| Some(Referrer { digest: digest_in(&name)?, path: folder.join(name) });
        Ok(names.into_iter().filter_map(referrer).collect())
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.folder.join("blobs").join(file_name(digest))
    }

    fn manifest_path(&self, digest: &Digest) -> PathBuf {
        self.folder.join("manifests").join(file_name(digest))
    }

    fn tag_path(&self, tag: &Tag) -> PathBuf {
        self.folder.join("tags").join(tag_file::encode(tag))
    }

    fn referrers_folder(&self, subject: &Digest) -> PathBuf {
        self.folder.join("referrers").join(file_name(subject))
    }

    fn write_descriptor(&self, path: &Path, descriptor: &Descriptor) -> Result<(), store::Error> {
        let document = serde_json::to_vec(descriptor).expect("a descriptor is plain data with text for keys");
        self.write(path, &document)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), store::Error> {
        disk::replace(path, &self.root.join("parts"), content, 0o644)
    }
}

/// Adds the digests of all visible content in a repository's folder to `held`, even if its name is unknown.
pub(super) fn collect_held(folder: &Path, held: &mut HashSet<Digest>) -> Result<(), store::Error> {
    for kind in ["blobs", "manifests"] {
        let names = disk::names_in(&folder.join(kind))?;
        held.extend(names.iter().filter_map(|name| digest_in(name)));
    }
    Ok(())
}

/// Returns the digest in the name of a file.
fn digest_in(name: &str) -> Option<Digest> {
    name.replacen('-', ":", 1).parse().ok()
}

fn file_name(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm(), digest.hex())
}

fn exists(path: &Path) -> Result<bool, store::Error> {
    path.try_exists().map_err(store::Error::io("look at", path))
}

/// Reads a small file of the registry. Returns `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Vec<u8>>, store::Error> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(store::Error::io("read", path)(error)),
    }
}

fn read_descriptor(path: &Path) -> Result<Option<Descriptor>, store::Error> {
    let Some(document) = read(path)? else { return Ok(None) };
    let invalid = |error: serde_json::Error| store::Error::io("read", path)(error.into());
    serde_json::from_slice(&document).map(Some).map_err(invalid)
}
