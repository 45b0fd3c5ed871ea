//! What is known of a repository as a target: its open uploads, and how it answers questions and mounts.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use tokio::sync::RwLock;

use crate::diagnose::Recovery;
use crate::digest::Digest;
use crate::reference::Name;
use crate::retry::{Attempts, Next, Policy};

/// How often one blob is asked for while the registry says that it is in trouble.
const ASKED_MAX: u32 = 3;

/// How many blobs are asked for in vain, before any was answered, until a repository is asked no more.
const REFUSED_MAX: u32 = 3;

/// What uploads to one repository share.
#[derive(Default)]
pub(super) struct Uploads {
    /// The uploads that are open.
    pub(super) sessions: Sessions,
    /// What came of the questions after blobs.
    pub(super) questions: Questions,
    /// Which other repositories have had nothing to mount.
    pub(super) reluctant: Reluctant,
    /// How many bytes the registry wants a piece of an upload to have.
    piece_min: AtomicU64,
}

impl Uploads {
    /// The fewest bytes of a piece of an upload that is not the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.piece_min.load(Ordering::Relaxed)
    }

    /// The registry wants pieces to have so many bytes.
    pub(super) fn pieces_have(&self, least: u64) {
        self.piece_min.fetch_max(least, Ordering::Relaxed);
    }
}

/// The sessions that are open at a registry, by blob.
///
/// Each is in here from the moment the registry has said where it is until its blob is committed, or it is given up
/// or lost. Whatever is in here at the end of a command has to be given up.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Digest, Session>>,
    /// Read by everybody who has asked the registry to open one, until it has answered.
    pub(super) opening: Arc<RwLock<()>>,
}

impl Sessions {
    /// The one that is open for a blob.
    pub(super) fn get(&self, blob: &Digest) -> Option<Session> {
        self.open().get(blob).cloned()
    }

    /// The one for this blob is now like this.
    pub(super) fn keep(&self, blob: &Digest, session: Session) {
        self.open().insert(blob.clone(), session);
    }

    /// A request for this blob goes there, and may be cut anywhere.
    pub(super) fn used(&self, blob: &Digest, session: &Url) {
        self.keep(blob, Session::Used(session.clone(), 0));
    }

    /// There is none for this blob any more.
    pub(super) fn ended(&self, blob: &Digest) {
        self.open().remove(blob);
    }

    pub(super) fn open(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        // Each change is one call: the map is whole even after a panic elsewhere.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is open at the registry.
#[derive(Clone)]
pub(super) enum Session {
    /// Nothing has been sent yet.
    Fresh(Url),
    /// How much of what was sent has arrived, only the registry knows. It was asked so often, and could not say.
    Used(Url, u32),
    /// The last request was refused for its token, and there is a new one. The registry has the bytes up to this one.
    Refused(Url, u64),
    /// The last request was led here with its bytes, of which this is the first.
    Moved(Url, u64),
}

impl Session {
    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Fresh(url) | Self::Used(url, _) | Self::Refused(url, _) | Self::Moved(url, _) => url,
        }
    }
}

/// Repositories that a blob could not be mounted from. For the next blob others are asked first: a name that
/// images have here need not be one that the registry knows.
#[derive(Default)]
pub(super) struct Reluctant(Mutex<HashSet<Name>>);

impl Reluctant {
    /// Returns their names, locked.
    pub(super) fn names(&self) -> MutexGuard<'_, HashSet<Name>> {
        // Each change is one call: the set is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of the questions after blobs of one repository at a target.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether one was ever answered.
    answered: bool,
    /// How many blobs were asked for in vain.
    refused: u32,
    /// The attempts for blobs that the registry was too busy to be asked for.
    attempts: HashMap<Digest, Attempts>,
}

impl Questions {
    /// Whether the repository answers none.
    pub(super) fn are_futile(&self) -> bool {
        let state = self.state();
        !state.answered && state.refused >= REFUSED_MAX
    }

    /// Records that one was answered.
    pub(super) fn answered(&self) {
        self.state().answered = true;
    }

    /// Records a refusal, and reports whether the blob is worth another question after a wait.
    pub(super) fn refused(&self, blob: &Digest, policy: Policy, recovery: Recovery) -> bool {
        let mut state = self.state();
        let is_hopeless = !state.answered && state.refused > 0;
        let attempts = state.attempts.entry(blob.clone()).or_insert_with(|| policy.begin());
        let goes_on =
            matches!(attempts.failure(recovery), Next::Continue(_)) && attempts.failed() < ASKED_MAX;
        let is_worth_it = goes_on && !is_hopeless;
        if !is_worth_it {
            state.refused = state.refused.saturating_add(1);
        }
        is_worth_it
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
