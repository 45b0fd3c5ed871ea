//! What can be deleted together with tags, and what has to stay because something that stays needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Family, Kind, Links};
use crate::digest::Digest;
use crate::reference::{Tag, subject_in};

/// What is chosen to go: tags, and manifests without a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Tags, with the digests that they point to.
    pub tags: BTreeMap<Tag, Digest>,
    /// Manifests that neither a tag nor another manifest leads to.
    pub untagged: BTreeSet<Digest>,
}

/// What goes, in an order that leaves every tag that stays whole at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// The tags. Those of signatures and the like go with their manifests.
    pub tags: BTreeMap<Tag, Digest>,
    /// The manifests, in steps: an index before its children, an image before its signatures.
    pub steps: Vec<Vec<Digest>>,
    /// How many bytes of blobs and manifests nothing else in the repository needs.
    pub bytes: u64,
}

impl Removal {
    /// Returns what goes if `chosen` goes: what only that needs goes, too, and nothing that something else needs.
    ///
    /// While the needs of something that stays are unknown, only tags go.
    pub fn of(family: &Family, chosen: &Chosen) -> Self {
        let links = Links::of(family);
        let goes = |tag: &Tag, digest: &Digest| chosen.tags.get(tag) == Some(digest);
        let doomed = {
            let tagged =
                family.tags.iter().filter(|(tag, digest)| goes(tag, digest)).map(|(_, digest)| digest);
            let untagged = family.members.keys().filter(|digest| chosen.untagged.contains(digest));
            links.closure(tagged.chain(untagged))
        };
        let stays = |tag: &Tag, digest: &Digest| !goes(tag, digest) && links.subject_of(tag).is_none();
        let tagged = family.tags.iter().filter(|(tag, digest)| stays(tag, digest)).map(|(_, digest)| digest);
        // What is neither chosen nor below something chosen was not thought of, so it stays with all below it.
        let others = family.members.keys().filter(|digest| !doomed.contains(digest));
        let needed = links.closure(tagged.chain(others));
        let is_unknown =
            |digest: &&Digest| family.members.get(*digest).is_none_or(|member| member.kind == Kind::Unknown);
        let is_blind = family.invalid_tags > 0 || needed.iter().any(is_unknown);
        let manifests: BTreeSet<_> = match is_blind {
            true => BTreeSet::new(),
            false => {
                let there = family.members.iter().filter(|(_, member)| member.kind != Kind::Missing);
                let free = |digest: &&Digest| doomed.contains(digest) && !needed.contains(digest);
                there.map(|(digest, _)| digest).filter(free).collect()
            }
        };
        let tags = family.tags.iter().filter(|(tag, digest)| {
            goes(tag, digest) || links.subject_of(tag).is_some() && manifests.contains(digest)
        });
        Self {
            tags: tags.map(|(tag, digest)| (tag.clone(), digest.clone())).collect(),
            bytes: freed(family, &manifests),
            steps: links
                .steps(&manifests)
                .into_iter()
                .map(|step| step.into_iter().cloned().collect())
                .collect(),
        }
    }

    /// Returns the manifests that go, in their order.
    pub fn manifests(&self) -> impl Iterator<Item = &Digest> {
        self.steps.iter().flatten()
    }

    /// Reports whether nothing goes.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.steps.is_empty()
    }

    /// Returns the tags whose manifests stay.
    pub fn tags_alone(&self) -> BTreeMap<Tag, Digest> {
        let manifests: BTreeSet<_> = self.manifests().collect();
        let alone = self.tags.iter().filter(|(_, digest)| !manifests.contains(digest));
        alone.map(|(tag, digest)| (tag.clone(), digest.clone())).collect()
    }
}

/// Reports whether a tag stands for what is attached to a manifest, by its name. Such a tag stays and goes with that.
///
/// A hash may be cut to 64 digits in it, so that the digest is not known from the tag alone.
pub(super) fn is_companion(tag: &Tag) -> bool {
    subject_in(tag).is_some()
}

/// Returns how many bytes only these manifests need.
fn freed(family: &Family, manifests: &BTreeSet<&Digest>) -> u64 {
    let (mut going, mut staying) = (BTreeMap::new(), BTreeSet::new());
    let mut bytes = 0_u64;
    for (digest, member) in &family.members {
        if manifests.contains(digest) {
            bytes = bytes.saturating_add(member.bytes);
            going.extend(member.blobs.iter().map(|(blob, size)| (blob, *size)));
        } else {
            staying.extend(member.blobs.iter().map(|(blob, _)| blob));
        }
    }
    let only = going.into_iter().filter(|(blob, _)| !staying.contains(blob));
    only.fold(bytes, |bytes, (_, size)| bytes.saturating_add(size))
}
