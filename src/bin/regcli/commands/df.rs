//! `regcli df`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::store::{ImageUsage, Store, Sum, Usage};

use super::run::Run;
use crate::context::Context;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::units;
use crate::ui::report;

/// Show disk usage of the store
#[derive(Args, Debug)]
#[command(
    after_help = "Kept is what images need; shared is the part that several images need. Reclaimable is what\n\
    'regcli gc' removes. Interrupted pulls resume from partial blobs, which expire after seven days.\n\
    Unknown is what an image with a damaged or missing manifest may need: see 'regcli verify'.\n\n\
    Fields for --format: .Type .Count .Size .Bytes, with --verbose .Repository .Tag .ID .Size\n\
    .SharedSize .UniqueSize\n\n\
    Examples:\n  \
    regcli df\n  \
    regcli df -v\n  \
    regcli df --format json"
)]
pub(crate) struct Df {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Show each image, and how much of it other images share
    #[arg(short, long)]
    verbose: bool,
}

#[async_trait(?Send)]
impl Run for Df {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let store = context.store()?;
        let usage = store.usage()?;
        let shown = if self.verbose {
            let table = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}";
            let rows: Vec<ImageRow> =
                usage.images.iter().flat_map(|image| image_rows(&store, image)).collect();
            self.format.compile::<ImageRow>(table)?.show(&rows)?
        } else {
            let printer = self.format.compile::<SumRow>("{{.Type}}\t{{.Count}}\t{{.Size}}")?;
            printer.show(&sum_rows(&usage))?
        };
        if let Some(problem) = usage.problem {
            context.ui.warn(&report::on_one_line(&problem.into()));
        }
        context.ui.write(shown.as_bytes())
    }
}

fn sum_rows(usage: &Usage) -> Vec<SumRow> {
    let mut rows = vec![
        SumRow("Kept", usage.kept),
        SumRow("Shared", usage.shared),
        SumRow("Reclaimable", usage.reclaimable),
        SumRow("Partial", usage.partial),
    ];
    if usage.problem.is_some() {
        rows.push(SumRow("Unknown", usage.unknown));
    }
    rows
}

/// A kind of files as a row, with its fields for templates.
struct SumRow(&'static str, Sum);

impl Row for SumRow {
    const TYPE: &'static str = "*formatter.diskUsageContext";

    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("Type", "TYPE"), ("Count", "COUNT"), ("Size", "SIZE"), ("Bytes", "BYTES")];

    fn cells(&self) -> Vec<Cell> {
        let Self(kind, sum) = self;
        vec![
            Cell::from(*kind),
            sum.files.to_string().into(),
            units::size(sum.bytes).into(),
            sum.bytes.to_string().into(),
        ]
    }
}

/// A name of an image as a row, with its fields for templates.
struct ImageRow {
    repository: String,
    tag: String,
    id: String,
    bytes: u64,
    shared: u64,
}

/// Returns one row for each name of an image.
fn image_rows(store: &Store, usage: &ImageUsage) -> Vec<ImageRow> {
    let host = Platform::host_with_level();
    let none = || "<none>".to_owned();
    let row = |image: &regcli::store::Image| {
        let reference = image.reference.as_ref();
        ImageRow {
            repository: reference.map_or_else(none, |reference| reference.name.familiar()),
            tag: reference.and_then(|name| name.tag.as_ref()).map_or_else(none, ToString::to_string),
            id: store.details(image, &host).id.short().to_owned(),
            bytes: usage.bytes,
            shared: usage.shared,
        }
    };
    usage.images.iter().map(row).collect()
}

impl Row for ImageRow {
    const TYPE: &'static str = "*formatter.diskUsageImageContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Repository", "REPOSITORY"),
        ("Tag", "TAG"),
        ("ID", "IMAGE ID"),
        ("Size", "SIZE"),
        ("SharedSize", "SHARED SIZE"),
        ("UniqueSize", "UNIQUE SIZE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let unique = self.bytes.saturating_sub(self.shared);
        let sizes = [self.bytes, self.shared, unique].map(units::size);
        let words = [self.repository.clone(), self.tag.clone(), self.id.clone()];
        words.into_iter().chain(sizes).map(Cell::from).collect()
    }
}
