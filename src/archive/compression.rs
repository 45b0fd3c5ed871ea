//! Detects the format of a stream by its beginning.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

use super::tape;

/// The number of bytes that are enough to detect the format.
pub(crate) const BEGINNING: usize = tape::BLOCK as usize;

/// Maximum memory for unpacking a zstd stream, as a power of two: 128 MiB, the default limit of `zstd`
/// itself.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The beginnings of files with an unsupported compression.
const OTHERS: [(&str, &[u8]); 3] =
    [("bzip2", b"BZh"), ("xz", &[0xfd, b'7', b'z', b'X', b'Z', 0]), ("lz4", &[0x04, 0x22, 0x4d, 0x18])];

/// The format of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tar,
    Gzip,
    Zstd,
    /// Compressed in an unsupported format.
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
        // The four bytes of a frame, or one of the sixteen values that begin a skippable frame.
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

/// Unpacks a stream of this kind. An uncompressed one stays unchanged. The memory used does not grow with the
/// stream.
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
