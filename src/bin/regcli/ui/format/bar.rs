//! Bars that compare sizes.

use super::charset::Charset;

/// The parts of a column, in eighths of a block from the left.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Returns a bar for `part`, scaled so that `whole` takes `columns`. Anything above zero is visible.
pub(crate) fn bar(part: u64, whole: u64, columns: u32, charset: Charset) -> String {
    let steps = match charset {
        Charset::Utf8 => 8,
        Charset::Ascii => 1,
    };
    let all = u128::from(columns * steps);
    let filled = (u128::from(part.min(whole)) * all).div_ceil(u128::from(whole.max(1)));
    let filled = usize::try_from(filled).expect("it is at most eight times the columns of a terminal");
    match charset {
        Charset::Ascii => "#".repeat(filled),
        Charset::Utf8 => {
            let last = EIGHTHS[filled % 8];
            let mut drawn = "█".repeat(filled / 8);
            drawn.extend((last != ' ').then_some(last));
            drawn
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        for (part, utf8, ascii) in
            [(0, "", ""), (1, "▏", "#"), (50, "██", "##"), (60, "██▌", "###"), (100, "████", "####")]
        {
            assert_eq!(bar(part, 100, 4, Charset::Utf8), utf8, "{part}");
            assert_eq!(bar(part, 100, 4, Charset::Ascii), ascii, "{part}");
        }
    }

    #[test]
    fn no_size_is_too_large_and_nothing_is_nothing() {
        assert_eq!(bar(u64::MAX, u64::MAX, 10, Charset::Ascii).len(), 10);
        assert_eq!(bar(7, 0, 10, Charset::Utf8), "");
        assert_eq!(bar(9, 3, 2, Charset::Ascii), "##");
    }
}
