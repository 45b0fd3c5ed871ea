//! A plan of a prune as a file: what goes, by name and digest, so that nothing else can go when it is applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::DeletionError;
use super::removal::Removal;
use crate::digest::Digest;
use crate::reference::{Name, Reference, Tag};

/// The maximum size of a plan in bytes: a million rows.
pub const PLAN_BYTES_MAX: u64 = 256 << 20;

/// The version of the format.
const VERSION: u32 = 1;

/// What goes in several repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrunePlan {
    /// The repositories.
    pub repositories: Vec<RepositoryPlan>,
}

/// What goes in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPlan {
    /// The repository.
    pub name: Name,
    /// The tags, with the digests that they have to point to.
    pub tags: BTreeMap<Tag, Digest>,
    /// The manifests.
    pub manifests: BTreeSet<Digest>,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(rename = "regcliPrunePlan")]
    version: u32,
    repositories: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    repository: String,
    #[serde(default)]
    tags: BTreeMap<String, Digest>,
    #[serde(default)]
    manifests: BTreeSet<Digest>,
}

impl RepositoryPlan {
    /// Returns the plan to do this.
    pub fn of(name: &Name, removal: &Removal) -> Self {
        let manifests = removal.manifests().cloned().collect();
        Self { name: name.clone(), tags: removal.tags.clone(), manifests }
    }

    /// Reports whether nothing goes.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.manifests.is_empty()
    }
}

impl PrunePlan {
    /// Reads a plan. `path` is for messages.
    ///
    /// # Errors
    /// [`DeletionError::BadPlan`].
    pub fn read(path: &str, text: &[u8]) -> Result<Self, DeletionError> {
        let bad = |reason: String| DeletionError::BadPlan { path: path.to_owned(), reason };
        let document: Document = serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
        if document.version != VERSION {
            return Err(bad(format!("its format is version {}, not {VERSION}", document.version)));
        }
        let entry = |entry: Entry| {
            let name: Reference = entry
                .repository
                .parse()
                .map_err(|_| bad(format!("{:?} is not a repository", entry.repository)))?;
            if !name.is_name_only() {
                return Err(bad(format!("{:?} is not a repository", entry.repository)));
            }
            let tag = |(tag, digest): (String, Digest)| match tag.parse() {
                Ok(tag) => Ok((tag, digest)),
                Err(_) => Err(bad(format!("{tag:?} is not a tag"))),
            };
            let tags = entry.tags.into_iter().map(tag).collect::<Result<_, _>>()?;
            Ok(RepositoryPlan { name: name.name, tags, manifests: entry.manifests })
        };
        let repositories = document.repositories.into_iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { repositories })
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let entry = |plan: &RepositoryPlan| Entry {
            repository: plan.name.to_string(),
            tags: plan.tags.iter().map(|(tag, digest)| (tag.to_string(), digest.clone())).collect(),
            manifests: plan.manifests.clone(),
        };
        let repositories = self.repositories.iter().filter(|plan| !plan.is_empty()).map(entry).collect();
        let document = Document { version: VERSION, repositories };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_as_it_was_written_and_nothing_else() {
        let name = "r.example/app".parse::<Reference>().unwrap().name;
        let digest = Digest::sha256(b"x");
        let plan = RepositoryPlan {
            name,
            tags: [("1.0".parse().unwrap(), digest.clone())].into(),
            manifests: [digest].into(),
        };
        let plan = PrunePlan { repositories: vec![plan] };
        assert_eq!(PrunePlan::read("p", plan.text().as_bytes()).unwrap(), plan);
        for (text, reason) in [
            ("{}", "missing field"),
            (r#"{"regcliPrunePlan":2,"repositories":[]}"#, "its format is version 2, not 1"),
            (r#"{"regcliPrunePlan":1,"repositories":[{"repository":"a:1"}]}"#, "is not a repository"),
            (r#"{"regcliPrunePlan":1,"repositories":[{"repository":"A"}]}"#, "is not a repository"),
        ] {
            let error = PrunePlan::read("p", text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("p: not a plan of prune: ") && error.contains(reason), "{error}");
        }
    }
}
