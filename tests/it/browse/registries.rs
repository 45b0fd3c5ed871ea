//! Registries of other kinds, and registries that fail.

use serde_json::json;

use super::Scene;
use super::pane::Pane;
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fault, Fixture, Home, Kind, Proxy, missing};

/// The answer for a list that a registry does not have.
fn unsupported() -> Fault {
    let body = r#"{"errors":[{"code":"UNSUPPORTED","message":"no list"}]}"#;
    Fault::Answer { status: 404, headers: Vec::new(), body }
}

#[test]
fn a_registry_that_refuses_its_catalog_is_searched_as_the_user_types() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let proxy = Proxy::before(scene.host());
    proxy.fault("GET", "/_catalog", unsupported());
    let pane = scene.browse(&proxy.host());
    pane.shows("/ searches");
    pane.types(&["/", "a", "p", "p"]);
    pane.shows("> team/app");
    pane.types(&["Enter", "Enter"]);
    pane.shows("  stable");
    pane.ends_with("q", 0);
}

#[test]
fn an_error_is_shown_with_its_hint_and_r_loads_again() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let proxy = Proxy::before(scene.host());
    proxy.fault("GET", "/tags/list", unsupported());
    let pane = scene.browse(&format!("{}/team/app", proxy.host()));
    let failed = pane.shows("failed: r retries");
    assert!(failed.contains("error: "), "{failed}");
    pane.types(&["r"]);
    pane.shows("  stable");
    pane.ends_with("q", 0);
}

/// The shape is that of GitLab's registry API (`docs/spec/gitlab/api.md`).
#[test]
fn what_a_registry_lists_about_tags_is_not_read_from_manifests() {
    if missing("tmux") {
        return;
    }
    let (registry, home, image) = (Scripted::start(), Home::fresh(), Fixture::small());
    registry.seed("team/app", &image, "1.0");
    registry.on(Route::Ping).with_header("gitlab-container-registry-version", "4.0.0-gitlab").forever();
    let tag = json!([{
        "name": "1.0", "digest": image.root.digest, "size_bytes": 1_500_000,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "created_at": "2026-01-01T00:00:00.000Z", "published_at": "2026-01-01T00:00:00.000Z",
    }]);
    registry.on(Route::Other).of("/gitlab/v1/").body("application/json", tag.to_string()).forever();
    let pane = Pane::run(&home, &format!("browse {}", registry.at("team/app")));
    pane.shows("1.5MB");
    pane.ends_with("q", 0);
    assert_eq!((registry.requests(Route::Tags).len(), registry.requests(Route::Manifest).len()), (0, 0));
}
