//! An image as `docker image inspect` shows it, with the same keys in the same order.
//!
//! The keys are those of docker 28 with API 1.49 (transcript 09, docker.md §6). Keys that only a Docker
//! Engine has are left out: `Container`, `ContainerConfig`, `VirtualSize` and `GraphDriver`.

use regcli::image::RunConfig;
use regcli::ops::Inspection;
use regcli::reference::Reference;
use serde_json::{Map, Value, json};

/// An unknown time, as Go writes it.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Returns the object for one image. Its size is that of the config and the compressed layers.
pub(crate) fn document(image: &Inspection) -> Value {
    let config = &image.config;
    let tags = image.names.iter().filter(|name| name.digest.is_none());
    let mut document = json!({
        "Id": image.id(),
        "RepoTags": tags.map(Reference::familiar).collect::<Vec<_>>(),
        "RepoDigests": digests(image),
        "Parent": "",
        "Comment": comment(image),
        "Created": if config.created.is_empty() { NO_TIME } else { &config.created },
        "DockerVersion": config.docker_version,
        "Author": config.author,
        "Config": image.run,
        "Architecture": config.architecture,
    });
    let mut add = |key: &str, value: Value| document[key] = value;
    if !config.variant.is_empty() {
        add("Variant", json!(config.variant));
    }
    add("Os", json!(config.os));
    if !config.os_version.is_empty() {
        add("OsVersion", json!(config.os_version));
    }
    add("Size", json!(image.size()));
    let layers = &config.rootfs.diff_ids;
    add("RootFS", if layers.is_empty() { json!({}) } else { json!({"Type": "layers", "Layers": layers}) });
    add("Metadata", json!({"LastTagTime": NO_TIME}));
    let root = &image.root;
    add("Descriptor", json!({"mediaType": root.media_type, "digest": root.digest, "size": root.size}));
    document
}

/// Returns the names of the root by its digest, one per repository.
fn digests(image: &Inspection) -> Vec<String> {
    let names = image.names.iter();
    let digests = names.map(|name| Reference::digested(name.name.clone(), image.root.digest.clone()));
    let mut digests: Vec<String> = digests.map(|reference| reference.familiar()).collect();
    digests.dedup();
    digests
}

/// Returns the image's comment, or that of its last step, as Docker does.
fn comment(image: &Inspection) -> &str {
    match (image.config.comment.as_str(), image.config.history.last()) {
        ("", Some(last)) => &last.comment,
        (comment, _) => comment,
    }
}

/// Returns the document for templates, with every field of Docker's. Fields that the image does not set are
/// empty, so that `range`, `len`, `join` and `index` work on them.
pub(crate) fn fields(document: &Value) -> Value {
    let mut fields = empty_fields();
    fill(&mut fields, document);
    // The name of the field in Go. Docker's templates accept both.
    fields["ID"] = fields["Id"].clone();
    fields
}

/// Returns all fields of an image that sets none of them.
pub(crate) fn empty_fields() -> Value {
    let mut config = json!(RunConfig::default());
    for list in ["Env", "Cmd", "Entrypoint", "OnBuild", "Shell"] {
        config[list] = json!([]);
    }
    for map in ["ExposedPorts", "Volumes", "Labels"] {
        config[map] = json!({});
    }
    for text in ["MacAddress", "StopSignal"] {
        config[text] = json!("");
    }
    for flag in ["ArgsEscaped", "NetworkDisabled"] {
        config[flag] = json!(false);
    }
    for nothing in ["Healthcheck", "StopTimeout"] {
        config[nothing] = Value::Null;
    }
    json!({
        "Id": "", "ID": "", "RepoTags": [], "RepoDigests": [], "Parent": "", "Comment": "", "Created": "",
        "DockerVersion": "", "Author": "", "Config": config, "Architecture": "", "Variant": "", "Os": "",
        "OsVersion": "", "Size": 0, "RootFS": {"Type": "", "Layers": []}, "Metadata": {"LastTagTime": ""},
        "Descriptor": {"MediaType": "", "Digest": "", "Size": 0},
    })
}

/// Copies values of a document into the fields of the same names. A missing or null value leaves its field
/// empty.
fn fill(fields: &mut Value, document: &Value) {
    let (Some(fields), Some(document)) = (fields.as_object_mut(), document.as_object()) else { return };
    for (key, value) in document.iter().filter(|(_, value)| !value.is_null()) {
        match fields.get_mut(&field_of(key)) {
            Some(field) if is_struct(field) => fill(field, value),
            Some(field) => *field = value.clone(),
            None => {}
        }
    }
}

/// Returns Go's name of a field. Only those of descriptors differ.
fn field_of(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Reports whether a field is a struct with fixed fields, not a map with keys of the image.
fn is_struct(field: &Value) -> bool {
    field.as_object().is_some_and(|fields: &Map<String, Value>| !fields.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_find_every_field_filled_or_empty() {
        let document = json!({
            "Id": "sha256:1", "Size": 7, "Variant": "v8", "Unknown": 1,
            "Config": {"Env": null, "Cmd": ["sh"], "Labels": {"a": "b"}},
            "Descriptor": {"mediaType": "x", "digest": "sha256:2", "size": 3},
        });
        let fields = fields(&document);
        for (path, value) in [
            ("/Id", json!("sha256:1")),
            ("/ID", json!("sha256:1")),
            ("/Variant", json!("v8")),
            ("/OsVersion", json!("")),
            ("/Config/Env", json!([])),
            ("/Config/Cmd", json!(["sh"])),
            ("/Config/Labels", json!({"a": "b"})),
            ("/Config/ExposedPorts", json!({})),
            ("/Config/Hostname", json!("")),
            ("/Descriptor/MediaType", json!("x")),
        ] {
            assert_eq!(fields.pointer(path), Some(&value), "{path}");
        }
        assert_eq!(fields.get("Unknown"), None);
        assert_eq!(super::fields(&json!({"Config": null})), empty_fields(), "an image without settings");
    }
}
