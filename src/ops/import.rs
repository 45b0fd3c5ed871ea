//! Makes an image with one layer out of files, as `docker import` does.
//!
//! A tar, plain or gzipped, becomes the layer unchanged; a directory is packed; any other file becomes a
//! layer that contains only this file. The content decides what a file is, never the name.

mod descent;
mod error;
mod folder;
mod layer;
mod walk;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

pub use error::Error;
pub use layer::ImportSource;

use crate::content::Target;
use crate::diagnose::{Failure, Recovery};
use crate::digest::Digest;
use crate::image::{Change, Descriptor, NewImage, NewLayer, Platform};
use crate::reference::{Selector, Tag};

/// The options of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The platform of the image.
    pub platform: Platform,
    /// The creation time, RFC 3339.
    pub created: String,
    /// The comment in the history; may be empty.
    pub message: String,
    /// The run configuration of the image's containers.
    pub changes: Vec<Change>,
    /// The directory for packing the layer, which takes as much space as the layer. It is created if needed.
    /// Without it, the system's directory for temporary files is used, which may be in memory.
    pub scratch: Option<PathBuf>,
}

/// The image that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The manifest.
    pub manifest: Descriptor,
    /// The config, whose digest is the image's ID.
    pub config: Descriptor,
    /// The layer, a gzipped tar.
    pub layer: Descriptor,
    /// The digest of the layer's uncompressed tar.
    pub diff_id: Digest,
}

/// Makes an image out of `source` and puts it into `target`, with a `tag` if there is one.
///
/// Memory use does not depend on the size of the files. The same files give the same `diff_id` everywhere: a
/// directory is packed in the order of its names, owned by root, with its times and modes.
///
/// # Errors
/// [`Error`] if the files cannot be read, are not a tar although they should be, or do not fit on the disk;
/// any error of the target.
///
/// # Cancel safety
/// Dropping the future stops the packing and leaves at most a blob that no image uses.
pub async fn import(
    source: ImportSource,
    tag: Option<&Tag>,
    options: ImportOptions,
    target: &dyn Target,
) -> Result<Imported, Failure> {
    let layer = pack(source, options.scratch).await?;
    let (blob, diff_id) = (layer.descriptor.clone(), layer.diff_id.clone());
    put(target, &blob, Content::File(tokio::fs::File::from_std(layer.file))).await?;

    let image = NewImage {
        layers: vec![NewLayer { descriptor: blob.clone(), diff_id: diff_id.clone() }],
        platform: options.platform,
        created: options.created,
        message: options.message,
        changes: options.changes,
    };
    let built = image.build();
    put(target, &built.config, Content::Bytes(io::Cursor::new(built.config_bytes))).await?;
    match tag {
        Some(tag) => target.tag(&built.manifest, &Selector::Tag(tag.clone())).await?,
        None => target.put_manifest(&built.manifest).await?,
    }
    Ok(Imported { manifest: built.manifest.descriptor().clone(), config: built.config, layer: blob, diff_id })
}

/// Packs the layer in a thread that may block.
async fn pack(source: ImportSource, scratch: Option<PathBuf>) -> Result<layer::Layer, Error> {
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let stopped = Arc::clone(&stop.0);
    let scratch = scratch.unwrap_or_else(std::env::temp_dir);
    let packing = tokio::task::spawn_blocking(move || layer::pack(source, &scratch, stopped));
    packing.await.unwrap_or_else(|lost| match lost.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Error::Stopped),
    })
}

/// Stops the packing thread when the import is dropped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The content of a blob that was made here.
enum Content {
    File(tokio::fs::File),
    Bytes(io::Cursor<Bytes>),
}

impl Content {
    /// Moves to an offset.
    async fn seek(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.seek(io::SeekFrom::Start(offset)).await.map(drop),
            Self::Bytes(bytes) => {
                bytes.set_position(offset);
                Ok(())
            }
        }
    }

    /// Returns the next bytes; empty at the end.
    async fn next(&mut self) -> io::Result<Bytes> {
        let mut chunk = BytesMut::with_capacity(layer::CHUNK);
        match self {
            Self::File(file) => AsyncReadExt::read_buf(file, &mut chunk).await?,
            Self::Bytes(bytes) => AsyncReadExt::read_buf(bytes, &mut chunk).await?,
        };
        Ok(chunk.freeze())
    }
}

/// Writes a blob, unless the target has it. Resumes a partial blob of an earlier writer, and restarts once if
/// that was wrong.
async fn put(target: &dyn Target, blob: &Descriptor, mut content: Content) -> Result<(), Failure> {
    if target.holds_blob(blob).await? {
        return Ok(());
    }
    match write(target, blob, &mut content).await {
        Err(failure) if failure.recovery() == Recovery::Restart => write(target, blob, &mut content).await,
        done => done,
    }
}

async fn write(target: &dyn Target, blob: &Descriptor, content: &mut Content) -> Result<(), Failure> {
    let mut writer = target.create(blob).await?;
    content.seek(writer.offset()).await.map_err(Error::Layer)?;
    loop {
        let bytes = content.next().await.map_err(Error::Layer)?;
        if bytes.is_empty() {
            return writer.commit().await;
        }
        writer.write(bytes).await?;
    }
}

#[cfg(test)]
mod tests;
