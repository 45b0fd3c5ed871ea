//! regcli's own format: TOML.
//!
//! ```toml
//! [defaults]                            # used by each rule that does not have the key itself
//! target = "mirror.example.com/hub/{repository}"
//! tags = { exclude = "*-rc*" }
//!
//! [[sync]]
//! source = "docker.io/library/nginx"    # or HOST/ or HOST/PATH/ for the repositories of a registry
//! target = ["mirror.example.com/nginx", "backup.example.com/nginx:{tag}"]
//! tags = { names = "stable", glob = "1.*", semver = ">=1.26", newest = 5, by = "semver" }
//! keep = { newest = 20, by = "date" }
//! platforms = ["linux/amd64", "linux/arm64"]
//! referrers = true
//! ```

use super::error::Problem;
use super::limits::{COPIED, RULES_LIMIT};
use super::origin::{Origin, Source};
use super::pattern::{Filter, Pattern};
use super::range::{Prereleases, Range};
use super::recipe::{Recipe, Referrers, Rule};
use super::syntax;
use super::tags::{Newest, Order, Pinned, TagSet};
use super::template::{Rewrite, Root, Template};
use super::tree::{Entry, Node, Read, Value, Word, only_known};
use crate::image::Platform;
use crate::reference::{Reference, RepositoryName, Tag};

/// The keys at the top.
pub(super) const TOP: &[&str] = &["defaults", "sync"];

/// The keys of a rule.
pub(super) const RULE: &[&str] =
    &["source", "target", "repositories", "tags", "keep", "rename", "rewrite", "platforms", "referrers"];

/// The keys of `defaults`.
pub(super) const DEFAULTS: &[&str] =
    &["target", "repositories", "tags", "keep", "rewrite", "platforms", "referrers"];

/// The keys of `tags` and `keep`.
pub(super) const TAGS: &[&str] = &[
    "names",
    "digests",
    "glob",
    "regex",
    "semver",
    "prereleases",
    "exclude",
    "exclude-regex",
    "newest",
    "by",
];

/// The keys of `repositories`.
pub(super) const REPOSITORIES: &[&str] = &["names", "glob", "regex", "exclude", "exclude-regex"];

/// The keys of `rewrite`.
pub(super) const REWRITE: &[&str] = &["regex", "with", "slash"];

/// The keys whose tables are merged with those of `defaults`.
const MERGED: &[&str] = &["repositories", "tags", "keep"];

/// Reads a file.
pub(super) fn read(text: &str) -> Read<Recipe> {
    let top = syntax::toml(text)?;
    only_known(top.entries(), TOP)?;
    let defaults = match top.get("defaults") {
        Some(defaults) => {
            only_known(defaults.table("defaults")?, DEFAULTS)?;
            defaults.entries()
        }
        None => &[],
    };
    let mut recipe = Recipe::default();
    let Some(rules) = top.get("sync") else { return Ok(recipe) };
    let rules = rules.list("sync")?;
    if let Some(node) = rules.get(RULES_LIMIT) {
        return node.fail(Problem::TooMany);
    }
    let copied = defaults.iter().map(|entry| entry.value.size()).sum::<usize>();
    if let Some(node) = top.get("defaults").filter(|_| copied.saturating_mul(rules.len()) > COPIED) {
        let conflict = format!("defaults of {copied} values are too large for {} rules", rules.len());
        return node.fail(Problem::Conflict(conflict));
    }
    for node in rules {
        only_known(node.table("sync")?, RULE)?;
        recipe.rules.push(rule(&merged(node, defaults))?);
    }
    Ok(recipe)
}

/// Adds the defaults that a rule does not have itself. `tags`, `keep` and `repositories` are merged key by key, if both
/// are tables. A source that is one image inherits no selection.
fn merged(node: &Node, defaults: &[Entry]) -> Node {
    let mut entries = node.entries().to_vec();
    let source = node.get("source").and_then(|source| Source::parse(source.word("source").ok()?.text).ok());
    let is_image = source.as_ref().is_some_and(|source| source.image.is_some());
    let is_one = source.is_some_and(|source| matches!(source.origin, Origin::Repository(_)));
    let is_inherited = |key: &str| match key {
        "tags" | "keep" => !is_image,
        "repositories" => !is_one,
        _ => true,
    };
    for default in defaults.iter().filter(|default| is_inherited(&default.key)) {
        match entries.iter_mut().find(|entry| entry.key == default.key) {
            None => entries.push(default.clone()),
            Some(own) if MERGED.contains(&own.key.as_str()) => {
                if let (Value::Map(own), Value::Map(others)) = (&mut own.value.value, &default.value.value) {
                    let missing = others.iter().filter(|other| own.iter().all(|own| own.key != other.key));
                    let missing: Vec<Entry> = missing.cloned().collect();
                    own.extend(missing);
                }
            }
            Some(_) => {}
        }
    }
    Node { place: node.place, value: Value::Map(entries) }
}

fn rule(node: &Node) -> Read<Rule> {
    let Some(source) = node.get("source") else { return node.fail(Problem::MissingKey("source")) };
    let Some(targets) = node.get("target") else { return node.fail(Problem::MissingKey("target")) };
    let source = source.word("source")?;
    let mut parsed = source.parse(Source::parse)?;
    if let Some(node) = node.get("repositories") {
        match &mut parsed.origin {
            Origin::Registry { below, repositories, .. } => *repositories = filter(node, below.as_ref())?,
            Origin::Repository(name) => {
                let conflict = format!("{name} is one repository; a source with several ends in '/'");
                return node.fail(Problem::Conflict(conflict));
            }
        }
    }
    let of_source = |target: Word<'_>| target.parse(|text| Template::for_source(text, &parsed.origin));
    let targets: Vec<Template> = targets.words("target")?.into_iter().map(of_source).collect::<Read<_>>()?;
    if targets.is_empty() {
        return node.fail(Problem::MissingKey("target"));
    }
    let mut rule = Rule::new(parsed.origin, targets);
    rule.tags = match (parsed.image, node.get("tags")) {
        (Some(image), None) => vec![TagSet::of(image)],
        (Some(_), Some(tags)) => {
            let conflict = format!("{} has a tag or a digest, and so it cannot have tags", source.text);
            return tags.fail(Problem::Conflict(conflict));
        }
        (None, tags) => tags.map_or(Ok(Vec::new()), |tags| sets(tags, "tags"))?,
    };
    rule.keep = node.get("keep").map_or(Ok(Vec::new()), |keep| sets(keep, "keep"))?;
    if let Some(rename) = node.get("rename") {
        for entry in rename.table("rename")? {
            let from = Word { text: &entry.key, place: entry.place }.parse(tag)?;
            rule.rename.insert(from, entry.value.word("rename")?.parse(tag)?);
        }
    }
    rule.rewrite = node.get("rewrite").map(rewrite).transpose()?;
    if let Some(platforms) = node.get("platforms") {
        let platform = |word: Word<'_>| word.parse(|text| text.parse::<Platform>().map_err(Problem::from));
        rule.platforms = platforms.words("platforms")?.into_iter().map(platform).collect::<Read<_>>()?;
    }
    if node.get("referrers").map_or(Ok(false), |flag| flag.flag("referrers"))? {
        rule.referrers = Referrers::Carry;
    }
    Ok(rule)
}

/// Reads `tags` or `keep`: a table, several tables, or names of tags.
fn sets(node: &Node, key: &'static str) -> Read<Vec<TagSet>> {
    match &node.value {
        Value::Map(_) => Ok(vec![set(node)?]),
        Value::List(nodes) if nodes.iter().any(|node| matches!(node.value, Value::Map(_))) => {
            let all = nodes.iter().map(|node| match node.value {
                Value::Map(_) => set(node),
                _ => node.misfit(key, "a list of tables, or a list of tags"),
            });
            all.collect()
        }
        Value::List(nodes) if nodes.is_empty() => {
            node.misfit(key, "at least one tag; without the key, all tags are copied")
        }
        Value::List(_) | Value::Text(_) => Ok(vec![TagSet { names: tags(node, key)?, ..TagSet::default() }]),
        _ => node.misfit(key, "a table such as { glob = \"1.*\" }, a list of tables, or a list of tags"),
    }
}

fn set(node: &Node) -> Read<TagSet> {
    only_known(node.entries(), TAGS)?;
    let range = |word: Word<'_>| word.parse(Range::parse);
    let pinned = |word: Word<'_>| word.parse(pinned);
    let mut set = TagSet {
        names: node.get("names").map_or(Ok(Vec::new()), |names| tags(names, "names"))?,
        digests: words(node, "digests")?.into_iter().map(pinned).collect::<Read<_>>()?,
        patterns: patterns(node, "glob", "regex")?,
        semver: words(node, "semver")?.into_iter().map(range).collect::<Read<_>>()?,
        exclude: patterns(node, "exclude", "exclude-regex")?,
        ..TagSet::default()
    };
    if node.get("prereleases").map_or(Ok(false), |flag| flag.flag("prereleases"))? {
        set.prereleases = Prereleases::All;
    }
    let by = match node.get("by") {
        None => Order::Semver,
        Some(by) => by.word("by")?.parse(|text| match text {
            "semver" => Ok(Order::Semver),
            "date" => Ok(Order::Date),
            other => Err(Problem::Value {
                key: "by".to_owned(),
                expected: "\"semver\" or \"date\"",
                found: other.to_owned(),
            }),
        })?,
    };
    match (node.get("newest"), node.get("by")) {
        (Some(newest), _) => set.newest = Some(Newest { count: newest.count("newest")?, by }),
        (None, Some(by)) => {
            return by.fail(Problem::Conflict("by needs newest, the number of tags".to_owned()));
        }
        (None, None) => {}
    }
    Ok(set)
}

fn filter(node: &Node, below: Option<&RepositoryName>) -> Read<Filter> {
    only_known(node.table("repositories")?, REPOSITORIES)?;
    let name = |word: Word<'_>| {
        word.parse(|text| {
            let fail = |source| Problem::Reference { text: text.to_owned(), source };
            let name: RepositoryName = text.parse().map_err(fail)?;
            match below.filter(|path| !text.starts_with(&format!("{path}/"))) {
                Some(path) => Err(Problem::Conflict(format!("{name} is not below {path}/"))),
                None => Ok(text.to_owned()),
            }
        })
    };
    Ok(Filter {
        names: words(node, "names")?.into_iter().map(name).collect::<Read<_>>()?,
        patterns: patterns(node, "glob", "regex")?,
        exclude: patterns(node, "exclude", "exclude-regex")?,
    })
}

fn rewrite(node: &Node) -> Read<Rewrite> {
    only_known(node.table("rewrite")?, REWRITE)?;
    let Some(expression) = node.get("regex") else { return node.fail(Problem::MissingKey("regex")) };
    let Some(replacement) = node.get("with") else { return node.fail(Problem::MissingKey("with")) };
    let root = match node.get("slash").map_or(Ok(false), |flag| flag.flag("slash"))? {
        true => Root::Slash,
        false => Root::Bare,
    };
    let replacement = replacement.word("with")?.text;
    expression.word("regex")?.parse(|text| Rewrite::new(text, replacement, root))
}

/// Returns the strings of a key, none if it is missing.
fn words<'a>(node: &'a Node, key: &str) -> Read<Vec<Word<'a>>> {
    node.get(key).map_or(Ok(Vec::new()), |value| value.words(key))
}

/// Reads the globs of a key, and then the regular expressions of another.
fn patterns(node: &Node, glob: &str, regex: &str) -> Read<Vec<Pattern>> {
    let globs = words(node, glob)?.into_iter().map(|word| word.parse(Pattern::glob));
    let regexes = words(node, regex)?.into_iter().map(|word| word.parse(Pattern::regex));
    globs.chain(regexes).collect()
}

fn tags(node: &Node, key: &str) -> Read<Vec<Tag>> {
    node.words(key)?.into_iter().map(|word| word.parse(tag)).collect()
}

/// Parses the name of a tag.
pub(super) fn tag(text: &str) -> Result<Tag, Problem> {
    text.parse().map_err(|source| Problem::Reference { text: text.to_owned(), source })
}

/// Parses `DIGEST` or `TAG@DIGEST`.
pub(super) fn pinned(text: &str) -> Result<Pinned, Problem> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (Some(tag(name)?), digest),
        None => (None, text),
    };
    // As part of a reference it gets the messages of one.
    let reference = format!("x@{digest}").parse::<Reference>();
    let reference = reference.map_err(|source| Problem::Reference { text: text.to_owned(), source })?;
    match reference.digest {
        Some(digest) => Ok(Pinned { digest, tag: name }),
        None => Err(Problem::Value {
            key: "digests".to_owned(),
            expected: "a digest such as sha256:… or a tag with a digest",
            found: text.to_owned(),
        }),
    }
}

impl TagSet {
    /// Returns the set of one image.
    pub(super) fn of(image: Reference) -> Self {
        match (image.digest, image.tag) {
            (Some(digest), tag) => Self { digests: vec![Pinned { digest, tag }], ..Self::default() },
            (None, tag) => Self { names: tag.into_iter().collect(), ..Self::default() },
        }
    }
}
