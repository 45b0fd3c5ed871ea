//! What a view shows.

use std::sync::Arc;

use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::deletion::Target;
use regcli::reference::{Name, Reference, Registry};

use super::file_tree::FileTree;

/// An image of a view: where it is, and for which platform.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    pub(super) place: Place,
    /// The image of an index that is shown; `None` for all of them.
    pub(super) platform: Option<Platform>,
}

impl Subject {
    /// Returns its name for `docker pull`, if it has one.
    pub(super) fn reference(&self) -> Option<&Reference> {
        match &self.place {
            Place::Registry(reference) | Place::Store(reference) => Some(reference),
            Place::Layout { .. }
            | Place::OciArchive { .. }
            | Place::DockerArchive { .. }
            | Place::DockerDaemon(_) => None,
        }
    }

    /// Returns the short name for titles.
    pub(super) fn title(&self) -> String {
        let name = match self.reference() {
            Some(Reference { tag: Some(tag), .. }) => tag.to_string(),
            Some(Reference { digest: Some(digest), .. }) => digest.short().to_owned(),
            Some(_) | None => self.place.to_string(),
        };
        self.platform.as_ref().map_or(name, ToString::to_string)
    }
}

/// What a view shows, and how to load it.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The registries with stored credentials, Docker Hub, and the store.
    Registries,
    /// The images of the store.
    Store,
    /// The catalog of a registry.
    Repositories(Registry),
    /// The search of a registry that shows no catalog.
    Search(Registry),
    /// The tags of a repository.
    Tags(Name),
    /// The platforms of an index, or the layers of an image.
    Image(Subject),
    /// The files of an image, or those of one layer, as long as they are not loaded.
    Files(Subject, Option<usize>),
    /// A directory.
    Folder(Arc<FileTree>, usize),
    /// The beginning of a file.
    Text(Arc<FileTree>, usize),
    /// The differences of two images.
    Difference(Box<[Subject; 2]>),
    /// The confirmation of a deletion, with what was found about it.
    Deletion(Reference, Option<Box<Target>>),
    /// The keys.
    Help,
}

impl Kind {
    /// Returns the title of a view, as a part of the path in the first line. It is not escaped.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Registries => "registries".to_owned(),
            Self::Store => "store".to_owned(),
            Self::Repositories(registry) | Self::Search(registry) => registry.to_string(),
            Self::Tags(name) => name.repository.to_string(),
            Self::Image(subject) => subject.title(),
            Self::Files(_, None) => "files".to_owned(),
            Self::Files(_, Some(layer)) => format!("layer {}", layer + 1),
            Self::Folder(tree, node) | Self::Text(tree, node) => tree.name(*node),
            Self::Difference(subjects) => {
                format!("diff {} {}", subjects[0].title(), subjects[1].title())
            }
            Self::Deletion(reference, _) => format!("delete {}", reference.familiar()),
            Self::Help => "help".to_owned(),
        }
    }

    /// Returns the title of the first view, which has no other titles before it.
    pub(super) fn whole_title(&self) -> String {
        match self {
            Self::Tags(name) => name.familiar(),
            Self::Image(subject) => subject.place.to_string(),
            _ => self.title(),
        }
    }

    /// Reports whether there is something to load.
    pub(super) fn is_loaded(&self) -> bool {
        !matches!(self, Self::Folder(..) | Self::Help)
    }
}
