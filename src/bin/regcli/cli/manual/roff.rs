//! The language of manual pages, man(7), as far as these pages need it.

use std::fmt::Write as _;

/// A manual page that is being written. Text between backticks is shown in bold.
pub(super) struct Page(String);

impl Page {
    /// Begins a page with its name, the section of the manual, and its subject.
    pub(super) fn begin(name: &str, section: u8, about: &str) -> Self {
        let title = escaped(name);
        let mut page = Self(format!(".TH \"{title}\" \"{section}\" \"\" \"regcli\" \"regcli manual\"\n"));
        page.section("NAME");
        let _ = writeln!(page.0, "{title} \\- {}", escaped(about));
        page
    }

    /// Begins a section.
    pub(super) fn section(&mut self, title: &str) {
        let _ = writeln!(self.0, ".SH \"{}\"", escaped(&title.to_uppercase()));
    }

    /// Adds a paragraph.
    pub(super) fn text(&mut self, text: &str) {
        self.apart();
        let _ = writeln!(self.0, "{}", line(text));
    }

    /// Adds a name with its description below it.
    pub(super) fn term(&mut self, name: &str, text: &str) {
        let _ = writeln!(self.0, ".TP\n{}\n{}", line(name), line(text));
    }

    /// Adds lines that are not changed.
    pub(super) fn verbatim(&mut self, lines: &str) {
        self.apart();
        self.0.push_str(".RS 4\n.nf\n");
        for text in lines.lines() {
            let _ = writeln!(self.0, "{}", protected(&escaped(text)));
        }
        self.0.push_str(".fi\n.RE\n");
    }

    /// Adds an empty line, unless a section has just begun.
    fn apart(&mut self) {
        let last = self.0.trim_end().rsplit('\n').next();
        if !last.is_some_and(|line| line.starts_with(".SH")) {
            self.0.push_str(".PP\n");
        }
    }

    /// Returns the whole page.
    pub(super) fn end(self) -> String {
        self.0
    }
}

/// Returns a text as one line of the source, with its bold parts.
fn line(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let line: String = parts
        .map(
            |(index, part)| if index % 2 == 1 { format!("\\fB{}\\fR", escaped(part)) } else { escaped(part) },
        )
        .collect();
    protected(&line)
}

/// Escapes characters with a meaning of their own, or that would be shown as others.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '"' => escaped.push_str("\\(dq"),
            '…' => escaped.push_str("..."),
            c if c.is_ascii() => escaped.push(c),
            c => {
                let _ = write!(escaped, "\\[u{:04X}]", u32::from(c));
            }
        }
        escaped
    })
}

/// Protects a line from being read as a request.
fn protected(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_a_request() {
        let mut page = Page::begin("x-y", 5, "a \"b\"");
        page.text("…é");
        page.text(".so /etc/passwd and \\fB `--flag` it's");
        page.section("See also");
        page.text("x");
        page.verbatim(".RS\n'x\\n");

        let page = page.end();
        let expected = ".TH \"x\\-y\" \"5\" \"\" \"regcli\" \"regcli manual\"\n.SH \"NAME\"\nx\\-y \\- a \\(dqb\\(dq\n\
            .PP\n\\&...\\[u00E9]\n\
            .PP\n\\&.so /etc/passwd and \\efB \\fB\\-\\-flag\\fR it\\(aqs\n\
            .SH \"SEE ALSO\"\nx\n.PP\n.RS 4\n.nf\n\\&.RS\n\\(aqx\\en\n.fi\n.RE\n";
        assert_eq!(page, expected);
    }
}
