//! Scopes: the rights of a token. See the [distribution token
//! specification](https://distribution.github.io/distribution/spec/auth/scope/).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::reference::RepositoryName;

/// An action on a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Read.
    Pull,
    /// Write. Requires `Pull` as well.
    Push,
    /// Delete.
    Delete,
    /// Everything, in GitLab's words.
    Any,
}

impl Action {
    /// All actions that a user can ask for.
    pub const ALL: [Self; 3] = [Self::Pull, Self::Push, Self::Delete];

    /// Returns the name of the action on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::Any => "*",
        }
    }
}

/// A set of scopes in a fixed order, so that equal sets are the same key in a cache of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scopes {
    repositories: BTreeMap<String, BTreeSet<Action>>,
    others: BTreeSet<String>,
}

impl Scopes {
    /// Returns the empty set, as for a login or a ping.
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns the scope for listing repositories.
    pub fn catalog() -> Self {
        Self { others: ["registry:catalog:*".to_owned()].into(), ..Self::default() }
    }

    /// Returns the scopes for reading `repository`.
    pub fn pull(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull])
    }

    /// Returns the scopes for reading and writing `repository`.
    pub fn push(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull, Action::Push])
    }

    /// Returns the scopes for deleting from `repository`.
    pub fn delete(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull, Action::Delete])
    }

    /// Returns the scopes for deleting from `repository` where the right is called `*`, as at GitLab.
    pub fn all(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull, Action::Delete, Action::Any])
    }

    /// Returns the scopes for these actions on `repository`.
    pub fn of(repository: &RepositoryName, actions: &[Action]) -> Self {
        let actions = actions.iter().copied().collect();
        Self { repositories: [(repository.to_string(), actions)].into(), ..Self::default() }
    }

    /// Returns the union of both sets.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (repository, actions) in other.repositories {
            self.repositories.entry(repository).or_default().extend(actions);
        }
        self.others.extend(other.others);
        self
    }

    /// Adds the scopes of a challenge, separated by spaces, as far as they concern the repositories of this
    /// set.
    ///
    /// A registry may name any scope, and the token is sent back to it: foreign scopes are left out. For a
    /// repository of this set, the same actions are accepted in another class (`repository(plugin):x:pull`),
    /// and so is the reading of metadata, which Azure requires for a list of tags.
    #[must_use]
    pub fn and_challenged(mut self, scope: &str) -> Self {
        let named: Vec<String> =
            scope.split_ascii_whitespace().filter_map(|text| self.concerned(text)).collect();
        self.others.extend(named);
        self
    }

    /// Returns what a scope of a challenge adds to this set, or `None` if it adds nothing or is not allowed
    /// to.
    fn concerned(&self, scope: &str) -> Option<String> {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let held = self.repositories.get(name)?;
        let is_same_class = kind == "repository";
        if !is_same_class && !is_class_of_repositories(kind) {
            return None;
        }
        let is_held = |action: &str| held.iter().any(|held| held.name() == action);
        let is_new = |action: &&str| match *action {
            METADATA => held.contains(&Action::Pull),
            action => is_held(action) && !is_same_class,
        };
        let actions: Vec<&str> = actions.split(',').filter(is_new).collect();
        (!actions.is_empty()).then(|| format!("{kind}:{name}:{}", actions.join(",")))
    }

    /// Returns the values of the `scope` parameters, one for each scope.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        let repositories = self.repositories.iter().map(|(name, actions)| {
            let actions: Vec<&str> = actions.iter().map(|action| action.name()).collect();
            format!("repository:{name}:{}", actions.join(","))
        });
        repositories.chain(self.others.iter().cloned())
    }
}

/// The action that Azure's registries require for a list of tags.
const METADATA: &str = "metadata_read";

/// Reports whether `kind` is `repository(CLASS)`.
fn is_class_of_repositories(kind: &str) -> bool {
    let class = kind.strip_prefix("repository(").and_then(|rest| rest.strip_suffix(')'));
    class.is_some_and(|class| !class.is_empty() && class.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scopes_of_one_repository_become_one() {
        let name: RepositoryName = "team/app".parse().unwrap();
        let scopes = Scopes::pull(&name).and(Scopes::push(&name)).and(Scopes::pull(&"base".parse().unwrap()));
        assert_eq!(scopes.to_string(), "repository:base:pull repository:team/app:pull,push");
    }

    #[test]
    fn s9_a_challenge_adds_only_what_the_command_is_about() {
        let scopes = Scopes::pull(&"a".parse().unwrap());
        for foreign in [
            "repository:a:pull",
            "repository:a:push,pull,delete repository:a:*",
            "repository:victim/private:pull,push,delete",
            "repository(plugin):victim:pull repository():a:pull repository(x y):a:pull",
            "registry:catalog:* admin:a:pull aws a: : :: repository:a: repository:a:,",
            "repository:a:metadata_write",
        ] {
            assert_eq!(scopes.clone().and_challenged(foreign), scopes, "{foreign}");
        }
        assert_eq!(
            scopes
                .and_challenged("repository(plugin):a:pull,push repository:a:pull,metadata_read")
                .to_string(),
            "repository:a:pull repository(plugin):a:pull repository:a:metadata_read"
        );
        let push = Scopes::push(&"a".parse().unwrap());
        assert_eq!(push.clone().and_challenged("repository:a:push,pull repository:a:pull"), push);
    }

    fn scopes() -> impl Strategy<Value = Scopes> {
        let actions = prop::sample::subsequence(Action::ALL.to_vec(), 1..=3);
        let repositories = prop::collection::vec(("[a-c]/[a-c]", actions), 0..4);
        (repositories, any::<bool>()).prop_map(|(repositories, catalog)| {
            let begun = if catalog { Scopes::catalog() } else { Scopes::none() };
            repositories.into_iter().fold(begun, |scopes, (name, actions)| {
                scopes.and(Scopes::of(&name.parse().unwrap(), &actions))
            })
        })
    }

    proptest! {
        #[test]
        fn what_was_asked_for_is_not_asked_for_twice(one in scopes(), other in scopes()) {
            prop_assert_eq!(one.clone().and_challenged(&one.to_string()), one.clone());
            prop_assert_eq!(one.clone().and(other.clone()), other.clone().and(one.clone()));
            let both = one.clone().and(other.clone());
            prop_assert_eq!(both.clone().and_challenged(&one.to_string()).and_challenged(&other.to_string()), both);
        }

        #[test]
        fn s9_no_challenge_brings_a_repository_or_a_right_that_was_not_asked_for(
            text in "([a-z]{1,4}(:[a-z/]{1,5}){0,2} {0,2}|repository:[a-c]/[a-c]:(pull|push|delete|[*]) ){0,5}",
            asked in scopes(),
        ) {
            let with = asked.clone().and_challenged(&text);
            prop_assert_eq!(&with.clone().and_challenged(&text), &with);
            prop_assert_eq!(&with.repositories, &asked.repositories);
            prop_assert_eq!(Scopes::none().and_challenged(&text), Scopes::none());
        }
    }
}
