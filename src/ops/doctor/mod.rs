//! Diagnosis of a registry, and of the configuration of this machine for it.
//!
//! Registries are asked by the same client and with the same credentials as by other commands. They are not
//! changed unless the caller names a repository for that. A step that hangs is given up after a while.

mod account;
mod content;
mod local;
mod network;
mod options;
mod registry;
mod report;
mod time;
mod upload;
mod visit;

use futures_util::{StreamExt as _, stream};

pub use options::{Breadth, Options, Parts};
pub use report::{Advice, Check, Finding, Reason, Report, Status, Subject, Upload};

use crate::config::NamedMirror;
use crate::diagnose::ErrorKind;
pub use crate::remote::Software;
use time::{STEP_LIMIT, Time};
use visit::Visit;

/// How many mirrors are tested concurrently.
const MIRRORS_CONCURRENT: usize = 8;

/// Diagnoses a registry and this machine, in at most half a minute.
///
/// # Cancel safety
/// Dropping the future ends all requests and helpers. An upload that was started for [`Options::write`] may
/// be left behind until the registry removes it.
pub async fn examine(parts: Parts<'_>, options: &Options) -> Report {
    let time = Time::begin();
    let (mut checks, mirrors, local) = tokio::join!(
        Visit::run(parts, options, time),
        mirrors(parts, options),
        local::checks(parts, options)
    );
    if mirrors.serve_pulls {
        only_pulls(&mut checks);
    }
    checks.extend(mirrors.checks);
    checks.extend(local);
    Report { registry: options.registry.clone(), checks }
}

/// The results of the mirrors.
struct Mirrors {
    checks: Vec<Check>,
    /// Whether one of them serves the registry that is diagnosed.
    serve_pulls: bool,
}

/// Downgrades an unreachable registry to a warning, because pulls go through a mirror.
fn only_pulls(checks: &mut [Check]) {
    for check in checks.iter_mut().filter(|check| check.status == Status::Fail(ErrorKind::Unreachable)) {
        (check.status, check.advice) = (Status::Warn, Some(Advice::PushElsewhere));
    }
}

/// Tests the mirrors concurrently.
async fn mirrors(parts: Parts<'_>, options: &Options) -> Mirrors {
    let mirrors = match options.breadth {
        Breadth::Registry => parts.config.mirrors_of(&options.registry),
        Breadth::Everything => parts.config.mirrors(),
    };
    if mirrors.is_empty() {
        return Mirrors { checks: vec![Check::skip(Subject::Mirror, Reason::None)], serve_pulls: false };
    }
    let registries: Vec<_> = mirrors.iter().map(|named| named.registry.clone()).collect();
    let tests = mirrors.into_iter().map(|named| mirror(parts, named));
    let checks: Vec<Check> = stream::iter(tests).buffered(MIRRORS_CONCURRENT).collect().await;
    let mut tested = checks.iter().zip(&registries);
    let serve_pulls =
        tested.any(|(check, registry)| check.status == Status::Ok && *registry == options.registry);
    Mirrors { checks, serve_pulls }
}

async fn mirror(parts: Parts<'_>, named: NamedMirror) -> Check {
    let address = named.to_string();
    let testing = super::test_mirrors(parts.remote, vec![named], None);
    let tested = tokio::time::timeout(STEP_LIMIT, testing).await.ok().and_then(|mut tested| tested.pop());
    let dead = |reason: String| {
        let finding = Finding::DeadMirror { address: address.clone(), reason };
        Check::warn(Subject::Mirror, finding).advise(Advice::ReplaceMirror)
    };
    match tested {
        None => dead(format!("no answer for {} s", STEP_LIMIT.as_secs())),
        Some((_, probe)) => match probe.error {
            Some(error) => dead(report::told(&error)),
            None => Check::ok(Subject::Mirror, Finding::Mirror { address, took: probe.took }),
        },
    }
}
