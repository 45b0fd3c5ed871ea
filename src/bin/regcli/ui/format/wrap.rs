//! Line breaks between words.

use unicode_width::UnicodeWidthStr as _;

/// Breaks a text into lines of at most `columns` columns, all but the first indented. A wider word has its
/// own line.
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
