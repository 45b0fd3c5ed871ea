//! Keys that some readers mistake for others.
//!
//! Go's JSON decoder, which most registries and engines use, ignores the case of keys: it reads `Layers` as
//! `layers`, and the last one counts. This library distinguishes case. A document that would mean different
//! images to the two readers is refused, as is one that is both [image and index](super::Error::Ambiguous).

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A part of a document with its own keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A manifest or index.
    Manifest,
    Descriptor,
    Platform,
    /// The config of an image.
    Config,
    RootFs,
    /// The settings of containers.
    Run,
    /// Any part whose keys have no meaning here.
    Other,
}

impl Part {
    /// Returns the keys that readers know.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Manifest => &[
                "schemaVersion",
                "mediaType",
                "artifactType",
                "config",
                "layers",
                "blobs",
                "manifests",
                "subject",
                "annotations",
                "fsLayers",
                "history",
                "signatures",
            ],
            Self::Descriptor => {
                &["mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"]
            }
            Self::Platform => &["architecture", "os", "os.version", "os.features", "variant", "features"],
            Self::Config => &[
                "architecture",
                "os",
                "os.version",
                "os.features",
                "variant",
                "config",
                "rootfs",
                "history",
                "created",
                "author",
                "comment",
                "docker_version",
            ],
            Self::RootFs => &["type", "diff_ids"],
            Self::Run => &[
                "User",
                "ExposedPorts",
                "Env",
                "Entrypoint",
                "Cmd",
                "Volumes",
                "WorkingDir",
                "Labels",
                "StopSignal",
                "StopTimeout",
                "Healthcheck",
                "OnBuild",
                "Shell",
                "ArgsEscaped",
            ],
            Self::Other => &[],
        }
    }

    /// Returns the part that is the value of a key, or an element of the list there.
    fn behind(self, key: &str) -> Self {
        match (self, key) {
            (Self::Manifest, "config" | "layers" | "blobs" | "manifests" | "subject") => Self::Descriptor,
            (Self::Descriptor, "platform") => Self::Platform,
            (Self::Config, "config") => Self::Run,
            (Self::Config, "rootfs") => Self::RootFs,
            _ => Self::Other,
        }
    }

    /// Reports whether a key in another spelling is refused even if the right one is missing. Configs come
    /// from many builders, so a lone misspelt key in them is allowed: it has only one meaning for the readers
    /// that know it.
    fn is_strict(self) -> bool {
        matches!(self, Self::Manifest | Self::Descriptor | Self::Platform)
    }
}

/// Checks that all readers find the same keys in a document.
///
/// # Errors
/// If they do not, or if the document is not JSON.
pub(super) fn check(part: Part, document: &[u8]) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    part.deserialize(&mut deserializer)
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Self::Other => serde::Deserialize::deserialize(deserializer).map(|IgnoredAny| ()),
            part => deserializer.deserialize_any(part),
        }
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<Key> = Vec::new();
        while let Some(key) = map.next_key_seed(KeyOf(self))? {
            let Some(key) = key else {
                map.next_value_seed(Self::Other)?;
                continue;
            };
            let before = seen.iter().find(|before| before.known == key.known);
            if self.is_strict() && before == Some(&key) {
                return Err(de::Error::custom(format!("duplicate key {:?}", key.spelling())));
            }
            if before.is_some_and(|before| *before != key) || self.is_strict() && key.other.is_some() {
                return Err(de::Error::custom(format!(
                    "{:?} means {:?} to readers that ignore case, and nothing to others",
                    key.spelling(),
                    key.known
                )));
            }
            map.next_value_seed(self.behind(key.known))?;
            seen.push(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key that readers know.
#[derive(PartialEq, Eq)]
struct Key {
    known: &'static str,
    /// The spelling in the document, if it differs.
    other: Option<String>,
}

impl Key {
    fn spelling(&self) -> &str {
        self.other.as_deref().unwrap_or(self.known)
    }
}

/// Reads a key of a part. Returns `None` for one without a meaning there.
struct KeyOf(Part);

impl<'de> DeserializeSeed<'de> for KeyOf {
    type Value = Option<Key>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf {
    type Value = Option<Key>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let known = self.0.keys().iter().find(|known| is_same(known, key));
        Ok(known.map(|known| Key { known, other: (key != *known).then(|| key.to_owned()) }))
    }
}

/// Reports whether Go treats both as the same key. It also folds the two non-ASCII letters that fold to ASCII
/// letters.
fn is_same(known: &str, key: &str) -> bool {
    if key.is_ascii() {
        return known.eq_ignore_ascii_case(key);
    }
    let folded = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    known.chars().map(folded).eq(key.chars().map(folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(part: Part, document: &str) -> bool {
        check(part, document.as_bytes()).is_err()
    }

    #[test]
    fn s13_a_key_that_case_blind_readers_take_for_another_is_refused() {
        for document in [
            r#"{"layers":[],"Layers":[{}]}"#,
            r#"{"Layers":[{}]}"#,
            r#"{"layer\u017f":[]}"#,
            r#"{"MANIFESTS":[]}"#,
            r#"{"mediatype":""}"#,
            r#"{"subject":{"Digest":""}}"#,
            r#"{"layers":[{"digest":""},{"digest":"","DIGEST":""}]}"#,
            r#"{"config":{"\u0053ize":1}}"#,
            r#"{"manifests":[{"platform":{"OS":"linux"}}]}"#,
            r#"{"annotations":{},"annotations":{}}"#,
        ] {
            assert!(refused(Part::Manifest, document), "{document}");
        }
        for document in [
            r#"{"rootfs":{},"RootFS":{}}"#,
            r#"{"rootfs":{"diff_ids":[],"Diff_IDs":[]}}"#,
            r#"{"config":{"Env":[],"env":[]}}"#,
            r#"{"os":"a","OS":"b"}"#,
        ] {
            assert!(refused(Part::Config, document), "{document}");
        }
    }

    #[test]
    fn s13_keys_that_mean_nothing_may_be_spelt_in_any_way() {
        for document in [
            r#"{"annotations":{"a":"1","A":"2","layers":"","Layers":""},"x":{"Digest":1},"X":[null,1.5,-1,true]}"#,
            r#"{"layers":[{"annotations":{"size":"","Size":""},"platform":null}],"config":null,"subject":7}"#,
        ] {
            assert!(!refused(Part::Manifest, document), "{document}");
        }
        for document in [
            r#"{"config":{"env":["A=1"],"Labels":{"a":"","A":""}},"Os":"linux","container_config":{"Env":1,"env":2}}"#,
            r#"{"history":[{"created":"","Created":""}]}"#,
        ] {
            assert!(!refused(Part::Config, document), "{document}");
        }
    }
}
