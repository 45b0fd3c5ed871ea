//! The locations that images are copied from and to, as users name them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::reference::{self, Reference, Registry, Tag};

/// The location of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a registry: `ubuntu:22.04`, or `docker://ubuntu:22.04` as in skopeo.
    Registry(Reference),
    /// In regcli's own store: `store:ubuntu:22.04`.
    Store(Reference),
    /// In an OCI layout: `oci:FOLDER` or `oci:FOLDER:TAG`.
    Layout {
        /// The directory of the layout.
        folder: PathBuf,
        /// The name of the image in the layout; optional if there is only one image.
        tag: Option<String>,
    },
    /// In an OCI archive: `oci-archive:FILE` or `oci-archive:FILE:TAG`.
    OciArchive {
        /// The archive.
        file: PathBuf,
        /// The name of the image in the archive; optional if there is only one image.
        tag: Option<String>,
    },
    /// In an archive of `docker save`: `docker-archive:FILE` or `docker-archive:FILE:NAME:TAG`.
    DockerArchive {
        /// The archive.
        file: PathBuf,
        /// The name of the image in the archive; optional if there is only one image.
        reference: Option<Reference>,
    },
    /// In a running Docker Engine: `docker-daemon:NAME:TAG`.
    DockerDaemon(Reference),
}

/// The source and the destination of one image.
#[derive(Clone, Debug)]
pub struct Route {
    /// Where the image is.
    pub source: Place,
    /// Where it is copied to.
    pub destination: Place,
}

/// Kinds of locations that other tools support, but regcli does not.
const UNSUPPORTED: [&str; 2] = ["containers-storage", "dir"];

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        Ok(Self::as_typed(text)?.or_latest())
    }
}

impl Place {
    /// Parses a location, and adds no tag to the name of an image.
    ///
    /// # Errors
    /// As from [`str::parse`].
    pub fn as_typed(text: &str) -> Result<Self, PlaceError> {
        if let Some(rest) = text.strip_prefix("docker://") {
            return Ok(Self::Registry(rest.parse()?));
        }
        match text.split_once(':') {
            Some(("store", rest)) => Ok(Self::Store(rest.parse()?)),
            Some(("oci", rest)) => Self::layout(text, rest),
            Some(("oci-archive", rest)) => {
                let (file, tag) = path_and_name(rest).ok_or_else(|| PlaceError::Archive(text.to_owned()))?;
                Ok(Self::OciArchive { file, tag: tag.map(str::to_owned) })
            }
            Some(("docker-archive", rest)) => {
                let (file, name) = path_and_name(rest).ok_or_else(|| PlaceError::Archive(text.to_owned()))?;
                let reference = name.map(str::parse::<Reference>).transpose()?;
                Ok(Self::DockerArchive { file, reference })
            }
            Some(("docker-daemon", rest)) => Ok(Self::DockerDaemon(rest.parse()?)),
            Some((scheme, _)) if UNSUPPORTED.contains(&scheme) => {
                Err(PlaceError::Unsupported(scheme.to_owned()))
            }
            _ => Ok(Self::Registry(text.parse()?)),
        }
    }

    /// Parses an image or a repository at a registry, for commands that read nothing else.
    ///
    /// # Errors
    /// As from [`str::parse`], and [`PlaceError::NotAtRegistry`] for another location.
    pub fn at_registry(text: &str) -> Result<Reference, PlaceError> {
        match Self::as_typed(text)? {
            Self::Registry(reference) => Ok(reference),
            Self::Store(_)
            | Self::Layout { .. }
            | Self::OciArchive { .. }
            | Self::DockerArchive { .. }
            | Self::DockerDaemon(_) => Err(PlaceError::NotAtRegistry(text.to_owned())),
        }
    }

    /// Adds the tag `latest` to the name of an image without tag and digest.
    #[must_use]
    pub fn or_latest(self) -> Self {
        match self {
            Self::Registry(reference) => Self::Registry(reference.or_latest()),
            Self::Store(reference) => Self::Store(reference.or_latest()),
            Self::DockerDaemon(reference) => Self::DockerDaemon(reference.or_latest()),
            Self::DockerArchive { file, reference } => {
                Self::DockerArchive { file, reference: reference.map(Reference::or_latest) }
            }
            Self::Layout { .. } | Self::OciArchive { .. } => self,
        }
    }

    /// Returns the image with this tag in the same repository or OCI layout. `None` if the location already names one
    /// image, or holds only one.
    pub fn tagged(&self, tag: &Tag) -> Option<Self> {
        let of = |named: &Reference| {
            named.is_name_only().then(|| Reference::tagged(named.name.clone(), tag.clone()))
        };
        match self {
            Self::Registry(named) => of(named).map(Self::Registry),
            Self::Store(named) => of(named).map(Self::Store),
            Self::Layout { folder, tag: None } => {
                Some(Self::Layout { folder: folder.clone(), tag: Some(tag.to_string()) })
            }
            _ => None,
        }
    }

    /// Returns the registry, if the location is at one.
    pub fn registry(&self) -> Option<&Registry> {
        match self {
            Self::Registry(reference) => Some(&reference.name.registry),
            _ => None,
        }
    }

    fn layout(text: &str, rest: &str) -> Result<Self, PlaceError> {
        let (folder, tag) = path_and_name(rest).ok_or_else(|| PlaceError::Layout(text.to_owned()))?;
        Ok(Self::Layout { folder, tag: tag.map(str::to_owned) })
    }
}

/// Splits a text into path and name at the first colon, because names may contain colons. Returns `None` if
/// either is empty.
fn path_and_name(rest: &str) -> Option<(PathBuf, Option<&str>)> {
    let (path, name) = match rest.split_once(':') {
        Some((path, name)) => (path, Some(name)),
        None => (rest, None),
    };
    (!path.is_empty() && name != Some("")).then(|| (path.into(), name))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => write!(f, "{reference}"),
            Self::Store(reference) => write!(f, "store:{reference}"),
            Self::Layout { folder, tag: None } => write!(f, "oci:{}", folder.display()),
            Self::Layout { folder, tag: Some(tag) } => write!(f, "oci:{}:{tag}", folder.display()),
            Self::OciArchive { file, tag: None } => write!(f, "oci-archive:{}", file.display()),
            Self::OciArchive { file, tag: Some(tag) } => write!(f, "oci-archive:{}:{tag}", file.display()),
            Self::DockerArchive { file, reference: None } => write!(f, "docker-archive:{}", file.display()),
            Self::DockerArchive { file, reference: Some(reference) } => {
                write!(f, "docker-archive:{}:{reference}", file.display())
            }
            Self::DockerDaemon(reference) => write!(f, "docker-daemon:{reference}"),
        }
    }
}

/// Why a text is not a valid location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The text should be a reference and is not.
    #[error(transparent)]
    Reference(#[from] reference::Error),
    /// `oci:` without a folder, or with an empty name.
    #[error("{0:?} is not a valid location: an OCI layout is written oci:FOLDER or oci:FOLDER:TAG")]
    Layout(String),
    /// `oci-archive:` or `docker-archive:` without a file, or with an empty name.
    #[error(
        "{0:?} is not a valid location: an archive is written oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]"
    )]
    Archive(String),
    /// A location that is not at a registry, where only a registry is possible.
    #[error("{0:?} is not at a registry, and this command reads registries only")]
    NotAtRegistry(String),
    /// An unsupported kind of location.
    #[error(
        "locations of the kind {0}: are not supported; use a registry, store:REF, oci:FOLDER[:TAG], \
         oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG] or docker-daemon:REF"
    )]
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
        assert_eq!(shown("oci-archive:x.tar"), "oci-archive:x.tar");
        assert_eq!(shown("oci-archive:/a/x.tar:lab/app:1"), "oci-archive:/a/x.tar:lab/app:1");
        assert_eq!(shown("docker-archive:x.tar"), "docker-archive:x.tar");
        assert_eq!(shown("docker-archive:x.tar:app"), "docker-archive:x.tar:docker.io/library/app:latest");
        assert_eq!(
            shown("docker-archive:x.tar:127.0.0.1:5000/a:1"),
            "docker-archive:x.tar:127.0.0.1:5000/a:1"
        );
        assert_eq!(shown("docker-daemon:app"), "docker-daemon:docker.io/library/app:latest");
        assert_eq!(shown("docker-daemon:127.0.0.1:5000/a:1"), "docker-daemon:127.0.0.1:5000/a:1");
        assert_eq!(shown("store/image:1"), "docker.io/store/image:1");
    }

    #[test]
    fn a_location_takes_a_tag_unless_it_names_one_image() {
        let tagged = |text: &str| {
            let place = Place::as_typed(text).unwrap().tagged(&"1".parse().unwrap());
            place.map(|place| place.to_string())
        };
        assert_eq!(tagged("docker://lab.test/a").as_deref(), Some("lab.test/a:1"));
        assert_eq!(tagged("store:lab.test/a").as_deref(), Some("store:lab.test/a:1"));
        assert_eq!(tagged("oci:dir").as_deref(), Some("oci:dir:1"));
        for one in
            ["lab.test/a:latest", "store:lab.test/a:2", "oci:dir:2", "oci-archive:x.tar", "docker-daemon:a"]
        {
            assert_eq!(tagged(one), None, "{one}");
        }
    }

    #[test]
    fn a_command_for_registries_takes_no_other_location() {
        let shown = |text: &str| Place::at_registry(text).map(|reference| reference.to_string());
        assert_eq!(shown("docker://lab.test/a"), Ok("lab.test/a".to_owned()));
        for other in ["store:a:1", "oci:dir", "oci-archive:x.tar", "docker-archive:x.tar", "docker-daemon:a"]
        {
            assert_eq!(shown(other), Err(PlaceError::NotAtRegistry(other.to_owned())));
        }
        assert!(matches!(shown("https://lab.test/a"), Err(PlaceError::Reference(_))));
    }

    #[test]
    fn an_invalid_location_is_refused() {
        assert!(matches!("oci:".parse::<Place>(), Err(PlaceError::Layout(_))));
        assert!(matches!("oci:dir:".parse::<Place>(), Err(PlaceError::Layout(_))));
        assert!(matches!("oci-archive:".parse::<Place>(), Err(PlaceError::Archive(_))));
        assert!(matches!("oci-archive:x.tar:".parse::<Place>(), Err(PlaceError::Archive(_))));
        assert!(matches!("docker-archive::a".parse::<Place>(), Err(PlaceError::Archive(_))));
        assert!(matches!("docker-archive:x.tar:UPPER".parse::<Place>(), Err(PlaceError::Reference(_))));
        assert!(matches!("docker-daemon:".parse::<Place>(), Err(PlaceError::Reference(_))));
        assert!(matches!("containers-storage:x".parse::<Place>(), Err(PlaceError::Unsupported(_))));
        assert!(matches!("store:UPPER".parse::<Place>(), Err(PlaceError::Reference(_))));
    }
}
