//! The bodies of responses: errors, search results, lists of tags.

use regcli::protocol::listing::tags;
use regcli::protocol::search::{self, Page};
use regcli::protocol::{ErrorBody, ErrorCode};

/// Parses a search response.
type Reader = fn(&[u8]) -> Result<Page, search::Error>;

/// One parser for each kind of registry.
const READERS: [Reader; 10] = [
    search::hub,
    search::hub_repositories,
    search::hub_own,
    search::harbor,
    search::harbor_repositories,
    search::quay,
    search::nexus,
    search::artifactory,
    search::gitlab,
    search::zot,
];

/// Errors survive a round trip; every search result has a name.
pub fn check(data: &[u8]) {
    for status in [401, 404, 429, 500] {
        if let Some(body) = ErrorBody::parse(status, data) {
            assert_eq!(ErrorBody::parse(status, &body.to_json()), Some(body.clone()));
            assert!(!body.to_string().is_empty());
            assert!(body.errors.iter().all(|item| item.code != ErrorCode::Other(String::new())));
        }
    }
    // A list of tags is read or refused; a tag that is not one is left out.
    for read in [tags::hub, tags::gitlab, tags::harbor, tags::quay, tags::azure, tags::google] {
        let _ = read(data);
    }
    let _ = tags::nexus(data, "team/app", Some("docker-hosted"));
    search::is_zot(data);
    for read in READERS {
        let Ok(page) = read(data) else { continue };
        for result in &page.results {
            assert!(!result.name.is_empty());
            assert!(!result.summary().contains(['\n', '\r']));
        }
    }
}
