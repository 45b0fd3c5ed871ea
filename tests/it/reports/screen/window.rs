//! What a copy of several platforms shows.

use super::Terminal;
use crate::support::{Fixture, Home, Kind};

#[test]
fn u10_a_copy_of_several_platforms_names_them_beside_their_layers() {
    let (registry, home) = (Kind::Embedded.open(), Home::fresh());
    let fixture = Fixture::multi_platform();
    let line = format!("regcli copy {} {}/app:1", fixture.place(), registry.host());
    let seen = Terminal::run(&home, &line).ends(0);
    let of = |name: &str| seen.lines().filter(|row| row.ends_with(&format!(": {name:9} Pushed"))).count();
    assert_eq!(["amd64", "arm64/v8", "arm/v7"].map(of), [2, 2, 2], "{seen}");
}
