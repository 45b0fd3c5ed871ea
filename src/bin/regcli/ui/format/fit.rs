//! Tables on a terminal that is too narrow for them: cells are cut, so that each row stays one line.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::charset::Charset;
use super::table::{align, cell_width, ellipsis};

/// Where a cell loses text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// For sentences, whose beginning says the most.
    End,
    /// For names, URLs and paths, which differ at both ends.
    Middle,
}

/// A column whose cells may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flexible {
    pub(crate) cut: Cut,
    /// The minimum width that is left.
    pub(crate) min: usize,
}

impl Flexible {
    /// Creates a column of sentences.
    pub(crate) const fn end(min: usize) -> Self {
        Self { cut: Cut::End, min }
    }

    /// Creates a column of names.
    pub(crate) const fn middle(min: usize) -> Self {
        Self { cut: Cut::Middle, min }
    }
}

/// Aligns a table: as wide as it is for a program, and within `columns` for a terminal.
pub(crate) fn table(text: &str, columns: Option<usize>, flexible: &[Option<Flexible>]) -> String {
    columns.map_or_else(|| align(text), |columns| fitted(text, columns, flexible, Charset::of_locale()))
}

/// Aligns a table whose cells end in tabs, as [`align`] does, within `columns`. Text is first taken from the column that
/// has the most above its minimum. If no column has any left, the ends of lines are cut.
///
/// `flexible` has an item for each column that may be cut; the columns after its last one are kept.
fn fitted(text: &str, columns: usize, flexible: &[Option<Flexible>], charset: Charset) -> String {
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let widths = Widths::of(&rows).reduced(columns, flexible);
    let mut fitting = String::with_capacity(text.len());
    for row in rows {
        let cells = row.iter().zip(&widths.0).enumerate();
        let cells = cells.map(|(index, (cell, width))| match flexible.get(index) {
            Some(Some(Flexible { cut, .. })) => cut.to(cell, *width),
            Some(None) | None => (*cell).to_owned(),
        });
        fitting.push_str(&cells.collect::<Vec<_>>().join("\t"));
        fitting.push('\n');
    }
    let aligned = align(&fitting);
    let lines = aligned.lines().map(|line| match line.trim_end().width() <= columns {
        true => line.to_owned() + "\n",
        false => ellipsis(line, columns) + "\n",
    });
    let shown: String = lines.collect();
    match charset {
        Charset::Utf8 => shown,
        Charset::Ascii => shown.replace('…', "~"),
    }
}

impl Cut {
    /// Cuts a cell to `columns` columns.
    fn to(self, cell: &str, columns: usize) -> String {
        match self {
            _ if cell.width() <= columns => cell.to_owned(),
            Self::End => ellipsis(cell, columns),
            Self::Middle => middle(cell, columns),
        }
    }
}

/// Keeps both ends of a text, the end with at most half of the columns.
fn middle(text: &str, columns: usize) -> String {
    let tail = columns.saturating_sub(1) / 2;
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= tail
    };
    let kept = text.chars().rev().take_while(fits).map(char::len_utf8).sum::<usize>();
    let (start, end) = text.split_at(text.len() - kept);
    ellipsis(start, columns.saturating_sub(end.width())) + end
}

/// The width of each column.
struct Widths(Vec<usize>);

impl Widths {
    fn of(rows: &[Vec<&str>]) -> Self {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest =
            |index: usize| rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width()).max();
        Self((0..count).map(|index| widest(index).unwrap_or(0)).collect())
    }

    fn total(&self) -> usize {
        let (last, others) = self.0.split_last().map_or((0, &[][..]), |(last, others)| (*last, others));
        others.iter().map(|width| cell_width(*width)).sum::<usize>() + last
    }

    /// Takes as much from the flexible columns as the table is too wide.
    fn reduced(mut self, columns: usize, flexible: &[Option<Flexible>]) -> Self {
        // No cell is wider than the terminal, which also limits the steps below.
        for (width, _) in self.0.iter_mut().zip(flexible).filter(|(_, flexible)| flexible.is_some()) {
            *width = (*width).min(columns);
        }
        while self.total() > columns {
            let rest = |(index, flexible): (usize, &Option<Flexible>)| {
                Some((self.0.get(index)?.saturating_sub(flexible.as_ref()?.min), index))
            };
            match flexible.iter().enumerate().filter_map(rest).max() {
                Some((1.., index)) => self.0[index] -= 1,
                Some((0, _)) | None => break,
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Option<Flexible> = Some(Flexible::middle(12));
    const WORDS: Option<Flexible> = Some(Flexible::end(9));

    #[test]
    fn a_table_that_fits_stays_as_it_is() {
        let text = "IMAGE\tSTATUS\nubuntu\tcurrent\n";
        assert_eq!(fitted(text, 17, &[NAME, WORDS], Charset::Utf8), align(text));
    }

    #[test]
    fn the_longest_cells_are_cut_first_and_no_row_is_wider_than_the_terminal() {
        let text = "IMAGE\tSTATUS\tWHY\n\
                    registry.example.com/team/app:1.2.3-alpine\tcurrent\tno\n\
                    ubuntu\toutdated\tthe registry did not respond\n";
        assert_eq!(
            fitted(text, 50, &[NAME, None, WORDS], Charset::Utf8),
            "IMAGE                  STATUS     WHY\n\
             registry.e….3-alpine   current    no\n\
             ubuntu                 outdated   the registry di…\n"
        );
        for columns in 20..120 {
            let shown = fitted(text, columns, &[NAME, None, WORDS], Charset::Utf8);
            assert!(shown.lines().all(|line| line.trim_end().width() <= columns), "{columns}:\n{shown}");
        }
    }

    #[test]
    fn a_table_that_no_cut_makes_narrow_enough_loses_the_ends_of_its_lines() {
        let text = "A\tB\n1234567890\t1234567890\n";
        assert_eq!(fitted(text, 16, &[], Charset::Utf8), "A            B\n1234567890   12…\n");
        assert_eq!(fitted(text, 16, &[], Charset::Ascii), "A            B\n1234567890   12~\n");
    }

    #[test]
    fn a_name_keeps_both_ends_and_wide_characters_are_counted() {
        assert_eq!(middle("0123456789", 5), "01…89");
        assert_eq!(middle("0123456789", 6), "012…89");
        assert_eq!(middle("镜像仓库客户端", 7), "镜像…端");
        assert_eq!(Cut::Middle.to("short", 5), "short");
    }
}
