//! The signatures of an image, for users and as JSON for programs.

use std::time::SystemTime;

use jiff::Timestamp;
use regcli::digest::Digest;
use regcli::ops::{FoundSignature, SignatureForm, SignatureOrigin, SignatureOutcome, SignatureReport};
use regcli::signature::{Certified, Logged, Signed, Signer, SignerKind, Unchecked, Verified};
use serde_json::{Value, json};

use super::safe::{message, safe};
use super::units;

/// Returns a paragraph for each signature, and what was checked at the end. `file` returns the file of a key.
pub(crate) fn text(image: &str, report: &SignatureReport, file: impl Fn(&Digest) -> String) -> String {
    let mut lines = vec![safe(image).into_owned(), format!("Digest: {}", report.digest)];
    for found in &report.signatures {
        lines.push(String::new());
        let word = if verified(found).is_some() { "verified" } else { "refused" };
        lines.push(format!("{} {}: {word}", form(found.form), found.digest.short()));
        lines.extend(details(found, &file).into_iter().map(|detail| format!("  {detail}")));
    }
    if report.attestations > 0 {
        let count = units::count(report.attestations, "attestation");
        lines.extend([String::new(), format!("Not read: {count}")]);
    }
    if report.verified().is_some() {
        lines.push(String::new());
        lines.extend(checked(report.required));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Says what was checked, and what was not.
fn checked(required: SignerKind) -> Vec<String> {
    let checked: &[&str] = match required {
        SignerKind::Key => &["Checked: the signature, and that it is for this digest"],
        SignerKind::Certificate => &[
            "Checked: the signature, and that it is for this digest; the certificate, its",
            "  authority, and that it was valid at this time; the transparency log",
        ],
    };
    let not_checked = format!("Not checked: {}", never_checked(required).join(", and "));
    checked.iter().map(|line| (*line).to_owned()).chain([not_checked]).collect()
}

/// Returns what no verification by such a signer checks.
fn never_checked(by: SignerKind) -> [&'static str; 2] {
    match by {
        SignerKind::Key => ["when it was signed", "who has the key"],
        SignerKind::Certificate => ["whether the log still has the entry", "who uses the identity"],
    }
}

fn details(found: &FoundSignature, file: impl Fn(&Digest) -> String) -> Vec<String> {
    let signature = match &found.outcome {
        SignatureOutcome::Verified(signature) => signature,
        SignatureOutcome::Refused(_) | SignatureOutcome::Unreadable(_) => {
            return reason(found).into_iter().collect();
        }
    };
    let mut lines = match &signature.signer {
        Signer::Key { fingerprint, algorithm } => {
            vec![format!("Key: {} ({algorithm})", safe(&file(fingerprint))), format!("  {fingerprint}")]
        }
        Signer::Certificate(certified) => certificate(certified).into(),
    };
    lines.push(format!(
        "Signed: {}",
        match signature.signed {
            Signed::Payload => "a payload with the digest of the image",
            Signed::Statement => "a statement with the digest of the image",
            Signed::Manifest => "the manifest of the image",
        }
    ));
    lines.extend(signature.name.as_ref().map(|name| format!("Name in it: {}", safe(name))));
    if !signature.unchecked.is_empty() {
        let parts: Vec<_> = signature.unchecked.iter().map(|part| words(*part)).collect();
        lines.push(format!("Not checked: {}", parts.join(", ")));
    }
    lines
}

fn certificate(certified: &Certified) -> [String; 4] {
    let index = certified.log_index.map(|index| format!(" {index}")).unwrap_or_default();
    let proof = match certified.logged {
        Logged::Proven => "with a proof",
        Logged::Promised => "with only the promise of the log, not a proof",
    };
    [
        format!("Identity: {}", safe(&certified.identity)),
        format!("Issuer: {}", safe(&certified.issuer)),
        format!("Time: {}", units::created_at(&rfc_3339(certified.time))),
        format!("Log: entry{index}, {proof}"),
    ]
}

fn rfc_3339(time: SystemTime) -> String {
    Timestamp::try_from(time).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns the signatures as JSON. `file` returns the file of a key.
pub(crate) fn json(image: &str, report: &SignatureReport, file: impl Fn(&Digest) -> String) -> Value {
    json!({
        "image": image,
        "digest": report.digest,
        "verified": report.verified().is_some(),
        "signatures": report.signatures.iter().map(|found| entry(found, &file)).collect::<Vec<_>>(),
        "attestations": report.attestations,
        "signedPlatform": report.signed_platform.as_ref().map(ToString::to_string),
    })
}

fn entry(found: &FoundSignature, file: impl Fn(&Digest) -> String) -> Value {
    let mut entry = json!({
        "form": match found.form {
            SignatureForm::SimpleSigning => "simple-signing",
            SignatureForm::Bundle => "bundle",
        },
        "tag": match &found.origin {
            SignatureOrigin::Tag(tag) => Some(tag.as_str()),
            SignatureOrigin::Referrer => None,
        },
        "manifest": found.manifest,
        "digest": found.digest,
        "verified": verified(found).is_some(),
    });
    if let Some(signature) = verified(found) {
        match &signature.signer {
            Signer::Key { fingerprint, algorithm } => {
                entry["key"] = json!({
                    "file": file(fingerprint), "algorithm": algorithm.name(), "fingerprint": fingerprint,
                });
            }
            Signer::Certificate(certified) => {
                let proof = match certified.logged {
                    Logged::Proven => "inclusion",
                    Logged::Promised => "promise",
                };
                entry["certificate"] = json!({ "identity": certified.identity, "issuer": certified.issuer });
                entry["time"] = json!(rfc_3339(certified.time));
                entry["log"] = json!({ "index": certified.log_index, "proof": proof });
            }
        }
        entry["name"] = json!(signature.name);
        let parts = signature.unchecked.iter().map(|part| words(*part));
        entry["notChecked"] = never_checked(signature.signer.kind()).into_iter().chain(parts).collect();
    }
    if let Some(reason) = reason(found) {
        entry["reason"] = json!(reason);
    }
    entry
}

fn verified(found: &FoundSignature) -> Option<&Verified> {
    match &found.outcome {
        SignatureOutcome::Verified(signature) => Some(signature),
        SignatureOutcome::Refused(_) | SignatureOutcome::Unreadable(_) => None,
    }
}

fn reason(found: &FoundSignature) -> Option<String> {
    match &found.outcome {
        SignatureOutcome::Verified(_) => None,
        SignatureOutcome::Refused(refusal) => Some(safe(&message(&refusal.to_string())).into_owned()),
        SignatureOutcome::Unreadable(error) => Some(safe(&message(&error.to_string())).into_owned()),
    }
}

fn form(form: SignatureForm) -> &'static str {
    match form {
        SignatureForm::SimpleSigning => "cosign signature",
        SignatureForm::Bundle => "sigstore bundle",
    }
}

fn words(part: Unchecked) -> &'static str {
    match part {
        Unchecked::Certificate => "certificate",
        Unchecked::TransparencyLog => "transparency log",
        Unchecked::Timestamp => "time stamp",
        Unchecked::Annotations => "annotations",
    }
}
