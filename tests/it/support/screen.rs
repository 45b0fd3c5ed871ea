//! What a terminal shows after everything that was written to it: enough of one to see what bars leave behind.

/// A terminal of a fixed size, with all that has scrolled out of it.
pub(crate) struct Screen {
    columns: usize,
    lines: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// How many rows there were at most below the cursor.
    reach: usize,
}

impl Screen {
    /// Shows what was written to a terminal of this size.
    pub(crate) fn showing(written: &str, columns: usize, lines: usize) -> Self {
        let mut screen = Self { columns, lines, rows: vec![Vec::new()], row: 0, column: 0, reach: 0 };
        let mut rest = written.chars();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => screen.obey(&mut rest),
                '\r' => screen.column = 0,
                '\n' => screen.next_row(),
                c => screen.put(c),
            }
        }
        screen
    }

    /// All rows from the first one that was ever written, without spaces at their ends.
    pub(crate) fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| row.iter().collect::<String>());
        rows.map(|row| row.trim_end().to_owned() + "\n").collect::<String>().trim_end().to_owned() + "\n"
    }

    /// How many rows above the last one were written anew at most: what moves has so many rows and one.
    pub(crate) fn reach(&self) -> usize {
        self.reach
    }

    fn put(&mut self, c: char) {
        // The cursor stays behind a full row until there is something for the next one.
        if self.column == self.columns {
            self.next_row();
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = c;
        self.column += 1;
    }

    /// Where a row was full, or a line ended: the terminal adds the carriage return itself.
    fn next_row(&mut self) {
        (self.row, self.column) = (self.row + 1, 0);
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    /// `ESC [ NUMBER LETTER`
    fn obey(&mut self, rest: &mut impl Iterator<Item = char>) {
        assert_eq!(rest.next(), Some('['), "no other sequences are used");
        let (mut number, mut letter) = (String::new(), ' ');
        for c in rest {
            if c.is_ascii_alphabetic() {
                letter = c;
                break;
            }
            number.push(c);
        }
        let count = number.parse().unwrap_or(1);
        match letter {
            // What has scrolled out of the terminal cannot be reached any more.
            'A' => self.row = self.row.saturating_sub(count).max(self.rows.len().saturating_sub(self.lines)),
            'B' => self.row = (self.row + count).min(self.rows.len() - 1),
            'K' => self.rows[self.row].clear(),
            'J' => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].clear();
            }
            other => panic!("what is ESC [ {number} {other}?"),
        }
        self.reach = self.reach.max(self.rows.len() - 1 - self.row);
    }
}

#[test]
fn what_is_written_over_is_gone() {
    let written = "kept\none   two   \r\u{1b}[1A\u{1b}[1B\r\u{1b}[2KTHREE\nfour\r\u{1b}[1A\u{1b}[JFIVE";
    let screen = Screen::showing(written, 6, 3);
    assert_eq!(screen.text(), "kept\none\nFIVE\n");
    assert_eq!(screen.reach(), 1);
    assert_eq!(Screen::showing("a\nb\nc\u{1b}[9A\rX", 6, 2).text(), "a\nX\nc\n");
}
