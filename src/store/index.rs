//! The document index.json: which images there are, and what they are called.
//!
//! Other programs write it too. What is not understood here is kept as it stands, entries, annotations and
//! their order; only what a change is about is touched.

use serde_json::{Map, Value, json};

use crate::digest::Digest;
use crate::image::{CONTAINERD_NAME, Descriptor, MediaType, REF_NAME};
use crate::reference::{Reference, Selector};

/// What an image is called in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// By its canonical reference, as in regcli's own store. It has a tag or a digest, not both.
    Reference(Reference),
    /// By a text, as other programs name the images of a layout.
    Verbatim(String),
    /// Not at all.
    Unnamed,
}

impl Label {
    /// The label of a reference: its digest decides, as everywhere.
    pub(super) fn of(reference: &Reference) -> Self {
        let name = reference.name.clone();
        Self::Reference(match reference.selector() {
            Selector::Tag(tag) => Reference::tagged(name, tag),
            Selector::Digest(digest) => Reference::digested(name, digest),
        })
    }

    /// Whether it is what `entry` is called.
    pub(super) fn names(&self, entry: &Descriptor) -> bool {
        match self {
            Self::Reference(reference) => reference_of(entry).as_ref() == Some(reference),
            Self::Verbatim(text) => entry.annotations.get(REF_NAME) == Some(text),
            Self::Unnamed => is_unnamed(entry),
        }
    }

    /// The annotations that say so.
    fn annotations(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Reference(reference) => {
                vec![(REF_NAME, reference.to_string()), (CONTAINERD_NAME, reference.to_string())]
            }
            Self::Verbatim(text) => vec![(REF_NAME, text.clone())],
            Self::Unnamed => Vec::new(),
        }
    }
}

/// The reference by which an entry is called, if its name is one.
///
/// `docker save` and containerd write only the tag as `ref.name`, and the whole name beside it. An entry
/// without `ref.name` has no name: skopeo takes that one away when it gives the name to another image, and
/// knows nothing of the second.
pub(super) fn reference_of(entry: &Descriptor) -> Option<Reference> {
    let short = entry.annotations.get(REF_NAME)?;
    let is_full = |text: &str| text.contains(['/', ':', '@']);
    let text = if is_full(short) { short } else { entry.annotations.get(CONTAINERD_NAME)? };
    match Label::of(&text.parse::<Reference>().ok()?) {
        Label::Reference(reference) => Some(reference),
        _ => None,
    }
}

fn is_unnamed(entry: &Descriptor) -> bool {
    !entry.annotations.contains_key(REF_NAME)
}

/// The document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index {
    document: Map<String, Value>,
}

impl Index {
    /// One without images.
    pub(super) fn empty() -> Self {
        let mut document = Map::new();
        document.insert("schemaVersion".to_owned(), json!(2));
        document.insert("mediaType".to_owned(), json!(MediaType::OCI_INDEX));
        document.insert("manifests".to_owned(), json!([]));
        Self { document }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut document: Map<String, Value> = serde_json::from_slice(bytes)?;
        let manifests = document.entry("manifests").or_insert(Value::Null);
        if manifests.is_null() {
            *manifests = json!([]);
        }
        if !manifests.is_array() {
            return Err(serde::de::Error::custom("`manifests` is not a list"));
        }
        Ok(Self { document })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.document).expect("a JSON value can always be written")
    }

    /// The entries that can be read, in their order.
    pub(super) fn entries(&self) -> Vec<Descriptor> {
        self.values().iter().filter_map(descriptor_of).collect()
    }

    /// The entry with this label.
    pub(super) fn find(&self, label: &Label) -> Option<Descriptor> {
        self.values().iter().filter_map(descriptor_of).find(|entry| label.names(entry))
    }

    /// Makes `label` mean `image`, and nothing else. An image that has lost its only name by that stays
    /// without one.
    pub(super) fn set(&mut self, label: &Label, image: &Descriptor) {
        if *label != Label::Unnamed {
            self.release(label, &image.digest);
        }
        let entries = self.values_mut();
        let is_same = |value: &Value, fits: &dyn Fn(&Descriptor) -> bool| {
            descriptor_of(value).is_some_and(|entry| entry.digest == image.digest && fits(&entry))
        };
        if entries.iter().any(|value| is_same(value, &|entry| label.names(entry))) {
            return;
        }
        let unnamed = entries.iter_mut().find(|value| is_same(value, &is_unnamed));
        if let Some(entry) = unnamed {
            annotate(entry, label);
            return;
        }
        let mut image = image.clone();
        image.annotations.retain(|key, _| key != REF_NAME && key != CONTAINERD_NAME);
        let mut entry = json!(image);
        annotate(&mut entry, label);
        entries.push(entry);
    }

    /// Removes the entry with this label, and tells whether there was one.
    pub(super) fn unset(&mut self, label: &Label) -> bool {
        self.retain(|entry| !label.names(entry))
    }

    /// Removes all entries of an image, whatever they are called.
    pub(super) fn remove(&mut self, digest: &Digest) -> bool {
        self.retain(|entry| entry.digest != *digest)
    }

    /// Takes `label` from every image but that of `digest`.
    fn release(&mut self, label: &Label, digest: &Digest) {
        // One for each entry that is left: others may have written several entries for one image, even alike.
        let mut holders: Vec<Digest> = self.entries().into_iter().map(|entry| entry.digest).collect();
        self.values_mut().retain_mut(|value| {
            let Some(entry) = descriptor_of(value) else { return true };
            if !label.names(&entry) || entry.digest == *digest {
                return true;
            }
            forget(value, label);
            let others = holders.iter().filter(|holder| **holder == entry.digest).count() - 1;
            if others > 0
                && let Some(at) = holders.iter().position(|holder| *holder == entry.digest)
            {
                holders.swap_remove(at);
            }
            others == 0
        });
    }

    /// Keeps the entries that fit, and those that cannot be read. Tells whether others were there.
    fn retain(&mut self, fits: impl Fn(&Descriptor) -> bool) -> bool {
        let entries = self.values_mut();
        let before = entries.len();
        entries.retain(|value| descriptor_of(value).is_none_or(|entry| fits(&entry)));
        entries.len() < before
    }

    fn values(&self) -> &[Value] {
        self.document.get("manifests").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn values_mut(&mut self) -> &mut Vec<Value> {
        let manifests = self.document.get_mut("manifests").and_then(Value::as_array_mut);
        manifests.expect("every index is made with a list of manifests")
    }
}

fn descriptor_of(value: &Value) -> Option<Descriptor> {
    serde::Deserialize::deserialize(value).ok()
}

/// Writes `label` on an entry.
fn annotate(entry: &mut Value, label: &Label) {
    let named = label.annotations();
    let Some(entry) = entry.as_object_mut().filter(|_| !named.is_empty()) else { return };
    let annotations = entry.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = json!({});
    }
    for (key, name) in named {
        annotations[key] = Value::String(name);
    }
}

/// Takes `label` off an entry. Its other annotations stay, in their order.
fn forget(entry: &mut Value, label: &Label) {
    let Some(entry) = entry.as_object_mut() else { return };
    let Some(annotations) = entry.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    for (key, _) in label.annotations() {
        annotations.shift_remove(key);
    }
    if annotations.is_empty() {
        entry.shift_remove("annotations");
    }
}
