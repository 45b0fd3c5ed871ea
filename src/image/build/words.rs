//! Words of Dockerfiles, with quotes, backslashes and variables.
//!
//! See [Environment replacement](https://docs.docker.com/reference/dockerfile/#environment-replacement).

use std::iter::Peekable;
use std::str::Chars;

/// The variables set so far.
pub(super) type Env = Vec<(String, String)>;

/// Splits at white space outside quotes. Quotes and backslashes stay in the words.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut escaped) = (None, None, false);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && quote.is_none() && !escaped {
            words.extend(start.take().map(|start| &text[start..at]));
            continue;
        }
        start = start.or(Some(at));
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

/// Removes quotes and backslashes from a word, and substitutes variables.
pub(super) fn expand(word: &str, env: &Env) -> Result<String, String> {
    let mut expander = Expander { rest: word.chars().peekable(), env };
    let mut text = String::with_capacity(word.len());
    while let Some(c) = expander.rest.next() {
        match c {
            '\'' => expander.single_quoted(&mut text)?,
            '"' => expander.double_quoted(&mut text)?,
            '\\' => text.extend(expander.rest.next()),
            '$' => expander.variable(&mut text)?,
            c => text.push(c),
        }
    }
    Ok(text)
}

struct Expander<'a> {
    rest: Peekable<Chars<'a>>,
    env: &'a Env,
}

impl Expander<'_> {
    fn single_quoted(&mut self, text: &mut String) -> Result<(), String> {
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => text.push(c),
                None => return Err("a single quote has no end".to_owned()),
            }
        }
    }

    fn double_quoted(&mut self, text: &mut String) -> Result<(), String> {
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('$') => self.variable(text)?,
                // Only these characters are escaped within double quotes.
                Some('\\') => match self.rest.next_if(|c| matches!(c, '"' | '$' | '\\')) {
                    Some(c) => text.push(c),
                    None => text.push('\\'),
                },
                Some(c) => text.push(c),
                None => return Err("a double quote has no end".to_owned()),
            }
        }
    }

    /// Substitutes `$name`, `${name}`, `${name:-value}` or `${name:+value}`. A `$` before anything else is
    /// literal.
    fn variable(&mut self, text: &mut String) -> Result<(), String> {
        if self.rest.next_if_eq(&'{').is_none() {
            match self.name() {
                name if name.is_empty() => text.push('$'),
                name => text.push_str(self.value(&name)),
            }
            return Ok(());
        }
        let name = self.name();
        let mut rest = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(c) => rest.push(c),
                None => return Err("a variable has no closing brace".to_owned()),
            }
        }
        let value = self.value(&name);
        match (rest.as_str(), rest.strip_prefix(":-"), rest.strip_prefix(":+")) {
            _ if name.is_empty() => return Err("a variable has no name".to_owned()),
            ("", ..) => text.push_str(value),
            (_, Some(default), _) => text.push_str(if value.is_empty() { default } else { value }),
            (.., Some(other)) => text.push_str(if value.is_empty() { "" } else { other }),
            _ => return Err(format!("unsupported modifier {rest:?} of a variable")),
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c);
        }
        name
    }

    fn value(&self, name: &str) -> &str {
        self.env.iter().rfind(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(word: &str) -> Result<String, String> {
        expand(word, &vec![("HOME".to_owned(), "/root".to_owned())])
    }

    #[test]
    fn white_space_in_quotes_splits_nothing() {
        assert_eq!(
            split(r#" a=1  b="x y" c='x  "y' d=x\ y "#),
            ["a=1", r#"b="x y""#, r#"c='x  "y'"#, r"d=x\ y"]
        );
        assert_eq!(split("  "), Vec::<&str>::new());
        assert_eq!(split(r#"a="un closed"#), [r#"a="un closed"#]);
    }

    #[test]
    fn quotes_and_backslashes_go_and_variables_come() {
        for (word, text) in [
            (r#""two words""#, "two words"),
            (r"two\ words", "two words"),
            (r#"'$HOME \n'"#, r"$HOME \n"),
            (r#""a\"b\n\\""#, r#"a"b\n\"#),
            ("$HOME/x", "/root/x"),
            ("${HOME}x", "/rootx"),
            (r"\$HOME", "$HOME"),
            (r#""$HOME""#, "/root"),
            ("$NONE|${NONE:-d}|${HOME:-d}|${HOME:+s}|${NONE:+s}", "|d|/root|s|"),
            ("5$", "5$"),
            ("$ 5", "$ 5"),
            (r"end\", "end"),
            ("镜像", "镜像"),
        ] {
            assert_eq!(expanded(word).as_deref(), Ok(text), "{word}");
        }
        for word in ["'a", "\"a", "${HOME", "${}", "${HOME%x}"] {
            assert!(expanded(word).is_err(), "{word}");
        }
    }
}
