//! Reads Docker's config.json, and podman's auth.json, which has the same `auths`.
//!
//! This view is read-only. [`crate::auth`] edits the file, and keeps the fields that are not in this view.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Error, JsonError, Secret, Warning, read_file};

/// The fields of config.json that regcli reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerConfig {
    /// `auths`, in the order of the file.
    pub auths: Vec<(String, AuthEntry)>,
    /// `credsStore`: the credential helper for every registry without one in `cred_helpers`.
    pub creds_store: Option<String>,
    /// `credHelpers`: registry and helper, in the order of the file.
    pub cred_helpers: Vec<(String, String)>,
    /// `HttpHeaders`.
    pub http_headers: Vec<(String, String)>,
    /// `currentContext`: the name of the context with the address of a Docker Engine.
    pub current_context: Option<String>,
}

/// One entry of `auths`, as it is in the file. An empty field counts as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthEntry {
    /// `auth`: base64 of `user:password`.
    pub auth: Option<Secret>,
    /// `username`, used if there is no `auth`.
    pub username: Option<String>,
    /// `password`, likewise.
    pub password: Option<Secret>,
    /// `identitytoken`: an OAuth2 refresh token.
    pub identity_token: Option<Secret>,
    /// `registrytoken`: a bearer token to be sent as it is.
    pub registry_token: Option<Secret>,
}

/// A field of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadField {
    /// `auths.example.com`
    pub field: String,
    /// `a string`, `an object`.
    pub expected: &'static str,
}

impl DockerConfig {
    /// Reads the file at `path`. A missing file is an empty one. A file that cannot be read or parsed counts
    /// as empty, with a warning. A bad field does not affect the others.
    pub fn read(path: &Path, warnings: &mut Vec<Warning>) -> Self {
        match Self::try_read(path) {
            Ok((config, bad)) => {
                warnings.extend(bad.into_iter().map(|BadField { field, expected }| {
                    Warning::from(Error::Field { path: path.to_owned(), field, expected })
                }));
                config
            }
            Err(error) => {
                warnings.push(error.into());
                Self::default()
            }
        }
    }

    fn try_read(path: &Path) -> Result<(Self, Vec<BadField>), Error> {
        match read_file(path)? {
            Some(content) => {
                Self::parse(&content).map_err(|source| Error::Json { path: path.to_owned(), source })
            }
            None => Ok(Default::default()),
        }
    }

    /// Parses the text of a config.json; an empty text is `{}`. Also returns the fields that were left out.
    ///
    /// # Errors
    /// If it is not a JSON object.
    pub fn parse(text: &[u8]) -> Result<(Self, Vec<BadField>), JsonError> {
        let document: Option<Map<String, Value>> = match text.trim_ascii() {
            [] => None,
            text => serde_json::from_slice(text)?,
        };
        let mut fields =
            Fields { object: document.unwrap_or_default(), place: String::new(), bad: Vec::new() };
        let config = Self {
            auths: fields.auths(),
            creds_store: fields.text("credsStore"),
            cred_helpers: fields.texts("credHelpers"),
            http_headers: fields.texts("HttpHeaders"),
            current_context: fields.text("currentContext"),
        };
        Ok((config, fields.bad))
    }

    /// Reports whether it has any setting about credentials. Only if not, Docker chooses a helper itself.
    pub fn mentions_credentials(&self) -> bool {
        self.creds_store.is_some() || !self.cred_helpers.is_empty() || !self.auths.is_empty()
    }
}

/// The fields of one object, removed one after the other, so that no secret is copied.
struct Fields {
    object: Map<String, Value>,
    place: String,
    bad: Vec<BadField>,
}

impl Fields {
    fn text(&mut self, name: &str) -> Option<String> {
        match self.object.remove(name) {
            Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
            None | Some(Value::Null) => None,
            Some(_) => self.reject(name, "a string"),
        }
    }

    fn secret(&mut self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::from)
    }

    fn object(&mut self, name: &str) -> Option<Self> {
        match self.object.remove(name) {
            Some(Value::Object(object)) => {
                Some(Self { object, place: format!("{}{name}.", self.place), bad: Vec::new() })
            }
            None | Some(Value::Null) => None,
            Some(_) => self.reject(name, "an object"),
        }
    }

    fn texts(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(mut inner) = self.object(name) else { return Vec::new() };
        let names: Vec<String> = inner.object.keys().cloned().collect();
        let texts = names.into_iter().filter_map(|name| inner.text(&name).map(|text| (name, text))).collect();
        self.bad.append(&mut inner.bad);
        texts
    }

    fn auths(&mut self) -> Vec<(String, AuthEntry)> {
        let Some(mut inner) = self.object("auths") else { return Vec::new() };
        let keys: Vec<String> = inner.object.keys().cloned().collect();
        let entries =
            keys.into_iter().filter_map(|key| inner.entry(&key).map(|entry| (key, entry))).collect();
        self.bad.append(&mut inner.bad);
        entries
    }

    fn entry(&mut self, key: &str) -> Option<AuthEntry> {
        let mut fields = self.object(key)?;
        let entry = AuthEntry {
            auth: fields.secret("auth"),
            username: fields.text("username"),
            password: fields.secret("password"),
            identity_token: fields.secret("identitytoken"),
            registry_token: fields.secret("registrytoken"),
        };
        self.bad.append(&mut fields.bad);
        Some(entry)
    }

    fn reject<T>(&mut self, name: &str, expected: &'static str) -> Option<T> {
        self.bad.push(BadField { field: format!("{}{name}", self.place), expected });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DockerConfig {
        let (config, bad) = DockerConfig::parse(text.as_bytes()).unwrap();
        assert_eq!(bad, []);
        config
    }

    fn warnings_of(content: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, content).unwrap();
        let mut warnings = Vec::new();
        assert_eq!(DockerConfig::read(&path, &mut warnings), DockerConfig::default());
        let path = path.display().to_string();
        warnings.iter().map(|warning| warning.to_string().replace(&path, "PATH")).collect()
    }

    #[test]
    fn all_kinds_of_credentials_are_seen_in_the_order_of_the_file() {
        let config = parse(
            r#"{"zz": 1, "auths": {
                "old.example.com": {"auth": "dTpw", "email": "a@b.c"}, "empty.example.com": {},
                "tok.example.com": {"identitytoken": "IDT"}, "reg.example.com": {"registrytoken": "RT"},
                "plain.example.com": {"username": "pu", "password": "pp", "auth": ""}},
                "credsStore": "lab", "credHelpers": {"a": "x"}, "HttpHeaders": {"X-Meta-A": "b"}}"#,
        );

        let keys: Vec<&str> = config.auths.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "old.example.com",
                "empty.example.com",
                "tok.example.com",
                "reg.example.com",
                "plain.example.com"
            ]
        );
        assert_eq!(config.auths[0].1.auth, Some("dTpw".into()));
        assert_eq!(config.auths[1].1, AuthEntry::default());
        assert_eq!(config.auths[2].1.identity_token, Some("IDT".into()));
        assert_eq!(config.auths[3].1.registry_token, Some("RT".into()));
        assert_eq!(config.auths[4].1.password, Some("pp".into()));
        assert_eq!(config.auths[4].1.auth, None);
        assert_eq!(config.creds_store.as_deref(), Some("lab"));
        assert_eq!(config.cred_helpers, [("a".into(), "x".into())]);
        assert_eq!(config.http_headers, [("X-Meta-A".into(), "b".into())]);
    }

    #[test]
    fn one_bad_entry_does_not_spoil_the_rest() {
        let text = r#"{"auths": {"a": 5, "b": {"auth": []}, "c": {"auth": "dTpw"}}, "credsStore": 1}"#;

        let (config, bad) = DockerConfig::parse(text.as_bytes()).unwrap();

        let bad: Vec<String> = bad.iter().map(|bad| format!("{} {}", bad.field, bad.expected)).collect();
        assert_eq!(bad, ["auths.a an object", "auths.b.auth a string", "credsStore a string"]);
        assert_eq!(config.auths[1].1.auth, Some("dTpw".into()));
    }

    #[test]
    fn an_empty_file_is_an_empty_object_and_a_byte_order_mark_is_skipped() {
        for content in ["", "\n", "{}", "null", "\u{feff}", "\u{feff}{}"] {
            assert_eq!(warnings_of(content.as_bytes()), [] as [&str; 0], "{content:?}");
        }
    }

    #[test]
    fn a_broken_file_is_a_warning_in_dockers_words() {
        assert_eq!(warnings_of(b"{\"auths\": \n"), ["Error parsing config file (PATH): unexpected EOF"]);
        assert_eq!(
            warnings_of(b"{\n  // a comment\n}"),
            ["Error parsing config file (PATH): key must be a string at line 2 column 3"]
        );
    }

    #[test]
    fn a_file_above_a_mebibyte_is_not_read() {
        assert_eq!(
            warnings_of(&vec![b' '; (1 << 20) + 1]),
            ["Error loading config file: PATH is larger than 1048576 bytes"]
        );
        assert_eq!(warnings_of(&vec![b' '; 1 << 20]), [] as [&str; 0]);
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_a_warning() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut warnings = Vec::new();

        DockerConfig::read(&file.path().join("config.json"), &mut warnings);

        assert!(warnings[0].to_string().starts_with("Error loading config file: open "), "{}", warnings[0]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = parse(
            r#"{"auths": {"h": {"auth": "hunter2", "password": "hunter2", "identitytoken": "hunter2"}}}"#,
        );

        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
