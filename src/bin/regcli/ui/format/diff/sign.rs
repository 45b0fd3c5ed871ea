//! The signs of differences, and lines with an old and a new value.

use crate::ui::format::charset::Charset;
use crate::ui::format::table::columns;

/// How differences are drawn.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// The columns of the terminal, or those that are assumed for a file.
    pub(crate) width: usize,
    /// The characters.
    pub(crate) charset: Charset,
}

impl View {
    /// Returns the text between an old and a new value.
    pub(super) fn arrow(self) -> &'static str {
        match self.charset {
            Charset::Utf8 => " → ",
            Charset::Ascii => " -> ",
        }
    }

    /// Returns a changed value on one line, or on two more if that is too wide.
    pub(super) fn change(self, label: &str, old: Option<String>, new: Option<String>) -> String {
        let line = match (old, new) {
            (Some(old), Some(new)) => {
                let line = format!("  ~ {label}{old}{}{new}", self.arrow());
                match columns(&line) <= self.width {
                    true => line,
                    false => format!("  ~ {}\n      - {old}\n      + {new}", label.trim_end()),
                }
            }
            (Some(old), None) => format!("  - {label}{old}"),
            (None, Some(new)) => format!("  + {label}{new}"),
            (None, None) => return String::new(),
        };
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_takes_one_line_if_it_fits() {
        let view = |width| View { width, charset: Charset::Utf8 };
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(view(18).change("User  ", value("a"), value("bcd")), "  ~ User  a → bcd\n");
        assert_eq!(view(10).change("User  ", value("a"), value("bcd")), "  ~ User\n      - a\n      + bcd\n");
        assert_eq!(view(9).change("User  ", None, value("b")), "  + User  b\n");
    }
}
