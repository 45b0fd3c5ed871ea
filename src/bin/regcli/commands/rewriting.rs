//! How `pin` writes the new text of a file.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, fchown};
use std::path::Path;

use regcli::mentions::FILE_LIMIT;
use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;
use tempfile::NamedTempFile;

/// The longest list of extended attributes and the longest value of one, in bytes (`linux/limits.h`).
const ATTRIBUTES_MAX: usize = 1 << 16;

/// Replaces the text `old` of a file by `new`. A symbolic link stays one, and its target gets the text.
///
/// The file is replaced as a whole, by a rename in its folder, if the new file can have the owner, the permissions and
/// the extended attributes of the old one. Else, and if it has several names or is a mount point, it is written in place.
///
/// # Errors
/// An error if the file cannot be written, or does not have the text `old` any more. The file has its old text then,
/// or the message says where that is.
pub(super) fn rewrite(path: &Path, old: &str, new: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let file = File::open(&path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file that can be replaced"));
    }
    let folder = path.parent().ok_or(ErrorKind::NotFound)?;
    if metadata.nlink() == 1 {
        let replacement = written(folder, new)?;
        if make_alike(replacement.as_file(), &file, &metadata).is_ok() {
            replacement.as_file().sync_all()?;
            expect(&path, old)?;
            match replacement.persist(&path) {
                // A mount point, as a single file of the host is in a container.
                Err(error) if Errno::from_io_error(&error.error) == Some(Errno::BUSY) => {}
                result => return result.map(drop).map_err(io::Error::from),
            }
        }
    }
    write_in_place(&path, old, new)
}

/// Reads a file, or a pipe: at most one byte more than may be parsed.
pub(super) fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Fails unless the file has this text.
fn expect(path: &Path, text: &str) -> io::Result<()> {
    match content(path)? == text.as_bytes() {
        true => Ok(()),
        false => Err(io::Error::other("another program has changed it meanwhile")),
    }
}

/// Writes a new file, which only its owner can read, and which is removed when it is dropped.
fn written(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".regcli-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// Gives the new file the owner, the extended attributes with the access list, and the permissions of the old one.
fn make_alike(new: &File, old: &File, metadata: &Metadata) -> io::Result<()> {
    let fresh = new.metadata()?;
    if (fresh.uid(), fresh.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(new, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    // The folder may give attributes to new files that the old one does not have.
    let (wanted, given) = (attributes(old)?, attributes(new)?);
    for name in given.keys().filter(|name| !wanted.contains_key(*name)) {
        fremovexattr(new, &**name)?;
    }
    for (name, value) in wanted.iter().filter(|(name, value)| given.get(*name) != Some(value)) {
        fsetxattr(new, &**name, value, XattrFlags::empty())?;
    }
    // After the owner, because a change of it clears some of them.
    new.set_permissions(metadata.permissions())
}

/// Reads the extended attributes of a file. On some filesystems there are none.
fn attributes(file: &File) -> io::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut names = vec![0; ATTRIBUTES_MAX];
    match flistxattr(file, &mut names[..]) {
        Ok(length) => names.truncate(length),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    }
    let value = |name: &[u8]| {
        let mut value = vec![0; ATTRIBUTES_MAX];
        let length = fgetxattr(file, name, &mut value[..])?;
        value.truncate(length);
        Ok((name.to_vec(), value))
    };
    names.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(value).collect()
}

/// Overwrites the file. Its old text is in a copy beside it meanwhile, which remains if the old text cannot be put back.
fn write_in_place(path: &Path, old: &str, new: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::NotFound)?;
    let file = File::options().write(true).open(path)?;
    let copy = written(folder, old)?;
    copy.as_file().sync_all()?;
    expect(path, old)?;
    reserve(&file, new.len(), old.len())?;
    let Err(error) = overwrite(&file, new) else { return Ok(()) };
    let Err(_) = overwrite(&file, old) else { return Err(error) };
    Err(match copy.keep() {
        Ok((_, copy)) => io::Error::other(format!("{error}; its old text is in {}", copy.display())),
        Err(_) => error,
    })
}

fn overwrite(file: &File, text: &str) -> io::Result<()> {
    file.write_all_at(text.as_bytes(), 0)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

/// Reserves the space for so many bytes, so that a full disk is noticed before the file is changed.
#[cfg(target_os = "linux")]
fn reserve(file: &File, wanted: usize, length: usize) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, wanted as u64) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => {
            // Gives back what was reserved so far.
            let _ = file.set_len(length as u64);
            Err(error.into())
        }
    }
}

/// Reserves nothing: the old text is put back if the new one does not fit.
#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _wanted: usize, _length: usize) -> io::Result<()> {
    Ok(())
}
