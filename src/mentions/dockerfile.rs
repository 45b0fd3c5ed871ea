//! Dockerfiles: the images of `FROM`, `COPY --from`, `RUN --mount=from` and `# syntax=`.
//!
//! The grammar is that of the [Dockerfile reference](https://docs.docker.com/reference/dockerfile/).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::mention::{Mention, Skipped, Unusable};
use super::span::span_in;
use super::variables;

/// Reads the images of a Dockerfile.
pub(super) fn read(text: &str) -> (Vec<Mention>, Vec<Skipped>) {
    let mut reader = Reader { escape: '\\', ..Reader::default() };
    reader.directives(text);
    for instruction in instructions(text, reader.escape) {
        reader.read(text, &instruction);
    }
    (reader.mentions, reader.skipped)
}

/// Reports whether a text begins as a Dockerfile does.
pub(super) fn is_likely(text: &str) -> bool {
    let mut lines =
        text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    first.eq_ignore_ascii_case("FROM") || first.eq_ignore_ascii_case("ARG")
}

#[derive(Default)]
struct Reader {
    escape: char,
    /// The defaults of the arguments before the first `FROM`, with their places.
    arguments: HashMap<String, Word>,
    /// Whether the first stage has begun.
    has_begun: bool,
    /// The names of the stages so far, in lower case.
    stages: HashSet<String>,
    mentions: Vec<Mention>,
    skipped: Vec<Skipped>,
}

/// A word of an instruction with its place in the file.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    span: Range<usize>,
    line: usize,
}

/// An instruction with all of its lines.
struct Instruction {
    words: Vec<Word>,
}

impl Reader {
    /// Reads the directives, which are comments before everything else.
    fn directives(&mut self, text: &str) {
        let mut start = 0;
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let Some((key, value)) = whole.trim().strip_prefix('#').and_then(|rest| rest.split_once('='))
            else {
                break;
            };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "escape" => self.escape = value.chars().next().unwrap_or('\\'),
                "syntax" => {
                    let span = span_in(whole, value, start);
                    self.name(&Word { text: value.to_owned(), span, line: index + 1 });
                }
                _ => {}
            }
            start += whole.len();
        }
    }

    fn read(&mut self, text: &str, instruction: &Instruction) {
        let Some((first, words)) = instruction.words.split_first() else { return };
        match first.text.to_ascii_uppercase().as_str() {
            // Later arguments are not known to `FROM`.
            "ARG" if !self.has_begun => self.argument(text, words),
            "FROM" => self.stage(words),
            "COPY" | "ADD" => self.flags(words, "--from=", |value| Some((0, value.len()))),
            "RUN" => self.flags(words, "--mount=", from_in),
            _ => {}
        }
    }

    /// Reads the defaults of arguments before the first stage.
    fn argument(&mut self, text: &str, words: &[Word]) {
        for word in words {
            let Some((name, value)) = word.text.split_once('=') else { continue };
            let start = word.span.start + name.len() + 1;
            let bare = value.trim_matches(['"', '\'']);
            let start = start + (value.len() - value.trim_start_matches(['"', '\'']).len());
            // A value with an escaped line break does not stand in the file as it is.
            let span = start..start + bare.len();
            if text.get(span.clone()) == Some(bare) {
                let value = Word { text: bare.to_owned(), span, line: word.line };
                self.arguments.entry(name.to_owned()).or_insert(value);
            }
        }
    }

    fn stage(&mut self, words: &[Word]) {
        self.has_begun = true;
        let mut words = words.iter().skip_while(|word| word.text.starts_with("--"));
        let Some(image) = words.next() else { return };
        if !self.is_stage(&image.text) && image.text != "scratch" {
            self.name(image);
        }
        if words.next().is_some_and(|word| word.text.eq_ignore_ascii_case("as"))
            && let Some(name) = words.next()
        {
            self.stages.insert(name.text.to_ascii_lowercase());
        }
    }

    /// Reads the images in flags of this name.
    fn flags(&mut self, words: &[Word], flag: &str, find: impl Fn(&str) -> Option<(usize, usize)>) {
        for word in words.iter().take_while(|word| word.text.starts_with("--")) {
            let Some(value) = word.text.strip_prefix(flag) else { continue };
            let Some((start, length)) = find(value) else { continue };
            let text = value[start..start + length].to_owned();
            let start = word.span.start + flag.len() + start;
            // A stage may be named by its number.
            if !text.is_empty() && !text.bytes().all(|byte| byte.is_ascii_digit()) && !self.is_stage(&text) {
                self.name(&Word { span: start..start + text.len(), text, line: word.line });
            }
        }
    }

    fn is_stage(&self, name: &str) -> bool {
        self.stages.contains(&name.to_ascii_lowercase())
    }

    fn name(&mut self, word: &Word) {
        match self.mention(word) {
            Ok(mention) => self.mentions.push(mention),
            Err(why) => self.skipped.push(Skipped { line: word.line, text: word.text.clone(), why }),
        }
    }

    fn mention(&self, word: &Word) -> Result<Mention, Unusable> {
        if !word.text.contains('$') {
            return Mention::named(word.line, &word.text, Some(word.span.clone()));
        }
        // The image is the default of an argument, which can be replaced.
        if let Some(value) = variables::only(&word.text).and_then(|name| self.arguments.get(name)) {
            return Mention::named(value.line, &value.text, Some(value.span.clone()));
        }
        let value = |name: &str| self.arguments.get(name).map(|value| value.text.as_str());
        Mention::named(word.line, &variables::resolve(&word.text, value)?, None)
    }
}

/// Finds the value of `from=` among the options of a mount.
fn from_in(options: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for option in options.split(',') {
        if let Some(value) = option.strip_prefix("from=") {
            return Some((start + "from=".len(), value.len()));
        }
        start += option.len() + 1;
    }
    None
}

/// Splits a Dockerfile into its instructions: continued lines are joined, comments and here-documents left out.
fn instructions(text: &str, escape: char) -> Vec<Instruction> {
    let mut found = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    let mut is_continued = false;
    let mut until: Vec<String> = Vec::new();
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end();
        let at = start;
        start += whole.len();
        if let Some(end) = until.first() {
            if line.trim_start_matches('\t') == end {
                until.remove(0);
            }
            continue;
        }
        if line.trim_start().starts_with('#') || (is_continued && line.trim().is_empty()) {
            continue;
        }
        let (content, continues) = match line.strip_suffix(escape) {
            Some(content) => (content, true),
            None => (line, false),
        };
        words.extend(words_of(content, at, index + 1));
        is_continued = continues;
        if !is_continued {
            until = here_documents(&words);
            found.push(Instruction { words: std::mem::take(&mut words) });
        }
    }
    found.push(Instruction { words });
    found
}

fn words_of(line: &str, start: usize, number: usize) -> impl Iterator<Item = Word> {
    line.split_whitespace().map(move |word| Word {
        text: word.to_owned(),
        span: span_in(line, word, start),
        line: number,
    })
}

/// Returns the ends of the here-documents that begin in an instruction.
fn here_documents(words: &[Word]) -> Vec<String> {
    let may_have = words
        .first()
        .is_some_and(|word| ["RUN", "COPY", "ADD"].iter().any(|name| word.text.eq_ignore_ascii_case(name)));
    let ends = words.iter().filter_map(|word| {
        let end = word.text.strip_prefix("<<")?;
        let end = end.strip_prefix('-').unwrap_or(end).trim_matches(['"', '\'']);
        let is_name = !end.is_empty() && end.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| end.to_owned())
    });
    if may_have { ends.collect() } else { Vec::new() }
}
