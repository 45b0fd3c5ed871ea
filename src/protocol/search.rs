//! Responses to a search: Docker Hub, Harbor, Quay and Nexus each have their own format.
//!
//! None of them guarantees its format, so it is read leniently. Missing values are empty, an entry without a
//! name is skipped, and only a response without the list itself is an error.

use serde_json::Value;

use super::excerpt;
use crate::diagnose::{Diagnose, ErrorKind};

/// The keys that are read. Other parts of a response may be of any size.
const KEYS: [&str; 17] = [
    "continuationToken",
    "description",
    "format",
    "has_additional",
    "is_automated",
    "is_official",
    "items",
    "kind",
    "name",
    "namespace",
    "num_pages",
    "page",
    "repository",
    "repository_name",
    "results",
    "star_count",
    "stars",
];

/// A repository that a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// The name as the registry has it: `ansible/centos7-ansible`, or `centos` for an official one of the
    /// Hub.
    pub name: String,
    /// The description. It may have several lines or be empty.
    pub description: String,
    /// The number of stars, if the registry counts them.
    pub stars: Option<u64>,
    /// Whether the image is one of Docker Hub's official images.
    pub official: bool,
    /// Whether the registry built the image itself. Docker Hub no longer says so.
    pub automated: bool,
}

impl SearchResult {
    /// Creates a result with nothing but a name, as from a catalog.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Returns the description on one line. Each line break becomes a space, as Docker shows it.
    pub fn summary(&self) -> String {
        self.description.replace(['\n', '\r'], " ")
    }
}

/// One page of results, and how to get the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The results in the registry's order, which is that of relevance.
    pub results: Vec<SearchResult>,
    /// How to request the next page.
    pub more: More,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum More {
    /// Nothing.
    Nothing,
    /// The page with the next number.
    NextPage,
    /// The page that this token stands for.
    Token(String),
}

/// A response that is not a list of repositories.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON.
    #[error("cannot parse the search response")]
    Json(#[source] serde_json::Error),
    /// JSON of another shape.
    #[error("search response has no list {0:?}")]
    Shape(&'static str),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

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
        official: flag(entry, "is_official"),
        automated: flag(entry, "is_automated"),
    };
    let results = list(&answer, "results")?.iter().map(found);
    let (page, pages) = (count(&answer, "page"), count(&answer, "num_pages"));
    let more = if page.unwrap_or(1) < pages.unwrap_or(1) { More::NextPage } else { More::Nothing };
    Ok(Page { results: with_names(results), more })
}

/// Parses Harbor's response to `GET /api/v2.0/search?q=TERM`, which has a single page.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn harbor(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let found = |entry: &Value| SearchResult::named(text(entry, "repository_name"));
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
        let name = if namespace.is_empty() || name.is_empty() { name } else { format!("{namespace}/{name}") };
        let (description, stars) = (text(entry, "description"), count(entry, "stars"));
        SearchResult { name, description, stars, ..SearchResult::default() }
    };
    let is_repository = |entry: &&Value| matches!(entry["kind"].as_str(), None | Some("repository"));
    let results = list(&answer, "results")?.iter().filter(is_repository).map(found);
    let more = if flag(&answer, "has_additional") { More::NextPage } else { More::Nothing };
    Ok(Page { results: with_names(results), more })
}

/// Parses Nexus' response to `GET /service/rest/v1/search?format=docker&name=*TERM*`. It lists tags, so each
/// name is returned once per page.
///
/// # Errors
/// [`Error`] if the list is missing.
pub fn nexus(body: &[u8]) -> Result<Page, Error> {
    let answer = parse(body)?;
    let is_image = |entry: &&Value| matches!(entry["format"].as_str(), None | Some("docker"));
    let found = |entry: &Value| SearchResult::named(text(entry, "name"));
    let mut results = with_names(list(&answer, "items")?.iter().filter(is_image).map(found));
    let mut seen = std::collections::HashSet::new();
    results.retain(|result| seen.insert(result.name.clone()));
    let more = match text(&answer, "continuationToken") {
        token if token.is_empty() => More::Nothing,
        token => More::Token(token),
    };
    Ok(Page { results, more })
}

fn parse(body: &[u8]) -> Result<Value, Error> {
    excerpt::parse(body, &KEYS).map_err(Error::Json)
}

/// Returns the list under `key`. `null`, which some servers write for an empty list, is empty.
fn list<'a>(answer: &'a Value, key: &'static str) -> Result<&'a [Value], Error> {
    match answer.get(key) {
        Some(Value::Array(entries)) => Ok(entries),
        Some(Value::Null) => Ok(&[]),
        _ => Err(Error::Shape(key)),
    }
}

fn with_names(results: impl Iterator<Item = SearchResult>) -> Vec<SearchResult> {
    results.filter(|result| !result.name.is_empty()).collect()
}

fn text(entry: &Value, key: &str) -> String {
    entry[key].as_str().unwrap_or_default().to_owned()
}

/// Returns a number, which may be written as text or with a decimal point. A negative one is zero.
fn count(entry: &Value, key: &str) -> Option<u64> {
    match &entry[key] {
        Value::Number(number) => {
            // A cast from a float saturates, and is zero for NaN.
            number.as_u64().or_else(|| number.as_f64().map(|float| float as u64))
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn flag(entry: &Value, key: &str) -> bool {
    entry[key].as_bool().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Reader = fn(&[u8]) -> Result<Page, Error>;

    const READERS: [(Reader, &str); 4] =
        [(hub, "results"), (harbor, "repository"), (quay, "results"), (nexus, "items")];

    fn names(page: &Page) -> Vec<&str> {
        page.results.iter().map(|result| result.name.as_str()).collect()
    }

    #[test]
    fn docker_hub_has_all_fields() {
        let page = hub(br#"{"num_pages": 3, "num_results": 9, "page": 1, "page_size": 25, "query": "centos", "results": [
            {"name": "centos", "description": "DEPRECATED;\r\nThe official build", "star_count": 7751,
             "is_trusted": false, "is_automated": false, "is_official": true},
            {"name": "ansible/centos7-ansible", "description": null, "star_count": -1, "is_automated": true}]}"#)
        .unwrap();
        assert_eq!(names(&page), ["centos", "ansible/centos7-ansible"]);
        let [centos, ansible] = &page.results[..] else { panic!("two") };
        assert_eq!((centos.stars, centos.official, centos.automated), (Some(7751), true, false));
        assert_eq!(centos.summary(), "DEPRECATED;  The official build");
        assert_eq!((ansible.stars, ansible.official, ansible.automated), (Some(0), false, true));
        assert_eq!(page.more, More::NextPage);
    }

    #[test]
    fn harbor_knows_names_only() {
        let page = harbor(
            br#"{"project": [{"name": "team"}], "repository": [
            {"project_id": 1, "project_public": true, "repository_name": "team/app", "pull_count": 7}]}"#,
        )
        .unwrap();
        assert_eq!(page.results, [SearchResult::named("team/app")]);
        assert_eq!(page.more, More::Nothing);
    }

    #[test]
    fn quay_joins_names_and_leaves_out_other_entries() {
        let page = quay(
            br#"{"results": [
            {"kind": "repository", "namespace": {"name": "coreos", "kind": "organization"}, "name": "etcd",
             "description": "A store", "is_public": true, "stars": 12.0, "popularity": 3.5},
            {"kind": "organization", "name": "coreos"}],
            "has_additional": true, "page": 1, "page_size": 10, "start_index": 0}"#,
        )
        .unwrap();
        assert_eq!(names(&page), ["coreos/etcd"]);
        assert_eq!((page.results[0].stars, page.more), (Some(12), More::NextPage));
    }

    #[test]
    fn nexus_names_each_repository_once_for_all_its_tags() {
        let page = nexus(
            br#"{"items": [
            {"repository": "docker", "format": "docker", "name": "team/app", "version": "1"},
            {"repository": "docker", "format": "docker", "name": "team/app", "version": "2"},
            {"repository": "maven", "format": "maven2", "name": "app", "version": "2"},
            {"repository": "docker", "format": "docker", "name": "web", "version": "1"}],
            "continuationToken": "88491cd1d185dd136f143f20c4e7d50c"}"#,
        )
        .unwrap();
        assert_eq!(names(&page), ["team/app", "web"]);
        assert_eq!(page.more, More::Token("88491cd1d185dd136f143f20c4e7d50c".to_owned()));
        let last = nexus(br#"{"items": [], "continuationToken": null}"#).unwrap();
        assert_eq!(last.more, More::Nothing);
    }

    #[test]
    fn nothing_found_may_be_said_in_many_ways() {
        for (read, key) in READERS {
            for list in ["[]", "null", "[null, 7, {}, {\"name\": null}, []]"] {
                let page = read(format!("{{\"{key}\": {list}}}").as_bytes()).unwrap();
                assert_eq!(page, Page { results: vec![], more: More::Nothing }, "{key}: {list}");
            }
        }
    }

    #[test]
    fn an_unreadable_response_is_an_error() {
        for (read, key) in READERS {
            for body in ["<html>", "", "[]", "{}", "null", "\"x\"", "{\"errors\": []}"] {
                let error = read(body.as_bytes()).expect_err(body);
                assert!(matches!(error, Error::Json(_) | Error::Shape(_)));
            }
            assert!(read(format!("{{\"{key}\": {{}}}}").as_bytes()).is_err());
        }
    }
}
