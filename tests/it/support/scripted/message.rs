//! Requests and answers as they stand on the wire.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// A request without its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head with its last empty line; `None` if it is no HTTP/1.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        first.next().filter(|version| version.starts_with("HTTP/1."))?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Self { method, path, headers: lines.filter_map(header).collect() })
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The path without the query.
    pub(super) fn place(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.path.split_once('?')?.1, name)
    }

    /// How long its body says that it is.
    pub(super) fn length(&self) -> u64 {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// A field of a query or of a form, decoded.
pub(super) fn parameter(form: &str, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("http://form/?{form}")).ok()?;
    let found = url.query_pairs().find(|(key, _)| key == name)?;
    Some(found.1.into_owned())
}

/// What an answer says about the length of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// The truth.
    Real,
    /// So many bytes, whatever comes.
    Claimed(u64),
    /// Nothing: the body ends with the connection.
    UntilClosed,
    /// Each piece says how long it is.
    Chunked,
}

/// An answer that has not been sent. Tests may change it before it is.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(super) length: Length,
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), length: Length::Real }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn with_body(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self.with("Content-Type", media_type) }
    }

    /// A refusal as the distribution specification has it.
    pub(super) fn error(status: u16, code: &str, detail: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": code.to_lowercase().replace('_', " "), "detail": detail}]});
        Self::new(status).with_body("application/json", body.to_string())
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// Takes a header away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Sets a header, in place of all others of its name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Sends the body compressed, and says so.
    pub(crate) fn compress(&mut self) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).unwrap();
        self.body = encoder.finish().unwrap().into();
        self.set("Content-Encoding", "gzip");
    }

    /// The head as HTTP/1.1 has it. The body of a `HEAD`'s answer is told of, not sent.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.length {
            // An answer to a HEAD says it as a header of its own.
            Length::Real if self.header("content-length").is_some() => {}
            Length::Real => head.push_str(&format!("Content-Length: {}\r\n", self.body.len())),
            Length::Claimed(length) => head.push_str(&format!("Content-Length: {length}\r\n")),
            Length::UntilClosed => head.push_str("Connection: close\r\n"),
            Length::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Odd")
}

#[test]
fn a_head_is_read() {
    let head =
        Head::parse(b"GET /v2/?n=2&last=a%2Fb HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n").unwrap();
    assert_eq!((head.method.as_str(), head.place()), ("GET", "/v2/"));
    assert_eq!(head.header("RANGE"), Some("bytes=0-1"));
    assert_eq!(head.parameter("last").as_deref(), Some("a/b"));
    assert!(Head::parse(b"\x16\x03\x01").is_none());
}
