//! What registries and the store list.

use std::time::Duration;

use regcli::diagnose::{ErrorKind, Failure};
use regcli::ops::search::{Limit, Query};
use regcli::ops::{self, TagPages};
use regcli::protocol::listing::TagDetail;
use regcli::reference::{Name, Registry};
use regcli::remote::{self, Detail};
use tokio::time::sleep;

use super::courier::{Courier, trouble};
use super::ended::Ended;
use super::worker::Worker;
use crate::browse::entry::Entry;
use crate::browse::kind::Kind;
use crate::browse::list::ENTRIES_MAX;
use crate::browse::message::News;
use crate::browse::rows;

/// How many results of a search are shown: what Docker Hub gives at most.
const RESULTS: i64 = 100;

/// How long the user has to stop typing before a registry is asked.
const PAUSE: Duration = Duration::from_millis(300);

/// A search.
pub(super) struct Term {
    pub(super) registry: Registry,
    pub(super) term: String,
}

/// Lists Docker Hub, the registries with credentials, and the store.
pub(super) async fn registries(worker: &Worker<'_>, courier: &Courier) {
    let mut entries = Vec::new();
    if worker.store.is_some() {
        entries.push(Entry::named("store").saying("images on this machine").opening(Kind::Store));
    }
    let hub = Registry::hub();
    let known = worker.context.keychain.accounts().await.accounts;
    let mut registries: Vec<_> = known.into_iter().map(|account| account.registry).collect();
    registries.dedup();
    let hub_text = match registries.iter().any(Registry::is_hub) {
        true => "Docker Hub, credentials are stored",
        false => "Docker Hub",
    };
    entries.push(Entry::named(hub.as_str()).saying(hub_text).opening(Kind::Search(hub)));
    entries.extend(registries.into_iter().filter(|registry| !registry.is_hub()).map(|registry| {
        let entry = Entry::named(registry.as_str()).saying("credentials are stored");
        entry.opening(Kind::Repositories(registry))
    }));
    courier.bring(News::All(entries));
}

/// Lists the images of the store.
pub(super) async fn store(worker: &Worker<'_>, courier: &Courier) -> Result<(), Failure> {
    let Some(store) = worker.store.clone() else { return Ok(()) };
    let listed = tokio::task::spawn_blocking(move || ops::list_images(&store, &[])).await;
    let listed = listed.map_err(|lost| ops::Error::Invalid(lost.to_string()))??;
    courier.bring(News::All(listed.iter().take(ENTRIES_MAX).map(rows::stored).collect()));
    Ok(())
}

/// Lists the repositories of a registry, as they come.
pub(super) async fn repositories(
    worker: &Worker<'_>,
    courier: &Courier,
    registry: &Registry,
) -> Result<Ended, Failure> {
    let mut pages = worker.context.remote.catalog(registry)?;
    let mut count = 0;
    loop {
        let page = match pages.next_page().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(Ended::Complete),
            Err(error @ remote::Error::NoCatalog { .. }) if count == 0 => {
                let failure = Failure::from(error);
                // After a login there may be one.
                if failure.kind() == ErrorKind::Denied && worker.is_anonymous(registry).await {
                    return Err(failure);
                }
                let reason = format!("no catalog: / searches ({})", trouble(&failure).text);
                courier.bring(News::NoCatalog(reason));
                return Ok(Ended::Already);
            }
            Err(error) => return Err(error.into()),
        };
        count += page.len();
        courier.bring(News::More(page.iter().map(|name| rows::repository(registry, name)).collect()));
        if count >= ENTRIES_MAX {
            return Ok(Ended::Complete);
        }
        courier.bring(News::Progress(String::new()));
    }
}

/// Searches a registry once the user has stopped typing.
pub(super) async fn search(
    worker: &Worker<'_>,
    courier: &Courier,
    Term { registry, term }: Term,
) -> Result<Option<String>, Failure> {
    if term.is_empty() {
        courier.bring(News::All(Vec::new()));
        return Ok(Some(format!("{registry} shows no list of its repositories: / searches")));
    }
    sleep(PAUSE).await;
    let limit = Limit::new(RESULTS, &registry)?;
    let query = Query { registry: registry.clone(), term };
    let mut found = ops::search::search(&worker.context.remote, &query, limit, Detail::Docker).await?;
    found.complete().await?;
    let row = |result: &regcli::protocol::search::SearchResult| {
        let name = result.name.strip_prefix(&format!("{registry}/")).unwrap_or(&result.name);
        let name = if registry.is_hub() && !name.contains('/') {
            format!("library/{name}")
        } else {
            name.to_owned()
        };
        let description = result.description.split_whitespace().collect::<Vec<_>>().join(" ");
        rows::repository(&registry, &name).saying(&description)
    };
    courier.bring(News::All(found.results.iter().map(row).collect()));
    match found.cut {
        Some(error) => Err(error.into()),
        None => Ok(None),
    }
}

/// Lists the tags of a repository, as they come.
pub(super) async fn tags(worker: &Worker<'_>, courier: &Courier, name: &Name) -> Result<(), Failure> {
    let mut pages = TagPages::begin(&worker.context.remote, name).await?;
    let mut count = 0;
    while let Some(page) = pages.next_page().await? {
        count += page.len();
        let row = |detail| rows::tag(name, detail, &worker.platform);
        courier.bring(News::More(page.iter().map(row).collect()));
        if count >= ENTRIES_MAX {
            break;
        }
    }
    Ok(())
}

/// Tags of a repository about which manifests are read.
pub(super) struct Bare {
    pub(super) name: Name,
    pub(super) tags: Vec<TagDetail>,
}

/// Reads what manifests say about tags.
pub(super) async fn describe(worker: &Worker<'_>, courier: &Courier, bare: Bare) {
    let Bare { name, tags } = bare;
    let described = ops::describe_tags(&worker.context.remote, &name, tags.clone(), &worker.platform).await;
    let known = described.as_ref().map(|described| &described.tags[..]).unwrap_or_default();
    let row = |detail: &TagDetail| {
        let found = known.iter().find(|known| known.tag == detail.tag).unwrap_or(detail);
        // Each is asked for once, even if nothing was found out.
        Entry { bare_tag: None, ..rows::tag(&name, found, &worker.platform) }
    };
    courier.bring(News::Better(tags.iter().map(row).collect()));
    match described {
        Ok(described) if described.spared > 0 => {
            courier.bring(News::Note("sizes are not read, because the registry limits pulls".to_owned()));
        }
        Ok(_) => {}
        Err(failure) => courier.bring(News::Failed(trouble(&failure))),
    }
}
