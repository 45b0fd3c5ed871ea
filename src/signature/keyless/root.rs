//! What is checked of a trusted root before the library reads it.

use super::root_error::RootError;
use crate::signature::json::Document;

/// The media types of trusted roots. The second one is that of roots which `cosign trusted-root create` writes.
const TYPES: [&str; 3] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// What every signature depends on. GitHub's root for private repositories has no logs, for example.
const PARTS: [(&str, &str); 3] = [
    ("/certificateAuthorities", "certificate authority"),
    ("/ctlogs", "certificate transparency log"),
    ("/tlogs", "transparency log"),
];

/// Parses a trusted root.
pub(super) fn parse(json: &[u8]) -> Result<Document, RootError> {
    let root = Document::parse("trusted root", json)?;
    let found = root.text("/mediaType")?;
    if !TYPES.contains(&found) {
        return Err(root.is_of(found).into());
    }
    match PARTS.iter().find(|(field, _)| root.list(field).is_err()) {
        Some((_, part)) => Err(RootError::Lacks(part)),
        None => Ok(root),
    }
}
