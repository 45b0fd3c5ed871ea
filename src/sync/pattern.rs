//! Patterns for names: globs and regular expressions.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::error::Problem;
use super::limits::REGEX_LIMIT;

/// The language of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Syntax {
    /// `*` is anything but a slash, `**` anything, `?` one character, `[a-z]` and `[!a-z]` classes, `{a,b}` choices.
    /// The pattern has to fit the whole name.
    Glob,
    /// A regular expression, which has to fit anywhere in the name.
    Regex,
}

/// A pattern for the names of tags or repositories.
#[derive(Clone)]
pub struct Pattern {
    syntax: Syntax,
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a glob.
    ///
    /// # Errors
    /// [`Problem::Pattern`].
    pub fn glob(text: &str) -> Result<Self, Problem> {
        let translated = translated(text).map_err(|reason| invalid(text, reason))?;
        Ok(Self { syntax: Syntax::Glob, text: text.to_owned(), regex: compiled(text, &translated)? })
    }

    /// Compiles a regular expression. It may match a part of the name only, unless it has `^` and `$`.
    ///
    /// # Errors
    /// [`Problem::Pattern`] if it is invalid or takes too much memory.
    pub fn regex(text: &str) -> Result<Self, Problem> {
        Ok(Self { syntax: Syntax::Regex, text: text.to_owned(), regex: compiled(text, text)? })
    }

    /// Returns the language.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// Returns the pattern, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reports whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (self.syntax, &self.text) == (other.syntax, &other.text)
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.syntax, self.text)
    }
}

/// Compiles an expression within the limit of memory.
pub(super) fn compiled(shown: &str, expression: &str) -> Result<Regex, Problem> {
    RegexBuilder::new(expression)
        .size_limit(REGEX_LIMIT)
        .dfa_size_limit(REGEX_LIMIT)
        .build()
        .map_err(|error| invalid(shown, reason(&error)))
}

/// Returns what is wrong in one line. The message of the library draws the pattern over several lines.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().next_back().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

fn invalid(text: &str, reason: String) -> Problem {
    Problem::Pattern { text: text.to_owned(), reason }
}

/// Returns the regular expression for a glob.
fn translated(glob: &str) -> Result<String, String> {
    let mut expression = String::from("^(?:");
    let mut rest = glob.chars().peekable();
    let mut depth = 0_usize;
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => expression.push_str(".*"),
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => expression.push_str(&class(&mut rest)?),
            '{' => {
                depth += 1;
                expression.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                expression.push(')');
            }
            ',' if depth > 0 => expression.push('|'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    if depth > 0 {
        return Err("'{' without '}'".to_owned());
    }
    Ok(expression + ")$")
}

/// Returns the class of characters that follows `[`.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut class = String::from("[");
    if rest.next_if(|next| matches!(next, '!' | '^')).is_some() {
        class.push('^');
    }
    let mut is_empty = true;
    for character in rest {
        match character {
            ']' if !is_empty => return Ok(class + "]"),
            '-' => class.push('-'),
            other => {
                if !other.is_alphanumeric() {
                    class.push('\\');
                }
                class.push(other);
            }
        }
        is_empty = false;
    }
    Err("'[' without ']'".to_owned())
}

/// Which names are kept. An empty filter keeps all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Names that are kept.
    pub names: Vec<String>,
    /// Patterns whose matches are kept.
    pub patterns: Vec<Pattern>,
    /// Patterns whose matches are dropped, whatever keeps them.
    pub exclude: Vec<Pattern>,
}

impl Filter {
    /// Reports whether a name is kept.
    pub fn keeps(&self, name: &str) -> bool {
        let is_wanted = self.names.is_empty() && self.patterns.is_empty()
            || self.names.iter().any(|kept| kept == name)
            || self.patterns.iter().any(|pattern| pattern.matches(name));
        is_wanted && !self.exclude.iter().any(|pattern| pattern.matches(name))
    }

    /// Returns the names if there is no pattern, so that no list has to be requested.
    pub fn named(&self) -> Option<&[String]> {
        (!self.names.is_empty() && self.patterns.is_empty()).then_some(&self.names[..])
    }
}
