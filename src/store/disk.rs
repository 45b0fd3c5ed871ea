//! Durable files, and file operations that do not block other tasks.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::fs::{Access, OFlags};
use rustix::io::Errno;
use tokio::task::JoinHandle;

use super::Error;
use super::error::CREATE_FOLDER;

/// How often to recreate a folder that another process removes at the same time.
const FOLDER_ATTEMPTS: usize = 8;

/// The name prefix of temporary files in the folder of the parts, which are renamed once they are written.
pub(crate) const TEMPORARY: &str = "write-";

/// Whether the disk was slow the last time.
static IS_SLOW: AtomicBool = AtomicBool::new(false);

/// The time limit for an operation on a fast disk. A page cache takes a chunk in a tenth of it.
const SLOW: Duration = Duration::from_millis(5);

/// Runs `work`, which may wait for a disk, on this thread.
///
/// If the disk was slow the last time, the other tasks of a multi-threaded runtime move to another thread and
/// continue there. Moving them is expensive, so they stay while the page cache is fast.
pub(crate) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = if IS_SLOW.load(Ordering::Relaxed) { alone(work) } else { work() };
    IS_SLOW.store(begun.elapsed() > SLOW, Ordering::Relaxed);
    result
}

fn alone<T>(work: impl FnOnce() -> T) -> T {
    // Only the program's features include tokio's multi-threaded runtime.
    #[cfg(feature = "cli")]
    {
        use tokio::runtime::{Handle, RuntimeFlavor};
        if let Ok(RuntimeFlavor::MultiThread) = Handle::try_current().map(|runtime| runtime.runtime_flavor())
        {
            return tokio::task::block_in_place(work);
        }
    }
    work()
}

/// Runs `work`, which may wait long for a disk, on a thread of its own.
///
/// # Cancel safety
/// Work that has begun runs to its end when the future is dropped.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(&mut tokio::task::spawn_blocking(work)).await
}

/// Waits for the result of [`aside`] work.
///
/// # Cancel safety
/// Work that has begun runs to its end when the future is dropped, and can be awaited again.
pub(super) async fn joined<T>(work: &mut JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    match work.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Stopped),
        },
    }
}

/// Returns the free space of the file system that has `folder`, which need not exist yet, in bytes. `None` if it is
/// unknown.
pub(crate) fn free_space(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|folder| folder.as_os_str().is_empty() || folder.is_dir())?;
    // A relative folder has the empty path above it, which is the current folder.
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let state = rustix::fs::statvfs(existing).ok()?;
    // File systems that are not on a disk report that they have no blocks at all.
    (state.f_blocks > 0).then(|| state.f_bavail.saturating_mul(state.f_frsize))
}

/// Opens a file for reading, or returns `None` if it does not exist. A symbolic link is not followed: a
/// foreign image must not lead out of its folder.
pub(crate) fn open(path: &Path) -> Result<Option<File>, Error> {
    // Without NONBLOCK, opening a pipe would wait for its other end.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let file = match OpenOptions::new().read(true).custom_flags(flags as i32).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    let metadata = file.metadata().map_err(Error::io("look at", path))?;
    if !metadata.is_file() {
        return Err(Error::io("read", path)(io::Error::other("not a regular file")));
    }
    Ok(Some(file))
}

/// Reads a file of at most `limit` bytes, if it exists.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    open(path)?.map(|file| read_open(&file, path, limit)).transpose()
}

/// Reads an open file of at most `limit` bytes.
pub(super) fn read_open(file: &File, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    // Room for the whole content and its end, so that two calls read it.
    let mut content = Vec::with_capacity(usize::try_from(size.min(limit)).map_or(0, |size| size + 1));
    let one_more = limit.saturating_add(1);
    let read = file.take(one_more).read_to_end(&mut content).map_err(Error::io("read", path))?;
    if read as u64 > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(content)
}

/// Reads `length` bytes of a file from `offset` on, or fewer if the file ends before.
///
/// One system call reads them, into memory that is not cleared first. The standard library's `read_to_end`
/// begins with 8 KiB and doubles that, so it would need six calls for 256 KiB.
pub(crate) fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(length);
    while content.len() < length {
        let next = offset + content.len() as u64;
        match rustix::io::pread(file, spare_capacity(&mut content), next) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    content.truncate(length);
    Ok(content)
}

/// Returns the size of a regular file in bytes, if it exists.
pub(super) fn file_size(path: &Path) -> Result<Option<u64>, Error> {
    Ok(regular(path)?.map(|metadata| metadata.len()))
}

/// Returns a number that grows with each write to a regular file, if it exists: its size alone does not while
/// gaps are filled.
pub(super) fn file_growth(path: &Path) -> Result<Option<u64>, Error> {
    Ok(regular(path)?.map(|metadata| metadata.len().saturating_add(metadata.blocks())))
}

/// Returns the metadata of a regular file, if it exists.
fn regular(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata).filter(Metadata::is_file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// Returns how many bytes of a disk a file takes: its size without its gaps.
pub(super) fn taken(metadata: &Metadata) -> u64 {
    /// The unit of `st_blocks`, whatever the block size of the file system is.
    const BLOCK: u64 = 512;
    metadata.len().min(metadata.blocks().saturating_mul(BLOCK))
}

/// Returns the names in a folder that are valid UTF-8; none if the folder is missing.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

/// Opens a file for reading and writing. Creates the file and its folder if they do not exist.
pub(crate) fn open_or_create(path: &Path) -> Result<File, Error> {
    open_or_create_as(path, 0o666)
}

/// Like [`open_or_create`], for a file that no other user may open: opening a lock file is enough to hold the
/// lock.
pub(super) fn open_private(path: &Path) -> Result<File, Error> {
    let file = open_or_create_as(path, 0o600)?;
    let mode = file.metadata().map_err(Error::io("look at", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        // Created by an earlier version. If it belongs to another user, its mode cannot be changed.
        let closed = file.set_permissions(Permissions::from_mode(mode & 0o700));
        tracing::debug!(?closed, path = %path.display(), "closed a lock to other users");
    }
    Ok(file)
}

fn open_or_create_as(path: &Path, mode: u32) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(mode);
    options.custom_flags(OFlags::NOFOLLOW.bits() as i32);
    let mut attempt = 0;
    loop {
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < FOLDER_ATTEMPTS => {
                create_parent(path)?;
                attempt += 1;
            }
            result => return result.map_err(Error::io("create", path)),
        }
    }
}

/// Makes a file writable for its owner again, and reports whether that succeeded.
pub(super) fn make_writable(path: &Path) -> bool {
    let Ok(Some(file)) = open(path) else { return false };
    let Ok(metadata) = file.metadata() else { return false };
    file.set_permissions(Permissions::from_mode(metadata.permissions().mode() | 0o200)).is_ok()
}

/// Creates a folder that only this user may enter, unless it exists. The folders above it get the usual mode.
pub(crate) fn create_private(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        return Ok(());
    }
    create_parent(folder)?;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        // Another process may have created it first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(Error::io(CREATE_FOLDER, folder)),
    }
}

/// Creates a folder for temporary files. If it belongs to a store that does not exist yet, the store is
/// created for this user only.
pub(crate) fn create_scratch(folder: &Path) -> io::Result<()> {
    if let Some(store) = folder.parent().filter(|store| !store.as_os_str().is_empty() && !store.exists()) {
        store.parent().map_or(Ok(()), fs::create_dir_all)?;
        match fs::DirBuilder::new().mode(0o700).create(store) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
    }
    fs::create_dir_all(folder)
}

/// Reports whether the folder exists and can be written, or can be created.
pub(crate) fn may_create(folder: &Path) -> bool {
    let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    let existing = existing.unwrap_or(Path::new("."));
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    existing.is_dir() && rustix::fs::access(existing, wanted).is_ok()
}

/// Creates the folder of `path` and the folders above it.
pub(super) fn create_parent(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io(CREATE_FOLDER, folder))
}

/// Publishes the finished file `from` as `to`, on the same file system, permanently and read-only.
///
/// The bytes are on the disk before the name is. The name itself is only after [`sync_folder`].
pub(super) fn publish(file: &File, from: &Path, to: &Path) -> Result<(), Error> {
    let mode = file.metadata().map_err(Error::io("look at", from))?.permissions().mode();
    // Users excluded by the umask stay excluded.
    let read_only = Permissions::from_mode(mode & 0o444);
    file.set_permissions(read_only).map_err(Error::io("make read-only", from))?;
    file.sync_all().map_err(Error::io("write", from))?;
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_parent(to)?;
            fs::rename(from, to).map_err(Error::io("create", to))
        }
        renamed => renamed.map_err(Error::io("create", to)),
    }
}

/// Replaces the content of `path` in one step, through a temporary file in `folder`, which is on the same
/// file system. Readers see either the old content or the new.
pub(crate) fn replace(path: &Path, folder: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    replace_open(path, folder, content, mode).map(drop)
}

/// Like [`replace`], but returns the new file, open.
pub(super) fn replace_open(path: &Path, folder: &Path, content: &[u8], mode: u32) -> Result<File, Error> {
    fs::create_dir_all(folder).map_err(Error::io(CREATE_FOLDER, folder))?;
    create_parent(path)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(mode | 0o200))
        .tempfile_in(folder)
        .map_err(Error::io("create a file in", folder))?;
    temporary.as_file_mut().write_all(content).map_err(Error::io("write", temporary.path()))?;
    if mode & 0o200 == 0 {
        publish(temporary.as_file(), temporary.path(), path)?;
        // It has another name now.
        temporary.disable_cleanup(true);
        return Ok(temporary.into_file());
    }
    temporary.as_file().sync_all().map_err(Error::io("write", temporary.path()))?;
    temporary.persist(path).map_err(|error| Error::io("create", path)(error.error))
}

/// Makes the names in a folder durable, if the folder exists.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    match File::open(path) {
        Ok(folder) => folder.sync_all().map_err(Error::io("write the folder", path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("open", path)(error)),
    }
}

/// Removes a file, and reports whether it existed.
pub(crate) fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("remove", path)(error)),
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn a_part_of_a_file_is_read_up_to_the_end_of_the_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        assert_eq!(read_at(&file, 2, 3).unwrap(), b"234");
        assert_eq!(read_at(&file, 8, 100).unwrap(), b"89");
        assert!(read_at(&file, 10, 1).unwrap().is_empty());
    }

    #[test]
    fn waiting_for_a_slow_disk_blocks_no_other_task_after_the_first_time() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let ticks = Arc::<AtomicUsize>::default();
        let during = |ticks: &AtomicUsize| {
            let before = ticks.load(Ordering::Relaxed);
            in_place(|| std::thread::sleep(Duration::from_millis(200)));
            ticks.load(Ordering::Relaxed) - before
        };
        let counter = Arc::clone(&ticks);
        let writer = async move {
            tokio::spawn(async move {
                loop {
                    counter.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
            tokio::task::yield_now().await;
            // The state of the disk is shared with other tests.
            let attempt = || {
                in_place(|| std::thread::sleep(SLOW * 2));
                during(&ticks)
            };
            std::iter::repeat_with(attempt).take(5).find(|ticked| *ticked > 3)
        };
        let runtime = runtime.unwrap();
        // The tests' own thread is not a worker: block_on would leave one free.
        let ticked = runtime.block_on(async { tokio::spawn(writer).await.unwrap() });
        runtime.shutdown_background();
        assert!(ticked.is_some(), "the other task stood still");
    }
}
