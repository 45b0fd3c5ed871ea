//! Scopes: what a token allows. See the
//! [distribution token specification](https://distribution.github.io/distribution/spec/auth/scope/).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::reference::RepositoryName;

/// What may be done with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Read.
    Pull,
    /// Write; needs `Pull` besides.
    Push,
    /// Delete.
    Delete,
}

impl Action {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Pull, Self::Push, Self::Delete];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
        }
    }
}

/// A set of scopes, in a fixed order: equal sets are the same key of a cache of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scopes {
    repositories: BTreeMap<String, BTreeSet<Action>>,
    others: BTreeSet<String>,
}

impl Scopes {
    /// No scope, as for a login or a ping.
    pub fn none() -> Self {
        Self::default()
    }

    /// The list of repositories.
    pub fn catalog() -> Self {
        Self { others: ["registry:catalog:*".to_owned()].into(), ..Self::default() }
    }

    /// Reading `repository`.
    pub fn pull(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull])
    }

    /// Reading and writing `repository`.
    pub fn push(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull, Action::Push])
    }

    /// Deleting from `repository`.
    pub fn delete(repository: &RepositoryName) -> Self {
        Self::of(repository, &[Action::Pull, Action::Delete])
    }

    /// These actions on `repository` and no other.
    pub fn of(repository: &RepositoryName, actions: &[Action]) -> Self {
        let actions = actions.iter().copied().collect();
        Self { repositories: [(repository.to_string(), actions)].into(), ..Self::default() }
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (repository, actions) in other.repositories {
            self.repositories.entry(repository).or_default().extend(actions);
        }
        self.others.extend(other.others);
        self
    }

    /// These and what a challenge's `scope` asks for, several of them separated by blanks.
    ///
    /// A scope that is named here already is not taken again: `repository:x:push,pull` adds nothing to
    /// `repository:x:pull,push`.
    #[must_use]
    pub fn and_challenged(mut self, scope: &str) -> Self {
        for text in scope.split_ascii_whitespace() {
            let parts: Vec<&str> = text.split(':').collect();
            let known = match parts[..] {
                ["repository", name, actions] => self
                    .repositories
                    .get(name)
                    .is_some_and(|held| actions.split(',').all(|a| held.iter().any(|h| h.name() == a))),
                _ => self.others.contains(text),
            };
            if !known {
                self.others.insert(text.to_owned());
            }
        }
        self
    }

    /// The value of one `scope` parameter each.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        let repositories = self.repositories.iter().map(|(name, actions)| {
            let actions: Vec<&str> = actions.iter().map(|action| action.name()).collect();
            format!("repository:{name}:{}", actions.join(","))
        });
        repositories.chain(self.others.iter().cloned())
    }
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
    fn a_challenge_adds_only_what_is_new() {
        let scopes = Scopes::push(&"a".parse().unwrap());
        assert_eq!(scopes.clone().and_challenged("repository:a:push,pull repository:a:pull"), scopes);
        assert_eq!(
            scopes.and_challenged("repository(plugin):a:pull registry:catalog:*").to_string(),
            "repository:a:pull,push registry:catalog:* repository(plugin):a:pull"
        );
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
        fn what_is_written_are_the_scopes_that_were_challenged(text in "([a-z]{1,4}(:[a-z/]{1,5}){0,2} {0,2}){0,5}") {
            let scopes = Scopes::none().and_challenged(&text);
            prop_assert_eq!(&Scopes::none().and_challenged(&scopes.to_string()), &scopes);
            prop_assert!(text.split_ascii_whitespace().all(|scope| scopes.iter().any(|written| written == scope)));
        }
    }
}
