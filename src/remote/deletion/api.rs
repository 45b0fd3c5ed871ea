//! `DELETE` by the registry's API, and what the answers of registries that cannot do it look like.

use reqwest::{Method, StatusCode};

use crate::digest::Digest;
use crate::http::{Request, Status, Target};
use crate::protocol::{ErrorCode, Scopes};
use crate::reference::{Name, RepositoryName, Selector};
use crate::remote::manifests::manifest_route;
use crate::remote::server::Server;
use crate::remote::{Error, NoDeletion, Software};

/// The answer to a deletion that was not refused for a reason of its own.
pub(super) enum Answer {
    /// It is deleted.
    Done,
    /// The registry cannot delete this, or is not allowed to by its configuration.
    Unsupported(Error),
}

/// Returns the scopes of a deletion. GitLab calls the right `*`.
pub(super) fn scopes(software: Software, repository: &RepositoryName) -> Scopes {
    match software {
        Software::GitLab => Scopes::all(repository),
        _ => Scopes::delete(repository),
    }
}

/// Returns the path of a manifest.
pub(super) fn manifest(repository: &RepositoryName, selector: &Selector) -> String {
    manifest_route(repository, selector)
}

/// Sends `DELETE` until it succeeds, is not supported, or fails for good.
pub(super) async fn delete(server: &Server, scopes: &Scopes, path: String) -> Result<Answer, Error> {
    let send = || async {
        let request = Request::new(Method::DELETE, Target::Path(path.clone()));
        match server.send(request, scopes).await?.success().await {
            Ok(_) => Ok(Answer::Done),
            // Not an error yet: a DIGEST_INVALID would otherwise be retried like damaged content.
            Err(error) if error.status().is_some_and(is_unsupported) => Ok(Answer::Unsupported(error.into())),
            Err(error) => Err(error.into()),
        }
    };
    server.retrying(send).await
}

/// Sends `DELETE` to an API that supports it.
pub(super) async fn must_delete(server: &Server, scopes: &Scopes, path: String) -> Result<(), Error> {
    match delete(server, scopes, path).await? {
        Answer::Done => Ok(()),
        Answer::Unsupported(error) => Err(error),
    }
}

/// Finds out whether a registry allows deletion: it is asked to delete a digest that cannot exist.
pub(super) async fn ask_whether_allowed(server: &Server, name: &Name) -> Result<(), Error> {
    let nothing: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
    let path = manifest(&name.repository, &Digest::sha256(&nothing).into());
    match delete(server, &Scopes::delete(&name.repository), path).await {
        Err(error) if error.is_not_found() => Ok(()),
        Ok(Answer::Unsupported(error)) if error.is_not_found() => Ok(()),
        Ok(Answer::Unsupported(error)) => Err(switched_off(name, error)),
        // Some registries delete what does not exist.
        Ok(Answer::Done) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Explains a registry that does not delete by its API.
pub(super) fn switched_off(name: &Name, error: Error) -> Error {
    let is_refused = error.status().is_some_and(|status| status.status == StatusCode::METHOD_NOT_ALLOWED);
    let Error::Request(source) = error else { return error };
    if !is_refused {
        return source.into();
    }
    NoDeletion::SwitchedOff { registry: name.registry.clone(), source: Box::new(source) }.into()
}

/// Reports whether a registry does not support a deletion: `registry:2` sends 400 and `DIGEST_INVALID` for a tag, and
/// 405 if deletion is switched off; Harbor sends 400 and `UNSUPPORTED`.
fn is_unsupported(status: &Status) -> bool {
    let is_code = |code| status.has_code(&code);
    match status.status {
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => true,
        StatusCode::BAD_REQUEST => {
            status.body.errors.is_empty()
                || is_code(ErrorCode::Unsupported)
                || is_code(ErrorCode::DigestInvalid)
                || is_code(ErrorCode::TagInvalid)
        }
        StatusCode::NOT_FOUND => status.body.errors.is_empty(),
        _ => false,
    }
}
