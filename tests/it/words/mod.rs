//! Docker's words: what regcli prints beside the recordings of the real Docker, both streams and the exit code.
//!
//! Each test names its transcript (`01` to `21`). What the contract has decided otherwise than Docker is said
//! where it comes up: layers on standard error, no `Error response from daemon: `, a code for each kind of failure.

mod config_json;
mod help;
mod history;
mod images;
mod inspect;
mod login;
mod logout;
mod pull;
mod pull_errors;
mod push;
mod push_errors;
mod reference;
mod save_load;
mod search;
mod tag_rmi;
mod tree;

use crate::support::{Fixture, Home, Outcome};

/// What differs from run to run, and what stands for it in a recording.
#[derive(Clone)]
pub(crate) struct Recording(Vec<(String, &'static str)>);

impl Recording {
    /// In this home: its folder is `HOME`.
    pub(crate) fn at(home: &Home) -> Self {
        Self(Vec::new()).with(home.path().display(), "HOME")
    }

    /// `name` stands for `text` from now on.
    pub(crate) fn with(mut self, text: impl std::fmt::Display, name: &'static str) -> Self {
        self.0.push((text.to_string(), name));
        self
    }

    /// The root of an image is `DIGEST`, its layers are `LAYER0` and so on.
    pub(crate) fn with_image(self, fixture: &Fixture) -> Self {
        const LAYERS: [&str; 3] = ["LAYER0", "LAYER1", "LAYER2"];
        let named = self.with(&fixture.root.digest, "DIGEST");
        layers(fixture)
            .iter()
            .zip(LAYERS)
            .fold(named, |names, (digest, name)| names.with(short(digest), name))
    }

    /// Asserts what was printed and how it ended: `out| ` and `err| ` before each line, and `exit N`.
    ///
    /// A line `out% ` has no line break at its end. Spaces before these words do not count.
    #[track_caller]
    pub(crate) fn check(&self, outcome: &Outcome, expected: &str) {
        let shown = |word: &str, stream: &str| -> String {
            let text = self.0.iter().fold(stream.to_owned(), |text, (from, to)| text.replace(from, to));
            text.split_inclusive('\n').map(|line| marked(word, line)).collect()
        };
        let actual = shown("out", &outcome.stdout)
            + &shown("err", &outcome.stderr)
            + &format!("exit {}", outcome.code);
        let expected: Vec<&str> = expected.trim().lines().map(str::trim_start).collect();
        let expected = expected.join("\n");
        assert!(actual == expected, "expected:\n{expected}\n\ngot:\n{actual}\n\n{outcome}");
    }
}

fn marked(word: &str, line: &str) -> String {
    match line.strip_suffix('\n') {
        Some("") => format!("{word}|\n"),
        Some(text) => format!("{word}| {text}\n"),
        None => format!("{word}% {line}\n"),
    }
}

/// The digests of an image's layers, the lowest first.
fn layers(fixture: &Fixture) -> Vec<String> {
    let root: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let layers = root["layers"].as_array().cloned().unwrap_or_default();
    layers.iter().map(|layer| layer["digest"].as_str().unwrap().to_owned()).collect()
}

/// The first twelve characters of a digest's hash, as Docker names layers and images.
fn short(digest: &str) -> &str {
    &digest.split_once(':').unwrap().1[..12]
}

/// Brings a fixture into the store under a name.
#[track_caller]
pub(crate) fn keep(home: &Home, fixture: &Fixture, name: &str) {
    home.run(["copy", "-q", &fixture.place(), &format!("store:{name}")]).succeeds();
}

/// Brings a fixture to a registry under a name.
#[track_caller]
pub(crate) fn publish(home: &Home, fixture: &Fixture, name: &str) {
    home.run(["copy", "-q", &fixture.place(), name]).succeeds();
}

#[test]
fn a_recording_shows_every_line_and_its_end() {
    assert_eq!(marked("out", "a b \n"), "out| a b \n");
    assert_eq!(marked("err", "\n"), "err|\n");
    assert_eq!(marked("out", "no end"), "out% no end\n");
}
