//! Where an image goes: the target with placeholders, and changes of the repository's path.

use std::fmt;

use regex::Regex;

use super::error::Problem;
use super::pattern::compiled;
use crate::reference::{Name, Reference, RepositoryName};

/// A target: a reference with placeholders.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    /// As it was written, completed by `/{repository}` where that is implied.
    text: String,
}

impl Template {
    /// Parses a target as it is.
    ///
    /// # Errors
    /// [`Problem::Template`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self { text: text.to_owned() })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns where an image goes.
    ///
    /// # Errors
    /// [`Problem::Expansion`].
    pub fn expand(&self, source: &Reference) -> Result<Reference, Problem> {
        let _ = source;
        Err(Problem::Unsupported("expand".to_owned()))
    }

    /// Returns the repository that the images of a repository go to.
    ///
    /// # Errors
    /// [`Problem::Expansion`].
    pub fn repository_of(&self, source: &Name) -> Result<Name, Problem> {
        let _ = source;
        Err(Problem::Unsupported("repository_of".to_owned()))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A change of the source repository's path: a regular expression and its replacement.
#[derive(Clone)]
pub struct Rewrite {
    regex: Regex,
    replacement: String,
}

impl Rewrite {
    /// Compiles the expression. In `replacement`, `$1` and `${name}` are its groups.
    ///
    /// # Errors
    /// [`Problem::Pattern`].
    pub fn new(expression: &str, replacement: &str) -> Result<Self, Problem> {
        Ok(Self { regex: compiled(expression, expression)?, replacement: replacement.to_owned() })
    }

    /// Returns the changed path.
    ///
    /// # Errors
    /// [`Problem::Reference`] if the result is not the path of a repository.
    pub fn apply(&self, repository: &RepositoryName) -> Result<RepositoryName, Problem> {
        let text = self.regex.replace_all(repository.as_str(), &*self.replacement).into_owned();
        text.parse().map_err(|source| Problem::Reference { text, source })
    }

    /// Returns the expression.
    pub fn expression(&self) -> &str {
        self.regex.as_str()
    }

    /// Returns the replacement.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }
}

impl PartialEq for Rewrite {
    fn eq(&self, other: &Self) -> bool {
        (self.regex.as_str(), &self.replacement) == (other.regex.as_str(), &other.replacement)
    }
}

impl Eq for Rewrite {}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.regex.as_str(), self.replacement)
    }
}
