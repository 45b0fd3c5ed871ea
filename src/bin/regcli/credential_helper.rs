//! `docker-credential-regcli`: this program as a credential helper, so that Docker, crane and skopeo share its keyring.
//!
//! The protocol is that of [docker-credential-helpers](https://github.com/docker/docker-credential-helpers)
//! (`credentials/credentials.go`): the action is the only argument, the request comes on standard input, and
//! the response goes to standard output, even the text of an error.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use regcli::auth::{Credential, Secret};
use serde::{Deserialize, Serialize};

use crate::ui::format::json;

/// The name that makes this program a credential helper.
const NAME: &str = "docker-credential-regcli";

/// The maximum size of a request, in bytes. A longer one is not a credential.
const REQUEST_MAX: u64 = 64 << 10;

/// The response that programs understand as "no credentials", not as an error.
const NOT_FOUND: &str = "credentials not found in native keychain";

const NO_SERVER: &str = "no credentials server URL";

const NO_USERNAME: &str = "no credentials username";

/// A credential in the form of the protocol; `T` is the secret.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<T> {
    #[serde(rename = "ServerURL", default)]
    server: String,
    #[serde(default)]
    username: String,
    secret: T,
}

/// Serves one request if the program was called as a credential helper. Returns `None` otherwise.
pub(crate) fn serve() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let program = arguments.next()?;
    if Path::new(&program).file_stem()? != NAME {
        return None;
    }
    let arguments: Vec<OsString> = arguments.collect();
    let (text, code) = match respond(&arguments) {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (format!("{text}\n"), ExitCode::FAILURE),
    };
    // A closed standard output means that the caller no longer needs the response.
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    Some(code)
}

/// Returns the response with its line break, or the text of an error.
fn respond(arguments: &[OsString]) -> Result<String, String> {
    let usage = || format!("Usage: {NAME} <store|get|erase|list|version>");
    let [action] = arguments else { return Err(usage()) };
    match &*action.to_string_lossy() {
        "version" | "--version" | "-v" => {
            Ok(format!("{NAME} ({}) v{}\n", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
        }
        "--help" | "-h" => Ok(usage() + "\n"),
        "store" => store(&request()?),
        "get" => get(&server(&request()?)?),
        "erase" => erase(&server(&request()?)?),
        "list" => list(),
        unknown => Err(format!("{NAME}: unknown action: {unknown}")),
    }
}

fn get(server: &str) -> Result<String, String> {
    let credential = keyring::get(server)?.ok_or(NOT_FOUND)?;
    let (username, secret) = credential.for_helper().map_err(|error| error.to_string())?;
    let answer =
        Credentials { server: server.to_owned(), username: username.to_owned(), secret: secret.expose() };
    Ok(json::html_safe_line(&answer) + "\n")
}

fn store(request: &Secret) -> Result<String, String> {
    // The parser's own message might quote the secret.
    let credentials: Credentials<Secret> = serde_json::from_str(request.expose())
        .map_err(|error| format!("invalid request at column {}", error.column()))?;
    if credentials.server.is_empty() {
        return Err(NO_SERVER.to_owned());
    }
    if credentials.username.is_empty() {
        return Err(NO_USERNAME.to_owned());
    }
    let credential = Credential::from_helper(credentials.username, credentials.secret).ok_or(NO_USERNAME)?;
    keyring::store(&credentials.server, &credential).map(|()| String::new())
}

fn erase(server: &str) -> Result<String, String> {
    keyring::erase(server).map(|()| String::new())
}

fn list() -> Result<String, String> {
    let users: std::collections::BTreeMap<String, String> = keyring::list()?.into_iter().collect();
    Ok(json::html_safe_line(&users) + "\n")
}

/// Reads the request from standard input.
fn request() -> Result<Secret, String> {
    let mut text = String::new();
    let read = io::stdin().take(REQUEST_MAX + 1).read_to_string(&mut text);
    let text = Secret::from(text);
    match read {
        Ok(length) if length as u64 > REQUEST_MAX => Err("the request is too large".to_owned()),
        Ok(_) => Ok(text),
        Err(error) => Err(format!("cannot read the request: {error}")),
    }
}

/// Returns the server that a request names.
fn server(request: &Secret) -> Result<String, String> {
    match request.expose().trim() {
        "" => Err(NO_SERVER.to_owned()),
        server => Ok(server.to_owned()),
    }
}

/// The system's keyring, through a blocking interface.
#[cfg(feature = "keyring")]
mod keyring {
    use regcli::auth::{Credential, KeychainError, Keyring};

    pub(super) fn get(server: &str) -> Result<Option<Credential>, String> {
        wait(Keyring.get(server))
    }

    pub(super) fn store(server: &str, credential: &Credential) -> Result<(), String> {
        wait(Keyring.store(server, credential))
    }

    pub(super) fn erase(server: &str) -> Result<(), String> {
        wait(Keyring.erase(server))
    }

    pub(super) fn list() -> Result<Vec<(String, String)>, String> {
        wait(Keyring.list())
    }

    fn wait<T>(work: impl Future<Output = Result<T, KeychainError>>) -> Result<T, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let result = runtime.block_on(work);
        // The process must not wait for a keyring that still asks the user.
        runtime.shutdown_background();
        result.map_err(|error| error.to_string())
    }
}

/// Replaces the keyring in a program that was built without one.
#[cfg(not(feature = "keyring"))]
mod keyring {
    use regcli::auth::Credential;

    const WITHOUT: &str = "this regcli was built without the system's keyring";

    pub(super) fn get(_server: &str) -> Result<Option<Credential>, String> {
        Err(WITHOUT.to_owned())
    }

    pub(super) fn store(_server: &str, _credential: &Credential) -> Result<(), String> {
        Err(WITHOUT.to_owned())
    }

    pub(super) fn erase(_server: &str) -> Result<(), String> {
        Err(WITHOUT.to_owned())
    }

    pub(super) fn list() -> Result<Vec<(String, String)>, String> {
        Err(WITHOUT.to_owned())
    }
}
