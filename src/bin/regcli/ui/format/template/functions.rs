//! The functions that Docker adds to Go's own: json split join title lower upper pad truncate.

use std::sync::Arc;

use gotmpl::{FuncMap, TemplateError, Value};

use super::super::json;

/// The key that holds a row's JSON for the function `json`.
pub(super) const ROW_JSON: &str = "json";

/// The maximum number of spaces that `pad` adds on one side.
const PAD_MAX: usize = 1000;

/// Go's own functions.
const BUILT_IN: [&str; 19] = [
    "and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf", "println",
    "urlquery", "eq", "ge", "gt", "le", "lt", "ne",
];

/// Docker's own functions. In the header of a table, each but `pad` returns its first argument.
const DOCKERS: [&str; 8] = ["json", "split", "join", "title", "lower", "upper", "pad", "truncate"];

type Answer = Result<Value, TemplateError>;

/// Reports whether a function of this name exists.
pub(super) fn exists(name: &str) -> bool {
    BUILT_IN.contains(&name) || DOCKERS.contains(&name)
}

/// Returns the functions for rows, where `json .` is the whole row.
pub(super) fn of_rows() -> FuncMap {
    let mut functions = of_values();
    let row_json = |args: &[Value]| match argument("json", args, 0)?.field(ROW_JSON) {
        Some(row) => Ok(row.clone()),
        None => to_json_text(args),
    };
    functions.insert("json".into(), Arc::new(row_json));
    functions
}

/// Returns the functions for documents, where `json` prints the given parts as written there.
pub(super) fn of_document(written: Vec<(Value, String)>) -> FuncMap {
    let mut functions = of_values();
    let known_json = move |args: &[Value]| {
        let value = argument("json", args, 0)?;
        match written.iter().find(|(known, _)| known == value) {
            Some((_, text)) => Ok(string(text.as_str())),
            None => to_json_text(args),
        }
    };
    functions.insert("json".into(), Arc::new(known_json));
    functions
}

/// Returns the functions for any value.
fn of_values() -> FuncMap {
    let mut functions = FuncMap::new();
    let mut add = |name: &str, function: fn(&[Value]) -> Answer| {
        functions.insert(name.into(), Arc::new(function));
    };
    add("json", to_json_text);
    add("split", split);
    add("join", join);
    add("title", |args| Ok(title(&text("title", args, 0)?)));
    add("lower", |args| Ok(string(text("lower", args, 0)?.to_lowercase())));
    add("upper", |args| Ok(string(text("upper", args, 0)?.to_uppercase())));
    add("pad", pad);
    add("truncate", truncate);
    functions
}

/// Returns the functions for the headers of tables: a function that changes a value does not change its
/// header.
pub(super) fn of_headers() -> FuncMap {
    let mut functions = of_values();
    for name in DOCKERS.into_iter().filter(|name| *name != "pad") {
        functions.insert(name.into(), Arc::new(move |args: &[Value]| Ok(argument(name, args, 0)?.clone())));
    }
    functions
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil | Value::Function(_) => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Uint(uint) => (*uint).into(),
        Value::Float(float) => (*float).into(),
        Value::String(text) => (**text).into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(fields) => fields.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect(),
    }
}

fn to_json_text(args: &[Value]) -> Answer {
    Ok(string(json::line(&to_json(argument("json", args, 0)?))))
}

fn split(args: &[Value]) -> Answer {
    let (whole, separator) = (text("split", args, 0)?, text("split", args, 1)?);
    Ok(Value::List(whole.split(&*separator).map(string).collect()))
}

fn join(args: &[Value]) -> Answer {
    let Value::List(items) = argument("join", args, 0)? else {
        return Err(TemplateError::TypeMismatch { expected: "list", got: args[0].type_name() });
    };
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    Ok(string(items.join(&text("join", args, 1)?)))
}

/// Returns the text with the first letter of each word in upper case.
fn title(text: &str) -> Value {
    let mut within_word = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if within_word {
            titled.push(c);
        } else {
            titled.extend(c.to_uppercase());
        }
        within_word = c.is_alphanumeric() || matches!(c, '_' | '\'');
    }
    string(titled)
}

fn pad(args: &[Value]) -> Answer {
    let padded = text("pad", args, 0)?;
    let (before, after) = (count("pad", args, 1)?.min(PAD_MAX), count("pad", args, 2)?.min(PAD_MAX));
    if padded.is_empty() {
        return Ok(string(padded));
    }
    Ok(string(format!("{:before$}{padded}{:after$}", "", "")))
}

fn truncate(args: &[Value]) -> Answer {
    let length = count("truncate", args, 1)?;
    Ok(string(text("truncate", args, 0)?.chars().take(length).collect::<String>()))
}

fn string(text: impl Into<Arc<str>>) -> Value {
    Value::String(text.into())
}

fn argument<'a>(name: &str, args: &'a [Value], index: usize) -> Result<&'a Value, TemplateError> {
    args.get(index).ok_or_else(|| TemplateError::ArgCount {
        name: name.to_owned(),
        expected: index + 1,
        got: args.len(),
    })
}

fn text(name: &str, args: &[Value], index: usize) -> Result<Arc<str>, TemplateError> {
    match argument(name, args, index)? {
        Value::String(text) => Ok(Arc::clone(text)),
        other => Err(TemplateError::TypeMismatch { expected: "string", got: other.type_name() }),
    }
}

fn count(name: &str, args: &[Value], index: usize) -> Result<usize, TemplateError> {
    let value = argument(name, args, index)?;
    let number =
        value.as_int().ok_or(TemplateError::TypeMismatch { expected: "int", got: value.type_name() })?;
    Ok(usize::try_from(number).unwrap_or(0))
}
