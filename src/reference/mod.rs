//! References: what a person types to name an image, `[HOST[:PORT]/][USER/]NAME[:TAG][@DIGEST]`.
//!
//! The grammar and the rules of normalisation are those of Docker's
//! [distribution/reference](https://github.com/distribution/reference) package, including the error messages.
//! One case is refused on purpose: `exa_mple.com/app`, which Docker takes for an image without a host.

mod error;
mod grammar;
mod hint;
mod parse;
mod related;
mod server;
mod user_info;

use std::fmt;
use std::sync::Arc;

pub use error::{Error, Problem};
pub use grammar::HUB;
pub use related::{attached_tags, referrers_tag, subject_in};
pub use server::{HUB_HOST, Scheme, Server};
pub use user_info::without_user_info;

use crate::digest::Digest;
use grammar::OFFICIAL;

/// The tag of a reference without a tag and a digest.
pub const LATEST: &str = "latest";

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// The name of a registry: `host[:port]` as it was typed, or `docker.io`.
    Registry
}

text_type! {
    /// The path of a repository within its registry, `library/ubuntu`; at most 255 bytes.
    RepositoryName
}

text_type! {
    /// A tag: a word character, then up to 127 word characters, dots and dashes.
    Tag
}

impl Registry {
    /// Returns Docker Hub.
    pub fn hub() -> Self {
        Self(HUB.into())
    }

    /// Parses the name of a registry, as `login` and `catalog` take it.
    ///
    /// Like `docker login`, it drops a scheme and everything from the first `/`. All names of Docker Hub
    /// (`index.docker.io`, `registry-1.docker.io:443`, `https://index.docker.io/v1/`) give [`Registry::hub`].
    ///
    /// # Errors
    /// [`Error`] if the remaining text is not `host[:port]`.
    pub fn from_server(text: &str) -> Result<Self, Error> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let host = rest.split('/').next().unwrap_or(rest);
        match grammar::is_domain(host) {
            true if Self(host.into()).server().is_hub() => Ok(Self::hub()),
            true => Ok(Self(host.into())),
            false => Err(Error::new(text, text.len() - rest.len(), Problem::Format)),
        }
    }

    /// Reports whether this is Docker Hub.
    pub fn is_hub(&self) -> bool {
        &*self.0 == HUB
    }

    /// Returns the host without its port and, for an IPv6 address, without its brackets.
    pub fn host(&self) -> &str {
        match self.0.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => self.0.split(':').next().unwrap_or(&self.0),
        }
    }

    /// Returns the port, if a valid one was typed.
    pub fn port(&self) -> Option<u16> {
        let after_host = self.0.rsplit(']').next()?;
        after_host.rsplit_once(':')?.1.parse().ok()
    }

    /// Reports whether the host is this machine by its name or address: 127.0.0.0/8, `::1`, `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.server().is_loopback()
    }
}

impl RepositoryName {
    /// Returns the short form that Docker Hub shows, without `library/`.
    fn familiar(&self) -> &str {
        match self.0.strip_prefix(OFFICIAL) {
            Some(short) if !short.contains('/') => short,
            _ => &self.0,
        }
    }
}

impl Tag {
    /// Returns the tag `latest`.
    pub fn latest() -> Self {
        Self(LATEST.into())
    }
}

/// A repository on a registry: a reference without tag and digest.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The registry.
    pub registry: Registry,
    /// The path of the repository within the registry.
    pub repository: RepositoryName,
}

impl Name {
    /// Returns the name as Docker shows it: without `docker.io/` and, for official images, without
    /// `library/`. Where Docker's short form would mean something else, as for `docker.io/localhost/app`, it
    /// is the full name.
    pub fn familiar(&self) -> String {
        let short = self.repository.familiar();
        if self.registry.is_hub() && grammar::means_the_hub(short) {
            short.to_owned()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The tag or digest that selects an image of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selector {
    /// The image that the tag points to now.
    Tag(Tag),
    /// Exactly this content.
    Digest(Digest),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => fmt::Display::fmt(tag, f),
            Self::Digest(digest) => fmt::Display::fmt(digest, f),
        }
    }
}

impl From<Tag> for Selector {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for Selector {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

/// A parsed and normalised reference. Displayed in its canonical form, `docker.io/library/ubuntu:22.04`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The repository.
    pub name: Name,
    /// The tag, if one was typed.
    pub tag: Option<Tag>,
    /// The digest, if one was typed. It takes precedence; the tag beside it is only shown.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Creates `name:tag`.
    pub fn tagged(name: Name, tag: Tag) -> Self {
        Self { name, tag: Some(tag), digest: None }
    }

    /// Creates `name@digest`.
    pub fn digested(name: Name, digest: Digest) -> Self {
        Self { name, tag: None, digest: Some(digest) }
    }

    /// Adds the tag `latest` if the reference has neither tag nor digest.
    pub fn or_latest(mut self) -> Self {
        if self.is_name_only() {
            self.tag = Some(Tag::latest());
        }
        self
    }

    /// Reports whether the reference has neither tag nor digest.
    pub fn is_name_only(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }

    /// Returns the selector to request from the registry: the digest, else the tag, else `latest`.
    pub fn selector(&self) -> Selector {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.clone().into(),
            (None, Some(tag)) => tag.clone().into(),
            (None, None) => Tag::latest().into(),
        }
    }

    /// Returns the reference as Docker shows it, `ubuntu:22.04`.
    pub fn familiar(&self) -> String {
        self.suffixed(self.name.familiar())
    }

    fn suffixed(&self, mut text: String) -> String {
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag.as_str());
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest.as_str());
        }
        text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.suffixed(self.name.to_string()))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
