//! Reads manifests from the servers of a repository.

use bytes::Bytes;
use reqwest::header::{ACCEPT, HeaderValue};

use super::Error;
use super::mirrors::Mirrors;
use super::server::{Fetched, Head, Server};
use crate::digest::Digest;
use crate::http::Request;
use crate::image::{Descriptor, MANIFEST_BYTES_MAX, Manifest, MediaType, RawManifest};
use crate::protocol::Route;
use crate::reference::{RepositoryName, Selector};

/// How many bytes a manifest may exceed the size in its descriptor before reading stops.
const SURPLUS: u64 = 64 << 10;

impl Mirrors {
    /// Resolves `selector` without reading the manifest; returns `None` if there is no such manifest.
    ///
    /// If the registry refuses this request, or does not send a digest, the manifest is read.
    pub(super) async fn head_manifest(&self, selector: &Selector) -> Result<Option<Descriptor>, Error> {
        if let Selector::Tag(tag) = selector
            && self.are_resolved_upstream()
        {
            return found(self.resolve_tag(tag).await);
        }
        let mut turns = self.turns();
        loop {
            let (index, server) = turns.active();
            let path = manifest_route(&server.name_of(&self.repository), selector);
            let head = || Request::head(path.clone()).with(ACCEPT, accept());
            match server.look(&self.scopes(server), head).await {
                Ok(None) => break,
                Ok(Some(response)) => {
                    turns.answered(index);
                    let head = Head::of(&response);
                    self.note_pull_limit(head.pull_limit);
                    match described(&head) {
                        Some(descriptor) => return Ok(Some(descriptor)),
                        None => break,
                    }
                }
                Err(error) => match turns.failed(index, error) {
                    Ok(()) => {}
                    Err(error) if error.is_not_found() => return Ok(None),
                    Err(error) => return Err(error),
                },
            }
        }
        found(self.get_manifest(selector).await.map(|raw| raw.descriptor().clone()))
    }

    /// Returns the manifest that `selector` points to.
    ///
    /// # Errors
    /// [`Error::Request`] if it does not exist, [`Error::Image`] if its digest is not the requested one.
    pub(super) async fn get_manifest(&self, selector: &Selector) -> Result<RawManifest, Error> {
        if let Selector::Tag(tag) = selector
            && self.are_resolved_upstream()
        {
            return self.get_described(&self.resolve_tag(tag).await?).await;
        }
        self.fetch_manifest(selector, MANIFEST_BYTES_MAX, |fetched| selected(selector, fetched)).await
    }

    /// Resolves a tag at one server by reading the manifest, which is kept.
    pub(super) async fn resolve_by_get(&self, server: &Server, tag: &Selector) -> Result<Descriptor, Error> {
        let raw = selected(tag, self.fetch_at(server, tag, MANIFEST_BYTES_MAX).await?)?;
        self.keep_manifest_of(server, &raw);
        Ok(raw.descriptor().clone())
    }

    /// Returns the manifest of `descriptor`, from memory if it has been read before.
    pub(super) async fn get_described(&self, descriptor: &Descriptor) -> Result<RawManifest, Error> {
        if let Some(raw) = self.kept_manifest(&descriptor.digest) {
            descriptor.verify(raw.bytes()).map_err(not_as_described)?;
            return Ok(raw);
        }
        let read = |Fetched { body, .. }| {
            let media_type = settled(&descriptor.media_type, &body)?;
            Ok(RawManifest::verified(Descriptor { media_type, ..descriptor.clone() }, body)?)
        };
        // Several manifests are read concurrently, so a manifest that is much too long is not read to its
        // end.
        let limit = descriptor.size.saturating_add(SURPLUS).min(MANIFEST_BYTES_MAX);
        self.fetch_manifest(&Selector::Digest(descriptor.digest.clone()), limit, read).await
    }

    /// Asks the servers in turn until one returns a response that `read` accepts as the manifest.
    async fn fetch_manifest(
        &self,
        selector: &Selector,
        limit: u64,
        read: impl Fn(Fetched) -> Result<RawManifest, Error>,
    ) -> Result<RawManifest, Error> {
        let mut turns = self.turns();
        loop {
            let (index, server) = turns.active();
            match self.fetch_at(server, selector, limit).await.and_then(&read) {
                Err(error) => turns.failed(index, error)?,
                Ok(raw) => {
                    turns.answered(index);
                    self.keep_manifest_of(server, &raw);
                    return Ok(raw);
                }
            }
        }
    }

    /// Reads a document that may be the manifest from one server.
    async fn fetch_at(&self, server: &Server, selector: &Selector, limit: u64) -> Result<Fetched, Error> {
        let path = manifest_route(&server.name_of(&self.repository), selector);
        let get = || Request::get(path.clone()).with(ACCEPT, accept());
        let fetched = server.fetch(&self.scopes(server), get, limit).await?;
        self.note_pull_limit(fetched.head.pull_limit);
        document(fetched).and_then(|fetched| self.sound(server, selector, fetched))
    }
}

impl Mirrors {
    /// Checks a document against what its response says about it. A mirror's answer for a tag has to be a manifest with
    /// the digest that the mirror states, because the next server may have a right one.
    fn sound(&self, server: &Server, selector: &Selector, fetched: Fetched) -> Result<Fetched, Error> {
        match selector {
            _ if std::ptr::eq(server, &**self.origin()) => tell_of_lies(server, &fetched),
            // The digest is compared later.
            Selector::Digest(_) => {}
            Selector::Tag(_) => {
                let stated = fetched.head.digest.as_deref().and_then(|stated| stated.parse::<Digest>().ok());
                if let Some(stated) = stated {
                    let size = fetched.body.len() as u64;
                    let described = Descriptor::new(MediaType::OCTET_STREAM, stated, size);
                    described.verify(&fetched.body).map_err(not_as_described)?;
                }
                selected(selector, fetched.clone())?.parse()?;
            }
        }
        Ok(fetched)
    }
}

/// Returns `None` for an error that says that there is no such manifest.
fn found(answer: Result<Descriptor, Error>) -> Result<Option<Descriptor>, Error> {
    match answer {
        Err(error) if error.is_not_found() => Ok(None),
        answer => answer.map(Some),
    }
}

/// Verifies the manifest that `selector` points to.
fn selected(selector: &Selector, Fetched { head, body }: Fetched) -> Result<RawManifest, Error> {
    let sent = head.content_type.as_deref().map_or(MediaType::OCTET_STREAM, MediaType::from_header);
    let digest = match selector {
        Selector::Digest(digest) => digest.clone(),
        // The local hash decides. The registry's digest matters only if it uses another algorithm.
        Selector::Tag(_) => stated(&head, &body).unwrap_or_else(|| Digest::sha256(&body)),
    };
    let media_type = settled(&sent, &body)?;
    let descriptor = Descriptor::new(media_type, digest, body.len() as u64);
    Ok(RawManifest::verified(descriptor, body)?)
}

/// Returns the path of a manifest.
pub(super) fn manifest_route(repository: &RepositoryName, selector: &Selector) -> String {
    Route::Manifest { name: repository.clone(), selector: selector.clone() }.to_string()
}

pub(super) fn accept() -> HeaderValue {
    HeaderValue::from_static(MediaType::ACCEPT_MANIFEST)
}

/// Accepts a response that may be a manifest: anything but a JSON object is a page for humans.
fn document(fetched: Fetched) -> Result<Fetched, Error> {
    if fetched.body.trim_ascii_start().starts_with(b"{") {
        return Ok(fetched);
    }
    let kind = fetched.head.content_type.as_deref().unwrap_or("no content type").to_owned();
    Err(Error::unexpected(&fetched.head.call, kind))
}

/// Returns the digest that the registry states, if the body matches it.
fn stated(head: &Head, body: &Bytes) -> Option<Digest> {
    head.digest.as_deref().filter(|stated| is_digest_of(stated, body))?.parse().ok()
}

/// Warns of a wrong digest. It does no harm, because the local hash decides.
fn tell_of_lies(server: &Server, Fetched { head, body }: &Fetched) {
    if let Some(stated) = head.digest.as_deref().filter(|stated| !is_digest_of(stated, body)) {
        let problem = "which its response does not match";
        server.warn(&format!("{}: the registry states the digest {stated:.200}, {problem}", head.call));
    }
}

fn is_digest_of(stated: &str, body: &Bytes) -> bool {
    stated.parse::<Digest>().is_ok_and(|digest| digest.matches(body))
}

/// Creates a descriptor from headers alone, if they are sufficient.
pub(super) fn described(head: &Head) -> Option<Descriptor> {
    let media_type = MediaType::from_header(head.content_type.as_deref()?);
    let digest = head.digest.as_deref()?.parse().ok()?;
    Some(Descriptor::new(media_type, digest, head.length?))
}

/// Returns the media type of the document itself, which some servers do not send.
fn settled(sent: &MediaType, body: &Bytes) -> Result<MediaType, Error> {
    if sent.is_manifest() { Ok(sent.clone()) } else { Ok(Manifest::detect(body)?) }
}

fn not_as_described(source: crate::digest::Error) -> Error {
    crate::image::Error::Verify { what: "manifest", source }.into()
}
