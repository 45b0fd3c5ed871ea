//! The manifests that refer to another one: by the registry's API, or by the tag that takes its place.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::pages::Seen;
use super::server::{Fetched, Head};
use super::{Error, Repository};
use crate::digest::Digest;
use crate::http::{Request, Target};
use crate::image::{self, Descriptor, MANIFEST_BYTES_MAX, Manifest, MediaType, RawManifest};
use crate::protocol::{ErrorCode, Route, Scopes};
use crate::reference::{Selector, Tag, referrers_tag};

/// The maximum number of referrers of one manifest, because all of them are kept in memory. An image that is signed
/// every night has 365 more of them every year.
const REFERRERS_MAX: usize = 10_000;

/// The maximum size of all pages of a list together, in bytes: a descriptor has its annotations, which may be large.
const BYTES_MAX: usize = 64 << 20;

/// How often the index of referrers is written, if other clients write it at the same time.
const WRITES_MAX: usize = 10;

/// How long to wait before the index is read again: a client that has read it before it was written may write it until
/// then. A random part is added, so that clients which wait for each other do not stay in step.
const SETTLING: Duration = Duration::from_millis(150);

/// The manifests that refer to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrers {
    /// Their descriptors in the order of the registry, each digest once.
    pub descriptors: Vec<Descriptor>,
    /// The source of this list.
    pub listed_by: ListedBy,
}

/// The source of a list of referrers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedBy {
    /// The registry itself, which notices each manifest with a subject.
    Registry,
    /// An index under a tag made of the subject's digest. The registry has no API for referrers, so each writer of
    /// one changes this index. It need not exist.
    Tag,
}

impl Repository {
    /// Returns the manifests that refer to `subject`, in the order of the registry. The list is empty for an unknown
    /// subject.
    ///
    /// The registry itself is asked and no mirror, because mirrors rarely have referrers.
    ///
    /// # Errors
    /// An error if the registry cannot be asked, or its list has no end.
    pub async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        Ok(self.list_referrers(subject).await?.descriptors)
    }

    /// Returns the manifests that refer to `subject` like [`referrers`](Repository::referrers), and the source of the
    /// list.
    ///
    /// # Errors
    /// As [`referrers`](Repository::referrers).
    pub async fn list_referrers(&self, subject: &Digest) -> Result<Referrers, Error> {
        if let Some(descriptors) = self.listed_by_registry(subject).await? {
            return Ok(Referrers { descriptors, listed_by: ListedBy::Registry });
        }
        let tag = Selector::Tag(referrers_tag(subject));
        let found = match self.clone().past_mirrors().get_manifest(&tag).await {
            Ok(raw) => match raw.parse()? {
                Manifest::Index(index) => index.manifests,
                // The tag is in use for something else.
                Manifest::Image(_) => Vec::new(),
            },
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Referrers { descriptors: distinct(found), listed_by: ListedBy::Tag })
    }

    /// Adds `referrers` to the index that lists the referrers of `subject` where the registry does not. Its other
    /// entries stay as they are, and what is listed already is not listed again.
    ///
    /// The index is read again a moment after it was written, because another client may have written it in between.
    /// The API has no better way: a client that takes longer than that still wins.
    ///
    /// # Errors
    /// [`Error::ReferrersTag`] if the tag points to something else, or other clients replace the index again and
    /// again; an error if the registry refuses it.
    pub async fn add_referrers(&self, subject: &Digest, referrers: &[Descriptor]) -> Result<(), Error> {
        let tag = referrers_tag(subject);
        let selector = Selector::Tag(tag.clone());
        for _ in 0..WRITES_MAX {
            let there = match self.clone().past_mirrors().get_manifest(&selector).await {
                Ok(raw) => Some(raw),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error),
            };
            if there.as_ref().is_some_and(|raw| raw.descriptor().media_type != MediaType::OCI_INDEX) {
                return Err(self.unchanged(tag, "points to something else"));
            }
            match with_entries(there.as_ref(), referrers)? {
                Some(index) => self.uploads.put_manifest(&index, &selector).await?,
                None => return Ok(()),
            }
            tokio::time::sleep(SETTLING.mul_f64(1.0 + fastrand::f64())).await;
        }
        Err(self.unchanged(tag, "is changed by other clients all the time"))
    }

    fn unchanged(&self, tag: Tag, reason: &'static str) -> Error {
        Error::ReferrersTag { name: Box::new(self.name().clone()), tag, reason }
    }

    /// Returns the manifest with this digest, from memory if it was read before.
    ///
    /// # Errors
    /// As [`get_manifest`](Repository::get_manifest).
    pub async fn manifest_of(&self, digest: &Digest) -> Result<RawManifest, Error> {
        match self.mirrors.kept_manifest(digest) {
            Some(kept) => Ok(kept),
            None => self.get_manifest(&Selector::Digest(digest.clone())).await,
        }
    }

    /// Asks the API. Returns `None` if the registry has none.
    async fn listed_by_registry(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>, Error> {
        let registry = self.uploads.contents.registry();
        if registry.lacks_referrers() {
            return Ok(None);
        }
        let route = Route::Referrers { name: self.name().repository.clone(), digest: subject.clone() };
        let first = match self.page(Target::Path(route.to_string())).await {
            Ok(fetched) if Manifest::detect(&fetched.body).is_ok_and(|kind| kind == MediaType::OCI_INDEX) => {
                fetched
            }
            // A list that is cut off may lack anything.
            Ok(fetched) if is_called_an_index(&fetched) => {
                return Err(Error::unexpected(&fetched.head.call, "a list of referrers that is not valid"));
            }
            // It is a page for people.
            Ok(_) => {
                registry.referrers_are_lacking();
                return Ok(None);
            }
            Err(error) => match Lack::of(&error) {
                Some(Lack::Api) => {
                    registry.referrers_are_lacking();
                    return Ok(None);
                }
                Some(Lack::Subject) => return Ok(None),
                None => return Err(error),
            },
        };
        let mut list = List::default();
        let mut next = list.add(&first)?;
        while let Some(target) = next {
            next = list.add(&self.page(target).await?)?;
        }
        Ok(Some(distinct(list.descriptors)))
    }

    async fn page(&self, target: Target) -> Result<Fetched, Error> {
        let scopes = Scopes::pull(&self.name().repository);
        let request = || Request::new(Method::GET, target.clone()).keeping_redirects();
        self.uploads.origin.fetch(&scopes, request, MANIFEST_BYTES_MAX).await
    }
}

/// Reports whether a response claims to be an index.
fn is_called_an_index(fetched: &Fetched) -> bool {
    let claimed = fetched.head.content_type.as_deref();
    claimed.is_some_and(|claimed| MediaType::from_header(claimed).is_index())
}

/// What a registry lacks that refuses a list of referrers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// The API.
    Api,
    /// The subject or the repository: the registry may have the API.
    Subject,
}

impl Lack {
    fn of(error: &Error) -> Option<Self> {
        let status = error.status()?;
        let is_known =
            [ErrorCode::NameUnknown, ErrorCode::ManifestUnknown].iter().any(|code| status.has_code(code));
        match status.status {
            StatusCode::NOT_FOUND if is_known => Some(Self::Subject),
            // The first is the specification's. Old registries, and proxies in front of them, send the others.
            StatusCode::NOT_FOUND
            | StatusCode::BAD_REQUEST
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_ACCEPTABLE
            | StatusCode::NOT_IMPLEMENTED => Some(Self::Api),
            code if code.is_redirection() => Some(Self::Api),
            _ => None,
        }
    }
}

/// A list that is read page by page.
#[derive(Default)]
struct List {
    descriptors: Vec<Descriptor>,
    bytes: usize,
    seen: Seen,
}

impl List {
    /// Adds a page, and returns the next one.
    fn add(&mut self, Fetched { head, body }: &Fetched) -> Result<Option<Target>, Error> {
        let Manifest::Index(index) = Manifest::parse(&MediaType::OCI_INDEX, body)? else {
            return Err(Error::unexpected(&head.call, "it is not an index"));
        };
        let digests: Vec<String> = index.manifests.iter().map(|found| found.digest.to_string()).collect();
        self.descriptors.extend(index.manifests);
        self.bytes += body.len();
        self.check(head)?;
        self.seen.follow(head, &digests)
    }

    fn check(&self, head: &Head) -> Result<(), Error> {
        if self.descriptors.len() > REFERRERS_MAX || self.bytes > BYTES_MAX {
            return Err(Error::unexpected(
                &head.call,
                format!("it lists more than {REFERRERS_MAX} referrers"),
            ));
        }
        Ok(())
    }
}

/// Returns an index with the entries that it lacks; `None` if it lacks none.
fn with_entries(there: Option<&RawManifest>, new: &[Descriptor]) -> Result<Option<RawManifest>, Error> {
    let failed = |source| image::Error::Parse { what: "image index", source };
    // The document is changed rather than a parsed index, which lacks unknown fields.
    let mut document = match there {
        Some(raw) => serde_json::from_slice(raw.bytes()).map_err(failed)?,
        None => json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": []}),
    };
    let listed: HashSet<Digest> = match there.map(RawManifest::parse).transpose()? {
        Some(Manifest::Index(index)) => index.manifests.into_iter().map(|entry| entry.digest).collect(),
        Some(Manifest::Image(_)) | None => HashSet::new(),
    };
    let mut lacking: Vec<Value> = Vec::new();
    for entry in distinct(new.to_vec()).iter().filter(|entry| !listed.contains(&entry.digest)) {
        lacking.push(serde_json::to_value(entry).map_err(failed)?);
    }
    if lacking.is_empty() {
        return Ok(None);
    }
    match document.get_mut("manifests").and_then(Value::as_array_mut) {
        Some(entries) => entries.extend(lacking),
        None => document["manifests"] = lacking.into(),
    }
    Ok(Some(RawManifest::new(MediaType::OCI_INDEX, document.to_string().into())))
}

/// Removes repeated digests.
fn distinct(mut descriptors: Vec<Descriptor>) -> Vec<Descriptor> {
    let mut seen = HashSet::new();
    descriptors.retain(|descriptor| seen.insert(descriptor.digest.clone()));
    descriptors
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::*;
    use crate::http::Call;
    use crate::reference::Registry;

    fn page(number: usize, entries: std::ops::Range<usize>, next: Option<usize>) -> Fetched {
        let url = |number| format!("http://r.example/v2/app/referrers/sha256:ab?page={number}");
        let call = Call { method: Method::GET, url: url(number).into(), registry: Registry::hub() };
        let link = next.map(|next| format!("<{}>; rel=\"next\"", url(next))).unwrap_or_default();
        let head = Head {
            content_type: None,
            digest: None,
            pull_limit: None,
            length: None,
            link,
            url: Url::parse(&url(number)).unwrap(),
            call,
        };
        let entry = |number: usize| Descriptor::of(MediaType::OCI_MANIFEST, number.to_string().as_bytes());
        let index = serde_json::json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX,
            "manifests": entries.map(entry).collect::<Vec<_>>(),
        });
        Fetched { head, body: index.to_string().into() }
    }

    #[test]
    fn pages_are_followed_as_long_as_they_bring_news() {
        let mut list = List::default();
        assert!(list.add(&page(1, 0..3, Some(2))).unwrap().is_some());
        assert!(list.add(&page(2, 2..5, None)).unwrap().is_none());
        assert_eq!(distinct(list.descriptors).len(), 5);

        let mut list = List::default();
        assert!(list.add(&page(1, 0..3, Some(2))).is_ok());
        assert!(list.add(&page(2, 0..3, Some(3))).is_err(), "the same referrers again");
    }

    #[test]
    fn a_list_without_an_end_is_refused() {
        let mut list = List::default();
        assert!(list.add(&page(1, 0..6_000, Some(2))).is_ok());
        let refused = list.add(&page(2, 6_000..12_000, Some(3))).unwrap_err();
        assert!(refused.to_string().contains("more than 10000 referrers"), "{refused}");
    }

    #[test]
    fn an_index_keeps_what_it_has_and_lists_nothing_twice() {
        let entry = |text: &str| Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes());
        let first = with_entries(None, &[entry("a"), entry("a")]).unwrap().unwrap();
        let Manifest::Index(index) = first.parse().unwrap() else { panic!("an index") };
        assert_eq!(index.manifests, [entry("a")]);
        assert_eq!(with_entries(Some(&first), &[entry("a")]).unwrap(), None);

        let text = String::from_utf8(first.bytes().to_vec()).unwrap();
        let foreign = text.replacen('{', r#"{"x-unknown":{"b":1,"a":2},"#, 1);
        let foreign = RawManifest::new(MediaType::OCI_INDEX, foreign.into());
        let more = with_entries(Some(&foreign), &[entry("b"), entry("a")]).unwrap().unwrap();
        let Manifest::Index(index) = more.parse().unwrap() else { panic!("an index") };
        assert_eq!(index.manifests, [entry("a"), entry("b")]);
        assert!(std::str::from_utf8(more.bytes()).unwrap().contains(r#""x-unknown":{"b":1,"a":2}"#));

        let empty = RawManifest::new(MediaType::OCI_INDEX, r#"{"schemaVersion":2,"manifests":null}"#.into());
        assert!(with_entries(Some(&empty), &[entry("a")]).unwrap().is_some());
    }
}
