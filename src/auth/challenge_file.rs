//! The file of a [`ChallengeCache`](super::ChallengeCache): shared by all processes of one user.
//!
//! None of it can fail: a file that cannot be trusted is as good as none, one that cannot be written is left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::challenge_cache::Entry;

/// The most servers that are kept.
const ENTRIES_MAX: usize = 256;

/// The most bytes that are read, and written.
const FILE_MAX: usize = 256 << 10;

/// What the file says of its own format. Another one is not read.
const VERSION: u32 = 1;

/// How long another process may hold the file. It holds it for a millisecond, unless it was stopped.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// A file of challenges. All of it blocks; none of it takes long.
pub(super) struct ChallengeFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    challenges: Vec<Entry>,
}

impl ChallengeFile {
    /// The file at `path`, which need not exist.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// What is in it; nothing, if there is anything wrong with it.
    pub(super) fn read(&self) -> Vec<Entry> {
        self.parse().unwrap_or_else(|error| {
            if error.kind() != ErrorKind::NotFound {
                tracing::debug!(%error, path = %self.path.display(), "challenges are not read");
            }
            Vec::new()
        })
    }

    /// Changes what is in it, as it is now, and whoever else has written it. What is older than a day by `now`
    /// is left out. A change that changes nothing writes nothing.
    ///
    /// An interruption leaves the old file or the new one.
    pub(super) fn update(&self, change: impl Fn(&mut Vec<Entry>), now: u64) {
        if let Err(error) = self.try_update(change, now) {
            tracing::debug!(%error, path = %self.path.display(), "challenges are not kept");
        }
    }

    fn try_update(&self, change: impl Fn(&mut Vec<Entry>), now: u64) -> io::Result<()> {
        let changed = || {
            let before = self.read();
            let mut entries = before.clone();
            change(&mut entries);
            (entries != before).then_some(entries)
        };
        // Most often there is nothing to do, and then nothing is made for it.
        if changed().is_none() {
            return Ok(());
        }
        let folder = self.folder()?;
        let _lock = self.lock()?;
        let Some(mut entries) = changed() else { return Ok(()) };
        entries.retain(|entry| entry.is_alive(now));
        // Neither synced nor made to outlive a power cut: the next process would only have to ask again.
        let mut file = tempfile::Builder::new().prefix("challenges-").tempfile_in(folder)?;
        file.write_all(&to_text(entries))?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn parse(&self) -> io::Result<Vec<Entry>> {
        // Without NONBLOCK, opening a pipe would wait for its other end.
        let file = open(&self.path, OpenOptions::new().read(true), OFlags::NONBLOCK)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        check_owner(&metadata)?;
        let mut content = Vec::new();
        file.take(FILE_MAX as u64 + 1).read_to_end(&mut content)?;
        if content.len() > FILE_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let document: Document = serde_json::from_slice(&content)?;
        if document.version != VERSION {
            return Err(io::Error::other("a format of another version"));
        }
        Ok(document.challenges)
    }

    /// The folder it is in, made for this user alone if it is not there.
    fn folder(&self) -> io::Result<&Path> {
        let folder = self.path.parent().ok_or(ErrorKind::NotFound)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        check_owner(&fs::metadata(folder)?)?;
        Ok(folder)
    }

    /// Held until it is dropped. The file stays: who removes a lock's file breaks the lock of the next two.
    fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = open(&self.path.with_extension("lock"), &mut options, OFlags::NONBLOCK)?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
                // Some network file systems have no locks. The worst is that one of two changes is lost.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// Opens a file, but no link to one.
fn open(path: &Path, options: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    options.custom_flags((OFlags::NOFOLLOW | flags).bits() as i32).open(path)
}

/// Makes sure that nobody but this user can have written it.
fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other("other users may write it"));
    }
    Ok(())
}

/// The newest entries, as many as may be kept.
fn to_text(mut entries: Vec<Entry>) -> Vec<u8> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.learned()));
    entries.truncate(ENTRIES_MAX);
    let mut room = FILE_MAX - to_json(&Document { version: VERSION, challenges: Vec::new() }).len();
    entries.retain(|entry| {
        let size = to_json(entry).len() + 1;
        let fits = size <= room;
        room -= if fits { size } else { 0 };
        fits
    });
    to_json(&Document { version: VERSION, challenges: entries })
}

fn to_json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("texts and numbers can be written to memory")
}
