//! What is shown first.

use std::str::FromStr;

use regcli::ops::{Place, PlaceError};
use regcli::reference::Registry;

use super::kind::{Kind, Subject};

/// The first view, as the user names it.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// The repositories of a registry.
    Registry(Registry),
    /// The tags of a repository, or an image.
    Image(Place),
}

impl FromStr for Start {
    type Err = PlaceError;

    /// Parses a registry, a repository, or an image. Without a slash, a name with a dot is a registry. With a slash
    /// at the end, every name is one.
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let host = text.strip_suffix('/').unwrap_or(text);
        let is_bare = !host.contains('/');
        let name = host.split(':').next().unwrap_or(host);
        let is_dotted = name.contains('.') || name == "localhost" || host.starts_with('[');
        if is_bare && (host.len() < text.len() || is_dotted) {
            return Ok(Self::Registry(Registry::from_server(host)?));
        }
        Ok(Self::Image(Place::as_typed(text)?))
    }
}

impl Start {
    /// Returns the first view.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Registry(registry) if registry.is_hub() => Kind::Search(registry),
            Self::Registry(registry) => Kind::Repositories(registry),
            Self::Image(Place::Registry(reference)) if reference.is_name_only() => Kind::Tags(reference.name),
            Self::Image(place) => Kind::Image(Subject { place: place.or_latest(), platform: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> String {
        match text.parse::<Start>().map(Start::kind) {
            Ok(Kind::Repositories(registry)) => format!("repositories of {registry}"),
            Ok(Kind::Search(registry)) => format!("search {registry}"),
            Ok(Kind::Tags(name)) => format!("tags of {name}"),
            Ok(Kind::Image(subject)) => format!("image {}", subject.place),
            Ok(_) => "another view".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_dot_or_a_slash_at_the_end_means_a_registry() {
        for (text, expected) in [
            ("127.0.0.1:5000", "repositories of 127.0.0.1:5000"),
            ("registry.example.com", "repositories of registry.example.com"),
            ("localhost:5000", "repositories of localhost:5000"),
            ("[::1]:5000", "repositories of [::1]:5000"),
            ("lab:5000/", "repositories of lab:5000"),
            ("docker.io", "search docker.io"),
            ("ubuntu", "tags of docker.io/library/ubuntu"),
            ("redis:7", "image docker.io/library/redis:7"),
            ("lab:5000/team/app", "tags of lab:5000/team/app"),
            ("store:app:1", "image store:docker.io/library/app:1"),
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
        assert!(first("Upper").contains("invalid reference"), "{}", first("Upper"));
    }
}
