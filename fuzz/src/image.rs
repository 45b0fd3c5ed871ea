//! Manifests, indexes and configs, which anyone with push access may write.

use regcli::image::{Descriptor, Error, ImageConfig, Manifest, MediaType, Platform, RawManifest, RunConfig};

/// The media types that a document may be sent with.
const SENT_AS: [MediaType; 5] = [
    MediaType::OCI_MANIFEST,
    MediaType::OCI_INDEX,
    MediaType::DOCKER_MANIFEST,
    MediaType::DOCKER_LIST,
    MediaType::OCTET_STREAM,
];

/// The maximum number of entries in a manifest.
const ENTRIES_MAX: usize = 10_000;

/// A document has one meaning, and its references are well formed.
pub fn check(data: &[u8]) {
    let mut meanings: Vec<Manifest> = Vec::new();
    for media_type in SENT_AS {
        let raw = RawManifest::new(media_type, data.to_vec().into());
        let verified = RawManifest::verified(raw.descriptor().clone(), raw.bytes().clone());
        assert_eq!(verified.expect("its own digest"), raw);
        if let Ok(parsed) = raw.parse() {
            manifest(&parsed);
            meanings.push(parsed);
        }
    }
    if let Ok(detected) = Manifest::detect(data) {
        assert!(detected.is_manifest());
        let parsed = Manifest::parse(&detected, data);
        assert!(!matches!(parsed, Err(Error::Ambiguous | Error::MediaTypeMismatch { .. } | Error::Schema1)));
    }
    let images = meanings.iter().filter(|meaning| matches!(meaning, Manifest::Image(_))).count();
    // A document that names its type is only that type (CVE-2021-41190). A nearly empty document without
    // a type has the type that it was sent with.
    let says_nothing =
        |meaning: &Manifest| matches!(meaning, Manifest::Index(index) if index.manifests.is_empty());
    assert!(images == 0 || images == meanings.len() || meanings.iter().any(says_nothing));
    configs(data);
}

fn manifest(manifest: &Manifest) {
    let children = manifest.children();
    assert!(children.len() <= ENTRIES_MAX + 1);
    children.into_iter().for_each(descriptor);
    if let Manifest::Index(index) = manifest {
        for wanted in ["linux/amd64/v3", "linux/arm64", "linux/arm/v7", "windows/amd64"] {
            let wanted: Platform = wanted.parse().expect("a platform");
            if let Ok(selected) = index.select(&wanted) {
                assert!(index.manifests.contains(selected));
                assert!(selected.platform.as_ref().is_none_or(|platform| wanted.runs(platform)));
            }
        }
    }
}

fn descriptor(descriptor: &Descriptor) {
    assert!(i64::try_from(descriptor.size).is_ok());
    is_hex(descriptor.digest.hex());
    let written = serde_json::to_vec(descriptor).expect("text keys only");
    assert_eq!(serde_json::from_slice::<Descriptor>(&written).ok().as_ref(), Some(descriptor));
}

/// A digest may become part of a path.
fn is_hex(hex: &str) {
    assert!(hex.len() >= 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

fn configs(data: &[u8]) {
    if let Ok(config) = ImageConfig::parse(data) {
        let _ = config.platform().map(|platform| platform.to_string());
        config.rootfs.diff_ids.iter().for_each(|digest| is_hex(digest.hex()));
    }
    if let Ok(Some(config)) = RunConfig::of_image(data) {
        let written = serde_json::json!({ "config": config }).to_string();
        assert_eq!(RunConfig::of_image(written.as_bytes()).ok().flatten(), Some(config));
    }
}
