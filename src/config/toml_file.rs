//! Files in TOML, and the places of errors in them.

use std::path::Path;

use super::{Error, read_file};

/// Reads a file of another program. Returns `None` if it does not exist.
///
/// # Errors
/// [`Error::Own`] with line and column, [`Error::Read`], [`Error::TooLarge`].
pub(super) fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let Some(content) = read_file(path)? else { return Ok(None) };
    let fail = |offset, message: &str| broken(path, &content, offset, message);
    let text = std::str::from_utf8(&content)
        .map_err(|error| fail(error.valid_up_to(), "the text is not valid UTF-8"))?;
    // The parser's message may quote a value, which may be a secret.
    let parsed = toml::from_str(text).map_err(|error| {
        fail(
            error.span().map_or(0, |span| span.start),
            "the file is not valid TOML, or a value is of a wrong type",
        )
    });
    parsed.map(Some)
}

/// Returns the error at the byte `offset`, without the text around it, because it may hold a secret.
pub(super) fn broken(path: &Path, content: &[u8], offset: usize, message: &str) -> Error {
    let before = String::from_utf8_lossy(&content[..offset.min(content.len())]);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    Error::Own {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
        message: message.to_owned(),
    }
}
