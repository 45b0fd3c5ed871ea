//! `--dry-run`, and how its result is shown.

use clap::Args;
use regcli::diagnose::Failure;

use super::QuietArgs;
use crate::ui::format::preview::{Previews, Verb};
use crate::ui::format::template::Format;

#[derive(Args, Clone, Debug)]
pub(crate) struct DryRunArgs {
    /// Only show what would be moved; change nothing
    #[arg(long)]
    dry_run: bool,

    /// With --dry-run: table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", requires = "dry_run", conflicts_with = "quiet")]
    format: Option<Format>,
}

impl DryRunArgs {
    /// Whether nothing may be changed.
    pub(crate) fn only_looks(&self) -> bool {
        self.dry_run
    }

    /// What shows previews, if they are all that is wanted.
    ///
    /// # Errors
    /// That `--format` is no template, or names what does not exist.
    pub(crate) fn previews(&self, verb: Verb, quiet: &QuietArgs) -> Result<Option<Previews>, Failure> {
        match &self.format {
            _ if !self.dry_run => Ok(None),
            _ if quiet.is_quiet() => Ok(Some(Previews::pinned(verb))),
            format => Previews::of(verb, &format.clone().unwrap_or_default()).map(Some),
        }
    }
}
