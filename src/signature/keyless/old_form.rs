//! Signatures with certificates as cosign wrote them before its version 3: in annotations, as a bundle of the version
//! 0.1, so that the library verifies all of it.
//!
//! The shapes are those of `specs/SIGNATURE_SPEC.md` and `pkg/cosign/bundle` of cosign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use x509_parser::pem::Pem;

use crate::digest::Digest;
use crate::signature::Refusal;
use crate::signature::dsse::decode;
use crate::signature::json::Document;
use crate::signature::simple_signing::{CERTIFICATE, LOG_ENTRY, SIGNATURE, SignedPayload, TIMESTAMP};

/// The annotation with the certificates of the authorities.
const CHAIN: &str = "dev.sigstore.cosign/chain";

/// The maximum number of certificates, from that of the signer to the root. Sigstore's has three.
const CHAIN_MAX: usize = 8;

/// Returns the signature of a payload as a bundle.
pub(super) fn bundle(signed: SignedPayload<'_>) -> Result<Document, Refusal> {
    let annotation = |name| signed.annotations.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let certificate = annotation(CERTIFICATE).ok_or(Refusal::NoCertificate)?;
    let entry = annotation(LOG_ENTRY).ok_or(Refusal::NoLogEntry)?;
    let signature = decode(annotation(SIGNATURE).ok_or(Refusal::NoSignature)?)?;
    let certificates = certificates(&[certificate, annotation(CHAIN).unwrap_or_default()].join("\n"))?;
    let stamps = match annotation(TIMESTAMP) {
        Some(stamp) => vec![json!({ "signedTimestamp": timestamp(stamp)? })],
        None => Vec::new(),
    };
    let digest = decode_hex(Digest::sha256(signed.payload).hex()).unwrap_or_default();
    Ok(Document::made(
        "signature",
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
            "verificationMaterial": {
                "x509CertificateChain": { "certificates": certificates },
                "tlogEntries": [log_entry(entry)?],
                "timestampVerificationData": { "rfc3161Timestamps": stamps },
            },
            // cosign hashes with SHA-256 whatever the key is.
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) },
                "signature": STANDARD.encode(signature),
            },
        }),
    ))
}

/// Returns the certificates in PEM blocks, that of the signer first.
fn certificates(pem: &str) -> Result<Vec<Value>, Refusal> {
    let damaged = || Refusal::Unreadable("its certificates are damaged".to_owned());
    let mut certificates = Vec::new();
    for block in Pem::iter_from_buffer(pem.as_bytes()) {
        let block = block.map_err(|_| damaged())?;
        if block.label != "CERTIFICATE" || certificates.len() == CHAIN_MAX {
            return Err(damaged());
        }
        certificates.push(json!({ "rawBytes": STANDARD.encode(block.contents) }));
    }
    if certificates.is_empty() { Err(damaged()) } else { Ok(certificates) }
}

/// Returns the entry of a log with its signed promise.
fn log_entry(text: &str) -> Result<Value, Refusal> {
    let entry = Document::parse("log entry", text.as_bytes())?;
    let number = |field| match entry.find(field).and_then(Value::as_u64) {
        Some(number) => Ok(number.to_string()),
        None => Err(entry.lacks(field)),
    };
    let body = entry.text("/Payload/body")?;
    let log = decode_hex(entry.text("/Payload/logID")?).ok_or(entry.lacks("/Payload/logID"))?;
    let kind = Document::parse("body of the log entry", &decode(body)?)?;
    Ok(json!({
        "logIndex": number("/Payload/logIndex")?,
        "logId": { "keyId": STANDARD.encode(log) },
        "kindVersion": { "kind": kind.text("/kind")?, "version": kind.text("/apiVersion")? },
        "integratedTime": number("/Payload/integratedTime")?,
        "inclusionPromise": { "signedEntryTimestamp": entry.text("/SignedEntryTimestamp")? },
        "canonicalizedBody": body,
    }))
}

/// Returns the time stamp, in base64.
fn timestamp(text: &str) -> Result<String, Refusal> {
    let stamp = Document::parse("time stamp", text.as_bytes())?;
    stamp.text("/SignedRFC3161Timestamp").map(str::to_owned)
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
