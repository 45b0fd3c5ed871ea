//! Removes named tags and images, after a look at what else there is by their digests.

use super::error::{DeletionError, Loss};
use super::family::{Depth, Reading};
use super::graph::Family;
use crate::digest::Digest;
use crate::ops::Error;
use crate::reference::{Name, Reference, Selector, Tag};
use crate::remote::{Deletion, Remote, TagsOfDigest};
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
    pub selection: Selection,
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
    /// What was named: the tags, or the digest.
    pub targets: Vec<Target>,
}

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
        let found = found(reading.so_far(), &deletion, named).await?;
        if depth > Depth::Tags {
            reading.manifests(depth).await?;
            let digests: Vec<_> = found.iter().map(|(_, digest)| digest.clone()).collect();
            reading.know(digests.clone());
            reading.referrers(digests).await?;
        }
        let family = reading.family();
        let chosen: Vec<_> = found.iter().filter_map(|(reference, _)| reference.tag.clone()).collect();
        let target = |(reference, digest): (Reference, Digest)| {
            let loss = loss(&family, &digest, &chosen);
            Target { is_last: loss.tags.is_empty(), reference, digest, loss }
        };
        let targets = found.into_iter().map(target).collect();
        Ok(Self { deletion, family, targets })
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

    /// Deletes the manifest of a target with all its tags.
    ///
    /// # Errors
    /// [`DeletionError::Lost`] if more is lost and `caution` does not allow that; an error of the registry.
    pub async fn delete(&self, target: &Target, caution: Caution) -> Result<(), DeletionError> {
        self.check(target, caution)?;
        if self.deletion.tags_of_digest() == TagsOfDigest::Protecting {
            for tag in self.family.tags_of(&target.digest) {
                self.deletion.untag(&tag).await?;
            }
        }
        Ok(self.deletion.delete(&target.digest).await?)
    }

    /// Reports what would be lost with a target.
    ///
    /// # Errors
    /// [`DeletionError::Lost`] if more is lost and `caution` does not allow that.
    pub fn check(&self, target: &Target, caution: Caution) -> Result<(), DeletionError> {
        match caution {
            Caution::Careful if !target.loss.is_nothing() => Err(DeletionError::Lost {
                reference: Box::new(target.reference.clone()),
                loss: target.loss.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// Returns the tags, or the digest, that were named.
async fn found(
    family: &Family,
    deletion: &Deletion,
    named: &Named,
) -> Result<Vec<(Reference, Digest)>, DeletionError> {
    let name = &named.name;
    let tagged = |tag: &Tag| Reference::tagged(name.clone(), tag.clone());
    match &named.selection {
        Selection::Tag(tag) => match family.tags.get(tag) {
            Some(digest) => Ok(vec![(tagged(tag), digest.clone())]),
            None => Err(DeletionError::NotFound(Box::new(tagged(tag)))),
        },
        Selection::Matching(pattern) => {
            let matching = family.tags.iter().filter(|(tag, _)| pattern.matches(tag.as_str()));
            let found: Vec<_> = matching.map(|(tag, digest)| (tagged(tag), digest.clone())).collect();
            if found.is_empty() {
                let pattern = pattern.as_str().to_owned();
                return Err(DeletionError::NoMatch { name: name.clone(), pattern });
            }
            Ok(found)
        }
        Selection::Digest(digest) => {
            let reference = Reference::digested(name.clone(), digest.clone());
            match deletion.repository().head_manifest(&Selector::Digest(digest.clone())).await? {
                Some(_) => Ok(vec![(reference, digest.clone())]),
                None => Err(DeletionError::NotFound(Box::new(reference))),
            }
        }
    }
}

/// Returns what is lost with a digest, beside these tags of it.
fn loss(family: &Family, digest: &Digest, chosen: &[Tag]) -> Loss {
    let mut tags = family.tags_of(digest);
    tags.retain(|tag| !chosen.contains(tag));
    let indexes = family.parents_of(digest).into_iter();
    Loss {
        tags,
        indexes: indexes.map(|index| (index.clone(), family.tags_of(&index))).collect(),
        referrers: family.attached_to(digest),
    }
}
