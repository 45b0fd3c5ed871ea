//! The `HEALTHCHECK` instruction. Docker's configs have it; OCI's format reserves its name.

use jiff::SignedDuration;
use serde_json::{Map, Value};

/// The options, and their names in configs. All but `--retries` are durations, kept in nanoseconds.
const OPTIONS: [(&str, &str); 5] = [
    ("--interval", "Interval"),
    ("--timeout", "Timeout"),
    ("--start-period", "StartPeriod"),
    ("--start-interval", "StartInterval"),
    ("--retries", "Retries"),
];

/// Parses the arguments of `HEALTHCHECK`: `NONE`, or options and `CMD command`.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut check = Map::new();
    let mut rest = text;
    while rest.starts_with("--") {
        let (option, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (name, value) = option.split_once('=').ok_or_else(|| format!("{option} needs a value"))?;
        let known = OPTIONS.iter().find(|(known, _)| *known == name);
        let (_, key) = known.ok_or_else(|| format!("unknown option {name}"))?;
        check.insert((*key).to_owned(), number(name, value)?);
        rest = after.trim_start();
    }
    let (kind, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let test = match (kind.to_ascii_uppercase().as_str(), command.trim()) {
        ("NONE", "") if check.is_empty() => vec!["NONE".to_owned()],
        ("NONE", _) => return Err("NONE takes no options and no command".to_owned()),
        ("CMD", "") => return Err("CMD needs a command".to_owned()),
        ("CMD", command) => test(command),
        _ => return Err("expected NONE or CMD".to_owned()),
    };
    check.insert("Test".to_owned(), test.into());
    Ok(check.into())
}

fn test(command: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(command) {
        Ok(words) => std::iter::once("CMD".to_owned()).chain(words).collect(),
        Err(_) => vec!["CMD-SHELL".to_owned(), command.to_owned()],
    }
}

fn number(name: &str, value: &str) -> Result<Value, String> {
    let bad = || format!("{name} cannot be {value}");
    if name == "--retries" {
        return value.parse::<u32>().map(Value::from).map_err(|_| bad());
    }
    let duration: SignedDuration = value.parse().map_err(|_| bad())?;
    // Docker accepts no interval below a millisecond.
    let nanoseconds = i64::try_from(duration.as_nanos()).map_err(|_| bad())?;
    if nanoseconds == 0 || nanoseconds >= 1_000_000 { Ok(nanoseconds.into()) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn checks_are_read_as_docker_reads_them() {
        assert_eq!(parse("NONE"), Ok(json!({"Test": ["NONE"]})));
        assert_eq!(parse("CMD [\"/check\", \"-q\"]"), Ok(json!({"Test": ["CMD", "/check", "-q"]})));
        assert_eq!(
            parse("--timeout=5s  --retries=2 cmd true || false"),
            Ok(json!({"Timeout": 5_000_000_000_i64, "Retries": 2, "Test": ["CMD-SHELL", "true || false"]}))
        );
    }

    #[test]
    fn an_invalid_check_is_refused() {
        for text in [
            "",
            "CMD",
            "NONE x",
            "--interval=1s NONE",
            "--interval CMD x",
            "--interval=soon CMD x",
            "--nope=1 CMD x",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("--interval=-1s CMD x").is_err());
        assert!(parse("--interval=10us CMD x").is_err());
    }
}
