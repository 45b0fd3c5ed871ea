//! Registries that are known by their names, as stand-ins behind these names: Azure, Google, Docker Hub, and those that
//! delete only by an API of their provider.

use serde_json::json;

use crate::support::scripted::Route;
use crate::support::{Fixture, NamedStandIn};

const NAMES: [&str; 8] = [
    "acme.azurecr.io",
    "gcr.io",
    "ghcr.io",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "registry.cn-hangzhou.aliyuncs.com",
    "registry-1.docker.io",
    "hub.docker.com",
    "auth.docker.io",
];

impl NamedStandIn {
    fn deletions(&self) -> Vec<String> {
        let heard = self.registry.heard().into_iter().filter(|heard| heard.head.method == "DELETE");
        heard.map(|heard| heard.head.path).collect()
    }
}

#[test]
fn azure_has_tags_beside_the_registrys_api() {
    let azure = NamedStandIn::of(&NAMES).tagged_twice();
    azure.registry.on(Route::Other).of("/acr/v1/team/app/_tags/1.0").status(202).once();
    azure.run(&["untag", "acme.azurecr.io/team/app:1.0"]).succeeds();
    assert_eq!(azure.deletions(), ["/acr/v1/team/app/_tags/1.0"]);
}

#[test]
fn google_deletes_an_image_only_without_its_tags() {
    let google = NamedStandIn::of(&NAMES).tagged_twice();
    google.run(&["delete", "gcr.io/team/app:1.0"]).ends_with(1);
    assert_eq!(google.deletions().len(), 0);
    google.run(&["delete", "--force", "gcr.io/team/app:1.0"]).succeeds();
    let path = |selector: &str| format!("/v2/team/app/manifests/{selector}");
    let expected = [path("1.0"), path("latest"), path(&google.image.root.digest)];
    assert_eq!(google.deletions(), expected);
}

#[test]
fn registries_that_delete_nothing_say_what_to_use_and_are_sent_no_deletion() {
    for (host, used) in [
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "aws ecr batch-delete-image --repository-name team/app",
        ),
        ("ghcr.io", "gh api --method DELETE /user/packages/container/app/versions/ID"),
    ] {
        let registry = NamedStandIn::of(&NAMES).tagged_twice();
        for arguments in [["untag", "1.0"], ["delete", "1.0"]] {
            let name = format!("{host}/team/app:{}", arguments[1]);
            let refused = registry.run(&[arguments[0], &name]).ends_with(1);
            assert!(refused.stderr.contains("does not delete by the registry API"), "{refused}");
            assert!(refused.stderr.contains(used), "{refused}");
        }
        registry.run(&["prune", "--keep", "1", &format!("{host}/team/app")]).ends_with(1);
        assert_eq!(registry.deletions().len(), 0);
    }
    let aliyun = NamedStandIn::of(&NAMES).tagged_twice();
    aliyun.registry.on(Route::ManifestDelete).error(405, "UNSUPPORTED").once();
    let refused = aliyun.run(&["untag", "registry.cn-hangzhou.aliyuncs.com/team/app:1.0"]).ends_with(1);
    assert!(refused.stderr.contains("console of ACR"), "{refused}");
}

#[test]
fn docker_hub_removes_tags_by_its_own_api_with_a_token_for_the_password() {
    let hub = NamedStandIn::of(&NAMES).tagged_twice();
    hub.log_in();
    let token = json!({"access_token": "jwt-plover"}).to_string();
    hub.registry.on(Route::Other).of("/v2/auth/token").body("application/json", token).once();
    hub.registry.on(Route::Other).of("/v2/repositories/team/app/tags/").status(204).times(2);
    hub.run(&["untag", "team/app:*"]).succeeds();
    let tags = ["1.0", "latest"].map(|tag| format!("/v2/repositories/team/app/tags/{tag}/"));
    assert_eq!(hub.deletions(), tags);
    let heard = hub.registry.heard();
    let deletion = heard.iter().find(|heard| heard.head.method == "DELETE").unwrap();
    assert_eq!(deletion.head.header("host"), Some("hub.docker.com"));
    assert_eq!(deletion.head.header("authorization"), Some("Bearer jwt-plover"));
    let login = heard.iter().find(|heard| heard.head.method == "POST").unwrap();
    assert_eq!(
        (login.head.header("host"), login.head.header("authorization")),
        (Some("hub.docker.com"), None)
    );
}

#[test]
fn docker_hub_needs_a_login_for_that() {
    let hub = NamedStandIn::of(&NAMES).tagged_twice();
    let refused = hub.run(&["untag", "team/app:1.0"]).ends_with(4);
    assert!(refused.stderr.contains("hint: log in: regcli login"), "{refused}");
    assert_eq!(hub.deletions().len(), 0);
}

#[test]
fn docker_hubs_images_are_deleted_after_their_tags() {
    let hub = NamedStandIn::of(&NAMES).tagged_twice();
    hub.log_in();
    let token = json!({"access_token": "jwt-plover"}).to_string();
    hub.registry.on(Route::Other).of("/v2/auth/token").body("application/json", token).once();
    hub.registry.on(Route::Other).of("/v2/repositories/team/app/tags/").status(204).times(2);
    hub.run(&["delete", "--force", "team/app:1.0"]).succeeds();
    let digest = format!("/v2/team/app/manifests/{}", hub.image.root.digest);
    assert_eq!(hub.deletions().last(), Some(&digest));
    let last = hub.registry.heard().into_iter().rfind(|heard| heard.head.method == "DELETE").unwrap();
    assert_eq!(last.head.header("host"), Some("registry-1.docker.io"));
    assert_ne!(
        last.head.header("authorization"),
        Some("Bearer jwt-plover"),
        "that token is for the other host"
    );
}

#[test]
fn google_lists_all_manifests_with_its_tags() {
    let google = NamedStandIn::of(&NAMES).tagged_twice();
    let loose = Fixture::docker();
    google.registry.seed("team/app", &loose, "loose");
    google.registry.untag("team/app", "loose");
    let times = |time: &str| json!({"timeUploadedMs": time, "tag": [], "imageSizeBytes": "1"});
    let body = json!({
        "name": "team/app", "tags": ["1.0", "latest"], "child": [],
        "manifest": {(&*google.image.root.digest): times("1577836800000"), (&*loose.root.digest): times("1577836800000")},
    });
    google.registry.on(Route::Tags).body("application/json", body.to_string()).forever();
    google.run(&["prune", "--untagged", "--yes", "gcr.io/team/app"]).succeeds();
    assert_eq!(google.deletions(), [format!("/v2/team/app/manifests/{}", loose.root.digest)]);
    let aged = google.run(&["prune", "--older-than", "52w", "--yes", "gcr.io/team/app"]).succeeds();
    let path = |selector: &str| format!("/v2/team/app/manifests/{selector}");
    let deletions = google.deletions();
    assert_eq!(deletions.last(), Some(&path(&google.image.root.digest)), "{aged}");
    assert!(deletions.contains(&path("1.0")) && deletions.contains(&path("latest")), "tags go first");
}
