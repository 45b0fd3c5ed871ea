//! Where an image goes: the target with placeholders, and changes of the repository's path.

use std::fmt;

use regex::Regex;

use super::error::Problem;
use super::origin::{Origin, is_host};
use super::pattern::compiled;
use crate::reference::{Name, Reference, RepositoryName, Tag};

/// A target: a reference with placeholders.
///
/// `{registry}`, `{repository}`, `{namespace}`, `{name}` and, after the colon, `{tag}` stand for the parts of the
/// source: of `registry.example/team/app:1.2` they are `registry.example`, `team/app`, `team`, `app` and `1.2`.
/// `{path}` is the path below that of the source: of the same image it is `app` if the source is
/// `registry.example/team/`, and the whole path if it is a registry or the repository itself.
#[derive(Clone)]
pub struct Template {
    /// As it was written, completed by `/{path}` where that is implied.
    text: String,
    /// The repository.
    repository: Vec<Piece>,
    /// The tag, if the target has one of its own.
    tag: Option<Vec<Piece>>,
    /// The path of the source, if it is that of several repositories.
    below: Option<RepositoryName>,
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Registry,
    Repository,
    Path,
    Namespace,
    Name,
    Tag,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

/// The names of the placeholders.
const PLACEHOLDERS: &[(&str, Placeholder)] = &[
    ("registry", Placeholder::Registry),
    ("repository", Placeholder::Repository),
    ("path", Placeholder::Path),
    ("namespace", Placeholder::Namespace),
    ("name", Placeholder::Name),
    ("tag", Placeholder::Tag),
];

/// An image whose target is computed when a template is parsed, so that a wrong template is found early.
const SAMPLE: &str = "registry.example/namespace/name:tag";

impl Template {
    /// Parses a target as it is.
    ///
    /// # Errors
    /// [`Problem::Template`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let fail = |reason: &str| Problem::Template { text: text.to_owned(), reason: reason.to_owned() };
        if text.contains("://") {
            return Err(fail("a registry has no scheme here"));
        }
        if text.contains('@') {
            return Err(fail("a target has no digest"));
        }
        let (repository, tag) = split_tag(text);
        let template = Self {
            text: text.to_owned(),
            repository: pieces(repository).map_err(|reason| fail(&reason))?,
            tag: tag.map(pieces).transpose().map_err(|reason| fail(&reason))?,
            below: None,
        };
        if template.repository.contains(&Piece::Placeholder(Placeholder::Tag)) {
            return Err(fail("{tag} is only allowed in the tag"));
        }
        if let Ok(sample) = SAMPLE.parse::<Reference>() {
            template.expand(&sample)?;
        }
        Ok(template)
    }

    /// Parses the target of a source. `/{path}` is added to a target that ends in `/` or is only a host, and to
    /// one without placeholders if the source has several repositories.
    ///
    /// # Errors
    /// [`Problem::Template`].
    pub fn for_source(text: &str, source: &Origin) -> Result<Self, Problem> {
        let (has_several, below) = match source {
            Origin::Repository(_) => (false, None),
            Origin::Registry { below, .. } => (true, below.clone()),
        };
        let completed = if let Some(above) = text.strip_suffix('/') {
            format!("{above}/{{path}}")
        } else if is_host(text) || text == "{registry}" {
            format!("{text}/{{path}}")
        } else if has_several && !text.contains('{') {
            match split_tag(text) {
                (repository, Some(tag)) => format!("{repository}/{{path}}:{tag}"),
                (repository, None) => format!("{repository}/{{path}}"),
            }
        } else {
            text.to_owned()
        };
        Ok(Self { below, ..Self::parse(&completed)? })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns where an image goes. The image keeps its tag if the target has none of its own; without any tag it goes
    /// there by its digest.
    ///
    /// # Errors
    /// [`Problem::Expansion`] if the result is not a reference, [`Problem::Conflict`] if the target needs a tag and
    /// `source` has none.
    pub fn expand(&self, source: &Reference) -> Result<Reference, Problem> {
        let name = self.repository_of(&source.name)?;
        let Some(pieces) = &self.tag else {
            let digest = if source.tag.is_some() { None } else { source.digest.clone() };
            return Ok(Reference { name, tag: source.tag.clone(), digest });
        };
        if source.tag.is_none() && pieces.contains(&Piece::Placeholder(Placeholder::Tag)) {
            return Err(Problem::Conflict(format!(
                "target {:?} needs a tag, and {source} has none",
                self.text
            )));
        }
        let text = self.filled(pieces, &source.name, source.tag.as_ref());
        let tag = text.parse().map_err(|_| self.misfit(source, format!("{name}:{text}")))?;
        Ok(Reference::tagged(name, tag))
    }

    /// Returns the repository that the images of a repository go to.
    ///
    /// # Errors
    /// [`Problem::Expansion`] if the result is not a repository.
    pub fn repository_of(&self, source: &Name) -> Result<Name, Problem> {
        let text = self.filled(&self.repository, source, None);
        // An image without a namespace leaves `a//b`.
        let text = text.replace("//", "/");
        let parsed = text.parse::<Reference>().ok().filter(Reference::is_name_only);
        parsed.map(|reference| reference.name).ok_or_else(|| self.misfit(source, text))
    }

    /// Fills in the parts of an image.
    fn filled(&self, pieces: &[Piece], name: &Name, tag: Option<&Tag>) -> String {
        let path = name.repository.as_str();
        let (namespace, last) = path.rsplit_once('/').unwrap_or(("", path));
        let above = self.below.as_ref().map(|below| format!("{below}/")).unwrap_or_default();
        let part = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Placeholder(Placeholder::Registry) => name.registry.to_string(),
            Piece::Placeholder(Placeholder::Repository) => path.to_owned(),
            Piece::Placeholder(Placeholder::Path) => path.strip_prefix(&above).unwrap_or(path).to_owned(),
            Piece::Placeholder(Placeholder::Namespace) => namespace.to_owned(),
            Piece::Placeholder(Placeholder::Name) => last.to_owned(),
            Piece::Placeholder(Placeholder::Tag) => tag.map(ToString::to_string).unwrap_or_default(),
        };
        pieces.iter().map(part).collect()
    }

    fn misfit(&self, image: &impl fmt::Display, expanded: String) -> Problem {
        Problem::Expansion { template: self.text.clone(), image: image.to_string(), expanded }
    }
}

/// Splits off the tag: what follows the last colon, if no slash follows it.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains(['/', ']']) => (repository, Some(tag)),
        _ => (text, None),
    }
}

/// Splits a text at its placeholders.
fn pieces(mut text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    while let Some(start) = text.find(['{', '}']) {
        let (before, rest) = text.split_at(start);
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.to_owned()));
        }
        let closed = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, after) = closed.ok_or("a placeholder has '{' and '}'")?;
        let known = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        let (_, placeholder) = known.ok_or_else(|| {
            let names: Vec<_> = PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            format!("unknown placeholder {{{name}}}; expected one of: {}", names.join(", "))
        })?;
        pieces.push(Piece::Placeholder(*placeholder));
        text = after;
    }
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
    Ok(pieces)
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Template {}

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
    root: Root,
}

/// Whether the path that is changed begins with a slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Root {
    /// `library/nginx`
    #[default]
    Bare,
    /// `/library/nginx`, as in dregsy's files.
    Slash,
}

impl Rewrite {
    /// Compiles the expression. In `replacement`, `$1` and `${name}` are its groups.
    ///
    /// # Errors
    /// [`Problem::Pattern`].
    pub fn new(expression: &str, replacement: &str, root: Root) -> Result<Self, Problem> {
        let regex = compiled(expression, expression)?;
        Ok(Self { regex, replacement: replacement.to_owned(), root })
    }

    /// Returns the changed path.
    ///
    /// # Errors
    /// [`Problem::Reference`] if the result is not the path of a repository.
    pub fn apply(&self, repository: &RepositoryName) -> Result<RepositoryName, Problem> {
        let slash = if self.root == Root::Slash { "/" } else { "" };
        let changed = self.replaced(&format!("{slash}{repository}"));
        let text = changed.strip_prefix(slash).unwrap_or(&changed).to_owned();
        text.parse().map_err(|source| Problem::Reference { text, source })
    }

    /// Returns a text with each match replaced.
    pub(super) fn replaced(&self, text: &str) -> String {
        self.regex.replace_all(text, &*self.replacement).into_owned()
    }

    /// Returns the expression.
    pub fn expression(&self) -> &str {
        self.regex.as_str()
    }

    /// Returns whether the path begins with a slash.
    pub fn root(&self) -> Root {
        self.root
    }

    /// Returns the replacement.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }
}

impl PartialEq for Rewrite {
    fn eq(&self, other: &Self) -> bool {
        let parts =
            |rewrite: &Self| (rewrite.regex.as_str().to_owned(), rewrite.replacement.clone(), rewrite.root);
        parts(self) == parts(other)
    }
}

impl Eq for Rewrite {}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.regex.as_str(), self.replacement)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Filter;
    use super::*;

    fn origin(text: &str) -> Origin {
        let name = "registry.example/team/app".parse::<Reference>().unwrap().name;
        match text {
            "one" => Origin::Repository(name),
            _ => Origin::Registry { registry: name.registry, below: None, repositories: Filter::default() },
        }
    }

    #[test]
    fn placeholders_stand_for_the_parts_of_the_source() {
        for (template, source, target) in [
            ("mirror.example/{repository}", "registry.example/team/app:1.2", "mirror.example/team/app:1.2"),
            ("mirror.example/{name}:{tag}-x", "registry.example/team/app:1.2", "mirror.example/app:1.2-x"),
            ("mirror.example/{registry}/{repository}", "quay.io/a/b/c:1", "mirror.example/quay.io/a/b/c:1"),
            ("mirror.example/x/{namespace}/y", "registry.example/a/b/c:1", "mirror.example/x/a/b/y:1"),
            ("mirror.example/x/{namespace}/y", "registry.example/app:1", "mirror.example/x/y:1"),
            ("mirror.example/all:{name}-{tag}", "ubuntu:22.04", "mirror.example/all:ubuntu-22.04"),
            ("mirror.example/fixed:stable", "ubuntu:22.04", "mirror.example/fixed:stable"),
            ("{registry}/copy/{repository}", "localhost:5000/app:1", "localhost:5000/copy/app:1"),
            ("localhost:5000/app", "ubuntu:22.04", "localhost:5000/app:22.04"),
            ("[::1]:5000/app", "ubuntu:22.04", "[::1]:5000/app:22.04"),
        ] {
            let template = Template::parse(template).unwrap();
            let expanded = template.expand(&source.parse().unwrap()).unwrap();
            assert_eq!(expanded.to_string(), target, "{template}");
        }
    }

    #[test]
    fn an_image_without_a_tag_goes_by_its_digest() {
        let digest = crate::digest::Digest::sha256(b"x");
        let source: Reference = format!("ubuntu@{digest}").parse().unwrap();
        let expand = |template: &str| Template::parse(template).unwrap().expand(&source);
        assert_eq!(expand("m.example/{name}").unwrap().to_string(), format!("m.example/ubuntu@{digest}"));
        assert_eq!(expand("m.example/{name}:old").unwrap().to_string(), "m.example/ubuntu:old");
        assert!(matches!(expand("m.example/x:{tag}"), Err(Problem::Conflict(_))));
        let tagged: Reference = format!("ubuntu:1@{digest}").parse().unwrap();
        let target = Template::parse("m.example/{name}").unwrap().expand(&tagged).unwrap();
        assert_eq!(target.to_string(), "m.example/ubuntu:1");
    }

    #[test]
    fn what_a_target_leaves_out_is_completed() {
        for (kind, text, completed) in [
            ("one", "mirror.example", "mirror.example/{path}"),
            ("one", "mirror.example/", "mirror.example/{path}"),
            ("one", "localhost:5000", "localhost:5000/{path}"),
            ("one", "mirror:5000", "mirror:5000/{path}"),
            ("one", "{registry}", "{registry}/{path}"),
            ("one", "mirror.example/team/", "mirror.example/team/{path}"),
            ("one", "mirror.example/app", "mirror.example/app"),
            ("all", "mirror.example/team", "mirror.example/team/{path}"),
            ("all", "mirror.example", "mirror.example/{path}"),
            ("all", "mirror.example/team:x", "mirror.example/team/{path}:x"),
            ("all", "mirror.example/{name}", "mirror.example/{name}"),
        ] {
            let template = Template::for_source(text, &origin(kind)).unwrap();
            assert_eq!(template.as_str(), completed);
            assert_eq!(Template::for_source(completed, &origin(kind)).unwrap(), template, "a second time");
        }
    }

    #[test]
    fn wrong_targets_are_refused_when_they_are_read() {
        for (text, part) in [
            (
                "m.example/{repo}",
                "unknown placeholder {repo}; expected one of: {registry}, {repository}, {path}",
            ),
            ("m.example/{name", "a placeholder has '{' and '}'"),
            ("m.example/name}", "a placeholder has '{' and '}'"),
            ("m.example/{name}-{tag}", "{tag} is only allowed in the tag"),
            ("https://m.example/x", "scheme"),
            ("m.example/UPPER", "is not a reference"),
            ("m.example/x:-{tag}", "is not a reference"),
            ("m.example/x@sha256:0", "a target has no digest"),
            ("", "is not a reference"),
        ] {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_registry_with_a_port_cannot_be_a_part_of_a_path() {
        let template = Template::parse("m.example/{registry}/{name}").unwrap();
        let error = template.expand(&"localhost:5000/app:1".parse().unwrap()).unwrap_err();
        assert!(matches!(error, Problem::Expansion { .. }), "{error}");
    }

    #[test]
    fn a_rewrite_changes_the_path() {
        let apply = |expression: &str, replacement: &str, root: Root| {
            let rewrite = Rewrite::new(expression, replacement, root).unwrap();
            rewrite.apply(&"library/nginx".parse().unwrap()).map(|path| path.to_string())
        };
        assert_eq!(apply("^library/", "mirror/", Root::Bare).unwrap(), "mirror/nginx");
        assert_eq!(apply("^/library/(.*)$", "/x/$1", Root::Slash).unwrap(), "x/nginx");
        assert_eq!(apply("nosuch", "x", Root::Slash).unwrap(), "library/nginx");
        assert!(matches!(apply(".*", "UP", Root::Bare), Err(Problem::Reference { .. })));
        assert!(matches!(Rewrite::new("(", "", Root::Bare), Err(Problem::Pattern { .. })));
    }
}
