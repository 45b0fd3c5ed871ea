//! Reads what manifests and configs say about tags: each document once, and none that is known by its digest.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;

use futures_util::{StreamExt as _, stream};

use super::document::{Chosen, Document};
use super::known::KnownDocuments;
use super::listed::{ListedTags, Unread};
use super::options::TagsOptions;
use crate::content::Source as _;
use crate::diagnose::{Diagnose as _, ErrorKind, Failure};
use crate::digest::Digest;
use crate::image::{CONFIG_BYTES_MAX, Descriptor};
use crate::ops::Error;
use crate::protocol::listing::{Fact, TagDetail};
use crate::reference::{Selector, Tag};
use crate::remote::{self, Repository};

/// How many requests are made concurrently unless the user says otherwise: 2,000 tags at 20 ms take less than a second.
const CONCURRENT: usize = 64;

/// How many tags may fail to be resolved. More failures are the registry's.
const FAILURES_MAX: usize = 20;

/// The facts that documents have.
const IN_DOCUMENTS: [Fact; 3] = [Fact::Size, Fact::Platforms, Fact::Created];

/// Documents of a repository, as they are read.
pub(super) struct Reading<'a> {
    repository: Repository,
    options: &'a TagsOptions,
    known: KnownDocuments,
    concurrent: usize,
    /// Whether a tag was resolved, so that it is known whether the registry limits pulls.
    has_looked: bool,
    gone: Vec<Tag>,
    unread: Vec<Unread>,
    spared: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn of(repository: Repository, options: &'a TagsOptions, known: KnownDocuments) -> Self {
        let repository = repository.past_mirrors();
        let (gone, unread, spared) = Default::default();
        Self { repository, options, known, concurrent: CONCURRENT, has_looked: false, gone, unread, spared }
    }

    /// Limits how many requests are made concurrently.
    pub(super) fn limited_to(self, jobs: Option<NonZeroUsize>) -> Self {
        Self { concurrent: jobs.map_or(CONCURRENT, NonZeroUsize::get), ..self }
    }

    /// Adds the facts that tags lack, as far as they are `wanted` and documents have them.
    ///
    /// Tags that the registry does not have are removed. Where a registry limits pulls, no manifest is read.
    ///
    /// # Errors
    /// An error if the registry is unreachable or refuses to resolve a tag.
    pub(super) async fn complete(
        &mut self,
        tags: &mut Vec<TagDetail>,
        wanted: impl Fn(&TagDetail) -> BTreeSet<Fact>,
    ) -> Result<(), Failure> {
        self.resolve(tags, &wanted).await?;
        let gaps: Vec<_> = tags.iter().filter_map(|detail| Gap::of(detail, &wanted(detail))).collect();
        let Some(first) = gaps.first() else { return Ok(()) };
        if !self.has_looked && !self.known.has_all(gaps.iter().map(|gap| &gap.digest)) {
            // A `HEAD` is not counted, and says whether a `GET` would be.
            self.repository.head_manifest(&first.digest.clone().into()).await?;
        }
        self.read_manifests(gaps.iter().map(|gap| gap.digest.clone()).collect()).await?;
        let lacking =
            |fact: Fact| gaps.iter().filter(move |gap| gap.facts.contains(&fact)).map(|gap| &gap.digest);
        let undated: BTreeSet<_> =
            lacking(Fact::Created).filter(|digest| self.known.is_undated(digest)).cloned().collect();
        let children: BTreeSet<_> =
            lacking(Fact::Size).chain(&undated).filter_map(|digest| self.child_of(digest)).collect();
        self.read_manifests(children).await?;
        let dated_by = undated.iter().filter_map(|digest| self.child_of(digest));
        let configs = lacking(Fact::Platforms).chain(&undated).cloned().chain(dated_by).collect();
        self.read_configs(configs).await?;
        tags.iter_mut().for_each(|detail| self.describe(detail));
        if self.is_limited() {
            self.spared = gaps.iter().filter(|gap| self.known.get(&gap.digest).is_none()).count();
        }
        Ok(())
    }

    /// Resolves the tags whose digest is unknown, and removes those that the registry does not have.
    ///
    /// As long as nothing is known about the repository, manifests are read rather than resolved where they are
    /// wanted: that is one request for a tag instead of two.
    async fn resolve(
        &mut self,
        tags: &mut Vec<TagDetail>,
        wanted: impl Fn(&TagDetail) -> BTreeSet<Fact>,
    ) -> Result<(), Failure> {
        let is_in_documents = |facts: &BTreeSet<Fact>| IN_DOCUMENTS.iter().any(|fact| facts.contains(fact));
        let mut reads = self.known.is_empty();
        let mut unknown = Vec::new();
        for detail in tags.iter().filter(|detail| detail.digest.is_none()) {
            let facts = wanted(detail);
            reads &= is_in_documents(&facts);
            if !facts.is_empty() {
                unknown.push(detail.tag.clone());
            }
        }
        let mut found = HashMap::new();
        if let Some(first) = unknown.pop() {
            // This is not counted as a pull, and says whether the registry limits pulls.
            match self.look(first.clone()).await {
                Ok(digest) => {
                    found.insert(first, digest);
                }
                // What the first tag is refused, all are.
                Err(error) if error.kind() == ErrorKind::Denied => return Err(error.into()),
                Err(error) => self.unread.push(unread(first.into(), error.into())?),
            }
            self.has_looked = true;
        }
        let how = if reads && !self.is_limited() { Resolving::Read } else { Resolving::Look };
        let resolving = unknown.into_iter().map(async |tag| {
            let resolved = self.resolved(&tag, how).await;
            (tag, resolved)
        });
        let mut resolving = stream::iter(resolving).buffer_unordered(self.concurrent);
        let mut documents = Vec::new();
        let mut failures = Vec::new();
        while let Some((tag, resolved)) = resolving.next().await {
            match resolved {
                Ok(Resolved { digest, document }) => {
                    documents.extend(digest.clone().zip(document));
                    found.insert(tag, digest);
                }
                Err(error) if failures.len() >= FAILURES_MAX => return Err(error.into()),
                Err(error) => failures.push(unread(tag.into(), error.into())?),
            }
        }
        drop(resolving);
        self.unread.extend(failures);
        documents.into_iter().for_each(|(digest, document)| self.known.add(digest, document));
        tags.retain_mut(|detail| match found.remove(&detail.tag) {
            Some(None) => {
                self.gone.push(detail.tag.clone());
                false
            }
            Some(digest) => {
                detail.digest = digest;
                true
            }
            None => true,
        });
        Ok(())
    }

    async fn resolved(&self, tag: &Tag, how: Resolving) -> Result<Resolved, Error> {
        if how == Resolving::Look {
            return Ok(Resolved { digest: self.look(tag.clone()).await?, document: None });
        }
        match self.repository.get_manifest(&Selector::Tag(tag.clone())).await {
            Ok(raw) => {
                let digest = Some(raw.descriptor().digest.clone());
                Ok(Resolved { digest, document: Document::of(&raw).ok() })
            }
            Err(error) if error.is_not_found() => Ok(Resolved { digest: None, document: None }),
            // What is wrong with the manifest is found out by its digest.
            Err(remote::Error::Image(_)) => {
                Ok(Resolved { digest: self.look(tag.clone()).await?, document: None })
            }
            Err(error) => Err(Error::of_tags(self.repository.name(), error)),
        }
    }

    async fn look(&self, tag: Tag) -> Result<Option<Digest>, Error> {
        let found = self.repository.head_manifest(&Selector::Tag(tag)).await;
        let found = found.map_err(|error| Error::of_tags(self.repository.name(), error))?;
        Ok(found.map(|found| found.digest))
    }

    /// Reports whether each manifest that is read uses up one of few pulls.
    fn is_limited(&self) -> bool {
        self.repository.pull_limit().is_some_and(|limit| limit.window.is_some())
    }

    /// Returns the image of an index that stands for it.
    fn child_of(&self, digest: &Digest) -> Option<Digest> {
        Some(self.known.get(digest)?.child(&self.options.platform)?.digest.clone())
    }

    fn describe(&self, detail: &mut TagDetail) {
        let Some(document) = detail.digest.as_ref().and_then(|digest| self.known.get(digest)) else { return };
        let child = document.child(&self.options.platform);
        let child = child.and_then(|child| Some(Chosen { child, document: self.known.get(&child.digest)? }));
        document.describe(detail, child);
    }

    async fn read_manifests(&mut self, mut digests: BTreeSet<Digest>) -> Result<(), Failure> {
        digests.retain(|digest| self.known.get(digest).is_none());
        if self.is_limited() {
            return Ok(());
        }
        let repository = &self.repository;
        let read = |digest: Digest| async {
            let raw = repository.get_manifest(&digest.clone().into()).await.map_err(Failure::from);
            let document = raw.and_then(|raw| Ok(Document::of(&raw)?));
            (digest, document)
        };
        let mut reads = stream::iter(digests).map(read).buffer_unordered(self.concurrent);
        while let Some((digest, document)) = reads.next().await {
            match document {
                Ok(document) => self.known.add(digest, document),
                Err(failure) => self.unread.push(unread(digest.into(), failure)?),
            }
        }
        Ok(())
    }

    /// Reads the configs of these manifests.
    async fn read_configs(&mut self, manifests: BTreeSet<Digest>) -> Result<(), Failure> {
        let config = |digest: &Digest| {
            let config = self.known.get(digest)?.config()?;
            (config.size <= CONFIG_BYTES_MAX).then(|| (digest.clone(), config.clone()))
        };
        let configs: Vec<_> = manifests.iter().filter_map(config).collect();
        let repository = &self.repository;
        let read = |(digest, config): (Digest, Descriptor)| async move {
            let content = repository.read_small(&config).await;
            (digest, content)
        };
        let mut reads = stream::iter(configs).map(read).buffer_unordered(self.concurrent);
        while let Some((digest, content)) = reads.next().await {
            match content {
                Ok(content) => self.known.add_config(&digest, &content),
                Err(failure) => self.unread.push(unread(digest.into(), failure)?),
            }
        }
        Ok(())
    }

    /// Ends the reading, and keeps what was read for the next command.
    pub(super) fn end(self) -> ListedTags {
        self.known.save();
        ListedTags { gone: self.gone, spared: self.spared, unread: self.unread, ..ListedTags::default() }
    }
}

/// How a tag is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolving {
    /// By a request without the manifest.
    Look,
    /// By reading the manifest.
    Read,
}

/// A tag whose digest was asked for.
struct Resolved {
    /// `None` if the registry does not have it.
    digest: Option<Digest>,
    document: Option<Document>,
}

/// A digest about whose tag facts are missing.
struct Gap {
    digest: Digest,
    facts: BTreeSet<Fact>,
}

impl Gap {
    fn of(detail: &TagDetail, wanted: &BTreeSet<Fact>) -> Option<Self> {
        let is_missing = |fact: &&Fact| IN_DOCUMENTS.contains(fact) && !detail.knows(**fact);
        let facts: BTreeSet<_> = wanted.iter().filter(is_missing).copied().collect();
        let digest = detail.digest.clone()?;
        (!facts.is_empty()).then_some(Self { digest, facts })
    }
}

/// Takes a failure that concerns one tag or document only: the registry has responded, and does not limit requests.
fn unread(manifest: Selector, failure: Failure) -> Result<Unread, Failure> {
    let of_registry = match failure.downcast_ref() {
        Some(Error::Remote(error)) => Some(error),
        _ => failure.downcast_ref::<remote::Error>(),
    };
    let has_responded = of_registry.is_some_and(|error| error.status().is_some());
    match failure.kind() {
        ErrorKind::Unreachable if !has_responded => Err(failure),
        ErrorKind::RateLimited => Err(failure),
        _ => Ok(Unread { manifest, failure }),
    }
}
