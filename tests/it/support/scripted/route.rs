//! What a request is about.

use super::message::Head;

/// The requests that a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// All of them.
    Any,
    /// `GET /v2/`
    Ping,
    /// A token service's.
    Token,
    Catalog,
    Tags,
    ManifestHead,
    Manifest,
    ManifestPut,
    ManifestDelete,
    BlobHead,
    Blob,
    BlobDelete,
    /// `POST`, to begin an upload.
    UploadBegin,
    /// The same with `mount=`.
    Mount,
    /// `PATCH`
    UploadPatch,
    /// `PUT`, with or without bytes.
    UploadPut,
    /// `GET`
    UploadStatus,
    /// `DELETE`
    UploadCancel,
    /// Anything else, such as `/v1/search`.
    Other,
}

/// Where a token service is.
pub(super) const TOKEN: &str = "/token";

impl Route {
    /// The route of a request; never [`Any`](Self::Any).
    pub(super) fn of(head: &Head) -> Self {
        let path = head.place();
        let method = head.method.as_str();
        if path == TOKEN {
            return Self::Token;
        }
        let Some(rest) = path.strip_prefix("/v2/") else { return Self::Other };
        match method {
            "GET" if rest.is_empty() => Self::Ping,
            "GET" if rest == "_catalog" => Self::Catalog,
            "GET" if rest.ends_with("/tags/list") => Self::Tags,
            _ if rest.contains("/blobs/uploads/") => Self::of_upload(head),
            _ if rest.contains("/manifests/") => Self::of_manifest(method),
            "HEAD" if rest.contains("/blobs/") => Self::BlobHead,
            "GET" if rest.contains("/blobs/") => Self::Blob,
            "DELETE" if rest.contains("/blobs/") => Self::BlobDelete,
            _ => Self::Other,
        }
    }

    fn of_manifest(method: &str) -> Self {
        match method {
            "HEAD" => Self::ManifestHead,
            "GET" => Self::Manifest,
            "PUT" => Self::ManifestPut,
            "DELETE" => Self::ManifestDelete,
            _ => Self::Other,
        }
    }

    fn of_upload(head: &Head) -> Self {
        match head.method.as_str() {
            "POST" if head.parameter("mount").is_some() => Self::Mount,
            "POST" => Self::UploadBegin,
            "PATCH" => Self::UploadPatch,
            "PUT" => Self::UploadPut,
            "GET" => Self::UploadStatus,
            "DELETE" => Self::UploadCancel,
            _ => Self::Other,
        }
    }

    /// Whether a request of the route `actual` is meant.
    pub(super) fn covers(self, actual: Self) -> bool {
        self == Self::Any || self == actual
    }
}

#[test]
fn a_request_has_a_route() {
    let route = |method: &str, path: &str| {
        Route::of(&Head { method: method.to_owned(), path: path.to_owned(), headers: Vec::new() })
    };
    assert_eq!(route("GET", "/v2/"), Route::Ping);
    assert_eq!(route("GET", "/v2/a/b/tags/list?n=1"), Route::Tags);
    assert_eq!(route("HEAD", "/v2/a/blobs/sha256:0"), Route::BlobHead);
    assert_eq!(route("POST", "/v2/a/blobs/uploads/?mount=sha256:0&from=b"), Route::Mount);
    assert_eq!(route("POST", "/v2/a/blobs/uploads/"), Route::UploadBegin);
    assert_eq!(route("PUT", "/v2/a/blobs/uploads/1?digest=x"), Route::UploadPut);
    assert_eq!(route("GET", "/v1/search"), Route::Other);
}
