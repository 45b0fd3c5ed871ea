//! Chooses the kind of search by the software of the registry.

use std::sync::Arc;

use super::collection::{Collection, is_no_search};
use super::dialect::{Access, Dialect};
use super::dialects::{ARTIFACTORY, GITLAB, HARBOR, HARBOR_SEARCH, INDEX, NEXUS, NEXUS_BY_PATH, QUAY, ZOT};
use super::request::{Rest, Search, SearchRequest};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::protocol::Software;
use crate::remote::{Error, Remote};
use crate::retry::Policy;

/// A way to search a registry.
#[derive(Clone, Copy)]
enum Way {
    Dialect(&'static Dialect),
    /// The catalog, filtered as its pages arrive.
    Catalog,
}

/// The ways to search a registry of unknown software, the most common one first.
const GUESSES: &[Way] = &[
    Way::Dialect(&HARBOR),
    Way::Dialect(&HARBOR_SEARCH),
    Way::Dialect(&QUAY),
    Way::Dialect(&NEXUS),
    Way::Dialect(&INDEX),
    Way::Catalog,
];

/// Returns the ways to search a registry of this software, the best one first.
fn ways(software: Software) -> &'static [Way] {
    match software {
        Software::Harbor => &[Way::Dialect(&HARBOR), Way::Dialect(&HARBOR_SEARCH), Way::Catalog],
        Software::Quay => &[Way::Dialect(&QUAY), Way::Catalog],
        Software::Nexus => &[Way::Dialect(&NEXUS), Way::Catalog],
        Software::Artifactory => &[Way::Dialect(&ARTIFACTORY), Way::Catalog],
        Software::GitLab => &[Way::Dialect(&GITLAB), Way::Catalog],
        Software::Zot => &[Way::Dialect(&ZOT), Way::Catalog],
        // The registry API of GitHub has neither.
        Software::GitHub => &[],
        Software::Unknown => GUESSES,
        Software::DockerHub
        | Software::Ecr
        | Software::Google
        | Software::Azure
        | Software::Aliyun
        | Software::Distribution
        | Software::Regcli => &[Way::Catalog],
    }
}

impl Remote {
    /// Searches a registry, and returns the results in its own order.
    ///
    /// The kind of search is chosen by the software of the registry, which is remembered for the next command. If that
    /// software has been replaced meanwhile, it is found out again, once. A registry without a search has its catalog
    /// filtered.
    ///
    /// # Errors
    /// [`Error::Request`] if the registry is unreachable or refuses; [`Error::NoCatalog`] if it has neither a search nor
    /// a catalog; [`Error::NoSearch`] if its software is known to have neither.
    pub async fn search(&self, wanted: &SearchRequest<'_>) -> Result<Search, Error> {
        if wanted.registry.is_hub() {
            return self.search_hub(wanted).await;
        }
        let remembered = self.remembered_software(wanted.registry).await?;
        let mut attempt = Attempt { remote: self, wanted, refusal: None };
        let known = remembered.map(ways).unwrap_or_default();
        if let (Some(software), Some(first)) = (remembered, known.first()) {
            if let Some(search) = attempt.try_way(software, *first).await? {
                return Ok(search);
            }
            tracing::debug!("{} does not search as {} does", wanted.registry, software.name());
        }
        let software = self.searchable_software(wanted.registry).await?;
        let tried = if remembered == Some(software) { known.len().min(1) } else { 0 };
        for way in &self.chosen_ways(wanted, software)?[tried..] {
            if let Some(search) = attempt.try_way(software, *way).await? {
                self.learn_from(wanted, software, &search).await?;
                return Ok(search);
            }
        }
        Err(attempt
            .refusal
            .unwrap_or_else(|| Error::NoSearch { registry: wanted.registry.clone(), software }))
    }

    /// Returns the ways to search. A registry with a configured API has one, even if it does not say which.
    fn chosen_ways(&self, wanted: &SearchRequest<'_>, software: Software) -> Result<&'static [Way], Error> {
        let has_api = self.config.api(wanted.registry)?.is_some();
        Ok(if has_api && !software.is_certain() { GUESSES } else { ways(software) })
    }

    /// Remembers the software that a search has shown, if the registry did not say it.
    async fn learn_from(
        &self,
        wanted: &SearchRequest<'_>,
        software: Software,
        search: &Search,
    ) -> Result<(), Error> {
        let shown = match (software.is_certain(), search.software) {
            (true, _) => return Ok(()),
            (false, shown) if shown.is_certain() => shown,
            // Its catalog was searched, because it has nothing else.
            (false, _) if search.facts.is_empty() => Software::Distribution,
            (false, _) => return Ok(()),
        };
        self.remember_software(wanted.registry, shown).await
    }
}

/// A search that tries several ways.
struct Attempt<'a> {
    remote: &'a Remote,
    wanted: &'a SearchRequest<'a>,
    refusal: Option<Error>,
}

impl Attempt<'_> {
    /// Searches in one way. Returns `None` if the registry does not support it.
    ///
    /// # Errors
    /// An error that says nothing about the kind of search: the registry is unreachable or fails.
    async fn try_way(&mut self, software: Software, way: Way) -> Result<Option<Search>, Error> {
        let searched = match way {
            Way::Dialect(dialect) => self.ask(software, dialect).await,
            Way::Catalog => self.catalog(software).await.map(Some),
        };
        // A registry that may not even have the path may fail at it in any way.
        let is_guess = software == Software::Unknown && matches!(way, Way::Dialect(_));
        match searched {
            Err(error) if !is_no_search(&error) => Err(error),
            Err(error) if !is_guess && error.kind() == ErrorKind::Unreachable => Err(error),
            Err(error) => {
                tracing::debug!("{} is not searched like this: {error}", self.wanted.registry);
                // The catalog is the last way, and its error the one that a user can do something about.
                self.refusal = Some(error);
                Ok(None)
            }
            Ok(search) => Ok(search),
        }
    }

    async fn ask(&self, software: Software, dialect: &'static Dialect) -> Result<Option<Search>, Error> {
        let Self { remote, wanted, .. } = *self;
        let registry = wanted.registry;
        let server = match dialect.access {
            Access::Registry(_) => Arc::new(remote.origin(registry, remote.retry)?),
            // Only a registry that is known to be this software gets a password that it has not asked for.
            Access::Volunteered if software.is_certain() => remote.own_api(registry)?,
            Access::Volunteered | Access::IfAsked => {
                let retry = if software.is_certain() { remote.retry } else { Policy::ONCE };
                Arc::new(remote.asking_api(registry, retry)?)
            }
        };
        let collection = Collection { server: &server, dialect, wanted };
        let search = collection.read().await?;
        let is_empty = search.as_ref().is_some_and(|search| search.results.is_empty());
        if is_empty && dialect.software == Software::Nexus {
            let by_path = Collection { dialect: &NEXUS_BY_PATH, ..collection };
            return Ok(by_path.read().await?.or(search));
        }
        Ok(search)
    }

    async fn catalog(&self, software: Software) -> Result<Search, Error> {
        let pages = self.remote.catalog(self.wanted.registry)?;
        let mut rest = Rest { pages, term: self.wanted.term.to_owned(), left: self.wanted.limit as usize };
        let results = rest.next_page().await?.unwrap_or_default();
        Ok(Search { results, cut: None, facts: &[], software, rest: Some(rest) })
    }
}
