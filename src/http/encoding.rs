//! Content codings. They are never requested, but some proxies compress all the same.

use std::io::{self, Write as _};

use bytes::{Buf as _, Bytes};
use flate2::write::MultiGzDecoder;

/// The number of bytes that are decoded in one step: the result may be a thousand times as large.
const STEP: usize = 4096;

/// Decodes a body as it arrives. Its memory is limited by the result of decoding [`STEP`] bytes.
pub(super) struct Decoder {
    gzip: MultiGzDecoder<Vec<u8>>,
    /// The bytes that are not decoded yet.
    waiting: Bytes,
}

impl Decoder {
    /// Creates the decoder for a `Content-Encoding`; returns `None` if it is not supported.
    pub(super) fn of(encoding: &str) -> Option<Self> {
        let is_gzip = ["gzip", "x-gzip"].iter().any(|name| encoding.trim().eq_ignore_ascii_case(name));
        is_gzip.then(|| Self { gzip: MultiGzDecoder::new(Vec::new()), waiting: Bytes::new() })
    }

    /// Takes bytes as they came. All earlier bytes must have been decoded.
    pub(super) fn take(&mut self, bytes: Bytes) {
        self.waiting = bytes;
    }

    /// Returns the next bytes, never empty; `None` if more input is needed.
    ///
    /// # Errors
    /// An error if the input does not have this coding.
    pub(super) fn next(&mut self) -> io::Result<Option<Bytes>> {
        while !self.waiting.is_empty() {
            let step = &self.waiting[..self.waiting.len().min(STEP)];
            let taken = self.gzip.write(step)?;
            if taken == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.waiting.advance(taken);
            let decoded = std::mem::take(self.gzip.get_mut());
            if !decoded.is_empty() {
                return Ok(Some(decoded.into()));
            }
        }
        Ok(None)
    }

    /// Returns the last bytes after all input; `None` if there are no more.
    ///
    /// # Errors
    /// An error if the input is incomplete.
    pub(super) fn finish(&mut self) -> io::Result<Option<Bytes>> {
        self.gzip.try_finish()?;
        let decoded = std::mem::take(self.gzip.get_mut());
        Ok((!decoded.is_empty()).then(|| decoded.into()))
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn decode(pieces: impl Iterator<Item = Bytes>) -> io::Result<Vec<u8>> {
        let mut decoder = Decoder::of("gzip").unwrap();
        let mut decoded = Vec::new();
        for piece in pieces {
            decoder.take(piece);
            while let Some(bytes) = decoder.next()? {
                decoded.extend_from_slice(&bytes);
            }
        }
        decoded.extend_from_slice(&decoder.finish()?.unwrap_or_default());
        Ok(decoded)
    }

    #[test]
    fn a_body_is_decoded_however_it_is_cut_into_pieces() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content).unwrap();
        let encoded = Bytes::from(encoder.finish().unwrap());
        for length in [1, 7, 5000, encoded.len()] {
            let pieces = (0..encoded.len()).step_by(length);
            let pieces = pieces.map(|start| encoded.slice(start..encoded.len().min(start + length)));
            assert!(decode(pieces).unwrap() == content, "pieces of {length}");
        }
        decode([encoded.slice(..encoded.len() / 2)].into_iter()).unwrap_err();
        decode([Bytes::from_static(b"not compressed at all")].into_iter()).unwrap_err();
    }

    #[test]
    fn codings_that_are_not_known_are_not_guessed_at() {
        assert!(Decoder::of("X-GZip").is_some());
        assert!(Decoder::of("br").is_none());
    }
}
