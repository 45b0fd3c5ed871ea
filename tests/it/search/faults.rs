//! Responses that are none, and searches that do not end.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::support::scripted::Route;
use crate::support::{StandIn, eventually};
use crate::terminal::Terminal;

#[test]
fn a_page_in_place_of_a_response_leads_to_the_catalog() {
    for (media_type, body) in [("text/html", "<html>log in</html>"), ("application/json", "{\"errors\":[]}")]
    {
        let harbor = StandIn::harbor();
        harbor.registry.on(Route::Other).body(media_type, body).forever();
        let names = json!({"repositories": ["team/app", "team/web"]}).to_string();
        harbor.registry.on(Route::Catalog).body("application/json", names).forever();
        harbor.finds("app", &["team/app"]);
    }
}

#[test]
fn a_search_that_fails_names_the_registry() {
    let harbor = StandIn::harbor();
    harbor.registry.on(Route::Other).of("/api/v2.0/").status(500).forever();
    let outcome = harbor.search(&["--retry", "0"], "app").ends_with(5);
    outcome.complains(&harbor.registry.host());
    assert_eq!(harbor.registry.requests(Route::Catalog).len(), 0, "a failure is no sign of other software");
}

#[test]
fn a_registry_with_neither_search_nor_catalog_says_so() {
    let harbor = StandIn::harbor();
    harbor.registry.on(Route::Other).error(404, "NOT_FOUND").forever();
    harbor.registry.on(Route::Catalog).error(404, "NOT_FOUND").forever();
    let outcome = harbor.search(&[], "app").ends_with(3);
    outcome.complains(&format!("{} does not list its repositories", harbor.registry.host()));
}

#[test]
fn pages_that_form_a_loop_end_after_the_results_so_far() {
    let harbor = StandIn::harbor();
    let page = harbor.registry.on(Route::Other).of("/api/v2.0/repositories");
    let page = page.body("application/json", json!([{"name": "team/app"}]).to_string());
    page.edit(|head, answer| {
        answer.headers.push(("Link".to_owned(), format!("<{}>; rel=\"next\"", head.path)));
    })
    .forever();
    let outcome = harbor.search(&["--format", "{{.Name}}"], "app").ends_with(1);
    outcome.prints(&format!("{}\n", harbor.registry.at("team/app"))).complains("loop");
}

#[test]
fn a_link_to_another_server_is_not_followed() {
    let (harbor, other) = (StandIn::harbor(), StandIn::start());
    let page = harbor.registry.on(Route::Other).of("/api/v2.0/repositories");
    let page = page.body("application/json", json!([{"name": "team/app"}]).to_string());
    page.header("Link", format!("<{}/x>; rel=\"next\"", other.registry.origin())).forever();
    harbor.search(&[], "app").ends_with(1).complains("leads to another server");
    assert!(other.registry.heard().is_empty());
}

#[test]
fn a_response_without_end_is_not_read_on_and_the_catalog_is_searched() {
    let harbor = StandIn::harbor();
    harbor.registry.on(Route::Other).body("application/json", "[").endless("{\"name\":\"x\"},").forever();
    let names = json!({"repositories": ["team/app"]}).to_string();
    harbor.registry.on(Route::Catalog).body("application/json", names).forever();
    harbor.finds("app", &["team/app"]);
    let read: u64 = harbor.registry.requests(Route::Other).iter().map(|heard| heard.sent).sum();
    assert!(read < 80 << 20, "{read}");
}

#[test]
fn foreign_text_moves_no_cursor() {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)");
    let item = json!({"repository": "a\u{1b}[2J\nb", "format": "docker", "name": "x\u{1b}]0;t\u{7}"});
    nexus.answers("/service/rest/v1/search", &json!({"items": [item]}));
    let outcome = nexus.search(&[], "x").succeeds();
    assert!(!outcome.stdout.contains(|c: char| c.is_control() && c != '\n'), "{outcome}");
    assert_eq!(outcome.stdout.lines().count(), 2);
}

#[test]
fn columns_that_do_not_exist_and_columns_beside_a_template_are_refused() {
    let registry = StandIn::start();
    registry.search(&["--columns", "nosuch"], "x").ends_with(125).complains("nosuch");
    let both = ["--columns", "name", "--format", "{{.Name}}"];
    registry.search(&both, "x").ends_with(125).complains("--columns cannot be used with a template");
    registry.search(&["--limit", "10001"], "x").ends_with(125).complains("[1, 10000]");
    assert!(registry.asked().is_empty());
}

#[test]
fn a_token_that_leads_back_ends_a_search_after_the_results_so_far() {
    let nexus = StandIn::with_header("server", "Nexus/3.68.1-02 (OSS)");
    let item = json!({"repository": "hosted", "format": "docker", "name": "team/app", "version": "1"});
    nexus.answers("/service/rest/v1/search", &json!({"items": [item], "continuationToken": "abc"}));
    let outcome = nexus.search(&["--format", "{{.Name}}"], "app").ends_with(1);
    outcome.prints(&format!("{}\n", nexus.registry.at("team/app"))).complains("its pages form a loop");
    assert_eq!(nexus.registry.requests(Route::Other).len(), 2);
}

#[test]
fn results_of_a_catalog_are_shown_before_its_last_page_is_there() {
    let there = StandIn::with_header("docker-distribution-api-version", "registry/2.0");
    let next = "</v2/_catalog?n=1000&last=web>; rel=\"next\"";
    there.registry.on(Route::Catalog).of("last=web").silent().forever();
    let first = there.registry.on(Route::Catalog);
    first.body("application/json", r#"{"repositories":["app","web"]}"#).header("Link", next).forever();
    let term = there.registry.at("app");

    for (format, shown) in [("{{.Name}}", true), ("json", true), ("table", false)] {
        there.registry.forget();
        let search = there.home.regcli(["search", "--format", format, &term]).start();
        eventually(Duration::from_secs(30), || {
            (there.registry.requests(Route::Catalog).len() == 2).then_some(())
        })
        .unwrap();
        search.signal(Signal::INT);
        let outcome = search.finish().ends_with(130);
        assert_eq!(outcome.stdout.contains(&term), shown, "{format}: {outcome}");
    }
}

#[test]
fn a_name_of_any_length_fits_into_a_terminal() {
    let there = StandIn::with_header("docker-distribution-api-version", "registry/2.0");
    let names = json!({"repositories": ["app", "x".repeat(5000)]}).to_string();
    there.registry.on(Route::Catalog).body("application/json", names).forever();
    let json = there.search(&["--format", "json"], "").succeeds();
    assert!(json.stdout.contains(&"x".repeat(5000)), "JSON is whole");

    let mut terminal = Terminal::run(&there.home, &format!("regcli search {}", there.registry.at("")));
    let seen = terminal.ends(0);
    let lines: Vec<_> = seen.lines().filter(|line| line.contains("xx")).collect();
    assert!(lines.len() == 1 && lines[0].matches('x').count() < 100, "{seen}");
}
