//! The histories of two images.

use crate::image::History;

use super::Strictness;

/// The steps of two builds that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepsDiff {
    /// The steps that only the old image has, in their order.
    pub removed: Vec<History>,
    /// The steps that only the new image has, in their order.
    pub added: Vec<History>,
    /// How many steps differ in their time only.
    pub other_times: usize,
}

impl StepsDiff {
    /// Reports whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two histories. The steps between those that both begin with, and those that both end with, differ.
pub(super) fn compare(old: &[History], new: &[History], strictness: Strictness) -> StepsDiff {
    let common = old.iter().zip(new).take_while(|(old, new)| is_same(old, new)).count();
    let (old_rest, new_rest) = (&old[common..], &new[common..]);
    let both = old_rest.iter().rev().zip(new_rest.iter().rev());
    let ending = both.take_while(|(old, new)| is_same(old, new)).count();
    let pairs = old.iter().zip(new).take(common).chain(old.iter().rev().zip(new.iter().rev()).take(ending));
    let other_times = match strictness {
        Strictness::Exact => pairs.filter(|(old, new)| old.created != new.created).count(),
        Strictness::Semantic => 0,
    };
    StepsDiff {
        removed: old_rest[..old_rest.len() - ending].to_vec(),
        added: new_rest[..new_rest.len() - ending].to_vec(),
        other_times,
    }
}

/// Reports whether two steps differ in their time at most.
fn is_same(old: &History, new: &History) -> bool {
    let parts = |step: &History| (step.created_by.clone(), step.comment.clone(), step.empty_layer);
    parts(old) == parts(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<History> {
        let step = |(number, command): (usize, &str)| History {
            created: number.to_string(),
            created_by: command.to_owned(),
            ..History::default()
        };
        text.split_whitespace().enumerate().map(step).collect()
    }

    fn told(old: &str, new: &str) -> (String, String, usize) {
        let diff = compare(&steps(old), &steps(new), Strictness::Exact);
        let text =
            |steps: Vec<History>| steps.into_iter().map(|step| step.created_by).collect::<Vec<_>>().join(" ");
        (text(diff.removed), text(diff.added), diff.other_times)
    }

    #[test]
    fn the_steps_between_a_common_beginning_and_a_common_end_differ() {
        assert_eq!(told("a b c", "a x c"), ("b".to_owned(), "x".to_owned(), 0));
        assert_eq!(told("a c", "a b b c"), (String::new(), "b b".to_owned(), 1));
        assert_eq!(told("a a a", "a a"), ("a".to_owned(), String::new(), 0));
        assert_eq!(told("", "a"), (String::new(), "a".to_owned(), 0));
        assert!(compare(&steps("a b"), &steps("a b"), Strictness::Exact).is_empty());
    }
}
