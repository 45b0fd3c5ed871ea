//! What stays on a terminal, and above it, whose window changes its size, and what a copy of several platforms shows.

use std::thread;

use super::{Scene, Terminal, Tmux, stalls};
use crate::support::{Fixture, Home, Kind, Screen, missing};

impl Tmux {
    /// The screen, and all that has left it at the top.
    fn everything(&self) -> String {
        self.tell(&["capture-pane", "-p", "-S", "-", "-t", "it"])
    }

    fn resize_to(&self, (columns, lines): (usize, usize)) {
        let (columns, lines) = (columns.to_string(), lines.to_string());
        self.tell(&["resize-window", "-t", "it", "-x", &columns, "-y", &lines]);
    }
}

/// Rows that are broken by a narrower window push others out of sight at once, where no program reaches them any more:
/// a rest of them may be above the screen, but never on it, and nothing else is touched.
#[test]
fn u10_no_row_is_doubled_or_lost_by_a_window_that_changes_its_size() {
    if missing("tmux") {
        return;
    }
    let whole = 20;
    let cases: [(&[_], _); 6] = [
        (&[(40, whole), (200, whole)][..], 0),
        (&[(120, whole), (104, whole)], 0),
        (&[(80, whole), (80, 30), (80, 10)], 0),
        (&[(120, whole), (40, whole)], 1),
        (&[(120, whole), (40, whole), (200, whole), (80, whole)], 2),
        (&[(80, whole), (30, whole), (80, whole), (30, whole), (80, whole)], 2),
    ];
    thread::scope(|scope| {
        for (sizes, breaks) in cases {
            scope.spawn(move || check(sizes, breaks));
        }
    });
}

/// Changes the size of a window in which a pull stalls, and interrupts it at last; so many of the changes break rows.
#[track_caller]
fn check(sizes: &[(usize, usize)], breaks: usize) {
    let scene = Scene::new();
    scene.stall();
    let terminal = scene.pull_in(sizes[0].0);
    terminal.shows(stalls);
    let rows = |screen: &str, part: &str| screen.lines().filter(|line| line.starts_with(part)).count();
    let has_layers_once = |screen: &str| scene.layers.iter().all(|layer| rows(screen, layer) == 1);
    for size in &sizes[1..] {
        terminal.resize_to(*size);
        terminal.shows(|screen| {
            let ours = screen.lines().filter(|line| !line.is_empty() && !line.starts_with("1: Pulling"));
            let width = ours.clone().map(str::len).max().unwrap_or_default();
            let is_drawn = ours.clone().any(|line| line.contains("[==")) == (size.0 >= 75);
            is_drawn && width <= size.0 && ours.count() == 4 && has_layers_once(screen)
        });
    }
    terminal.interrupt();
    let screen = terminal.shows(|screen| screen.contains("[exit 130]"));
    let all = terminal.everything();
    assert!(has_layers_once(&screen), "{sizes:?}\n{all}");
    for (part, most) in
        [("1: Pulling from app", 1), ("Interrupted: ", 1), (&*scene.layers[0], 1 + breaks), ("1/2", breaks)]
    {
        let found = rows(&all, part);
        assert!(found <= most && (found > 0 || most == 0 || part == "1/2"), "{part} {sizes:?}\n{all}");
    }
    assert_eq!(rows(&screen, "1/2") + rows(&screen, "no data for"), 0, "{sizes:?}\n{all}");
}

#[test]
fn u10_a_copy_of_several_platforms_names_them_beside_their_layers() {
    let (registry, home) = (Kind::Embedded.open(), Home::fresh());
    let fixture = Fixture::multi_platform();
    let line = format!("regcli copy {} {}/app:1", fixture.place(), registry.host());
    let seen = Screen::showing(&Terminal::run(&home, &line).ends(0), 100, 30).text();
    let of = |name: &str| seen.lines().filter(|row| row.ends_with(&format!(": {name:9} Pushed"))).count();
    assert_eq!(["amd64", "arm64/v8", "arm/v7"].map(of), [2, 2, 2], "{seen}");
}
