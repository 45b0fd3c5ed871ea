//! What is read from a file of rules: which images go where.

use std::collections::BTreeMap;

use super::error::Problem;
use super::origin::Origin;
use super::tags::TagSet;
use super::template::{Rewrite, Template};
use crate::config::Secret;
use crate::image::Platform;
use crate::reference::{Name, Reference, Registry, Tag};

/// Everything that files of rules say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// The rules in the order of the file.
    pub rules: Vec<Rule>,
    /// Credentials and transports that the files carry. [`Recipe::to_toml`] does not write them.
    pub logins: Vec<Login>,
    /// What the files say that regcli does not do.
    pub losses: Vec<Loss>,
}

/// Which images go to which targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The rule for reports: the source, as [`Origin`] is displayed.
    pub name: String,
    /// Where the images come from.
    pub source: Origin,
    /// Where the images go; at least one.
    pub targets: Vec<Template>,
    /// The selected tags: the union of all sets. Empty means all tags.
    pub tags: Vec<TagSet>,
    /// Further selections on that union, one after the other.
    pub keep: Vec<TagSet>,
    /// The name at the target for some tags; the others keep theirs.
    pub rename: BTreeMap<Tag, Tag>,
    /// A change of the repository's path before it is inserted in the targets.
    pub rewrite: Option<Rewrite>,
    /// The platforms to copy. Empty means all.
    pub platforms: Vec<Platform>,
    /// Whether signatures, attestations and other referrers are copied too.
    pub referrers: Referrers,
}

/// What happens to the referrers of an image: signatures, attestations, lists of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Referrers {
    /// They are copied too.
    Carry,
    /// Only the image is copied.
    #[default]
    Leave,
}

/// What a file says about the access to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `host[:port]`, or `host[:port]/namespace`, as it was written.
    pub registry: String,
    /// The user and the password, if the file has them.
    pub credential: Option<Credential>,
    /// How the registry is reached.
    pub transport: Transport,
}

/// A user name with its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// How a registry is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// As configured; HTTPS with a verified certificate if nothing is.
    #[default]
    Verified,
    /// HTTPS without a check of the certificate.
    Unverified,
    /// Plain HTTP.
    PlainHttp,
}

/// A part of a file that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, as it is in the file.
    pub key: String,
    /// Why it has no effect.
    pub reason: Reason,
}

/// Why a part of a file has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It says when to synchronize: run regcli from cron or a timer.
    Schedule,
    /// It runs a command.
    Hook,
    /// It keeps the previous image of a target under another name.
    Backup,
    /// It controls speed, caches or limits, which regcli has flags and a configuration for.
    Tuning,
    /// It describes access to a registry that belongs in regcli's configuration, such as client certificates.
    Access,
    /// It concerns the program that the file was written for, such as the relay of dregsy.
    Program,
    /// It selects referrers, which regcli copies all or not at all.
    ReferrerSelection,
    /// regcli does not know it.
    Unknown,
}

impl Recipe {
    /// Returns the login for a repository: of those for its registry and for a namespace above it, the longest.
    pub fn login(&self, name: &Name) -> Option<&Login> {
        let fitting = self.logins.iter().filter_map(|login| Some((login.fit(name)?, login)));
        // Of equals, the first one.
        fitting.rev().max_by_key(|(length, _)| *length).map(|(_, login)| login)
    }
}

impl Login {
    /// Returns how many bytes of a repository's path the login names, if it is for that repository.
    fn fit(&self, name: &Name) -> Option<usize> {
        let text = self.registry.split_once("://").map_or(self.registry.as_str(), |(_, rest)| rest);
        let (host, namespace) = text.split_once('/').unwrap_or((text, ""));
        // https://index.docker.io/v1/ is the Hub as a whole.
        let namespace = match namespace.trim_matches('/') {
            "v1" if name.registry.is_hub() => "",
            namespace => namespace,
        };
        if Registry::from_server(host).ok()?.server() != name.registry.server() {
            return None;
        }
        let rest = name.repository.as_str().strip_prefix(namespace)?;
        let is_above = namespace.is_empty() || rest.is_empty() || rest.starts_with('/');
        is_above.then_some(namespace.len())
    }
}

impl Rule {
    /// Creates a rule for all tags and all platforms.
    pub fn new(source: Origin, targets: Vec<Template>) -> Self {
        Self {
            name: source.to_string(),
            source,
            targets,
            tags: Vec::new(),
            keep: Vec::new(),
            rename: BTreeMap::new(),
            rewrite: None,
            platforms: Vec::new(),
            referrers: Referrers::default(),
        }
    }

    /// Returns where an image goes, one reference for each target.
    ///
    /// # Errors
    /// [`Problem::Expansion`] if the result is not a reference, [`Problem::Conflict`] if a target needs a tag and
    /// `source` has none.
    pub fn destinations(&self, source: &Reference) -> Result<Vec<Reference>, Problem> {
        let source = self.rewritten(source)?;
        self.targets.iter().map(|target| target.expand(&source)).collect()
    }

    /// Returns the repositories that the images of a repository go to, one for each target.
    ///
    /// # Errors
    /// [`Problem::Expansion`] if the result is not a repository.
    pub fn target_repositories(&self, source: &Name) -> Result<Vec<Name>, Problem> {
        let source = Reference { name: source.clone(), tag: None, digest: None };
        let source = self.rewritten(&source)?;
        self.targets.iter().map(|target| target.repository_of(&source.name)).collect()
    }

    /// Applies `rewrite` and `rename`.
    fn rewritten(&self, source: &Reference) -> Result<Reference, Problem> {
        let mut source = source.clone();
        if let Some(rewrite) = &self.rewrite {
            source.name.repository = rewrite.apply(&source.name.repository)?;
        }
        if let Some(renamed) = source.tag.as_ref().and_then(|tag| self.rename.get(tag)) {
            source.tag = Some(renamed.clone());
        }
        Ok(source)
    }
}
