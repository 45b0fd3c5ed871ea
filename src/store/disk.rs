//! Files that outlive a crash, and work on them that holds nobody up.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use tokio::task::JoinHandle;

use super::Error;
use super::error::CREATE_FOLDER;

/// How often a folder is made again that somebody removes at the same time.
const FOLDER_ATTEMPTS: usize = 8;

/// How the names of files begin that are written to be renamed at once, in the folder of the parts.
pub(crate) const TEMPORARY: &str = "write-";

/// Whether the disk let somebody wait the last time.
static IS_SLOW: AtomicBool = AtomicBool::new(false);

/// How long work on a disk may take that is not slow. A page cache takes a chunk in a tenth of that.
const SLOW: Duration = Duration::from_millis(5);

/// Runs `work`, which may have to wait for a disk, on this thread.
///
/// If the disk was slow the last time, the other tasks of a multi-threaded runtime move to another thread and
/// go on meanwhile. To move them is dear: where the page cache takes all at once, they stay.
pub(crate) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = if IS_SLOW.load(Ordering::Relaxed) { alone(work) } else { work() };
    IS_SLOW.store(begun.elapsed() > SLOW, Ordering::Relaxed);
    result
}

fn alone<T>(work: impl FnOnce() -> T) -> T {
    // Only the program's features bring tokio's multi-threaded runtime.
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

/// Runs `work`, which waits for a disk for long, on a thread of its own.
///
/// # Cancel safety
/// Work that has begun goes on to its end when the future is dropped.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(&mut tokio::task::spawn_blocking(work)).await
}

/// The result of work that goes on aside.
///
/// # Cancel safety
/// Work that has begun goes on to its end when the future is dropped, and can be waited for again.
pub(super) async fn joined<T>(work: &mut JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    match work.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Stopped),
        },
    }
}

/// Opens a file for reading, or says that there is none. A link in its place is not followed: an image
/// that came from elsewhere must not lead out of its folder.
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

/// Reads a file of at most `limit` bytes, if it is there.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    open(path)?.map(|file| read_open(&file, path, limit)).transpose()
}

/// Reads an open file of at most `limit` bytes.
pub(super) fn read_open(file: &File, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    // Room for all of it and for the end, so that two calls read it.
    let mut content = Vec::with_capacity(usize::try_from(size.min(limit)).map_or(0, |size| size + 1));
    let one_more = limit.saturating_add(1);
    let read = file.take(one_more).read_to_end(&mut content).map_err(Error::io("read", path))?;
    if read as u64 > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(content)
}

/// Returns the size of a regular file in bytes, if it exists.
pub(super) fn file_size(path: &Path) -> Result<Option<u64>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
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

/// Opens a file for reading and writing, and makes it and its folder if they are not there.
pub(crate) fn open_or_create(path: &Path) -> Result<File, Error> {
    open_or_create_as(path, 0o666)
}

/// The same for a file that no other user may open: who can open a lock can hold it.
pub(super) fn open_private(path: &Path) -> Result<File, Error> {
    let file = open_or_create_as(path, 0o600)?;
    let mode = file.metadata().map_err(Error::io("look at", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        // Made by an earlier version. Where it belongs to another user, it is as that one wants it.
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

/// Lets the owner write to a file again, and tells whether that could be done.
pub(super) fn make_writable(path: &Path) -> bool {
    let Ok(Some(file)) = open(path) else { return false };
    let Ok(metadata) = file.metadata() else { return false };
    file.set_permissions(Permissions::from_mode(metadata.permissions().mode() | 0o200)).is_ok()
}

/// Makes a folder that only this user may enter, unless it is there. The folders above it are as usual.
pub(crate) fn create_private(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        return Ok(());
    }
    create_parent(folder)?;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        // Another process may have been faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(Error::io(CREATE_FOLDER, folder)),
    }
}

/// Makes a folder for temporary files. If it is one of a store that is not there yet, the store is for this user alone.
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

/// Makes the folder of `path` and the folders above it.
pub(super) fn create_parent(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io(CREATE_FOLDER, folder))
}

/// Makes the finished file `from` visible as `to`, on the same file system, for good and read-only.
///
/// The bytes are on the disk before the name is. The name itself is only after [`sync_folder`].
pub(super) fn publish(file: &File, from: &Path, to: &Path) -> Result<(), Error> {
    let mode = file.metadata().map_err(Error::io("look at", from))?.permissions().mode();
    // Whom the umask kept from reading is kept from it still.
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

/// Puts a file with this content in the place of `path` in one step, through a file in `folder`, which is
/// on the same file system. Readers see the old content or the new.
pub(crate) fn replace(path: &Path, folder: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    replace_open(path, folder, content, mode).map(drop)
}

/// The same; returns the new file, open.
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

/// Makes the names in a folder outlive a crash, if there is such a folder.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    match File::open(path) {
        Ok(folder) => folder.sync_all().map_err(Error::io("write the folder", path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("open", path)(error)),
    }
}

/// Removes a file; that it is not there is as good.
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
    fn who_waits_for_a_slow_disk_holds_up_nobody_after_the_first_time() {
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
            // What is remembered of the disk is shared with the tests beside this one.
            let attempt = || {
                in_place(|| std::thread::sleep(SLOW * 2));
                during(&ticks)
            };
            std::iter::repeat_with(attempt).take(5).find(|ticked| *ticked > 3)
        };
        let runtime = runtime.unwrap();
        // The tests' own thread is no worker: block_on would have one to spare.
        let ticked = runtime.block_on(async { tokio::spawn(writer).await.unwrap() });
        runtime.shutdown_background();
        assert!(ticked.is_some(), "the other task stood still");
    }
}
