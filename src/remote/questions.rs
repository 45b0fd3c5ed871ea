//! Whether a registry is worth asking for the existence of blobs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diagnose::Recovery;
use crate::digest::Digest;
use crate::retry::{Attempts, Next, Policy};

/// How often a failing registry is asked for one blob.
const ASKED_MAX: u32 = 3;

/// After how many unanswered questions a repository that has never answered one is not asked any more.
const REFUSED_MAX: u32 = 3;

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
