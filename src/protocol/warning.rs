//! `Warning`: what a registry wants people to read.

/// The text of a `Warning: 299 - "…"` header; `None` for other codes and for what cannot be read.
///
/// Foreign text: it has to be escaped before it reaches a terminal. See the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings).
pub fn warning_text(header: &str) -> Option<String> {
    let quoted = header.trim().strip_prefix("299 - \"")?.strip_suffix('"')?;
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_specs_warnings_are_shown() {
        assert_eq!(warning_text(r#"299 - "old \"tag\"""#).as_deref(), Some(r#"old "tag""#));
        assert_eq!(warning_text(r#"199 - "x""#), None);
        assert_eq!(warning_text("299 - x"), None);
    }
}
