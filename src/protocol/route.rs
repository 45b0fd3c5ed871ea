//! The endpoints of the registry API and their paths.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::ErrorCode;
use super::query::percent_decode;
use crate::digest::{self, Digest};
use crate::reference::{self, RepositoryName, Selector, Tag};

/// Maximum length of a session that is accepted, in bytes.
const SESSION_MAX: usize = 128;

/// An endpoint of the registry API. Displayed as its path, `/v2/team/app/manifests/1`.
///
/// Parameters of the query ([`Query`](super::Query)) and the method are separate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// The base. It shows whether the server is a registry and whether it requires credentials.
    Base,
    /// The names of all repositories.
    Catalog,
    /// The tags of a repository.
    Tags {
        /// The repository.
        name: RepositoryName,
    },
    /// A manifest or index.
    Manifest {
        /// The repository.
        name: RepositoryName,
        /// Its tag or digest.
        selector: Selector,
    },
    /// A blob.
    Blob {
        /// The repository.
        name: RepositoryName,
        /// The digest of the blob.
        digest: Digest,
    },
    /// The start of uploads and of mounts.
    Uploads {
        /// The repository.
        name: RepositoryName,
    },
    /// An upload in progress. A client follows `Location`, which need not look like this.
    Upload {
        /// The repository.
        name: RepositoryName,
        /// The upload session.
        session: Session,
    },
    /// The manifests whose subject is a given one.
    Referrers {
        /// The repository.
        name: RepositoryName,
        /// The subject.
        digest: Digest,
    },
}

/// The name of an upload session. A registry may choose it freely, as long as it cannot be mistaken for a
/// path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Session(Arc<str>);

impl Session {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Session {
    type Err = RouteError;

    /// Accepts the characters that registry:2's routes accept: letters, digits, `-`, `_`, `.` and `=`.
    fn from_str(text: &str) -> Result<Self, RouteError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=');
        let usable = (1..=SESSION_MAX).contains(&text.len()) && text.bytes().all(fits);
        if usable && text.bytes().any(|byte| byte != b'.') {
            Ok(Self(text.into()))
        } else {
            Err(RouteError::Session)
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a path is not an endpoint of the registry API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// No endpoint has such a path.
    #[error("unknown path in the registry API")]
    Unknown,
    /// The part before `/manifests/`, `/blobs/` and so on is not the name of a repository.
    #[error("not a valid repository name")]
    Name(#[source] reference::Error),
    /// The last part should be a digest.
    #[error("not a digest")]
    Digest(#[source] digest::Error),
    /// The last part should be a tag or a digest.
    #[error("not a tag")]
    Tag(#[source] reference::Error),
    /// The last part should be an upload session.
    #[error("not an upload session")]
    Session,
}

impl RouteError {
    /// Returns the error code a registry sends for it. `None` means that the path is outside the API.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Unknown => None,
            Self::Name(_) => Some(ErrorCode::NameInvalid),
            Self::Digest(_) => Some(ErrorCode::DigestInvalid),
            Self::Tag(_) => Some(ErrorCode::TagInvalid),
            Self::Session => Some(ErrorCode::BlobUploadInvalid),
        }
    }
}

impl Route {
    /// Parses the path of a URL, which may be percent-encoded.
    ///
    /// Names contain slashes and may contain words like `blobs`, so the end of the path decides.
    ///
    /// # Errors
    /// [`RouteError`], which says which part is wrong.
    pub fn parse(path: &str) -> Result<Self, RouteError> {
        let path = percent_decode(path).ok_or(RouteError::Unknown)?;
        let rest = match path.strip_prefix("/v2") {
            Some("" | "/") => return Ok(Self::Base),
            Some("/_catalog") => return Ok(Self::Catalog),
            Some(rest) => rest.strip_prefix('/').ok_or(RouteError::Unknown)?,
            None => return Err(RouteError::Unknown),
        };
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Ok(Self::Tags { name: parse_name(name)? });
        }
        if let Some(name) =
            rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads"))
        {
            return Ok(Self::Uploads { name: parse_name(name)? });
        }
        let (place, last) = rest.rsplit_once('/').ok_or(RouteError::Unknown)?;
        Self::parse_item(place, last)
    }

    /// Parses an endpoint whose last part is a value: `place` is `team/app/manifests`, `last` is `1`.
    fn parse_item(place: &str, last: &str) -> Result<Self, RouteError> {
        if let Some(name) = place.strip_suffix("/manifests") {
            let name = parse_name(name)?;
            return Ok(Self::Manifest { name, selector: parse_selector(last)? });
        }
        if let Some(name) = place.strip_suffix("/blobs/uploads") {
            let name = parse_name(name)?;
            return Ok(Self::Upload { name, session: last.parse()? });
        }
        if let Some(name) = place.strip_suffix("/blobs") {
            let name = parse_name(name)?;
            return Ok(Self::Blob { name, digest: last.parse().map_err(RouteError::Digest)? });
        }
        if let Some(name) = place.strip_suffix("/referrers") {
            let name = parse_name(name)?;
            return Ok(Self::Referrers { name, digest: last.parse().map_err(RouteError::Digest)? });
        }
        Err(RouteError::Unknown)
    }

    /// Returns the path of the endpoint's URL.
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// Returns the repository of the endpoint, if it has one.
    pub fn name(&self) -> Option<&RepositoryName> {
        match self {
            Self::Base | Self::Catalog => None,
            Self::Tags { name }
            | Self::Manifest { name, .. }
            | Self::Blob { name, .. }
            | Self::Uploads { name }
            | Self::Upload { name, .. }
            | Self::Referrers { name, .. } => Some(name),
        }
    }
}

fn parse_name(text: &str) -> Result<RepositoryName, RouteError> {
    text.parse().map_err(RouteError::Name)
}

fn parse_selector(text: &str) -> Result<Selector, RouteError> {
    if text.contains(':') {
        return Ok(text.parse::<Digest>().map_err(RouteError::Digest)?.into());
    }
    Ok(text.parse::<Tag>().map_err(RouteError::Tag)?.into())
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("/v2/"),
            Self::Catalog => f.write_str("/v2/_catalog"),
            Self::Tags { name } => write!(f, "/v2/{name}/tags/list"),
            Self::Manifest { name, selector } => write!(f, "/v2/{name}/manifests/{selector}"),
            Self::Blob { name, digest } => write!(f, "/v2/{name}/blobs/{digest}"),
            Self::Uploads { name } => write!(f, "/v2/{name}/blobs/uploads/"),
            Self::Upload { name, session } => write!(f, "/v2/{name}/blobs/uploads/{session}"),
            Self::Referrers { name, digest } => write!(f, "/v2/{name}/referrers/{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn names() -> impl Strategy<Value = RepositoryName> {
        let word = prop_oneof![
            Just("blobs".to_owned()),
            Just("uploads".to_owned()),
            Just("manifests".to_owned()),
            Just("tags".to_owned()),
            Just("list".to_owned()),
            Just("referrers".to_owned()),
            "[a-z0-9]{1,5}([._]|__|-{1,3})[a-z0-9]{1,5}",
            "[a-z0-9]{1,8}",
        ];
        proptest::collection::vec(word, 1..6).prop_map(|words| words.join("/").parse().unwrap())
    }

    fn routes() -> impl Strategy<Value = Route> {
        let digest = any::<u64>().prop_map(|seed| Digest::sha256(&seed.to_le_bytes()));
        let tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}".prop_map(|text| Selector::Tag(text.parse().unwrap()));
        let selector = prop_oneof![tag, digest.clone().prop_map(Selector::Digest)];
        let session = "[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,40}".prop_map(|text| text.parse().unwrap());
        prop_oneof![
            Just(Route::Base),
            Just(Route::Catalog),
            names().prop_map(|name| Route::Tags { name }),
            (names(), selector).prop_map(|(name, selector)| Route::Manifest { name, selector }),
            (names(), digest.clone()).prop_map(|(name, digest)| Route::Blob { name, digest }),
            names().prop_map(|name| Route::Uploads { name }),
            (names(), session).prop_map(|(name, session)| Route::Upload { name, session }),
            (names(), digest).prop_map(|(name, digest)| Route::Referrers { name, digest }),
        ]
    }

    proptest! {
        #[test]
        fn every_route_is_found_by_its_path(route in routes()) {
            prop_assert_eq!(Route::parse(&route.path()), Ok(route.clone()));
            let encoded = route.path().replace(':', "%3A").replace('-', "%2d");
            prop_assert_eq!(Route::parse(&encoded), Ok(route));
        }

        #[test]
        fn no_path_makes_it_panic(path in "(/v2)?[/a-zA-Z0-9%:._-]{0,60}|\\PC{0,40}") {
            if let Ok(route) = Route::parse(&path) {
                prop_assert_eq!(Route::parse(&route.path()), Ok(route));
            }
        }
    }

    #[test]
    fn a_wrong_part_is_told_from_an_unknown_path() {
        let code = |path: &str| Route::parse(path).unwrap_err().code();
        for path in
            ["", "/", "/v1/", "/v2x", "/v2/a", "/v2/a/b", "/v2/%", "/v2/%ff/tags/list", "/v2/a/tags/list/"]
        {
            assert_eq!(code(path), None, "{path}");
        }
        for name in
            ["A", "a//b", "..", "a/../b", "-a", "_catalog", "", "a/", "/a", "a\\b", "é", "a b", "a%00b"]
        {
            assert_eq!(code(&format!("/v2/{name}/tags/list")), Some(ErrorCode::NameInvalid), "{name}");
        }
        for digest in
            ["x", "sha256:", "sha256:..", "md5:22222222222222222222222222222222", "../../etc/passwd"]
        {
            let path = format!("/v2/a/blobs/{}", digest.replace('/', "%2F"));
            assert!(Route::parse(&path).is_err(), "{path}");
        }
        assert_eq!(code("/v2/a/blobs/sha256:22"), Some(ErrorCode::DigestInvalid));
        assert_eq!(code("/v2/a/manifests/sha256:22"), Some(ErrorCode::DigestInvalid));
        assert_eq!(code("/v2/a/referrers/latest"), Some(ErrorCode::DigestInvalid));
        assert_eq!(code("/v2/a/manifests/-x"), Some(ErrorCode::TagInvalid));
        assert_eq!(code("/v2/a/manifests/"), Some(ErrorCode::TagInvalid));
        for session in ["..", ".", "a b", "a%00", &"a".repeat(129)] {
            assert_eq!(code(&format!("/v2/a/blobs/uploads/{session}")), Some(ErrorCode::BlobUploadInvalid));
        }
    }

    #[test]
    fn the_end_of_a_path_decides() {
        let uploads = Route::parse("/v2/a/blobs/uploads/").unwrap();
        assert_eq!(uploads, Route::Uploads { name: "a".parse().unwrap() });
        assert_eq!(Route::parse("/v2/a/blobs/uploads"), Ok(uploads));
        let blob = Route::parse(&format!("/v2/a/blobs/uploads/blobs/{DIGEST}")).unwrap();
        assert_eq!(blob.name().unwrap().as_str(), "a/blobs/uploads");
        assert_eq!(Route::parse("/v2"), Ok(Route::Base));
    }
}
