//! `regcli pin`

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::mentions::{Mention, Unusable};
use regcli::ops::{self, Current};
use regcli::reference::Reference;

use super::batch::Batch;
use super::mentioned::NamedFile;
use super::run::Run;
use crate::context::Context;
use crate::ui::format::units;
use crate::ui::report::{Reported, SOMETHING_TO_DO};

/// Write the digests of images into the files that name them
#[derive(Args, Debug)]
#[command(after_help = "Writes TAG@DIGEST for each image of a compose file, a Kubernetes manifest, Helm\n\
    values, a Dockerfile, or a list, and changes nothing else in the file. A\n\
    kustomization gets a key digest beside newTag. The digest is that of the tag at\n\
    its registry now. An image with a digest stays as it is, unless --update is given.\n\n\
    Left out, with a message: images that the file builds, templates, and names with\n\
    variables without a default. Tags are resolved by the registries themselves, not\n\
    by mirrors. The exit code is 10 if an image remains that cannot be pinned, because\n\
    its name comes from variables, a folded block, an alias or a merge key.\n\n\
    Owner, permissions and links stay. A file that cannot be replaced so is written\n\
    in place, and a copy of its old text, .regcli-XXXXXX, is beside it meanwhile. The\n\
    copy remains only if the old text cannot be put back after an error, or if the\n\
    program is killed.\n\n\
    Examples:\n  \
    regcli pin compose.yaml\n  \
    regcli pin --update k8s/*.yaml\n  \
    regcli pin --check Dockerfile compose.yaml")]
pub(crate) struct Pin {
    /// Change no file; exit code 10 if an image has no digest
    #[arg(long)]
    check: bool,

    /// Replace digests that are out of date as well
    #[arg(long)]
    update: bool,

    /// Files to change
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[async_trait(?Send)]
impl Run for Pin {
    fn only_looks(&self) -> bool {
        self.check
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let mut files = self.read(context)?;
        let mentions = files.iter().flat_map(|file| &file.document.mentions);
        let images: BTreeSet<Reference> = mentions.filter_map(|mention| self.wanted(mention)).collect();
        // Whether there is a digest at all, no registry has to say.
        let current = match self.check && !self.update {
            true => BTreeMap::new(),
            false => ops::current_images(&context.remote, &images, None).await,
        };
        let new = |mention: &Mention| -> Option<&Digest> {
            let Ok(Current { digest, .. }) = current.get(&self.wanted(mention)?)? else { return None };
            (mention.image.digest.as_ref() != Some(digest)).then_some(digest)
        };
        let mut batch = Batch::of(images.len());
        let mut is_any_left = false;
        for file in &mut files {
            let written = if self.check { Ok(false) } else { pin(context, file, new) };
            if !matches!(written, Ok(false)) {
                batch.take(written.map(drop))?;
            }
            is_any_left |= self.report(context, file, new)?;
        }
        for (image, result) in current {
            batch.take_of(Some(&image.familiar()), result.map(drop).map_err(Failure::from))?;
        }
        batch.end()?;
        if is_any_left { Err(Reported(SOMETHING_TO_DO).into()) } else { Ok(()) }
    }
}

impl Pin {
    /// Reads the files, each once.
    fn read(&self, context: &Context) -> Result<Vec<NamedFile>, Failure> {
        let mut seen = HashSet::new();
        // One file can have several names. Of a name without a file, reading says what is wrong.
        let mut is_new = |path: &&PathBuf| {
            path.metadata().map_or(true, |metadata| seen.insert((metadata.dev(), metadata.ino())))
        };
        self.files.iter().filter(|path| is_new(path)).map(|path| NamedFile::read(context, path)).collect()
    }

    /// Returns the image whose digest is to be written for a mention.
    fn wanted(&self, mention: &Mention) -> Option<Reference> {
        let is_wanted = mention.is_replaceable() && (self.update || !mention.is_pinned());
        mention.tagged().filter(|_| is_wanted)
    }

    /// Says where no digest can be written, and with `--check` all that would be changed. Returns whether there are
    /// any such images.
    fn report<'a>(
        &self,
        context: &Context,
        file: &NamedFile,
        new: impl Fn(&Mention) -> Option<&'a Digest>,
    ) -> Result<bool, Failure> {
        let mut is_any = file.document.skipped.iter().any(|skipped| skipped.why == Unusable::Alias);
        for mention in &file.document.mentions {
            let (place, image) = (file.place(mention.line), mention.image.familiar());
            if !mention.is_pinned() && !mention.is_replaceable() {
                let why = match mention.is_block() {
                    true => "it is a folded or literal block (> or |); write it in one line",
                    false => "its name comes from variables, or is not in the file as it is",
                };
                context.ui.note(&format!("{place}: {image} cannot be pinned here: {why}"));
                is_any = true;
            } else if self.check && !mention.is_pinned() {
                context.ui.line(&format!("{place}: {image} has no digest"))?;
                is_any = true;
            } else if self.check
                && let Some(digest) = new(mention)
            {
                context.ui.line(&format!("{place}: {image} is out of date: {}", digest.short()))?;
                is_any = true;
            }
        }
        Ok(is_any)
    }
}

/// Writes the new digests into a file. Returns whether there are any.
fn pin<'a>(
    context: &Context,
    file: &mut NamedFile,
    new: impl Fn(&Mention) -> Option<&'a Digest>,
) -> Result<bool, Failure> {
    let digests: Vec<_> = file.document.mentions.iter().map(&new).collect();
    let count = digests.iter().flatten().count();
    if count == 0 {
        return Ok(false);
    }
    file.replace(file.document.pinned(&new))?;
    for (mention, digest) in file.document.mentions.iter().zip(digests) {
        if let (Some(image), Some(digest)) = (mention.tagged(), digest) {
            let (place, image) = (file.place(mention.line), image.familiar());
            context.ui.line(&format!("{place}: {image} is {}", digest.short()))?;
        }
    }
    context.ui.note(&format!("{}: {} pinned", file.name(), units::count(count, "image")));
    Ok(true)
}
