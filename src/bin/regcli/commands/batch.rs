//! A command over several images.

use async_trait::async_trait;
use regcli::diagnose::Failure;

use crate::ui::Ui;
use crate::ui::format::preview::{Planned, Previews};
use crate::ui::report::{self, Reported};
use crate::ui::streams::OutputError;

/// How a command moves images: `pull`, `push`, `copy`.
#[async_trait(?Send)]
pub(crate) trait Mover {
    /// What an argument names.
    type Image;

    /// Returns the images that an argument names: one, or all tags of a repository.
    async fn images(&self, named: &Self::Image) -> Result<Vec<Self::Image>, Failure>;

    /// Moves the images that an argument names, and prints the result.
    async fn transfer(&self, named: &Self::Image) -> Result<(), Failure>;

    /// Finds out what a transfer of one image would move.
    async fn preview(&self, image: Self::Image) -> Result<Planned, Failure>;
}

/// Moves what each argument names, or with `previews` only shows what would be moved.
pub(crate) async fn move_each<M: Mover>(
    ui: &Ui,
    mover: &M,
    arguments: &[M::Image],
    mut previews: Option<Previews>,
) -> Result<(), Failure> {
    let mut batch = Batch::default();
    for named in arguments {
        batch.take(match &mut previews {
            None => mover.transfer(named).await,
            Some(previews) => show(ui, mover, named, previews).await,
        })?;
    }
    batch.end()
}

async fn show<M: Mover>(
    ui: &Ui,
    mover: &M,
    named: &M::Image,
    previews: &mut Previews,
) -> Result<(), Failure> {
    for image in mover.images(named).await? {
        previews.show(ui, &mover.preview(image).await?)?;
    }
    Ok(())
}

/// The results of a command over several images. Each failure is reported immediately, and the others
/// continue.
#[derive(Default)]
pub(crate) struct Batch {
    succeeded: bool,
    codes: Vec<u8>,
}

impl Batch {
    /// Records the result for one image.
    pub(crate) fn take(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Ok(()) => self.succeeded = true,
            // Standard output is closed, so there is no point in continuing.
            Err(failure) if failure.downcast_ref::<OutputError>().is_some() => {
                return Err(failure);
            }
            Err(failure) => {
                report::tell(&failure);
                self.codes.push(report::code(failure.kind()));
            }
        }
        Ok(())
    }

    /// Returns the overall result: the common exit code if all failed alike, 1 if only some failed.
    pub(crate) fn end(self) -> Result<(), Failure> {
        match self.codes.first() {
            None => Ok(()),
            Some(first) if !self.succeeded && self.codes.iter().all(|code| code == first) => {
                Err(Reported(*first).into())
            }
            Some(_) => Err(Reported(1).into()),
        }
    }
}
