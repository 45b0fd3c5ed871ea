//! A line of text that is being typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::kind::Kind;

/// The maximum length of a typed text, in characters.
const LENGTH_MAX: usize = 300;

/// What a typed text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Only rows with it are shown, or found.
    Filter,
    /// It confirms a deletion.
    Confirmation,
}

/// A text that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typing {
    pub(super) purpose: Purpose,
    pub(super) text: String,
}

/// What a key did to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The text changed.
    Changed,
    /// The text is complete.
    Finished,
    /// The text is not wanted.
    Cancelled,
    /// The key has another meaning.
    Nothing,
}

impl Typing {
    /// Returns the text that a view wants to be typed first.
    pub(super) fn first(kind: &Kind) -> Option<Self> {
        let purpose = match kind {
            Kind::Deletion(..) => Purpose::Confirmation,
            Kind::Search(_) => Purpose::Filter,
            _ => return None,
        };
        Some(Self { purpose, text: String::new() })
    }

    /// Applies a key to the text.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let is_control = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => Typed::Finished,
            KeyCode::Esc => Typed::Cancelled,
            KeyCode::Backspace if self.text.pop().is_none() => Typed::Cancelled,
            KeyCode::Backspace => Typed::Changed,
            KeyCode::Char('u') if is_control => {
                self.text.clear();
                Typed::Changed
            }
            KeyCode::Char(c) if !is_control && self.text.chars().count() < LENGTH_MAX => {
                self.text.push(c);
                Typed::Changed
            }
            _ => Typed::Nothing,
        }
    }
}
