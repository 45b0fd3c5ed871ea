//! The signers that a command trusts: the owners of public keys, or of certificates for an identity.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::ops::{SignaturePolicy, Signers, read_public_keys, read_trusted_root};
use regcli::reference::Name;
use regcli::signature::{CertificatePolicy, Identity, Signer, Verified};

use crate::ui::format::safe::safe;

/// What the flags of a command say about signers: either keys or an identity.
pub(super) struct SignerFlags<'a> {
    pub(super) keys: &'a [PathBuf],
    /// The identity and its issuer.
    pub(super) identity: Option<Identity>,
    /// The file of the trusted root.
    pub(super) root: Option<&'a Path>,
    /// The repository of the signatures.
    pub(super) repository: Option<&'a Name>,
}

impl SignerFlags<'_> {
    /// Reads the keys or the trusted root, before anything is asked of a registry.
    ///
    /// # Errors
    /// An error if a file cannot be read, or is not usable.
    pub(super) fn read(self) -> Result<TrustedSigners, Failure> {
        let mut files = HashMap::new();
        let signers = match self.identity {
            Some(identity) => {
                Signers::Certificates(CertificatePolicy { root: read_trusted_root(self.root)?, identity })
            }
            None => Signers::Keys(read_keys(self.keys, &mut files)?),
        };
        let policy = SignaturePolicy { signers, repository: self.repository.cloned() };
        Ok(TrustedSigners { policy: Arc::new(policy), files })
    }
}

fn read_keys(
    paths: &[PathBuf],
    files: &mut HashMap<Digest, PathBuf>,
) -> Result<Vec<regcli::signature::PublicKey>, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        for key in read_public_keys(path)? {
            if files.insert(key.fingerprint().clone(), path.clone()).is_none() {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// The signers, and the files that their keys are from.
pub(super) struct TrustedSigners {
    policy: Arc<SignaturePolicy>,
    files: HashMap<Digest, PathBuf>,
}

impl TrustedSigners {
    pub(super) fn policy(&self) -> Arc<SignaturePolicy> {
        Arc::clone(&self.policy)
    }

    /// Returns the file of a key.
    pub(super) fn file(&self, key: &Digest) -> String {
        self.files.get(key).map(|file| file.display().to_string()).unwrap_or_default()
    }

    /// Returns the signer on one line.
    pub(super) fn name(&self, signature: &Verified) -> String {
        match &signature.signer {
            Signer::Key { fingerprint, algorithm } => {
                format!("{} ({algorithm})", safe(&self.file(fingerprint)))
            }
            Signer::Certificate(certified) => {
                format!("{} ({})", safe(&certified.identity), safe(&certified.issuer))
            }
        }
    }
}
