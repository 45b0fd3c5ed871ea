//! The only way for foreign text to reach a terminal.
//!
//! Names, descriptions, error bodies and labels come from other systems. A terminal obeys control characters,
//! and bidirectional characters disguise a text. Both are shown escaped, as `\u{1b}`.

use std::borrow::Cow;
use std::fmt::Write as _;

use regcli::reference::without_user_info;

/// Returns a foreign text on one line. Line breaks and tabs are escaped too.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    escaped(text, is_harmful)
}

/// Returns a foreign text that may have several lines, such as the message of an error.
pub(crate) fn safe_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_harmful(c))
}

/// Returns a foreign document, in which line breaks and tabs are layout.
pub(crate) fn safe_document(text: &str) -> Cow<'_, str> {
    escaped(text, |c| !matches!(c, '\n' | '\t') && is_harmful(c))
}

/// The maximum length of a shown message, in characters.
const MESSAGE_MAX: usize = 2000;

/// Returns the beginning of an error's message, or of a cause, without the passwords of URLs. The limit holds
/// for every message, because any of them may quote a server.
pub(crate) fn message(text: &str) -> String {
    let text = without_user_info(text);
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}… (and {} bytes more)", &text[..end], text.len() - end),
        None => text.into_owned(),
    }
}

/// Returns the beginning of a foreign text on one line: at most `limit` characters, then `…`.
pub(crate) fn safe_start(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => safe(text),
        Some((end, _)) => Cow::Owned(format!("{}…", safe(&text[..end]))),
    }
}

/// Reports whether a terminal would obey a character, or let it change the look of the text around it.
pub(crate) fn is_harmful(c: char) -> bool {
    let marks = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}');
    let embeddings = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // Line and paragraph separators break lines in some terminals and pagers.
    let separators = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || marks || embeddings || separators
}

fn escaped(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn u2_a_document_keeps_its_tabs() {
        assert_eq!(safe_document("{\n\t\"a\": 1\u{1b}\n}"), "{\n\t\"a\": 1\\u{1b}\n}");
    }

    #[test]
    fn ordinary_text_of_any_script_is_not_touched() {
        for text in ["", "nginx", "这是一个镜像", "Ünïcödé — “quoted” …", "עברית", "👩‍💻"]
        {
            assert!(matches!(safe(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn whatever_a_terminal_obeys_is_shown() {
        for (text, shown) in [
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("a\rb", r"a\u{d}b"),
            ("a\tb\nc", r"a\u{9}b\u{a}c"),
            ("\u{7f}\u{9b}31m", r"\u{7f}\u{9b}31m"),
            ("\u{0}", r"\u{0}"),
            ("abc\u{202e}cba", r"abc\u{202e}cba"),
            ("\u{2066}x\u{2069}\u{200f}", r"\u{2066}x\u{2069}\u{200f}"),
        ] {
            assert_eq!(safe(text), shown);
        }
    }

    #[test]
    fn several_lines_keep_their_breaks_and_nothing_else() {
        assert_eq!(safe_lines("errors:\ndenied\r\n\u{1b}c"), "errors:\ndenied\\u{d}\n\\u{1b}c");
    }

    #[test]
    fn s13_a_message_has_an_end_and_no_password() {
        assert_eq!(message("Get \"https://u:SECRET@h\""), "Get \"https://[redacted]@h\"");
        let long = message(&"é".repeat(60_000));
        assert!(long.starts_with("éé") && long.ends_with("é… (and 116000 bytes more)"), "{long:.20}");
    }

    #[test]
    fn a_long_text_ends_at_its_limit_of_characters() {
        assert_eq!(safe_start("镜像镜像", 4), "镜像镜像");
        assert_eq!(safe_start("镜像镜像", 3), "镜像镜…");
        assert_eq!(safe_start("\u{1b}\u{1b}\u{1b}", 1), "\\u{1b}…");
    }
    proptest! {
        #[test]
        fn no_text_reaches_a_terminal_that_obeys_it(text in "\\PC{0,9}[\u{0}-\u{a0}\u{2000}-\u{2070}]{0,9}|.{0,30}", limit in 0..20_usize) {
            prop_assert!(!safe(&text).chars().any(is_harmful));
            prop_assert!(!safe_start(&text, limit).chars().any(is_harmful));
            prop_assert_eq!(safe_lines(&text).matches('\n').count(), text.matches('\n').count());
            prop_assert_eq!(safe(&safe(&text)).into_owned(), safe(&text));
            prop_assert!(text.chars().any(is_harmful) || safe(&text) == text);
        }
    }
}
