//! `regcli history`

use async_trait::async_trait;
use clap::{ArgAction, Args};
use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Step, Subject};

use super::run::Run;
use crate::cli::flags;
use crate::context::Context;
use crate::ui::format::bar::bar;
use crate::ui::format::charset::Charset;
use crate::ui::format::safe::safe;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::{table, units};

/// The maximum width of a shown command.
const COMMAND_MAX: usize = 45;

/// The minimum width of a command on a terminal, when it is shortened to make room for bars.
const COMMAND_MIN: usize = 20;

/// The width of the longest bar.
const BAR: u32 = 10;

/// Show the history of an image
#[derive(Args, Debug)]
#[command(
    after_help = "An image that is not in the store is looked up at its registry. Only its manifest and its config\n\
    are read, no layers. SIZE is that of the compressed layer, as at the registry and in the store;\n\
    docker shows the unpacked size. On a terminal, bars compare the layers.\n\n\
    Fields for --format:\n  \
    .ID .CreatedSince .CreatedAt .CreatedBy .Size .Comment\n\n\
    Examples:\n  \
    regcli history ubuntu:22.04\n  \
    regcli history --no-trunc --format '{{.CreatedBy}}' 127.0.0.1:5000/team/app\n  \
    regcli history --remote --platform linux/arm64 ubuntu:22.04"
)]
pub(crate) struct History {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Show sizes and times for people; --human=false shows bytes and dates
    #[arg(
        short = 'H', long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1,
        require_equals = true, default_value_t = true, default_missing_value = "true",
        hide_default_value = true, hide_possible_values = true
    )]
    human: bool,

    /// Show IDs and commands in full
    #[arg(long)]
    no_trunc: bool,

    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Show IDs only
    #[arg(short, long)]
    quiet: bool,

    /// Read from the registry, even if it is in the store
    #[arg(long)]
    remote: bool,

    /// Name, digest, beginning of the ID, or a place such as oci:DIR[:TAG]
    #[arg(value_name = "IMAGE")]
    image: Subject,
}

#[async_trait(?Send)]
impl Run for History {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let printer = self.rows_format().compile::<StepRow>(match self.human {
            true => "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
            false => "{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
        })?;
        let subject =
            if self.remote { super::inspect::at_registry(&self.image)? } else { self.image.clone() };
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let image = ops::inspect(access, &subject, self.platform.as_ref()).await?;
        if let Some(told) = ops::told_layers(&image) {
            let actual = image.image.layers.len();
            context.ui.warn(&format!("layers in the history: {told}, in the image: {actual}"));
        }
        let steps = ops::history(&image);
        let mut style = Style { now: Timestamp::now(), human: self.human, command: self.limit(), bars: None };
        if let Some(columns) = context.ui.columns().filter(|_| self.is_own_table()) {
            style.make_room(&steps, columns);
        }
        let rows: Vec<_> = steps.iter().map(|step| StepRow { step, style: &style }).collect();
        context.ui.write(printer.show(&rows)?.as_bytes())
    }
}

impl History {
    /// Returns the template that `-q` stands for, unless another one is given.
    fn rows_format(&self) -> Format {
        match (&self.format, self.quiet) {
            (Format::Table, true) => Format::Template("{{.ID}}".to_owned()),
            (format, _) => format.clone(),
        }
    }

    /// Reports whether this is the default table, which may have bars.
    fn is_own_table(&self) -> bool {
        self.format == Format::Table && self.human && !self.quiet && !self.no_trunc
    }

    fn limit(&self) -> Option<usize> {
        (!self.no_trunc).then_some(COMMAND_MAX)
    }
}

/// The style of rows.
struct Style {
    now: Timestamp,
    human: bool,
    /// The width of commands. Without a limit, IDs are shown in full too.
    command: Option<usize>,
    bars: Option<Bars>,
}

#[derive(Clone, Copy)]
struct Bars {
    charset: Charset,
    /// The size of the largest layer, which has the longest bar.
    largest: u64,
}

impl Style {
    /// Adds bars if the terminal has room for them, with shorter commands if necessary.
    fn make_room(&mut self, steps: &[Step], columns: usize) {
        let largest = steps.iter().filter_map(|step| step.layer.size()).max().unwrap_or(0);
        let bars = Bars { charset: Charset::of_locale(), largest };
        let with_bars = Self { now: self.now, human: self.human, command: Some(0), bars: Some(bars) };
        let rows: Vec<_> = steps.iter().map(|step| StepRow { step, style: &with_bars }).collect();
        let others = table::width(rows.iter().map(|row| [row.id(), row.since(), row.size(), row.comment()]));
        // The gap of the column itself is the one behind it.
        let left = columns.saturating_sub(others + table::GAP);
        if left >= COMMAND_MIN {
            self.command = Some(left.min(COMMAND_MAX));
            self.bars = Some(bars);
        }
    }
}

/// A step as a row, with its fields for Docker's templates.
struct StepRow<'a> {
    step: &'a Step,
    style: &'a Style,
}

impl StepRow<'_> {
    fn id(&self) -> String {
        match &self.step.id {
            Some(id) if self.style.command.is_none() => id.to_string(),
            Some(id) => id.short().to_owned(),
            None => "<missing>".to_owned(),
        }
    }

    fn since(&self) -> String {
        match self.style.human {
            true => units::ago_or_unknown(&self.step.created, self.style.now),
            false => units::to_the_second(&self.step.created),
        }
    }

    fn command(&self) -> Cell {
        let command = self.step.created_by.replace('\t', " ");
        match self.style.command {
            Some(limit) => {
                Cell::with_json(table::ellipsis(&safe(&command), limit), table::ellipsis(&command, limit))
            }
            None => command.into(),
        }
    }

    fn plain_size(&self) -> String {
        match (self.step.layer.size(), self.style.human) {
            (None, _) => "N/A".to_owned(),
            (Some(size), true) => units::size(size),
            (Some(size), false) => size.to_string(),
        }
    }

    fn size(&self) -> String {
        let size = self.plain_size();
        let Some(bars) = self.style.bars else { return size };
        let bar = bar(self.step.layer.size().unwrap_or(0), bars.largest, BAR, bars.charset);
        format!("{size:<7}{bar}").trim_end().to_owned()
    }

    fn comment(&self) -> String {
        safe(&self.step.comment).into_owned()
    }
}

impl Row for StepRow<'_> {
    const TYPE: &'static str = "*image.historyContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Comment", "COMMENT"),
        ("CreatedAt", "CREATED AT"),
        ("CreatedBy", "CREATED BY"),
        ("CreatedSince", "CREATED"),
        ("ID", "IMAGE"),
        ("Size", "SIZE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.step.comment.as_str().into(),
            units::to_the_second(&self.step.created).into(),
            self.command(),
            self.since().into(),
            self.id().into(),
            Cell::with_json(self.size(), self.plain_size()),
        ]
    }
}
