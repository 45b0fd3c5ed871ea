//! `regcli browse`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;

use super::run::Run;
use crate::browse::{self, Start};
use crate::context::Context;

/// Browse registries and images on the terminal
#[derive(Args, Debug)]
#[command(after_help = "From registries to repositories, tags, platforms, layers and files. ? shows the\n\
    keys. HOST:PORT or a name with a dot is a registry; with / at the end, every\n\
    name is one. Without an argument, it begins with the registries to which you\n\
    have logged in, and the store.\n\n\
    Nothing is deleted before you type the word that the screen asks for. Copying\n\
    a command needs a terminal with OSC 52; the command is shown, too.\n\n\
    Examples:\n  \
    regcli browse\n  \
    regcli browse 127.0.0.1:5000\n  \
    regcli browse registry.example.com/team/app\n  \
    regcli browse ubuntu:22.04")]
pub(crate) struct Browse {
    /// A registry, a repository, an image, or store:REF
    #[arg(value_name = "HOST|IMAGE")]
    start: Option<Start>,
}

#[async_trait(?Send)]
impl Run for Browse {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        browse::browse(context, self.start).await
    }
}
