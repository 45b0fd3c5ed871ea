//! A registry in memory: it does what the distribution specification says, and nothing on purpose wrong.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::message::{Answer, Head};
use super::route::Route;
use crate::support::layout::sha256;

/// How many names a page has at most, if nobody asks for less.
const PAGE: usize = 1000;

/// What a registry holds. Several servers may share it.
#[derive(Debug, Default)]
pub(super) struct Contents {
    repositories: BTreeMap<String, Repository>,
    sessions: BTreeMap<String, Vec<u8>>,
    begun: usize,
}

#[derive(Debug, Default)]
struct Repository {
    blobs: BTreeMap<String, Bytes>,
    /// By digest: media type and bytes.
    manifests: BTreeMap<String, (String, Bytes)>,
    tags: BTreeMap<String, String>,
}

impl Contents {
    pub(super) fn put_blob(&mut self, repository: &str, digest: &str, content: Vec<u8>) {
        self.repository(repository).blobs.insert(digest.to_owned(), content.into());
    }

    pub(super) fn put_manifest(&mut self, repository: &str, media_type: &str, content: Vec<u8>) -> String {
        let digest = sha256(&content);
        let manifest = (media_type.to_owned(), content.into());
        self.repository(repository).manifests.insert(digest.clone(), manifest);
        digest
    }

    pub(super) fn tag(&mut self, repository: &str, tag: &str, digest: &str) {
        self.repository(repository).tags.insert(tag.to_owned(), digest.to_owned());
    }

    pub(super) fn untag(&mut self, repository: &str, tag: &str) {
        self.repository(repository).tags.remove(tag);
    }

    pub(super) fn remove_blob(&mut self, repository: &str, digest: &str) {
        self.repository(repository).blobs.remove(digest);
    }

    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<Bytes> {
        self.repositories.get(repository)?.blobs.get(digest).cloned()
    }

    /// The bytes of a manifest by tag or digest.
    pub(super) fn manifest(&self, repository: &str, selector: &str) -> Option<(String, Bytes)> {
        let repository = self.repositories.get(repository)?;
        let digest = repository.tags.get(selector).map_or(selector, String::as_str);
        repository.manifests.get(digest).cloned()
    }

    /// How many uploads were begun and neither finished nor given up.
    pub(super) fn open_uploads(&self) -> usize {
        self.sessions.len()
    }

    /// Forgets all uploads that are open.
    pub(super) fn forget_uploads(&mut self) {
        self.sessions.clear();
    }

    fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    /// Answers a request whose body came as a whole.
    pub(super) fn answer(&mut self, head: &Head, body: &[u8]) -> Answer {
        let rest = head.place().strip_prefix("/v2/").unwrap_or_default();
        match Route::of(head) {
            Route::Ping => Answer::new(200).with_body("application/json", "{}"),
            Route::Catalog => self.catalog(head),
            Route::Tags => self.tags(head, rest.trim_end_matches("/tags/list")),
            Route::ManifestHead | Route::Manifest => self.get_manifest(rest),
            Route::ManifestPut => self.take_manifest(head, rest, body),
            Route::ManifestDelete => self.delete_manifest(rest),
            Route::BlobHead | Route::Blob => self.get_blob(head, rest),
            Route::BlobDelete => self.delete_blob(rest),
            Route::UploadBegin | Route::Mount => self.begin_upload(head, rest),
            Route::UploadPatch | Route::UploadPut => self.go_on(head, body),
            Route::UploadStatus => self.status(head),
            Route::UploadCancel => self.cancel(head),
            Route::Any | Route::Token | Route::Other => Answer::error(404, "UNSUPPORTED", rest),
        }
    }

    /// Takes the part of a body that came before a connection broke.
    pub(super) fn keep_part(&mut self, head: &Head, body: &[u8]) {
        if let Some(session) = self.sessions.get_mut(session_of(head)) {
            session.extend_from_slice(body);
        }
    }

    fn catalog(&self, head: &Head) -> Answer {
        let (names, next) = page(head, self.repositories.keys());
        linked(Answer::new(200), next)
            .with_body("application/json", json!({"repositories": names}).to_string())
    }

    fn tags(&self, head: &Head, name: &str) -> Answer {
        let Some(repository) = self.repositories.get(name) else {
            return Answer::error(404, "NAME_UNKNOWN", name);
        };
        let (names, next) = page(head, repository.tags.keys());
        let body = json!({"name": name, "tags": names}).to_string();
        linked(Answer::new(200), next).with_body("application/json", body)
    }

    fn get_manifest(&self, rest: &str) -> Answer {
        let (name, selector) = rest.split_once("/manifests/").unwrap();
        match self.manifest(name, selector) {
            None => Answer::error(404, "MANIFEST_UNKNOWN", selector),
            Some((media_type, content)) => Answer::new(200)
                .with("Docker-Content-Digest", sha256(&content))
                .with_body(&media_type, content),
        }
    }

    fn take_manifest(&mut self, head: &Head, rest: &str, body: &[u8]) -> Answer {
        let (name, selector) = rest.split_once("/manifests/").unwrap();
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            return Answer::error(400, "MANIFEST_INVALID", selector);
        };
        let repository = self.repository(name);
        let digests = |key: &str| -> Vec<String> {
            let entries = document[key].as_array().cloned().unwrap_or_default();
            entries.iter().filter_map(|entry| entry["digest"].as_str().map(str::to_owned)).collect()
        };
        let config = document["config"]["digest"].as_str().map(str::to_owned);
        let needed = digests("layers").into_iter().chain(config);
        if let Some(missing) = needed.into_iter().find(|digest| !repository.blobs.contains_key(digest)) {
            return Answer::error(400, "MANIFEST_BLOB_UNKNOWN", &missing);
        }
        let media_type = head.header("content-type").unwrap_or_default().to_owned();
        let digest = self.put_manifest(name, &media_type, body.to_owned());
        if !selector.contains(':') {
            self.tag(name, selector, &digest);
        }
        let location = format!("/v2/{name}/manifests/{digest}");
        Answer::new(201).with("Location", location).with("Docker-Content-Digest", digest)
    }

    fn delete_manifest(&mut self, rest: &str) -> Answer {
        let (name, selector) = rest.split_once("/manifests/").unwrap();
        let repository = self.repository(name);
        let existed =
            repository.tags.remove(selector).is_some() || repository.manifests.remove(selector).is_some();
        if existed { Answer::new(202) } else { Answer::error(404, "MANIFEST_UNKNOWN", selector) }
    }

    fn get_blob(&self, head: &Head, rest: &str) -> Answer {
        let (name, digest) = rest.split_once("/blobs/").unwrap();
        let Some(content) = self.blob(name, digest) else {
            return Answer::error(404, "BLOB_UNKNOWN", digest);
        };
        let answer = Answer::new(200).with("Accept-Ranges", "bytes").with("Docker-Content-Digest", digest);
        match head.header("range").map(|range| bounds(range, content.len())) {
            None => answer.with_body("application/octet-stream", content),
            Some(None) => Answer::error(416, "RANGE_INVALID", digest),
            Some(Some((start, end))) => {
                let range = format!("bytes {start}-{}/{}", end - 1, content.len());
                let part = answer.with("Content-Range", range);
                Answer {
                    status: 206,
                    ..part.with_body("application/octet-stream", content.slice(start..end))
                }
            }
        }
    }

    fn delete_blob(&mut self, rest: &str) -> Answer {
        let (name, digest) = rest.split_once("/blobs/").unwrap();
        match self.repository(name).blobs.remove(digest) {
            Some(_) => Answer::new(202),
            None => Answer::error(404, "BLOB_UNKNOWN", digest),
        }
    }

    fn begin_upload(&mut self, head: &Head, rest: &str) -> Answer {
        let name = rest.split("/blobs/uploads/").next().unwrap();
        if let (Some(digest), Some(from)) = (head.parameter("mount"), head.parameter("from"))
            && let Some(content) = self.blob(&from, &digest)
        {
            self.repository(name).blobs.insert(digest.clone(), content);
            return Answer::new(201).with("Location", format!("/v2/{name}/blobs/{digest}"));
        }
        self.begun += 1;
        let session = format!("session-{}", self.begun);
        self.sessions.insert(session.clone(), Vec::new());
        Answer::new(202)
            .with("Location", format!("/v2/{name}/blobs/uploads/{session}?state=kept"))
            .with("Docker-Upload-UUID", session)
    }

    fn go_on(&mut self, head: &Head, body: &[u8]) -> Answer {
        let id = session_of(head);
        let Some(session) = self.sessions.get_mut(id).filter(|_| head.path.contains("state=kept")) else {
            return Answer::error(404, "BLOB_UPLOAD_UNKNOWN", id);
        };
        let start = head.header("content-range").and_then(|range| range.split('-').next()?.parse().ok());
        if start.is_some_and(|start: usize| start != session.len()) {
            return Answer::error(416, "BLOB_UPLOAD_INVALID", id);
        }
        session.extend_from_slice(body);
        if head.method == "PATCH" {
            let range = format!("0-{}", session.len().max(1) - 1);
            return Answer::new(202).with("Location", head.path.clone()).with("Range", range);
        }
        let content = self.sessions.remove(id).unwrap();
        let name = head.place().trim_start_matches("/v2/").split("/blobs/").next().unwrap().to_owned();
        let digest = head.parameter("digest").unwrap_or_default();
        if sha256(&content) != digest {
            return Answer::error(400, "DIGEST_INVALID", &digest);
        }
        self.put_blob(&name, &digest, content);
        Answer::new(201).with("Location", format!("/v2/{name}/blobs/{digest}"))
    }

    fn status(&self, head: &Head) -> Answer {
        match self.sessions.get(session_of(head)) {
            None => Answer::error(404, "BLOB_UPLOAD_UNKNOWN", session_of(head)),
            Some(session) => Answer::new(204)
                .with("Location", head.path.clone())
                .with("Range", format!("0-{}", session.len().max(1) - 1)),
        }
    }

    fn cancel(&mut self, head: &Head) -> Answer {
        match self.sessions.remove(session_of(head)) {
            None => Answer::error(404, "BLOB_UPLOAD_UNKNOWN", session_of(head)),
            Some(_) => Answer::new(204),
        }
    }
}

fn session_of(head: &Head) -> &str {
    head.place().rsplit('/').next().unwrap_or_default()
}

/// The bytes `start..end` that `bytes=A-B` or `bytes=A-` means.
fn bounds(range: &str, size: usize) -> Option<(usize, usize)> {
    let (start, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let start: usize = start.parse().ok()?;
    let end = if last.is_empty() { size } else { size.min(last.parse::<usize>().ok()? + 1) };
    (start < end).then_some((start, end))
}

/// The names of the page that is asked for, and where the next one is.
fn page<'a>(head: &Head, names: impl Iterator<Item = &'a String>) -> (Vec<&'a String>, Option<String>) {
    let count = head.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(PAGE);
    let last = head.parameter("last").unwrap_or_default();
    let mut found: Vec<&String> = names.skip_while(|name| **name <= last).take(count + 1).collect();
    let goes_on = found.len() > count;
    found.truncate(count);
    let next = found.last().filter(|_| goes_on).map(|last| format!("{}?n={count}&last={last}", head.place()));
    (found, next)
}

fn linked(answer: Answer, next: Option<String>) -> Answer {
    match next {
        Some(next) => answer.with("Link", format!("<{next}>; rel=\"next\"")),
        None => answer,
    }
}
