//! `regcli completion`

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use regcli::diagnose::Failure;

use crate::cli::Cli;
use crate::context::Context;

/// Generate the completion script for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli completion bash > ~/.local/share/bash-completion/completions/regcli\n  \
    regcli completion zsh > ~/.zfunc/_regcli\n  \
    regcli completion fish > ~/.config/fish/completions/regcli.fish")]
pub(crate) struct Completion {
    /// The shell that is to complete
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "regcli", &mut script);
        context.ui.write(&script)
    }
}
