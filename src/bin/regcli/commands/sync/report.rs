//! The results of a sync: a line for each tag, a summary, and files for other programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use regcli::diagnose::{ErrorKind, Failure};
use regcli::ops::sync::{Applied, Change};
use regcli::sync::{Action, Plan, PlanProblem};

use super::plan_file::{self, replace};
use super::show::PlanRow;
use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::safe::safe;
use crate::ui::format::template::{Format, Printer};
use crate::ui::format::{table, units};
use crate::ui::report::on_one_line;

/// Files for other programs.
#[derive(Args, Clone, Debug)]
pub(super) struct ReportArgs {
    /// Write what failed to FILE, as a plan for --apply
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    failed: Option<PathBuf>,

    /// Write metrics to FILE, for node_exporter's textfile collector
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    metrics: Option<PathBuf>,
}

/// What became of the rows of a plan. Dropping it writes the files, so that they are written after a signal, too.
pub(super) struct Report {
    files: ReportArgs,
    plan: Plan,
    printer: Option<Printer<PlanRow>>,
    is_json: bool,
    began: Instant,
    ui: Ui,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    results: BTreeMap<usize, RowResult>,
    /// Whether the whole sync succeeded.
    is_success: bool,
    /// The pulls that registries still allow.
    pulls_left: Vec<(String, u64)>,
    /// Whether the files were written.
    is_written: bool,
}

/// What became of a row.
struct RowResult {
    outcome: Result<(Change, u64), (ErrorKind, String)>,
    seconds: f64,
}

impl ReportArgs {
    /// Begins the report of applying a plan.
    ///
    /// # Errors
    /// An error if the template of the format is invalid.
    pub(super) fn begin(&self, ui: &Ui, plan: &Plan, format: Option<&Format>) -> Result<Report, Failure> {
        for file in [&self.failed, &self.metrics].into_iter().flatten() {
            plan_file::check_folder(file)?;
        }
        let printer =
            format.map(|format| format.compile::<PlanRow>("{{.Result}}\t{{.Bytes}}\t{{.Destination}}"));
        Ok(Report {
            files: self.clone(),
            plan: plan.clone(),
            printer: printer.transpose()?,
            is_json: format == Some(&Format::Json),
            began: Instant::now(),
            ui: ui.clone(),
            state: Mutex::default(),
        })
    }
}

impl Report {
    /// Prints, as JSON, what is known without doing anything: tags that are equal, and what failed before.
    ///
    /// # Errors
    /// An error of standard output.
    pub(super) fn begin_lines(&self, ui: &Ui) -> Result<(), Failure> {
        let Some(printer) = self.printer.as_ref().filter(|_| self.is_json) else { return Ok(()) };
        for row in self.plan.rows.iter().filter(|row| !row.is_work()) {
            let shown = PlanRow::of(&self.plan, row).moved(0).ended("unchanged", None, 0.0);
            ui.write(printer.line(&shown)?.as_bytes())?;
        }
        for PlanProblem { name, error, .. } in &self.plan.problems {
            ui.write(printer.line(&PlanRow::of_problem(name, error))?.as_bytes())?;
        }
        Ok(())
    }

    /// Records what became of a row.
    pub(super) fn take(&self, row: usize, result: &Result<Applied, Failure>, after: Duration) {
        let outcome = match result {
            Ok(applied) => Ok((applied.change, applied.moved)),
            Err(failure) => Err((failure.kind(), on_one_line(failure))),
        };
        self.state().results.insert(row, RowResult { outcome, seconds: after.as_secs_f64() });
    }

    /// Returns the rows that have failed.
    pub(super) fn failed(&self) -> Vec<usize> {
        let state = self.state();
        state.results.iter().filter(|(_, result)| result.outcome.is_err()).map(|(row, _)| *row).collect()
    }

    /// Returns the line of a row in the requested format; `None` if none was requested.
    pub(super) fn line(&self, plan: &Plan, row: usize) -> Result<Option<String>, Failure> {
        let Some(printer) = &self.printer else { return Ok(None) };
        let state = self.state();
        let Some(result) = state.results.get(&row) else { return Ok(None) };
        let shown = PlanRow::of(plan, &plan.rows[row]);
        let shown = match &result.outcome {
            Ok((change, moved)) => shown.moved(*moved).ended(word(*change), None, result.seconds),
            Err((_, error)) => shown.ended("failed", Some(error), result.seconds),
        };
        Ok(Some(printer.line(&shown)?))
    }

    /// Records that all of the sync succeeded.
    pub(super) fn succeed(&self) {
        self.state().is_success = true;
    }

    /// Prints the summary and writes the files.
    ///
    /// # Errors
    /// An error if a file cannot be written.
    pub(super) fn end(&self, context: &Context) -> Result<(), Failure> {
        let summary = {
            let mut state = self.state();
            let limits = context.budget.limits().into_iter();
            state.pulls_left =
                limits.map(|(registry, limit)| (registry.to_string(), limit.remaining)).collect();
            state.is_written = true;
            self.summary(&state)
        };
        if !self.is_json {
            let table = self.table();
            context.ui.note(&if table.is_empty() { summary } else { format!("{table}{summary}") });
        }
        self.write_files()
    }

    fn write_files(&self) -> Result<(), Failure> {
        if let Some(file) = &self.files.failed {
            plan_file::write(file, &self.plan.with_rows(self.undone()))?;
        }
        if let Some(file) = &self.files.metrics {
            let metrics = self.metrics(&std::fs::read_to_string(file).unwrap_or_default());
            replace(file, metrics.as_bytes())
                .map_err(|source| regcli::ops::Error::File { path: file.clone(), source })?;
        }
        Ok(())
    }

    /// Returns the rows that failed or were not reached.
    fn undone(&self) -> Vec<regcli::sync::Row> {
        let state = self.state();
        let is_done = |row: &usize| state.results.get(row).is_some_and(|result| result.outcome.is_ok());
        let rows = self.plan.rows.iter().enumerate().filter(|(_, row)| row.is_work());
        rows.filter(|(index, _)| !is_done(index)).map(|(_, row)| row.clone()).collect()
    }

    fn summary(&self, state: &State) -> String {
        let counts = counts(&self.plan, state);
        let words: Vec<_> = counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let words = if words.is_empty() { "Nothing to do".to_owned() } else { words.join(", ") };
        let after = units::seconds(self.began.elapsed());
        format!("{words}; {} moved in {after}", units::size(moved(state)))
    }

    /// Returns a table with a line for each rule with which something was done; empty if there is one rule or none.
    fn table(&self) -> String {
        let (state, rules) = (self.state(), &self.plan.rules);
        let mut lines: BTreeMap<Option<usize>, RuleLine> = BTreeMap::new();
        for (index, row) in self.plan.rows.iter().enumerate() {
            let result = state.results.get(&index).map(|result| result.outcome.as_ref());
            lines.entry(row.rule).or_default().add(row.action, result.map(Result::ok));
        }
        lines.retain(|_, line| line.has_work());
        if rules.len() < 2 || lines.is_empty() {
            return String::new();
        }
        let name = |rule: Option<usize>| {
            let rule = rule.and_then(|index| rules.get(index)).map_or("(no rule)", |rule| rule.rule.as_str());
            safe(rule).into_owned()
        };
        let lines: Vec<_> =
            lines.into_iter().map(|(rule, line)| format!("{}\t{line}\n", name(rule))).collect();
        table::align(&format!("RULE\t{}\n{}", RuleLine::HEADER, lines.concat())) + "\n"
    }

    /// Returns the metrics in Prometheus' text format. A time of success is kept from the previous text if this run
    /// failed.
    fn metrics(&self, previous: &str) -> String {
        let state = self.state();
        let now = Timestamp::now().as_second();
        let mut text = String::new();
        let mut metric = |name: &str, help: &str, values: Vec<(String, String)>| {
            let _ = writeln!(text, "# HELP regcli_sync_{name} {help}\n# TYPE regcli_sync_{name} gauge");
            for (labels, value) in values {
                let _ = writeln!(text, "regcli_sync_{name}{labels} {value}");
            }
        };
        let one = |value: String| vec![(String::new(), value)];
        metric("last_run_timestamp_seconds", "When the last sync ended.", one(now.to_string()));
        let success = if state.is_success { Some(now.to_string()) } else { last_success(previous) };
        let success = success.map(one).unwrap_or_default();
        metric("last_success_timestamp_seconds", "When a sync last ended without an error.", success);
        let images = counts(&self.plan, &state).into_iter();
        let images = images.map(|(action, count)| (format!("{{action=\"{action}\"}}"), count.to_string()));
        metric("images", "Tags by what the last sync did.", images.collect());
        let errors = errors(&self.plan, &state).into_iter();
        let errors = errors.map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), count.to_string()));
        metric("errors", "Tags that failed in the last sync, by the kind of error.", errors.collect());
        metric("bytes", "Bytes of blobs that the last sync moved.", one(moved(&state).to_string()));
        let seconds = format!("{:.3}", self.began.elapsed().as_secs_f64());
        metric("duration_seconds", "How long the last sync took.", one(seconds));
        let left = state.pulls_left.iter();
        let left = left.map(|(registry, left)| (format!("{{registry=\"{registry}\"}}"), left.to_string()));
        metric("ratelimit_remaining", "How many pulls a registry still allows.", left.collect());
        text
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one call, so the state is consistent even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was done with one rule.
#[derive(Default)]
struct RuleLine {
    copied: usize,
    deleted: usize,
    unchanged: usize,
    failed: usize,
    moved: u64,
}

impl RuleLine {
    const HEADER: &str = "COPIED\tDELETED\tUNCHANGED\tFAILED\tMOVED";

    /// Adds a row, with its result if it was reached.
    fn add(&mut self, action: Action, result: Option<Option<&(Change, u64)>>) {
        match result {
            Some(Some((Change::Created | Change::Updated, moved))) => {
                self.copied += 1;
                self.moved = self.moved.saturating_add(*moved);
            }
            Some(Some((Change::Deleted, _))) => self.deleted += 1,
            Some(Some((Change::Nothing, _))) => self.unchanged += 1,
            None if action == Action::Unchanged => self.unchanged += 1,
            Some(None) | None => self.failed += 1,
        }
    }

    fn has_work(&self) -> bool {
        self.copied + self.deleted + self.failed > 0
    }
}

impl std::fmt::Display for RuleLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { copied, deleted, unchanged, failed, moved } = self;
        write!(f, "{copied}\t{deleted}\t{unchanged}\t{failed}\t{}", units::size(*moved))
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // After a signal: what was not reached is part of what failed. An error could not be reported any more.
        if !self.state().is_written {
            let _ = self.write_files();
            if !self.ui.draws() && !self.is_json {
                let summary = self.summary(&self.state());
                self.ui.note(&format!("Interrupted: {summary}; the same command continues"));
            }
        }
    }
}

/// Returns the number of rows for each result.
fn counts(plan: &Plan, state: &State) -> [(&'static str, usize); 5] {
    let of = |wanted: Change| {
        let is = |result: &&RowResult| matches!(&result.outcome, Ok((change, _)) if *change == wanted);
        state.results.values().filter(is).count()
    };
    let failed =
        state.results.values().filter(|result| result.outcome.is_err()).count() + plan.problems.len();
    [
        ("created", of(Change::Created)),
        ("updated", of(Change::Updated)),
        ("deleted", of(Change::Deleted)),
        ("unchanged", of(Change::Nothing) + plan.count(Action::Unchanged)),
        ("failed", failed),
    ]
}

fn moved(state: &State) -> u64 {
    let moved = state.results.values().filter_map(|result| Some(result.outcome.as_ref().ok()?.1));
    moved.fold(0, u64::saturating_add)
}

/// Returns the number of errors of each kind, including those that did not occur.
fn errors(plan: &Plan, state: &State) -> BTreeMap<&'static str, usize> {
    let kinds = [
        ErrorKind::Usage,
        ErrorKind::NotFound,
        ErrorKind::Denied,
        ErrorKind::Unreachable,
        ErrorKind::Corrupt,
        ErrorKind::RateLimited,
        ErrorKind::Other,
    ];
    let mut errors: BTreeMap<_, usize> = kinds.into_iter().map(|kind| (label(kind), 0)).collect();
    for (kind, _) in state.results.values().filter_map(|result| result.outcome.as_ref().err()) {
        *errors.entry(label(*kind)).or_default() += 1;
    }
    for problem in &plan.problems {
        // A plan may come from elsewhere and name any kind.
        let known = errors.keys().copied().find(|kind| *kind == problem.kind);
        *errors.entry(known.unwrap_or("other")).or_default() += 1;
    }
    errors
}

/// Returns the name of a kind of error for other programs.
pub(super) fn label(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "usage",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Denied => "denied",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::Other => "other",
    }
}

/// Returns the word for what was changed.
fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Deleted => "deleted",
        Change::Nothing => "unchanged",
    }
}

/// Returns the time of the last success in a text of metrics.
fn last_success(previous: &str) -> Option<String> {
    let line =
        previous.lines().find_map(|line| line.strip_prefix("regcli_sync_last_success_timestamp_seconds "))?;
    line.parse::<u64>().ok().map(|time| time.to_string())
}
