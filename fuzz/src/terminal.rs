//! Foreign text for a terminal, which must not obey it.

use serde_json::Value;

use super::render::{json, safe, table};

/// No harmful character remains, and no value changes.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    shown(&text);
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        document(&value);
    }
    document(&Value::String(text.into_owned()));
}

fn shown(text: &str) {
    let harmless = |shown: &str| !shown.chars().any(safe::is_harmful);
    assert!(harmless(&safe::safe(text)));
    assert!(harmless(&safe::safe_lines(text).replace('\n', "")));
    assert_eq!(safe::safe(&safe::safe(text)), safe::safe(text));
    for limit in [0, 1, 20] {
        assert!(harmless(&safe::safe_start(text, limit)));
    }
    for columns in [1, 2, 9, 45] {
        let cut = table::ellipsis(&safe::safe(text), columns);
        assert!(unicode_width::UnicodeWidthStr::width(&*cut) <= columns);
    }
    let aligned = table::align(&safe::safe_lines(text));
    assert_eq!(aligned.matches('\n').count(), safe::safe_lines(text).matches('\n').count());
}

fn document(value: &Value) {
    for shown in [json::line(value), json::html_safe_line(value), json::indented(value).replace('\n', "")] {
        assert!(!shown.chars().any(safe::is_harmful));
        assert_eq!(serde_json::from_str::<Value>(&shown).ok().as_ref(), Some(value));
    }
}
