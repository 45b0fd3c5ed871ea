//! The complete settings of an image's containers, for display only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::parse_object;
use super::{Error, null_as_default};

/// The part `config` of an image's config, with the fields of Docker's `container.Config` in Docker's order.
///
/// It is serialised as the Engine's API does: fields that few images have are left out if they are empty, and
/// all others are always present, as `null` if the image does not set them. Fields unknown to Docker are
/// dropped, as Docker drops them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RunConfig {
    #[serde(deserialize_with = "null_as_default")]
    hostname: String,
    #[serde(deserialize_with = "null_as_default")]
    domainname: String,
    #[serde(deserialize_with = "null_as_default")]
    user: String,
    #[serde(deserialize_with = "null_as_default")]
    attach_stdin: bool,
    #[serde(deserialize_with = "null_as_default")]
    attach_stdout: bool,
    #[serde(deserialize_with = "null_as_default")]
    attach_stderr: bool,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    exposed_ports: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    tty: bool,
    #[serde(deserialize_with = "null_as_default")]
    open_stdin: bool,
    #[serde(deserialize_with = "null_as_default")]
    stdin_once: bool,
    env: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: Option<Value>,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "is_false")]
    args_escaped: bool,
    #[serde(deserialize_with = "null_as_default")]
    image: String,
    volumes: Option<BTreeMap<String, Value>>,
    #[serde(deserialize_with = "null_as_default")]
    working_dir: String,
    entrypoint: Option<Vec<String>>,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "is_false")]
    network_disabled: bool,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    mac_address: String,
    on_build: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    stop_signal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_timeout: Option<i64>,
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    shell: Vec<String>,
}

/// The only field of an image's config that is read here.
#[derive(Deserialize)]
struct Holder {
    #[serde(default)]
    config: Option<RunConfig>,
}

impl RunConfig {
    /// Parses the settings from an image's config. Returns `None` if it has none.
    ///
    /// # Errors
    /// [`Error::Parse`] if the config is not JSON, or a field has the wrong type.
    pub fn of_image(config: &[u8]) -> Result<Option<Self>, Error> {
        let holder: Holder =
            parse_object(config).map_err(|source| Error::Parse { what: "image config", source })?;
        Ok(holder.config)
    }
}

/// Reports whether a field is not set, so that it is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(config: &str) -> String {
        serde_json::to_string(&RunConfig::of_image(config.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn missing_settings_are_written_as_docker_writes_them() {
        let empty = r#"{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null}"#;
        assert_eq!(written(r#"{"config":{}}"#), empty);
        let nulls = r#"{"config":{"Hostname":null,"Tty":null,"Env":null,"ExposedPorts":null,"Healthcheck":null,
            "ArgsEscaped":null,"Labels":null,"StopSignal":null,"StopTimeout":null,"Shell":null,"Unknown":1}}"#;
        assert_eq!(written(nulls), empty);
        for nothing in ["{}", r#"{"config":null}"#] {
            assert_eq!(written(nothing), "null");
        }
    }

    #[test]
    fn an_empty_list_is_not_none_and_rare_fields_are_written_where_docker_has_them() {
        let config = r#"{"config":{"Shell":["/bin/bash"],"Env":[],"ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGTERM",
            "StopTimeout":5,"ArgsEscaped":true,"NetworkDisabled":true,"MacAddress":"aa",
            "Healthcheck":{"Test":["CMD","x"]},"Volumes":{"/v":{}},"Labels":{"z":"1","a":"2"}}}"#;
        assert_eq!(
            written(config),
            r#"{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"80/tcp":{}},"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":[],"Cmd":null,"Healthcheck":{"Test":["CMD","x"]},"ArgsEscaped":true,"Image":"","Volumes":{"/v":{}},"WorkingDir":"","Entrypoint":null,"NetworkDisabled":true,"MacAddress":"aa","OnBuild":null,"Labels":{"a":"2","z":"1"},"StopSignal":"SIGTERM","StopTimeout":5,"Shell":["/bin/bash"]}"#
        );
    }

    #[test]
    fn anything_but_a_config_is_refused() {
        for bad in ["", "not json", "[]", r#"{"config":{"Env":"PATH=/"}}"#, r#"{"config":7}"#] {
            assert!(matches!(RunConfig::of_image(bad.as_bytes()), Err(Error::Parse { .. })), "{bad}");
        }
    }
}
