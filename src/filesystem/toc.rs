//! The table of contents of eStargz and zstd:chunked layers, which differ in a few fields.
//!
//! A table with millions of entries is read entry by entry.

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read};

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Error;
use super::entry::{Change, Device, Entry, EntryKind, FileContent, Location, Packing};
use super::layer::{OF_FORMATS, whiteout};
use super::listing::ListingBuilder;
use super::path::EntryPath;
use crate::digest::Digest;

/// Maximum size of a string or number in the JSON, in bytes. The longest are extended attributes, which Linux limits to
/// 64 KiB, in Base64.
const TOKEN_MAX: usize = 256 << 10;

/// How many files of one gzip member wait for its end to be known.
const WAITING_MAX: usize = 10_000;

/// An entry of the table.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    link_name: String,
    #[serde(default)]
    mode: i64,
    #[serde(default)]
    uid: u64,
    #[serde(default)]
    gid: u64,
    #[serde(default)]
    modtime: Option<String>,
    #[serde(default)]
    dev_major: u32,
    #[serde(default)]
    dev_minor: u32,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    end_offset: u64,
    #[serde(default)]
    inner_offset: u64,
    #[serde(default)]
    chunk_type: String,
}

/// Reads a table, and adds its entries to `builder`. `end` is the offset of the table in the layer, which is also the
/// end of the contents.
///
/// # Errors
/// [`Error::Invalid`] if it is not such a table; those of `builder`.
pub(super) fn read(
    json: impl Read,
    packing: Packing,
    end: u64,
    builder: &mut ListingBuilder,
) -> Result<(), Error> {
    let mut rows = Rows { builder, packing, end, waiting: Vec::new(), last: None, failed: None };
    let reader = BufReader::new(Tokens { json, state: State::default(), length: 0 });
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let parsed = deserializer.deserialize_map(TableVisitor(&mut rows)).and_then(|()| deserializer.end());
    if let Some(failed) = rows.failed.take() {
        return Err(failed);
    }
    parsed.map_err(|error| Error::Invalid(error.into()))?;
    rows.settle(u64::MAX)
}

/// Collects the rows.
struct Rows<'a> {
    builder: &'a mut ListingBuilder,
    packing: Packing,
    end: u64,
    /// Files whose end in the blob is unknown, because it is where the next one begins.
    waiting: Vec<Waiting>,
    /// The name of the file that chunks belong to, if it is the last one of `waiting`.
    last: Option<String>,
    failed: Option<Error>,
}

/// A file, and the offset of its last chunk.
struct Waiting {
    entry: Entry,
    offset: u64,
}

impl Rows<'_> {
    fn add(&mut self, row: Row) -> Result<(), Error> {
        if row.kind == "chunk" {
            self.chunk(&row);
            return Ok(());
        }
        self.last = None;
        let Some(path) = EntryPath::clean(row.name.as_bytes()) else {
            self.builder.leave_out();
            return Ok(());
        };
        if let Some(change) = whiteout(&path) {
            return change.map_or(Ok(()), |change| self.builder.add(&change));
        }
        if OF_FORMATS.contains(&path.as_bytes()) {
            return self.settle(row.offset);
        }
        let Some(entry) = self.entry(path, &row) else {
            self.builder.leave_out();
            return Ok(());
        };
        let Some(location) = entry.content().and_then(|content| content.location) else {
            return self.builder.add(&Change::Add(entry));
        };
        self.settle(location.start)?;
        if self.waiting.len() >= WAITING_MAX {
            self.settle(u64::MAX)?;
        }
        self.waiting.push(Waiting { entry, offset: location.start });
        self.last = Some(row.name);
        Ok(())
    }

    /// Adds a chunk to the file before it.
    fn chunk(&mut self, row: &Row) {
        let Some(file) = self.waiting.last_mut().filter(|_| self.last.as_ref() == Some(&row.name)) else {
            return;
        };
        file.offset = file.offset.max(row.offset);
        if let EntryKind::File(content) = &mut file.entry.kind
            && let Some(location) = &mut content.location
        {
            location.end = location.end.max(row.end_offset);
            if !row.chunk_type.is_empty() {
                // Zeros that are not stored: the content is not what the range unpacks to.
                content.location = None;
            }
        }
    }

    /// Adds the waiting files that end at or before `offset`, where another one begins.
    fn settle(&mut self, offset: u64) -> Result<(), Error> {
        if offset != u64::MAX && self.waiting.iter().all(|file| file.offset >= offset) {
            return Ok(());
        }
        for Waiting { mut entry, offset: last } in std::mem::take(&mut self.waiting) {
            if last >= offset && offset != u64::MAX {
                self.waiting.push(Waiting { entry, offset: last });
                continue;
            }
            if let EntryKind::File(FileContent { location: Some(location), .. }) = &mut entry.kind
                && self.packing == Packing::Gzip
            {
                location.end = offset.min(self.end);
            }
            self.builder.add(&Change::Add(entry))?;
        }
        Ok(())
    }

    /// Returns the entry of a row; `None` if it is hostile or of an unknown type.
    fn entry(&self, path: EntryPath, row: &Row) -> Option<Entry> {
        let device = Device { major: row.dev_major, minor: row.dev_minor };
        let kind = match row.kind.as_str() {
            "reg" => EntryKind::File(self.content(row)),
            "dir" => EntryKind::Directory,
            "symlink" => EntryKind::Symlink { target: row.link_name.clone().into_bytes() },
            "hardlink" => EntryKind::Hardlink { target: EntryPath::clean(row.link_name.as_bytes())? },
            "char" => EntryKind::CharacterDevice(device),
            "block" => EntryKind::BlockDevice(device),
            "fifo" => EntryKind::Fifo,
            _ => return None,
        };
        let modified = row.modtime.as_ref().and_then(|time| time.parse::<Timestamp>().ok());
        Some(Entry {
            path,
            kind,
            // The lower twelve bits, which are the same in Go and in a tar.
            mode: (row.mode & 0o7777) as u32,
            uid: row.uid,
            gid: row.gid,
            modified: modified.map_or(0, Timestamp::as_second),
        })
    }

    fn content(&self, row: &Row) -> FileContent {
        let digest: Option<Digest> = row.digest.as_ref().and_then(|digest| digest.parse().ok());
        let (start, end, skip) = (row.offset, row.end_offset, row.inner_offset);
        // Without a digest, a range cannot be verified.
        let has_range = digest.is_some() && row.size > 0 && row.chunk_type.is_empty();
        let location = has_range.then_some(Location { start, end, skip, packing: self.packing });
        FileContent { size: row.size, digest, location }
    }
}

/// Reads the outer object.
struct TableVisitor<'a, 'b>(&'a mut Rows<'b>);

impl<'de> Visitor<'de> for TableVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of contents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut is_there = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" if map.next_value::<u64>()? != 1 => {
                    return Err(A::Error::custom("the table of contents has an unknown version"));
                }
                "version" => {}
                "entries" if is_there => return Err(A::Error::duplicate_field("entries")),
                "entries" => {
                    is_there = true;
                    map.next_value_seed(RowsSeed(self.0))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if is_there { Ok(()) } else { Err(A::Error::missing_field("entries")) }
    }
}

/// Reads the entries.
struct RowsSeed<'a, 'b>(&'a mut Rows<'b>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Row>()? {
            if let Err(error) = self.0.add(row) {
                self.0.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// Limits the size of tokens, because the parser keeps each in memory.
struct Tokens<R> {
    json: R,
    state: State,
    length: usize,
}

/// Where in the JSON the reader is.
#[derive(Default)]
enum State {
    #[default]
    Outside,
    String,
    /// After a backslash in a string.
    Escape,
}

impl<R: Read> Read for Tokens<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.json.read(buffer)?;
        for byte in &buffer[..read] {
            self.length += 1;
            self.state = match (&self.state, byte) {
                (State::Outside, b'"') => State::String,
                (State::String, b'\\') => State::Escape,
                (State::String, b'"') | (State::Outside, b',' | b':' | b'[' | b'{') => {
                    self.length = 0;
                    State::Outside
                }
                (State::Outside, _) => State::Outside,
                (State::String | State::Escape, _) => State::String,
            };
            if self.length > TOKEN_MAX {
                return Err(io::Error::new(ErrorKind::InvalidData, "a string is larger than 256 KiB"));
            }
        }
        Ok(read)
    }
}
