//! The schema, the manual page and the documentation agree with the reader.

use serde_json::Value;

use super::super::own;
use super::*;

const SCHEMA: &str = include_str!("../../../docs/sync.schema.json");
const DOCUMENT: &str = include_str!("../../../docs/sync.md");
const PAGE: &str = include_str!("../../../man/regcli-sync.5");

/// The tables of the format with their keys, by their place in the schema.
const TABLES: &[(&str, &[&str])] = &[
    ("", own::TOP),
    ("/$defs/rule", own::RULE),
    ("/$defs/defaults", own::DEFAULTS),
    ("/$defs/tags", own::TAGS),
    ("/$defs/repositories", own::REPOSITORIES),
    ("/$defs/rewrite", own::REWRITE),
];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

#[test]
fn the_schema_has_the_keys_that_the_reader_knows_and_no_others() {
    let schema = schema();
    for (place, keys) in TABLES {
        let table = schema.pointer(place).unwrap();
        let properties = table["properties"].as_object().unwrap();
        let in_schema: std::collections::BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(in_schema, keys.iter().copied().collect(), "{place}");
        assert_eq!(table["additionalProperties"], false, "{place}");
    }
    let tables =
        schema["$defs"].as_object().unwrap().values().filter(|table| table.get("properties").is_some());
    assert_eq!(tables.count() + 1, TABLES.len(), "a table of the schema is not compared");
    assert_eq!(schema["properties"]["sync"]["maxItems"], super::super::RULES_LIMIT);
}

#[test]
fn every_reference_within_the_schema_leads_somewhere() {
    fn check(root: &Value, value: &Value) {
        match value {
            Value::Object(entries) => {
                if let Some(Value::String(reference)) = entries.get("$ref") {
                    let place = reference.strip_prefix('#').unwrap();
                    assert!(root.pointer(place).is_some(), "{reference}");
                }
                entries.values().for_each(|value| check(root, value));
            }
            Value::Array(values) => values.iter().for_each(|value| check(root, value)),
            _ => {}
        }
    }
    check(&schema(), &schema());
}

/// Reports whether the schema accepts a value. It knows the few words that the schema uses.
fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
    let referred = schema["$ref"].as_str().is_none_or(|reference| {
        accepts(root, root.pointer(reference.trim_start_matches('#')).unwrap(), value)
    });
    let any = schema["anyOf"].as_array().is_none_or(|all| all.iter().any(|one| accepts(root, one, value)));
    let listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let typed = schema["type"].as_str().is_none_or(|expected| match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() && value.as_i64() >= schema["minimum"].as_i64(),
        other => panic!("{other}"),
    });
    let items = value.as_array().is_none_or(|items| {
        schema.get("items").is_none_or(|schema| items.iter().all(|item| accepts(root, schema, item)))
    });
    let entries = value.as_object().is_none_or(|entries| {
        let is_required = |key: &Value| entries.contains_key(key.as_str().unwrap());
        let fits = |(key, value): (&String, &Value)| match schema["properties"].get(key) {
            Some(schema) => accepts(root, schema, value),
            None if schema.get("additionalProperties").is_some_and(Value::is_object) => {
                accepts(root, &schema["additionalProperties"], value)
            }
            None => schema["additionalProperties"] != false,
        };
        schema["required"].as_array().is_none_or(|keys| keys.iter().all(is_required))
            && entries.iter().all(fits)
    });
    referred && any && listed && typed && items && entries
}

#[test]
fn the_schema_and_the_reader_accept_and_refuse_the_same_files() {
    let rule = "[[sync]]\nsource = \"nginx\"\ntarget = \"m.example.com\"\n";
    let root = schema();
    for (text, is_valid) in [
        (rule.to_owned(), true),
        (format!("{rule}tags = \"1\""), true),
        (format!("{rule}tags = [\"1\", \"2\"]"), true),
        (format!("{rule}tags = {{ newest = 3, by = \"date\" }}"), true),
        (format!("{rule}tags = [{{}}, {{ glob = [\"a\"] }}]"), true),
        (format!("{rule}keep = {{ prereleases = true, semver = \"1\" }}"), true),
        (format!("{rule}rename = {{ a = \"b\" }}"), true),
        (format!("{rule}rewrite = {{ regex = \"a\", with = \"b\", slash = true }}"), true),
        (format!("{rule}platforms = \"arm64\"\nreferrers = false"), true),
        (format!("[defaults]\ntags = {{ exclude = \"x\" }}\n{rule}"), true),
        (format!("{rule}tags = 1"), false),
        (format!("{rule}tags = [\"1\", {{}}]"), false),
        (format!("{rule}tags = {{ newest = 0 }}"), false),
        (format!("{rule}tags = {{ newest = 1, by = \"age\" }}"), false),
        (format!("{rule}tags = {{ nam = \"x\" }}"), false),
        (format!("{rule}rename = {{ a = 1 }}"), false),
        (format!("{rule}rewrite = {{ regex = \"a\" }}"), false),
        (format!("{rule}referrers = \"true\""), false),
        (format!("[defaults]\nsource = \"x\"\n{rule}"), false),
        (rule.replace("source = \"nginx\"\n", ""), false),
        ("[sync]".to_owned(), false),
    ] {
        let value = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
        assert_eq!(accepts(&root, &root, &value), is_valid, "the schema: {text}");
        assert_eq!(parsed("x.toml", &text).is_ok(), is_valid, "the reader: {text}");
    }
}

/// Returns the example of the manual page without its markup.
fn example() -> String {
    let (_, after) = PAGE.split_once(".SH \"EXAMPLES\"\n.nf\n").unwrap();
    let (example, _) = after.split_once(".fi").unwrap();
    [("\\(dq", "\""), ("\\-", "-"), ("\\(aq", "'"), ("\\(ha", "^")]
        .into_iter()
        .fold(example.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn the_examples_of_the_documents_are_rules() {
    let blocks: Vec<_> =
        DOCUMENT.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    let root = schema();
    for text in blocks.iter().map(ToString::to_string).chain([example()]) {
        let recipe = parsed("sync.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(recipe.rules.len() > 1);
        let value = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
        assert!(accepts(&root, &root, &value), "{text}");
    }
}

#[test]
fn every_key_is_in_the_document_and_in_the_manual_page() {
    for (place, keys) in TABLES {
        for key in *keys {
            assert!(
                DOCUMENT.replace(['[', ']'], "").contains(&format!("`{key}`"))
                    || DOCUMENT.contains(&format!("{key} = ")),
                "{place} {key}"
            );
            let bold = format!("\\fB{}\\fR", key.replace('-', "\\-"));
            assert!(PAGE.contains(&bold) || PAGE.contains(&format!("[{key}]")), "{place} {key}");
        }
    }
}

#[test]
fn the_ranges_of_the_document_are_ranges() {
    let (_, table) = DOCUMENT.split_once("| range | contains |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.replace("\\|", "\u{1}").split('|').nth(1).unwrap().replace('\u{1}', "|"));
    let ranges: Vec<String> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(ranges.len() > 10, "{ranges:?}");
    for range in ranges {
        assert!(super::super::Range::parse(&range).is_ok(), "{range}");
    }
}
