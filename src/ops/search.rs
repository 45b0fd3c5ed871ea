//! The parameters and filters of a search. The requests are made elsewhere.

use std::str::FromStr;

use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::protocol::search::SearchResult;
use crate::reference::{self, Registry};
use crate::remote::{self, Remote, Search};

/// Docker's default number of results.
const LIMIT_DEFAULT: u32 = 25;

/// The maximum number of results that Docker Hub returns.
const LIMIT_MAX: u32 = 100;

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
            _ => (Registry::hub(), text),
        };
        let short = if registry.is_hub() { term.strip_prefix("library/") } else { None };
        Ok(Self { term: short.unwrap_or(term).to_owned(), registry })
    }
}

impl Query {
    /// Reports whether a repository's name contains the term, for registries without a search of their own.
    pub fn fits(&self, repository: &str) -> bool {
        repository.to_lowercase().contains(&self.term.to_lowercase())
    }
}

/// The number of results to request, from 1 to 100. The registry counts before the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// Creates a limit; zero and negative numbers mean 25, as in Docker.
    ///
    /// # Errors
    /// [`Error::Limit`] above 100.
    pub fn new(asked: i64) -> Result<Self, Error> {
        match u32::try_from(asked) {
            Err(_) if asked > 0 => Err(Error::Limit(asked)),
            Err(_) | Ok(0) => Ok(Self::default()),
            Ok(limit @ 1..=LIMIT_MAX) => Ok(Self(limit)),
            Ok(_) => Err(Error::Limit(asked)),
        }
    }

    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
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

    /// Reports whether a result passes. An unknown number of stars is less than any number.
    pub fn pass(&self, result: &SearchResult) -> bool {
        let stars = i64::try_from(result.stars.unwrap_or(0)).unwrap_or(i64::MAX);
        stars >= self.stars
            && self.official.is_none_or(|wanted| wanted == result.official)
            && self.automated.is_none_or(|wanted| wanted == result.automated)
    }

    /// Reports whether results without stars are filtered out.
    pub fn ask_for_stars(&self) -> bool {
        self.stars > 0
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

/// Searches a registry. If it has no search, its catalog is filtered, page by page.
///
/// # Errors
/// [`remote::Error`] if the registry cannot be asked, or has no catalog either. An error that ends the search
/// later is returned with the results.
pub async fn search(remote: &Remote, query: &Query, limit: Limit) -> Result<Search, remote::Error> {
    if let Some(search) = remote.search(&query.registry, &query.term, limit.get()).await? {
        return Ok(search);
    }
    let (mut results, mut cut) = (Vec::new(), None);
    let mut pages = remote.catalog(&query.registry)?;
    while results.len() < limit.get() as usize {
        match pages.next_page().await {
            Ok(None) => break,
            Ok(Some(names)) => {
                results.extend(names.into_iter().filter(|name| query.fits(name)).map(SearchResult::named));
            }
            Err(error) if results.is_empty() => return Err(error),
            Err(error) => {
                cut = Some(error);
                break;
            }
        }
    }
    results.truncate(limit.get() as usize);
    Ok(Search { results, cut })
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
    /// The text before the slash is not a registry.
    #[error(transparent)]
    Registry(reference::Error),
    /// The limit is too high.
    #[error("limit {0} is outside the range of [1, 100]")]
    Limit(i64),
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
            SearchResult { stars: Some(7751), official: true, ..SearchResult::named("centos") },
            SearchResult {
                stars: Some(134),
                automated: true,
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
    fn the_limit_is_between_one_and_a_hundred() {
        for (asked, limit) in [(0, 25), (-1, 25), (i64::MIN, 25), (1, 1), (100, 100)] {
            assert_eq!(Limit::new(asked).unwrap().get(), limit, "{asked}");
        }
        for asked in [101, i64::from(u32::MAX) + 1, i64::MAX] {
            let error = Limit::new(asked).unwrap_err();
            assert_eq!(error.to_string(), format!("limit {asked} is outside the range of [1, 100]"));
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
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
    }

    #[test]
    fn a_catalog_is_searched_by_name_without_regard_to_case() {
        let query: Query = "127.0.0.1:5000/App".parse().unwrap();
        assert!(query.fits("team/app2"));
        assert!(!query.fits("team/web"));
        assert!("127.0.0.1:5000/".parse::<Query>().unwrap().fits("anything"));
    }
}
