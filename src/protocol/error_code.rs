//! The codes that registries use for errors.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The kind of an error, as the specification and registry:2 name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The blob is not in this repository.
    BlobUnknown,
    /// The upload cannot continue as requested.
    BlobUploadInvalid,
    /// The upload session does not exist.
    BlobUploadUnknown,
    /// The digest is malformed, or does not match the content.
    DigestInvalid,
    /// The manifest refers to a blob or manifest that is not in this repository.
    ManifestBlobUnknown,
    /// The manifest cannot be read.
    ManifestInvalid,
    /// The manifest is not in this repository.
    ManifestUnknown,
    /// The manifest's signature is wrong; schema 1 only.
    ManifestUnverified,
    /// The name of the repository is invalid.
    NameInvalid,
    /// The repository does not exist.
    NameUnknown,
    /// The requested number of results is invalid.
    PaginationNumberInvalid,
    /// The received bytes are not the next ones.
    RangeInvalid,
    /// The content is longer or shorter than announced.
    SizeInvalid,
    /// The tag is invalid.
    TagInvalid,
    /// Credentials are missing or wrong.
    Unauthorized,
    /// The rights are not sufficient.
    Denied,
    /// The registry does not support the operation.
    Unsupported,
    /// Too many requests in too short a time.
    TooManyRequests,
    /// The registry is temporarily unavailable.
    Unavailable,
    /// Another error.
    Unknown,
    /// A registry's own code, unchanged.
    Other(String),
}

/// Each code with its text, its HTTP status and its message in registry:2's words.
const CODES: [(ErrorCode, &str, u16, &str); 20] = {
    use ErrorCode as Code;
    [
        (Code::BlobUnknown, "BLOB_UNKNOWN", 404, "blob unknown to registry"),
        (Code::BlobUploadInvalid, "BLOB_UPLOAD_INVALID", 404, "blob upload invalid"),
        (Code::BlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN", 404, "blob upload unknown to registry"),
        (Code::DigestInvalid, "DIGEST_INVALID", 400, "provided digest did not match uploaded content"),
        (Code::ManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN", 400, "blob unknown to registry"),
        (Code::ManifestInvalid, "MANIFEST_INVALID", 400, "manifest invalid"),
        (Code::ManifestUnknown, "MANIFEST_UNKNOWN", 404, "manifest unknown"),
        (Code::ManifestUnverified, "MANIFEST_UNVERIFIED", 400, "manifest failed signature verification"),
        (Code::NameInvalid, "NAME_INVALID", 400, "invalid repository name"),
        (Code::NameUnknown, "NAME_UNKNOWN", 404, "repository name not known to registry"),
        (
            Code::PaginationNumberInvalid,
            "PAGINATION_NUMBER_INVALID",
            400,
            "invalid number of results requested",
        ),
        (Code::RangeInvalid, "RANGE_INVALID", 416, "invalid content range"),
        (Code::SizeInvalid, "SIZE_INVALID", 400, "provided length did not match content length"),
        (Code::TagInvalid, "TAG_INVALID", 400, "manifest tag did not match URI"),
        (Code::Unauthorized, "UNAUTHORIZED", 401, "authentication required"),
        (Code::Denied, "DENIED", 403, "requested access to the resource is denied"),
        (Code::Unsupported, "UNSUPPORTED", 405, "The operation is unsupported."),
        (Code::TooManyRequests, "TOOMANYREQUESTS", 429, "too many requests"),
        (Code::Unavailable, "UNAVAILABLE", 503, "service unavailable"),
        (Code::Unknown, "UNKNOWN", 500, "unknown error"),
    ]
};

impl ErrorCode {
    /// Returns the code as written in a response, `MANIFEST_UNKNOWN`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            _ => self.row().1,
        }
    }

    /// Returns the HTTP status of the code; 500 for a registry's own code.
    pub fn status(&self) -> u16 {
        self.row().2
    }

    /// Returns registry:2's message for the code; `unknown error` for a registry's own code.
    pub fn message(&self) -> &'static str {
        self.row().3
    }

    /// Returns the code for an HTTP status, for a response without a code.
    pub fn for_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Denied,
            429 => Self::TooManyRequests,
            503 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    fn row(&self) -> &'static (Self, &'static str, u16, &'static str) {
        const UNKNOWN: &(ErrorCode, &str, u16, &str) = &CODES[CODES.len() - 1];
        CODES.iter().find(|row| row.0 == *self).unwrap_or(UNKNOWN)
    }
}

impl FromStr for ErrorCode {
    type Err = Infallible;

    /// Accepts any text. The case of letters is corrected.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = CODES.iter().find(|row| row.1.eq_ignore_ascii_case(text));
        Ok(known.map_or_else(|| Self::Other(text.to_owned()), |row| row.0.clone()))
    }
}

/// Displayed as Docker does: in lower case, with spaces for underscores.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().to_lowercase().replace('_', " "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_as_it_is_written() {
        for (code, text, status, message) in &CODES {
            assert_eq!(text.parse::<ErrorCode>().unwrap(), *code);
            assert_eq!((code.as_str(), code.status(), code.message()), (*text, *status, *message));
        }
        let harbor: ErrorCode = "PROJECTPOLICYVIOLATION".parse().unwrap();
        assert_eq!((harbor.as_str(), harbor.status()), ("PROJECTPOLICYVIOLATION", 500));
    }

    #[test]
    fn codes_are_shown_in_docker_s_way() {
        assert_eq!(ErrorCode::ManifestUnknown.to_string(), "manifest unknown");
        assert_eq!(ErrorCode::TooManyRequests.to_string(), "toomanyrequests");
    }
}
