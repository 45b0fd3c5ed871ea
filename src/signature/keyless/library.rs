//! What the library `sigstore-verify` does.
//!
//! With the policy below it demands of each signature:
//!
//! - a certificate for code signing, by an authority of the root, valid at each proven time;
//! - in it exactly one timestamp of a certificate transparency log of the root;
//! - a proven time: by a time stamp authority, or by the signed promise of a transparency log;
//! - that each entry of a log is of this signature and this certificate, and that its promise and its proof with the
//!   signed checkpoint are right, as far as it has them;
//! - a proof in one of the entries. A bundle of the version 0.1 needs only a promise.
//!
//! It finds the image among the subjects of a statement, whatever else the statement says, so that the payload is
//! checked here once more, as that of a signature by a key.

use std::time::{Duration, SystemTime};

use serde::Deserialize as _;
use serde_json::Value;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::bundle::TransparencyLogEntry;
use sigstore_verify::types::{Bundle, KindVersion, SignatureContent};
use sigstore_verify::{Error, VerificationPolicy, VerificationResult, Verifier};

use super::identity::Identity;
use super::root_error::RootError;
use crate::signature::{Certified, Logged, Refusal, Signed, SignedImage, Signer, Verified, statement};

/// The maximum number of characters of foreign text in an error. Identities of workflows have 100.
const TEXT_MAX: usize = 300;

/// A trusted root that the library has read.
pub(super) struct Library(Verifier);

impl Library {
    /// Returns the root of sigstore's public instance.
    #[expect(clippy::unnecessary_wraps, reason = "a program without the library has no root")]
    pub(super) fn public_root() -> Result<&'static str, RootError> {
        Ok(SIGSTORE_PRODUCTION_TRUSTED_ROOT)
    }

    pub(super) fn new(root: &Value) -> Result<Self, RootError> {
        let unusable = |error: &dyn std::error::Error| RootError::Unusable(short(&error.to_string()));
        let root = TrustedRoot::deserialize(root).map_err(|error| unusable(&error))?;
        Verifier::new(&root).map(Self).map_err(|error| unusable(&error))
    }

    /// Verifies a bundle with a certificate: that it is a signature of `image` by `identity`.
    pub(super) fn verify(
        &self,
        bundle: &Value,
        image: SignedImage<'_>,
        identity: &Identity,
    ) -> Result<Verified, Refusal> {
        let bundle = Bundle::deserialize(bundle).map_err(|error| unreadable(&error))?;
        let policy = VerificationPolicy::new(identity.name.as_str(), identity.issuer.as_str());
        let verified = self.0.verify(image.manifest, &bundle, &policy);
        // The signature is verified when the library finds out that the statement is of something else.
        if let (Ok(_) | Err(Error::ArtifactMismatch(_)), SignatureContent::DsseEnvelope(envelope)) =
            (&verified, &bundle.content)
        {
            statement::check(envelope.payload.as_bytes(), image.digest)?;
        }
        let result = verified.map_err(|error| refusal(&error))?;
        let signed = match bundle.content {
            SignatureContent::DsseEnvelope(_) => Signed::Statement,
            SignatureContent::MessageSignature(_) => Signed::Manifest,
            _ => return Err(Refusal::Unreadable("its content is of an unknown kind".to_owned())),
        };
        let certified = certified(&result, &bundle.verification_material.tlog_entries)?;
        let signer = Signer::Certificate(certified);
        Ok(Verified { signer, signed, name: None, unchecked: Vec::new() })
    }
}

/// Returns what is proven. The library has checked all of it, so that nothing is missing.
fn certified(result: &VerificationResult, entries: &[TransparencyLogEntry]) -> Result<Certified, Refusal> {
    let is_checked = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
    let (Some(identity), Some(issuer), true) = (result.identity(), result.issuer(), is_checked) else {
        return Err(Refusal::Certificate("it was not verified".to_owned()));
    };
    let seconds = result.verified_timestamps().iter().map(|time| time.as_second()).min();
    let time = seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    let time = time.and_then(|time| SystemTime::UNIX_EPOCH.checked_add(time));
    let proven = entries.iter().find(|entry| entry.inclusion_proof.is_some());
    let entry = proven.or_else(|| entries.first());
    // A promise contains the index, and a proof in the second version of Rekor is for it.
    let is_index_signed = |entry: &&TransparencyLogEntry| {
        entry.inclusion_promise.is_some() || entry.kind_version == KindVersion::HashedRekordV002
    };
    Ok(Certified {
        identity: identity.as_str().to_owned(),
        issuer: issuer.to_owned(),
        time: time.ok_or_else(|| Refusal::Time("no time is proven".to_owned()))?,
        logged: if proven.is_some() { Logged::Proven } else { Logged::Promised },
        log_index: entry.filter(is_index_signed).map(|entry| entry.log_index.get()),
    })
}

fn refusal(error: &Error) -> Refusal {
    let text = short(&error.to_string());
    match error {
        Error::IdentityMismatch { actual, .. } => {
            Refusal::OtherIdentity(short(actual.as_ref().map_or("", |actual| actual.as_str())))
        }
        Error::IssuerMismatch { actual, .. } => {
            Refusal::OtherIssuer(short(actual.as_deref().unwrap_or_default()))
        }
        Error::SignatureInvalid(_) | Error::ArtifactMismatch(_) => Refusal::OtherContent,
        Error::Certificate(_) => Refusal::Certificate(text),
        Error::TransparencyLog(_) => Refusal::Log(text),
        Error::Timestamp(_) => Refusal::Time(text),
        _ => Refusal::Unreadable(text),
    }
}

fn unreadable(error: &dyn std::error::Error) -> Refusal {
    Refusal::Unreadable(short(&error.to_string()))
}

/// Returns the beginning of a foreign text.
fn short(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}
