//! The files of `check` and `pin`.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use regcli::diagnose::Failure;
use regcli::mentions::{Document, FILE_LIMIT, Skipped};
use regcli::ops;

use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::safe::safe;

/// A file with the images that it names.
pub(super) struct NamedFile {
    pub(super) path: PathBuf,
    pub(super) document: Document,
}

impl NamedFile {
    /// Reads a file, and says which images of it cannot be used.
    ///
    /// # Errors
    /// An error with the file, and the line if its syntax is wrong.
    pub(super) fn read(context: &Context, path: &Path) -> Result<Self, Failure> {
        let content = content(path).map_err(failed(path))?;
        let document = Document::parse(path, content)
            .map_err(|error| Usage::failure(format!("{}: {error}", path.display())))?;
        let file = Self { path: path.to_owned(), document };
        for Skipped { line, text, why } in &file.document.skipped {
            let (place, text) = (file.place(*line), safe(text));
            context.ui.note(&format!("{place}: {text} is left out: {}", safe(&why.to_string())));
        }
        if file.document.mentions.is_empty() {
            context.ui.note(&format!("{} names no image that can be looked up", file.name()));
        }
        Ok(file)
    }

    /// Returns the path, as it may be shown.
    pub(super) fn name(&self) -> String {
        safe(&self.path.display().to_string()).into_owned()
    }

    /// Names a line of the file.
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name())
    }

    /// Replaces the text of the file as a whole, by a rename in its folder. Owner and permissions stay. A symbolic link
    /// stays one, and its target is replaced. A file with several names is written in place, so that they all remain
    /// names of one file; if that fails, a copy with its old text is left beside it.
    ///
    /// # Errors
    /// An error if the file cannot be written, or was changed by another program since it was read.
    pub(super) fn replace(&self, text: &str) -> Result<(), Failure> {
        Ok(self.try_replace(text).map_err(failed(&self.path))?)
    }

    fn try_replace(&self, text: &str) -> io::Result<()> {
        // A link stays one.
        let path = self.path.canonicalize()?;
        let metadata = std::fs::metadata(&path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a file that can be replaced"));
        }
        let folder = path.parent().ok_or(ErrorKind::NotFound)?;
        let old = self.document.text();
        let has_other_names = metadata.nlink() > 1;
        let mut file = tempfile::Builder::new().prefix(".regcli-").tempfile_in(folder)?;
        file.write_all(if has_other_names { old } else { text }.as_bytes())?;
        file.as_file().set_permissions(metadata.permissions())?;
        keep_owner(file.as_file(), &metadata)?;
        file.as_file().sync_all()?;
        if content(&path)? != old.as_bytes() {
            return Err(io::Error::other("another program has changed it meanwhile"));
        }
        if !has_other_names {
            file.persist(&path)?;
            return Ok(());
        }
        overwrite(&path, text).map_err(|error| match file.keep() {
            Ok((_, copy)) => io::Error::other(format!("{error}; its old text is in {}", copy.display())),
            Err(_) => error,
        })
    }
}

fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

/// Gives the file to the owner of the old one, which root may do and others need not.
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        let changed = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
        return changed.or_else(|error| if new.uid() == 0 { Err(error) } else { Ok(()) });
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ops::Error {
    let path = path.to_owned();
    move |source| ops::Error::File { path: path.clone(), source }
}

/// Reads a file, or a pipe: at most one byte more than may be parsed.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
