//! Measures regcli against the floor and its peers. See the README in `benches`.

mod authority;
mod case;
mod commands;
mod corpus;
mod cuts;
mod field;
mod fleet;
mod ground;
mod growth;
mod images;
mod layout;
mod link;
mod looking;
mod options;
mod process;
mod profile;
mod program;
mod question;
mod real_files;
mod registry;
mod requests;
mod sync;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Result, ensure};
use clap::Parser;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::authority::Authority;
use crate::case::Case;
use crate::fleet::Fleet;
use crate::ground::{Ground, PROGRESS, Sample, Site, Way};
use crate::images::{Image, Subject};
use crate::options::{Options, Part};
use crate::process::INTERRUPTED;
use crate::program::Program;
use crate::registry::{Http, Kind};
use crate::table::Entry;

/// How many times the largest image must fit into memory: once at the registry, twice at its
/// destinations, and once for everything else.
const ROOM: u64 = 4;

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        // `cargo test --benches` also starts this program.
        say("measures only under `cargo bench`");
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(failures) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(failures) => {
            say(&format!("\nwhat failed:\n{}", failures.join("\n")));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs everything, and returns the failures of regcli.
fn run(options: &Options) -> Result<Vec<String>> {
    let runtime = Runtime::new()?;
    watch_for_signals(&runtime)?;
    let bench = Bench {
        authority: Authority::create()?,
        runtime: &runtime,
        programs: programs(options),
        regcli: options.regclis().swap_remove(0).1,
        options,
    };
    let mut failures = Vec::new();
    for part in options.parts() {
        if part.cases.iter().any(|case| !case.stands_alone()) {
            bench.measure(&part, &mut failures)?;
        }
        if part.cases.contains(&Case::Growth) {
            bench.measure_growth(&part, &mut failures)?;
        }
        if part.cases.contains(&Case::Sync) {
            bench.measure_sync(&part, &mut failures)?;
        }
        if part.cases.contains(&Case::Look) {
            bench.measure_looking(&part, &mut failures)?;
        }
    }
    Ok(failures)
}

/// Without a handler, the registries would outlive the bench.
fn watch_for_signals(runtime: &Runtime) -> Result<()> {
    let _entered = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let mut signals = signal(kind)?;
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                INTERRUPTED.store(true, Relaxed);
            }
        });
    }
    Ok(())
}

fn programs(options: &Options) -> Vec<Program> {
    let mut programs = Program::all(&options.regclis());
    programs.retain(|program| !options.without.iter().any(|name| program.is(name)));
    programs
}

struct Bench<'a> {
    options: &'a Options,
    runtime: &'a Runtime,
    authority: Authority,
    programs: Vec<Program>,
    /// The regcli that serves the embedded registry.
    regcli: PathBuf,
}

/// What is measured by each program in turn.
struct Trial<'a> {
    title: &'a str,
    programs: &'a [Program],
    way: Way,
}

/// A table, and what its rows add up to.
struct Rows<'a> {
    part: &'a Part,
    /// By peer, the rows in which it was the fastest.
    best: BTreeMap<String, Vec<String>>,
    /// The failures of regcli.
    failures: &'a mut Vec<String>,
}

impl Bench<'_> {
    /// Measures the rows of one table, and prints it as it grows.
    fn measure(&self, part: &Part, failures: &mut Vec<String>) -> Result<()> {
        print(&table::head(&format!("{}, {}", part.profile, part.kind.name())));
        let (of_many, of_one): (Vec<Case>, Vec<Case>) =
            part.cases.iter().filter(|case| !case.stands_alone()).partition(|case| case.is_of_many());
        let mut rows = Rows { part, best: BTreeMap::new(), failures };
        let cache = self.options.images();
        for shape in part.shapes.iter().filter(|_| !of_one.is_empty()) {
            let subject = Image::open(&cache, *shape, self.options.scale)?.into();
            self.measure_subject(&subject, &of_one, &mut rows)?;
        }
        if !of_many.is_empty() {
            let subject = Fleet::many(self.options.scale).open(&cache)?;
            self.measure_subject(&subject, &of_many, &mut rows)?;
        }
        print(&table::note(&rows.best));
        print("\n");
        Ok(())
    }

    /// Measures the rows of one image, or of several that are moved together.
    fn measure_subject(&self, subject: &Subject, cases: &[Case], rows: &mut Rows<'_>) -> Result<()> {
        let part = rows.part;
        let scratch = scratch(self.options.scratch.as_deref(), subject.size() * ROOM)?;
        let http = self.http(part)?;
        let site = self.site(part, &http, scratch.path());
        let ground = Ground::prepare(&site, subject)?;
        for case in cases.iter().filter(|case| fits(**case, subject, part.kind)) {
            let entries = self.entries(*case, &ground, part)?;
            print(&table::rows(*case, subject, &part.profile, &entries));
            if let Some(peer) = table::best_peer(&entries) {
                let row = format!("{} {}", case.name(), subject.name);
                rows.best.entry(peer.name.clone()).or_default().push(row);
            }
            rows.failures.extend(failures_of(*case, subject, &entries));
        }
        Ok(())
    }

    /// Creates the bench's client of a part's registries.
    fn http(&self, part: &Part) -> Result<Http<'_>> {
        Http::new(self.runtime, part.kind.is_encrypted().then_some(&self.authority))
    }

    fn site<'a>(&'a self, part: &'a Part, http: &'a Http<'a>, scratch: &'a Path) -> Site<'a> {
        Site {
            runtime: self.runtime,
            http,
            scratch,
            regcli: &self.regcli,
            profile: &part.profile,
            kind: part.kind,
        }
    }

    /// Runs all programs that can do this in turn.
    fn entries(&self, case: Case, ground: &Ground<'_>, part: &Part) -> Result<Vec<Entry>> {
        let able = self.programs.iter().filter(|program| program.can(case));
        let programs: Vec<Program> = able.cloned().collect();
        let way = if case.needs_link() { Way::Linked } else { Way::of(&part.profile) };
        let trial = Trial { title: case.name(), programs: &programs, way };
        self.trials(&trial, |program, way| ground.run(case, program, way))
    }

    /// Runs something by each program in turn. Direct runs are followed by one over a link, which counts.
    fn trials(&self, trial: &Trial<'_>, run: impl Fn(&Program, Way) -> Result<Sample>) -> Result<Vec<Entry>> {
        let Trial { title, programs, way } = *trial;
        let mut entries: Vec<Entry> = programs.iter().cloned().map(Entry::of).collect();
        for number in 1..=self.options.runs {
            for (program, entry) in programs.iter().zip(&mut entries) {
                say(&format!("{title}, run {number}: {}", program.name));
                entry.take(run(program, way));
                stop_if_interrupted()?;
            }
        }
        if way == Way::Direct {
            for (program, entry) in programs.iter().zip(&mut entries) {
                say(&format!("{title}, counted: {}", program.name));
                entry.count(run(program, Way::Linked));
                stop_if_interrupted()?;
            }
        }
        Ok(entries)
    }
}

/// Reports whether a case is meaningful for an image. Layers that end before the cut are not cut,
/// and neither is what TLS hides.
fn fits(case: Case, subject: &Subject, kind: Kind) -> bool {
    let mut layers = subject.images.iter().flat_map(Image::layers);
    let why = if case.cuts() && kind.is_encrypted() {
        "the link cannot read what it should cut"
    } else if case == Case::CutFourTimes && !layers.any(|layer| layer.size > PROGRESS) {
        "its layers are too small"
    } else {
        return true;
    };
    say(&format!("{}, {}: left out, {why}", case.name(), subject.name));
    false
}

/// Returns the failures of regcli. Failures of other programs are results, which the table shows.
fn failures_of(case: Case, subject: &Subject, entries: &[Entry]) -> Vec<String> {
    let ours = entries.iter().filter(|entry| entry.program.is_ours());
    let told = |failure: &String| format!("{}, {}: {failure}", case.name(), subject.name);
    ours.flat_map(|entry| &entry.failures).map(told).collect()
}

fn stop_if_interrupted() -> Result<()> {
    ensure!(!INTERRUPTED.load(Relaxed), "interrupted");
    Ok(())
}

/// Creates a directory for registries and pulled images: in memory if there is room for `bytes`, and
/// removed at the end.
fn scratch(given: Option<&Path>, bytes: u64) -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("regcli-bench-");
    let folder = match given {
        Some(folder) => builder.tempdir_in(folder)?,
        None if has_room(memory, bytes) => builder.tempdir_in(memory)?,
        None => {
            say(&format!("no room for {} MB in /dev/shm: this measures a disk as well", bytes / 1_000_000));
            builder.tempdir()?
        }
    };
    Ok(folder)
}

/// Reports whether `bytes` fit into memory there without displacing other data.
fn has_room(folder: &Path, bytes: u64) -> bool {
    let Ok(state) = rustix::fs::statvfs(folder) else { return false };
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory.lines().find_map(|line| {
        let kibibytes: u64 = line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    });
    state.f_bavail * state.f_frsize > bytes && available.is_some_and(|available| available > bytes)
}

/// Prints the tables to standard output.
#[expect(clippy::print_stdout, reason = "a program that talks to a person")]
fn print(text: &str) {
    use std::io::Write as _;
    print!("{text}");
    drop(std::io::stdout().flush());
}

/// Prints everything else to standard error.
#[expect(clippy::print_stderr, reason = "a program that talks to a person")]
fn say(text: &str) {
    eprintln!("{text}");
}
