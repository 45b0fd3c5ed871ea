//! Deletion: each kind of registry has its own way to remove a tag, and its own answer to the deletion of a digest.
//!
//! Where the registry's API can delete tags, that is used. `registry:2` can only delete digests, with all their
//! tags, so that the tag is moved to a manifest of its own first. Some registries have an API beside the registry's.
//! The registries of some providers delete nothing here: the error names what to use.

mod api;
mod manifests;
mod nexus;
mod own;
mod replacement;

use std::sync::Arc;

pub(super) use own::harbor_repository;
use tokio::sync::OnceCell;

use super::hub::Account;
use super::server::Server;
use super::{Error, NoDeletion, Remote, Repository, Software};
use crate::digest::Digest;
use crate::protocol::listing::Listed;
use crate::reference::{Name, Selector, Tag};
use api::Answer;

/// What a registry does with the tags of a digest that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagsOfDigest {
    /// The registry removes them, too.
    Removed,
    /// The registry refuses to delete the digest, so they have to be removed first.
    Protecting,
}

/// How the content of one repository is deleted. Each request is sent only to the registry's own host, except that
/// tags of Docker Hub are deleted at `hub.docker.com`.
pub struct Deletion {
    software: Software,
    repository: Repository,
    /// The registry with its other APIs. They get user name and password, if there are any.
    own: Arc<Server>,
    hub: Option<Account>,
    /// Whether the registry allows deletion at all, as far as it was asked.
    allowed: OnceCell<()>,
}

impl Remote {
    /// Returns how the content of `name` is deleted, after finding out which software its registry is.
    ///
    /// # Errors
    /// [`NoDeletion::Unsupported`] if this software cannot delete by a registry's API; an error if the registry is
    /// unreachable.
    pub async fn deletion(&self, name: &Name) -> Result<Deletion, Error> {
        let registry = &name.registry;
        let software = if registry.is_hub() { Software::DockerHub } else { self.software(registry).await? };
        if matches!(software, Software::Ecr | Software::GitHub) {
            return Err(unsupported(name, software));
        }
        let own = self.own_api(registry)?;
        let hub = match software {
            Software::DockerHub => Some(self.hub_account().await?),
            _ => None,
        };
        Ok(Deletion {
            software,
            repository: self.repository(name)?.past_mirrors(),
            own,
            hub,
            allowed: OnceCell::new(),
        })
    }
}

impl Deletion {
    /// Returns the software of the registry.
    pub fn software(&self) -> Software {
        self.software
    }

    /// Returns the repository, read from the registry itself.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns what the registry does with the tags of a digest that is deleted.
    pub fn tags_of_digest(&self) -> TagsOfDigest {
        match self.software {
            Software::DockerHub | Software::Google => TagsOfDigest::Protecting,
            _ => TagsOfDigest::Removed,
        }
    }

    /// Removes a tag, and neither its manifest nor other tags.
    ///
    /// # Errors
    /// [`Error::Request`] if the tag does not exist or the registry refuses; [`NoDeletion::SwitchedOff`] if deletion is
    /// switched off; [`NoDeletion::Unsupported`] if this software cannot delete a tag.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the tag as it was or removed. A tag that is being replaced in order to remove it
    /// is still removed.
    pub async fn untag(&self, tag: &Tag) -> Result<(), Error> {
        let name = self.repository.name();
        let origin = &*self.repository.uploads.origin;
        self.forget();
        match (self.software, &self.hub) {
            (Software::DockerHub, Some(account)) => account.untag(&name.repository, tag).await,
            (Software::Harbor, _) => {
                let digest = self.resolved(tag).await?;
                own::untag_at_harbor(&self.own, name, &Selector::Digest(digest), tag).await
            }
            (Software::Nexus, _) => nexus::untag(&self.own, &name.repository, tag).await,
            (Software::Azure, _) => own::untag_at_azure(origin, &name.repository, tag).await,
            _ => {
                let scopes = api::scopes(self.software, &name.repository);
                match api::delete(origin, &scopes, api::manifest(&name.repository, &tag.clone().into()))
                    .await?
                {
                    Answer::Done => Ok(()),
                    Answer::Unsupported(error) => self.untag_otherwise(tag, error).await,
                }
            }
        }
    }

    /// Removes a tag of a registry whose API cannot do it.
    async fn untag_otherwise(&self, tag: &Tag, error: Error) -> Result<(), Error> {
        let name = self.repository.name();
        match self.software {
            Software::GitLab => own::untag_at_old_gitlab(&self.repository.uploads.origin, name, tag).await,
            Software::Artifactory => own::untag_at_artifactory(&self.own, name, tag).await,
            Software::Distribution | Software::Unknown | Software::Regcli | Software::Zot => {
                self.allowed().await?;
                replacement::untag(&self.repository, tag).await
            }
            Software::Aliyun => Err(unsupported(name, self.software)),
            _ => Err(error),
        }
    }

    /// Deletes a manifest. The registry removes its tags, too, unless they are [`TagsOfDigest::Protecting`] it.
    ///
    /// # Errors
    /// [`Error::Request`] if the manifest does not exist or the registry refuses; [`NoDeletion::SwitchedOff`] if deletion
    /// is switched off; [`NoDeletion::Unsupported`] if this software cannot delete.
    pub async fn delete(&self, digest: &Digest) -> Result<(), Error> {
        let name = self.repository.name();
        let scopes = api::scopes(self.software, &name.repository);
        self.forget();
        let path = api::manifest(&name.repository, &digest.clone().into());
        match api::delete(&self.repository.uploads.origin, &scopes, path).await? {
            Answer::Done => Ok(()),
            Answer::Unsupported(_) if self.software == Software::Aliyun => {
                Err(unsupported(name, self.software))
            }
            Answer::Unsupported(error) => Err(api::switched_off(name, error)),
        }
    }

    /// Returns the manifests that the registry lists with the times of their pushes. Empty if it has no such list, or
    /// does not show it to this user.
    ///
    /// # Errors
    /// An error if the registry is unreachable.
    pub async fn listed(&self) -> Result<Vec<Listed>, Error> {
        let (origin, name) = (&self.repository.uploads.origin, self.repository.name());
        match manifests::list(self.software, origin, &self.own, name).await {
            Ok(listed) => Ok(listed.unwrap_or_default()),
            Err(error) if error.status().is_some() || matches!(error, Error::Unexpected { .. }) => {
                tracing::debug!("the registry does not list its manifests: {error}");
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Finds out, without changing anything, whether the registry allows deletion, where that is a setting.
    ///
    /// # Errors
    /// [`NoDeletion::SwitchedOff`]; an error if the registry does not let this user delete.
    pub async fn check_allowed(&self) -> Result<(), Error> {
        match self.software {
            Software::Distribution | Software::Unknown => self.allowed().await,
            _ => Ok(()),
        }
    }

    /// Finds out, without changing anything, whether the registry allows deletion.
    async fn allowed(&self) -> Result<(), Error> {
        let ask = || api::ask_whether_allowed(&self.repository.uploads.origin, self.repository.name());
        self.allowed.get_or_try_init(ask).await.copied()
    }

    async fn resolved(&self, tag: &Tag) -> Result<Digest, Error> {
        let selector = Selector::Tag(tag.clone());
        match self.repository.head_manifest(&selector).await? {
            Some(found) => Ok(found.digest),
            // The error of a request for it says what is missing.
            None => Ok(self.repository.get_manifest(&selector).await?.descriptor().digest.clone()),
        }
    }

    /// Forgets what the repository is known to have: the registry may delete content that only this needed.
    fn forget(&self) {
        self.repository.uploads.contents.forget();
    }
}

fn unsupported(name: &Name, software: Software) -> Error {
    NoDeletion::Unsupported { name: name.clone(), software }.into()
}
