//! `regcli save`

use std::error::Error;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::archive::{self, Origin, Output, Writer};
use regcli::diagnose::{Diagnose, Failure};
use regcli::image::Platform;
use regcli::ops::{self, SaveOptions, Wanted};
use regcli::store::{Image, Store};

use super::run::Run;
use crate::cli::flags;
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::progress::Verbosity;
use crate::ui::progress::{Direction, Work};
use crate::ui::streams::OutputError;

/// Save images to a tar archive, by default to standard output
#[derive(Args, Debug)]
#[command(after_help = "The archive is an OCI image layout with Docker's manifest.json: docker load,\n\
    podman load, skopeo (docker-archive: and oci-archive:) and regcli load read it.\n\
    If it has several, but not all platforms of an image, it has a new index that\n\
    lists only these.\n\n\
    Examples:\n  \
    regcli save -o app.tar 127.0.0.1:5000/app:1 ubuntu:22.04\n  \
    regcli save ubuntu | docker load\n  \
    regcli save --platform linux/arm64 app:1 | gzip > app.tar.gz")]
pub(crate) struct Save {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Save only this platform, os/arch[/variant]; repeatable
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    /// Names or IDs of images in the store; a name without a tag includes all its tags
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

/// The error for an archive on a terminal, with exit code 1 as in Docker.
#[derive(Debug, thiserror::Error)]
#[error("{}", docker_words::SAVE_TO_TERMINAL)]
struct ToTerminal;

impl Diagnose for ToTerminal {}

#[async_trait(?Send)]
impl Run for Save {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.output.is_none() && io::stdout().is_terminal() {
            return Err(ToTerminal.into());
        }
        let store = context.store()?;
        let images = ops::images_to_save(&store, &self.images);
        let images = context.explained(images, Wanted::InStore).await?;
        self.write(context, &store, &images).await.map_err(about_stdout)
    }
}

impl Save {
    /// Writes the archive.
    async fn write(&self, context: &Context, store: &Store, images: &[Image]) -> Result<(), Failure> {
        let writer = Writer::new(match &self.output {
            Some(path) => Output::file(path)?,
            None => Output::stdout(stdout()?),
        });
        for image in images {
            let named = image.reference.as_ref().map(ToString::to_string);
            let named = named.unwrap_or_else(|| image.descriptor.digest.to_string());
            let work = Work { image: named, direction: Direction::Save };
            let save = async |observer| {
                let (platforms, transfer) = (self.platform.clone(), context.transfer(&[]));
                let options = SaveOptions { platforms, transfer, observer };
                Ok(ops::save(store, image, &writer, options).await?)
            };
            context.ui.show(work, Verbosity::Normal, save).await?;
        }
        Ok(writer.finish().await?)
    }
}

/// Returns standard output without Rust's line buffering.
pub(super) fn stdout() -> Result<File, Failure> {
    let descriptor = io::stdout().as_fd().try_clone_to_owned();
    Ok(File::from(descriptor.map_err(OutputError::writing)?))
}

/// Turns a closed reader of an archive into the error for a closed reader of a result.
pub(super) fn about_stdout(failure: Failure) -> Failure {
    let error: &(dyn Error + 'static) = failure.as_ref();
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let written = causes.find_map(|cause| match cause.downcast_ref() {
        Some(archive::Error::Write { origin: Origin::Stdout, source }) => Some(source),
        _ => None,
    });
    match written {
        Some(source) => OutputError::writing(again(source)).into(),
        None => failure,
    }
}

/// Copies an error.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
