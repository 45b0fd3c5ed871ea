//! Reads what there is around the digests of a repository.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;

use super::error::DeletionError;
use super::graph::{Dated, Family, Kind, Member, subject_in};
use crate::content::Source as _;
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageConfig, Manifest, RawManifest};
use crate::protocol::listing::Listed;
use crate::reference::{Selector, Tag};
use crate::remote::{self, ListedBy, Repository};

/// How many requests for small documents are made concurrently.
const CONCURRENT: usize = 32;

/// The maximum number of tags of a repository: all are kept in memory, some 20 MB.
const TAGS_MAX: usize = 100_000;

/// The maximum number of manifests of a repository: all are kept in memory, each with its blobs.
const MEMBERS_MAX: usize = 100_000;

/// The maximum size of a config whose date is read, in bytes.
const CONFIG_MAX: u64 = 8 << 20;

/// How deep indexes are nested whose date is looked for.
const NESTED_MAX: usize = 16;

/// A date before this one was not meant: reproducible builds have 1970.
const FIRST_DATE: Timestamp = Timestamp::constant(315_532_800, 0);

/// The annotation of a manifest with the date of its creation.
const CREATED: &str = "org.opencontainers.image.created";

/// How much is read of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The tags with their digests.
    Tags,
    /// The indexes, too, with what they list, and what refers to one digest.
    Indexes,
    /// All manifests and referrers.
    Whole,
}

/// A repository that is being read.
pub(super) struct Reading<'a> {
    repository: &'a Repository,
    family: Family,
    /// The descriptors of the manifests, and the configs of images.
    descriptors: HashMap<Digest, Descriptor>,
    configs: HashMap<Digest, Descriptor>,
    /// The platforms of an index whose dates are its date.
    dated: HashMap<Digest, Digest>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(repository: &'a Repository) -> Self {
        Self {
            repository,
            family: Family::default(),
            descriptors: HashMap::new(),
            configs: HashMap::new(),
            dated: HashMap::new(),
        }
    }

    /// Ends the reading.
    pub(super) fn family(self) -> Family {
        self.family
    }

    pub(super) fn so_far(&self) -> &Family {
        &self.family
    }

    /// Reads the tags and their digests.
    pub(super) async fn tags(&mut self) -> Result<(), DeletionError> {
        let name = self.repository.name();
        let mut pages = self.repository.tags();
        let mut tags = BTreeSet::new();
        while let Some(page) = pages.next_page().await? {
            for text in page {
                match text.parse::<Tag>() {
                    Ok(tag) => _ = tags.insert(tag),
                    Err(_) => self.family.invalid_tags += 1,
                }
            }
            if tags.len() > TAGS_MAX {
                return Err(DeletionError::TooManyTags { name: name.clone(), limit: TAGS_MAX });
            }
        }
        let resolve = |tag: Tag| async {
            let found = self.repository.head_manifest(&Selector::Tag(tag.clone())).await?;
            Ok::<_, remote::Error>((tag, found))
        };
        let mut found = stream::iter(tags).map(resolve).buffer_unordered(CONCURRENT);
        while let Some((tag, found)) = found.try_next().await? {
            // What a listed tag means is not known if its manifest is missing, so anything may be needed by it.
            let Some(descriptor) = found else {
                self.family.invalid_tags += 1;
                continue;
            };
            self.family.tags.insert(tag, descriptor.digest.clone());
            self.descriptors.insert(descriptor.digest.clone(), descriptor);
        }
        Ok(())
    }

    /// Reads the manifests of this kind and all that they lead to.
    pub(super) async fn manifests(&mut self, depth: Depth) -> Result<(), DeletionError> {
        let is_wanted =
            |descriptor: &&Descriptor| depth == Depth::Whole || !descriptor.media_type.is_image_manifest();
        let mut waiting: Vec<_> = self.descriptors.values().filter(is_wanted).cloned().collect();
        // The children of an index may be missing, but not what a tag points to.
        let mut are_tagged = true;
        while !waiting.is_empty() {
            let read = |descriptor: Descriptor| async {
                let manifest = present(self.repository.manifest(&descriptor).await)?;
                Ok::<_, DeletionError>((descriptor, manifest))
            };
            let found: Vec<_> =
                stream::iter(waiting).map(read).buffer_unordered(CONCURRENT).try_collect().await?;
            waiting = Vec::new();
            for (descriptor, manifest) in found {
                let below = self.add(&descriptor, manifest.as_ref());
                if are_tagged && manifest.is_none() {
                    self.family.invalid_tags += 1;
                }
                waiting.extend(below.into_iter().filter(is_wanted_of(depth)).filter(|child| {
                    let is_new = !self.family.members.contains_key(&child.digest);
                    is_new && self.descriptors.insert(child.digest.clone(), child.clone()).is_none()
                }));
            }
            are_tagged = false;
            if self.descriptors.len() > MEMBERS_MAX {
                let name = self.repository.name().clone();
                return Err(DeletionError::TooManyManifests { name, limit: MEMBERS_MAX });
            }
        }
        Ok(())
    }

    /// Adds a manifest, and returns the manifests below it.
    fn add(&mut self, descriptor: &Descriptor, manifest: Option<&RawManifest>) -> Vec<Descriptor> {
        let digest = descriptor.digest.clone();
        let Some(raw) = manifest else {
            self.family.members.insert(digest, Member { kind: Kind::Missing, ..Member::default() });
            return Vec::new();
        };
        let mut member =
            Member { bytes: raw.bytes().len() as u64, date: annotated(raw), ..Member::default() };
        let mut below: Vec<Descriptor> = Vec::new();
        match raw.parse() {
            Ok(Manifest::Index(index)) => {
                member.kind = Kind::Index;
                member.subject = index.subject.map(|subject| subject.digest);
                member.children = index.manifests.iter().map(|child| child.digest.clone()).collect();
                let others;
                (below, others) =
                    index.manifests.into_iter().partition(|child| child.media_type.is_manifest());
                // What an index lists as something else is not read, and leads to nothing.
                for other in others {
                    let leaf = Member { kind: Kind::Missing, ..Member::default() };
                    self.family.members.entry(other.digest).or_insert(leaf);
                }
                let runnable = below.iter().find(|child| !child.is_attestation() && !child.is_artifact());
                self.dated.extend(runnable.map(|child| (digest.clone(), child.digest.clone())));
            }
            Ok(Manifest::Image(image)) => {
                member.kind = if image.is_runnable() { Kind::Image } else { Kind::Artifact };
                member.blobs = image.blobs().map(|blob| (blob.digest.clone(), blob.size)).collect();
                member.subject = image.subject.map(|subject| subject.digest);
                if member.kind == Kind::Image {
                    self.configs.insert(digest.clone(), image.config);
                }
            }
            // This old format refers to no manifests.
            Err(image::Error::Schema1) => member.kind = Kind::Artifact,
            Err(error) => tracing::debug!("{digest}: {error}"),
        }
        self.family.members.insert(digest, member);
        below
    }

    /// Reads what refers to these digests, and what refers to that, where the registry has an API for it. Elsewhere
    /// the tags show it.
    pub(super) async fn referrers(&mut self, of: Vec<Digest>) -> Result<(), DeletionError> {
        let mut waiting = of;
        while let Some(first) = waiting.pop() {
            let listed = self.repository.list_referrers(&first).await?;
            if listed.listed_by == ListedBy::Tag {
                return Ok(());
            }
            let list = |digest: Digest| async {
                let listed = self.repository.list_referrers(&digest).await?;
                Ok::<_, remote::Error>((digest, listed.descriptors))
            };
            let rest = stream::iter(std::mem::take(&mut waiting)).map(list).buffer_unordered(CONCURRENT);
            let mut all: Vec<_> = rest.try_collect().await?;
            all.push((first, listed.descriptors));
            let mut news = Vec::new();
            for (digest, descriptors) in all {
                let member = self.family.members.entry(digest).or_default();
                member.referrers = descriptors.iter().map(|found| found.digest.clone()).collect();
                for descriptor in descriptors {
                    let digest = descriptor.digest.clone();
                    if self.descriptors.insert(digest.clone(), descriptor).is_none() {
                        news.push(digest);
                    }
                }
            }
            self.read_only(&news).await?;
            waiting = news;
        }
        Ok(())
    }

    /// Reads these manifests, and those below them.
    async fn read_only(&mut self, digests: &[Digest]) -> Result<(), DeletionError> {
        let known = std::mem::take(&mut self.descriptors);
        let digests: BTreeSet<_> = digests.iter().collect();
        let is_wanted = |(digest, _): &(&Digest, &Descriptor)| digests.contains(*digest);
        self.descriptors =
            known.iter().filter(is_wanted).map(|(digest, found)| (digest.clone(), found.clone())).collect();
        let read = self.manifests(Depth::Whole).await;
        self.descriptors.extend(known);
        read
    }

    /// Reads the manifests that only tags made of their digests lead to.
    pub(super) async fn subjects(&mut self) -> Result<(), DeletionError> {
        self.look_for(&self.family.tags.keys().filter_map(subject_in).collect()).await
    }

    /// Reads these manifests, as far as they exist, and those below them.
    pub(super) async fn look_for(&mut self, wanted: &BTreeSet<Digest>) -> Result<(), DeletionError> {
        let unknown: Vec<_> =
            wanted.iter().filter(|digest| !self.family.members.contains_key(digest)).cloned().collect();
        let look = |digest: Digest| async {
            let found = self.repository.head_manifest(&digest.clone().into()).await?;
            Ok::<_, remote::Error>((digest, found))
        };
        let looks = stream::iter(unknown).map(look).buffer_unordered(CONCURRENT);
        let found: Vec<_> = looks.try_collect().await?;
        let mut there = Vec::new();
        for (digest, found) in found {
            match found {
                Some(descriptor) => {
                    there.push(digest.clone());
                    self.descriptors.insert(digest, descriptor);
                }
                None => _ = self.add(&Descriptor::new(image::MediaType::OCTET_STREAM, digest, 0), None),
            }
        }
        self.read_only(&there).await
    }

    /// Adds the manifests that the registry lists, with the times of their pushes.
    pub(super) async fn listed(&mut self, listed: Vec<Listed>) -> Result<(), DeletionError> {
        self.look_for(&listed.iter().map(|one| one.digest.clone()).collect()).await?;
        for Listed { digest, pushed } in listed {
            if let (Some(member), Some(pushed)) = (self.family.members.get_mut(&digest), pushed) {
                // One that several tags were pushed for is as young as the last push.
                let before = member.date.filter(|_| member.dated == Dated::Pushed);
                (member.date, member.dated) = (Some(pushed).max(before), Dated::Pushed);
            }
        }
        Ok(())
    }

    /// Makes these digests known, even if their manifests are not read.
    pub(super) fn know(&mut self, digests: impl IntoIterator<Item = Digest>) {
        for digest in digests {
            self.family.members.entry(digest).or_default();
        }
    }

    /// Reads the dates of manifests whose annotations have none: each config once.
    pub(super) async fn dates(&mut self, of: BTreeSet<Digest>) -> Result<(), DeletionError> {
        let undated = |digest: &Digest| self.family.members.get(digest).is_some_and(|one| one.date.is_none());
        let images: BTreeSet<_> =
            of.iter().filter(|digest| undated(digest)).map(|digest| self.image_of(digest)).collect();
        let read = |digest: Digest| async {
            let Some(config) = self.configs.get(&digest).filter(|config| config.size <= CONFIG_MAX) else {
                return Ok((digest, None));
            };
            let content = present(self.repository.read_small(config).await)?;
            let date = content.and_then(|content| ImageConfig::parse(&content).ok()?.created.parse().ok());
            Ok::<_, DeletionError>((digest, date.filter(is_meant)))
        };
        let found: Vec<_> = stream::iter(images).map(read).buffer_unordered(CONCURRENT).try_collect().await?;
        let dates: HashMap<_, _> =
            found.into_iter().filter_map(|(digest, date)| Some((digest, date?))).collect();
        for digest in of {
            let date = dates.get(&self.image_of(&digest)).copied();
            if let Some(member) = self.family.members.get_mut(&digest) {
                member.date = member.date.or(date);
            }
        }
        Ok(())
    }

    /// Returns the image whose date is that of an index, or the image itself.
    fn image_of(&self, digest: &Digest) -> Digest {
        let mut image = digest;
        for _ in 0..NESTED_MAX {
            image = self.dated.get(image).unwrap_or(image);
        }
        image.clone()
    }
}

/// Returns what was read, or `None` if the registry does not have it.
fn present<T>(read: Result<T, crate::diagnose::Failure>) -> Result<Option<T>, DeletionError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.downcast_ref::<remote::Error>().is_some_and(remote::Error::is_not_found) => {
            Ok(None)
        }
        Err(failure) => Err(failure.into()),
    }
}

fn is_wanted_of(depth: Depth) -> impl Fn(&Descriptor) -> bool {
    move |descriptor| depth == Depth::Whole || !descriptor.media_type.is_image_manifest()
}

fn is_meant(date: &Timestamp) -> bool {
    *date >= FIRST_DATE
}

/// Returns the date in the annotations of a manifest.
fn annotated(raw: &RawManifest) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Annotated {
        #[serde(default)]
        annotations: HashMap<String, String>,
    }
    let annotated: Annotated = serde_json::from_slice(raw.bytes()).ok()?;
    annotated.annotations.get(CREATED)?.parse().ok().filter(is_meant)
}
