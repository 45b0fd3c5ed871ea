//! The software of a registry is found out once, and again if the registry has been replaced.

use serde_json::json;

use crate::support::scripted::{Demand, Route};
use crate::support::{HARBOR, StandIn, basic};

#[test]
fn a_registry_that_has_been_replaced_is_found_out_again_once() {
    let changing = StandIn::start();
    let harbor = changing.registry.on(Route::Ping).error(401, "UNAUTHORIZED");
    harbor.header("WWW-Authenticate", HARBOR.replace("HOST", &changing.registry.host())).once();
    let list = changing.registry.on(Route::Other).of("/api/v2.0/repositories");
    list.body("application/json", "[]").once();
    changing.finds("app", &[]);
    assert_eq!(changing.paths().len(), 2);

    let version = changing.registry.on(Route::Ping);
    version.with_header("docker-distribution-api-version", "registry/2.0").once();
    let names = json!({"repositories": ["team/app"]}).to_string();
    changing.registry.on(Route::Catalog).body("application/json", names).forever();
    changing.registry.on(Route::Other).error(404, "NOT_FOUND").forever();
    changing.finds("app", &["team/app"]);
    let paths = changing.paths();
    assert_eq!(paths.len(), 4, "{paths:#?}");
    assert!(paths[0].starts_with("GET /api/v2.0/repositories?"));
    assert_eq!(paths[1..], ["GET /v2/", "GET /v2/_oci/ext/discover", "GET /v2/_catalog?n=1000"]);
    changing.finds("app", &["team/app"]);
    assert_eq!(changing.paths(), ["GET /v2/_catalog?n=1000"]);
}

#[test]
fn a_registry_that_was_asked_for_its_tags_need_not_be_asked_what_it_is() {
    let registry = StandIn::start();
    registry.registry.demand(Demand::Password);
    let header = ("gitlab-container-registry-version", "4.0.0-gitlab");
    registry.registry.on(Route::Catalog).with_header(header.0, header.1).forever();
    registry.home.run(["catalog", &registry.registry.host()]).succeeds();
    registry.registry.forget();
    registry.answers("/gitlab/v1/repository-paths/group/", &json!([{"path": "group/app"}]));
    registry.finds("group/app", &["group/app"]);
    let path = "GET /gitlab/v1/repository-paths/group/repositories/list/?n=100";
    assert_eq!(registry.asked(), [(path.to_owned(), basic())], "one search is one request");
}

#[test]
fn a_login_forgets_nothing_and_a_logout_forgets_the_software() {
    let harbor = StandIn::harbor();
    harbor.registry.on(Route::Other).of("/api/v2.0/repositories").body("application/json", "[]").forever();
    harbor.finds("app", &[]);
    harbor.registry.forget();
    harbor.finds("app", &[]);
    assert_eq!(harbor.paths().len(), 1);
    harbor.home.run(["logout", &harbor.registry.host()]).succeeds();
    harbor.finds("app", &[]);
    assert_eq!(harbor.paths()[0], "GET /v2/");
}

#[test]
fn a_registry_that_says_nothing_is_tried_once_and_then_remembered() {
    let unknown = StandIn::start();
    let found = json!({"results": [], "has_additional": false});
    unknown.answers("/api/v1/find/repositories", &found);
    unknown.registry.on(Route::Other).error(404, "NOT_FOUND").forever();
    unknown.finds("app", &[]);
    let first = unknown.asked();
    assert!(first.iter().all(|(_, authorization)| authorization.is_none()), "{first:#?}");
    assert_eq!(first.len(), 4, "what it is, two kinds of Harbor, and Quay: {first:#?}");
    unknown.finds("app", &[]);
    assert_eq!(unknown.paths(), ["GET /api/v1/find/repositories?includeUsage=true&query=app"]);
}
