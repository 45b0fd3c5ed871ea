//! Templates over a whole document, as in `docker inspect --format`.

use std::sync::Arc;

use gotmpl::{MissingKey, Value};

use super::super::json;
use super::super::safe::safe;
use super::error::Error;
use super::{check, functions};

/// The reader of the output of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A program, which gets every byte unchanged.
    Program,
    /// A terminal, which must not obey the contents of images.
    Terminal,
}

/// A template that was checked against a kind of document.
#[derive(Debug)]
pub(crate) struct DocumentTemplate {
    source: String,
}

/// The data of a template.
pub(crate) struct Document<'a> {
    /// The values of the fields.
    pub(crate) fields: &'a serde_json::Value,
    /// The output of the function `json`, for the whole document and for each of its objects.
    pub(crate) json: &'a serde_json::Value,
}

impl DocumentTemplate {
    /// Checks a template for documents with these fields. An empty object allows any key.
    ///
    /// # Errors
    /// Returns [`Error::Parse`] if the template is invalid, or names an unknown field or function.
    pub(crate) fn parse(source: &str, fields: &serde_json::Value) -> Result<Self, Error> {
        check::document(source, fields)?;
        super::parse(source, functions::of_document(Vec::new()))?;
        Ok(Self { source: source.to_owned() })
    }

    /// Applies the template to a document.
    ///
    /// # Errors
    /// Returns [`Error::Execute`] if that fails.
    pub(crate) fn execute(&self, document: &Document<'_>, reader: Reader) -> Result<String, Error> {
        let data = value(document.fields, reader);
        let mut written = vec![(data.clone(), json::line(document.json))];
        for (key, part) in document.json.as_object().into_iter().flatten() {
            if let (true, Some(field)) = (part.is_object(), data.field(key)) {
                written.push((field.clone(), json::line(part)));
            }
        }
        let template = super::parse(&self.source, functions::of_document(written))?;
        // The keys of labels and similar maps are not known in advance.
        super::execute(&template.missing_key(MissingKey::Invalid), &data)
    }
}

fn value(json: &serde_json::Value, reader: Reader) -> Value {
    use serde_json::Value as Json;
    let text = |text: &str| -> Arc<str> {
        match reader {
            Reader::Program => text.into(),
            Reader::Terminal => safe(text).into(),
        }
    };
    match json {
        Json::Null => Value::Nil,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::Uint(uint),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(string) => Value::String(text(string)),
        Json::Array(items) => Value::List(items.iter().map(|item| value(item, reader)).collect()),
        Json::Object(fields) => Value::Map(Arc::new(
            fields.iter().map(|(key, field)| (text(key), value(field, reader))).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(template: &str, reader: Reader) -> Result<String, Error> {
        let fields = json!({
            "Id": "sha256:1", "Size": 7,
            "Config": {"Env": ["A=<b>&", "B=\u{1b}[2J"], "Labels": {"a": "2", "b\tc": "\r"}, "Cmd": []},
        });
        let json = json!({"Id": "sha256:1", "Config": {"Env": ["A=<b>&"], "Cmd": null}});
        let empty = json!({"Id": "", "Size": 0, "Config": {"Env": [], "Labels": {}, "Cmd": []}});
        DocumentTemplate::parse(template, &empty)?.execute(&Document { fields: &fields, json: &json }, reader)
    }

    #[test]
    fn fields_are_found_and_ranged_over() {
        for (template, expected) in [
            ("{{.Id}}\t{{.Size}}", "sha256:1\t7"),
            ("{{index .Config.Env 0}}", "A=<b>&"),
            ("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=2;b\tc=\r;"),
            ("{{.Config.Labels.nope}}", "<no value>"),
            ("{{len .Config.Cmd}}{{join .Config.Cmd \" \"}}{{.Config.Cmd}}", "0[]"),
            ("{{with .Config}}{{.Cmd}}{{end}}", "[]"),
            ("{{json .Config}}", r#"{"Env":["A=<b>&"],"Cmd":null}"#),
            ("{{json .Config.Cmd}}", "[]"),
            ("{{json .}}", r#"{"Id":"sha256:1","Config":{"Env":["A=<b>&"],"Cmd":null}}"#),
        ] {
            assert_eq!(shown(template, Reader::Program).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn a_terminal_gets_nothing_that_it_would_obey() {
        assert_eq!(
            shown("{{.Config.Env}}\t{{.Config.Labels}}", Reader::Terminal).unwrap(),
            "[A=<b>& B=\\u{1b}[2J]\tmap[a:2 b\\u{9}c:\\u{d}]"
        );
    }

    #[test]
    fn fields_that_no_document_has_are_refused_in_gos_words() {
        let error = |template: &str| shown(template, Reader::Program).unwrap_err().to_string();
        for (template, problem) in [
            ("{{.Nope}}", r#":1:2: executing "" at <.Nope>: map has no entry for key "Nope""#),
            ("{{.Config.Nope}}", r#":1:9: executing "" at <.Config.Nope>: map has no entry for key "Nope""#),
            ("{{$.Nope}}", r#":1:2: executing "" at <$.Nope>: map has no entry for key "Nope""#),
            ("{{.Nope", ":1: unclosed action"),
            ("{{nope .Id}}", r#":1: function "nope" not defined"#),
        ] {
            assert_eq!(error(template), format!("template parsing error: template: {problem}"));
        }
    }
}
