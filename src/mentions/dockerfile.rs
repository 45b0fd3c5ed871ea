//! Dockerfiles: the images of `FROM`, `COPY --from`, `RUN --mount=from` and `# syntax=`.
//!
//! The grammar is that of the [Dockerfile reference](https://docs.docker.com/reference/dockerfile/).

use std::collections::{HashMap, HashSet};

use super::Error;
use super::instructions::{self, Instruction, Word};
use super::mention::{Mention, Skipped, Unusable};
use super::span::span_in;
use super::variables;

/// Reads the images of a Dockerfile.
///
/// # Errors
/// [`Error::Syntax`] for a here-document without an end, because what follows it is unknown.
pub(super) fn read(text: &str) -> Result<(Vec<Mention>, Vec<Skipped>), Error> {
    let mut reader = Reader::default();
    let escape = reader.directives(text);
    for instruction in instructions::read(text, escape)? {
        reader.read(text, &instruction);
    }
    Ok(reader.end())
}

#[derive(Default)]
struct Reader {
    /// The defaults of the arguments before the first `FROM`, with their places.
    arguments: HashMap<String, Word>,
    /// The arguments that are a part of a name somewhere, so that a digest in them would break it.
    parts: HashSet<String>,
    /// The mentions that stand in an argument.
    in_arguments: Vec<(usize, String)>,
    /// Whether the first stage has begun.
    has_begun: bool,
    /// The names of the stages so far, in lower case.
    stages: HashSet<String>,
    mentions: Vec<Mention>,
    skipped: Vec<Skipped>,
}

impl Reader {
    /// Reads the directives, which are comments before everything else. Returns the escape character.
    fn directives(&mut self, text: &str) -> char {
        let (mut start, mut escape) = (0, '\\');
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let line = whole.trim_start_matches('\u{feff}').trim();
            let Some((key, value)) = line.strip_prefix('#').and_then(|rest| rest.split_once('=')) else {
                break;
            };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "escape" => escape = value.chars().next().unwrap_or('\\'),
                "syntax" => {
                    let span = Some(span_in(whole, value, start));
                    self.name(&Word { text: value.to_owned(), span, line: index + 1 });
                }
                _ => {}
            }
            start += whole.len();
        }
        escape
    }

    fn read(&mut self, text: &str, instruction: &Instruction) {
        let mut words = instruction.words.as_slice();
        while let Some((first, rest)) = words.split_first() {
            match first.text.to_ascii_uppercase().as_str() {
                "ONBUILD" => {
                    words = rest;
                    continue;
                }
                // Later arguments are not known to `FROM`.
                "ARG" if !self.has_begun => self.argument(text, rest),
                "FROM" => self.stage(rest),
                "COPY" | "ADD" => self.flags(rest, "--from=", |value| Some((0, value.len()))),
                "RUN" => self.flags(rest, "--mount=", from_in),
                _ => {}
            }
            break;
        }
    }

    /// Reads the defaults of arguments before the first stage. The last one of a name counts.
    fn argument(&mut self, text: &str, words: &[Word]) {
        for word in words {
            let Some((name, value)) = word.text.split_once('=') else { continue };
            let bare = value.trim_matches(['"', '\'']);
            let before = name.len() + 1 + (value.len() - value.trim_start_matches(['"', '\'']).len());
            let span = word.span.as_ref().map(|span| span.start + before..span.start + before + bare.len());
            let span = span.filter(|span| text.get(span.clone()) == Some(bare));
            let value = Word { text: bare.to_owned(), span, line: word.line };
            self.arguments.insert(name.to_owned(), value);
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
            // A stage may be named by its number.
            if !text.is_empty() && !text.bytes().all(|byte| byte.is_ascii_digit()) && !self.is_stage(&text) {
                let span = word.span.as_ref().map(|span| span.start + flag.len() + start);
                let span = span.map(|start| start..start + text.len());
                self.name(&Word { span, text, line: word.line });
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

    fn mention(&mut self, word: &Word) -> Result<Mention, Unusable> {
        if !word.text.contains('$') {
            return Mention::named(word.line, &word.text, word.span.clone());
        }
        // The image is the default of an argument, which can be replaced.
        if let Some(name) = variables::only(&word.text)
            && let Some(value) = self.arguments.get(name)
        {
            let mention = Mention::named(value.line, &value.text, value.span.clone())?;
            self.in_arguments.push((self.mentions.len(), name.to_owned()));
            return Ok(mention);
        }
        self.parts.extend(variables::names(&word.text).map(ToOwned::to_owned));
        let value = |name: &str| self.arguments.get(name).map(|value| value.text.as_str());
        Mention::named(word.line, &variables::resolve(&word.text, value)?, None)
    }

    fn end(mut self) -> (Vec<Mention>, Vec<Skipped>) {
        for (index, _) in self.in_arguments.iter().filter(|(_, name)| self.parts.contains(name)) {
            self.mentions[*index].spot = None;
        }
        (self.mentions, self.skipped)
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
