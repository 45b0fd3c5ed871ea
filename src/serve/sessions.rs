//! Uploads under way.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::repository::Repository;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::protocol::Session;
use crate::reference::RepositoryName;
use crate::store::{self, disk, names_in};

/// The most uploads that are open at a time: each is a file, and two hundred bytes of memory.
const SESSIONS_MAX: usize = 1000;

/// How long an upload is kept that nobody goes on with. As long as registry:2's purge keeps them.
const ABANDONED_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The same when there are [`SESSIONS_MAX`]: new uploads go before those that have been idle that long.
const IDLE_AFTER: Duration = Duration::from_secs(60 * 60);

/// How long a request waits for the one before it on the same upload, which was told to end.
const TAKE_OVER: Duration = Duration::from_secs(10);

/// How many bytes are gathered before they are written. Larger pieces are written as they come.
const GATHER: usize = 256 * 1024;

/// Uploads, each in a file whose length says how far it has come.
#[derive(Debug)]
pub(super) struct Sessions {
    folder: PathBuf,
    slots: Mutex<HashMap<PathBuf, Arc<Slot>>>,
}

/// One upload.
#[derive(Debug)]
struct Slot {
    /// One permit: one request at a time.
    turn: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Tells the request whose turn it is that another one waits.
    stop: Arc<Notify>,
    /// The hash of what is in the file; nothing if that was written by an earlier process, or in part.
    hasher: Option<Hasher>,
    used: Instant,
}

/// Why an upload cannot be begun or gone on with.
#[derive(Debug)]
pub(super) enum SessionError {
    /// There is none of this name in the repository.
    Unknown,
    /// Another request works on it, and does not let go.
    Busy,
    /// There are too many.
    TooMany,
    /// Its file cannot be used.
    Store(store::Error),
}

impl From<store::Error> for SessionError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Sessions {
    /// Takes up the uploads that earlier processes left, and removes those that were abandoned.
    pub(super) fn open(folder: PathBuf) -> Result<Self, store::Error> {
        let mut slots = HashMap::new();
        for repository in names_in(&folder)? {
            let inner = folder.join(repository);
            for name in names_in(&inner)? {
                let path = inner.join(name);
                if is_abandoned(&path) {
                    disk::remove(&path)?;
                } else {
                    slots.insert(path, Arc::new(Slot::new(None)));
                }
            }
            // Fails if there is one left in it, which is as well.
            let _ = fs::remove_dir(&inner);
        }
        Ok(Self { folder, slots: Mutex::new(slots) })
    }

    /// Begins an upload.
    pub(super) async fn begin(&self, name: &RepositoryName) -> Result<Lease, SessionError> {
        self.make_room()?;
        let session = new_session();
        let path = self.path(name, &session);
        let slot = Arc::new(Slot::new(Some(Hasher::new(Algorithm::Sha256))));
        disk::open_or_create(&path)?;
        self.slots().insert(path.clone(), Arc::clone(&slot));
        Lease::take(slot, path, session).await
    }

    /// Goes on with an upload. A request that still works on it is told so: its client has given it up.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the upload as it is.
    pub(super) async fn resume(
        &self,
        name: &RepositoryName,
        session: &Session,
    ) -> Result<Lease, SessionError> {
        let path = self.path(name, session);
        let slot = self.slots().get(&path).cloned().ok_or(SessionError::Unknown)?;
        let taken = Lease::take(slot, path.clone(), session.clone()).await;
        if matches!(taken, Err(SessionError::Unknown)) {
            // It has become a blob, and the request that made it one could not say so here.
            self.slots().remove(&path);
        }
        taken
    }

    /// Ends an upload. Its file is removed if it is still there.
    pub(super) fn end(&self, lease: Lease) -> Result<(), store::Error> {
        self.slots().remove(&lease.path);
        let removed = disk::remove(&lease.path);
        drop(lease);
        removed.map(drop)
    }

    fn make_room(&self) -> Result<(), SessionError> {
        let mut slots = self.slots();
        if slots.len() < SESSIONS_MAX {
            return Ok(());
        }
        slots.retain(|path, slot| !(slot.is_idle() && disk::remove(path).is_ok()));
        if slots.len() < SESSIONS_MAX { Ok(()) } else { Err(SessionError::TooMany) }
    }

    fn path(&self, name: &RepositoryName, session: &Session) -> PathBuf {
        self.folder.join(Repository::folder_name(name)).join(session.as_str())
    }

    /// Each change is one step, so it is whole even after a panic elsewhere.
    fn slots(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(hasher: Option<Hasher>) -> Self {
        let state = State { stop: Arc::new(Notify::new()), hasher, used: Instant::now() };
        Self { turn: Arc::new(Semaphore::new(1)), state: Mutex::new(state) }
    }

    fn is_idle(&self) -> bool {
        self.turn.available_permits() > 0 && self.state().used.elapsed() > IDLE_AFTER
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload in the hands of one request.
///
/// Dropping it keeps what was written.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) session: Session,
    path: PathBuf,
    file: BufWriter<File>,
    offset: u64,
    hasher: Option<Hasher>,
    stop: Arc<Notify>,
    slot: Arc<Slot>,
    _turn: OwnedSemaphorePermit,
}

/// A place in an upload to come back to.
pub(super) struct Mark {
    offset: u64,
    hasher: Option<Hasher>,
}

impl Lease {
    async fn take(slot: Arc<Slot>, path: PathBuf, session: Session) -> Result<Self, SessionError> {
        let turn = match Arc::clone(&slot.turn).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                slot.state().stop.notify_one();
                let turn = Arc::clone(&slot.turn).acquire_owned();
                let turn = tokio::time::timeout(TAKE_OVER, turn).await.map_err(|_| SessionError::Busy)?;
                turn.map_err(|_| SessionError::Unknown)?
            }
        };
        let Some(mut file) = open(&path)? else { return Err(SessionError::Unknown) };
        let offset = file.seek(SeekFrom::End(0)).map_err(store::Error::io("read", &path))?;
        let (stop, hasher) = {
            let mut state = slot.state();
            state.stop = Arc::new(Notify::new());
            (Arc::clone(&state.stop), state.hasher.take())
        };
        let file = BufWriter::with_capacity(GATHER, file);
        Ok(Self { session, path, file, offset, hasher, stop, slot, _turn: turn })
    }

    /// The number of bytes that are there.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Its file. Complete after [`Lease::verify`].
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until another request wants to go on with this upload.
    pub(super) async fn is_wanted(&self) {
        self.stop.notified().await;
    }

    /// Writes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), store::Error> {
        // Whatever of it gets into the file: it is hashed again then.
        let hasher = self.hasher.take();
        disk::in_place(|| self.file.write_all(bytes)).map_err(store::Error::io("write", &self.path))?;
        self.offset += bytes.len() as u64;
        self.hasher = hasher.map(|mut hasher| {
            hasher.update(bytes);
            hasher
        });
        Ok(())
    }

    /// The place that was reached.
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.offset, hasher: self.hasher.clone() }
    }

    /// Drops all bytes that were written since.
    pub(super) fn rewind(&mut self, mark: Mark) -> Result<(), store::Error> {
        let result = disk::in_place(|| {
            self.file.seek(SeekFrom::Start(mark.offset))?;
            self.file.get_ref().set_len(mark.offset)
        });
        self.offset = mark.offset;
        self.hasher = mark.hasher;
        result.map_err(store::Error::io("write", &self.path))
    }

    /// Tells whether all bytes there are hash to `digest`.
    ///
    /// They are hashed again if an earlier process wrote some of them, or the digest is not a SHA-256.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the upload as it is.
    pub(super) async fn verify(&mut self, digest: &Digest) -> Result<bool, store::Error> {
        disk::in_place(|| self.file.flush()).map_err(store::Error::io("write", &self.path))?;
        if let Some(hasher) = self.hasher.as_ref().filter(|_| digest.algorithm() == Algorithm::Sha256) {
            return Ok(hasher.clone().finish() == *digest);
        }
        let (path, algorithm) = (self.path.clone(), digest.algorithm());
        let actual = disk::aside(move || hash_file(&path, algorithm)).await?;
        Ok(actual == *digest)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // If it cannot be flushed, the file is shorter than was said; the next request will see that.
        let flushed = self.file.flush().is_ok();
        let mut state = self.slot.state();
        state.hasher = self.hasher.take().filter(|_| flushed);
        state.used = Instant::now();
    }
}

/// A random UUID (RFC 9562, version 4): some clients want the form.
fn new_session() -> Session {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    text.parse().expect("hexadecimal characters and dashes are a session's")
}

/// Opens an upload's file for writing; `None` if there is none.
fn open(path: &Path) -> Result<Option<File>, store::Error> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(store::Error::io("open", path)(error)),
    }
}

fn is_abandoned(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age > ABANDONED_AFTER)
}

fn hash_file(path: &Path, algorithm: Algorithm) -> Result<Digest, store::Error> {
    let mut file = File::open(path).map_err(store::Error::io("open", path))?;
    let mut hasher = Hasher::new(algorithm);
    let mut chunk = vec![0; GATHER];
    loop {
        match file.read(&mut chunk).map_err(store::Error::io("read", path))? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(&chunk[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_are_so_many_uploads_and_no_more() {
        let root = tempfile::TempDir::new().unwrap();
        let sessions = Sessions::open(root.path().join("uploads")).unwrap();
        let name: RepositoryName = "team/app".parse().unwrap();
        let mut last = None;
        for _ in 0..SESSIONS_MAX {
            last = Some(sessions.begin(&name).await.unwrap().session.clone());
        }
        assert!(matches!(sessions.begin(&name).await, Err(SessionError::TooMany)));
        let lease = sessions.resume(&name, &last.unwrap()).await.unwrap();
        sessions.end(lease).unwrap();
        sessions.begin(&name).await.unwrap();
    }

    #[test]
    fn sessions_are_named_by_uuids() {
        let session = new_session();
        let parts: Vec<_> = session.as_str().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']));
    }
}
