//! The envelope of [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::Refusal;

/// Returns the bytes that are signed: the type and the payload, each with its length, so that neither can be taken for
/// the other.
pub(super) fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

/// Decodes base64 of either alphabet, as DSSE requires of readers.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| Refusal::Base64)
}
