//! regsync.yml of regclient, version 1.
//!
//! Its patterns have to fit the whole name; a range selects first, then `allow`, then `deny`. Pre-releases are ordinary
//! versions. Without a tag, an image is `latest`.

use super::environment::Environment;
use super::error::Problem;
use super::limits::RULES_LIMIT;
use super::origin::{Origin, Source};
use super::pattern::{Filter, Pattern};
use super::range::{Prereleases, Range};
use super::recipe::{Credential, Login, Reason, Recipe, Referrers, Rule, Transport};
use super::tags::TagSet;
use super::template::Template;
use super::tree::{Lossy, Node, Read, Word};
use crate::image::Platform;

const TOP: Lossy = Lossy { kept: &["version", "creds", "defaults", "sync"], lost: &[] };

/// The keys of a rule and of `defaults` that are not read.
const LOST: &[(&str, Reason)] = &[
    ("schedule", Reason::Schedule),
    ("interval", Reason::Schedule),
    ("hooks", Reason::Hook),
    ("backup", Reason::Backup),
    ("referrerFilters", Reason::ReferrerSelection),
    ("referrerSource", Reason::ReferrerSelection),
    ("referrerTarget", Reason::ReferrerSelection),
    ("referrerSlow", Reason::Tuning),
    ("ratelimit", Reason::Tuning),
    ("parallel", Reason::Tuning),
    ("fastCheck", Reason::Tuning),
    ("forceRecursive", Reason::Tuning),
    ("includeExternal", Reason::Tuning),
    ("mediaTypes", Reason::Tuning),
    ("blobLimit", Reason::Tuning),
    ("cacheCount", Reason::Tuning),
    ("cacheTime", Reason::Tuning),
    ("userAgent", Reason::Tuning),
    ("skipDockerConfig", Reason::Access),
];

const DEFAULTS: Lossy = Lossy { kept: &["referrers", "digestTags"], lost: LOST };

const SYNC: Lossy = Lossy {
    kept: &[
        "source",
        "target",
        "type",
        "tags",
        "tagSets",
        "repos",
        "platform",
        "platforms",
        "referrers",
        "digestTags",
    ],
    lost: LOST,
};

const CREDS: Lossy = Lossy {
    kept: &["registry", "user", "pass", "tls", "scheme"],
    lost: &[
        ("token", Reason::Access),
        ("credHelper", Reason::Access),
        ("credExpire", Reason::Access),
        ("credHost", Reason::Access),
        ("hostname", Reason::Access),
        ("regcert", Reason::Access),
        ("clientCert", Reason::Access),
        ("clientKey", Reason::Access),
        ("pathPrefix", Reason::Access),
        ("mirrors", Reason::Access),
        ("priority", Reason::Access),
        ("repoAuth", Reason::Access),
        ("api", Reason::Access),
        ("apiOpts", Reason::Access),
        ("blobChunk", Reason::Tuning),
        ("blobMax", Reason::Tuning),
        ("reqPerSec", Reason::Tuning),
        ("reqConcurrent", Reason::Tuning),
    ],
};

const TAGS: Lossy = Lossy { kept: &["allow", "deny", "semverRange"], lost: &[] };

const REPOS: Lossy = Lossy { kept: &["allow", "deny"], lost: &[] };

/// Reads a file.
pub(super) fn read(top: &Node, environment: Environment<'_>) -> Read<Recipe> {
    let mut recipe = Recipe { losses: TOP.losses(top.entries()), ..Recipe::default() };
    if let Some(version) = top.get("version") {
        let version = version.word("version")?;
        if version.text != "1" {
            return version
                .place
                .fail(Problem::Unsupported(format!("version {} of regsync.yml", version.text)));
        }
    }
    for node in top.get("creds").map_or(Ok(&[][..]), |creds| creds.list("creds"))? {
        recipe.losses.extend(CREDS.losses(node.table("creds")?));
        recipe.logins.extend(login(node, environment)?);
    }
    let defaults = top.get("defaults");
    if let Some(defaults) = defaults {
        recipe.losses.extend(DEFAULTS.losses(defaults.table("defaults")?));
    }
    for node in top.get("sync").map_or(Ok(&[][..]), |rules| rules.list("sync"))? {
        if recipe.rules.len() == RULES_LIMIT {
            return node.fail(Problem::TooMany);
        }
        recipe.losses.extend(SYNC.losses(node.table("sync")?));
        let mut rule = rule(node, &mut recipe, environment)?;
        let is_set = |key| match node.get(key).or_else(|| defaults?.get(key)) {
            Some(flag) => flag.flag(key),
            None => Ok(false),
        };
        if is_set("referrers")? || is_set("digestTags")? {
            rule.referrers = Referrers::Carry;
        }
        recipe.rules.push(rule);
    }
    Ok(recipe)
}

fn login(node: &Node, environment: Environment<'_>) -> Read<Option<Login>> {
    let Some(registry) = node.get("registry") else { return node.fail(Problem::MissingKey("registry")) };
    let registry = registry.word("registry")?.parse(|text| rendered(text, environment))?;
    let secret = |key| match node.get(key) {
        // A file is read without its secrets too.
        Some(value) => match value.word(key)?.parse(|text| rendered(text, environment)) {
            Err(at) if matches!(at.problem, Problem::NoVariable(_)) => Ok(String::new()),
            // A password may contain what looks like a template.
            Err(at) => at.place.fail(Problem::Unsupported(format!("the template in {key}"))),
            rendered => rendered,
        },
        None => Ok(String::new()),
    };
    let (user, password) = (secret("user")?, secret("pass")?);
    let tls = node.get("tls").map(|tls| tls.word("tls")).transpose()?;
    let scheme = node.get("scheme").map(|scheme| scheme.word("scheme")).transpose()?;
    let transport = match (tls.map(|tls| tls.text), scheme.map(|scheme| scheme.text)) {
        (Some("insecure"), _) => Transport::Unverified,
        (Some("disabled"), _) | (None, Some("http")) => Transport::PlainHttp,
        (Some("enabled") | None, _) => Transport::Verified,
        (Some(other), _) => {
            let expected = "enabled, disabled or insecure";
            return node.fail(Problem::Value { key: "tls".to_owned(), expected, found: other.to_owned() });
        }
    };
    let is_known = !user.is_empty() && !password.is_empty();
    let credential = is_known.then(|| Credential { user, password: password.into() });
    let login = Login { registry, credential, transport };
    Ok((login.credential.is_some() || transport != Transport::Verified).then_some(login))
}

/// Which images a rule copies.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Image,
    Repository,
    Registry,
}

fn rule(node: &Node, recipe: &mut Recipe, environment: Environment<'_>) -> Read<Rule> {
    let kind = match node.get("type") {
        None => return node.fail(Problem::MissingKey("type")),
        Some(kind) => kind.word("type")?.parse(|text| match text {
            "image" => Ok(Kind::Image),
            "repository" => Ok(Kind::Repository),
            "registry" => Ok(Kind::Registry),
            other => Err(Problem::Value {
                key: "type".to_owned(),
                expected: "image, repository or registry",
                found: other.to_owned(),
            }),
        })?,
    };
    let Some(source) = node.get("source") else { return node.fail(Problem::MissingKey("source")) };
    let Some(target) = node.get("target") else { return node.fail(Problem::MissingKey("target")) };
    let (source, target) = (source.word("source")?, target.word("target")?);
    let parsed = source.parse(|text| {
        let text = rendered(text, environment)?;
        Source::parse(&if kind == Kind::Registry { format!("{}/", text.trim_end_matches('/')) } else { text })
    })?;
    let target = target.parse(|text| targeted(&rendered(text, environment)?, kind))?;
    let mut rule = Rule::new(parsed.origin, vec![target]);
    if kind == Kind::Image {
        let Origin::Repository(name) = &rule.source else {
            return source.parse(|text| Err(Problem::Conflict(format!("{text} is not an image"))));
        };
        let name = crate::reference::Reference { name: name.clone(), tag: None, digest: None };
        rule.tags = vec![TagSet::of(parsed.image.unwrap_or(name).or_latest())];
    } else {
        rule.tags = sets(node, recipe)?;
    }
    if let (Origin::Registry { repositories, .. }, Some(repos)) = (&mut rule.source, node.get("repos")) {
        recipe.losses.extend(REPOS.losses(repos.table("repos")?));
        let (patterns, exclude) = (anchored(repos, "allow")?, anchored(repos, "deny")?);
        *repositories = Filter { names: Vec::new(), patterns, exclude };
    }
    for key in ["platform", "platforms"] {
        for word in node.get(key).map_or(Ok(Vec::new()), |value| value.words(key))? {
            rule.platforms.push(word.parse(|text| text.parse::<Platform>().map_err(Problem::from))?);
        }
    }
    Ok(rule)
}

/// Returns the target of a rule. What only has a registry or a repository for regsync is completed.
fn targeted(text: &str, kind: Kind) -> Result<Template, Problem> {
    let has_tag = text.rsplit('/').next().unwrap_or(text).contains(':');
    match kind {
        Kind::Registry => Template::parse(&format!("{}/{{repository}}", text.trim_end_matches('/'))),
        // regsync ignores this tag.
        Kind::Repository if has_tag => {
            Template::parse(text.rsplit_once(':').map_or(text, |(before, _)| before))
        }
        Kind::Image if !has_tag => Template::parse(&format!("{text}:latest")),
        Kind::Repository | Kind::Image => Template::parse(text),
    }
}

fn sets(node: &Node, recipe: &mut Recipe) -> Read<Vec<TagSet>> {
    let several = node.get("tagSets").map_or(Ok(&[][..]), |sets| sets.list("tagSets"))?;
    let mut sets = Vec::new();
    for tags in node.get("tags").into_iter().chain(several) {
        recipe.losses.extend(TAGS.losses(tags.table("tags")?));
        let ranges = tags.get("semverRange").map_or(Ok(Vec::new()), |ranges| ranges.words("semverRange"))?;
        sets.push(TagSet {
            patterns: anchored(tags, "allow")?,
            semver: ranges.into_iter().map(|word| word.parse(range)).collect::<Read<_>>()?,
            prereleases: Prereleases::All,
            exclude: anchored(tags, "deny")?,
            ..TagSet::default()
        });
    }
    Ok(sets)
}

/// Reads the patterns of a key, which have to fit the whole name.
fn anchored(node: &Node, key: &str) -> Read<Vec<Pattern>> {
    let words = node.get(key).map_or(Ok(Vec::new()), |value| value.words(key))?;
    let pattern = |word: Word<'_>| word.parse(|text| Pattern::regex(&format!("^{text}$")));
    words.into_iter().map(pattern).collect()
}

/// Translates a range. Missing parts are zero for regsync: `>1.2` is `>1.2.0`, and `~1` is `>=1.0.0 <1.1.0`.
fn range(text: &str) -> Result<Range, Problem> {
    let fail = |part: &str| Problem::Range { text: text.to_owned(), part: part.to_owned() };
    let mut parts = Vec::new();
    for part in text.split_whitespace() {
        let operator =
            [">=", "<=", ">", "<", "=", "^", "~"].into_iter().find(|operator| part.starts_with(operator));
        let version = &part[operator.map_or(0, str::len)..];
        let low = super::range::version_of(version).ok_or_else(|| fail(part))?;
        let (major, minor, patch) = (low.major, low.minor, low.patch);
        let above = u64::saturating_add;
        parts.push(match operator.unwrap_or("=") {
            "^" if major > 0 => format!(">={low} <{}.0.0", above(major, 1)),
            "^" if minor > 0 => format!(">={low} <0.{}.0", above(minor, 1)),
            "^" => format!(">={low} <0.0.{}", above(patch, 1)),
            "~" => format!(">={low} <{major}.{}.0", above(minor, 1)),
            operator => format!("{operator}{low}"),
        });
    }
    if parts.is_empty() { Err(fail(text)) } else { Range::parse(&parts.join(" ")) }
}

/// Renders the templates of a string. Only `{{env "NAME"}}` is known.
fn rendered(text: &str, environment: Environment<'_>) -> Result<String, Problem> {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        rendered.push_str(before);
        let Some((action, after)) = after.split_once("}}") else {
            return Err(Problem::Unsupported(format!("the template {{{{{after}")));
        };
        let words = action.trim_matches('-').trim();
        let argument = words.strip_prefix("env").map(str::trim).unwrap_or_default();
        let quoted = |quote: char| argument.strip_prefix(quote)?.strip_suffix(quote);
        let name = quoted('"').or_else(|| quoted('`')).filter(|name| !name.contains(['"', '`']));
        let Some(name) = name else {
            return Err(Problem::Unsupported(format!("the template {{{{{action}}}}}")));
        };
        rendered.push_str(&environment.required(name)?);
        rest = after;
    }
    if rendered.is_empty() && rest.contains("ocidir://") {
        return Err(Problem::Unsupported("ocidir:// as a source or a target".to_owned()));
    }
    Ok(rendered + rest)
}
