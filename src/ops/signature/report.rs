//! The result of a verification.

use crate::diagnose::Hint;
use crate::digest::Digest;
use crate::image::Platform;
use crate::ops::Error;
use crate::reference::{Reference, Tag};
use crate::signature::{Refusal, SignerKind, Verified};

/// All signatures of an image.
#[derive(Debug)]
pub struct SignatureReport {
    /// The digest that a signature has to name: that of the index, or of the manifest.
    pub digest: Digest,
    /// Whose signature is required.
    pub required: SignerKind,
    /// The signatures: first those of the tag, then those of referrers.
    pub signatures: Vec<FoundSignature>,
    /// How many attestations the image has. They do not count as signatures.
    pub attestations: usize,
    /// The platform whose image in the index is verified although the index is not.
    pub signed_platform: Option<Platform>,
}

/// A signature that was found.
#[derive(Debug)]
pub struct FoundSignature {
    /// Its format.
    pub form: SignatureForm,
    /// How it was found.
    pub origin: SignatureOrigin,
    /// The digest of the manifest that it is in.
    pub manifest: Digest,
    /// Its own digest: that of the payload or the bundle.
    pub digest: Digest,
    /// Whether it counts.
    pub outcome: SignatureOutcome,
}

/// The format of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// That of cosign before its version 3.
    SimpleSigning,
    /// A sigstore bundle.
    Bundle,
}

/// How a signature belongs to the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureOrigin {
    /// A tag made of the digest of the image points to it.
    Tag(Tag),
    /// It names the image as its subject.
    Referrer,
}

/// Whether a signature counts.
#[derive(Debug)]
pub enum SignatureOutcome {
    /// It is by a signer that counts.
    Verified(Verified),
    /// It is not.
    Refused(Refusal),
    /// It is listed, but missing or damaged.
    Unreadable(Error),
}

impl SignatureReport {
    /// Returns the first signature that is verified.
    pub fn verified(&self) -> Option<&Verified> {
        self.signatures.iter().find_map(|found| match &found.outcome {
            SignatureOutcome::Verified(verified) => Some(verified),
            SignatureOutcome::Refused(_) | SignatureOutcome::Unreadable(_) => None,
        })
    }

    /// Returns a verified signature of `image`.
    ///
    /// # Errors
    /// [`Error::Unsigned`] if there are no signatures, [`Error::NotVerified`] if none of them is verified.
    pub fn require(&self, image: &Reference) -> Result<&Verified, Error> {
        if let Some(verified) = self.verified() {
            return Ok(verified);
        }
        let (image, digest) = (Box::new(image.clone()), self.digest.clone());
        let platform = self.signed_platform.as_ref();
        let advice = platform.map(|platform| Hint::VerifyPlatform { platform: platform.to_string() });
        Err(match self.signatures.len() {
            0 => Error::Unsigned { image, digest, advice },
            count => Error::NotVerified { image, digest, count, required: self.required, advice },
        })
    }
}
