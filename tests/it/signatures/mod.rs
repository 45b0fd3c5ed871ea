//! Signatures of images: `verify-signature`, and `pull --verify-key`.

mod forms;
mod keyless;
mod keyless_refusals;
mod pulls;
mod refusals;
mod scale;

use serde_json::Value;

use crate::support::signing::Signer;
use crate::support::{Home, Outcome};

/// The predicate of a signature of cosign 3.
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// `verify-signature` of an image with the key of a signer.
fn verify(image: &str, signer: &Signer) -> Outcome {
    let key = signer.key();
    Home::fresh().run(["verify-signature", "--key", key.to_str().unwrap(), image])
}

/// The same as JSON, whatever the result is.
fn as_json(image: &str, signer: &Signer) -> Value {
    let key = signer.key();
    let shown =
        Home::fresh().run(["verify-signature", "--format", "json", "--key", key.to_str().unwrap(), image]);
    serde_json::from_str(&shown.stdout).unwrap()
}
