//! Which line of the screen shows what. 80 columns and 24 lines are the measure; less shows less.

use std::ops::Range;

/// The size of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: u16,
    pub(super) lines: u16,
}

/// The lines of the screen. `None` is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) title: Option<u16>,
    pub(super) header: Range<u16>,
    pub(super) columns: Option<u16>,
    pub(super) rows: Range<u16>,
    pub(super) status: Option<u16>,
    pub(super) keys: Option<u16>,
}

/// The least number of lines for rows that the lines above them leave.
const ROWS_MIN: u16 = 6;

impl Layout {
    /// Divides a screen. `header` is the number of lines above the rows; `has_columns` says whether columns have
    /// names.
    pub(super) fn of(size: Size, header: usize, has_columns: Columns) -> Self {
        let lines = size.lines;
        let title = (lines >= 2).then_some(0);
        let keys = (lines >= 4).then(|| lines - 1);
        let status = (lines >= 3).then(|| lines - 1 - u16::from(keys.is_some()));
        let first = u16::from(title.is_some());
        let end = status.unwrap_or(lines);
        let room = (end - first).saturating_sub(ROWS_MIN);
        let header_end = first + room.min(u16::try_from(header).unwrap_or(u16::MAX));
        let columns = (has_columns == Columns::Named && end - header_end >= 3).then_some(header_end);
        let rows = header_end + u16::from(columns.is_some())..end;
        Self { title, header: first..header_end, columns, rows, status, keys }
    }
}

/// Whether columns have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    Named,
    Bare,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_a_place_for_rows_and_no_line_is_used_twice() {
        for lines in 1..60 {
            for header in 0..20 {
                let layout = Layout::of(Size { columns: 80, lines }, header, Columns::Named);
                let mut used: Vec<u16> = layout.header.clone().chain(layout.rows.clone()).collect();
                used.extend([layout.title, layout.columns, layout.status, layout.keys].into_iter().flatten());
                used.sort_unstable();
                assert_eq!(used, (0..lines).collect::<Vec<_>>(), "{lines} {header} {layout:?}");
                assert!(!layout.rows.is_empty(), "{lines} {header}");
            }
        }
    }
}
