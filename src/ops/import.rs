//! Makes a one-layer image out of files, as `docker import` does.
//!
//! A tar, plain or gzipped, becomes the layer as it is; a folder is packed; any other file becomes a layer
//! that holds it alone. What a file is, its content says, never its name.

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

/// What becomes of them.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// What the image runs on.
    pub platform: Platform,
    /// When it was made, RFC 3339.
    pub created: String,
    /// A remark for its history; may be empty.
    pub message: String,
    /// How its containers run.
    pub changes: Vec<Change>,
    /// The folder where the layer is packed, which takes as much room as the layer. It is made if it is needed.
    /// Without one it is the system's folder for temporary files, which may be in memory.
    pub scratch: Option<PathBuf>,
}

/// An image that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its manifest.
    pub manifest: Descriptor,
    /// Its config, whose digest is the image's ID.
    pub config: Descriptor,
    /// Its layer, a gzipped tar.
    pub layer: Descriptor,
    /// The digest of the layer's uncompressed tar.
    pub diff_id: Digest,
}

/// Makes an image out of `source` and puts it into `target`, under `tag` if there is one.
///
/// Memory does not grow with the size of the files. The same files give the same `diff_id` everywhere: a
/// folder is packed in the order of its names, owned by root, with the times and modes that it has.
///
/// # Errors
/// [`Error`] if the files cannot be read, are no tar though they should be, or do not fit on the disk; any
/// error of the target.
///
/// # Cancel safety
/// Dropping the future stops the packing and leaves nothing but a blob that no image uses.
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

/// Packs the layer on a thread that may block.
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

/// Tells the packing thread to stop when nobody waits for it any more.
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
    /// Goes to an offset.
    async fn seek(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.seek(io::SeekFrom::Start(offset)).await.map(drop),
            Self::Bytes(bytes) => {
                bytes.set_position(offset);
                Ok(())
            }
        }
    }

    /// The next bytes, empty at the end.
    async fn next(&mut self) -> io::Result<Bytes> {
        let mut chunk = BytesMut::with_capacity(layer::CHUNK);
        match self {
            Self::File(file) => AsyncReadExt::read_buf(file, &mut chunk).await?,
            Self::Bytes(bytes) => AsyncReadExt::read_buf(bytes, &mut chunk).await?,
        };
        Ok(chunk.freeze())
    }
}

/// Writes a blob, unless it is there. What an earlier writer left is gone on with, once even if it was wrong.
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
