//! The options of the bench.

use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::case::Case;
use crate::images::Shape;
use crate::profile::Profile;
use crate::registry::Kind;

/// Measures regcli against curl + sha256 and its peers, in turn, and prints a table for each link.
///
/// Without --links, --shapes, --cases and --registries it runs the most important combinations; each of
/// these flags replaces its part of them.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench engine --")]
pub(crate) struct Options {
    /// Links: loopback, or ROUND-TRIP,CONNECTION,ALL[,CONNECTIONS] such as 20ms,10MB/s,60MB/s, with - for no limit;
    /// separate several by semicolons
    #[arg(long, value_delimiter = ';', value_name = "LINK")]
    links: Vec<Profile>,

    /// Images; separate several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SHAPE")]
    shapes: Vec<Shape>,

    /// Cases; separate several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CASE")]
    cases: Vec<Case>,

    /// Registries; separate several by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    registries: Vec<Kind>,

    /// Programs to leave out; separate several by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME",
        value_parser = PossibleValuesParser::new(["floor", "streams", "crane", "oras", "regctl", "skopeo"]))]
    pub(crate) without: Vec<String>,

    /// Number of runs of each program
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    pub(crate) runs: u32,

    /// Size of the images: 0.1 makes layers ten times smaller
    #[arg(long, default_value_t = 1.0, value_parser = scale, value_name = "FACTOR")]
    pub(crate) scale: f64,

    /// A regcli to measure instead of the one just built; repeat to compare several
    #[arg(long, value_parser = regcli, value_name = "[NAME=]PATH")]
    regcli: Vec<(String, PathBuf)>,

    /// Directory that keeps images between runs [default: bench-images in the target directory]
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,

    /// Directory of registries and pulled images [default: /dev/shm if there is room, else a temporary
    /// directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,

    /// Passed by cargo
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// The content of one table.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) profile: Profile,
    pub(crate) kind: Kind,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) cases: Vec<Case>,
}

impl Options {
    /// Returns the tables to measure.
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
            if !self.stands_alone_in(part) {
                part.cases.retain(|case| !case.stands_alone());
            }
        }
        parts.retain(|part| !part.cases.is_empty());
        parts
    }

    /// Reports whether the cases with tables of their own are measured there: on loopback with
    /// docker-registry, unless a flag asks for more. Elsewhere they take long and say little new.
    fn stands_alone_in(&self, part: &Part) -> bool {
        let link = !self.links.is_empty() || part.profile.is_direct();
        let registry = !self.registries.is_empty() || part.kind == Kind::Docker;
        link && registry
    }

    /// Returns the regclis to measure. The first one also serves the embedded registry.
    pub(crate) fn regclis(&self) -> Vec<(String, PathBuf)> {
        if self.regcli.is_empty() {
            return vec![("regcli".to_owned(), env!("CARGO_BIN_EXE_regcli").into())];
        }
        self.regcli.clone()
    }

    /// Returns the directory of the images.
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

/// Returns the combinations that show most in the least time.
fn usual_parts() -> Vec<Part> {
    use Case::{
        Copy, Cut, CutFourTimes, Growth, Killed, Look, Pull, PullAgain, PullMany, Push, PushAgain, PushMany,
        Sync,
    };
    use Shape::{Fat, Large, Many, Medium, One, Small, Two};
    let part = |link: &str, kind, shapes: &[Shape], cases: &[Case]| Part {
        profile: link.parse().expect("written as links are"),
        kind,
        shapes: shapes.to_vec(),
        cases: cases.to_vec(),
    };
    let all = [
        Pull,
        PullAgain,
        Killed,
        Cut,
        CutFourTimes,
        Push,
        PushAgain,
        Copy,
        PullMany,
        PushMany,
        Growth,
        Sync,
        Look,
    ];
    let wide = |link: &str| part(link, Kind::Docker, &[Fat, One, Two], &[Pull]);
    vec![
        part("loopback", Kind::Docker, &[Small, Medium, Many, Large], &all),
        part("loopback", Kind::Embedded, &[Small, Medium, Many], &[Pull, Push]),
        part("loopback", Kind::DockerTls, &[Medium, Many], &[Pull, Push]),
        part("20ms,10MB/s,60MB/s", Kind::Docker, &[Many, Large], &[Pull, Killed, Cut, Push, Copy]),
        part("20ms,10MB/s,60MB/s", Kind::DockerTls, &[Many], &[Pull, Push]),
        part("100ms,4MB/s,40MB/s", Kind::Docker, &[Many], &[Pull, Push]),
        part("50ms,-,25MB/s", Kind::Docker, &[Many], &[Pull, Push, PullMany, PushMany]),
        // Links on which requests for parts of a blob can cost more than they bring.
        wide("5ms,-,125MB/s"),
        wide("20ms,-,125MB/s"),
        wide("150ms,-,60MB/s"),
        wide("20ms,50MB/s,250MB/s"),
        wide("100ms,20MB/s,150MB/s"),
        wide("200ms,10MB/s,80MB/s"),
    ]
}

/// Returns the usual parts for this link; for an unknown link, those of a distant one.
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
