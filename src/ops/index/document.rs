//! The document of an index, as it is edited. What is not edited stays as it is, unknown fields included.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::digest::Digest;
use crate::image::{self, Descriptor, Index, MediaType, Platform, PlatformError, RawManifest};

/// The annotation by which BuildKit's attestations name their image.
const ATTESTED: &str = "vnd.docker.reference.digest";

/// Which entries of an index are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexEntry {
    /// The entries for this platform.
    Platform(Platform),
    /// The entry with this digest.
    Digest(Digest),
}

impl FromStr for IndexEntry {
    type Err = PlatformError;

    /// Parses a digest, or else a platform.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        match text.parse() {
            Ok(digest) => Ok(Self::Digest(digest)),
            Err(_) => text.parse().map(Self::Platform),
        }
    }
}

impl IndexEntry {
    fn means(&self, entry: &Descriptor) -> bool {
        match self {
            Self::Digest(digest) => entry.digest == *digest,
            Self::Platform(wanted) => {
                let without_version = |platform: &Platform| Platform { os_version: None, ..normal(platform) };
                let found = entry.platform.as_ref().map(without_version);
                found.is_some_and(|found| found == without_version(wanted))
            }
        }
    }
}

/// Returns a platform in its normal form, without the features of the system.
fn normal(platform: &Platform) -> Platform {
    let Platform { os, architecture, variant, os_version, .. } = platform;
    Platform { os_version: os_version.clone(), ..Platform::new(os, architecture, variant.as_deref()) }
}

/// An index that is edited.
pub(super) struct Document {
    /// Everything but the entries.
    fields: Value,
    /// The media type; `None` for a new index.
    media_type: Option<MediaType>,
    entries: Vec<Entry>,
}

struct Entry {
    descriptor: Descriptor,
    /// As it is written.
    text: Value,
}

impl Entry {
    fn is_for(&self, platform: Option<&Platform>) -> bool {
        let known = |platform: &&Platform| !platform.is_unknown();
        let own = self.descriptor.platform.as_ref().filter(known).map(normal);
        own.is_some() && own == platform.filter(known).map(normal)
    }

    fn attests(&self, image: &Digest) -> bool {
        self.descriptor.annotations.get(ATTESTED).is_some_and(|attested| attested == image.as_str())
    }
}

impl Document {
    /// Begins an index without entries.
    pub(super) fn new(annotations: &BTreeMap<String, String>) -> Self {
        let mut fields = json!({ "schemaVersion": 2 });
        if !annotations.is_empty() {
            fields["annotations"] = json!(annotations);
        }
        Self { fields, media_type: None, entries: Vec::new() }
    }

    /// Begins with the entries of an index.
    pub(super) fn of(raw: &RawManifest, index: Index) -> Result<Self, image::Error> {
        let failed = |source| image::Error::Parse { what: "image index", source };
        let mut fields: Value = serde_json::from_slice(raw.bytes()).map_err(failed)?;
        let texts = match fields.get_mut("manifests").map(Value::take) {
            Some(Value::Array(texts)) => texts,
            _ => Vec::new(),
        };
        let entries = index.manifests.into_iter().zip(texts);
        let entries = entries.map(|(descriptor, text)| Entry { descriptor, text }).collect();
        Ok(Self { fields, media_type: Some(raw.descriptor().media_type.clone()), entries })
    }

    /// Adds an entry. One for the same platform is replaced and returned, and its attestations are removed.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Result<Option<Descriptor>, image::Error> {
        let failed = |source| image::Error::Parse { what: "descriptor", source };
        let text = serde_json::to_value(&descriptor).map_err(failed)?;
        let new = Entry { descriptor, text };
        let same = self.entries.iter().position(|entry| entry.descriptor.digest == new.descriptor.digest);
        let place = same
            .or_else(|| self.entries.iter().position(|entry| entry.is_for(new.descriptor.platform.as_ref())));
        let Some(place) = place else {
            self.entries.push(new);
            return Ok(None);
        };
        let is_same = same.is_some();
        let old = std::mem::replace(&mut self.entries[place], new).descriptor;
        if !is_same {
            self.entries.retain(|entry| !entry.attests(&old.digest));
        }
        Ok((!is_same).then_some(old))
    }

    /// Removes entries and the attestations of these images. Returns how many were removed.
    pub(super) fn remove(&mut self, which: &IndexEntry) -> usize {
        let before = self.entries.len();
        let meant = self.entries.iter().filter(|entry| which.means(&entry.descriptor));
        let digests: Vec<Digest> = meant.map(|entry| entry.descriptor.digest.clone()).collect();
        let is_removed = |entry: &Entry| {
            digests.iter().any(|digest| entry.descriptor.digest == *digest || entry.attests(digest))
        };
        self.entries.retain(|entry| !is_removed(entry));
        before - self.entries.len()
    }

    /// Returns the entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Descriptor> {
        self.entries.iter().map(|entry| &entry.descriptor)
    }

    /// Builds the index. It is Docker's manifest list if it was one, or is new, and all of its images are Docker's.
    ///
    /// # Errors
    /// [`image::Error::TooLarge`].
    pub(super) fn finish(mut self) -> Result<RawManifest, image::Error> {
        let is_dockers = |entry: &Entry| entry.descriptor.media_type == MediaType::DOCKER_MANIFEST;
        let may_be_dockers = match &self.media_type {
            Some(media_type) => *media_type == MediaType::DOCKER_LIST,
            None => self.fields.get("annotations").is_none(),
        };
        let media_type = match may_be_dockers && self.entries.iter().all(is_dockers) {
            true => MediaType::DOCKER_LIST,
            false => MediaType::OCI_INDEX,
        };
        self.fields["mediaType"] = json!(media_type);
        self.fields["manifests"] = self.entries.into_iter().map(|entry| entry.text).collect();
        let raw = RawManifest::new(media_type, self.fields.to_string().into());
        RawManifest::verified(raw.descriptor().clone(), raw.bytes().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Manifest;

    fn entry(text: &str, platform: &str) -> Descriptor {
        let platform = (!platform.is_empty()).then(|| platform.parse().unwrap());
        Descriptor { platform, ..Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes()) }
    }

    fn attestation(of: &Descriptor) -> Descriptor {
        let mut found = entry(&format!("attests {}", of.digest), "unknown/unknown");
        found.annotations.insert(ATTESTED.to_owned(), of.digest.to_string());
        found
    }

    fn digests(document: &Document) -> Vec<Digest> {
        document.entries().map(|entry| entry.digest.clone()).collect()
    }

    #[test]
    fn an_image_takes_the_place_of_the_one_for_its_platform_with_its_attestations() {
        let (old, arm, new) =
            (entry("old", "linux/amd64"), entry("arm", "linux/arm64"), entry("new", "linux/x86_64"));
        let mut document = Document::new(&BTreeMap::new());
        for added in [&old, &arm, &attestation(&old), &attestation(&arm)] {
            assert_eq!(document.add(added.clone()).unwrap(), None);
        }
        assert_eq!(document.add(new.clone()).unwrap(), Some(old));
        assert_eq!(document.add(new.clone()).unwrap(), None, "the same again");
        assert_eq!(digests(&document), [&new, &arm, &attestation(&arm)].map(|entry| entry.digest.clone()));

        assert_eq!(document.remove(&"linux/arm64/v8".parse().unwrap()), 2);
        assert_eq!(document.remove(&"linux/s390x".parse().unwrap()), 0);
        assert_eq!(document.remove(&new.digest.to_string().parse().unwrap()), 1);
        assert!(digests(&document).is_empty());
    }

    #[test]
    fn what_is_not_edited_stays() {
        let (one, two) = (entry("one", "linux/amd64"), entry("two", "linux/arm64"));
        let mut listed = serde_json::to_value(&one).unwrap();
        listed["x-entry"] = json!({"b": 1, "a": 2});
        let text = json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "x-index": [1], "manifests": [listed],
            "annotations": {"kept": "yes"},
        });
        let raw = RawManifest::new(MediaType::OCI_INDEX, text.to_string().into());
        let Manifest::Index(index) = raw.parse().unwrap() else { panic!("an index") };
        let mut document = Document::of(&raw, index).unwrap();
        document.add(two.clone()).unwrap();
        let written: Value = serde_json::from_slice(document.finish().unwrap().bytes()).unwrap();
        let mut expected = text;
        expected["manifests"].as_array_mut().unwrap().push(serde_json::to_value(&two).unwrap());
        assert_eq!(written, expected);
    }

    #[test]
    fn an_index_is_dockers_only_if_all_of_it_is() {
        let docker = Descriptor { media_type: MediaType::DOCKER_MANIFEST, ..entry("docker", "linux/amd64") };
        let mut document = Document::new(&BTreeMap::new());
        document.add(docker.clone()).unwrap();
        let list = document.finish().unwrap();
        assert_eq!(list.descriptor().media_type, MediaType::DOCKER_LIST);

        let Manifest::Index(index) = list.parse().unwrap() else { panic!("an index") };
        let mut document = Document::of(&list, index).unwrap();
        document.add(entry("oci", "linux/arm64")).unwrap();
        let mixed = document.finish().unwrap();
        assert_eq!(mixed.descriptor().media_type, MediaType::OCI_INDEX);
        let Manifest::Index(index) = mixed.parse().unwrap() else { panic!("an index") };
        assert_eq!(index.manifests.len(), 2);

        let mut document = Document::new(&[("a".to_owned(), "b".to_owned())].into());
        document.add(docker).unwrap();
        assert_eq!(
            document.finish().unwrap().descriptor().media_type,
            MediaType::OCI_INDEX,
            "lists have no annotations"
        );
    }
}
