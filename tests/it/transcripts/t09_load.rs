//! Transcript 09: a load that takes its time. Docker shows its first layer when it has read the whole archive.

use crate::support::{Fixture, Home};
use crate::terminal::Terminal;
use crate::words::keep;

#[test]
fn an_archive_that_takes_long_to_read_is_said_to_be_read() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/base:1");
    home.run(["save", "-o", "base.tar", "lab/base:1"]).succeeds();
    let mut terminal = Terminal::run(&home, "(sleep 2; cat base.tar) | regcli load");
    terminal.sees("Reading standard input (0 s)").sees("Reading standard input (1 s)");
    let seen = terminal.ends(0);
    assert!(seen.ends_with("Loaded image: lab/base:1\n[exit 0]"), "{seen}");

    let mut quiet = Terminal::run(&home, "(sleep 2; cat base.tar) | regcli load -q");
    assert_eq!(quiet.ends(0), "Loaded image: lab/base:1\n[exit 0]");
}
