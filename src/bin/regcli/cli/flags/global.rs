//! The flags of all commands.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use regcli::config::{Given, Identity, Options, TransportOverrides};
use regcli::retry::Policy;

use super::bytes::bytes;
use crate::ui::progress::Progress;

/// The maximum of `--timeout` and `--retry-budget`, in seconds.
const TIMEOUT_MAX: u64 = 18 * 60 * 60;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global Options")]
pub(crate) struct GlobalArgs {
    /// Directory of the image store [default: $REGCLI_STORE]
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,

    /// Directory of Docker's config.json [default: $DOCKER_CONFIG or ~/.docker]
    #[arg(long, global = true, value_name = "DIR")]
    config: Option<PathBuf>,

    /// Progress: auto, tty (bars), plain (lines), json, none
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "KIND"
    )]
    pub(crate) progress: Progress,

    /// Print debug messages to standard error
    #[arg(short = 'D', long, global = true)]
    pub(crate) debug: bool,

    /// Maximum concurrent connections [default: adaptive, 4 to 32]
    #[arg(long, global = true, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    /// Limit the total bandwidth, bytes per second: 500k, 2M
    #[arg(long, global = true, value_name = "BYTES", value_parser = bytes)]
    limit_rate: Option<NonZeroU64>,

    /// Give up after N retries without progress [default: 5, except in outages]
    #[arg(long, global = true, value_name = "N")]
    retry: Option<u32>,

    /// Give up after this time without progress [default: 5m]
    #[arg(long, global = true, value_name = "TIME", value_parser = timeout)]
    retry_budget: Option<Duration>,

    /// Retry if a server is silent for this long [default: 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = timeout)]
    timeout: Option<Duration>,

    /// Use HTTP instead of HTTPS; never for Docker Hub
    #[arg(long, global = true)]
    plain_http: bool,

    /// Do not verify certificates, except Docker Hub's
    #[arg(long, global = true)]
    insecure: bool,

    /// Also trust the certificates in this PEM file
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// Client certificate, PEM
    #[arg(long, global = true, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Key of the client certificate, PEM
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl GlobalArgs {
    /// Returns the settings of the command line.
    pub(crate) fn options(&self) -> Options {
        let identity = self.cert.clone().zip(self.key.clone());
        Options {
            store: self.store.clone(),
            docker_folder: self.config.clone(),
            jobs: self.jobs,
            limit_rate: self.limit_rate,
            sharers: None,
            given: Given::default(),
            timeout: self.timeout,
            transport: TransportOverrides {
                plain_http: self.plain_http,
                insecure: self.insecure,
                ca_file: self.ca_file.clone(),
                identity: identity.map(|(certificate, key)| Identity { certificate, key }),
            },
        }
    }

    /// Returns when to give up.
    pub(crate) fn retry(&self) -> Policy {
        let default = Policy::default();
        Policy {
            attempts: self.retry.map(|retries| retries.saturating_add(1)),
            budget: self.retry_budget.unwrap_or(default.budget),
        }
    }
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "must be a number, at least 1".to_owned())
}

/// Parses a number of seconds, or of minutes or hours with `m` or `h` behind it.
fn timeout(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((end, 's')) => (&text[..end], 1),
        Some((end, 'm')) => (&text[..end], 60),
        Some((end, 'h')) => (&text[..end], 60 * 60),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let seconds = seconds.filter(|seconds| (1..=TIMEOUT_MAX).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "must be a time from 1s to 18h, such as 30s or 2m".to_owned())
}
