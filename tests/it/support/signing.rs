//! Signatures as cosign writes them, made here with keys of this run.
//!
//! The shapes are those of cosign's `specs/SIGNATURE_SPEC.md` (simple signing, the tag `sha256-DIGEST.sig`), of
//! `sigstore_bundle.proto` in sigstore's protobuf-specs, and of the DSSE specification `protocol.md`. The predicate, the
//! annotations and the artifact type of a bundle are those that cosign 3 writes (`pkg/oci/remote/write.go`).

use std::path::PathBuf;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::Api;
use super::layout::Part;
use super::registry::Kind;
use super::scripted::Scripted;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The annotation of a payload with its signature.
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// A signer with a key pair of its own, as `cosign generate-key-pair` makes it.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    folder: TempDir,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
            &body[..64],
            &body[64..]
        );
        std::fs::write(folder.path().join("cosign.pub"), pem).unwrap();
        Self { pair, folder }
    }

    /// The file of the public key.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("cosign.pub")
    }

    /// The signature of a message, in base64.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.pair.sign(&SystemRandom::new(), message).unwrap())
    }

    /// A payload of cosign before its version 3, with its signature.
    pub(crate) fn payload(&self, digest: &str) -> (Vec<u8>, String) {
        let payload = simple_signing(digest).to_string().into_bytes();
        let signature = self.sign(&payload);
        (payload, signature)
    }

    /// A bundle of cosign 3 with a signature of the image.
    pub(crate) fn bundle(&self, digest: &str) -> Value {
        self.bundle_of(&statement(digest, "https://sigstore.dev/cosign/sign/v1"))
    }

    /// A bundle with a statement.
    pub(crate) fn bundle_of(&self, statement: &Value) -> Value {
        let (payload, payload_type) = (statement.to_string(), "application/vnd.in-toto+json");
        let encoded = format!("DSSEv1 {} {payload_type} {} {payload}", payload_type.len(), payload.len());
        json!({
            "mediaType": BUNDLE,
            "verificationMaterial": { "publicKey": { "hint": "aGludA==" }, "tlogEntries": [] },
            "dsseEnvelope": {
                "payload": STANDARD.encode(&payload), "payloadType": payload_type,
                "signatures": [{ "sig": self.sign(encoded.as_bytes()) }],
            },
        })
    }

    /// A bundle with a signature of the bytes of a manifest.
    pub(crate) fn bundle_of_bytes(&self, manifest: &[u8]) -> Value {
        json!({
            "mediaType": BUNDLE,
            "verificationMaterial": { "publicKey": { "hint": "aGludA==" } },
            "messageSignature": { "signature": self.sign(manifest) },
        })
    }
}

/// The payload of a signature of this digest.
pub(crate) fn simple_signing(digest: &str) -> Value {
    json!({
        "critical": {
            "identity": { "docker-reference": "registry.example.com/team/app" },
            "image": { "docker-manifest-digest": digest },
            "type": "cosign container image signature",
        },
        "optional": null,
    })
}

/// A statement about the image with this digest.
pub(crate) fn statement(digest: &str, predicate: &str) -> Value {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { algorithm: hex } }],
        "predicateType": predicate,
        "predicate": {},
    })
}

/// A repository that signatures are written to.
pub(crate) enum Shelf<'a> {
    Real(&'a Api, Kind),
    Scripted(&'a Scripted, &'a str),
}

impl Shelf<'_> {
    /// Writes the payloads with their signatures under the tag of the image, and returns the digest of the manifest.
    pub(crate) fn attach(&self, digest: &str, payloads: &[(Vec<u8>, String)]) -> String {
        let annotated =
            payloads.iter().map(|(payload, signature)| (payload.clone(), json!({ SIGNATURE: signature })));
        self.attach_annotated(digest, &annotated.collect::<Vec<_>>())
    }

    /// The same, with all annotations of each payload.
    pub(crate) fn attach_annotated(&self, digest: &str, payloads: &[(Vec<u8>, Value)]) -> String {
        let media_type = "application/vnd.dev.cosign.simplesigning.v1+json";
        let layers: Vec<Value> = payloads
            .iter()
            .map(|(payload, annotations)| {
                let mut layer = self.blob(media_type, payload);
                layer["annotations"] = annotations.clone();
                layer
            })
            .collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.blob("application/vnd.oci.image.config.v1+json", b"{\"architecture\":\"\",\"os\":\"\"}"),
            "layers": layers,
        });
        self.manifest(MANIFEST, &manifest, Some(&format!("{}.sig", digest.replace(':', "-"))))
    }

    /// Writes a payload with its signature as a referrer of the image, as cosign 2 does with
    /// `COSIGN_EXPERIMENTAL=1 --registry-referrers-mode=oci-1-1`, and lists it with the type `listed_as`.
    pub(crate) fn refer_payload(
        &self,
        image: &Part,
        payload: &(Vec<u8>, String),
        listed_as: &Value,
    ) -> String {
        let mut layer = self.blob("application/vnd.dev.cosign.simplesigning.v1+json", &payload.0);
        layer["annotations"] = json!({ SIGNATURE: payload.1 });
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.blob("application/vnd.dev.cosign.artifact.sig.v1+json", b"{}"),
            "layers": [layer], "subject": image.descriptor(),
        });
        self.write_referrer(image, &manifest, json!({ "artifactType": listed_as }))
    }

    /// Writes a document as a referrer of the image, and lists it where the registry does not. Returns its digest.
    pub(crate) fn refer(&self, image: &Part, bundle: &Value, annotations: &Value) -> String {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE,
            "config": self.blob("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [self.blob(BUNDLE, bundle.to_string().as_bytes())],
            "subject": image.descriptor(), "annotations": annotations,
        });
        self.write_referrer(image, &manifest, json!({ "artifactType": BUNDLE, "annotations": annotations }))
    }

    /// Writes a referrer, and lists it with these fields where the registry does not list it.
    fn write_referrer(&self, image: &Part, manifest: &Value, mut entry: Value) -> String {
        let digest = self.manifest(MANIFEST, manifest, None);
        if !matches!(self, Self::Real(_, Kind::Embedded)) {
            entry["mediaType"] = json!(MANIFEST);
            entry["digest"] = json!(digest);
            entry["size"] = json!(manifest.to_string().len());
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
            self.manifest(INDEX, &index, Some(&image.digest.replace(':', "-")));
        }
        digest
    }

    fn blob(&self, media_type: &str, content: &[u8]) -> Value {
        let digest = match self {
            Self::Real(api, _) => api.put_blob(content),
            Self::Scripted(registry, repository) => {
                let digest = super::sha256(content);
                registry.seed_blob(repository, &digest, content.to_vec());
                digest
            }
        };
        json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
    }

    fn manifest(&self, media_type: &str, document: &Value, tag: Option<&str>) -> String {
        let content = document.to_string().into_bytes();
        match self {
            Self::Real(api, _) => api.put_manifest(media_type, &content, tag).digest,
            Self::Scripted(registry, repository) => {
                let digest = registry.seed_manifest(repository, media_type, content);
                if let Some(tag) = tag {
                    registry.tag(repository, tag, &digest);
                }
                digest
            }
        }
    }
}

/// The annotations of a bundle with a signature.
pub(crate) fn annotations(predicate: &str) -> Value {
    json!({
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": predicate,
        "org.opencontainers.image.created": "2026-11-01T00:00:00Z",
    })
}
