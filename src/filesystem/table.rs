//! Reads the list of a layer's files from the layer's own table of contents, with one or two ranges of the layer.
//!
//! The table is trusted as its format says: its digest is in an annotation of the layer, and so in the manifest. Without
//! the annotation there is no trusted table.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek as _, Write as _};
use std::ops::Range;
use std::path::Path;

use super::entry::Packing;
use super::listing::{Listing, ListingBuilder};
use super::{Error, estargz, toc, zstd_chunked};
use crate::archive::compression::{self, Kind};
use crate::archive::tape::{Stream, Tape};
use crate::content::Source;
use crate::digest::{Algorithm, Digest, Hasher, Verifier};
use crate::image::Descriptor;
use crate::store::disk;

/// Maximum size of a compressed table in bytes. A million files take about 100 MiB.
const TABLE_MAX: u64 = 1 << 30;

/// Maximum size of an unpacked table in bytes.
const UNPACKED_MAX: u64 = 16 << 30;

/// The size of the buffer for hashing, in bytes.
const BUFFER: usize = 64 * 1024;

/// A table that a layer's annotations promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// That of eStargz, with the digest of its JSON.
    EStargz(Digest),
    /// That of zstd:chunked, with the digest of its compressed JSON.
    ZstdChunked(Digest),
}

impl Table {
    /// Returns the table of a layer; `None` if its annotations name none.
    pub fn of(layer: &Descriptor) -> Option<Self> {
        let digest = |key: &str| layer.annotations.get(key).and_then(|text| text.parse().ok());
        let chunked = || digest(zstd_chunked::DIGEST).map(Self::ZstdChunked);
        digest(estargz::DIGEST).map(Self::EStargz).or_else(chunked)
    }

    /// Reads the table of `layer`, with temporary files in the directory `folder`.
    ///
    /// # Errors
    /// [`Error::Digest`] or [`Error::Invalid`] if it is not the table that the annotation promises; the errors of
    /// `source`, and of temporary files.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn read(
        &self,
        source: &dyn Source,
        layer: &Descriptor,
        folder: &Path,
    ) -> Result<Listing, Error> {
        let range = self.range(source, layer).await?;
        let scratch = |source| Error::Scratch { folder: folder.to_owned(), source };
        let mut file = tempfile::tempfile_in(folder).map_err(scratch)?;
        let mut verifier = match self {
            Self::ZstdChunked(digest) => Some(Verifier::new(digest, range.end - range.start)),
            Self::EStargz(_) => None,
        };
        let mut reader = source.open(layer, range.clone()).await?;
        while let Some(bytes) = reader.next().await? {
            verifier.as_mut().map_or(Ok(()), |verifier| verifier.update(&bytes))?;
            disk::in_place(|| file.write_all(&bytes)).map_err(scratch)?;
        }
        verifier.map_or(Ok(()), Verifier::finish)?;
        disk::in_place(|| self.parse(&mut file, range.start, folder))
    }

    /// Returns where the table is.
    async fn range(&self, source: &dyn Source, layer: &Descriptor) -> Result<Range<u64>, Error> {
        let range = match self {
            Self::EStargz(_) => {
                let footer = end_of(source, layer, estargz::FOOTER).await?;
                let end = layer.size.saturating_sub(estargz::FOOTER);
                estargz::table_offset(&footer).map(|offset| offset..end)
            }
            Self::ZstdChunked(_) => match layer.annotations.get(zstd_chunked::POSITION) {
                Some(position) => zstd_chunked::table_by_annotation(position),
                None => zstd_chunked::table_by_footer(&end_of(source, layer, zstd_chunked::FOOTER).await?),
            },
        };
        let fits = |range: &Range<u64>| {
            range.start < range.end && range.end <= layer.size && range.end - range.start <= TABLE_MAX
        };
        range.filter(fits).ok_or_else(|| invalid("the layer has no valid footer"))
    }

    /// Parses the table in `file`, which is at `offset` in the layer.
    fn parse(&self, file: &mut File, offset: u64, folder: &Path) -> Result<Listing, Error> {
        let mut builder = ListingBuilder::new(folder);
        match self {
            Self::EStargz(digest) => {
                let (expected, actual) = (digest.clone(), hash(json_of_tar(file)?, digest.algorithm())?);
                if actual != expected {
                    return Err(crate::digest::Error::Mismatch { expected, actual }.into());
                }
                toc::read(json_of_tar(file)?, Packing::Gzip, offset, &mut builder)?;
            }
            Self::ZstdChunked(_) => {
                toc::read(unpacked(Kind::Zstd, file)?, Packing::Zstd, offset, &mut builder)?;
            }
        }
        builder.finish()
    }
}

/// Returns the last `size` bytes of a layer, or the whole layer if it is smaller.
async fn end_of(source: &dyn Source, layer: &Descriptor, size: u64) -> Result<Vec<u8>, Error> {
    let mut reader = source.open(layer, layer.size.saturating_sub(size)..layer.size).await?;
    let mut end = Vec::new();
    while let Some(bytes) = reader.next().await? {
        end.extend_from_slice(&bytes);
    }
    Ok(end)
}

/// Unpacks the file from its beginning.
fn unpacked(kind: Kind, file: &mut File) -> Result<impl Read + '_, Error> {
    file.rewind().map_err(Error::reading)?;
    let unpacked = compression::unpacked(kind, BufReader::new(file)).map_err(Error::reading)?;
    Ok(unpacked.take(UNPACKED_MAX))
}

/// Returns the table within its tar.
fn json_of_tar(file: &mut File) -> Result<impl Read + '_, Error> {
    let mut tape = Tape::new(Stream(unpacked(Kind::Gzip, file)?));
    let header = tape.next().map_err(Error::reading)?.filter(|header| header.path == estargz::TABLE_NAME);
    let header = header.ok_or_else(|| invalid("the table of contents is missing"))?;
    Ok(tape.into_inner().0.take(header.size))
}

fn hash(mut reader: impl Read, algorithm: Algorithm) -> Result<Digest, Error> {
    let (mut hasher, mut buffer) = (Hasher::new(algorithm), vec![0; BUFFER]);
    loop {
        match reader.read(&mut buffer).map_err(Error::reading)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn invalid(what: &'static str) -> Error {
    Error::Invalid(io::Error::new(ErrorKind::InvalidData, what))
}
