//! The public keys of a command that verifies signatures.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::ops::{SignaturePolicy, read_public_keys};
use regcli::reference::Name;
use regcli::signature::Verified;

use crate::ui::format::safe::safe;

/// The keys, and the files that they are from.
pub(super) struct SignatureKeys {
    policy: Arc<SignaturePolicy>,
    files: HashMap<Digest, PathBuf>,
}

impl SignatureKeys {
    /// Reads the keys, before anything is asked of a registry.
    ///
    /// # Errors
    /// An error if a file cannot be read, or has no usable keys.
    pub(super) fn read(paths: &[PathBuf], repository: Option<&Name>) -> Result<Self, Failure> {
        let (mut keys, mut files) = (Vec::new(), HashMap::new());
        for path in paths {
            for key in read_public_keys(path)? {
                if files.insert(key.fingerprint().clone(), path.clone()).is_none() {
                    keys.push(key);
                }
            }
        }
        Ok(Self { policy: Arc::new(SignaturePolicy { keys, repository: repository.cloned() }), files })
    }

    pub(super) fn policy(&self) -> Arc<SignaturePolicy> {
        Arc::clone(&self.policy)
    }

    /// Returns the file of the key that verifies a signature.
    pub(super) fn file(&self, signature: &Verified) -> Option<&PathBuf> {
        self.files.get(&signature.key)
    }

    /// Returns the file and the algorithm of the key that verifies a signature.
    pub(super) fn name(&self, signature: &Verified) -> String {
        let file = self.file(signature).map(|file| file.display().to_string()).unwrap_or_default();
        format!("{} ({})", safe(&file), signature.algorithm)
    }
}
