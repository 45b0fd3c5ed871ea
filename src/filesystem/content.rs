//! The content of a file by its position in the blob of its layer.

use std::io::{self, BufRead, Read, Write};

use super::Error;
use super::entry::{FileContent, Location, Packing};
use super::path::EntryPath;
use crate::archive::compression::{self, Kind};
use crate::digest::{Algorithm, Hasher};

/// The size of the pieces in which content is written, in bytes.
const PIECE: usize = 64 * 1024;

/// Unpacks the file at `path` from `range`, the bytes of its [`Location`], and verifies it. `writer` must discard what
/// was written if this fails.
///
/// # Errors
/// [`Error::Content`] if the content does not match its digest; [`Error::Truncated`] or [`Error::Invalid`] if it
/// cannot be unpacked; [`Error::Scratch`] never, [`Error::Invalid`] for an error of `writer`.
pub fn unpack_file(
    range: impl BufRead + Send,
    path: &EntryPath,
    content: &FileContent,
    writer: &mut dyn Write,
) -> Result<(), Error> {
    let Some(Location { skip, packing, .. }) = content.location else { return Err(Error::Truncated) };
    let kind = match packing {
        Packing::Plain => Kind::Tar,
        Packing::Gzip => Kind::Gzip,
        Packing::Zstd => Kind::Zstd,
    };
    let mut unpacked = compression::unpacked(kind, range).map_err(Error::reading)?;
    let skipped = io::copy(&mut unpacked.by_ref().take(skip), &mut io::sink()).map_err(Error::reading)?;
    if skipped < skip {
        return Err(Error::Truncated);
    }
    let mut verifier = FileVerifier::new(content);
    let (mut unpacked, mut buffer) = (unpacked.take(content.size), vec![0; PIECE]);
    loop {
        match unpacked.read(&mut buffer).map_err(Error::reading)? {
            0 => break,
            read => {
                verifier.update(&buffer[..read]);
                writer.write_all(&buffer[..read]).map_err(Error::Invalid)?;
            }
        }
    }
    verifier.finish(path, content)
}

/// Hashes the content of a file.
pub struct FileVerifier {
    hasher: Hasher,
    size: u64,
}

impl FileVerifier {
    /// Begins a file.
    pub fn new(content: &FileContent) -> Self {
        let algorithm = content.digest.as_ref().map_or(Algorithm::Sha256, crate::digest::Digest::algorithm);
        Self { hasher: Hasher::new(algorithm), size: 0 }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Compares all bytes with what is known about the file at `path`.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are too few, [`Error::Content`] if they are not those of the file.
    pub fn finish(self, path: &EntryPath, content: &FileContent) -> Result<(), Error> {
        if self.size != content.size {
            return Err(Error::Truncated);
        }
        match &content.digest {
            Some(digest) if self.hasher.finish() != *digest => {
                Err(Error::Content { path: path.to_string(), digest: digest.clone() })
            }
            _ => Ok(()),
        }
    }
}
