//! `regcli version`

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use regcli::diagnose::Failure;
use regcli::image::Platform;
use serde_json::json;

use super::run::Run;
use crate::context::Context;

/// Show the version
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  regcli version\n  regcli version --format json")]
pub(crate) struct Version {
    /// Output: text, or json
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

#[async_trait(?Send)]
impl Run for Version {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let (version, platform) = (env!("CARGO_PKG_VERSION"), Platform::host());
        match self.format {
            Form::Text => context.ui.line(&format!("regcli version {version}, {platform}")),
            Form::Json => {
                context.ui.line(&json!({ "version": version, "platform": platform.to_string() }).to_string())
            }
        }
    }
}
