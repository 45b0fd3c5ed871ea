//! Groups of flags that several commands share.

mod bytes;
mod docker;
mod dry_run;
mod global;
mod list;

use std::str::FromStr;

use clap::{Args, ValueEnum};
use regcli::image::{Platform, PlatformError};
use regcli::mentions::Step;
use regcli::ops::deletion::MaxDelete;
use regcli::ops::files::Tables;
use regcli::reference::{Name, Reference};

pub(crate) use bytes::bytes;
pub(crate) use docker::DockerArgs;
pub(crate) use dry_run::DryRunArgs;
pub(crate) use global::GlobalArgs;
pub(crate) use list::ListArgs;

use crate::ui::progress::Verbosity;

/// `-q`.
#[derive(Args, Clone, Debug)]
pub(crate) struct QuietArgs {
    /// Show no progress, only the result
    #[arg(short, long)]
    quiet: bool,
}

impl QuietArgs {
    pub(crate) fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Quiet } else { Verbosity::Normal }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// `--whole`.
#[derive(Args, Clone, Debug)]
pub(crate) struct WholeArgs {
    /// Read whole layers, and believe no tables of contents
    #[arg(long)]
    whole: bool,
}

impl WholeArgs {
    pub(crate) fn tables(&self) -> Tables {
        if self.whole { Tables::Ignored } else { Tables::Believed }
    }
}

/// The form of a result, for `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For users.
    #[value(help = None)]
    Text,
    /// For programs.
    #[value(help = None)]
    Json,
}

/// The argument of `--max-delete`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeleteLimit(pub(crate) MaxDelete);

impl FromStr for DeleteLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let percent = text.strip_suffix('%').map(|text| text.parse::<u8>().ok().filter(|part| *part <= 100));
        match percent {
            Some(Some(percent)) => Ok(Self(MaxDelete::Percent(percent))),
            None if let Ok(count) = text.parse() => Ok(Self(MaxDelete::Count(count))),
            _ => Err("must be a number of tags or a percentage, such as 20 or 50%"),
        }
    }
}

/// A former Docker flag for signatures, accepted without effect.
#[derive(Args, Clone, Debug)]
pub(crate) struct ContentTrustArgs {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disable_content_trust: Option<bool>,
}

impl ContentTrustArgs {
    /// Returns Docker's warning that signatures were removed, if the flag was used.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.disable_content_trust.map(|_| {
            "Flag --disable-content-trust has been deprecated, support for docker content trust was removed"
        })
    }
}

/// Parses a platform, `os/arch[/variant]`.
pub(crate) fn platform(text: &str) -> Result<Platform, PlatformError> {
    Platform::from_str(text)
}

/// Parses the part of a version that may grow.
pub(crate) fn step(text: &str) -> Result<Step, &'static str> {
    match text {
        "patch" => Ok(Step::Patch),
        "minor" => Ok(Step::Minor),
        "major" => Ok(Step::Major),
        _ => Err("must be patch, minor or major"),
    }
}

/// Parses the name of a repository.
pub(crate) fn repository(text: &str) -> Result<Name, String> {
    let reference = Reference::from_str(text).map_err(|error| error.to_string())?;
    if reference.is_name_only() {
        Ok(reference.name)
    } else {
        Err("must have no tag and no digest".to_owned())
    }
}

/// Parses an annotation, `KEY=VALUE`.
pub(crate) fn annotation(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE"),
    }
}
