//! What to do about a text that is not a reference.

use super::{Error, Problem, Reference};
use crate::diagnose::{Diagnose, ErrorKind, Hint};

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        if let Some(end) = self.input.find("://") {
            return Some(Hint::DropScheme { scheme: self.input[..end + 3].to_owned() });
        }
        match self.problem {
            Problem::Uppercase { .. } => self.in_lower_case(),
            _ => None,
        }
    }
}

impl Error {
    /// Returns the reference with its path in lower case, if it is valid then.
    fn in_lower_case(&self) -> Option<Hint> {
        let tag_at = self.input.rfind(':').filter(|colon| !self.input[*colon..].contains('/'));
        let (name, tag) = self.input.split_at(tag_at.unwrap_or(self.input.len()));
        let suggestion = format!("{}{tag}", name.to_lowercase());
        suggestion.parse::<Reference>().is_ok().then_some(Hint::Lowercase { suggestion })
    }
}
