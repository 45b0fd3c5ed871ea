//! `Warning`: messages of a registry to its users.

/// Returns the texts of a `Warning: 299 - "…"` header, which may hold several. Other codes and unreadable
/// parts give none.
///
/// The texts are foreign: escape them before they reach a terminal. See the [OCI distribution
/// specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings).
pub fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim_start();
    while let Some((text, after)) = rest.strip_prefix("299 - \"").and_then(quoted) {
        texts.push(text);
        rest = after.split_once(',').map_or("", |(_, next)| next.trim_start());
    }
    texts
}

/// Returns a text up to its closing quote, and the rest after it.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some((text, chars.as_str())),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_specs_warnings_are_shown() {
        assert_eq!(warning_texts(r#"299 - "old \"tag\"""#), [r#"old "tag""#]);
        for header in [r#"199 - "x""#, "299 - x", r#"299 - "x"#, r#"299 - "x\"#, ""] {
            assert_eq!(warning_texts(header), [] as [&str; 0], "{header}");
        }
    }

    #[test]
    fn one_header_may_hold_several() {
        assert_eq!(warning_texts(r#"299 - "a, b", 299 - "c""#), ["a, b", "c"]);
        assert_eq!(warning_texts(r#"299 - "a" "Wed, 21 Oct 2015 07:28:00 GMT""#), ["a"]);
    }
}
