//! Docker Hub: the index that Docker asks, and the newer API, which also counts pulls.

use serde_json::Value;

use super::error::Error;
use super::fields::{count, flag, list, moment, parse, text, with_names};
use super::result::{More, Page, SearchResult};

/// Parses Docker Hub's response to `GET /v1/search?q=TERM&n=LIMIT`.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn hub(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| SearchResult {
        name: text(entry, "name"),
        description: text(entry, "description"),
        stars: Some(count(entry, "star_count").unwrap_or(0)),
        official: Some(flag(entry, "is_official")),
        automated: Some(flag(entry, "is_automated")),
        ..SearchResult::default()
    };
    let results = list(&answer, "results")?.iter().map(found);
    let (page, pages) = (count(&answer, "page"), count(&answer, "num_pages"));
    let more = if page.unwrap_or(1) < pages.unwrap_or(1) { More::NextPage } else { More::Nothing };
    Ok(Page { results: with_names(results), more })
}

/// Parses Docker Hub's response to `GET /v2/search/repositories/?query=TERM&page=N`, which lists public repositories.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn hub_repositories(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| SearchResult {
        name: familiar(text(entry, "repo_name")),
        description: text(entry, "short_description"),
        stars: count(entry, "star_count"),
        official: Some(flag(entry, "is_official")),
        automated: Some(flag(entry, "is_automated")),
        pulls: count(entry, "pull_count"),
        private: Some(false),
        ..SearchResult::default()
    };
    let results = with_names(list(&answer, "results")?.iter().map(found));
    Ok(Page { results, more: next(&answer) })
}

/// Parses Docker Hub's response to `GET /v2/namespaces/NAMESPACE/repositories?page=N`.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn hub_own(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| {
        let (namespace, name) = (text(entry, "namespace"), text(entry, "name"));
        let is_whole = !namespace.is_empty() && !name.is_empty();
        SearchResult {
            name: if is_whole { format!("{namespace}/{name}") } else { String::new() },
            description: text(entry, "description"),
            stars: count(entry, "star_count"),
            official: Some(false),
            automated: Some(false),
            pulls: count(entry, "pull_count"),
            updated: moment(entry, "last_updated"),
            private: Some(flag(entry, "is_private")),
            ..SearchResult::default()
        }
    };
    let results = with_names(list(&answer, "results")?.iter().map(found));
    Ok(Page { results, more: next(&answer) })
}

fn next(answer: &Value) -> More {
    if text(answer, "next").is_empty() { More::Nothing } else { More::NextPage }
}

/// Returns an official image without its namespace, as the index writes it.
fn familiar(name: String) -> String {
    name.strip_prefix("library/").map(str::to_owned).unwrap_or(name)
}
