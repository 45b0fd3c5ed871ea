//! What belongs to an image, as a tree.

use super::RelatedTags;
use super::walk::{Node, NodeState, Reading, Relation, Walk};
use crate::image::{Artifact, Descriptor, Platform};
use crate::ops::Error;
use crate::ops::open::Access;
use crate::ops::read::read_chosen;
use crate::reference::Reference;

/// A manifest with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrerTree {
    /// How it belongs to the manifest above it.
    pub relation: Relation,
    /// Its type, digest and size, and its platform in an index.
    pub descriptor: Descriptor,
    /// What it is, if it could be read.
    pub artifact: Option<Artifact>,
    /// How much is known of it.
    pub state: NodeState,
    /// What belongs to it: first the manifests of an index, then referrers in the order of the registry, then what is
    /// attached by tags.
    pub branches: Vec<ReferrerTree>,
}

impl ReferrerTree {
    /// Returns the number of artifacts in the tree: everything but the image, and the manifests of indexes.
    pub fn artifacts(&self) -> usize {
        let own = usize::from(!matches!(self.relation, Relation::Image | Relation::Child));
        self.branches.iter().fold(own, |sum, branch| sum + branch.artifacts())
    }
}

/// Finds everything that belongs to an image at its registry, recursively; with `platform`, to that image of an index.
///
/// # Errors
/// An error if there is no such image, or the registry cannot be asked.
pub async fn referrers(
    access: Access<'_>,
    image: &Reference,
    platform: Option<&Platform>,
) -> Result<ReferrerTree, Error> {
    let repository = access.remote.repository(&image.name)?.past_mirrors();
    let root = read_chosen(&repository, image, platform).await?;
    let tags = RelatedTags::default();
    let nodes = Walk { repository: &repository, tags: &tags, reading: Reading::All }.from(root).await?;
    grown(nodes)
}

/// Builds the tree of nodes that come after the ones they belong to.
fn grown(nodes: Vec<Node>) -> Result<ReferrerTree, Error> {
    let mut trees: Vec<(Option<usize>, ReferrerTree)> = Vec::with_capacity(nodes.len());
    for Node { parent, relation, descriptor, manifest, state } in nodes {
        let artifact = manifest.and_then(|manifest| manifest.artifact(&descriptor).ok());
        trees.push((parent, ReferrerTree { relation, descriptor, artifact, state, branches: Vec::new() }));
    }
    // The last one has no branches that are not in it yet. They are put in their reverse order.
    while let Some((parent, mut tree)) = trees.pop() {
        tree.branches.reverse();
        match parent {
            Some(parent) => trees[parent].1.branches.push(tree),
            None => return Ok(tree),
        }
    }
    Err(Error::Invalid("the image has no manifest".to_owned()))
}
