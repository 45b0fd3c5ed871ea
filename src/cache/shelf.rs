//! Shelves: folders of files that can be made again, bounded in size.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// The beginning of the names of files that are being written.
const UNFINISHED: &str = ".new-";

/// How long a file may be written. An older one was left by a process that has died.
const WRITING_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How old the time of the last use may be, so that reading does not write each time.
const USE_STEP: Duration = Duration::from_secs(60 * 60);

/// The maximum length of a name in bytes: as much as a digest needs, and as file systems allow.
const NAME_MAX: usize = 200;

/// A folder of files, each named by what it was made from, such as a digest. When they are larger than the limit
/// together, those that were not used for the longest time are removed.
///
/// Nothing is lost with a file, so nothing is synchronized to the disk: a power cut may leave a file with wrong
/// bytes, which readers have to notice. All functions block, none for long. Several processes may use a shelf.
#[derive(Debug)]
pub struct Shelf {
    /// `None` keeps nothing.
    folder: Option<PathBuf>,
    /// In bytes.
    limit: u64,
    /// The bytes of all files as far as this process knows; `None` until it writes.
    total: Mutex<Option<u64>>,
}

/// What a shelf holds, or what was removed from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shelved {
    /// The number of files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Shelf {
    /// Creates the shelf in `folder`, which need not exist, for at most `limit` bytes. Without a folder nothing
    /// is kept.
    pub fn new(folder: Option<PathBuf>, limit: u64) -> Self {
        Self { folder, limit, total: Mutex::new(None) }
    }

    /// Opens a file, and records that it was used. Returns `None` if there is none that can be read.
    pub fn read(&self, name: &str) -> Option<File> {
        let path = self.path(name)?;
        // Without NONBLOCK, opening a pipe would wait for its other end.
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
        let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
        let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
        let now = SystemTime::now();
        let used = metadata.modified().ok().and_then(|used| now.duration_since(used).ok());
        if used.is_none_or(|age| age > USE_STEP) {
            // Otherwise it is removed earlier than it should be.
            let _ = file.set_modified(now);
        }
        Some(file)
    }

    /// Creates a file, which appears under its name when it is [kept](ShelfFile::keep).
    ///
    /// # Errors
    /// The system's error; `Unsupported` if the shelf has no folder, `InvalidInput` for a name that is not made of
    /// lower case letters, digits, dots and dashes, or begins with a dot.
    pub fn write(&self, name: &str) -> io::Result<ShelfFile<'_>> {
        let folder = self.folder.as_deref().ok_or(ErrorKind::Unsupported)?;
        let path = self.path(name).ok_or(ErrorKind::InvalidInput)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        Ok(ShelfFile { shelf: self, file, path })
    }

    /// Returns what the shelf holds.
    ///
    /// # Errors
    /// The system's error. A folder that does not exist holds nothing.
    pub fn held(&self) -> io::Result<Shelved> {
        let mut held = Shelved::default();
        self.files()?.iter().for_each(|file| held.add(file.bytes));
        Ok(held)
    }

    /// Removes all files, and returns what they were.
    ///
    /// # Errors
    /// The system's error, after which some files may be left.
    pub fn clear(&self) -> io::Result<Shelved> {
        let mut cleared = Shelved::default();
        for file in self.files()? {
            remove(&file.path)?;
            cleared.add(file.bytes);
        }
        Ok(cleared)
    }

    /// Returns the path of a file, if the name is valid.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        let is_valid =
            (1..=NAME_MAX).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_plain);
        self.folder.as_ref().filter(|_| is_valid).map(|folder| folder.join(name))
    }

    /// Adds the bytes of a new file, and removes the oldest files if the shelf is full.
    fn added(&self, bytes: u64) -> io::Result<()> {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match *total {
            Some(known) => known.saturating_add(bytes),
            None => self.held()?.bytes,
        };
        *total = Some(if known > self.limit { self.shrink()? } else { known });
        Ok(())
    }

    /// Removes the files that were not used for the longest time, until a quarter of the limit is free, and returns
    /// the bytes of the others.
    fn shrink(&self) -> io::Result<u64> {
        let mut files = self.files()?;
        files.sort_by_key(|file| file.used);
        let mut left = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
        for file in files {
            if left <= self.limit - self.limit / 4 {
                break;
            }
            remove(&file.path)?;
            left -= file.bytes;
        }
        Ok(left)
    }

    /// Returns the files, and removes those that a process has left unfinished.
    fn files(&self) -> io::Result<Vec<Known>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let now = SystemTime::now();
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            // Another process may have removed it.
            let Ok(metadata) = entry.metadata() else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                files.push(Known { path: entry.path(), bytes: metadata.len(), used });
            } else if now.duration_since(used).is_ok_and(|age| age > WRITING_MAX) {
                remove(&entry.path())?;
            }
        }
        Ok(files)
    }
}

impl Shelved {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

struct Known {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file that is being written. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct ShelfFile<'a> {
    shelf: &'a Shelf,
    file: NamedTempFile,
    path: PathBuf,
}

impl ShelfFile<'_> {
    /// Puts the file under its name, in place of an older one, and returns it for reading and writing.
    ///
    /// # Errors
    /// The system's error; the file is lost then.
    pub fn keep(self) -> io::Result<File> {
        let bytes = self.file.as_file().metadata()?.len();
        let file = self.file.persist(&self.path)?;
        if let Err(error) = self.shelf.added(bytes) {
            tracing::debug!(%error, "a cache is larger than it should be");
        }
        Ok(file)
    }
}

impl Write for ShelfFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn put(shelf: &Shelf, name: &str, bytes: usize) {
        let mut file = shelf.write(name).unwrap();
        file.write_all(&vec![b'x'; bytes]).unwrap();
        file.keep().unwrap();
    }

    fn age(folder: &Path, name: &str, seconds: u64) {
        let file = File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn a_kept_file_is_read_again_and_a_dropped_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Some(folder.path().join("files")), 100);
        assert!(shelf.read("sha256-a").is_none() && shelf.held().unwrap() == Shelved::default());
        put(&shelf, "sha256-a", 3);
        drop(shelf.write("sha256-b").unwrap());

        let mut text = String::new();
        shelf.read("sha256-a").unwrap().read_to_string(&mut text).unwrap();

        assert_eq!((text.as_str(), shelf.held().unwrap()), ("xxx", Shelved { files: 1, bytes: 3 }));
        assert_eq!(fs::read_dir(folder.path().join("files")).unwrap().count(), 1);
        assert_eq!(shelf.clear().unwrap(), Shelved { files: 1, bytes: 3 });
        assert!(shelf.read("sha256-a").is_none());
    }

    #[test]
    fn the_files_that_were_not_used_for_the_longest_time_are_removed_first() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Some(folder.path().to_owned()), 100);
        for (name, seconds) in [("a", 300_000), ("b", 200_000), ("c", 100_000)] {
            put(&shelf, name, 30);
            age(folder.path(), name, seconds);
        }
        assert!(shelf.read("a").is_some());

        put(&shelf, "d", 30);

        let is_kept = |name: &str| folder.path().join(name).exists();
        assert!(is_kept("a") && !is_kept("b") && !is_kept("c") && is_kept("d"));
        put(&shelf, "larger", 1000);
        assert!(!is_kept("larger") && shelf.held().unwrap().bytes <= 100);
    }

    #[test]
    fn a_process_that_has_died_leaves_nothing_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        for (name, seconds) in [(".new-old", 100_000), (".new-now", 10)] {
            fs::write(folder.path().join(name), "x").unwrap();
            age(folder.path(), name, seconds);
        }
        let shelf = Shelf::new(Some(folder.path().to_owned()), 100);
        assert_eq!(shelf.held().unwrap(), Shelved::default());
        assert!(!folder.path().join(".new-old").exists() && folder.path().join(".new-now").exists());
    }

    #[test]
    fn a_name_leads_nowhere_else_and_a_shelf_without_a_folder_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Some(folder.path().to_owned()), 100);
        for name in ["", ".", "..", "a/b", "../a", "A", ".new-a", "a\0", &"a".repeat(201)] {
            assert!(shelf.read(name).is_none(), "{name}");
            assert_eq!(shelf.write(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
        }
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        assert!(shelf.read("link").is_none());
        let nowhere = Shelf::new(None, 100);
        assert!(
            nowhere.read("a").is_none() && nowhere.write("a").is_err() && nowhere.held().unwrap().files == 0
        );
    }
}
