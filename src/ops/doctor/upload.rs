//! The check of uploads: an upload is started, and cancelled before any byte is sent.

use reqwest::header::{HeaderName, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::content::Sample;
use super::report::{Advice, Check, Finding, Reason, Status, Subject, Upload};
use super::visit::Visit;
use crate::auth::Session;
use crate::diagnose::ErrorKind;
use crate::http::{Request, Response, Target};
use crate::protocol::{Route, Scopes};
use crate::reference::RepositoryName;
use crate::remote::Error;

/// The minimum size of a chunk, except for the last one (distribution specification 1.1, "Pushing a blob in
/// chunks").
const CHUNK_MIN: HeaderName = HeaderName::from_static("oci-chunk-min-length");

impl Visit<'_> {
    /// Starts an upload in the repository that was named for it.
    ///
    /// Mounting is tried with a blob that the repository has already, so that it changes nothing.
    pub(super) async fn upload(&mut self, session: &Session, sample: Option<Sample>) {
        let Some(repository) = self.options.write.clone() else {
            return self.note(Check::skip(Subject::Upload, Reason::NotAllowed));
        };
        let own = sample.filter(|sample| sample.repository == repository);
        let check = match self.time.within(begin(session, &repository, own.as_ref())).await {
            None => Check::new(
                Subject::Upload,
                Status::Fail(ErrorKind::Unreachable),
                Finding::Silent(super::time::STEP_LIMIT),
            )
            .advise(Advice::AskAdministrator),
            Some(Err(error)) => Check::error(Subject::Upload, &error),
            Some(Ok(upload)) => {
                let forgotten = upload.forgotten;
                let check = Check::ok(Subject::Upload, Finding::Upload(upload));
                if forgotten { check } else { check.but(Advice::AskAdministrator) }
            }
        };
        self.note(check);
    }
}

async fn begin(
    session: &Session,
    repository: &RepositoryName,
    own: Option<&Sample>,
) -> Result<Upload, Error> {
    let scopes = Scopes::push(repository);
    let uploads = Route::Uploads { name: repository.clone() }.to_string();
    let post = |path: String| Request::new(Method::POST, Target::Path(path));
    let answer = session.send(post(uploads.clone()), &scopes).await?.success().await?;
    let chunk_min = answer.header(&CHUNK_MIN).and_then(|length| length.trim().parse().ok());
    let mut forgotten = forget(session, &scopes, &answer).await;
    let mut mounts = None;
    if let Some(sample) = own {
        let path = format!("{uploads}?mount={}&from={repository}", sample.blob.digest);
        let answer = session.send(post(path), &scopes).await?;
        mounts = Some(answer.status() == StatusCode::CREATED);
        if answer.status() == StatusCode::ACCEPTED {
            forgotten &= forget(session, &scopes, &answer).await;
        }
    }
    Ok(Upload { repository: repository.to_string(), chunk_min, mounts, forgotten })
}

/// Cancels the upload that this response has started. Reports whether the registry confirms that the upload
/// is gone.
async fn forget(session: &Session, scopes: &Scopes, answer: &Response) -> bool {
    let Some(location) = location(answer) else { return false };
    let request = Request::new(Method::DELETE, Target::Url(location));
    let ended = session.send(request, scopes).await;
    ended.is_ok_and(|ended| ended.status().is_success() || ended.status() == StatusCode::NOT_FOUND)
}

fn location(answer: &Response) -> Option<Url> {
    let location = answer.url().join(answer.header(&LOCATION)?).ok()?;
    matches!(location.scheme(), "http" | "https").then_some(location)
}
