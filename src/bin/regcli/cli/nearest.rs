//! The most probable meaning of a mistyped word.

/// Returns the candidate that `typed` most probably stands for: the nearest one, if it is near.
///
/// The limit is one slip for every three letters. A slip is a letter too many, too few or wrong, or two
/// swapped letters. Among equally near candidates, one of the same length is preferred, then the first in
/// alphabetical order.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(LENGTH_MAX + 1).collect();
    if typed.len() > LENGTH_MAX {
        return None;
    }
    let slips = |candidate: &str| distance(&typed, &candidate.chars().collect::<Vec<_>>());
    let longer = |candidate: &str| candidate.chars().count().abs_diff(typed.len());
    let near = candidates.into_iter().map(|candidate| (slips(candidate), longer(candidate), candidate));
    let (slips, _, word) = near.min()?;
    (slips <= (typed.len() / 3).max(1) && slips < typed.len()).then_some(word)
}

/// The maximum length of a compared word, in letters, because the cost grows with the square of the length.
const LENGTH_MAX: usize = 128;

/// Returns the number of slips between two words: the optimal string alignment distance.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_if_it_is_near() {
        let commands = ["pull", "push", "images", "image", "df", "logout", "login", "tags", "tag", "rmi"];
        for (typed, meant) in [
            ("pul", Some("pull")),
            ("pulll", Some("pull")),
            ("psuh", Some("push")),
            ("imgaes", Some("images")),
            ("imagse", Some("images")),
            ("PULL", Some("pull")),
            ("tga", Some("tag")),
            ("diff", None),
            ("scout", None),
            ("imagetools", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, commands), meant, "{typed}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), commands), None);
        assert_eq!(nearest("pull", []), None);
    }
}
