//! Registries that are known by their names, as stand-ins behind these names: Docker Hub's newer API, GitHub, and an
//! Artifactory with routing by subdomain.

use serde_json::json;

use crate::support::NamedStandIn;
use crate::support::scripted::Route;

const NAMES: [&str; 4] = ["hub.docker.com", "index.docker.io", "ghcr.io", "docker-local.acme.jfrog.io"];

impl NamedStandIn {
    /// The requests: host, method, path, and whether they came with an `Authorization`.
    fn asked(&self) -> Vec<(String, bool)> {
        let asked = self.registry.heard().into_iter().map(|heard| {
            let host = heard.head.header("host").unwrap_or_default().to_owned();
            let line = format!("{} {host}{}", heard.head.method, heard.head.path);
            (line, heard.head.header("authorization").is_some())
        });
        asked.collect()
    }
}

/// What Docker Hub finds by its newer API (docs.docker.com/reference/api/hub; third-party clients).
fn public() -> serde_json::Value {
    json!({"count": 2, "next": "", "previous": "", "results": [
        {"repo_name": "nginx", "short_description": "Web server", "star_count": 20000, "pull_count": 12_000_000_000_u64,
         "repo_owner": "", "is_automated": false, "is_official": true},
        {"repo_name": "demo/nginx", "short_description": "", "star_count": 0, "pull_count": 7, "is_official": false},
    ]})
}

const SEARCH: &str = "GET hub.docker.com/v2/search/repositories/?query=nginx&page=1&page_size=25";

#[test]
fn docker_hub_counts_pulls_by_its_newer_api_if_they_are_asked_for() {
    let hub = NamedStandIn::of(&NAMES);
    hub.answers("/v2/search/repositories/", &public());
    let found = hub.run(&["search", "--columns", "name,pulls,official", "nginx"]).succeeds();
    let rows: Vec<Vec<&str>> = found.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let expected =
        [vec!["NAME", "PULLS", "OFFICIAL"], vec!["nginx", "12000000000", "[OK]"], vec!["demo/nginx", "7"]];
    assert_eq!(rows, expected, "{found}");
    assert_eq!(hub.asked(), [(SEARCH.to_owned(), false)]);
    let template = hub.run(&["search", "--format", "{{.Name}} {{.PullCount}}", "nginx"]).succeeds();
    template.prints("nginx 12000000000\ndemo/nginx 7\n");
}

#[test]
fn a_user_of_docker_hub_finds_private_repositories_first() {
    let hub = NamedStandIn::of(&NAMES);
    hub.log_in();
    hub.answers("/v2/search/repositories/", &public());
    hub.answers("/v2/auth/token", &json!({"access_token": "jwt-grue"}));
    let own = |name: &str, private: bool| {
        json!({"name": name, "namespace": "demo", "is_private": private, "star_count": 0, "pull_count": 7,
            "last_updated": "2020-01-01T00:00:00.123456Z", "description": null})
    };
    let list = json!({"count": 3, "next": null, "results": [own("nginx-secret", true), own("nginx", false), own("web", true)]});
    hub.answers("/v2/namespaces/demo/repositories?page=1&page_size=100", &list);
    let found = hub.run(&["search", "--columns", "name,private", "--format", "json", "nginx"]).succeeds();
    found.prints(
        "{\"IsPrivate\":\"true\",\"Name\":\"demo/nginx-secret\"}\n{\"IsPrivate\":\"false\",\"Name\":\"demo/nginx\"}\n\
         {\"IsPrivate\":\"false\",\"Name\":\"nginx\"}\n",
    );
    let asked = hub.asked();
    let lines: Vec<_> = asked.iter().map(|(line, has)| (line.as_str(), *has)).collect();
    let list = "GET hub.docker.com/v2/namespaces/demo/repositories?page=1&page_size=100";
    assert_eq!(lines, [("POST hub.docker.com/v2/auth/token", false), (list, true), (SEARCH, false)]);
}

#[test]
fn a_login_that_docker_hub_refuses_leaves_the_public_results_and_an_error() {
    let hub = NamedStandIn::of(&NAMES);
    hub.log_in();
    hub.answers("/v2/search/repositories/", &public());
    hub.registry.on(Route::Other).of("/v2/auth/token").error(401, "UNAUTHORIZED").forever();
    let outcome = hub.run(&["search", "--format", "{{.Name}} {{.PullCount}}", "nginx"]).ends_with(4);
    outcome.prints("nginx 12000000000\ndemo/nginx 7\n");
}

#[test]
fn docker_hub_is_asked_as_docker_asks_unless_more_is_wanted() {
    let hub = NamedStandIn::of(&NAMES);
    hub.answers("/v1/search", &json!({"results": [{"name": "nginx", "star_count": 1, "is_official": true}]}));
    for flags in [&["--format", "json"][..], &["--columns", "name,stars"], &["--stars", "1"]] {
        hub.registry.forget();
        hub.run(&[&["search"], flags, &["nginx"]].concat()).succeeds();
        assert_eq!(hub.asked(), [("GET index.docker.io/v1/search?q=nginx&n=25".to_owned(), false)]);
    }
    let json = hub.run(&["search", "--format", "json", "nginx"]).succeeds();
    json.prints("{\"Description\":\"\",\"IsOfficial\":\"true\",\"Name\":\"nginx\",\"StarCount\":\"1\"}\n");
}

#[test]
fn github_has_no_search_and_the_error_says_what_to_use() {
    let github = NamedStandIn::of(&NAMES);
    let outcome = github.run(&["search", "ghcr.io/team/app"]).ends_with(1);
    outcome.complains("ghcr.io cannot be searched").complains("packages?package_type=container");
    assert!(github.asked().len() <= 1, "{:#?}", github.asked());
}

#[test]
fn a_subdomain_of_artifactory_names_the_repository() {
    let artifactory = NamedStandIn::of(&NAMES);
    let item = |repository: &str| json!({"repo": repository, "path": "team/app/1", "name": "manifest.json", "modified": "2020-01-01T00:00:00.000Z"});
    let items = json!({"results": [item("docker-local"), item("other")]});
    artifactory.answers("/artifactory/api/search/aql", &items);
    let host = "docker-local.acme.jfrog.io";
    let found = artifactory.run(&["search", "--format", "{{.Name}}", &format!("{host}/app")]).succeeds();
    found.prints(&format!("{host}/team/app\n{host}/other/team/app\n"));
}
