//! What `sync` prints: rules, plans, and the row of each tag.

use regcli::diagnose::Failure;
use regcli::sync::{Action, LeftOut, Loss, Plan, Reason, Recipe, Row, RuleSummary};

use crate::ui::Ui;
use crate::ui::format::safe::safe;
use crate::ui::format::template::{self, Cell, Format};
use crate::ui::format::{table, units};

/// The columns of the table of a plan.
const TABLE: &str = "{{.Action}}\t{{.Bytes}}\t{{.Destination}}\t{{.Source}}";

/// Those on a terminal that is too narrow for all.
const NARROW_TABLE: &str = "{{.Action}}\t{{.Bytes}}\t{{.Destination}}";

/// Says what the files ask for and regcli does not do.
pub(super) fn losses(ui: &Ui, recipe: &Recipe) {
    for Loss { file, line, key, reason } in &recipe.losses {
        ui.warn(&format!("{file}:{line}: {key} has no effect: {}", why(*reason)));
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Schedule => "regcli runs once; use cron, a systemd timer or a CronJob",
        Reason::Hook => "regcli runs no other programs",
        Reason::Backup => "previous images are not kept under another name",
        Reason::Tuning => "regcli has its own limits: --jobs, --limit-rate, config.toml",
        Reason::Access => "configure it in config.toml or certs.d",
        Reason::Program => "it is a setting of the other program",
        Reason::ReferrerSelection => "referrers are copied all or not at all",
        _ => "regcli does not know it",
    }
}

/// Returns the result of `--check`.
pub(super) fn checked(recipe: &Recipe) -> String {
    format!("{}, no errors", units::count(recipe.rules.len(), "rule"))
}

/// Prints a plan.
pub(super) fn plan(ui: &Ui, plan: &Plan, format: Option<&Format>) -> Result<(), Failure> {
    let printer = format.cloned().unwrap_or_default().compile::<PlanRow>(TABLE)?;
    let is_table = printer.is_table();
    let shown: Vec<PlanRow> =
        plan.rows.iter().filter(|row| !is_table || row.is_work()).map(|row| PlanRow::of(plan, row)).collect();
    if is_table {
        for rule in plan.rules.iter() {
            ui.line(&safe(&summary(rule)))?;
        }
        if shown.is_empty() {
            return ui.line(&totals(plan));
        }
        ui.line("")?;
    }
    let text = printer.show(&shown)?;
    ui.write(fitting(ui, text, format, &shown)?.as_bytes())?;
    if is_table {
        ui.line(&format!("\n{}", totals(plan)))?;
    }
    Ok(())
}

/// Returns the table so that it fits the terminal: without the sources, and cut, if it is too wide.
fn fitting(
    ui: &Ui,
    text: String,
    format: Option<&Format>,
    rows: &[PlanRow],
) -> Result<String, template::Error> {
    let is_too_wide = |columns: &usize| text.lines().any(|line| table::ellipsis(line, *columns) != line);
    let Some(columns) = ui.columns().filter(is_too_wide).filter(|_| format.is_none()) else {
        return Ok(text);
    };
    let narrow = Format::default().compile::<PlanRow>(NARROW_TABLE)?.show(rows)?;
    Ok(narrow.lines().map(|line| table::ellipsis(line, columns) + "\n").collect())
}

/// Says how many tags a rule chose, and why not the others.
fn summary(rule: &RuleSummary) -> String {
    let RuleSummary { rule, repositories, tags, chosen, left_out } = rule;
    let of = match (repositories, tags) {
        (1, None) => String::new(),
        (1, Some(tags)) => format!("{}, ", units::count(*tags, "tag")),
        (_, None) => format!("{}, ", repositories_of(*repositories)),
        (_, Some(tags)) => format!("{}, {}, ", repositories_of(*repositories), units::count(*tags, "tag")),
    };
    let left: Vec<_> = left_out.iter().map(left_out_words).collect();
    let left = if left.is_empty() { String::new() } else { format!(" ({})", left.join("; ")) };
    format!("{rule}: {of}{chosen} chosen{left}")
}

fn repositories_of(number: usize) -> String {
    if number == 1 { "1 repository".to_owned() } else { format!("{number} repositories") }
}

fn left_out_words(LeftOut { reason, count, samples }: &LeftOut) -> String {
    let more = if *count > samples.len() { ", …" } else { "" };
    let why = match reason.as_str() {
        "not-matched" => "match no pattern",
        "not-a-version" => "are not versions",
        "out-of-range" => "are out of range",
        "excluded" => "are excluded",
        "not-newest" => "are not among the newest",
        other => other,
    };
    format!("{count} {why}: {}{more}", samples.join(", "))
}

/// Returns the last line of a plan.
fn totals(plan: &Plan) -> String {
    let counted = |action: Action, words: &str| {
        let count = plan.count(action);
        (count > 0).then(|| format!("{count} {words}"))
    };
    let work = [
        counted(Action::Create, "to create"),
        counted(Action::Update, "to update"),
        counted(Action::Delete, "to delete"),
        counted(Action::Unchanged, "unchanged"),
    ];
    let work = work.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !plan.has_work() {
        return format!("Nothing to do{}", if work.is_empty() { String::new() } else { format!(": {work}") });
    }
    let (bytes, unread) = (plan.bytes(), plan.unread());
    let bytes = (bytes > 0).then(|| format!("up to {} to copy", units::size(bytes)));
    let unread = (unread > 0).then(|| format!("{} to read", units::count(unread, "manifest")));
    let more: Vec<_> = bytes.into_iter().chain(unread).collect();
    if more.is_empty() { work } else { format!("{work}; {}", more.join(", ")) }
}

/// A row of a plan, with its fields for templates.
pub(super) struct PlanRow {
    cells: [Cell; 9],
}

impl PlanRow {
    pub(super) fn of(plan: &Plan, row: &Row) -> Self {
        let original = row.source.as_ref();
        let bytes = row.content.as_ref().map(|content| {
            content.iter().map(|blob| plan.blobs[*blob as usize].size).fold(0, u64::saturating_add)
        });
        let text = |value: Option<String>| value.unwrap_or_default();
        let bytes = match bytes.filter(|_| original.is_some() && row.is_work()) {
            Some(bytes) => Cell::with_number(units::size(bytes), Some(bytes)),
            None => Cell::with_number(if row.action == Action::Delete { "-" } else { "?" }, None),
        };
        let cells = [
            row.action.as_str().into(),
            text(original.map(|original| original.image.familiar())).into(),
            row.destination.familiar().into(),
            text(original.map(|original| original.digest.to_string())).into(),
            text(row.found.as_ref().map(ToString::to_string)).into(),
            bytes,
            "planned".into(),
            "".into(),
            "".into(),
        ];
        Self { cells }
    }

    /// Returns the row of something that could not be planned.
    pub(super) fn of_problem(name: &str, error: &str) -> Self {
        let mut cells: [Cell; 9] = std::array::from_fn(|_| "".into());
        cells[1] = name.into();
        Self { cells }.ended("failed", Some(error), 0.0)
    }

    /// Adds what became of the row.
    pub(super) fn ended(mut self, result: &str, error: Option<&str>, seconds: f64) -> Self {
        self.cells[6] = result.into();
        self.cells[7] = error.unwrap_or_default().into();
        self.cells[8] = format!("{seconds:.3}").into();
        self
    }

    /// Replaces the bytes of the plan by those that were moved.
    pub(super) fn moved(mut self, bytes: u64) -> Self {
        self.cells[5] = Cell::with_number(units::size(bytes), Some(bytes));
        self
    }
}

impl template::Row for PlanRow {
    const TYPE: &'static str = "*sync.rowContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Action", "ACTION"),
        ("Source", "SOURCE"),
        ("Destination", "DESTINATION"),
        ("Digest", "DIGEST"),
        ("Found", "FOUND"),
        ("Bytes", "SIZE"),
        ("Result", "RESULT"),
        ("Error", "ERROR"),
        ("Seconds", "SECONDS"),
    ];

    fn cells(&self) -> Vec<Cell> {
        self.cells.to_vec()
    }
}
