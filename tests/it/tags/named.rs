//! Registries that are known by their names, as stand-ins behind these names: Docker Hub, Azure and Google. What they
//! answer stands in Docker's and Microsoft's API references, and in `pkg/v1/google/list.go` of go-containerregistry.

use serde_json::{Value, json};

use super::rows;
use crate::support::NamedStandIn;
use crate::support::scripted::Route;

const NAMES: [&str; 5] =
    ["acme.azurecr.io", "gcr.io", "registry-1.docker.io", "hub.docker.com", "auth.docker.io"];

impl NamedStandIn {
    /// Hosts and paths of the requests.
    fn places(&self) -> Vec<String> {
        let heard = self.registry.heard().into_iter();
        heard
            .map(|heard| format!("{}{}", heard.head.header("host").unwrap_or_default(), heard.head.path))
            .collect()
    }
}

/// A tag as Docker Hub lists it.
fn hub_tag(number: u32) -> Value {
    let image = |os: &str, architecture: &str, size: u64| json!({"os": os, "architecture": architecture, "size": size});
    json!({
        "name": format!("1.{number}"), "full_size": 30_000_000, "content_type": "image",
        "digest": format!("sha256:{number:064x}"),
        "tag_last_pushed": format!("2026-{:02}-{:02}T00:00:00.5Z", 11 - number / 28, 28 - number % 28),
        "images": [
            image("linux", "arm64", 28_000_000), image("linux", "amd64", 30_000_000),
            image("unknown", "unknown", 900),
        ],
    })
}

/// A page of Docker Hub's list.
fn page(hub: &NamedStandIn, part: &str, numbers: std::ops::Range<u32>) {
    let next = "https://hub.docker.com/v2/namespaces/team/repositories/app/tags?page=9";
    let next = (numbers.end < 250).then_some(next);
    let tags: Vec<_> = numbers.map(hub_tag).collect();
    hub.answers_route(Route::Other, part, &json!({"next": next, "results": tags}));
}

#[test]
fn docker_hub_lists_250_tags_on_three_pages_and_no_manifest_is_read() {
    let hub = NamedStandIn::of(&NAMES);
    page(&hub, "page=3", 200..250);
    page(&hub, "page=2", 100..200);
    page(&hub, "/v2/namespaces/", 0..100);
    let listed = hub.run(&["tags", "-l", "--platform", "linux/arm64", "team/app"]).succeeds();

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST", "SIZE", "PLATFORMS", "PUSHED"]);
    assert_eq!(rows(&listed)[1][..4], ["1.0", "000000000000", "28MB", "linux/arm64 +1"]);
    assert_eq!(listed.stdout.lines().count(), 251);
    let path = "hub.docker.com/v2/namespaces/team/repositories/app/tags?page_size=100";
    assert_eq!(hub.places(), [path.to_owned(), format!("{path}&page=2"), format!("{path}&page=3")]);
}

#[test]
fn the_newest_tags_of_docker_hub_cost_one_page() {
    let hub = NamedStandIn::of(&NAMES);
    page(&hub, "/v2/namespaces/", 0..100);
    let listed = hub.run(&["tags", "--sort", "date", "--limit", "5", "team/app"]).succeeds();
    assert_eq!(listed.stdout, "1.0\n1.1\n1.2\n1.3\n1.4\n");
    assert_eq!(hub.places().len(), 1);
}

#[test]
fn tags_on_pages_that_docker_hub_refuses_are_resolved() {
    let hub = NamedStandIn::of(&NAMES);
    hub.registry.on(Route::Other).of("page=2").error(403, "DENIED").forever();
    let next = json!({"next": "https://hub.docker.com/", "results": [hub_tag(7)]});
    hub.answers_route(Route::Other, "/v2/namespaces/", &next);
    hub.registry.tag("team/app", "1.7", &hub.image.root.digest);

    let listed = hub.run(&["tags", "--columns", "tag,digest", "--sort", "name", "team/app"]).succeeds();

    let digest = &hub.image.root.digest["sha256:".len()..][..12];
    assert_eq!(rows(&listed)[1..], [["1.0", digest], ["1.7", "000000000000"]]);
}

#[test]
fn azure_lists_the_newest_tags_first() {
    let azure = NamedStandIn::of(&NAMES);
    let tag = |number: u32| {
        json!({"name": format!("1.{number}"), "digest": azure.image.root.digest,
            "lastUpdateTime": format!("2026-11-{:02}T00:00:00.1234567Z", 28 - number)})
    };
    let tags: Vec<_> = (0..20).map(tag).collect();
    azure.answers_route(Route::Other, "/acr/v1/", &json!({"registry": "acme.azurecr.io", "tags": tags}));

    let listed =
        azure.run(&["tags", "-l", "--sort", "date", "--limit", "2", "acme.azurecr.io/team/app"]).succeeds();

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST", "PUSHED"]);
    assert_eq!((rows(&listed).len(), rows(&listed)[1][0]), (3, "1.0"));
    let asked = azure.places();
    assert!(
        asked.contains(&"acme.azurecr.io/acr/v1/team/app/_tags?orderby=timedesc&n=100".to_owned()),
        "{asked:?}"
    );
    assert_eq!(azure.registry.requests(Route::Manifest).len(), 0);
}

#[test]
fn googles_list_of_tags_has_sizes_and_dates() {
    let google = NamedStandIn::of(&NAMES);
    let digest = &google.image.root.digest;
    let manifest = json!({"imageSizeBytes": "28000000", "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "tag": ["1.0"], "timeCreatedMs": "0", "timeUploadedMs": "1790000000000"});
    google.answers_route(
        Route::Tags,
        "",
        &json!({"name": "team/app", "tags": ["1.0"], "manifest": {digest: manifest}}),
    );

    let listed = google.run(&["tags", "-l", "gcr.io/team/app"]).succeeds();

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST", "SIZE", "PUSHED"]);
    assert_eq!(rows(&listed)[1][2], "28MB");
    assert_eq!(
        google.registry.requests(Route::ManifestHead).len() + google.registry.requests(Route::Manifest).len(),
        0
    );
}
