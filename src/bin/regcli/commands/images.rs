//! `regcli images`

use async_trait::async_trait;
use clap::Args;
use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::ops::{self, ImageFilter, ListedImage};

use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::charset::Charset;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::tree::{self, Canvas};
use crate::ui::format::{docker_words, units};

/// List images
#[derive(Args, Debug)]
#[command(after_help = "Filters:\n  \
    reference=PATTERN   name or name:tag, with * and ?\n  \
    dangling=BOOL       images without a name\n  \
    label=KEY[=VALUE]   also label!=\n  \
    before=IMAGE, since=IMAGE, until=TIME\n\n\
    Fields for --format:\n  \
    .Repository .Tag .ID .Digest .CreatedSince .CreatedAt .Size\n\n\
    Examples:\n  \
    regcli images ubuntu\n  \
    regcli images --tree\n  \
    regcli images --filter 'reference=127.0.0.1:5000/*/*'\n  \
    regcli images --format '{{.Repository}}:{{.Tag}} {{.Size}}'")]
pub(crate) struct Images {
    /// Docker's flag; regcli has no hidden images
    #[arg(short, long)]
    all: bool,

    /// Show digests as well
    #[arg(long)]
    digests: bool,

    /// Show only images that match; repeatable
    #[arg(short, long, value_name = "NAME=VALUE")]
    filter: Vec<ImageFilter>,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Show IDs in full
    #[arg(long)]
    no_trunc: bool,

    /// Show IDs only
    #[arg(short, long)]
    quiet: bool,

    /// Show platforms, and which of them are in the store
    #[arg(long)]
    tree: bool,

    /// Show only images with this name; * and ? are wildcards
    #[arg(value_name = "REPOSITORY[:TAG]")]
    repository: Option<String>,
}

#[async_trait(?Send)]
impl Run for Images {
    async fn run(mut self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.tree {
            return self.draw(context);
        }
        let table = match (self.quiet, self.digests) {
            (true, _) => "",
            (false, false) => "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
            (false, true) => "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
        };
        let printer = self.rows_format().compile::<ImageRow>(table)?;
        let asked = self.repository.take();
        self.filter.extend(asked.clone().map(ImageFilter::Reference));
        let listed = ops::list_images(&context.store()?, &self.filter)?;
        if let (Some(asked), true) = (&asked, listed.is_empty())
            && IMAGE_COMMANDS.contains(&asked.as_str())
        {
            context.ui.verbatim(&docker_words::command_taken_for_an_image(asked));
        }
        for image in &listed {
            if let Some(problem) = &image.problem {
                context.ui.warn(&format!("{}: {problem}", image.image.descriptor.digest));
            }
        }
        let now = Timestamp::now();
        let rows: Vec<_> =
            listed.into_iter().map(|image| ImageRow { image, now, no_trunc: self.no_trunc }).collect();
        context.ui.write(printer.show(&rows)?.as_bytes())
    }
}

impl Images {
    fn draw(mut self, context: &Context) -> Result<(), Failure> {
        let flags = [
            ("--quiet", self.quiet),
            ("--no-trunc", self.no_trunc),
            ("--digests", self.digests),
            ("--format", self.format != Format::Table),
        ];
        if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
            return Err(Usage::failure(docker_words::not_with_tree(flag)));
        }
        self.filter.extend(self.repository.take().map(ImageFilter::Reference));
        let trees = ops::image_trees(&context.store()?, &self.filter)?;
        for tree in &trees {
            if let Some(problem) = &tree.problem {
                context.ui.warn(&format!("{}: {problem}", tree.id));
            }
        }
        let canvas = Canvas { width: context.ui.columns(), charset: Charset::of_locale() };
        context.ui.write(tree::draw(&trees, canvas).as_bytes())
    }

    /// Returns the template that `-q` or `--format raw` stands for.
    fn rows_format(&self) -> Format {
        let template = match (&self.format, self.quiet, self.digests) {
            (Format::Template(raw), true, _) if raw == "raw" => "image_id: {{.ID}}".to_owned(),
            (Format::Template(raw), false, digests) if raw == "raw" => {
                let digest = if digests { "digest: {{.Digest}}\n" } else { "" };
                format!(
                    "repository: {{{{.Repository}}}}\ntag: {{{{.Tag}}}}\n{digest}image_id: {{{{.ID}}}}\n\
                     created_at: {{{{.CreatedAt}}}}\nvirtual_size: {{{{.Size}}}}\n"
                )
            }
            (_, true, _) => "{{.ID}}".to_owned(),
            (format, false, _) => return format.clone(),
        };
        Format::Template(template)
    }
}

/// The subcommands of `image` that are easily written after `images`.
const IMAGE_COMMANDS: [&str; 11] =
    ["history", "import", "inspect", "list", "load", "ls", "pull", "push", "rm", "save", "tag"];

/// An image as a row, with its fields for Docker's templates.
struct ImageRow {
    image: ListedImage,
    now: Timestamp,
    no_trunc: bool,
}

impl Row for ImageRow {
    const TYPE: &'static str = "*formatter.imageContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Containers", "CONTAINERS"),
        ("CreatedAt", "CREATED AT"),
        ("CreatedSince", "CREATED"),
        ("Digest", "DIGEST"),
        ("ID", "IMAGE ID"),
        ("Repository", "REPOSITORY"),
        ("SharedSize", "SHARED SIZE"),
        ("Size", "SIZE"),
        ("Tag", "TAG"),
        ("UniqueSize", "UNIQUE SIZE"),
        ("VirtualSize", "SIZE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let ListedImage { image, id, created, size, .. } = &self.image;
        let reference = image.reference.as_ref();
        let none = || "<none>".to_owned();
        let id = if self.no_trunc { id.as_str() } else { id.short() };
        let size = units::size(*size);
        let not_known = || "N/A".to_owned();
        [
            not_known(),
            units::created_at(created),
            units::ago(created, self.now),
            image.descriptor.digest.to_string(),
            id.to_owned(),
            reference.map_or_else(none, |reference| reference.name.familiar()),
            not_known(),
            size.clone(),
            reference.and_then(|reference| reference.tag.as_ref()).map_or_else(none, ToString::to_string),
            not_known(),
            size,
        ]
        .map(Cell::from)
        .into()
    }
}
