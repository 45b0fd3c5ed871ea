//! The parsers of TOML and YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use toml::de::{DeTable, DeValue};

use super::error::Problem;
use super::limits::{KEY_LENGTH, YAML_EXPANDED, YAML_NODES};
use super::tree::{At, Entry, Node, Place, Read, Value};

/// Parses TOML.
pub(super) fn toml(text: &str) -> Read<Node> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| At {
        place: lines.place(error.span().map_or(0, |span| span.start)),
        problem: Problem::Syntax(error.message().to_owned()),
    })?;
    let place = lines.place(table.span().start);
    Ok(Node { place, value: lines.table(table.get_ref()) })
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Returns the place of a byte.
    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line.saturating_sub(1)];
        let before = self.text.get(start..offset).unwrap_or_default();
        Place { line, column: before.chars().count() + 1 }
    }

    fn table(&self, table: &DeTable<'_>) -> Value {
        let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
            let text: &std::borrow::Cow<'_, str> = key.get_ref();
            Entry { place: self.place(key.span().start), key: text.to_string(), value: self.node(value) }
        };
        Value::Map(table.iter().map(entry).collect())
    }

    fn node(&self, value: &toml::Spanned<DeValue<'_>>) -> Node {
        let place = self.place(value.span().start);
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number that is too large"), Value::Integer),
            DeValue::Float(_) => Value::Other("a fraction"),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(nodes) => Value::List(nodes.iter().map(|node| self.node(node)).collect()),
            DeValue::Table(table) => self.table(table),
        };
        Node { place, value }
    }
}

/// Parses YAML, and JSON with it. Anchors are expanded up to a limit.
pub(super) fn yaml(text: &str) -> Read<Node> {
    let mut options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        // The lines of the file may hold secrets.
        with_snippet: false,
        budget: serde_saphyr::budget! { max_nodes: YAML_NODES, max_documents: 1, simple_key_max_lookahead: KEY_LENGTH },
    };
    options.alias_limits.max_total_replayed_events = YAML_EXPANDED;
    let raw = serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options);
    let raw = raw.map_err(|error| At {
        place: error.location().map_or(Place { line: 1, column: 1 }, place_of),
        problem: Problem::Syntax(first_line(&error)),
    })?;
    Ok(node(text, raw))
}

/// Returns the message without the place, which is shown before it.
fn first_line(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().to_string();
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).trim_end_matches([' ', ':']).to_owned()
}

fn place_of(location: Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { line: number(location.line()), column: number(location.column()) }
}

/// A value of YAML before its text is looked up.
enum Raw {
    Null,
    /// A number or a switch. Its text is at its place in the file: `1.10` is not the number 1.1.
    Typed,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<Pair>),
}

struct Pair {
    key: Spanned<Raw>,
    value: Spanned<Raw>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = entries.next_key()? {
            pairs.push(Pair { key, value: entries.next_value()? });
        }
        Ok(Raw::Map(pairs))
    }
}

/// Looks up the text of plain values.
fn node(text: &str, raw: Spanned<Raw>) -> Node {
    let place = place_of(raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Typed => Value::Plain(at(text, raw.defined).to_owned()),
        Raw::Text(text) => Value::Text(text),
        Raw::List(list) => Value::List(list.into_iter().map(|element| node(text, element)).collect()),
        Raw::Map(pairs) => Value::Map(pairs.into_iter().map(|pair| entry(text, pair)).collect()),
    };
    Node { place, value }
}

fn entry(text: &str, pair: Pair) -> Entry {
    let key = node(text, pair.key);
    let name = match key.value {
        Value::Text(text) | Value::Plain(text) => text,
        // Not a key of any format, and so it is reported as unknown.
        _ => String::new(),
    };
    Entry { place: key.place, key: name, value: node(text, pair.value) }
}

/// Returns the text at a place.
fn at(text: &str, location: Location) -> &str {
    let index = |number: Option<u64>| usize::try_from(number?).ok();
    let span = location.span();
    let range = index(span.byte_offset()).zip(index(span.byte_len()));
    range.and_then(|(start, length)| text.get(start..start.checked_add(length)?)).unwrap_or_default().trim()
}
