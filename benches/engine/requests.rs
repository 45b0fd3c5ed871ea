//! Finds the requests in what an HTTP/1.1 client sends.

/// The longest head that is waited for, in bytes; what is longer is not HTTP.
const HEAD_MAX: usize = 64 * 1024;

/// A request as far as the bench wants to know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The value of `Range`.
    pub(crate) range: Option<String>,
}

/// Reads one way of one connection.
#[derive(Default)]
pub(crate) struct Requests {
    at: Part,
    /// What has been read of a head, of the line with a chunk's size, or of a trailer.
    line: Vec<u8>,
}

/// Where the next byte belongs.
#[derive(Clone, Copy, Default)]
enum Part {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    /// With the line's end after it.
    Chunk(u64),
    Trailer,
    /// A TLS handshake, for example: some clients try that first.
    Foreign,
}

impl Requests {
    /// Takes what comes next, and calls `found` for each request whose head is complete with it.
    pub(crate) fn read(&mut self, mut bytes: &[u8], mut found: impl FnMut(Request)) {
        while !bytes.is_empty() {
            match self.at {
                Part::Foreign => return,
                Part::Body(left) => self.at = skip(&mut bytes, left).map_or(Part::Head, Part::Body),
                Part::Chunk(left) => self.at = skip(&mut bytes, left).map_or(Part::ChunkSize, Part::Chunk),
                Part::Head => self.until(b"\r\n\r\n", &mut bytes, |head| begin(head, &mut found)),
                Part::ChunkSize => self.until(b"\r\n", &mut bytes, chunk),
                Part::Trailer => self.until(b"\r\n", &mut bytes, trailer),
            }
        }
    }

    /// Gathers bytes up to `end`; what `then` answers to those before it comes next.
    fn until(&mut self, end: &[u8], bytes: &mut &[u8], then: impl FnOnce(&[u8]) -> Part) {
        while let [first, rest @ ..] = *bytes {
            self.line.push(*first);
            *bytes = rest;
            if self.line.ends_with(end) {
                self.at = then(&self.line[..self.line.len() - end.len()]);
                self.line.clear();
                return;
            }
        }
        if self.line.len() > HEAD_MAX {
            self.at = Part::Foreign;
        }
    }
}

/// Leaves out up to `left` bytes; `None` when that was all.
fn skip(bytes: &mut &[u8], left: u64) -> Option<u64> {
    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    *bytes = &bytes[here..];
    Some(left - here as u64).filter(|left| *left > 0)
}

/// Reads a head, and tells what follows it.
fn begin(head: &[u8], found: &mut impl FnMut(Request)) -> Part {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, path, "HTTP/1.1"] = words[..] else { return Part::Foreign };
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    found(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        range: field("range").map(ToOwned::to_owned),
    });
    if field("transfer-encoding").is_some() {
        return Part::ChunkSize;
    }
    let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length == 0 { Part::Head } else { Part::Body(length) }
}

/// Reads the line before a chunk.
fn chunk(line: &[u8]) -> Part {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let size =
        std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    match size {
        Some(0) => Part::Trailer,
        Some(size) => Part::Chunk(size.saturating_add(2)),
        None => Part::Foreign,
    }
}

/// Reads a line after the last chunk.
fn trailer(line: &[u8]) -> Part {
    if line.is_empty() { Part::Head } else { Part::Trailer }
}
