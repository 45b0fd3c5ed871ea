//! Plain English: turns of phrase that make a reader read twice, each with what to write instead.
//!
//! Comments, messages, help texts and documents are searched as text. What Docker says to the letter, or another tool,
//! is allowed by its line.

use super::Source;

/// Phrases, in lower case, and what is better.
const TELL_TALES: &[(&str, &str)] = &[
    ("whoever", "the noun: the caller, the client, the user"),
    ("nobody", "the noun: no process, no other client"),
    ("somebody", "the noun: another process, a user"),
    ("everybody", "the noun: all clients, anyone"),
    ("answers how", "returns how"),
    ("answers whether", "reports whether"),
    ("answers which", "returns which"),
    ("answers when", "returns when"),
    ("answers after", "returns after"),
    ("answers from", "returns from"),
    ("answers the", "returns the"),
    ("go on", "continue, or resume"),
    ("goes on", "continues, or resumes"),
    ("gone on", "resumed"),
    ("going on", "happening, or resuming"),
    ("at once", "concurrently, together, or immediately"),
    ("takes notice", "records"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("anew", "again"),
    ("worth while", "worthwhile, or useful"),
    ("had better", "should"),
    ("of which", "a sentence of its own, or whose"),
    ("tells", "reports, prints, or says"),
    ("is no", "is not a"),
    ("are no", "are not"),
];

/// What is good English all the same: a phrase of the list with a word before or after it.
const FINE: &[&str] =
    &["there is no", "there are no", "is no longer", "are no longer", "is no more than", "are no more than"];

/// Lines that are somebody else's words.
const QUOTED: &[&str] = &[];

/// The words of a line in lower case, with one space between them and around it. A name of the code is one word.
fn words_of(line: &str) -> String {
    let mut words = String::from(" ");
    for word in line.split(|c: char| !c.is_alphanumeric() && !"'-_".contains(c)) {
        if !word.is_empty() {
            words.push_str(&word.to_lowercase());
            words.push(' ');
        }
    }
    words
}

/// What is found in a text, with the numbers of the lines.
pub(super) fn tell_tales(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if QUOTED.iter().any(|quoted| line.contains(quoted)) {
            continue;
        }
        let words = FINE.iter().fold(words_of(line), |words, fine| words.replace(&format!(" {fine} "), " "));
        for (phrase, better) in TELL_TALES {
            for _ in words.matches(&format!(" {phrase} ")) {
                found.push(format!("line {}: \"{phrase}\"; better: {better}", number + 1));
            }
        }
    }
    found
}

/// What is found in a source, which is searched as a whole: code has names of its own, and few words.
pub(super) fn in_source(source: &Source) -> Vec<String> {
    tell_tales(&source.text)
}
