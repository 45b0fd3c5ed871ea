//! In-toto statements, by which cosign signs images since its version 3.

use serde_json::Value;

use super::Refusal;
use super::json::{Document, start};
use crate::digest::Digest;

/// The type of the payload in an envelope.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The types of statements. Their subjects have the same form.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// The predicate of a plain signature. Other statements say something about an image: that it was scanned, for example,
/// which does not mean that the signer wants it to run.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";

/// Checks that a statement is a signature of `image`.
pub(super) fn check(payload: &[u8], image: &Digest) -> Result<(), Refusal> {
    let statement = Document::parse("statement", payload)?;
    let found = statement.text("/_type")?;
    if !TYPES.contains(&found) {
        return Err(statement.is_of(found));
    }
    let predicate = statement.text("/predicateType")?;
    if predicate != SIGNED {
        return Err(Refusal::Attestation(start(predicate)));
    }
    let digest = |subject: &'_ Value| {
        let digests = subject.get("digest")?;
        digests.get(image.algorithm().name()).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let subjects = statement.list("/subject")?;
    let named: Vec<String> = subjects.iter().filter_map(digest).collect();
    if named.iter().any(|hex| hex == image.hex()) {
        return Ok(());
    }
    Err(match named.first() {
        Some(hex) => Refusal::OtherImage(format!("{}:{}", image.algorithm(), start(hex))),
        None => statement.lacks("/subject/0/digest"),
    })
}
