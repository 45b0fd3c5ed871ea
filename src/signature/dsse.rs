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

/// Decodes base64 of either alphabet, as DSSE requires of readers. Line breaks do not count, as in Go's decoder:
/// `cosign attach signature` stores what `openssl base64` has broken into lines.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).map_err(|_| Refusal::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn base64_may_have_either_alphabet_and_line_breaks() {
        for text in ["+/8=", "-_8=", "+/\n8=\r\n"] {
            assert_eq!(decode(text).unwrap(), [0xfb, 0xff], "{text:?}");
        }
        for text in ["+/8", "+/8= ", "+/8==", "+/9=", "x", "\u{e9}"] {
            assert!(matches!(decode(text), Err(Refusal::Base64)), "{text:?}");
        }
    }
}
