//! Reads files with public keys.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::ops::Error;
use crate::signature::{KEY_FILE_BYTES_MAX, PublicKey};

/// Reads all public keys of a PEM file.
///
/// # Errors
/// [`Error::File`] if it cannot be read, [`Error::Key`] if it has no usable keys.
pub fn read_public_keys(path: &Path) -> Result<Vec<PublicKey>, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let mut file = Vec::new();
    // One byte more shows that it is too large.
    File::open(path)
        .and_then(|opened| opened.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut file))
        .map_err(failed)?;
    PublicKey::parse_pem(&file).map_err(|source| Error::Key { path: path.to_owned(), source })
}
