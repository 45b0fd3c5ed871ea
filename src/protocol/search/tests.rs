use jiff::Timestamp;

use super::*;

type Reader = fn(&[u8]) -> Result<Page, Error>;

/// The readers of an object, with the key of its list.
const READERS: [(Reader, &str); 7] = [
    (hub, "results"),
    (hub_repositories, "results"),
    (hub_own, "results"),
    (harbor, "repository"),
    (quay, "results"),
    (nexus, "items"),
    (artifactory, "results"),
];

fn names(page: &Page) -> Vec<&str> {
    page.results.iter().map(|result| result.name.as_str()).collect()
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

#[test]
fn the_hub_says_how_good_an_image_is() {
    let page = hub(br#"{"num_pages": 4, "num_results": 100, "page": 1, "page_size": 25, "query": "centos", "results": [
        {"name": "centos", "description": "DEPRECATED;\nThe official build.", "star_count": 7751, "is_official": true,
         "is_automated": false},
        {"name": "ansible/centos7-ansible", "description": "", "star_count": 134, "is_automated": true}]}"#)
    .unwrap();
    let centos = SearchResult {
        name: "centos".to_owned(),
        description: "DEPRECATED;\nThe official build.".to_owned(),
        stars: Some(7751),
        official: Some(true),
        automated: Some(false),
        ..SearchResult::default()
    };
    assert_eq!(page.results[0], centos);
    assert_eq!(page.results[0].summary(), "DEPRECATED; The official build.");
    assert_eq!(page.results[1].automated, Some(true));
    assert_eq!(page.more, More::NextPage);
    assert_eq!(hub(br#"{"results": [], "page": 4, "num_pages": 4}"#).unwrap().more, More::Nothing);
}

#[test]
fn the_newer_api_of_the_hub_counts_pulls_and_lists_ones_own_repositories() {
    let public = hub_repositories(
        br#"{"count": 2, "next": "https://hub.docker.com/v2/search/repositories/?page=2", "previous": "", "results": [
        {"repo_name": "library/nginx", "short_description": "Web server", "star_count": 20000, "pull_count": 1e10,
         "repo_owner": "", "is_automated": false, "is_official": true}]}"#,
    )
    .unwrap();
    assert_eq!((names(&public), &public.more), (vec!["nginx"], &More::NextPage));
    assert_eq!((public.results[0].pulls, public.results[0].private), (Some(10_000_000_000), Some(false)));
    let own = hub_own(
        br#"{"count": 1, "next": null, "results": [{"name": "app", "namespace": "demo", "is_private": true,
        "star_count": 0, "pull_count": 7, "last_updated": "2026-11-01T10:00:00.123456Z", "description": null}]}"#,
    )
    .unwrap();
    assert_eq!((names(&own), &own.more), (vec!["demo/app"], &More::Nothing));
    assert_eq!((own.results[0].private, own.results[0].pulls), (Some(true), Some(7)));
    assert_eq!(own.results[0].updated, time("2026-11-01T10:00:00.123456Z"));
}

#[test]
fn harbor_counts_pulls_and_artifacts() {
    let found = harbor(
        br#"{"project": [{"name": "team"}], "repository": [{"project_id": 1, "project_public": false,
        "repository_name": "team/app", "pull_count": 7, "artifact_count": 3}]}"#,
    )
    .unwrap();
    let expected = SearchResult {
        pulls: Some(7),
        artifacts: Some(3),
        private: Some(true),
        ..SearchResult::named("team/app")
    };
    assert_eq!(found, Page { results: vec![expected], more: More::Nothing });
    let listed = harbor_repositories(
        br#"[{"id": 1, "project_id": 1, "name": "team/app", "description": "An app", "artifact_count": 3,
        "pull_count": 7, "creation_time": "2026-01-01T00:00:00.000Z", "update_time": "2026-11-01T00:00:00.000Z"}]"#,
    )
    .unwrap();
    let expected = SearchResult {
        description: "An app".to_owned(),
        pulls: Some(7),
        artifacts: Some(3),
        updated: time("2026-11-01T00:00:00Z"),
        ..SearchResult::named("team/app")
    };
    assert_eq!(listed, Page { results: vec![expected], more: More::Link });
    assert!(harbor_repositories(br#"{"errors": []}"#).is_err());
}

#[test]
fn quay_joins_names_and_leaves_out_other_entries() {
    let page = quay(
        br#"{"results": [
        {"kind": "repository", "namespace": {"name": "coreos", "kind": "organization"}, "name": "etcd",
         "description": "A store", "is_public": true, "stars": 12.0, "popularity": 3.5, "last_modified": 1764460800},
        {"kind": "organization", "name": "coreos"}],
        "has_additional": true, "page": 1, "page_size": 10, "start_index": 0}"#,
    )
    .unwrap();
    assert_eq!((names(&page), &page.more), (vec!["coreos/etcd"], &More::NextPage));
    let etcd = &page.results[0];
    assert_eq!((etcd.stars, etcd.private), (Some(12), Some(false)));
    assert_eq!(etcd.updated, time("2025-11-30T00:00:00Z"));
}

#[test]
fn nexus_names_the_repository_of_each_tag() {
    let page = nexus(
        br#"{"items": [
        {"repository": "docker", "format": "docker", "name": "team/app", "version": "1"},
        {"repository": "proxy", "format": "docker", "name": "team/app", "version": "2"},
        {"repository": "maven", "format": "maven2", "name": "app", "version": "2"}],
        "continuationToken": "88491cd1d185dd136f143f20c4e7d50c"}"#,
    )
    .unwrap();
    assert_eq!(names(&page), ["team/app", "team/app"]);
    assert_eq!(page.more, More::Token("88491cd1d185dd136f143f20c4e7d50c".to_owned()));
    let mut results = page.results.into_iter();
    let mut app = results.next().unwrap();
    results.for_each(|result| app.merge(result));
    assert_eq!(app.repositories, ["docker", "proxy"]);
    let last = nexus(br#"{"items": [], "continuationToken": null}"#).unwrap();
    assert_eq!(last.more, More::Nothing);
}

#[test]
fn artifactory_names_the_repository_before_the_image_and_leaves_the_tag_out() {
    let page = artifactory(
        br#"{"results": [{"repo": "docker-local", "path": "team/app/1.0", "name": "manifest.json",
        "modified": "2026-11-01T00:00:00.000Z"}, {"repo": "docker-local", "path": "odd", "name": "manifest.json"}],
        "range": {"start_pos": 0, "end_pos": 2, "total": 2}}"#,
    )
    .unwrap();
    assert_eq!((names(&page), &page.more), (vec!["docker-local/team/app"], &More::Nothing));
    assert_eq!(page.results[0].repositories, ["docker-local"]);
    let full = format!(r#"{{"results": [{}{{}}]}}"#, "{},".repeat(999));
    assert_eq!(artifactory(full.as_bytes()).unwrap().more, More::NextTags);
}

#[test]
fn gitlab_lists_paths_and_zot_answers_a_query() {
    let listed = gitlab(
        br#"[{"name": "app", "path": "group/sub/app", "created_at": "2022-06-07T12:11:13.633Z",
        "updated_at": "2026-11-01T00:00:00.000Z"}]"#,
    )
    .unwrap();
    assert_eq!((names(&listed), &listed.more), (vec!["group/sub/app"], &More::Link));
    assert_eq!(listed.results[0].updated, time("2026-11-01T00:00:00Z"));
    assert!(gitlab(b"{}").is_err() && gitlab(b"null").is_err());
    let page = |total: u32| {
        let body = format!(
            r#"{{"data": {{"GlobalSearch": {{"Page": {{"TotalCount": {total}, "ItemCount": 1}}, "Repos": [
            {{"Name": "team/app", "LastUpdated": "0001-01-01T00:00:00Z", "DownloadCount": 5, "StarCount": 2,
              "NewestImage": {{"Description": "An app"}}}}]}}}}}}"#
        );
        zot(body.as_bytes()).unwrap()
    };
    let app = &page(1).results[0];
    assert_eq!((app.name.as_str(), app.description.as_str()), ("team/app", "An app"));
    assert_eq!((app.pulls, app.stars, app.updated), (Some(5), Some(2), None));
    assert_eq!((page(1).more, page(2).more), (More::Nothing, More::NextPage));
    assert!(zot(br#"{"errors": [{"message": "x"}], "data": null}"#).is_err());
}

#[test]
fn zot_is_told_by_its_extensions() {
    let list = |endpoint: &str| {
        format!(
            r#"{{"extensions": [{{"name": "x", "endpoints": []}}, {{"name": "_zot", "endpoints": ["{endpoint}"]}}]}}"#
        )
    };
    assert!(is_zot(list("/v2/_zot/ext/search").as_bytes()));
    for body in [list("/v2/_zot/ext/userprefs"), "{}".to_owned(), "<html>".to_owned(), "[]".to_owned()] {
        assert!(!is_zot(body.as_bytes()), "{body}");
    }
}

#[test]
fn nothing_found_may_be_said_in_many_ways() {
    for (read, key) in READERS {
        for list in ["[]", "null", "[null, 7, {}, {\"name\": null}, []]"] {
            let page = read(format!("{{\"{key}\": {list}}}").as_bytes()).unwrap();
            assert_eq!(page, Page { results: vec![], more: More::Nothing }, "{key}: {list}");
        }
    }
    assert_eq!(names(&harbor_repositories(b"null").unwrap()), [""; 0]);
}

#[test]
fn an_unreadable_response_is_an_error() {
    for (read, key) in READERS {
        for body in ["<html>", "", "[]", "{}", "null", "\"x\"", "{\"errors\": []}"] {
            let error = read(body.as_bytes()).expect_err(body);
            assert!(matches!(error, Error::Json(_) | Error::Shape(_)));
        }
        assert!(read(format!("{{\"{key}\": {{}}}}").as_bytes()).is_err());
    }
}

/// Terms that mean something in a query language.
const ODD: [&str; 9] =
    ["\"", "\\", "a\"}).include(\"*\")", "$or", "*", "a,project_id=1", "~x", "%2C", "\u{1b}[2J\n"];

#[test]
fn a_term_cannot_change_a_query() {
    for term in ODD {
        let aql = query::artifactory(term, 0);
        let (conditions, rest) = aql.strip_prefix("items.find(").unwrap().split_once(").include(").unwrap();
        assert!(rest.starts_with("\"repo\",\"path\"") && !rest.contains("find"), "{aql}");
        let conditions: serde_json::Value = serde_json::from_str(conditions).unwrap();
        let value = conditions["$and"][1]["$or"][0]["@docker.repoName"]["$match"].as_str().unwrap();
        let inner = value.strip_prefix('*').unwrap().strip_suffix('*').unwrap();
        assert!(inner.chars().all(|c| c.is_ascii_alphanumeric() || "-_./?".contains(c)), "{aql}");
        assert_eq!(inner.chars().count(), term.chars().count(), "{aql}");
        assert_eq!(query::harbor(term), None, "{term}");
        let variables: serde_json::Value = serde_json::from_str(&query::zot(term, 0, 25)).unwrap();
        assert_eq!(variables["term"], term);
        assert_eq!(variables["page"]["limit"], 25);
    }
    assert_eq!(query::harbor("team/my_app-1.x").as_deref(), Some("name=~team/my_app-1.x"));
    assert_eq!(query::harbor(""), None);
    assert!(query::artifactory("docker-local/app", 1000).contains(r#"{"repo":{"$match":"*docker-local"}}"#));
}
