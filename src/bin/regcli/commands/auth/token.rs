//! `regcli auth token`

use std::str::FromStr;

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use regcli::auth::Authorization;
use regcli::diagnose::{Diagnose, Failure};
use regcli::protocol::Action;
use regcli::reference::{Reference, Registry};
use serde_json::json;

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::json;

/// Print a token for a repository, for scripts
#[derive(Args, Debug)]
#[command(after_help = "A registry that expects user name and password with each request has no tokens;\n\
    --format header works with both kinds.\n\n\
    Examples:\n  \
    curl -H \"$(regcli auth token --format header ubuntu)\" \\\n    \
    https://registry-1.docker.io/v2/library/ubuntu/tags/list\n  \
    regcli auth token --scope pull,push registry.example.com/team/app")]
pub(crate) struct Token {
    /// pull, push or delete, separated by commas
    #[arg(long, value_name = "ACTIONS", default_value = "pull")]
    scope: Actions,

    /// Output: token, header (Authorization header), or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "token",
        hide_default_value = true,
        hide_possible_values = true
    )]
    format: Form,

    /// The repository
    #[arg(value_name = "REPOSITORY")]
    repository: Reference,
}

/// How a token is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// The token alone.
    Token,
    /// The whole header.
    Header,
    /// An object with all details.
    Json,
}

/// The actions on a repository.
#[derive(Clone, Debug)]
struct Actions(Vec<Action>);

impl FromStr for Actions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |name: &str| Action::ALL.into_iter().find(|action| action.name() == name);
        let actions: Option<Vec<Action>> = text.split(',').map(named).collect();
        actions
            .map(Self)
            .ok_or_else(|| "must be pull, push, delete, or several of them, such as pull,push".to_owned())
    }
}

/// The error if there is no token to print.
#[derive(Debug, thiserror::Error)]
enum NoToken {
    #[error("{0} asks for no credentials, so there is no token")]
    Open(Registry),
    #[error("{0} uses user name and password, not a token: use --format header")]
    Basic(Registry),
}

impl Diagnose for NoToken {}

#[async_trait(?Send)]
impl Run for Token {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let reference = self.repository.clone().or_latest();
        let registry = || reference.name.registry.clone();
        let found = context.remote.authorization(&reference, &self.scope.0).await?;
        let authorization = found.ok_or_else(|| NoToken::Open(registry()))?;
        self.warn_of_less(context, &authorization);
        match (self.format, &authorization) {
            (Form::Token, Authorization::Basic(_)) => Err(NoToken::Basic(registry()).into()),
            (Form::Token, Authorization::Bearer { token, .. }) => context.ui.line(token.expose()),
            (Form::Header, _) => context.ui.line(&header(&authorization)),
            (Form::Json, _) => context.ui.line(&self.json(&authorization)),
        }
    }
}

impl Token {
    /// Warns about actions that the token does not allow, before a script fails.
    fn warn_of_less(&self, context: &Context, authorization: &Authorization) {
        let name = &self.repository.name;
        let withheld = authorization.withheld(&name.repository, &self.scope.0);
        if !withheld.is_empty() {
            let names: Vec<&str> = withheld.iter().map(|action| action.name()).collect();
            context.ui.warn(&format!(
                "{} did not grant {} on {}",
                name.registry,
                names.join(","),
                name.repository
            ));
        }
    }

    fn json(&self, authorization: &Authorization) -> String {
        let names: Vec<&str> = self.scope.0.iter().map(|action| action.name()).collect();
        let mut object = json!({
            "registry": self.repository.name.registry.as_str(),
            "repository": self.repository.name.repository.as_str(),
            "scope": names.join(","),
            "scheme": authorization.scheme(),
            "header": header(authorization),
        });
        if let Authorization::Bearer { token, lifetime } = authorization {
            object["token"] = token.expose().into();
            object["expires_in"] = lifetime.map(|lifetime| lifetime.as_secs()).into();
        }
        json::line(&object)
    }
}

fn header(authorization: &Authorization) -> String {
    format!("Authorization: {}", authorization.value().expose())
}
