//! `regcli man`: for whoever builds packages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use regcli::diagnose::Failure;
use regcli::ops::Error;

use crate::cli::Cli;

/// Write the manual pages of all commands into a folder
#[derive(Args, Debug)]
#[command(hide = true)]
pub(crate) struct Man {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let failed = |source| Error::File { path: self.folder.clone(), source };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        Ok(clap_mangen::generate_to(command, &self.folder).map_err(failed)?)
    }
}
