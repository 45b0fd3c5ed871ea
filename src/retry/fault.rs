//! What a failed request says about its server, and what to do after it.

use std::time::Duration;

use crate::diagnose::{ErrorKind, Hint};

/// How a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What the failure says about the server.
    pub sign: Sign,
    /// A short form of the error, for messages, without secrets.
    pub cause: String,
    /// The kind and the hint of the error, for those that fail without a request because this one has failed.
    pub kind: ErrorKind,
    /// See `kind`.
    pub hint: Option<Hint>,
    /// The wait that the server asked for.
    pub after: Option<Duration>,
}

/// What a failed request says about its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The server is unreachable.
    Away,
    /// A proxy in front of the server reports that it is unreachable.
    Unserved,
    /// The server is silent.
    Silent,
    /// A connection has ended. Other connections may still work.
    Cut,
    /// The server responded with an error of its own. It may concern this request only.
    Trouble,
}

/// What to do after a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The failure says nothing about other requests: the operation decides.
    Own,
    /// The server is unreachable. The next request waits for it; no other is sent meanwhile.
    Wait(Pause),
    /// The server has been given up.
    GiveUp,
}

/// A wait of at most a minute, in milliseconds, and how long ago the server last answered a request, in units of
/// 10 ms, rounded up. Both are small, so that errors that hold them stay small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    wait: u16,
    /// The maximum if the server has never answered, or more than ten minutes ago.
    answered: u16,
}

impl Pause {
    pub(super) fn new(wait: Duration, answered: Option<Duration>) -> Self {
        let answered = answered.and_then(|answered| u16::try_from(answered.as_millis().div_ceil(10)).ok());
        let wait = u16::try_from(wait.as_millis()).unwrap_or(u16::MAX);
        Self { wait, answered: answered.unwrap_or(u16::MAX) }
    }

    /// Returns how long to wait.
    pub fn wait(self) -> Duration {
        Duration::from_millis(self.wait.into())
    }

    /// Returns how long before the failure the server last answered a request, if it did in the last minutes.
    pub fn answered(self) -> Option<Duration> {
        (self.answered < u16::MAX).then(|| Duration::from_millis(u64::from(self.answered) * 10))
    }
}
