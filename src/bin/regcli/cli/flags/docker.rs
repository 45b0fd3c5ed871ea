//! Docker's own flags, which stand before the command.

use clap::{Args, ValueEnum};
use regcli::config::Environment;

/// How docker is told where its Engine is, and how much to say.
#[derive(Args, Clone, Debug)]
pub(crate) struct DockerArgs {
    /// Docker Engine of docker-daemon:IMAGE, if not $DOCKER_HOST
    #[arg(short = 'H', long, value_name = "HOST", conflicts_with = "context")]
    host: Option<String>,

    /// Docker context that names the Engine, if not $DOCKER_CONTEXT
    #[arg(short, long, value_name = "NAME")]
    context: Option<String>,

    /// Print messages of this level: debug is --debug, all others are what is printed anyway
    #[arg(short, long, value_enum, value_name = "LEVEL", hide_possible_values = true)]
    log_level: Option<Level>,
}

/// Docker's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl DockerArgs {
    /// Returns whether debug messages are wanted.
    pub(crate) fn debug(&self) -> bool {
        self.log_level == Some(Level::Debug)
    }

    /// Puts what the flags say in the place of what the environment says. A context goes before `DOCKER_HOST` only as
    /// a flag.
    pub(crate) fn apply(&self, environment: &mut Environment) {
        if let Some(host) = &self.host {
            environment.docker_host = Some(host.clone());
        }
        if let Some(context) = &self.context {
            environment.docker_context = Some(context.clone());
            environment.docker_host = None;
        }
    }
}
