//! The list of what refers to a manifest, in pages of a bounded size.
//!
//! The descriptors of referrers hold their annotations, which may be megabytes each. Large ones are sent from their
//! files, so that no response is in memory as a whole.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LINK};
use axum::http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;

use super::call::{Answer, Call};
use super::pieces::{self, Piece};
use super::response::{empty, set};
use crate::digest::Digest;
use crate::image::MediaType;
use crate::protocol::{FILTERS_APPLIED_HEADER, Query, Route};
use crate::reference::RepositoryName;
use crate::serve::memory::{FREE, keeping};
use crate::serve::repository::Referrer;
use crate::store::{self, disk};

/// How many bytes of descriptors a page holds, unless one alone has more. Clients accept at least 4 MiB, because
/// indexes may be that large.
const PAGE: u64 = 4 * 1024 * 1024 - 64 * 1024;

/// The same when memory is short.
const SMALL_PAGE: u64 = FREE as u64;

/// How many descriptors a page holds at most.
const DESCRIPTORS_MAX: usize = 10_000;

/// Descriptors with more bytes are sent from their files.
const LARGE: u64 = 8 * 1024;

/// What a descriptor is filtered by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    artifact_type: Option<String>,
}

/// Descriptors that are sent together.
#[derive(Default)]
struct Page {
    pieces: Vec<Piece>,
    /// What is gathered for the next piece.
    text: Vec<u8>,
    /// How many bytes of the pieces are in memory.
    in_memory: usize,
    /// How many bytes all of them have.
    length: u64,
    count: usize,
    last: Option<Digest>,
    has_next: bool,
}

/// Answers the index of all manifests with this subject. There are none for a subject that is not known.
pub(super) fn list(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let wanted = call.query.get("artifactType");
    let referrers = call.layout.repository(name).referrers(digest, call.query.get("last"))?;
    let mut page = Page::of(&referrers, wanted, PAGE)?;
    let mut share = None;
    if page.in_memory > FREE {
        share = call.layout.memory.take(page.in_memory);
        if share.is_none() {
            page = Page::of(&referrers, wanted, SMALL_PAGE)?;
        }
    }
    let mut response = empty(StatusCode::OK);
    set(&mut response, CONTENT_TYPE, MediaType::OCI_INDEX.as_str());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(page.length));
    if wanted.is_some() {
        set(&mut response, HeaderName::from_static(FILTERS_APPLIED_HEADER), "artifactType");
    }
    if let Some(last) = page.last.as_ref().filter(|_| page.has_next) {
        let query = Query::default().with("last", last);
        let query = wanted.iter().fold(query, |query, wanted| query.with("artifactType", wanted));
        let route = Route::Referrers { name: name.clone(), digest: digest.clone() };
        set(&mut response, LINK, format!("<{route}?{query}>; rel=\"next\""));
    }
    if call.method == Method::GET {
        // The share is kept until the end of the index is sent.
        let end = page.pieces.pop().map(|piece| match piece {
            Piece::Bytes(bytes) => Piece::Bytes(keeping(bytes.into(), share)),
            file @ Piece::File { .. } => file,
        });
        page.pieces.extend(end);
        *response.body_mut() = pieces::body(&call.layout.memory, page.pieces);
    }
    Ok(response)
}

impl Page {
    /// Gathers descriptors of the wanted kind until the page is full.
    fn of(referrers: &[Referrer], wanted: Option<&str>, limit: u64) -> Result<Self, store::Error> {
        let mut page = Self::default();
        let head = r#"{"schemaVersion":2,"mediaType":""#;
        page.write(format!(r#"{head}{}","manifests":["#, MediaType::OCI_INDEX.as_str()).as_bytes());
        for referrer in referrers {
            // What is gone by now was removed a moment ago.
            let Some(file) = disk::open(&referrer.path)? else { continue };
            let size = file.metadata().map_err(store::Error::io("look at", &referrer.path))?.len();
            if !is_wanted(&file, &referrer.path, wanted)? {
                continue;
            }
            if page.count > 0 && page.length + size > limit || page.count == DESCRIPTORS_MAX {
                page.has_next = true;
                break;
            }
            page.add(referrer, size)?;
        }
        page.write(b"]}");
        page.finish_text();
        Ok(page)
    }

    fn add(&mut self, referrer: &Referrer, size: u64) -> Result<(), store::Error> {
        if self.count > 0 {
            self.write(b",");
        }
        if size > LARGE {
            self.finish_text();
            self.pieces.push(Piece::File { path: referrer.path.clone(), range: 0..size });
            self.length += size;
        } else if let Some(file) = disk::open(&referrer.path)? {
            let mut content = Vec::new();
            let read = file.take(LARGE).read_to_end(&mut content);
            read.map_err(store::Error::io("read", &referrer.path))?;
            self.write(&content);
        }
        self.count += 1;
        self.last = Some(referrer.digest.clone());
        Ok(())
    }

    fn write(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        self.in_memory += text.len();
        self.length += text.len() as u64;
    }

    fn finish_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.pieces.push(Piece::Bytes(text.into()));
        }
    }
}

/// Reports whether a descriptor is of the wanted kind. Nothing else of it is kept in memory.
fn is_wanted(file: &File, path: &Path, wanted: Option<&str>) -> Result<bool, store::Error> {
    let Some(wanted) = wanted else { return Ok(true) };
    let kind: Kind = serde_json::from_reader(BufReader::with_capacity(FREE, file))
        .map_err(|error| store::Error::io("read", path)(error.into()))?;
    Ok(kind.artifact_type.as_deref() == Some(wanted))
}
