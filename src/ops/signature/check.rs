//! Verifies the signatures that were found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::OnceCell;

use super::find::{Candidate, Candidates, find, is_lost};
use super::report::{FoundSignature, SignatureForm, SignatureOutcome, SignatureReport};
use crate::content::{Source as _, read_blob};
use crate::diagnose::{Diagnose as _, Hint};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, Platform, RawManifest};
use crate::ops::Error;
use crate::ops::open::Access;
use crate::ops::read::read_chosen;
use crate::reference::{Name, Reference};
use crate::remote::{Remote, Repository};
use crate::signature::{
    CertificatePolicy, DOCUMENT_BYTES_MAX, PublicKey, Refusal, SignedImage, SignedPayload, SignerKind,
    Verified, verify_bundle, verify_certified_bundle, verify_certified_payload, verify_simple_signing,
};
use crate::transfer;

/// How many signatures are read concurrently.
const CONCURRENT: usize = 8;

/// Which signatures count.
#[derive(Debug)]
pub struct SignaturePolicy {
    /// The signers. A signature of one of them is enough.
    pub signers: Signers,
    /// The repository of the signatures, if it is another one than that of the image.
    pub repository: Option<Name>,
}

/// The signers whose signatures count.
#[derive(Debug)]
pub enum Signers {
    /// The owners of these keys.
    Keys(Vec<PublicKey>),
    /// The owners of such certificates.
    Certificates(CertificatePolicy),
}

/// Verifies all signatures of the image that `reference` means at its registry; with `platform`, of that image of an
/// index. An index and its images have digests of their own, so the signature of one is not that of the other.
///
/// A signature that is missing, damaged or refused does not matter if another one is verified.
///
/// # Errors
/// An error if there is no such image, or the registry cannot be asked.
pub async fn verify_signatures(
    access: Access<'_>,
    reference: &Reference,
    platform: Option<&Platform>,
    policy: &SignaturePolicy,
) -> Result<SignatureReport, Error> {
    let images = access.remote.repository(&reference.name)?.past_mirrors();
    let image = read_chosen(&images, reference, platform).await?;
    let check = Check::new(access.remote, &reference.name, policy)?;
    let report = check.all(&image, Extent::All).await?;
    check.with_platform(report, &image).await
}

/// Returns a verified signature of the image with the manifest `root`, which is in the repository `name`. Reads no more
/// signatures than it takes to find one.
///
/// # Errors
/// [`Error::Unsigned`] or [`Error::NotVerified`]; an error if the registry cannot be asked.
pub(in crate::ops) async fn require_signature(
    remote: &Remote,
    reference: &Reference,
    root: &Descriptor,
    policy: &SignaturePolicy,
) -> Result<Verified, Error> {
    let image = remote.repository(&reference.name)?.manifest(root).await?;
    let check = Check::new(remote, &reference.name, policy)?;
    let report = check.all(&image, Extent::FirstVerified).await?;
    let report = check.with_platform(report, &image).await?;
    report.require(reference).cloned().map_err(|error| match error {
        Error::NotVerified { image, digest, count, required, advice } => {
            let image_name = image.familiar();
            let hint = match required {
                SignerKind::Key => Hint::SeeSignatures { image: image_name },
                SignerKind::Certificate => Hint::SeeCertificates { image: image_name },
            };
            let advice = advice.or(Some(hint));
            Error::NotVerified { image, digest, count, required, advice }
        }
        other => other,
    })
}

/// How many signatures are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    All,
    /// Those up to the first that is verified.
    FirstVerified,
}

/// A signature that was read.
#[derive(Clone, Copy)]
struct Read<'a> {
    form: SignatureForm,
    layer: &'a Descriptor,
    content: &'a [u8],
}

/// A verification in one repository.
struct Check<'a> {
    images: Repository,
    signatures: Repository,
    policy: &'a SignaturePolicy,
    /// The contents of layers, because cosign signs the same payload again and again.
    contents: Mutex<HashMap<Digest, Arc<OnceCell<Bytes>>>>,
}

impl<'a> Check<'a> {
    fn new(remote: &Remote, name: &Name, policy: &'a SignaturePolicy) -> Result<Self, Error> {
        // Mirrors rarely have signatures.
        let images = remote.repository(name)?.past_mirrors();
        let signatures = match &policy.repository {
            Some(other) => remote.repository(other)?.past_mirrors(),
            None => images.clone(),
        };
        Ok(Self { images, signatures, policy, contents: Mutex::default() })
    }

    async fn all(&self, image: &RawManifest, extent: Extent) -> Result<SignatureReport, Error> {
        let digest = image.descriptor().digest.clone();
        let Candidates { signatures, attestations } = find(&self.signatures, &digest).await?;
        let mut checks = stream::iter(signatures).map(|found| self.check(found, image)).buffered(CONCURRENT);
        let mut signatures = Vec::new();
        while let Some(checked) = checks.next().await {
            let checked = checked?;
            let is_enough =
                extent == Extent::FirstVerified && matches!(checked.outcome, SignatureOutcome::Verified(_));
            signatures.push(checked);
            if is_enough {
                break;
            }
        }
        let required = match self.policy.signers {
            Signers::Keys(_) => SignerKind::Key,
            Signers::Certificates(_) => SignerKind::Certificate,
        };
        Ok(SignatureReport { digest, required, signatures, attestations, signed_platform: None })
    }

    /// Adds the finding that an image of the index is signed, if the index is not.
    async fn with_platform(
        &self,
        report: SignatureReport,
        image: &RawManifest,
    ) -> Result<SignatureReport, Error> {
        let (None, Manifest::Index(index)) = (report.verified(), image.parse()?) else { return Ok(report) };
        let host = Platform::host_with_level();
        let Ok(chosen) = transfer::choose(&self.images, &index, &host).await else { return Ok(report) };
        let chosen_image = self.images.manifest(&chosen).await?;
        let is_signed = self.all(&chosen_image, Extent::FirstVerified).await?.verified().is_some();
        Ok(SignatureReport { signed_platform: chosen.platform.filter(|_| is_signed), ..report })
    }

    async fn check(&self, found: Candidate, image: &RawManifest) -> Result<FoundSignature, Error> {
        let Candidate { form, origin, manifest, layer } = found;
        let (digest, outcome) = match layer {
            Err(error) => (manifest.clone(), SignatureOutcome::Unreadable(error)),
            Ok(layer) => {
                let outcome = match self.content(&layer).await {
                    Ok(content) => {
                        match self.verify(Read { form, layer: &layer, content: &content }, image) {
                            Ok(verified) => SignatureOutcome::Verified(verified),
                            Err(refusal) => SignatureOutcome::Refused(refusal),
                        }
                    }
                    Err(error) if is_lost(error.kind()) => SignatureOutcome::Unreadable(error),
                    Err(error) => return Err(error),
                };
                (layer.digest, outcome)
            }
        };
        Ok(FoundSignature { form, origin, manifest, digest, outcome })
    }

    fn verify(&self, read: Read<'_>, image: &RawManifest) -> Result<Verified, Refusal> {
        let Read { form, layer, content } = read;
        let digest = &image.descriptor().digest;
        let image = SignedImage { digest, manifest: image.bytes() };
        let payload = SignedPayload { payload: content, annotations: &layer.annotations };
        match (form, &self.policy.signers) {
            (SignatureForm::SimpleSigning, Signers::Keys(keys)) => {
                verify_simple_signing(payload, digest, keys)
            }
            (SignatureForm::SimpleSigning, Signers::Certificates(policy)) => {
                verify_certified_payload(payload, digest, policy)
            }
            (SignatureForm::Bundle, Signers::Keys(keys)) => verify_bundle(content, image, keys),
            (SignatureForm::Bundle, Signers::Certificates(policy)) => {
                verify_certified_bundle(content, image, policy)
            }
        }
    }

    /// Reads a layer, once.
    async fn content(&self, layer: &Descriptor) -> Result<Bytes, Error> {
        let cell = {
            // Each change is one call, so the map is consistent even after a panic elsewhere.
            let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(contents.entry(layer.digest.clone()).or_default())
        };
        let read = || read_blob(&self.signatures, layer, DOCUMENT_BYTES_MAX);
        Ok(cell.get_or_try_init(read).await?.clone())
    }
}
