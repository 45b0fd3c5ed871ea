//! Which server resolves tags.

/// Which server resolves a tag, that is, returns the digest that it points to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolve {
    /// The mirror: it may be behind the registry.
    #[default]
    Mirror,
    /// The registry itself, by a `HEAD` that no registry counts as a pull. The mirror sends content by digest. If the
    /// registry cannot be asked, the mirror resolves the tag.
    Upstream,
    /// The registry itself, always: containerd's mirrors without the capability `resolve`, podman's `digest-only`.
    #[serde(skip)]
    Never,
}
