//! Lists: one image in each line, with an optional platform, as `sync` reads them too.

use super::mention::{Mention, Skipped};
use super::span::span_in;

/// Reads the images of a list.
pub(super) fn read(text: &str) -> (Vec<Mention>, Vec<Skipped>) {
    let (mut mentions, mut skipped) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        if let Some(name) = name_in(whole) {
            let line = index + 1;
            match Mention::named(line, name, Some(span_in(whole, name, start))) {
                Ok(mention) => mentions.push(mention),
                Err(why) => skipped.push(Skipped { line, text: name.to_owned(), why }),
            }
        }
        start += whole.len();
    }
    (mentions, skipped)
}

/// Returns the image in a line: the first word that is not a platform.
fn name_in(whole: &str) -> Option<&str> {
    let comment = if whole.trim_start().starts_with('#') { Some(0) } else { whole.find(" #") };
    let line = whole[..comment.unwrap_or(whole.len())].trim_start_matches('\u{feff}');
    let mut words = line.split_whitespace();
    match words.next()? {
        "--platform" => words.nth(1),
        word if word.starts_with("--platform=") => words.next(),
        word => Some(word),
    }
}
