//! `--dry-run`, and the format of its result.

use clap::Args;
use regcli::diagnose::Failure;

use super::QuietArgs;
use crate::ui::format::preview::{Previews, Verb};
use crate::ui::format::template::Format;

#[derive(Args, Clone, Debug)]
pub(crate) struct DryRunArgs {
    /// Show what would be moved, without changing anything
    #[arg(long)]
    dry_run: bool,

    /// With --dry-run: table [TEMPLATE], json, or a Go template
    #[arg(long, value_name = "FORMAT", requires = "dry_run", conflicts_with = "quiet")]
    format: Option<Format>,
}

impl DryRunArgs {
    /// Reports whether nothing may be changed.
    pub(crate) fn only_looks(&self) -> bool {
        self.dry_run
    }

    /// Returns the printer of previews for `--dry-run`, or `None` without that flag.
    ///
    /// # Errors
    /// Returns an error if the template of `--format` is invalid or names an unknown field.
    pub(crate) fn previews(&self, verb: Verb, quiet: &QuietArgs) -> Result<Option<Previews>, Failure> {
        match &self.format {
            _ if !self.dry_run => Ok(None),
            _ if quiet.is_quiet() => Ok(Some(Previews::pinned(verb))),
            format => Previews::of(verb, &format.clone().unwrap_or_default()).map(Some),
        }
    }
}
