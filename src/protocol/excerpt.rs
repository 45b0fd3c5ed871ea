//! Reads a few values of foreign JSON. The rest is parsed without being kept, so its size does not matter.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Maximum number of values kept of a document. Each takes some hundred bytes, a hundred times what it takes
/// in JSON.
const VALUES_MAX: usize = 40_000;

/// Parses a document. Keeps the values of these keys in all its objects, and the lists that contain them, up
/// to [`VALUES_MAX`] values; later ones are dropped.
///
/// # Errors
/// If any part of the document is not JSON.
pub(super) fn parse(text: &[u8], keys: &[&str]) -> serde_json::Result<Value> {
    let left = Cell::new(VALUES_MAX);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let kept = Excerpt { keys, left: &left }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(kept)
}

/// The rules for reading one value.
#[derive(Clone, Copy)]
struct Excerpt<'a> {
    keys: &'a [&'a str],
    left: &'a Cell<usize>,
}

impl Excerpt<'_> {
    /// Reports whether one more value may be kept, and counts it.
    fn take(self) -> bool {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl<'de> DeserializeSeed<'de> for Excerpt<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Excerpt<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while self.take() {
            match list.next_element_seed(self)? {
                Some(value) => kept.push(value),
                None => return Ok(Value::Array(kept)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if self.keys.contains(&key.as_str()) && self.take() {
                let value = object.next_value_seed(self)?;
                kept.insert(key, value);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_stays_as_it_is_and_the_rest_is_left_out() {
        let text =
            br#"{"x": {"a": 1}, "a": [null, true, 7, -7, 1.5, "\u0041", {"a": {}, "x": 2}, []], "x": [[]]}"#;
        let kept = parse(text, &["a", "b"]).unwrap();
        assert_eq!(kept, json!({"a": [null, true, 7, -7, 1.5, "A", {"a": {}}, []]}));
    }

    #[test]
    fn no_more_values_are_kept_than_there_may_be() {
        fn count(value: &Value) -> usize {
            1 + match value {
                Value::Array(list) => list.iter().map(count).sum(),
                Value::Object(object) => object.values().map(count).sum(),
                _ => 0,
            }
        }
        for list in ["0,".repeat(300_000), "{\"a\":0},".repeat(300_000), "[0,[0],{}],".repeat(100_000)] {
            let kept = parse(format!("{{\"a\":[{list}0],\"a\":1}}").as_bytes(), &["a"]).unwrap();
            assert!(count(&kept) <= VALUES_MAX + 1, "{}", count(&kept));
            let kept = parse(format!("[{list}0]").as_bytes(), &["a"]).unwrap();
            assert!(count(&kept) > VALUES_MAX / 4, "{}", count(&kept));
        }
    }

    #[test]
    fn what_is_left_out_must_be_json_too() {
        for text in ["", "{", "{\"x\": nothing}", "{} {}", "[1,]", &"[".repeat(100_000)] {
            assert!(parse(text.as_bytes(), &[]).is_err(), "{text}");
        }
    }
}
