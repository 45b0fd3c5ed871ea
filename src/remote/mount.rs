//! Blobs that come out of another repository of the same registry, without moving.

use reqwest::StatusCode;

use super::uploads::Reluctant;
use super::{Error, Repository, session};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::image::Descriptor;
use crate::protocol::{Route, Scopes};
use crate::reference::Name;

/// How many other repositories are asked for a mount before the bytes are sent.
const MOUNTS_MAX: usize = 2;

/// What came of the question for a mount.
enum Answer {
    Mounted,
    /// The registry has begun an upload instead, which is kept for the bytes.
    Begun,
    Refused,
}

impl Repository {
    /// Asks for a mount from one of `locations`, the likeliest first.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the blob mounted, or an upload begun that the registry sweeps.
    pub(super) async fn mount_from_any(
        &self,
        blob: &Descriptor,
        locations: &[Name],
    ) -> Result<Option<Name>, Error> {
        // Who has an upload to go on with has asked before it was begun, and would lose its place.
        if self.shared().sessions().get(&blob.digest).is_some() {
            return Ok(None);
        }
        for from in self.neighbours(locations).into_iter().take(MOUNTS_MAX) {
            let answer = self.mount_from(blob, from).await?;
            record(self.shared().reluctant(), from, &answer);
            match answer {
                Answer::Mounted => return Ok(Some(from.clone())),
                // Another question would begin another upload, and nobody would end this one.
                Answer::Begun => return Ok(None),
                Answer::Refused => {}
            }
        }
        Ok(None)
    }

    /// Asks for a mount from one other repository, and tells whether that was done.
    pub(super) async fn is_mounted_from(&self, blob: &Descriptor, from: &Name) -> Result<bool, Error> {
        Ok(matches!(self.mount_from(blob, from).await?, Answer::Mounted))
    }

    /// Those of `locations` that are other repositories of the same registry, the likeliest to have a blob first.
    pub(super) fn neighbours<'a>(&self, locations: &'a [Name]) -> Vec<&'a Name> {
        let is_neighbour = |name: &&Name| name.registry == self.name().registry && *name != self.name();
        let mut neighbours: Vec<_> = locations.iter().filter(is_neighbour).collect();
        let reluctant = self.shared().reluctant().names();
        neighbours.sort_by_key(|name| reluctant.contains(*name));
        neighbours
    }

    /// Asks the registry to make `blob` visible here out of `from`.
    ///
    /// Any answer but 201 means that the bytes have to be sent; the upload that a 202 begins is kept for that.
    async fn mount_from(&self, blob: &Descriptor, from: &Name) -> Result<Answer, Error> {
        let scopes = self.push_scopes().and(Scopes::pull(&from.repository));
        let uploads = Route::Uploads { name: self.name().repository.clone() };
        let path = format!("{uploads}?mount={}&from={}", blob.digest, from.repository);
        let response = match self.post(blob, path, scopes).await {
            Ok(response) => response,
            // A token service may refuse the scope of the other repository: no mount then.
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

/// Records whether `from` has given a blob.
fn record(reluctant: &Reluctant, from: &Name, answer: &Answer) {
    match answer {
        Answer::Mounted => reluctant.names().remove(from),
        Answer::Begun | Answer::Refused => reluctant.names().insert(from.clone()),
    };
}

fn is_refusal(error: &crate::auth::Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound)
}
