//! What a registry is and what is wrong with it, and with what this machine knows of it.
//!
//! Registries are asked as commands ask them, by the same client and with the same credentials, and nothing of
//! them is changed unless somebody names a repository for that. Whatever hangs is given up after a while.

mod account;
mod content;
mod local;
mod network;
mod options;
mod registry;
mod report;
mod software;
mod time;
mod upload;
mod visit;

use futures_util::{StreamExt as _, stream};

pub use options::{Breadth, Options, Parts};
pub use report::{Advice, Check, Finding, Reason, Report, Status, Subject, Upload};
pub use software::Software;

use crate::config::NamedMirror;
use crate::diagnose::ErrorKind;
use time::{STEP_LIMIT, Time};
use visit::Visit;

/// How many mirrors are asked at once.
const MIRRORS_AT_ONCE: usize = 8;

/// Looks at a registry, and at this machine. It takes half a minute at most.
///
/// # Cancel safety
/// Dropping the future ends all requests and helpers. An upload that was begun for [`Options::write`] may be left
/// behind, which the registry removes when it likes.
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

/// What came of the mirrors.
struct Mirrors {
    checks: Vec<Check>,
    /// Whether one of them answers for the registry that is looked at.
    serve_pulls: bool,
}

/// A registry that cannot be reached is no failure for pulls, which go through a mirror.
fn only_pulls(checks: &mut [Check]) {
    for check in checks.iter_mut().filter(|check| check.status == Status::Fail(ErrorKind::Unreachable)) {
        (check.status, check.advice) = (Status::Warn, Some(Advice::PushElsewhere));
    }
}

/// Tries the mirrors, several at once.
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
    let checks: Vec<Check> = stream::iter(tests).buffered(MIRRORS_AT_ONCE).collect().await;
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
