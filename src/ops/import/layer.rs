//! Packs a layer into a temporary file, and computes both of its digests meanwhile.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::error::Origin;
use super::{Error, folder, walk};
use crate::archive::compression::{BEGINNING, Kind};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::image::{Descriptor, MediaType};
use crate::store::disk;

/// The size of the chunks in which a layer is read and written, in bytes.
pub(super) const CHUNK: usize = 256 * 1024;

/// The default level of zlib, gzip and Docker.
const LEVEL: u32 = 6;

/// The operating system in gzip's header: unknown, so that the output is the same everywhere.
const ANY_SYSTEM: u8 = 255;

/// The origin of the files.
pub enum ImportSource {
    /// A directory, a tar, or any other file.
    Path(PathBuf),
    /// The bytes of a tar, from stdin for example.
    Reader(Box<dyn Read + Send>),
}

/// A packed layer.
pub(super) struct Layer {
    /// The bytes, in a file without a name.
    pub(super) file: File,
    /// The type, digest and size.
    pub(super) descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub(super) diff_id: Digest,
}

/// Packs `source` into a file in the directory `scratch`. This blocks; it stops soon after `stopped` is set.
pub(super) fn pack(source: ImportSource, scratch: &Path, stopped: Arc<AtomicBool>) -> Result<Layer, Error> {
    let failed = |source| Error::Scratch { folder: scratch.to_owned(), source };
    disk::create_scratch(scratch).map_err(failed)?;
    let packer = Packer { scratch: scratch.to_owned(), stopped };
    match source {
        ImportSource::Reader(reader) => packer.stream(reader, Origin::Stream),
        ImportSource::Path(path) => packer.path(path),
    }
}

struct Packer {
    scratch: PathBuf,
    stopped: Arc<AtomicBool>,
}

impl Packer {
    fn path(self, path: PathBuf) -> Result<Layer, Error> {
        let origin = Origin::Path(path.clone());
        let fail = |source| Error::Read { origin: origin.clone(), source };
        let metadata = fs::metadata(&path).map_err(fail)?;
        if metadata.is_dir() {
            return self.folder(&path);
        }
        // Opening a pipe waits for a writer, which is intended.
        let file = File::open(&path).map_err(fail)?;
        match self.stream(Box::new(file), origin) {
            Err(Error::NotTar(_) | Error::Empty(_)) if metadata.is_file() => self.single(&path),
            Err(Error::NotTar(_)) => Err(Error::Special(path)),
            packed => packed,
        }
    }

    /// Packs a tar, plain or gzipped.
    fn stream(&self, mut reader: Box<dyn Read + Send>, origin: Origin) -> Result<Layer, Error> {
        let mut beginning = Vec::with_capacity(BEGINNING);
        let read = reader.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning);
        read.map_err(|source| Error::Read { origin: origin.clone(), source })?;
        let kind = Kind::of(&beginning);
        let whole = BufReader::with_capacity(CHUNK, Cursor::new(beginning.clone()).chain(reader));
        match kind {
            Kind::Empty => Err(Error::Empty(origin)),
            Kind::Zstd => Err(Error::Compression { origin, format: "zstd" }),
            Kind::Gzip => self.gzipped(whole, origin),
            Kind::Tar => self.plain(whole, origin),
            Kind::Compressed(format) => Err(Error::Compression { origin, format }),
            Kind::Other => Err(Error::NotTar(origin)),
        }
    }

    /// Stores a gzipped tar unchanged: compressing it again would take ten times as long and invalidate
    /// signatures.
    fn gzipped(&self, reader: impl Read, origin: Origin) -> Result<Layer, Error> {
        let mut stored = Tee::new(reader, self.sink()?);
        let mut tar = Tee::new(MultiGzDecoder::new(&mut stored), Hashing::new(io::sink()));
        let walked = walk::walk(&mut tar);
        let diff_id = tar.writer.hasher.finish();
        self.checked(walked, stored.failed, origin)?;
        self.finish(stored.writer, diff_id)
    }

    fn plain(&self, reader: impl Read, origin: Origin) -> Result<Layer, Error> {
        let mut tar = Tee::new(reader, self.compressed()?);
        let walked = walk::walk(&mut tar);
        self.checked(walked, tar.failed, origin)?;
        self.finish_compressed(tar.writer)
    }

    fn folder(&self, path: &Path) -> Result<Layer, Error> {
        let mut builder = tar::Builder::new(self.compressed()?);
        folder::pack(path, &mut builder).map_err(|error| self.pack_error(error))?;
        self.finish_compressed(builder.into_inner().map_err(|error| self.scratch_error(error))?)
    }

    /// Packs a layer that contains one file, at the root.
    fn single(&self, path: &Path) -> Result<Layer, Error> {
        let mut builder = tar::Builder::new(self.compressed()?);
        folder::pack_file(path, &mut builder).map_err(|error| self.pack_error(error))?;
        self.finish_compressed(builder.into_inner().map_err(|error| self.scratch_error(error))?)
    }

    fn sink(&self) -> Result<Hashing<Scratch>, Error> {
        let file = tempfile::tempfile_in(&self.scratch).map_err(|error| self.scratch_error(error))?;
        let file = BufWriter::with_capacity(CHUNK, file);
        Ok(Hashing::new(Scratch { file, stopped: Arc::clone(&self.stopped) }))
    }

    fn compressed(&self) -> Result<Hashing<GzEncoder<Hashing<Scratch>>>, Error> {
        let gzip = GzBuilder::new().mtime(0).operating_system(ANY_SYSTEM);
        Ok(Hashing::new(gzip.write(self.sink()?, Compression::new(LEVEL))))
    }

    fn finish_compressed(&self, tar: Hashing<GzEncoder<Hashing<Scratch>>>) -> Result<Layer, Error> {
        let diff_id = tar.hasher.finish();
        self.finish(tar.writer.finish().map_err(|error| self.scratch_error(error))?, diff_id)
    }

    fn finish(&self, stored: Hashing<Scratch>, diff_id: Digest) -> Result<Layer, Error> {
        let descriptor = Descriptor::new(MediaType::OCI_LAYER_GZIP, stored.hasher.finish(), stored.size);
        let file = stored.writer.file.into_inner().map_err(io::IntoInnerError::into_error);
        let rewound = file.and_then(|mut file| file.rewind().map(|()| file));
        Ok(Layer { file: rewound.map_err(|error| self.scratch_error(error))?, descriptor, diff_id })
    }

    /// Attributes a failed walk over a tar to its source, the temporary file, or the tar itself.
    fn checked(&self, walked: io::Result<()>, failed: Option<Side>, origin: Origin) -> Result<(), Error> {
        walked.map_err(|source| match failed {
            Some(Side::Read) => Error::Read { origin, source },
            Some(Side::Write) => self.scratch_error(source),
            None => Error::Broken { origin, source },
        })
    }

    fn pack_error(&self, error: folder::PackError) -> Error {
        match error {
            folder::PackError::Read { path, source } => Error::Read { origin: Origin::Path(path), source },
            folder::PackError::Write(source) => self.scratch_error(source),
        }
    }

    fn scratch_error(&self, source: io::Error) -> Error {
        if self.stopped.load(Ordering::Relaxed) {
            return Error::Stopped;
        }
        Error::Scratch { folder: self.scratch.clone(), source }
    }
}

/// The temporary file.
struct Scratch {
    file: BufWriter<File>,
    stopped: Arc<AtomicBool>,
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Hashes and counts the bytes that are written.
struct Hashing<W> {
    writer: W,
    hasher: Hasher,
    size: u64,
}

impl<W> Hashing<W> {
    fn new(writer: W) -> Self {
        Self { writer, hasher: Hasher::new(Algorithm::Sha256), size: 0 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The side of a [`Tee`] that failed.
#[derive(Clone, Copy)]
enum Side {
    Read,
    Write,
}

/// Writes all bytes that are read.
struct Tee<R, W> {
    reader: R,
    writer: W,
    failed: Option<Side>,
}

impl<R, W> Tee<R, W> {
    fn new(reader: R, writer: W) -> Self {
        Self { reader, writer, failed: None }
    }
}

impl<R: Read, W: Write> Read for Tee<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(Side::Read);
            }
        })?;
        self.writer.write_all(&buffer[..read]).inspect_err(|_| self.failed = Some(Side::Write))?;
        Ok(read)
    }
}
