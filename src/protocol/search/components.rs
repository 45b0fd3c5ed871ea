//! Registries that list a repository once for each of its tags: Nexus and Artifactory.

use serde_json::Value;

use super::error::Error;
use super::fields::{list, moment, parse, text, with_names};
use super::query::ARTIFACTORY_PAGE;
use super::result::{More, Page, SearchResult};

/// Parses Nexus' response to `GET /service/rest/v1/search?format=docker&name=*TERM*`.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn nexus(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let is_image = |entry: &&Value| matches!(entry["format"].as_str(), None | Some("docker"));
    let found = |entry: &Value| SearchResult {
        name: text(entry, "name"),
        repositories: hosting(entry, "repository"),
        ..SearchResult::default()
    };
    let results = with_names(list(&answer, "items")?.iter().filter(is_image).map(found));
    let more = match text(&answer, "continuationToken") {
        token if token.is_empty() => More::Nothing,
        token => More::Token(token),
    };
    Ok(Page { results, more })
}

/// Parses Artifactory's response to `POST /artifactory/api/search/aql`. The names are `REPOSITORY/IMAGE`, as in
/// references with routing by path; the last part of an item's path is the tag.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn artifactory(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| {
        let repository = text(entry, "repo");
        let path = text(entry, "path");
        let image = path.rsplit_once('/').map_or("", |(image, _)| image);
        let is_whole = !repository.is_empty() && !image.is_empty();
        SearchResult {
            name: if is_whole { format!("{repository}/{image}") } else { String::new() },
            updated: moment(entry, "modified"),
            repositories: hosting(entry, "repo"),
            ..SearchResult::default()
        }
    };
    let entries = list(&answer, "results")?;
    let more = if entries.len() >= ARTIFACTORY_PAGE as usize { More::NextTags } else { More::Nothing };
    Ok(Page { results: with_names(entries.iter().map(found)), more })
}

fn hosting(entry: &Value, key: &str) -> Vec<String> {
    Some(text(entry, key)).filter(|name| !name.is_empty()).into_iter().collect()
}
