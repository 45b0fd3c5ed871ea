//! The YAML of `skopeo sync --src yaml`. Where the images go is on the command line.

use super::error::Problem;
use super::limits::RULES_LIMIT;
use super::origin::Origin;
use super::own;
use super::pattern::Pattern;
use super::range::Range;
use super::recipe::{Credential, Login, Reason, Recipe, Rule, Transport};
use super::tags::TagSet;
use super::template::Template;
use super::tree::{Entry, Lossy, Node, Read, Word};
use crate::reference::{Name, Reference};

/// The keys of a registry.
pub(super) const REGISTRY: &[&str] =
    &["images", "images-by-tag-regex", "images-by-semver", "credentials", "tls-verify", "cert-dir"];

const LOSSY: Lossy = Lossy {
    kept: &["images", "images-by-tag-regex", "images-by-semver", "credentials", "tls-verify"],
    lost: &[("cert-dir", Reason::Access)],
};

const CREDENTIALS: Lossy = Lossy { kept: &["username", "password"], lost: &[] };

/// Reads a file. All images go to `target`.
pub(super) fn read(top: &Node, target: &Template) -> Read<Recipe> {
    let mut recipe = Recipe::default();
    for registry in top.entries() {
        recipe.losses.extend(LOSSY.losses(registry.value.table(&registry.key)?));
        recipe.logins.extend(login(registry, &mut recipe.losses)?);
        for key in ["images", "images-by-tag-regex", "images-by-semver"] {
            for entry in registry.value.get(key).map_or(Ok(&[][..]), |images| images.table(key))? {
                let text = format!("{}/{}", registry.key, entry.key);
                let name = Word { text: &text, place: entry.place }.parse(repository)?;
                let mut rule = Rule::new(Origin::Repository(name), vec![target.clone()]);
                rule.tags = tags(entry, key)?.into_iter().collect();
                recipe.rules.push(rule);
                if recipe.rules.len() > RULES_LIMIT {
                    return entry.place.fail(Problem::TooMany);
                }
            }
        }
    }
    Ok(recipe)
}

fn login(registry: &Entry, losses: &mut Vec<super::recipe::Loss>) -> Read<Option<Login>> {
    let is_verified = registry.value.get("tls-verify").map_or(Ok(true), |flag| flag.flag("tls-verify"))?;
    let transport = if is_verified { Transport::Verified } else { Transport::Unverified };
    let mut login = Login { registry: registry.key.clone(), credential: None, transport };
    if let Some(node) = registry.value.get("credentials") {
        losses.extend(CREDENTIALS.losses(node.table("credentials")?));
        let text = |key| node.get(key).map_or(Ok(""), |value| Ok(value.word(key)?.text));
        let (user, password) = (text("username")?, text("password")?);
        if !user.is_empty() {
            login.credential = Some(Credential { user: user.to_owned(), password: password.into() });
        }
    }
    Ok((login.credential.is_some() || !is_verified).then_some(login))
}

fn repository(text: &str) -> Result<Name, Problem> {
    let reference = text.parse::<Reference>();
    let reference = reference.map_err(|source| Problem::Reference { text: text.to_owned(), source })?;
    if reference.is_name_only() {
        Ok(reference.name)
    } else {
        Err(Problem::Conflict(format!(
            "{text} has a tag or a digest; write it in the list of its repository"
        )))
    }
}

/// Returns the tags of a repository; `None` means all.
fn tags(entry: &Entry, key: &str) -> Read<Option<TagSet>> {
    let mut set = TagSet::default();
    match key {
        "images" => {
            for word in entry.value.words(&entry.key)? {
                // A digest has a colon, which a tag cannot have.
                if word.text.contains(':') {
                    set.digests.push(word.parse(own::pinned)?);
                } else {
                    set.names.push(word.parse(own::tag)?);
                }
            }
        }
        "images-by-semver" => set.semver.push(entry.value.word(&entry.key)?.parse(Range::parse)?),
        _ => set.patterns.push(entry.value.word(&entry.key)?.parse(Pattern::regex)?),
    }
    Ok((set != TagSet::default()).then_some(set))
}
