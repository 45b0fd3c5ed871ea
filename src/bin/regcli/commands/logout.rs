//! `regcli logout`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::reference::{self, Registry};

use super::run::Run;
use crate::context::Context;
use crate::ui::format::docker_words as words;

/// Remove the credentials for a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  regcli logout\n  regcli logout 127.0.0.1:5000")]
pub(crate) struct Logout {
    /// The registry [default: Docker Hub]
    #[arg(value_name = "HOST[:PORT]")]
    server: Option<String>,
}

#[async_trait(?Send)]
impl Run for Logout {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let given = self.server.as_deref().unwrap_or(reference::HUB);
        let registry = Registry::from_server(given)?;
        if context.keychain.is_overridden() {
            context.ui.note(words::AUTH_CONFIG_IS_SET);
        }
        context.ui.line(&words::removing_credentials(&registry))?;
        context.remote.forget(&registry);
        let erased = context.keychain.erase(&registry, given).await?;
        for warning in &erased.warnings {
            context.ui.warn(&warning.to_string());
        }
        Ok(())
    }
}
