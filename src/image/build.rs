//! Builds the documents of a new image.

mod change;
mod health;
mod words;

use std::collections::BTreeMap;
use std::str::FromStr;

use bytes::Bytes;
use oci_spec::image as oci;
use serde_json::Value;

pub use change::Change;

use super::{Descriptor, MediaType, Platform, RawManifest};
use crate::digest::Digest;

/// An image to be built from existing layers.
///
/// The same image always gives the same bytes, and so the same digests.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// The layers, the lowest first.
    pub layers: Vec<NewLayer>,
    /// The platform of the image.
    pub platform: Platform,
    /// The creation time, RFC 3339.
    pub created: String,
    /// A comment for the history; may be empty.
    pub message: String,
    /// The settings of containers; later changes override earlier ones.
    pub changes: Vec<Change>,
}

/// A layer of an image to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLayer {
    /// The layer as it is stored.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar.
    pub diff_id: Digest,
}

/// The documents of a new image, with OCI's media types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltImage {
    /// The descriptor of the config.
    pub config: Descriptor,
    /// The config, to be stored before the manifest.
    pub config_bytes: Bytes,
    /// The manifest.
    pub manifest: RawManifest,
}

impl NewImage {
    /// Builds config and manifest.
    pub fn build(&self) -> BuiltImage {
        let config_bytes = self.config();
        let config = Descriptor::of(MediaType::OCI_CONFIG, &config_bytes);
        let layers: Vec<_> = self.layers.iter().map(|layer| layer.descriptor.clone()).collect();
        let manifest = image_manifest(&config, &layers);
        BuiltImage { config, config_bytes, manifest }
    }

    fn config(&self) -> Bytes {
        let settings = Settings::after(&self.changes);
        let platform = &self.platform;
        let diff_ids = self.layers.iter().map(|layer| layer.diff_id.to_string()).collect::<Vec<_>>();
        let mut config = oci::ImageConfigurationBuilder::default()
            .created(self.created.as_str())
            .architecture(platform.architecture.as_str())
            .os(platform.os.as_str())
            .config(settings.config())
            .rootfs(built(oci::RootFsBuilder::default().typ("layers").diff_ids(diff_ids).build()))
            .history(self.history());
        if let Some(variant) = &platform.variant {
            config = config.variant(variant.as_str());
        }
        if let Some(version) = &platform.os_version {
            config = config.os_version(version.as_str());
        }
        if let Some(features) = &platform.os_features {
            config = config.os_features(features.clone());
        }
        let mut config = serde_json::to_value(built(config.build())).expect("a config has text keys only");
        settings.add_dockers_own(&mut config["config"]);
        serialised(config)
    }

    /// Returns one step for each layer. The comment is on the last one.
    fn history(&self) -> Vec<oci::History> {
        let last = self.layers.len().saturating_sub(1);
        let step = |index| {
            let step = oci::HistoryBuilder::default().created(self.created.as_str());
            let remarked = index == last && !self.message.is_empty();
            built(if remarked { step.comment(self.message.as_str()) } else { step }.build())
        };
        (0..self.layers.len()).map(step).collect()
    }
}

/// Builds the manifest, of OCI's media type, for an image that has none yet.
pub fn image_manifest(config: &Descriptor, layers: &[Descriptor]) -> RawManifest {
    let manifest = oci::ImageManifestBuilder::default()
        .schema_version(oci::SCHEMA_VERSION)
        .media_type(oci::MediaType::ImageManifest)
        .config(pointer(config))
        .layers(layers.iter().map(pointer).collect::<Vec<_>>());
    let manifest = serde_json::to_value(built(manifest.build())).expect("a manifest has text keys only");
    RawManifest::new(MediaType::OCI_MANIFEST, serialised(manifest))
}

/// How containers of an image run.
#[derive(Debug, Default)]
struct Settings {
    cmd: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    env: Vec<(String, String)>,
    ports: Vec<String>,
    labels: BTreeMap<String, String>,
    user: Option<String>,
    volumes: Vec<String>,
    working_dir: Option<String>,
    stop_signal: Option<String>,
    on_build: Vec<String>,
    health: Option<Value>,
}

impl Settings {
    fn after(changes: &[Change]) -> Self {
        let mut settings = Self::default();
        changes.iter().cloned().for_each(|change| settings.apply(change));
        settings
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Cmd(command) => self.cmd = Some(command),
            Change::Entrypoint(command) => self.entrypoint = Some(command),
            Change::Env(pairs) => pairs.into_iter().for_each(|(name, value)| self.set_env(name, value)),
            Change::Expose(ports) => self.ports.extend(ports),
            Change::Label(pairs) => self.labels.extend(pairs),
            Change::User(user) => self.user = Some(user),
            Change::Volume(paths) => self.volumes.extend(paths),
            Change::Workdir(path) => self.working_dir = Some(self.resolve(&path)),
            Change::StopSignal(signal) => self.stop_signal = Some(signal),
            Change::OnBuild(instruction) => self.on_build.push(instruction),
            Change::Healthcheck(check) => self.health = Some(check),
        }
    }

    fn set_env(&mut self, name: String, value: String) {
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.env.push((name, value)),
        }
    }

    /// Resolves a relative path against the working directory so far, which is `/` at first.
    fn resolve(&self, path: &str) -> String {
        let base = if path.starts_with('/') { "" } else { self.working_dir.as_deref().unwrap_or("") };
        let mut parts = Vec::new();
        for part in base.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        format!("/{}", parts.join("/"))
    }

    fn config(&self) -> oci::Config {
        let mut config = oci::ConfigBuilder::default();
        if let Some(command) = &self.cmd {
            config = config.cmd(command.clone());
        }
        if let Some(command) = &self.entrypoint {
            config = config.entrypoint(command.clone());
        }
        if !self.env.is_empty() {
            config = config.env(self.env.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>());
        }
        if !self.ports.is_empty() {
            config = config.exposed_ports(self.ports.clone());
        }
        if !self.labels.is_empty() {
            config =
                config.labels(self.labels.clone().into_iter().collect::<std::collections::HashMap<_, _>>());
        }
        if let Some(user) = &self.user {
            config = config.user(user.as_str());
        }
        if !self.volumes.is_empty() {
            config = config.volumes(self.volumes.clone());
        }
        if let Some(path) = &self.working_dir {
            config = config.working_dir(path.as_str());
        }
        if let Some(signal) = &self.stop_signal {
            config = config.stop_signal(signal.as_str());
        }
        built(config.build())
    }

    /// Adds the fields that only Docker's configs have. OCI's format reserves their names.
    fn add_dockers_own(&self, config: &mut Value) {
        if !self.on_build.is_empty() {
            config["OnBuild"] = self.on_build.clone().into();
        }
        if let Some(health) = &self.health {
            config["Healthcheck"] = health.clone();
        }
    }
}

fn pointer(descriptor: &Descriptor) -> oci::Descriptor {
    let digest = oci::Digest::from_str(descriptor.digest.as_str()).expect("our digests are stricter");
    oci::Descriptor::new(descriptor.media_type.as_str().into(), descriptor.size, digest)
}

fn built<T>(result: Result<T, oci_spec::OciSpecError>) -> T {
    result.expect("all required fields are set")
}

/// Sorts the keys. `oci_spec` keeps maps in hash maps, whose order changes with every run.
fn serialised(mut document: Value) -> Bytes {
    document.sort_all_objects();
    document.to_string().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::{ImageConfig, Manifest};

    fn image(changes: &[&str]) -> NewImage {
        let diff_id = Digest::sha256(b"tar");
        let descriptor = Descriptor::of(MediaType::OCI_LAYER_GZIP, b"gzip");
        NewImage {
            layers: vec![NewLayer { descriptor, diff_id }],
            platform: Platform::new("linux", "arm", Some("v7")),
            created: "2026-11-21T20:39:02Z".to_owned(),
            message: "Imported from -".to_owned(),
            changes: Change::parse_all(changes).unwrap(),
        }
    }

    fn settings(changes: &[&str]) -> Value {
        let config: Value = serde_json::from_slice(&image(changes).build().config_bytes).unwrap();
        config["config"].clone()
    }

    #[test]
    fn the_manifest_points_to_the_config_and_the_layers() {
        let image = image(&[]);
        let built = image.build();
        let Manifest::Image(manifest) = built.manifest.parse().unwrap() else { panic!("an image") };
        assert_eq!(manifest.config, built.config);
        assert_eq!(manifest.layers, [image.layers[0].descriptor.clone()]);
        let document: Value = serde_json::from_slice(built.manifest.bytes()).unwrap();
        assert_eq!(document["schemaVersion"], 2);
        assert_eq!(document["mediaType"], MediaType::OCI_MANIFEST.as_str());
        built.config.verify(&built.config_bytes).unwrap();
    }

    #[test]
    fn the_config_says_what_the_image_is() {
        let image = image(&["CMD [\"/app\"]"]);
        let config = ImageConfig::parse(&image.build().config_bytes).unwrap();
        assert_eq!(config.platform(), Some(image.platform));
        assert_eq!(config.created, image.created);
        assert_eq!(config.rootfs.diff_ids, [Digest::sha256(b"tar")]);
        assert_eq!(config.history.len(), 1);
        assert_eq!(config.history[0].comment, "Imported from -");
        assert_eq!(config.config.cmd, ["/app"]);
    }

    #[test]
    fn the_same_image_has_the_same_digest_every_time() {
        let labels: String = (0..40).map(|n| format!(" key{n}={n}")).collect();
        let ports: String = (0..40).map(|n| format!(" {}", 8000 + n)).collect();
        let image = image(&[&format!("LABEL{labels}"), &format!("EXPOSE{ports}"), "VOLUME /a /b /c"]);
        let first = image.build();
        assert!((0..5).all(|_| image.build() == first));
    }

    #[test]
    fn changes_become_settings() {
        let changes = [
            "ENTRYPOINT [\"/bin/app\", \"--serve\"]",
            "CMD echo hello",
            "ENV A=1 B=\"two words\"",
            "ENV A=3",
            "EXPOSE 8080 53/udp",
            "LABEL maintainer=demo \"com.example.note\"='a b'",
            "USER 1000:1000",
            "VOLUME [\"/data\"]",
            "WORKDIR /srv",
            "WORKDIR app/../web",
            "STOPSIGNAL SIGQUIT",
            "ONBUILD RUN true",
            "HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f http://localhost/",
        ];
        assert_eq!(
            settings(&changes),
            json!({
                "Cmd": ["/bin/sh", "-c", "echo hello"],
                "Entrypoint": ["/bin/app", "--serve"],
                "Env": ["A=3", "B=two words"],
                "ExposedPorts": {"53/udp": {}, "8080/tcp": {}},
                "Healthcheck": {
                    "Interval": 90_000_000_000_i64,
                    "Retries": 3,
                    "Test": ["CMD-SHELL", "curl -f http://localhost/"],
                },
                "Labels": {"com.example.note": "a b", "maintainer": "demo"},
                "OnBuild": ["RUN true"],
                "StopSignal": "SIGQUIT",
                "User": "1000:1000",
                "Volumes": {"/data": {}},
                "WorkingDir": "/srv/web",
            })
        );
        assert_eq!(settings(&[]), json!({}));
        assert_eq!(settings(&["WORKDIR ../../x"])["WorkingDir"], "/x");
    }
}
