//! Images with their platforms below them, as docker 28 and 29 draw them (docker.md §6): a gap of three
//! columns, sizes aligned to the right.

use std::fmt::Write as _;

use regcli::ops::ImageTree;
use regcli::store::{Branch, Presence};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::charset::Charset;
use super::safe::safe;
use super::units;

/// The columns after the name: header, minimum width, and alignment.
const COLUMNS: [(&str, usize, Side); 4] = [
    ("ID", 12, Side::Left),
    ("DISK USAGE", 10, Side::Right),
    ("CONTENT SIZE", 12, Side::Right),
    ("EXTRA", 10, Side::Left),
];

/// The gap between two columns.
const GAP: usize = 3;

/// The minimum width of names. Columns that leave less are not shown.
const NAME_MIN: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The area that a tree is drawn in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Canvas {
    /// The width, or `None` if it is unlimited because the output is not a terminal.
    pub(crate) width: Option<usize>,
    pub(crate) charset: Charset,
}

/// A line: the name, then the cells of [`COLUMNS`]. The last cells may be missing.
struct Line {
    name: String,
    cells: Vec<String>,
}

/// Draws images, separated by empty lines.
pub(crate) fn draw(trees: &[ImageTree], canvas: Canvas) -> String {
    let blocks: Vec<Vec<Line>> = trees.iter().map(|tree| lines(tree, canvas.charset)).collect();
    let names = blocks.iter().flatten().map(|line| line.name.width());
    let widest = names.max().unwrap_or(0).max("IMAGE".len());
    let (shown, name_width) = fit(widest, canvas.width);
    let header = COLUMNS.map(|(header, ..)| header.to_owned()).into();
    let mut text = drawn(&Line { name: "IMAGE".to_owned(), cells: header }, shown, name_width, canvas);
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.extend(block.iter().map(|line| drawn(line, shown, name_width, canvas)));
    }
    text
}

/// Returns how many columns fit beside the names, and the width that is left for the names.
fn fit(widest: usize, width: Option<usize>) -> (usize, usize) {
    let Some(width) = width else { return (COLUMNS.len(), widest) };
    let mut left = width;
    let mut shown = 0;
    for (_, column, _) in COLUMNS {
        if left < NAME_MIN.min(widest) + GAP + column {
            break;
        }
        left -= GAP + column;
        shown += 1;
    }
    (shown, widest.min(left))
}

fn lines(tree: &ImageTree, charset: Charset) -> Vec<Line> {
    let mut lines: Vec<Line> = tree.names.iter().map(|name| unmarked(name.familiar())).collect();
    if lines.is_empty() {
        lines.push(unmarked("<untagged>".to_owned()));
    }
    if let Some(last) = lines.last_mut() {
        let sizes = [units::size(tree.disk), units::size(tree.content)];
        last.cells = [tree.id.short().to_owned()].into_iter().chain(sizes).collect();
    }
    let (branch, end) = match charset {
        Charset::Utf8 => ("├─ ", "└─ "),
        Charset::Ascii => ("|- ", "`- "),
    };
    for (index, image) in tree.branches.iter().enumerate() {
        let is_last = index + 1 == tree.branches.len();
        lines.push(of_platform(if is_last { end } else { branch }, image));
    }
    lines
}

fn unmarked(name: String) -> Line {
    Line { name, cells: Vec::new() }
}

fn of_platform(mark: &str, image: &Branch) -> Line {
    let platform = image.platform.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let content = image.content.map_or_else(|| "N/A".to_owned(), units::size);
    let mut cells = vec![image.id.short().to_owned(), units::size(image.disk), content];
    match image.presence {
        Presence::Whole => {}
        Presence::Part => cells.push("incomplete".to_owned()),
        Presence::Absent => cells.push("not pulled".to_owned()),
    }
    Line { name: format!("{mark}{}", safe(&platform)), cells }
}

fn drawn(line: &Line, shown: usize, name_width: usize, canvas: Canvas) -> String {
    let mut text = cut(&line.name, name_width, canvas.charset);
    text.push_str(&" ".repeat(name_width.saturating_sub(text.width())));
    for (cell, (_, width, side)) in line.cells.iter().zip(COLUMNS).take(shown) {
        // Writing to a string cannot fail.
        let _ = match side {
            Side::Left => write!(text, "{:GAP$}{cell:<width$}", ""),
            Side::Right => write!(text, "{:GAP$}{cell:>width$}", ""),
        };
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Cuts the end of a name that is too wide.
pub(super) fn cut(name: &str, width: usize, charset: Charset) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let dots = match charset {
        Charset::Utf8 => "…",
        Charset::Ascii => "...",
    };
    let mut left = width.saturating_sub(dots.width());
    let fits = |c: &char| {
        let columns = c.width().unwrap_or(0);
        let fits = columns <= left;
        left = left.saturating_sub(columns);
        fits
    };
    let kept: String = name.chars().take_while(fits).collect();
    let shown = dots.chars().take(width);
    kept.chars().chain(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regcli::digest::Digest;
    use regcli::reference::Reference;

    fn branch(platform: Option<&str>, presence: Presence) -> Branch {
        let (disk, content) = match presence {
            Presence::Whole => (10_000_000, Some(10_000_000)),
            Presence::Part => (4_200, Some(10_200_000)),
            Presence::Absent => (0, None),
        };
        let platform = platform.map(|platform| platform.parse().unwrap());
        Branch { id: Digest::sha256(format!("{platform:?}").as_bytes()), platform, presence, disk, content }
    }

    fn trees() -> Vec<ImageTree> {
        let tree = |names: &[&str], branches| ImageTree {
            names: names.iter().map(|name| name.parse::<Reference>().unwrap()).collect(),
            id: Digest::sha256(b"x"),
            disk: 10_004_200,
            content: 20_200_000,
            branches,
            problem: None,
        };
        vec![
            tree(
                &["app:1", "registry.example.com/app:1"],
                vec![
                    branch(Some("linux/amd64"), Presence::Whole),
                    branch(Some("linux/arm64/v8"), Presence::Part),
                    branch(Some("linux/s390x"), Presence::Absent),
                ],
            ),
            tree(&[], vec![branch(None, Presence::Whole)]),
        ]
    }

    fn shown(width: Option<usize>, charset: Charset) -> String {
        let ids = [
            (Digest::sha256(b"x"), "<----x----->"),
            (branch(Some("linux/amd64"), Presence::Whole).id, "<--amd64--->"),
            (branch(Some("linux/arm64/v8"), Presence::Part).id, "<--arm64--->"),
            (branch(Some("linux/s390x"), Presence::Absent).id, "<--s390x--->"),
            (branch(None, Presence::Whole).id, "<-unknown-->"),
        ];
        let text = draw(&trees(), Canvas { width, charset });
        ids.iter().fold(text, |text, (id, name)| text.replace(id.short(), name))
    }

    #[test]
    fn an_image_has_its_names_above_each_other_and_its_platforms_below() {
        let expected = "\
IMAGE                        ID             DISK USAGE   CONTENT SIZE   EXTRA
app:1
registry.example.com/app:1   <----x----->         10MB         20.2MB
├─ linux/amd64               <--amd64--->         10MB           10MB
├─ linux/arm64               <--arm64--->        4.2kB         10.2MB   incomplete
└─ linux/s390x               <--s390x--->           0B            N/A   not pulled

<untagged>                   <----x----->         10MB         20.2MB
└─ unknown                   <-unknown-->         10MB           10MB
";
        assert_eq!(shown(None, Charset::Utf8), expected);
        assert_eq!(shown(Some(200), Charset::Utf8), expected);
        let ascii = expected.replace("├─", "|-").replace("└─", "`-");
        assert_eq!(shown(None, Charset::Ascii), ascii);
    }

    #[test]
    fn a_narrow_terminal_loses_columns_from_the_right_and_the_ends_of_names() {
        let narrow = "\
IMAGE                ID             DISK USAGE
app:1
registry.example.…   <----x----->         10MB
├─ linux/amd64       <--amd64--->         10MB
├─ linux/arm64       <--arm64--->        4.2kB
└─ linux/s390x       <--s390x--->           0B

<untagged>           <----x----->         10MB
└─ unknown           <-unknown-->         10MB
";
        assert_eq!(shown(Some(46), Charset::Utf8), narrow);
        for width in 0..120 {
            for charset in [Charset::Utf8, Charset::Ascii] {
                let text = draw(&trees(), Canvas { width: Some(width), charset });
                let widest = text.lines().map(UnicodeWidthStr::width).max();
                assert!(widest <= Some(width), "{width}: {text}");
                assert!(charset == Charset::Utf8 || text.is_ascii(), "{text}");
            }
        }
    }
}
