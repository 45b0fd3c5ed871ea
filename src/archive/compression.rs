//! What a stream of bytes is, by its beginning.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

use super::tape;

/// How many bytes of the beginning tell what a stream is.
pub(crate) const BEGINNING: usize = tape::BLOCK as usize;

/// The most memory that a zstd stream may ask for to be unpacked, as a power of two: 128 MiB, as `zstd`
/// itself allows.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// How files begin that are compressed in a way that is not read here.
const OTHERS: [(&str, &[u8]); 3] =
    [("bzip2", b"BZh"), ("xz", &[0xfd, b'7', b'z', b'X', b'Z', 0]), ("lz4", &[0x04, 0x22, 0x4d, 0x18])];

/// What a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tar,
    Gzip,
    Zstd,
    /// Compressed, but not in a way that is read here.
    Compressed(&'static str),
    Empty,
    Other,
}

impl Kind {
    pub(crate) fn of(beginning: &[u8]) -> Self {
        if beginning.is_empty() {
            return Self::Empty;
        }
        if beginning.starts_with(&[0x1f, 0x8b]) {
            return Self::Gzip;
        }
        // The four bytes of a frame, or one of the sixteen that begin a part to be skipped.
        if matches!(beginning, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) {
            return Self::Zstd;
        }
        match OTHERS.iter().find(|(_, magic)| beginning.starts_with(magic)) {
            Some((name, _)) => Self::Compressed(name),
            None if tape::is_tar(beginning) => Self::Tar,
            None => Self::Other,
        }
    }
}

/// Unpacks a stream of this kind; one that is not compressed stays as it is. Memory does not grow with it.
pub(crate) fn unpacked<'a>(
    kind: Kind,
    stream: impl BufRead + Send + 'a,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match kind {
        Kind::Gzip => Box::new(MultiGzDecoder::new(stream)),
        Kind::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        _ => Box::new(stream),
    })
}
