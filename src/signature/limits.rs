//! The limits of what is read.

/// The maximum size of a payload or a bundle, in bytes. Real ones have 0.3 KB and 10 KB; only their annotations and
/// certificates grow.
pub const DOCUMENT_BYTES_MAX: u64 = 1 << 20;

/// The maximum size of a file with public keys, in bytes: the largest key has 1.5 KB.
pub const KEY_FILE_BYTES_MAX: u64 = 1 << 20;

/// The maximum number of keys in a file. Each signature is tried with each key.
pub(super) const KEYS_MAX: usize = 64;

/// The minimum size of an RSA key in bits, as in cosign and NIST SP 800-131A.
pub(super) const RSA_BITS_MIN: usize = 2048;

/// The maximum size of an RSA key in bits. The library verifies no larger ones, because they are slow.
pub(super) const RSA_BITS_MAX: usize = 8192;
