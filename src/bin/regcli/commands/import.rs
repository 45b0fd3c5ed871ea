//! `regcli import`

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::image::{self, Platform};
use regcli::ops;
use regcli::ops::import::{self, ImportOptions, ImportSource};
use regcli::reference::{Reference, Selector};

use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::docker_words;

/// Create a one-layer image from a directory, an archive or a file
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli import rootfs.tar.gz lab/base:1\n  \
    regcli import --change 'CMD [\"/bin/sh\"]' ./rootfs lab/base:2\n  \
    regcli import ./regcli 127.0.0.1:5000/demo/regcli")]
pub(crate) struct Import {
    /// Dockerfile instruction to apply, such as CMD, ENTRYPOINT, ENV or EXPOSE; repeatable
    #[arg(short, long, value_name = "INSTRUCTION")]
    change: Vec<String>,

    /// Comment for the image's history
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,

    /// Platform of the image, os/arch[/variant] [default: this machine's]
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// A tar (plain or gzipped), a directory, another file, or - for a tar from standard input
    #[arg(value_name = "FILE|DIR|-")]
    source: PathBuf,

    /// Name for the image in the store
    #[arg(value_name = "REPOSITORY[:TAG]")]
    image: Reference,
}

#[async_trait(?Send)]
impl Run for Import {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Selector::Tag(tag) = self.image.selector() else {
            return Err(Usage::failure(docker_words::TAG_WITH_DIGEST));
        };
        let changes = image::Change::parse_all(&self.change)?;
        let store = context.store()?;
        let options = ImportOptions {
            platform: self.platform.unwrap_or_else(Platform::host),
            created: Timestamp::now().to_string(),
            message: self.message,
            changes,
            scratch: Some(ops::scratch(&store)),
        };
        let source = match self.source.to_str() {
            Some("-") => ImportSource::Reader(Box::new(std::io::stdin())),
            _ => ImportSource::Path(self.source),
        };
        let target = store.repository(&self.image.name);
        let imported = import::import(source, Some(&tag), options, &target).await?;
        context.ui.line(imported.config.digest.as_str())
    }
}
