//! `regcli load`

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::archive::{self, ArchivedImage, Input, Origin};
use regcli::diagnose::{Diagnose, Failure};
use regcli::image::Platform;
use regcli::ops::{self, Load as Loading, LoadOptions, Loaded};

use super::run::Run;
use crate::cli::flags::{self, QuietArgs};
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::progress::{Direction, Work};
use crate::ui::streams::OutputError;

/// Load images from a tar archive, by default from standard input
#[derive(Args, Debug)]
#[command(
    after_help = "It reads the archives of docker save, podman save, skopeo (docker-archive: and oci-archive:) and\n\
    regcli save, plain or compressed with gzip or zstd.\n\n\
    Examples:\n  \
    regcli load -i app.tar\n  \
    docker save ubuntu | regcli load\n  \
    regcli load --platform linux/arm64 < app.tar.gz"
)]
pub(crate) struct Load {
    /// Read from this file instead of standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Load only this platform, os/arch[/variant]; repeatable
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,
}

/// The error if there is nothing to load, with exit code 1 as in Docker.
#[derive(Debug, thiserror::Error)]
#[error("{}", docker_words::STDIN_IS_EMPTY)]
struct NoInput;

impl Diagnose for NoInput {}

#[async_trait(?Send)]
impl Run for Load {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.input.is_none() && io::stdin().is_terminal() {
            return Err(NoInput.into());
        }
        let store = context.store()?;
        let input = match &self.input {
            Some(path) => Input::Path(path.clone()),
            None => Input::Stdin(stdin()?),
        };
        let opening = Loading::open(&store, input);
        let opened = match self.quiet.is_quiet() {
            true => opening.await,
            false => context.ui.while_it_lasts(&self.reading(), opening).await,
        };
        let load = opened.map_err(about_stdin)?;
        for image in load.images() {
            let work = Work { image: name_of(image), direction: Direction::Load };
            let bring = async |observer| {
                let (platforms, transfer) = (self.platform.clone(), context.transfer(&[]));
                Ok(load.run(image, LoadOptions { platforms, transfer, observer }).await?)
            };
            let loaded = context.ui.show(work, self.quiet.verbosity(), bring).await?;
            tell(context, &loaded)?;
        }
        Ok(())
    }
}

impl Load {
    /// Describes the phase in which the archive is indexed, and unpacked if necessary.
    fn reading(&self) -> String {
        match &self.input {
            Some(path) => format!("Reading {}", path.display()),
            None => "Reading standard input".to_owned(),
        }
    }
}

/// Returns the full name of an image, as for a pulled one.
fn name_of(image: &ArchivedImage) -> String {
    image.reference.as_ref().map_or_else(|| image.name(), ToString::to_string)
}

fn tell(context: &Context, loaded: &Loaded) -> Result<(), Failure> {
    let Some(reference) = &loaded.reference else {
        return context.ui.line(&docker_words::loaded_image_id(&loaded.id));
    };
    if let Some(old) = &loaded.renamed {
        context.ui.verbatim(&docker_words::renaming_the_old_one(reference, old));
    }
    context.ui.line(&docker_words::loaded_image(reference))
}

fn stdin() -> Result<File, Failure> {
    let descriptor = io::stdin().as_fd().try_clone_to_owned();
    Ok(File::from(descriptor.map_err(OutputError::reading)?))
}

/// Replaces the error about an empty standard input by Docker's words.
fn about_stdin(error: ops::Error) -> Failure {
    match error {
        ops::Error::Archive(archive::Error::Empty(Origin::Stdin)) => NoInput.into(),
        error => error.into(),
    }
}
