//! JSON documents that mean the same to all readers.
//!
//! cosign reads them with Go's decoder, which ignores the case of keys and takes the last of equal ones. A signing
//! service may sign what others have written into a payload, so a second `critical` in it must not be what one
//! verifier believes and another does not.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;
use super::limits::DOCUMENT_BYTES_MAX;

/// A parsed document.
pub(super) struct Document {
    /// What it is, for errors.
    what: &'static str,
    root: Value,
}

impl Document {
    /// Parses a document in which no object has two keys that are equal without regard to case.
    pub(super) fn parse(what: &'static str, bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(Refusal::TooLarge { what });
        }
        let failed = |source| Refusal::Json { what, source };
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let root = Distinct.deserialize(&mut deserializer).map_err(failed)?;
        deserializer.end().map_err(failed)?;
        Ok(Self { what, root })
    }

    /// Returns a document that was made here.
    pub(super) fn made(what: &'static str, root: Value) -> Self {
        Self { what, root }
    }

    /// Returns the text at a JSON pointer.
    pub(super) fn text(&self, field: &'static str) -> Result<&str, Refusal> {
        self.find(field).and_then(Value::as_str).ok_or(self.lacks(field))
    }

    /// Returns the list at a JSON pointer.
    pub(super) fn list(&self, field: &'static str) -> Result<&[Value], Refusal> {
        self.find(field).and_then(Value::as_array).map(Vec::as_slice).ok_or(self.lacks(field))
    }

    /// Returns the value at a JSON pointer, unless it is empty: missing, `null`, `[]`, `{}` or `""`.
    pub(super) fn find(&self, field: &str) -> Option<&Value> {
        self.root.pointer(field).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        })
    }

    /// Returns the whole value.
    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// Returns the error for a missing field.
    pub(super) fn lacks(&self, field: &'static str) -> Refusal {
        Refusal::Field { what: self.what, field }
    }

    /// Returns the error for a wrong type.
    pub(super) fn is_of(&self, found: &str) -> Refusal {
        Refusal::Type { what: self.what, found: start(found) }
    }
}

/// Returns the beginning of a foreign text.
pub(super) fn start(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Parses any value, and refuses objects with keys that some readers take for the same.
struct Distinct;

impl<'de> DeserializeSeed<'de> for Distinct {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Distinct)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(folded(&key)) {
                return Err(A::Error::custom(format!("duplicate key {:?}", start(&key))));
            }
            fields.insert(key, map.next_value_seed(Distinct)?);
        }
        Ok(Value::Object(fields))
    }
}

/// Returns the key as Go compares it: the long s and the sign for Kelvin are letters of ASCII in another case.
fn folded(key: &str) -> String {
    key.chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_go_takes_for_the_same_are_refused_at_any_depth() {
        let parse = |document: &str| Document::parse("payload", document.as_bytes());
        for document in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"A":1}"#,
            r#"[{"x":[{"Key":1,"key":2}]}]"#,
            "{\"critical\":1,\"critica\u{6c}\":2}",
            "{\"is\":1,\"i\u{17f}\":2}",
            "{\"k\":1,\"\u{212a}\":2}",
            r#"{"a":1} x"#,
        ] {
            assert!(matches!(parse(document), Err(Refusal::Json { .. })), "{document}");
        }
        let document = parse(r#"{"a":{"b":[1,2.5,-3,true,null,"x"]},"b":{"a":1},"é":1,"É":2}"#).unwrap();
        assert_eq!(document.list("/a/b").unwrap().len(), 6);
        assert!(document.text("/b/a").is_err());
    }
}
