//! What the bench is asked to do.

use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::case::Case;
use crate::images::Shape;
use crate::profile::Profile;
use crate::registry::Kind;

/// Measures regcli beside curl + sha256 and its peers, in turn, and prints a table for each link.
///
/// Without --links, --shapes, --cases and --registries it takes a choice that says what matters; each of them
/// replaces its part of that choice.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench engine --")]
pub(crate) struct Options {
    /// Links: loopback, or ROUND-TRIP,CONNECTION,ALL as 20ms,10MB/s,60MB/s with - for no limit; several
    /// by semicolons
    #[arg(long, value_delimiter = ';', value_name = "LINK")]
    links: Vec<Profile>,

    /// Images; several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SHAPE")]
    shapes: Vec<Shape>,

    /// What is done with them; several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CASE")]
    cases: Vec<Case>,

    /// Registries; several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    registries: Vec<Kind>,

    /// Programs to leave out; several by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME",
        value_parser = PossibleValuesParser::new(["floor", "skopeo"]))]
    pub(crate) without: Vec<String>,

    /// Runs of each program, in turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    pub(crate) runs: u32,

    /// Size of the images: 0.1 makes layers of a tenth
    #[arg(long, default_value_t = 1.0, value_parser = scale, value_name = "FACTOR")]
    pub(crate) scale: f64,

    /// A regcli to measure, if not the one just built; several are compared
    #[arg(long, value_parser = regcli, value_name = "[NAME=]PATH")]
    regcli: Vec<(String, PathBuf)>,

    /// Where images are kept from one time to the next [default: bench-images in the target folder]
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,

    /// Where registries and pulled images are [default: /dev/shm if there is room, else the temp folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,

    /// Cargo says this
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// Everything that goes into one table.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) profile: Profile,
    pub(crate) kind: Kind,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) cases: Vec<Case>,
}

impl Options {
    /// What is to be done.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let mut parts = usual_parts();
        if !self.links.is_empty() {
            parts = self.links.iter().flat_map(|link| usual_for(&parts, link)).collect();
        }
        if !self.registries.is_empty() {
            parts.dedup_by(|later, earlier| later.profile == earlier.profile);
            let with = |part: &Part, kind| Part { kind, ..part.again() };
            parts = parts
                .iter()
                .flat_map(|part| self.registries.iter().map(move |kind| with(part, *kind)))
                .collect();
        }
        for part in &mut parts {
            if !self.shapes.is_empty() {
                part.shapes.clone_from(&self.shapes);
            }
            if !self.cases.is_empty() {
                part.cases.clone_from(&self.cases);
            }
        }
        parts
    }

    /// The regclis to measure; the first one is the embedded registry, too.
    pub(crate) fn regclis(&self) -> Vec<(String, PathBuf)> {
        if self.regcli.is_empty() {
            return vec![("regcli".to_owned(), env!("CARGO_BIN_EXE_regcli").into())];
        }
        self.regcli.clone()
    }

    /// The folder of the images.
    pub(crate) fn images(&self) -> PathBuf {
        let target = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-images");
        self.images.clone().unwrap_or_else(target)
    }
}

impl Part {
    fn again(&self) -> Self {
        Self {
            profile: self.profile.clone(),
            kind: self.kind,
            shapes: self.shapes.clone(),
            cases: self.cases.clone(),
        }
    }
}

/// What says most in the least time.
fn usual_parts() -> Vec<Part> {
    use Case::{Copy, Cut, CutFourTimes, Killed, Pull, PullAgain, Push, PushAgain};
    use Shape::{Large, Many, Medium, Small};
    let part = |link: &str, kind, shapes: &[Shape], cases: &[Case]| Part {
        profile: link.parse().expect("written as links are"),
        kind,
        shapes: shapes.to_vec(),
        cases: cases.to_vec(),
    };
    let all = [Pull, PullAgain, Killed, Cut, CutFourTimes, Push, PushAgain, Copy];
    vec![
        part("loopback", Kind::Docker, &[Small, Medium, Many, Large], &all),
        part("loopback", Kind::Embedded, &[Small, Medium, Many], &[Pull, Push]),
        part("20ms,10MB/s,60MB/s", Kind::Docker, &[Many, Large], &[Pull, Killed, Cut, Push, Copy]),
        part("100ms,4MB/s,40MB/s", Kind::Docker, &[Many], &[Pull, Push]),
        part("50ms,-,25MB/s", Kind::Docker, &[Many], &[Pull, Push]),
    ]
}

/// The usual parts with this link; for one that nobody knows, a far one's.
fn usual_for(parts: &[Part], link: &Profile) -> Vec<Part> {
    let known: Vec<Part> = parts.iter().filter(|part| part.profile == *link).map(Part::again).collect();
    if !known.is_empty() {
        return known;
    }
    let far = parts.iter().find(|part| !part.profile.is_direct()).expect("there are far links");
    vec![Part { profile: link.clone(), ..far.again() }]
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: f64 = text.parse().map_err(|_| "a number is expected, as 0.1".to_owned())?;
    if (0.001..=10.0).contains(&scale) { Ok(scale) } else { Err("from 0.001 to 10".to_owned()) }
}

fn regcli(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').unwrap_or(("regcli", text));
    let path = std::fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?;
    Ok((name.to_owned(), path))
}
