//! Lists: one image in each line, with an optional platform, as `sync` reads them too.

use super::mention::{Mention, Skipped, Unusable};
use super::span::span_in;

/// Reads the images of a list.
pub(super) fn read(text: &str) -> (Vec<Mention>, Vec<Skipped>) {
    let (mut mentions, mut skipped) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        if let Some(name) = name_in(whole) {
            let line = index + 1;
            let mention = match name {
                Ok(name) => Mention::named(line, name, Some(span_in(whole, name, start))),
                Err(_) => Err(Unusable::Words),
            };
            let name = name.unwrap_or_else(|whole| whole);
            match mention {
                Ok(mention) => mentions.push(mention),
                Err(why) => skipped.push(Skipped { line, text: name.to_owned(), why }),
            }
        }
        start += whole.len();
    }
    (mentions, skipped)
}

/// Reports whether every line of a text is an image.
pub(super) fn is_likely(text: &str) -> bool {
    let (mentions, skipped) = read(text);
    !mentions.is_empty() && skipped.is_empty() && !text.starts_with("#!")
}

/// Returns the image in a line: the word that is not a platform; or the line if it has more words.
fn name_in(whole: &str) -> Option<Result<&str, &str>> {
    let comment = if whole.trim_start().starts_with('#') { Some(0) } else { whole.find(" #") };
    let line = whole[..comment.unwrap_or(whole.len())].trim_start_matches('\u{feff}').trim();
    let mut words = line.split_whitespace();
    let name = match words.next()? {
        "--platform" => words.nth(1)?,
        word if word.starts_with("--platform=") => words.next()?,
        word => word,
    };
    Some(if words.next().is_some() { Err(line) } else { Ok(name) })
}
