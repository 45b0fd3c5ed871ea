//! `regcli auth status`

use async_trait::async_trait;
use clap::Args;
use regcli::auth::{Account, Credential, Place};
use regcli::diagnose::{ErrorKind, Failure};
use regcli::ops::{AccountStatus, Check, Verdict, account_status};
use regcli::reference::Registry;

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::report;
use crate::ui::report::Reported;

/// Show the account at each registry, and where it is stored
#[derive(Args, Debug)]
#[command(after_help = "Fields for --format: .Registry .Username .Source .Kind .Check\n\n\
    With --check the exit code is 4 if a registry refuses its credentials, and 5 if none refuses\n\
    but one was unreachable. Passwords and tokens are never shown.\n\n\
    Examples:\n  regcli auth status\n  regcli auth status --check registry.example.com")]
pub(crate) struct Status {
    /// Ask each registry whether it accepts the stored credentials
    #[arg(long)]
    check: bool,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Registries to show [default: all with stored credentials]
    #[arg(value_name = "HOST[:PORT]", value_parser = Registry::from_server)]
    registries: Vec<Registry>,
}

#[async_trait(?Send)]
impl Run for Status {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let (check, column) = if self.check { (Check::Ask, "\t{{.Check}}") } else { (Check::Skip, "") };
        let table = format!("{{{{.Registry}}}}\t{{{{.Username}}}}\t{{{{.Kind}}}}\t{{{{.Source}}}}{column}");
        let printer = self.format.compile::<StatusRow>(&table)?;
        let named = !self.registries.is_empty();
        let accounts = self.accounts(context).await;
        let mut found = account_status(&context.keychain, &context.remote, accounts, check).await;
        for warning in found.iter().flat_map(|status| &status.warnings) {
            context.ui.warn(&warning.to_string());
        }
        found.retain(|status| named || status.found.is_some());
        let rows: Vec<StatusRow> = found.into_iter().map(StatusRow).collect();
        context.ui.write(printer.show(&rows)?.as_bytes())?;
        for row in &rows {
            row.explain(context);
        }
        end(&rows)
    }
}

impl Status {
    async fn accounts(&self, context: &Context) -> Vec<Account> {
        if !self.registries.is_empty() {
            return self.registries.iter().cloned().map(Account::from).collect();
        }
        let known = context.keychain.accounts().await;
        for warning in &known.warnings {
            context.ui.warn(&warning.to_string());
        }
        known.accounts
    }
}

/// Turns the results of all registries into one.
fn end(rows: &[StatusRow]) -> Result<(), Failure> {
    let any = |is: fn(&Verdict) -> bool| rows.iter().filter_map(|row| row.0.verdict.as_ref()).any(is);
    if any(|verdict| matches!(verdict, Verdict::Refused(_))) {
        return Err(Reported(report::code(ErrorKind::Denied)).into());
    }
    if any(|verdict| matches!(verdict, Verdict::Unanswered(_))) {
        return Err(Reported(report::code(ErrorKind::Unreachable)).into());
    }
    Ok(())
}

/// An account as a row, with its fields for templates.
struct StatusRow(AccountStatus);

impl StatusRow {
    /// Reports why a registry did not accept the credentials.
    fn explain(&self, context: &Context) {
        if let Some(Verdict::Refused(reason) | Verdict::Unanswered(reason)) = &self.0.verdict {
            context.ui.warn(&format!("{}: {reason}", self.0.account));
        }
    }

    fn username(&self) -> &str {
        let found = self.0.found.as_ref();
        found.and_then(|found| found.credential.username()).unwrap_or_default()
    }

    fn kind(&self) -> &'static str {
        match self.0.found.as_ref().map(|found| &found.credential) {
            Some(Credential::Basic { .. }) => "password",
            Some(Credential::IdentityToken { .. }) => "identity token",
            Some(Credential::RegistryToken(_)) => "registry token",
            None => "",
        }
    }

    fn source(&self) -> String {
        match self.0.found.as_ref().map(|found| &found.place) {
            Some(Place::CommandFile) => "a file of the command".to_owned(),
            Some(Place::Variable) => "DOCKER_AUTH_CONFIG".to_owned(),
            Some(Place::Helper(name)) => format!("docker-credential-{name}"),
            Some(Place::DockerFile(path) | Place::PodmanFile(path)) => path.display().to_string(),
            Some(Place::Keyring) => "keyring".to_owned(),
            None => String::new(),
        }
    }

    fn check(&self) -> &'static str {
        match self.0.verdict {
            None => "",
            Some(Verdict::Accepted) => "accepted",
            Some(Verdict::NotAsked) => "not asked for",
            Some(Verdict::Refused(_)) => "refused",
            Some(Verdict::Unanswered(_)) => "no answer",
        }
    }
}

impl Row for StatusRow {
    const TYPE: &'static str = "*registry.accountContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Registry", "REGISTRY"),
        ("Username", "USERNAME"),
        ("Source", "SOURCE"),
        ("Kind", "KIND"),
        ("Check", "CHECK"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let dash = |text: &str| Cell::with_json(if text.is_empty() { "-" } else { text }, text);
        vec![
            self.0.account.to_string().into(),
            dash(self.username()),
            dash(&self.source()),
            dash(self.kind()),
            dash(self.check()),
        ]
    }
}
