//! Finds the requests in what an HTTP/1.1 client sends.

/// The maximum size of a head, in bytes. A longer one is not HTTP.
const HEAD_MAX: usize = 64 * 1024;

/// The parts of a request that the bench needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The value of `Range`.
    pub(crate) range: Option<String>,
}

/// Parses one direction of one connection.
#[derive(Default)]
pub(crate) struct Requests {
    at: Part,
    /// The bytes so far of a head, of the line with a chunk's size, or of a trailer.
    line: Vec<u8>,
}

/// The meaning of the next byte.
#[derive(Clone, Copy, Default)]
enum Part {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    /// A chunk, including the end of its line.
    Chunk(u64),
    Trailer,
    /// Not HTTP, for example a TLS handshake, which some clients try first.
    Foreign,
}

impl Requests {
    /// Parses the next bytes, and calls `found` for each request whose head is now complete.
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

    /// Gathers bytes up to `end`. `then` turns them into the next state.
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

/// Skips up to `left` bytes. Returns `None` when all were skipped.
fn skip(bytes: &mut &[u8], left: u64) -> Option<u64> {
    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    *bytes = &bytes[here..];
    Some(left - here as u64).filter(|left| *left > 0)
}

/// Parses a head, and returns the next state.
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

/// Parses the line before a chunk.
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

/// Parses a line after the last chunk.
fn trailer(line: &[u8]) -> Part {
    if line.is_empty() { Part::Head } else { Part::Trailer }
}
