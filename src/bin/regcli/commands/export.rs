//! `regcli export`

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::archive::Output;
use regcli::diagnose::{Diagnose, Failure};
use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::export::{ExportError, export};
use regcli::ops::files::{FilesOptions, ImageFiles, Tables};

use super::extract::{warn_of_dangling, warn_of_hostile, warn_of_impossible};
use super::run::Run;
use super::save::{about_stdout, stdout};
use crate::cli::flags;
use crate::cli::usage::check_place;
use crate::context::Context;
use crate::ui::progress::{Direction, Verbosity, Work};

/// Write the root file system of an image as a tar
#[derive(Args, Debug)]
#[command(after_help = "The tar has what a container of the image sees, with owners, modes, times,\n\
    links and devices, and without extended attributes. The same image always\n\
    gives the same tar. Each layer is read once. Directories with files are in it\n\
    twice, in the beginning and in the end, so that their modes and times are\n\
    right after unpacking.\n\n\
    Examples:\n  \
    regcli export -o rootfs.tar alpine:3.20\n  \
    regcli export debian:12 | tar -xC rootfs\n  \
    regcli export --platform linux/arm64 app:1 | regcli import - app:flat")]
pub(crate) struct Export {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME:TAG], or docker-daemon:REF
    #[arg(value_name = "IMAGE")]
    image: Place,
}

/// The error for a tar on a terminal, with exit code 1 as in Docker.
#[derive(Debug, thiserror::Error)]
#[error("a terminal cannot show a tar: use --output FILE, or redirect the output")]
struct ToTerminal;

impl Diagnose for ToTerminal {}

#[async_trait(?Send)]
impl Run for Export {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        if self.output.is_none() && io::stdout().is_terminal() {
            return Err(ToTerminal.into());
        }
        let output = match &self.output {
            Some(path) => Output::file(path)?,
            None => Output::stdout(stdout()?),
        };
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let work = Work { image: self.image.to_string(), direction: Direction::Read };
        let write = async |observer| {
            let read = context.files(&[&self.image], self.platform.clone(), observer)?;
            // All layers are read anyway, so that no table has to be believed.
            let read = FilesOptions { tables: Tables::Ignored, ..read };
            let image = ImageFiles::open(access, &self.image, read).await?.keeping_layers();
            export(&image, output).await.map_err(|error| match error {
                ExportError::Archive(error) => error.into(),
                error => error.into(),
            })
        };
        let exported = context.ui.show(work, Verbosity::Passing, write).await.map_err(about_stdout)?;
        warn_of_hostile(context, exported.hostile);
        warn_of_dangling(context, exported.dangling);
        warn_of_impossible(context, exported.impossible);
        Ok(())
    }
}
