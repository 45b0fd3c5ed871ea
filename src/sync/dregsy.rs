//! The configuration of dregsy.
//!
//! Its expressions have to fit the whole name, and the path begins with a slash where it is replaced. All kinds of
//! `tags` are joined, then each `keep` narrows the result.

use base64::Engine as _;

use super::error::Problem;
use super::limits::RULES_LIMIT;
use super::origin::{Origin, Source};
use super::own;
use super::pattern::Pattern;
use super::range::{Prereleases, Range};
use super::recipe::{Credential, Login, Reason, Recipe, Rule, Transport};
use super::tags::{Newest, Order, TagSet};
use super::template::{Rewrite, Root, Template};
use super::tree::{Lossy, Node, Read, Word};
use crate::config::Secret;
use crate::image::Platform;

const TOP: Lossy = Lossy {
    kept: &["tasks"],
    lost: &[
        ("relay", Reason::Program),
        ("skopeo", Reason::Program),
        ("docker", Reason::Program),
        ("dockerhost", Reason::Program),
        ("api-version", Reason::Program),
        ("lister", Reason::Tuning),
        ("watch", Reason::Schedule),
    ],
};

const TASK: Lossy = Lossy {
    kept: &["name", "source", "target", "mappings"],
    lost: &[("interval", Reason::Schedule), ("verbose", Reason::Program)],
};

const LOCATION: Lossy = Lossy {
    kept: &["registry", "auth", "skip-tls-verify"],
    lost: &[("auth-refresh", Reason::Access), ("lister", Reason::Program)],
};

const MAPPING: Lossy = Lossy { kept: &["from", "to", "tags", "digests", "platform"], lost: &[] };

/// Begins a value that is a regular expression.
const REGEX: &str = "regex:";

/// What is not a version for dregsy, and is one for others: fewer than three numbers with a suffix, `1.27-alpine`.
const SHORT: &str = r"^v?[0-9]+(\.[0-9]+)?-";

/// Reads a file.
pub(super) fn read(top: &Node) -> Read<Recipe> {
    let mut recipe = Recipe { losses: TOP.losses(top.entries()), ..Recipe::default() };
    let tasks = top.get("tasks").map_or(Ok(&[][..]), |tasks| tasks.list("tasks"))?;
    if let Some(task) = tasks.get(RULES_LIMIT) {
        return task.fail(Problem::TooMany);
    }
    for task in tasks {
        recipe.losses.extend(TASK.losses(task.table("tasks")?));
        let source = location(task, "source", &mut recipe)?;
        let target = location(task, "target", &mut recipe)?;
        for mapping in task.get("mappings").map_or(Ok(&[][..]), |mappings| mappings.list("mappings"))? {
            recipe.losses.extend(MAPPING.losses(mapping.table("mappings")?));
            recipe.rules.push(rule(mapping, source, target)?);
            if recipe.rules.len() > RULES_LIMIT {
                return mapping.fail(Problem::TooMany);
            }
        }
    }
    Ok(recipe)
}

/// Reads one end of a task, and returns its registry.
fn location<'a>(task: &'a Node, key: &'static str, recipe: &mut Recipe) -> Read<&'a str> {
    let Some(node) = task.get(key) else { return task.fail(Problem::MissingKey(key)) };
    recipe.losses.extend(LOCATION.losses(node.table(key)?));
    let Some(registry) = node.get("registry") else { return node.fail(Problem::MissingKey("registry")) };
    let registry = registry.word("registry")?.text;
    let is_unverified = node.get("skip-tls-verify").map_or(Ok(false), |flag| flag.flag("skip-tls-verify"))?;
    let transport = if is_unverified { Transport::Unverified } else { Transport::Verified };
    let auth = node.get("auth").map(|auth| auth.word("auth")).transpose()?;
    let auth = auth.filter(|auth| !auth.text.is_empty() && auth.text != "none");
    let credential = auth.map(|auth| auth.parse(credential)).transpose()?;
    let login = Login { registry: registry.to_owned(), credential, transport };
    let says_something = login.credential.is_some() || is_unverified;
    if says_something && !recipe.logins.contains(&login) {
        recipe.logins.push(login);
    }
    Ok(registry)
}

/// Reads a user name and a password: JSON in Base64.
fn credential(text: &str) -> Result<Credential, Problem> {
    #[derive(serde::Deserialize)]
    struct Auth {
        username: String,
        password: Secret,
    }
    // What is wrong is not shown: it is a secret.
    let fail = || Problem::Value {
        key: "auth".to_owned(),
        expected: "none, or {\"username\": …, \"password\": …} in Base64",
        found: "…".to_owned(),
    };
    let decoded = base64::engine::general_purpose::STANDARD.decode(text.trim()).map_err(|_| fail())?;
    let auth: Auth = serde_json::from_slice(&decoded).map_err(|_| fail())?;
    Ok(Credential { user: auth.username, password: auth.password })
}

fn rule(mapping: &Node, source: &str, target: &str) -> Read<Rule> {
    let Some(from) = mapping.get("from") else { return mapping.fail(Problem::MissingKey("from")) };
    let from = from.word("from")?;
    let to = mapping.get("to").map(|to| to.word("to")).transpose()?.filter(|to| !to.text.is_empty());
    let mut rule = match from.text.strip_prefix(REGEX) {
        Some(expression) => from_many(from, expression, &format!("{source}/"))?,
        None => from_one(from, source)?,
    };
    let is_one = matches!(rule.source, Origin::Repository(_));
    let path = slashed(from.text);
    let text = match to.map(|to| (to, to.text.strip_prefix(REGEX))) {
        None if is_one => path,
        None => "/{repository}".to_owned(),
        Some((to, None)) if is_one => slashed(to.text),
        Some((to, None)) => format!("{}/{{repository}}", slashed(to.text)),
        Some((to, Some(replacing))) => {
            let rewrite = to.parse(|_| rewrite(replacing))?;
            if is_one {
                to.parse(|_| Ok(slashed(&rewrite.replaced(&path))))?
            } else {
                rule.rewrite = Some(rewrite);
                "/{repository}".to_owned()
            }
        }
    };
    let target =
        Word { text: &format!("{target}{text}"), place: to.unwrap_or(from).place }.parse(Template::parse)?;
    rule.targets = vec![target];
    select(mapping, &mut rule)?;
    if let Some(platform) = mapping.get("platform") {
        let platform = platform.word("platform")?;
        if !matches!(platform.text, "" | "all") {
            rule.platforms = vec![platform.parse(|text| text.parse::<Platform>().map_err(Problem::from))?];
        }
    }
    Ok(rule)
}

/// Returns the rule for one repository, still without targets.
fn from_one(from: Word<'_>, registry: &str) -> Read<Rule> {
    let source = from.parse(|text| Source::parse(&format!("{registry}{}", slashed(text))))?;
    match source.image {
        None => Ok(Rule::new(source.origin, Vec::new())),
        Some(image) => from.place.fail(Problem::Conflict(format!("{image} has a tag; write it in tags"))),
    }
}

/// Returns the rule for the repositories that match, still without targets.
fn from_many(from: Word<'_>, expression: &str, registry: &str) -> Read<Rule> {
    let mut source = from.parse(|_| Source::parse(registry))?;
    if let Origin::Registry { repositories, .. } = &mut source.origin {
        repositories.patterns = vec![from.parse(|_| Pattern::regex(&anchored(expression)))?];
    }
    Ok(Rule::new(source.origin, Vec::new()))
}

/// Parses `EXPRESSION,REPLACEMENT`.
fn rewrite(text: &str) -> Result<Rewrite, Problem> {
    match text.split_once(',') {
        Some((expression, replacement)) => Rewrite::new(expression, replacement, Root::Slash),
        None => {
            Err(Problem::Pattern { text: text.to_owned(), reason: "the replacement is missing".to_owned() })
        }
    }
}

/// Reads `tags` and `digests`.
fn select(mapping: &Node, rule: &mut Rule) -> Read<()> {
    let mut literal = TagSet::default();
    let mut ranges = TagSet { prereleases: Prereleases::All, ..TagSet::default() };
    let mut matching = TagSet::default();
    let mut others = Vec::new();
    for word in mapping.get("tags").map_or(Ok(Vec::new()), |tags| tags.words("tags"))? {
        let text = word.text;
        if let Some(range) = text.strip_prefix("semver:") {
            ranges.semver.push(word.parse(|_| Range::parse(range.trim()))?);
        } else if let Some(expression) = text.strip_prefix(REGEX) {
            match word.parse(|_| matched(expression))? {
                set if set.exclude.is_empty() => matching.patterns.extend(set.patterns),
                set => others.push(set),
            }
        } else if let Some(narrowing) = text.strip_prefix("keep:") {
            rule.keep.push(word.parse(|_| kept(narrowing.trim()))?);
        } else if text.contains(':') {
            literal.digests.push(word.parse(own::pinned)?);
        } else {
            literal.names.push(word.parse(own::tag)?);
        }
    }
    for word in mapping.get("digests").map_or(Ok(Vec::new()), |digests| digests.words("digests"))? {
        literal.digests.push(word.parse(own::pinned)?);
    }
    if !ranges.semver.is_empty() {
        ranges.exclude.push(Word { text: SHORT, place: mapping.place }.parse(Pattern::regex)?);
    }
    let is_used = |set: &TagSet| {
        !(set.names.is_empty() && set.digests.is_empty() && set.semver.is_empty() && set.patterns.is_empty())
    };
    rule.tags = [literal, ranges, matching].into_iter().filter(is_used).chain(others).collect();
    Ok(())
}

/// Parses `EXPRESSION` or `!EXPRESSION`.
fn matched(text: &str) -> Result<TagSet, Problem> {
    let text = text.trim();
    match text.strip_prefix('!') {
        Some(unwanted) => {
            Ok(TagSet { exclude: vec![Pattern::regex(&anchored(unwanted))?], ..TagSet::default() })
        }
        None => Ok(TagSet { patterns: vec![Pattern::regex(&anchored(text))?], ..TagSet::default() }),
    }
}

/// Parses `latest N` or an expression.
fn kept(text: &str) -> Result<TagSet, Problem> {
    let Some(count) = text.strip_prefix("latest").filter(|rest| rest.starts_with(' ')) else {
        return matched(text);
    };
    match count.trim().parse() {
        Ok(count) => Ok(TagSet { newest: Some(Newest { count, by: Order::Semver }), ..TagSet::default() }),
        Err(_) => Err(Problem::Value {
            key: "keep".to_owned(),
            expected: "an expression, or latest and a number of at least 1",
            found: text.to_owned(),
        }),
    }
}

/// Returns an expression that has to fit the whole name.
fn anchored(expression: &str) -> String {
    let start = if expression.starts_with('^') { "" } else { "^" };
    let end = if expression.ends_with('$') { "" } else { "$" };
    format!("{start}{expression}{end}")
}

/// Returns a path with a slash at its beginning.
fn slashed(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}
