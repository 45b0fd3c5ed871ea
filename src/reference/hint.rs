//! What to do about a text that is not a reference.

use super::{Error, Problem, Reference};
use crate::diagnose::{Diagnose, ErrorKind, Hint};

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        if let Some(end) = self.input.find("://") {
            if let Some(image) = image_of_page(&self.input[end + 3..]) {
                return Some(Hint::NameImage { image: image.name.familiar() });
            }
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

/// Returns the repository that a page of a registry's web site shows, as people paste its address from a browser.
fn image_of_page(address: &str) -> Option<Reference> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let image = match parts[..] {
        ["hub.docker.com", "_", name, ..] | ["hub.docker.com", "r", "library", name, ..] => name.to_owned(),
        ["hub.docker.com", "r", owner, name, ..] => format!("{owner}/{name}"),
        ["quay.io", "repository", owner, name, ..] => format!("quay.io/{owner}/{name}"),
        ["gallery.ecr.aws", owner, name] => format!("public.ecr.aws/{owner}/{name}"),
        ["github.com", owner, _, "pkgs", "container", name, ..] => {
            format!("ghcr.io/{}/{}", owner.to_lowercase(), name.replace("%2F", "/"))
        }
        _ => return None,
    };
    image.parse().ok()
}
