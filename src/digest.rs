//! Content addresses: parsing them strictly, and hashing bytes while they stream past.
//!
//! A [`Digest`] that exists is well formed, so it may become part of a path or a URL. See the
//! [OCI descriptor specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnose::{Diagnose, ErrorKind, Recovery};

/// A hash function that content may be addressed by.
///
/// Weaker functions are not accepted, whatever a registry offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, what all registries use.
    Sha256,
    /// SHA-384, accepted because Docker's reference grammar does.
    Sha384,
    /// SHA-512, registered by the OCI specification.
    Sha512,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Returns the name, as written before the colon of a digest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the number of hexadecimal characters of its digests.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    fn provider(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha384 => &aws_lc_rs::digest::SHA384,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The address of content: an algorithm, and the hash in lower-case hexadecimal of exactly the right length.
///
/// Cheap to clone. Ordered and displayed as its text, `sha256:…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    text: Arc<str>,
    algorithm: Algorithm,
}

impl Digest {
    /// Hashes `content` with SHA-256.
    pub fn sha256(content: &[u8]) -> Self {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(content);
        hasher.finish()
    }

    /// Returns the whole text, `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the hash in lower-case hexadecimal.
    pub fn hex(&self) -> &str {
        &self.text[self.algorithm.name().len() + 1..]
    }

    /// Returns the first twelve hexadecimal characters, as Docker shows them.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }

    /// Reports whether `content` hashes to this digest.
    pub fn matches(&self, content: &[u8]) -> bool {
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update(content);
        hasher.finish() == *self
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, hex) = text.split_once(':').ok_or(Error::Format)?;
        let Some(algorithm) = Algorithm::ALL.into_iter().find(|known| known.name() == name) else {
            let named =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            return Err(if named && !hex.is_empty() { Error::UnsupportedAlgorithm } else { Error::Format });
        };
        // Docker checks the length before the characters.
        if hex.len() != algorithm.hex_len() {
            return Err(if hex.is_empty() { Error::Format } else { Error::Length });
        }
        if !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::Format);
        }
        Ok(Self { text: text.into(), algorithm })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a digest, or content does not match its digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not `algorithm:hex`, or not lower-case hexadecimal. Docker's words.
    #[error("invalid checksum digest format")]
    Format,
    /// The right characters, but too few or too many. Docker's words.
    #[error("invalid checksum digest length")]
    Length,
    /// An unsupported algorithm. Docker's words.
    #[error("unsupported digest algorithm")]
    UnsupportedAlgorithm,
    /// The content has another hash.
    #[error("content does not match its digest: expected {expected}, got {actual}")]
    Mismatch {
        /// The requested digest.
        expected: Digest,
        /// The digest of the received content.
        actual: Digest,
    },
    /// The content is shorter or longer than expected.
    #[error("content of {digest} has the wrong size: expected {expected} bytes, got {actual}")]
    Size {
        /// The requested digest.
        digest: Digest,
        /// The expected size, in bytes.
        expected: u64,
        /// The bytes received. Reading stops at the first byte too many.
        actual: u64,
    },
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Format | Self::Length | Self::UnsupportedAlgorithm => ErrorKind::Usage,
            Self::Mismatch { .. } | Self::Size { .. } => ErrorKind::Corrupt,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Format | Self::Length | Self::UnsupportedAlgorithm => Recovery::Never,
            Self::Mismatch { .. } | Self::Size { .. } => Recovery::Restart,
        }
    }
}

/// Hashes bytes as they arrive.
///
/// The TLS provider `aws-lc-rs` does this, because it is linked anyway and never slower than the crate `sha2`.
/// Medians of SHA-256 over blocks of 1 MiB, on one core of an AMD EPYC with SHA instructions, in MB/s of
/// processor time:
///
/// | | `aws-lc-rs` | `sha2` |
/// |---|---|---|
/// | with SHA instructions | 1764 | 1777 |
/// | without them | 497 | 378 |
/// | without AVX and SSSE3 as well | 381 | 378 |
///
/// Blocks of 4 and of 128 KiB have the same ratios, and SHA-512 is equal (603 and 594). There was no processor
/// without these instructions: they were hidden from `aws-lc-rs` by `OPENSSL_ia32cap`, and `sha2` was built
/// for its portable code. `cargo bench --bench micro -- hash` repeats it. In tests, `sha2` is the second
/// opinion.
#[derive(Clone)]
pub struct Hasher {
    context: aws_lc_rs::digest::Context,
    algorithm: Algorithm,
}

impl Hasher {
    /// Creates a hasher without any bytes.
    pub fn new(algorithm: Algorithm) -> Self {
        Self { context: aws_lc_rs::digest::Context::new(algorithm.provider()), algorithm }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Returns the digest of all bytes taken.
    pub fn finish(self) -> Digest {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(self.algorithm.name().len() + 1 + self.algorithm.hex_len());
        text.push_str(self.algorithm.name());
        text.push(':');
        for byte in self.context.finish().as_ref() {
            text.push(HEX[usize::from(byte >> 4)] as char);
            text.push(HEX[usize::from(byte & 15)] as char);
        }
        Digest { text: text.into(), algorithm: self.algorithm }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hasher").field(&self.algorithm).finish()
    }
}

/// Verifies size and digest of content as it streams past.
#[derive(Clone, Debug)]
pub struct Verifier {
    hasher: Hasher,
    expected: Digest,
    size: u64,
    seen: u64,
}

impl Verifier {
    /// Creates a verifier that expects `size` bytes that hash to `expected`.
    pub fn new(expected: &Digest, size: u64) -> Self {
        Self { hasher: Hasher::new(expected.algorithm()), expected: expected.clone(), size, seen: 0 }
    }

    /// Returns the number of bytes taken.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::Size`] as soon as there are more bytes than expected; those are not taken.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let seen = self.seen + bytes.len() as u64;
        if seen > self.size {
            return Err(self.size_error(seen));
        }
        self.hasher.update(bytes);
        self.seen = seen;
        Ok(())
    }

    /// Reports whether both have taken the same bytes.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self.seen == other.seen && self.hasher.clone().finish() == other.hasher.clone().finish()
    }

    /// Verifies that the bytes taken are the expected ones.
    ///
    /// # Errors
    /// [`Error::Size`] if bytes are missing, [`Error::Mismatch`] if they differ.
    pub fn finish(self) -> Result<(), Error> {
        if self.seen != self.size {
            return Err(self.size_error(self.seen));
        }
        let actual = self.hasher.finish();
        if actual != self.expected {
            return Err(Error::Mismatch { expected: self.expected, actual });
        }
        Ok(())
    }

    fn size_error(&self, actual: u64) -> Error {
        Error::Size { digest: self.expected.clone(), expected: self.size, actual }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::Digest as _;

    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_empty_content_has_the_well_known_digest() {
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
    }

    #[test]
    fn all_algorithms_agree_with_another_implementation() {
        let content = vec![7; 100_000];
        for algorithm in Algorithm::ALL {
            let other = match algorithm {
                Algorithm::Sha256 => sha2::Sha256::digest(&content).to_vec(),
                Algorithm::Sha384 => sha2::Sha384::digest(&content).to_vec(),
                Algorithm::Sha512 => sha2::Sha512::digest(&content).to_vec(),
            };
            let hex: String = other.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut hasher = Hasher::new(algorithm);
            content.chunks(999).for_each(|chunk| hasher.update(chunk));
            assert_eq!(hasher.finish().as_str(), format!("{algorithm}:{hex}"));
        }
    }

    #[test]
    fn only_well_formed_digests_parse() {
        let hex = &EMPTY[7..];
        for (text, error) in [
            ("", Error::Format),
            (hex, Error::Format),
            ("sha256:", Error::Format),
            (&EMPTY[..70], Error::Length),
            (&format!("{EMPTY}0"), Error::Length),
            (&EMPTY.to_uppercase(), Error::Format),
            (&format!("sha256:{}", hex.to_uppercase()), Error::Format),
            ("sha256:../../../etc/passwd", Error::Length),
            (&format!("sha256:../{}", &hex[..61]), Error::Format),
            ("md5:d41d8cd98f00b204e9800998ecf8427e", Error::UnsupportedAlgorithm),
            (&format!("sha512:{hex}"), Error::Length),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_verifier_stops_at_the_first_byte_too_many() {
        let mut verifier = Verifier::new(&Digest::sha256(b"abc"), 3);
        verifier.update(b"ab").unwrap();
        assert!(matches!(verifier.update(b"cd"), Err(Error::Size { actual: 4, .. })));
        verifier.update(b"c").unwrap();
        verifier.finish().unwrap();
    }

    #[test]
    fn a_verifier_distinguishes_short_content_from_wrong_content() {
        let digest = Digest::sha256(b"abc");
        let mut short = Verifier::new(&digest, 3);
        short.update(b"ab").unwrap();
        assert!(matches!(short.finish(), Err(Error::Size { actual: 2, .. })));
        let mut wrong = Verifier::new(&digest, 3);
        wrong.update(b"abd").unwrap();
        assert!(matches!(wrong.finish(), Err(Error::Mismatch { .. })));
    }
    proptest! {
        #[test]
        fn only_a_digest_parses_and_it_is_displayed_unchanged(
            algorithm in 0..3_usize,
            hex in "[0-9a-f]{130}",
            text in "sha(256|384|512):[0-9a-fA-F/.]{60,130}|.{0,80}",
        ) {
            let algorithm = Algorithm::ALL[algorithm];
            let right = format!("{algorithm}:{}", &hex[..algorithm.hex_len()]);
            prop_assert_eq!(right.parse::<Digest>().unwrap().to_string(), right);
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert_eq!(digest.as_str(), text);
                prop_assert!(digest.hex().bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
            }
        }

        #[test]
        fn content_is_the_same_in_whatever_pieces_it_comes(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..9),
        ) {
            let content = pieces.concat();
            let digest = Digest::sha256(&content);
            let mut verifier = Verifier::new(&digest, content.len() as u64);
            for piece in &pieces {
                verifier.update(piece).unwrap();
            }
            prop_assert!(verifier.update(b"x").is_err(), "one byte too many is not taken");
            prop_assert_eq!(verifier.finish(), Ok(()));
        }
    }
}
