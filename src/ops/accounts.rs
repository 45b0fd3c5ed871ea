//! The status of accounts: which credentials are stored, and whether registries accept them.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::auth::{Account, Credential, Found, Keychain};
use crate::config::Warning;
use crate::diagnose::{Diagnose, ErrorKind};
use crate::remote::Remote;

/// How many registries are asked concurrently.
const CONCURRENT: usize = 8;

/// How long a registry may take to accept or refuse a credential.
const CHECK_LIMIT: Duration = Duration::from_secs(15);

/// Whether to ask the registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Shows what is stored, without any request.
    Skip,
    /// Asks each registry once whether it accepts the stored credential.
    Ask,
}

/// The status of one account.
#[derive(Debug)]
pub struct AccountStatus {
    /// The registry, or a path in it.
    pub account: Account,
    /// The credential and its origin; `None` if nothing is stored.
    pub found: Option<Found>,
    /// The registry's verdict, if it was asked.
    pub verdict: Option<Verdict>,
    /// Problems with the places where credentials are stored.
    pub warnings: Vec<Warning>,
}

/// A registry's verdict on a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The registry accepts it.
    Accepted,
    /// The registry does not ask for credentials.
    NotAsked,
    /// The registry refuses it, for this reason.
    Refused(String),
    /// The registry could not be asked, for this reason.
    Unanswered(String),
}

/// Looks up the credentials of `accounts` and asks their registries about them. The order is kept.
///
/// # Cancel safety
/// Dropping the future ends all requests and helpers.
pub async fn account_status(
    keychain: &Keychain,
    remote: &Remote,
    accounts: Vec<Account>,
    check: Check,
) -> Vec<AccountStatus> {
    let looked_up = accounts.into_iter().map(|account| async move {
        let lookup = keychain.find(&account.registry, account.namespace.as_ref()).await;
        let verdict = match (&lookup.found, check) {
            (Some(found), Check::Ask) => Some(ask(remote, &account, found.credential.clone()).await),
            _ => None,
        };
        AccountStatus { account, found: lookup.found, verdict, warnings: lookup.warnings }
    });
    stream::iter(looked_up).buffered(CONCURRENT).collect().await
}

async fn ask(remote: &Remote, account: &Account, credential: Credential) -> Verdict {
    let asking = remote.check(&account.registry, credential);
    match tokio::time::timeout(CHECK_LIMIT, asking).await {
        Ok(Ok(answer)) if answer.checked => Verdict::Accepted,
        Ok(Ok(_)) => Verdict::NotAsked,
        Ok(Err(error)) if error.kind() == ErrorKind::Denied => Verdict::Refused(error.to_string()),
        Ok(Err(error)) => Verdict::Unanswered(error.to_string()),
        Err(_) => Verdict::Unanswered(format!("no answer for {} s", CHECK_LIMIT.as_secs())),
    }
}
