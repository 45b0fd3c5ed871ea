//! Lines that are broken between words.

use unicode_width::UnicodeWidthStr as _;

/// Returns the words of a text in lines of so many columns, all but the first one indented. A word that is wider has a line
/// of its own.
pub(crate) fn wrapped(text: &str, columns: usize, indent: usize) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for word in text.split_whitespace() {
        let is_first = line.trim().is_empty();
        if !is_first && line.width() + 1 + word.width() > columns {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(indent);
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(word);
        if line == "Usage:" {
            line.push(' ');
        }
    }
    lines + &line
}
