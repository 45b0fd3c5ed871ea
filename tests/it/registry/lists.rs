//! `catalog` and `tags`, over pages; and what is left after a delete.

use std::sync::Arc;

use regcli::auth::Keychain;
use regcli::config::{Config, Environment, Options};
use regcli::diagnose::{Diagnose, ErrorKind};
use regcli::reference::{Reference, Selector};
use regcli::remote::{Remote, Repository};
use regcli::retry::Policy;

use crate::support::{Fixture, Home, Kind, Registry};

use super::Counted;

at_every_registry! {
    a_catalog_comes_over_pages,
    a_catalog_ends_where_the_limit_says,
    an_empty_registry_has_an_empty_catalog,
    more_tags_than_a_page_holds_come,
    tags_of_a_repository_that_is_not_there_are_not_found,
    lists_come_as_tables_and_as_json,
    a_deleted_manifest_is_gone_with_its_tags,
}

/// Fills a registry with repositories of one small image.
fn repositories(there: &Counted, names: &[&str]) {
    let fixture = Fixture::many_layers(1);
    for name in names {
        there.api(name).seed(&fixture, "latest");
    }
}

fn a_catalog_comes_over_pages(kind: Kind) {
    let there = Counted::open(kind);
    let names = ["app", "base", "deep/er/est", "team/app", "team/base", "web", "zoo"];
    repositories(&there, &names);
    let home = Home::fresh();
    for (page, requests) in [(1, 7), (2, 4), (3, 3), (1000, 1)] {
        there.proxy.set_page(page);
        there.proxy.forget();
        let all = names.map(|name| format!("{name}\n")).concat();
        home.run(["catalog", &there.proxy.host()]).succeeds().prints(&all);
        let calls = there.calls();
        assert_eq!(calls, vec!["GET /v2/_catalog"; requests], "pages of {page}");
    }
}

fn a_catalog_ends_where_the_limit_says(kind: Kind) {
    let there = Counted::open(kind);
    repositories(&there, &["a", "b", "c", "d", "e", "f"]);
    there.proxy.set_page(2);
    Home::fresh().run(["catalog", "--limit", "3", &there.proxy.host()]).succeeds().prints("a\nb\nc\n");
    assert_eq!(there.calls().len(), 2, "no page is asked for that nobody wants");
}

fn an_empty_registry_has_an_empty_catalog(kind: Kind) {
    let there = Counted::open(kind);
    Home::fresh().run(["catalog", &there.proxy.host()]).succeeds().prints("");
}

fn more_tags_than_a_page_holds_come(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(1);
    let tags: Vec<String> = (0..1100).map(|number| format!("v{number:04}")).collect();
    there.api("app").seed(&fixture, "v0000");
    there.api("app").tag(&fixture, &tags);

    let listed = Home::fresh().run(["tags", &there.at("app")]).succeeds();
    let mut found: Vec<&str> = listed.stdout.lines().collect();
    found.sort_unstable();
    assert_eq!(found, tags);
    // docker-registry 2 gives all tags at once, whatever it is asked for.
    assert_eq!(there.calls().len(), if kind == Kind::Embedded { 2 } else { 1 });
    let few = Home::fresh().run(["tags", "--limit", "7", &there.at("app")]).succeeds();
    assert_eq!(few.stdout.lines().count(), 7);
}

fn tags_of_a_repository_that_is_not_there_are_not_found(kind: Kind) {
    let there = Counted::open(kind);
    repositories(&there, &["app"]);
    let home = Home::fresh();
    home.run(["tags", &there.at("nosuch")]).ends_with(3).complains("repository name not known to registry");
    home.run(["tags", &there.at("app:1")]).ends_with(125).complains("name the repository without a tag");
}

fn lists_come_as_tables_and_as_json(kind: Kind) {
    let there = Counted::open(kind);
    repositories(&there, &["app", "team/app"]);
    let home = Home::fresh();
    let host = there.proxy.host();
    home.run(["catalog", "--format", "json", &host]).succeeds().prints(&format!(
        "{{\"Name\":\"app\",\"Registry\":\"{host}\"}}\n{{\"Name\":\"team/app\",\"Registry\":\"{host}\"}}\n"
    ));
    let table = home.run(["tags", "--format", "table", &there.at("app")]).succeeds();
    let rows: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows, [["TAG", "REPOSITORY"], ["latest", &there.at("app")]]);
    home.run(["tags", "--format", "{{.Repository}}:{{.Tag}}", &there.at("app")])
        .succeeds()
        .prints(&format!("{}\n", there.at("app:latest")));
}

/// A repository through the library, in a home that has nothing.
fn library(registry: &Registry, name: &str) -> Repository {
    let config = Arc::new(Config::load(Options::default(), &Environment::default()).unwrap());
    let remote = Remote::new(Arc::clone(&config), Arc::new(Keychain::new(&config)), Policy::default());
    let reference: Reference = format!("{}/{name}", registry.host()).parse().unwrap();
    remote.repository(&reference.name).unwrap()
}

fn a_deleted_manifest_is_gone_with_its_tags(kind: Kind) {
    let there = Counted::open(kind);
    let (stays, goes) = (Fixture::small(), Fixture::many_layers(2));
    there.api("app").seed(&stays, "stays");
    there.api("app").seed(&goes, "goes");
    let repository = library(&there.registry, "app");
    let digest = Selector::Digest(goes.root.digest.parse().unwrap());
    let delete = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(repository.delete_manifest(&digest))
    };
    delete().unwrap();

    let home = Home::fresh();
    home.run(["pull", &there.at("app:goes")]).ends_with(3);
    home.run(["pull", &there.at(&format!("app@{}", goes.root.digest))]).ends_with(3);
    home.run(["tags", &there.at("app")]).succeeds().prints("stays\n");
    there.api("app").holds(&stays, "stays");
    assert_eq!(delete().unwrap_err().kind(), ErrorKind::NotFound);
}
