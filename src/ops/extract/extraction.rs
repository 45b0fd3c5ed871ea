//! The order of an extraction: check everything, then directories, files layer by layer, links, and attributes.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::io::Errno;

use crate::filesystem::{Entry, EntryKind, EntryPath};
use crate::ops::files::{ImageFiles, Receiver, Selection, Tree, TreeFile, Wanted};
use crate::store::disk;

use super::ExtractError;
use super::draft::Draft;
use super::folder::{Folder, Present};
use super::options::{Attributes, Existing, ExtractOptions, Extracted, Mode};
use super::writer::Writer;

/// Maximum length of a name in bytes, as in Linux.
const NAME_MAX: usize = 255;

/// Extracts the files at the paths of `selections`, each below the directory under its whole path.
///
/// Everything that is known before is checked before anything is written: that the paths are in the image, that they do not
/// exist, and that there is enough space. A file appears under its name when its content is complete and verified. No
/// symbolic link is followed below the directory. Devices and pipes are left out.
///
/// # Errors
/// [`ExtractError`]; files that were written before stay.
///
/// # Cancel safety
/// Dropping the future stops the extraction. Complete files stay.
pub async fn extract(
    image: &ImageFiles,
    selections: &[Selection],
    options: &ExtractOptions,
) -> Result<Extracted, ExtractError> {
    let listings = image.listings().await?;
    let tree = image.tree(&listings, selections)?;
    let mut extracted = summary(&tree);
    extracted.hostile = listings.iter().map(crate::filesystem::Listing::hostile).sum();
    disk::in_place(|| check(&tree, options))?;
    if options.mode == Mode::Check {
        extracted.paths = paths(&tree);
        return Ok(extracted);
    }
    let folder = Folder::create(&options.folder)?;
    let mut writer = Writer { folder, existing: options.existing, attributes: options.attributes };
    let made = disk::in_place(|| directories(&mut writer, &tree))?;
    let mut files: HashMap<usize, Vec<TreeFile>> = HashMap::new();
    for file in tree.files {
        files.entry(file.layer).or_default().push(file);
    }
    for layer in 0..image.layers().len() {
        let Some(files) = files.remove(&layer) else { continue };
        let content = |file: &TreeFile| Some((file.entry.path.clone(), file.entry.content()?.clone()));
        let wanted: Wanted = files.iter().filter_map(content).collect();
        let files = files.into_iter().map(|file| (file.entry.path.clone(), file)).collect();
        let unpacking = image.contents(layer, wanted, Unpacking { writer, files, open: None }).await?;
        writer = unpacking.writer;
    }
    disk::in_place(|| {
        tree.others.iter().try_for_each(|entry| writer.symlink(entry))?;
        made.iter().rev().try_for_each(|entry| writer.finish_directory(entry))
    })?;
    Ok(extracted)
}

fn summary(tree: &Tree) -> Extracted {
    let links = symlinks(tree).count();
    Extracted {
        files: tree.files.iter().map(|file| file.names.len()).sum(),
        directories: tree.directories.len(),
        links,
        bytes: tree.bytes(),
        special: tree.others.len() - links,
        dangling: tree.dangling.len(),
        impossible: tree.impossible.len(),
        ..Extracted::default()
    }
}

/// Returns the paths of everything that is extracted, in order.
fn paths(tree: &Tree) -> Vec<EntryPath> {
    let directories = tree.directories.iter().map(|entry| &entry.path);
    let names = tree.files.iter().flat_map(|file| &file.names);
    let mut paths: Vec<EntryPath> =
        directories.chain(symlinks(tree).map(|entry| &entry.path)).chain(names).cloned().collect();
    paths.sort();
    paths
}

fn symlinks(tree: &Tree) -> impl Iterator<Item = &Entry> {
    tree.others.iter().filter(|entry| matches!(entry.kind, EntryKind::Symlink { .. }))
}

/// Checks what can be checked before anything is written.
fn check(tree: &Tree, options: &ExtractOptions) -> Result<(), ExtractError> {
    if options.attributes == Attributes::Preserve && !rustix::process::geteuid().is_root() {
        return Err(ExtractError::NotRoot);
    }
    let size = tree.bytes();
    if let Some(limit) = options.size_max.filter(|limit| *limit < size) {
        return Err(ExtractError::TooLarge { size, limit });
    }
    if let Some(free) = disk::free_space(&options.folder).filter(|free| *free < size) {
        return Err(ExtractError::NoSpace { folder: options.folder.clone(), needed: size - free });
    }
    check_names(tree, &options.folder)?;
    if std::fs::metadata(&options.folder).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(());
    }
    let mut folder = Folder::open(&options.folder)?;
    for entry in &tree.directories {
        if folder.look(&entry.path)? == Present::Other {
            return Err(ExtractError::NotDirectory(folder.shown(&entry.path)));
        }
    }
    let mut names: Vec<&EntryPath> = symlinks(tree).map(|entry| &entry.path).collect();
    names.extend(tree.files.iter().flat_map(|file| &file.names));
    names.sort();
    let mut present = Vec::new();
    for name in names {
        match folder.look(name)? {
            Present::Nothing => {}
            Present::Directory => return Err(ExtractError::IsDirectory(folder.shown(name))),
            Present::Other => present.push(name),
        }
    }
    match present.split_first() {
        Some((first, others)) if options.existing == Existing::Refuse => {
            Err(ExtractError::Exists { path: folder.shown(first), others: others.len() })
        }
        _ => Ok(()),
    }
}

/// Checks that Linux can have all names.
fn check_names(tree: &Tree, folder: &Path) -> Result<(), ExtractError> {
    let directories = tree.directories.iter().map(|entry| &entry.path);
    let names = tree.files.iter().flat_map(|file| &file.names);
    let mut all = directories.chain(symlinks(tree).map(|entry| &entry.path)).chain(names);
    match all.find(|path| path.components().any(|name| name.len() > NAME_MAX)) {
        Some(path) => {
            let path = folder.join(OsStr::from_bytes(path.as_bytes()));
            Err(ExtractError::Write { path, source: Errno::NAMETOOLONG.into() })
        }
        None => Ok(()),
    }
}

/// Creates the directories, and returns those that did not exist.
fn directories(writer: &mut Writer, tree: &Tree) -> Result<Vec<Entry>, ExtractError> {
    let mut made = Vec::new();
    for entry in &tree.directories {
        if writer.directory(entry)? {
            made.push(entry.clone());
        }
    }
    Ok(made)
}

/// Writes the files of a layer as their contents arrive.
struct Unpacking {
    writer: Writer,
    files: HashMap<EntryPath, TreeFile>,
    open: Option<Open>,
}

/// The file whose content arrives.
struct Open {
    path: EntryPath,
    draft: Draft,
}

impl Receiver for Unpacking {
    type Error = ExtractError;

    fn begin(&mut self, path: &EntryPath) -> Result<(), ExtractError> {
        self.open = None;
        let Some(file) = self.files.get(path) else { return Ok(()) };
        if let Some(name) = file.names.first() {
            let draft = self.writer.file(name, &file.entry)?;
            self.open = Some(Open { path: path.clone(), draft });
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ExtractError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let written = (&open.draft.file).write_all(bytes);
        written.map_err(|error| {
            let name = self.files.get(&open.path).and_then(|file| file.names.first());
            ExtractError::write(self.writer.folder.shown(name.unwrap_or(&open.path)))(error)
        })
    }

    fn finish(&mut self) -> Result<(), ExtractError> {
        let Some(Open { path, draft }) = self.open.take() else { return Ok(()) };
        match self.files.remove(&path) {
            Some(file) => self.writer.finish_file(draft, &file),
            None => Ok(()),
        }
    }
}
