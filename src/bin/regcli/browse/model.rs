//! The state of the program, and what changes it. There is no I/O here.

use ratatui::crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::action::Action;
use super::columns::Column;
use super::kind::Kind;
use super::layout::{Columns, Layout, Size};
use super::list::Order;
use super::message::{Effect, Ending, Job, Message, News, ViewId};
use super::open;
use super::rows;
use super::typing::{Purpose, Typed, Typing};
use super::view::{Phase, View};

/// How many rows the wheel of a mouse scrolls.
const WHEEL: usize = 3;

/// All that is shown.
#[derive(Debug)]
pub(super) struct Model {
    /// The views, the visible one last. There is always one.
    pub(super) stack: Vec<View>,
    pub(super) size: Size,
    /// A message for the user, until the next key.
    pub(super) status: Option<String>,
    pub(super) typing: Option<Typing>,
    /// Which server is waited for, and why.
    pub(super) wait: Option<String>,
    pub(super) next_id: ViewId,
    /// The row that was clicked last, if nothing has happened since.
    clicked: Option<usize>,
}

impl Model {
    /// Creates the state with its first view, and returns the work to do.
    pub(super) fn begin(kind: Kind, size: Size) -> (Self, Vec<Effect>) {
        let job = Job::Load(kind.clone());
        let typing = Typing::first(&kind);
        let stack = vec![View::first(kind)];
        let model = Self { stack, size, status: None, typing, wait: None, next_id: 1, clicked: None };
        (model, vec![Effect::Run(0, job)])
    }

    /// Returns the visible view.
    pub(super) fn view(&self) -> &View {
        self.stack.last().expect("the first view is never closed")
    }

    pub(super) fn view_mut(&mut self) -> &mut View {
        self.stack.last_mut().expect("the first view is never closed")
    }

    /// Returns the lines of the screen for the visible view.
    pub(super) fn layout(&self) -> Layout {
        let view = self.view();
        let is_named = view.columns.iter().any(|column| *column != Column::Name(""));
        let columns = if is_named { Columns::Named } else { Columns::Bare };
        Layout::of(self.size, view.header.len(), columns)
    }

    /// Takes a key, a click, or a new size of the terminal.
    pub(super) fn event(&mut self, event: &Event) -> Vec<Effect> {
        let mut effects = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Mouse(mouse) => self.mouse(*mouse),
            Event::Resize(columns, lines) => {
                self.size = Size { columns: *columns, lines: *lines };
                Vec::new()
            }
            Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Paste(_) => Vec::new(),
        };
        self.scroll();
        effects.extend(self.describe());
        effects
    }

    /// Takes the result of work.
    pub(super) fn message(&mut self, message: Message) -> Vec<Effect> {
        let Message { view, news } = message;
        if let News::Deleted(text) = news {
            return self.deleted(view, text);
        }
        let Some(view) = self.stack.iter_mut().find(|known| known.id == view) else { return Vec::new() };
        take(view, news);
        self.scroll();
        self.describe().into_iter().collect()
    }

    /// Counts the seconds of what is loading. `wait` is the server that is waited for.
    pub(super) fn tick(&mut self, wait: Option<String>) {
        self.wait = wait;
        for view in self.stack.iter_mut().filter(|view| view.is_loading()) {
            view.seconds += 1;
        }
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.clicked = None;
        if let Some(action) = Action::of_control(key) {
            return self.act(action);
        }
        self.status = None;
        let Some(typing) = &mut self.typing else {
            return Action::of(key).map(|action| self.act(action)).unwrap_or_default();
        };
        let (typed, Typing { purpose, text }) = (typing.key(key), typing.clone());
        match (purpose, typed) {
            (_, Typed::Nothing) => match Action::of(key) {
                Some(action @ (Action::Up | Action::Down | Action::PageUp | Action::PageDown)) => {
                    self.act(action)
                }
                Some(_) | None => Vec::new(),
            },
            (Purpose::Filter, Typed::Changed) => self.filter(text),
            (Purpose::Filter, Typed::Finished) => {
                self.typing = None;
                Vec::new()
            }
            (Purpose::Filter, Typed::Cancelled) => {
                self.typing = None;
                self.filter(String::new())
            }
            (Purpose::Confirmation, Typed::Changed) => Vec::new(),
            (Purpose::Confirmation, Typed::Finished) => self.confirm(&text),
            (Purpose::Confirmation, Typed::Cancelled) => self.back(),
        }
    }

    /// Filters the rows, or searches the registry.
    fn filter(&mut self, text: String) -> Vec<Effect> {
        let view = self.view_mut();
        match &view.kind {
            Kind::Search(registry) => {
                let (id, job) = (view.id, Job::Search(registry.clone(), text.clone()));
                view.term = text;
                (view.phase, view.seconds) = (Phase::Loading(String::new()), 0);
                vec![Effect::Abort(id), Effect::Run(id, job)]
            }
            _ => {
                view.list.set_filter(text);
                Vec::new()
            }
        }
    }

    /// Does what a key asks for.
    fn act(&mut self, action: Action) -> Vec<Effect> {
        let page = usize::from(self.layout().rows.len() as u16).max(1);
        match action {
            Action::Up => self.move_by(1, Direction::Up),
            Action::Down => self.move_by(1, Direction::Down),
            Action::PageUp => self.move_by(page, Direction::Up),
            Action::PageDown => self.move_by(page, Direction::Down),
            Action::First => self.move_by(usize::MAX, Direction::Up),
            Action::Last => self.move_by(usize::MAX, Direction::Down),
            Action::Open => return self.open(),
            Action::Back => return self.back(),
            Action::Clear => return self.clear(),
            Action::Filter => {
                let view = self.view();
                let is_search = matches!(view.kind, Kind::Search(_));
                let text = if is_search { &view.term } else { view.list.filter() }.to_owned();
                self.typing = Some(Typing { purpose: Purpose::Filter, text });
            }
            Action::Sort => self.sort(),
            Action::Mark => {
                self.view_mut().list.toggle_mark();
                self.move_by(1, Direction::Down);
            }
            Action::Difference => return self.try_to(open::difference),
            Action::Delete => return self.try_to(open::deletion),
            Action::Copy(client) => match open::command(self.view(), client) {
                Some(command) => {
                    self.status = Some(format!("Copied: {command}"));
                    return vec![Effect::Copy(command)];
                }
                None => self.status = Some("There is no image here to copy the command for".to_owned()),
            },
            Action::Retry => return self.retry(),
            Action::Help if matches!(self.view().kind, Kind::Help) => return self.back(),
            Action::Help => return self.push(Kind::Help),
            Action::Quit => return vec![Effect::Quit(Ending::Quit)],
            Action::Interrupt => return vec![Effect::Quit(Ending::Interrupted)],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return vec![Effect::Redraw],
        }
        Vec::new()
    }

    fn move_by(&mut self, rows: usize, direction: Direction) {
        let (columns, lines) = (usize::from(self.size.columns), self.layout().rows.len());
        let view = self.view_mut();
        let last = view.list.len().saturating_sub(1);
        let moved = |from: usize| match direction {
            Direction::Up => from.saturating_sub(rows),
            Direction::Down => from.saturating_add(rows).min(last),
        };
        if view.is_document() {
            // Lines scroll. The selection, which is not shown, follows.
            view.top = moved(view.top).min(view.last_top(columns, lines));
            view.list.select(view.top);
        } else {
            view.list.select(moved(view.list.selected()));
        }
    }

    /// Keeps the selected row visible.
    fn scroll(&mut self) {
        let lines = self.layout().rows.len();
        let view = self.view_mut();
        view.top = match view.is_document() {
            true => view.top.min(view.list.len().saturating_sub(1)),
            false => view.list.visible(view.top, lines).start,
        };
    }

    fn sort(&mut self) {
        let view = self.view_mut();
        let has = |wanted: fn(&Column) -> bool| view.columns.iter().any(wanted);
        let is_possible = |order: Order| match order {
            Order::Given | Order::Name => true,
            Order::Size => has(|column| *column == Column::Size),
            Order::Date => has(|column| matches!(column, Column::Date(_))),
        };
        if view.is_document() {
            return;
        }
        let orders = [Order::Given, Order::Name, Order::Size, Order::Date];
        let after = orders.into_iter().cycle().skip_while(|order| *order != view.list.order()).skip(1);
        let next = after.take(orders.len()).find(|order| is_possible(*order)).unwrap_or_default();
        view.list.set_order(next);
        self.status = Some(format!("Sorted {}", next.word()).replace("Sorted unsorted", "Not sorted"));
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.move_by(WHEEL, Direction::Up),
            MouseEventKind::ScrollDown => self.move_by(WHEEL, Direction::Down),
            MouseEventKind::Down(MouseButton::Left) => {
                let rows = self.layout().rows;
                if !rows.contains(&mouse.row) || self.view().is_document() {
                    return Vec::new();
                }
                let row = self.view().top + usize::from(mouse.row - rows.start);
                if row >= self.view().list.len() {
                    return Vec::new();
                }
                self.view_mut().list.select(row);
                if self.clicked.replace(row) == Some(row) {
                    self.clicked = None;
                    return self.open();
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

/// A direction on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// Applies what has come to a view.
fn take(view: &mut View, news: News) {
    match news {
        News::More(entries) => view.list.append(entries),
        News::All(entries) => view.list.replace(entries),
        News::Better(entries) => {
            view.is_describing = false;
            view.list.update(entries);
        }
        News::Header(lines) => view.header = lines,
        News::Columns(columns) => view.columns = columns,
        News::Progress(text) => view.phase = Phase::Loading(text),
        News::Note(text) => {
            if view.phase == Phase::Done(None) {
                view.phase = Phase::Done(Some(text));
            }
        }
        News::NoCatalog(reason) => {
            if let Kind::Repositories(registry) = &view.kind {
                view.kind = Kind::Search(registry.clone());
                view.columns = Column::of(&view.kind);
            }
            view.phase = Phase::Done(Some(reason));
        }
        News::Files(tree) => {
            view.list.replace(rows::folder(&tree, super::file_tree::ROOT));
            let missing = tree.missing();
            view.kind = Kind::Folder(tree, super::file_tree::ROOT);
            view.phase = Phase::Done(missing);
        }
        News::Found(target) => {
            if let Kind::Deletion(_, found) = &mut view.kind {
                *found = Some(target);
            }
        }
        News::Deleted(_) => {}
        News::Done(text) => view.phase = Phase::Done(text),
        News::Failed(trouble) => {
            view.is_describing = false;
            view.phase = Phase::Failed(trouble);
        }
    }
}
