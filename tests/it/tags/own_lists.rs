//! Registries that list tags with facts, as stand-ins: what they answer stands in Harbor's OpenAPI document
//! (`api/v2.0/swagger.yaml`), Quay's `endpoints/api/tag.py`, the specification of GitLab's registry API
//! (`docs/spec/gitlab/api.md`) and Sonatype's documents about the search of components.

use serde_json::{Value, json};

use super::{field, rows};
use crate::support::scripted::Route;
use crate::support::{StandIn, basic};

impl StandIn {
    #[track_caller]
    fn list(&self, arguments: &[&str]) -> crate::support::Outcome {
        let at = self.registry.at("team/web/app");
        self.home.run(["tags"].iter().chain(arguments).copied().chain([&*at])).succeeds()
    }

    /// The paths of all requests for lists: without `GET /v2/` and those for tokens.
    fn lists(&self) -> Vec<String> {
        let heard = self.registry.heard().into_iter().map(|heard| heard.head.path);
        heard.filter(|path| path != "/v2/" && !path.contains("token")).collect()
    }

    fn digest(&self) -> &str {
        &self.image.root.digest
    }
}

fn harbor() -> StandIn {
    StandIn::harbor()
}

fn artifact(digest: &str, tags: &[&str]) -> Value {
    let tags: Vec<_> =
        tags.iter().map(|tag| json!({"name": tag, "push_time": "2026-11-29T00:00:00.000Z"})).collect();
    json!({
        "type": "IMAGE", "digest": digest, "size": 123_456, "push_time": "2026-11-29T00:00:00.000Z", "tags": tags,
        "extra_attrs": {"os": "linux", "architecture": "amd64", "created": "1970-01-01T00:00:00Z"},
    })
}

#[test]
fn harbor_says_all_about_its_tags_on_one_page() {
    let harbor = harbor();
    harbor.answers("/api/v2.0/", &json!([artifact(harbor.digest(), &["1.0", "latest"])]));

    let listed = harbor.list(&["-l"]);

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST", "SIZE", "PLATFORMS", "PUSHED"]);
    assert_eq!(&rows(&listed)[1][2..4], ["123kB", "linux/amd64"]);
    let path = "/api/v2.0/projects/team/repositories/web%252Fapp/artifacts?with_tag=true&page_size=100";
    assert_eq!(harbor.lists(), [path]);
    let basic = basic().unwrap();
    let heard = harbor.registry.requests(Route::Other);
    assert!(heard.iter().any(|heard| heard.head.header("authorization") == Some(&basic)));
}

#[test]
fn harbors_size_of_an_index_is_not_that_of_an_image() {
    let harbor = harbor();
    let platform = json!({"os": "linux", "architecture": "arm64", "variant": "v8"});
    let mut index = artifact(harbor.digest(), &["1.0"]);
    index["references"] =
        json!([{"platform": platform}, {"platform": {"os": "unknown", "architecture": "unknown"}}]);
    harbor.answers("/api/v2.0/", &json!([index]));

    let known = harbor.list(&["--format", "json"]);
    assert_eq!(
        (field(&known, "Size"), field(&known, "Platforms")),
        (vec!["null".into()], vec!["linux/arm64".into()])
    );
    assert_eq!(harbor.registry.requests(Route::Manifest).len(), 0);
    let asked = harbor.list(&["--format", "{{.Size}}"]);
    assert_ne!(asked.stdout, "\n", "what is asked for is read from the manifest");
    assert_eq!(harbor.registry.requests(Route::Manifest).len(), 1);
}

#[test]
fn quay_is_read_only_as_far_as_the_newest_tags_go() {
    let quay = StandIn::with_challenge(r#"Bearer realm="http://HOST/v2/auth",service="127.0.0.1""#);
    let tag = |number: u64| {
        json!({"name": format!("1.{number}"), "manifest_digest": quay.digest(), "is_manifest_list": false,
            "size": 5000 + number, "start_ts": 1_790_000_000 - number})
    };
    let page: Vec<_> = (0..100).map(tag).collect();
    quay.answers("/api/v1/repository/team/web/app/tag/", &json!({"tags": page, "has_additional": true}));

    let newest = quay.list(&["--sort", "date", "--limit", "3", "-l"]);

    assert_eq!(rows(&newest).iter().map(|row| row[0]).collect::<Vec<_>>(), ["TAG", "1.0", "1.1", "1.2"]);
    assert_eq!(quay.lists(), ["/api/v1/repository/team/web/app/tag/?onlyActiveTags=true&limit=100"]);
    let since = quay.list(&["--since", "2026-09-21T14:12:30Z"]);
    assert_eq!(since.stdout.lines().count(), 51, "{since}");
    assert_eq!(quay.lists().len(), 2, "the rest is older");
}

#[test]
fn a_list_that_is_not_in_order_is_read_to_its_end() {
    let quay = StandIn::with_challenge(r#"Bearer realm="http://HOST/v2/auth",service="127.0.0.1""#);
    let tag = |number: u64| {
        json!({"name": format!("1.{number}"), "start_ts": 1_700_000_000 + number,
        "manifest_digest": quay.digest()})
    };
    let page = |numbers: std::ops::Range<u64>| numbers.map(tag).collect::<Vec<_>>();
    quay.answers("page=2", &json!({"tags": page(100..150), "has_additional": false}));
    quay.answers("/tag/", &json!({"tags": page(0..100), "has_additional": true}));

    quay.list(&["--sort", "date", "--limit", "1"]).prints("1.149\n");
}

#[test]
fn gitlab_lists_tags_with_the_registrys_own_token() {
    let gitlab = StandIn::with_header("gitlab-container-registry-version", "4.0.0-gitlab");
    let tag = |name: &str, day: u32, media_type: &str| {
        json!({"name": name, "digest": gitlab.digest(), "media_type": media_type, "size_bytes": 1_500_000,
            "created_at": "2026-01-01T00:00:00.000Z", "published_at": format!("2026-11-{day}T00:00:00.000Z")})
    };
    let index = "application/vnd.oci.image.index.v1+json";
    let image = "application/vnd.oci.image.manifest.v1+json";
    gitlab.answers("/gitlab/v1/", &json!([tag("b", 20, image), tag("a", 19, index)]));

    let listed = gitlab.list(&["--sort", "date", "-l"]);

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST", "SIZE", "PUSHED"]);
    assert_eq!((rows(&listed)[1][2], rows(&listed)[2][2]), ("1.5MB", "-"), "an index has several sizes");
    let path = "/gitlab/v1/repositories/team/web/app/tags/list/?sort=-published_at&n=1000";
    assert_eq!(gitlab.lists(), [path]);
}

#[test]
fn an_old_gitlab_is_read_like_any_registry() {
    let gitlab = StandIn::with_header("gitlab-container-registry-version", "3.0.0-gitlab");
    let listed = gitlab.list(&["-l"]);
    assert_eq!(rows(&listed)[1][0], "1.0", "{listed}");
    assert_eq!(gitlab.registry.requests(Route::Manifest).len(), 1);
}

#[test]
fn nexus_finds_tags_by_pages_with_tokens() {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)");
    let hex = nexus.digest().split_once(':').unwrap().1.to_owned();
    let item = |name: &str, version: &str| {
        json!({"repository": "docker-hosted", "format": "docker", "name": name, "version": version,
            "assets": [{"checksum": {"sha256": hex}, "blobCreated": "2026-11-28T00:00:00.000+00:00"}]})
    };
    let second = json!({"items": [item("team/web/app", "1.1")], "continuationToken": null});
    nexus.answers("continuationToken=abc", &second);
    let first = [item("team/web/app", "1.0"), item("team/web/app-two", "9")];
    nexus.answers("/service/rest/v1/search", &json!({"items": first, "continuationToken": "abc"}));

    let listed = nexus.list(&["-l", "--sort", "name"]);

    let rows = rows(&listed);
    assert_eq!(rows[0], ["TAG", "DIGEST", "PUSHED"]);
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["TAG", "1.0", "1.1"]);
    assert_eq!(nexus.registry.requests(Route::Other).len(), 2);
}

#[test]
fn an_own_list_that_repeats_itself_is_completed_by_the_list_of_the_api() {
    let harbor = harbor();
    // Full pages without a tag, over and over.
    harbor.answers("/api/v2.0/", &json!(vec![artifact(harbor.digest(), &[]); 100]));
    assert_eq!(rows(&harbor.list(&["-l"]))[1][0], "1.0");
    assert_eq!(harbor.registry.requests(Route::Tags).len(), 1);
    assert_eq!(harbor.lists().iter().filter(|path| path.starts_with("/api/")).count(), 2);

    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)");
    let item =
        json!({"repository": "docker-hosted", "format": "docker", "name": "team/web/app", "version": "0.9"});
    nexus.answers("/service/rest/v1/search", &json!({"items": [item], "continuationToken": "abc"}));
    assert_eq!(rows(&nexus.list(&["-l"]))[1][0], "1.0", "the API has no 0.9");
    assert_eq!(nexus.registry.requests(Route::Other).len(), 2);
}
