//! The content of a file as a tree in which each value knows its place.

use std::num::NonZeroUsize;

use super::error::Problem;
use super::recipe::{Loss, Reason};

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
}

/// A problem with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) place: Place,
    pub(super) problem: Problem,
}

/// What is read, or what is wrong at which place.
pub(super) type Read<T> = Result<T, At>;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    /// A string, or in YAML any value in quotes.
    Text(String),
    /// An unquoted value of YAML that is a number or a switch. As a tag, `1.10` is text.
    Plain(String),
    /// A value that no format uses, such as a date of TOML.
    Other(&'static str),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

/// A string with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) place: Place,
}

impl Place {
    pub(super) fn fail<T>(self, problem: Problem) -> Read<T> {
        Err(At { place: self, problem })
    }
}

impl<'a> Word<'a> {
    /// Parses the string, and adds the place to what is wrong with it.
    pub(super) fn parse<T>(self, parse: impl FnOnce(&'a str) -> Result<T, Problem>) -> Read<T> {
        parse(self.text).map_err(|problem| At { place: self.place, problem })
    }
}

impl Node {
    pub(super) fn fail<T>(&self, problem: Problem) -> Read<T> {
        self.place.fail(problem)
    }

    /// Fails because the value is not what its key expects.
    pub(super) fn misfit<T>(&self, key: &str, expected: &'static str) -> Read<T> {
        self.fail(Problem::Type { key: key.to_owned(), expected, found: self.kind() })
    }

    fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a switch",
            Value::Integer(_) => "a number",
            Value::Text(_) => "a string",
            Value::Plain(_) => "a plain value",
            Value::Other(kind) => kind,
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }

    /// Returns the number of values in it, itself included.
    pub(super) fn size(&self) -> usize {
        match &self.value {
            Value::List(nodes) => 1 + nodes.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
            _ => 1,
        }
    }

    /// Returns the value of a key, unless it is null or this is not a table.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key && entry.value.value != Value::Null)
            .map(|entry| &entry.value)
    }

    /// Returns the entries of a table; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the entries, if this is a table or null.
    pub(super) fn table(&self, key: &str) -> Read<&[Entry]> {
        match &self.value {
            Value::Map(_) | Value::Null => Ok(self.entries()),
            _ => self.misfit(key, "a table"),
        }
    }

    /// Returns the elements of a list.
    pub(super) fn list(&self, key: &str) -> Read<&[Self]> {
        match &self.value {
            Value::List(nodes) => Ok(nodes),
            Value::Null => Ok(&[]),
            _ => self.misfit(key, "a list"),
        }
    }

    /// Returns the string.
    pub(super) fn word(&self, key: &str) -> Read<Word<'_>> {
        match &self.value {
            Value::Text(text) | Value::Plain(text) => Ok(Word { text, place: self.place }),
            _ => self.misfit(key, "a string"),
        }
    }

    /// Returns the strings of a list, or one that stands alone.
    pub(super) fn words(&self, key: &str) -> Read<Vec<Word<'_>>> {
        match &self.value {
            Value::List(nodes) => nodes.iter().map(|node| node.word(key)).collect(),
            Value::Null => Ok(Vec::new()),
            Value::Text(_) | Value::Plain(_) => Ok(vec![self.word(key)?]),
            _ => self.misfit(key, "a string or a list of strings"),
        }
    }

    /// Returns a switch.
    pub(super) fn flag(&self, key: &str) -> Read<bool> {
        match &self.value {
            Value::Bool(flag) => Ok(*flag),
            Value::Plain(text)
                if matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y") =>
            {
                Ok(true)
            }
            Value::Plain(text)
                if matches!(text.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "n") =>
            {
                Ok(false)
            }
            _ => self.misfit(key, "true or false"),
        }
    }

    /// Returns a number of things, at least one.
    pub(super) fn count(&self, key: &str) -> Read<NonZeroUsize> {
        let count = match &self.value {
            Value::Integer(number) => usize::try_from(*number).ok(),
            Value::Plain(text) => text.parse().ok(),
            _ => None,
        };
        match count.and_then(NonZeroUsize::new) {
            Some(count) => Ok(count),
            None => self.misfit(key, "a whole number of at least 1, such as 5"),
        }
    }
}

/// Fails at the first key that is not known, with the most similar one.
pub(super) fn only_known(entries: &[Entry], known: &[&'static str]) -> Read<()> {
    let Some(entry) = entries.iter().find(|entry| !known.contains(&entry.key.as_str())) else {
        return Ok(());
    };
    let near = known.iter().map(|known| (distance(&entry.key, known), known)).min();
    let near =
        near.filter(|(distance, known)| *distance <= known.len() / 3 + 1).map(|(_, known)| known.to_string());
    entry.place.fail(Problem::UnknownKey { key: entry.key.clone(), near, known: known.to_vec() })
}

/// Returns how many letters have to be changed, added or removed.
fn distance(one: &str, other: &str) -> usize {
    // A long key is not a slip of a known one.
    if one.len() > 40 {
        return one.len();
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, of_other) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *of_other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// What the keys of a foreign table that regcli does not keep stand for. Keys in neither list are [`Reason::Unknown`].
pub(super) struct Lossy {
    /// Keys that are read.
    pub(super) kept: &'static [&'static str],
    /// Keys that are not, with the reason.
    pub(super) lost: &'static [(&'static str, Reason)],
}

impl Lossy {
    /// Returns the keys that have no effect. Empty values and keys that begin with `x-` are not worth a word.
    pub(super) fn losses(&self, entries: &[Entry]) -> Vec<Loss> {
        let lost = entries.iter().filter(|entry| !self.kept.contains(&entry.key.as_str()));
        let said = lost.filter(|entry| entry.value.value != Value::Null && !entry.key.starts_with("x-"));
        said.map(|entry| loss(entry, self.reason(&entry.key))).collect()
    }

    fn reason(&self, key: &str) -> Reason {
        self.lost.iter().find(|(lost, _)| *lost == key).map_or(Reason::Unknown, |(_, reason)| *reason)
    }
}

/// Returns the loss of a key. The name of the file is added by the caller of the reader.
pub(super) fn loss(entry: &Entry, reason: Reason) -> Loss {
    Loss { file: String::new(), line: entry.place.line, key: entry.key.clone(), reason }
}
