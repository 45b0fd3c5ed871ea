//! Real registries, which have no search: their catalogs are filtered.

use crate::registry::Counted;
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    a_catalog_is_filtered_and_the_second_search_asks_for_nothing_else,
    a_search_takes_no_more_pages_than_its_limit_needs,
    facts_that_are_not_reported_are_empty_and_said_once,
}

fn filled(kind: Kind, names: &[&str]) -> Counted {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(1);
    for name in names {
        there.api(name).seed(&fixture, "latest");
    }
    there
}

fn a_catalog_is_filtered_and_the_second_search_asks_for_nothing_else(kind: Kind) {
    let there = filled(kind, &["app", "team/App-two".to_lowercase().as_str(), "web"]);
    let home = Home::fresh();
    let search = ["search", "--format", "{{.Name}}", &there.at("APP")];
    let names = format!("{}\n{}\n", there.at("app"), there.at("team/app-two"));
    home.run(search).succeeds().prints(&names);
    let first = there.calls();
    assert!(first.len() <= 3 && first[0] == "GET /v2/", "{first:#?}");
    there.proxy.forget();
    home.run(search).succeeds().prints(&names);
    assert_eq!(there.calls(), ["GET /v2/_catalog"]);
    for name in names.lines() {
        home.run(["pull", "-q", name]).succeeds();
    }
}

fn a_search_takes_no_more_pages_than_its_limit_needs(kind: Kind) {
    let there = filled(kind, &["a1", "a2", "a3", "a4", "a5", "a6"]);
    there.proxy.set_page(2);
    let home = Home::fresh();
    home.run(["search", &there.at("a")]).succeeds();
    there.proxy.forget();
    let found = home.run(["search", "--limit", "3", "--format", "{{.Name}}", &there.at("a")]).succeeds();
    assert_eq!(found.stdout.lines().count(), 3);
    assert_eq!(there.calls(), ["GET /v2/_catalog"; 2]);
}

fn facts_that_are_not_reported_are_empty_and_said_once(kind: Kind) {
    let there = filled(kind, &["app"]);
    let (home, host) = (Home::fresh(), there.proxy.host());
    let table = home.run(["search", &there.at("app")]).succeeds();
    let words: Vec<_> = table.stdout.split_whitespace().collect();
    assert_eq!(words, ["NAME", "DESCRIPTION", "STARS", "OFFICIAL", &there.at("app")]);
    assert_eq!(table.stderr, "");
    let columns = home.run(["search", "--columns", "pulls,name,private", &there.at("app")]).succeeds();
    let words: Vec<_> = columns.stdout.split_whitespace().collect();
    assert_eq!(words, ["PULLS", "NAME", "PRIVATE", &there.at("app")]);
    assert_eq!(columns.stderr, format!("WARNING: {host} does not report: pulls, private\n"));
    let official = home.run(["search", "--filter", "is-official=true", &there.at("app")]).succeeds();
    official.complains(&format!("WARNING: {host} has no official images"));
}
