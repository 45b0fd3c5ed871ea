//! Headers that the user adds to requests.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// Names and values of headers. A value may be a secret, so none is shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(pub(super) Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Headers that describe a message or what is requested. With another value the response would not be the
/// requested one.
const OF_REQUESTS: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "range",
    "transfer-encoding",
];

impl Headers {
    /// Returns these headers, unless the name or the value of one is invalid or the header is regcli's own: its
    /// name is the error.
    pub(super) fn new(headers: Vec<(String, String)>) -> Result<Self, String> {
        let is_unfit = |(name, value): &&(String, String)| {
            !is_header(name, value) || OF_REQUESTS.contains(&name.to_ascii_lowercase().as_str())
        };
        match headers.iter().find(is_unfit) {
            Some((name, _)) => Err(name.clone()),
            None => Ok(Self(headers)),
        }
    }
}

/// Reads a table of headers.
pub(super) fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
    let table = BTreeMap::<String, String>::deserialize(deserializer)?;
    match table.keys().find(|name| !is_header(name, &table[*name])) {
        Some(name) => {
            Err(de::Error::custom(format!("{name:?} is not an HTTP header, or its value is not one")))
        }
        None => Ok(Headers(table.into_iter().collect())),
    }
}

/// Reports whether a name and a value are valid in a request (RFC 9110, sections 5.1 and 5.5).
pub(super) fn is_header(name: &str, value: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(in_token)
        && value.bytes().all(|byte| byte == b' ' || byte == b'\t' || byte.is_ascii_graphic())
}
