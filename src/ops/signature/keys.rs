//! Reads files with public keys, and trusted roots.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::ops::Error;
use crate::signature::{DOCUMENT_BYTES_MAX, KEY_FILE_BYTES_MAX, PublicKey, TrustedRoot};

/// Reads all public keys of a PEM file.
///
/// # Errors
/// [`Error::File`] if it cannot be read, [`Error::Key`] if it has no usable keys.
pub fn read_public_keys(path: &Path) -> Result<Vec<PublicKey>, Error> {
    let file = read(path, KEY_FILE_BYTES_MAX)?;
    PublicKey::parse_pem(&file).map_err(|source| Error::Key { path: path.to_owned(), source })
}

/// Reads a trusted root; without a file, returns that of sigstore's public instance, which is in the program.
///
/// # Errors
/// [`Error::File`] if it cannot be read, [`Error::Root`] if it is not usable.
pub fn read_trusted_root(path: Option<&Path>) -> Result<TrustedRoot, Error> {
    let root = match path {
        Some(path) => TrustedRoot::parse(&read(path, DOCUMENT_BYTES_MAX)?),
        None => TrustedRoot::public(),
    };
    root.map_err(|source| Error::Root { path: path.map(Path::to_owned), source })
}

/// Reads a file. One byte more than `most` shows that it is too large.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|opened| opened.take(most + 1).read_to_end(&mut content))
        .map_err(|source| Error::File { path: path.to_owned(), source })?;
    Ok(content)
}
