//! Rows with a selection, a filter and an order.

use std::cmp::Reverse;
use std::ops::Range;

use super::entry::Entry;

/// The maximum number of rows of a view. They take some 30 MB.
pub(super) const ENTRIES_MAX: usize = 100_000;

/// The order of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// As they came.
    #[default]
    Given,
    /// By name.
    Name,
    /// The largest first.
    Size,
    /// The newest first.
    Date,
}

impl Order {
    /// Returns the word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Given => "unsorted",
            Self::Name => "by name",
            Self::Size => "by size",
            Self::Date => "by date",
        }
    }
}

/// Rows, those of them that the filter shows, and the selected one.
#[derive(Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    /// The numbers of the rows that are shown, in their order.
    shown: Vec<usize>,
    /// A position in `shown`.
    selected: usize,
    filter: String,
    order: Order,
    largest: u64,
    is_cut: bool,
}

impl List {
    /// Adds rows. Those beyond [`ENTRIES_MAX`] are left out.
    pub(super) fn append(&mut self, mut entries: Vec<Entry>) {
        let room = ENTRIES_MAX - self.entries.len();
        self.is_cut |= entries.len() > room;
        entries.truncate(room);
        let first = self.entries.len();
        self.entries.extend(entries);
        self.measure();
        if self.order == Order::Given {
            let fits = |number: &usize| contains(&self.entries[*number].name, &self.filter);
            self.shown.extend((first..self.entries.len()).filter(fits));
        } else {
            self.arrange();
        }
    }

    /// Replaces all rows. The position of the selected row stays.
    pub(super) fn replace(&mut self, entries: Vec<Entry>) {
        let (filter, selected) = (std::mem::take(&mut self.filter), self.selected);
        *self = Self { filter, order: self.order, ..Self::default() };
        self.append(entries);
        self.select(selected);
    }

    /// Replaces rows by those with the same names. They keep their marks.
    pub(super) fn update(&mut self, mut news: Vec<Entry>) {
        news.sort_by(|one, other| one.name.cmp(&other.name));
        for entry in &mut self.entries {
            if let Ok(found) = news.binary_search_by(|new| new.name.cmp(&entry.name)) {
                *entry = Entry { is_marked: entry.is_marked, ..news[found].clone() };
            }
        }
        self.measure();
        if self.order != Order::Given {
            self.arrange();
        }
    }

    fn measure(&mut self) {
        self.largest = self.entries.iter().filter_map(|entry| entry.size).max().unwrap_or(0);
    }

    /// Shows only rows whose names contain a text, in upper or lower case.
    pub(super) fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        self.arrange();
    }

    /// Sorts the rows.
    pub(super) fn set_order(&mut self, order: Order) {
        self.order = order;
        self.arrange();
    }

    /// Chooses and sorts what is shown. The selected row stays selected as long as it is shown.
    fn arrange(&mut self) {
        let selected = self.shown.get(self.selected).copied();
        let entries = &self.entries;
        let fits = |number: &usize| contains(&entries[*number].name, &self.filter);
        self.shown = (0..entries.len()).filter(fits).collect();
        match self.order {
            Order::Given => {}
            Order::Name => self.shown.sort_by(|one, other| entries[*one].name.cmp(&entries[*other].name)),
            Order::Size => self.shown.sort_by_key(|number| Reverse(entries[*number].size)),
            Order::Date => self.shown.sort_by_key(|number| Reverse(entries[*number].date)),
        }
        let place = selected.and_then(|selected| self.shown.iter().position(|number| *number == selected));
        self.selected = place.unwrap_or(0);
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// Returns the size of the largest row in bytes.
    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// Reports whether rows were left out.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the number of all rows.
    pub(super) fn total(&self) -> usize {
        self.entries.len()
    }

    /// Returns the number of the rows that are shown.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// Returns the position of the selected row among those that are shown.
    pub(super) fn selected(&self) -> usize {
        self.selected
    }

    /// Selects the row at a position, or the last one.
    pub(super) fn select(&mut self, position: usize) {
        self.selected = position.min(self.shown.len().saturating_sub(1));
    }

    /// Returns the row at a position among those that are shown.
    pub(super) fn get(&self, position: usize) -> Option<&Entry> {
        self.shown.get(position).map(|number| &self.entries[*number])
    }

    /// Returns the selected row.
    pub(super) fn current(&self) -> Option<&Entry> {
        self.get(self.selected)
    }

    /// Marks the selected row, or removes its mark.
    pub(super) fn toggle_mark(&mut self) {
        if let Some(number) = self.shown.get(self.selected) {
            let entry = &mut self.entries[*number];
            entry.is_marked = !entry.is_marked;
        }
    }

    /// Removes all marks. Reports whether there was one.
    pub(super) fn unmark(&mut self) -> bool {
        let mut any = false;
        for entry in &mut self.entries {
            any |= std::mem::take(&mut entry.is_marked);
        }
        any
    }

    /// Returns the marked rows, as they came.
    pub(super) fn marked(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_marked)
    }

    /// Returns the positions that are visible in so many lines, from the first visible one so far. The selected
    /// row is among them.
    pub(super) fn visible(&self, top: usize, lines: usize) -> Range<usize> {
        let lines = lines.max(1);
        let least = (self.selected + 1).saturating_sub(lines);
        let most = self.shown.len().saturating_sub(lines).max(least);
        let top = top.clamp(least, self.selected.max(least)).min(most);
        top..(top + lines).min(self.shown.len())
    }
}

/// Reports whether a name contains a text, in upper or lower case.
fn contains(name: &str, text: &str) -> bool {
    text.is_empty() || name.to_lowercase().contains(&text.to_lowercase())
}
