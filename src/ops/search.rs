//! The parameters and filters of a search. The requests are made elsewhere.

use std::str::FromStr;

use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::protocol::search::SearchResult;
use crate::reference::{self, Registry};
use crate::remote::{self, Detail, Remote, Search, SearchRequest};

/// Docker's default number of results.
const LIMIT_DEFAULT: u32 = 25;

/// The maximum number of results that Docker Hub returns, and that Docker accepts.
const HUB_LIMIT_MAX: u32 = 100;

/// The maximum number of results of other registries. More are for `catalog`, which keeps none of them in memory.
const LIMIT_MAX: u32 = 10_000;

/// A search term, and the registry to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The registry.
    pub registry: Registry,
    /// The text that names or descriptions have to contain; may be empty.
    pub term: String,
}

impl FromStr for Query {
    type Err = Error;

    /// Parses `[HOST[:PORT]/]TERM`. `library/centos` and `docker.io/centos` mean `centos` on Docker Hub.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(end) = text.find("://") {
            return Err(Error::Scheme { scheme: text[..end + 3].to_owned() });
        }
        let (registry, term) = match text.split_once('/') {
            Some((host, term)) if host == "localhost" || host.contains(['.', ':']) => {
                (Registry::from_server(host).map_err(Error::Registry)?, term)
            }
            // Its name is not for Docker Hub.
            None if is_host(text) => return Err(Error::Host(text.to_owned())),
            _ => (Registry::hub(), text),
        };
        let short = if registry.is_hub() { term.strip_prefix("library/") } else { None };
        Ok(Self { term: short.unwrap_or(term).to_owned(), registry })
    }
}

/// Reports whether a text is a host with a port, which no term is.
fn is_host(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// The number of results to request: from 1 to 100 at Docker Hub, to 10,000 at other registries. The registry counts
/// before the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// Creates a limit for `registry`; zero and negative numbers mean 25, as in Docker.
    ///
    /// # Errors
    /// [`Error::Limit`] if it is too high.
    pub fn new(asked: i64, registry: &Registry) -> Result<Self, Error> {
        let max = if registry.is_hub() { HUB_LIMIT_MAX } else { LIMIT_MAX };
        match u32::try_from(asked) {
            Ok(0) => Ok(Self(LIMIT_DEFAULT)),
            Ok(limit) if limit <= max => Ok(Self(limit)),
            Err(_) if asked < 0 => Ok(Self(LIMIT_DEFAULT)),
            Ok(_) | Err(_) => Err(Error::Limit { asked, max }),
        }
    }

    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// One `--filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// At least this many stars.
    Stars(i64),
    /// Only official images, or only others.
    Official(bool),
    /// Only automated builds, or only others.
    Automated(bool),
}

impl FromStr for Filter {
    type Err = Error;

    /// Parses `name=value`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, value) = text.split_once('=').ok_or(Error::FilterFormat)?;
        let (name, value) = (name.trim().to_lowercase(), value.trim());
        let flag = || match value {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            _ => Err(Error::FilterValue { name: name.clone(), value: format!("[{value}]") }),
        };
        match name.as_str() {
            "stars" => {
                let stars = value.parse().map(Self::Stars);
                stars.map_err(|_| Error::FilterValue { name: name.clone(), value: value.to_owned() })
            }
            "is-official" => flag().map(Self::Official),
            "is-automated" => flag().map(Self::Automated),
            _ => Err(Error::FilterName(name)),
        }
    }
}

/// A set of filters; a result has to match every one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    stars: i64,
    official: Option<bool>,
    automated: Option<bool>,
}

impl Filters {
    /// Combines filters; the highest number of stars counts.
    ///
    /// # Errors
    /// [`Error::FilterValue`] if a flag is required to be both true and false.
    pub fn new(filters: impl IntoIterator<Item = Filter>) -> Result<Self, Error> {
        let mut all = Self::default();
        for filter in filters {
            match filter {
                Filter::Stars(stars) => all.stars = all.stars.max(stars),
                Filter::Official(wanted) => settle(&mut all.official, wanted, "is-official")?,
                Filter::Automated(wanted) => settle(&mut all.automated, wanted, "is-automated")?,
            }
        }
        Ok(all)
    }

    /// Reports whether a result passes. An unknown number of stars is zero, and an image that is not known to be
    /// official or automated is neither.
    pub fn pass(&self, result: &SearchResult) -> bool {
        let stars = i64::try_from(result.stars.unwrap_or(0)).unwrap_or(i64::MAX);
        stars >= self.stars
            && self.official.is_none_or(|wanted| wanted == result.official.unwrap_or(false))
            && self.automated.is_none_or(|wanted| wanted == result.automated.unwrap_or(false))
    }

    /// Reports whether results without stars are filtered out.
    pub fn ask_for_stars(&self) -> bool {
        self.stars > 0
    }

    /// Reports whether results that are not official are filtered out.
    pub fn ask_for_official(&self) -> bool {
        self.official == Some(true)
    }

    /// Reports whether automated builds were asked for, which Docker Hub does not have any more.
    pub fn name_automated(&self) -> bool {
        self.automated.is_some()
    }
}

fn settle(flag: &mut Option<bool>, wanted: bool, name: &str) -> Result<(), Error> {
    if flag.replace(wanted).is_some_and(|before| before != wanted) {
        return Err(Error::FilterValue { name: name.to_owned(), value: "[true false]".to_owned() });
    }
    Ok(())
}

/// Searches a registry with the search of its software. If it has none, its catalog is filtered: the first page now, the
/// others as the caller reads on.
///
/// # Errors
/// [`remote::Error`] if the registry cannot be asked, or has no catalog either. An error that ends the search
/// later is returned with the results.
pub async fn search(
    remote: &Remote,
    query: &Query,
    limit: Limit,
    detail: Detail,
) -> Result<Search, remote::Error> {
    let Query { registry, term } = query;
    remote.search(&SearchRequest { registry, term, limit: limit.get(), detail }).await
}

/// An invalid search. The words are Docker's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The term has a scheme.
    #[error("invalid repository name (ex: \"registry.domain.tld/myrepos\")")]
    Scheme {
        /// The scheme with its `://`.
        scheme: String,
    },
    /// The term is a registry.
    #[error("{0} is a registry: search it with {0}/TERM, or list all of it with {0}/")]
    Host(String),
    /// The text before the slash is not a registry.
    #[error(transparent)]
    Registry(reference::Error),
    /// The limit is too high.
    #[error("limit {asked} is outside the range of [1, {max}]")]
    Limit {
        /// The limit.
        asked: i64,
        /// The maximum at this registry.
        max: u32,
    },
    /// A filter without `=`.
    #[error("bad format of filter (expected name=value)")]
    FilterFormat,
    /// An unknown filter.
    #[error("invalid filter '{0}'")]
    FilterName(String),
    /// An invalid value of a filter.
    #[error("invalid filter '{name}={value}'")]
    FilterValue {
        /// The filter.
        name: String,
        /// Its value; values of flags are in brackets.
        value: String,
    },
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Scheme { scheme } => Some(Hint::DropScheme { scheme: scheme.clone() }),
            Self::Registry(error) => error.hint(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centos() -> [SearchResult; 3] {
        [
            SearchResult { stars: Some(7751), official: Some(true), ..SearchResult::named("centos") },
            SearchResult {
                stars: Some(134),
                automated: Some(true),
                ..SearchResult::named("ansible/centos7-ansible")
            },
            SearchResult::named("team/centos"),
        ]
    }

    /// Returns the names that pass the given filters of the command line.
    fn passed(filters: &[&str]) -> Result<Vec<String>, String> {
        let filters = filters.iter().map(|text| text.parse::<Filter>()).collect::<Result<Vec<_>, _>>();
        let filters = filters.and_then(Filters::new).map_err(|error| error.to_string())?;
        Ok(centos().into_iter().filter(|result| filters.pass(result)).map(|result| result.name).collect())
    }

    #[test]
    fn filters_let_through_what_docker_lets_through() {
        let (official, automated, own) = ("centos", "ansible/centos7-ansible", "team/centos");
        for (filters, names) in [
            (&[][..], &[official, automated, own][..]),
            (&["stars=10"], &[official, automated]),
            (&["stars=10", "stars=1000"], &[official]),
            (&["stars=-1"], &[official, automated, own]),
            (&["is-official=true"], &[official]),
            (&["is-official=0", "STARS = 1"], &[automated]),
            (&["is-automated=true"], &[automated]),
            (&["is-automated=false", "is-official=false"], &[own]),
            (&["is-official=true", "is-official=1"], &[official]),
        ] {
            assert_eq!(passed(filters).unwrap(), names, "{filters:?}");
        }
    }

    #[test]
    fn filters_that_cannot_be_are_refused_in_dockers_words() {
        for (filters, message) in [
            (&["stars"][..], "bad format of filter (expected name=value)"),
            (&["nonsense=1"], "invalid filter 'nonsense'"),
            (&["stars=x"], "invalid filter 'stars=x'"),
            (&["is-official=maybe"], "invalid filter 'is-official=[maybe]'"),
            (&["is-official=true", "is-official=false"], "invalid filter 'is-official=[true false]'"),
        ] {
            assert_eq!(passed(filters).unwrap_err(), message);
        }
    }

    #[test]
    fn the_limit_is_between_one_and_a_hundred_at_docker_hub_and_higher_elsewhere() {
        for (asked, limit) in [(0, 25), (-1, 25), (i64::MIN, 25), (1, 1), (100, 100)] {
            assert_eq!(Limit::new(asked, &Registry::hub()).unwrap().get(), limit, "{asked}");
        }
        let other = Registry::from_server("r.lab").unwrap();
        assert_eq!(Limit::new(10_000, &other).unwrap().get(), 10_000);
        for asked in [101, i64::from(u32::MAX) + 1, i64::MAX] {
            let error = Limit::new(asked, &Registry::hub()).unwrap_err();
            assert_eq!(error.to_string(), format!("limit {asked} is outside the range of [1, 100]"));
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
        assert!(Limit::new(10_001, &other).unwrap_err().to_string().ends_with("[1, 10000]"));
    }

    #[test]
    fn a_term_may_name_its_registry() {
        for (text, registry, term) in [
            ("centos", "docker.io", "centos"),
            ("", "docker.io", ""),
            ("ansible/centos", "docker.io", "ansible/centos"),
            ("docker.io/centos", "docker.io", "centos"),
            ("index.docker.io/library/centos", "docker.io", "centos"),
            ("library/centos", "docker.io", "centos"),
            ("127.0.0.1:5010/ubuntu", "127.0.0.1:5010", "ubuntu"),
            ("harbor.example.com/library/app", "harbor.example.com", "library/app"),
            ("localhost/", "localhost", ""),
        ] {
            let query: Query = text.parse().unwrap();
            assert_eq!((query.registry.as_str(), query.term.as_str()), (registry, term), "{text}");
        }
        let error = "http://x".parse::<Query>().unwrap_err();
        assert_eq!(error.to_string(), "invalid repository name (ex: \"registry.domain.tld/myrepos\")");
        assert_eq!(error.hint(), Some(Hint::DropScheme { scheme: "http://".to_owned() }));
        assert!("exa_mple.com/x".parse::<Query>().is_err());
        let error = "127.0.0.1:5000".parse::<Query>().unwrap_err().to_string();
        assert!(
            error.ends_with("search it with 127.0.0.1:5000/TERM, or list all of it with 127.0.0.1:5000/")
        );
        assert_eq!("node:x".parse::<Query>().unwrap().term, "node:x");
    }
}
