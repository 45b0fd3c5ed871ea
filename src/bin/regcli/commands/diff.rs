//! `regcli diff`

mod show;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::diff::{
    Compared, DiffError, DiffFilesOptions, FilesDiff, Pair, PathFilter, SharedLayers, Strictness,
};
use regcli::ops::files::Selection;

use self::show::Shown;
use super::run::Run;
use crate::cli::flags::{self, TextOrJson};
use crate::cli::usage::{Usage, check_place};
use crate::context::Context;
use crate::ui::format::safe::safe;
use crate::ui::progress::{Direction, Verbosity, Work};
use crate::ui::report::{Reported, SOMETHING_TO_DO};

/// Show what differs between two images
#[derive(Args, Debug)]
#[command(after_help = "Manifests and configs are compared; layers are equal if their digests are. The\n\
    exit code is 10 if anything differs.\n\n\
    --files reads the layers that differ, each once, and lists what was added (+),\n\
    removed (-) or changed (~). The layers that both images begin with are read only\n\
    if one image has a path that the other does not touch, or if they may have links\n\
    in PATH; --quick does not do that, and marks such paths with a question mark.\n\
    With PATH, a directory, a file or a pattern, nothing else counts. Links in PATH\n\
    are followed within each image.\n\n\
    --packages reads the databases of dpkg, apk and rpm.\n\n\
    --semantic ignores times, the order of variables, and records of the build, and\n\
    with --files the digests of layers.\n\n\
    Examples:\n  \
    regcli diff ubuntu:22.04 ubuntu:24.04\n  \
    regcli diff --packages debian:12.1 debian:12.2\n  \
    regcli diff --files --semantic app:1 store:app:1 && echo reproduced\n  \
    regcli diff --files --ignore '*.pyc' app:1 oci:./layout:2 /usr")]
pub(crate) struct Diff {
    /// List the files that differ
    #[arg(long)]
    files: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    format: TextOrJson,

    /// Leave out paths, and what is below them; repeatable
    #[arg(long, value_name = "PATTERN", requires = "files")]
    ignore: Vec<OsString>,

    /// List the packages that differ
    #[arg(long, conflicts_with = "path")]
    packages: bool,

    /// Choose this platform of images with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Do not read layers that both images begin with
    #[arg(long, requires = "files")]
    quick: bool,

    /// Ignore times, orders and records of the build
    #[arg(long)]
    semantic: bool,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME:TAG], or docker-daemon:REF
    #[arg(value_name = "OLD")]
    old: Place,

    /// The image to compare it with
    #[arg(value_name = "NEW")]
    new: Place,

    /// What to compare: directories, files, or patterns
    #[arg(value_name = "PATH", requires = "files")]
    path: Vec<OsString>,
}

#[async_trait(?Send)]
impl Run for Diff {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        [&self.old, &self.new].into_iter().try_for_each(check_place)?;
        let filter = self.filter()?;
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let read = Pair::read(access, [&self.old, &self.new], self.platform.as_ref());
        let pair = match read.await? {
            Compared::Same(root) => return self.show_same(context, &root.digest.to_string()),
            Compared::Different(pair) => pair,
        };
        let mut shown = Shown::new(&context.ui, &pair, self.strictness());
        if self.packages {
            let work = self.work();
            let read = async |observer| {
                Ok(pair.packages(&context.files(&[&self.old, &self.new], None, observer)?).await?)
            };
            shown.packages = Some(context.ui.show(work, Verbosity::Passing, read).await?);
        }
        if self.files {
            let read = async |observer| {
                let options = DiffFilesOptions {
                    files: context.files(&[&self.old, &self.new], None, observer)?,
                    shared: if self.quick { SharedLayers::Skip } else { SharedLayers::Read },
                    strictness: self.strictness(),
                    filter: filter.clone(),
                };
                Ok(pair.files(&options).await?)
            };
            let files = context.ui.show(self.work(), Verbosity::Passing, read).await?;
            self.check_paths(&files, context).await?;
            shown.take_files(files);
        }
        if !self.path.is_empty() {
            shown.image = None;
        }
        let is_equal = match self.format {
            TextOrJson::Text => shown.text()?,
            TextOrJson::Json => shown.json()?,
        };
        if is_equal { Ok(()) } else { Err(Reported(SOMETHING_TO_DO).into()) }
    }
}

impl Diff {
    fn strictness(&self) -> Strictness {
        if self.semantic { Strictness::Semantic } else { Strictness::Exact }
    }

    fn work(&self) -> Work {
        Work { image: format!("{} and {}", self.old, self.new), direction: Direction::Read }
    }

    fn filter(&self) -> Result<PathFilter, Failure> {
        let parsed = |texts: &[OsString], word: &str| {
            let selections = texts.iter().map(|text| {
                let selection = Selection::parse(text.as_bytes());
                selection.ok_or_else(|| Usage::failure(format!("{word} is longer than 4096 bytes")))
            });
            selections.collect::<Result<Vec<_>, _>>()
        };
        let (only, ignore) = (parsed(&self.path, "PATH")?, parsed(&self.ignore, "--ignore")?);
        Ok(PathFilter { only, ignore, ..PathFilter::default() })
    }

    /// Finds paths that neither image has: a mistyped path would look like one that does not differ.
    async fn check_paths(&self, files: &FilesDiff, context: &Context) -> Result<(), Failure> {
        let missing = files.missing().await.map_err(DiffError::from)?;
        match missing.paths.into_iter().next() {
            Some(path) if missing.are_all_known => Err(DiffError::Nothing { path }.into()),
            Some(path) => {
                context.ui.note(&format!(
                    "{} is not in the layers that differ; the others were not read",
                    safe(&path)
                ));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn show_same(&self, context: &Context, digest: &str) -> Result<(), Failure> {
        match self.format {
            TextOrJson::Text => context.ui.line(&format!("No difference: both are {digest}")),
            TextOrJson::Json => context.ui.write(show::same(&self.old, &self.new, digest).as_bytes()),
        }
    }
}
