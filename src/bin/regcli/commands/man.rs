//! `regcli man`, for authors of packages.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use regcli::diagnose::Failure;
use regcli::ops::Error;

use crate::cli::manual;

/// Write the manual pages into a directory
#[derive(Args, Debug)]
#[command(hide = true, after_help = "Examples:\n  regcli man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The directory
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self, commands: Command) -> Result<(), Failure> {
        let failed = |path: PathBuf| |source| Error::File { path, source };
        fs::create_dir_all(&self.folder).map_err(failed(self.folder.clone()))?;
        for (name, page) in manual::pages(commands) {
            let path = self.folder.join(name);
            fs::write(&path, page).map_err(failed(path))?;
        }
        Ok(())
    }
}
