//! The names of repositories at a mirror.

use std::fmt;

use crate::reference::RepositoryName;

/// How a mirror names the repositories of a registry, and which of them it has.
///
/// By default it has all of them under the same names. In the prefix form, `library/ubuntu` of Docker Hub is
/// `docker.io/library/ubuntu` at the mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The mirror has only the repositories below this path, and without it in their names.
    below: String,
    /// The paths within `below` whose repositories the mirror does not have.
    except: Vec<String>,
    /// The path to put in front of the names.
    prefix: String,
}

impl Naming {
    /// Puts `prefix` in front of the names; returns `None` unless it is a path of lower-case components.
    pub fn prefixed(prefix: &str) -> Option<Self> {
        let prefix = prefix.trim_matches('/');
        let is_valid = prefix.is_empty() || prefix.parse::<RepositoryName>().is_ok();
        is_valid.then(|| Self { prefix: prefix.to_owned(), ..Self::default() })
    }

    /// Limits the mirror to the repositories below a path, which their names at the mirror do not contain.
    #[must_use]
    pub(super) fn below(self, path: &str) -> Self {
        Self { below: path.to_owned(), ..self }
    }

    /// Leaves out the repositories below these paths.
    #[must_use]
    pub(super) fn except(self, paths: Vec<String>) -> Self {
        Self { except: paths, ..self }
    }

    /// Returns the name of `repository` at the mirror, or `None` if the mirror does not have it.
    pub fn of(&self, repository: &RepositoryName) -> Option<RepositoryName> {
        let path = repository.as_str();
        if self.except.iter().any(|except| rest_below(path, except).is_some()) {
            return None;
        }
        match (self.prefix.as_str(), rest_below(path, &self.below)?) {
            ("", rest) => rest.parse().ok(),
            (prefix, "") => prefix.parse().ok(),
            (prefix, rest) => format!("{prefix}/{rest}").parse().ok(),
        }
    }
}

impl fmt::Display for Naming {
    /// Writes the part of a URL after the mirror's address: `/v2/docker.io`, or nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/v2/{}", self.prefix) }
    }
}

/// Returns the part of `path` below `folder`, or `None` if it is not below it.
fn rest_below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    if folder.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(naming: &Naming, repository: &str) -> Option<String> {
        naming.of(&repository.parse().unwrap()).map(|name| name.to_string())
    }

    #[test]
    fn a_prefix_is_put_in_front_of_the_whole_name() {
        let naming = Naming::prefixed("docker.io").unwrap();

        assert_eq!(named(&naming, "library/ubuntu").as_deref(), Some("docker.io/library/ubuntu"));
        assert_eq!(naming.to_string(), "/v2/docker.io");
        assert_eq!(named(&Naming::default(), "library/ubuntu").as_deref(), Some("library/ubuntu"));
        for prefix in ["a b", "Upper", "..", "a//b", "a?b", "r.lab:5000"] {
            assert_eq!(Naming::prefixed(prefix), None, "{prefix}");
        }
    }

    #[test]
    fn a_mirror_of_a_part_has_that_part_without_its_path() {
        let naming = Naming::prefixed("copy").unwrap().below("team").except(vec!["team/private".to_owned()]);

        assert_eq!(named(&naming, "team/app").as_deref(), Some("copy/app"));
        assert_eq!(named(&naming, "team").as_deref(), Some("copy"));
        assert_eq!(named(&naming, "team/private2").as_deref(), Some("copy/private2"));
        for other in ["team/private", "team/private/app", "teams/app", "app"] {
            assert_eq!(named(&naming, other), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_would_be_too_long_is_not_at_the_mirror() {
        let long = "a".repeat(250);

        assert_eq!(named(&Naming::prefixed("docker.io").unwrap(), &long), None);
    }
}
