//! Reads a small file as a whole, with a limit.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::Error;

/// Maximum size of a configuration file, in bytes. Real ones have a few kilobytes. The limit keeps a large
/// file, put there by mistake or malice, out of memory.
pub const FILE_LIMIT: u64 = 1 << 20;

/// Reads the file at `path`, without a byte order mark at its start. Returns `None` if the file does not
/// exist.
///
/// The bytes are cleared when dropped: most of these files may hold secrets.
///
/// # Errors
/// [`Error::Read`], and [`Error::TooLarge`] above [`FILE_LIMIT`].
pub fn read_file(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let fail = |source| Error::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mut content = Zeroizing::new(Vec::new());
    file.take(FILE_LIMIT + 1).read_to_end(&mut content).map_err(fail)?;
    if content.len() as u64 > FILE_LIMIT {
        return Err(Error::TooLarge { path: path.to_owned(), limit: FILE_LIMIT });
    }
    if content.starts_with(b"\xef\xbb\xbf") {
        content.drain(..3);
    }
    Ok(Some(content))
}
