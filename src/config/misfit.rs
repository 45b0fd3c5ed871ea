//! Which value of config.toml is not what its key expects, in words.
//!
//! serde names types of Rust, and not the key.

use std::collections::BTreeMap;

use toml::{Spanned, Value};

/// A key, and what its value must be.
struct Setting {
    key: &'static str,
    /// The expected value, with an example.
    expected: &'static str,
    fits: fn(&Value) -> bool,
}

const SWITCH: &str = "true or false";

/// The programs whose files may name mirrors.
const PROGRAMS: &[&str] = &["docker", "containerd", "podman"];

/// The servers that may resolve tags.
const RESOLVERS: &[&str] = &["upstream", "mirror"];

/// The keys at the top.
const TOP: &[Setting] = &[
    Setting { key: "store", expected: "a path, such as \"/srv/images\"", fits: Value::is_str },
    Setting { key: "jobs", expected: "a whole number of at least 1, such as 4", fits: is_positive },
    Setting {
        key: "limit-rate",
        expected: "a whole number of bytes a second, such as 10_000_000",
        fits: is_positive,
    },
    Setting {
        key: "timeout",
        expected: "a whole number of seconds from 1 to 65535, such as 30",
        fits: |value| value.as_integer().is_some_and(|seconds| (1..=65535).contains(&seconds)),
    },
    Setting {
        key: "mirrors",
        expected: "a list of tables, such as [{ url = \"https://mirror.example.com\", prefix = \"{host}\" }]",
        fits: |value| value.as_array().is_some_and(|mirrors| mirrors.iter().all(is_mirror)),
    },
    Setting {
        key: "mirrors-from",
        expected: "a list of \"docker\", \"containerd\" and \"podman\"",
        fits: |value| {
            value.as_array().is_some_and(|names| names.iter().all(|name| is_one_of(name, PROGRAMS)))
        },
    },
    Setting {
        key: "registry",
        expected: "a table for each registry, such as [registry.\"registry.example.com\"]",
        fits: |value| value.as_table().is_some_and(|table| table.values().all(Value::is_table)),
    },
];

/// The keys of a registry's table.
const OF_REGISTRY: &[Setting] = &[
    Setting {
        key: "mirrors",
        expected: "a list of URLs, such as [\"https://mirror.example.com\"]",
        fits: |value| value.as_array().is_some_and(|mirrors| mirrors.iter().all(is_mirror)),
    },
    Setting {
        key: "resolve",
        expected: "\"upstream\" or \"mirror\"",
        fits: |value| is_one_of(value, RESOLVERS),
    },
    Setting { key: "plain-http", expected: SWITCH, fits: Value::is_bool },
    Setting { key: "insecure", expected: SWITCH, fits: Value::is_bool },
    Setting { key: "private-addresses", expected: SWITCH, fits: Value::is_bool },
    Setting { key: "api", expected: "a URL, such as \"https://nexus.example.com\"", fits: Value::is_str },
    Setting { key: "jobs", expected: "a whole number of at least 1, such as 2", fits: is_positive },
    Setting {
        key: "limit-rate",
        expected: "a whole number of bytes a second, such as 10_000_000",
        fits: is_positive,
    },
    Setting {
        key: "requests-per-second",
        expected: "a number from 0.001 to 1000000, such as 10",
        fits: |value| value.is_float() || value.is_integer(),
    },
    Setting { key: "ca", expected: "a path, such as \"certs/ca.pem\"", fits: Value::is_str },
    Setting { key: "cert", expected: "a path, such as \"certs/client.pem\"", fits: Value::is_str },
    Setting { key: "key", expected: "a path, such as \"certs/client.key\"", fits: Value::is_str },
    Setting {
        key: "headers",
        expected: "a table of strings, such as { X-Team = \"blue\" }",
        fits: |value| value.as_table().is_some_and(|table| table.values().all(Value::is_str)),
    },
];

/// The tables of registries, with the places of their values.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Registries {
    registry: BTreeMap<String, BTreeMap<String, Spanned<Value>>>,
}

/// Returns the place of the first value that is not what its key expects, and what is wrong with it. Only numbers
/// and switches are shown, because any text may be a secret.
pub(super) fn misfit(text: &str) -> Option<(usize, String)> {
    let top: BTreeMap<String, Spanned<Value>> = toml::from_str(text).ok()?;
    // They cannot be read if `registry` itself is a misfit.
    let Registries { registry } = toml::from_str(text).unwrap_or_default();
    let of_registries = registry.values().flatten().map(|entry| (OF_REGISTRY, entry));
    let all = top.iter().map(|entry| (TOP, entry)).chain(of_registries);
    let misfits = all.filter_map(|(settings, (key, value))| {
        let setting = settings.iter().find(|setting| setting.key == key)?;
        let (place, value) = (value.span().start, value.get_ref());
        let message = || format!("{key} must be {}; found {}", setting.expected, found(value));
        (!(setting.fits)(value)).then(|| (place, message()))
    });
    misfits.min_by_key(|(place, _)| *place)
}

fn is_positive(value: &Value) -> bool {
    value.as_integer().is_some_and(|number| number > 0)
}

fn is_mirror(value: &Value) -> bool {
    let Some(table) = value.as_table() else { return value.is_str() };
    let fits = |key: &str, fits: fn(&Value) -> bool| table.get(key).is_none_or(fits);
    fits("url", Value::is_str)
        && fits("namespace", Value::is_bool)
        && fits("prefix", Value::is_str)
        && fits("resolve", Value::is_str)
        && fits("headers", |value| value.as_table().is_some_and(|table| table.values().all(Value::is_str)))
}

fn is_one_of(value: &Value, names: &[&str]) -> bool {
    value.as_str().is_some_and(|name| names.contains(&name))
}

fn found(value: &Value) -> String {
    let with = |container: &str, values: Vec<&Value>| {
        let mut kinds: Vec<_> = values.into_iter().map(kind).collect();
        kinds.dedup();
        match &kinds[..] {
            [] => format!("an empty {container}"),
            kinds => format!("a {container} of {}", kinds.join(" and ")),
        }
    };
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(switch) => switch.to_string(),
        Value::Array(list) => with("list", list.iter().collect()),
        Value::Table(table) => with("table", table.values().collect()),
        Value::String(_) => "a string".to_owned(),
        Value::Datetime(_) => "a date".to_owned(),
    }
}

/// Returns the name of a value's type in the plural.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) | Value::Float(_) => "numbers",
        Value::Boolean(_) => "switches",
        Value::Array(_) => "lists",
        Value::Table(_) => "tables",
        Value::String(_) => "strings",
        Value::Datetime(_) => "dates",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        misfit(text).unwrap_or_else(|| panic!("{text}")).1
    }

    #[test]
    fn a_misfit_is_told_with_its_key_what_was_found_and_an_example() {
        for (text, expected) in [
            ("jobs = \"4\"", "jobs must be a whole number of at least 1, such as 4; found a string"),
            ("jobs = 0", "jobs must be a whole number of at least 1, such as 4; found 0"),
            ("store = 2026-11-30", "store must be a path, such as \"/srv/images\"; found a date"),
            (
                "timeout = 1.5",
                "timeout must be a whole number of seconds from 1 to 65535, such as 30; found 1.5",
            ),
            (
                "registry = []",
                "registry must be a table for each registry, such as [registry.\"registry.example.com\"]; \
                 found an empty list",
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_misfit_of_a_registry_is_told_without_any_text_of_the_file() {
        for (text, expected) in [
            (
                "requests-per-second = \"10\"",
                "requests-per-second must be a number from 0.001 to 1000000, such as 10; found a string",
            ),
            (
                "mirrors = \"https://m.example\"",
                "mirrors must be a list of URLs, such as [\"https://mirror.example.com\"]; found a string",
            ),
            (
                "mirrors = [{ url = 5 }, 5]",
                "mirrors must be a list of URLs, such as [\"https://mirror.example.com\"]; \
                 found a list of tables and numbers",
            ),
            ("insecure = \"yes\"", "insecure must be true or false; found a string"),
            (
                "headers = { X-Token = 12345 }",
                "headers must be a table of strings, such as { X-Team = \"blue\" }; found a table of numbers",
            ),
        ] {
            assert_eq!(told(&format!("[registry.\"a.b\"]\n{text}\n")), expected, "{text}");
        }
    }

    #[test]
    fn the_first_misfit_is_told_and_nothing_else_is_one() {
        let text = "[registry.\"a.b\"]\njobs = true\n[registry.\"a.a\"]\njobs = false\n";
        assert_eq!(misfit(text).unwrap().0, text.find("true").unwrap());
        for text in ["jobs = 1", "stor = 1", "[registry.\"a.b\"]\nmirrors = [\"m\", { url = \"m\" }]", "x = "]
        {
            assert_eq!(misfit(text), None, "{text}");
        }
    }
}
