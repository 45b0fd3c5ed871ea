//! `regcli pin`

use std::collections::BTreeSet;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::mentions::Mention;
use regcli::ops::{self, Current, Error};
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
    values, a Dockerfile, or a list, and changes nothing else in the file. The digest\n\
    is that of the tag at its registry now. An image with a digest stays as it is,\n\
    unless --update is given.\n\n\
    Left out, with a message: images that the file builds, templates, and names with\n\
    variables whose values are elsewhere.\n\n\
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
        let files: Vec<_> =
            self.files.iter().map(|path| NamedFile::read(context, path)).collect::<Result<_, _>>()?;
        let mentions = || files.iter().flat_map(|file| &file.document.mentions);
        if self.check && !self.update {
            return Self::report(context, &files, |mention| {
                mention.tagged().filter(|_| !mention.is_pinned() && mention.is_replaceable()).map(|_| None)
            });
        }
        let images: BTreeSet<Reference> = mentions().filter_map(|mention| self.wanted(mention)).collect();
        let current = ops::current_images(&context.remote, &images, None).await;
        let new = |mention: &Mention| -> Option<&Digest> {
            let Ok(Current { digest, .. }) = current.get(&self.wanted(mention)?)? else { return None };
            (mention.image.digest.as_ref() != Some(digest)).then_some(digest)
        };
        let mut batch = Batch::default();
        if self.check {
            let told = Self::report(context, &files, |mention| new(mention).map(Some));
            take_errors(current, &mut batch)?;
            batch.end()?;
            return told;
        }
        for file in &files {
            batch.take(pin(context, file, new))?;
        }
        take_errors(current, &mut batch)?;
        batch.end()
    }
}

impl Pin {
    /// Returns the image whose digest is to be written for a mention.
    fn wanted(&self, mention: &Mention) -> Option<Reference> {
        let is_wanted = mention.is_replaceable() && (self.update || !mention.is_pinned());
        mention.tagged().filter(|_| is_wanted)
    }

    /// Prints the images that would be changed: for those `what` returns something, and the digest if it is known.
    fn report<'a>(
        context: &Context,
        files: &[NamedFile],
        what: impl Fn(&Mention) -> Option<Option<&'a Digest>>,
    ) -> Result<(), Failure> {
        let mut is_any = false;
        for file in files {
            for mention in &file.document.mentions {
                let Some(digest) = what(mention) else { continue };
                is_any = true;
                let (place, image) = (file.place(mention.line), mention.image.familiar());
                context.ui.line(&match digest {
                    Some(digest) if mention.is_pinned() => {
                        format!("{place}: {image} is out of date: {}", digest.short())
                    }
                    _ => format!("{place}: {image} has no digest"),
                })?;
            }
        }
        if is_any { Err(Reported(SOMETHING_TO_DO).into()) } else { Ok(()) }
    }
}

/// Writes the new digests into a file.
fn pin<'a>(
    context: &Context,
    file: &NamedFile,
    new: impl Fn(&Mention) -> Option<&'a Digest>,
) -> Result<(), Failure> {
    let changed: Vec<_> = file.document.mentions.iter().filter(|mention| new(mention).is_some()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let text = file.document.pinned(&new);
    file.replace(&text)?;
    for mention in &changed {
        let digest = new(mention).map_or("", Digest::short);
        let image = mention.tagged().map(|image| image.familiar()).unwrap_or_default();
        context.ui.line(&format!("{}: {image} is {digest}", file.place(mention.line)))?;
    }
    context.ui.note(&format!("{}: {} pinned", file.path.display(), units::count(changed.len(), "image")));
    Ok(())
}

fn take_errors(
    current: impl IntoIterator<Item = (Reference, Result<Current, Error>)>,
    batch: &mut Batch,
) -> Result<(), Failure> {
    for (_, result) in current {
        if let Err(error) = result {
            batch.take(Err(error.into()))?;
        }
    }
    Ok(())
}
