//! The content of a file.

use std::io::{self, Read};
use std::ops::ControlFlow;

use tempfile::SpooledTempFile;

use crate::filesystem::{
    self, Change, Entry, EntryPath, FileContent, Location, Visitor, feed, read_layer, unpack_file,
};
use crate::image::Descriptor;

use super::capture::{Capture, spool};
use super::layer::Extent;
use super::lookup::{Found, Lookup};
use super::{FilesError, ImageFiles, TypedPath};

/// The verified content of a file of an image, which is read from its beginning.
#[derive(Debug)]
pub struct FileBytes {
    /// The file that the path led to.
    pub entry: Entry,
    /// The number of its layer, 0 for the lowest.
    pub layer: usize,
    content: SpooledTempFile,
}

impl Read for FileBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

impl ImageFiles {
    /// Reads the file at `path`. Links are followed within the image. Layers are looked into from the top layer down to
    /// the one that has the path or hides it.
    ///
    /// From a layer with a trusted table of contents, only the range with the file is read. A layer without one is read
    /// as a whole the first time, and verified; its list is kept. Later, it is read up to the file, which is verified by
    /// its digest in the list.
    ///
    /// # Errors
    /// [`FilesError::NotFound`], [`FilesError::Dangling`], [`FilesError::Directory`], [`FilesError::NotDirectory`],
    /// [`FilesError::Special`], [`FilesError::Links`] or [`FilesError::Sparse`] if the path does not lead to a file that
    /// can be read; [`FilesError::Layer`] if a layer cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future stops all reads. Finished lists stay in the cache.
    pub async fn read(&self, path: &TypedPath) -> Result<FileBytes, FilesError> {
        let Found { layer, entry, content } = Lookup::new(self).file(path).await?;
        let content = match (content, entry.content()) {
            (Some(content), _) => content,
            (None, Some(wanted)) => {
                let blob = &self.layers()[layer];
                if wanted.digest.is_none() && wanted.size > 0 {
                    return Err(FilesError::Sparse(path.to_string()));
                }
                let read = self.content(blob, &entry.path, wanted).await;
                read.map_err(FilesError::of_layer(&blob.digest))?
            }
            (None, None) => return Err(FilesError::Special(path.to_string())),
        };
        Ok(FileBytes { entry, layer, content })
    }

    async fn content(
        &self,
        blob: &Descriptor,
        path: &EntryPath,
        wanted: &FileContent,
    ) -> Result<SpooledTempFile, filesystem::Error> {
        match wanted.location.filter(|location| location.start < location.end && location.end <= blob.size) {
            _ if wanted.size == 0 => Ok(spool(&self.scratch)),
            Some(_) => self.range(blob, path, wanted.clone()).await,
            None => self.search(blob, path, wanted).await,
        }
    }

    /// Reads the range of the blob that has the content. If that is wrong, the next server is asked.
    async fn range(
        &self,
        blob: &Descriptor,
        path: &EntryPath,
        wanted: FileContent,
    ) -> Result<SpooledTempFile, filesystem::Error> {
        let Some(Location { start, end, .. }) = wanted.location else {
            return self.search(blob, path, &wanted).await;
        };
        let source = self.source_of(blob).await;
        loop {
            let mut part = self.part(source, blob, start..end);
            let (mut file, path, wanted) = (spool(&self.scratch), path.clone(), wanted.clone());
            let unpack = move |bytes| {
                unpack_file(bytes, &path, &wanted, &mut file)?;
                rewound(file)
            };
            match feed(async || part.next().await, unpack).await {
                Err(error) if error.is_of_content() && source.doubt(blob) => {
                    tracing::debug!("reading a range of layer {} again: {error}", blob.digest);
                }
                unpacked => return unpacked,
            }
        }
    }

    /// Reads the layer up to the file.
    async fn search(
        &self,
        blob: &Descriptor,
        path: &EntryPath,
        wanted: &FileContent,
    ) -> Result<SpooledTempFile, filesystem::Error> {
        self.plan(&[blob]);
        let work = || {
            let capture = Capture::new(path.clone(), &self.scratch);
            let mut search = Search { capture, path: path.clone(), wanted: wanted.clone(), is_found: false };
            move |bytes| {
                read_layer(bytes, &mut search)?;
                let file = if search.is_found { search.capture.finish()? } else { None };
                file.ok_or_else(|| filesystem::Error::Changed(search.path.to_string()))
            }
        };
        self.read_through(blob, Extent::AsNeeded, work).await
    }
}

fn rewound(mut file: SpooledTempFile) -> Result<SpooledTempFile, filesystem::Error> {
    io::Seek::rewind(&mut file).map_err(filesystem::Error::Invalid)?;
    Ok(file)
}

/// Reads a layer until the file with the right digest has passed.
struct Search {
    capture: Capture,
    path: EntryPath,
    wanted: FileContent,
    is_found: bool,
}

impl Visitor for Search {
    fn change(&mut self, change: &Change) -> Result<ControlFlow<()>, filesystem::Error> {
        let Change::Add(entry) = change else { return Ok(ControlFlow::Continue(())) };
        let content = entry.content().filter(|_| entry.path == self.path);
        self.is_found = content.is_some_and(|content| content.digest == self.wanted.digest);
        Ok(if self.is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn begin(&mut self, path: &EntryPath) -> Result<(), filesystem::Error> {
        self.capture.begin(path)
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), filesystem::Error> {
        self.capture.write(bytes)
    }
}
