//! A command over several images.

use regcli::diagnose::Failure;

use crate::ui::report::{self, Reported};
use crate::ui::streams::OutputError;

/// The results of a command over several images. Each failure is reported immediately, and the others
/// continue.
#[derive(Default)]
pub(crate) struct Batch {
    succeeded: bool,
    codes: Vec<u8>,
}

impl Batch {
    /// Records the result for one image.
    pub(crate) fn take(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Ok(()) => self.succeeded = true,
            // Standard output is closed, so there is no point in continuing.
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

    /// Returns the overall result: the common exit code if all failed alike, 1 if only some failed.
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
