//! The results as a Markdown table.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::case::Case;
use crate::ground::Sample;
use crate::images::Subject;
use crate::link::Counts;
use crate::profile::Profile;
use crate::program::Program;
use crate::say;

/// The columns after case, image and program.
const COLUMNS: [&str; 10] = [
    "wall s",
    "CPU s",
    "RSS MB",
    "requests",
    "connections",
    "moved ÷ image",
    "wall ÷ floor",
    "CPU ÷ floor",
    "wall ÷ streams",
    "wall ÷ best peer",
];

/// The columns of synchronisations, after run and program.
const SYNC_COLUMNS: [&str; 10] = [
    "wall s",
    "CPU s",
    "RSS MB",
    "requests: source",
    "destination",
    "MB: read",
    "written",
    "wall ÷ skopeo",
    "requests ÷ skopeo",
    "MB ÷ skopeo",
];

/// The columns of questions, after question and program. The fastest peer is compared with.
const LOOK_COLUMNS: [&str; 8] =
    ["wall s", "CPU s", "RSS MB", "requests", "kB", "wall ÷ peer", "requests ÷ peer", "kB ÷ peer"];

/// All runs of one program in one case.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) program: Program,
    /// The successful runs.
    pub(crate) samples: Vec<Sample>,
    /// A run over a link, where the others were direct.
    pub(crate) counted: Option<Sample>,
    /// The errors of failed runs.
    pub(crate) failures: Vec<String>,
}

/// The medians of an entry.
struct Medians {
    wall: f64,
    cpu: f64,
    memory: f64,
    /// Requests, connections, bytes in both directions.
    counts: Option<[f64; 3]>,
}

impl Entry {
    /// Creates an entry without runs.
    pub(crate) fn of(program: Program) -> Self {
        Self { program, samples: Vec::new(), counted: None, failures: Vec::new() }
    }

    /// Adds a timed run.
    pub(crate) fn take(&mut self, run: Result<Sample>) {
        match run {
            Ok(sample) => self.samples.push(sample),
            Err(error) => self.fail(&format!("{error:#}")),
        }
    }

    /// Adds a run that only counts.
    pub(crate) fn count(&mut self, run: Result<Sample>) {
        match run {
            Ok(sample) => self.counted = Some(sample),
            Err(error) => self.fail(&format!("{error:#}")),
        }
    }

    /// Returns the name of the program, with the number of failures if it sometimes failed.
    fn title(&self) -> String {
        match (self.failures.len(), self.samples.len()) {
            (0, _) | (_, 0) => self.program.name.clone(),
            (failed, _) => format!("{} ({failed} × failed)", self.program.name),
        }
    }

    fn fail(&mut self, error: &str) {
        let failure = format!("{}: {error}", self.program.name);
        say(&failure);
        self.failures.push(failure);
    }

    /// Returns the medians of what passed over the links to the source and to the destination.
    fn ends(&self) -> Option<Ends> {
        let samples = self.counted.iter().chain(&self.samples);
        let counts: Vec<Ends> =
            samples.filter_map(|sample| Some(Ends::of(sample.counts?, sample.last?))).collect();
        let over = |figure: fn(&Ends) -> f64| median(counts.iter().map(figure).collect());
        Some(Ends {
            source_requests: over(|ends| ends.source_requests)?,
            destination_requests: over(|ends| ends.destination_requests)?,
            read: over(|ends| ends.read)?,
            written: over(|ends| ends.written)?,
        })
    }

    fn medians(&self) -> Option<Medians> {
        let over = |figure: fn(&Sample) -> f64| median(self.samples.iter().map(figure).collect());
        let counts: Vec<_> =
            self.counted.iter().chain(&self.samples).filter_map(|sample| sample.counts).collect();
        let count =
            |figure: fn(&Counts) -> u64| median(counts.iter().map(|counts| figure(counts) as f64).collect());
        let counts = [count(|c| c.requests), count(|c| c.connections), count(|c| c.moved())];
        Some(Medians {
            wall: over(|sample| sample.usage.wall)?,
            cpu: over(|sample| sample.usage.cpu)?,
            memory: over(|sample| sample.usage.memory as f64)?,
            counts: match counts {
                [Some(requests), Some(connections), Some(moved)] => Some([requests, connections, moved]),
                _ => None,
            },
        })
    }
}

/// The traffic between two registries.
struct Ends {
    source_requests: f64,
    destination_requests: f64,
    /// Bytes from the source.
    read: f64,
    /// Bytes to the destination.
    written: f64,
}

impl Ends {
    /// Splits the counts of both links, with those of the `last` one.
    fn of(both: Counts, last: Counts) -> Self {
        let source = both.since(last);
        Self {
            source_requests: source.requests as f64,
            destination_requests: last.requests as f64,
            read: source.down as f64,
            written: last.up as f64,
        }
    }

    fn requests(&self) -> f64 {
        self.source_requests + self.destination_requests
    }

    fn moved(&self) -> f64 {
        self.read + self.written
    }
}

/// Returns the median.
fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let (low, high) = (figures.len().checked_sub(1)? / 2, figures.len() / 2);
    Some(f64::midpoint(figures[low], figures[high]))
}

/// Wall and processor time of what the others are compared with, in seconds.
struct Bases {
    floor: Option<(f64, f64)>,
    streams: Option<(f64, f64)>,
    best_peer: Option<(f64, f64)>,
}

/// Returns the head of a table.
pub(crate) fn head(title: &str) -> String {
    let columns = COLUMNS.join(" | ");
    let lines = "--:|".repeat(COLUMNS.len());
    format!("### {title}\n\n| case | image | program | {columns} |\n|---|---|---|{lines}\n")
}

/// Returns the rows of one case.
pub(crate) fn rows(case: Case, subject: &Subject, profile: &Profile, entries: &[Entry]) -> String {
    let wall_and_cpu = |wanted: &str| {
        let entry = entries.iter().find(|entry| entry.program.is(wanted))?;
        entry.medians().map(|medians| (medians.wall, medians.cpu))
    };
    let bases = Bases {
        floor: wall_and_cpu("floor"),
        streams: wall_and_cpu("streams"),
        best_peer: best_peer(entries).and_then(|peer| wall_and_cpu(&peer.name)),
    };
    let mut rows = String::new();
    for entry in entries {
        let cells = match entry.medians() {
            Some(medians) => cells(&medians, subject, &bases),
            None => failed(COLUMNS.len()),
        };
        rows += &row(case, subject, &entry.title(), &cells);
    }
    if let Some(bound) = profile.bound(subject.size()).filter(|_| case.is_whole()) {
        let mut cells = vec!["–".to_owned(); COLUMNS.len()];
        cells[0] = format!("{bound:.2}");
        rows += &row(case, subject, "*bytes ÷ link + 4 RTT*", &cells);
    }
    rows
}

/// Returns the fastest of the other registry clients.
pub(crate) fn best_peer(entries: &[Entry]) -> Option<&Program> {
    let peers = entries.iter().filter(|entry| entry.program.is_peer());
    let timed = peers.filter_map(|entry| Some((entry.medians()?.wall, &entry.program)));
    timed.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, program)| program)
}

/// Returns the note under a table: by peer, the rows in which it was the fastest.
pub(crate) fn note(best: &BTreeMap<String, Vec<String>>) -> String {
    let rows = |peer: &String, rows: &Vec<String>| format!("{peer} ({})", rows.join(", "));
    let named = match best.len() {
        0 => "none was measured".to_owned(),
        1 => best.keys().cloned().collect(),
        _ => best.iter().map(|(peer, where_best)| rows(peer, where_best)).collect::<Vec<_>>().join("; "),
    };
    format!("\nBest peer, by wall time: {named}.\n")
}

/// Returns the head of the table of growth.
pub(crate) fn growth_head(title: &str) -> String {
    format!(
        "### {title}\n\n| what grows | number | program | wall s | CPU s | RSS MB | requests |\n\
         |---|--:|---|--:|--:|--:|--:|\n"
    )
}

/// Returns the rows for one number of images or tags.
pub(crate) fn growth_rows(what: &str, number: usize, entries: &[Entry]) -> String {
    let row = |entry: &Entry| {
        let cells = entry.medians().map_or_else(
            || "failed | – | – | –".to_owned(),
            |medians| {
                let requests = medians.counts.map_or("–".to_owned(), |[requests, ..]| count(requests));
                let memory = medians.memory / 1e6;
                format!("{:.3} | {:.3} | {memory:.0} | {requests}", medians.wall, medians.cpu)
            },
        );
        format!("| {what} | {number} | {} | {cells} |\n", entry.title())
    };
    entries.iter().map(row).collect()
}

/// Returns the head of the table of synchronisations.
pub(crate) fn sync_head(title: &str) -> String {
    let columns = SYNC_COLUMNS.join(" | ");
    let lines = "--:|".repeat(SYNC_COLUMNS.len());
    format!("### {title}\n\n| run | program | {columns} |\n|---|---|{lines}\n")
}

/// Returns the rows of one synchronisation.
pub(crate) fn sync_rows(what: &str, entries: &[Entry]) -> String {
    let peer = entries.iter().find(|entry| entry.program.is_peer());
    let row = |entry: &Entry| {
        let cells = sync_cells(entry, peer).unwrap_or_else(|| failed(SYNC_COLUMNS.len()));
        format!("| {what} | {} | {} |\n", entry.title(), cells.join(" | "))
    };
    entries.iter().map(row).collect()
}

fn sync_cells(entry: &Entry, peer: Option<&Entry>) -> Option<Vec<String>> {
    let (medians, ends) = (entry.medians()?, entry.ends()?);
    let of_peer = peer.and_then(|peer| Some((peer.medians()?, peer.ends()?)));
    Some(vec![
        format!("{:.3}", medians.wall),
        format!("{:.3}", medians.cpu),
        format!("{:.0}", medians.memory / 1e6),
        count(ends.source_requests),
        count(ends.destination_requests),
        format!("{:.2}", ends.read / 1e6),
        format!("{:.2}", ends.written / 1e6),
        ratio(medians.wall, of_peer.as_ref().map(|(medians, _)| medians.wall)),
        ratio(ends.requests(), of_peer.as_ref().map(|(_, ends)| ends.requests())),
        ratio(ends.moved(), of_peer.as_ref().map(|(_, ends)| ends.moved())),
    ])
}

/// Returns the head of the table of questions.
pub(crate) fn look_head(title: &str) -> String {
    let columns = LOOK_COLUMNS.join(" | ");
    let lines = "--:|".repeat(LOOK_COLUMNS.len());
    format!("### {title}\n\n| question | program | {columns} |\n|---|---|{lines}\n")
}

/// Returns the rows of one question.
pub(crate) fn look_rows(what: &str, entries: &[Entry]) -> String {
    let peer = best_peer(entries).map(|peer| peer.name.as_str());
    let peer =
        entries.iter().find(|entry| Some(entry.program.name.as_str()) == peer).and_then(Entry::medians);
    let row = |entry: &Entry| {
        let cells =
            entry.medians().map_or_else(|| failed(LOOK_COLUMNS.len()), |own| look_cells(&own, peer.as_ref()));
        format!("| {what} | {} | {} |\n", entry.title(), cells.join(" | "))
    };
    entries.iter().map(row).collect()
}

fn look_cells(own: &Medians, peer: Option<&Medians>) -> Vec<String> {
    let [requests, _, moved] = own.counts.unwrap_or_default();
    let of_peer = peer.and_then(|peer| peer.counts);
    vec![
        format!("{:.3}", own.wall),
        format!("{:.3}", own.cpu),
        format!("{:.0}", own.memory / 1e6),
        count(requests),
        format!("{:.1}", moved / 1e3),
        ratio(own.wall, peer.map(|peer| peer.wall)),
        ratio(requests, of_peer.map(|[requests, ..]| requests)),
        ratio(moved, of_peer.map(|[.., moved]| moved)),
    ]
}

/// A link cannot count what TLS hides.
fn count(requests: f64) -> String {
    if requests > 0.0 { format!("{requests:.0}") } else { "–".to_owned() }
}

fn ratio(figure: f64, base: Option<f64>) -> String {
    match base {
        Some(base) if base > 0.0 => format!("{:.2}", figure / base),
        _ => "–".to_owned(),
    }
}

fn row(case: Case, subject: &Subject, program: &str, cells: &[String]) -> String {
    format!("| {} | {} | {program} | {} |\n", case.name(), subject.name, cells.join(" | "))
}

fn failed(columns: usize) -> Vec<String> {
    let mut cells = vec!["–".to_owned(); columns];
    "failed".clone_into(&mut cells[0]);
    cells
}

fn cells(medians: &Medians, subject: &Subject, bases: &Bases) -> Vec<String> {
    let counts = match medians.counts {
        Some([requests, connections, moved]) => {
            [count(requests), format!("{connections:.0}"), format!("{:.3}", moved / subject.size() as f64)]
        }
        None => ["–", "–", "–"].map(ToOwned::to_owned),
    };
    let [requests, connections, moved] = counts;
    vec![
        format!("{:.3}", medians.wall),
        format!("{:.3}", medians.cpu),
        format!("{:.0}", medians.memory / 1e6),
        requests,
        connections,
        moved,
        ratio(medians.wall, bases.floor.map(|(wall, _)| wall)),
        ratio(medians.cpu, bases.floor.map(|(_, cpu)| cpu)),
        ratio(medians.wall, bases.streams.map(|(wall, _)| wall)),
        ratio(medians.wall, bases.best_peer.map(|(wall, _)| wall)),
    ]
}
