//! Which certificates count.

use std::fmt;
use std::sync::Arc;

use super::identity::Identity;
use super::library::Library;
use super::root;
use super::root_error::RootError;

/// The certificates that count.
#[derive(Clone, Debug)]
pub struct CertificatePolicy {
    /// The authorities and logs that are trusted.
    pub root: TrustedRoot,
    /// The signer.
    pub identity: Identity,
}

/// The certificate authorities, transparency logs and time stamp authorities that are trusted.
#[derive(Clone)]
pub struct TrustedRoot(Arc<Library>);

impl TrustedRoot {
    /// Parses a trusted root (`sigstore_trustroot.proto` of sigstore's protobuf-specs) in JSON.
    ///
    /// # Errors
    /// The [`RootError`].
    pub fn parse(json: &[u8]) -> Result<Self, RootError> {
        Library::new(root::parse(json)?.root()).map(|library| Self(Arc::new(library)))
    }

    /// Returns the root of sigstore's public instance, as it was when the library was released.
    ///
    /// # Errors
    /// [`RootError::NotBuilt`].
    pub fn public() -> Result<Self, RootError> {
        Self::parse(Library::public_root()?.as_bytes())
    }

    pub(super) fn library(&self) -> &Library {
        &self.0
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrustedRoot")
    }
}
