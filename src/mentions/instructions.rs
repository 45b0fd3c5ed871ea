//! The instructions of a Dockerfile: continued lines are joined, comments and here-documents left out.

use std::ops::Range;

use super::Error;
use super::span::span_in;

/// All instructions, and one that is old.
const KNOWN: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// A word of an instruction.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// Its place in the file; `None` if it stands on two lines.
    pub(super) span: Option<Range<usize>>,
    /// The line, from 1.
    pub(super) line: usize,
}

/// An instruction with all of its lines.
pub(super) struct Instruction {
    pub(super) words: Vec<Word>,
}

/// Reports whether a text consists of instructions, with `FROM` among them.
pub(super) fn are_likely(text: &str) -> bool {
    let Ok(instructions) = read(text, '\\') else { return false };
    let mut names = instructions.iter().filter_map(|instruction| instruction.words.first());
    let is = |word: &Word, name: &str| word.text.eq_ignore_ascii_case(name);
    names.clone().any(|word| is(word, "FROM")) && names.all(|word| KNOWN.iter().any(|name| is(word, name)))
}

/// Splits a Dockerfile into its instructions.
///
/// # Errors
/// [`Error::Syntax`] for a here-document without an end.
pub(super) fn read(text: &str, escape: char) -> Result<Vec<Instruction>, Error> {
    let mut found = Vec::new();
    let mut current = Current::default();
    let mut until: Vec<HereDocument> = Vec::new();
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let at = start;
        start += whole.len();
        let line = whole.trim_end();
        if let Some(document) = until.first() {
            let line = if document.may_indent { line.trim_start_matches('\t') } else { line };
            if line == document.end {
                until.remove(0);
            }
            continue;
        }
        let line = line.trim_start_matches('\u{feff}');
        if line.trim_start().starts_with('#') || (current.is_continued && line.trim().is_empty()) {
            continue;
        }
        current.add(line.strip_suffix(escape).unwrap_or(line), span_in(whole, line, at).start, index + 1);
        current.is_continued = line.ends_with(escape);
        if !current.is_continued {
            let instruction = std::mem::take(&mut current);
            until = here_documents(&instruction.words);
            found.push(Instruction { words: instruction.words });
        }
    }
    if let Some(document) = until.first() {
        let message = format!("the here-document {} does not end", document.end);
        return Err(Error::Syntax { line: document.line, message });
    }
    found.push(Instruction { words: current.words });
    Ok(found)
}

/// An instruction that is being read.
#[derive(Default)]
struct Current {
    words: Vec<Word>,
    is_continued: bool,
    /// Whether the last line ended within a word.
    is_within_word: bool,
}

impl Current {
    /// Adds a line, which begins at `start`.
    fn add(&mut self, line: &str, start: usize, number: usize) {
        let mut words = words_of(line).map(|word| Word {
            text: word.to_owned(),
            span: Some(span_in(line, word, start)),
            line: number,
        });
        if self.is_within_word
            && !line.starts_with(char::is_whitespace)
            && let (Some(last), Some(first)) = (self.words.last_mut(), words.next())
        {
            last.text.push_str(&first.text);
            last.span = None;
        }
        self.words.extend(words);
        self.is_within_word = !line.is_empty() && !line.ends_with(char::is_whitespace);
    }
}

/// Splits a line into words; white space in quotes does not end a word.
fn words_of(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut quote = None;
        let mut is_escaped = false;
        let end = rest.find(|c: char| {
            match (quote, c) {
                _ if is_escaped => is_escaped = false,
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '\\') => is_escaped = true,
                (None, '"' | '\'') => quote = Some(c),
                (None, c) => return c.is_whitespace(),
            }
            false
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// A here-document that begins in an instruction.
struct HereDocument {
    end: String,
    /// Whether tabs may stand before the lines.
    may_indent: bool,
    line: usize,
}

/// Returns the here-documents that begin in an instruction.
fn here_documents(words: &[Word]) -> Vec<HereDocument> {
    let name = words.iter().find(|word| !word.text.eq_ignore_ascii_case("ONBUILD"));
    let may_have = name
        .is_some_and(|word| ["RUN", "COPY", "ADD"].iter().any(|name| word.text.eq_ignore_ascii_case(name)));
    let documents = words.iter().filter_map(|word| {
        let text = word.text.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
        let (may_indent, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        // A redirection or a pipe may follow without a space.
        let end: String = match text.chars().next()? {
            quote @ ('"' | '\'') => text[1..].split(quote).next()?.to_owned(),
            '<' => return None,
            _ => text.split(['>', '|', '&', ';', '<', ')']).next()?.to_owned(),
        };
        (!end.is_empty()).then_some(HereDocument { end, may_indent, line: word.line })
    });
    if may_have { documents.collect() } else { Vec::new() }
}
