//! Archives whose documents contradict each other, as Docker 25.0 has written them, and those of others.

use std::fs;

use serde_json::{Value, json};

use crate::archives::Tarball;
use crate::support::scripted::Scripted;
use crate::support::{DockerRegistry, Fixture, Home, Outcome, missing, run, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// What Docker says when it pulls such an image.
const MISMATCH: &str = "error: layers from manifest don't match image configuration\n";

/// An image of two layers, and what an archive says about it.
struct Saved {
    layers: [Vec<u8>; 2],
    config: Vec<u8>,
}

impl Saved {
    fn new() -> Self {
        let layers = ["one", "two"].map(|text| Tarball::new().file("etc/motd", text).end());
        let ids: Vec<_> = layers.iter().map(|layer| sha256(layer)).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/x"]},
            "rootfs": {"type": "layers", "diff_ids": ids},
        });
        Self { layers, config: config.to_string().into_bytes() }
    }

    /// The descriptor of a layer, with so many bytes too many.
    fn layer(&self, index: usize, surplus: usize) -> Value {
        let layer = &self.layers[index];
        json!({"mediaType": LAYER, "digest": sha256(layer), "size": layer.len() + surplus})
    }

    /// An OCI manifest with these layers.
    fn manifest(&self, layers: &Value) -> Vec<u8> {
        let platform = json!({"architecture": "amd64", "os": "linux"});
        let config = json!({
            "mediaType": CONFIG, "digest": sha256(&self.config), "size": self.config.len(), "platform": platform,
        });
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        manifest.to_string().into_bytes()
    }

    /// What `index.json` says of a manifest.
    fn index(manifest: &[u8]) -> Value {
        json!([{
            "mediaType": MANIFEST, "digest": sha256(manifest), "size": manifest.len(),
            "annotations": {
                "io.containerd.image.name": "docker.io/lab/app:1", "org.opencontainers.image.ref.name": "1",
            },
            "platform": {"architecture": "amd64", "os": "linux"},
        }])
    }

    /// An OCI archive of this manifest.
    fn oci(&self, manifest: &[u8], index: &Value) -> Tarball {
        let mut tar = Tarball::new();
        for content in [manifest, &self.config, &self.layers[0], &self.layers[1]] {
            tar = tar.file(&path(content), content);
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": index,
        });
        tar.file("index.json", index.to_string()).file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#)
    }

    /// As Docker 25.0 wrote it: `manifest.json` is right, and beside it there is an OCI manifest with these layers.
    fn docker_25(&self, layers: &Value) -> Vec<u8> {
        let manifest = self.manifest(layers);
        let tar = self.oci(&manifest, &Self::index(&manifest));
        let listed = json!([{
            "Config": path(&self.config), "RepoTags": ["lab/app:1"],
            "Layers": self.layers.iter().map(|layer| path(layer)).collect::<Vec<_>>(),
        }]);
        let repositories = json!({"lab/app": {"1": &sha256(&self.layers[1])["sha256:".len()..]}});
        tar.file("manifest.json", listed.to_string()).file("repositories", repositories.to_string()).end()
    }

    /// Asserts that a manifest is that of the whole image.
    #[track_caller]
    fn is_whole(&self, manifest: &[u8]) {
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        assert_eq!(manifest["config"]["digest"], sha256(&self.config));
        assert_eq!(manifest["layers"], json!([self.layer(0, 0), self.layer(1, 0)]));
    }
}

fn path(content: &[u8]) -> String {
    sha256(content).replacen("sha256:", "blobs/sha256/", 1)
}

fn put(home: &Home, archive: impl AsRef<[u8]>) {
    fs::write(home.path().join("x.tar"), archive).unwrap();
}

/// Unpacks the archive into the folder `layout`.
fn unpack(home: &Home) {
    let [archive, folder] = ["x.tar", "layout"].map(|name| home.path().join(name));
    fs::create_dir(&folder).unwrap();
    run("tar", ["-xf".as_ref(), archive.as_os_str(), "-C".as_ref(), folder.as_os_str()]).succeeds();
}

/// The manifest that a place has.
#[track_caller]
fn manifest_at(home: &Home, place: &str) -> Vec<u8> {
    home.run(["manifest", place]).succeeds().raw
}

#[track_caller]
fn nothing_is_stored(home: &Home) {
    home.run(["images", "-q"]).succeeds().prints("");
}

/// Every way from an archive to somewhere else, each to a place of its own. The registry is the last.
fn ways(home: &Home, from: &str, registry: &str) -> Vec<(Outcome, String)> {
    let targets =
        ["store:lab/b:1", "oci:out:1", "oci-archive:o.tar:1", "docker-archive:d.tar:lab/b:1", registry];
    let copied = |to: &str| (home.run(["--retry", "1", "copy", "-q", from, to]), to.to_owned());
    targets.into_iter().map(copied).collect()
}

#[test]
fn r2_what_docker_25_saved_is_loaded_and_copied_as_manifest_json_says() {
    if missing("docker-registry") {
        return;
    }
    let saved = Saved::new();
    let (one, two) = (saved.layer(0, 0), saved.layer(1, 0));
    let registry = DockerRegistry::open();
    let wrong =
        [json!([]), json!(null), json!([one]), json!([one, one]), json!([two, one]), json!([one, two, two])];
    for (number, layers) in wrong.iter().enumerate() {
        let home = Home::fresh();
        put(&home, saved.docker_25(layers));
        home.run(["load", "-i", "x.tar"]).succeeds().prints("Loaded image: lab/app:1\n");
        saved.is_whole(&manifest_at(&home, "store:lab/app:1"));
        home.run(["verify"]).succeeds();
        for from in ["docker-archive:x.tar", "docker-archive:x.tar:lab/app:1", "oci-archive:x.tar:1"] {
            let image = format!("{}/app:{number}", registry.host());
            for (outcome, to) in ways(&home, from, &image) {
                outcome.succeeds();
                saved.is_whole(&manifest_at(&home, &to));
            }
        }
    }
    // What is right, and may be signed, stays as it is.
    let home = Home::fresh();
    put(&home, saved.docker_25(&json!([one, two])));
    home.run(["load", "-i", "x.tar"]).succeeds();
    assert_eq!(manifest_at(&home, "store:lab/app:1"), saved.manifest(&json!([one, two])));
}

#[test]
fn r2_an_image_that_only_manifest_json_names_is_found() {
    // `docker save IMAGE@DIGEST` of 25.0, and of several digests until today.
    let saved = Saved::new();
    let manifest = saved.manifest(&json!([saved.layer(0, 0), saved.layer(1, 0)]));
    let listed = |tags: Value| {
        let layers: Vec<_> = saved.layers.iter().map(|layer| path(layer)).collect();
        json!([{"Config": path(&saved.config), "RepoTags": tags, "Layers": layers}]).to_string()
    };
    let home = Home::fresh();
    let id = sha256(&saved.config);
    put(&home, saved.oci(&manifest, &json!(null)).file("manifest.json", listed(json!(null))).end());
    home.run(["load", "-i", "x.tar"]).succeeds().prints(&format!("Loaded image ID: {id}\n"));
    home.run(["copy", "-q", "docker-archive:x.tar", "store:lab/a:1"]).succeeds();
    saved.is_whole(&manifest_at(&home, "store:lab/a:1"));
    // A name that stands in manifest.json alone counts, too.
    let mut index = Saved::index(&manifest);
    index[0].as_object_mut().unwrap().remove("annotations");
    put(&home, saved.oci(&manifest, &index).file("manifest.json", listed(json!(["lab/app:1"]))).end());
    home.run(["load", "-i", "x.tar"]).succeeds().prints("Loaded image: lab/app:1\n");
    assert_eq!(manifest_at(&home, "store:lab/app:1"), manifest);
}

#[test]
fn r2_without_manifest_json_an_image_with_other_layers_than_its_config_names_is_refused() {
    let saved = Saved::new();
    let one = saved.layer(0, 0);
    let registry = Scripted::start();
    for layers in [json!([]), json!(null), json!([one]), json!([one, one, one])] {
        let home = Home::fresh();
        let manifest = saved.manifest(&layers);
        put(&home, saved.oci(&manifest, &Saved::index(&manifest)).end());
        home.run(["load", "-i", "x.tar"]).ends_with(6).complains(MISMATCH).prints("");
        unpack(&home);
        for from in ["docker-archive:x.tar", "oci-archive:x.tar:1", "oci:layout:1"] {
            for (outcome, to) in ways(&home, from, &registry.at("app:1")) {
                outcome.ends_with(6).complains(MISMATCH);
                assert!(home.run(["manifest", &to]).code != 0, "{to}");
            }
        }
        assert!(!registry.has_manifest("app", "1"));
        nothing_is_stored(&home);
    }
}

#[test]
fn r2_a_pull_of_an_image_with_other_layers_than_its_config_names_is_refused() {
    let saved = Saved::new();
    let registry = Scripted::start();
    for content in [&saved.config, &saved.layers[0], &saved.layers[1]] {
        registry.seed_blob("app", &sha256(content), content.clone());
    }
    let tag = |name: &str, layers: &Value| {
        let digest = registry.seed_manifest("app", MANIFEST, saved.manifest(layers));
        registry.tag("app", name, &digest);
    };
    let (one, two) = (saved.layer(0, 0), saved.layer(1, 0));
    tag("right", &json!([one, two]));
    let (there, fresh) = (Home::fresh(), Home::fresh());
    there.run(["pull", "-q", &registry.at("app:right")]).succeeds();
    for layers in [json!([]), json!([one]), json!([one, two, two])] {
        tag("wrong", &layers);
        let image = registry.at("app:wrong");
        // A config that is there already says as much.
        for home in [&there, &fresh] {
            home.run(["--retry", "1", "pull", &image]).ends_with(6).complains(MISMATCH);
        }
        for to in ["oci:out", "docker-archive:d.tar:lab/b:1", "store:lab/b:1"] {
            fresh.run(["--retry", "1", "copy", "-q", &image, to]).ends_with(6).complains(MISMATCH);
        }
        nothing_is_stored(&fresh);
        assert!(!fresh.path().join("d.tar").exists());
    }
}

#[test]
fn r2_what_is_no_image_has_no_layers_to_count() {
    let registry = Scripted::start();
    let nameless =
        json!({"architecture": "", "os": "", "config": {}, "rootfs": {"type": "", "diff_ids": null}});
    let layer = Fixture::layer("policy", 100);
    for (number, fixture) in [
        Fixture::artifact(),
        Fixture::with_raw_config(b"{}", std::slice::from_ref(&layer)),
        Fixture::with_raw_config(nameless.to_string().as_bytes(), &[layer]),
    ]
    .iter()
    .enumerate()
    {
        let home = Home::fresh();
        let (image, archive) = (registry.at(&format!("app:{number}")), "oci-archive:a.tar:1");
        for [from, to] in [[fixture.place().as_str(), &image], [&image, archive], [archive, "store:lab/a:1"]]
        {
            home.run(["copy", "-q", from, to]).succeeds();
        }
        home.run(["pull", "-q", &image]).succeeds();
        home.run(["push", "-q", &image]).succeeds();
    }
}

#[test]
fn r7_names_that_begin_at_the_top_are_found_on_either_side() {
    let saved = Saved::new();
    let hex = |content: &[u8]| sha256(content)["sha256:".len()..].to_owned();
    // imgutil names layers `/DIFF-ID.tar`; others write `./` before all that is in the folder that they pack.
    for (inside, said) in
        [("/", "/"), ("/", ""), ("", "/"), ("./", ""), ("", "./"), ("./", "/"), ("//", "./")]
    {
        let layer = |index: usize, before: &str| format!("{before}{}.tar", hex(&saved.layers[index]));
        let config = |before: &str| format!("{before}{}.json", hex(&saved.config));
        let listed = json!([{
            "Config": config(said), "RepoTags": ["lab/app:1"], "Layers": [layer(0, said), layer(1, said)],
        }]);
        let archive = Tarball::new()
            .file(&config(inside), &saved.config)
            .file(&layer(0, inside), &saved.layers[0])
            .file(&layer(1, inside), &saved.layers[1])
            .file(&format!("{inside}manifest.json"), listed.to_string());
        let home = Home::fresh();
        put(&home, archive.end());
        home.run(["load", "-i", "x.tar"]).succeeds().prints("Loaded image: lab/app:1\n");
        home.run(["copy", "-q", "docker-archive:x.tar", "store:lab/b:1"]).succeeds();
        saved.is_whole(&manifest_at(&home, "store:lab/b:1"));
    }
    // The same of an OCI archive, with a link that begins at the top.
    let manifest = saved.manifest(&json!([saved.layer(0, 0), saved.layer(1, 0)]));
    let mut archive = Tarball::new();
    for content in [&manifest, &saved.config, &saved.layers[0]] {
        archive = archive.file(&format!("/{}", path(content)), content);
    }
    archive = archive.file("/layers/two", &saved.layers[1]);
    archive = archive.link(&format!("./{}", path(&saved.layers[1])), "/layers/two");
    let index = json!({"schemaVersion": 2, "manifests": Saved::index(&manifest)});
    let home = Home::fresh();
    put(&home, archive.file("/index.json", index.to_string()).end());
    home.run(["load", "-i", "x.tar"]).succeeds().prints("Loaded image: lab/app:1\n");
}

#[test]
fn r7_a_link_without_its_target_is_told_with_the_target() {
    let saved = Saved::new();
    let listed =
        json!([{"Config": "c.json", "RepoTags": ["lab/app:1"], "Layers": ["aa/layer.tar", "b.tar"]}]);
    let old = Tarball::new()
        .file("c.json", &saved.config)
        .link("aa/layer.tar", "../gone/layer.tar")
        .file("b.tar", &saved.layers[1])
        .file("manifest.json", listed.to_string());
    let told = r#"names "aa/layer.tar", which is a link to "gone/layer.tar", which is missing"#;
    let home = Home::fresh();
    put(&home, old.end());
    home.run(["load", "-i", "x.tar"]).ends_with(6).complains(told);

    let manifest = saved.manifest(&json!([saved.layer(0, 0), saved.layer(1, 0)]));
    let index = json!({"schemaVersion": 2, "manifests": Saved::index(&manifest)});
    let oci = Tarball::new()
        .file(&path(&manifest), &manifest)
        .file(&path(&saved.config), &saved.config)
        .file(&path(&saved.layers[1]), &saved.layers[1])
        .link(&path(&saved.layers[0]), "/gone")
        .file("index.json", index.to_string());
    put(&home, oci.end());
    let told = r#"as a link, which is a link to "gone", which is missing"#;
    home.run(["load", "-i", "x.tar"]).ends_with(6).complains(told);
}

#[test]
fn r9_sizes_that_are_wrong_do_not_get_to_a_registry_that_has_the_blobs() {
    if missing("docker-registry") {
        return;
    }
    let saved = Saved::new();
    let registry = DockerRegistry::open();
    let image = |tag: &str| format!("{}/app:{tag}", registry.host());
    let home = Home::fresh();
    put(&home, saved.docker_25(&json!([saved.layer(0, 0), saved.layer(1, 0)])));
    home.run(["copy", "-q", "docker-archive:x.tar", &image("right")]).succeeds();

    let wrong = saved.manifest(&json!([saved.layer(0, 0), saved.layer(1, 1)]));
    put(&home, saved.oci(&wrong, &Saved::index(&wrong)).end());
    unpack(&home);
    for from in ["oci-archive:x.tar:1", "docker-archive:x.tar:lab/app:1", "oci:layout:1"] {
        let outcome = home.run(["--retry", "1", "copy", "-q", from, &image("wrong")]).ends_with(6);
        assert!(outcome.stderr.contains("size"), "{outcome}");
        home.run(["manifest", &image("wrong")]).ends_with(3);
    }
}

#[test]
fn r9_docker_25s_wrong_sizes_are_corrected() {
    // Docker 25.0.0-rc.2 wrote the sizes of compressed layers that it did not write.
    let saved = Saved::new();
    let home = Home::fresh();
    put(&home, saved.docker_25(&json!([saved.layer(0, 7), saved.layer(1, 0)])));
    home.run(["load", "-i", "x.tar"]).succeeds().prints("Loaded image: lab/app:1\n");
    saved.is_whole(&manifest_at(&home, "store:lab/app:1"));
}
