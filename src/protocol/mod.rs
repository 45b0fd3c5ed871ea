//! The wire protocol between a registry and its clients, without any I/O.
//!
//! Client ([`crate::remote`]) and server ([`crate::serve`]) use the same types, so that they cannot drift
//! apart. The words are those of the [OCI distribution
//! specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md) 1.1 and, where it is
//! silent, those of Docker's registry:2.

mod byte_range;
mod challenge;
mod error_body;
mod error_code;
mod excerpt;
mod link;
pub mod listing;
mod query;
mod rate_limit;
mod route;
mod scope;
pub mod search;
mod software;
mod storage_error;
mod warning;

pub use byte_range::{ByteRange, ContentRange, RangeError};
pub use challenge::Challenge;
pub use error_body::{ErrorBody, ErrorItem};
pub use error_code::ErrorCode;
pub use link::{UnreadableLink, next_link};
pub use query::Query;
pub(crate) use query::percent_decode;
pub use rate_limit::{Allowance, PullLimit, RateLimit, retry_after};
pub use route::{Route, RouteError, Session};
pub use scope::{Action, Scopes};
pub use software::{Signs, Software};
pub use storage_error::storage_words;
pub use warning::warning_texts;

/// The header in which a registry names the protocol it speaks.
pub const API_VERSION_HEADER: &str = "docker-distribution-api-version";

/// The only value of [`API_VERSION_HEADER`].
pub const API_VERSION: &str = "registry/2.0";

/// The header with the digest of the content that is sent or was stored.
pub const CONTENT_DIGEST_HEADER: &str = "docker-content-digest";

/// The header that names an upload session.
pub const UPLOAD_UUID_HEADER: &str = "docker-upload-uuid";

/// The header by which a registry confirms that it has listed a manifest among its subject's referrers.
pub const SUBJECT_HEADER: &str = "oci-subject";

/// The header that names the filters a registry has applied to a list of referrers.
pub const FILTERS_APPLIED_HEADER: &str = "oci-filters-applied";
