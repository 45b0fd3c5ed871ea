//! Credentials: where they come from and where they go.

mod credential;
mod docker_file;
mod helper;
mod key;
mod keychain;
mod keychain_error;
#[cfg(feature = "keyring")]
mod keyring;
mod native;
mod podman;
mod secret;

pub use credential::{Credential, DecodeError};
pub use docker_file::{Change, DockerFile};
pub use helper::Helper;
pub use key::{HUB_KEY, server_key};
pub use keychain::{Erased, Found, Keychain, Lookup, Place, Stored};
pub use keychain_error::KeychainError;
pub use secret::Secret;
