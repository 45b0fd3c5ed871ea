//! The body of a response that says what went wrong.

use std::fmt;

use serde_json::{Map, Value, json};

use super::ErrorCode;
use crate::digest::Digest;

/// Maximum number of errors kept of a response. Each layer of an image may have one.
const ERRORS_MAX: usize = 100;

/// Maximum length of a message or code that is kept, in characters: longer text is not meant for people.
const TEXT_MAX: usize = 1000;

/// The errors that a response reports, usually one.
///
/// Displayed in Docker's words: `code: message`, or a list of those after the line `errors:`. All texts are
/// the registry's own and may hold anything, so escape them before showing them on a terminal.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ErrorBody {
    /// The errors, in the registry's order. Empty if the body was JSON of another kind.
    pub errors: Vec<ErrorItem>,
}

/// One error.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorItem {
    /// The kind of error.
    pub code: ErrorCode,
    /// The registry's words, or those of the code if there were none.
    pub message: String,
    /// Further details: a digest, an object, `null`.
    pub detail: Value,
}

impl ErrorItem {
    /// Creates an error in the words of its code.
    pub fn new(code: ErrorCode) -> Self {
        Self { message: code.message().to_owned(), code, detail: Value::Null }
    }

    /// Replaces the message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Value>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Reads one entry of `errors`. Some servers use mere strings or numeric codes.
    fn read(value: &Value) -> Option<Self> {
        let entry = match value {
            Value::String(text) => return Some(Self::new(ErrorCode::Unknown).with_message(bounded(text))),
            Value::Object(entry) => entry,
            _ => return None,
        };
        let code = match entry.get("code") {
            Some(Value::String(text)) => parse_code(text),
            Some(Value::Number(number)) => ErrorCode::Other(number.to_string()),
            _ => ErrorCode::Unknown,
        };
        let detail = entry.get("detail").or_else(|| entry.get("details")).cloned().unwrap_or_default();
        let message = text_of(entry, "message").or_else(|| detail.as_str()).unwrap_or(code.message());
        Some(Self { message: bounded(message), code, detail })
    }
}

fn parse_code(text: &str) -> ErrorCode {
    if text.is_empty() {
        ErrorCode::Unknown
    } else {
        bounded(text).parse().unwrap_or_else(|never| match never {})
    }
}

/// Returns the beginning of a server's text, on one line: further lines could pass for regcli's own, such as a hint.
fn bounded(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn text_of<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl From<ErrorItem> for ErrorBody {
    fn from(item: ErrorItem) -> Self {
        Self { errors: vec![item] }
    }
}

impl ErrorBody {
    /// Parses the body of a response with this HTTP status. Returns `None` if it is not JSON.
    ///
    /// Besides the specified form, it accepts forms that servers really send: a `details` string (Docker's
    /// token service), a `message`, or an OAuth 2 `error` with its `error_description` at the top level.
    pub fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let Some(top) = value.as_object() else { return Some(Self::default()) };
        let errors: Vec<_> = match top.get("errors") {
            Some(Value::Array(entries)) => {
                entries.iter().filter_map(ErrorItem::read).take(ERRORS_MAX).collect()
            }
            Some(entry) => ErrorItem::read(entry).into_iter().collect(),
            None => Vec::new(),
        };
        if !errors.is_empty() {
            return Some(Self { errors });
        }
        let keys = ["details", "detail", "message", "error_description", "error"];
        let message = keys.into_iter().find_map(|key| text_of(top, key));
        let item =
            |message: &str| ErrorItem::new(ErrorCode::for_status(status)).with_message(bounded(message));
        Some(Self { errors: message.map(item).into_iter().collect() })
    }

    /// Returns the digests in the details, given as text or as a value of an object.
    pub fn digests(&self) -> Vec<Digest> {
        let texts = self.errors.iter().flat_map(|item| match &item.detail {
            Value::Object(fields) => fields.values().filter_map(Value::as_str).collect(),
            detail => Vec::from_iter(detail.as_str()),
        });
        texts.filter_map(|text| text.parse().ok()).collect()
    }

    /// Returns the body as a registry sends it. A detail of `null` is left out, as registry:2 does.
    pub fn to_json(&self) -> Vec<u8> {
        let entries = self.errors.iter().map(|item| {
            let mut entry = json!({ "code": item.code.as_str(), "message": item.message });
            if !item.detail.is_null() {
                entry["detail"] = item.detail.clone();
            }
            entry
        });
        json!({ "errors": entries.collect::<Vec<_>>() }).to_string().into_bytes()
    }

    /// Reports whether any of the errors has this code.
    pub fn has(&self, code: &ErrorCode) -> bool {
        self.errors.iter().any(|item| item.code == *code)
    }
}

impl fmt::Display for ErrorItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.as_slice() {
            [] => f.write_str("no error was named"),
            [item] => fmt::Display::fmt(item, f),
            items => {
                f.write_str("errors:")?;
                items.iter().try_for_each(|item| write!(f, "\n{item}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(body: &str) -> String {
        ErrorBody::parse(401, body.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn errors_are_shown_in_docker_s_words() {
        for (body, words) in [
            (
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"1"}}]}"#,
                "manifest unknown: manifest unknown",
            ),
            (
                r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}"#,
                "unauthorized: authentication required",
            ),
            (
                r#"{"details":"incorrect username or password"}"#,
                "unauthorized: incorrect username or password",
            ),
            (r#"{"errors":[{"code":"DENIED"}]}"#, "denied: requested access to the resource is denied"),
            (
                r#"{"errors":[{"code":"DENIED","message":"no"},{"code":"UNAUTHORIZED","message":"who?"}]}"#,
                "errors:\ndenied: no\nunauthorized: who?",
            ),
            (
                r#"{"errors":[{"code":"PROJECT_POLICY_VIOLATION","message":"image is not signed"}]}"#,
                "project policy violation: image is not signed",
            ),
            (r#"{"errors":[{"code":404,"message":"gone"}]}"#, "404: gone"),
            (r#"{"errors":["plain"]}"#, "unknown: plain"),
            (r#"{"errors":{"code":"denied","detail":"why"}}"#, "denied: why"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, "unauthorized: expired"),
            (r#"{"errors":null,"message":"sorry"}"#, "unauthorized: sorry"),
        ] {
            assert_eq!(shown(body), words, "{body}");
        }
    }

    #[test]
    fn odd_bodies_name_no_error_and_text_is_not_a_body() {
        for body in ["null", "[]", "{}", "1", r#"{"errors":[]}"#, r#"{"errors":[null,1,[]]}"#] {
            assert!(ErrorBody::parse(500, body.as_bytes()).unwrap().errors.is_empty(), "{body}");
        }
        let deep = "[".repeat(100_000);
        for body in ["", "<html>", "{", "\u{feff}{}", deep.as_str()] {
            assert_eq!(ErrorBody::parse(500, body.as_bytes()), None, "{body:.20}");
        }
    }

    #[test]
    fn s13_no_error_is_longer_than_people_read() {
        let long = "é".repeat(60_000);
        for body in [
            format!(r#"{{"errors":[{{"code":"DENIED","message":"{long}"}}]}}"#),
            format!(r#"{{"errors":[{{"code":"{long}"}}]}}"#),
            format!(r#"{{"errors":["{long}"]}}"#),
            format!(r#"{{"errors":[{{"code":"DENIED","detail":"{long}"}}]}}"#),
            format!(r#"{{"details":"{long}"}}"#),
            format!(r#"{{"errors":["{}"]}}"#, "x\",\"".repeat(20_000)),
        ] {
            let words = shown(&body);
            assert!(words.chars().count() < 1500, "{}", words.len());
            assert!(words.contains('…') || words.contains("unknown: x"), "{words}");
        }
    }

    #[test]
    fn a_server_writes_what_registry_2_writes() {
        let item = ErrorItem::new(ErrorCode::BlobUnknown).with_detail("sha256:22");
        let body = ErrorBody::from(item).to_json();
        let words = r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry","detail":"sha256:22"}]}"#;
        assert_eq!(String::from_utf8(body.clone()).unwrap(), words);
        assert!(ErrorBody::parse(404, &body).unwrap().has(&ErrorCode::BlobUnknown));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in "\\PC{0,80}|[{}\\[\\]\":,a-z]{0,60}") {
            if let Some(body) = ErrorBody::parse(400, body.as_bytes()) {
                let _ = body.to_string();
            }
        }
    }
}
