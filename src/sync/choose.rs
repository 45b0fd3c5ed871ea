//! A rule's choice among the tags of a repository.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::recipe::Rule;
use super::tags::{Dates, Pinned, Stage, TagSet, Verdicts};
use crate::reference::Tag;

/// The tags of a repository that a rule selects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// The selected tags: those of the list in its order, then those that the list does not have.
    pub kept: Vec<Tag>,
    /// Images that are selected by digest.
    pub pinned: Vec<Pinned>,
    /// The tags of the list that are not selected, by the last step that one of them has reached.
    pub dropped: Vec<Dropped>,
}

/// The tags that one step dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The step.
    pub stage: Stage,
    /// The tags, in the order of the list.
    pub tags: Vec<Tag>,
}

impl Rule {
    /// Reports whether the registry's list of tags is needed.
    pub fn needs_list(&self) -> bool {
        self.tags.is_empty() || self.tags.iter().any(TagSet::needs_list)
    }

    /// Returns the tags whose dates decide which are selected. Empty if dates do not matter.
    pub fn dated(&self, tags: &[Tag]) -> Vec<Tag> {
        let mut undecided = HashSet::new();
        let _ = self.pass::<()>(tags, None, &mut undecided);
        let mut dated: Vec<Tag> = tags.iter().filter(|tag| undecided.remove(*tag)).cloned().collect();
        dated.extend(undecided);
        dated
    }

    /// Selects tags from a repository's list of tags. `dates` has those of [`dated`](Self::dated), in any type that
    /// orders them.
    pub fn choose<D: Ord>(&self, tags: &[Tag], dates: &HashMap<Tag, D>) -> Chosen {
        self.pass(tags, Some(dates), &mut HashSet::new())
    }

    /// Applies all sets. Tags with a missing date count as selected and are added to `undecided`.
    fn pass<D: Ord>(&self, tags: &[Tag], dates: Dates<'_, D>, undecided: &mut HashSet<Tag>) -> Chosen {
        let mut seen = HashSet::new();
        let mut all: Vec<&Tag> = tags.iter().filter(|tag| seen.insert(*tag)).collect();
        let listed = all.len();
        all.extend(self.tags.iter().flat_map(|set| &set.names).filter(|tag| seen.insert(*tag)));
        let mut fates: Vec<Option<Stage>> = vec![None; all.len()];
        if let Some((first, others)) = self.tags.split_first() {
            let mut note = |verdicts: Verdicts| {
                undecided.extend(verdicts.undecided.iter().map(|index| all[*index].clone()));
                verdicts.dropped
            };
            // Tags that the registry does not list are in the sets that name them only.
            let select = |set: &TagSet| {
                let (known, named) = all.split_at(listed);
                let mut verdicts = set.select(known, dates);
                let names: HashSet<&Tag> = set.names.iter().collect();
                let fate = |tag: &&Tag| (!names.contains(*tag)).then_some(Stage::NotMatched);
                verdicts.dropped.extend(named.iter().map(fate));
                verdicts
            };
            fates = note(select(first));
            for set in others {
                for (fate, other) in fates.iter_mut().zip(note(select(set))) {
                    *fate = fate.zip(other).map(|(one, other)| one.max(other));
                }
            }
        }
        for set in &self.keep {
            let left: Vec<usize> = (0..all.len()).filter(|index| fates[*index].is_none()).collect();
            let selected: Vec<&Tag> = left.iter().map(|index| all[*index]).collect();
            let verdicts = set.select(&selected, dates);
            undecided.extend(verdicts.undecided.iter().map(|index| selected[*index].clone()));
            for (index, fate) in left.into_iter().zip(verdicts.dropped) {
                fates[index] = fate;
            }
        }
        self.chosen(&all, &fates)
    }

    fn chosen(&self, tags: &[&Tag], fates: &[Option<Stage>]) -> Chosen {
        let mut chosen = Chosen::default();
        let mut dropped: BTreeMap<Stage, Vec<Tag>> = BTreeMap::new();
        for (tag, fate) in tags.iter().zip(fates) {
            match fate {
                None => chosen.kept.push((*tag).clone()),
                Some(stage) => dropped.entry(*stage).or_default().push((*tag).clone()),
            }
        }
        let mut seen = HashSet::new();
        let pinned = self.tags.iter().flat_map(|set| &set.digests);
        chosen.pinned = pinned.filter(|pinned| seen.insert(*pinned)).cloned().collect();
        chosen.dropped = dropped.into_iter().map(|(stage, tags)| Dropped { stage, tags }).collect();
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Newest, Order, Origin, Pattern, Range, Template};
    use std::num::NonZeroUsize;

    use super::*;

    fn tags(text: &str) -> Vec<Tag> {
        text.split_whitespace().map(|tag| tag.parse().unwrap()).collect()
    }

    fn rule(sets: &[TagSet]) -> Rule {
        let name = "registry.example/app".parse::<crate::reference::Reference>().unwrap().name;
        let target = Template::parse("mirror.example/app").unwrap();
        Rule { tags: sets.to_vec(), ..Rule::new(Origin::Repository(name), vec![target]) }
    }

    fn globs(text: &str) -> Vec<Pattern> {
        text.split_whitespace().map(|glob| Pattern::glob(glob).unwrap()).collect()
    }

    fn newest(count: usize, by: Order) -> Option<Newest> {
        Some(Newest { count: NonZeroUsize::new(count).unwrap(), by })
    }

    fn kept(rule: &Rule, list: &str) -> String {
        let chosen = rule.choose::<u8>(&tags(list), &HashMap::new());
        chosen.kept.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_rule_without_sets_selects_every_tag_once() {
        assert_eq!(kept(&rule(&[]), "a b a"), "a b");
        assert_eq!(kept(&rule(&[TagSet::default()]), "a b"), "a b");
        assert!(rule(&[]).needs_list() && rule(&[TagSet::default()]).needs_list());
    }

    #[test]
    fn each_step_drops_tags_and_names_are_added() {
        let set = TagSet {
            names: tags("edge stable"),
            patterns: globs("*.*"),
            semver: vec![Range::parse(">=1.2").unwrap()],
            exclude: globs("*.9"),
            newest: newest(2, Order::Semver),
            ..TagSet::default()
        };
        let list = tags("1.1 1.2 1.3 v1.4 1.9 2.0 latest edge a.b");
        let chosen = rule(&[set]).choose::<u8>(&list, &HashMap::new());
        assert_eq!(chosen.kept, tags("v1.4 2.0 edge stable"));
        let dropped = |stage, of: &str| Dropped { stage, tags: tags(of) };
        assert_eq!(
            chosen.dropped,
            [
                dropped(Stage::NotMatched, "latest"),
                dropped(Stage::NoSemver, "a.b"),
                dropped(Stage::OutOfRange, "1.1"),
                dropped(Stage::Excluded, "1.9"),
                dropped(Stage::NotNewest, "1.2 1.3"),
            ]
        );
    }

    #[test]
    fn sets_are_joined_and_a_tag_is_dropped_by_the_step_that_it_reached_last() {
        let one = TagSet { patterns: globs("1.*"), exclude: globs("1.3"), ..TagSet::default() };
        let two = TagSet { patterns: globs("2.*"), ..TagSet::default() };
        let chosen = rule(&[one, two]).choose::<u8>(&tags("1.2 1.3 2.0 3.0"), &HashMap::new());
        assert_eq!(chosen.kept, tags("1.2 2.0"));
        let stages: Vec<_> = chosen.dropped.iter().map(|dropped| dropped.stage).collect();
        assert_eq!(stages, [Stage::NotMatched, Stage::Excluded]);
    }

    #[test]
    fn names_and_digests_alone_need_no_list_and_select_nothing_else() {
        let digest = crate::digest::Digest::sha256(b"x");
        let set = TagSet {
            names: tags("1.0"),
            digests: vec![Pinned { digest, tag: None }; 2],
            ..TagSet::default()
        };
        assert!(!rule(std::slice::from_ref(&set)).needs_list());
        let chosen = rule(std::slice::from_ref(&set)).choose::<u8>(&tags("2.0"), &HashMap::new());
        assert_eq!((chosen.kept, chosen.pinned.len()), (tags("1.0"), 1));
        let with_newest = TagSet { newest: newest(1, Order::Semver), ..set };
        assert!(with_newest.needs_list());
        assert_eq!(kept(&rule(&[with_newest]), "2.0 3.0"), "3.0 1.0");
    }

    #[test]
    fn what_joined_sets_select_is_narrowed_by_keep() {
        let mut rule = rule(&[
            TagSet { names: tags("9.0"), ..TagSet::default() },
            TagSet { patterns: globs("1.*"), ..TagSet::default() },
        ]);
        rule.keep = vec![
            TagSet { exclude: globs("*-rc*"), ..TagSet::default() },
            TagSet { newest: newest(2, Order::Semver), ..TagSet::default() },
        ];
        assert_eq!(kept(&rule, "1.1 1.2 1.3 1.4-rc1 7.0"), "1.3 9.0");
    }

    #[test]
    fn the_newest_versions_are_ordered_by_version_and_then_by_name() {
        let set = TagSet { newest: newest(3, Order::Semver), ..TagSet::default() };
        assert_eq!(kept(&rule(&[set]), "1.9 1.10 1.10.0 1.10-rc1 latest v1.10"), "1.10 1.10.0 v1.10");
    }

    #[test]
    fn the_newest_by_date_need_dates_only_if_there_are_more() {
        let set = TagSet { patterns: globs("b*"), newest: newest(2, Order::Date), ..TagSet::default() };
        let rule = rule(&[set]);
        assert_eq!(rule.dated(&tags("b1 b2 c")), []);
        let list = tags("b1 b2 b3 b4 c");
        assert_eq!(rule.dated(&list), tags("b1 b2 b3 b4"));
        let dates = HashMap::from(
            [("b1", 30), ("b2", 10), ("b3", 20)].map(|(tag, date)| (tag.parse().unwrap(), date)),
        );
        assert_eq!(rule.choose(&list, &dates).kept, tags("b1 b3"));
        let same: HashMap<Tag, u8> = list.iter().map(|tag| (tag.clone(), 1)).collect();
        assert_eq!(rule.choose(&list, &same).kept, tags("b3 b4"));
    }

    #[test]
    fn dates_are_asked_for_tags_that_the_list_does_not_have_too() {
        let mut rule = rule(&[TagSet { names: tags("x y"), ..TagSet::default() }]);
        rule.keep = vec![TagSet { newest: newest(1, Order::Date), ..TagSet::default() }];
        let mut dated = rule.dated(&tags("x z"));
        dated.sort();
        assert_eq!(dated, tags("x y"));
    }
}
