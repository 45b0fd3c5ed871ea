//! How the parts of the screen look: without colours, by bold and reversed text only.

use ratatui::style::{Color, Modifier, Style};

use crate::ui::format::charset::Charset;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) charset: Charset,
    pub(super) has_colours: bool,
}

impl Look {
    /// Returns the style of the first and the last line.
    pub(super) fn edge(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns the style of the names of columns.
    pub(super) fn heading(self) -> Style {
        self.coloured(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Returns the style of the selected row.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns the style of marked rows.
    pub(super) fn marked(self) -> Style {
        self.coloured(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// Returns the style of bars.
    pub(super) fn bar(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// Returns the style of errors.
    pub(super) fn error(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn coloured(self, colour: Color) -> Style {
        if self.has_colours { Style::new().fg(colour) } else { Style::new() }
    }

    /// Returns what separates the parts of the path.
    pub(super) fn separator(self) -> &'static str {
        match self.charset {
            Charset::Utf8 => " › ",
            Charset::Ascii => " > ",
        }
    }
}
