//! The settings of two images.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Strictness;

/// A setting of the config that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The field, as the config spells it: `Env`, `Entrypoint`, `architecture`.
    pub field: String,
    /// The variable, label, port or other key, if the field has several values.
    pub key: Option<String>,
    /// The old value; `None` if it is not set.
    pub old: Option<Value>,
    /// The new value; `None` if it is not set.
    pub new: Option<Value>,
}

/// The fields that users look for first, in this order. The others follow in that of their names.
const FIRST: [&str; 8] =
    ["Env", "Entrypoint", "Cmd", "User", "WorkingDir", "ExposedPorts", "Volumes", "Labels"];

/// The parts of the config that are compared elsewhere.
const ELSEWHERE: [&str; 3] = ["config", "rootfs", "history"];

/// Fields that record the build. Docker's old builder writes the ID of its container into them.
const RECORDS: [&str; 5] = ["created", "container", "container_config", "Hostname", "Image"];

/// Labels that record the time of the build: that of OCI, and its predecessor.
const TIMES: [&str; 2] = ["org.opencontainers.image.created", "org.label-schema.build-date"];

/// Compares two configs: the settings of containers, then the fields of the image. A missing field, `null` and an empty
/// value are the same, as for Docker.
pub(super) fn compare(old: &Value, new: &Value, strictness: Strictness) -> Vec<SettingChange> {
    let (empty, mut changes) = (Map::new(), Vec::new());
    let object = |value: &'static str| move |document: &'_ Value| document.get(value).cloned();
    let settings = |document: &Value| object("config")(document).unwrap_or_default();
    let (old_settings, new_settings) = (settings(old), settings(new));
    for (old, new) in [(&old_settings, &new_settings), (old, new)] {
        let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
        for field in fields(old, new) {
            field_changes(field, [old.get(field), new.get(field)], &mut changes);
        }
    }
    if strictness == Strictness::Semantic {
        changes.retain(|change| !is_record(change));
    }
    changes
}

fn fields<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> Vec<&'a str> {
    let all: BTreeSet<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
    let mut all: Vec<&str> = all.into_iter().filter(|field| !ELSEWHERE.contains(field)).collect();
    all.sort_by_key(|field| FIRST.iter().position(|first| first == field).unwrap_or(FIRST.len()));
    all
}

fn is_record(change: &SettingChange) -> bool {
    let is_order = change.field == "Env" && change.key.is_none();
    let is_time = || change.key.as_deref().is_some_and(|key| TIMES.contains(&key));
    is_order || RECORDS.contains(&&*change.field) || is_time()
}

/// Compares one field, by its keys if it has any.
fn field_changes(field: &str, values: [Option<&Value>; 2], changes: &mut Vec<SettingChange>) {
    let [old, new] = values.map(|value| value.filter(|value| is_set(value)));
    let mut change = |key: Option<&str>, old: Option<&Value>, new: Option<&Value>| {
        if old != new {
            let (field, key) = (field.to_owned(), key.map(str::to_owned));
            changes.push(SettingChange { field, key, old: old.cloned(), new: new.cloned() });
        }
    };
    match (keyed(field, old), keyed(field, new)) {
        (Some(by_key), Some(new_by_key)) => {
            let keys: BTreeSet<&String> = by_key.keys().chain(new_by_key.keys()).collect();
            keys.iter().for_each(|key| change(Some(key), by_key.get(*key), new_by_key.get(*key)));
            if by_key == new_by_key {
                change(None, old, new);
            }
        }
        _ => change(None, old, new),
    }
}

/// Reports whether a value is more than the absence of one.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// Returns the values of a field by their keys; `None` if it has no keys.
fn keyed(field: &str, value: Option<&Value>) -> Option<Map<String, Value>> {
    match value {
        None => Some(Map::new()),
        Some(Value::Object(object)) => Some(object.clone()),
        Some(Value::Array(list)) if field == "Env" => {
            let variables = list.iter().filter_map(Value::as_str).map(|variable| {
                let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
                (name.to_owned(), Value::from(value))
            });
            Some(variables.collect())
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(old: &Value, new: &Value, strictness: Strictness) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        let changes = compare(old, new, strictness).into_iter().map(|change| {
            let key = change.key.map(|key| format!(" {key}")).unwrap_or_default();
            format!("{}{key}: {} {}", change.field, text(change.old), text(change.new))
        });
        changes.collect()
    }

    #[test]
    fn settings_are_compared_by_their_keys() {
        let old = json!({"architecture": "amd64", "config": {
            "Labels": {"a": "1", "b": "2"}, "Env": ["A=1", "B=2=3"], "Cmd": ["sh"], "ExposedPorts": {"80/tcp": {}},
        }});
        let new = json!({"architecture": "arm64", "config": {
            "Labels": {"a": "2"}, "Env": ["B=2=4", "C="], "Entrypoint": ["run"], "ExposedPorts": {"81/tcp": {}},
        }});
        let expected = [
            r#"Env A: "1" -"#,
            r#"Env B: "2=3" "2=4""#,
            r#"Env C: - """#,
            r#"Entrypoint: - ["run"]"#,
            r#"Cmd: ["sh"] -"#,
            r#"ExposedPorts 80/tcp: {} -"#,
            r#"ExposedPorts 81/tcp: - {}"#,
            r#"Labels a: "1" "2""#,
            r#"Labels b: "2" -"#,
            r#"architecture: "amd64" "arm64""#,
        ];
        assert_eq!(told(&old, &new, Strictness::Exact), expected);
    }

    #[test]
    fn what_is_not_set_is_equal_in_every_spelling() {
        let unset = json!({"config": {"Env": null, "Cmd": [], "User": "", "Tty": false, "Labels": {}}});
        for other in [json!({}), json!({"config": null}), Value::Null] {
            assert_eq!(told(&unset, &other, Strictness::Exact), Vec::<String>::new());
        }
    }

    #[test]
    fn orders_and_records_of_the_build_count_only_exactly() {
        let old =
            json!({"created": "1", "container": "a", "config": {"Env": ["A=1", "B=2"], "Hostname": "x"}});
        let time = json!({"org.opencontainers.image.created": "2"});
        let new = json!({"created": "2", "config": {"Env": ["B=2", "A=1"], "Labels": time}});
        assert_eq!(told(&old, &new, Strictness::Exact).len(), 5);
        assert_eq!(told(&old, &new, Strictness::Semantic), Vec::<String>::new());
    }

    #[test]
    fn values_of_wrong_types_are_compared_as_they_are() {
        let (old, new) = (json!({"config": {"Env": "x", "Labels": 7}}), json!({"config": {"Env": ["A=1"]}}));
        assert_eq!(told(&old, &new, Strictness::Exact), [r#"Env: "x" ["A=1"]"#, "Labels: 7 -"]);
        assert_eq!(told(&json!([1]), &json!("x"), Strictness::Exact), Vec::<String>::new());
    }
}
