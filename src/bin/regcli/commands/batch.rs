//! A command over several images.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use regcli::diagnose::Failure;
use regcli::ops::{self, Route};

use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::preview::{self, Planned, Previews};
use crate::ui::progress::images::Images;
use crate::ui::report::{self, Reported};
use crate::ui::streams::OutputError;
use crate::ui::turn::Turn;

/// The maximum number of images that the summary names.
const NAMED: usize = 10;

/// How a command moves images: `pull`, `push`, `copy`.
#[async_trait(?Send)]
pub(crate) trait Mover {
    /// What an argument names.
    type Image;

    /// The result for one image.
    type Moved;

    /// Returns how many images move concurrently.
    fn concurrent(&self) -> usize;

    /// Returns the images that an argument names: one, or all tags of a repository.
    async fn images(&self, named: &Self::Image) -> Result<Vec<Self::Image>, Failure>;

    /// Returns the name of an image, for errors.
    fn name(&self, image: &Self::Image) -> String;

    /// Returns the source and the destination of an image.
    fn route(&self, image: &Self::Image) -> Route;

    /// Prints what comes before the images of an argument.
    fn begin(&self, _ui: &Ui, _named: &Self::Image) -> Result<(), Failure> {
        Ok(())
    }

    /// Moves one image, and prints the result.
    async fn transfer(&self, ui: &Ui, image: Self::Image) -> Result<Self::Moved, Failure>;

    /// Prints what comes after the images of an argument, if all of them were moved.
    fn end(&self, _ui: &Ui, _named: &Self::Image, _moved: Vec<Self::Moved>) -> Result<(), Failure> {
        Ok(())
    }

    /// Finds out what a transfer of one image would move.
    async fn preview(&self, image: Self::Image) -> Result<Planned, Failure>;
}

/// Moves what each argument names, or with `previews` only shows what would be moved.
///
/// Several images move concurrently, and report in the order of the arguments.
pub(crate) async fn move_each<M: Mover>(
    context: &Context,
    mover: &M,
    arguments: &[M::Image],
    previews: Option<Previews>,
) -> Result<(), Failure> {
    let steps = steps(mover, arguments).await;
    let images = steps.iter().filter_map(|step| step.image.as_ref().ok()?.as_ref());
    context.budget.expect(images.map(|image| mover.route(image)));
    match previews {
        Some(previews) => show_each(context, mover, steps, previews).await,
        None => transfer_each(&context.ui, mover, steps).await,
    }
}

async fn show_each<M: Mover>(
    context: &Context,
    mover: &M,
    steps: Vec<Step<'_, M>>,
    mut previews: Previews,
) -> Result<(), Failure> {
    let ui = &context.ui;
    let mut batch = Batch::of(steps.len());
    for step in steps {
        let name = step.name(mover);
        let show = async {
            match step.image? {
                Some(image) => previews.show(ui, &mover.preview(image).await?),
                None => Ok(()),
            }
        };
        batch.take_of(Some(&name), show.await)?;
    }
    previews.end(ui)?;
    for (registry, limit) in context.budget.limits() {
        ui.note(&preview::pulls_left(&registry, &limit));
    }
    batch.end()
}

async fn transfer_each<M: Mover>(ui: &Ui, mover: &M, steps: Vec<Step<'_, M>>) -> Result<(), Failure> {
    // The turns of the images that move, in order. That of the first one has begun.
    let turns = RefCell::new(VecDeque::new());
    let mut batch = Batch::of(steps.len());
    let images = Arc::new(Images::of(steps.iter().filter(|step| matches!(step.image, Ok(Some(_)))).count()));
    let transfers = stream::iter(steps).map(|step| {
        let (turn, mut turns) = (Arc::new(Turn::among(&images)), turns.borrow_mut());
        let begun = if turns.is_empty() { ui.begin(&turn) } else { Ok(()) };
        turns.push_back(Arc::clone(&turn));
        let ui = ui.in_turn(turn);
        async move {
            begun?;
            Ok::<_, Failure>(step.run(&ui, mover).await)
        }
    });
    let mut transfers = pin!(transfers.buffered(mover.concurrent().max(1)));
    // What an argument has moved, unless one of its images has failed.
    let mut moved = Some(Vec::new());
    while let Some(done) = transfers.next().await {
        let Done { named, name, is_last, result } = done?;
        let result = match result {
            Ok(image) => {
                moved.as_mut().into_iter().zip(image).for_each(|(moved, image)| moved.push(image));
                Ok(())
            }
            Err(failure) => {
                moved = None;
                Err(failure)
            }
        };
        batch.take_of(Some(&name), result)?;
        if is_last && let Some(moved) = moved.replace(Vec::new()) {
            mover.end(ui, named, moved)?;
        }
        let next = {
            let mut turns = turns.borrow_mut();
            turns.pop_front();
            turns.front().cloned()
        };
        next.map_or(Ok(()), |turn| ui.begin(&turn))?;
    }
    batch.end()
}

/// An image of an argument.
struct Step<'a, M: Mover> {
    named: &'a M::Image,
    /// `None` if the argument names no image.
    image: Result<Option<M::Image>, Failure>,
    is_first: bool,
    is_last: bool,
}

/// The result of a [`Step`].
struct Done<'a, M: Mover> {
    named: &'a M::Image,
    name: String,
    is_last: bool,
    result: Result<Option<M::Moved>, Failure>,
}

/// Returns the images of all arguments, in their order.
async fn steps<'a, M: Mover>(mover: &M, arguments: &'a [M::Image]) -> Vec<Step<'a, M>> {
    let mut steps = Vec::new();
    for named in arguments {
        let images = match mover.images(named).await {
            Ok(images) if images.is_empty() => vec![Ok(None)],
            Ok(images) => images.into_iter().map(|image| Ok(Some(image))).collect(),
            Err(failure) => vec![Err(failure)],
        };
        let last = images.len() - 1;
        let step = |(place, image)| Step { named, image, is_first: place == 0, is_last: place == last };
        steps.extend(images.into_iter().enumerate().map(step));
    }
    steps
}

impl<'a, M: Mover> Step<'a, M> {
    /// Returns the name of the image, or that of the argument whose images are not known.
    fn name(&self, mover: &M) -> String {
        let image = self.image.as_ref().ok().and_then(Option::as_ref);
        mover.name(image.unwrap_or(self.named))
    }

    async fn run(self, ui: &Ui, mover: &M) -> Done<'a, M> {
        let name = self.name(mover);
        let Self { named, image, is_first, is_last } = self;
        let transfer = async {
            if is_first {
                mover.begin(ui, named)?;
            }
            match image? {
                Some(image) => mover.transfer(ui, image).await.map(Some),
                None => Ok(None),
            }
        };
        Done { named, name, is_last, result: transfer.await }
    }
}

/// Reports whether all images of a registry fail like this, so that the error is about none of them.
fn is_common(failure: &Failure) -> bool {
    matches!(failure.downcast_ref(), Some(ops::Error::PullLimit { .. }))
}

/// The results of a command over several images. Each failure is reported immediately, and the others
/// continue.
#[derive(Default)]
pub(crate) struct Batch {
    /// The number of images whose failures are summed up at the end.
    number: usize,
    failed: Vec<String>,
    succeeded: bool,
    codes: Vec<u8>,
    /// The registries that allow too few pulls, which fails all of their images alike.
    exhausted: Vec<String>,
}

impl Batch {
    /// Begins with the number of images. Where there are several, errors name theirs, and the last line says which
    /// ones have failed.
    pub(super) fn of(number: usize) -> Self {
        Self { number, ..Self::default() }
    }

    /// Records the result for one image.
    pub(crate) fn take(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        self.take_of(None, result)
    }

    /// Records the result for the image of this name.
    pub(super) fn take_of(&mut self, name: Option<&str>, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Ok(()) => self.succeeded = true,
            // Standard output is closed, so there is no point in continuing.
            Err(failure) if failure.downcast_ref::<OutputError>().is_some() => {
                return Err(failure);
            }
            Err(failure) => {
                let name = name.filter(|_| self.number > 1);
                match name {
                    _ if self.is_told(&failure) => {}
                    Some(name) if !is_common(&failure) => report::tell_about(name, &failure),
                    _ => report::tell(&failure),
                }
                self.failed.extend(name.map(ToOwned::to_owned));
                self.codes.push(report::code(failure.kind()));
            }
        }
        Ok(())
    }

    /// Returns the last line of a command over several images, if some have failed.
    fn summary(&self) -> Option<String> {
        let (failed, number) = (self.failed.len(), self.number);
        let names = self.failed.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = failed.checked_sub(NAMED).filter(|more| *more > 0);
        let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
        (failed > 0).then(|| format!("{failed} of {number} images failed: {names}{more}"))
    }

    /// Reports whether another image has failed for the same reason, which is that of all images of a registry.
    fn is_told(&mut self, failure: &Failure) -> bool {
        let Some(ops::Error::PullLimit { registry, .. }) = failure.downcast_ref() else { return false };
        if self.exhausted.contains(registry) {
            return true;
        }
        self.exhausted.push(registry.clone());
        false
    }

    /// Returns the overall result: the common exit code if all failed alike, 1 if only some failed.
    pub(crate) fn end(self) -> Result<(), Failure> {
        if let Some(summary) = self.summary() {
            report::write(&summary);
        }
        match self.codes.first() {
            None => Ok(()),
            Some(first) if !self.succeeded && self.codes.iter().all(|code| code == first) => {
                Err(Reported(*first).into())
            }
            Some(_) => Err(Reported(1).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Result<(), Failure> {
        Err(Reported(3).into())
    }

    #[test]
    fn the_last_line_names_the_images_that_have_failed() {
        let mut batch = Batch::of(20);
        batch.take_of(Some("a/b:1"), Ok(())).unwrap();
        assert_eq!(batch.summary(), None);
        batch.take_of(Some("a/b:2"), missing()).unwrap();
        assert_eq!(batch.summary().as_deref(), Some("1 of 20 images failed: a/b:2"));
        for number in 3..=13 {
            batch.take_of(Some(&format!("a/b:{number}")), missing()).unwrap();
        }
        let names = "a/b:2, a/b:3, a/b:4, a/b:5, a/b:6, a/b:7, a/b:8, a/b:9, a/b:10, a/b:11 and 2 more";
        assert_eq!(batch.summary(), Some(format!("12 of 20 images failed: {names}")));
    }

    #[test]
    fn a_single_image_needs_no_summary() {
        let mut batch = Batch::of(1);
        batch.take_of(Some("a/b:1"), missing()).unwrap();
        assert_eq!(batch.summary(), None);
    }
}
