//! What keys mean.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::kind::Kind;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    /// Clear the filter, else the marks, else go back.
    Clear,
    Filter,
    Sort,
    Mark,
    Difference,
    Delete,
    /// Copy the command of a client.
    Copy(Client),
    Retry,
    Help,
    Quit,
    Interrupt,
    Suspend,
    Redraw,
}

/// A program that pulls images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Docker,
    Regcli,
}

impl Action {
    /// Returns what a key means outside of texts.
    pub(super) fn of(key: KeyEvent) -> Option<Self> {
        if let Some(action) = Self::of_control(key) {
            return Some(action);
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return None;
        }
        Some(match key.code {
            KeyCode::Up | KeyCode::Char('k') => Self::Up,
            KeyCode::Down | KeyCode::Char('j') => Self::Down,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home | KeyCode::Char('g') => Self::First,
            KeyCode::End | KeyCode::Char('G') => Self::Last,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l' | 'v') => Self::Open,
            KeyCode::Left | KeyCode::Backspace | KeyCode::Char('h') => Self::Back,
            KeyCode::Esc => Self::Clear,
            KeyCode::Char('/') => Self::Filter,
            KeyCode::Char('s') => Self::Sort,
            KeyCode::Char('m' | ' ') => Self::Mark,
            KeyCode::Char('d') => Self::Difference,
            KeyCode::Char('x') | KeyCode::Delete => Self::Delete,
            KeyCode::Char('y') => Self::Copy(Client::Docker),
            KeyCode::Char('Y') => Self::Copy(Client::Regcli),
            KeyCode::Char('r') => Self::Retry,
            KeyCode::Char('?') | KeyCode::F(1) => Self::Help,
            KeyCode::Char('q') => Self::Quit,
            _ => return None,
        })
    }

    /// Returns what a key means everywhere.
    pub(super) fn of_control(key: KeyEvent) -> Option<Self> {
        if key.modifiers != KeyModifiers::CONTROL {
            return None;
        }
        match key.code {
            KeyCode::Char('c') => Some(Self::Interrupt),
            KeyCode::Char('z') => Some(Self::Suspend),
            KeyCode::Char('l') => Some(Self::Redraw),
            _ => None,
        }
    }
}

/// Returns the keys that do something in a view, the most useful first.
pub(super) fn keys(kind: &Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Registries | Kind::Repositories(_) => {
            &[("Enter", "open"), ("/", "filter"), ("s", "sort"), ("?", "help"), ("q", "quit")]
        }
        Kind::Search(_) => &[("/", "search"), ("Enter", "open"), ("?", "help"), ("q", "quit")],
        Kind::Tags(_) => &[
            ("Enter", "open"),
            ("/", "filter"),
            ("s", "sort"),
            ("m", "mark"),
            ("d", "diff"),
            ("x", "delete"),
            ("y", "copy"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Kind::Store | Kind::Image(_) => &[
            ("Enter", "open"),
            ("/", "filter"),
            ("s", "sort"),
            ("m", "mark"),
            ("d", "diff"),
            ("y", "copy"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Kind::Files(..) | Kind::Folder(..) => {
            &[("Enter", "open"), ("v", "view"), ("/", "filter"), ("s", "sort"), ("?", "help"), ("q", "quit")]
        }
        Kind::Text(..) | Kind::Difference(_) | Kind::Help => {
            &[("Left", "back"), ("/", "filter"), ("q", "quit")]
        }
        Kind::Deletion(..) => &[("Enter", "confirm"), ("Esc", "back")],
    }
}
