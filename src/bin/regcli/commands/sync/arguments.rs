//! The arguments of `sync`: files, shards and limits.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use regcli::config::{AuthEntry, Given, GivenTransport};
use regcli::diagnose::Failure;
use regcli::ops;
use regcli::reference::Registry;
use regcli::sync::{
    self, Destination, FILE_LIMIT, Login, Naming, ReadOptions, Recipe, Shard, ShardError, SourceText,
    Transport,
};

use crate::cli::usage::Usage;

/// The destination of files that name none.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetArgs {
    /// Destination of files that name none: HOST/PATH, for lists and skopeo's files
    #[arg(long, value_name = "HOST/PATH", requires = "files")]
    to: Option<String>,

    /// With --to: keep the registry and the whole path of images
    #[arg(long, requires = "to")]
    scoped: bool,
}

/// Reads files of rules.
///
/// # Errors
/// An error with the file, and with the line if it is about one.
pub(super) fn read(files: &[PathBuf], target: &TargetArgs) -> Result<Recipe, Failure> {
    let texts = files.iter().map(|file| text(file)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let sources: Vec<_> = names.iter().zip(&texts).map(|(name, text)| SourceText { name, text }).collect();
    let naming = if target.scoped { Naming::Scoped } else { Naming::Last };
    let to = target.to.clone().map(|to| Destination { to, naming });
    let env = |name: &str| std::env::var(name).ok();
    sync::read(&sources, &ReadOptions { to, env: &env, format: None }).map_err(|error| {
        let advice = match &error {
            sync::Error::NoDestination { .. } => "name it: --to HOST/PATH",
            sync::Error::OwnDestination { .. } => "--to is for lists and skopeo's files",
            sync::Error::NoRules => "add the file with rules, such as image-syncer's images: --file FILE",
            _ => return error.into(),
        };
        Usage::failure(format!("{error}; {advice}"))
    })
}

/// Returns what files say about the access to registries, for the configuration of this command.
pub(super) fn given<'a>(logins: impl Iterator<Item = &'a Login>) -> Given {
    let mut given = Given::default();
    for Login { registry, credential, transport } in logins {
        if let Some(credential) = credential {
            let (username, password) = (Some(credential.user.clone()), Some(credential.password.clone()));
            let entry = AuthEntry { username, password, ..AuthEntry::default() };
            given.auths.push((registry.clone(), entry));
        }
        let transport = match transport {
            Transport::Verified => None,
            Transport::Unverified => Some(GivenTransport::Unverified),
            Transport::PlainHttp => Some(GivenTransport::PlainHttp),
        };
        let host = registry.split('/').next().unwrap_or_default();
        given.transports.extend(Registry::from_server(host).ok().zip(transport));
    }
    given
}

/// Reads a text file. One byte more than the limit is enough to know that it is too large.
fn text(path: &Path) -> Result<String, Failure> {
    let failed = |source: io::Error| ops::Error::File { path: path.to_owned(), source };
    let limit = FILE_LIMIT as u64 + 1;
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().take(limit).read_to_string(&mut text).map_err(failed)?;
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)).map_err(failed)?;
    }
    Ok(text)
}

/// The value of `--shard`.
#[derive(Clone, Copy, Debug)]
pub(super) enum ShardArg {
    Named(Shard),
    /// The one that a scheduler names in the environment.
    Auto,
}

impl FromStr for ShardArg {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Named) }
    }
}

impl ShardArg {
    /// Returns the shard.
    ///
    /// # Errors
    /// A usage error if no scheduler names one.
    pub(super) fn resolved(self) -> Result<Shard, Failure> {
        match self {
            Self::Named(shard) => Ok(shard),
            Self::Auto => automatic(|name| std::env::var(name).ok()).ok_or_else(|| {
                Usage::failure(
                    "--shard auto needs JOB_COMPLETION_INDEX and REGCLI_SHARDS (Kubernetes), or SLURM_ARRAY_TASK_ID \
                     and SLURM_ARRAY_TASK_COUNT (Slurm)",
                )
            }),
        }
    }
}

/// Returns the shard that a scheduler names: an Indexed Job of Kubernetes counts from 0, an array of Slurm from
/// wherever the user began.
fn automatic(get: impl Fn(&str) -> Option<String>) -> Option<Shard> {
    let number = |name: &str| get(name)?.parse::<usize>().ok();
    let slurm = || {
        let first = number("SLURM_ARRAY_TASK_MIN").unwrap_or_default();
        Some((number("SLURM_ARRAY_TASK_ID")?.checked_sub(first)?, number("SLURM_ARRAY_TASK_COUNT")?))
    };
    let kubernetes = || Some((number("JOB_COMPLETION_INDEX")?, number("REGCLI_SHARDS")?));
    let (index, of) = kubernetes().or_else(slurm)?;
    Shard::new(index, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_names_the_shard() {
        let named = |variables: &[(&str, &str)]| {
            let get = |name: &str| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            automatic(get).map(|shard| shard.to_string())
        };
        assert_eq!(named(&[("JOB_COMPLETION_INDEX", "2"), ("REGCLI_SHARDS", "4")]).as_deref(), Some("2/4"));
        let slurm =
            [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(named(&slurm).as_deref(), Some("2/4"));
        assert_eq!(named(&[("JOB_COMPLETION_INDEX", "4"), ("REGCLI_SHARDS", "4")]), None);
        assert_eq!(named(&[("JOB_COMPLETION_INDEX", "x"), ("REGCLI_SHARDS", "4")]), None);
        assert_eq!(named(&[]), None);
    }
}
