//! Substitutes for locks on file systems without them, as on some network file systems and in some
//! containers.
//!
//! To take a lock, a process creates a file next to the lock file, with the process in its name, and then
//! looks for the files of other processes. Of two processes that do so at the same time, at least one sees
//! the other, so at most one takes the lock. The operating system does not remove these files when a process
//! is killed. The next process that finds the file of a dead process removes it.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Pid, test_kill_process};

use super::{Error, disk};

/// How long a claim is valid if it is unknown whether its process is alive, because it is on another machine
/// or in another container. After this time the lock counts as free.
const BELIEVED: Duration = Duration::from_secs(60 * 60);

/// The number of the next claim of this process.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// By a single holder.
    Exclusive,
    /// Together with other holders in this mode.
    Shared,
}

impl Mode {
    /// Reports whether two holders cannot have the lock at the same time.
    fn excludes(self, other: Self) -> bool {
        self == Self::Exclusive || other == Self::Exclusive
    }
}

/// A lock that is held until it is dropped or its process has ended.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
}

impl Claim {
    /// Takes the lock `path` unless another holder excludes it.
    pub(super) fn attempt(path: &Path, mode: Mode) -> Result<Option<Self>, Error> {
        let claim = Self::make(path, mode)?;
        let (Some(folder), Some(lock)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(Some(claim));
        };
        for name in disk::names_in(folder)? {
            let other = folder.join(&name);
            let Some(holder) = name.strip_prefix(lock).and_then(Holder::parse) else { continue };
            if other == claim.path || !mode.excludes(holder.mode) {
                continue;
            }
            if holder.is_alive(&other) {
                return Ok(None);
            }
            disk::remove(&other)?;
        }
        Ok(Some(claim))
    }

    /// Returns a process of this machine that holds a claim on the lock `path`, other than the caller.
    pub(super) fn holder(path: &Path) -> Option<u32> {
        let (folder, lock) = (path.parent()?, path.file_name()?.to_str()?);
        let names = disk::names_in(folder).ok()?;
        let holders = names.iter().filter_map(|name| Holder::parse(name.strip_prefix(lock)?));
        let own = |holder: &Holder| holder.machine == machine() && holder.process != std::process::id();
        holders.filter(own).map(|holder| holder.process).next()
    }

    fn make(path: &Path, mode: Mode) -> Result<Self, Error> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let holder = Holder { mode, machine: machine(), process: std::process::id() };
        let mut name = path.as_os_str().to_owned();
        name.push(format!("{}-{number}", holder.text()));
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits() as i32);
        match options.open(&path) {
            Ok(_) => {}
            // An earlier process with this number left its claim.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", &path)(error)),
        }
        Ok(Self { path })
    }

    /// Removes the claims of dead processes.
    pub(super) fn forget_dead(folder: &Path) -> Result<(), Error> {
        for name in disk::names_in(folder)? {
            let path = folder.join(&name);
            let holder = name.find('.').and_then(|dot| Holder::parse(&name[dot..]));
            if holder.is_some_and(|holder| !holder.is_alive(&path)) {
                disk::remove(&path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A file that remains is removed once this process has ended.
        let _ = fs::remove_file(&self.path);
    }
}

/// The holder of a claim, according to its file name: `.MODE-MACHINE-PROCESS-NUMBER` after the lock's name.
struct Holder {
    mode: Mode,
    machine: String,
    process: u32,
}

impl Holder {
    fn text(&self) -> String {
        let mode = match self.mode {
            Mode::Exclusive => "only",
            Mode::Shared => "with",
        };
        format!(".{mode}-{}-{}", self.machine, self.process)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix('.')?.split('-');
        let mode = match words.next()? {
            "only" => Mode::Exclusive,
            "with" => Mode::Shared,
            _ => return None,
        };
        let machine = words.next()?.to_owned();
        Some(Self { mode, machine, process: words.next()?.parse().ok()? })
    }

    fn is_alive(&self, claim: &Path) -> bool {
        if self.machine == machine() {
            let pid = i32::try_from(self.process).ok().and_then(Pid::from_raw);
            // If the signal is not permitted, the process exists.
            return pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH));
        }
        let made = fs::symlink_metadata(claim).and_then(|metadata| metadata.modified());
        // A time in the future comes from a clock that is ahead of this one.
        made.is_ok_and(|made| made.elapsed().map_or(true, |age| age < BELIEVED))
    }
}

/// Returns the scope in which a process number is unique: this machine since its last start, and this
/// container.
pub(super) fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let container = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let container = container.to_string_lossy();
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    format!("{}{}", letters(&boot), letters(&container))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates an exclusive claim of this age, of a process on some machine.
    fn claim_of(lock: &Path, machine: &str, process: u32, age: Duration) -> PathBuf {
        let path = PathBuf::from(format!("{}.only-{machine}-{process}-0", lock.display()));
        let file = fs::File::create(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
        path
    }

    #[test]
    fn many_may_share_a_lock_and_one_may_have_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("sha256-abc");
        let attempt = |mode| Claim::attempt(&lock, mode).unwrap();
        let shared = [attempt(Mode::Shared), attempt(Mode::Shared)];
        assert!(shared.iter().all(Option::is_some));
        assert!(attempt(Mode::Exclusive).is_none());
        drop(shared);
        let only = attempt(Mode::Exclusive);
        assert!(only.is_some() && attempt(Mode::Exclusive).is_none() && attempt(Mode::Shared).is_none());
        assert!(Claim::attempt(&folder.path().join("sha256-abcd"), Mode::Exclusive).unwrap().is_some());
        drop(only);
        assert_eq!(disk::names_in(folder.path()).unwrap(), [""; 0], "nothing is left");
    }

    #[test]
    fn a_dead_process_or_one_away_for_an_hour_holds_nothing() {
        // No process has this number, because it is above the maximum of Linux.
        const NONE: u32 = 1 << 23;
        let own = std::process::id();
        let (young, old) = (Duration::ZERO, BELIEVED * 2);
        for (machine, process, age, holds) in [
            (machine(), own, old, true),
            (machine(), NONE, young, false),
            ("another".to_owned(), own, young, true),
            ("another".to_owned(), own, old, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let lock = folder.path().join("index");
            let claim = claim_of(&lock, &machine, process, age);
            let claim = || claim.exists();
            assert_eq!(Claim::attempt(&lock, Mode::Shared).unwrap().is_none(), holds, "{machine} {process}");
            assert_eq!(claim(), holds);
            Claim::forget_dead(folder.path()).unwrap();
            assert_eq!(claim(), holds);
        }
    }
}
