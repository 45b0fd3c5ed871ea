//! Waiting for a lock that another process holds: which process, and how long.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::claim::Claim;
use super::{Error, Holder};

/// The default time to wait for a lock. A lock is held for a moment, or while its holder makes progress.
const PATIENCE: Duration = Duration::from_secs(30);

/// After how long a wait for a lock is reported.
pub(super) const TOLD_AFTER: Duration = Duration::from_secs(2);

/// A wait for a lock that takes longer than a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The lock's file.
    pub path: PathBuf,
    /// The holder of the lock, if the operating system reports it.
    pub holder: Option<Holder>,
}

/// How long to wait for locks, and how to report a wait.
#[derive(Clone)]
pub struct Patience {
    limit: Duration,
    tell: Arc<dyn Fn(&Waiting) + Send + Sync>,
}

impl Patience {
    /// Gives up on a lock whose holder has made no progress for `limit`. `tell` is called once for each wait
    /// that takes longer than two seconds.
    pub fn new(limit: Duration, tell: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self { limit, tell: Arc::new(tell) }
    }

    /// Reports whether there was no progress for too long.
    pub(super) fn is_over(&self, waited: Duration) -> bool {
        waited >= self.limit
    }

    pub(super) fn tell(&self, path: &Path) {
        (self.tell)(&Waiting { path: path.to_owned(), holder: holder_of(path) });
    }

    /// Returns the error of a wait that was given up.
    pub(super) fn error(&self, path: &Path) -> Error {
        Error::Locked { path: path.to_owned(), waited: self.limit, holder: holder_of(path) }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new(PATIENCE, |_| {})
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Returns a process that holds this lock, if the operating system reports it.
fn holder_of(path: &Path) -> Option<Holder> {
    let process = Claim::holder(path).or_else(|| {
        let metadata = fs::symlink_metadata(path).ok()?;
        holder_in(&fs::read_to_string("/proc/locks").ok()?, metadata.ino())
    })?;
    let program = fs::read_to_string(format!("/proc/{process}/comm")).ok();
    let program = program.map(|name| name.trim_end().to_owned()).filter(|name| !name.is_empty());
    Some(Holder { process, program })
}

/// Returns the first process that has locked the file with this number, according to Linux' table: `1: FLOCK
/// ADVISORY  WRITE 4711 fd:01:12345 0 EOF`. The device is ignored, because some file systems show another one
/// there than in the file's metadata. Lines with `->` are for waiting processes.
fn holder_in(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, file, ..] = words[..] else { return None };
        let number = file.rsplit(':').next()?.parse::<u64>().ok()?;
        // The number is 0 for a process in another container.
        process.parse().ok().filter(|process| number == inode && *process != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s8_the_holder_of_a_lock_is_found_in_the_table_of_the_operating_system() {
        let table = "1: POSIX  ADVISORY  WRITE 12 fd:01:7 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 0 fd:01:7 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 13 fd:01:7 0 EOF\n\
                     3: FLOCK  ADVISORY  READ 14 00:2f:7 0 EOF\n\
                     4: FLOCK\n\nx";
        assert_eq!(holder_in(table, 7), Some(14));
        assert_eq!(holder_in(table, 8), None);
        assert_eq!(holder_in("", 7), None);
    }
}
