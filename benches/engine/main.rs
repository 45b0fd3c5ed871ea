//! Measures regcli against the floor and its peers. See the README in `benches`.

mod case;
mod cuts;
mod ground;
mod images;
mod link;
mod options;
mod process;
mod profile;
mod program;
mod registry;
mod requests;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Result, ensure};
use clap::Parser;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::case::Case;
use crate::ground::{Ground, PROGRESS, Site, Way};
use crate::images::Image;
use crate::options::{Options, Part};
use crate::process::INTERRUPTED;
use crate::program::Program;
use crate::registry::Http;
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
        http: Http::new(&runtime)?,
        runtime: &runtime,
        programs: programs(options),
        regcli: options.regclis().swap_remove(0).1,
        options,
    };
    let mut failures = Vec::new();
    for part in options.parts() {
        bench.measure(&part, &mut failures)?;
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
    http: Http<'a>,
    programs: Vec<Program>,
    /// The regcli that serves the embedded registry.
    regcli: PathBuf,
}

impl Bench<'_> {
    /// Measures the rows of one table, and prints it as it grows.
    fn measure(&self, part: &Part, failures: &mut Vec<String>) -> Result<()> {
        print(&table::head(&format!("{}, {}", part.profile, part.kind.name())));
        for shape in &part.shapes {
            let image = Image::open(&self.options.images(), *shape, self.options.scale)?;
            let scratch = scratch(self.options.scratch.as_deref(), image.size() * ROOM)?;
            let site = Site {
                runtime: self.runtime,
                http: &self.http,
                scratch: scratch.path(),
                regcli: &self.regcli,
                profile: &part.profile,
                kind: part.kind,
            };
            let ground = Ground::prepare(&site, &image)?;
            for case in part.cases.iter().filter(|case| fits(**case, &image)) {
                let entries = self.entries(*case, &ground, part)?;
                print(&table::rows(*case, &image, &part.profile, &entries));
                failures.extend(failures_of(*case, &image, &entries));
            }
        }
        print("\n");
        Ok(())
    }

    /// Runs all programs in turn.
    fn entries(&self, case: Case, ground: &Ground<'_>, part: &Part) -> Result<Vec<Entry>> {
        let way = if part.profile.is_direct() { Way::Direct } else { Way::Linked };
        let programs: Vec<&Program> = self.programs.iter().filter(|program| program.can(case)).collect();
        let mut entries: Vec<Entry> = programs.iter().map(|program| Entry::of((*program).clone())).collect();
        for run in 1..=self.options.runs {
            for (program, entry) in programs.iter().zip(&mut entries) {
                say(&format!("{}, run {run}: {}", case.name(), program.name));
                entry.take(ground.run(case, program, way));
                stop_if_interrupted()?;
            }
        }
        if way == Way::Direct && !case.needs_link() {
            for (program, entry) in programs.iter().zip(&mut entries) {
                say(&format!("{}, counted: {}", case.name(), program.name));
                entry.count(ground.run(case, program, Way::Linked));
                stop_if_interrupted()?;
            }
        }
        Ok(entries)
    }
}

/// Reports whether a case is meaningful for an image. Layers that end before the cut are not cut.
fn fits(case: Case, image: &Image) -> bool {
    let fits = case != Case::CutFourTimes || image.layers().iter().any(|layer| layer.size > PROGRESS);
    if !fits {
        say(&format!("{}, {}: left out, its layers are too small", case.name(), image.shape.name()));
    }
    fits
}

/// Returns the failures of regcli. Failures of other programs are results, which the table shows.
fn failures_of(case: Case, image: &Image, entries: &[Entry]) -> Vec<String> {
    let ours = entries.iter().filter(|entry| entry.program.is_ours());
    let told = |failure: &String| format!("{}, {}: {failure}", case.name(), image.shape.name());
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
