//! Checks of this machine: Docker's config.json, the store, credential helpers, the keyring.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Access;

use super::options::{Breadth, Options, Parts};
use super::report::{Advice, Check, Finding, Status, Subject, told};
use super::time::STEP_LIMIT;
use crate::config::Config;
use crate::diagnose::{ErrorKind, Hint, io_hint};
use crate::store::Store;

/// The free space that a store should have, in bytes: a large image.
const ROOM: u64 = 1 << 30;

/// The prefix of the name of each credential helper.
const HELPER: &str = "docker-credential-";

/// The helper name that stands for regcli's own keyring.
const OWN_KEYRING: &str = "regcli";

/// Runs all checks of this machine.
pub(super) async fn checks(parts: Parts<'_>, options: &Options) -> Vec<Check> {
    let (config, store) = (Arc::clone(parts.config), Arc::clone(parts.config));
    let (mut checks, store, keyring) = tokio::join!(
        aside(Subject::DockerConfig, move || docker_config(&config)),
        aside(Subject::Store, move || vec![self::store(&store)]),
        keyring(parts.config, options),
    );
    checks.extend(store);
    if options.breadth == Breadth::Everything {
        checks.push(helpers(parts.config));
    }
    checks.extend(keyring);
    checks
}

/// Checks files in a thread of its own, because a network file system may hang forever.
async fn aside(subject: Subject, look: impl FnOnce() -> Vec<Check> + Send + 'static) -> Vec<Check> {
    match tokio::time::timeout(STEP_LIMIT, tokio::task::spawn_blocking(look)).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(error)) => {
            vec![Check::new(subject, Status::Fail(ErrorKind::Other), Finding::Error(error.to_string()))]
        }
        Err(_) => {
            vec![Check::new(subject, Status::Fail(ErrorKind::Other), Finding::Silent(STEP_LIMIT))]
        }
    }
}

fn docker_config(config: &Config) -> Vec<Check> {
    let subject = Subject::DockerConfig;
    let broken = config.warnings().iter().map(|warning| {
        let check = Check::warn(subject, Finding::Error(warning.to_string()));
        Check { advice: warning.hint().map(Advice::Known), ..check }
    });
    let broken: Vec<Check> = broken.collect();
    if !broken.is_empty() {
        return broken;
    }
    let path = match config.docker_config_file() {
        Ok(path) => path.to_owned(),
        Err(error) => return vec![Check::error(subject, &error)],
    };
    let Ok(metadata) = path.metadata() else { return vec![Check::ok(subject, Finding::NoFile(path))] };
    let mode = metadata.permissions().mode() & 0o777;
    let secret = config.docker().auths.iter().any(|(_, entry)| {
        [&entry.auth, &entry.password, &entry.identity_token, &entry.registry_token]
            .into_iter()
            .any(Option::is_some)
    });
    if secret && mode & 0o077 != 0 {
        let advice = Advice::Protect(path.clone());
        return vec![Check::ok(subject, Finding::Unprotected { path, mode }).but(advice)];
    }
    vec![Check::ok(subject, Finding::File(path))]
}

fn store(config: &Config) -> Check {
    let path = match config.store() {
        Ok(path) => path,
        Err(error) => return Check::error(Subject::Store, &error),
    };
    // The check for write access writes nothing.
    let existing = path.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(Path::new("."));
    let usable = rustix::fs::access(existing, Access::WRITE_OK | Access::EXEC_OK);
    let free = rustix::fs::statvfs(existing).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let free = match usable.and(free) {
        Ok(free) => free,
        Err(error) => return unusable(existing, &error.into()),
    };
    let images = if existing == path { Some(Store::open(path).images()) } else { None };
    let images = match images.transpose() {
        Ok(images) => images.map(|images| images.len()),
        Err(error) => return Check::error(Subject::Store, &error),
    };
    let check = Check::ok(Subject::Store, Finding::Store { path: path.to_owned(), free, images });
    if free < ROOM { check.but(Advice::Known(Hint::FreeSpace { path: path.to_owned() })) } else { check }
}

fn unusable(path: &Path, error: &io::Error) -> Check {
    let finding = Finding::Error(format!("cannot write to {}: {}", path.display(), told(error)));
    let hint = io_hint(error, path).unwrap_or_else(|| Hint::CheckPath { path: path.to_owned() });
    Check::new(Subject::Store, Status::Fail(ErrorKind::Other), finding).advise(Advice::Known(hint))
}

/// Checks which credential helpers are installed and which are missing.
fn helpers(config: &Config) -> Check {
    let there = installed(config.environment().path.as_deref());
    let docker = config.docker();
    let named = docker.cred_helpers.iter().map(|(_, name)| name).chain(&docker.creds_store);
    let is_own = |name: &str| cfg!(feature = "keyring") && name == OWN_KEYRING;
    let mut missing: Vec<String> =
        named.filter(|name| !there.contains(name) && !is_own(name)).cloned().collect();
    missing.sort();
    missing.dedup();
    match missing.first() {
        None => Check::ok(Subject::Helpers, Finding::Helpers(there)),
        Some(first) => {
            let advice = Advice::InstallHelper(first.clone());
            Check::ok(Subject::Helpers, Finding::MissingHelpers(missing)).but(advice)
        }
    }
}

/// Returns the names of the helpers in `path`, each once, in order.
fn installed(path: Option<&OsStr>) -> Vec<String> {
    let folders = std::env::split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
    let files = folders.filter_map(|folder| folder.read_dir().ok()).flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| {
            let name = file.file_name().to_str()?.strip_prefix(HELPER)?.to_owned();
            let metadata = file.path().metadata().ok()?;
            (metadata.is_file() && metadata.permissions().mode() & 0o111 != 0).then_some(name)
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(feature = "keyring")]
async fn keyring(config: &Config, options: &Options) -> Vec<Check> {
    use crate::auth::{KeychainError, Keyring};
    if options.breadth != Breadth::Everything {
        return Vec::new();
    }
    // No account has this name: the check needs a response from the keyring, not a password.
    let asked = tokio::time::timeout(STEP_LIMIT, Keyring.get("regcli doctor")).await;
    let wanted = config.docker().creds_store.as_deref() == Some(OWN_KEYRING);
    let check = match asked {
        Ok(Ok(_)) => Check::ok(Subject::Keyring, Finding::Keyring),
        Ok(Err(KeychainError::NoKeyring)) if wanted => {
            Check::ok(Subject::Keyring, Finding::NoKeyring).but(Advice::AskAdministrator)
        }
        Ok(Err(KeychainError::NoKeyring)) => Check::ok(Subject::Keyring, Finding::NoKeyring),
        Ok(Err(error)) => {
            Check::warn(Subject::Keyring, Finding::Error(told(&error))).advise(Advice::AskAdministrator)
        }
        Err(_) => Check::warn(Subject::Keyring, Finding::Silent(STEP_LIMIT)).advise(Advice::AskAdministrator),
    };
    vec![check]
}

#[cfg(not(feature = "keyring"))]
async fn keyring(_: &Config, _: &Options) -> Vec<Check> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_are_found_by_name_and_only_if_they_can_be_started() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [
            ("docker-credential-b", 0o755),
            ("docker-credential-a", 0o700),
            ("docker-credential-c", 0o644),
            ("other", 0o755),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = std::env::join_paths([folder.path(), folder.path()]).unwrap();

        assert_eq!(installed(Some(&path)), ["a", "b"]);
        assert_eq!(installed(None), [] as [&str; 0]);
    }
}
