//! The state of a repository as a target: its open uploads, and its responses to questions and mounts.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use tokio::sync::RwLock;

use crate::diagnose::Recovery;
use crate::digest::Digest;
use crate::reference::Name;
use crate::retry::{Attempts, Next, Policy};

/// How often a failing registry is asked for one blob.
const ASKED_MAX: u32 = 3;

/// After how many unanswered questions a repository that has never answered one is not asked any more.
const REFUSED_MAX: u32 = 3;

/// The state that uploads to one repository share.
#[derive(Default)]
pub(super) struct Uploads {
    /// The open uploads.
    pub(super) sessions: Sessions,
    /// The record of questions about blobs.
    pub(super) questions: Questions,
    /// The repositories that have declined mounts.
    pub(super) reluctant: Reluctant,
    /// The minimum size of a piece of an upload that the registry requires.
    piece_min: AtomicU64,
}

impl Uploads {
    /// Returns the minimum size of a piece of an upload, except for the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.piece_min.load(Ordering::Relaxed)
    }

    /// Records the minimum size of a piece that the registry requires.
    pub(super) fn pieces_have(&self, least: u64) {
        self.piece_min.fetch_max(least, Ordering::Relaxed);
    }
}

/// The sessions that are open at a registry, by blob.
///
/// A session is listed from the moment its location is known until its blob is committed, or the session is
/// cancelled or lost. All sessions that are listed at the end of a command have to be cancelled.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Digest, Session>>,
    /// Locked for reading by all requests that may open a session, until there is a response.
    pub(super) opening: Arc<RwLock<()>>,
}

impl Sessions {
    /// Returns the open session of a blob.
    pub(super) fn get(&self, blob: &Digest) -> Option<Session> {
        self.open().get(blob).cloned()
    }

    /// Stores the session of this blob.
    pub(super) fn keep(&self, blob: &Digest, session: Session) {
        self.open().insert(blob.clone(), session);
    }

    /// Records that a request for this blob uses this session, and may be interrupted anywhere.
    pub(super) fn used(&self, blob: &Digest, session: &Url) {
        self.keep(blob, Session::Used(session.clone(), 0));
    }

    /// Records that this blob has no session any more.
    pub(super) fn ended(&self, blob: &Digest) {
        self.open().remove(blob);
    }

    /// Returns all open sessions, locked.
    pub(super) fn open(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is open at the registry.
#[derive(Clone)]
pub(super) enum Session {
    /// No bytes were sent yet.
    Fresh(Url),
    /// Bytes were sent, and only the registry knows how many have arrived. The number counts failed attempts
    /// to ask it.
    Used(Url, u32),
    /// The last request was refused because of its token, and there is a new one. The registry has the bytes
    /// up to this offset.
    Refused(Url, u64),
    /// The last request was redirected here with its bytes, which begin at this offset.
    Moved(Url, u64),
}

impl Session {
    /// Returns the location at which it resumes.
    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Fresh(url) | Self::Used(url, _) | Self::Refused(url, _) | Self::Moved(url, _) => url,
        }
    }
}

/// Repositories from which a blob could not be mounted. For the next blob other repositories are asked first,
/// because a local name need not exist at the registry.
#[derive(Default)]
pub(super) struct Reluctant(Mutex<HashSet<Name>>);

impl Reluctant {
    /// Returns the names, locked.
    pub(super) fn names(&self) -> MutexGuard<'_, HashSet<Name>> {
        // Each change is one call, so the set is consistent even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record of questions about blobs of one repository at a target.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether a question was ever answered.
    answered: bool,
    /// How many questions were never answered.
    refused: u32,
    /// The attempts for blobs while the registry was too busy to answer.
    attempts: HashMap<Digest, Attempts>,
}

impl Questions {
    /// Reports whether the repository does not answer questions.
    pub(super) fn are_futile(&self) -> bool {
        let state = self.state();
        !state.answered && state.refused >= REFUSED_MAX
    }

    /// Records that a question was answered.
    pub(super) fn answered(&self) {
        self.state().answered = true;
    }

    /// Records a refusal, and reports whether the blob is worth another question after a wait.
    pub(super) fn refused(&self, blob: &Digest, policy: Policy, recovery: Recovery) -> bool {
        let mut state = self.state();
        let is_hopeless = !state.answered && state.refused > 0;
        let attempts = state.attempts.entry(blob.clone()).or_insert_with(|| policy.begin());
        let may_continue =
            matches!(attempts.failure(recovery), Next::Continue(_)) && attempts.failed() < ASKED_MAX;
        let is_worth_it = may_continue && !is_hopeless;
        if !is_worth_it {
            state.refused = state.refused.saturating_add(1);
        }
        is_worth_it
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
