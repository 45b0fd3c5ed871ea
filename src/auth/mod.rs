//! Credentials: where they are stored, where they are sent, and the tokens that registries issue for them.

mod accounts;
mod authenticator;
mod authorization;
mod challenge_cache;
mod credential;
mod credential_helper;
mod docker_file;
mod error;
mod key;
mod keychain;
mod keychain_error;
#[cfg(feature = "keyring")]
mod keyring;
mod native;
mod podman;
mod realm;
mod secret;
mod session;
mod token;
mod token_services;
mod wanted;

pub use accounts::{Account, Accounts};
pub use authenticator::Given;
pub use authorization::Authorization;
pub use challenge_cache::ChallengeCache;
pub use credential::Credential;
pub use credential_helper::Helper;
pub use docker_file::{Change, DockerFile};
pub use error::Error;
pub use key::{HUB_KEY, server_key};
pub use keychain::{Erased, Found, Keychain, Lookup, Place, Stored};
pub use keychain_error::{DecodeError, KeychainError};
#[cfg(feature = "keyring")]
pub use keyring::Keyring;
pub use realm::trusted as trusted_realm;
pub use secret::Secret;
pub use session::{LogIn, Session};
pub use token_services::{Recipient, TokenServices, Unpinned};
