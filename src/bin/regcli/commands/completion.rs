//! `regcli completion`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;

use super::run::Run;
use crate::cli::completion::Shell;
use crate::context::Context;

/// Generate the completion script for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli completion bash > ~/.local/share/bash-completion/completions/regcli\n  \
    regcli completion zsh > ~/.zfunc/_regcli\n  \
    regcli completion fish > ~/.config/fish/completions/regcli.fish\n  \
    regcli completion powershell >> $PROFILE\n  \
    regcli completion elvish >> ~/.config/elvish/rc.elv\n\n\
    Commands, flags, images of the store, platforms, files, and the repositories and\n\
    tags of registries are completed: regcli pull 127.0.0.1:5000/app:<TAB>")]
pub(crate) struct Completion {
    /// The shell to write the script for
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[async_trait(?Send)]
impl Run for Completion {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        context.ui.write(self.shell.script().as_bytes())
    }
}
