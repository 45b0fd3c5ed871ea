//! Tables as Docker prints them: Go's `text/tabwriter` with a minimal cell of 10 columns and a gap of 3.
//!
//! The width of a cell is counted in columns of a terminal, where a Chinese character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The minimum width of a cell, including the gap.
const CELL_MIN: usize = 10;

/// The number of columns between two cells.
pub(crate) const GAP: usize = 3;

/// The maximum number of aligned cells in a line. Tabs beyond them are kept.
const CELLS_MAX: usize = 256;

/// Aligns lines whose cells end in tabs.
///
/// A column is as wide as its widest cell in consecutive lines that have it. The last cell of a line belongs
/// to no column, so it is neither measured nor padded.
pub(crate) fn align(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.splitn(CELLS_MAX, '\t').collect()).collect();
    let mut table = Table { widths: Vec::new(), shown: String::with_capacity(text.len() * 2) };
    table.block(&lines);
    // Every line was ended, even the empty one after the last line break.
    table.shown.pop();
    table.shown
}

/// Returns the width of a text in columns of a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Returns the width of a cell with its gap, whose column is this wide.
pub(super) fn cell_width(column: usize) -> usize {
    CELL_MIN.max(column + GAP)
}

/// Returns the total width of rows, including the gaps except the last. Assumes that headers are narrower
/// than the minimum width.
pub(crate) fn width<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> usize {
    let mut widths = [CELL_MIN; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = cell_width(cell.width()).max(*width);
        }
    }
    widths.iter().sum::<usize>().saturating_sub(GAP)
}

struct Table {
    /// The widths of the columns to the left of the current block.
    widths: Vec<usize>,
    shown: String,
}

impl Table {
    /// Writes lines that share all columns to the left.
    fn block(&mut self, lines: &[Vec<&str>]) {
        let column = self.widths.len();
        let mut rest = lines;
        while let Some(line) = rest.first() {
            let has_column = line.len() > column + 1;
            let end = rest.iter().position(|line| (line.len() > column + 1) != has_column);
            let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
            if has_column {
                let widest = run.iter().map(|line| line[column].width()).max().unwrap_or(0);
                self.widths.push(cell_width(widest));
                self.block(run);
                self.widths.pop();
            } else {
                run.iter().for_each(|line| self.line(line));
            }
            rest = after;
        }
    }

    fn line(&mut self, cells: &[&str]) {
        for (index, cell) in cells.iter().enumerate() {
            self.shown.push_str(cell);
            if let Some(width) = self.widths.get(index) {
                let padding = width.saturating_sub(cell.width());
                self.shown.extend(std::iter::repeat_n(' ', padding));
            }
        }
        self.shown.push('\n');
    }
}

/// Cuts a text to `columns` columns. A wider text ends with `…` in the last column.
pub(crate) fn ellipsis(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < columns
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_its_longest_text_and_three_columns_wide_but_at_least_ten() {
        let text = "NAME\tDESCRIPTION\tSTARS\tOFFICIAL\ncentos\tDEPRECATED; The official build of CentOS.\t7751\t[OK]\n";
        assert_eq!(
            align(text),
            "NAME      DESCRIPTION                                 STARS     OFFICIAL\n\
             centos    DEPRECATED; The official build of CentOS.   7751      [OK]\n"
        );
    }

    #[test]
    fn the_last_cell_is_not_padded_but_the_one_before_an_empty_one_is() {
        assert_eq!(align("A\tB\nansible\t134\t\n"), "A         B\nansible   134       \n");
        assert_eq!(align("one cell\nanother\n"), "one cell\nanother\n");
        assert_eq!(align(""), "");
    }

    #[test]
    fn chinese_text_takes_two_columns_a_character() {
        assert_eq!(align("中文\tx\nlatin text\ty\n"), "中文         x\nlatin text   y\n");
    }

    #[test]
    fn a_line_without_a_column_ends_it() {
        assert_eq!(
            align("a\tb\nlonger than ten\tb\n\na\tb\n"),
            "a                 b\nlonger than ten   b\n\na         b\n"
        );
    }

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        let digits = "1234567890".repeat(5);
        assert_eq!(ellipsis(&digits[..45], 45), &digits[..45]);
        assert_eq!(ellipsis(&digits[..46], 45), format!("{}…", &digits[..44]));
        let chinese = "这是一个用于生产环境的 CentOS 基础镜像，包含常用的工具和配置，欢迎使用与反馈意见";
        assert_eq!(ellipsis(chinese, 45), "这是一个用于生产环境的 CentOS 基础镜像，包含…");
        assert_eq!(ellipsis("中文中文", 4), "中…");
    }
}
