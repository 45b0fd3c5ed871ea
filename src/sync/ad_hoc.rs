//! The recipe of a command line: one source and its targets.

use super::error::{Error, Problem};
use super::recipe::Recipe;

/// Returns the recipe that copies `source` to `target`. The source is a repository with an optional tag or digest, or
/// `HOST/` or `HOST/PATH/` for the repositories of a registry.
///
/// # Errors
/// [`Error::Argument`].
pub fn ad_hoc(source: &str, target: &str) -> Result<Recipe, Error> {
    let _ = target;
    Err(Error::Argument(Problem::Unsupported(source.to_owned())))
}
