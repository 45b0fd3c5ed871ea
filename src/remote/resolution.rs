//! Resolves tags at the registry itself, so that a mirror that is behind it does no harm.
//!
//! The registry is asked by `HEAD`, which costs nothing: Docker Hub counts only a `GET` of a manifest as a pull
//! (<https://docs.docker.com/docker-hub/usage/pulls/>). The manifest and the blobs then come from mirrors by digest.

use std::time::Duration;

use super::Error;
use super::manifests::{accept, described, manifest_route};
use super::mirrors::Mirrors;
use super::refusal::Refusal;
use super::server::{Head, Server};
use crate::config::Resolve;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::Request;
use crate::image::Descriptor;
use crate::reference::{Selector, Tag};

/// How long the registry may take to respond if a mirror can resolve the tag in its place.
const PATIENCE: Duration = Duration::from_secs(10);

/// When mirrors are asked for a tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Before the registry itself.
    Usual,
    /// After the registry could not be asked.
    LastResort,
}

impl Mirrors {
    /// Reports whether there is a mirror that must not resolve tags, or only if the registry itself cannot.
    pub(super) fn are_resolved_upstream(&self) -> bool {
        !self.is_past() && self.all().any(|(_, server)| server.resolve() != Resolve::Mirror)
    }

    /// Resolves a tag: by the mirrors that may, then by the registry itself. If that cannot be asked, the other
    /// mirrors resolve the tag, with a warning.
    ///
    /// The result is kept, so that one command asks once and sees one version of the image.
    pub(super) async fn resolve_tag(&self, tag: &Tag) -> Result<Descriptor, Error> {
        if let Some(known) = self.resolved(tag) {
            return Ok(known);
        }
        let found = self.resolve_in_turn(&Selector::Tag(tag.clone())).await?;
        self.keep_resolved(tag, &found);
        Ok(found)
    }

    async fn resolve_in_turn(&self, tag: &Selector) -> Result<Descriptor, Error> {
        if let Some(found) = self.resolve_at_mirrors(tag, Standing::Usual).await {
            return Ok(found.0);
        }
        let origin = self.origin();
        let error = match self.ask_origin(tag).await {
            Err(error) if is_unavailable(&error) => error,
            Err(error) if Refusal::of(&error).is_none() => return Err(error),
            Ok(Some(found)) => return Ok(found),
            Ok(None) | Err(_) => return self.resolve_by_get(origin, tag).await,
        };
        let Some((found, mirror)) = self.resolve_at_mirrors(tag, Standing::LastResort).await else {
            // There is no mirror to go to, so waiting is worth it.
            return if error.kind() == ErrorKind::RateLimited {
                self.resolve_at(origin, tag).await
            } else {
                Err(self.explained(error))
            };
        };
        let name = origin.session().client().endpoint().credentials.to_string();
        origin.warn(&format!(
            "{name}/{}:{tag} was resolved by the mirror {mirror}, which may be behind, because {error}",
            self.repository
        ));
        Ok(found)
    }

    /// Asks the mirrors that resolve tags at this point. Returns the first result, and the host it is from.
    async fn resolve_at_mirrors(&self, tag: &Selector, at: Standing) -> Option<(Descriptor, String)> {
        let may = |(index, server): &(usize, &Server)| match (server.resolve(), self.is_dead(*index)) {
            (Resolve::Never, _) => false,
            (Resolve::Mirror, false) => at == Standing::Usual,
            (Resolve::Mirror, true) | (Resolve::Upstream, _) => at == Standing::LastResort,
        };
        for (index, server) in self.all().filter(may) {
            match self.resolve_at(server, tag).await {
                Ok(found) => return Some((found, server.host().to_owned())),
                Err(error) => self.note_failure(index, &error),
            }
        }
        None
    }

    /// Asks the registry itself once. Returns `None` if it sends no digest.
    async fn ask_origin(&self, tag: &Selector) -> Result<Option<Descriptor>, Error> {
        let origin = self.origin();
        let request =
            Request::head(manifest_route(&self.repository, tag)).with(reqwest::header::ACCEPT, accept());
        let patience = origin.session().client().endpoint().patience.min(PATIENCE);
        let response = origin.send(request.patient(patience), &self.scopes(origin)).await?.success().await?;
        let head = Head::of(&response);
        self.note_pull_limit(head.pull_limit);
        Ok(described(&head))
    }

    /// Resolves a tag at one server: by `HEAD`, or by `GET` if that is refused.
    async fn resolve_at(&self, server: &Server, tag: &Selector) -> Result<Descriptor, Error> {
        let path = manifest_route(&server.name_of(&self.repository), tag);
        let head = || Request::head(path.clone()).with(reqwest::header::ACCEPT, accept());
        let response = server.look(&self.scopes(server), head).await?;
        match response.and_then(|response| described(&Head::of(&response))) {
            Some(found) => Ok(found),
            None => self.resolve_by_get(server, tag).await,
        }
    }
}

/// Reports whether the registry could not be asked, or sends an error that says nothing about the tag.
fn is_unavailable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::RateLimited)
}
