//! A transparency log, and the keys of the services that keep one.
//!
//! The shapes are those of Rekor (`pkg/types` and `openapi.yaml` in its repository), of RFC 6962 section 2.1 for the tree,
//! and of `log.md` in transparency-dev's formats for checkpoints.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};

use regcli::digest::Digest;

/// A key pair (ECDSA P-256), with which messages are signed.
pub(crate) struct SigningKey {
    pub(crate) pair: KeyPair,
    signing: EcdsaKeyPair,
}

impl SigningKey {
    pub(crate) fn new() -> Self {
        let pair = KeyPair::generate().unwrap();
        let signing =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pair.serialize_der()).unwrap();
        Self { pair, signing }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signing.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    /// The public key (`SubjectPublicKeyInfo`).
    pub(crate) fn public(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// The name of the log that has this key: the hash of the public key.
    pub(crate) fn id(&self) -> [u8; 32] {
        hash(&[&self.public()])
    }

    /// The log in a trusted root.
    pub(crate) fn as_log(&self) -> Value {
        json!({
            "baseUrl": "https://log.example.com", "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(self.public()), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": { "start": "2021-01-01T00:00:00Z" },
            },
            "logId": { "keyId": STANDARD.encode(self.id()) },
        })
    }
}

/// SHA-256 of all parts together.
pub(crate) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let hex = Digest::sha256(&parts.concat());
    let hex = hex.hex();
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is signed: by which certificate, and with which signature.
pub(crate) struct Logged<'a> {
    pub(crate) certificate: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// The payload of an envelope, or the message.
    pub(crate) content: &'a [u8],
}

/// The body of an entry of the kind `dsse`.
pub(crate) fn dsse_body(logged: &Logged<'_>) -> Value {
    let payload = hex(&hash(&[logged.content]));
    json!({
        "apiVersion": "0.0.1", "kind": "dsse",
        "spec": {
            "envelopeHash": { "algorithm": "sha256", "value": payload },
            "payloadHash": { "algorithm": "sha256", "value": payload },
            "signatures": [{
                "signature": STANDARD.encode(logged.signature),
                "verifier": STANDARD.encode(pem(logged.certificate)),
            }],
        },
    })
}

/// The body of an entry of the kind `hashedrekord`.
pub(crate) fn hashed_body(logged: &Logged<'_>) -> Value {
    json!({
        "apiVersion": "0.0.1", "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": hex(&hash(&[logged.content])) } },
            "signature": {
                "content": STANDARD.encode(logged.signature),
                "publicKey": { "content": STANDARD.encode(pem(logged.certificate)) },
            },
        },
    })
}

/// The body of such an entry in the second version of Rekor.
pub(crate) fn hashed_body_2(logged: &Logged<'_>) -> Value {
    json!({
        "apiVersion": "0.0.2", "kind": "hashedrekord",
        "spec": { "hashedRekordV002": {
            "data": { "algorithm": "SHA2_256", "digest": STANDARD.encode(hash(&[logged.content])) },
            "signature": {
                "content": STANDARD.encode(logged.signature),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": { "rawBytes": STANDARD.encode(logged.certificate) },
                },
            },
        } },
    })
}

/// A certificate in PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The index of every entry among all shards of the log, which is not that in the tree of the shard.
pub(crate) const LOG_INDEX: u64 = 987_654_321;

/// The entry in a bundle, with promise and proof: the third of four leaves of a tree.
pub(crate) fn entry(log: &SigningKey, body: &Value, time: u64) -> Value {
    let text = body.to_string();
    let leaf = |content: &[u8]| hash(&[&[0], content]);
    let node = |left: &[u8], right: &[u8]| hash(&[&[1], left, right]);
    let (before, after) = (node(&leaf(b"one"), &leaf(b"two")), leaf(b"four"));
    let root = node(&before, &node(&leaf(text.as_bytes()), &after));
    json!({
        "logIndex": LOG_INDEX.to_string(), "logId": { "keyId": STANDARD.encode(log.id()) },
        "kindVersion": { "kind": body["kind"], "version": body["apiVersion"] },
        "integratedTime": time.to_string(),
        "inclusionPromise": { "signedEntryTimestamp": promise(log, &text, time) },
        "inclusionProof": {
            "logIndex": "2", "rootHash": STANDARD.encode(root), "treeSize": "4",
            "hashes": [STANDARD.encode(after), STANDARD.encode(before)],
            "checkpoint": { "envelope": checkpoint(log, &root) },
        },
        "canonicalizedBody": STANDARD.encode(text),
    })
}

/// An entry of the second version of Rekor: without a time and a promise; its index is that in the tree.
pub(crate) fn entry_2(log: &SigningKey, body: &Value) -> Value {
    let mut entry = entry(log, body, 0);
    let fields = entry.as_object_mut().unwrap();
    fields.remove("integratedTime");
    fields.remove("inclusionPromise");
    fields.insert("logIndex".to_owned(), json!("2"));
    entry
}

/// The signature of the log on its promise, in base64. What is signed is canonical JSON.
pub(crate) fn promise(log: &SigningKey, body: &str, time: u64) -> String {
    let body = STANDARD.encode(body);
    let id = hex(&log.id());
    let signed =
        format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{LOG_INDEX}}}"#);
    STANDARD.encode(log.sign(signed.as_bytes()))
}

fn checkpoint(log: &SigningKey, root: &[u8]) -> String {
    let note = format!("log.example.com - 1\n4\n{}\n", STANDARD.encode(root));
    let signature = [&log.id()[..4], &log.sign(note.as_bytes())].concat();
    format!("{note}\n\u{2014} log.example.com {}\n", STANDARD.encode(signature))
}
