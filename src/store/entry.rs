//! One entry of index.json: its text, and the image that it describes.

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::contents::collect_digests;
use super::image::{EntryName, Image};
use crate::digest::Digest;
use crate::image::{CONTAINERD_NAME, Descriptor, REF_NAME};

/// An entry in its original form, as compact text, and in its parsed form. Clones share both.
///
/// A tree of JSON values would take several times the memory of the text, and a store may have thousands of
/// entries.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    text: Arc<str>,
    image: Option<Arc<Image>>,
}

impl Entry {
    /// Creates the entry of an image under this name. Other names in `image` are dropped.
    pub(super) fn new(image: &Descriptor, entry_name: &EntryName) -> Self {
        let mut image = image.clone();
        image.annotations.retain(|key, _| key != REF_NAME && key != CONTAINERD_NAME);
        let mut value = json!(image);
        annotate(&mut value, entry_name);
        Self::of(&value)
    }

    fn of(value: &Value) -> Self {
        let descriptor = Descriptor::deserialize(value).ok();
        let image = descriptor.map(|descriptor| Arc::new(Image::from_entry(descriptor)));
        Self { text: value.to_string().into(), image }
    }

    /// Returns the JSON text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the image, if the entry is readable.
    pub(super) fn image(&self) -> Option<&Arc<Image>> {
        self.image.as_ref()
    }

    /// Reports whether it is an entry of the image with this digest.
    pub(super) fn is_of(&self, digest: &Digest) -> bool {
        self.image().is_some_and(|image| image.descriptor.digest == *digest)
    }

    /// Reports whether it has this name.
    pub(super) fn is_called(&self, entry_name: &EntryName) -> bool {
        self.image().is_some_and(|image| entry_name.names(image))
    }

    /// Gives the entry this name.
    pub(super) fn name(&mut self, entry_name: &EntryName) {
        self.change(|value| annotate(value, entry_name));
    }

    /// Removes this name. The other annotations stay, in their order.
    pub(super) fn forget(&mut self, entry_name: &EntryName) {
        self.change(|value| forget(value, entry_name));
    }

    /// Adds every digest in the entry.
    pub(super) fn collect_digests(&self, digests: &mut Vec<Digest>) {
        collect_digests(&self.value(), digests);
    }

    fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut value = self.value();
        change(&mut value);
        *self = Self::of(&value);
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.text).expect("the text was written from a value")
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Value::deserialize(deserializer)?))
    }
}

fn annotate(entry: &mut Value, entry_name: &EntryName) {
    let named = entry_name.annotations();
    let Some(entry) = entry.as_object_mut().filter(|_| !named.is_empty()) else { return };
    let annotations = entry.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = json!({});
    }
    for (key, name) in named {
        annotations[key] = Value::String(name);
    }
}

fn forget(entry: &mut Value, entry_name: &EntryName) {
    let Some(entry) = entry.as_object_mut() else { return };
    let Some(annotations) = entry.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    for (key, _) in entry_name.annotations() {
        annotations.shift_remove(key);
    }
    if annotations.is_empty() {
        entry.shift_remove("annotations");
    }
}
