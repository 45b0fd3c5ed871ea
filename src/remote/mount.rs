//! Mounts blobs from another repository of the same registry, without transferring them.

use reqwest::StatusCode;

use super::uploads::Reluctant;
use super::{Error, Repository, session};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::image::Descriptor;
use crate::protocol::{Route, Scopes};
use crate::reference::Name;

/// How many other repositories are tried for a mount before the bytes are sent.
const MOUNTS_MAX: usize = 2;

/// The response to a mount request.
enum Answer {
    Mounted,
    /// The registry has started an upload instead, which is kept for the bytes.
    Begun,
    Refused,
}

impl Repository {
    /// Tries to mount the blob from one of `locations`, the most likely one first.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the blob mounted, or an upload that the registry removes later.
    pub(super) async fn mount_from_any(
        &self,
        blob: &Descriptor,
        locations: &[Name],
    ) -> Result<Option<Name>, Error> {
        // An open upload means that a mount was tried before. Another request would replace the upload.
        if self.shared().sessions().get(&blob.digest).is_some() {
            return Ok(None);
        }
        for from in self.neighbours(locations).into_iter().take(MOUNTS_MAX) {
            let answer = self.mount_from(blob, from).await?;
            record(self.shared().reluctant(), from, &answer);
            match answer {
                Answer::Mounted => return Ok(Some(from.clone())),
                // Another request would start another upload, and this one would never be finished.
                Answer::Begun => return Ok(None),
                Answer::Refused => {}
            }
        }
        Ok(None)
    }

    /// Tries to mount the blob from one other repository, and reports whether that succeeded.
    pub(super) async fn is_mounted_from(&self, blob: &Descriptor, from: &Name) -> Result<bool, Error> {
        Ok(matches!(self.mount_from(blob, from).await?, Answer::Mounted))
    }

    /// Returns the `locations` that are other repositories of the same registry, the most likely one first.
    pub(super) fn neighbours<'a>(&self, locations: &'a [Name]) -> Vec<&'a Name> {
        let is_neighbour = |name: &&Name| name.registry == self.name().registry && *name != self.name();
        let mut neighbours: Vec<_> = locations.iter().filter(is_neighbour).collect();
        let reluctant = self.shared().reluctant().names();
        neighbours.sort_by_key(|name| reluctant.contains(*name));
        neighbours
    }

    /// Asks the registry to mount `blob` here from `from`.
    ///
    /// Any status but 201 means that the bytes have to be sent; the upload that a 202 starts is kept for
    /// that.
    async fn mount_from(&self, blob: &Descriptor, from: &Name) -> Result<Answer, Error> {
        let scopes = self.push_scopes().and(Scopes::pull(&from.repository));
        let uploads = Route::Uploads { name: self.name().repository.clone() };
        let path = format!("{uploads}?mount={}&from={}", blob.digest, from.repository);
        let response = match self.post(blob, path, scopes).await {
            Ok(response) => response,
            // A token service may refuse the scope of the other repository, which means that there is no
            // mount.
            Err(Error::Request(error)) if is_refusal(&error) => return Ok(Answer::Refused),
            Err(error) => return Err(error),
        };
        Ok(match response.status() {
            StatusCode::CREATED => {
                self.shared().learn(&blob.digest);
                Answer::Mounted
            }
            StatusCode::ACCEPTED if session::location(&response).is_some() => Answer::Begun,
            _ => Answer::Refused,
        })
    }
}

/// Records whether `from` has provided a blob.
fn record(reluctant: &Reluctant, from: &Name, answer: &Answer) {
    match answer {
        Answer::Mounted => reluctant.names().remove(from),
        Answer::Begun | Answer::Refused => reluctant.names().insert(from.clone()),
    };
}

fn is_refusal(error: &crate::auth::Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound)
}
