//! Files of this machine as the source of a copy.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::media_types::AttachedFile;
use crate::content::{BlobReader, Chunk, Source};
use crate::diagnose::Failure;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::image::{Descriptor, EMPTY_CONFIG, NewArtifact, RawManifest, TITLE};
use crate::ops::Error;
use crate::reference::Selector;

/// How many bytes of a file are read for a chunk.
const CHUNK: usize = 64 << 10;

/// An artifact whose layers are files.
pub(super) struct Files {
    manifest: RawManifest,
    blobs: HashMap<Digest, Content>,
}

enum Content {
    File(PathBuf),
    Bytes(Bytes),
}

impl Files {
    pub(super) fn new(manifest: RawManifest, layers: Vec<(Descriptor, PathBuf)>) -> Self {
        let files = layers.into_iter().map(|(layer, path)| (layer.digest, Content::File(path)));
        let config = (NewArtifact::config().digest, Content::Bytes(EMPTY_CONFIG.into()));
        Self { manifest, blobs: files.chain([config]).collect() }
    }

    pub(super) fn manifest(&self) -> &RawManifest {
        &self.manifest
    }
}

#[async_trait]
impl Source for Files {
    async fn resolve(&self, _: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.manifest.descriptor().clone())
    }

    async fn manifest(&self, _: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.manifest.clone())
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        match self.blobs.get(&blob.digest) {
            Some(Content::File(path)) => Ok(read(path, range).await?),
            Some(Content::Bytes(bytes)) => {
                let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(BlobReader::of(bytes.slice(at(range.start)..at(range.end))))
            }
            None => Err(Error::Invalid(format!("{} is not part of the artifact", blob.digest)).into()),
        }
    }
}

/// Reads a part of a file. If the file has become shorter, so is what is read, and the reader notices.
async fn read(path: &Path, range: Range<u64>) -> Result<BlobReader, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    let mut file = tokio::fs::File::open(path).await.map_err(failed(path))?;
    file.seek(io::SeekFrom::Start(range.start)).await.map_err(failed(path))?;
    let state = (file.take(range.end.saturating_sub(range.start)), path.to_owned());
    Ok(BlobReader::new(stream::try_unfold(state, move |(mut file, path)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        file.read_buf(&mut chunk).await.map_err(failed(&path))?;
        Ok((!chunk.is_empty()).then(|| (Chunk::Bytes(chunk.freeze()), (file, path))))
    })))
}

/// Hashes the files, and returns the layers that they become.
pub(super) async fn measured(files: Vec<AttachedFile>) -> Result<Vec<(Descriptor, PathBuf)>, Error> {
    let hash = move || files.iter().map(|file| layer(file, hashed(file)?)).collect();
    tokio::task::spawn_blocking(hash).await.unwrap_or_else(|lost| match lost.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Error::Invalid("the program is ending".to_owned())),
    })
}

/// Returns the descriptor of a layer.
fn layer(file: &AttachedFile, measured: Descriptor) -> Result<(Descriptor, PathBuf), Error> {
    let annotations = [(TITLE.to_owned(), file.title()?)].into();
    Ok((Descriptor { annotations, ..measured }, file.path.clone()))
}

fn hashed(AttachedFile { path, media_type }: &AttachedFile) -> Result<Descriptor, Error> {
    let failed = |source| Error::File { path: path.clone(), source };
    // A pipe would give its bytes only once.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::Invalid(format!("{} is not a regular file", path.display())));
    }
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut size, mut buffer) = (Hasher::new(Algorithm::Sha256), 0, vec![0; CHUNK]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(Descriptor::new(media_type.clone(), hasher.finish(), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::read_once;
    use crate::diagnose::ErrorKind;
    use crate::image::MediaType;

    async fn source(path: &Path) -> (Files, Descriptor) {
        let file = AttachedFile { path: path.to_owned(), media_type: MediaType::OCTET_STREAM };
        let layers = measured(vec![file]).await.unwrap();
        let layer = layers[0].0.clone();
        let artifact = NewArtifact {
            artifact_type: "a/b".to_owned(),
            subject: Descriptor::of(MediaType::OCI_MANIFEST, b"x"),
            layers: vec![layer.clone()],
            annotations: Default::default(),
        };
        (Files::new(artifact.build(), layers), layer)
    }

    #[tokio::test]
    async fn a_file_is_read_in_parts_and_notices_that_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let (source, layer) = source(&path).await;
        assert_eq!(
            layer,
            Descriptor {
                annotations: layer.annotations.clone(),
                ..Descriptor::of(MediaType::OCTET_STREAM, &content)
            }
        );
        assert_eq!(read_once(&source, &layer).await.unwrap(), content);

        let mut part = source.open(&layer, 100_000..100_010).await.unwrap();
        assert_eq!(part.next().await.unwrap().unwrap(), content[100_000..100_010]);
        assert_eq!(part.next().await.unwrap(), None);
        assert_eq!(read_once(&source, &NewArtifact::config()).await.unwrap(), EMPTY_CONFIG);

        std::fs::write(&path, b"shorter").unwrap();
        assert_eq!(read_once(&source, &layer).await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert!(measured(vec![AttachedFile::as_typed(folder.path().to_str().unwrap())]).await.is_err());
    }
}
