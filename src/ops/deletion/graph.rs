//! What there is around the digests of a repository: tags, indexes with their children, referrers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::digest::Digest;
use crate::reference::{Tag, attached_tags, referrers_tag};

/// The content of a repository, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// The tags with the digests that they point to.
    pub tags: BTreeMap<Tag, Digest>,
    /// The known manifests.
    pub members: BTreeMap<Digest, Member>,
    /// How many tags have names that are not valid. They cannot be requested, so their needs are unknown.
    pub invalid_tags: usize,
}

/// A manifest of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The kind of manifest.
    pub kind: Kind,
    /// The size of the manifest in bytes.
    pub bytes: u64,
    /// The config and the layers with their sizes, as the manifest states them.
    pub blobs: Vec<(Digest, u64)>,
    /// The manifests that an index lists.
    pub children: Vec<Digest>,
    /// The manifest that it refers to.
    pub subject: Option<Digest>,
    /// The manifests that refer to it, as the registry lists them.
    pub referrers: Vec<Digest>,
    /// When it was created or pushed, if that is known.
    pub date: Option<Timestamp>,
    /// What the date is that of.
    pub dated: Dated,
}

/// What a date is that of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dated {
    /// The creation, as the image says.
    #[default]
    Created,
    /// The push, as the registry says.
    Pushed,
}

/// The kind of a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An image.
    Image,
    /// An index of several images.
    Index,
    /// An artifact that is not an image, such as a signature.
    Artifact,
    /// The registry does not have it as a manifest, although an index lists it or a tag is made of its digest.
    Missing,
    /// A manifest that was not read, or in an unknown format: it may need any other.
    #[default]
    Unknown,
}

/// The ways from one manifest to others that are useless, or only useful, together with it.
pub(super) struct Links<'a> {
    family: &'a Family,
    /// The referrers by their own statement, and the targets of tags made of a digest.
    attached: BTreeMap<&'a Digest, BTreeSet<&'a Digest>>,
    /// The tags made of the digest of a manifest, with that digest.
    companions: BTreeMap<&'a Tag, &'a Digest>,
}

impl Family {
    /// Returns the tags of a digest.
    pub fn tags_of(&self, digest: &Digest) -> Vec<Tag> {
        self.tags.iter().filter(|(_, target)| *target == digest).map(|(tag, _)| tag.clone()).collect()
    }

    /// Returns the indexes that list a digest.
    pub fn parents_of(&self, digest: &Digest) -> Vec<Digest> {
        let lists = |member: &Member| member.children.contains(digest);
        self.members.iter().filter(|(_, member)| lists(member)).map(|(parent, _)| parent.clone()).collect()
    }
}

impl<'a> Links<'a> {
    pub(super) fn of(family: &'a Family) -> Self {
        let mut attached: BTreeMap<&Digest, BTreeSet<&Digest>> = BTreeMap::new();
        let mut companions = BTreeMap::new();
        for (digest, member) in &family.members {
            attached.entry(digest).or_default().extend(&member.referrers);
            if let Some(subject) = &member.subject {
                attached.entry(subject).or_default().insert(digest);
            }
            for tag in companions_of(digest) {
                if let Some((tag, target)) = family.tags.get_key_value(&tag) {
                    companions.insert(tag, digest);
                    attached.entry(digest).or_default().insert(target);
                }
            }
        }
        Self { family, attached, companions }
    }

    /// Returns the manifest whose signatures and the like a tag holds, by its name.
    pub(super) fn subject_of(&self, tag: &Tag) -> Option<&'a Digest> {
        self.companions.get(tag).copied()
    }

    /// Returns what refers to a digest: by its subject, by the registry's list, or by a tag made of the digest.
    pub(super) fn attached_to(&self, digest: &Digest) -> impl Iterator<Item = &'a Digest> {
        self.attached.get(digest).into_iter().flatten().copied()
    }

    /// Returns the manifests that have to stay for one that stays: its children, and what is attached to it.
    pub(super) fn below(&self, digest: &Digest) -> Vec<&'a Digest> {
        self.children(digest).chain(self.attached_to(digest)).collect()
    }

    fn children(&self, digest: &Digest) -> impl Iterator<Item = &'a Digest> + use<'a> {
        self.family.members.get(digest).into_iter().flat_map(|member| &member.children)
    }

    /// Returns these manifests and all below them.
    pub(super) fn closure(&self, roots: impl IntoIterator<Item = &'a Digest>) -> BTreeSet<&'a Digest> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<_> = roots.into_iter().collect();
        while let Some(digest) = waiting.pop() {
            if found.insert(digest) {
                waiting.extend(self.below(digest));
            }
        }
        found
    }

    /// Sorts manifests so that each comes before those below it, in steps whose order does not matter.
    pub(super) fn steps(&self, manifests: &BTreeSet<&'a Digest>) -> Vec<Vec<&'a Digest>> {
        let mut left = manifests.clone();
        let mut steps = Vec::new();
        while !left.is_empty() {
            let mut step = without(&left, |digest| self.below(digest));
            if step.is_empty() {
                // Tags made of digests can form a circle. Indexes cannot, and a tag is broken only by their children.
                step = without(&left, |digest| self.children(digest).collect());
            }
            if step.is_empty() {
                step = left.iter().copied().collect();
            }
            step.iter().for_each(|digest| _ = left.remove(digest));
            steps.push(step);
        }
        steps
    }
}

/// Returns the manifests that are not below another one.
fn without<'a>(all: &BTreeSet<&'a Digest>, below: impl Fn(&'a Digest) -> Vec<&'a Digest>) -> Vec<&'a Digest> {
    let others = |digest: &&'a Digest| {
        let digest = *digest;
        below(digest).into_iter().filter(move |one| *one != digest)
    };
    let found: BTreeSet<_> = all.iter().flat_map(others).collect();
    all.difference(&found).copied().collect()
}

/// Returns the tags that hold what is attached to a manifest.
pub(super) fn companions_of(digest: &Digest) -> impl Iterator<Item = Tag> {
    std::iter::once(referrers_tag(digest)).chain(attached_tags(digest))
}

/// Returns the digest that a tag is made of.
pub(super) fn subject_in(tag: &Tag) -> Option<Digest> {
    let (stem, _) = tag.as_str().split_once('.').unwrap_or((tag.as_str(), ""));
    let digest: Digest = stem.replacen('-', ":", 1).parse().ok()?;
    let is_companion = companions_of(&digest).any(|companion| companion == *tag);
    is_companion.then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Digest::sha256(text.as_bytes())
    }

    fn member(children: &[&str]) -> Member {
        Member {
            kind: Kind::Image,
            children: children.iter().map(|text| digest(text)).collect(),
            ..Member::default()
        }
    }

    #[test]
    fn a_tag_made_of_a_digest_is_known_by_its_name() {
        let image = digest("image");
        for tag in companions_of(&image) {
            assert_eq!(subject_in(&tag), Some(image.clone()), "{tag}");
        }
        for other in ["latest", "sha256-12", "sha256-12.sig", "v1.sig"] {
            assert_eq!(subject_in(&other.parse().unwrap()), None, "{other}");
        }
        let odd = format!("{}.zip", referrers_tag(&image));
        assert_eq!(subject_in(&odd.parse().unwrap()), None);
    }

    #[test]
    fn an_index_comes_before_its_children_and_an_image_before_its_signature() {
        let mut family = Family::default();
        family.members.insert(digest("index"), member(&["image"]));
        family.members.insert(digest("image"), member(&[]));
        family.members.insert(digest("sig"), Member { subject: Some(digest("image")), ..member(&[]) });
        let links = Links::of(&family);
        let all = family.members.keys().collect();
        let steps: Vec<Vec<Digest>> =
            links.steps(&all).into_iter().map(|step| step.into_iter().cloned().collect()).collect();
        assert_eq!(steps, [[digest("index")], [digest("image")], [digest("sig")]]);
        assert_eq!(family.parents_of(&digest("image")), [digest("index")]);
        assert!(links.attached_to(&digest("image")).eq([&digest("sig")]));
    }

    #[test]
    fn tags_that_stand_for_each_other_do_not_hang() {
        let (a, b) = (digest("a"), digest("b"));
        let mut family = Family::default();
        family.members.insert(a.clone(), member(&[]));
        family.members.insert(b.clone(), member(&[]));
        family.tags.insert(referrers_tag(&a), b.clone());
        family.tags.insert(referrers_tag(&b), a.clone());
        let links = Links::of(&family);
        assert_eq!(links.closure([&a]).len(), 2);
        assert_eq!(links.steps(&[&a, &b].into()).concat().len(), 2);
    }
}
