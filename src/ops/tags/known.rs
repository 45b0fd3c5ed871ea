//! The facts about manifests that are known already. They hold for ever, because a digest is that of the bytes.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read as _, Write as _};

use serde::{Deserialize, Serialize};

use super::document::Document;
use crate::cache::Shelf;
use crate::config::Config;
use crate::digest::Digest;
use crate::reference::Name;

/// The folder in the cache.
const FOLDER: &str = "documents";

/// The maximum size of all facts in the cache, in bytes. 2,000 images take some 400 kB.
const SHELF_MAX: u64 = 64 << 20;

/// The maximum size of the facts about one repository, in bytes: 40,000 images.
const FILE_MAX: u64 = 8 << 20;

/// The end of the names of files; it changes with the format.
const VERSION: &str = ".1";

/// Facts about the manifests of a repository by digest.
#[derive(Debug)]
pub(super) struct KnownDocuments {
    shelf: Shelf,
    file: String,
    documents: HashMap<Digest, Document>,
    news: HashSet<Digest>,
}

/// A line of a file.
#[derive(Serialize, Deserialize)]
struct Line<D> {
    digest: Digest,
    #[serde(flatten)]
    document: D,
}

/// Returns the shelf with the facts about manifests. It keeps nothing if there is no cache.
pub fn document_shelf(config: &Config) -> Shelf {
    Shelf::new(config.cache().ok().map(|cache| cache.join(FOLDER)), SHELF_MAX)
}

impl KnownDocuments {
    /// Reads what is known about the manifests of `name`.
    pub(super) fn of(config: &Config, name: &Name) -> Self {
        let shelf = document_shelf(config);
        let file = format!("{}{VERSION}", Digest::sha256(name.to_string().as_bytes()).hex());
        let mut text = Vec::new();
        let read = shelf.read(&file).map(|file| file.take(FILE_MAX).read_to_end(&mut text));
        if let Some(Err(error)) = read {
            tracing::debug!("{file}: {error}");
        }
        Self { shelf, file, documents: parse(&text), news: HashSet::new() }
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<&Document> {
        self.documents.get(digest)
    }

    /// Reports whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Reports whether all these manifests are known.
    pub(super) fn has_all<'a>(&self, mut digests: impl Iterator<Item = &'a Digest>) -> bool {
        digests.all(|digest| self.documents.contains_key(digest))
    }

    /// Reports whether the date of a manifest has to be looked for in other documents.
    pub(super) fn is_undated(&self, digest: &Digest) -> bool {
        self.get(digest).is_some_and(|document| !document.is_dated())
    }

    /// Adds a manifest.
    pub(super) fn add(&mut self, digest: Digest, document: Document) {
        self.news.insert(digest.clone());
        self.documents.insert(digest, document);
    }

    /// Adds the config of a manifest.
    pub(super) fn add_config(&mut self, manifest: &Digest, config: &[u8]) {
        if let Some(document) = self.documents.get_mut(manifest) {
            document.add_config(config);
            self.news.insert(manifest.clone());
        }
    }

    /// Keeps the facts for the next command. An error is only logged: they are read again then.
    pub(super) fn save(self) {
        if self.news.is_empty() {
            return;
        }
        if let Err(error) = self.write() {
            tracing::debug!("facts about manifests are not kept: {error}");
        }
    }

    fn write(&self) -> io::Result<()> {
        let (new, old): (Vec<_>, Vec<_>) =
            self.documents.iter().partition(|(digest, _)| self.news.contains(*digest));
        let mut lines = Vec::new();
        for (digest, document) in new.into_iter().chain(old) {
            let line = serde_json::to_vec(&Line { digest: digest.clone(), document })?;
            if (lines.len() + line.len()) as u64 > FILE_MAX - HEAD_MAX {
                break;
            }
            lines.extend(line);
            lines.push(b'\n');
        }
        let mut file = self.shelf.write(&self.file)?;
        writeln!(file, "{}", Digest::sha256(&lines))?;
        file.write_all(&lines)?;
        file.keep().map(drop)
    }
}

/// The maximum length of the first line with its line break, in bytes.
const HEAD_MAX: u64 = 100;

/// Parses a file: the digest of its lines, and a line for each manifest. A damaged file says nothing.
fn parse(text: &[u8]) -> HashMap<Digest, Document> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (head, lines) = text.split_at(end);
    let lines = lines.get(1..).unwrap_or_default();
    let digest = std::str::from_utf8(head).ok().and_then(|head| head.parse::<Digest>().ok());
    if !digest.is_some_and(|digest| digest.matches(lines)) {
        return HashMap::new();
    }
    let parsed = lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    parsed.map(|Line { digest, document }: Line<Document>| (digest, document)).collect()
}
