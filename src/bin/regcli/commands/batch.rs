//! One command for several images.

use regcli::diagnose::Failure;

use crate::ui::report::{self, Reported};
use crate::ui::streams::OutputError;

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
            Err(failure) if failure.downcast_ref::<OutputError>().is_some() => {
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
