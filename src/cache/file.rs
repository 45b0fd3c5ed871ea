//! The file of a journal: bounded, locked while it is changed, and replaced in one step.
//!
//! A file that cannot be trusted counts as missing. A failed write matters only for a file that holds more
//! than hints.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::marker::PhantomData;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Maximum number of hints that are kept.
const HINTS_MAX: usize = 256;

/// Maximum size of a file of hints, in bytes, for reading and writing.
const HINTS_SIZE_MAX: usize = 256 << 10;

/// Maximum size of a file of other entries, in bytes: enough for some tens of thousands.
const KEPT_SIZE_MAX: usize = 4 << 20;

/// The version of the file's format. Files of other versions are not read.
const VERSION: u32 = 1;

/// How long to wait for another process that holds the file. It holds it for a millisecond, unless it was
/// stopped.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// An entry of a journal: a fact, and when it was found.
pub trait Entry: Clone + PartialEq + Serialize + DeserializeOwned {
    /// The name of the journal's file.
    const FILE_NAME: &str;

    /// How long the entry is valid, in seconds.
    const LIFE: u64;

    /// Whether the entry may be lost, because it can be found again.
    const IS_HINT: bool = true;

    /// Returns when the entry was found, in seconds since 1970 by the wall clock.
    fn learned(&self) -> u64;

    /// Reports whether the entry is still valid. If the clock was changed, the worst result is that the fact
    /// is found again.
    fn is_alive(&self, now: u64) -> bool {
        now.checked_sub(self.learned()).is_some_and(|age| age < Self::LIFE)
    }
}

/// Returns the seconds since 1970, by the wall clock.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A file of entries. All functions block, none for long.
pub(super) struct JournalFile<E> {
    path: PathBuf,
    entries: PhantomData<fn() -> E>,
}

#[derive(Serialize, Deserialize)]
struct Document<E> {
    version: u32,
    entries: Vec<E>,
}

impl<E: Entry> JournalFile<E> {
    /// Creates a handle for the file in `folder`. Neither need exist.
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(E::FILE_NAME), entries: PhantomData }
    }

    /// Returns the entries, or none if the file is invalid in any way.
    pub(super) fn read(&self) -> Vec<E> {
        self.parse().unwrap_or_else(|error| {
            if error.kind() != ErrorKind::NotFound {
                tracing::debug!(%error, path = %self.path.display(), "cache is not read");
            }
            Vec::new()
        })
    }

    /// Changes the entries as [`keep`](Self::keep) does, and logs a failed write.
    pub(super) fn update(&self, change: impl Fn(&mut Vec<E>), now: u64) {
        if let Err(error) = self.keep(change, now) {
            tracing::debug!(%error, path = %self.path.display(), "cache is not kept");
        }
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Applies a change to the current entries, including those of other processes. Entries that are not
    /// valid at `now` are left out, and so are the oldest hints above the maximum. A change without effect
    /// writes nothing.
    ///
    /// An interruption leaves the old file or the new one.
    ///
    /// # Errors
    /// The system's error, or `FileTooLarge` for too many entries that must not be lost. The file is
    /// unchanged then.
    pub(super) fn keep(&self, change: impl Fn(&mut Vec<E>), now: u64) -> io::Result<()> {
        let changed = || {
            let before = self.read();
            let mut entries = before.clone();
            change(&mut entries);
            (entries != before).then_some(entries)
        };
        // Usually there is nothing to change, and then nothing is created.
        if changed().is_none() {
            return Ok(());
        }
        let folder = self.folder()?;
        let _lock = self.lock()?;
        let Some(mut entries) = changed() else { return Ok(()) };
        entries.retain(|entry| entry.is_alive(now));
        let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(folder)?;
        file.write_all(&to_text(entries)?)?;
        // A hint need not survive a power cut: the next process can find it again.
        if !E::IS_HINT {
            file.as_file().sync_all()?;
        }
        file.persist(&self.path)?;
        Ok(())
    }

    fn parse(&self) -> io::Result<Vec<E>> {
        // Without NONBLOCK, opening a pipe would wait for its other end.
        let file = open(&self.path, OpenOptions::new().read(true), OFlags::NONBLOCK)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        check_owner(&metadata)?;
        let most = size_max::<E>();
        let size = usize::try_from(metadata.len()).unwrap_or(most);
        let mut content = Vec::with_capacity(size.min(most) + 1);
        file.take(most as u64 + 1).read_to_end(&mut content)?;
        if content.len() > most {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let document: Document<E> = serde_json::from_slice(&content)?;
        if document.version != VERSION {
            return Err(io::Error::other("a format of another version"));
        }
        Ok(document.entries)
    }

    /// Creates the folder of the file, for this user only, if it does not exist, and returns it.
    ///
    /// A `umask` of 002 creates folders that the user's group may write. For entries that are not hints, that
    /// permission is removed.
    fn folder(&self) -> io::Result<&Path> {
        let folder = self.path.parent().ok_or(ErrorKind::NotFound)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let metadata = fs::metadata(folder)?;
        if !E::IS_HINT && is_own(&metadata) && metadata.mode() & OTHERS_WRITE != 0 {
            let closed = fs::Permissions::from_mode(metadata.mode() & 0o7777 & !OTHERS_WRITE);
            fs::set_permissions(folder, closed)?;
        }
        check_owner(&fs::metadata(folder)?)?;
        Ok(folder)
    }

    /// Takes the lock, which is held until the file is dropped. The lock file is not removed, because that
    /// would break the lock for the next two processes.
    fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = open(&self.path.with_extension("lock"), &mut options, OFlags::NONBLOCK)?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_PATIENCE => {
                    pause(Duration::from_millis(2));
                }
                Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
                // Some network file systems do not support locks. The worst result is that one of two changes
                // is lost.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// Sleeps. On a multi-threaded runtime, the other tasks continue meanwhile.
fn pause(time: Duration) {
    #[cfg(feature = "cli")]
    {
        use tokio::runtime::{Handle, RuntimeFlavor};
        if let Ok(RuntimeFlavor::MultiThread) = Handle::try_current().map(|runtime| runtime.runtime_flavor())
        {
            return tokio::task::block_in_place(|| std::thread::sleep(time));
        }
    }
    std::thread::sleep(time);
}

/// Opens a file, but does not follow a symbolic link.
fn open(path: &Path, options: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    options.custom_flags((OFlags::NOFOLLOW | flags).bits() as i32).open(path)
}

/// The mode bits that allow writing to users other than the owner.
const OTHERS_WRITE: u32 = 0o022;

fn is_own(metadata: &fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Checks that only this user can have written the file.
fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    if !is_own(metadata) {
        return Err(io::Error::other("it belongs to another user"));
    }
    if metadata.mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::other("other users may write it"));
    }
    Ok(())
}

fn size_max<E: Entry>() -> usize {
    if E::IS_HINT { HINTS_SIZE_MAX } else { KEPT_SIZE_MAX }
}

/// Returns the text for all entries, or for as many of the newest hints as may be kept.
fn to_text<E: Entry>(mut entries: Vec<E>) -> io::Result<Vec<u8>> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.learned()));
    if !E::IS_HINT {
        let text = to_json(&Document { version: VERSION, entries });
        return if text.len() > size_max::<E>() { Err(ErrorKind::FileTooLarge.into()) } else { Ok(text) };
    }
    entries.truncate(HINTS_MAX);
    let mut room = HINTS_SIZE_MAX - to_json(&Document::<E> { version: VERSION, entries: Vec::new() }).len();
    entries.retain(|entry| {
        let size = to_json(entry).len() + 1;
        let fits = size <= room;
        room -= if fits { size } else { 0 };
        fits
    });
    Ok(to_json(&Document { version: VERSION, entries }))
}

fn to_json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("texts and numbers can be written to memory")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// The time of the tests.
    const NOW: u64 = 1_800_000_000;

    /// An entry for the tests.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Saying {
        server: String,
        learned: u64,
    }

    impl Entry for Saying {
        const FILE_NAME: &str = "sayings.json";
        const LIFE: u64 = 24 * 60 * 60;

        fn learned(&self) -> u64 {
            self.learned
        }
    }

    fn entry(server: &str, age: u64) -> Saying {
        Saying { server: server.to_owned(), learned: NOW - age }
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    struct Fixture {
        folder: tempfile::TempDir,
        file: JournalFile<Saying>,
    }

    /// Creates a handle for a file in a folder that does not exist yet.
    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let file = JournalFile::new(&folder.path().join("cache/regcli"));
        Fixture { folder, file }
    }

    /// Creates a file with one entry.
    fn filled() -> Fixture {
        let fixture = fixture();
        fixture.add("https://a.example/", 0);
        assert_eq!(fixture.file.read().len(), 1);
        fixture
    }

    impl Fixture {
        fn add(&self, server: &str, age: u64) {
            self.file.update(|entries| entries.push(entry(server, age)), NOW);
        }

        fn path(&self) -> &Path {
            &self.file.path
        }

        /// Returns the names in its folder.
        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(self.path().parent().unwrap()).unwrap();
            let mut names: Vec<String> =
                names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_is_private_to_the_user() {
        let fixture = filled();

        assert_eq!(fixture.file.read(), [entry("https://a.example/", 0)]);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(fixture.path()), 0o600);
        assert_eq!(mode(fixture.path().parent().unwrap()), 0o700);
        assert_eq!(fixture.names(), ["sayings.json", "sayings.lock"]);
    }

    #[test]
    fn a_change_that_changes_nothing_writes_nothing() {
        let fixture = fixture();
        fixture.file.update(Vec::clear, NOW);
        assert_eq!(fs::read_dir(fixture.folder.path()).unwrap().count(), 0);

        fixture.add("https://a.example/", 0);
        let before = fs::metadata(fixture.path()).unwrap().ino();
        fixture.file.update(|entries| entries.retain(|_| true), NOW);
        assert_eq!(fs::metadata(fixture.path()).unwrap().ino(), before);
    }

    #[test]
    fn a_file_that_cannot_be_trusted_is_as_good_as_none() {
        for content in ["", "{", "[]", "\u{feff}{}", r#"{"version":2,"entries":[]}"#, "\0\0\0"] {
            let fixture = filled();
            fs::write(fixture.path(), content).unwrap();
            assert_eq!(fixture.file.read(), [], "{content:?}");
            fixture.add("https://b.example/", 0);
            assert_eq!(fixture.file.read(), [entry("https://b.example/", 0)], "the file is written again");
        }
        let fixture = filled();
        let mut content = fs::read(fixture.path()).unwrap();
        content.resize(HINTS_SIZE_MAX + 1, b' ');
        fs::write(fixture.path(), &content).unwrap();
        assert_eq!(fixture.file.read(), [], "it is too large");
        content.truncate(HINTS_SIZE_MAX);
        fs::write(fixture.path(), &content).unwrap();
        assert_eq!(fixture.file.read().len(), 1);
        for mode in [0o620, 0o602, 0o666] {
            set_mode(fixture.path(), mode);
            assert_eq!(fixture.file.read(), [], "{mode:o}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_not_used() {
        let fixture = filled();
        assert!(check_owner(&fs::metadata(fixture.path()).unwrap()).is_ok());
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(fixture.path(), Some(12_345), None).unwrap();
            assert_eq!(fixture.file.read(), []);
        } else {
            assert!(check_owner(&fs::metadata("/").unwrap()).is_err());
        }
    }

    #[test]
    fn anything_but_a_file_is_neither_read_nor_written_through() {
        let fixture = filled();
        let elsewhere = fixture.folder.path().join("elsewhere");
        fs::rename(fixture.path(), &elsewhere).unwrap();
        let before = fs::read(&elsewhere).unwrap();
        symlink(&elsewhere, fixture.path()).unwrap();
        assert_eq!(fixture.file.read(), []);
        fixture.add("https://b.example/", 0);
        assert_eq!(fixture.file.read(), [entry("https://b.example/", 0)]);
        assert_eq!(fs::read(&elsewhere).unwrap(), before);

        fs::remove_file(fixture.path()).unwrap();
        let pipe = rustix::fs::FileType::Fifo;
        let place = rustix::fs::CWD;
        rustix::fs::mknodat(place, fixture.path(), pipe, 0o600.into(), 0).unwrap();
        assert_eq!(fixture.file.read(), [], "and no process waits for the other end");

        fs::remove_file(fixture.path()).unwrap();
        fs::create_dir(fixture.path()).unwrap();
        fixture.add("https://b.example/", 0);
        assert_eq!(fixture.file.read(), []);
        assert_eq!(fixture.names(), ["sayings.json", "sayings.lock"], "nothing is left behind");
    }

    #[test]
    #[cfg(feature = "cli")]
    fn d11_who_waits_for_a_locked_cache_holds_up_no_other_task() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};

        let fixture = filled();
        let lock = File::open(fixture.path().with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let runtime = runtime.unwrap();
        let ticks = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&ticks);
        let update = async move {
            tokio::spawn(async move {
                loop {
                    counter.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
            tokio::task::yield_now().await;
            let before = ticks.load(Ordering::Relaxed);
            fixture.add("https://b.example/", 0);
            ticks.load(Ordering::Relaxed) - before
        };
        // The tests' own thread is not a worker: block_on would leave one free.
        let ticked = runtime.block_on(async { tokio::spawn(update).await.unwrap() });
        runtime.shutdown_background();
        assert!(ticked > 3, "the other task stood still");
    }

    #[test]
    fn a_folder_that_others_may_write_is_left_alone() {
        let fixture = filled();
        let folder = fixture.path().parent().unwrap();
        set_mode(folder, 0o777);
        fixture.add("https://b.example/", 0);
        assert_eq!(fixture.file.read().len(), 1);
        set_mode(folder, 0o700);
        fixture.add("https://b.example/", 0);
        assert_eq!(fixture.file.read().len(), 2);
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_not_an_error() {
        let fixture = fixture();
        fs::write(fixture.folder.path().join("cache"), "a file").unwrap();
        fixture.add("https://a.example/", 0);
        assert_eq!(fixture.file.read(), []);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let fixture = fixture();
        let ages = 0..HINTS_MAX as u64 + 10;
        let all = || ages.clone().map(|age| entry(&format!("https://r{age}.example/"), age));
        fixture.file.update(|entries| entries.extend(all()), NOW);
        assert!(fixture.file.read().into_iter().eq(all().take(HINTS_MAX)));

        let long = |age| entry(&format!("https://{}.example/", "x".repeat(4000)), age);
        fixture.file.update(|entries| entries.splice(.., (0..200).map(long)).for_each(drop), NOW);
        assert!(fs::metadata(fixture.path()).unwrap().len() <= HINTS_SIZE_MAX as u64);
        assert_eq!(fixture.file.read().len(), 64, "as many as there is room for");
    }

    #[test]
    fn what_was_found_out_is_believed_for_its_life_whatever_the_clock_does() {
        let entry = Saying { learned: 1000, ..entry("https://r.example/", 0) };
        assert!(entry.is_alive(1000) && entry.is_alive(999 + Saying::LIFE));
        for now in [0, 999, 1000 + Saying::LIFE, u64::MAX] {
            assert!(!entry.is_alive(now), "{now}");
        }
        let future = Saying { learned: u64::MAX, ..entry };
        assert!(!future.is_alive(1000));
    }

    #[test]
    fn what_is_older_than_a_day_or_from_the_future_is_left_out() {
        let fixture = fixture();
        let day = 24 * 60 * 60;
        fixture.add("https://old.example/", day);
        fixture.add("https://new.example/", day - 1);
        assert_eq!(fixture.file.read(), [entry("https://new.example/", day - 1)]);
        fixture.file.update(|entries| entries.push(entry("https://a.example/", 0)), NOW - 1);
        assert_eq!(fixture.file.read(), [entry("https://new.example/", day - 1)]);
    }

    #[test]
    fn waiting_for_a_locked_file_has_a_limit() {
        let fixture = filled();
        let held = fixture.file.lock().unwrap();
        let begin = Instant::now();
        fixture.add("https://b.example/", 0);
        assert!(begin.elapsed() < LOCK_PATIENCE * 4);
        assert_eq!(fixture.file.read().len(), 1);
        drop(held);
        fixture.add("https://b.example/", 0);
        assert_eq!(fixture.file.read().len(), 2);
    }

    #[test]
    fn concurrent_writers_keep_each_others_changes() {
        let fixture = fixture();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let fixture = &fixture;
                scope.spawn(move || {
                    for number in 0..10 {
                        fixture.add(&format!("https://r{writer}-{number}.example/"), 0);
                    }
                });
            }
        });
        assert_eq!(fixture.file.read().len(), 40);
    }
}
