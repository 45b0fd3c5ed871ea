//! The limits of what is read.

/// The largest file, in bytes. Bundles of manifests have some hundred kilobytes.
pub const FILE_LIMIT: usize = 4 * 1024 * 1024;

/// The most images of a file. Each is asked for at a registry.
pub const MENTIONS_LIMIT: usize = 10_000;
