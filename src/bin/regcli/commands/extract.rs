//! `regcli extract`

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::extract::{Attributes, Existing, ExtractOptions, Extracted, Mode, extract};
use regcli::ops::files::{FilesOptions, ImageFiles, Selection};

use super::run::Run;
use crate::cli::flags::{self, WholeArgs};
use crate::cli::usage::{Usage, check_place};
use crate::context::Context;
use crate::ui::format::safe::safe;
use crate::ui::format::units;
use crate::ui::progress::{Direction, Verbosity, Work};

/// Write files of an image to a directory
#[derive(Args, Debug)]
#[command(after_help = "PATH is a directory with all that is in it, a file, or a pattern with * (part\n\
    of a name), ? (one character) or ** (directories). Files get their whole path\n\
    below DIR, as with tar: /etc/nginx becomes DIR/etc/nginx.\n\n\
    Nothing is written if a file exists; --force replaces files, each in one step.\n\
    Directories that exist stay unchanged. No link is followed below DIR. Devices\n\
    and pipes are left out. Files belong to you, and lose setuid and setgid,\n\
    unless root uses --preserve.\n\n\
    From eStargz and zstd:chunked layers, only the files are read, if they are a\n\
    small part of the layer. Of other layers, those with the files are read, each\n\
    once.\n\n\
    Examples:\n  \
    regcli extract nginx:1.27 /etc/nginx\n  \
    regcli extract -C rootfs --preserve alpine:3.20 /\n  \
    regcli extract --dry-run oci:./layout:1.0 '*.so.*' /etc/passwd")]
pub(crate) struct Extract {
    /// Write to this directory, which is created if it does not exist
    #[arg(short = 'C', long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// List what would be written, without writing it
    #[arg(long)]
    dry_run: bool,

    /// Replace files that exist
    #[arg(short, long)]
    force: bool,

    /// Fail if the files are larger together, such as 500M
    #[arg(long, value_name = "BYTES", value_parser = flags::bytes)]
    max_size: Option<NonZeroU64>,

    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Keep owners and all modes (only root)
    #[arg(short, long)]
    preserve: bool,

    #[command(flatten)]
    whole: WholeArgs,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME:TAG], or docker-daemon:REF
    #[arg(value_name = "IMAGE")]
    image: Place,

    /// What to extract: directories, files, or patterns
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,
}

#[async_trait(?Send)]
impl Run for Extract {
    fn only_looks(&self) -> bool {
        self.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        let selection = |path: &OsString| Selection::parse(path.as_bytes());
        let selections: Option<Vec<Selection>> = self.paths.iter().map(selection).collect();
        let selections = selections.ok_or_else(|| Usage::failure("PATH is longer than 4096 bytes"))?;
        let options = self.options();
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let work = Work { image: self.image.to_string(), direction: Direction::Read };
        let write = async |observer| {
            let read = context.files(&[&self.image], self.platform.clone(), observer)?;
            let read = FilesOptions { tables: self.whole.tables(), ..read };
            let image = ImageFiles::open(access, &self.image, read).await?.keeping_layers();
            Ok(extract(&image, &selections, &options).await?)
        };
        let extracted = context.ui.show(work, Verbosity::Passing, write).await?;
        self.report(context, &extracted)
    }
}

impl Extract {
    fn options(&self) -> ExtractOptions {
        ExtractOptions {
            folder: self.directory.clone(),
            existing: if self.force { Existing::Replace } else { Existing::Refuse },
            attributes: if self.preserve { Attributes::Preserve } else { Attributes::Own },
            size_max: self.max_size.map(NonZeroU64::get),
            mode: if self.dry_run { Mode::Check } else { Mode::Write },
        }
    }

    fn report(&self, context: &Context, extracted: &Extracted) -> Result<(), Failure> {
        warn_of_hostile(context, extracted.hostile);
        warn_of_dangling(context, extracted.dangling);
        warn_of_impossible(context, extracted.impossible);
        if extracted.special > 0 {
            context.ui.warn(&format!("left out {}", units::count(extracted.special, "special file")));
        }
        if self.dry_run {
            for path in &extracted.paths {
                context.ui.line(&safe(&path.to_string()))?;
            }
            return Ok(());
        }
        context.ui.line(&format!(
            "Extracted {}, {}, {} ({}) to {}",
            units::count(extracted.files, "file"),
            if extracted.directories == 1 {
                "1 directory".to_owned()
            } else {
                format!("{} directories", extracted.directories)
            },
            units::count(extracted.links, "symbolic link"),
            units::size(extracted.bytes),
            safe(&self.directory.display().to_string()),
        ))
    }
}

/// Warns of paths of layers that are left out.
pub(super) fn warn_of_hostile(context: &Context, hostile: u64) {
    if hostile > 0 {
        let count = units::count(usize::try_from(hostile).unwrap_or(usize::MAX), "path");
        context.ui.warn(&format!("left out {count} of layers leading out of the image or through a link"));
    }
}

/// Warns of symbolic links that are left out.
pub(super) fn warn_of_impossible(context: &Context, impossible: usize) {
    if impossible > 0 {
        let count = units::count(impossible, "symbolic link");
        context.ui.warn(&format!("left out {count} with an empty or invalid target"));
    }
}

/// Warns of hard links that are left out.
pub(super) fn warn_of_dangling(context: &Context, dangling: usize) {
    if dangling > 0 {
        let count = units::count(dangling, "hard link");
        context.ui.warn(&format!("left out {count} to files that the image does not have"));
    }
}
