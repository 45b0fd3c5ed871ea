//! Registries that list repositories: Harbor, Quay, GitLab and zot.

use serde_json::Value;

use super::error::Error;
use super::fields::{count, flag, list, moment, parse, text, with_names};
use super::result::{More, Page, SearchResult};

/// Parses Harbor's response to `GET /api/v2.0/repositories?q=name=~TERM`.
///
/// # Errors
/// [`Error`] if it is not a list.
pub fn harbor_repositories(body: &[u8]) -> Result<Page, Error> {
    let found = |entry: &Value| SearchResult {
        name: text(entry, "name"),
        description: text(entry, "description"),
        pulls: count(entry, "pull_count"),
        artifacts: count(entry, "artifact_count"),
        updated: moment(entry, "update_time"),
        ..SearchResult::default()
    };
    let results = match parse(body)? {
        Value::Array(entries) => with_names(entries.iter().map(found)),
        Value::Null => Vec::new(),
        _ => return Err(Error::Shape("repositories")),
    };
    Ok(Page { results, more: More::Link })
}

/// Parses Harbor's response to `GET /api/v2.0/search?q=TERM`, which has a single page.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn harbor(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| SearchResult {
        name: text(entry, "repository_name"),
        pulls: count(entry, "pull_count"),
        artifacts: count(entry, "artifact_count"),
        private: entry["project_public"].as_bool().map(|public| !public),
        ..SearchResult::default()
    };
    let results = list(&answer, "repository")?.iter().map(found);
    Ok(Page { results: with_names(results), more: More::Nothing })
}

/// Parses Quay's response to `GET /api/v1/find/repositories?query=TERM&page=N`.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn quay(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| {
        let (namespace, name) = (text(&entry["namespace"], "name"), text(entry, "name"));
        SearchResult {
            name: if namespace.is_empty() || name.is_empty() { name } else { format!("{namespace}/{name}") },
            description: text(entry, "description"),
            stars: count(entry, "stars"),
            updated: moment(entry, "last_modified"),
            private: entry["is_public"].as_bool().map(|public| !public),
            ..SearchResult::default()
        }
    };
    let is_repository = |entry: &&Value| matches!(entry["kind"].as_str(), None | Some("repository"));
    let results = list(&answer, "results")?.iter().filter(is_repository).map(found);
    let more = if flag(&answer, "has_additional") { More::NextPage } else { More::Nothing };
    Ok(Page { results: with_names(results), more })
}

/// Parses the response of GitLab's registry to `GET /gitlab/v1/repository-paths/PATH/repositories/list/`.
///
/// # Errors
/// [`Error`] if it is not a list.
pub fn gitlab(body: &[u8]) -> Result<Page, Error> {
    let found = |entry: &Value| SearchResult {
        updated: moment(entry, "updated_at"),
        ..SearchResult::named(text(entry, "path"))
    };
    match parse(body)? {
        Value::Array(entries) => {
            Ok(Page { results: with_names(entries.iter().map(found)), more: More::Link })
        }
        _ => Err(Error::Shape("repositories")),
    }
}

/// Parses zot's response to the [query](super::query::ZOT) at `/v2/_zot/ext/search`.
///
/// # Errors
/// [`Error`] if the list is missing, as after an error of the query.
pub fn zot(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let search = &answer["data"]["GlobalSearch"];
    let found = |entry: &Value| SearchResult {
        name: text(entry, "Name"),
        description: text(&entry["NewestImage"], "Description"),
        stars: count(entry, "StarCount"),
        pulls: count(entry, "DownloadCount"),
        updated: moment(entry, "LastUpdated"),
        ..SearchResult::default()
    };
    let entries = list(search, "Repos")?;
    let total = count(&search["Page"], "TotalCount").unwrap_or(0);
    // The first page is the last one if it has all results. A page without any is behind the last one.
    let has_more = !entries.is_empty() && total > entries.len() as u64;
    let more = if has_more { More::NextPage } else { More::Nothing };
    Ok(Page { results: with_names(entries.iter().map(found)), more })
}

/// Reports whether the response to `GET /v2/_oci/ext/discover` names zot's search.
pub fn is_zot(body: &[u8]) -> bool {
    let names_search = |extension: &Value| {
        let endpoints = extension["endpoints"].as_array().map(Vec::as_slice).unwrap_or_default();
        endpoints
            .iter()
            .any(|endpoint| endpoint.as_str().is_some_and(|path| path.ends_with("/_zot/ext/search")))
    };
    parse(body).is_ok_and(|answer| list(&answer, "extensions").is_ok_and(|all| all.iter().any(names_search)))
}
