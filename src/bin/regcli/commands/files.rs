//! `regcli files`

mod form;
mod listed;
mod waste;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::str::FromStr;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::filesystem::{EntryPath, Listing};
use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::files::{FilesOptions, ImageFiles, Selection, Waste};

use self::form::{Form, Numbers, Order, Shape};
use super::run::Run;
use crate::cli::flags::{self, WholeArgs};
use crate::cli::usage::{Usage, check_place};
use crate::context::Context;
use crate::ui::format::{json, units};
use crate::ui::progress::{Direction, Verbosity, Work};
use crate::ui::report::Reported;

/// The exit code of an image below the demanded efficiency.
const BELOW: u8 = 10;

/// List the files of an image without pulling it
#[derive(Args, Debug)]
#[command(after_help = "PATH is a directory or a file, or a pattern with * (part of a name), ? (one\n\
    character) or ** (directories). A pattern without / matches names everywhere.\n\
    Links in PATH are followed within the image, and files are shown with the paths\n\
    that they lead to. Where /bin is a link, /bin shows the link, /bin/ its target.\n\n\
    From eStargz and zstd:chunked layers, only their tables of contents are read;\n\
    other layers are read once. Lists are kept, so that the next time is free.\n\
    Times are in UTC.\n\n\
    --waste compares all layers. The efficiency is dive's: for each path, the size\n\
    of its smallest file in any layer, or 0 if it is removed; the sum of these,\n\
    divided by the sum of all files in all layers. The exit code is 10 if it is\n\
    below --min-efficiency.\n\n\
    Examples:\n  \
    regcli files ubuntu:22.04 /etc\n  \
    regcli files -q ubuntu:22.04 '*.so.*'\n  \
    regcli files --tree --layers oci:./layout:1.0 /usr/local\n  \
    regcli files --waste --min-efficiency 0.95 127.0.0.1:5000/team/app")]
pub(crate) struct Files {
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Shape::List)]
    format: Shape,

    /// Show the number of the layer of each file, and the layers
    #[arg(long)]
    layers: bool,

    /// Fail below this efficiency, from 0 to 1
    #[arg(long, value_name = "SHARE", requires = "waste")]
    min_efficiency: Option<Share>,

    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Show paths only
    #[arg(short, long, conflicts_with_all = ["tree", "waste", "layers", "format"])]
    quiet: bool,

    /// Order of the files; size begins with the largest
    #[arg(long, value_name = "KEY", value_enum, default_value_t = Order::Name)]
    sort: Order,

    /// Show the directories as a tree
    #[arg(long, conflicts_with_all = ["sort", "format", "waste"])]
    tree: bool,

    /// Show what upper layers hide of lower ones
    #[arg(long, conflicts_with_all = ["sort", "layers", "path"])]
    waste: bool,

    #[command(flatten)]
    whole: WholeArgs,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME:TAG], or docker-daemon:REF
    #[arg(value_name = "IMAGE")]
    image: Place,

    /// What to list: a directory, a file, or a pattern
    #[arg(value_name = "PATH")]
    path: Option<OsString>,
}

/// A share, from 0 to 1.
#[derive(Clone, Copy, Debug)]
struct Share(f64);

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or("must be a number from 0 to 1, such as 0.95")
    }
}

#[async_trait(?Send)]
impl Run for Files {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        let selection = self.selection()?;
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let work = Work { image: self.image.to_string(), direction: Direction::Read };
        let read = async |observer| {
            let options = context.files(&[&self.image], self.platform.clone(), observer)?;
            let options = FilesOptions { tables: self.whole.tables(), ..options };
            let image = ImageFiles::open(access, &self.image, options).await?;
            let listings = image.listings().await?;
            let commands = if self.layers { image.commands().await? } else { Vec::new() };
            Ok((image, listings, commands))
        };
        let (image, listings, commands) = context.ui.show(work, Verbosity::Passing, read).await?;
        self.warn(context, &listings);
        if self.waste {
            return self.show_waste(context, &listings);
        }
        let listed = listed::Listed { ui: &context.ui, image: &image, listings: &listings, selection };
        if self.layers && self.format == Shape::List {
            context.ui.write(listed.legend(&commands).as_bytes())?;
        }
        if self.path.is_none() {
            return self.show(&listed).map(drop);
        }
        // Links are looked for where there is nothing else, because that reads the lists once more.
        if listed.selection.is_direct() && self.show(&listed)? > 0 {
            return Ok(());
        }
        let led = image.led(&listings, &listed.selection)?;
        let listed = listed::Listed { selection: led, ..listed };
        match self.show(&listed)? {
            0 => Err(image.nothing_at(&self.selection()?, &listed.selection, &listings)?.into()),
            _ => Ok(()),
        }
    }
}

impl Files {
    /// Shows the list, and returns how many files it has.
    fn show(&self, listed: &listed::Listed<'_>) -> Result<usize, Failure> {
        listed.show(self.form(), self.sort, self.layers_shown())
    }

    fn form(&self) -> Form {
        match self.format {
            Shape::Json => Form::Json,
            Shape::List if self.tree => Form::Tree,
            Shape::List if self.quiet => Form::Paths,
            Shape::List => Form::Lines,
        }
    }

    fn layers_shown(&self) -> Numbers {
        if self.layers { Numbers::Shown } else { Numbers::Hidden }
    }

    fn selection(&self) -> Result<Selection, Failure> {
        let Some(path) = &self.path else { return Ok(Selection::Below(EntryPath::root())) };
        let selection = Selection::parse(path.as_bytes());
        let selection = selection.ok_or_else(|| Usage::failure("PATH is longer than 4096 bytes"))?;
        if self.tree && matches!(selection, Selection::Matching(_)) {
            return Err(Usage::failure("--tree needs a directory, not a pattern"));
        }
        Ok(selection)
    }

    /// Warns of files that are not listed.
    fn warn(&self, context: &Context, listings: &[Listing]) {
        let hostile: u64 = listings.iter().map(Listing::hostile).sum();
        if hostile > 0 {
            let count = units::count(usize::try_from(hostile).unwrap_or(usize::MAX), "path");
            context
                .ui
                .warn(&format!("left out {count} of layers leading out of the image or through a link"));
        }
    }

    fn show_waste(&self, context: &Context, listings: &[Listing]) -> Result<(), Failure> {
        let found = Waste::of(listings)?;
        match self.format {
            Shape::List => context.ui.write(waste::table(&found).as_bytes())?,
            Shape::Json => context.ui.line(&json::indented(&waste::json(&found)))?,
        }
        match self.min_efficiency {
            Some(Share(least)) if found.efficiency() < least => {
                context.ui.note(&format!("the efficiency is below {least}"));
                Err(Reported(BELOW).into())
            }
            _ => Ok(()),
        }
    }
}
