//! The content of one file of a layer that is streamed.

use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::SpooledTempFile;

use crate::filesystem::{EntryPath, Error};

/// The size up to which content stays in memory, in bytes.
const IN_MEMORY: usize = 1 << 20;

/// Keeps the content of the file at a path while its layer is read. Of several files at the path, the last counts.
pub(super) struct Capture {
    path: EntryPath,
    folder: PathBuf,
    file: Option<SpooledTempFile>,
    is_open: bool,
}

impl Capture {
    pub(super) fn new(path: EntryPath, folder: &Path) -> Self {
        Self { path, folder: folder.to_owned(), file: None, is_open: false }
    }

    /// Begins a file; the content of another path is not kept.
    pub(super) fn begin(&mut self, path: &EntryPath) -> Result<(), Error> {
        self.is_open = *path == self.path;
        if self.is_open {
            self.file = Some(spool(&self.folder));
        }
        Ok(())
    }

    /// Takes the next bytes of the file that has begun.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self.file.as_mut().filter(|_| self.is_open) {
            Some(file) => file.write_all(bytes).map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }

    /// Returns the content, from its beginning; `None` if the layer does not have the file.
    pub(super) fn finish(&mut self) -> Result<Option<SpooledTempFile>, Error> {
        let Some(mut file) = self.file.take() else { return Ok(None) };
        file.rewind().map_err(|error| self.failed(error))?;
        Ok(Some(file))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Scratch { folder: self.folder.clone(), source }
    }
}

/// Creates a file that is in memory as long as it is small.
pub(super) fn spool(folder: &Path) -> SpooledTempFile {
    tempfile::spooled_tempfile_in(IN_MEMORY, folder)
}
