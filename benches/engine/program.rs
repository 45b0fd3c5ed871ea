//! The compared programs.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::case::Case;
use crate::commands::{self, Hosts, Single, Task, Work};
use crate::process::{Invocation, find};
use crate::question::{Asked, Question};

/// A program that moves images.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The floor: curl moves the blobs, four concurrently, and openssl hashes them.
    Floor,
    /// The same without the hashes: one plain stream a blob.
    Streams,
    Peer(Peer, PathBuf),
    Regcli(PathBuf),
}

/// Another registry client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Crane,
    Oras,
    Regctl,
    Skopeo,
}

impl Peer {
    /// Returns the name of its command.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crane => "crane",
            Self::Oras => "oras",
            Self::Regctl => "regctl",
            Self::Skopeo => "skopeo",
        }
    }
}

impl Program {
    /// Returns the floor, the installed peers, and the regclis, in this order.
    pub(crate) fn all(regclis: &[(String, PathBuf)]) -> Vec<Self> {
        let peers = Peer::value_variants().iter().filter_map(|peer| {
            let path = find(peer.name())?;
            Some(Self { name: peer.name().to_owned(), kind: Kind::Peer(*peer, path) })
        });
        let regclis =
            regclis.iter().map(|(name, path)| Self { name: name.clone(), kind: Kind::Regcli(path.clone()) });
        let floor = Self { name: "curl + sha256".to_owned(), kind: Kind::Floor };
        let streams = Self { name: "curl, 4 streams".to_owned(), kind: Kind::Streams };
        [floor, streams].into_iter().chain(peers).chain(regclis).collect()
    }

    /// Reports whether the program moves blobs only.
    pub(crate) fn is_curl(&self) -> bool {
        matches!(self.kind, Kind::Floor | Kind::Streams)
    }

    /// Reports whether the program can do this.
    pub(crate) fn can(&self, case: Case) -> bool {
        match self.kind {
            Kind::Floor => case.has_floor(),
            Kind::Streams => matches!(case, Case::Pull | Case::PullMany),
            Kind::Peer(peer, _) if case == Case::Sync => peer == Peer::Skopeo,
            Kind::Peer(..) => case != Case::Growth,
            Kind::Regcli(_) => true,
        }
    }

    /// Reports whether this is a regcli, under any name.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Regcli(_))
    }

    /// Reports whether this is another registry client.
    pub(crate) fn is_peer(&self) -> bool {
        matches!(self.kind, Kind::Peer(..))
    }

    /// Reports whether this is its name on the command line.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self.kind {
            Kind::Floor => name == "floor",
            Kind::Streams => name == "streams",
            Kind::Peer(peer, _) => name == peer.name(),
            Kind::Regcli(_) => false,
        }
    }

    /// Returns the commands to run, one after the other. A peer takes a command for each image.
    ///
    /// The floor's uploads are opened here, so that they are not measured.
    pub(crate) fn invocations(&self, task: Task<'_>, work: Work<'_>) -> Result<Vec<Invocation>> {
        match (&self.kind, task) {
            (Kind::Floor, Task::Pull { from }) => commands::floor_pull(from, work),
            (Kind::Floor, Task::Push { to }) => {
                Ok(vec![commands::curl_push(to, work.subject, work.seat, work.http)?])
            }
            (Kind::Floor, Task::Copy { .. }) | (Kind::Streams, Task::Push { .. } | Task::Copy { .. }) => {
                Ok(Vec::new())
            }
            (Kind::Streams, Task::Pull { from }) => {
                Ok(commands::floor_pull(from, work)?.into_iter().take(1).collect())
            }
            (Kind::Peer(peer, path), task) => {
                let images = work.subject.images.iter();
                images.map(|image| commands::peer(*peer, path, Single { task, image, work })).collect()
            }
            (Kind::Regcli(path), task) => Ok(vec![commands::regcli_task(path, task, work)?]),
        }
    }

    /// Returns the command that synchronises all repositories; `None` for programs that the bench does not
    /// compare in this.
    pub(crate) fn sync(&self, ends: Hosts<'_>, work: Work<'_>) -> Result<Option<Invocation>> {
        Ok(match &self.kind {
            Kind::Regcli(path) => Some(commands::regcli_sync(path, ends, work)),
            Kind::Peer(Peer::Skopeo, path) => Some(commands::skopeo_sync(path, ends, work)?),
            Kind::Floor | Kind::Streams | Kind::Peer(..) => None,
        })
    }

    /// Returns the commands that answer a question; `None` for programs that have none.
    pub(crate) fn ask(&self, question: Question, asked: Asked<'_>) -> Option<Vec<Invocation>> {
        match &self.kind {
            Kind::Regcli(path) => Some(question.to_regcli(path, asked)),
            Kind::Peer(peer, path) => question.to_peer(*peer, path, asked),
            Kind::Floor | Kind::Streams => None,
        }
    }

    /// Returns the start of a command line of this regcli; `None` for other programs.
    pub(crate) fn regcli(&self, store: &str, work: Work<'_>) -> Option<Invocation> {
        match &self.kind {
            Kind::Regcli(path) => Some(commands::regcli(path, store, work)),
            Kind::Floor | Kind::Streams | Kind::Peer(..) => None,
        }
    }
}
