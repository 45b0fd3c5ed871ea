//! Finds the signatures of an image, in all the places where cosign stores them.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::report::{SignatureForm, SignatureOrigin};
use crate::content::Source as _;
use crate::diagnose::ErrorKind;
use crate::digest::Digest;
use crate::image::{self, ArtifactKind, Descriptor, Manifest, MediaType, RawManifest};
use crate::ops::Error;
use crate::reference::{Selector, attached_tags};
use crate::remote::Repository;

/// The maximum number of signatures of one image, and of manifests that may have one. cosign reads as many.
const SIGNATURES_MAX: usize = 1000;

/// The maximum size of all signatures of one image, in bytes, because they are kept until they are verified.
const BYTES_MAX: u64 = 64 << 20;

/// How many manifests are read concurrently.
const CONCURRENT: usize = 8;

/// The beginnings of the media types of layers that are signatures.
const LAYERS: [(&str, SignatureForm); 2] = [
    ("application/vnd.dev.cosign.simplesigning.v1+json", SignatureForm::SimpleSigning),
    ("application/vnd.dev.sigstore.bundle", SignatureForm::Bundle),
];

/// The annotation by which a bundle with an attestation says what it attests.
const PREDICATE: &str = "dev.sigstore.bundle.predicateType";

/// A signature that has not been read.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) form: SignatureForm,
    pub(super) origin: SignatureOrigin,
    /// The digest of the manifest that it is in.
    pub(super) manifest: Digest,
    /// The payload or the bundle; `None` if the manifest is listed, but cannot be read.
    pub(super) layer: Result<Descriptor, Error>,
}

/// The signatures of an image, and how many attestations it has.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) signatures: Vec<Candidate>,
    pub(super) attestations: usize,
}

/// Finds the signatures of `image` in a repository: those of its tag `.sig`, and its referrers.
pub(super) async fn find(repository: &Repository, image: &Digest) -> Result<Candidates, Error> {
    let (attached, referring) = tokio::try_join!(attached(repository, image), referring(repository, image))?;
    let mut found = referring;
    found.signatures.splice(0..0, attached);
    check_limits(&found.signatures)?;
    Ok(found)
}

/// Returns the signatures under the tag of the image.
async fn attached(repository: &Repository, image: &Digest) -> Result<Vec<Candidate>, Error> {
    let [tag, ..] = attached_tags(image);
    match repository.get_manifest(&Selector::Tag(tag.clone())).await {
        Ok(manifest) => signatures_in(&manifest, &SignatureOrigin::Tag(tag)),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the signatures among the referrers of the image.
async fn referring(repository: &Repository, image: &Digest) -> Result<Candidates, Error> {
    let listed = repository.referrers(image).await?;
    let mut attestations = 0;
    let mut possible = Vec::new();
    for referrer in listed {
        match Role::listed(&referrer) {
            Role::Signature => possible.push(referrer),
            Role::Attestation => attestations += 1,
            Role::Other => {}
        }
    }
    if possible.len() > SIGNATURES_MAX {
        return Err(too_many());
    }
    let read = async |referrer: Descriptor| {
        let manifest = match repository.manifest(&referrer).await {
            Ok(manifest) => manifest,
            Err(error) if is_lost(error.kind()) => {
                let layer = Err(error.into());
                let (form, origin) = (SignatureForm::Bundle, SignatureOrigin::Referrer);
                return Ok((vec![Candidate { form, origin, manifest: referrer.digest, layer }], 0));
            }
            Err(error) => return Err(Error::from(error)),
        };
        let kind = manifest.artifact(&referrer).map(|artifact| artifact.kind);
        if matches!(kind, Ok(ArtifactKind::SigstoreAttestation | ArtifactKind::CosignAttestation)) {
            return Ok((Vec::new(), 1));
        }
        Ok((signatures_in(&manifest, &SignatureOrigin::Referrer)?, 0))
    };
    let read: Vec<(Vec<Candidate>, usize)> =
        stream::iter(possible).map(read).buffered(CONCURRENT).try_collect().await?;
    attestations += read.iter().map(|(_, count)| count).sum::<usize>();
    Ok(Candidates { signatures: read.into_iter().flat_map(|(found, _)| found).collect(), attestations })
}

/// What a referrer may be, as far as the list says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Signature,
    Attestation,
    Other,
}

impl Role {
    fn listed(referrer: &Descriptor) -> Self {
        // Writers of the index that takes the place of the API may leave out the type, or use that of the config.
        let says_nothing = |stated: &str| stated.is_empty() || stated == MediaType::OCI_EMPTY.as_str();
        if !referrer.media_type.is_image_manifest() {
            return Self::Other;
        }
        match referrer.artifact_kind() {
            Some(
                ArtifactKind::CosignSignature
                | ArtifactKind::SigstoreSignature
                | ArtifactKind::SigstoreBundle,
            ) => Self::Signature,
            Some(ArtifactKind::SigstoreAttestation) if !referrer.annotations.contains_key(PREDICATE) => {
                Self::Signature
            }
            Some(ArtifactKind::SigstoreAttestation | ArtifactKind::CosignAttestation) => Self::Attestation,
            None if referrer.artifact_type.as_deref().is_none_or(says_nothing) => Self::Signature,
            Some(_) | None => Self::Other,
        }
    }
}

/// Returns the layers of a manifest that are signatures.
fn signatures_in(manifest: &RawManifest, origin: &SignatureOrigin) -> Result<Vec<Candidate>, Error> {
    let Manifest::Image(image) = manifest.parse()? else { return Ok(Vec::new()) };
    let form_of = |layer: &Descriptor| {
        LAYERS.iter().find(|(start, _)| layer.media_type.as_str().starts_with(start)).map(|(_, form)| *form)
    };
    let candidate = |layer: Descriptor| {
        let (form, manifest) = (form_of(&layer)?, manifest.descriptor().digest.clone());
        Some(Candidate { form, origin: origin.clone(), manifest, layer: Ok(layer) })
    };
    Ok(image.layers.into_iter().filter_map(candidate).collect())
}

fn check_limits(candidates: &[Candidate]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let layers = candidates.iter().filter_map(|candidate| candidate.layer.as_ref().ok());
    let distinct = layers.filter(|layer| seen.insert(&layer.digest));
    let bytes = distinct.fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
    match () {
        () if candidates.len() > SIGNATURES_MAX => Err(too_many()),
        () if bytes > BYTES_MAX => {
            Err(image::Error::Limit("the signatures of the image have more than 64 MiB").into())
        }
        () => Ok(()),
    }
}

fn too_many() -> Error {
    image::Error::Limit("the image has more than 1000 signatures").into()
}

/// Reports whether only one signature is affected: it is missing or damaged. Other errors concern all of them.
pub(super) fn is_lost(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::Corrupt)
}
