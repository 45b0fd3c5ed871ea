//! Lists of a repository's manifests with the times of their pushes: Harbor, Quay, Google and Azure have one.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::values::{milliseconds, moment};
use crate::digest::Digest;

/// A manifest that a registry lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The digest.
    pub digest: Digest,
    /// When it was pushed, or its tag was.
    pub pushed: Option<Timestamp>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The manifests in the registry's order.
    pub manifests: Vec<Listed>,
    /// How many entries the page has, including those that cannot be read.
    pub entries: usize,
}

/// Parses Harbor's response to `GET /api/v2.0/projects/P/repositories/R/artifacts`.
///
/// # Errors
/// An error if it is not a list.
pub fn harbor(body: &[u8]) -> Result<Listing, serde_json::Error> {
    let artifacts: Vec<Value> = serde_json::from_slice(body)?;
    let listed = |artifact: &Value| listed(artifact, "digest", moment(&artifact["push_time"]));
    Ok(listing(&artifacts, listed))
}

/// Parses Quay's response to `GET /api/v1/repository/NS/REPO/tag/`.
///
/// # Errors
/// An error if it has no list.
pub fn quay(body: &[u8]) -> Result<Listing, serde_json::Error> {
    #[derive(Deserialize)]
    struct Answer {
        tags: Vec<Value>,
    }
    let Answer { tags } = serde_json::from_slice(body)?;
    let second = |tag: &Value| Timestamp::from_second(tag["start_ts"].as_i64()?).ok();
    Ok(listing(&tags, |tag| listed(tag, "manifest_digest", second(tag))))
}

/// Parses Azure's response to `GET /acr/v1/NAME/_manifests`.
///
/// # Errors
/// An error if it has no list.
pub fn azure(body: &[u8]) -> Result<Listing, serde_json::Error> {
    #[derive(Deserialize)]
    struct Answer {
        manifests: Vec<Value>,
    }
    let Answer { manifests } = serde_json::from_slice(body)?;
    let listed = |manifest: &Value| listed(manifest, "digest", moment(&manifest["lastUpdateTime"]));
    Ok(listing(&manifests, listed))
}

/// Parses the list of tags of Google's registries, which has all manifests.
///
/// # Errors
/// An error if it has no list.
pub fn google(body: &[u8]) -> Result<Listing, serde_json::Error> {
    #[derive(Deserialize)]
    struct Answer {
        manifest: HashMap<String, Value>,
    }
    let Answer { manifest } = serde_json::from_slice(body)?;
    let listed = |(digest, found): (&String, &Value)| {
        Some(Listed { digest: digest.parse().ok()?, pushed: milliseconds(&found["timeUploadedMs"]) })
    };
    Ok(Listing { entries: manifest.len(), manifests: manifest.iter().filter_map(listed).collect() })
}

fn listing(entries: &[Value], listed: impl Fn(&Value) -> Option<Listed>) -> Listing {
    Listing { entries: entries.len(), manifests: entries.iter().filter_map(listed).collect() }
}

fn listed(entry: &Value, key: &str, pushed: Option<Timestamp>) -> Option<Listed> {
    Some(Listed { digest: entry[key].as_str()?.parse().ok()?, pushed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_says_it_in_its_own_way() {
        let digest = Digest::sha256(b"x");
        let pushed: Timestamp = "2026-11-30T04:00:00Z".parse().unwrap();
        let expected =
            Listing { manifests: vec![Listed { digest: digest.clone(), pushed: Some(pushed) }], entries: 1 };
        let (second, millisecond) = (pushed.as_second(), pushed.as_millisecond());
        for (read, text) in [
            (
                harbor as fn(&[u8]) -> Result<Listing, serde_json::Error>,
                format!(r#"[{{"digest":"{digest}","push_time":"2026-11-30T04:00:00.000Z","tags":null}}]"#),
            ),
            (
                quay,
                format!(r#"{{"tags":[{{"name":"1","manifest_digest":"{digest}","start_ts":{second}}}]}}"#),
            ),
            (azure, format!(r#"{{"manifests":[{{"digest":"{digest}","lastUpdateTime":"{pushed}"}}]}}"#)),
            (
                google,
                format!(
                    r#"{{"tags":[],"manifest":{{"{digest}":{{"timeUploadedMs":"{millisecond}","tag":[]}}}}}}"#
                ),
            ),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text}");
            assert!(read(b"<html>").is_err());
        }
        let odd = harbor(br#"[{"digest":"no"},{"push_time":5},7]"#).unwrap();
        assert_eq!((odd.manifests.len(), odd.entries), (0, 3));
    }
}
