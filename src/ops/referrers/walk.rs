//! Finds everything that belongs to an image, level by level.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::RelatedTags;
use crate::content::Source as _;
use crate::diagnose::ErrorKind;
use crate::image::{self, Descriptor, Manifest, RawManifest};
use crate::ops::Error;
use crate::reference::Tag;
use crate::remote::Repository;

/// The maximum depth: a signature of an attestation of an image in an index is four deep.
const DEPTH_MAX: usize = 8;

/// The maximum number of manifests, because all of them are kept in memory.
const NODES_MAX: usize = 10_000;

/// The maximum size of all manifests that are read together, in bytes. Real ones have 2 KB each.
const BYTES_MAX: u64 = 64 << 20;

/// How many manifests are asked about concurrently.
const CONCURRENT: usize = 8;

/// How a manifest belongs to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the image itself.
    Image,
    /// It is a manifest of an index.
    Child,
    /// It names the other one as its subject.
    Referrer,
    /// A tag made of the digest of the other one points to it.
    Attached(Tag),
}

/// How much is known of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It is there.
    Present,
    /// It is listed, but the registry does not have it.
    Missing,
    /// Its kind is not supported, so that nothing is known but its descriptor.
    Unsupported,
    /// It was found before, and what belongs to it is listed there.
    Repeated,
}

/// A manifest that was found.
#[derive(Debug)]
pub(in crate::ops) struct Node {
    /// The position of the manifest that it belongs to.
    pub(in crate::ops) parent: Option<usize>,
    pub(in crate::ops) relation: Relation,
    pub(in crate::ops) descriptor: Descriptor,
    /// The manifest, if it was read.
    pub(in crate::ops) manifest: Option<RawManifest>,
    pub(in crate::ops) state: NodeState,
}

/// Which manifests are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Reading {
    /// All of them, to find out what they are.
    All,
    /// Indexes, to find their children.
    Indexes,
}

/// A search in one repository.
pub(in crate::ops) struct Walk<'a> {
    pub(in crate::ops) repository: &'a Repository,
    pub(in crate::ops) tags: &'a RelatedTags,
    pub(in crate::ops) reading: Reading,
}

impl Walk<'_> {
    /// Finds everything that belongs to `root`, which comes first. Each manifest comes after the one it belongs to.
    pub(in crate::ops) async fn from(&self, root: RawManifest) -> Result<Vec<Node>, Error> {
        let first = Node {
            parent: None,
            relation: Relation::Image,
            descriptor: root.descriptor().clone(),
            manifest: Some(root),
            state: NodeState::Present,
        };
        let mut seen = HashSet::from([first.descriptor.digest.clone()]);
        let (mut nodes, mut begun, mut bytes) = (vec![first], 0, 0_u64);
        for depth in 0.. {
            let level = begun..nodes.len();
            if level.is_empty() {
                break;
            }
            bytes =
                nodes[level.clone()].iter().fold(bytes, |sum, node| sum.saturating_add(node.descriptor.size));
            check_limits(depth, nodes.len(), bytes)?;
            begun = level.end;
            let visits = stream::iter(level.clone()).map(|place| self.visit(&nodes[place]));
            let visited: Vec<Visited> = visits.buffered(CONCURRENT).try_collect().await?;
            for (place, Visited { manifest, state, related }) in level.zip(visited) {
                nodes[place].manifest = manifest;
                nodes[place].state = state;
                nodes.extend(related.into_iter().map(|(relation, descriptor)| {
                    let is_new = seen.insert(descriptor.digest.clone());
                    let state = if is_new { NodeState::Present } else { NodeState::Repeated };
                    Node { parent: Some(place), relation, descriptor, manifest: None, state }
                }));
            }
        }
        Ok(nodes)
    }

    async fn visit(&self, node: &Node) -> Result<Visited, Error> {
        let unread = |state| Visited { manifest: None, state, related: Vec::new() };
        if node.state == NodeState::Repeated {
            return Ok(unread(NodeState::Repeated));
        }
        let descriptor = &node.descriptor;
        let manifest = match &node.manifest {
            Some(manifest) => Some(manifest.clone()),
            None if !descriptor.media_type.is_manifest() => return Ok(unread(NodeState::Unsupported)),
            None if self.reading == Reading::Indexes && !descriptor.media_type.is_index() => None,
            None => match self.repository.manifest(descriptor).await {
                Ok(manifest) => Some(manifest),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(unread(NodeState::Missing)),
                Err(error) => return Err(error.into()),
            },
        };
        let mut related = Vec::new();
        match manifest.as_ref().map(RawManifest::parse) {
            Some(Ok(Manifest::Index(index))) => {
                related.extend(index.manifests.into_iter().map(|child| (Relation::Child, child)));
            }
            Some(Err(error)) if node.relation == Relation::Image => return Err(error.into()),
            Some(Err(_)) => return Ok(unread(NodeState::Unsupported)),
            Some(Ok(Manifest::Image(_))) | None => {}
        }
        let referrers = self.repository.referrers(&descriptor.digest).await?;
        related.extend(referrers.into_iter().map(|referrer| (Relation::Referrer, referrer)));
        let attached = self.tags.of(self.repository, &descriptor.digest).await?;
        related.extend(attached.into_iter().map(|(tag, there)| (Relation::Attached(tag), there)));
        Ok(Visited { manifest, state: NodeState::Present, related })
    }
}

/// What was found out about a manifest.
struct Visited {
    manifest: Option<RawManifest>,
    state: NodeState,
    related: Vec<(Relation, Descriptor)>,
}

fn check_limits(depth: usize, nodes: usize, bytes: u64) -> Result<(), Error> {
    let limit = |limit| Err(image::Error::Limit(limit).into());
    match () {
        () if depth > DEPTH_MAX => limit("referrers lie more than 8 deep"),
        () if nodes > NODES_MAX => limit("more than 10000 manifests belong to the image"),
        () if bytes > BYTES_MAX => limit("more than 64 MiB of manifests belong to the image"),
        () => Ok(()),
    }
}
