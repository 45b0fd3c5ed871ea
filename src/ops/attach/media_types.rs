//! A file to attach as it is typed, `FILE` or `FILE:MEDIATYPE`, and the media type that its name suggests.

use std::path::{Path, PathBuf};

use crate::image::MediaType;
use crate::ops::Error;

/// The top-level types that IANA has registered. Only they make the end of `FILE:MEDIATYPE` a media type, because
/// names of files may contain colons.
const TOP_LEVEL: [&str; 10] =
    ["application", "audio", "example", "font", "image", "message", "model", "multipart", "text", "video"];

/// Ends of file names with their media types. The longer ones come first.
const ENDINGS: [(&str, &str); 22] = [
    (".spdx.json", "application/spdx+json"),
    (".spdx", "text/spdx"),
    (".cdx.json", "application/vnd.cyclonedx+json"),
    (".cdx.xml", "application/vnd.cyclonedx+xml"),
    (".syft.json", "application/vnd.syft+json"),
    (".intoto.jsonl", "application/vnd.in-toto+json"),
    (".sigstore.json", "application/vnd.dev.sigstore.bundle.v0.3+json"),
    (".openvex.json", "application/vnd.openvex+json"),
    (".sarif.json", "application/sarif+json"),
    (".sarif", "application/sarif+json"),
    (".json", "application/json"),
    (".yaml", "application/yaml"),
    (".yml", "application/yaml"),
    (".xml", "application/xml"),
    (".html", "text/html"),
    (".md", "text/markdown"),
    (".txt", "text/plain"),
    (".pdf", "application/pdf"),
    (".tar", "application/x-tar"),
    (".tar.gz", "application/gzip"),
    (".tgz", "application/gzip"),
    (".zip", "application/zip"),
];

/// A file to attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedFile {
    /// The file.
    pub path: PathBuf,
    /// Its media type.
    pub media_type: MediaType,
}

impl AttachedFile {
    /// Reads `FILE` or `FILE:MEDIATYPE`. Without a media type, the name of the file suggests one.
    pub fn as_typed(text: &str) -> Self {
        let (path, media_type) = match text.rsplit_once(':') {
            Some((path, end)) if !path.is_empty() && is_known_type(end) => (path, Some(end)),
            _ => (text, None),
        };
        let media_type = match media_type {
            Some(media_type) => MediaType::from(media_type.to_owned()),
            None => suggested(path),
        };
        Self { path: path.into(), media_type }
    }

    /// Returns the name of the file without its directories.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the path does not end in a name.
    pub(super) fn title(&self) -> Result<String, Error> {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.ok_or_else(|| Error::Invalid(format!("{} is not the name of a file", self.path.display())))
    }
}

/// Reports whether a text has the form of a media type, `type/subtype` (RFC 6838, section 4.2).
pub fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        let mut bytes = part.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && part.len() <= 127
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/').is_some_and(|(top, sub)| is_part(top) && is_part(sub))
}

fn is_known_type(text: &str) -> bool {
    is_media_type(text) && text.split_once('/').is_some_and(|(top, _)| TOP_LEVEL.contains(&top))
}

fn suggested(path: &str) -> MediaType {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let found = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
    found.map_or(MediaType::OCTET_STREAM, |(_, media_type)| MediaType::from((*media_type).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_typed_with_or_without_its_media_type() {
        for (text, path, media_type) in [
            ("sbom.json", "sbom.json", "application/json"),
            ("dir/app.SPDX.json", "dir/app.SPDX.json", "application/spdx+json"),
            ("scan:text/plain", "scan", "text/plain"),
            ("C:/scan.txt", "C:/scan.txt", "text/plain"),
            ("a:b/c", "a:b/c", "application/octet-stream"),
            (":text/plain", ":text/plain", "application/octet-stream"),
            ("x.json:application/vnd.Example+json", "x.json", "application/vnd.example+json"),
        ] {
            let file = AttachedFile::as_typed(text);
            assert_eq!((file.path.to_str(), file.media_type.as_str()), (Some(path), media_type), "{text}");
        }
    }

    #[test]
    fn a_media_type_has_two_parts_of_few_characters() {
        for good in ["application/spdx+json", "a/b", "application/vnd.dev.sigstore.bundle.v0.3+json"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "sbom", "a/", "/b", "a/b/c", "a b/c", "a/b;c=d", "a/\u{1b}[2J"] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }

    #[test]
    fn paths_without_a_name_are_refused() {
        for path in ["..", "/", "dir/.."] {
            assert!(AttachedFile::as_typed(path).title().is_err(), "{path}");
        }
        assert_eq!(AttachedFile::as_typed("dir/a.txt").title().unwrap(), "a.txt");
    }
}
