//! Places that images are copied from and to, as people name them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::reference::{self, Reference};

/// One image at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a registry: `ubuntu:22.04`, or `docker://ubuntu:22.04` as skopeo has it.
    Registry(Reference),
    /// In regcli's own store: `store:ubuntu:22.04`.
    Store(Reference),
    /// In an OCI layout: `oci:FOLDER` or `oci:FOLDER:TAG`.
    Layout {
        /// The layout's folder.
        folder: PathBuf,
        /// The name of the image in it; without one, the only image there is.
        tag: Option<String>,
    },
}

/// Places that other tools know, and this one does not yet.
const UNSUPPORTED: [&str; 5] =
    ["oci-archive", "docker-archive", "docker-daemon", "containers-storage", "dir"];

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        if let Some(rest) = text.strip_prefix("docker://") {
            return Ok(Self::Registry(rest.parse::<Reference>()?.or_latest()));
        }
        match text.split_once(':') {
            Some(("store", rest)) => Ok(Self::Store(rest.parse::<Reference>()?.or_latest())),
            Some(("oci", rest)) => Self::layout(text, rest),
            Some((scheme, _)) if UNSUPPORTED.contains(&scheme) => {
                Err(PlaceError::Unsupported(scheme.to_owned()))
            }
            _ => Ok(Self::Registry(text.parse::<Reference>()?.or_latest())),
        }
    }
}

impl Place {
    /// The folder ends at the first colon: names may hold more of them.
    fn layout(text: &str, rest: &str) -> Result<Self, PlaceError> {
        let (folder, tag) = match rest.split_once(':') {
            Some((folder, tag)) => (folder, Some(tag.to_owned())),
            None => (rest, None),
        };
        if folder.is_empty() || tag.as_deref() == Some("") {
            return Err(PlaceError::Layout(text.to_owned()));
        }
        Ok(Self::Layout { folder: folder.into(), tag })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => write!(f, "{reference}"),
            Self::Store(reference) => write!(f, "store:{reference}"),
            Self::Layout { folder, tag: None } => write!(f, "oci:{}", folder.display()),
            Self::Layout { folder, tag: Some(tag) } => write!(f, "oci:{}:{tag}", folder.display()),
        }
    }
}

/// Why a text names no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It should be a reference and is none.
    #[error(transparent)]
    Reference(#[from] reference::Error),
    /// `oci:` without a folder, or with an empty name.
    #[error("{0:?} is no place: an OCI layout is written oci:FOLDER or oci:FOLDER:TAG")]
    Layout(String),
    /// A kind of place that is not known here.
    #[error("places of the kind {0}: are not supported; use a registry, store:REF or oci:FOLDER[:TAG]")]
    Unsupported(String),
}

impl Diagnose for PlaceError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Reference(error) => error.hint(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Place>().map_or_else(|error| error.to_string(), |place| place.to_string())
    }

    #[test]
    fn places_are_told_apart() {
        assert_eq!(shown("ubuntu"), "docker.io/library/ubuntu:latest");
        assert_eq!(shown("docker://127.0.0.1:5000/a"), "127.0.0.1:5000/a:latest");
        assert_eq!(shown("store:ubuntu:1"), "store:docker.io/library/ubuntu:1");
        assert_eq!(shown("oci:dir"), "oci:dir");
        assert_eq!(shown("oci:/a/b:127.0.0.1:5000/x:1"), "oci:/a/b:127.0.0.1:5000/x:1");
        assert_eq!(shown("store/image:1"), "docker.io/store/image:1");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        assert!(matches!("oci:".parse::<Place>(), Err(PlaceError::Layout(_))));
        assert!(matches!("oci:dir:".parse::<Place>(), Err(PlaceError::Layout(_))));
        assert!(matches!("docker-daemon:x".parse::<Place>(), Err(PlaceError::Unsupported(_))));
        assert!(matches!("store:UPPER".parse::<Place>(), Err(PlaceError::Reference(_))));
    }
}
