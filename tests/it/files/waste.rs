//! `files --waste`: what upper layers hide.

use serde_json::Value;

use super::{BASE, Lab, TOP};
use crate::support::{Is, Layer};

#[test]
fn what_upper_layers_hide_is_counted_by_its_cause() {
    let lab = Lab::of(&[
        Layer::gzip(&[("a", Is::File(&[1; 1000])), ("b", Is::File(&[2; 200])), ("d/f", Is::File(&[3; 30]))]),
        Layer::gzip(&[("a", Is::File(&[1; 1000])), ("b", Is::File(&[2; 500])), (".wh.d", Is::File(b""))]),
    ]);
    let found: Value = serde_json::from_str(&lab.files(&["--waste", "--format=json"])).unwrap();
    // Of a and b the smaller file is enough, of d nothing.
    assert_eq!((&found["totalBytes"], &found["minimalBytes"]), (&2730.into(), &1200.into()));
    assert_eq!((&found["hiddenBytes"], &found["hiddenPaths"]), (&1230.into(), &3.into()));
    let causes: Vec<_> =
        found["largest"].as_array().unwrap().iter().map(|path| (&path["path"], &path["cause"])).collect();
    let expected = [("/a", "repeated"), ("/b", "replaced"), ("/d/f", "removed")];
    assert_eq!(
        causes,
        expected
            .map(|(path, cause)| (Value::from(path), Value::from(cause)))
            .iter()
            .map(|(path, cause)| (path, cause))
            .collect::<Vec<_>>()
    );
    let table = lab.files(&["--waste"]);
    assert!(
        table.starts_with(
            "Efficiency:   43.96% (1.2kB of 2.73kB)\nHidden:       1.23kB in 3 paths\n\nHIDDEN "
        ),
        "{table}"
    );
}

#[test]
fn the_efficiency_is_a_gate() {
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::estargz(TOP)]);
    let image = lab.image();
    lab.home
        .run(["files", "--waste", "--min-efficiency", "0.9", &image])
        .ends_with(10)
        .complains("below 0.9");
    lab.home.run(["files", "--waste", "--min-efficiency=0", &image]).succeeds();
    let one = Lab::of(&[Layer::gzip(BASE)]);
    let shown = one.home.run(["files", "--waste", "--min-efficiency", "1", &one.image()]).succeeds();
    assert_eq!(shown.stdout, "Efficiency:   100.00% (5.03kB of 5.03kB)\nHidden:       0B in 0 paths\n");
}
