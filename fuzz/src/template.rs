//! Go templates, as in `--format`, over foreign rows and documents.

use serde_json::{Value, json};

use super::render::safe::is_harmful;
use super::render::template::{Cell, Document, DocumentTemplate, Format, Reader, Row};

/// Foreign text with everything that a terminal would obey.
const NASTY: &str = "a\u{1b}[2J\u{202e}b\tc\nd 镜像 \u{7f}\u{9b}<&>\"\\";

struct Found;

impl Row for Found {
    const TYPE: &'static str = "*fuzz.row";
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("Name", "NAME"), ("Description", "DESCRIPTION"), ("Size", "SIZE")];

    fn cells(&self) -> Vec<Cell> {
        vec![NASTY.into(), Cell::with_json("", NASTY), "28.5MB".into()]
    }
}

/// Foreign text never reaches a terminal unescaped, whatever the template does with it.
pub fn check(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    if !doubles(source) {
        rows(source);
        document(source);
    }
}

/// Reports whether a template may double a text many times: in a loop, gradually, or by calling itself.
/// A user who types such a template fills their own memory, as with Docker.
fn doubles(source: &str) -> bool {
    let declared = source.matches(":=").count();
    let assigned = source.matches('=').count() - declared;
    let calls = source.matches("template").count() + source.matches("block").count();
    declared + assigned > 12 || assigned > 0 && source.contains("range") || calls > 1
}

fn rows(source: &str) {
    let format: Format = source.parse().unwrap_or_else(|never| match never {});
    let Ok(printer) = format.compile::<Found>("{{.Name}}\t{{.Size}}") else { return };
    let Ok(shown) = printer.show(&[Found, Found]) else { return };
    assert!(shown.is_empty() || shown.ends_with('\n') || printer.is_table());
    is_harmless(source, &shown);
    if format == Format::Json {
        let lines = shown.lines().map(serde_json::from_str::<Value>);
        assert!(lines.into_iter().all(|line| line.is_ok_and(|line| line["Name"] == NASTY)));
    }
}

fn document(source: &str) {
    let fields = json!({
        "Id": NASTY, "Size": 7, "Ratio": 0.5, "None": null, "Ok": true, "Layers": [NASTY, "b", []],
        "Config": { "Labels": { NASTY: NASTY, "a": "b" }, "Env": ["A=b"] },
    });
    let shape =
        json!({ "Id": "", "Size": 0, "Ratio": 0, "None": null, "Ok": true, "Layers": [], "Config": {} });
    let Ok(template) = DocumentTemplate::parse(source, &shape) else { return };
    let document = Document { fields: &fields, json: &fields };
    if let Ok(shown) = template.execute(&document, Reader::Terminal) {
        is_harmless(source, &shown);
    }
    let _ = template.execute(&document, Reader::Program);
}

/// The template itself may contain anything, because the user typed it. Without such text, the output is
/// harmless.
fn is_harmless(source: &str, shown: &str) {
    let is_layout = |c: char| matches!(c, '\n' | '\t');
    let makes_characters =
        source.contains(['\\', '%']) || source.chars().any(|c| is_harmful(c) && !is_layout(c));
    assert!(makes_characters || !shown.chars().any(|c| is_harmful(c) && !is_layout(c)));
}
