//! R5, R6 and a part of R13: lists are whole, or an error says that they are not.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::scripted::{Answer, Head, Route, Scripted};
use crate::support::{DockerRegistry, Fixture, Home, missing};

/// A registry with four tags and four repositories, which come in pages of two.
struct Paged(Scripted);

impl Paged {
    /// The first page has these header lines, in which `NEXT` stands for the path of the second one.
    fn with(lines: &'static [&'static str]) -> Self {
        let registry = Scripted::start();
        for route in [Route::Tags, Route::Catalog] {
            let page = r#"{"name":"app","tags":["a","b"],"repositories":["a","b"]}"#;
            // Never the second page: rules are taken in their order, and that one begins later.
            let first = registry.on(route).of("n=1000").body("application/json", page);
            first.edit(move |head, answer| add_lines(head, answer, lines)).forever();
        }
        Self(registry)
    }

    /// Adds the second page, which has to be asked for.
    fn followed(self) -> Self {
        for route in [Route::Tags, Route::Catalog] {
            let page = r#"{"name":"app","tags":["c","d"],"repositories":["c","d"]}"#;
            self.0.on(route).of("second=1").body("application/json", page).forever();
        }
        self
    }

    fn commands(&self) -> [Vec<String>; 3] {
        let app = self.0.at("app");
        let search = ["search", "--format", "{{.Name}}"].map(str::to_owned).to_vec();
        [
            vec!["tags".to_owned(), app],
            vec!["catalog".to_owned(), self.0.host()],
            [search, vec![format!("{}/", self.0.host())]].concat(),
        ]
    }
}

fn add_lines(head: &Head, answer: &mut Answer, lines: &[&str]) {
    let path = head.path.split('?').next().unwrap();
    for line in lines {
        answer.headers.push(("Link".to_owned(), line.replace("NEXT", &format!("{path}?second=1"))));
    }
}

/// What `command` lists, without the host that `search` puts before it.
fn listed(registry: &Scripted, stdout: &str) -> String {
    stdout.replace(&format!("{}/", registry.host()), "")
}

#[test]
fn r5_pages_are_followed_however_their_link_is_written() {
    for lines in [
        &[r#"</v2/>; rel="prev""#, r#"<NEXT>; rel="next""#][..],
        &["</main.css>; rel=preload; as=style", r#"<NEXT>; rel="next""#],
        &[r#"NEXT; rel="next""#],
        &["<NEXT>; rel='next'"],
        &["<NEXT>;REL=next"],
        &[r#"</a>; title="x, <y>; rel=next"; rel=prev, <NEXT>; rel="last next""#],
        &["<NEXT>"],
    ] {
        let paged = Paged::with(lines).followed();
        for command in paged.commands() {
            let found = Home::fresh().run(&command).succeeds();
            assert_eq!(listed(&paged.0, &found.stdout), "a\nb\nc\nd\n", "{lines:?}\n{found}");
        }
    }
}

#[test]
fn r5_a_link_that_cannot_be_read_is_an_error_after_the_names_so_far() {
    for lines in [
        &[r#"<NEXT; rel="next""#][..],
        &[r#"<NEXT>; rel="next"#],
        &["NEXT"],
        &["</main.css>; rel=preload", "\u{fffd}"],
    ] {
        let paged = Paged::with(lines);
        for command in &paged.commands()[..2] {
            let found = Home::fresh().run(command).ends_with(1).complains("its Link header cannot be read");
            assert_eq!(found.stdout, "a\nb\n", "{lines:?}");
            let table = [&command[..], &["--format".to_owned(), "table".to_owned()]].concat();
            let found = Home::fresh().run(&table).ends_with(1);
            assert_eq!(found.stdout.lines().count(), 3, "{found}");
        }
        let search = Home::fresh().run(&paged.commands()[2]).ends_with(1);
        search.prints(&["a", "b"].map(|name| format!("{}\n", paged.0.at(name))).concat());
        // No pull of all tags that is a pull of some.
        let home = Home::fresh();
        home.run(["pull", "-a", &paged.0.at("app")]).ends_with(1).complains("its Link header cannot be read");
        assert_eq!(home.run(["images", "-q"]).succeeds().stdout, "");
    }
}

#[test]
fn r5_a_page_that_fails_is_no_end_of_a_search() {
    let registry = Scripted::start();
    let page = r#"{"results":[{"namespace":{"name":"team"},"name":"app"}],"has_additional":true}"#;
    registry.on(Route::Other).of("page=2").status(500).forever();
    registry.on(Route::Other).of("find/repositories").body("application/json", page).forever();
    let outcome = Home::fresh().run(["search", "--format", "{{.Name}}", &registry.at("app")]).ends_with(5);
    outcome.prints(&format!("{}\n", registry.at("team/app")));
}

#[test]
fn r5_a_catalog_that_fails_is_no_end_of_a_search() {
    let registry = Scripted::start();
    let names = r#"{"repositories":["app","web"]}"#;
    let next = "</v2/_catalog?n=1000&last=web>; rel=\"next\"";
    registry.on(Route::Catalog).of("last=web").error(500, "UNKNOWN").forever();
    registry.on(Route::Catalog).body("application/json", names).header("Link", next).forever();
    let search = |term: &str, shown: &str| {
        let search = ["search", "--format", "{{.Name}}", &registry.at(term)];
        Home::fresh().run(search).ends_with(5).prints(shown);
    };
    search("app", &format!("{}\n", registry.at("app")));
    search("none", "");
}

#[test]
fn r5_a_search_with_more_pages_than_are_read_is_not_the_whole() {
    let registry = Scripted::start();
    // Nexus lists tags: one repository may fill all pages.
    let page = |token: u32| {
        format!(r#"{{"items":[{{"format":"docker","name":"team/app"}}],"continuationToken":"{token}"}}"#)
    };
    let token = AtomicU32::new(0);
    let pages = registry.on(Route::Other).of("service/rest/v1/search").body("application/json", "");
    pages.edit(move |_, answer| answer.body = page(token.fetch_add(1, Ordering::Relaxed)).into()).forever();
    let search = |limit: &str| {
        let search = ["search", "--format", "{{.Name}}", "--limit", limit, &registry.at("app")];
        Home::fresh().run(search)
    };
    let found = format!("{}\n", registry.at("team/app"));
    search("1").succeeds().prints(&found);
    registry.forget();

    let outcome = search("2").ends_with(1).prints(&found);

    outcome.complains("incomplete results: there are more than 1000 pages");
    let asked = registry.requests(Route::Other);
    assert_eq!(asked.iter().filter(|heard| heard.head.path.contains("/v1/search?format")).count(), 1000);
}

#[test]
fn r6_a_registry_that_refuses_a_number_of_names_is_asked_without() {
    if missing("docker-registry") {
        return;
    }
    let registry = DockerRegistry::with_short_catalog(5);
    let home = Home::fresh();
    let fixture = Fixture::many_layers(1);
    let names: Vec<String> = (0..12).map(|number| format!("team/app{number:02}")).collect();
    for name in &names {
        home.run(["copy", "-q", &fixture.place(), &format!("{}/{name}", registry.host())]).succeeds();
    }
    let list = |prefix: &str| names.iter().map(|name| format!("{prefix}{name}\n")).collect::<String>();
    home.run(["catalog", registry.host()]).succeeds().prints(&list(""));
    let refused = registry.accesses().iter().filter(|access| access.status == 400).count();
    assert_eq!(refused, 1, "it is not asked in vain for each page");
    let search = ["search", "--format", "{{.Name}}", &format!("{}/app", registry.host())];
    home.run(search).succeeds().prints(&list(&format!("{}/", registry.host())));
    home.run(["tags", &format!("{}/{}", registry.host(), names[0])]).succeeds().prints("latest\n");
}

#[test]
fn r6_tags_and_catalogs_are_asked_for_without_a_number_alike() {
    for (route, command) in [(Route::Tags, ["tags", "HOST/app"]), (Route::Catalog, ["catalog", "HOST"])] {
        let registry = Scripted::start();
        registry.seed("app", &Fixture::small(), "app");
        registry.on(route).of("n=1000").error(400, "PAGINATION_NUMBER_INVALID").once();
        let command = command.map(|word| word.replace("HOST", &registry.host()));
        Home::fresh().run(command).succeeds().prints("app\n");
        assert_eq!(registry.requests(route).len(), 2);
    }
}

#[test]
fn r13_quay_counts_stars_and_has_no_eleventh_page() {
    let registry = Scripted::start();
    let page = |number: usize| {
        let entry = |entry: usize| {
            let name = number.min(10) * 100 + entry;
            format!(r#"{{"kind":"repository","namespace":{{"name":"t"}},"name":"app{name}","stars":{name}}}"#)
        };
        let entries: Vec<_> = (0..if number >= 10 { 5 } else { 10 }).map(entry).collect();
        format!(r#"{{"results":[{}],"has_additional":true}}"#, entries.join(","))
    };
    registry
        .on(Route::Other)
        .of("/api/v1/find/repositories")
        .status(200)
        .edit(move |head, answer| {
            let number = head.parameter("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            answer.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            answer.body = page(number).into();
        })
        .forever();
    let search = ["search", "--limit", "100", "--format", "{{.Name}} {{.StarCount}}", &registry.at("app")];
    let found = Home::fresh().run(search).succeeds().stdout;
    let lines: Vec<_> = found.lines().collect();
    assert_eq!(lines.len(), 95, "{found}");
    assert!(lines[0].ends_with("/t/app100 100"), "{found}");
    let asked = registry.requests(Route::Other);
    let asked: Vec<_> = asked.iter().filter(|heard| heard.head.path.contains("find/repositories")).collect();
    assert_eq!(asked.len(), 10);
    assert!(asked.iter().all(|heard| heard.head.path.contains("includeUsage=true")), "{asked:#?}");
}

#[test]
fn r13_nexus_is_searched_where_its_api_is() {
    let registry = Scripted::start();
    registry.on(Route::Ping).with_header("server", "Nexus/3.68.1-02 (OSS)").once();
    let nexus = registry.beside();
    let page = r#"{"items":[{"format":"docker","name":"team/app"}],"continuationToken":null}"#;
    nexus.on(Route::Other).of("/nexus/service/rest/v1/search?").body("application/json", page).once();
    let home = Home::fresh();
    let folder = home.path().join(".config/regcli");
    std::fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\napi = \"{}/nexus\"\n", registry.host(), nexus.origin());
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let search = ["search", "--format", "{{.Name}}", &registry.at("app")];
    home.run(search).succeeds().prints(&format!("{}/team/app\n", registry.host()));
    assert_eq!(registry.heard().len(), 1, "it is asked only what it is");
    std::fs::write(folder.join("config.toml"), "[registry.\"r.lab\"]\napi = \"me:pw@nexus\"\n").unwrap();
    let refused = home.run(["tags", &registry.at("app")]);
    assert!(refused.code != 0 && !refused.stderr.contains("me:pw"), "{refused}");
}
