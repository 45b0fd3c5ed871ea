//! User names and passwords that people type or paste before a host: `https://me:secret@host/app`.
//!
//! regcli never uses them, so they only ever appear in its error messages, and from there get into logs.

use std::borrow::Cow;

/// The replacement for a user name and a password.
const HIDDEN: &str = "[redacted]";

/// Returns `text` without the user names and passwords of URLs, and without those before a host that has no
/// scheme.
///
/// A user name alone is left in `ssh://me@host`, where it names an account and is not a token.
pub fn without_user_info(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let ends_word = |c: char| c.is_whitespace() || c == '"';
    let words = text.split_inclusive(ends_word).map(|word| {
        let length = word.trim_end_matches(ends_word).len();
        (hidden_in_word(&word[..length]), &word[length..])
    });
    let mut is_changed = false;
    let shown: String = words
        .flat_map(|(word, end)| {
            is_changed |= matches!(word, Cow::Owned(_));
            [word, Cow::Borrowed(end)]
        })
        .collect();
    if is_changed { Cow::Owned(shown) } else { Cow::Borrowed(text) }
}

fn hidden_in_word(word: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = word.split_once("://") else {
        return match bare_user_info(word) {
            Some(end) => Cow::Owned(format!("{HIDDEN}{}", &word[end..])),
            None => Cow::Borrowed(word),
        };
    };
    let end = user_info(rest).filter(|end| !scheme.ends_with("ssh") || rest[..*end].contains(':'));
    let (shown, rest) = (if end.is_some() { HIDDEN } else { "" }, &rest[end.unwrap_or(0)..]);
    match hidden_in_rest(rest) {
        Cow::Borrowed(_) if end.is_none() => Cow::Borrowed(word),
        rest => Cow::Owned(format!("{scheme}://{shown}{rest}")),
    }
}

/// Hides the user info of a URL within the rest of a word, such as one in a query.
fn hidden_in_rest(rest: &str) -> Cow<'_, str> {
    if rest.contains("://") { hidden_in_word(rest) } else { Cow::Borrowed(rest) }
}

/// Returns the offset of the `@` that ends the user info at the beginning of a URL without its scheme.
fn user_info(rest: &str) -> Option<usize> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // `host:1@sha256:..` is an image with a scheme in front of it.
    let mut ends = rest.rmatch_indices('@').map(|(at, _)| at).filter(|at| !is_digest(&rest[at + 1..]));
    // A password may hold an `@` or a slash, a port may not.
    let end = ends.next()?;
    if ends.next_back().unwrap_or(end) < authority.len() {
        return Some(end);
    }
    let (_, port) = authority.split_once(':').filter(|_| !authority.starts_with('['))?;
    (port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())).then_some(end)
}

/// Like [`user_info`], for a word without a scheme. Only text with a password counts.
fn bare_user_info(word: &str) -> Option<usize> {
    let first = word.split('/').next().unwrap_or(word);
    let at = first.rfind('@')?;
    (first[..at].contains(':') && !is_digest(&word[at + 1..])).then_some(at)
}

/// Reports whether the text after an `@` is a digest, or is meant to be one.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let is_long = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    ["sha256", "sha384", "sha512"].contains(&algorithm.to_ascii_lowercase().as_str()) || is_long
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s11_a_user_and_a_password_before_a_host_are_hidden() {
        for (text, shown) in [
            ("https://u:SECRET@host/app:1", "https://[redacted]@host/app:1"),
            ("https://SECRET@host/app", "https://[redacted]@host/app"),
            ("http://u:SEC@RET@host:5000/app", "http://[redacted]@host:5000/app"),
            ("https://u:SEC/RET@host/app", "https://[redacted]@host/app"),
            ("u:SECRET@host/app", "[redacted]@host/app"),
            ("u:SECRET@host:5000/app:1", "[redacted]@host:5000/app:1"),
            ("docker-daemon:https://u:SECRET@host", "docker-daemon:https://[redacted]@host"),
            ("Get \"https://u:SECRET@host/v2/\": x", "Get \"https://[redacted]@host/v2/\": x"),
            ("a https://h/?to=http://u:SECRET@x b", "a https://h/?to=http://[redacted]@x b"),
            ("https://u:SECRET@shared.lab:5000/app", "https://[redacted]@shared.lab:5000/app"),
            ("https://u:@SECRET/@host/app@sha256:22", "https://[redacted]@host/app@sha256:22"),
            ("ssh://u:SECRET@host", "ssh://[redacted]@host"),
        ] {
            assert_eq!(without_user_info(text), shown);
        }
    }

    #[test]
    fn s11_references_digests_and_addresses_are_left_as_they_are() {
        for text in [
            "app:1@sha256:22",
            "host:5000/app:1@sha256:22",
            "https://host:5000/app:1@sha256:22",
            "https://app:1@sha256:22",
            "https://[::1]:5000/app@sha256:22",
            "https://host/@x",
            "ssh://me@host",
            "me@example.com",
            "x@y:z",
        ] {
            assert!(matches!(without_user_info(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn s11_no_password_of_a_url_is_left(
            user in "[a-z]{0,4}", password in "[a-z/:@]{0,4}SECRET[a-z/:@]{0,4}", host in "[a-z]{1,8}(:[0-9]{1,5})?",
        ) {
            let text = format!("pull https://{user}:{password}@{host}/app");
            prop_assert!(!without_user_info(&text).contains("SECRET"), "{}", text);
        }

        #[test]
        fn s11_no_text_makes_it_panic(text in "(\\PC{0,4}|[@:/ \"a]{0,9}){0,6}") {
            let shown = without_user_info(&text).into_owned();
            prop_assert_eq!(without_user_info(&shown).into_owned().contains('@'), text.contains('@'));
        }
    }
}
