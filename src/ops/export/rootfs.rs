//! The order of an export.
//!
//! First come directories, links and devices, then the files of one layer after the other, then hard links. So no layer is
//! read twice, and every directory and every target precedes what needs it. Directories with files are repeated in the
//! end: programs that set modes and times as they read, such as GNU tar, then set them last.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use tempfile::SpooledTempFile;

use crate::archive::Output;
use crate::filesystem::{self, Entry, EntryKind, EntryPath, Listing};
use crate::ops::files::{FilesError, ImageFiles, Receiver, Selection, Tree, TreeFile, Wanted};
use crate::store::disk;

use super::ExportError;
use super::headers::headers;

/// The size up to which the content of a file is in memory until it is verified, in bytes.
const IN_MEMORY: usize = 1 << 20;

/// The size of the pieces in which content is written, in bytes.
const PIECE: usize = 64 * 1024;

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The number of hard links to nothing that were left out.
    pub dangling: usize,
    /// The number of symbolic links with a target that Linux cannot have, which were left out.
    pub impossible: usize,
    /// The number of paths of layers that lead out of the image, which were left out.
    pub hostile: u64,
}

/// Writes all files that containers of an image see to `output`, as one tar. The same image always gives the same tar.
///
/// # Errors
/// [`ExportError::Files`] if the image cannot be read, [`ExportError::Archive`] if the tar cannot be written. It is not
/// complete then; a file does not appear.
///
/// # Cancel safety
/// Dropping the future stops the export, as an error does.
pub async fn export(image: &ImageFiles, output: Output) -> Result<Exported, ExportError> {
    let listings = image.listings().await?;
    let tree = image.tree(&listings, &[Selection::Below(EntryPath::root())])?;
    let exported = Exported {
        dangling: tree.dangling.len(),
        impossible: tree.impossible.len(),
        hostile: listings.iter().map(Listing::hostile).sum(),
    };
    let mut output = output;
    let filled = filled(&tree);
    disk::in_place(|| begin(&tree, &filled, &mut output))?;
    let mut files: HashMap<usize, Vec<&TreeFile>> = HashMap::new();
    for file in &tree.files {
        files.entry(file.layer).or_default().push(file);
    }
    for layer in 0..image.layers().len() {
        let Some(files) = files.remove(&layer) else { continue };
        let content = |file: &&TreeFile| Some((file.entry.path.clone(), file.entry.content()?.clone()));
        let wanted: Wanted = files.iter().filter_map(content).collect();
        let files = files.into_iter().map(|file| (file.entry.path.clone(), file.clone())).collect();
        let packing = Packing { output, files, scratch: image.scratch().to_owned(), open: None };
        output = image.contents(layer, wanted, packing).await?.output;
    }
    disk::in_place(|| {
        end(&tree, &filled, &mut output)?;
        Ok(output.finish()?)
    })
    .map(|()| exported)
}

/// Returns the directories that have files.
fn filled(tree: &Tree) -> HashSet<EntryPath> {
    tree.files.iter().flat_map(|file| &file.names).filter_map(EntryPath::parent).collect()
}

/// Writes the directories, the symbolic links and the devices, in the order of their paths.
fn begin(tree: &Tree, filled: &HashSet<EntryPath>, output: &mut Output) -> Result<(), ExportError> {
    let (mut directories, mut others) = (tree.directories.iter().peekable(), tree.others.iter().peekable());
    loop {
        let is_directory = match (directories.peek(), others.peek()) {
            (Some(directory), Some(other)) => directory.path < other.path,
            (directory, _) => directory.is_some(),
        };
        let Some(entry) = (if is_directory { directories.next() } else { others.next() }) else {
            return Ok(());
        };
        let mut entry = entry.clone();
        if filled.contains(&entry.path) {
            // Its owner must be able to fill it.
            entry.mode |= 0o700;
        }
        output.write(&headers(&entry.path, &entry))?;
    }
}

/// Writes the hard links, and the final attributes of the directories, the innermost first.
fn end(tree: &Tree, filled: &HashSet<EntryPath>, output: &mut Output) -> Result<(), ExportError> {
    for file in &tree.files {
        let Some((target, others)) = file.names.split_first() else { continue };
        let link = Entry { kind: EntryKind::Hardlink { target: target.clone() }, ..file.entry.clone() };
        others.iter().try_for_each(|name| output.write(&headers(name, &link)))?;
    }
    for entry in tree.directories.iter().rev().filter(|entry| filled.contains(&entry.path)) {
        output.write(&headers(&entry.path, entry))?;
    }
    Ok(())
}

/// Packs the files of a layer as their contents arrive.
struct Packing {
    output: Output,
    files: HashMap<EntryPath, TreeFile>,
    scratch: PathBuf,
    /// The file whose content arrives. What is in the tar cannot be taken back, so content waits until it is verified.
    open: Option<Open>,
}

struct Open {
    path: EntryPath,
    content: SpooledTempFile,
}

impl Packing {
    fn failed(&self, source: io::Error) -> ExportError {
        FilesError::from_scratch(filesystem::Error::Scratch { folder: self.scratch.clone(), source }).into()
    }
}

impl Receiver for Packing {
    type Error = ExportError;

    fn begin(&mut self, path: &EntryPath) -> Result<(), ExportError> {
        let content = tempfile::spooled_tempfile_in(IN_MEMORY, &self.scratch);
        self.open = Some(Open { path: path.clone(), content });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.content.write_all(bytes).map_err(|source| self.failed(source))
    }

    fn finish(&mut self) -> Result<(), ExportError> {
        let Some(Open { path, mut content }) = self.open.take() else { return Ok(()) };
        let Some(file) = self.files.remove(&path) else { return Ok(()) };
        let Some(name) = file.names.first() else { return Ok(()) };
        self.output.write(&headers(name, &file.entry))?;
        content.rewind().map_err(|source| self.failed(source))?;
        let mut piece = vec![0; PIECE];
        loop {
            match content.read(&mut piece).map_err(|source| self.failed(source))? {
                0 => return Ok(self.output.pad()?),
                read => self.output.write(&piece[..read])?,
            }
        }
    }
}
