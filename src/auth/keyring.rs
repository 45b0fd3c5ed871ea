//! The keyring of the operating system: Secret Service, Keychain, Credential Manager.
//!
//! There is one entry for each server. Its name is the server's key, and its secret is JSON with user name
//! and secret, as in the response of a credential helper.

use std::collections::HashMap;
use std::time::Duration;

use keyring::v1::{Entry, Error};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Credential, KeychainError, Secret};

/// The service of all entries.
const SERVICE: &str = "regcli";

/// The time limit of the keyring, which may ask the user to unlock it.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The content of an entry; `T` is the secret.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content<T> {
    username: String,
    secret: T,
}

/// The keyring of the user of this session.
#[derive(Clone, Copy, Debug)]
pub struct Keyring;

impl Keyring {
    /// Returns the credentials of `server`; `None` if there are none.
    ///
    /// # Errors
    /// [`KeychainError::NoKeyring`] if there is no keyring, [`KeychainError::Keyring`] if it fails; here and
    /// in the following functions.
    pub async fn get(self, server: &str) -> Result<Option<Credential>, KeychainError> {
        let content = ask(server, |entry| entry.get_secret().map(Zeroizing::new)).await?;
        let Some(content) = content else { return Ok(None) };
        let Content::<Secret> { username, secret } = serde_json::from_slice(&content)
            .map_err(|_| KeychainError::Keyring("an entry was not written by regcli".to_owned()))?;
        Ok(Credential::from_helper(username, secret))
    }

    /// Stores `credential` for `server`.
    ///
    /// # Errors
    /// In addition, [`KeychainError::NotForHelpers`].
    pub async fn store(self, server: &str, credential: &Credential) -> Result<(), KeychainError> {
        let (username, secret) = credential.for_helper()?;
        let content = Content { username: username.to_owned(), secret: secret.expose() };
        let content = Zeroizing::new(serde_json::to_vec(&content).expect("two strings are JSON"));
        ask(server, move |entry| entry.set_secret(&content)).await.map(drop)
    }

    /// Erases the entry of `server`, if there is one.
    ///
    /// # Errors
    /// The same as those of [`Keyring::get`].
    pub async fn erase(self, server: &str) -> Result<(), KeychainError> {
        ask(server, Entry::delete_credential).await.map(drop)
    }

    /// Returns all servers that have an entry, with their user names.
    ///
    /// # Errors
    /// The same as those of [`Keyring::get`].
    pub async fn list(self) -> Result<Vec<(String, String)>, KeychainError> {
        let entries = in_thread(|| {
            Entry::store_status().as_ref().map_err(|_| Error::NoDefaultStore)?;
            let found = keyring_core::Entry::search(&search_for_all())?;
            Ok(found.iter().filter_map(server_and_user).collect())
        });
        Ok(entries.await?.unwrap_or_default())
    }
}

/// Returns the search for all entries of this program.
#[cfg(not(windows))]
fn search_for_all() -> HashMap<&'static str, &'static str> {
    [("service", SERVICE)].into()
}

/// Returns the search for all entries of this program: their names end in it.
#[cfg(windows)]
fn search_for_all() -> HashMap<&'static str, &'static str> {
    [("pattern", "\\.regcli$")].into()
}

/// Returns the server and user of an entry; `None` if another program has written it.
fn server_and_user(entry: &keyring_core::Entry) -> Option<(String, String)> {
    let attributes = entry.get_attributes().unwrap_or_default();
    let specified = || entry.get_specifiers().map(|(_, user)| user);
    let server = attributes.get("username").cloned().or_else(specified)?;
    let content = Zeroizing::new(entry.get_secret().ok()?);
    let content: Content<Secret> = serde_json::from_slice(&content).ok()?;
    Some((server, content.username))
}

/// Runs an action on the entry of `server`; returns `None` if there is no such entry.
async fn ask<T: Send + 'static>(
    server: &str,
    action: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<Option<T>, KeychainError> {
    let server = server.to_owned();
    in_thread(move || Entry::new(SERVICE, &server).and_then(|entry| action(&entry))).await
}

/// Runs an action on the keyring; returns `None` if there is no such entry.
///
/// The action gets its own thread and not one of tokio's: a call that waits for the user cannot be cancelled,
/// and the end of the program must not wait for it.
async fn in_thread<T: Send + 'static>(
    action: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<Option<T>, KeychainError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _receiver_is_gone = sender.send(action());
    });
    let fail = |text: String| Err(KeychainError::Keyring(text));
    match tokio::time::timeout(TIME_LIMIT, receiver).await {
        Ok(Ok(Ok(value))) => Ok(Some(value)),
        Ok(Ok(Err(Error::NoEntry))) => Ok(None),
        Ok(Ok(Err(Error::NoDefaultStore))) => Err(KeychainError::NoKeyring),
        Ok(Ok(Err(Error::BadEncoding(_)))) => fail("an entry is not text".to_owned()),
        Ok(Ok(Err(error))) => fail(error.to_string()),
        Ok(Err(_)) => fail("it did not respond".to_owned()),
        Err(_) => fail(format!("it did not answer within {TIME_LIMIT:?}")),
    }
}
