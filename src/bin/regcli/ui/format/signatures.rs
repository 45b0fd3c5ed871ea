//! The signatures of an image, for users and as JSON for programs.

use regcli::ops::{FoundSignature, SignatureForm, SignatureOrigin, SignatureOutcome, SignatureReport};
use regcli::signature::{Signed, Unchecked, Verified};
use serde_json::{Value, json};

use super::safe::{message, safe};
use super::units;

/// Returns a paragraph for each signature, and what was checked at the end. `key` names the key of a signature.
pub(crate) fn text(image: &str, report: &SignatureReport, key: impl Fn(&Verified) -> String) -> String {
    let mut lines = vec![safe(image).into_owned(), format!("Digest: {}", report.digest)];
    for found in &report.signatures {
        lines.push(String::new());
        let word = if verified(found).is_some() { "verified" } else { "refused" };
        lines.push(format!("{} {}: {word}", form(found.form), found.digest.short()));
        lines.extend(details(found, &key).into_iter().map(|detail| format!("  {detail}")));
    }
    if report.attestations > 0 {
        let count = units::count(report.attestations, "attestation");
        lines.extend([String::new(), format!("Not read: {count}")]);
    }
    if report.verified().is_some() {
        lines.extend([
            String::new(),
            "Checked: the signature, and that it is for this digest".to_owned(),
            "Not checked: when it was signed, and who has the key".to_owned(),
        ]);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn details(found: &FoundSignature, key: impl Fn(&Verified) -> String) -> Vec<String> {
    let signature = match &found.outcome {
        SignatureOutcome::Verified(signature) => signature,
        SignatureOutcome::Refused(_) | SignatureOutcome::Unreadable(_) => {
            return reason(found).into_iter().collect();
        }
    };
    let mut lines = vec![
        format!("Key: {}", key(signature)),
        format!("  {}", signature.key),
        format!(
            "Signed: {}",
            match signature.signed {
                Signed::Payload => "a payload with the digest of the image",
                Signed::Statement => "a statement with the digest of the image",
                Signed::Manifest => "the manifest of the image",
            }
        ),
    ];
    lines.extend(signature.name.as_ref().map(|name| format!("Name in it: {}", safe(name))));
    if !signature.unchecked.is_empty() {
        let parts: Vec<_> = signature.unchecked.iter().map(|part| words(*part)).collect();
        lines.push(format!("Not checked: {}", parts.join(", ")));
    }
    lines
}

/// Returns the signatures as JSON.
pub(crate) fn json(image: &str, report: &SignatureReport, key: impl Fn(&Verified) -> String) -> Value {
    json!({
        "image": image,
        "digest": report.digest,
        "verified": report.verified().is_some(),
        "signatures": report.signatures.iter().map(|found| entry(found, &key)).collect::<Vec<_>>(),
        "attestations": report.attestations,
        "signedPlatform": report.signed_platform.as_ref().map(ToString::to_string),
    })
}

fn entry(found: &FoundSignature, key: impl Fn(&Verified) -> String) -> Value {
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
        entry["key"] = json!({ "name": key(signature), "fingerprint": signature.key });
        entry["name"] = json!(signature.name);
        entry["notChecked"] = signature.unchecked.iter().map(|part| words(*part)).collect();
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
