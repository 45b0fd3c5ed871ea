//! Chooses the work for a view.

use futures_util::future::LocalBoxFuture;
use regcli::diagnose::Failure;

use super::courier::Courier;
use super::ended::Ended;
use super::worker::Worker;
use super::{deletion, files, image, registry};
use crate::browse::kind::Kind;
use crate::browse::message::{Job, News, ViewId};

impl<'a> Worker<'a> {
    /// Returns a future that does the work. Dropping it stops the work.
    pub(in crate::browse) fn run(&'a self, view: ViewId, job: Job) -> LocalBoxFuture<'a, ()> {
        let courier = Courier { view, sender: self.sender.clone() };
        Box::pin(async move {
            match job {
                Job::Load(kind) => {
                    let result = self.load(kind, &courier).await;
                    // Views that are complete without a word about it have said so themselves.
                    match result {
                        Ok(Ended::Already) => {}
                        Ok(Ended::Complete) => courier.end(Ok(None)),
                        Ok(Ended::Partly(missing)) => courier.end(Ok(Some(missing))),
                        Err(failure) => courier.end(Err(failure)),
                    }
                }
                Job::Search(registry, term) => {
                    let result = registry::search(self, &courier, registry::Term { registry, term }).await;
                    courier.end(result);
                }
                Job::Describe(name, tags) => {
                    registry::describe(self, &courier, registry::Bare { name, tags }).await;
                }
                Job::Untag(target) => courier.deleted(deletion::untag(self, *target).await),
                Job::Delete(target) => courier.deleted(deletion::delete(self, *target).await),
            }
        })
    }

    async fn load(&self, kind: Kind, courier: &Courier) -> Result<Ended, Failure> {
        match kind {
            Kind::Registries => registry::registries(self, courier).await,
            Kind::Store => registry::store(self, courier).await?,
            Kind::Repositories(registry) => return registry::repositories(self, courier, &registry).await,
            Kind::Search(registry) => {
                let term = registry::Term { registry, term: String::new() };
                return Ok(Ended::of(registry::search(self, courier, term).await?));
            }
            Kind::Tags(name) => registry::tags(self, courier, &name).await?,
            Kind::Image(subject) => image::image(self, courier, &subject).await?,
            Kind::Difference(subjects) => image::difference(self, courier, &subjects).await?,
            Kind::Deletion(reference, _) => deletion::look(self, courier, &reference).await?,
            Kind::Text(tree, node) => return Ok(Ended::of(files::text(courier, &tree, node).await?)),
            Kind::Files(subject, layer) => {
                files::files(self, courier, files::Wanted { subject, layer }).await?;
                return Ok(Ended::Already);
            }
            Kind::Folder(..) | Kind::Help => {}
        }
        Ok(Ended::Complete)
    }
}

impl Courier {
    fn deleted(&self, result: Result<String, Failure>) {
        match result {
            Ok(text) => self.bring(News::Deleted(text)),
            Err(failure) => self.end(Err(failure)),
        }
    }
}
