//! Copies what belongs to an image after it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::RelatedTags;
use super::walk::{Node, Reading, Relation, Walk};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::digest::Digest;
use crate::image::{self, Descriptor};
use crate::ops::Error;
use crate::ops::open::Access;
use crate::reference::{Name, Reference, Selector};
use crate::remote::{ListedBy, Referrers, Repository};
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, SharedOptions, Sharing};

/// How many manifests are asked about, and how many artifacts are copied concurrently.
const CONCURRENT: usize = 8;

/// The options of a copy of referrers.
pub struct CopyReferrersOptions {
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent copies share.
    pub sharing: Sharing,
    /// The lists of tags that the images of one command share.
    pub tags: RelatedTags,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// The result of a copy of referrers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopiedReferrers {
    /// How many artifacts were copied.
    pub count: usize,
    /// How many artifacts were there already.
    pub present: usize,
    /// How many artifacts cannot be copied: they are missing although they are listed, or of an unsupported kind.
    pub skipped: usize,
    /// How many bytes of blobs were moved.
    pub moved: u64,
}

/// What a copy of referrers would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReferrersPreview {
    /// How many artifacts would be copied.
    pub missing: usize,
    /// How many artifacts are there already.
    pub present: usize,
}

/// Copies everything that belongs to the image `digest` from the repository of `from` to `to`, after the image was
/// copied: its referrers and its tags `.sig`, `.att` and `.sbom`, those of its platforms, and those of the artifacts
/// themselves. Subjects come before their referrers. Where the registry has no API for referrers, they are added to the
/// index under the tag that takes its place; what other clients have listed there stays.
///
/// A repeated copy asks each registry once for each manifest, and moves nothing.
///
/// # Errors
/// An error if a registry cannot be asked; every [`transfer::Error`].
///
/// # Cancel safety
/// Dropping the future leaves the artifacts that were copied so far. A later call copies the others.
pub async fn copy_referrers(
    access: Access<'_>,
    from: &Reference,
    to: &Name,
    image: CopiedImage<'_>,
) -> Result<CopiedReferrers, Error> {
    let CopiedImage { digest, options } = image;
    let Some(carrier) = Carrier::between(access, from, to, options)? else {
        return Ok(CopiedReferrers::default());
    };
    let nodes = carrier.nodes(digest).await?;
    let needs = carrier.needs(&nodes).await?;
    let mut copied = CopiedReferrers { present: present(&needs), ..CopiedReferrers::default() };
    let mut levels: BTreeMap<usize, Vec<&Need>> = BTreeMap::new();
    for need in needs.iter().filter(|need| need.lack != Lack::Nothing) {
        levels.entry(need.depth).or_default().push(need);
    }
    for level in levels.into_values() {
        carrier.carry(&level, &mut copied).await?;
    }
    Ok(copied)
}

/// Counts what [`copy_referrers`] would copy, and changes nothing.
///
/// # Errors
/// An error if a registry cannot be asked.
pub async fn preview_referrers(
    access: Access<'_>,
    from: &Reference,
    to: &Name,
    image: CopiedImage<'_>,
) -> Result<ReferrersPreview, Error> {
    let CopiedImage { digest, options } = image;
    let Some(carrier) = Carrier::between(access, from, to, options)? else {
        return Ok(ReferrersPreview::default());
    };
    let nodes = match carrier.nodes(digest).await {
        // A new index that lists fewer platforms is nowhere yet.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ReferrersPreview::default()),
        nodes => nodes?,
    };
    let needs = carrier.needs(&nodes).await?;
    let present = present(&needs);
    Ok(ReferrersPreview { missing: needs.len() - present, present })
}

/// An image whose referrers are copied.
#[derive(Clone, Copy)]
pub struct CopiedImage<'a> {
    /// The digest of its manifest or index.
    pub digest: &'a Digest,
    /// The options of the copy.
    pub options: &'a CopyReferrersOptions,
}

fn present(needs: &[Need]) -> usize {
    needs.iter().filter(|need| need.lack == Lack::Nothing).count()
}

/// What the target lacks of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Nothing,
    /// Its entry in the index that lists the referrers of its subject.
    Entry,
    /// The artifact.
    All,
}

/// An artifact, and what the target has of it.
struct Need<'a> {
    node: &'a Node,
    subject: &'a Digest,
    depth: usize,
    lack: Lack,
    /// The source of the target's list of referrers.
    listed_by: ListedBy,
}

/// A copy between two repositories.
struct Carrier<'a> {
    source: Repository,
    target: Repository,
    options: &'a CopyReferrersOptions,
}

impl<'a> Carrier<'a> {
    /// Returns `None` if both are the same repository, so that there is nothing to copy.
    fn between(
        access: Access<'_>,
        from: &Reference,
        to: &Name,
        options: &'a CopyReferrersOptions,
    ) -> Result<Option<Self>, Error> {
        if from.name == *to {
            return Ok(None);
        }
        let source = access.remote.repository(&from.name)?;
        Ok(Some(Self { source, target: access.remote.repository(to)?.past_mirrors(), options }))
    }

    /// Finds everything that belongs to the image.
    async fn nodes(&self, digest: &Digest) -> Result<Vec<Node>, Error> {
        let root = match self.source.manifest_of(digest).await {
            // The index lists fewer platforms at the target, so the source does not have it.
            Err(error) if error.kind() == ErrorKind::NotFound => self.target.manifest_of(digest).await?,
            root => root?,
        };
        let repository = &self.source.clone().past_mirrors();
        Walk { repository, tags: &self.options.tags, reading: Reading::Indexes }.from(root).await
    }

    /// Asks the target for each artifact.
    async fn needs<'n>(&self, nodes: &'n [Node]) -> Result<Vec<Need<'n>>, Error> {
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        let mut artifacts = Vec::new();
        let mut subjects: Vec<&Digest> = Vec::new();
        for node in nodes {
            depths.push(node.parent.map_or(0, |parent| depths[parent] + 1));
            let Some(parent) = node.parent.filter(|_| node.relation != Relation::Child) else { continue };
            let subject = &nodes[parent].descriptor.digest;
            artifacts.push((node, subject, depths[depths.len() - 1]));
            if node.relation == Relation::Referrer && subjects.last() != Some(&subject) {
                subjects.push(subject);
            }
        }
        let ask = async |subject| Ok::<_, Error>((subject, self.target.list_referrers(subject).await?));
        let lists: HashMap<&Digest, Referrers> =
            stream::iter(subjects).map(ask).buffer_unordered(CONCURRENT).try_collect().await?;
        let look = async |(node, subject, depth)| {
            let listed_by = lists.get(subject).map_or(ListedBy::Registry, |list| list.listed_by);
            let lack = self.lack(node, lists.get(subject)).await?;
            Ok::<_, Error>(Need { node, subject, depth, lack, listed_by })
        };
        stream::iter(artifacts).map(look).buffered(CONCURRENT).try_collect().await
    }

    async fn lack(&self, node: &Node, list: Option<&Referrers>) -> Result<Lack, Error> {
        if let Relation::Attached(tag) = &node.relation {
            let there = self.target.head_manifest(&Selector::Tag(tag.clone())).await?;
            let is_same = there.is_some_and(|there| there.digest == node.descriptor.digest);
            return Ok(if is_same { Lack::Nothing } else { Lack::All });
        }
        let Some(list) = list else { return Ok(Lack::All) };
        let is_listed = list.descriptors.iter().any(|listed| listed.digest == node.descriptor.digest);
        match (is_listed, list.listed_by) {
            (true, ListedBy::Registry) => Ok(Lack::Nothing),
            (false, ListedBy::Registry) => Ok(Lack::All),
            // The index is only what its writers say.
            (_, ListedBy::Tag) if !self.target.holds_manifest(&node.descriptor).await? => Ok(Lack::All),
            (true, ListedBy::Tag) => Ok(Lack::Nothing),
            (false, ListedBy::Tag) => Ok(Lack::Entry),
        }
    }

    /// Copies artifacts whose subjects are at the target.
    async fn carry(&self, level: &[&Need<'_>], copied: &mut CopiedReferrers) -> Result<(), Error> {
        let carry = async |need: &&Need<'_>| {
            let done = match need.lack {
                Lack::All => self.copy(need.node).await?,
                Lack::Entry | Lack::Nothing => {
                    Some(Done { entry: entry_of(&need.node.descriptor), moved: 0 })
                }
            };
            Ok::<_, Error>(done)
        };
        let done: Vec<Option<Done>> =
            stream::iter(level).map(carry).buffered(CONCURRENT).try_collect().await?;
        let mut unlisted: BTreeMap<&Digest, Vec<Descriptor>> = BTreeMap::new();
        for (need, done) in level.iter().zip(done) {
            let Some(Done { entry, moved }) = done else {
                copied.skipped += 1;
                continue;
            };
            copied.count += 1;
            copied.moved += moved;
            if need.node.relation == Relation::Referrer && need.listed_by == ListedBy::Tag {
                unlisted.entry(need.subject).or_default().push(entry);
            }
        }
        let list = async |(subject, entries): (&Digest, Vec<Descriptor>)| {
            Ok::<_, Error>(self.target.add_referrers(subject, &entries).await?)
        };
        stream::iter(unlisted).map(list).buffer_unordered(CONCURRENT).try_collect::<()>().await?;
        Ok(())
    }

    /// Copies one artifact. Returns `None` if that is impossible.
    async fn copy(&self, node: &Node) -> Result<Option<Done>, Error> {
        let Some(plan) = self.plan(&node.descriptor).await? else { return Ok(None) };
        let entry = plan.root().as_referrer()?;
        let selector = match &node.relation {
            Relation::Attached(tag) => Selector::Tag(tag.clone()),
            Relation::Image | Relation::Child | Relation::Referrer => node.descriptor.digest.clone().into(),
        };
        let ends = Ends {
            source: Arc::new(self.source.clone()),
            target: Arc::new(self.target.clone()),
            observer: Arc::clone(&self.options.observer),
        };
        // A check would transfer the config through this machine, and these are not images.
        let options = transfer::Options { layers: Layers::AsTheyAre, ..self.options.transfer.clone() };
        let shared = SharedOptions { options: &options, sharing: self.options.sharing.clone() };
        let outcome = transfer::copy_sharing(ends, plan, &selector, shared).await?;
        Ok(Some(Done { entry, moved: outcome.moved }))
    }

    async fn plan(&self, artifact: &Descriptor) -> Result<Option<Plan>, Error> {
        if !artifact.media_type.is_manifest() {
            return Ok(None);
        }
        match Plan::make(&self.source, artifact, &Platforms::All).await {
            Ok(plan) => Ok(Some(plan)),
            Err(transfer::Error::Image(image::Error::UnsupportedMediaType(_))) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// An artifact that is at the target.
struct Done {
    /// Its descriptor in a list of referrers.
    entry: Descriptor,
    moved: u64,
}

fn entry_of(listed: &Descriptor) -> Descriptor {
    Descriptor { platform: None, urls: Vec::new(), ..listed.clone() }
}
