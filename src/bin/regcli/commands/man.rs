//! `regcli man`, for authors of packages.

use std::fs;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::{Args, Command};
use regcli::diagnose::Failure;
use regcli::ops::Error;

use super::run::Run;
use crate::cli::manual;
use crate::context::Context;

/// Write the manual pages into a directory
#[derive(Args, Debug)]
#[command(hide = true, after_help = "Examples:\n  regcli man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The directory
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    /// Returns the command that writes the pages about these commands.
    pub(crate) fn about(self, commands: Command) -> impl Run {
        Pages { folder: self.folder, commands }
    }
}

/// The manual pages about some commands, and their directory.
struct Pages {
    folder: PathBuf,
    commands: Command,
}

#[async_trait(?Send)]
impl Run for Pages {
    async fn run(self: Box<Self>, _: &Context) -> Result<(), Failure> {
        let failed = |path: PathBuf| |source| Error::File { path, source };
        fs::create_dir_all(&self.folder).map_err(failed(self.folder.clone()))?;
        for (name, page) in manual::pages(self.commands) {
            let path = self.folder.join(name);
            fs::write(&path, page).map_err(failed(path))?;
        }
        Ok(())
    }
}
