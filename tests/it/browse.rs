//! `regcli browse` as a person sees it, in tmux.

mod endings;
mod pane;
mod registries;

use std::time::Duration;

use pane::{MouseButton, Pane};

use crate::support::{Fault, Fixture, Home, Kind, Proxy, Registry, missing};

/// A registry with an image under two tags, another one, and one for several platforms; and a home.
struct Scene {
    registry: Registry,
    home: Home,
}

impl Scene {
    fn of(kind: Kind) -> Self {
        let (registry, home) = (kind.open(), Home::fresh());
        let scene = Self { registry, home };
        scene.has(&Fixture::small(), &["team/app:1.0", "team/app:stable"]);
        scene.has(&Fixture::heavy(300_000), &["team/app:2.0"]);
        scene.has(&Fixture::multi_platform(), &["team/app:multi", "base:1"]);
        scene
    }

    fn has(&self, fixture: &Fixture, names: &[&str]) {
        for name in names {
            self.home.run(["copy", "-q", &fixture.place(), &self.image(name)]).succeeds();
        }
    }

    fn host(&self) -> &str {
        self.registry.host()
    }

    fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    fn tags(&self) -> String {
        self.home.run(["tags", &self.image("team/app")]).succeeds().stdout
    }

    fn browse(&self, argument: &str) -> Pane {
        Pane::run(&self.home, &format!("browse {argument}"))
    }
}

#[test]
fn a_walk_leads_from_repositories_to_tags_platforms_layers_files_and_a_text() {
    if missing("tmux") {
        return;
    }
    for kind in Kind::present() {
        let scene = Scene::of(kind);
        let pane = scene.browse(scene.host());
        pane.shows("> base");
        pane.types(&["Down", "Enter"]);
        // Sizes and platforms come from manifests, after the names.
        let tags = pane.shows("linux: amd64 arm64");
        for tag in [" 1.0 ", " 2.0 ", " multi ", " stable "] {
            assert!(tags.contains(tag), "{tags}");
        }
        pane.types(&["/", "m", "u", "Enter", "Enter"]);
        let platforms = pane.shows("> linux/amd64");
        assert!(platforms.contains("linux/arm64/v8") && platforms.contains("index   sha256:"), "{platforms}");
        pane.types(&["Down", "Enter"]);
        let layers = pane.shows("COPY layer1 /");
        for text in ["linux/arm64", "in 2 layers", "created 2026-09-21T08:30:00Z", "command /bin/hello"] {
            assert!(layers.contains(text), "{text}:\n{layers}");
        }
        pane.types(&["Enter"]);
        pane.shows("etc/");
        pane.types(&["/", "e", "t", "c", "Enter", "Enter"]);
        let folder = pane.shows("files › etc");
        assert!(folder.contains("LAYER  NAME") && !folder.contains("motd"), "{folder}");
        pane.types(&["/", "o", "s", "-", "Enter", "v"]);
        pane.shows("NAME=\"regcli test system\"");
        pane.types(&["Left", "Left", "Escape", "End", "Home"]);
        pane.shows("app/");
        pane.types(&["/", "a", "p", "p", "Enter", "Enter", "/", "说", "Enter", "Enter"]);
        pane.shows("镜像仓库客户端的测试数据");
        pane.types(&["Left", "Left", "Left", "Left", "Left", "Left"]);
        pane.shows("> team/app");
        pane.ends_with("q", 0);
    }
}

#[test]
fn a_click_opens_and_the_wheel_scrolls() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(scene.host());
    let screen = pane.shows("> base");
    let row = screen.lines().position(|line| line.contains("team/app")).unwrap();
    pane.presses(MouseButton::Left, row);
    pane.shows("> team/app");
    pane.presses(MouseButton::Left, row);
    pane.shows("> 1.0");
    pane.shows("  stable");
    pane.presses(MouseButton::WheelDown, row);
    pane.shows("> stable");
    pane.presses(MouseButton::WheelUp, row);
    pane.shows("> 1.0");
    pane.ends_with("q", 0);
}

#[test]
fn two_tags_are_compared() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(&scene.image("team/app"));
    pane.shows("  stable");
    pane.types(&["m", "m", "d"]);
    let compared = pane.shows("A pull of the new image moves");
    assert!(compared.contains("diff 1.0 2.0") && compared.contains("Layers\n"), "{compared}");
    pane.types(&["Left"]);
    pane.shows("*1.0");
    pane.types(&["Escape"]);
    pane.hides("*1.0");
    pane.ends_with("q", 0);
}

#[test]
fn a_tag_is_deleted_at_the_registry_after_its_name_was_typed_and_not_before() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(&scene.image("team/app"));
    pane.shows("  stable");
    pane.types(&["End", "x"]);
    let asked = pane.shows("Type delete or stable");
    assert!(asked.contains("other tag  1.0") && asked.contains("digest     sha256:"), "{asked}");
    pane.types(&["y", "e", "s", "Enter"]);
    pane.shows("Nothing was deleted: type delete or stable");
    assert_eq!(scene.tags(), "1.0\n2.0\nmulti\nstable\n");
    pane.types(&["s", "t", "a", "b", "l", "e", "Enter"]);
    pane.shows("Untagged ");
    pane.hides("  stable");
    assert_eq!(scene.tags(), "1.0\n2.0\nmulti\n");

    pane.types(&["Home", "Down", "x"]);
    pane.shows("Type delete or 2.0");
    pane.types(&["d", "e", "l", "e", "t", "e", "Enter"]);
    pane.shows("Deleted ");
    assert_eq!(scene.tags(), "1.0\nmulti\n");
    pane.ends_with("q", 0);
}

#[test]
fn what_has_changed_since_it_was_shown_is_not_deleted() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(&scene.image("team/app"));
    pane.shows("  stable");
    pane.types(&["x"]);
    pane.shows("Type delete or 1.0");
    scene.has(&Fixture::small(), &["team/app:another"]);
    pane.types(&["d", "e", "l", "e", "t", "e", "Enter"]);
    pane.shows("has changed since");
    assert_eq!(scene.tags(), "1.0\n2.0\nanother\nmulti\nstable\n");
}

#[test]
fn the_pull_command_reaches_the_clipboard_of_the_terminal() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(&scene.image("team/app"));
    pane.shows("  stable");
    pane.tmux(&["set-option", "-g", "set-clipboard", "on"]);
    pane.types(&["y"]);
    let command = format!("docker pull {}", scene.image("team/app:1.0"));
    pane.shows(&format!("Copied: {command}"));
    assert_eq!(pane.tmux(&["show-buffer"]).trim(), command);
}

#[test]
fn the_screen_is_drawn_anew_for_every_size_and_without_colours() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = scene.browse(&scene.image("team/app"));
    pane.shows("linux: amd64 arm64");
    for (columns, lines) in [(40, 10), (120, 40), (20, 4), (5, 2), (80, 24)] {
        pane.resizes(columns, lines);
        let has_room = columns >= 40;
        pane.looks(|screen| {
            let rows: Vec<_> = screen.lines().collect();
            let last = rows.last().is_some_and(|last| last.starts_with(" Enter"));
            screen.contains('>') && (!has_room || last && screen.contains("  stable") && rows.len() == lines)
        });
    }
    let drawn = pane.tmux(&["capture-pane", "-p", "-e", "-t", "it"]);
    assert!(drawn.contains("\u{1b}[7m"), "the selection is reversed: {drawn:?}");
    for colour in (30..38).chain(90..98) {
        assert!(!drawn.contains(&format!("\u{1b}[{colour}")), "{drawn:?}");
    }
}

#[test]
fn keys_work_and_q_quits_while_a_registry_is_silent() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let proxy = Proxy::before(scene.host());
    proxy.fault("GET", "/tags/list", Fault::Delay(Duration::from_secs(600)));
    let pane = scene.browse(&proxy.host());
    pane.shows("team/app");
    pane.types(&["Down", "Enter"]);
    pane.shows("loading");
    pane.types(&["?"]);
    pane.shows("select a row");
    pane.types(&["Left", "Left"]);
    pane.shows("> team/app");
    proxy.fault("GET", "/tags/list", Fault::Delay(Duration::from_secs(600)));
    pane.types(&["Enter"]);
    pane.shows("loading");
    pane.ends_with("q", 0);
}

#[test]
fn manifests_are_read_for_visible_tags_only_and_each_once() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let names: Vec<_> = (10..50).map(|number| format!("many:v{number}")).collect();
    scene.has(&Fixture::small(), &names.iter().map(String::as_str).collect::<Vec<_>>());
    let proxy = Proxy::before(scene.host());
    let pane = scene.browse(&format!("{}/many", proxy.host()));
    pane.looks(|screen| screen.contains("  v29 ") && screen.matches("linux/amd64").count() == 20);
    let asked = |tag: &str| -> usize {
        let part = format!("/manifests/{tag}");
        ["HEAD", "GET"].into_iter().map(|method| proxy.requests(method, &part).len()).sum()
    };
    let count =
        |range: std::ops::Range<u32>| -> usize { range.map(|number| asked(&format!("v{number}"))).sum() };
    assert_eq!((count(10..30), count(30..50)), (20, 0));
    pane.types(&["End"]);
    pane.looks(|screen| screen.contains("> v49 ") && screen.matches("linux/amd64").count() == 20);
    pane.types(&["Home"]);
    pane.shows("> v10 ");
    assert_eq!((count(10..30), count(30..50)), (20, 20));
    let manifests = proxy.requests("GET", "/manifests/").len() + proxy.requests("GET", "/blobs/").len();
    assert!(manifests <= 24, "all tags share one manifest and one config: {manifests}");
    pane.ends_with("q", 0);
}

#[test]
fn a_login_is_not_asked_for_but_named() {
    if missing("tmux") {
        return;
    }
    let (registry, home) = (Kind::Embedded.with_password("user1", "s3cret"), Home::fresh());
    let pane = Pane::run(&home, &format!("browse {}/team/app", registry.host()));
    pane.shows(&format!("regcli login {}", registry.host()));
    pane.ends_with("q", 0);
}

#[test]
fn without_an_argument_the_registries_with_a_login_and_the_store_are_shown() {
    if missing("tmux") {
        return;
    }
    let (registry, home) = (Kind::Embedded.with_password("user1", "s3cret"), Home::fresh());
    home.regcli(["login", "-u", "user1", "--password-stdin", registry.host()])
        .stdin("s3cret")
        .run()
        .succeeds();
    home.run(["copy", "-q", &Fixture::small().place(), "store:kept:1"]).succeeds();
    let pane = Pane::run(&home, "browse");
    let shown = pane.shows(registry.host());
    assert!(shown.contains("> store") && shown.contains("docker.io"), "{shown}");
    pane.types(&["Enter"]);
    pane.shows("> kept:1");
    pane.types(&["Enter"]);
    pane.shows("in 2 layers");
    pane.ends_with("q", 0);
}
