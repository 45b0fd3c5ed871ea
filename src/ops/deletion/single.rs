//! Removes named tags and images, after a look at what else there is by their digests.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DeletionError, Loss};
use super::family::{Depth, Reading};
use super::graph::{Family, Links};
use crate::digest::Digest;
use crate::ops::Error;
use crate::reference::{Name, Reference, Selector, Tag};
use crate::remote::{Deletion, Remote, Repository, TagsOfDigest};
use crate::sync::Pattern;

/// Whether to delete an image although other content is lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caution {
    /// Only if nothing else is lost.
    Careful,
    /// Always.
    Forced,
}

/// What a command is to remove from one repository.
#[derive(Clone, Debug)]
pub struct Named {
    /// The repository.
    pub name: Name,
    /// What of it.
    pub selections: Vec<Selection>,
}

/// Which tags or which digest.
#[derive(Clone, Debug)]
pub enum Selection {
    /// One tag.
    Tag(Tag),
    /// All tags that match.
    Matching(Pattern),
    /// A digest.
    Digest(Digest),
}

/// A repository whose content is to be removed, as it was found.
pub struct Prepared {
    deletion: Deletion,
    family: Family,
    /// The tags and digests that were named, indexes first, each once.
    pub targets: Vec<Target>,
    /// What was named and not found.
    pub missing: Vec<DeletionError>,
    /// What the targets need that stay against the plan.
    needed: BTreeSet<Digest>,
}

/// The maximum depth of indexes within indexes that is put in order.
const LEVELS_MAX: usize = 16;

/// A tag or a digest that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// With the tag or the digest that was named.
    pub reference: Reference,
    /// The digest.
    pub digest: Digest,
    /// What else there is by this digest.
    pub loss: Loss,
    /// Whether none of the tags of the digest stays if all targets are removed.
    pub is_last: bool,
}

impl Prepared {
    /// Looks at what there is by the digests of `named`.
    ///
    /// # Errors
    /// [`DeletionError::NotFound`], [`DeletionError::NoMatch`], or an error of the registry, which may be unable to
    /// delete.
    pub async fn look(remote: &Remote, named: &Named, depth: Depth) -> Result<Self, DeletionError> {
        let deletion = remote.deletion(&named.name).await?;
        let mut reading = Reading::of(deletion.repository());
        let tags = reading.tags().await;
        tags.map_err(|error| match error {
            DeletionError::Remote(error) => Error::of_tags(&named.name, error).into(),
            other => other,
        })?;
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        for selection in &named.selections {
            let one = One { name: &named.name, selection };
            match one.find(reading.so_far(), deletion.repository()).await {
                Ok(targets) => found.extend(targets),
                Err(error) => missing.push(error),
            }
        }
        if depth > Depth::Tags {
            reading.manifests(depth).await?;
            reading.know(found.values().cloned());
            reading.referrers(found.values().cloned().collect()).await?;
        }
        let family = reading.family();
        let (links, named) = (Links::of(&family), NamedContent::of(&found));
        let loss = |digest: &Digest| named.loss(&family, &links, digest);
        let target = |(reference, digest): (&Reference, &Digest)| {
            let loss = loss(digest);
            Target {
                reference: reference.clone(),
                digest: digest.clone(),
                is_last: loss.tags.is_empty(),
                loss,
            }
        };
        let mut targets: Vec<_> = found.iter().map(target).collect();
        let levels = levels(&family, &targets);
        targets.sort_by_key(|target| levels[&target.digest]);
        Ok(Self { deletion, family, targets, missing, needed: BTreeSet::new() })
    }

    /// Removes one tag, and nothing else.
    ///
    /// # Errors
    /// An error of the registry.
    pub async fn untag(&self, target: &Target) -> Result<(), DeletionError> {
        if let Some(tag) = &target.reference.tag {
            self.deletion.untag(tag).await?;
        }
        Ok(())
    }

    /// Deletes the manifest of a target with all its tags. Returns these tags.
    ///
    /// # Errors
    /// [`DeletionError::Lost`] if more is lost and `caution` does not allow that; an error of the registry.
    pub async fn delete(&self, target: &Target, caution: Caution) -> Result<Vec<Tag>, DeletionError> {
        self.check(target, caution)?;
        let tags = self.family.tags_of(&target.digest);
        if self.deletion.tags_of_digest() == TagsOfDigest::Protecting {
            for tag in &tags {
                self.deletion.untag(tag).await?;
            }
        }
        self.deletion.delete(&target.digest).await?;
        Ok(tags)
    }

    /// Returns all tags of a target's digest.
    pub fn tags(&self, target: &Target) -> Vec<Tag> {
        self.family.tags_of(&target.digest)
    }

    /// Reports what would be lost with a target.
    ///
    /// # Errors
    /// [`DeletionError::Lost`] if more is lost and `caution` does not allow that, or if a target that stays needs it.
    pub fn check(&self, target: &Target, caution: Caution) -> Result<(), DeletionError> {
        let is_needed = self.needed.contains(&target.digest);
        match caution {
            _ if is_needed || caution == Caution::Careful && !target.loss.is_nothing() => {
                Err(DeletionError::Lost {
                    reference: Box::new(target.reference.clone()),
                    loss: target.loss.clone(),
                })
            }
            Caution::Careful if self.family.invalid_tags > 0 => {
                Err(DeletionError::Blind(Box::new(target.reference.clone())))
            }
            _ => Ok(()),
        }
    }

    /// Records that a target stays, because it was refused or could not be deleted. Its parts stay, too.
    pub fn stays(&mut self, digest: &Digest) {
        let tags = self.family.tags_of(digest);
        let Some(member) = self.family.members.get(digest) else { return };
        for target in self.targets.iter_mut().filter(|target| member.children.contains(&target.digest)) {
            target.loss.indexes.push((digest.clone(), tags.clone()));
            self.needed.insert(target.digest.clone());
        }
    }
}

/// Returns how many of the targets are above each of them: an index goes before its parts, so that what stays after
/// an error is whole.
fn levels(family: &Family, targets: &[Target]) -> BTreeMap<Digest, usize> {
    let mut levels: BTreeMap<Digest, usize> =
        targets.iter().map(|target| (target.digest.clone(), 0)).collect();
    // An index contains the digests of its parts, so that there are no circles; a hostile depth is cut off.
    for _ in 0..LEVELS_MAX.min(targets.len()) {
        for target in targets {
            let below = levels[&target.digest] + 1;
            let children =
                family.members.get(&target.digest).map(|member| &member.children[..]).unwrap_or_default();
            for child in children {
                if let Some(level) = levels.get_mut(child) {
                    *level = below.max(*level);
                }
            }
        }
    }
    levels
}

/// A selection of a repository.
struct One<'a> {
    name: &'a Name,
    selection: &'a Selection,
}

impl One<'_> {
    /// Returns the tags, or the digest, with their digests.
    async fn find(
        &self,
        family: &Family,
        repository: &Repository,
    ) -> Result<Vec<(Reference, Digest)>, DeletionError> {
        let name = self.name;
        let tagged = |tag: &Tag| Reference::tagged(name.clone(), tag.clone());
        match self.selection {
            Selection::Tag(tag) => match family.tags.get(tag) {
                Some(digest) => Ok(vec![(tagged(tag), digest.clone())]),
                None => Err(DeletionError::NotFound(Box::new(tagged(tag)))),
            },
            Selection::Matching(pattern) => {
                let matching = family.tags.iter().filter(|(tag, _)| pattern.matches(tag.as_str()));
                let found: Vec<_> = matching.map(|(tag, digest)| (tagged(tag), digest.clone())).collect();
                match found.is_empty() {
                    false => Ok(found),
                    true => {
                        let pattern = pattern.as_str().to_owned();
                        Err(DeletionError::NoMatch { name: name.clone(), pattern })
                    }
                }
            }
            Selection::Digest(digest) => {
                let reference = Reference::digested(name.clone(), digest.clone());
                match repository.head_manifest(&Selector::Digest(digest.clone())).await? {
                    Some(_) => Ok(vec![(reference, digest.clone())]),
                    None => Err(DeletionError::NotFound(Box::new(reference))),
                }
            }
        }
    }
}

/// All that was named, which is not lost but deleted.
struct NamedContent<'a> {
    tags: BTreeSet<&'a Tag>,
    digests: BTreeSet<&'a Digest>,
}

impl<'a> NamedContent<'a> {
    fn of(found: &'a BTreeMap<Reference, Digest>) -> Self {
        Self {
            tags: found.keys().filter_map(|reference| reference.tag.as_ref()).collect(),
            digests: found.values().collect(),
        }
    }

    /// Returns what is lost with a digest beside what was named.
    fn loss(&self, family: &Family, links: &Links<'_>, digest: &Digest) -> Loss {
        let mut tags = family.tags_of(digest);
        tags.retain(|tag| !self.tags.contains(tag));
        let stays = |digest: &Digest| !self.digests.contains(digest);
        let indexes = family.parents_of(digest).into_iter().filter(&stays);
        Loss {
            tags,
            indexes: indexes.map(|index| (index.clone(), family.tags_of(&index))).collect(),
            referrers: links.attached_to(digest).filter(|referrer| stays(referrer)).cloned().collect(),
        }
    }
}
