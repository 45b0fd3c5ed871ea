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
use super::places::Places;
use super::server::Server;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::image::Descriptor;

/// From which of the servers is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From mirrors in their turn, and from the registry itself.
    ThroughMirrors,
    /// From the registry itself only.
    PastMirrors,
}

/// The servers of one repository, and which of them is asked.
pub(super) struct Mirrors {
    /// Mirrors, the registry itself, then mirrors that were dead lately.
    servers: Vec<Server>,
    /// The place of the registry itself.
    origin: usize,
    /// Which server is asked. It moves on when a mirror has failed, and beyond the registry itself only if that
    /// cannot be reached.
    active: AtomicUsize,
    deaths: Arc<DeadMirrors>,
    /// What broke off at mirrors.
    breaks: Breaks,
    /// Where the active server keeps blobs, if it redirects to them.
    places: Places,
    /// What mirrors have refused, the last of each.
    refusals: Mutex<Vec<Refused>>,
}

/// The servers to read from.
pub(super) struct Row {
    /// Mirrors, in their order.
    pub(super) living: Vec<Server>,
    /// The registry itself.
    pub(super) origin: Server,
    /// Mirrors that did not answer lately.
    pub(super) dead: Vec<Server>,
    /// Where it is remembered which ones these are.
    pub(super) deaths: Arc<DeadMirrors>,
}

/// A mirror that said no.
struct Refused {
    mirror: String,
    /// In two words.
    summary: String,
    /// In full.
    cause: String,
}

impl Mirrors {
    pub(super) fn new(row: Row) -> Self {
        let origin = row.living.len();
        Self {
            servers: row.living.into_iter().chain([row.origin]).chain(row.dead).collect(),
            origin,
            active: AtomicUsize::new(0),
            deaths: row.deaths,
            breaks: Breaks::default(),
            places: Places::default(),
            refusals: Mutex::default(),
        }
    }

    /// The registry itself, to which everything is written.
    pub(super) fn origin(&self) -> &Server {
        &self.servers[self.origin]
    }

    /// Whether the server at `index` is the registry itself.
    pub(super) fn is_origin(&self, index: usize) -> bool {
        index == self.origin
    }

    /// The server to read from, with its place in the row.
    pub(super) fn active(&self, way: Way) -> (usize, &Server) {
        let index = match way {
            Way::ThroughMirrors => self.active.load(Ordering::Relaxed).min(self.servers.len() - 1),
            Way::PastMirrors => self.origin,
        };
        (index, &self.servers[index])
    }

    /// Where the active server has led to for blobs.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Begins to ask one server after the other.
    pub(super) fn turns(&self, way: Way) -> Turns<'_> {
        Turns { mirrors: self, way, final_error: None }
    }

    /// Turns away from the server at `index`, which another task may have done already.
    fn turn(&self, index: usize, next: usize) {
        if self.active.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.places.forget_all();
            self.breaks.forget();
        }
    }

    /// Turns away from the mirror at `index`, whose bodies are no good.
    pub(super) fn turn_away(&self, index: usize) {
        self.turn(index, if index + 1 < self.servers.len() { index + 1 } else { self.origin });
    }

    /// The same, and the next commands ask it last: it fails whenever it is asked.
    fn leave(&self, index: usize, error: &Error) {
        let mirror = self.servers[index].session().client();
        tracing::debug!("mirror {} broke off, turning to the next server: {error}", mirror.endpoint().host);
        self.deaths.failed(mirror, error);
        self.turn_away(index);
    }

    /// Records that the mirror at `index` said no, if that is how it failed.
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

    /// Adds what mirrors have refused to an error that says that the registry itself cannot be reached.
    fn explained(&self, error: Error) -> Error {
        let refusals = self.refusals();
        if refusals.is_empty() || error.kind() != ErrorKind::Unreachable || error.status().is_some() {
            return error;
        }
        let host = self.origin().session().client().endpoint().host.clone();
        let list = |part: fn(&Refused) -> String| refusals.iter().map(part).collect::<Vec<_>>().join("; ");
        let mirrors = list(|refused| format!("mirror {}: {}", refused.mirror, refused.summary));
        let causes = list(|refused| refused.cause.clone());
        Error::Nowhere { mirrors, host, source: Box::new(MirrorsSaid::before(causes, error)) }
    }

    fn refusals(&self) -> MutexGuard<'_, Vec<Refused>> {
        // Each change leaves whole entries, even after a panic elsewhere.
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the registry itself cannot be reached, and there are only dead mirrors to turn to.
    fn is_last_resort(&self, error: &Error) -> bool {
        self.origin + 1 < self.servers.len() && error.is_no_connection()
    }
}

/// One reading, which asks one server after the other: mirrors, the registry itself, and if that cannot be reached,
/// mirrors that were dead lately.
pub(super) struct Turns<'a> {
    mirrors: &'a Mirrors,
    way: Way,
    /// Why the registry itself could not be reached: if nobody else has it either, that is what to tell.
    final_error: Option<Error>,
}

impl<'a> Turns<'a> {
    /// The server whose turn it is, with its place in the row.
    pub(super) fn active(&self) -> (usize, &'a Server) {
        self.mirrors.active(self.way)
    }

    /// Turns to the next server after the one at `index` has failed; the error to tell if there is none.
    pub(super) fn failed(&mut self, index: usize, error: Error) -> Result<(), Error> {
        let Mirrors { servers, origin, .. } = self.mirrors;
        if self.way == Way::PastMirrors {
            return Err(error);
        }
        if index == *origin {
            return self.turn_to_the_dead(error);
        }
        let mirror = servers[index].session().client();
        tracing::debug!("mirror {} failed, turning to the next server: {error}", mirror.endpoint().host);
        self.mirrors.deaths.failed(mirror, &error);
        self.mirrors.refused(index, &error);
        if index + 1 < servers.len() {
            self.mirrors.turn(index, index + 1);
            return Ok(());
        }
        self.mirrors.turn(index, *origin);
        self.final_error.take().map_or(Ok(()), |error| Err(self.mirrors.explained(error)))
    }

    fn turn_to_the_dead(&mut self, error: Error) -> Result<(), Error> {
        // Not in a circle: they have been asked.
        if self.final_error.is_some() || !self.mirrors.is_last_resort(&error) {
            return Err(self.mirrors.explained(error));
        }
        tracing::debug!("registry cannot be reached, turning to mirrors that were dead lately: {error}");
        self.final_error = Some(error);
        self.mirrors.turn(self.mirrors.origin, self.mirrors.origin + 1);
        Ok(())
    }

    /// The server at `index` has answered. That says nothing for a mirror that was left meanwhile.
    pub(super) fn answered(&self, index: usize) {
        if index != self.mirrors.origin && index == self.active().0 {
            self.mirrors.deaths.answered(self.mirrors.servers[index].session().client());
        }
    }
}

/// The mirror that a body comes from.
pub(super) struct Giver {
    mirrors: Arc<Mirrors>,
    /// Its place in the row of servers.
    index: usize,
    part: Part,
}

impl Giver {
    pub(super) fn new(
        mirrors: &Arc<Mirrors>,
        index: usize,
        (blob, range): (&Descriptor, &Range<u64>),
    ) -> Self {
        Self { mirrors: Arc::clone(mirrors), index, part: (blob.digest.clone(), range.end) }
    }

    /// Records that its body broke after `brought` bytes. After the second time in vain the mirror is left.
    pub(super) fn broke(&self, error: &Error, brought: u64) {
        if self.mirrors.breaks.add(&self.part, brought) {
            self.mirrors.leave(self.index, error);
        }
    }
}

impl fmt::Debug for Giver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Giver").field("index", &self.index).field("part", &self.part).finish_non_exhaustive()
    }
}
