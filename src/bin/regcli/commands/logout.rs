//! `regcli logout`

use clap::Args;
use regcli::diagnose::Failure;
use regcli::reference::{self, Registry};

use crate::context::Context;
use crate::render::docker_words as words;

/// Log out from a registry. Defaults to Docker Hub if no server is specified
#[derive(Args, Debug)]
pub(crate) struct Logout {
    /// The registry, host[:port]
    #[arg(value_name = "SERVER")]
    server: Option<String>,
}

impl Logout {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let given = self.server.as_deref().unwrap_or(reference::HUB);
        let registry = Registry::from_server(given)?;
        if context.keychain.is_overridden() {
            context.ui.note(words::AUTH_CONFIG_IS_SET);
        }
        context.ui.line(&words::removing_credentials(&registry))?;
        let erased = context.keychain.erase(&registry, given).await?;
        for warning in &erased.warnings {
            context.ui.warn(&warning.to_string());
        }
        Ok(())
    }
}
