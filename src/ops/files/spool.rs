//! Layers of a registry that are kept in temporary files, so that nothing of them is downloaded twice.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use crate::content::{BlobReader, Chunk, Locations, Source};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::filesystem;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;
use crate::store::disk;

/// The size of the pieces in which a kept layer is read, in bytes.
const PIECE: u64 = 256 * 1024;

/// A source in front of another one. It has the layers that were kept.
pub(super) struct Spool {
    source: Arc<dyn Source>,
    folder: PathBuf,
    layers: Mutex<HashMap<Digest, Arc<File>>>,
}

/// A layer on its way into a temporary file without a name.
pub(super) struct Draft {
    file: File,
    digest: Digest,
}

impl Spool {
    pub(super) fn new(source: Arc<dyn Source>, folder: PathBuf) -> Self {
        Self { source, folder, layers: Mutex::default() }
    }

    /// Begins to keep a layer.
    pub(super) fn begin(&self, layer: &Descriptor) -> Result<Draft, filesystem::Error> {
        let file = tempfile::tempfile_in(&self.folder).map_err(|source| self.failed(source))?;
        Ok(Draft { file, digest: layer.digest.clone() })
    }

    /// Keeps the next bytes.
    pub(super) fn write(&self, draft: &mut Draft, bytes: &[u8]) -> Result<(), filesystem::Error> {
        disk::in_place(|| draft.file.write_all(bytes)).map_err(|source| self.failed(source))
    }

    /// Keeps a layer that is complete and verified.
    pub(super) fn finish(&self, draft: Draft) {
        self.layers().insert(draft.digest, Arc::new(draft.file));
    }

    fn layers(&self) -> MutexGuard<'_, HashMap<Digest, Arc<File>>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: io::Error) -> filesystem::Error {
        filesystem::Error::Scratch { folder: self.folder.clone(), source }
    }
}

#[async_trait]
impl Source for Spool {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        self.source.resolve(selector).await
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        self.source.manifest(descriptor).await
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        let kept = self.layers().get(&blob.digest).cloned();
        let Some(file) = kept else { return self.source.open(blob, range).await };
        let folder = self.folder.clone();
        let chunks = stream::try_unfold(range, move |rest| {
            let read = if rest.is_empty() { Ok(None) } else { piece(&file, rest).map(Some) };
            let failed = |source| filesystem::Error::Scratch { folder: folder.clone(), source }.into();
            std::future::ready(read.map_err(failed))
        });
        Ok(BlobReader::new(chunks))
    }

    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        self.source.read_small(blob).await
    }

    fn locations(&self) -> Option<&dyn Locations> {
        self.source.locations()
    }

    fn doubt(&self, blob: &Descriptor) -> bool {
        self.source.doubt(blob)
    }
}

/// Reads the next piece, and returns it with the rest of the range.
fn piece(file: &File, rest: Range<u64>) -> io::Result<(Chunk, Range<u64>)> {
    let length = usize::try_from((rest.end - rest.start).min(PIECE)).unwrap_or_default();
    let bytes = disk::in_place(|| disk::read_at(file, rest.start, length))?;
    if bytes.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let next = rest.start + bytes.len() as u64;
    Ok((Chunk::Bytes(bytes.into()), next..rest.end))
}
