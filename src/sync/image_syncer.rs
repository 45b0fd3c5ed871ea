//! image-syncer's two files, images and auth, and its old one with both.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::error::Problem;
use super::limits::RULES_LIMIT;
use super::origin::Origin;
use super::own;
use super::pattern::Pattern;
use super::recipe::{Credential, Login, Reason, Recipe, Rule, Transport};
use super::tags::TagSet;
use super::template::Template;
use super::tree::{Entry, Lossy, Node, Read, Value, Word};
use crate::reference::{Reference, Tag};

/// The keys at the top of the old file. The others were flags once.
const OLD: Lossy = Lossy { kept: &["auth", "images"], lost: &[] };

const AUTH: Lossy =
    Lossy { kept: &["username", "password", "insecure"], lost: &[("identityToken", Reason::Access)] };

/// Reads the old file.
pub(super) fn old(top: &Node, environment: Environment<'_>) -> Read<Recipe> {
    let mut recipe = Recipe { losses: OLD.losses(top.entries()), ..Recipe::default() };
    if let Some(node) = top.get("auth") {
        auth(node, environment, &mut recipe)?;
    }
    if let Some(node) = top.get("images") {
        images(node, environment, &mut recipe)?;
    }
    Ok(recipe)
}

/// Reads the file of credentials.
pub(super) fn auth(top: &Node, environment: Environment<'_>, recipe: &mut Recipe) -> Read<()> {
    for entry in top.table("auth")? {
        recipe.losses.extend(AUTH.losses(entry.value.table(&entry.key)?));
        let text = |key| entry.value.get(key).map_or(Ok(""), |value| Ok(value.word(key)?.text));
        let (user, password) = (environment.whole(text("username")?), environment.whole(text("password")?));
        let is_insecure = entry.value.get("insecure").map_or(Ok(false), |flag| flag.flag("insecure"))?;
        let is_known = !user.is_empty() && !password.is_empty();
        recipe.logins.push(Login {
            registry: entry.key.clone(),
            credential: is_known.then(|| Credential { user, password: password.into() }),
            transport: if is_insecure { Transport::PlainHttp } else { Transport::Verified },
        });
    }
    Ok(())
}

/// Reads the file of images.
pub(super) fn images(top: &Node, environment: Environment<'_>, recipe: &mut Recipe) -> Read<()> {
    for entry in top.table("images")? {
        recipe.rules.extend(rules(entry, environment)?);
        if recipe.rules.len() > RULES_LIMIT {
            return entry.place.fail(Problem::TooMany);
        }
    }
    Ok(())
}

/// Reads a source and its targets. Targets with tags of their own have rules of their own, because they rename.
fn rules(entry: &Entry, environment: Environment<'_>) -> Read<Vec<Rule>> {
    let source = Word { text: &entry.key, place: entry.place }.parse(selected)?;
    if matches!(entry.value.value, Value::Null | Value::Bool(_) | Value::Map(_)) {
        return entry.value.misfit(&entry.key, "a target or a list of targets");
    }
    let (mut plain, mut renaming) = (Vec::new(), Vec::new());
    for word in entry.value.words(&entry.key)? {
        let target = word.parse(|text| target(&environment.expanded(text)?))?;
        if target.tags.is_empty() {
            plain.push(target.template);
        } else {
            renaming.push(word.parse(|text| renamed(&source, target, text))?);
        }
    }
    if !plain.is_empty() {
        let mut rule = Rule::new(Origin::Repository(source.name.clone()), plain);
        rule.tags = source.tags.into_iter().collect();
        renaming.insert(0, rule);
    }
    if renaming.is_empty() {
        return entry.value.fail(Problem::Conflict(format!("{} has no target", entry.key)));
    }
    Ok(renaming)
}

/// A source: `repository`, `repository:tag,tag`, `repository@digest` or `repository:/regex/`.
struct Selected {
    name: crate::reference::Name,
    /// Which tags; `None` for all.
    tags: Option<TagSet>,
}

fn selected(text: &str) -> Result<Selected, Problem> {
    if let Some((repository, pattern)) = text.split_once(":/") {
        let Some(pattern) = pattern.strip_suffix('/') else {
            return Err(Problem::Pattern {
                text: text.to_owned(),
                reason: "the last '/' is missing".to_owned(),
            });
        };
        let set = TagSet { patterns: vec![Pattern::regex(pattern)?], ..TagSet::default() };
        return Ok(Selected { name: reference(repository)?.name, tags: Some(set) });
    }
    let mut words = text.split(',');
    let image = reference(words.next().unwrap_or_default())?;
    let others = words.map(own::tag).collect::<Result<Vec<Tag>, _>>()?;
    if !others.is_empty() && (image.tag.is_none() || image.digest.is_some()) {
        return Err(Problem::Conflict(format!("{text} has a list of tags without a first one")));
    }
    let name = image.name.clone();
    if image.is_name_only() {
        return Ok(Selected { name, tags: None });
    }
    let mut set = TagSet::of(image);
    set.names.extend(others);
    // image-syncer copies an image that has both under its digest.
    set.digests.iter_mut().for_each(|pinned| pinned.tag = None);
    Ok(Selected { name, tags: Some(set) })
}

/// A target, and its own tags.
struct Target {
    template: Template,
    tags: Vec<Tag>,
}

fn target(text: &str) -> Result<Target, Problem> {
    let mut words = text.split(',');
    let image = reference(words.next().unwrap_or_default())?;
    let tags = image.tag.into_iter().map(Ok).chain(words.map(own::tag)).collect::<Result<_, _>>()?;
    Ok(Target { template: Template::parse(&image.name.to_string())?, tags })
}

/// Returns the rule for a target that has as many tags as the source.
fn renamed(source: &Selected, target: Target, text: &str) -> Result<Rule, Problem> {
    let count = source.tags.as_ref().map_or(0, |set| set.names.len() + set.digests.len());
    if count != target.tags.len() {
        let conflict = format!("{text} has {} tags, and its source names {count}", target.tags.len());
        return Err(Problem::Conflict(conflict));
    }
    let set = source.tags.clone().unwrap_or_default();
    let mut rule = Rule::new(Origin::Repository(source.name.clone()), vec![target.template]);
    let renames: BTreeMap<Tag, Tag> = set.names.iter().cloned().zip(target.tags.iter().cloned()).collect();
    match &target.tags[..] {
        [tag] => rule.targets = vec![Template::parse(&format!("{}:{tag}", rule.targets[0]))?],
        _ => rule.rename = renames.into_iter().filter(|(from, to)| from != to).collect(),
    }
    rule.tags = vec![set];
    Ok(rule)
}

fn reference(text: &str) -> Result<Reference, Problem> {
    text.parse().map_err(|source| Problem::Reference { text: text.to_owned(), source })
}
