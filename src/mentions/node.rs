//! Documents of YAML, and of JSON with it, in which each value knows its place.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::Error;

/// The most values in a file. A manifest has some hundred.
const NODES_MAX: usize = 250_000;

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    Text(Text),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// A reference to a value elsewhere in the file, where lists and maps are read.
    Alias(Alias),
}

/// A reference to a value elsewhere in the file.
#[derive(Debug)]
pub(super) struct Alias {
    /// As the file has it: `*name`.
    pub(super) name: String,
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) value: Anchored,
}

/// The value that an [`Alias`] refers to.
#[derive(Clone, Debug)]
pub(super) enum Anchored {
    Text(Text),
    List,
    /// A map, or nothing in this file.
    Other,
}

/// A value that is not a list or a map.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) value: String,
    /// The line, from 1.
    pub(super) line: usize,
    /// The bytes of the value in the file, without quotes; `None` if they are not the value's own text, as in a
    /// string with escapes or in a block.
    pub(super) span: Option<Range<usize>>,
    /// Where a value can be written behind the key that has none.
    pub(super) gap: Option<usize>,
    /// Whether it stands within braces or brackets, as in JSON.
    pub(super) is_flow: bool,
    /// Whether it is a folded or a literal block.
    pub(super) is_block: bool,
    /// Whether it stands without quotes, so that it may be a number or a switch.
    is_plain: bool,
}

impl Text {
    /// Reports whether it stands for no value.
    pub(super) fn is_null(&self) -> bool {
        self.is_plain && matches!(self.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Reports whether it is a string, and not a number, a switch or nothing.
    pub(super) fn is_string(&self) -> bool {
        let is_word = matches!(
            self.value.to_ascii_lowercase().as_str(),
            "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off"
        );
        !self.is_plain || !(is_word || self.value.parse::<f64>().is_ok())
    }
}

impl Node {
    /// Returns the value of a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns the text under a key of a map.
    pub(super) fn text(&self, key: &str) -> Option<&Text> {
        self.get(key)?.as_text()
    }

    /// Returns the text under a key of a map, unless it is empty or stands for no value.
    pub(super) fn filled(&self, key: &str) -> Option<&Text> {
        self.text(key).filter(|text| !text.is_null() && !text.value.is_empty())
    }

    /// Returns the text, also that of an alias.
    pub(super) fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) | Self::Alias(Alias { value: Anchored::Text(text), .. }) => Some(text),
            Self::Alias(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the line of the first text or alias in it, from 1.
    pub(super) fn line(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.line),
            Self::Alias(alias) => Some(alias.line),
            Self::List(nodes) => nodes.first()?.line(),
            Self::Map(entries) => entries.first()?.1.line(),
        }
    }
}

/// Reads all documents of a file.
///
/// # Errors
/// [`Error::Syntax`], also for more than 250,000 values.
pub(super) fn read(text: &str) -> Result<Vec<Node>, Error> {
    let mut parser = Parser::new_from_str(text);
    let (mut documents, mut open, mut count) = (Vec::new(), Vec::<Open>::new(), 0);
    // The number of open lists and maps with braces or brackets.
    let mut flow = 0_usize;
    let is_flow_at = |span: &Span| {
        let byte = span.byte_range().and_then(|range| text.as_bytes().get(range.start));
        matches!(byte, Some(b'{' | b'['))
    };
    let mut anchors = HashMap::new();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Error::Syntax {
            line: error.marker().line(),
            message: error.info().to_string(),
        })?;
        count += 1;
        if count > NODES_MAX {
            return Err(Error::Syntax { line: span.start.line(), message: "too many values".to_owned() });
        }
        let done = match event {
            Event::Scalar(value, style, anchor, _) => {
                let scalar = Text { is_flow: flow > 0, ..scalar(text, value, style, span) };
                if anchor > 0 {
                    anchors.insert(anchor, Anchored::Text(scalar.clone()));
                }
                Node::Text(scalar)
            }
            Event::Alias(anchor) => alias(text, &span, anchors.get(&anchor)),
            Event::UnresolvedAlias(_) => alias(text, &span, None),
            Event::SequenceStart(_, anchor, _) => {
                if anchor > 0 {
                    anchors.insert(anchor, Anchored::List);
                }
                flow += usize::from(flow > 0 || is_flow_at(&span));
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                flow += usize::from(flow > 0 || is_flow_at(&span));
                open.push(Open::Map { entries: Vec::new(), key: None });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(open) => {
                    flow = flow.saturating_sub(1);
                    open.close()
                }
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.add(done),
            None => documents.push(done),
        }
    }
    Ok(documents)
}

/// A list or a map that is being read.
enum Open {
    List(Vec<Node>),
    Map { entries: Vec<(String, Node)>, key: Option<String> },
}

impl Open {
    fn add(&mut self, node: Node) {
        match self {
            Self::List(nodes) => nodes.push(node),
            Self::Map { entries, key } => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    // A key that is a list or a map is a key of no format.
                    *key = Some(node.as_text().map(|text| text.value.clone()).unwrap_or_default());
                }
            },
        }
    }

    fn close(self) -> Node {
        match self {
            Self::List(nodes) => Node::List(nodes),
            Self::Map { entries, .. } => Node::Map(entries),
        }
    }
}

fn alias(text: &str, span: &Span, value: Option<&Anchored>) -> Node {
    let name = span.byte_range().and_then(|range| text.get(range)).unwrap_or("*").to_owned();
    Node::Alias(Alias { name, line: span.start.line(), value: value.cloned().unwrap_or(Anchored::Other) })
}

fn scalar(text: &str, value: Cow<'_, str>, style: ScalarStyle, span: Span) -> Text {
    let range = span.byte_range().map(|range| match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => range.start + 1..range.end.saturating_sub(1),
        _ => range,
    });
    let is_own = |range: &Range<usize>| text.get(range.clone()) == Some(&*value);
    let is_plain = style == ScalarStyle::Plain;
    // The place of a value that is not there is the end of its key, before the colon.
    let missing = range.clone().filter(|range| is_plain && range.is_empty());
    let gap = missing
        .filter(|range| text.get(range.start..).is_some_and(|rest| rest.starts_with(':')))
        .map(|range| range.start + 1);
    let range = range.filter(|range| is_own(range) && !(is_plain && range.is_empty()));
    let is_block = matches!(style, ScalarStyle::Folded | ScalarStyle::Literal);
    let (line, value) = (span.start.line(), value.into_owned());
    Text { value, line, span: range, gap, is_flow: false, is_block, is_plain }
}
