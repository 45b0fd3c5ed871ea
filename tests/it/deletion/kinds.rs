//! Registries that have a way of their own to remove a tag, as stand-ins: what they answer stands in the vendors'
//! documents (Harbor's and Nexus' OpenAPI, GitLab's registry API) and in the sources of flux and regclient.

use serde_json::json;

use crate::support::scripted::{Demand, Route, Scripted};
use crate::support::{Fixture, StandIn, basic};

impl StandIn {
    /// Removes a tag.
    #[track_caller]
    fn untag(&self) {
        let tag = self.registry.at("team/web/app:1.0");
        self.home.run(["untag", &tag]).succeeds().prints(&format!("Untagged: {tag}\n"));
    }

    /// The deletions with their authentication, in the order in which they came.
    fn deletions(&self) -> Vec<(String, Option<String>)> {
        let heard = self.registry.heard().into_iter().filter(|heard| heard.head.method == "DELETE");
        let authorization = |heard: &crate::support::scripted::Heard| {
            heard.head.header("authorization").map(ToOwned::to_owned)
        };
        heard.map(|heard| (heard.head.path.clone(), authorization(&heard))).collect()
    }

    fn deleted(&self) -> Vec<String> {
        self.deletions().into_iter().map(|(path, _)| path).collect()
    }
}

const BY_TAG: &str = "/v2/team/web/app/manifests/1.0";

#[test]
fn harbor_gets_the_digest_and_the_tag_with_slashes_encoded_twice() {
    let harbor = StandIn::harbor().tagged_twice();
    harbor.registry.on(Route::Other).of("/api/v2.0/").status(200).once();
    harbor.untag();
    let digest = &harbor.image.root.digest;
    let path = format!("/api/v2.0/projects/team/repositories/web%252Fapp/artifacts/{digest}/tags/1.0");
    assert_eq!(harbor.deletions(), [(path, basic())]);
}

#[test]
fn a_tag_that_harbor_protects_stays() {
    let harbor = StandIn::harbor().tagged_twice();
    harbor.registry.on(Route::Other).of("/api/v2.0/").error(412, "PRECONDITION").once();
    let refused = harbor.home.run(["untag", &harbor.registry.at("team/web/app:1.0")]).ends_with(1);
    assert!(refused.stderr.contains("412"), "{refused}");
    assert_eq!(harbor.deleted().len(), 1, "it is not tried in another way");
}

#[test]
fn quay_and_the_new_gitlab_delete_a_tag_by_the_registrys_api() {
    let quay =
        StandIn::with_challenge(r#"Bearer realm="http://HOST/v2/auth",service="127.0.0.1""#).tagged_twice();
    quay.untag();
    assert_eq!(quay.deleted(), [BY_TAG]);
    assert!(quay.registry.has_manifest("team/web/app", "latest"));

    let gitlab = StandIn::with_header("gitlab-container-registry-version", "4.0.0-gitlab").tagged_twice();
    gitlab.registry.demand(Demand::Token(String::new()));
    gitlab.untag();
    assert_eq!(gitlab.deleted(), [BY_TAG]);
    let scopes: Vec<_> = gitlab
        .registry
        .requests(Route::Token)
        .into_iter()
        .filter_map(|heard| heard.head.parameter("scope"))
        .collect();
    assert!(scopes.contains(&"repository:team/web/app:pull,delete,*".to_owned()), "{scopes:?}");
}

#[test]
fn the_old_gitlab_has_a_path_for_tags() {
    let gitlab = StandIn::with_header("gitlab-container-registry-version", "3.0.0-gitlab").tagged_twice();
    gitlab.registry.on(Route::ManifestDelete).error(400, "DIGEST_INVALID").once();
    gitlab.registry.on(Route::Other).of("/v2/team/web/app/tags/reference/1.0").status(202).once();
    gitlab.untag();
    assert_eq!(gitlab.deleted(), [BY_TAG, "/v2/team/web/app/tags/reference/1.0"]);
}

/// A component as Nexus' search returns it.
fn component(id: &str, repository: &str, name: &str) -> serde_json::Value {
    json!({"id": id, "repository": repository, "format": "docker", "name": name, "version": "1.0"})
}

fn nexus_with(found: &[serde_json::Value]) -> StandIn {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)").tagged_twice();
    let answer = json!({"items": found, "continuationToken": null}).to_string();
    let name = "name=team/web/app&";
    nexus.registry.on(Route::Other).of(name).body("application/json", answer).forever();
    nexus
}

#[test]
fn a_tag_of_nexus_is_a_component() {
    let other = component("other", "docker-hosted", "team/web/app-two");
    let nexus = nexus_with(&[other, component("ZG9ja2VyOjEy", "docker-hosted", "team/web/app")]);
    nexus.registry.on(Route::Other).of("/service/rest/v1/components/").status(204).once();
    nexus.untag();
    assert_eq!(nexus.deletions(), [("/service/rest/v1/components/ZG9ja2VyOjEy".to_owned(), basic())]);
}

#[test]
fn the_api_of_nexus_may_be_on_another_port() {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)").tagged_twice();
    let api = Scripted::start();
    let found = json!({"items": [component("one", "docker-hosted", "team/web/app")]}).to_string();
    api.on(Route::Other).of("/service/rest/v1/search").body("application/json", found).once();
    api.on(Route::Other).of("/service/rest/v1/components/one").status(204).once();
    let config = format!("[registry.\"{}\"]\napi = \"{}\"\n", nexus.registry.host(), api.origin());
    std::fs::create_dir_all(nexus.home.path().join(".config/regcli")).unwrap();
    std::fs::write(nexus.home.path().join(".config/regcli/config.toml"), config).unwrap();
    nexus.untag();
    assert_eq!(nexus.deleted().len(), 0);
    assert!(
        api.heard().iter().all(|heard| heard.head.header("authorization").map(ToOwned::to_owned) == basic())
    );
}

#[test]
fn a_repository_of_nexus_may_be_the_first_part_of_the_path() {
    let nexus = nexus_with(&[]);
    let found = [component("one", "team", "web/app"), component("two", "elsewhere", "web/app")];
    let answer = json!({"items": found}).to_string();
    nexus.registry.on(Route::Other).of("name=web/app&").body("application/json", answer).once();
    nexus.registry.on(Route::Other).of("/components/one").status(204).once();
    nexus.untag();
    assert_eq!(nexus.deleted(), ["/service/rest/v1/components/one"]);
}

#[test]
fn what_nexus_has_several_times_or_under_an_odd_id_is_not_deleted() {
    let twice = ["a", "b"].map(|id| component(id, id, "team/web/app"));
    let odd = [component("../../../v1/users/x", "docker", "team/web/app")];
    for (found, code, said) in
        [(&twice[..], 1, "in 2 of its repositories"), (&odd[..], 3, "has no component")]
    {
        let nexus = nexus_with(found);
        if code == 3 {
            nexus
                .registry
                .on(Route::Other)
                .of("name=web/app&")
                .body("application/json", "{\"items\":[]}")
                .once();
        }
        let refused = nexus.home.run(["untag", &nexus.registry.at("team/web/app:1.0")]).ends_with(code);
        assert!(refused.stderr.contains(said), "{refused}");
        assert_eq!(nexus.deleted().len(), 0);
    }
}

#[test]
fn a_tag_of_artifactory_is_a_folder() {
    let artifactory = StandIn::with_header("x-jfrog-version", "Artifactory/7.98.9 79809900").tagged_twice();
    artifactory.registry.on(Route::ManifestDelete).error(405, "UNSUPPORTED").once();
    artifactory.registry.on(Route::Other).of("/artifactory/").status(204).once();
    artifactory.untag();
    let folder = ("/artifactory/team/web/app/1.0".to_owned(), basic());
    assert_eq!(artifactory.deletions()[1], folder);
}

#[test]
fn a_registry_that_deletes_tags_by_itself_is_asked_nothing_else() {
    let registry = StandIn::with_header("docker-distribution-api-version", "registry/2.0").tagged_twice();
    registry.untag();
    assert_eq!(registry.deleted(), [BY_TAG]);
    assert_eq!(registry.registry.requests(Route::ManifestPut).len(), 0);
}

/// An image with this date in its config.
fn image(name: &str, created: &str) -> Fixture {
    let config = json!({"created": created, "os": "linux", "architecture": "amd64"});
    Fixture::with_config(config, &[Fixture::layer(name, 100)])
}

#[test]
fn harbors_times_of_pushes_count_and_not_the_dates_in_images_and_it_lists_what_has_no_tag() {
    let harbor = StandIn::harbor().tagged_twice();
    let [one, two, loose] = [("one", "2026-01-01"), ("two", "2020-01-01"), ("loose", "2020-01-01")]
        .map(|(name, day)| image(name, &format!("{day}T00:00:00Z")));
    for (image, tag) in [(&one, "one"), (&two, "two"), (&loose, "loose")] {
        harbor.registry.seed("lab/app", image, tag);
    }
    harbor.registry.untag("lab/app", "loose");
    let entry = |image: &Fixture, day: &str| json!({"digest": image.root.digest, "push_time": format!("{day}T00:00:00.000Z")});
    let listed = json!([entry(&one, "2026-02-01"), entry(&two, "2026-03-01"), entry(&loose, "2026-04-01")]);
    let list = harbor
        .registry
        .on(Route::Other)
        .of("/api/v2.0/projects/lab/repositories/app/artifacts?page_size=100&page=1");
    list.body("application/json", listed.to_string()).forever();
    let prune = |flags: &[&str]| {
        let name = harbor.registry.at("lab/app");
        harbor.home.run(
            ["prune", "--format", "{{.Tag}} {{.Action}} {{.Dated}} {{.Reason}}"]
                .iter()
                .chain(flags)
                .chain([&&*name]),
        )
    };
    let plan = prune(&["--keep", "1"]).ends_with(10);
    assert_eq!(plan.stdout, "one delete pushed not one of the newest\ntwo keep pushed one of the newest\n");
    let untagged = prune(&["--untagged"]).ends_with(10);
    assert!(untagged.stdout.ends_with(" delete pushed no tag\n"), "{untagged}");
    prune(&["--untagged", "--yes"]).succeeds();
    let there = [&one, &two, &loose].map(|image| harbor.registry.has_manifest("lab/app", &image.root.digest));
    assert_eq!(there, [true, true, false]);
    let asked =
        harbor.registry.heard().into_iter().find(|heard| heard.head.path.contains("/artifacts?")).unwrap();
    assert_eq!(asked.head.header("authorization").map(ToOwned::to_owned), basic());
}

#[test]
fn a_registry_that_does_not_show_its_list_is_pruned_by_the_dates_in_images() {
    let quay =
        StandIn::with_challenge(r#"Bearer realm="http://HOST/v2/auth",service="127.0.0.1""#).tagged_twice();
    quay.registry.seed("team/web/app", &image("new", "2026-01-01T00:00:00Z"), "2.0");
    quay.registry.seed("team/web/app", &image("old", "2025-01-01T00:00:00Z"), "0.1");
    quay.registry.on(Route::Other).of("/api/v1/repository/team/web/app/tag/").error(403, "DENIED").once();
    let name = quay.registry.at("team/web/app");
    let plan = quay.home.run([
        "prune",
        "--keep",
        "1",
        "--match",
        "^[02]",
        "--format",
        "{{.Tag}} {{.Action}} {{.Dated}}",
        &name,
    ]);
    assert!(plan.ends_with(10).stdout.starts_with("0.1 delete created\n"));
}
