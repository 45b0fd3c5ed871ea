//! The document index.json: the images and their names.
//!
//! Other programs write it too. Unknown entries and annotations are kept unchanged and in their order. A
//! change affects only its own subject.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::image::{EntryName, Image};
use super::order::Order;
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType};
use crate::reference::Name;

/// The field with the entries.
const ENTRIES: &str = "manifests";

/// The document. Each entry is parsed once, and clones share it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// All fields, in their order. The one of the entries is a placeholder.
    document: Map<String, Value>,
    entries: Vec<Entry>,
    /// Determined when it is first needed.
    order: OnceLock<Order>,
    is_changed: bool,
}

impl Index {
    /// Returns an index without images.
    pub(super) fn empty() -> Self {
        let mut document = Map::new();
        document.insert("schemaVersion".to_owned(), json!(2));
        document.insert("mediaType".to_owned(), json!(MediaType::OCI_INDEX));
        Self::new(document, Vec::new())
    }

    fn new(mut document: Map<String, Value>, entries: Vec<Entry>) -> Self {
        document.entry(ENTRIES).or_insert(Value::Null);
        Self { document, entries, order: OnceLock::new(), is_changed: false }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let entries: usize = self.entries.iter().map(|entry| entry.text().len() + 1).sum();
        let mut bytes = Vec::with_capacity(entries + 256);
        for (key, value) in &self.document {
            bytes.push(if bytes.is_empty() { b'{' } else { b',' });
            bytes.extend(Value::from(key.as_str()).to_string().bytes());
            bytes.push(b':');
            if key == ENTRIES {
                self.write_entries(&mut bytes);
            } else {
                bytes.extend(value.to_string().bytes());
            }
        }
        bytes.push(b'}');
        bytes
    }

    fn write_entries(&self, bytes: &mut Vec<u8>) {
        bytes.push(b'[');
        for (position, entry) in self.entries.iter().enumerate() {
            if position > 0 {
                bytes.push(b',');
            }
            bytes.extend_from_slice(entry.text().as_bytes());
        }
        bytes.push(b']');
    }

    /// Reports whether the document was changed since it was read.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Records that the document has been written to the disk.
    pub(super) fn set_written(&mut self) {
        self.is_changed = false;
    }

    /// Returns the images of the readable entries, in their order.
    pub(super) fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.entries.iter().filter_map(Entry::image)
    }

    /// Returns the image with this name: of several entries the first, as for all readers that start at the
    /// beginning.
    pub(super) fn find(&self, entry_name: &EntryName) -> Option<&Image> {
        self.holders(entry_name).find_map(Entry::image).map(Arc::as_ref)
    }

    /// Returns the images of a repository, sorted by name.
    pub(super) fn of_repository(&self, name: &Name) -> impl Iterator<Item = &Image> {
        self.at(self.order().of_repository(&self.entries, name)).filter_map(Entry::image).map(Arc::as_ref)
    }

    /// Returns the image with this digest, once for each of its entries.
    pub(super) fn with_digest(&self, digest: &Digest) -> impl Iterator<Item = &Image> {
        self.at(self.order().with_digest(&self.entries, digest)).filter_map(Entry::image).map(Arc::as_ref)
    }

    /// Returns every digest in the unreadable entries.
    pub(super) fn strays(&self) -> Vec<Digest> {
        let mut digests = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.image().is_none()) {
            entry.collect_digests(&mut digests);
        }
        digests
    }

    /// Makes `entry_name` point to `image` only. An image that loses its only name by this stays without a name.
    pub(super) fn set(&mut self, entry_name: &EntryName, image: &Descriptor) {
        if *entry_name != EntryName::Unnamed {
            self.release(entry_name, &image.digest);
        }
        let own = self.order().with_digest(&self.entries, &image.digest);
        if self.at(own).any(|entry| entry.is_called(entry_name)) {
            return;
        }
        let is_unnamed = |place: &&u32| self.entries[**place as usize].is_called(&EntryName::Unnamed);
        let unnamed = own.iter().find(is_unnamed).copied();
        self.is_changed = true;
        if let Some(place) = unnamed {
            self.entries[place as usize].name(entry_name);
            self.order.take();
            return;
        }
        self.entries.push(Entry::new(image, entry_name));
        if let Some(order) = self.order.get_mut() {
            order.append(&self.entries);
        }
    }

    /// Removes the entry with this name, and reports whether there was one.
    pub(super) fn unset(&mut self, entry_name: &EntryName) -> bool {
        self.retain(|image| !entry_name.names(image))
    }

    /// Removes and returns all entries of an image, under any name.
    pub(super) fn remove(&mut self, digest: &Digest) -> Vec<Image> {
        let removed: Vec<Image> = self.with_digest(digest).cloned().collect();
        self.retain(|image| image.descriptor.digest != *digest);
        removed
    }

    /// Removes `entry_name` from every image except that of `digest`.
    fn release(&mut self, entry_name: &EntryName, digest: &Digest) {
        if self.holders(entry_name).all(|entry| entry.is_of(digest)) {
            return;
        }
        self.is_changed = true;
        self.order.take();
        // The number of entries left for each image. Other programs may have written several for one image,
        // even equal ones.
        let mut left: HashMap<Digest, usize> = HashMap::new();
        for image in self.images() {
            *left.entry(image.descriptor.digest.clone()).or_default() += 1;
        }
        self.entries.retain_mut(|entry| {
            if !entry.is_called(entry_name) || entry.is_of(digest) {
                return true;
            }
            let left = entry.image().and_then(|holder| left.get_mut(&holder.descriptor.digest));
            let Some(left) = left else { return true };
            if *left > 1 {
                *left -= 1;
                return false;
            }
            entry.forget(entry_name);
            true
        });
    }

    /// Keeps the entries that `fits` accepts and the unreadable ones. Reports whether others were removed.
    fn retain(&mut self, fits: impl Fn(&Image) -> bool) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.image().is_none_or(|image| fits(image)));
        let removed = self.entries.len() < before;
        if removed {
            self.is_changed = true;
            self.order.take();
        }
        removed
    }

    /// Returns the entries with this name, in their order.
    fn holders(&self, entry_name: &EntryName) -> impl Iterator<Item = &Entry> {
        // Only references are sorted: the other names occur in small layouts of other programs.
        let (sorted, all): (&[u32], &[Entry]) = match entry_name {
            EntryName::Reference(reference) => (self.order().called(&self.entries, reference), &[]),
            EntryName::Verbatim(_) | EntryName::Unnamed => (&[], &self.entries),
        };
        self.at(sorted).chain(all.iter().filter(|entry| entry.is_called(entry_name)))
    }

    fn at<'a>(&'a self, places: &'a [u32]) -> impl Iterator<Item = &'a Entry> {
        places.iter().map(|place| &self.entries[*place as usize])
    }

    fn order(&self) -> &Order {
        self.order.get_or_init(|| Order::of(&self.entries))
    }
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

/// Reads the document entry by entry, so that only one is a tree of values at a time.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Index;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an image index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Index, A::Error> {
        let (mut document, mut entries) = (Map::new(), Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            let value = if key == ENTRIES {
                entries = map.next_value::<Option<Vec<Entry>>>()?.unwrap_or_default();
                Value::Null
            } else {
                map.next_value()?
            };
            document.insert(key, value);
        }
        Ok(Index::new(document, entries))
    }
}
