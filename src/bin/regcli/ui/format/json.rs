//! JSON that is safe for a terminal: harmful characters are escaped, which changes no value.

use std::fmt::Write as _;

use serde::Serialize;

use super::safe::is_harmful;

/// Returns a value as JSON on one line, without a line break at its end.
pub(crate) fn line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("what is printed has text keys only");
    escaped(&text, is_harmful)
}

/// Returns a value as JSON on several lines, indented by four spaces as in Docker, without a line break at
/// its end.
pub(crate) fn indented(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    value.serialize(&mut serializer).expect("what is printed has text keys only");
    let text = String::from_utf8(bytes).expect("JSON is written as UTF-8");
    // Line breaks within values are already escaped.
    escaped(&text, |c| c != '\n' && is_harmful(c))
}

/// Returns a value on one line as Go's `json.Marshal` writes it: `<`, `>` and `&` are escaped too, as in
/// Docker's `json` format.
pub(crate) fn html_safe_line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("what is printed has text keys only");
    escaped(&text, |c| matches!(c, '<' | '>' | '&') || is_harmful(c))
}

/// Escapes characters of a JSON text that occur within strings only.
fn escaped(json: &str, special: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if special(c) {
            // All of these are in the basic plane. Writing to a string cannot fail.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn no_value_changes_and_no_terminal_obeys() {
        let text = "\u{1b}[2J \u{9b}31m \u{202e} \u{7f} \"\\ \n <&> 镜像";
        for shown in [line(&text), html_safe_line(&text), indented(&text)] {
            assert!(!shown.chars().any(is_harmful), "{shown}");
            assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }

    #[test]
    fn angle_brackets_are_escaped_only_where_docker_does() {
        assert_eq!(line(&"<none>"), r#""<none>""#);
        assert_eq!(html_safe_line(&"<a & b>"), r#""\u003ca \u0026 b\u003e""#);
    }
    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{a0}\u{2000}-\u{2070}]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            let object = prop::collection::vec((any::<String>(), inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                object.prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_document_changes_and_no_terminal_obeys_it(document in documents()) {
            for shown in [line(&document), html_safe_line(&document), indented(&document).replace('\n', "")] {
                prop_assert!(!shown.chars().any(is_harmful), "{}", shown);
                prop_assert_eq!(&serde_json::from_str::<Value>(&shown).unwrap(), &document);
            }
        }
    }
}
