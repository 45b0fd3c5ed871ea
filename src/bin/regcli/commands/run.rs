//! What the program needs of every command.

use async_trait::async_trait;
use regcli::diagnose::Failure;

use crate::context::{Context, Settings};

/// A command with its parsed flags and arguments.
#[async_trait(?Send)]
pub(crate) trait Run: Send {
    /// Reports whether the command handles signals itself, and then ends successfully.
    fn stops_by_itself(&self) -> bool {
        false
    }

    /// Reports whether the command must not change anything.
    fn only_looks(&self) -> bool {
        false
    }

    /// Reads what the command's arguments say about all registries, before anything else is done.
    ///
    /// # Errors
    /// An error if the arguments or the files that they name are invalid.
    fn settings(&mut self) -> Result<Settings, Failure> {
        Ok(Settings::default())
    }

    /// Runs the command.
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure>;
}
