//! Docker's own flags, which stand before the command.

use clap::{Args, ValueEnum};
use regcli::config::Environment;

/// How to find the Docker Engine, and how much to log.
#[derive(Args, Clone, Debug)]
pub(crate) struct DockerArgs {
    /// Docker Engine for docker-daemon:IMAGE [default: $DOCKER_HOST]
    #[arg(short = 'H', long, value_name = "HOST", conflicts_with = "context")]
    host: Option<String>,

    /// Docker context that names the Engine [default: $DOCKER_CONTEXT]
    #[arg(short, long, value_name = "NAME")]
    context: Option<String>,

    /// Docker's log level; debug is --debug, others do nothing
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
    /// Returns whether debug messages are enabled.
    pub(crate) fn debug(&self) -> bool {
        self.log_level == Some(Level::Debug)
    }

    /// Replaces settings of the environment by those of the flags. A context overrides `DOCKER_HOST` only as
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
