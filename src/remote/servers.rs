//! The servers that a repository is read from: mirrors first, then the registry itself.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::StatusCode;

use super::Error;
use super::breaks::{Breaks, Part};
use super::dead_mirrors::DeadMirrors;
use super::error::MirrorsSaid;
use super::redirects::Redirects;
use super::senders::Senders;
use super::server::Server;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::digest::Digest;
use crate::image::Descriptor;

/// Which of the servers are used for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Mirrors in turn, and the registry itself.
    ThroughMirrors,
    /// Only the registry itself.
    PastMirrors,
}

/// The servers of one repository, and which of them is active.
pub(super) struct Servers {
    /// The mirrors, the registry itself, then the dead mirrors.
    servers: Vec<Arc<Server>>,
    /// The index of the registry itself.
    origin: usize,
    /// The index of the active server. It advances when a mirror has failed, and beyond the registry itself
    /// only if that is unreachable.
    active: AtomicUsize,
    deaths: Arc<DeadMirrors>,
    /// The interrupted bodies of the active mirror.
    breaks: Breaks,
    /// The locations of blobs that the active server redirects to.
    redirects: Redirects,
    senders: Senders,
    /// The last refusal of each mirror.
    refusals: Mutex<Vec<Refused>>,
}

/// The refusal of a mirror.
struct Refused {
    mirror: String,
    /// A short reason.
    summary: String,
    /// The full error.
    cause: String,
}

impl Servers {
    /// Arranges the servers: mirrors in their order, the registry itself, then the mirrors that are dead.
    pub(super) fn new(mirrors: Vec<Server>, origin: Arc<Server>, deaths: Arc<DeadMirrors>) -> Self {
        let is_dead = |mirror: &Arc<Server>| deaths.since(mirror.session().client()).is_some();
        let (dead, mut servers): (Vec<_>, Vec<_>) = mirrors.into_iter().map(Arc::new).partition(is_dead);
        let position = servers.len();
        servers.push(origin);
        servers.extend(dead);
        Self {
            servers,
            origin: position,
            active: AtomicUsize::new(0),
            deaths,
            breaks: Breaks::default(),
            redirects: Redirects::default(),
            senders: Senders::default(),
            refusals: Mutex::default(),
        }
    }

    /// Returns the registry itself, which receives all writes.
    pub(super) fn origin(&self) -> &Arc<Server> {
        &self.servers[self.origin]
    }

    /// Reports whether the server at `index` is the registry itself.
    pub(super) fn is_origin(&self, index: usize) -> bool {
        index == self.origin
    }

    /// Reports whether the mirror at `index` is used only if the registry itself is unreachable.
    pub(super) fn is_dead(&self, index: usize) -> bool {
        index > self.origin
    }

    /// Returns the mirrors in the order of use, with their indexes.
    pub(super) fn mirrors(&self) -> impl Iterator<Item = (usize, &Server)> {
        let all = self.servers.iter().enumerate().filter(|(index, _)| *index != self.origin);
        all.map(|(index, server)| (index, &**server))
    }

    /// Records the error of the mirror at `index`. A mirror with wrong content is left, with a warning.
    pub(super) fn note_failure(&self, index: usize, error: &Error) {
        let mirror = self.servers[index].session().client();
        tracing::debug!("mirror {} failed: {error}", mirror.endpoint().host);
        self.deaths.failed(mirror, error);
        self.refused(index, error);
        if error.kind() == ErrorKind::Corrupt {
            self.turn_away(index);
            let cause =
                std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
            self.warn_without(index, &format!("{error}{cause}"));
        }
    }

    /// Returns the server to read from, with its index.
    pub(super) fn active(&self, way: Way) -> (usize, &Server) {
        let index = match way {
            Way::ThroughMirrors => self.active.load(Ordering::Relaxed).min(self.servers.len() - 1),
            Way::PastMirrors => self.origin,
        };
        (index, &self.servers[index])
    }

    /// Returns the locations of blobs that the active server has redirected to.
    pub(super) fn redirects(&self) -> &Redirects {
        &self.redirects
    }

    /// Starts asking the servers in turn.
    pub(super) fn turns(&self, way: Way) -> Turns<'_> {
        Turns { servers: self, way, final_error: None }
    }

    /// Switches from the server at `index` to `next`. Returns `false` if another task has switched already.
    fn turn(&self, index: usize, next: usize) -> bool {
        let turned = self.active.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if turned {
            self.redirects.forget_all();
            self.breaks.forget();
        }
        turned
    }

    /// Switches away from the mirror at `index`, because its bodies are bad. Returns `false` if another task has done
    /// that already.
    fn turn_away(&self, index: usize) -> bool {
        self.turn(index, if index + 1 < self.servers.len() { index + 1 } else { self.origin })
    }

    /// Warns that the mirror at `index` is not used any more.
    fn warn_without(&self, index: usize, reason: &str) {
        let mirror = &self.servers[index];
        mirror.warn(&format!("mirror {} is left out: {reason}", mirror.host()));
    }

    /// Records that the server at `index` sends bytes of `blob`.
    pub(super) fn sends(&self, index: usize, blob: &Digest) {
        self.senders.add(blob, index);
    }

    /// Switches away from the mirrors that have sent bytes of `blob`, because these were wrong, and reports whether
    /// another server is to send the blob.
    pub(super) fn doubt(&self, blob: &Digest) -> Rest {
        self.redirects.doubt(blob);
        let mut rest = Rest::OfSame;
        for index in self.senders.take(blob).into_iter().filter(|index| !self.is_origin(*index)) {
            if self.turn_away(index) {
                self.warn_without(index, &format!("its content of {blob} does not match this digest"));
            }
            // Dead mirrors and an unreachable registry would take turns for ever.
            if !self.is_dead(index) {
                rest = Rest::OfNext;
            }
        }
        rest
    }

    /// Switches away from the mirror at `index`, and marks it as dead, because it fails repeatedly.
    fn leave(&self, index: usize, error: &Error) {
        let mirror = self.servers[index].session().client();
        tracing::debug!(
            "mirror {} was interrupted, switching to the next server: {error}",
            mirror.endpoint().host
        );
        self.deaths.failed(mirror, error);
        self.turn_away(index);
    }

    /// Records the error of the mirror at `index`, if it is a refusal.
    fn refused(&self, index: usize, error: &Error) {
        let Some(status) = error.status() else { return };
        let mirror = self.servers[index].session().client().endpoint().host.clone();
        let summary = match status.status {
            StatusCode::NOT_FOUND => "not found".to_owned(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "access denied".to_owned(),
            other => other.to_string(),
        };
        let cause = std::error::Error::source(status).map_or_else(|| error.to_string(), ToString::to_string);
        let mut refusals = self.refusals();
        refusals.retain(|known| known.mirror != mirror);
        refusals.push(Refused { mirror, summary, cause });
    }

    /// Adds the refusals of mirrors to the error of an unreachable registry.
    pub(super) fn explained(&self, error: Error) -> Error {
        let refusals = self.refusals();
        if refusals.is_empty() || error.kind() != ErrorKind::Unreachable || error.is_response() {
            return error;
        }
        let host = self.origin().session().client().endpoint().host.clone();
        let list = |part: fn(&Refused) -> String| refusals.iter().map(part).collect::<Vec<_>>().join("; ");
        let mirrors = list(|refused| format!("mirror {}: {}", refused.mirror, refused.summary));
        let causes = list(|refused| refused.cause.clone());
        Error::Nowhere { mirrors, host, source: Box::new(MirrorsSaid::before(causes, error)) }
    }

    fn refusals(&self) -> MutexGuard<'_, Vec<Refused>> {
        // Each change leaves complete entries, even after a panic elsewhere.
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports whether the registry itself is unreachable and only dead mirrors are left.
    fn is_last_resort(&self, error: &Error) -> bool {
        self.origin + 1 < self.servers.len() && error.was_never_connected()
    }
}

/// One read, which asks the servers in turn: mirrors, the registry itself, and if that is unreachable, dead
/// mirrors.
pub(super) struct Turns<'a> {
    servers: &'a Servers,
    way: Way,
    /// The error of the unreachable registry, which is returned if the dead mirrors fail as well.
    final_error: Option<Error>,
}

impl<'a> Turns<'a> {
    /// Returns the current server, with its index.
    pub(super) fn active(&self) -> (usize, &'a Server) {
        self.servers.active(self.way)
    }

    /// Switches to the next server after the one at `index` has failed; returns the error if there is none.
    pub(super) fn failed(&mut self, index: usize, error: Error) -> Result<(), Error> {
        let Servers { servers, origin, .. } = self.servers;
        if self.way == Way::PastMirrors {
            return Err(error);
        }
        if index == *origin {
            return self.turn_to_the_dead(error);
        }
        self.servers.note_failure(index, &error);
        if index + 1 < servers.len() {
            self.servers.turn(index, index + 1);
            return Ok(());
        }
        self.servers.turn(index, *origin);
        self.final_error.take().map_or(Ok(()), |error| Err(self.servers.explained(error)))
    }

    fn turn_to_the_dead(&mut self, error: Error) -> Result<(), Error> {
        // The dead mirrors are asked only once.
        if self.final_error.is_some() || !self.servers.is_last_resort(&error) {
            return Err(self.servers.explained(error));
        }
        tracing::debug!("registry is unreachable, switching to dead mirrors: {error}");
        self.final_error = Some(error);
        self.servers.turn(self.servers.origin, self.servers.origin + 1);
        Ok(())
    }

    /// Records that the server at `index` has responded, unless it is a mirror that was left meanwhile.
    pub(super) fn answered(&self, index: usize) {
        if index != self.servers.origin && index == self.active().0 {
            self.servers.deaths.answered(self.servers.servers[index].session().client());
        }
    }
}

/// Which server is asked for the rest of an interrupted body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The caller decides whether there is another attempt.
    OfSame,
    /// The next one, which costs no attempt.
    OfNext,
}

/// The mirror that sends a body.
pub(super) struct Giver {
    servers: Arc<Servers>,
    /// The index of the mirror among the servers.
    index: usize,
    part: Part,
}

impl Giver {
    /// Creates a record of the mirror at `index`, which sends `range` of `blob`; `None` if that is the registry
    /// itself.
    pub(super) fn new(
        servers: &Arc<Servers>,
        index: usize,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Option<Self> {
        let part = Part { blob: blob.digest.clone(), end: range.end };
        (!servers.is_origin(index)).then(|| Self { servers: Arc::clone(servers), index, part })
    }

    /// Records that the body was interrupted after `brought` bytes, and reports whether another server is to send the
    /// rest. After the second time without progress the mirror is left, and after the first one if there is to be no
    /// second attempt: the failures of a mirror must not use up all attempts.
    pub(super) fn broke(&self, error: &Error, brought: u64) -> Rest {
        let servers = &self.servers;
        let is_active = servers.active(Way::ThroughMirrors).0 == self.index;
        let is_single = servers.origin().retry().attempts.is_some_and(|attempts| attempts <= 1);
        if is_active && (servers.breaks.add(&self.part, brought) || is_single) {
            servers.leave(self.index, error);
        } else if is_active {
            return Rest::OfSame;
        }
        // Dead mirrors and an unreachable registry would take turns for ever.
        if servers.is_dead(self.index) { Rest::OfSame } else { Rest::OfNext }
    }
}

impl fmt::Debug for Giver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Giver").field("index", &self.index).field("part", &self.part).finish_non_exhaustive()
    }
}
