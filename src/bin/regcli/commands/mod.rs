//! The commands: flags, help, and `run`.

pub(crate) mod auth;
pub(crate) mod catalog;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod df;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod gc;
pub(crate) mod history;
pub(crate) mod image;
pub(crate) mod images;
pub(crate) mod import;
pub(crate) mod load;
pub(crate) mod inspect;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod manifest;
pub(crate) mod mirror;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod reference;
pub(crate) mod rmi;
pub(crate) mod save;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod system;
pub(crate) mod tag;
pub(crate) mod tags;
pub(crate) mod verify;
pub(crate) mod version;

use regcli::diagnose::{Diagnose, ErrorKind, Failure};
use regcli::ops::Subject;

use crate::report;

/// A failure that people have been told about already; only the exit code is left to give.
#[derive(Debug, thiserror::Error)]
#[error("failed")]
pub(crate) struct Reported(pub(crate) u8);

impl Diagnose for Reported {}

/// A command line that cannot be meant, in Docker's words where it has them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    pub(crate) fn failure(text: impl Into<String>) -> Failure {
        Self(text.into()).into()
    }
}

impl Diagnose for Usage {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}

/// An image at its registry, for `--remote`.
fn at_registry(image: &Subject) -> Result<Subject, Failure> {
    let unknown =
        || Usage::failure(format!("--remote needs the name of an image; {} is none", image.as_str()));
    image.at_registry().ok_or_else(unknown)
}

/// The results of one command for several images: each failure is told at once, the rest goes on.
#[derive(Default)]
pub(crate) struct Batch {
    succeeded: bool,
    codes: Vec<u8>,
}

impl Batch {
    /// Takes the result for one image.
    pub(crate) fn take(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Ok(()) => self.succeeded = true,
            // Nobody reads any more: no use in going on.
            Err(failure) if failure.downcast_ref::<crate::output::OutputError>().is_some() => {
                return Err(failure);
            }
            Err(failure) => {
                report::tell(&failure);
                self.codes.push(report::code(failure.kind()));
            }
        }
        Ok(())
    }

    /// The result of all: the one code if all failed alike, 1 if only some did.
    pub(crate) fn end(self) -> Result<(), Failure> {
        match self.codes.first() {
            None => Ok(()),
            Some(first) if !self.succeeded && self.codes.iter().all(|code| code == first) => {
                Err(Reported(*first).into())
            }
            Some(_) => Err(Reported(1).into()),
        }
    }
}
