//! Uploads in progress.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::repository::Repository;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::protocol::Session;
use crate::reference::RepositoryName;
use crate::store::{self, disk};

/// Maximum number of open uploads. Each is a file, and two hundred bytes of memory.
const SESSIONS_MAX: usize = 1000;

/// How long an abandoned upload is kept. registry:2's purge keeps them equally long.
const ABANDONED_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Maximum number of open uploads of one client, so that others can begin some. A busy client has as many as
/// it has connections.
const PEER_MAX: usize = 250;

/// A client with this number of uploads is doing more than pushing images.
const PEER_MANY: usize = 64;

/// How long an unused upload of a client with [`PEER_MANY`] is kept.
const IDLE_AFTER: Duration = Duration::from_secs(60 * 60);

/// The same when the client, or all clients, may begin no other. It is long enough to reconnect after an
/// interruption.
const IDLE_AFTER_FULL: Duration = Duration::from_secs(60);

/// How long a request waits for the one before it on the same upload, which was told to end.
const TAKE_OVER: Duration = Duration::from_secs(10);

/// How many bytes are gathered before they are written. Larger pieces are written as they arrive.
const GATHER: usize = 256 * 1024;

/// Uploads, each in a file whose length is its progress.
#[derive(Debug)]
pub(super) struct Sessions {
    folder: PathBuf,
    /// The folder of uploads that cannot be resumed. It is emptied when the registry is opened.
    parts: PathBuf,
    slots: Arc<Slots>,
}

/// All uploads by their files.
type Slots = Mutex<HashMap<PathBuf, Arc<Slot>>>;

/// A client for counting uploads: an address, or a network of IPv6 addresses that one host may have.
type Peer = Option<IpAddr>;

/// One upload.
#[derive(Debug)]
struct Slot {
    /// One permit: one request at a time.
    turn: Arc<Semaphore>,
    /// The client that began the upload, or `None` if an earlier process received it.
    peer: Peer,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Notifies the request whose turn it is that another one waits.
    stop: Arc<Notify>,
    /// The hash of the file's content, or `None` if an earlier process wrote it or a write failed.
    hasher: Option<Hasher>,
    used: Instant,
}

/// Why an upload cannot be begun or resumed.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The repository has no upload of this name.
    Unknown,
    /// Another request is using the upload, and does not release it.
    Busy,
    /// There are too many uploads.
    TooMany,
    /// The file of the upload cannot be used.
    Store(store::Error),
}

impl From<store::Error> for SessionError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Sessions {
    /// Loads the uploads that earlier processes left, and removes abandoned ones.
    ///
    /// Symbolic links and files with other names are not uploads, so they are left unchanged.
    pub(super) fn open(root: &Path) -> Result<Self, store::Error> {
        let folder = root.join("uploads");
        let mut slots = HashMap::new();
        for repository in disk::names_in(&folder)? {
            let inner = folder.join(repository);
            if !is_folder(&inner) {
                continue;
            }
            for name in disk::names_in(&inner)?.into_iter().filter(|name| is_session(name)) {
                let path = inner.join(name);
                if is_abandoned(&path) {
                    disk::remove(&path)?;
                } else {
                    slots.insert(path, Arc::new(Slot::new(None, None)));
                }
            }
            // Fails if an upload is left in it, as it should.
            let _ = fs::remove_dir(&inner);
        }
        Ok(Self { folder, parts: root.join("parts"), slots: Arc::new(Mutex::new(slots)) })
    }

    /// Begins an upload.
    pub(super) async fn begin(
        &self,
        name: &RepositoryName,
        peer: Option<IpAddr>,
    ) -> Result<Lease, SessionError> {
        let session = new_session();
        let path = self.path(name, &session);
        self.begin_at(path, session, peer).await
    }

    /// Begins an upload whose name the client never learns, because it sends everything in one request.
    /// Nothing of it remains if the request is aborted.
    pub(super) async fn begin_whole(&self, peer: Option<IpAddr>) -> Result<Lease, SessionError> {
        let session = new_session();
        let path = self.parts.join(format!("{}{}", disk::TEMPORARY, session.as_str()));
        let mut lease = self.begin_at(path, session, peer).await?;
        lease.ends_in = Some(Arc::clone(&self.slots));
        Ok(lease)
    }

    async fn begin_at(
        &self,
        path: PathBuf,
        session: Session,
        peer: Option<IpAddr>,
    ) -> Result<Lease, SessionError> {
        let peer = peer.map(network);
        self.make_room(peer)?;
        let slot = Arc::new(Slot::new(peer, Some(Hasher::new(Algorithm::Sha256))));
        disk::open_or_create(&path)?;
        self.slots().insert(path.clone(), Arc::clone(&slot));
        Lease::take(slot, path, session).await
    }

    /// Resumes an upload. A request that still works on it is told to end, because its client has given it
    /// up.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the upload unchanged.
    pub(super) async fn resume(
        &self,
        name: &RepositoryName,
        session: &Session,
    ) -> Result<Lease, SessionError> {
        let path = self.path(name, session);
        let slot = self.slots().get(&path).cloned().ok_or(SessionError::Unknown)?;
        let taken = Lease::take(slot, path.clone(), session.clone()).await;
        if matches!(taken, Err(SessionError::Unknown)) {
            // It has become a blob, and the request that did so could not update this map.
            self.slots().remove(&path);
        }
        taken
    }

    /// Ends an upload. Its file is removed if it still exists.
    pub(super) fn end(&self, lease: Lease) -> Result<(), store::Error> {
        self.slots().remove(&lease.path);
        let removed = self.remove(&lease.path);
        drop(lease);
        removed.map(drop)
    }

    /// Removes an upload's file, and the folder of its repository's uploads if it was the last one.
    fn remove(&self, path: &Path) -> Result<bool, store::Error> {
        let removed = disk::remove(path)?;
        if let Some(folder) = path.parent().filter(|folder| **folder != self.parts) {
            let _ = fs::remove_dir(folder);
        }
        Ok(removed)
    }

    /// Removes unused uploads: the more are open, the sooner.
    fn make_room(&self, peer: Peer) -> Result<(), SessionError> {
        let mut slots = self.slots();
        let is_full = slots.len() >= SESSIONS_MAX;
        let mut counts: HashMap<Peer, usize> = HashMap::new();
        for slot in slots.values() {
            *counts.entry(slot.peer).or_default() += 1;
        }
        slots.retain(|path, slot| {
            let patience = match counts.get(&slot.peer) {
                _ if is_full => IDLE_AFTER_FULL,
                Some(PEER_MAX..) => IDLE_AFTER_FULL,
                Some(PEER_MANY..) => IDLE_AFTER,
                _ => ABANDONED_AFTER,
            };
            !(slot.is_idle_for(patience) && self.remove(path).is_ok())
        });
        let own = slots.values().filter(|slot| slot.peer == peer).count();
        if slots.len() < SESSIONS_MAX && own < PEER_MAX { Ok(()) } else { Err(SessionError::TooMany) }
    }

    fn path(&self, name: &RepositoryName, session: &Session) -> PathBuf {
        self.folder.join(Repository::folder_name(name)).join(session.as_str())
    }

    /// Locks the map. Each change is one step, so the map stays consistent even if a thread panics.
    fn slots(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(peer: Peer, hasher: Option<Hasher>) -> Self {
        let state = State { stop: Arc::new(Notify::new()), hasher, used: Instant::now() };
        Self { turn: Arc::new(Semaphore::new(1)), peer, state: Mutex::new(state) }
    }

    fn is_idle_for(&self, time: Duration) -> bool {
        self.turn.available_permits() > 0 && self.state().used.elapsed() > time
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload in use by one request.
///
/// Dropping it keeps the written bytes, unless the upload cannot be resumed.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) session: Session,
    path: PathBuf,
    file: BufWriter<File>,
    offset: u64,
    hasher: Option<Hasher>,
    stop: Arc<Notify>,
    slot: Arc<Slot>,
    /// The map from which the upload is removed when the lease is dropped.
    ends_in: Option<Arc<Slots>>,
    _turn: OwnedSemaphorePermit,
}

/// A position in an upload to which it can be rewound.
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
        Ok(Self { session, path, file, offset, hasher, stop, slot, ends_in: None, _turn: turn })
    }

    /// Returns the number of bytes received so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the file. It is complete after [`Lease::verify`].
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until another request wants to resume this upload.
    pub(super) async fn is_wanted(&self) {
        self.stop.notified().await;
    }

    /// Writes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), store::Error> {
        // An interrupted write may leave any part of the bytes in the file, which is then hashed again.
        let hasher = self.hasher.take();
        disk::in_place(|| self.file.write_all(bytes)).map_err(store::Error::io("write", &self.path))?;
        self.offset += bytes.len() as u64;
        self.hasher = hasher.map(|mut hasher| {
            hasher.update(bytes);
            hasher
        });
        Ok(())
    }

    /// Returns the current position.
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.offset, hasher: self.hasher.clone() }
    }

    /// Drops all bytes that were written since the mark.
    pub(super) fn rewind(&mut self, mark: Mark) -> Result<(), store::Error> {
        let result = disk::in_place(|| {
            self.file.seek(SeekFrom::Start(mark.offset))?;
            self.file.get_ref().set_len(mark.offset)
        });
        self.offset = mark.offset;
        self.hasher = mark.hasher;
        result.map_err(store::Error::io("write", &self.path))
    }

    /// Reports whether all bytes so far hash to `digest`.
    ///
    /// They are hashed again if an earlier process wrote some of them, or if the digest is not a SHA-256.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the upload unchanged.
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
        if let Some(slots) = &self.ends_in {
            slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
            // The file no longer exists after the upload has become a blob.
            let _ = disk::remove(&self.path);
        }
        // If it cannot be flushed, the file is shorter than reported. The next request uses its real length.
        let flushed = self.file.flush().is_ok();
        let mut state = self.slot.state();
        state.hasher = self.hasher.take().filter(|_| flushed);
        state.used = Instant::now();
    }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Reports whether a file may be an upload: they are named by UUIDs.
fn is_session(name: &str) -> bool {
    name.len() == 36 && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Returns the network in which one host has all addresses: for IPv6 the first 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Returns a random UUID (RFC 9562, version 4), because some clients expect that form.
fn new_session() -> Session {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    text.parse().expect("hexadecimal characters and dashes are a session's")
}

/// Opens an upload's file for writing. Returns `None` if it does not exist.
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

    fn address(number: usize) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, u8::try_from(number).unwrap()]))
    }

    /// Opens the uploads of a new registry.
    fn fresh() -> (tempfile::TempDir, Sessions, RepositoryName) {
        let root = tempfile::TempDir::new().unwrap();
        let sessions = Sessions::open(root.path()).unwrap();
        (root, sessions, "team/app".parse().unwrap())
    }

    /// Makes all uploads appear unused for `time`.
    fn let_pass(sessions: &Sessions, time: Duration) {
        for slot in sessions.slots().values() {
            let mut state = slot.state();
            state.used = state.used.checked_sub(time).expect("the clock counts from long ago");
        }
    }

    #[tokio::test]
    async fn the_number_of_uploads_has_a_limit() {
        let (_root, sessions, name) = fresh();
        let mut last = None;
        for number in 0..SESSIONS_MAX {
            let peer = address(number / (PEER_MAX - 50));
            last = Some(sessions.begin(&name, peer).await.unwrap().session.clone());
        }
        assert!(matches!(sessions.begin(&name, address(99)).await, Err(SessionError::TooMany)));
        let lease = sessions.resume(&name, &last.unwrap()).await.unwrap();
        sessions.end(lease).unwrap();
        sessions.begin(&name, address(99)).await.unwrap();
    }

    #[tokio::test]
    async fn s4_one_client_cannot_take_all_uploads_and_has_its_own_back_after_a_minute() {
        let (root, sessions, name) = fresh();
        for _ in 0..PEER_MAX {
            sessions.begin(&name, address(1)).await.unwrap();
        }
        assert!(matches!(sessions.begin(&name, address(1)).await, Err(SessionError::TooMany)));
        let other = sessions.begin(&name, address(2)).await.unwrap().session.clone();

        let_pass(&sessions, IDLE_AFTER_FULL + Duration::from_secs(1));
        sessions.begin(&name, address(1)).await.unwrap();
        assert_eq!(sessions.slots().len(), 2, "the client's unused uploads are gone");
        assert_eq!(
            disk::names_in(&root.path().join("uploads").join(Repository::folder_name(&name))).unwrap().len(),
            2
        );
        sessions.resume(&name, &other).await.expect("another client's upload stays");
    }

    #[tokio::test]
    async fn s4_unused_uploads_expire_the_sooner_the_more_there_are() {
        let (_root, sessions, name) = fresh();
        for _ in 0..PEER_MANY - 1 {
            sessions.begin(&name, address(1)).await.unwrap();
        }
        let_pass(&sessions, IDLE_AFTER * 2);
        sessions.begin(&name, address(1)).await.unwrap();
        assert_eq!(sessions.slots().len(), PEER_MANY, "a few are kept for a week");
        sessions.begin(&name, address(1)).await.unwrap();
        assert_eq!(sessions.slots().len(), 2, "many are not");
    }

    #[tokio::test]
    async fn s4_nothing_stays_of_an_upload_that_cannot_be_resumed() {
        let (root, sessions, _name) = fresh();
        let mut lease = sessions.begin_whole(address(1)).await.unwrap();
        lease.write(&vec![0; GATHER * 2]).unwrap();
        assert_eq!(disk::names_in(&root.path().join("parts")).unwrap().len(), 1);
        drop(lease);
        assert_eq!(disk::names_in(&root.path().join("parts")).unwrap().len(), 0);
        assert!(sessions.slots().is_empty());
    }

    #[test]
    fn s6_no_link_leads_the_removal_of_abandoned_uploads_elsewhere() {
        let (root, elsewhere) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let precious = elsewhere.path().join(new_session().as_str());
        fs::write(&precious, "precious").unwrap();
        let old = SystemTime::now() - ABANDONED_AFTER * 2;
        File::options().write(true).open(&precious).unwrap().set_modified(old).unwrap();
        fs::create_dir(root.path().join("uploads")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("uploads/link")).unwrap();
        let sessions = Sessions::open(root.path()).unwrap();
        assert!(precious.exists() && sessions.slots().is_empty());
    }

    #[test]
    fn a_host_counts_as_one_with_all_its_addresses() {
        let network = |text: &str| super::network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn sessions_are_named_by_uuids() {
        let session = new_session();
        let parts: Vec<_> = session.as_str().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']));
    }
}
