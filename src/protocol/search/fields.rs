//! Reads single values of a response.

use jiff::Timestamp;
use serde_json::Value;

use super::error::Error;
use super::result::SearchResult;
use crate::protocol::excerpt;

/// The keys that are read. Other parts of a response may be of any size.
const KEYS: [&str; 46] = [
    "Description",
    "DownloadCount",
    "GlobalSearch",
    "ItemCount",
    "LastUpdated",
    "Name",
    "NewestImage",
    "Page",
    "Repos",
    "StarCount",
    "TotalCount",
    "artifact_count",
    "continuationToken",
    "data",
    "description",
    "endpoints",
    "extensions",
    "format",
    "has_additional",
    "is_automated",
    "is_official",
    "is_private",
    "is_public",
    "items",
    "kind",
    "last_modified",
    "last_updated",
    "modified",
    "name",
    "namespace",
    "next",
    "num_pages",
    "page",
    "path",
    "project_public",
    "pull_count",
    "repo",
    "repo_name",
    "repository",
    "repository_name",
    "results",
    "short_description",
    "star_count",
    "stars",
    "update_time",
    "updated_at",
];

/// Parses a response, and keeps what is read of it.
pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    excerpt::parse(body, &KEYS).map_err(Error::Json)
}
/// Returns the list under `key`. `null`, which some servers write for an empty list, is empty.
pub(super) fn list<'a>(answer: &'a Value, key: &'static str) -> Result<&'a [Value], Error> {
    match answer.get(key) {
        Some(Value::Array(entries)) => Ok(entries),
        Some(Value::Null) => Ok(&[]),
        _ => Err(Error::Shape(key)),
    }
}
/// Returns the results that have a name.
pub(super) fn with_names(results: impl Iterator<Item = SearchResult>) -> Vec<SearchResult> {
    results.filter(|result| !result.name.is_empty()).collect()
}
pub(super) fn text(entry: &Value, key: &str) -> String {
    entry[key].as_str().unwrap_or_default().to_owned()
}
/// Returns a number, which may be written as text or with a decimal point. A negative one is zero.
pub(super) fn count(entry: &Value, key: &str) -> Option<u64> {
    match &entry[key] {
        Value::Number(number) => {
            // A cast from a float saturates, and is zero for NaN.
            number.as_u64().or_else(|| number.as_f64().map(|float| float as u64))
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
pub(super) fn flag(entry: &Value, key: &str) -> bool {
    entry[key].as_bool().unwrap_or(false)
}
/// Returns a time, written as in RFC 3339 or in seconds since 1970.
pub(super) fn moment(entry: &Value, key: &str) -> Option<Timestamp> {
    match &entry[key] {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        _ => None,
    }
    // Go writes the year 1 if it has no time.
    .filter(|time| time.as_second() > 0)
}
