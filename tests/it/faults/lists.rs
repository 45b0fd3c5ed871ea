//! L: lists that are long, lead astray, or have no end.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{Fixture, Home, eventually};

use super::MEMORY;

/// A registry whose repository `app` has so many tags, all of one image.
fn with_tags(count: usize) -> (Scripted, Vec<String>) {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    let tags: Vec<String> = (0..count).map(|number| format!("v{number:06}")).collect();
    registry.seed("app", &fixture, &tags[0]);
    for tag in &tags {
        registry.tag("app", tag, &fixture.root.digest);
    }
    (registry, tags)
}

fn lines(names: &[String]) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

#[test]
fn l01_l03_all_tags_come_page_by_page() {
    let (registry, tags) = with_tags(2500);
    Home::fresh().run(["tags", &registry.at("app")]).succeeds().prints(&lines(&tags));
    assert_eq!(registry.requests(Route::Tags).len(), 3);
    // The next page may be named by a whole URL.
    let origin = registry.origin();
    let absolute = move |link: &str| link.replacen('<', &format!("<{origin}"), 1);
    registry
        .on(Route::Tags)
        .edit(move |_, answer| {
            if let Some(link) = answer.header("link").map(&absolute) {
                answer.set("Link", link);
            }
        })
        .forever();
    Home::fresh().run(["tags", &registry.at("app")]).succeeds().prints(&lines(&tags));
}

#[test]
fn l01_what_has_come_is_shown_before_the_next_page_is_there() {
    let (registry, tags) = with_tags(1500);
    registry.on(Route::Tags).of("last=").silent().once();
    let listing = Home::fresh();
    let listing = listing.regcli(["tags", &registry.at("app")]).start();
    let asked = || (registry.requests(Route::Tags).len() == 2).then_some(());
    eventually(Duration::from_secs(30), asked).expect("the second page is asked for");
    listing.signal(Signal::KILL);
    listing.finish().ends_with(137).prints(&lines(&tags[..1000]));
}

#[test]
fn l02_a_hundred_thousand_tags_take_little_memory() {
    let (registry, tags) = with_tags(100_000);
    let outcome = Home::fresh().run(["tags", &registry.at("app")]).succeeds().prints(&lines(&tags));
    eprintln!("{} MB at most", outcome.peak >> 20);
    assert!(outcome.peak > 0 && outcome.peak <= MEMORY, "{} bytes", outcome.peak);
}

#[test]
fn l04_l05_l10_pages_that_lead_in_a_circle_are_left() {
    let page = r#"{"tags":["a","b"]}"#;
    let own = "</v2/app/tags/list?n=1000>; rel=\"next\"".to_owned();
    let growing = |path: &str| format!("<{path}x>; rel=\"next\"");
    let registry = Scripted::start();
    registry.on(Route::Tags).body("application/json", page).header("Link", own).once();
    let home = Home::fresh();
    home.run(["tags", &registry.at("app")]).ends_with(1).complains("its pages form a loop");
    registry.done();
    // Two pages that lead to each other.
    for (from, to) in [("last=a", "last=b"), ("last=b", "last=a"), ("n=1000", "last=a")] {
        let link = format!("</v2/app/tags/list?{to}>; rel=\"next\"");
        let names = if from == "last=a" { page } else { r#"{"tags":["c","d"]}"# };
        registry.on(Route::Tags).of(from).body("application/json", names).header("Link", link).forever();
    }
    home.run(["tags", &registry.at("app")]).ends_with(1);
    registry.done();
    // Always another URL, always the same names.
    let endless = registry.on(Route::Tags).body("application/json", page);
    endless.edit(move |head, answer| answer.set("Link", growing(&head.path))).forever();
    registry.forget();
    home.run(["tags", &registry.at("app")]).ends_with(1).complains("no new names");
    assert!(registry.heard().len() <= 20, "{}", registry.heard().len());
    registry.done();
    // Names that take turns are not new either.
    let turns = registry.on(Route::Tags).status(200);
    turns
        .edit(move |head, answer| {
            let names = if head.path.len() % 2 == 0 { r#"{"tags":["c","d"]}"# } else { page };
            *answer = answer.clone();
            answer.body = names.into();
            answer.set("Link", growing(&head.path));
        })
        .forever();
    registry.forget();
    home.run(["tags", &registry.at("app")]).ends_with(1).complains("no new names");
    assert!(registry.heard().len() <= 20, "{}", registry.heard().len());
}

#[test]
fn l06_a_next_page_elsewhere_is_refused() {
    let registry = Scripted::demanding(Demand::Password);
    let elsewhere = registry.beside();
    registry.seed("app", &Fixture::small(), "1");
    let home = Home::fresh();
    let login = ["login", "-u", USER, "--password-stdin", &registry.host()];
    home.regcli(login).stdin(PASSWORD).run().succeeds();
    for route in [Route::Tags, Route::Catalog] {
        let link = format!("<{}/v2/app/tags/list?last=1>; rel=\"next\"", elsewhere.origin());
        registry.on(route).with_header("Link", link).once();
    }
    home.run(["tags", &registry.at("app")]).ends_with(1).prints("1\n").complains("leads to another server");
    home.run(["catalog", &registry.host()]).ends_with(1).prints("app\n").complains("leads to another server");
    assert!(elsewhere.heard().is_empty());
}

#[test]
fn l08_no_list_at_all_is_an_empty_one() {
    let registry = Scripted::start();
    registry.on(Route::Tags).body("application/json", r#"{"name":"app","tags":null}"#).once();
    registry.on(Route::Catalog).body("application/json", r#"{"repositories":null}"#).once();
    Home::fresh().run(["tags", &registry.at("app")]).succeeds().prints("");
    Home::fresh().run(["catalog", &registry.host()]).succeeds().prints("");
}

#[test]
fn l09_l12_names_that_would_move_the_cursor_are_shown_as_what_they_are() {
    let registry = Scripted::start();
    let names = "\"a\\u001b[2Jb\", \"c\\u009b1md\", \"e\\u202egfe\", \"h\\u0007\\r\\ni\"";
    registry.on(Route::Tags).body("application/json", format!("{{\"tags\":[{names}]}}")).once();
    registry.on(Route::Catalog).body("application/json", format!("{{\"repositories\":[{names}]}}")).once();
    for command in [["tags".to_owned(), registry.at("app")], ["catalog".to_owned(), registry.host()]] {
        let shown = Home::fresh().run(command).succeeds().stdout;
        let bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!shown.contains(bad), "{shown:?}");
        assert_eq!(shown.lines().count(), 4, "{shown:?}");
    }
}

#[test]
fn l11_a_registry_without_a_catalog_is_told_from_one_with_an_empty_one() {
    for (status, code) in [(404, "UNSUPPORTED"), (405, "UNSUPPORTED"), (403, "DENIED"), (501, "UNSUPPORTED")]
    {
        let registry = Scripted::start();
        registry.on(Route::Catalog).error(status, code).forever();
        let outcome = Home::fresh().run(["catalog", &registry.host()]);
        assert!(matches!(outcome.code, 1 | 3 | 4), "{outcome}");
        outcome.complains("does not list its repositories");
        assert_eq!(registry.requests(Route::Catalog).len(), 1);
    }
}

#[test]
fn l13_a_list_without_end_is_read_to_its_limit() {
    for (route, command) in [(Route::Tags, ["tags", "HOST/app"]), (Route::Catalog, ["catalog", "HOST"])] {
        let registry = Scripted::start();
        let rule = registry.on(route).body("application/json", r#"{"name":"app","tags":["#);
        rule.edit(|_, _| {}).chunked().endless("\"a-tag\",".repeat(8192)).once();
        let command = command.map(|word| word.replace("HOST", &registry.host()));
        let outcome = Home::fresh().run(command).ends_with(1).prints("");
        eprintln!("{} MB at most, {} MB were sent", outcome.peak >> 20, registry.heard()[0].sent >> 20);
        assert!(outcome.peak > 0 && outcome.peak <= MEMORY, "{} bytes", outcome.peak);
        // What the system had taken before anybody read it counts as sent.
        assert!(registry.heard()[0].sent <= 32 << 20, "{} bytes", registry.heard()[0].sent);
    }
}
