//! A mirror in config.toml: `"URL"`, or a table with `url` and other keys.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

use super::headers::{Headers, headers};
use super::mirror::Mirror;
use super::mirror_options::{MirrorOptions, MirrorTls};
use super::naming::Naming;
use super::resolve::Resolve;
use crate::reference::Registry;

/// What stands for the name of the registry in a prefix.
const HOST: &str = "{host}";

/// A mirror of one registry, or of all.
#[derive(Clone, Debug)]
pub(super) struct OwnMirror {
    mirror: Mirror,
    namespace: bool,
    prefix: Option<String>,
    resolve: Option<Resolve>,
    headers: Headers,
}

impl OwnMirror {
    /// Reports whether requests to the mirror say which registry is meant.
    pub(super) fn names_registry(&self) -> bool {
        self.namespace || self.prefix.as_ref().is_some_and(|prefix| prefix.contains(HOST))
    }

    /// Returns the address, with the place of the registry's name in it.
    pub(super) fn address(&self) -> String {
        let prefix = self.prefix.as_ref().map(|prefix| format!("/v2/{}", prefix.trim_matches('/')));
        let namespace = if self.namespace { "?ns={host}" } else { "" };
        format!("{}{}{namespace}", self.mirror, prefix.unwrap_or_default())
    }

    /// Returns the mirror as one of `registry`, which resolves tags as `resolve` says unless the mirror's own table
    /// says it; `None` if it has no name for the repositories of that registry.
    pub(super) fn of(
        &self,
        registry: &Registry,
        resolve: Option<Resolve>,
    ) -> Option<(Mirror, MirrorOptions)> {
        let (mirror, naming) = match &self.prefix {
            Some(prefix) => {
                let naming = Naming::prefixed(&prefix.replace(HOST, registry.as_str()))?;
                (self.mirror.clone(), naming)
            }
            None => split(&self.mirror, registry),
        };
        let options = MirrorOptions {
            namespace: self.namespace,
            naming,
            resolve: self.resolve.or(resolve).unwrap_or_default(),
            headers: self.headers.clone(),
            tls: MirrorTls::default(),
        };
        Some((mirror, options))
    }
}

/// Returns the address before `/v2/`, and the prefix after it.
///
/// An address that ends with the name of the registry, as people paste it from a reference
/// (`https://m.example.com/docker.io`), is the prefix form, too.
pub(super) fn split(mirror: &Mirror, registry: &Registry) -> (Mirror, Naming) {
    let path = mirror.prefix.as_str();
    let (before, after) = match path.split_once("/v2") {
        Some((before, after)) if after.is_empty() || after.starts_with('/') => {
            (before.trim_end_matches('/'), after)
        }
        _ if path.strip_prefix('/') == Some(registry.as_str()) => ("", path),
        _ => (path, ""),
    };
    match Naming::prefixed(after) {
        Some(naming) => (Mirror { prefix: before.to_owned(), ..mirror.clone() }, naming),
        None => (mirror.clone(), Naming::default()),
    }
}

impl<'de> Deserialize<'de> for OwnMirror {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MirrorVisitor)
    }
}

/// Accepts `"URL"` or `{ url = "URL", … }`.
struct MirrorVisitor;

impl<'de> de::Visitor<'de> for MirrorVisitor {
    type Value = OwnMirror;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the URL of a mirror, or a table with url")
    }

    fn visit_str<E: de::Error>(self, url: &str) -> Result<OwnMirror, E> {
        let mirror = url.parse().map_err(E::custom)?;
        Ok(OwnMirror { mirror, namespace: false, prefix: None, resolve: None, headers: Headers::default() })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<OwnMirror, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            url: String,
            #[serde(default)]
            namespace: bool,
            prefix: Option<String>,
            resolve: Option<Resolve>,
            #[serde(default, deserialize_with = "headers")]
            headers: Headers,
        }
        let Table { url, namespace, prefix, resolve, headers } =
            Table::deserialize(de::value::MapAccessDeserializer::new(table))?;
        let is_path =
            |prefix: &&String| Naming::prefixed(&prefix.replace(HOST, "registry.example")).is_some();
        if let Some(prefix) = prefix.as_ref().filter(|prefix| !is_path(prefix)) {
            let message =
                format!("prefix {prefix:?} is not a path of lower-case names, such as \"docker.io\"");
            return Err(de::Error::custom(message));
        }
        let headers = Headers::new(headers.0)
            .map_err(|name| de::Error::custom(format!("the header {name:?} cannot be set")))?;
        Ok(OwnMirror { mirror: url.parse().map_err(de::Error::custom)?, namespace, prefix, resolve, headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_address_with_the_registry_in_its_path_is_the_prefix_form() {
        let hub = Registry::hub();
        for (url, before, shown) in [
            ("https://m.example", "", "https://m.example"),
            ("https://m.example/docker.io", "", "https://m.example/v2/docker.io"),
            ("https://m.example/v2/docker.io/", "", "https://m.example/v2/docker.io"),
            ("https://m.example/api/v2/hub", "/api", "https://m.example/api/v2/hub"),
            ("https://m.example/v2", "", "https://m.example"),
            ("https://m.example/api//v2/hub", "/api", "https://m.example/api/v2/hub"),
            ("https://m.example/hub", "/hub", "https://m.example/hub"),
            ("https://m.example/v2x/docker.io", "/v2x/docker.io", "https://m.example/v2x/docker.io"),
        ] {
            let (mirror, naming) = split(&url.parse().unwrap(), &hub);

            assert_eq!(
                (mirror.prefix.as_str(), format!("{mirror}{naming}").as_str()),
                (before, shown),
                "{url}"
            );
        }
    }
}
