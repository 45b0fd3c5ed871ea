//! The query part of a URL: `n=100&last=v1`.

use std::fmt;

/// The parameters of a request, in their order.
///
/// Displayed as written in a URL, without the question mark and with special characters percent-encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Parses the part of a URL after its question mark. Text that cannot be decoded is left unchanged.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decode(key), form_decode(value))
        });
        Self { pairs: pairs.collect() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.pairs.push((key.to_owned(), value.to_string()));
        self
    }

    /// Returns the first value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// Returns all values of `key`.
    pub fn get_all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Reports whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.pairs.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            write!(f, "{separator}{}={}", Encoded(key), Encoded(value))?;
        }
        Ok(())
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters, and `:` and `/`, which a query may hold.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                write!(f, "{}", byte as char)
            }
            _ => write!(f, "%{byte:02X}"),
        })
    }
}

fn form_decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(&spaced).unwrap_or(spaced)
}

/// Decodes `%41`. Returns `None` if an escape is invalid or the result is not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(if byte == b'%' {
            hex_value(rest.next()?)? << 4 | hex_value(rest.next()?)?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mount_is_written_as_docker_and_the_specification_write_it() {
        let query = Query::default().with("mount", "sha256:ab").with("from", "team/app");
        assert_eq!(query.to_string(), "mount=sha256:ab&from=team/app");
        assert_eq!(Query::parse("from=team%2Fapp&mount=sha256%3Aab").get("mount"), Some("sha256:ab"));
    }

    #[test]
    fn odd_queries_are_read_as_far_as_they_can_be() {
        let query = Query::parse("&&n&last=a+b&x=%zz&x=%ff&=1");
        assert_eq!(query.get("n"), Some(""));
        assert_eq!(query.get("last"), Some("a b"));
        assert_eq!(query.get_all("x").collect::<Vec<_>>(), ["%zz", "%ff"]);
        assert_eq!(query.get("nosuch"), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(key in "\\PC{1,8}", value in "\\PC{0,20}") {
            let query = Query::default().with(&key, &value).with("n", 1);
            prop_assert_eq!(Query::parse(&query.to_string()), query);
        }
    }
}
