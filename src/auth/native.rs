//! A credential store outside of config.json: a helper, or the keyring of the system in this process.

use std::ffi::OsStr;

use super::{Credential, Helper, KeychainError};
use crate::config::Warning;

/// The helper name that stands for regcli's own keyring: no process is started for it.
#[cfg(feature = "keyring")]
const OWN: &str = "regcli";

/// A credential store that config.json names.
#[derive(Clone, Debug)]
pub(super) enum Native {
    /// `docker-credential-NAME`.
    Helper(Helper),
    /// The keyring of the system.
    #[cfg(feature = "keyring")]
    Keyring,
}

impl Native {
    /// Creates the store that config.json calls `name`.
    pub(super) fn new(name: &str, path: Option<&OsStr>) -> Result<Self, KeychainError> {
        #[cfg(feature = "keyring")]
        if name == OWN {
            return Ok(Self::Keyring);
        }
        Helper::new(name, path).map(Self::Helper)
    }

    pub(super) async fn get(
        &self,
        server: &str,
        notes: &mut Vec<Warning>,
    ) -> Result<Option<Credential>, KeychainError> {
        match self {
            Self::Helper(helper) => helper.get(server, notes).await,
            #[cfg(feature = "keyring")]
            Self::Keyring => super::Keyring.get(server).await,
        }
    }

    /// Returns all servers in the store, with their user names.
    pub(super) async fn list(
        &self,
        notes: &mut Vec<Warning>,
    ) -> Result<Vec<(String, String)>, KeychainError> {
        match self {
            Self::Helper(helper) => helper.list(notes).await,
            #[cfg(feature = "keyring")]
            Self::Keyring => super::Keyring.list().await,
        }
    }

    pub(super) async fn store(
        &self,
        server: &str,
        credential: &Credential,
        notes: &mut Vec<Warning>,
    ) -> Result<(), KeychainError> {
        match self {
            Self::Helper(helper) => helper.store(server, credential, notes).await,
            #[cfg(feature = "keyring")]
            Self::Keyring => super::Keyring.store(server, credential).await,
        }
    }

    pub(super) async fn erase(&self, server: &str, notes: &mut Vec<Warning>) -> Result<(), KeychainError> {
        match self {
            Self::Helper(helper) => helper.erase(server, notes).await,
            #[cfg(feature = "keyring")]
            Self::Keyring => super::Keyring.erase(server).await,
        }
    }
}
