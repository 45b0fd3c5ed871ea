//! Each kind of registry is asked in its own way: path, query and credentials.

use serde_json::json;

use crate::support::scripted::{Route, Scripted};
use crate::support::{StandIn, basic};

/// A repository in Harbor's list (goharbor/harbor, api/v2.0/swagger.yaml, `Repository`).
fn of_harbor(name: &str, pulls: u64) -> serde_json::Value {
    json!({
        "id": 1, "project_id": 1, "name": name, "description": "An app", "artifact_count": 3, "pull_count": pulls,
        "creation_time": "2020-01-01T00:00:00.000Z", "update_time": "2020-01-02T00:00:00.000Z",
    })
}

const HARBOR_FIRST: &str =
    "GET /api/v2.0/repositories?sort=-pull_count&page=1&page_size=25&q=name%3D~team/app";

#[test]
fn harbor_is_asked_for_its_list_with_pulls_and_artifacts_over_its_pages() {
    let harbor = StandIn::harbor();
    let next = "/api/v2.0/repositories?page=2&page_size=25&q=name%3D~team%2Fapp&sort=-pull_count";
    let list = harbor.registry.on(Route::Other).of("page=1&");
    let list = list.body("application/json", json!([of_harbor("team/app", 70)]).to_string());
    list.header("Link", format!("<{next}>; rel=\"next\"")).forever();
    harbor.answers("page=2&", &json!([of_harbor("team/app-two", 7)]));

    let table = harbor.search(&[], "team/app").succeeds();

    let host = harbor.registry.host();
    let rows: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let (one, two) = (format!("{host}/team/app"), format!("{host}/team/app-two"));
    assert_eq!(
        rows,
        [
            vec!["NAME", "DESCRIPTION", "STARS", "OFFICIAL", "PULLS", "ARTIFACTS"],
            vec![&*one, "An", "app", "70", "3"],
            vec![&*two, "An", "app", "7", "3"],
        ]
    );
    assert_eq!(table.stderr, "");
    let asked = harbor.asked();
    assert_eq!(asked[0], ("GET /v2/".to_owned(), None));
    assert_eq!(asked[1], (HARBOR_FIRST.to_owned(), basic()));
    assert_eq!((asked[2].0.as_str(), asked.len()), (&*format!("GET {next}"), 3));

    let json = harbor.search(&["--format", "json", "--limit", "1"], "team/app").succeeds();
    assert_eq!(
        json.stdout,
        format!(
            "{{\"ArtifactCount\":\"3\",\"Description\":\"An app\",\"IsOfficial\":\"\",\"IsPrivate\":\"\",\"Name\":\"{one}\",\
             \"PullCount\":\"70\",\"Repositories\":\"\",\"StarCount\":\"\",\"UpdatedAt\":\"2020-01-02T00:00:00Z\"}}\n"
        )
    );
    let once = "GET /api/v2.0/repositories?sort=-pull_count&page=1&page_size=1&q=name%3D~team/app";
    assert_eq!(harbor.paths(), [once], "the software is remembered, and one result is enough");
}

#[test]
fn a_term_that_harbors_filter_does_not_take_and_an_old_harbor_are_left_to_its_search() {
    let harbor = StandIn::harbor();
    let found = json!({"project": [], "repository": [
        {"project_id": 1, "project_public": false, "repository_name": "team/app", "pull_count": 7, "artifact_count": 2}]});
    harbor.answers("/api/v2.0/search?q=", &found);
    harbor.finds("a,project_id=1", &["team/app"]);
    assert_eq!(harbor.paths(), ["GET /v2/", "GET /api/v2.0/search?q=a%2Cproject_id%3D1"]);
    harbor.registry.on(Route::Other).of("/api/v2.0/repositories").error(404, "NOT_FOUND").forever();
    let columns = harbor.search(&["--columns", "private,pulls", "--format", "json"], "app").succeeds();
    assert_eq!(columns.stdout, "{\"IsPrivate\":\"true\",\"PullCount\":\"7\"}\n");
}

/// A repository that Quay finds (quay/quay, endpoints/api/search.py).
fn of_quay(name: &str) -> serde_json::Value {
    json!({
        "kind": "repository", "title": "repo", "namespace": {"name": "team", "kind": "organization"}, "name": name,
        "description": "A store", "is_public": false, "stars": 12, "popularity": 3.0, "last_modified": 1_577_836_800,
    })
}

#[test]
fn quay_is_asked_anonymously_and_reports_stars_and_privacy() {
    let quay = StandIn::with_challenge(r#"Bearer realm="http://HOST/v2/auth",service="127.0.0.1""#);
    let found = json!({"results": [of_quay("etcd")], "has_additional": false, "page": 1});
    quay.answers("/api/v1/find/repositories", &found);
    let columns = ["--columns", "name,stars,private,updated,pulls", "--format", "json"];
    let outcome = quay.search(&columns, "etcd").succeeds();
    assert_eq!(
        outcome.stdout,
        format!(
            "{{\"IsPrivate\":\"true\",\"Name\":\"{}\",\"PullCount\":\"\",\"StarCount\":\"12\",\
             \"UpdatedAt\":\"2020-01-01T00:00:00Z\"}}\n",
            quay.registry.at("team/etcd")
        )
    );
    assert_eq!(outcome.stderr, format!("WARNING: {} does not report: pulls\n", quay.registry.host()));
    let path = "GET /api/v1/find/repositories?includeUsage=true&query=etcd";
    assert_eq!(quay.asked(), [("GET /v2/".to_owned(), None), (path.to_owned(), None)]);
    let popular = quay.search(&["--stars", "13", "--format", "{{.Name}}"], "etcd").succeeds();
    assert_eq!((popular.stdout.as_str(), popular.stderr.as_str()), ("", ""));
}

/// A component that Nexus finds (help.sonatype.com, "Search API").
fn of_nexus(repository: &str, name: &str, tag: &str) -> serde_json::Value {
    json!({"id": "x", "repository": repository, "format": "docker", "group": null, "name": name, "version": tag, "assets": []})
}

fn configure_api(nexus: &StandIn, api: &Scripted) {
    let folder = nexus.home.path().join(".config/regcli");
    std::fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\napi = \"{}/nexus\"\n", nexus.registry.host(), api.origin());
    std::fs::write(folder.join("config.toml"), config).unwrap();
}

#[test]
fn nexus_is_asked_at_its_api_and_its_repositories_are_a_column() {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)");
    let api = Scripted::start();
    configure_api(&nexus, &api);
    let first = json!({"items": [of_nexus("hosted", "team/app", "1"), of_nexus("hosted", "team/app", "2")],
        "continuationToken": "NEXT"});
    let last = json!({"items": [of_nexus("proxy", "team/app", "1"), of_nexus("hosted", "web-app", "1")],
        "continuationToken": null});
    let page = |part: &str, body: &serde_json::Value| {
        api.on(Route::Other).of(part).body("application/json", body.to_string()).forever();
    };
    page("continuationToken=NEXT", &last);
    page("/nexus/service/rest/v1/search?format=docker&name=%2Aapp%2A", &first);

    let found = nexus.search(&[], "app").succeeds();

    let rows: Vec<Vec<&str>> = found.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let (app, web) = (nexus.registry.at("team/app"), nexus.registry.at("web-app"));
    assert_eq!(rows[0], ["NAME", "DESCRIPTION", "STARS", "OFFICIAL", "REPOSITORY"]);
    assert_eq!(rows[1..], [vec![&*app, "hosted,proxy"], vec![&*web, "hosted"]]);
    assert_eq!(nexus.paths(), ["GET /v2/"], "the registry is only asked what it is");
    let authorized =
        api.heard().into_iter().all(|heard| heard.head.header("authorization") == basic().as_deref());
    assert!(authorized && api.heard().len() == 2, "{:#?}", api.heard());
    nexus.search(&[], "app").succeeds();
    assert!(nexus.asked().is_empty());
}

#[test]
fn the_first_part_of_a_term_may_be_a_repository_of_nexus() {
    let nexus = StandIn::with_header("server", "Nexus/3.83.0-01 (COMMUNITY)");
    nexus.answers("name=%2Ahosted/app%2A", &json!({"items": [], "continuationToken": null}));
    let found = json!({"items": [of_nexus("hosted", "app", "1")], "continuationToken": null});
    nexus.answers("format=docker&repository=hosted&name=%2Aapp%2A", &found);
    nexus.finds("hosted/app", &["hosted/app"]);
}

/// An item that Artifactory finds (jfrog.com/help, "Artifactory Query Language").
fn of_artifactory(repository: &str, image: &str, tag: &str) -> serde_json::Value {
    json!({"repo": repository, "path": format!("{image}/{tag}"), "name": "manifest.json",
        "modified": "2020-01-01T00:00:00.000Z"})
}

#[test]
fn artifactory_gets_a_query_in_its_own_language() {
    let artifactory = StandIn::with_header("x-jfrog-version", "Artifactory/7.98.9 79809900");
    let items = [
        of_artifactory("docker-local", "team/app", "2"),
        of_artifactory("docker-local", "team/app", "1"),
        of_artifactory("other-local", "web/team-app", "1"),
        // Characters that a name cannot have stand for any, so that others may be found, too.
        of_artifactory("other-local", "another", "1"),
    ];
    artifactory.answers("/artifactory/api/search/aql", &json!({"results": items, "range": {"total": 4}}));
    artifactory.finds("app", &["docker-local/team/app", "other-local/web/team-app"]);
    let asked = artifactory.registry.heard().into_iter().find(|heard| heard.head.method == "POST").unwrap();
    assert_eq!(asked.head.path, "/artifactory/api/search/aql");
    assert_eq!(asked.head.header("content-type"), Some("text/plain"));
    assert_eq!(asked.head.header("authorization"), basic().as_deref());
    artifactory.finds("docker-local/team", &["docker-local/team/app"]);
    artifactory.finds("app\"})", &[]);
}

#[test]
fn artifactorys_query_is_the_body_and_its_pages_are_asked_for_one_after_the_other() {
    let artifactory = StandIn::with_header("x-jfrog-version", "Artifactory/7.98.9 79809900");
    let page =
        |items: Vec<serde_json::Value>| json!({"results": items, "range": {"total": 1001}}).to_string();
    let full: Vec<_> =
        (0..1000).map(|number| of_artifactory("docker-local", "team/app", &number.to_string())).collect();
    let search = || artifactory.registry.on(Route::Other).of("/artifactory/api/search/aql");
    search().body("application/json", page(full)).once();
    search().body("application/json", page(vec![of_artifactory("docker-local", "team/app-two", "1")])).once();

    artifactory.finds("docker-local/team", &["docker-local/team/app", "docker-local/team/app-two"]);

    let asked = artifactory.registry.requests(Route::Other);
    let queries = asked
        .iter()
        .filter(|heard| heard.head.method == "POST")
        .map(|heard| str::from_utf8(&heard.body).unwrap());
    let query = |offset: u32| {
        format!(
            r#"items.find({{"$and":[{{"$or":[{{"name":"manifest.json"}},{{"name":"list.manifest.json"}}]}},{{"$or":[{{"@docker.repoName":{{"$match":"*docker-local/team*"}}}},{{"$and":[{{"repo":{{"$match":"*docker-local"}}}},{{"@docker.repoName":{{"$match":"team*"}}}}]}}]}}]}}).include("repo","path","name","modified").sort({{"$desc":["modified"]}}).offset({offset}).limit(1000)"#
        )
    };
    assert_eq!(queries.collect::<Vec<_>>(), [query(0), query(1000)]);
}

#[test]
fn gitlab_lists_what_is_below_a_path_with_the_registrys_own_token() {
    let gitlab = StandIn::with_header("gitlab-container-registry-version", "4.0.0-gitlab");
    // GitLab's container registry, docs/spec/gitlab/api.md, "List Repositories".
    let repository =
        |path: &str| json!({"name": "app", "path": path, "created_at": "2020-01-01T00:00:00.000Z"});
    let realm = format!("Bearer realm=\"{}/token\",service=\"container_registry\"", gitlab.registry.origin());
    let list = "/gitlab/v1/repository-paths/group/repositories/list/?n=100";
    gitlab
        .registry
        .on(Route::Other)
        .of(list)
        .error(401, "UNAUTHORIZED")
        .header("WWW-Authenticate", realm)
        .once();
    let next = "/gitlab/v1/repository-paths/group/repositories/list/?last=group%2Fapp&n=100";
    let first = gitlab.registry.on(Route::Other).of(list);
    let first =
        first.body("application/json", json!([repository("group/app"), repository("group/web")]).to_string());
    first.header("Link", format!("<{next}>; rel=\"next\"")).forever();
    gitlab.answers("last=group%2Fapp", &json!([repository("group/sub/app")]));
    gitlab.finds("group/app", &["group/app"]);
    let asked = gitlab.asked();
    let token = asked.iter().find(|(path, _)| path.starts_with("GET /token")).unwrap();
    assert!(
        token.0.contains("scope=repository%3Agroup%3Apull")
            || token.0.contains("scope=repository:group:pull"),
        "{token:?}"
    );
    let (last, authorization) = asked.last().unwrap();
    assert_eq!(*last, format!("GET {next}"));
    assert!(authorization.as_ref().is_some_and(|value| value.starts_with("Bearer token-")));
}

#[test]
fn a_gitlab_without_that_list_is_searched_by_its_catalog() {
    let gitlab = StandIn::with_header("gitlab-container-registry-version", "3.0.0-gitlab");
    gitlab.registry.on(Route::Other).of("/gitlab/v1/").error(404, "NOT_FOUND").forever();
    let names = json!({"repositories": ["group/app", "group/web"]}).to_string();
    gitlab.registry.on(Route::Catalog).body("application/json", names).forever();
    gitlab.finds("group/app", &["group/app"]);
}

#[test]
fn zot_is_found_by_its_extensions_and_asked_with_the_term_as_a_variable() {
    let zot = StandIn::with_header("docker-distribution-api-version", "registry/2.0");
    // project-zot/zot, pkg/extensions/extension_search.go and search/schema.graphql.
    let extension = json!({"name": "_zot", "url": "https://github.com/project-zot/zot", "description": "",
        "endpoints": ["/v2/_zot/ext/search"]});
    zot.answers("/v2/_oci/ext/discover", &json!({"extensions": [extension]}));
    let app = json!({"Name": "team/app", "LastUpdated": "2020-01-01T00:00:00Z", "DownloadCount": 5, "StarCount": 2,
        "NewestImage": {"Description": "An app"}});
    let found =
        json!({"data": {"GlobalSearch": {"Page": {"TotalCount": 1, "ItemCount": 1}, "Repos": [app]}}});
    zot.answers("/v2/_zot/ext/search", &found);
    let row = ["--format", "{{.Name}} {{.StarCount}} {{.PullCount}} {{.Description}}"];
    let expected = format!("{} 2 5 An app\n", zot.registry.at("team/app"));
    zot.search(&row, "a\"}$*\\").succeeds().prints(&expected);
    let heard = zot.registry.heard();
    let asked = &heard.last().unwrap().head;
    let query = asked.parameter("query").unwrap();
    assert!(query.contains("GlobalSearch(query:$term") && !query.contains('\\'), "{query}");
    let variables: serde_json::Value = serde_json::from_str(&asked.parameter("variables").unwrap()).unwrap();
    assert_eq!(variables["term"], "a\"}$*\\");
    zot.registry.forget();
    zot.search(&row, "app").succeeds();
    assert_eq!(zot.paths().len(), 1, "it is remembered that it is zot");
}
