//! A command line as bash reads it: words, quotes, backslashes. Nothing is expanded.

/// The parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The words before the last one.
    pub(super) words: Vec<String>,
    /// The last word up to the cursor; empty after a space.
    pub(super) last: String,
    /// The quotes that are open at the cursor.
    pub(super) quote: Quote,
}

/// Quotes that were opened and not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
}

impl Line {
    /// Parses a line.
    pub(super) fn split(line: &str) -> Self {
        let mut split = Self { words: Vec::new(), last: String::new(), quote: Quote::None };
        let mut begun = false;
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            match (split.quote, c) {
                (Quote::None, c) if c.is_whitespace() => {
                    if begun {
                        split.words.push(std::mem::take(&mut split.last));
                    }
                    begun = false;
                    continue;
                }
                (Quote::None, '\'') => split.quote = Quote::Single,
                (Quote::None, '"') => split.quote = Quote::Double,
                (Quote::Single, '\'') | (Quote::Double, '"') => split.quote = Quote::None,
                (Quote::None | Quote::Double, '\\') => split.last.extend(rest.next()),
                (_, c) => split.last.push(c),
            }
            begun = true;
        }
        split
    }
}

impl Quote {
    /// Returns a text quoted so that bash reads exactly this text, or `None` if it cannot stand between these
    /// quotes.
    pub(super) fn protect(self, text: &str) -> Option<String> {
        match self {
            Self::None => Some(text.chars().fold(String::new(), |mut escaped, c| {
                if !(c.is_alphanumeric() || "_@%+=:,./~-".contains(c)) {
                    escaped.push('\\');
                }
                escaped.push(c);
                escaped
            })),
            Self::Single => (!text.contains('\'')).then(|| text.to_owned()),
            Self::Double => (!text.contains(['"', '\\', '$', '`', '!'])).then(|| text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, words: &[&str], last: &str, quote: Quote) {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(Line::split(line), Line { words, last: last.to_owned(), quote }, "{line}");
    }

    #[test]
    fn a_line_is_taken_apart_as_bash_does() {
        check("", &[], "", Quote::None);
        check("regcli pu", &["regcli"], "pu", Quote::None);
        check("regcli  pull ", &["regcli", "pull"], "", Quote::None);
        check("regcli pull h:5000/a:l", &["regcli", "pull"], "h:5000/a:l", Quote::None);
        check(r#"regcli --store "my dir" x"#, &["regcli", "--store", "my dir"], "x", Quote::None);
        check(r"regcli --store my\ dir ''", &["regcli", "--store", "my dir"], "", Quote::None);
        check(r"regcli load -i 'my f", &["regcli", "load", "-i"], "my f", Quote::Single);
        check(r#"a "b\"c"#, &["a"], "b\"c", Quote::Double);
        check(r"a 'b\", &["a"], r"b\", Quote::Single);
        check(r"a b\", &["a"], "b", Quote::None);
        check("a '' b", &["a", ""], "b", Quote::None);
    }

    #[test]
    fn what_is_protected_is_read_back_as_it_was() {
        for text in ["a b", "$(rm -rf ~)", "`x`", "a;b&c|d", "*?[x]{y}", "#x", "!x", "'\"\\", "a<b>c"] {
            let protected = Quote::None.protect(text).unwrap();
            assert_eq!(Line::split(&protected).last, text, "{protected}");
        }
        assert_eq!(Quote::None.protect("127.0.0.1:5000/app:1").unwrap(), "127.0.0.1:5000/app:1");
    }
}
