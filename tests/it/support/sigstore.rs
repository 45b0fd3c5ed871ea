//! A sigstore instance of this run: a certificate authority (Fulcio), its transparency log, and a log of signatures
//! (Rekor), with signatures as cosign makes them with `--identity-token`.
//!
//! The extensions of certificates are those of `docs/oid-info.md` of Fulcio and of RFC 6962 section 3.3; the trusted root
//! is that of `sigstore_trustroot.proto` of sigstore's protobuf-specs.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, SanType, SerialNumber,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::rekor::{self, Logged, SigningKey, dsse_body, hash, hashed_body, hashed_body_2, hex, pem};
use super::signing::{SIGNATURE, simple_signing, statement};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The identity and the issuer in certificates, unless a test wants others.
pub(crate) const IDENTITY: &str = "https://git.example.com/team/app/.ci/release.yml@refs/tags/v1.2.3";
pub(crate) const ISSUER: &str = "https://token.example.com";

/// How a signature is made.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) identity: &'static str,
    pub(crate) issuer: &'static str,
    /// How many seconds ago its certificate began.
    pub(crate) age: u64,
    /// How many seconds after the beginning of its certificate, which lasts for ten minutes, it is logged.
    pub(crate) logged_after: u64,
    /// The number of timestamps of the transparency log for certificates.
    pub(crate) timestamps: usize,
}

impl Default for Wish {
    fn default() -> Self {
        Self { identity: IDENTITY, issuer: ISSUER, age: 60 * 60, logged_after: 5, timestamps: 1 }
    }
}

/// A sigstore instance.
pub(crate) struct Sigstore {
    authority: CertifiedIssuer<'static, KeyPair>,
    certificates: SigningKey,
    pub(crate) log: SigningKey,
    folder: TempDir,
}

/// A key with its certificate.
struct Leaf {
    key: SigningKey,
    certificate: Vec<u8>,
}

impl Sigstore {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "fulcio of the tests");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let made = Self { authority, certificates: SigningKey::new(), log: SigningKey::new(), folder };
        made.write_root(&made.root());
        made
    }

    /// The file of the trusted root.
    pub(crate) fn root_file(&self) -> PathBuf {
        self.folder.path().join("trusted_root.json")
    }

    pub(crate) fn write_root(&self, root: &Value) {
        std::fs::write(self.root_file(), root.to_string()).unwrap();
    }

    /// The trusted root.
    pub(crate) fn root(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.log.as_log()],
            "certificateAuthorities": [{
                "subject": { "organization": "example.com", "commonName": "fulcio of the tests" },
                "uri": "https://fulcio.example.com",
                "certChain": { "certificates": [{ "rawBytes": STANDARD.encode(self.authority.der()) }] },
                "validFor": { "start": "2021-01-01T00:00:00Z" },
            }],
            "ctlogs": [self.certificates.as_log()],
            "timestampAuthorities": [],
        })
    }

    /// The flags of `verify-signature` for the usual identity.
    pub(crate) fn flags(&self) -> Vec<String> {
        let root = self.root_file();
        let flags = ["--identity", IDENTITY, "--issuer", ISSUER, "--trusted-root", root.to_str().unwrap()];
        flags.map(str::to_owned).to_vec()
    }

    /// A bundle of cosign 3 with a signature of the image.
    pub(crate) fn bundle(&self, wish: &Wish, digest: &str) -> Value {
        self.bundle_of(wish, &statement(digest, "https://sigstore.dev/cosign/sign/v1"))
    }

    /// A bundle with a statement.
    pub(crate) fn bundle_of(&self, wish: &Wish, statement: &Value) -> Value {
        let (leaf, time) = self.leaf(wish);
        let (envelope, signature) = envelope(&leaf, statement);
        let payload = statement.to_string();
        let content = payload.as_bytes();
        let logged = Logged { certificate: &leaf.certificate, signature: &signature, content };
        let entry = rekor::entry(&self.log, &dsse_body(&logged), time);
        json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&leaf.certificate) },
                "tlogEntries": [entry],
            },
            "dsseEnvelope": envelope,
        })
    }

    /// A bundle whose entry is in the second version of Rekor, and what a time stamp authority has to sign.
    pub(crate) fn bundle_2(&self, digest: &str) -> (Value, Vec<u8>) {
        let statement = statement(digest, "https://sigstore.dev/cosign/sign/v1");
        let (leaf, _) = self.leaf(&Wish { age: 60, ..Wish::default() });
        let (envelope, signature) = envelope(&leaf, &statement);
        let encoded = pre_authentication_encoding(&statement.to_string());
        let logged =
            Logged { certificate: &leaf.certificate, signature: &signature, content: encoded.as_bytes() };
        let bundle = json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&leaf.certificate) },
                "tlogEntries": [rekor::entry_2(&self.log, &hashed_body_2(&logged))],
            },
            "dsseEnvelope": envelope,
        });
        (bundle, signature)
    }

    /// A bundle with a signature of the bytes of a manifest.
    pub(crate) fn bundle_of_bytes(&self, wish: &Wish, manifest: &[u8]) -> Value {
        let (leaf, time) = self.leaf(wish);
        let signature = leaf.key.sign(manifest);
        let logged = Logged { certificate: &leaf.certificate, signature: &signature, content: manifest };
        json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&leaf.certificate) },
                "tlogEntries": [rekor::entry(&self.log, &hashed_body(&logged), time)],
            },
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(hash(&[manifest])) },
                "signature": STANDARD.encode(&signature),
            },
        })
    }

    /// A payload of cosign before its version 3, with the annotations of its layer.
    pub(crate) fn payload(&self, wish: &Wish, digest: &str) -> (Vec<u8>, Value) {
        let payload = simple_signing(digest).to_string().into_bytes();
        let annotations = self.annotations(wish, &payload);
        (payload, annotations)
    }

    /// The annotations with the signature of a payload.
    pub(crate) fn annotations(&self, wish: &Wish, payload: &[u8]) -> Value {
        let (leaf, time) = self.leaf(wish);
        let signature = leaf.key.sign(payload);
        let logged = Logged { certificate: &leaf.certificate, signature: &signature, content: payload };
        let body = hashed_body(&logged).to_string();
        let entry = json!({
            "SignedEntryTimestamp": rekor::promise(&self.log, &body, time),
            "Payload": {
                "body": STANDARD.encode(&body), "integratedTime": time, "logIndex": rekor::LOG_INDEX,
                "logID": hex(&self.log.id()),
            },
        });
        json!({
            SIGNATURE: STANDARD.encode(&signature),
            "dev.sigstore.cosign/certificate": pem(&leaf.certificate),
            "dev.sigstore.cosign/chain": pem(self.authority.der()),
            "dev.sigstore.cosign/bundle": entry.to_string(),
        })
    }

    /// Issues a certificate, and returns when a signature with it is logged.
    fn leaf(&self, wish: &Wish) -> (Leaf, u64) {
        let start = SystemTime::now() - Duration::from_secs(wish.age);
        let key = SigningKey::new();
        let params = |timestamps: Option<Vec<u8>>| {
            let mut params = CertificateParams::default();
            params.serial_number = Some(SerialNumber::from(vec![1, 2, 3, 4]));
            params.not_before = start.into();
            params.not_after = (start + Duration::from_secs(600)).into();
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
            let name = wish.identity.try_into().unwrap();
            let is_uri = wish.identity.contains("://");
            params.subject_alt_names =
                vec![if is_uri { SanType::URI(name) } else { SanType::Rfc822Name(name) }];
            let issuer = [&[0x0c, u8::try_from(wish.issuer.len()).unwrap()], wish.issuer.as_bytes()].concat();
            let extension = |oid: &[u64], content| CustomExtension::from_oid_content(oid, content);
            params.custom_extensions.push(extension(&[1, 3, 6, 1, 4, 1, 57264, 1, 8], issuer));
            params
                .custom_extensions
                .extend(timestamps.map(|list| extension(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], list)));
            params.signed_by(&key.pair, &self.authority).unwrap().der().to_vec()
        };
        let timestamps = (wish.timestamps > 0).then(|| self.timestamps(&params(None), wish.timestamps));
        let certificate = params(timestamps);
        let start = start.duration_since(UNIX_EPOCH).unwrap().as_secs();
        (Leaf { key, certificate }, start + wish.logged_after)
    }

    /// The extension with the timestamps for a certificate without it.
    fn timestamps(&self, certificate: &[u8], count: usize) -> Vec<u8> {
        let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
        let content = parsed.tbs_certificate.as_ref();
        let (_, authority) = X509Certificate::from_der(self.authority.der()).unwrap();
        let authority = hash(&[authority.tbs_certificate.subject_pki.raw]);
        let time = SystemTime::now() - Duration::from_secs(60 * 60);
        let time = u64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap().to_be_bytes();
        let size = u32::try_from(content.len()).unwrap().to_be_bytes();
        let signed = [&[0, 0], &time[..], &[0, 1], &authority, &size[1..], content, &[0, 0]].concat();
        let signature = self.certificates.sign(&signed);
        let one = [&[0], &self.certificates.id()[..], &time, &[0, 0, 4, 3], &sized(&signature)].concat();
        let list = sized(&sized(&one).repeat(count));
        octets(&list)
    }
}

/// An OCTET STRING in DER.
fn octets(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length: &[u8] = match length {
        [0, low] if low < 128 => &[low],
        [0, low] => &[0x81, low],
        [high, low] => &[0x82, high, low],
    };
    [&[0x04], length, content].concat()
}

/// Prefixes the length in two bytes.
fn sized(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat()
}

fn pre_authentication_encoding(payload: &str) -> String {
    format!("DSSEv1 {} {IN_TOTO} {} {payload}", IN_TOTO.len(), payload.len())
}

/// An envelope, and its signature.
fn envelope(leaf: &Leaf, statement: &Value) -> (Value, Vec<u8>) {
    let payload = statement.to_string();
    let signature = leaf.key.sign(pre_authentication_encoding(&payload).as_bytes());
    let envelope = json!({
        "payload": STANDARD.encode(&payload), "payloadType": IN_TOTO,
        "signatures": [{ "sig": STANDARD.encode(&signature) }],
    });
    (envelope, signature)
}
