//! The Docker daemon: its name in errors, its time limits, and the explanation of a missing response.

use std::error::Error as StdError;
use std::io::ErrorKind as Io;
use std::time::Duration;

use super::Error;
use crate::http::{Problem, diagnosis};

/// How long connecting may take.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the Engine may take for a whole response.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long the Engine may be silent while it works. Before the first byte of an archive, Docker 20.10 writes
/// all of it to its disk. After the last byte it unpacks all layers.
pub(super) const WORK_LIMIT: Duration = Duration::from_secs(1800);

/// A daemon.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    /// The host, as named in messages.
    pub(super) host: String,
    /// The `host:port`, if it is not a socket.
    pub(super) address: String,
}

impl Daemon {
    /// Waits for work of the Engine, and reports the connection as lost after `limit`.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let late = |_| Err(self.lost(Problem::Timeout { waiting_for: "answer", limit }));
        tokio::time::timeout(limit, work).await.unwrap_or_else(late)
    }

    /// Explains why the response is missing or incomplete.
    pub(super) fn failed(&self, error: &reqwest::Error) -> Error {
        let problem = diagnosis::diagnose(error, &self.address, CONNECT_LIMIT);
        if !error.is_connect() {
            return self.lost(problem);
        }
        let host = self.host.clone();
        match io_kind(error) {
            Some(Io::PermissionDenied) => Error::NotAllowed { host },
            Some(Io::NotFound | Io::ConnectionRefused) => Error::NoDaemon { host, problem: None },
            _ => Error::NoDaemon { host, problem: Some(problem) },
        }
    }

    fn lost(&self, problem: Problem) -> Error {
        Error::Lost { host: self.host.clone(), problem }
    }

    pub(super) fn not_an_engine(&self) -> Error {
        Error::NotAnEngine { host: self.host.clone() }
    }
}

/// Returns the operating system's error about a connection.
fn io_kind(error: &reqwest::Error) -> Option<Io> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = current.source();
    }
    None
}
