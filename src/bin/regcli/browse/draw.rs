//! Draws the visible view. Every text is safe already; what does not fit is cut.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::action;
use super::columns::Column;
use super::entry::Entry;
use super::kind::Kind;
use super::layout::Layout;
use super::list::{ENTRIES_MAX, Order};
use super::message::Trouble;
use super::model::Model;
use super::open::DELETE;
use super::style::Look;
use super::typing::{Purpose, Typing};
use super::view::{Phase, View, pieces};
use crate::ui::format::bar::bar;
use crate::ui::format::wrap::wrapped;
use crate::ui::format::{table, units};

/// The columns of sizes: `1.15GB`.
const SIZE: usize = 7;

/// The columns of bars.
const BAR: usize = 10;

/// The columns of dates: `About a minute ago`.
const DATE: usize = 18;

/// The columns of numbers.
const NUMBER: usize = 5;

/// The columns of a name at most, if there is more to show.
const NAME_MAX: usize = 40;

/// The columns of a name at least.
const NAME_MIN: usize = 12;

/// The gap between columns.
const GAP: usize = 2;

/// The columns in front of rows, for the selection and the mark.
const MARGIN: usize = 2;

/// A screen that is being drawn.
pub(super) struct Screen<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) look: Look,
    pub(super) now: Timestamp,
}

impl Screen<'_> {
    /// Draws all of the screen.
    pub(super) fn draw(&mut self, model: &Model) {
        let (layout, view) = (model.layout(), model.view());
        if let Some(line) = layout.title {
            let titles: Vec<_> = model.stack.iter().map(|view| view.title.as_str()).collect();
            let path = titles.join(self.look.separator());
            self.line(line, &format!(" {}", self.end_of(&path, 1)), self.look.edge());
        }
        for (line, text) in layout.header.clone().zip(&view.header) {
            self.line(line, &format!(" {text}"), Style::new());
        }
        self.rows(view, &layout);
        if let Some(line) = layout.status {
            let (text, style) = self.status(model);
            self.line(line, &text, style);
        }
        if let Some(line) = layout.keys {
            self.line(line, &self.keys(view), self.look.edge());
        }
    }

    fn width(&self) -> usize {
        usize::from(self.buffer.area.width)
    }

    /// Writes one line, filled up with spaces.
    fn line(&mut self, line: u16, text: &str, style: Style) {
        if line < self.buffer.area.height {
            let width = self.width();
            let text = self.cut(text, width);
            let padding = " ".repeat(width.saturating_sub(table::columns(&text)));
            self.buffer.set_stringn(0, line, text + &padding, width, style);
        }
    }

    /// Cuts a text at its end.
    fn cut(&self, text: &str, columns: usize) -> String {
        match self.look.charset {
            _ if columns == 0 => String::new(),
            crate::ui::format::charset::Charset::Utf8 => table::ellipsis(text, columns),
            crate::ui::format::charset::Charset::Ascii => table::ellipsis(text, columns).replace('…', "~"),
        }
    }

    /// Cuts a path at its beginning, because its end says where the user is.
    fn end_of(&self, text: &str, margin: usize) -> String {
        let room = self.width().saturating_sub(2 * margin);
        if table::columns(text) <= room {
            return text.to_owned();
        }
        let mut kept = text;
        while table::columns(kept) + 1 > room && !kept.is_empty() {
            kept = &kept[kept.chars().next().map_or(0, char::len_utf8)..];
        }
        self.cut("…", 1) + kept
    }

    fn rows(&mut self, view: &View, layout: &Layout) {
        let visible = view.visible(layout.rows.len());
        let entries: Vec<_> = visible.clone().filter_map(|row| view.list.get(row)).collect();
        let widths = Widths::of(view.columns, &entries, self.width().saturating_sub(MARGIN));
        if let Some(line) = layout.columns {
            let head: Vec<_> = widths.0.iter().map(|(column, _)| header(*column).to_owned()).collect();
            let text = format!("  {}", self.joined(&widths, &head));
            self.line(line, &text, self.look.heading());
        }
        if view.is_document() {
            let width = self.width();
            let pieces = entries.iter().flat_map(|entry| pieces(&entry.name, width));
            for (line, piece) in layout.rows.clone().zip(pieces) {
                self.line(line, piece, Style::new());
            }
        } else {
            for (line, (row, entry)) in layout.rows.clone().zip(visible.zip(entries)) {
                self.row(
                    line,
                    Row { view, widths: &widths, entry, is_selected: row == view.list.selected() },
                );
            }
        }
        if let Phase::Failed(trouble) = &view.phase {
            self.trouble(trouble, view, layout);
        }
    }

    /// Draws an error: in place of rows, or over the last ones.
    fn trouble(&mut self, trouble: &Trouble, view: &View, layout: &Layout) {
        let width = self.width().saturating_sub(2);
        let mut text = wrapped(&format!("error: {}", trouble.text), width, 2);
        if let Some(hint) = &trouble.hint {
            text = format!("{text}\n{}", wrapped(&format!("hint: {hint}"), width, 2));
        }
        let count = u16::try_from(text.lines().count()).unwrap_or(u16::MAX);
        let first = match view.list.len() {
            0 => layout.rows.start,
            _ => layout.rows.end.saturating_sub(count).max(layout.rows.start),
        };
        for (line, text) in (first..layout.rows.end).zip(text.lines()) {
            self.line(line, &format!(" {text}"), self.look.error());
        }
    }

    fn row(&mut self, line: u16, row: Row<'_>) {
        let Row { view, widths, entry, is_selected } = row;
        let cells: Vec<_> = widths.0.iter().map(|(column, _)| self.cell(*column, entry, view)).collect();
        let sign = |is_set: bool, sign: char| if is_set { sign } else { ' ' };
        let margin = format!("{}{}", sign(is_selected, '>'), sign(entry.is_marked, '*'));
        let style = match (is_selected, entry.is_marked) {
            (true, _) => self.look.selected(),
            (false, true) => self.look.marked(),
            (false, false) => Style::new(),
        };
        self.line(line, &(margin + &self.joined(widths, &cells)), style);
        if !is_selected && let Some((at, width)) = widths.bar() {
            let area = ratatui::layout::Rect {
                x: u16::try_from(at + MARGIN).unwrap_or(u16::MAX),
                y: line,
                width: u16::try_from(width).unwrap_or(0),
                height: 1,
            };
            self.buffer.set_style(area.intersection(self.buffer.area), self.look.bar());
        }
    }

    fn cell(&self, column: Column, entry: &Entry, view: &View) -> String {
        let size = entry.size.map_or_else(String::new, units::size);
        match column {
            Column::Name(_) => entry.name.clone(),
            Column::Size => format!("{size:>SIZE$}"),
            Column::Bar => entry.size.map_or_else(String::new, |size| {
                bar(size, view.list.largest(), BAR as u32, self.look.charset)
            }),
            Column::Date(_) => {
                entry.date.map_or_else(String::new, |date| units::ago(&date.to_string(), self.now))
            }
            Column::Number(_) => format!("{:>NUMBER$}", entry.text),
            Column::Text(_) => entry.text.clone(),
        }
    }

    /// Joins the cells of a row.
    fn joined(&self, widths: &Widths, cells: &[String]) -> String {
        let mut text = String::new();
        for ((_, width), cell) in widths.0.iter().zip(cells) {
            let cell = self.cut(cell, *width);
            let padding = (width + GAP).saturating_sub(table::columns(&cell));
            text.push_str(&cell);
            text.push_str(&" ".repeat(padding));
        }
        text.trim_end().to_owned()
    }

    /// Returns the line above the keys: what is typed, what went wrong, or how much there is.
    fn status(&self, model: &Model) -> (String, Style) {
        let view = model.view();
        if let Some(Typing { purpose, text }) = &model.typing
            && model.status.is_none()
        {
            let prompt = match purpose {
                Purpose::Filter => "/".to_owned(),
                Purpose::Confirmation => prompt(view),
            };
            return (format!(" {prompt}{text}_"), Style::new());
        }
        if let Some(status) = &model.status {
            return (format!(" {status}"), Style::new());
        }
        let counted = counted(view);
        match &view.phase {
            Phase::Failed(_) => (format!(" failed: r retries  {counted}"), self.look.error()),
            Phase::Loading(text) => {
                let what = if text.is_empty() { "loading" } else { text };
                let seconds = if view.seconds > 0 { format!(" {} s", view.seconds) } else { String::new() };
                let what = model.wait.clone().unwrap_or_else(|| format!("{what}...{seconds}"));
                (format!(" {what}  {counted}"), Style::new())
            }
            Phase::Done(Some(text)) => (format!(" {text}  {counted}"), Style::new()),
            Phase::Done(None) => (format!(" {counted}"), Style::new()),
        }
    }

    /// Returns the last line, with as many keys as fit.
    fn keys(&self, view: &View) -> String {
        let mut text = String::from(" ");
        for (key, meaning) in action::keys(&view.kind) {
            let next = format!("{key} {meaning}  ");
            if table::columns(&text) + table::columns(next.trim_end()) > self.width() {
                break;
            }
            text.push_str(&next);
        }
        text.trim_end().to_owned()
    }
}

/// A row to draw.
#[derive(Clone, Copy)]
struct Row<'a> {
    view: &'a View,
    widths: &'a Widths,
    entry: &'a Entry,
    is_selected: bool,
}

/// Returns what has to be typed to delete.
fn prompt(view: &View) -> String {
    match &view.kind {
        Kind::Deletion(reference, Some(_)) => {
            let tag = reference.tag.as_ref().map_or("", |tag| tag.as_str());
            format!("Type {DELETE} or {tag}: ")
        }
        _ => String::new(),
    }
}

/// Returns how many rows there are, and which are shown in which order.
fn counted(view: &View) -> String {
    let list = &view.list;
    if matches!(view.kind, Kind::Deletion(..)) {
        return String::new();
    }
    let position = if list.len() == 0 { 0 } else { list.selected() + 1 };
    let mut text = format!("{position}/{}", list.len());
    if list.len() < list.total() {
        text = format!("{text} of {}", list.total());
    }
    if !list.filter().is_empty() {
        text = format!("{text}  filter: {}", crate::ui::format::safe::safe(list.filter()));
    }
    if list.order() != Order::Given {
        text = format!("{text}  {}", list.order().word());
    }
    if list.is_cut() {
        text = format!("{text}  only the first {ENTRIES_MAX} are shown");
    }
    text
}

fn header(column: Column) -> &'static str {
    match column {
        Column::Name(title) | Column::Date(title) | Column::Number(title) | Column::Text(title) => title,
        Column::Size => "   SIZE",
        Column::Bar => "",
    }
}

/// The columns that fit, each with its width.
struct Widths(Vec<(Column, usize)>);

impl Widths {
    /// Chooses columns for the visible rows. On narrow screens bars go first, then dates and texts.
    fn of(columns: &[Column], entries: &[&Entry], width: usize) -> Self {
        let mut columns = columns.to_vec();
        let least = |columns: &[Column]| -> usize {
            columns.iter().map(|column| fixed(*column).unwrap_or(NAME_MIN) + GAP).sum()
        };
        let dropped: [fn(&Column) -> bool; 5] = [
            |column| *column == Column::Bar,
            |column| matches!(column, Column::Date(_)),
            |column| matches!(column, Column::Number(_)),
            |column| matches!(column, Column::Text(_)),
            |column| *column == Column::Size,
        ];
        for drop in dropped {
            if least(&columns) > width + GAP {
                columns.retain(|column| !drop(column));
            }
        }
        let taken: usize = columns.iter().filter_map(|column| Some(fixed(*column)? + GAP)).sum();
        let mut room = (width + GAP).saturating_sub(taken);
        let texts = columns.iter().filter(|column| matches!(column, Column::Text(_))).count();
        let longest = entries.iter().map(|entry| table::columns(&entry.name)).max().unwrap_or(0);
        let name = match texts {
            0 => room.saturating_sub(GAP),
            _ => longest.clamp(NAME_MIN, NAME_MAX).min((room / 2).max(NAME_MIN)),
        };
        room = room.saturating_sub(name + GAP);
        let width = |column: &Column| match column {
            Column::Name(_) => name,
            Column::Text(_) => room.saturating_sub(GAP),
            other => fixed(*other).unwrap_or(0),
        };
        Self(columns.iter().map(|column| (*column, width(column))).collect())
    }

    /// Returns where the bar begins, and its width.
    fn bar(&self) -> Option<(usize, usize)> {
        let before = self.0.iter().take_while(|(column, _)| *column != Column::Bar);
        let at = before.map(|(_, width)| width + GAP).sum();
        self.0.iter().any(|(column, _)| *column == Column::Bar).then_some((at, BAR))
    }
}

/// Returns the width of a column, unless it depends on the rows.
fn fixed(column: Column) -> Option<usize> {
    match column {
        Column::Name(_) | Column::Text(_) => None,
        Column::Size => Some(SIZE),
        Column::Bar => Some(BAR),
        Column::Date(_) => Some(DATE),
        Column::Number(_) => Some(NUMBER),
    }
}
