//! Docker's config.json: reading credentials, and editing the file without losing anything.

use std::fs;

use regcli::auth::{Credential, DockerFile};
use regcli::config::DockerConfig;
use regcli::reference::Registry;
use serde_json::{Map, Value};

/// The entry that is stored and erased.
const KEY: &str = "registry.example.com:5000";

/// The fields of an entry that a login replaces.
const CREDENTIALS: [&str; 5] = ["auth", "username", "password", "identitytoken", "registrytoken"];

type Document = Map<String, Value>;

/// A file that cannot be read is never written. In any other file, a login and a logout change one entry
/// only.
pub fn check(data: &[u8]) {
    let parsed = DockerConfig::parse(data);
    if let Ok((config, _)) = &parsed {
        for (_, entry) in &config.auths {
            let _ = Credential::from_entry(entry);
        }
    }
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("config.json");
    fs::write(&path, data).expect("the folder can be written");
    let content = || fs::read(&path).expect("the file is there");
    let file = DockerFile::new(path.clone());
    let read = file.read();
    assert!(parsed.is_err() || read.is_ok(), "only a byte order mark makes a difference");

    let credential = Credential::Basic { username: "user".into(), password: "pass:word".into() };
    if file.store(KEY, &credential).is_err() {
        assert_eq!(content(), data);
        return;
    }
    assert!(read.is_ok());
    let (before, after) = (document(data), document(&content()));
    assert_eq!((fields(&before), others(&before)), (fields(&after), others(&after)));
    assert_eq!(kept(&before), kept(&after));
    assert_eq!(stored(&file), Some(credential.clone()));
    assert!(file.store(KEY, &credential).is_ok_and(|change| !change.changed));

    file.erase(&Registry::from_server(KEY).expect("a registry")).expect("it was just written");
    assert_eq!(stored(&file), None);
    assert_eq!(fields(&before), fields(&document(&content())));
}

fn stored(file: &DockerFile) -> Option<Credential> {
    let config = file.read().expect("it was just written");
    let (_, entry) = config.auths.iter().find(|(key, _)| key == KEY)?;
    Credential::from_entry(entry).expect("it was just written")
}

fn document(content: &[u8]) -> Document {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).trim_ascii();
    if content.is_empty() {
        return Document::new();
    }
    serde_json::from_slice::<Option<Document>>(content).expect("it was read before").unwrap_or_default()
}

/// Returns everything but `auths`, in order.
fn fields(document: &Document) -> Vec<(&String, &Value)> {
    document.iter().filter(|(key, _)| *key != "auths").collect()
}

/// Returns all entries but the edited one, in order.
fn others(document: &Document) -> Vec<(&String, &Value)> {
    let auths = document.get("auths").and_then(Value::as_object);
    auths.into_iter().flatten().filter(|(key, _)| *key != KEY).collect()
}

/// Returns the fields of the edited entry that are not credentials, in order.
fn kept(document: &Document) -> Vec<(&String, &Value)> {
    let entry = document.get("auths").and_then(|auths| auths.get(KEY)).and_then(Value::as_object);
    entry.into_iter().flatten().filter(|(key, _)| !CREDENTIALS.contains(&key.as_str())).collect()
}
