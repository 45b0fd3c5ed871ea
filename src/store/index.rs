//! The document index.json: the images and their names.
//!
//! Other programs write it too. Unknown entries and annotations are kept unchanged and in their order. A
//! change affects only its own subject.

use std::collections::HashMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::contents::collect_digests;
use super::image::{EntryName, Image};
use crate::digest::Digest;
use crate::image::{CONTAINERD_NAME, Descriptor, MediaType, REF_NAME};

/// The document. Each entry is parsed once.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// All fields, in their order. `manifests` is a placeholder for the entries.
    document: Map<String, Value>,
    entries: Vec<Entry>,
    is_changed: bool,
}

/// An entry in its original and its parsed form.
#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    image: Option<Image>,
}

impl Entry {
    fn read(value: Value) -> Self {
        let descriptor: Option<Descriptor> = serde::Deserialize::deserialize(&value).ok();
        Self { value, image: descriptor.map(Image::from_entry) }
    }

    /// Changes the entry, and parses it again.
    fn change(&mut self, change: impl FnOnce(&mut Map<String, Value>)) {
        let Some(fields) = self.value.as_object_mut() else { return };
        change(fields);
        *self = Self::read(std::mem::take(&mut self.value));
    }

    fn is_of(&self, digest: &Digest) -> bool {
        self.image.as_ref().is_some_and(|image| image.descriptor.digest == *digest)
    }

    fn is_called(&self, entry_name: &EntryName) -> bool {
        self.image.as_ref().is_some_and(|image| entry_name.names(image))
    }
}

impl Index {
    /// Returns an index without images.
    pub(super) fn empty() -> Self {
        let mut document = Map::new();
        document.insert("schemaVersion".to_owned(), json!(2));
        document.insert("mediaType".to_owned(), json!(MediaType::OCI_INDEX));
        document.insert("manifests".to_owned(), Value::Null);
        Self { document, entries: Vec::new(), is_changed: false }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut document: Map<String, Value> = serde_json::from_slice(bytes)?;
        let manifests = document.entry("manifests").or_insert(Value::Null);
        let entries = match manifests.take() {
            Value::Null => Vec::new(),
            Value::Array(values) => values.into_iter().map(Entry::read).collect(),
            _ => return Err(serde::de::Error::custom("`manifests` is not a list")),
        };
        Ok(Self { document, entries, is_changed: false })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a JSON value can always be written")
    }

    /// Reports whether the document was changed since it was read.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Records that the document has been written to the disk.
    pub(super) fn set_written(&mut self) {
        self.is_changed = false;
    }

    /// Returns the readable entries, in their order.
    pub(super) fn images(&self) -> impl Iterator<Item = &Image> {
        self.entries.iter().filter_map(|entry| entry.image.as_ref())
    }

    /// Returns every digest in the unreadable entries.
    pub(super) fn strays(&self) -> Vec<Digest> {
        let mut digests = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.image.is_none()) {
            collect_digests(&entry.value, &mut digests);
        }
        digests
    }

    /// Makes `entry_name` point to `image` only. An image that loses its only name by this stays without a name.
    pub(super) fn set(&mut self, entry_name: &EntryName, image: &Descriptor) {
        if *entry_name != EntryName::Unnamed {
            self.release(entry_name, &image.digest);
        }
        let mut own = self.entries.iter_mut().filter(|entry| entry.is_of(&image.digest));
        if own.any(|entry| entry.is_called(entry_name)) {
            return;
        }
        self.is_changed = true;
        let mut own = self.entries.iter_mut().filter(|entry| entry.is_of(&image.digest));
        if let Some(entry) = own.find(|entry| entry.is_called(&EntryName::Unnamed)) {
            entry.change(|fields| annotate(fields, entry_name));
            return;
        }
        let mut image = image.clone();
        image.annotations.retain(|key, _| key != REF_NAME && key != CONTAINERD_NAME);
        let mut entry = Entry { value: json!(image), image: None };
        entry.change(|fields| annotate(fields, entry_name));
        self.entries.push(entry);
    }

    /// Removes the entry with this name, and reports whether there was one.
    pub(super) fn unset(&mut self, entry_name: &EntryName) -> bool {
        self.retain(|image| !entry_name.names(image))
    }

    /// Removes and returns all entries of an image, under any name.
    pub(super) fn remove(&mut self, digest: &Digest) -> Vec<Image> {
        let removed: Vec<Image> =
            self.images().filter(|image| image.descriptor.digest == *digest).cloned().collect();
        self.retain(|image| image.descriptor.digest != *digest);
        removed
    }

    /// Removes `entry_name` from every image except that of `digest`.
    fn release(&mut self, entry_name: &EntryName, digest: &Digest) {
        let loses = |entry: &Entry| entry.is_called(entry_name) && !entry.is_of(digest);
        if !self.entries.iter().any(loses) {
            return;
        }
        self.is_changed = true;
        // The number of entries left for each image. Other programs may have written several for one image,
        // even equal ones.
        let mut left: HashMap<Digest, usize> = HashMap::new();
        for image in self.images() {
            *left.entry(image.descriptor.digest.clone()).or_default() += 1;
        }
        self.entries.retain_mut(|entry| {
            if !loses(entry) {
                return true;
            }
            let holder = entry.image.as_ref().map(|image| image.descriptor.digest.clone());
            let Some(left) = holder.and_then(|holder| left.get_mut(&holder)) else { return true };
            if *left > 1 {
                *left -= 1;
                return false;
            }
            entry.change(|fields| forget(fields, entry_name));
            true
        });
    }

    /// Keeps the entries that `fits` accepts and the unreadable ones. Reports whether others were removed.
    fn retain(&mut self, fits: impl Fn(&Image) -> bool) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.image.as_ref().is_none_or(&fits));
        let removed = self.entries.len() < before;
        self.is_changed |= removed;
        removed
    }
}

impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values: Vec<&Value> = self.entries.iter().map(|entry| &entry.value).collect();
        serializer.collect_map(self.document.iter().map(|(key, value)| {
            let is_list = key == "manifests";
            (key, if is_list { Field::Entries(&values) } else { Field::Other(value) })
        }))
    }
}

/// A field of the document.
#[derive(Serialize)]
#[serde(untagged)]
enum Field<'a> {
    Entries(&'a [&'a Value]),
    Other(&'a Value),
}

/// Writes `entry_name` to an entry.
fn annotate(entry: &mut Map<String, Value>, entry_name: &EntryName) {
    let named = entry_name.annotations();
    if named.is_empty() {
        return;
    }
    let annotations = entry.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = json!({});
    }
    for (key, name) in named {
        annotations[key] = Value::String(name);
    }
}

/// Removes `entry_name` from an entry. Its other annotations stay, in their order.
fn forget(entry: &mut Map<String, Value>, entry_name: &EntryName) {
    let Some(annotations) = entry.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    for (key, _) in entry_name.annotations() {
        annotations.shift_remove(key);
    }
    if annotations.is_empty() {
        entry.shift_remove("annotations");
    }
}
