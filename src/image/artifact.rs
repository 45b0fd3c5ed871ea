//! Artifacts that belong to images: signatures, attestations, SBOMs and the like.
//!
//! No field says what an artifact is in all formats. In the order of their weight, it is the artifact type, the media
//! type of the config, the media types of the layers, and annotations.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Descriptor, ImageManifest, Manifest, MediaType, RawManifest, null_as_default};

/// The annotation with the name of a layer's file, as ORAS writes it.
pub const TITLE: &str = "org.opencontainers.image.title";

/// The annotation by which BuildKit marks its attestations within an index, and the value.
const BUILDKIT_TYPE: &str = "vnd.docker.reference.type";
const BUILDKIT_ATTESTATION: &str = "attestation-manifest";

/// The annotations of manifests and layers that name the predicate of an attestation: of sigstore bundles, of BuildKit,
/// and of cosign's `.att` tags.
const PREDICATES: [&str; 3] =
    ["dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type", "predicateType"];

/// The annotation that names the content of a sigstore bundle.
const BUNDLE_CONTENT: &str = "dev.sigstore.bundle.content";

/// The predicate of a statement that is a plain signature of cosign 3.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";

/// The maximum number of predicates, and of names of files, that are listed of an artifact.
const LISTED_MAX: usize = 32;

/// What a manifest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// An index.
    Index,
    /// A runnable image.
    Image,
    /// Signatures of cosign before its version 3, in the simple signing format.
    CosignSignature,
    /// Attestations of cosign before its version 3, as DSSE envelopes.
    CosignAttestation,
    /// A sigstore bundle with a signature, as cosign 3 writes it.
    SigstoreSignature,
    /// A sigstore bundle with an attestation.
    SigstoreAttestation,
    /// A sigstore bundle that does not say what it holds.
    SigstoreBundle,
    /// A signature of Notation, the Notary Project's tool.
    NotationSignature,
    /// An SBOM in the SPDX format.
    Spdx,
    /// An SBOM in the CycloneDX format.
    CycloneDx,
    /// An SBOM in the format of Syft.
    Syft,
    /// An in-toto statement: provenance and other attestations.
    InToto,
    /// The attestations that BuildKit adds to an index.
    BuildKitAttestation,
    /// A Helm chart.
    HelmChart,
    /// The provenance file of a Helm chart.
    HelmProvenance,
    /// A report of a scanner in the SARIF format.
    Sarif,
    /// A statement about vulnerabilities in the OpenVEX format.
    OpenVex,
    /// Something else. The artifact type may say more.
    Other,
}

/// Beginnings of artifact types and media types, with what they are. Types are in lower case.
const TYPES: [(&str, ArtifactKind); 20] = [
    ("application/vnd.dev.sigstore.bundle", ArtifactKind::SigstoreBundle),
    ("application/vnd.dev.cosign.simplesigning.", ArtifactKind::CosignSignature),
    ("application/vnd.dev.cosign.artifact.sig.", ArtifactKind::CosignSignature),
    ("application/vnd.dev.cosign.artifact.att.", ArtifactKind::CosignAttestation),
    ("application/vnd.dsse.envelope.", ArtifactKind::CosignAttestation),
    ("application/vnd.cncf.notary.signature", ArtifactKind::NotationSignature),
    ("application/spdx", ArtifactKind::Spdx),
    ("application/vnd.spdx", ArtifactKind::Spdx),
    ("text/spdx", ArtifactKind::Spdx),
    ("application/vnd.cyclonedx", ArtifactKind::CycloneDx),
    ("application/cyclonedx", ArtifactKind::CycloneDx),
    ("application/vnd.syft", ArtifactKind::Syft),
    ("application/vnd.in-toto", ArtifactKind::InToto),
    ("application/in-toto", ArtifactKind::InToto),
    ("application/vnd.cncf.helm.chart.provenance.", ArtifactKind::HelmProvenance),
    ("application/vnd.cncf.helm.", ArtifactKind::HelmChart),
    ("application/sarif", ArtifactKind::Sarif),
    ("application/vnd.oasis.sarif", ArtifactKind::Sarif),
    ("application/vnd.openvex", ArtifactKind::OpenVex),
    ("text/vex", ArtifactKind::OpenVex),
];

/// A manifest as an artifact: what it is and what it consists of. All of this is the claim of its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub kind: ArtifactKind,
    /// The artifact type, or else the media type of the config. `None` for an index without an artifact type.
    pub artifact_type: Option<String>,
    /// The predicates of its attestations, such as `https://slsa.dev/provenance/v1`; at most 32.
    pub predicates: Vec<String>,
    /// The names of its files; at most 32.
    pub files: Vec<String>,
    /// The size of its config and layers in bytes; of an index, the size of its manifests.
    pub size: u64,
}

/// The fields that an index and an image have in common.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Labels {
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    annotations: BTreeMap<String, String>,
}

impl RawManifest {
    /// Describes the manifest as an artifact. The annotations of the descriptor by which it is `listed` count too,
    /// because an index marks attestations there.
    ///
    /// # Errors
    /// As [`RawManifest::parse`].
    pub fn artifact(&self, listed: &Descriptor) -> Result<Artifact, super::Error> {
        let labels = self.labels();
        let annotations: Vec<_> = [&labels.annotations, &listed.annotations].into_iter().collect();
        let artifact = match self.parse()? {
            Manifest::Index(index) => Artifact {
                kind: kind_of(labels.artifact_type.as_deref(), &annotations).unwrap_or(ArtifactKind::Index),
                predicates: predicates(annotations.iter().copied()),
                artifact_type: labels.artifact_type,
                files: Vec::new(),
                size: sum(index.manifests.iter()),
            },
            Manifest::Image(image) => of_image(&image, &annotations),
        };
        Ok(artifact)
    }

    /// Returns the descriptor by which a list of referrers names this manifest: with its artifact type and its
    /// annotations, and without those of the descriptor that it was read by.
    ///
    /// # Errors
    /// As [`RawManifest::parse`].
    pub fn as_referrer(&self) -> Result<Descriptor, super::Error> {
        let Labels { artifact_type, annotations } = self.labels();
        let artifact_type = match self.parse()? {
            Manifest::Image(image) => stated_type(&image),
            Manifest::Index(_) => artifact_type,
        };
        let Descriptor { media_type, digest, size, .. } = self.descriptor().clone();
        Ok(Descriptor { artifact_type, annotations, ..Descriptor::new(media_type, digest, size) })
    }

    /// Returns the manifest that this one refers to, if any.
    ///
    /// # Errors
    /// As [`RawManifest::parse`].
    pub fn subject(&self) -> Result<Option<Descriptor>, super::Error> {
        Ok(match self.parse()? {
            Manifest::Image(image) => image.subject.map(|subject| *subject),
            Manifest::Index(index) => index.subject.map(|subject| *subject),
        })
    }

    /// Reads these fields. A document with wrong types in them has none.
    fn labels(&self) -> Labels {
        serde_json::from_slice(self.bytes()).unwrap_or_default()
    }
}

impl Descriptor {
    /// Returns what the manifest is that a list of referrers names by this descriptor, if the type and the annotations
    /// of the descriptor say it.
    pub fn artifact_kind(&self) -> Option<ArtifactKind> {
        kind_of(self.artifact_type.as_deref(), &[&self.annotations])
    }
}

/// Returns the artifact type, or else the media type of the config.
fn stated_type(image: &ImageManifest) -> Option<String> {
    let stated = image.artifact_type.clone().filter(|stated| !stated.is_empty());
    stated.or_else(|| Some(image.config.media_type.to_string()))
}

fn of_image(image: &ImageManifest, annotations: &[&BTreeMap<String, String>]) -> Artifact {
    let artifact_type = stated_type(image);
    // A layer says what it is only if the manifest does not. A runnable image is not what is in one of its layers.
    let by_layers = || image.layers.iter().find_map(|layer| kind_of_type(layer.media_type.as_str()));
    let kind = kind_of(artifact_type.as_deref(), annotations).or_else(by_layers);
    let kind = kind.unwrap_or(if image.is_runnable() { ArtifactKind::Image } else { ArtifactKind::Other });
    let of_layers = image.layers.iter().map(|layer| &layer.annotations);
    let titles = image.layers.iter().filter_map(|layer| layer.annotations.get(TITLE));
    Artifact {
        kind,
        artifact_type,
        predicates: predicates(annotations.iter().copied().chain(of_layers)),
        files: titles.take(LISTED_MAX).cloned().collect(),
        size: sum(image.blobs()),
    }
}

fn kind_of(artifact_type: Option<&str>, annotations: &[&BTreeMap<String, String>]) -> Option<ArtifactKind> {
    let has = |key: &str, value: &str| {
        annotations.iter().any(|annotations| annotations.get(key).is_some_and(|found| found == value))
    };
    if has(BUILDKIT_TYPE, BUILDKIT_ATTESTATION) {
        return Some(ArtifactKind::BuildKitAttestation);
    }
    match kind_of_type(artifact_type?)? {
        ArtifactKind::SigstoreBundle
            if has(BUNDLE_CONTENT, "message-signature") || has(PREDICATES[0], SIGNED) =>
        {
            Some(ArtifactKind::SigstoreSignature)
        }
        ArtifactKind::SigstoreBundle if has(BUNDLE_CONTENT, "dsse-envelope") => {
            Some(ArtifactKind::SigstoreAttestation)
        }
        kind => Some(kind),
    }
}

fn kind_of_type(text: &str) -> Option<ArtifactKind> {
    let text = text.to_ascii_lowercase();
    TYPES.iter().find(|(start, _)| text.starts_with(start)).map(|(_, kind)| *kind)
}

fn predicates<'a>(annotations: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for annotations in annotations {
        for predicate in PREDICATES.iter().filter_map(|key| annotations.get(*key)) {
            if found.len() < LISTED_MAX && !found.contains(predicate) {
                found.push(predicate.clone());
            }
        }
    }
    found
}

fn sum<'a>(contents: impl Iterator<Item = &'a Descriptor>) -> u64 {
    contents.fold(0, |sum, content| sum.saturating_add(content.size))
}

/// An artifact to be built from existing files.
#[derive(Clone, Debug)]
pub struct NewArtifact {
    /// The artifact type.
    pub artifact_type: String,
    /// The manifest that it refers to.
    pub subject: Descriptor,
    /// The files.
    pub layers: Vec<Descriptor>,
    /// The annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
}

/// The content of the config that says nothing.
pub const EMPTY_CONFIG: &[u8] = b"{}";

impl NewArtifact {
    /// Returns the descriptor of the config, whose content is [`EMPTY_CONFIG`].
    pub fn config() -> Descriptor {
        Descriptor::of(MediaType::OCI_EMPTY, EMPTY_CONFIG)
    }

    /// Builds the manifest. The same artifact always gives the same bytes.
    pub fn build(&self) -> RawManifest {
        let subject = &self.subject;
        let subject = Descriptor::new(subject.media_type.clone(), subject.digest.clone(), subject.size);
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::OCI_MANIFEST,
            "artifactType": self.artifact_type,
            "config": Self::config(),
            "layers": self.layers,
            "subject": subject,
        });
        if !self.annotations.is_empty() {
            manifest["annotations"] = json!(self.annotations);
        }
        RawManifest::new(MediaType::OCI_MANIFEST, sorted(manifest))
    }
}

/// Serializes a document with its keys in order.
pub(super) fn sorted(mut document: Value) -> Bytes {
    document.sort_all_objects();
    document.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(document: &Value) -> Artifact {
        let mut all = json!({
            "schemaVersion": 2,
            "config": Descriptor::of(MediaType::OCI_CONFIG, b"{}"),
            "layers": [],
        });
        for (key, value) in document.as_object().unwrap() {
            all[key] = value.clone();
        }
        let raw = RawManifest::new(MediaType::OCI_MANIFEST, all.to_string().into());
        raw.artifact(raw.descriptor()).unwrap()
    }

    fn layer(media_type: &str) -> Value {
        json!(Descriptor::of(MediaType::from(media_type.to_owned()), b"x"))
    }

    #[test]
    fn an_artifact_is_what_its_type_says() {
        for (artifact_type, kind) in [
            ("application/vnd.cncf.notary.signature", ArtifactKind::NotationSignature),
            ("application/spdx+json", ArtifactKind::Spdx),
            ("application/vnd.CycloneDX+json", ArtifactKind::CycloneDx),
            ("application/vnd.in-toto+json", ArtifactKind::InToto),
            ("application/vnd.dev.cosign.artifact.sig.v1+json", ArtifactKind::CosignSignature),
            ("application/vnd.dev.sigstore.bundle.v0.3+json", ArtifactKind::SigstoreBundle),
            ("application/vnd.example", ArtifactKind::Other),
            // It says nothing, but the manifest was not meant as an image.
            ("", ArtifactKind::Other),
        ] {
            let found = image(&json!({ "artifactType": artifact_type }));
            assert_eq!(found.kind, kind, "{artifact_type}");
        }
        assert_eq!(image(&json!({})).kind, ArtifactKind::Image);
    }

    #[test]
    fn a_sigstore_bundle_is_a_signature_or_an_attestation() {
        let bundle = |annotations: Value| {
            let artifact_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
            image(&json!({ "artifactType": artifact_type, "annotations": annotations }))
        };
        let signed = bundle(json!({
            "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": SIGNED,
        }));
        assert_eq!(signed.kind, ArtifactKind::SigstoreSignature, "cosign 3 signs by a statement");
        let plain = bundle(json!({ "dev.sigstore.bundle.content": "message-signature" }));
        assert_eq!(plain.kind, ArtifactKind::SigstoreSignature);
        let slsa = "https://slsa.dev/provenance/v1";
        let attested = bundle(json!({
            "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": slsa,
        }));
        assert_eq!(
            (attested.kind, attested.predicates),
            (ArtifactKind::SigstoreAttestation, vec![slsa.to_owned()])
        );
    }

    #[test]
    fn old_cosign_and_buildkit_are_recognised_although_their_configs_are_those_of_images() {
        let signature = layer("application/vnd.dev.cosign.simplesigning.v1+json");
        assert_eq!(image(&json!({ "layers": [signature] })).kind, ArtifactKind::CosignSignature);
        let sbom = layer("text/spdx+json");
        assert_eq!(image(&json!({ "layers": [sbom] })).kind, ArtifactKind::Spdx);

        let mut provenance = layer("application/vnd.in-toto+json");
        provenance["annotations"] =
            json!({ "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" });
        let document = json!({
            "schemaVersion": 2, "layers": [provenance],
            "config": Descriptor::of(MediaType::OCI_CONFIG, b"{}"),
        });
        let raw = RawManifest::new(MediaType::OCI_MANIFEST, document.to_string().into());
        let mut listed = raw.descriptor().clone();
        listed.annotations.insert(BUILDKIT_TYPE.to_owned(), BUILDKIT_ATTESTATION.to_owned());
        let found = raw.artifact(&listed).unwrap();
        assert_eq!(found.kind, ArtifactKind::BuildKitAttestation);
        assert_eq!(found.predicates, ["https://slsa.dev/provenance/v0.2"]);
    }

    #[test]
    fn a_built_artifact_is_listed_by_its_type_and_annotations() {
        let subject = Descriptor {
            platform: Some("linux/amd64".parse().unwrap()),
            ..Descriptor::of(MediaType::OCI_MANIFEST, b"image")
        };
        let mut file = Descriptor::of(MediaType::from("application/spdx+json".to_owned()), b"sbom");
        file.annotations.insert(TITLE.to_owned(), "sbom.json".to_owned());
        let artifact = NewArtifact {
            artifact_type: "application/spdx+json".to_owned(),
            subject: subject.clone(),
            layers: vec![file],
            annotations: [("a".to_owned(), "b".to_owned())].into(),
        };
        let raw = artifact.build();
        assert_eq!(raw, artifact.build());
        let listed = raw.as_referrer().unwrap();
        assert_eq!(listed.artifact_type.as_deref(), Some("application/spdx+json"));
        assert_eq!(listed.annotations["a"], "b");
        assert_eq!(raw.subject().unwrap().unwrap(), Descriptor { platform: None, ..subject });
        let described = raw.artifact(&listed).unwrap();
        assert_eq!((described.kind, described.size), (ArtifactKind::Spdx, 6));
        assert_eq!(described.files, ["sbom.json"]);
    }
}
