//! Files with plans.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use regcli::diagnose::Failure;
use regcli::ops;
use regcli::sync::{PLAN_BYTES_MAX, Plan};

use crate::cli::usage::Usage;

/// Reads a plan.
///
/// # Errors
/// An error with the file if it cannot be read or is not a plan.
pub(super) fn read(path: &Path) -> Result<Plan, Failure> {
    let bytes = content(path, PLAN_BYTES_MAX).map_err(failed(path))?;
    Plan::parse(&bytes).map_err(|error| Usage::failure(format!("{}: {error}", path.display())))
}

/// Reads a file of at most `limit` bytes.
pub(super) fn content(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Writes a plan. The file is complete or not there.
///
/// # Errors
/// An error with the file if it cannot be written.
pub(super) fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    Ok(replace(path, plan.to_json().as_bytes()).map_err(failed(path))?)
}

/// Returns the folder of a file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Checks that a file can be written at the end of the command.
///
/// # Errors
/// An error with the file if its folder cannot be written to.
pub(super) fn check_folder(path: &Path) -> Result<(), Failure> {
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(());
    }
    let tried = tempfile::Builder::new().prefix(".regcli-").tempfile_in(folder_of(path));
    match tried {
        Ok(_) => Ok(()),
        // The name of the temporary file says nothing.
        Err(error) => Err(failed(path)(error.kind().into()).into()),
    }
}

/// Replaces a file as a whole, by a rename in its folder.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    // A link stays one, and a pipe or a device is written to, because something else reads it.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return File::options().write(true).open(path)?.write_all(content);
    }
    let folder = folder_of(path);
    // Others read it, too: node_exporter is a user of its own.
    let readable = std::fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().prefix(".regcli-").permissions(readable).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ops::Error {
    move |source| ops::Error::File { path: path.to_owned(), source }
}
