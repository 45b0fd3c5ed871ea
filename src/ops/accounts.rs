//! Whom one is known as, and where.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::auth::{Account, Credential, Found, Keychain};
use crate::config::Warning;
use crate::diagnose::{Diagnose, ErrorKind};
use crate::remote::Remote;

/// How many registries are asked at once.
const AT_ONCE: usize = 8;

/// How long one registry may take to say whether it takes a credential.
const CHECK_LIMIT: Duration = Duration::from_secs(15);

/// Whether registries are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// What is stored is shown, and nobody is asked.
    Skip,
    /// Each registry is asked once whether it takes what is stored for it.
    Ask,
}

/// What is known of one account.
#[derive(Debug)]
pub struct AccountStatus {
    /// The registry, or a part of it.
    pub account: Account,
    /// The credential and where it is from; `None` if there is none.
    pub found: Option<Found>,
    /// What the registry says to it, if it was asked.
    pub verdict: Option<Verdict>,
    /// What went wrong with the places.
    pub warnings: Vec<Warning>,
}

/// What a registry says to a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Accepted,
    /// It asks nobody who he is.
    NotAsked,
    /// It does not take it, and says why.
    Refused(String),
    /// It gave no answer that tells.
    Unanswered(String),
}

/// Looks up the credentials of `accounts`, and asks their registries what they think of them. The order stays.
///
/// # Cancel safety
/// Dropping the future ends all requests and helpers.
pub async fn account_status(
    (keychain, remote): (&Keychain, &Remote),
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
    stream::iter(looked_up).buffered(AT_ONCE).collect().await
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
