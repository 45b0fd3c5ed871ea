//! The operating system's keyring: Secret Service, Keychain, Credential Manager.
//!
//! One entry for each server: its name is the server's key, its secret is JSON with user name and secret, as a
//! credential helper answers it.

use std::time::Duration;

use keyring::v1::{Entry, Error};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Credential, KeychainError, Secret};

/// The service that all entries belong to.
const SERVICE: &str = "regcli";

/// How long the keyring may take: it may ask a person to unlock it.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What an entry holds; `T` is the secret.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content<T> {
    username: String,
    secret: T,
}

/// The credentials of `server`; `None` if there are none.
pub(super) async fn get(server: &str) -> Result<Option<Credential>, KeychainError> {
    let content = ask(server, |entry| entry.get_secret().map(Zeroizing::new)).await?;
    let Some(content) = content else { return Ok(None) };
    let Content::<Secret> { username, secret } = serde_json::from_slice(&content)
        .map_err(|_| KeychainError::Keyring("an entry does not hold what regcli writes".to_owned()))?;
    Ok(Credential::from_helper(username, secret))
}

/// Keeps `credential` for `server`.
pub(super) async fn store(server: &str, credential: &Credential) -> Result<(), KeychainError> {
    let (username, secret) = credential.for_helper()?;
    let content = Content { username: username.to_owned(), secret: secret.expose() };
    let content = Zeroizing::new(serde_json::to_vec(&content).expect("two strings are JSON"));
    ask(server, move |entry| entry.set_secret(&content)).await.map(drop)
}

/// Forgets `server`, if there is anything about it.
pub(super) async fn erase(server: &str) -> Result<(), KeychainError> {
    ask(server, Entry::delete_credential).await.map(drop)
}

/// Does one thing to the entry of `server`; `None` if there is no such entry.
///
/// It gets a thread of its own and not one of tokio's: a call that waits for a person cannot be cancelled, and
/// the program's end must not wait for it.
async fn ask<T: Send + 'static>(
    server: &str,
    action: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<Option<T>, KeychainError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let server = server.to_owned();
    std::thread::spawn(move || {
        let result = Entry::new(SERVICE, &server).and_then(|entry| action(&entry));
        let _nobody_waits_any_more = sender.send(result);
    });
    let fail = |text: String| Err(KeychainError::Keyring(text));
    match tokio::time::timeout(TIME_LIMIT, receiver).await {
        Ok(Ok(Ok(value))) => Ok(Some(value)),
        Ok(Ok(Err(Error::NoEntry))) => Ok(None),
        Ok(Ok(Err(Error::BadEncoding(_)))) => fail("an entry is not text".to_owned()),
        Ok(Ok(Err(error))) => fail(error.to_string()),
        Ok(Err(_)) => fail("it gave no answer".to_owned()),
        Err(_) => fail(format!("it did not answer within {TIME_LIMIT:?}")),
    }
}
